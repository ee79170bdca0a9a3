"""What was weighed in a conflict, as lines of a history: both values, whose, when, and what was chosen.

A laptop that a conflict reaches holds both values in it, but a history of its own steps and of what came
would tell of one alone: what stands comes, what does not stand never does. What comes is written beside what
this laptop held before it; who wrote it may never have seen that: the conflict knows what they began with.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casework.conflicts import disagreement, field_label
from casework.records import Child, Record
from casework.records_sync import Conflict
from storage.queries.conflicts_settled import settler_of
from storage.queries.named import NO_COLLEAGUE, colleagues
from storage.queries.sight import Sight

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class Written:
    """A line of history as the journal has it: the place and the id of its step, whose, when, the new value.

    `came` tells that it is a step of another laptop, written beside what this one held.
    """

    seq: int
    edit: str
    worker: str
    at: str
    field: str
    new: Any
    came: bool


@dataclass(frozen=True, slots=True)
class Weighed:
    """A line that the journal does not have. `old` and `new` are JSON values; `edit` is "" if unknown."""

    conflict: str
    edit: str
    at: str
    by: str
    step: str
    field: str
    old: Any
    new: Any


@dataclass(frozen=True, slots=True)
class WeighedIn:
    """What the conflicts of a record add to its history, and what lines that came began with in truth."""

    lines: Sequence[Weighed] = ()
    begun_with: dict[tuple[int, str], Any] | None = None

    def base(self, seq: int, field: str, old: Any) -> Any:
        """What the author of a line began with; `old`, what this laptop held, where no conflict tells."""
        return (self.begun_with or {}).get((seq, field), old)


def weighed_in(
    store: Store,
    record: Record,
    child: Child | None,
    sight: Sight,
    journal: Sequence[Written],
    field: str = "",
) -> WeighedIn:
    """What the conflicts about a record, or one field of it, tell that its journal does not.

    A conflict that the worker may not see adds nothing.
    """
    found = store.find(Conflict, "record = ?", (record.id,))
    told = {disagreement(one): one for one in found if not field or one.field == field}
    lines: list[Weighed] = []
    begun: dict[tuple[int, str], Any] = {}
    for one in sorted(told.values(), key=lambda one: (one.other_at, one.id)):
        if sight.is_there(one, child) and sight.field(one, "other", child):
            lines += _lines(store, one, journal, begun)
    return WeighedIn(sorted(lines, key=lambda line: line.at), begun)


def _lines(
    store: Store, one: Conflict, journal: Sequence[Written], begun: dict[tuple[int, str], Any]
) -> Iterator[Weighed]:
    base, central, other = (json.loads(text) for text in (one.base, one.central, one.other))
    chosen = json.loads(one.chosen) if one.settled and one.chosen else None
    label = field_label(one.record_type, one.field)
    names = colleagues(store)
    sides = (
        (central, one.central_by, one.central_at, one.central_edit),
        (other, one.other_by, one.other_at, one.other_edit),
    )
    decided = one.settled and chosen in (central, other)
    for value, by, at, edit in sides:
        line = _written(journal, one.field, value, by, at, edit)
        if line is not None:
            if line.came:
                begun[line.seq, one.field] = base
            continue
        state = "In conflict" if not decided else "Chosen" if value == chosen else "Not chosen"
        yield Weighed(
            one.id, edit, at, names.get(by, NO_COLLEAGUE), f"{state}: {label}", one.field, base, value
        )
    by, at = settler_of(store, one)
    if one.settled and at and not any(line.field == one.field and line.at == at for line in journal):
        name, left = f"Settle a conflict: {label}", other if chosen == central else central
        yield Weighed(one.id, "", at, names.get(by, NO_COLLEAGUE), name, one.field, left, chosen)


def _written(
    journal: Sequence[Written], field: str, value: Any, by: str, at: str, edit: str
) -> Written | None:
    """The line of the journal by which somebody said this value; None where it has none."""
    said = [line for line in journal if line.field == field and line.new == value]
    same = [line for line in said if (edit and line.edit == edit) or (line.worker, line.at) == (by, at)]
    return next(iter(same), None)


def placed(times: Sequence[str], at: str) -> int:
    """Where a line of `at` belongs among lines in the order in which they came to this laptop."""
    return next((place for place, time in enumerate(times) if time > at), len(times))
