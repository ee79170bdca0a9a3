"""Where a laptop stands beside the central record: what moved since it read, and the sum of what it may hold.

The sum of thousands of rows is kept in memory for as long as all that it follows from is as it was, and so
is the sum of each scope, for whoever may hold the same of it. Whether it is, is read from the database each
time, in the transaction of the question; so several processes on one database need not tell each other of
anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b

from pydantic_core import to_json
from sqlalchemy import Connection, bindparam, select

from casework.canonical import Digest, sum_of
from sync.hub import tables
from sync.hub.counting import SHAPE

_held, _head, _meta = tables.entitlement, tables.head, tables.meta
_SCOPES = (
    select(_held.c.scope, _held.c.mask, _held.c.sent, _head.c.seq)
    .outerjoin(_head, _head.c.scope == _held.c.scope)
    .where(_held.c.device == bindparam("device"))
    .order_by(_held.c.scope)
)
_COUNTED_BY = select(_meta.c.name, _meta.c.value).where(_meta.c.name.in_(("epoch", SHAPE)))
_MOST_SCOPES = 5_000
"""Sums of scopes that are kept, at some 350 bytes each."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`newest` is the number that last touched anything of the laptop's; `owed` says that some scope is to be
    sent anew, narrower or wider; `mark` stands for all that the sum of what it should hold follows from:
    `counted_by`, and of each of `scopes` the laptop's bits and the newest number.
    """

    newest: int
    owed: bool
    mark: bytes
    counted_by: str
    scopes: Sequence[tuple[str, int, int]]


def standing(connection: Connection, device: str) -> Standing:
    """Where a laptop stands.

    A scope's sums change with its newest number, what counts of it with the laptop's bits, and all of it
    where a backup is put back or another version counts.
    """
    rows = connection.execute(_SCOPES, {"device": device}).all()
    by = sorted((name, value) for name, value in connection.execute(_COUNTED_BY))
    found = [(scope, mask, seq or 0) for scope, mask, _, seq in rows if mask]
    told = to_json((by, [(scope, str(mask), seq) for scope, mask, seq in found]))
    return Standing(
        newest=max((seq for _, _, seq in found), default=0),
        owed=any(mask != sent for _, mask, sent, _ in rows),
        mark=blake2b(told, digest_size=16).digest(),
        counted_by=to_json(by).decode(),
        scopes=found,
    )


class Sums:
    """The sums of what laptops should hold, each with the mark under which it was counted, and of scopes."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, Digest]] = {}
        self._scopes: dict[tuple[str, int], tuple[str, int, Digest]] = {}

    def of(
        self, device: str, stands: Standing, count: Callable[[Sequence[str]], Mapping[str, Digest]]
    ) -> Digest:
        """The sum that is kept under the mark, else that of its scopes, of which `count` finds those that
        changed.
        """
        kept = self._kept.get(device)
        if kept is None or kept[0] != stands.mark:
            kept = self._kept[device] = (stands.mark, self._summed(stands, count))
        return kept[1]

    def _summed(self, stands: Standing, count: Callable[[Sequence[str]], Mapping[str, Digest]]) -> Digest:
        sums: dict[str, Digest] = {}
        changed: list[tuple[str, int, int]] = []
        for entry in stands.scopes:
            scope, mask, seq = entry
            kept = self._scopes.get((scope, mask))
            if kept is not None and kept[:2] == (stands.counted_by, seq):
                sums[scope] = kept[2]
            else:
                changed.append(entry)
        found = count([scope for scope, _, _ in changed]) if changed else {}
        if len(self._scopes) + len(changed) > _MOST_SCOPES:
            self._scopes = {}
        for scope, mask, seq in changed:
            sums[scope] = found.get(scope, Digest())
            if len(self._scopes) < _MOST_SCOPES:
                self._scopes[scope, mask] = stands.counted_by, seq, sums[scope]
        return sum_of(sums.values())
