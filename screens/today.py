"""Today: the gate-duty round. Who is not in without a reason, why each row is there, who to call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import ClassVar

from textual.binding import BindingType

from casework.filters import Filter
from casework.local_days import day_of
from casework.records import Child
from casework.wording import count_of, join_words, say_day, say_value
from screens.child_story import wall_time
from screens.roster_lines import flag_words, heavy_flags, marks_cell, short_why, ties
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
from screens.widgets.rows import Column, Row
from screens.widgets.text import Cell, Piece, Tone
from storage.central.lease import read_lease
from storage.queries.conflicts import count_conflicts
from storage.queries.registers import Awaited
from storage.queries.steps import marks_are_in
from storage.queries.today import Round, TodayRow, read_round
from storage.store import Store

_NO_CHILDREN = "No registers are in yet. g i takes them in."
_HOW_TO_IMPORT = (
    "1 Ask the school for this morning's register as a file (CSV, XLSX or CTF).\n"
    "2 g i opens Import, f chooses the file.\n"
    "3 Look at the preview, y takes it in. This list fills by itself."
)


class TodayScreen(RoundScreen):
    """The morning round."""

    place = "today"
    ROOM: ClassVar[Room] = "today"
    ROOM_TITLE = "Today"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("today")
    COLUMNS: ClassVar[Sequence[Column]] = (
        Column("AM PM", 5),
        Column("Child", least=16),
        Column("School", least=8, drop=1),
        Column("Why", least=40),
    )

    def __init__(self) -> None:
        super().__init__()
        self.left_out = False
        self._signs: list[str] = []

    # Reading

    def load(self, store: Store) -> Whole:
        """The round, with the facts of every filter only when a filter or a view asks for them."""
        views = self.views_of(store)
        full = bool(views or self.chosen)
        found = read_round(store, day=store.today, school=self.school, chosen=Filter() if full else None)
        rows = [*found.rows, *found.settled]
        return Whole(
            day=found.day,
            entries=[_entry(row, found.day) for row in found.rows],
            done=[_entry(row, found.day) for row in found.settled],
            counts={**found.counts, "conflicts": count_conflicts(store)},
            views=views,
            full=full,
            schools={school.id: school.name for school in store.schools.schools.values()},
            families=self.families(store, [row.child for row in rows]),
            empty=self._empty(store, found),
            awaiting=found.awaiting,
            silence=_silence(store),
        )

    def _empty(self, store: Store, found: Round) -> str:
        counts = found.counts
        if found.awaiting:
            known = any(one.children for one in found.awaiting) or store.find(Child)
            return _awaited_words(found) if known else _NO_CHILDREN
        if counts["acted-on"]:
            return f"Everyone is explained or acted on. . shows the {counts['acted-on']} acted on."
        if counts["not-in"]:
            return "Every absence has a reason. Nobody is left to call."
        if not store.find(Child):
            return _NO_CHILDREN
        if not marks_are_in(store, found.day):
            return f"No marks for {brief_day(found.day)} yet. g i takes this morning's registers in."
        return "Everyone is in. Nobody to call."

    def shown_entries(self, whole: Whole) -> Sequence[Entry]:
        """Open rows, and those left out below them when asked for."""
        return [*whole.entries, *whole.done] if self.left_out else whole.entries

    # Painting

    def show_sheet(self, sheet: Sheet, *, to: str | None = None, keep: bool = True) -> None:
        """Tie siblings that stand together, then paint."""
        shown = sheet.whole.families
        self._signs = ties(
            [entry.child.household if entry.child.id in shown else None for entry in sheet.entries]
        )
        super().show_sheet(sheet, to=to, keep=keep)

    def title_ends(self, whole: Whole) -> tuple[str, str]:
        """The register day, and a clear word when that is not today."""
        today = self.shell.today
        where = with_conflicts(whole, whole.schools.get(self.school or "", ALL_SCHOOLS))
        if whole.day == today:
            return f"Today  {say_day(today)}", where
        return f"Today  registers of {say_day(whole.day)} (today is {brief_day(today)})", where

    def counts(self, sheet: Sheet) -> Cell:
        """How many are not in, and how many of those are left to follow up."""
        counts, awaited = sheet.whole.counts, sheet.whole.awaiting
        pieces: list[Piece] = []
        if sheet.whole.silence:
            pieces += [Piece(sheet.whole.silence, Tone.WARN), Piece(" · ", Tone.QUIET)]
        if awaited:  # first, so that a narrow screen cuts something else
            which = short(awaited[0].name, 18) if len(awaited) == 1 else f"{len(awaited)} schools"
            children = sum(one.children for one in awaited)
            words = f"{_waits(awaited)}: {which} ({children:,})"
            pieces += [Piece(words, Tone.WARN), Piece(" · ", Tone.QUIET)]
        pieces += [
            Piece(f"{counts['not-in']:,} not in"),
            Piece(" · ", Tone.QUIET),
            Piece(f"{counts['open']:,} unexplained", Tone.STRONG),
            Piece(" · ", Tone.QUIET),
            Piece(f"{counts['acted-on']:,} acted on{' (shown)' if self.left_out else ''}"),
            Piece(" · ", Tone.QUIET),
            Piece(f"{counts['explained']:,} explained"),
        ]
        unmarked = counts["no-register"] - sum(one.children for one in awaited)
        if unmarked:
            pieces.append(Piece(f" · {unmarked:,} without a mark yet", Tone.WARN))
        return tuple(pieces)

    def make_row(self, at: int) -> Row:
        """One child of the round."""
        entry = self.sheet.entries[at]
        row: TodayRow = entry.source
        return Row(
            entry.child.id,
            (
                marks_cell((row.sessions["AM"], row.sessions["PM"]), entry.session_date),
                (Piece(self._signs[at], Tone.QUIET), Piece(short(entry.name, 60))),
                short(entry.school, 30),
                row_why(entry, row.status),
            ),
            quiet=entry.done,
        )

    def head_cells(self, entry: Entry, width: int) -> list[Cell]:
        """Who it is, what was done today, and flags in full words."""
        row: TodayRow = entry.source
        lines: list[Cell] = [
            (
                Piece(short(entry.name, max(20, width - 40)), Tone.STRONG),
                Piece(f"  {place_words(entry)}", Tone.QUIET),
            )
        ]
        if flags := flags_of(entry):
            lines.append((Piece("Flags: ", Tone.QUIET), Piece(flag_words(flags))))
        if entry.tried:
            tries = "1 step" if entry.tried == 1 else f"{entry.tried} steps"
            lines.append((Piece(f"{tries} logged: ", Tone.QUIET), Piece(row.status)))
        if row.spoken is not None:
            outcome, at = row.spoken
            words = say_value("contact", "outcome", outcome)
            lines.append((Piece(f"{words}, {wall_time(at)}", Tone.GOOD), Piece(" (contact)", Tone.QUIET)))
        return lines

    def no_detail(self) -> list[Cell]:
        """How to begin, when nothing is in yet."""
        empty = self.sheet.whole.empty
        waits = empty.startswith(("No marks", "No register"))
        schools = [
            Piece(f"{short(one.name, 50)} ({count_of(one.children, 'child', 'children')}): {one.reason}")
            for one in self.sheet.whole.awaiting[:_MOST_AWAITED]
        ]
        return [*schools, *help_words(_HOW_TO_IMPORT)] if empty == _NO_CHILDREN or waits else []

    # Verbs of this screen alone

    async def do_left_out(self) -> None:
        """Show or hide the rows that were acted on."""
        self.left_out = not self.left_out
        await self.refilter()
        self.say("Rows that were acted on are shown below." if self.left_out else "Only open rows are shown.")

    def do_back(self) -> None:
        """Also hides what was left out."""
        if self.left_out and not self.rows.marked and not self.chosen and not self.bar.is_open:
            self.call_later(self.do_left_out)
        else:
            super().do_back()


def _silence(store: Store) -> str:
    """That this laptop will soon not open alone any more."""
    lease = read_lease(store.conn, store.now())
    if lease is None or not lease.ends_soon:
        return ""
    until = brief_day(day_of(lease.ends_at))
    days = lease.silent_days
    why = "Clock turned back" if days is None else f"No sync for {count_of(days, 'day')}"
    return f"{why}, opens alone until {until} (g y)"


def row_why(entry: Entry, status: str) -> Cell:
    """Why a row is there, in one line: flags of safety, what was done today, the weightiest reason."""
    pieces = list(heavy_flags(flags_of(entry)))
    tries = f"{entry.tried} tries" if entry.tried > 1 else status
    done = [status] if entry.done else [tries] if entry.tried else []
    reason = "" if entry.done else short_why(entry.why, tried=bool(entry.tried))
    return (*pieces, Piece(" · ".join(part for part in (*done, reason) if part)))


def _awaited_words(found: Round) -> str:
    """Which registers are awaited; never an all-clear."""
    schools = [
        f"{short(one.name, 30)} ({count_of(one.children, 'child', 'children')}{_over(one)})"
        for one in found.awaiting[:_MOST_AWAITED]
    ]
    if len(found.awaiting) > _MOST_AWAITED:
        schools.append(f"{len(found.awaiting) - _MOST_AWAITED} more")
    return f"No register for {brief_day(found.day)} yet from {join_words(schools)}. g i takes it in."


def _waits(awaited: Sequence[Awaited]) -> str:
    return "calendar ended" if all(one.ended for one in awaited) else "no register"


def _over(one: Awaited) -> str:
    return f", calendar ended {brief_day(one.ended)}" if one.ended else ""


_MOST_AWAITED = 4


def _entry(row: TodayRow, day: date) -> Entry:
    return Entry(row.child, row.name, row.school, row.why, row.facts, row.attempts, row.settled, day, row)
