"""What a family has told already, part by part of its assessment, so that it tells its story once.

It is offered beside a part and copied only when the worker says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from casework.records_case import Notification
from casework.wording import say_born, say_day

_FIELDS: Mapping[str, tuple[tuple[str, str], ...]] = {
    "development": (("concern", "the school's concern"),),
    "environment": (("siblings", "siblings and household"), ("other_agencies", "other agencies")),
    "history": (("offered", "offered before, and its result"),),
    "views": (("voice", "the child's own words"),),
    "analysis": (("outcome", "the outcome hoped for"),),
}
"""Fields of a notification by the part that they belong to, each with what it is."""


@dataclass(frozen=True, slots=True)
class Told:
    """One fact: the part it belongs to (a key of `assessments.PARTS`), what it is, and its source."""

    part: str
    what: str
    words: str
    source: str

    @property
    def as_taken(self) -> str:
        """The words as they are copied into the part: never without where they are from."""
        words = f"“{self.words}”" if self.part == "views" else self.words
        return f"{words} ({self.source})"


def told_in(notification: Notification) -> list[Told]:
    """What a notification tells, as far as it is filled in; pass it as the reader may see it."""
    sent = f"notification of {say_day(notification.received)}"
    found = []
    for part, fields in _FIELDS.items():
        for name, what in fields:
            words = getattr(notification, name).strip()
            if words:
                heard = f"{_heard(notification)}, " if name == "voice" else ""
                found.append(Told(part, what, words, f"{heard}{sent}"))
    return found


def _heard(notification: Notification) -> str:
    by = f" by {notification.heard_by}" if notification.heard_by else ""
    on = f" on {say_day(notification.heard_on)}" if notification.heard_on else ""
    return f"heard{by}{on}"


def told_of_home(siblings: Sequence[tuple[str, date | None, str]]) -> list[Told]:
    """The other children of the home: name, date of birth or None, year group or nothing."""
    words = [
        name + (f", born {say_born(born)}" if born else "") + (f", Year {year}" if year else "")
        for name, born, year in siblings
    ]
    return [Told("development", "children of the same home", "; ".join(words), "on record")] if words else []
