"""Taking the newest step back and doing it again, on any screen that shows what was written."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from typing import TYPE_CHECKING

from casework.wording import count_of
from screens.base import OutreachScreen
from screens.dialogs import Confirm
from screens.older_steps import ask_before_older
from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.steps import ImportedStep, imported_by_step

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.store import Store

StepBack = Callable[["Store"], tuple["Receipt", int]]
"""Takes a step back or does it again: the receipt, and the step whose children it concerns."""


def undo_step(store: Store) -> tuple[Receipt, int]:
    """Take back this worker's newest step. Raises Refused when there is none."""
    target = next(iter(store.journal.undo_list(1)), None)
    receipt = store.journal.undo()
    return receipt, target.seq if target else receipt.seq


def newest_step(store: Store) -> int | None:
    """The step that undo would take back now."""
    return next((step.seq for step in store.journal.undo_list(1)), None)


def undone_import(store: Store) -> ImportedStep | None:
    """The import that undo would take back now, else None."""
    target = next(iter(store.journal.undo_list(1)), None)
    return imported_by_step(store, target.seq, target.name) if target else None


def redo_step(store: Store) -> tuple[Receipt, int]:
    """Do the step undone last again. Raises Refused when there is none."""
    receipt = store.journal.redo()
    return receipt, receipt.seq


class StepScreen(OutreachScreen):
    """A screen with the verbs `undo` and `redo`."""

    @abstractmethod
    async def step_back(self, work: StepBack, word: str) -> None:
        """Take a step back or do it again, show it and say `word`."""

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
