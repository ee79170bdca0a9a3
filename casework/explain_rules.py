"""What a rule is that `explain` can run: its name, its source, and how its input is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from casework.codes import NEW_CODES_FROM, is_no_mark, lookup
from casework.inputs import Fields, as_day, bad_field
from casework.parameters import Table
from casework.wording import count_of

Answer = tuple[dict[str, Any], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Explained:
    """A rule's answer (JSON-like) and its reasons in plain words."""

    result: dict[str, Any]
    reasons: list[str]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: what it applies, since when, by which source."""

    name: str
    source: str
    valid_from: date
    summary: str
    answer: Callable[[Fields], Answer]

    def run(self, data: object) -> Explained:
        """The answer to ``data``, a JSON object. Raises BadInput naming a missing or ill-typed field."""
        fields = Fields(data)
        result, reasons = self.answer(fields)
        unread = fields.unread()
        note = [f"{count_of(unread, 'field')} of the input not read by this rule."] if unread else []
        return Explained(result, [*reasons, *note])


def iso(day: date | None) -> str | None:
    """A date as JSON text, or None."""
    return None if day is None else day.isoformat()


def codes_of(fields: Fields, field: str) -> list[str]:
    """The codes of a text of marks. Raises BadInput naming the place of one that is no code."""
    marks = fields.text(field).split()
    for at_mark, mark in enumerate(marks):
        if not is_no_mark(mark) and lookup(mark, NEW_CODES_FROM) is None:
            raise bad_field(f"{field}[{at_mark}]", "an attendance code in use, or - for no mark")
    return [mark.upper() for mark in marks]


def dated_marks(fields: Fields) -> list[tuple[date, str, str]]:
    """The marks of a list of [date, AM or PM, code]. Raises BadInput naming the item that is none."""
    marks = []
    for name, item in fields.items("marks"):
        if not isinstance(item, list | tuple) or len(item) != 3:
            raise bad_field(name, "a date, AM or PM, and a code")
        day, session, code = as_day(item[0], name), item[1], item[2]
        if session not in {"AM", "PM"} or not isinstance(code, str):
            raise bad_field(name, "a date, AM or PM, and a code")
        if not is_no_mark(code) and lookup(code, day) is None:
            raise bad_field(name, "a date, AM or PM, and a code in use on that date")
        marks.append((day, session, code))
    return marks


def rule_of(name: str, table: Table[Any], summary: str, answer: Callable[[Fields], Answer]) -> Rule:
    """A rule whose source and first day are those of a table of parameters."""
    row = table.rows[-1]
    return Rule(name, row.source, row.valid_from, summary, answer)
