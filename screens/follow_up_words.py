"""Words of a follow-up: a reason by its code, closing words, a note; each is a draft until it is kept."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from casework.edits import Edit, create, update
from casework.errors import BadInput
from casework.ids import new_id
from casework.wording import OUTCOME_LABELS, say_value
from screens.dialogs import MANY, Choice, PickOne
from screens.follow_up import DraftKey, FollowUpScreen, Given, Subject, bulk_lines, confirm_for
from storage.following_up import require_register
from storage.queries.sight import draft_of
from storage.queries.steps import newest_follow_up

if TYPE_CHECKING:
    from casework.records_attendance import FollowUp, FollowUpOutcome
    from screens.kept_dialog import KeptAs
    from screens.reopening import LeftOpen
    from storage.drafts import Draft
    from storage.store import Store

WORDS, REASON, CLOSE = "round-words", "round-reason", "round-close"
"""The forms for words, a reason and closing words, by which their drafts are kept."""
FORMS = (WORDS, REASON, CLOSE)
OLD_KIND: Mapping[str, str] = {"words": WORDS, "reason": REASON, "close": CLOSE}
"""What stands in a draft of an older version, which kept all three as `WORDS`, by its `kind`."""
CHILDREN = "children"
"""The entry of a draft that names the children it is about, where they are several."""

_FORM_KEYS: Mapping[str, FollowUpOutcome] = {
    "n": "no-answer",
    "m": "left-message",
    "w": "wrong-number",
    "s": "spoke",
    "v": "visit-planned",
    "e": "seen",
    "x": "not-seen",
}


class WordsScreen(FollowUpScreen):
    """A screen on which a follow-up takes words."""

    DRAFT_HINT: ClassVar[str] = "The same key goes on with it."

    @abstractmethod
    def subjects_of(self, children: Sequence[str]) -> list[Subject]:
        """Those of these children that the screen shows."""

    @abstractmethod
    async def words_added(self) -> None:
        """Show what the words just committed have changed."""

    async def draft_kept(self, draft: Draft) -> None:
        """Words were left half written."""

    async def do_reason(self) -> None:
        """A reason was given: its code, then words if there are any."""
        subjects = self.subjects()
        if subjects:
            await self.ask_reason(subjects)
        else:
            self.say("No child is listed here, so nothing was logged.")

    async def do_closed(self) -> None:
        """Close the follow-up, in words."""
        subjects = self.subjects()
        if len(subjects) == 1:
            await self.ask_close(subjects)
        else:
            self.say("Closing takes words about one child: unmark with esc first.", wrong=True)

    async def ask_reason(self, subjects: Sequence[Subject]) -> None:
        """The code that a family's reason may lead to, then words."""

        async def given(given: Given) -> None:
            if len(subjects) <= MANY:
                await self.log_step(subjects, "reason", given)
                return

            async def answered(yes: bool | None) -> None:
                if yes:
                    await self.log_step(subjects, "reason", given)
                elif given.draft is not None:
                    await self.tell_draft(given.draft, self.said_names(subjects))

            question = f"Reason given: log it for {self.said_names(subjects)}?"
            lines = bulk_lines([one.name for one in subjects])
            self.call_after_refresh(self.question, confirm_for(len(subjects), question, lines), answered)

        await self.ask_words(REASON, subjects, f"Reason given: {self.said_names(subjects)}", given)

    async def ask_close(self, subjects: Sequence[Subject]) -> None:
        """The words with which a follow-up ends."""

        async def given(given: Given) -> None:
            await self.log_step(subjects, "closed", given)

        await self.ask_words(CLOSE, subjects, f"Close the follow-up: {self.said_names(subjects)}", given)

    async def ask_words(
        self,
        kind: str,
        subjects: Sequence[Subject],
        question: str,
        given: Callable[[Given], Awaitable[None]],
        *,
        step: FollowUp | None = None,
    ) -> None:
        """Show the form; it begins with the draft of that kind, else with `step`'s words.

        Who may not see the register is told so before anything is typed.
        """
        from casework.followups import reason_codes
        from screens.follow_up_forms import WordsForm

        def may_write(store: Store) -> bool:
            require_register(store, [one.child for one in subjects])
            return True

        if not await self.attempt(may_write):
            return
        one = subjects[0]
        kept = await self._kept_as(kind, subjects)
        if kept is None:
            return
        start = Given(step.note if step else "")
        if kept.fields:
            start = Given(kept.fields.get("words", ""), kept.fields.get("code", ""))

        async def answered(result: Given | None) -> None:
            if result is None:
                await self.tell_draft(kept.key, self.said_names(subjects))
            else:
                await given(replace(result, draft=kept.key))

        form = WordsForm(
            question,
            kept=kept,
            codes=reason_codes(one.day) if kind == REASON else (),
            start=start,
            required=kind != REASON,
        )
        await self.question(form, answered)

    async def _kept_as(self, kind: str, subjects: Sequence[Subject]) -> KeptAs | None:
        """The draft of one child's words, or of the words about several."""
        from screens.kept_dialog import kept_as

        if len(subjects) > 1:
            return await kept_as(self, kind, "", {CHILDREN: " ".join(one.child for one in subjects)})
        child = subjects[0].child
        old = await self.attempt(lambda store: _older(store, child, kind))
        return await kept_as(self, WORDS if old else kind, child, {"kind": ""})

    async def tell_draft(self, key: DraftKey, who: str) -> None:
        """Say that the words are kept, when they are."""
        draft = await self.attempt(lambda store: draft_of(store, *key))
        if draft is not None:
            await self.draft_kept(draft)
            self.say(f"Kept as a draft: {who}. {self.DRAFT_HINT}")

    async def reopen(self, left: LeftOpen) -> bool:
        """Show the form again with what was typed, where its children are of this screen."""
        if left.form not in FORMS:
            return False
        draft = await self.ask(lambda store: draft_of(store, *left.key))
        ids = (left.subject or (draft.fields.get(CHILDREN, "") if draft is not None else "")).split()
        subjects = self.subjects_of(ids)
        if not ids or len(subjects) < len(ids):
            return False
        kind = OLD_KIND.get(draft.fields.get("kind", ""), left.form) if draft is not None else left.form
        if kind == REASON:
            await self.ask_reason(subjects)
        elif kind == CLOSE:
            await self.ask_close(subjects)
        else:
            await self.ask_note(subjects[0])
        return True

    async def ask_note(self, one: Subject) -> None:
        """Words about a child: added to its newest step, else with an outcome of its own."""
        try:
            step = await self.ask(lambda store: newest_follow_up(store, one.child, one.day))
        except BadInput:
            step = None
        name = self.said_name(one.name)

        async def given(given: Given) -> None:
            if step is not None:
                await self._add_words(one, step, given)
            else:
                await self._pick_outcome(one, given)

        question = f"Words for: {say_value(step.type, 'outcome', step.outcome)}, {name}" if step else ""
        question = question or f"Words about {name} (then the outcome)"
        await self.ask_words(WORDS, [one], question, given, step=step)

    async def _add_words(self, one: Subject, step: FollowUp, given: Given) -> None:
        words = given.words

        def make(store: Store) -> tuple[Edit, DraftKey | None]:
            require_register(store, [one.child])
            # A follow-up is never rewritten: the entry with the words stands in for the one without.
            instead = step.model_copy(update={"id": new_id(), "note": words})
            changes = (*update(step, void=True), create(instead))
            name = f"Words for: {say_value(step.type, 'outcome', step.outcome)}"
            return Edit(name, changes, subject=one.child), given.draft

        if words == step.note:
            await self._end_draft(given)
        elif await self.write(make) is not None:
            await self.words_added()
            self.say(f"{self.said_name(one.name)}: words added. u undoes.")

    async def _pick_outcome(self, one: Subject, given: Given) -> None:
        choices = [Choice(key, OUTCOME_LABELS[outcome]) for key, outcome in _FORM_KEYS.items()]

        async def answered(key: str | None) -> None:
            if key is None:
                await self.tell_draft((WORDS, one.child), self.said_name(one.name))
            else:
                await self.log_step([one], _FORM_KEYS[key], given)

        self.call_after_refresh(self.question, PickOne("What came of it?", choices), answered)

    async def _end_draft(self, given: Given) -> None:
        """Words that are on record already wait for nothing."""
        key = given.draft
        if key is not None:
            await self.attempt(lambda store: store.drafts.discard(*key))


def _older(store: Store, child: str, kind: str) -> bool:
    """Whether an older version kept a draft of this kind as one of words."""
    draft = draft_of(store, WORDS, child) if kind != WORDS else None
    return draft is not None and OLD_KIND.get(draft.fields.get("kind", "")) == kind
