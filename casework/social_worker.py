"""The words that tell a child's social worker of an unexplained absence: no more than they need to act.

Where a pupil has a social worker, the school tells them of unexplained absence (DfE, Working together to
improve school attendance, 2024). The words go by a way that nobody here knows, so no name stands in them, no
flag, no reason and nothing of health or of the courts: initials and the council's own number or the school
year, which the social worker knows the child by.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from casework.followups import NOBODY_REACHED
from casework.records import Child
from casework.triage import REASON_KNOWN, settled_by, tries
from casework.wording import count_of, join_words, say_day

_SPOKEN = frozenset({"spoke", *REASON_KNOWN})


def initials(child: Child) -> str:
    """The first letters of a child's names: `T.M.`"""
    return "".join(f"{name[0].upper()}." for name in (child.forename.strip(), child.surname.strip()) if name)


def words_for_social_worker(
    child: Child, school: str, day: date, unexplained: Sequence[str], outcomes: Sequence[str], sender: str
) -> str:
    """The text to send about an absence on `day`.

    `child` and `school` are as the sender may see them; `unexplained` names the sessions ("AM", "PM") with no
    reason yet, `outcomes` are those of the day's steps, oldest first.
    """
    who = initials(child)
    known_by = f"council number {child.council_id}" if child.council_id else ""
    known_by = known_by or (f"Year {child.year_group}" if child.year_group else "")
    whose = f"{who} ({known_by})" if known_by else who
    where = f", {school}," if school else ""
    return "\n".join(
        [
            f"{whose}{where} {_absent(day, unexplained, outcomes)}",
            _tried(outcomes),
            f"Please tell me if you know where {who} is, or of anything I should do; the name by phone.",
            sender,
        ]
    )


def _absent(day: date, unexplained: Sequence[str], outcomes: Sequence[str]) -> str:
    if not unexplained or settled_by(outcomes) in REASON_KNOWN:
        return f"was absent from school on {say_day(day)}."
    return f"was absent from school on {say_day(day)} ({join_words(list(unexplained))}); no reason is known."


def _tried(outcomes: Sequence[str]) -> str:
    if _SPOKEN.intersection(outcomes):
        return "The family has been reached."
    failed = sum(outcome in NOBODY_REACHED for outcome in tries(outcomes))
    if not failed:
        return "The family has not been tried yet."
    return f"The family was tried ({count_of(failed, 'time')}) and not reached."
