"""What the caller may see of a record, and how output names a child. `may_see` decides; this only asks."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casework.errors import Ambiguous, BadInput
from casework.policies import Category
from casework.records import RECORD_TYPES, Child, Record
from storage.queries.lookup import display_name, label_of
from storage.queries.sight import Sight, subject_of
from storage.rows import load_all

if TYPE_CHECKING:
    from datetime import date, datetime

    from outreach_tui.commands.frame import Call
    from storage.store import Store

_LIKE_AN_ID = re.compile(r"[0-9a-f-]+")
_LISTED = 10
"""How many records that fit are listed."""

__all__ = [
    "Eyes",
    "Several",
    "placed",
    "subject_of",
    "take_child",
    "take_day",
    "take_named",
    "take_note",
    "take_record",
    "take_when",
    "warn_of_hidden",
]

_DATES = ("week", "session_date", "at", "since", "start")
"""Fields that date a record, for telling it from others."""


class Several(Ambiguous):
    """Several fit, and `more` than the candidates that are listed."""

    def __init__(self, message: str, candidates: list[tuple[str, str]], total: int) -> None:
        super().__init__(message, candidates)
        self.more = max(0, total - len(candidates))


@dataclass(frozen=True)
class Eyes(Sight):
    """The worker's own view of the caseload, with what commands say of a child."""

    def require(self, child: Child, category: Category) -> None:
        """Raise Refused with the reason unless the category may be seen."""
        decision = self.decide(child, category)
        if not decision:
            from casework.errors import Refused

            raise Refused("withheld", decision.reason, category.value)

    def child(self, child: Child) -> dict[str, Any]:
        """A child as rows name them; what may not be seen is null."""
        education = self.sees(child, Category.EDUCATION)
        known = self.store.schools.schools.get(child.school or "") if education else None
        return {
            "id": child.id,
            "upn": child.upn if education else None,
            "name": display_name(child),
            "school": known.name if known else None,
            "urn": known.urn if known else None,
        }


def take_note(text: str | None, option: str = "--note") -> str:
    """The text of an option as given, or from stdin when it is `-`; what is left out of it is said."""
    note = _note(text)
    warn_of_hidden(note, option)
    return note


def warn_of_hidden(text: str, option: str) -> None:
    """Say of an option that its text is kept without its hidden or control characters."""
    from storage.intake.cells import has_hidden

    if has_hidden(text):
        from outreach_tui import output

        output.warn(f"Warning: {option}: hidden or control characters were left out.")


def _note(text: str | None) -> str:
    if text != "-":
        return text or ""
    raw = sys.stdin.buffer.read(400_001)
    if len(raw) > 400_000:
        raise BadInput("too-large", "The note is longer than 400,000 bytes.", "stdin")
    try:
        return raw.decode("utf-8-sig").strip("\n")
    except UnicodeDecodeError:
        raise BadInput("not-text", "The note is not UTF-8 text; save it as UTF-8.", "stdin") from None


def take_day(
    text: str | None,
    today: date,
    option: str,
    *,
    past: bool = False,
    since: date | None = None,
    period: bool = False,
) -> date | None:
    """The day that an option names; what was understood is echoed on stderr with its weekday.

    `past` reads a day without its year, or a weekday, as the last one; where that lies before `since`, the
    day on which a period begins, it is the coming one. A day without its year that soon comes is then
    refused, as `take_when` does, but for the bounds of a `period` that is looked at. `since` without `past`
    is the day from which something to come runs.
    """
    if text is None:
        return None
    from casework.dates import parse_date
    from casework.days_given import day_to_come, require_year
    from casework.wording import say_day
    from outreach_tui import output

    with placed(option):
        if since is not None and not past:
            day = day_to_come(text, today, since)
        else:
            day = parse_date(text, today, prefer="past" if past else "near")
            if since is not None and day < since:
                day = parse_date(text, today, prefer="future")
        if past and not period:
            require_year(text, today)
    output.warn(f"{option}: {say_day(day)}")
    return day


def take_when(text: str | None, call: Call, option: str = "--at") -> datetime:
    """The instant that an option names (echoed), or now; with --today, now on that date.

    Raises BadInput for what is no time, or for a day without its year that soon comes: it may be a slip.
    """
    if text is None:
        return call.moment()
    from casework.dates import parse_when
    from casework.days_given import require_year
    from outreach_tui import output
    from outreach_tui.commands.frame import clock_text

    with placed(option):
        at = parse_when(text, call.moment(), prefer="past")
        require_year(text, call.moment())
    output.warn(f"{option}: {clock_text(at)}")
    return at


@contextmanager
def placed(option: str) -> Iterator[None]:
    """Say of bad input inside which option or argument it came by."""
    try:
        yield
    except BadInput as error:
        error.where = option
        raise


def take_child(store: Store, text: str, where: str = "CHILD") -> Child:
    """The child that an argument means. Raises BadInput as `find_child`, with the argument's name."""
    from storage.queries.lookup import find_child

    with placed(where):
        try:
            return find_child(store, text)
        except Ambiguous as error:
            total = int(error.message.partition(" ")[0])  # its sentence begins with how many match
            raise Several(error.message, error.candidates, total) from None


def take_record(store: Store, text: str, where: str = "RECORD") -> Record:
    """The record that an argument means. Raises BadInput as `find_record`, with the argument's name.

    Several that fit are told apart by whom they are about, as far as the worker may see it, or by their kind
    and date.
    """
    from storage.queries.lookup import find_record

    with placed(where):
        try:
            return find_record(store, text)
        except Ambiguous:
            eyes = Eyes(store)
            found, total = _begins_with(eyes, text)
            candidates = [(record.id, _told_apart(eyes, record)) for record in found[:_LISTED]]
            sentence = f"That id fits {total} records; give more of it."
            raise Several(sentence, candidates, total) from None


def take_named(store: Store, text: str, where: str = "RECORD") -> Record:
    """The record that an id means, else the child whom a UPN or a name means.

    Raises BadInput as `take_record` where the text looks like an id, else as `take_child`.
    """
    if not _LIKE_AN_ID.fullmatch(text.strip().lower()):
        return take_child(store, text, where)
    try:
        return take_record(store, text, where)
    except Ambiguous:
        raise
    except BadInput as error:
        try:
            return take_child(store, text, where)
        except Ambiguous:
            raise
        except BadInput:
            raise error from None


def _begins_with(eyes: Eyes, text: str) -> tuple[list[Record], int]:
    """Records whose id begins with a text, the children first, and how many there are in all.

    What is not there for the worker is neither listed nor counted.
    """
    low = text.strip().lower()
    bounds = (low, low + "\uffff")
    conn, store = eyes.store.conn, eyes.store
    every = store.sees_every(Category.IDENTITY, eyes.purpose)
    made = "SELECT count(DISTINCT record) FROM change WHERE record >= ? AND record < ?"
    total = int(conn.execute(made, bounds).fetchone()[0])
    found: list[Record] = []
    for kind in sorted(RECORD_TYPES.values(), key=lambda kind: kind is not Child):
        if every and kind.type not in _SOME_NOT_THERE:
            first = "id >= ? AND id < ? ORDER BY id LIMIT ?"
            found += load_all(conn, kind, first, (*bounds, _LISTED), void=True)
        else:
            held = load_all(conn, kind, "id >= ? AND id < ?", bounds, void=True)
            seen = [record for record in held if eyes.is_there(record, subject_of(store, record))]
            total -= len(held) - len(seen)
            found += seen
    return found, total


_SOME_NOT_THERE = frozenset({"flag", "link"})
"""Record types of which some are not there even for a worker who sees every child."""


def _told_apart(eyes: Eyes, record: Record) -> str:
    from datetime import datetime

    from casework.wording import say_day
    from outreach_tui.commands.frame import london

    if isinstance(record, Child):
        return label_of(eyes.store, record)
    parts = [record.type.replace("_", " ")]
    child = subject_of(eyes.store, record)
    if child is not None and eyes.decide(child, Category.IDENTITY):
        parts.append(display_name(child))
    for name in _DATES:
        held = getattr(record, name, None)
        if held is not None and eyes.field(record, name, child):
            parts.append(say_day(london(held).date() if isinstance(held, datetime) else held))
            break
    named = getattr(record, "name", "")
    if named and eyes.field(record, "name", child):
        parts.append(named)
    return ", ".join(parts)
