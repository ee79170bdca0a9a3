"""Clocks: what is due, by due day, by family or by school visit; each row says what would clear it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType
from textual.widgets import Static

from casework.errors import Refused
from casework.pauses import STATES, SleepKind, check_may_sleep, sleep_edit, wake_edit
from casework.records_case import Pause
from casework.wording import count_of, say_day
from screens.clocks_form import Rest, SleepForm
from screens.clocks_lines import (
    HEADS,
    ORDERS,
    TITLES,
    clock_rows,
    count_cell,
    detail_lines,
    empty_words,
    visit_lines,
    withheld_lines,
)
from screens.kept_dialog import kept_as
from screens.live_table import LiveTable
from screens.roster_reasons import ReasonsPane
from screens.verbs import bindings_for
from screens.widgets.fitting import brief_day, short
from screens.widgets.lines import TitleLine
from screens.widgets.rows import Column, Rows
from screens.widgets.text import show_cell
from storage.queries.sight import draft_of
from storage.queries.tasks import By, ClockList, ClockRow, grouped, read_clocks

if TYPE_CHECKING:
    from casework.edits import Edit
    from screens.reopening import LeftOpen
    from storage.store import Store

FORM = "clock-sleep"
"""The form of a draft of why a clock sleeps, and until when."""

_ROWS = "rows"
"""The entry of a draft that names the rows it is about."""


class ClocksScreen(LiveTable[ClockList, ClockRow]):
    """The list of clocks. Enter opens the child; the clock runs on whatever is paused."""

    place = "clocks"
    ROOM_TITLE = "Clocks"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("clocks")
    CLOSED = "This list stays closed."
    TYPES = frozenset(
        {
            *("action", "agreement", "assessment", "attendance_week", "calendar", "child", "contact"),
            *("disagreement", "episode", "flag", "follow_up", "notification", "outcome", "pause", "plan"),
            *("review", "school", "worker"),
        }
    )

    def __init__(self) -> None:
        super().__init__()
        self.by: By = "due"
        self.left_out = False

    def read(self, store: Store) -> ClockList:
        """The clocks of this worker."""
        return read_clocks(store)

    def looked(self, found: ClockList) -> str:
        """How many they were."""
        return f"clocks ({len(found.rows) + len(found.asleep)})"

    def _columns(self) -> Sequence[Column]:
        wide = self._is_wide
        head = Column(HEADS[self.by], 26 if wide else 14, drop=1)
        child = Column("Child", 30 if wide else 21)
        return (head, Column("  Due", 12), child, Column("Which clock", least=20))

    def show_found(self, found: ClockList, *, keep: bool = True) -> None:
        """Paint everything; the cursor stays on its row."""
        self.found = found
        listed = found.everything if self.left_out else found.rows
        self._rows = {row.task.key: row for row in listed}
        if self.is_bare:
            return
        with self.app.batch_update():
            self.query_one(TitleLine).set_title(f"Clocks  {say_day(found.day)}", TITLES[self.by])
            self.query_one(".counts", Static).update(show_cell(count_cell(found, shown=self.left_out)))
            self.rows.columns = tuple(self._columns())
            self.rows.empty = empty_words(found, found.day)
            self.rows.set_source(Rows(clock_rows(grouped(listed, self.by, found.day), self.by)), keep=keep)
            self._draw_detail()

    def _draw_detail(self) -> None:
        found, row = self.found, self.row
        if found is None:
            return
        width = max(30, self.size.width - 4)
        about = [] if row is None else [*visit_lines(row, self.by, width), *detail_lines(row, width)]
        self.query_one(ReasonsPane).show_words([*about, *withheld_lines(found, width)])

    # Verbs

    async def do_order(self) -> None:
        """By due day, by family, by school visit."""
        self.by = ORDERS[(ORDERS.index(self.by) + 1) % len(ORDERS)]
        if self.found is not None:
            self.show_found(self.found, keep=False)
            self.say(f"Clocks {TITLES[self.by]}.")

    async def do_left_out(self) -> None:
        """Show or hide the rows that sleep."""
        self.left_out = not self.left_out
        if self.found is not None:
            self.show_found(self.found)
            self.say(
                "Paused and snoozed rows are shown."
                if self.left_out
                else "Paused and snoozed rows are hidden."
            )

    def do_back(self) -> None:
        """Unmarks, hides what sleeps, then goes back."""
        if self.rows.marked:
            self.rows.clear_marks()
        elif self.left_out:
            self.call_later(self.do_left_out)
        else:
            super().do_back()

    def do_contact(self) -> None:
        """Log a contact about the child under the cursor."""
        if self.row is not None:
            from screens.contact_form import ContactForm

            self.app.push_screen(ContactForm(self.row.child.id, short(self.row.name, 50)))

    def do_disagreements(self) -> None:
        """Disagreements between professionals about the child under the cursor."""
        if self.row is not None:
            from screens.disagreements import DisagreementsScreen

            self.app.push_screen(DisagreementsScreen(self.row.child.id))

    def do_assessment(self) -> None:
        """The assessment of the child under the cursor."""
        if self.row is not None:
            from screens.assessment import AssessmentScreen

            self.app.push_screen(AssessmentScreen(self.row.child.id))

    async def do_snooze(self) -> None:
        """Hide the marked rows, else the one under the cursor: a reminder that comes too early."""
        await self._sleep("snooze")

    async def do_pause(self) -> None:
        """Hide them: work that has to wait."""
        await self._sleep("pause")

    def _targets(self) -> list[ClockRow]:
        return [self._rows[key] for key in self.rows.targets if key in self._rows]

    async def _sleep(self, kind: SleepKind) -> None:
        rows = self._targets()
        if not rows:
            return
        try:
            check_may_sleep(row.task for row in rows)
        except Refused as problem:
            asleep = problem.code == "asleep"
            self.say("It sleeps already; B wakes it." if asleep else problem.message, wrong=True)
            return
        subject = f"{kind} {rows[0].task.key}"
        kept = await kept_as(self, FORM, subject, {_ROWS: "\n".join(row.task.key for row in rows)})
        if kept is None:
            return

        async def answered(rest: Rest | None) -> None:
            if rest is None:
                return
            tasks = [row.task for row in rows]

            def make(store: Store) -> Edit:
                return sleep_edit(tasks, kind, rest.reason, rest.until, store.worker.id, store.today)

            words = f"{_whose(rows)} {STATES[kind]} until {brief_day(rest.until)}. u undoes."
            await self._write(make, words, (FORM, subject))

        question = f"{kind.capitalize()}: {short(_whose(rows), 50)}"
        await self.question(SleepForm(question, self.shell.today, kept), answered)

    async def reopen(self, left: LeftOpen) -> bool:
        """Ask again why the clock of the draft rests."""
        kind, _, key = left.subject.partition(" ")
        kinds: Mapping[str, SleepKind] = {"pause": "pause", "snooze": "snooze"}
        if left.form != FORM or kind not in kinds or key not in self._rows:
            return False
        draft = await self.attempt(lambda store: draft_of(store, *left.key))
        others = draft.fields.get(_ROWS, "").split("\n") if draft is not None else []
        self.rows.move_to(key)
        self.rows.mark([one for one in others if one in self._rows] if len(others) > 1 else [])
        await self._sleep(kinds[kind])
        return True

    async def do_wake(self) -> None:
        """List the marked rows, else the one under the cursor, again."""
        rows = self._targets()
        ids = [row.task.sleep.pause for row in rows if row.task.sleep is not None]
        if not ids:
            self.say("It is awake. . shows what sleeps.", wrong=True)
            return

        def make(store: Store) -> Edit:
            return wake_edit([store.get(Pause, one) for one in ids], store.today)

        await self._write(make, f"{_whose(rows)} listed again. u undoes.", None)

    async def _write(self, make: Callable[[Store], Edit], words: str, draft: tuple[str, str] | None) -> None:
        def commit(store: Store) -> ClockList:
            store.journal.commit(make(store), draft=draft)
            return read_clocks(store)

        found = await self.attempt(commit)
        if found is not None:
            self.rows.clear_marks()
            self.show_found(found)
            self.say(words)


def _whose(rows: Sequence[ClockRow]) -> str:
    if len(rows) == 1:
        return f"{rows[0].task.name} of {short(rows[0].name, 40)}"
    return count_of(len(rows), "clock")
