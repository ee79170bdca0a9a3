"""School calendars from files: terms, INSET days and closures, as CSV (``kind,name,start,end``) or ICS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from casework.calendars import SchoolCalendar
from casework.errors import BadInput
from storage.intake import cells, limits
from storage.intake.dates import parse_date
from storage.intake.detect import heading_key
from storage.intake.limits import shown
from storage.intake.model import Reading, Rejected
from storage.intake.source import candidate_delimiters, head_rows, look_at_text

Kind = Literal["term", "inset", "closure"]
KINDS: tuple[Kind, ...] = ("term", "inset", "closure")
_LONGEST = {"term": 150, "inset": 10, "closure": 150}

_INSET = re.compile(r"\binset\b|\bstaff\b|\btraining\b|development day|\bpd day\b", re.IGNORECASE)
_CLOSED = re.compile(r"half.?term|holiday|closed|closure|\bbreak\b|bank hol", re.IGNORECASE)
_TERM = re.compile(r"\bterm\b", re.IGNORECASE)
_BEGINS = re.compile(r"\b(?:starts?|begins?|first day|opens?)\b", re.IGNORECASE)
_ENDS = re.compile(r"\b(?:ends?|finish(?:es)?|last day|clos(?:es|ing))\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """A term, an INSET day or a closure; ``start`` and ``end`` are both included."""

    kind: Kind
    name: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """What a calendar file holds, terms first and by date; ``rejected`` lists what was set aside."""

    rows: tuple[CalendarRow, ...]
    rejected: tuple[Rejected, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(slots=True)
class _Found:
    rows: list[CalendarRow] = field(default_factory=list)
    reading: Reading = field(default_factory=Reading)

    def add(self, line: int, kind: Kind, name: str, start: date, end: date) -> None:
        days = (end - start).days + 1
        if days < 1:
            self.reading.reject(
                line, "end", end.isoformat(), "ends before it starts", "swap or correct the dates"
            )
        elif days > _LONGEST[kind]:
            self.reading.reject(
                line,
                "end",
                end.isoformat(),
                f"longer than {_LONGEST[kind]} days",
                "check the year of both dates",
            )
        elif any(row.kind == kind == "term" and row.start <= end and start <= row.end for row in self.rows):
            self.reading.reject(
                line, "start", start.isoformat(), "overlaps another term", "correct the dates of one"
            )
        else:
            row = CalendarRow(kind, name, start, end)
            if row not in self.rows:
                self.rows.append(row)


def calendar_of(rows: Iterable[CalendarRow]) -> SchoolCalendar:
    """The rules' calendar out of rows: INSET days and closures are days without sessions."""
    terms: list[tuple[date, date]] = []
    closed: set[date] = set()
    for row in rows:
        if row.kind == "term":
            terms.append((row.start, row.end))
        else:
            closed.update(row.start + timedelta(days=n) for n in range((row.end - row.start).days + 1))
    return SchoolCalendar.of(sorted(terms), closed)


def read_calendar(path: Path | str) -> CalendarFile:
    """The terms, INSET days and closures of a CSV or ICS file.

    Rows that do not fit are set aside. Raises BadInput when the file cannot be read or holds no term.
    """
    path = Path(path)
    limits.check_file(path, limits.CALENDAR_BYTES)
    found = _Found()
    try:
        facts = look_at_text(path)
        if facts.head.lstrip().upper().startswith("BEGIN:VCALENDAR"):
            _read_ics(path, found)
        else:
            _read_csv(path, found)
    except OSError as fault:
        raise BadInput(
            "unreadable", f"{shown(path)} cannot be read: check that you may open it.", shown(path)
        ) from fault
    if not any(row.kind == "term" for row in found.rows):
        raise BadInput(
            "calendar-without-terms",
            f"{shown(path)} holds no term: give rows of kind,name,start,end, or an ICS file of term dates.",
            shown(path),
        )
    rows = sorted(found.rows, key=lambda row: (KINDS.index(row.kind), row.start, row.name))
    return CalendarFile(tuple(rows), tuple(found.reading.rejected), tuple(found.reading.warnings))


def _read_csv(path: Path, found: _Found) -> None:
    facts = look_at_text(path)
    text = path.read_bytes().decode(
        "cp1252" if facts.encoding == "windows-1252" else facts.encoding, "replace"
    )
    for delimiter in candidate_delimiters(facts.head):
        rows = head_rows(text.removeprefix("\ufeff"), delimiter, limits.CALENDAR_ROWS)
        for index, (_, header) in enumerate(rows[: limits.HEAD_ROWS]):
            columns = {heading_key(text): at for at, text in enumerate(header)}
            if {"kind", "start", "end"} <= columns.keys():
                _take_rows(rows[index + 1 :], columns, found)
                return


def _take_rows(rows: list[tuple[int, list[str]]], columns: dict[str, int], found: _Found) -> None:
    for line, row in rows:
        if not any(cell.strip() for cell in row):
            continue
        values = {name: row[at].strip() if at < len(row) else "" for name, at in columns.items()}
        kind = values["kind"].lower()
        if kind not in KINDS:
            found.reading.reject(line, "kind", kind, "not a kind of day", "write term, inset or closure")
            continue
        name, reason, mend = cells.read_name(values.get("name", ""), limits.NAME)
        if reason:
            found.reading.reject(line, "name", values["name"], reason, mend)
            continue
        start = parse_date(values["start"])
        end = parse_date(values["end"]) if values["end"] else start
        if start is None or end is None:
            column = "start" if start is None else "end"
            found.reading.reject(line, column, values[column], "not a date", "write it as yyyy-mm-dd")
            continue
        found.add(line, kind, name or kind.capitalize(), start, end)


def _read_ics(path: Path, found: _Found) -> None:
    starts: dict[str, tuple[int, date]] = {}
    ends: dict[str, date] = {}
    for number, (name, kind, first, last) in enumerate(_events(path, found.reading), start=1):
        if kind == "term" and first == last and _BEGINS.search(name):
            starts[_BEGINS.sub("", name).strip(" -:").casefold()] = (number, first)
        elif kind == "term" and first == last and _ENDS.search(name):
            ends[_ENDS.sub("", name).strip(" -:").casefold()] = first
        elif kind is not None:
            found.add(number, kind, name, first, last)
    for name, (number, first) in starts.items():
        if name in ends:
            found.add(number, "term", name.capitalize(), first, ends[name])
        else:
            found.reading.reject(
                number, "SUMMARY", name, "a term that starts and never ends", "add its last day"
            )


def _events(path: Path, reading: Reading) -> Iterator[tuple[str, Kind | None, date, date]]:
    """Name, kind, first and last day of each event. ``Rejected.line`` is the event's place in the file."""
    for number, event in enumerate(_components(path), start=1):
        name, reason, mend = cells.read_name(str(event.get("SUMMARY", "")), limits.NAME)
        if reason:
            reading.reject(number, "SUMMARY", event.get("SUMMARY", ""), reason, mend)
            continue
        try:
            first, last = _span(event)
        except (ValueError, TypeError, AttributeError, KeyError, OverflowError):
            reading.reject(number, "DTSTART", name, "has no readable date", "give it a date")
            continue
        kind = _kind_of(name, str(getattr(event.get("CATEGORIES"), "to_ical", bytes)(), "utf-8", "replace"))
        if event.get("RRULE") is not None and kind is not None:
            reading.reject(number, "RRULE", name, "repeats, which terms do not", "write each one out")
            continue
        if kind is None:
            reading.warn("Events that are neither terms, INSET days nor closures were passed over.")
        yield name, kind, first, last


def _components(path: Path) -> list[Any]:
    from icalendar import Calendar

    try:
        calendar = Calendar.from_ical(path.read_bytes())
        events = list(calendar.walk("VEVENT"))
    except Exception as fault:
        # The library raises many kinds over hostile text; all of them mean one thing to a person.
        raise BadInput(
            "calendar-unreadable",
            f"{shown(path)} is not a readable ICS calendar: export it again.",
            shown(path),
        ) from fault
    if len(events) > limits.CALENDAR_ROWS:
        raise BadInput(
            "calendar-too-large", f"{shown(path)} has too many events: export one year.", shown(path)
        )
    return events


def _span(event: Any) -> tuple[date, date]:
    first = event.decoded("DTSTART")
    last = event.decoded("DTEND") if "DTEND" in event else None
    start = first.date() if isinstance(first, datetime) else first
    if not isinstance(start, date):
        raise TypeError("DTSTART is no date")
    if last is None:
        return start, start
    if isinstance(last, datetime):
        # An event that ends at midnight ends on the day before.
        return start, max(start, (last - timedelta(microseconds=1)).date())
    return start, max(start, last - timedelta(days=1))


def _kind_of(name: str, categories: str) -> Kind | None:
    label = categories.strip().lower()
    if label in KINDS:
        return label
    if _INSET.search(name):
        return "inset"
    if _CLOSED.search(name) and not (_TERM.search(name) and _ENDS.search(name)):
        return "closure"
    return "term" if _TERM.search(name) else None
