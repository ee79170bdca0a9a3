"""The path of a file, typed with the help of what is there."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual.binding import Binding, BindingType

from screens.fields import LineField
from screens.intake_files import complete


class PathInput(LineField):
    """A path: tab completes it, esc goes back to the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "complete", show=False, priority=True),
        Binding("escape,down", "screen.to_list", show=False),
    ]

    base: Path = Path("/")

    def action_complete(self) -> None:
        """Lengthen what is typed as far as the names agree."""
        self.value = complete(self.value, self.base)
        self.cursor_position = len(self.value)
