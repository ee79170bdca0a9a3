"""What a mark may tell: codes Y1 to Y7 are one sign for those who may not see youth justice.

See docs/decisions/0007. Every page, list, history and document asks these functions; counts never do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from casework.codes import UNABLE, UNABLE_TO_ATTEND
from casework.sharing import Decision


def shown_marks(marks: str, decision: Decision) -> str:
    """Marks as a worker may see them: without a yes for youth justice Y1 to Y7 all show as Y.

    Y5 tells of custody. Were it alone written as Y, everybody who knows the codes would read Y as Y5; so all
    seven are one sign, unable to attend, which says nothing of the reason.
    Counts are taken from the real marks.
    """
    if decision or UNABLE.code not in marks:
        return marks
    return " ".join(UNABLE.code if code in UNABLE_TO_ATTEND else code for code in marks.split(" "))


def shown_earlier(code: str, earlier: Iterable[str], decision: Decision) -> list[str]:
    """The codes that a session had before ``code``, as shown; a change that cannot be seen is left out."""
    shown = [shown_marks(mark, decision) for mark in (*earlier, code)]
    return [mark for mark, after in pairwise(shown) if mark != after]


def veiled_slots(held: Iterable[str], decision: Decision) -> frozenset[int]:
    """The slots of a week whose comment may tell what ``shown_marks`` hides.

    ``held`` are all week strings that the record has had.
    """
    if decision:
        return frozenset()
    return frozenset(
        slot for marks in held for slot, code in enumerate(marks.split(" ")) if code in UNABLE_TO_ATTEND
    )


def shown_field(name: str, value: Any, decision: Decision, slots: frozenset[int] = frozenset()) -> Any:
    """A field of an attendance week or a follow-up as a worker may see it.

    ``slots`` are those of ``veiled_slots``. Any other field comes back as it is.
    """
    if name in ("marks", "reason_code") and isinstance(value, str):
        return shown_marks(value, decision)
    if name == "comments" and isinstance(value, Mapping) and slots:
        return {slot: text for slot, text in value.items() if int(slot) not in slots}
    return value


def note_of_mark(code: str) -> str:
    """A neutral note where `shown_marks` has put Y; "" for every other code."""
    return f"{UNABLE.code}: {UNABLE.meaning}" if code == UNABLE.code else ""
