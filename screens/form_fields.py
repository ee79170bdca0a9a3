"""What a long form is made of: its fields, the question before it is kept, and the record that it becomes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar

from pydantic import ValidationError

from casework.errors import BadInput, misfit
from casework.ids import new_id
from casework.records import Record
from screens.widgets.text import Cell

R = TypeVar("R", bound=Record)

LINE = 300
"""Characters that a one-line value of a record holds."""

HINTS = {
    "line": "",
    "day": "a date as you say it: fri, 12 dec, +6w",
    "page": "",
    "one": "letters, left or right change it, delete empties it",
    "many": "letters, left or right move, space takes one in or out",
    "told": "",
}


@dataclass(frozen=True, slots=True)
class FormField:
    """One field: its name, its label, what it takes and what is said while keys go to it.

    `kind` is a line, a page of text, a day, one or many of `choices`, or `told`, which takes nothing and
    shows its hint; `whole` offers all choices at once; `past` reads a day without its year, or a weekday, as
    the last one; `since` as the coming one, counted from the day of the field that it names ("" for today);
    `empty` stands where nothing is said. `cut` is the most cells of a label, or of each line that is told,
    that holds words of a record: it is shown without a protected address, and is cut after that.
    """

    name: str
    label: str
    kind: Literal["line", "page", "day", "one", "many", "told"] = "line"
    choices: Mapping[str, str] = field(default_factory=dict)
    hint: str = ""
    whole: bool = False
    past: bool = False
    since: str | None = None
    empty: str = "none"
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked before the form is kept."""

    words: str
    details: Sequence[Cell] = ()


def made_record(cls: type[R], values: Mapping[str, Any]) -> R:
    """The new record. Raises BadInput naming the field that does not fit."""
    try:
        return cls.model_validate({"id": new_id(), **values})
    except ValidationError as error:
        where, why = misfit(error)
        label = cls.model_fields[where].metadata[-1].label if cls.model_fields[where].metadata else where
        raise BadInput("bad-value", f"The field “{label}” {why}", where) from None
