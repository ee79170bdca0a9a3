"""Following up an absence with single keys: outcomes, a reason, closing, each one step that `u` takes back.

One mechanism for the lists and for a child's page: a screen says which children its keys act on, commits
the edit that is made here, and shows what it changed.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, ClassVar

from textual import events

from casework.edits import Edit, bundle
from casework.followups import follow_up
from casework.records import Child
from casework.records_attendance import TOLD_SOCIAL_WORKER
from casework.triage import OPEN_OUTCOMES
from casework.wording import OUTCOME_LABELS, count_of
from screens.base import CALM_SECONDS
from screens.dialogs import MANY, Confirm, ConfirmMany
from screens.held_keys import KeyWatch, Press
from screens.step_back import StepScreen, newest_step, undo_step
from screens.verbs import BY_ID
from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece, Tone
from storage.following_up import message_to_social_worker, require_register
from storage.queries.steps import acted_on

if TYPE_CHECKING:
    from casework.records_attendance import FollowUpOutcome
    from storage.journal import Receipt
    from storage.store import Store

FOLLOW_UP = "Follow-up"
"""The group of the verbs that log an outcome."""
_NAMES_SHOWN = 40

SAFEGUARDING: Sequence[Cell] = (
    "If a child is in danger now: 999.",
    "1 Tell the school's designated safeguarding lead, by voice, now.",
    "2 Nobody there? Their deputy, then the council's front door.",
    "3 Has a social worker? Tell them too.",
    "4 Write what you saw and heard, in the words that were said.",
    "Do not wait for agreement, and do not put questions to the child.",
    "",
)


DraftKey = tuple[str, str]
"""The form and the subject of a draft that ends with a step."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A child (its id and name) and the day of the absence; `tried` steps stand for that day already."""

    child: str
    name: str
    day: date
    tried: int = 0


@dataclass(frozen=True, slots=True)
class Given:
    """What the form of a follow-up was closed with."""

    words: str
    code: str = ""
    draft: DraftKey | None = None


Make = Callable[["Store"], tuple[Edit, DraftKey | None]]
"""Makes an edit on the caseload's thread, with the draft that it ends."""


def _children(number: int) -> str:
    return count_of(number, "child", "children")


def bulk_lines(names: Sequence[str]) -> list[Cell]:
    """The names that a bulk verb would act on."""
    lines: list[Cell] = [Piece(f"  {short(name, 50)}") for name in names[:_NAMES_SHOWN]]
    if len(names) > _NAMES_SHOWN:
        lines.append(Piece(f"  and {len(names) - _NAMES_SHOWN} more", Tone.QUIET))
    return lines


def confirm_for(number: int, question: str, lines: Sequence[Cell]) -> Confirm | ConfirmMany:
    """The question before a step for several rows: above `MANY` of them it takes their number."""
    return ConfirmMany(question, lines, number) if number > MANY else Confirm(question, lines)


class FollowUpScreen(StepScreen):
    """A screen whose children are followed up with the verbs `no-answer` to `closed`."""

    WORDS_KEY: ClassVar[str] = "t"

    def __init__(self) -> None:
        super().__init__()
        self._watch = KeyWatch()
        self._press = Press.FRESH
        """What the key is that asks for a verb now."""
        self._logged_as: int | None = None
        """The step that the last outcome key logged."""

    # What a screen says and does

    @abstractmethod
    def subjects(self) -> list[Subject]:
        """The children that a verb acts on."""

    @abstractmethod
    def subjects_of(self, children: Sequence[str]) -> list[Subject]:
        """Those of these children that the screen shows."""

    @abstractmethod
    async def write(self, make: Make) -> Receipt | None:
        """Commit an edit; a refusal is said, and gives None."""

    @abstractmethod
    async def step_logged(self, subjects: Sequence[Subject]) -> None:
        """Show what the step just committed has changed."""

    def with_round(self, said: str) -> str:
        """What is said of a step, with how the round stands."""
        return said

    def brakes(self, one: Subject, outcome: FollowUpOutcome) -> bool:
        """Whether an outcome is not logged, since only a key that is held down asked for it; says so."""
        del one, outcome
        return False

    # A key held down

    def on_key(self, event: events.Key) -> None:
        """Tell a press from the repeats of a key that is held down."""
        self._press = self._watch.press(event.key, self.shell.typed(event.time))

    def on_screen_suspend(self) -> None:
        """What was pressed before a dialog says nothing about what comes after it."""
        self._watch.forget()
        self._press = Press.FRESH

    async def _stop_repeat(self, press: Press) -> None:
        """Log nothing for a held key; what its first repeat logged, not yet known as one, is taken back."""
        step, self._logged_as = self._logged_as, None
        said = f"{self._watch.key} is held down, so it counts once. Let go, then press it again."
        if press is Press.UNMASKED and step is not None and await self.attempt(newest_step) == step:
            await self.step_back(undo_step, "Undone")
        self.say(said)

    # Outcomes

    def said_name(self, name: str) -> str:
        """A name that leaves room for the rest of a sentence."""
        return short(name, max(16, self.size.width - 56))

    def said_names(self, subjects: Sequence[Subject]) -> str:
        """The one child by name, several by their number."""
        return self.said_name(subjects[0].name if len(subjects) == 1 else f"{len(subjects)} children")

    async def outcome(self, outcome: FollowUpOutcome) -> None:
        """Log an outcome for one child, or for several after a question; once for a key that is held down."""
        press, self._press = self._press, Press.FRESH
        if press is not Press.FRESH:
            await self._stop_repeat(press)
            return
        self._logged_as = None
        subjects = self.subjects()
        if not subjects:
            self.say("No child is listed here, so nothing was logged.")
        elif len(subjects) == 1:
            if not self.brakes(subjects[0], outcome):
                await self.log_step(subjects, outcome)
        else:
            await self._log_for_several(subjects, outcome)

    async def _log_for_several(self, subjects: Sequence[Subject], outcome: FollowUpOutcome) -> None:
        """Ask with the names; who is acted on already gets no try that nobody made for them."""
        left_out = 0
        if outcome in OPEN_OUTCOMES:
            asked = [(one.child, one.day) for one in subjects]
            done = await self.attempt(lambda store: acted_on(store, asked))
            if done is None:
                return
            left_out = len(done)
            subjects = [one for one in subjects if (one.child, one.day) not in done]
        if not subjects:
            self.say(f"All {left_out:,} are acted on already, so nothing was logged.")
            return
        words = OUTCOME_LABELS[outcome]
        aside = f"{left_out:,} acted on already: left out" if left_out else ""

        async def answered(yes: bool | None) -> None:
            if yes:
                await self.log_step(subjects, outcome, aside=aside)

        question = f"{words.capitalize()}: log it for {_children(len(subjects))}?"
        lines = bulk_lines([one.name for one in subjects])
        lines += [Piece(f"  {aside}.", Tone.QUIET)] if aside else []
        await self.question(confirm_for(len(subjects), question, lines), answered)

    async def log_step(
        self,
        subjects: Sequence[Subject],
        outcome: FollowUpOutcome,
        given: Given | None = None,
        *,
        aside: str = "",
    ) -> None:
        """Commit one step for these children, show it and say it, with what was left aside."""
        given = given or Given("")

        def make(store: Store) -> tuple[Edit, DraftKey | None]:
            require_register(store, [one.child for one in subjects])
            steps = [
                follow_up(
                    one.child,
                    by=store.actor.worker,
                    at=store.moment(),
                    session_date=one.day,
                    outcome=outcome,
                    reason_code=given.code,
                    note=given.words,
                )
                for one in subjects
            ]
            if len(steps) == 1:
                return steps[0], given.draft
            name = f"Follow-up of {len(steps)} children: {OUTCOME_LABELS[outcome]}"
            return bundle(name, steps), given.draft

        receipt = await self.write(make)
        if receipt is not None:
            self._logged_as = receipt.seq
            said = self._logged(subjects, outcome, given)
            await self.step_logged(subjects)
            self.say(self.with_round(f"{said} {aside}." if aside else said))

    def _logged(self, subjects: Sequence[Subject], outcome: FollowUpOutcome, given: Given) -> str:
        words = OUTCOME_LABELS[outcome] + (f" {given.code}" if given.code else "")
        if len(subjects) > 1:
            return f"{len(subjects)} children: {words}. u undoes all of them."
        one = subjects[0]
        tries = f" ({one.tried + 1} tries)" if one.tried else ""
        more = "" if given.words else f", {self.WORDS_KEY} adds words"
        return f"{self.said_name(one.name)}: {words}{tries}. u undoes{more}."

    def is_calm(self) -> bool:
        """Whether no outcome key counts yet after a lock; each such key is told so and waited after."""
        now = self.shell.steady()
        if now >= self.shell.calm_until:
            return False
        self.shell.calm_until = now + CALM_SECONDS
        self.say("Just unlocked, so nothing was logged: wait a moment, then press the key again.")
        return True

    async def action_verb(self, verb_id: str) -> None:
        """Run a verb, but for a moment after a lock none that is about a child's follow-up."""
        if BY_ID[verb_id].group == FOLLOW_UP and not self._asking and self.is_calm():
            return
        await super().action_verb(verb_id)

    async def do_no_answer(self) -> None:
        """Called, nobody answered."""
        await self.outcome("no-answer")

    async def do_left_message(self) -> None:
        """Left a message."""
        await self.outcome("left-message")

    async def do_wrong_number(self) -> None:
        """The number is not theirs."""
        await self.outcome("wrong-number")

    async def do_spoke(self) -> None:
        """Spoke to somebody."""
        await self.outcome("spoke")

    async def do_visit_planned(self) -> None:
        """A home visit is planned."""
        await self.outcome("visit-planned")

    async def do_seen(self) -> None:
        """The child was seen."""
        await self.outcome("seen")

    async def do_not_seen(self) -> None:
        """Visited, the child was not seen."""
        await self.outcome("not-seen")

    async def do_safeguarding(self) -> None:
        """Say what to do now; `y` logs that the safeguarding lead was told."""
        subjects = self.subjects()
        if len(subjects) != 1:
            self.say("Safeguarding is one child at a time: unmark with esc first.", wrong=True)
            return

        async def answered(yes: bool | None) -> None:
            if yes:
                await self.log_step(subjects, "safeguarding")

        question = f"Safeguarding: {self.said_name(subjects[0].name)}. Do this now:"
        then = f"y logs: safeguarding lead told. {self.WORDS_KEY} then takes your words."
        await self.question(Confirm(question, (*SAFEGUARDING, Piece(then, Tone.QUIET))), answered)

    def to_tell_of(self) -> list[Subject]:
        """The children whose social worker would be told."""
        return self.subjects()

    async def do_told_social_worker(self) -> None:
        """Log that the social worker was told, and show the words to send."""
        press, self._press = self._press, Press.FRESH
        if press is not Press.FRESH:
            await self._stop_repeat(press)
            return
        self._logged_as = None
        subjects = self.to_tell_of()
        if len(subjects) != 1:
            self.say("A social worker is told of one child at a time: unmark with esc first.", wrong=True)
            return
        one, words = subjects[0], ""

        def make(store: Store) -> tuple[Edit, DraftKey | None]:
            nonlocal words
            words = message_to_social_worker(store, store.get(Child, one.child), one.day)
            edit = follow_up(
                one.child,
                by=store.actor.worker,
                at=store.moment(),
                session_date=one.day,
                outcome=TOLD_SOCIAL_WORKER,
                note=words,
            )
            return edit, None

        receipt = await self.write(make)
        if receipt is None:
            return
        from screens.reader import TextScreen

        await self.step_logged(subjects)
        self.say(self.with_round(f"{self.said_name(one.name)}: social worker told. u undoes."))
        self.said_of_next = True
        text = f"{words}\n\nIt is logged that you told them; these words are its note. u takes it back."
        title = f"For the social worker of {self.said_name(one.name)}"
        self.app.push_screen(TextScreen(title, text, one.child))

    # Agreement and plan

    def do_consent(self) -> None:
        """What this child's family agreed to, and what may be shared."""
        subjects = self.subjects()
        if len(subjects) != 1:
            self.say("Agreement is one child at a time: unmark with esc first.", wrong=True)
            return
        from screens.consent import ConsentScreen

        self.app.push_screen(ConsentScreen(subjects[0].child))

    def do_plan(self) -> None:
        """This child's plan."""
        subjects = self.subjects()
        if len(subjects) != 1:
            self.say("A plan is one child at a time: unmark with esc first.", wrong=True)
            return
        from screens.plan import PlanScreen

        self.app.push_screen(PlanScreen(subjects[0].child))

    # The case

    def do_case(self) -> None:
        """Each time of working with this child."""
        subjects = self.subjects()
        if len(subjects) != 1:
            self.say("A case is of one child: unmark with esc first.", wrong=True)
            return
        from screens.case import CaseScreen

        self.app.push_screen(CaseScreen(subjects[0].child))
