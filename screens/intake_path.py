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

    def validate_value(self, value: str) -> str:
        """A path that is typed whole, from `/` or `~`, takes the place of the folder that stood there."""
        value = super().validate_value(value)
        start = f"{self.base}/".replace("//", "/")
        rest = value.removeprefix(start)
        return rest if rest != value and rest.startswith(("/", "~")) else value

    @property
    def typed_name(self) -> str:
        """What stands after the folder that is shown; "" when another folder is being typed."""
        rest = self.value.removeprefix(f"{self.base}/".replace("//", "/"))
        return "" if rest == self.value or "/" in rest else rest

    def action_complete(self) -> None:
        """Lengthen what is typed as far as the names agree."""
        self.value = complete(self.value, self.base)
        self.cursor_position = len(self.value)
