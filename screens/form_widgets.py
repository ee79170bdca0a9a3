"""The widgets of a long form's fields: which one takes each kind, and the text that it holds."""

from __future__ import annotations

from collections.abc import Iterator

from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from casework.text import clean
from screens.areas import PageField
from screens.choosers import ManyOf, OneOf
from screens.fields import LineField
from screens.form_fields import LINE, FormField

_PAGE = 100_000
"""Characters that a page of text is filled with."""


def widgets_of(spec: FormField) -> Iterator[Widget]:
    """What takes the field, named as the field is; behind a day what it was understood as."""
    if spec.kind == "one":
        yield OneOf(spec.choices, id=spec.name)
    elif spec.kind == "many":
        yield ManyOf(spec.choices, id=spec.name, whole=spec.whole, empty=spec.empty)
    elif spec.kind == "told":
        yield Static(id=spec.name, classes="told", markup=False)
    elif spec.kind == "page":
        yield PageField(id=spec.name, tab_behavior="focus")
    else:
        classes = "day" if spec.kind == "day" else None
        yield LineField(id=spec.name, max_length=LINE, classes=classes)
        if spec.kind == "day":
            yield Static(classes="echo", id=f"echo-{spec.name}", markup=False)


def fill(widget: Widget, value: str) -> None:
    """Put a text into a field, with several words parted by commas; what only tells takes none."""
    if isinstance(widget, OneOf):
        widget.set_value(value)
    elif isinstance(widget, ManyOf):
        widget.set_values(value.split(","))
    elif isinstance(widget, TextArea):
        widget.text = clean(value, limit=_PAGE, newlines=True)
    elif isinstance(widget, Input):
        widget.value = clean(value, limit=LINE)


def text_in(widget: Widget) -> str:
    """What a field holds, as `fill` takes it."""
    if isinstance(widget, OneOf):
        return widget.value
    if isinstance(widget, ManyOf):
        return ",".join(widget.values)
    if isinstance(widget, TextArea):
        return widget.text
    return widget.value if isinstance(widget, Input) else ""
