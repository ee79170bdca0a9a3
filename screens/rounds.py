"""Following up from a list: on to the next open row, words for the step logged last, drafts, undo."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events

from casework.records_attendance import TOLD_SOCIAL_WORKER
from screens.dialogs import Confirm
from screens.follow_up import Subject
from screens.follow_up_words import WordsScreen
from screens.roster_filters import FilteredRoster
from screens.roster_sheet import Entry, Sheet, Whole
from screens.step_back import StepBack
from screens.unfinished import Unfinished, read_unfinished, said_unfinished, unfinished
from screens.verbs import BY_ID, keys_of
from storage.queries.steps import children_of_step

if TYPE_CHECKING:
    from casework.records_attendance import FollowUpOutcome
    from storage.drafts import Draft
    from storage.store import Store


class RoundScreen(FilteredRoster, WordsScreen):
    """A list whose rows are followed up with single keys."""

    WORDS_KEY: ClassVar[str] = "N"
    DRAFT_HINT: ClassVar[str] = "N goes on with it."

    def __init__(self) -> None:
        super().__init__()
        self._last: Subject | None = None
        self._drafts: list[Unfinished] = []
        """What was left half written, the one to go on with first."""
        self._put_off: set[tuple[str, str]] = set()
        """Those of them that were asked about already."""
        self._order: dict[str, int] = {}
        """Where each child stands in this pass: rows change places only when the list is read anew."""
        self._passed: set[str] = set()
        """Children who have had a step in this pass."""
        self._held: FollowUpOutcome | None = None
        """The outcome logged last, while no other key has been pressed since."""
        self._ended = False
        self._to_tell: tuple[Subject, str] | None = None
        """Whose social worker the next key may tell: the child of the step just logged, and the row since."""
        self._telling: tuple[Subject, str] | None = None

    # The pass

    def on_key(self, event: events.Key) -> None:
        """A key that is not the one just pressed ends the holding down of that one."""
        if event.key != self._key:
            self._held = None
        self._key = event.key
        self._telling, self._to_tell = self._to_tell, None

    _key = ""

    async def renew(self, *, to: str | None = None, keep: bool = True) -> None:
        """Read again: a new pass in the order that now holds."""
        self._order, self._passed, self._ended = {}, set(), False
        await super().renew(to=to, keep=keep)

    def choose(self, whole: Whole) -> Sheet:
        """In the order of this pass."""
        return in_order(super().choose(whole), self._order)

    def show_sheet(self, sheet: Sheet, *, to: str | None = None, keep: bool = True) -> None:
        """Remember the order of the pass; children who are new to it come last."""
        for entry in (*sheet.whole.entries, *sheet.whole.done):
            self._order.setdefault(entry.child.id, len(self._order))
        super().show_sheet(sheet, to=to, keep=keep)

    def brakes(self, one: Subject, outcome: FollowUpOutcome) -> bool:
        """A key held down stops at a row that had its step in this pass."""
        if one.child not in self._passed or outcome != self._held:
            self._held = outcome
            return False
        self.say(f"{self._end_words()} A row tried already takes another key first, such as an arrow.")
        return True

    def _end_words(self) -> str:
        left = sum(not entry.done for entry in self.sheet.entries)
        return f"End of the round: {left:,} still open."

    def with_round(self, said: str) -> str:
        """At the end of the round, that comes first."""
        said = f"{self._end_words()} {said}" if self._ended else said
        if self._to_tell is None:
            return said
        return f"{said} {keys_of(BY_ID[TOLD_SOCIAL_WORKER], self.keymap)} tells their social worker."

    def to_tell_of(self) -> list[Subject]:
        """The child of the step logged by the key before, where they have a social worker not told yet; else
        the marked ones or the one under the cursor.
        """
        held, self._telling = self._telling, None
        if held is not None and self.entry is not None and self.entry.child.id == held[1]:
            return [held[0]]
        return self.subjects()

    # Steps

    def subjects(self) -> list[Subject]:
        """The marked children in list order, else the one under the cursor."""
        places = self.sheet.places
        return [_subject(self.sheet.entries[places[child]]) for child in self.rows.targets if child in places]

    async def step_logged(self, subjects: Sequence[Subject]) -> None:
        """Go on to the next open row that had no step in this pass; after the last one the cursor stays."""
        self._last = subjects[-1] if len(subjects) == 1 else None
        self._passed |= {one.child for one in subjects}
        self.rows.clear_marks()
        sheet = self.written
        then = next_open(self.sheet, sheet, [one.child for one in subjects], self._passed)
        self._ended = then is None and any(not entry.done for entry in sheet.entries)
        self.show_sheet(sheet, to=then or subjects[-1].child)
        self._to_tell = self._untold()

    def _untold(self) -> tuple[Subject, str] | None:
        last, here = self._last, self.entry
        step = next((one for one in self.everyone() if last and one.child.id == last.child), None)
        if step is None or here is None or last is None or step.done or not step.tried:
            return None
        waits = any(why.rule == "social-worker" for why in step.why)
        return (last, here.child.id) if waits else None

    async def step_back(self, work: StepBack, word: str) -> None:
        """The cursor goes to the row of the step."""

        def step(store: Store) -> tuple[str, list[str], Sheet]:
            done = work(store)
            children = children_of_step(store, done.seq)
            return done.name, children, self.read_after(store, done.receipt, children)

        answer = await self.own(step)
        if answer is None:
            return
        name, children, sheet = answer
        self._last = None
        self._passed -= set(children)
        back = next((child for child in children if child in sheet.places), None)
        self.show_sheet(sheet, to=back)
        names = {entry.child.id: entry.name for entry in self.everyone()}
        who = (
            f" ({self.said_name(names[children[0]])})" if len(children) == 1 and children[0] in names else ""
        )
        hidden = "; not shown by this filter" if children and back is None and self.chosen else ""
        self.say(f"{word}: {name}{who}{hidden}.")

    def everyone(self) -> list[Entry]:
        """Every child of this screen, shown or left out."""
        return [*self.sheet.whole.entries, *self.sheet.whole.done]

    # Sheets

    async def do_office_sheet(self) -> None:
        """N marks and their reasons as one list for the office."""
        from storage.queries.sheets import office_sheet

        await self._sheet("N marks for the office", office_sheet)

    async def do_visits_sheet(self) -> None:
        """Today's visits, to take along."""
        from storage.queries.sheets import visits_sheet

        await self._sheet("Visits", visits_sheet)

    async def _sheet(self, title: str, make: Callable[[Store], list[str]]) -> None:
        def work(store: Store) -> list[str]:
            lines = make(store)
            store.log("looked", f"sheet: {title}")
            return lines

        lines = await self.attempt(work)
        if lines is not None:
            from screens.reader import TextScreen

            self.app.push_screen(TextScreen(title, "\n".join(lines)))

    # Words

    async def do_note(self) -> None:
        """Words about the row under the cursor: added to its newest step, else with an outcome of its own."""
        if self.entry is not None:
            await self.ask_note(_subject(self.entry))

    async def do_note_last(self) -> None:
        """What was left half written, one after the other; else words for the step logged last here."""
        waiting = await self.attempt(read_unfinished)
        if waiting is None:
            return
        still = {one.left.key: one for one in waiting}
        self._drafts = [still[one.left.key] for one in self._drafts if one.left.key in still]
        if self._last is None and self._put_off.issuperset(one.left.key for one in self._drafts):
            self._put_off.clear()
        one = next((one for one in self._drafts if one.left.key not in self._put_off), None)
        if one is not None:
            await self._go_on(one)
        elif self._last is None:
            self.say("No single step was logged here yet; t takes words about the row under the cursor.")
        else:
            await self.ask_note(self._last)

    async def _go_on(self, one: Unfinished) -> None:
        self._put_off.add(one.left.key)
        if one.withheld:
            self.say(f"Kept as a draft, not to be shown now: {one.words}. {one.withheld}")
            return
        if self.entry is not None and self.entry.child.id == one.child:
            self.shell.go_on(one.left)
            return

        async def answered(yes: bool | None) -> None:
            if yes:
                self._put_off.discard(one.left.key)
                self.shell.go_on(one.left)

        about = f" about {self.said_name(one.who)}" if one.who else ""
        lines = ["The cursor is on another child."] if one.child else []
        await self.question(Confirm(f"Go on with the {one.what}{about}?", lines), answered)

    async def words_added(self) -> None:
        """The cursor stays."""
        here = self.entry
        self.show_sheet(self.written, to=here.child.id if here else None)

    def subjects_of(self, children: Sequence[str]) -> list[Subject]:
        """Those of these children that are listed."""
        here = {entry.child.id: entry for entry in self.everyone()}
        return [_subject(here[child]) for child in children if child in here]

    async def draft_kept(self, draft: Draft) -> None:
        """`N` goes on with it."""
        kept = await self.attempt(lambda store: unfinished(store, draft))
        if kept is not None:
            self._drafts = [kept, *(one for one in self._drafts if one.left.key != kept.left.key)]
            self._put_off.discard(kept.left.key)

    async def recall_draft(self) -> None:
        """Say what was left half written, of whatever form, before a lock or a crash."""
        self._drafts = await self.ask(read_unfinished)
        if self._drafts:
            self.say(said_unfinished(self._drafts))


def _subject(entry: Entry) -> Subject:
    return Subject(entry.child.id, entry.name, entry.session_date, entry.tried)


def in_order(sheet: Sheet, order: Mapping[str, int]) -> Sheet:
    """A sheet in the order of a pass: its children keep their places, others follow, then those acted on."""
    if not order:
        return sheet
    acted_on = {entry.child.id for entry in sheet.whole.done}
    entries = sorted(
        sheet.entries, key=lambda entry: (entry.child.id in acted_on, order.get(entry.child.id, len(order)))
    )
    places = {entry.child.id: at for at, entry in enumerate(entries)}
    return replace(sheet, entries=entries, places=places)


def next_open(
    before: Sheet, after: Sheet, children: Sequence[str], passed: Collection[str] = ()
) -> str | None:
    """The row to go on to: the next open one below that is not in `passed`, else one above, else None.

    Rows above come after those below, so that a pass through the list ends with what was skipped.
    """
    done = set(children)
    last = max((before.places.get(child, 0) for child in done), default=0)
    order = [*before.entries[last + 1 :], *before.entries[:last]]
    left = [
        after.entries[after.places[entry.child.id]]
        for entry in order
        if entry.child.id not in done and entry.child.id in after.places
    ]
    open_rows = [entry for entry in left if not entry.done and entry.child.id not in passed]
    untried = [entry for entry in open_rows if not entry.tried]
    chosen = next(iter(untried or open_rows), None)
    return chosen.child.id if chosen else None
