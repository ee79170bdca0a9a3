"""Child: one page about one child, with the same single keys as the round, and the way to every history."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize, ScreenResume

from casework.errors import Locked, OutreachError
from casework.policies import Category
from casework.records import Flag
from screens.child_marks import mark_rows
from screens.child_page import SECTIONS, PageLine, page_lines
from screens.child_view import ChildView, Target, read_view
from screens.follow_up import Make, Subject
from screens.follow_up_words import WordsScreen
from screens.reopening import PageOpen
from screens.step_back import StepBack
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows

if TYPE_CHECKING:
    from screens.reader import ListScreen
    from storage.desk import Desk
    from storage.journal import Receipt
    from storage.store import Store

Seen = tuple[tuple[object, ...], ChildView]
"""What was read, with `Store.stamp` as it stood before."""

_GUTTER = 4
_JUMPS = " ".join(f"{number} {title}" for number, title in enumerate(SECTIONS, 1))


class ChildScreen(WordsScreen):
    """One child. Digits jump to a section, enter opens what a line stands for, `h` shows its history."""

    place = "child"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("child")

    def __init__(self, child_id: str) -> None:
        super().__init__()
        self.child_id = child_id
        self._view: ChildView | None = None
        self._lines: Sequence[PageLine] = ()
        self._drawn = (0, -1)
        self._reads = 0
        self._stamp: tuple[object, ...] = ()
        """`Store.stamp` of what is shown."""

    @property
    def page_open(self) -> PageOpen:
        """This child's page."""
        return PageOpen("child", self.child_id)

    def compose(self) -> ComposeResult:
        """The title, the page and the keys."""
        yield TitleLine("Child")
        yield RowList([Column(_JUMPS)], empty="This child's page cannot be shown.", marks=False, id="page")
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def look(self, desk: Desk[Store]) -> None:
        """Read the page before it is shown; that somebody looked is on the record first.

        Raises OutreachError where that cannot be recorded: the page is then not shown.
        """

        agencies = self.shell.agencies

        def read(store: Store) -> Seen:
            store.log("looked", "child's page", child=self.child_id)
            return store.stamp, read_view(store, self.child_id, agencies)

        self._stamp, self._view = await desk.run(read)
        self._reads += 1

    def on_mount(self) -> None:
        """Keys go to the page."""
        self.query_one("#page", RowList).focus()
        self._draw(self.size.width)

    def on_screen_resume(self, _event: ScreenResume) -> None:
        """Something above this screen may have changed the record."""
        if self._view is not None:
            self.run_worker(self.renew(always=False), group="read", exclusive=True)

    def hear(self) -> None:
        """Something was written elsewhere: read again, now or when this page is shown again."""
        if self._view is not None and self.app.screen is self:
            self.run_worker(self.renew(), group="read", exclusive=True)

    async def renew(self, *, always: bool = True) -> None:
        """Read the page again, or only where somebody wrote, and keep the cursor on its line."""
        agencies = self.shell.agencies
        shown = None if always else self._stamp

        def read(store: Store) -> Seen | None:
            stamp = store.stamp
            return None if stamp == shown else (stamp, read_view(store, self.child_id, agencies))

        try:
            seen = await self.ask(read)
        except Locked:
            return
        except OutreachError as problem:
            self._blank()
            self.say(problem.message, wrong=True)
            return
        if seen is not None:
            self._stamp, self._view = seen
            self._reads += 1
            self._draw(self.size.width)

    def _blank(self) -> None:
        """Show nothing of a child who may be seen no more."""
        self._view, self._lines = None, ()
        if not self.is_bare:
            self.query_one(TitleLine).set_title("Child", "")
            self.query_one("#page", RowList).set_source(Rows([]))

    def on_resize(self, event: Resize) -> None:
        """Lines are folded to the new width."""
        self._draw(event.size.width)

    def _draw(self, width: int) -> None:
        view = self._view
        if view is None or self.is_bare or self._drawn == (width, self._reads):
            return
        self._drawn = (width, self._reads)
        place = " · ".join(filter(None, (view.page.child.reg, short(view.page.school, 30))))
        self.query_one(TitleLine).set_title(short(view.name, width - len(place) - 4), place)
        self._lines = page_lines(view, width - _GUTTER)
        rows = [Row(str(number), (line.cell,)) for number, line in enumerate(self._lines)]
        self.query_one("#page", RowList).set_source(Rows(rows))

    # What a line stands for

    @property
    def target(self) -> Target:
        """What the line under the cursor stands for."""
        at = self.query_one("#page", RowList).cursor
        return self._lines[at].target if at < len(self._lines) else Target()

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter: a sibling's page, the whole of a note, every mark with its source, the plan."""
        event.stop()
        target = self.target
        if target.does == "child":
            self.shell.open_child(target.record)
        elif target.does == "text" and target.text:
            from screens.reader import TextScreen

            self.app.push_screen(TextScreen(short(self._who, 50), target.text, self.child_id))
        elif target.does == "plan":
            self.do_plan()
        elif target.does == "assessment":
            self.do_assessment()
        elif target.does == "notification":
            self.run_worker(self._open_notification(target.record), group="open", exclusive=True)
        elif target.does == "marks" and self._view is not None:
            self.app.push_screen(self._marks_screen(self._view))

    async def _open_notification(self, wanted: str) -> None:
        from screens.notification_lines import Entry, read_entries
        from screens.notifications import NotificationPage

        def read(store: Store) -> Entry | None:
            return next((entry for entry in read_entries(store, self.child_id) if entry.id == wanted), None)

        entry = await self.attempt(read)
        if entry is not None:
            await self.app.push_screen(NotificationPage(entry))

    @property
    def _who(self) -> str:
        return self._view.name if self._view else ""

    def _marks_screen(self, view: ChildView) -> ListScreen:
        from screens.reader import ListScreen

        columns = [
            Column("Session", 13),
            Column("Is", 2),
            Column("Was", 6),
            Column("Meaning", least=16),
            Column("File and line", 30, drop=1),
        ]
        rows = [Row(row_id, cells) for row_id, cells in mark_rows(view)]
        title = f"Marks: {short(self._who, 50)}"
        return ListScreen(title, columns, rows, "No marks in this period.", self.child_id)

    async def do_new(self) -> None:
        """A flag of this child."""
        from screens.flag_form import FlagForm

        if self._view is not None:
            form = await FlagForm.about(self.shell, self._view.page.child, self._who)
            await self.app.push_screen(form)

    async def do_edit(self) -> None:
        """The flag under the cursor: still there, or ended."""
        from screens.flag_form import FlagReviewForm

        flags = self._view.page.flags if self._view is not None else ()
        shown = next((one for one in flags if one.id == self.target.record), None)
        if shown is None:
            self.say("Put the cursor on a flag to review or end it; + records one.")
            return
        # The page has its words without a protected address: a form takes them as they were written.
        held = await self.attempt(lambda store: store.get(Flag, shown.id))
        if held is not None:
            await self.app.push_screen(FlagReviewForm(held, self._who))

    def do_history(self) -> None:
        """The history of what the line under the cursor stands for, else of the child."""
        from screens.history import HistoryScreen

        target = self.target
        kind, record = (target.type, target.record) if target.record else ("child", self.child_id)
        title = f"{kind.replace('_', ' ').capitalize()}: {short(self._who, 50)}"
        self.app.push_screen(HistoryScreen(kind, record, title, self.child_id))

    # Sections

    def do_view(self, number: int) -> None:
        """A digit jumps to its section."""
        self.jump(number - 1)

    def jump(self, section: int) -> None:
        """Put a section's first line at the top."""
        page = self.query_one("#page", RowList)
        for number, line in enumerate(self._lines):
            if line.section == section and line.heading:
                page.cursor = number
                page.scroll_to(y=number, animate=False, immediate=True, force=True)
                return

    def do_people(self) -> None:
        """People and how to reach them."""
        self.jump(SECTIONS.index("People"))

    def do_sibling(self) -> None:
        """The next child of the same home."""
        if self._view is None or not self._view.page.siblings:
            self.say("No other child of this home is on record here.")
            return
        page = self._view.page
        home = sorted((page.child, *page.siblings), key=lambda child: (child.dob or date.max, child.id))
        at = [child.id for child in home].index(self.child_id)
        self.shell.open_child(home[(at + 1) % len(home)].id)

    def do_review(self) -> None:
        """The reviews of the plan, with attendance before and since."""
        from screens.review import ReviewScreen

        self.app.push_screen(ReviewScreen(self.child_id))

    def do_assessment(self) -> None:
        """The whole-family assessment and the scores of tools."""
        from screens.assessment import AssessmentScreen

        self.app.push_screen(AssessmentScreen(self.child_id))

    async def do_preview(self) -> None:
        """The page as another agency or worker may see it."""
        from screens.consent_preview import preview_as

        await preview_as(self, self.child_id)

    def do_disagreements(self) -> None:
        """Disagreements between professionals about this child."""
        from screens.disagreements import DisagreementsScreen

        self.app.push_screen(DisagreementsScreen(self.child_id))

    def do_same(self) -> None:
        """Records that may be of the same child, and those that are part of this one."""
        from screens.same_child import SameChildScreen

        self.app.push_screen(SameChildScreen(self.child_id))

    # Work

    def do_contact(self) -> None:
        """Log a contact, or go on with the draft that was left."""
        self._ask_contact()

    def do_note(self) -> None:
        """The same form, at the note."""
        self._ask_contact("note")

    def _ask_contact(self, at: str = "kind") -> None:
        from screens.contact_form import ContactForm

        if not self._refuses(Category.FAMILY):
            self.app.push_screen(ContactForm(self.child_id, short(self._who, 50), at=at))

    def _refuses(self, category: Category) -> bool:
        """Say why nothing of a category can be written here, where the worker may not see it."""
        held = self._view.page.withheld if self._view else ()
        reason = next((one.reason for one in held if one.category is category), "")
        if reason:
            self.say(f"Withheld: {reason}", wrong=True)
        return bool(reason)

    def subjects(self) -> list[Subject]:
        """This child, on the last register day."""
        view = self._view
        return [Subject(self.child_id, view.name, view.session_date)] if view else []

    def subjects_of(self, children: Sequence[str]) -> list[Subject]:
        """This child, where it is the one."""
        return [one for one in self.subjects() if one.child in children]

    async def words_added(self) -> None:
        """Show them in the story."""
        await self.renew()

    async def write(self, make: Make) -> Receipt | None:
        """Commit it with the draft that it ends."""

        def commit(store: Store) -> Receipt:
            edit, draft = make(store)
            return store.journal.commit(edit, draft=draft)

        return await self.attempt(commit)

    async def step_logged(self, subjects: Sequence[Subject]) -> None:
        """Show it in the story."""
        del subjects
        await self.renew()

    async def step_back(self, work: StepBack, word: str) -> None:
        """Show it in the story."""

        def step(store: Store) -> tuple[str, str]:
            from storage.queries.steps import whose_step

            done = work(store)
            return done.name, whose_step(store, done.seq)

        answer = await self.attempt(step)
        if answer is not None:
            await self.renew()
            name, whose = answer
            self.say(f"{word}: {name} ({self.said_name(whose)})." if whose else f"{word}: {name}.")
