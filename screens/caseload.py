"""Caseload: every child ranked by the reasons that a person would act on, with marks and bulk verbs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import ClassVar

from textual.binding import BindingType

from casework.calendars import monday_of
from casework.codes import CodeClass, lookup
from casework.wording import say_day
from screens.roster_lines import brief, flag_words, short_why, week_cell
from screens.roster_sheet import (
    ALL_SCHOOLS,
    Entry,
    Sheet,
    Whole,
    flags_of,
    help_words,
    place_words,
    with_conflicts,
)
from screens.rounds import RoundScreen
from screens.verbs import bindings_for
from screens.views import Room
from screens.widgets.fitting import brief_day, short
from screens.widgets.marks_strip import strip_lines
from screens.widgets.rows import Column, Row
from screens.widgets.text import Cell, Piece, Tone
from storage.journal import Receipt
from storage.queries.caseload import CaseloadRow, rank_rows, read_caseload
from storage.queries.conflicts import count_conflicts
from storage.queries.registers import register_day
from storage.store import Store

WEEKS_BEFORE = 3
_BEFORE_PIECES = 11 * WEEKS_BEFORE - 1
_ABSENT = (CodeClass.AUTHORISED, CodeClass.UNAUTHORISED)
_OF_ONE_CHILD = frozenset({"follow_up", "saved_view"})
_ORDERS = ("reasons", "attendance", "name", "school")
_NO_CHILDREN = "No child is on this laptop yet. g i takes in a school's register."
_HOW_TO_BEGIN = (
    "A register brings its children with it: g i opens Import, f chooses the file,\n"
    "the preview shows what would come in, y takes it."
)


class CaseloadScreen(RoundScreen):
    """The ranked caseload."""

    place = "caseload"
    ROOM: ClassVar[Room] = "caseload"
    ROOM_TITLE = "Caseload"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("caseload")
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("Rank", 4, right=True),
        Column("Child", least=18),
        Column("School", least=8, drop=1),
        Column("Attendance", 14, right=True),
        Column("3 weeks before", 11 * WEEKS_BEFORE - 1, drop=9),
        Column("This week", 10),
        Column("Why", least=18),
    )

    def __init__(self, school: str | None = None) -> None:
        super().__init__()
        self.school = school
        self.order = _ORDERS[0]

    # Reading

    def load(self, store: Store) -> Whole:
        """Every child with the facts of every filter."""
        return self._whole(store, read_caseload(store, school=self.school), {})

    def _whole(self, store: Store, rows: Sequence[CaseloadRow], known: Mapping[str, Entry]) -> Whole:
        day = register_day(store, store.today)
        entries = [
            replace(known[row.child.id], source=row) if row.child.id in known else _entry(row, day)
            for row in rows
        ]
        return Whole(
            day=day,
            entries=self._ordered(entries),
            done=(),
            counts={
                "children": len(rows),
                "reasons": sum(bool(row.why) for row in rows),
                "conflicts": count_conflicts(store),
            },
            views=self.views_of(store),
            full=True,
            schools={school.id: school.name for school in store.schools.schools.values()},
            empty="" if rows else _NO_CHILDREN,
        )

    def read_after(self, store: Store, receipt: Receipt, children: Sequence[str]) -> Sheet:
        """A follow-up changes the facts of its own children alone, so only they are read again."""
        if not receipt.touched <= _OF_ONE_CHILD:
            return super().read_after(store, receipt, children)
        fresh = {row.child.id: row for row in read_caseload(store, school=self.school, only=children)}
        held = self.sheet.whole.entries
        rows = rank_rows([fresh.get(entry.child.id, entry.source) for entry in held])
        known = {entry.child.id: entry for entry in held if entry.child.id not in fresh}
        return self.choose(self._whole(store, rows, known))

    def _ordered(self, entries: list[Entry]) -> list[Entry]:
        if self.order == "attendance":
            return sorted(entries, key=_attendance_key)
        if self.order == "name":
            return sorted(entries, key=lambda e: (e.child.surname.casefold(), e.child.forename.casefold()))
        if self.order == "school":
            return sorted(entries, key=lambda entry: entry.school.casefold())
        return entries

    # Painting

    def title_ends(self, whole: Whole) -> tuple[str, str]:
        """The day that the rules use, and which school."""
        where = with_conflicts(whole, whole.schools.get(self.school or "", ALL_SCHOOLS))
        today = self.shell.today
        if whole.day == today:
            return f"Caseload  {say_day(today)}", where
        return f"Caseload  as of {say_day(whole.day)} (today is {brief_day(today)})", where

    def counts(self, sheet: Sheet) -> Cell:
        """How many children, and how many have a reason to be looked at."""
        counts = sheet.whole.counts
        noun = "child" if counts["children"] == 1 else "children"
        return (
            Piece(f"{counts['children']:,} {noun}"),
            Piece(" · ", Tone.QUIET),
            Piece(f"{counts['reasons']:,} with a reason to act", Tone.STRONG),
            Piece(" · ", Tone.QUIET),
            Piece(f"by {self.order}"),
            Piece(" (o changes)", Tone.QUIET),
        )

    def make_row(self, at: int) -> Row:
        """One child of the caseload."""
        entry = self.sheet.entries[at]
        row: CaseloadRow = entry.source
        day = self.sheet.whole.day
        monday = monday_of(day)
        before: list[Piece] = []
        for week, marks in sorted(row.weeks):
            if week < monday:
                before += [Piece(" "), *week_cell(week, marks, day)]
        here = next((week_cell(week, marks, day) for week, marks in row.weeks if week == monday), None)
        return Row(
            entry.child.id,
            (
                str(row.rank),
                short(entry.name, 60),
                short(entry.school, 30),
                attendance_words(row),
                tuple(before[-_BEFORE_PIECES:]),
                here or Piece("no marks", Tone.QUIET),
                short_why(entry.why) or Piece(brief(row.ahead) or "nothing due", Tone.QUIET),
            ),
            quiet=not entry.why,
        )

    def head_cells(self, entry: Entry, width: int) -> list[Cell]:
        """Who it is, flags, the counts behind the percentage, and the strip of marks."""
        row: CaseloadRow = entry.source
        lines: list[Cell] = [
            (
                Piece(short(entry.name, max(20, width - 40)), Tone.STRONG),
                Piece(f"  {place_words(entry)}", Tone.QUIET),
            )
        ]
        if flags := flags_of(entry):
            lines.append((Piece("Flags: ", Tone.QUIET), Piece(flag_words(flags))))
        if not entry.why:
            coming = f" Next: {row.ahead}." if row.ahead else ""
            lines.append(Piece(f"No reason to act now.{coming}", Tone.QUIET))
        if row.weeks:
            lines += strip_lines(row.weeks, width, today=self.sheet.whole.day)
        return lines

    def no_detail(self) -> list[Cell]:
        """How to begin, when nothing is in yet."""
        return help_words(_HOW_TO_BEGIN) if self.sheet.whole.empty else []

    # Verbs of this screen alone

    async def do_order(self) -> None:
        """Next sort order; the rank stays what it is."""
        self.order = _ORDERS[(_ORDERS.index(self.order) + 1) % len(_ORDERS)]
        await self.renew(keep=False)
        self.say(f"Sorted by {self.order}. The rank is always by reasons.")


def attendance_words(row: CaseloadRow) -> str:
    """Attendance this school year, never without its counts: `82.4 % 79/96`."""
    year = row.year
    share = year.attendance_pct
    if share is None:
        return "no sessions"
    figure = "100" if year.attended == year.possible else f"{share:.1f}"
    return f"{figure} % {year.attended}/{year.possible}"


def last_absence(weeks: Sequence[tuple[date, str]], day: date) -> date:
    """The last day up to `day` with a mark of absence, else `day`: what a follow-up here is about."""
    for monday, marks in sorted(weeks, reverse=True):
        slots = marks.split()
        for at in range(min(len(slots), 10) - 1, -1, -1):
            on = monday + timedelta(days=at // 2)
            found = lookup(slots[at], on) if on <= day else None
            if found is not None and found.kind in _ABSENT:
                return on
    return day


def _attendance_key(entry: Entry) -> tuple[float, str]:
    row: CaseloadRow = entry.source
    share = row.year.attendance_pct
    return (101.0 if share is None else share, entry.child.surname.casefold())


def _entry(row: CaseloadRow, day: date) -> Entry:
    return Entry(
        row.child, row.name, row.school, row.why, row.facts, 0, not row.why, last_absence(row.weeks, day), row
    )
