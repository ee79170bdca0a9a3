"""Taking the newest step back and doing it again, on any screen that shows what was written."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.wording import count_of
from screens.base import OutreachScreen
from screens.dialogs import Confirm
from screens.older_steps import ask_before_older
from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.steps import ImportedStep, imported_by_step, told_name

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.store import Store

_NAME = 60


@dataclass(frozen=True, slots=True)
class Stepped:
    """A step was taken back or done again: the receipt, the step whose children it concerns, and its name.

    The name is told, in as many words as a line holds, where this worker made the step just now or may see
    what it changed.
    """

    receipt: Receipt
    seq: int
    name: str


StepBack = Callable[["Store"], Stepped]
"""Takes a step back or does it again."""


def _stepped(store: Store, receipt: Receipt, seq: int, *, known: bool) -> Stepped:
    name = receipt.name if known else told_name(store, receipt.seq, receipt.name)
    return Stepped(receipt, seq, short(name.removeprefix("Undo: ").removeprefix("Redo: "), _NAME))


def undo_step(store: Store) -> Stepped:
    """Take back this worker's newest step. Raises Refused when there is none."""
    target = newest_step(store)
    # What was made in this run was named when it was made: that is no secret a moment later.
    known = target is not None and store.journal.made_here(target)
    receipt = store.journal.undo()
    return _stepped(store, receipt, receipt.seq if target is None else target, known=known)


def newest_step(store: Store) -> int | None:
    """The step that undo would take back now."""
    return next((step.seq for step in store.journal.undo_list(1)), None)


def undone_import(store: Store) -> ImportedStep | None:
    """The import that undo would take back now, else None."""
    target = next(iter(store.journal.undo_list(1)), None)
    return imported_by_step(store, target.seq, told_name(store, target.seq, target.name)) if target else None


def redo_step(store: Store) -> Stepped:
    """Do the step undone last again. Raises Refused when there is none."""
    receipt = store.journal.redo()
    return _stepped(store, receipt, receipt.seq, known=False)


class StepScreen(OutreachScreen):
    """A screen with the verbs `undo` and `redo`."""

    @abstractmethod
    async def renew(self) -> None:
        """Read again and show."""

    async def step_back(self, work: StepBack, word: str) -> None:
        """Take a step back or do it again, show how things are then and say `word` with the step's name."""
        step = await self.attempt(work)
        if step is not None:
            await self.renew()
            self.say(f"{word}: {step.name}.")

    async def do_undo(self) -> None:
        """Take back the newest step and say which; an import or an older step only after a question."""

        async def undo() -> None:
            await self.step_back(undo_step, "Undone")

        taken = await self.attempt(undone_import)
        if taken is None:
            await ask_before_older(self, undo)
            return

        async def answered(yes: bool | None) -> None:
            if yes:
                await undo()

        question = f"Take this back? {short(taken.name, 60)}"
        lines: list[Cell] = [
            *([_taken(taken)] if taken.marks else []),
            *([f"  {_children(taken.new)} came in with it."] if taken.new else []),
            Piece("U brings it all in again.", Tone.QUIET),
        ]
        await self.question(Confirm(question, lines), answered)

    async def do_redo(self) -> None:
        """Do the undone step again."""
        await self.step_back(redo_step, "Done again")


def _children(number: int) -> str:
    return count_of(number, "child", "children")


def _taken(step: ImportedStep) -> str:
    return f"  It takes back {count_of(step.marks, 'mark')} of {_children(step.children)}."
