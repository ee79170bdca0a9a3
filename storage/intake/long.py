"""Long registers: a row per child, date and session, or a row per child and date with both its marks."""

from __future__ import annotations

import csv
from collections.abc import Iterator

from casework.codes import NO_MARK
from storage.intake import cells, limits
from storage.intake.dates import parse_date
from storage.intake.marks import SESSIONS, Day, MarkReader
from storage.intake.model import Reading, ReadMark
from storage.intake.pupils import SET_ASIDE, PupilIndex
from storage.intake.table import Body, Table

_DATE_CACHE = 20_000
_DATE_MEND = "write it as dd/mm/yyyy, or give the order in the mapping's date_order"


class LongReader:
    """Reads the rows of one long table. Made anew for each pass."""

    def __init__(self, table: Table, reading: Reading) -> None:
        self._table = table
        self._reading = reading
        self._columns = table.layout.columns
        self._order = table.mapping.date_order or "dmy"
        self.pupils = PupilIndex(
            table.layout, reading, table.file, self._order, table.mapping.name_order, table.today
        )
        dates = table.heading(self._columns["date"])
        self._marks = MarkReader(reading, table.mapping, table.today, dates)
        self._days: dict[str, Day] = {}
        self._sessions: dict[str, int] = {}
        self._comments: dict[str, str] = {}
        needed = [
            self._columns[name] for name in ("date", "session", "mark", "am", "pm") if name in self._columns
        ]
        self.body = Body(table, reading, max(self.pupils.width, max(needed) + 1))

    def __iter__(self) -> Iterator[ReadMark]:
        return self._by_mark() if "mark" in self._columns and "session" in self._columns else self._by_day()

    def _by_mark(self) -> Iterator[ReadMark]:
        # The loop runs a million times: whatever was seen before is one dictionary look-up, and everything
        # else is left to `_slowly`.
        body, reading = self.body, self._reading
        rows, width = body.rows, body.width
        source = getattr(rows, "reader", rows)
        key, memo = self.pupils.key, self.pupils.memo
        days, sessions = self._days, self._sessions
        columns = self._columns
        date_at, session_at, mark_at = columns["date"], columns["session"], columns["mark"]
        late_at, comment_at = columns.get("minutes_late", mark_at), columns.get("comment", mark_at)
        has_notes = late_at != mark_at or comment_at != mark_at
        read = blanks = 0
        try:
            while True:
                try:
                    for row in source:
                        if len(row) != width:
                            mended = body.mend(row)
                            if mended is None:
                                continue
                            row = mended  # noqa: PLW2901
                        try:
                            pupil = memo[key(row)]
                            day = days[row[date_at]]
                            session = sessions[row[session_at]]
                            code = day.codes[session][row[mark_at]]
                        except KeyError:
                            found = self._slowly(row)
                            if found is None:
                                continue
                            pupil, day, session, code = found
                        minutes, comment = None, ""
                        if has_notes and (row[late_at] or row[comment_at]):
                            minutes, comment = self._notes(row)
                        read += 1
                        if code == NO_MARK:
                            blanks += 1
                        yield source.line_num, pupil, day.monday, day.base + session, code, minutes, comment
                except csv.Error:
                    body.unreadable()
                else:
                    return
        finally:
            reading.marks += read - blanks
            reading.blanks += blanks
            rows.close()

    def _slowly(self, row: list[str]) -> tuple[int, Day, int, str] | None:
        """What the row says, each part read and remembered; None after setting it aside."""
        if self.body.is_furniture(row):
            return None
        line = self.body.rows.line_num
        pupil = self.pupils.find(row, line)
        if pupil == SET_ASIDE:
            return None
        day = self._day(row[self._columns["date"]], line)
        if day is None:
            return None
        session = self._session(row[self._columns["session"]], line)
        if session is None:
            return None
        mark_at = self._columns["mark"]
        code = self._marks.code(row[mark_at], day, session, line, self._table.heading(mark_at))
        if code is None or day.weekend:
            return None
        return pupil, day, session, code

    def _by_day(self) -> Iterator[ReadMark]:
        columns = self._columns
        places = [(session, columns[name]) for session, name in enumerate(("am", "pm")) if name in columns]
        date_at = columns["date"]
        for row in self.body:
            line = self.body.rows.line_num
            pupil = self.pupils.find(row, line)
            if pupil == SET_ASIDE:
                continue
            day = self._days.get(row[date_at]) or self._day(row[date_at], line)
            if day is None:
                continue
            minutes, comment = (
                self._notes(row) if {"minutes_late", "comment"} & columns.keys() else (None, "")
            )
            for session, code in self._of_day(row, day, places, line):
                self._reading.marks += code != NO_MARK
                self._reading.blanks += code == NO_MARK
                # Minutes are of the late mark; a day's comment is said of its first mark only.
                late = minutes if code in {"L", "U"} else None
                yield line, pupil, day.monday, day.base + session, code, late, comment
                comment = ""

    def _of_day(
        self, row: list[str], day: Day, places: list[tuple[int, int]], line: int
    ) -> Iterator[tuple[int, str]]:
        """The sessions and codes of a row of one day: two columns, or both marks in one cell."""
        if not places:
            at = self._columns["mark"]
            both = self._marks.joined(row[at], day, line, self._table.heading(at))
            if both is not None and not day.weekend:
                yield from enumerate(both)
        for session, at in places:
            code = day.codes[session].get(row[at])
            if code is None:
                code = self._marks.code(row[at], day, session, line, self._table.heading(at))
            if code is not None and not day.weekend:
                yield session, code

    def _day(self, raw: str, line: int) -> Day | None:
        known = self._days.get(raw)
        if known is not None:
            return known
        parsed = parse_date(raw, self._order)
        if parsed is None:
            column = self._table.heading(self._columns["date"])
            text = raw.strip()
            if text.isascii() and text.isdigit() and len(text) == 5:
                self._reading.reject(
                    line,
                    column,
                    raw,
                    "a spreadsheet's day number",
                    "format the column as a date and export again",
                )
            else:
                self._reading.reject(line, column, raw, "not a date", _DATE_MEND)
            return None
        day = self._marks.day(parsed)
        if len(self._days) < _DATE_CACHE:
            self._days[raw] = day
        return day

    def _session(self, raw: str, line: int) -> int | None:
        known = self._sessions.get(raw)
        if known is not None:
            return known
        found = SESSIONS.get(raw.strip().upper()) if len(raw) <= 40 else None
        if found is None:
            column = self._table.heading(self._columns["session"])
            self._reading.reject(line, column, raw, "not a session", "write AM or PM")
        elif len(self._sessions) < 100:
            self._sessions[raw] = found
        return found

    def _notes(self, row: list[str]) -> tuple[int | None, str]:
        """Minutes late and comment. A cell that cannot be taken is set aside; its mark still lands."""
        line = self.body.rows.line_num
        minutes: int | None = None
        at = self._columns.get("minutes_late")
        if at is not None and row[at]:
            minutes, reason = cells.read_minutes(row[at])
            if reason:
                self._reading.reject(
                    line, self._table.heading(at), row[at], reason, "the mark was read; mend the minutes"
                )
        at = self._columns.get("comment")
        if at is None or not row[at]:
            return minutes, ""
        known = self._comments.get(row[at])
        if known is not None:
            return minutes, known
        comment, reason, mend = cells.read_comment(row[at], limits.COMMENT)
        if reason:
            self._reading.reject(
                line, self._table.heading(at), row[at], reason, f"the mark was read without it; {mend}"
            )
        elif len(self._comments) < 1_000 and len(comment) < 100:
            self._comments[row[at]] = comment
        return minutes, comment
