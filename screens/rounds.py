"""Following up from a list: on to the next open row, words for the step logged last, drafts, undo."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import events

from casework.edits import Edit, create, update
from casework.errors import BadInput
from casework.ids import new_id
from casework.wording import OUTCOME_LABELS
from screens.dialogs import Choice, Confirm, PickOne
from screens.follow_up import (
    CLOSE,
    DRAFT_FORM,
    REASON,
    WORDS,
    FollowUpScreen,
    Given,
    Subject,
)
from screens.roster_filters import FilteredRoster
from screens.roster_sheet import Entry, Sheet, Whole
from screens.step_back import StepBack
from screens.widgets.fitting import short
from storage.queries.sight import drafts_waiting
from storage.queries.steps import children_of_step, newest_follow_up

if TYPE_CHECKING:
    from casework.records import FollowUp, FollowUpOutcome
    from storage.drafts import Draft
    from storage.journal import Receipt
    from storage.store import Store

CONTACT_FORM = "contact"
"""The form of a draft that `screens.contact_form` keeps."""

_FORM_KEYS: Mapping[str, FollowUpOutcome] = {
    "n": "no-answer",
    "m": "left-message",
    "w": "wrong-number",
    "s": "spoke",
    "v": "visit-planned",
    "e": "seen",
    "x": "not-seen",
}


class RoundScreen(FilteredRoster, FollowUpScreen):
    """A list whose rows are followed up with single keys."""

    WORDS_KEY: ClassVar[str] = "N"
    DRAFT_HINT: ClassVar[str] = "N goes on with it."

    def __init__(self) -> None:
        super().__init__()
        self._last: Subject | None = None
        self._drafts: list[Draft] = []
        """What was left half written about children of this screen, the one to go on with first."""
        self._order: dict[str, int] = {}
        """Where each child stands in this pass: rows change places only when the list is read anew."""
        self._passed: set[str] = set()
        """Children who have had a step in this pass."""
        self._held: FollowUpOutcome | None = None
        """The outcome logged last, while no other key has been pressed since."""
        self._ended = False

    # The pass

    def on_key(self, event: events.Key) -> None:
        """A key that is not the one just pressed ends the holding down of that one."""
        if event.key != self._key:
            self._held = None
        self._key = event.key

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
        return f"{self._end_words()} {said}" if self._ended else said

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

    async def step_back(self, work: StepBack, word: str) -> None:
        """The cursor goes to the row of the step."""

        def step(store: Store) -> tuple[Receipt, list[str], Sheet]:
            receipt, seq = work(store)
            children = children_of_step(store, seq)
            return receipt, children, self.read_after(store, receipt, children)

        answer = await self.own(step)
        if answer is None:
            return
        receipt, children, sheet = answer
        self._last = None
        self._passed -= set(children)
        back = next((child for child in children if child in sheet.places), None)
        self.show_sheet(sheet, to=back)
        names = {entry.child.id: entry.name for entry in self.everyone()}
        name = receipt.name.removeprefix("Undo: ").removeprefix("Redo: ")
        who = (
            f" ({self.said_name(names[children[0]])})" if len(children) == 1 and children[0] in names else ""
        )
        hidden = "; not shown by this filter" if children and back is None and self.chosen else ""
        self.say(f"{word}: {name}{who}{hidden}.")

    def everyone(self) -> list[Entry]:
        """Every child of this screen, shown or left out."""
        return [*self.sheet.whole.entries, *self.sheet.whole.done]

    # Words

    async def do_note(self) -> None:
        """Words about the row under the cursor: added to its newest step, else with an outcome of its own."""
        if self.entry is not None:
            await self._note(_subject(self.entry))

    async def do_note_last(self) -> None:
        """What was left half written, one after the other; else words for the step logged last here."""
        here = {entry.child.id: entry for entry in self.everyone()}
        draft = next((draft for draft in self._drafts if draft.subject in here), None)
        if draft is None:
            if self._last is None:
                self.say("No single step was logged here yet; t takes words about the row under the cursor.")
            else:
                await self._note(self._last)
            return
        self._drafts = [one for one in self._drafts if one is not draft]
        one = _subject(here[draft.subject])
        if self.entry is not None and self.entry.child.id == one.child:
            await self._go_on(draft, one)
            return

        async def answered(yes: bool | None) -> None:
            if yes:
                self.call_after_refresh(self._go_on, draft, one)
            else:
                self._drafts.append(draft)

        question = f"Go on with the {_draft_word(draft)} about {self.said_name(one.name)}?"
        await self.question(Confirm(question, ["The cursor is on another child."]), answered)

    async def _go_on(self, draft: Draft, one: Subject) -> None:
        kind = draft.fields.get("kind", WORDS)
        if draft.form == CONTACT_FORM:
            from screens.contact_form import ContactForm

            await self.app.push_screen(ContactForm(one.child, one.name))
        elif kind == REASON:
            await self.ask_reason([one])
        elif kind == WORDS:
            await self._note(one)
        else:
            await self.ask_close([one])

    async def _note(self, one: Subject) -> None:
        try:
            step = await self.ask(lambda store: newest_follow_up(store, one.child, one.day))
        except BadInput:
            step = None
        name = self.said_name(one.name)

        async def given(given: Given) -> None:
            if step is not None:
                await self._add_words(one, step, given.words)
            else:
                await self._pick_outcome(one, given)

        question = f"Words for: {OUTCOME_LABELS[step.outcome]}, {name}" if step else ""
        question = question or f"Words about {name} (then the outcome)"
        await self.ask_words(WORDS, [one], question, given, step=step)

    def draft_kept(self, draft: Draft) -> None:
        """`N` goes on with it."""
        others = [one for one in self._drafts if (one.form, one.subject) != (draft.form, draft.subject)]
        self._drafts = [draft, *others]

    async def recall_draft(self) -> None:
        """Say whose words were left half written, before a lock or a crash."""
        waiting = await self.ask(drafts_waiting)
        here = {entry.child.id: entry for entry in self.everyone()}
        self._drafts = [d for d in waiting if d.form in (DRAFT_FORM, CONTACT_FORM) and d.subject in here]
        if self._drafts:
            whose = [f"{short(here[d.subject].name, 24)} ({_draft_word(d)})" for d in self._drafts[:_WHOSE]]
            more = len(self._drafts) - _WHOSE
            whose += [f"{more} more"] if more > 0 else []
            self.say(f"{len(self._drafts)} unfinished: {', '.join(whose)}. N goes on.")

    async def _add_words(self, one: Subject, step: FollowUp, words: str) -> None:
        if words == step.note:
            return

        def make(_store: Store) -> tuple[Edit, tuple[str, str]]:
            # A follow-up is never rewritten: the entry with the words stands in for the one without.
            instead = step.model_copy(update={"id": new_id(), "note": words})
            changes = (*update(step, void=True), create(instead))
            name = f"Words for: {OUTCOME_LABELS[step.outcome]}"
            return Edit(name, changes, subject=one.child), (DRAFT_FORM, one.child)

        here = self.entry
        if await self.write(make) is not None:
            self.show_sheet(self.written, to=here.child.id if here else None)
            self.say(f"{self.said_name(one.name)}: words added. u undoes.")

    async def _pick_outcome(self, one: Subject, given: Given) -> None:
        await self.keeper(WORDS, one.child)({"words": given.words, "code": ""})
        choices = [Choice(key, OUTCOME_LABELS[outcome]) for key, outcome in _FORM_KEYS.items()]

        async def answered(key: str | None) -> None:
            if key is None:
                await self.tell_draft(one)
            else:
                await self.log_step([one], _FORM_KEYS[key], given)

        self.call_after_refresh(self.question, PickOne("What came of it?", choices), answered)


_WHOSE = 2


def _draft_word(draft: Draft) -> str:
    """What was being written."""
    if draft.form == CONTACT_FORM:
        return "contact"
    return {REASON: "reason", CLOSE: "closing words"}.get(draft.fields.get("kind", WORDS), "words")


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
