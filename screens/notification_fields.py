"""What both halves of the form of a notification stand on: its fields, and what is held in them."""

from __future__ import annotations

from abc import abstractmethod
from datetime import date

from textual.widget import Widget
from textual.widgets import Input, TextArea

from casework.text import clean
from screens.kept_form import KeptForm


class NotificationFields(KeptForm):
    """The fields by their names. `_about` is the notification that something came for, "" for a new one."""

    def __init__(self, notification: str = "") -> None:
        super().__init__()
        self._about = notification
        self._child = ""
        """The child on record whom it is about, once one was taken."""
        self._label = ""
        self._elsewhere = ""
        """That the child is on the roll of another school than the one that was typed."""
        self._born: date | None = None
        """When that child was born."""
        self._hidden: frozenset[str] = frozenset()
        """Parts that the worker may not see; they are neither shown nor changed."""

    @abstractmethod
    def _lint(self) -> None:
        """Say below what is missing, and what is odd."""

    def _put(self, field: Widget, value: str) -> None:
        """Put a value in that nobody typed."""
        with field.prevent(Input.Changed, TextArea.Changed):
            if isinstance(field, TextArea):
                field.text = clean(value, limit=100_000, newlines=True)
                field.move_cursor(field.document.end)
            elif isinstance(field, Input):
                field.value = clean(value)

    def _value(self, name: str) -> str:
        for field in self.query(f"#{name}"):
            return (
                field.text if isinstance(field, TextArea) else field.value if isinstance(field, Input) else ""
            )
        return ""
