"""Windows too small to work in: one sentence instead, and no verb, so that nobody answers what is unseen."""

from __future__ import annotations

from textual.geometry import Size
from textual.widgets import Static

from screens.widgets.text import show

LEAST_WIDTH, LEAST_HEIGHT = 40, 8


def is_too_small(size: Size) -> bool:
    """Whether a list or a question cannot be read in a window of this size."""
    return size.width < LEAST_WIDTH or size.height < LEAST_HEIGHT


class SmallSign(Static):
    """The sentence; shown while its screen has the class `-small`, when all else is hidden."""

    DEFAULT_CSS = """
    SmallSign { display: none; padding: 0 1; width: 100%; height: auto; }
    """

    def __init__(self) -> None:
        words = f"This window is too small: at least {LEAST_WIDTH} by {LEAST_HEIGHT}."
        super().__init__(show(words), id="small", markup=False)
