"""What the central record sends to a caseload: rows, whose steps changed them, and what is to be given up."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from casework.canonical import defaults
from casework.edits import CREATED, Change
from storage.central.beside import in_column
from storage.central.state import SyncState
from storage.journal import Made

Parts = Mapping[str, Mapping[str, Any]]


class Share(NamedTuple):
    """What a record adds to the sum of its one scope: the bits of its facets, how many, and their sum."""

    scope: str
    bits: int
    facets: int
    total: bytes

    @property
    def in_column(self) -> bytes:
        """As the row of the record holds it."""
        return in_column(self.facets, self.total)


@dataclass(slots=True)
class Row:
    """A record as it was sent: its facets by key, the leading one first. Not frozen: thousands are made of a
    page, and that takes twice as long.

    `seq` is the newest step that changed it, `steps` those of fields that another one changed. Under "" is
    the one that made it; then every field that was changed since is named. Once it is weighed
    (storage.central.weighing) `values` are all its fields, and `share` is what it adds where it may be held
    whole; None where that takes more than the row. `made` is how it is written where it is not here yet, and
    one step made it as it is.
    """

    type: str
    id: str
    seq: int
    parts: Parts
    steps: Mapping[str, int] = field(default_factory=dict)
    values: dict[str, Any] | None = None
    share: Share | None = None
    made: Made | None = None

    def by_step(self, changes: Iterable[Change]) -> Iterator[tuple[int, Change]]:
        """Each change with the step that made it; of a new record what was changed later comes apart.

        A record is made before it is changed, whichever step a central record names for that.
        """
        if not self.steps:
            yield from ((self.seq, change) for change in changes)
            return
        first = min(self.steps.values()) if CREATED in self.steps else self.seq
        for change in changes:
            later = self.steps if change.field == CREATED and CREATED in self.steps else {}
            usual = defaults(self.type) if later else {}
            apart = [name for name in change.new if name in later and name in usual] if later else []
            if not apart:
                yield first if change.field == CREATED else self.steps.get(change.field, first), change
                continue
            made = {name: usual[name] if name in apart else value for name, value in change.new.items()}
            yield first, Change(self.type, self.id, CREATED, None, made)
            for name in apart:
                if change.new[name] != usual[name]:
                    yield self.steps[name], Change(self.type, self.id, name, usual[name], change.new[name])


@dataclass(frozen=True, slots=True)
class Told:
    """Whose step it was that changed records at a place of the central log."""

    id: str
    worker: str
    name: str
    at: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """One page: what may be held from now on, rows, what is given up, whose steps, and the state after it.

    `lacking` are, by record, fields of which a central record that was put back knows no value. `stood` says
    of steps that are said again, by their numbers, where they had stood: an epoch that ended, and a number.
    """

    masks: Mapping[str, int] = field(default_factory=dict)
    rows: Sequence[Row] = ()
    gone: Sequence[str] = ()
    steps: Mapping[int, Told] = field(default_factory=dict)
    state: SyncState | None = None
    lacking: Mapping[str, Collection[str]] = field(default_factory=dict)
    stood: Mapping[int, tuple[str, int]] = field(default_factory=dict)


@dataclass
class Received:
    """What a delivery did: records written and given up."""

    written: int = 0
    purged: int = 0
    waiting: bool = False
