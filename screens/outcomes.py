"""The single keys of following up an absence, for any screen that says which children they act on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING

from casework.codes import CODES, CodeClass
from casework.errors import OutreachError
from casework.followups import follow_up, follow_up_all
from screens.base import OutreachScreen
from screens.dialogs import AskLine, Choice, Confirm, PickOne
from screens.widgets.text import Cell

if TYPE_CHECKING:
    from casework.edits import Edit
    from casework.records import FollowUpOutcome
    from storage.journal import Receipt
    from storage.store import Store

_ABSENCE = (CodeClass.AUTHORISED, CodeClass.UNAUTHORISED, CodeClass.NOT_POSSIBLE)

SAFEGUARDING_LINES: tuple[Cell, ...] = (
    "A child in danger now: call 999.",
    "Tell the designated safeguarding lead today, in person or by phone.",
    "Then write down the child's own words, and who you told and when.",
)


def reason_choices(on: date) -> list[Choice]:
    """The register codes that can explain an absence on a day, for the school to decide on."""
    return [
        Choice(code.code, code.meaning)
        for code in CODES
        if code.valid_on(on) and code.kind in _ABSENCE and code.code != "N"
    ]


class OutcomeVerbs(OutreachScreen):
    """Verbs `no-answer` to `closed`. Every one is one step of the journal, taken back by `u`."""

    def outcome_targets(self) -> Sequence[str]:
        """The children that a verb acts on."""
        raise NotImplementedError

    def outcome_day(self) -> date:
        """The day of the absence."""
        raise NotImplementedError

    async def outcome_done(self, receipt: Receipt) -> None:
        """What changed is shown."""
        raise NotImplementedError

    async def record(
        self, outcome: FollowUpOutcome, *, reason_code: str = "", note: str = "", alone: bool = False
    ) -> None:
        """Commit one step for the targets and say so."""
        targets, day = list(self.outcome_targets()), self.outcome_day()
        if not targets:
            return

        def work(store: Store) -> Receipt:
            by, at = store.actor.worker, store.now()
            edit: Edit
            if len(targets) == 1:
                edit = follow_up(
                    targets[0],
                    by=by,
                    at=at,
                    session_date=day,
                    outcome=outcome,
                    reason_code=reason_code,
                    note=note,
                    alone=alone,
                )
            else:
                edit = follow_up_all(targets, by=by, at=at, session_date=day, outcome=outcome)
            return store.journal.commit(edit)

        await self.commit(work)

    async def commit(self, work: Callable[[Store], Receipt]) -> None:
        """Run a step on the caseload, show what changed, and say it; a refusal is said in its sentence."""
        try:
            receipt = await self.ask(work)
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return
        self.say(f"{receipt.name}. u takes it back.")
        await self.outcome_done(receipt)

    async def do_no_answer(self) -> None:
        """Called, nobody answered."""
        await self.record("no-answer")

    async def do_left_message(self) -> None:
        """A message was left."""
        await self.record("left-message")

    async def do_wrong_number(self) -> None:
        """The number is not theirs."""
        await self.record("wrong-number")

    async def do_spoke(self) -> None:
        """Somebody was spoken to."""
        await self.record("spoke")

    async def do_visit_planned(self) -> None:
        """A home visit is planned."""
        await self.record("visit-planned")

    async def do_seen(self) -> None:
        """The child was seen."""
        await self.record("seen")

    async def do_not_seen(self) -> None:
        """Visited, the child was not seen."""
        await self.record("not-seen")

    def do_reason(self) -> None:
        """Pick the code to pass to the school."""

        def picked(code: str | None) -> None:
            if code:
                self.run_worker(self.record("reason", reason_code=code), group="step")

        choices = reason_choices(self.outcome_day())
        self.app.push_screen(PickOne("What reason was given? The school decides the code.", choices), picked)

    def do_safeguarding(self) -> None:
        """Ask first; then record that the safeguarding lead was told."""

        def answered(yes: bool | None) -> None:
            if yes:
                self.run_worker(self.record("safeguarding"), group="step")

        question = "Record that you told the safeguarding lead of a concern?"
        self.app.push_screen(Confirm(question, SAFEGUARDING_LINES), answered)

    def do_closed(self) -> None:
        """Close the follow-up with a reason."""

        def given(reason: str | None) -> None:
            if reason:
                self.run_worker(self.record("closed", note=reason), group="step")
            elif reason is not None:
                self.say("A follow-up is closed with a reason; nothing was recorded.", wrong=True)

        self.app.push_screen(AskLine("Why is it closed?"), given)

    async def do_undo(self) -> None:
        """Take back the last step."""
        await self._take_back(lambda store: store.journal.undo(), "U does it again.")

    async def do_redo(self) -> None:
        """Do the undone step again."""
        await self._take_back(lambda store: store.journal.redo(), "u takes it back.")

    async def _take_back(self, work: Callable[[Store], Receipt], then: str) -> None:
        try:
            receipt = await self.ask(work)
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return
        self.say(f"{receipt.name}. {then}")
        await self.outcome_done(receipt)
