"""Taking an import back, and doing it again: all of its files in one go."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING

from casework.errors import Refused
from casework.wording import count_of
from screens.base import OutreachScreen
from screens.older_steps import ask_before_older
from screens.step_back import redo_step, undo_step

if TYPE_CHECKING:
    from storage.store import Store


class ImportSteps(OutreachScreen):
    """The steps that this import made in the journal, and the verbs `undo` and `redo` on them."""

    def __init__(self) -> None:
        super().__init__()
        self._steps: frozenset[int] = frozenset()
        self._taken_back = 0

    @property
    @abstractmethod
    def is_working(self) -> bool:
        """Whether nothing may be taken back now."""

    @abstractmethod
    def look_again(self) -> None:
        """Nothing of the import stands any more."""

    def took(self, step: int) -> None:
        """A step of the journal is one of this import."""
        self._steps |= {step}
        self._taken_back = 0

    def forget_steps(self) -> None:
        """Another import begins."""
        self._steps = frozenset()

    async def do_undo(self) -> None:
        """Take back every step of this import; before one, the last step of any kind."""
        if self.is_working:
            return
        if self._steps:
            await self._take_back()
        else:
            await ask_before_older(self, self._take_back)

    async def _take_back(self) -> None:
        steps = self._steps

        def take_back(store: Store) -> list[str]:
            if not steps:
                return [undo_step(store).name]
            names = []
            while (newest := store.journal.undo_list(1)) and newest[0].seq in steps:
                names.append(undo_step(store).name)
            if not names:
                raise Refused(
                    "built-upon", "Later steps stand on this import; undo those first (u on their screens)."
                )
            return names

        names = await self.attempt(take_back)
        if names is None:
            return
        one = len(names) == 1
        told = f"Undone: {names[0]}" if one else f"Took back this import: {count_of(len(names), 'step')}"
        self.say(f"{told}. U does {'it' if one else 'all of it'} again.")
        if steps:
            self._steps, self._taken_back = frozenset(), len(names)
            self.look_again()

    async def do_redo(self) -> None:
        """Do the undone step again."""
        if self.is_working:
            return
        count = max(1, self._taken_back)
        done = await self.attempt(lambda store: [redo_step(store) for _ in range(count)])
        if done is not None:
            if self._taken_back:
                self._steps = frozenset(step.seq for step in done)
            self._taken_back = 0
            told = f"Done again: {done[0].name}" if len(done) == 1 else f"{len(done)} steps done again"
            self.say(f"{told}. u takes {'it' if len(done) == 1 else 'all of it'} back.")
