"""Following up from a list: on to the next open row, words for the step logged last, drafts, undo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from casework.edits import Edit, create, update
from casework.errors import BadInput
from casework.followups import OUTCOME_LABELS
from casework.ids import new_id
from screens.dialogs import Choice, PickOne
from screens.follow_up import (
    DRAFT_FORM,
    REASON,
    WORDS,
    FollowUpScreen,
    Given,
    StepBack,
    Subject,
)
from screens.roster_filters import FilteredRoster
from screens.roster_sheet import Entry, Sheet
from storage.queries.steps import children_of_step, newest_follow_up

if TYPE_CHECKING:
    from casework.records import FollowUp, FollowUpOutcome
    from storage.drafts import Draft
    from storage.journal import Receipt
    from storage.store import Store

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

    _last: Subject | None = None
    _waiting_draft: Draft | None = None

    # Steps

    def subjects(self) -> list[Subject]:
        """The marked children in list order, else the one under the cursor."""
        places = self.sheet.places
        return [_subject(self.sheet.entries[places[child]]) for child in self.rows.targets if child in places]

    async def step_logged(self, subjects: Sequence[Subject]) -> None:
        """Go on to the next open row."""
        self._last = subjects[-1] if len(subjects) == 1 else None
        self.rows.clear_marks()
        sheet = self.written
        self.show_sheet(sheet, to=next_open(self.sheet, sheet, [one.child for one in subjects]))

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
        """Words for the step logged last here, or what was left half written."""
        draft, one = self._waiting_draft, self._last
        if draft is not None:
            self._waiting_draft = None
            entry = next((e for e in self.everyone() if e.child.id == draft.subject), None)
            one = _subject(entry) if entry is not None else one
            kind = draft.fields.get("kind", WORDS)
            if entry is not None and one is not None and kind != WORDS:
                await (self.ask_reason([one]) if kind == REASON else self.ask_close([one]))
                return
        if one is None:
            self.say("No single step was logged here yet; t takes words about the row under the cursor.")
            return
        await self._note(one)

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
        self._waiting_draft = draft

    async def recall_draft(self) -> None:
        """Say whose words were left half written, before a lock or a crash."""
        waiting = await self.ask(lambda store: store.drafts.waiting())
        here = {entry.child.id: entry for entry in self.everyone()}
        draft = next((d for d in waiting if d.form == DRAFT_FORM and d.subject in here), None)
        if draft is not None:
            self._waiting_draft = draft
            name = self.said_name(here[draft.subject].name)
            self.say(f"Words about {name} were left unfinished: N goes on with them.")

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


def _subject(entry: Entry) -> Subject:
    return Subject(entry.child.id, entry.name, entry.session_date, entry.tried)


def next_open(before: Sheet, after: Sheet, children: Sequence[str]) -> str | None:
    """The row to go on to: the next one below in the old order that is open and untried, else any open one.

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
    open_rows = [entry for entry in left if not entry.done]
    untried = [entry for entry in open_rows if not entry.tried]
    chosen = next(iter(untried or open_rows), None)
    return chosen.child.id if chosen else None
