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
from sync.hub.counting import SHAPE, STAMPS

_held, _head, _meta = tables.entitlement, tables.head, tables.meta
_SCOPES = (
    select(_held.c.scope, _held.c.mask, _held.c.sent, _head.c.seq)
    .outerjoin(_head, _head.c.scope == _held.c.scope)
    .where(_held.c.device == bindparam("device"))
    .order_by(_held.c.scope)
)
_COUNTED_BY = ("epoch", SHAPE)
_META = select(_meta.c.name, _meta.c.value).where(_meta.c.name.in_((*_COUNTED_BY, "head", STAMPS)))
_MOST_SCOPES = 5_000
"""Sums of scopes that are kept, at some 350 bytes each."""


@dataclass(frozen=True, slots=True)
class Standing:
    """`newest` is the number that last touched anything of the laptop's; `owed` says that some scope is to be
    sent anew, narrower or wider; `mark` stands for all that the sum of what it should hold follows from:
    `counted_by`, and of each of `scopes` the laptop's bits and the newest number. `at` is how far the log
    goes, and the `stamps` of the last transactions that took steps, the newest one last.
    """

    newest: int
    owed: bool
    mark: bytes
    counted_by: str
    scopes: Sequence[tuple[str, int, int]]
    at: int
    stamps: Sequence[str]


def standing(connection: Connection, device: str) -> Standing:
    """Where a laptop stands.

    A scope's sums change with its newest number, what counts of it with the laptop's bits, and all of it
    where a backup is put back or another version counts.
    """
    rows = connection.execute(_SCOPES, {"device": device}).all()
    held = dict(connection.execute(_META).all())
    by = sorted((name, held[name]) for name in _COUNTED_BY if name in held)
    found = [(scope, mask, seq or 0) for scope, mask, _, seq in rows if mask]
    told = to_json((by, [(scope, str(mask), seq) for scope, mask, seq in found]))
    return Standing(
        newest=max((seq for _, _, seq in found), default=0),
        owed=any(mask != sent for _, mask, sent, _ in rows),
        mark=blake2b(told, digest_size=16).digest(),
        counted_by=to_json(by).decode(),
        scopes=found,
        at=int(held["head"]),
        stamps=held.get(STAMPS, "").split() or [""],
    )


class _Kept:
    """What is kept of one log; `at` is where that was last looked at: a number, and the newest stamp."""

    def __init__(self, at: tuple[int, str]) -> None:
        self.at = at
        self.laptops: dict[str, tuple[bytes, Digest]] = {}
        self.scopes: dict[tuple[str, int], tuple[str, int, Digest]] = {}


class Sums:
    """The sums of what laptops should hold, each with the mark under which it was counted, and of scopes."""

    def __init__(self) -> None:
        self._kept = _Kept((0, ""))

    def of(
        self, device: str, stands: Standing, count: Callable[[Sequence[str]], Mapping[str, Digest]]
    ) -> Digest:
        """The sum that is kept under the mark, else that of its scopes, of which `count` finds those that
        changed.
        """
        kept = self._of_this_log(stands)
        found = kept.laptops.get(device)
        if found is None or found[0] != stands.mark:
            found = kept.laptops[device] = (stands.mark, _summed(kept.scopes, stands, count))
        return found[1]

    def _of_this_log(self, stands: Standing) -> _Kept:
        """What is kept, where this log goes on from where it was last looked at.

        A central record that was set back without a word gives its numbers again, so that they alone do not
        tell what changed, and where the same steps come again, the chain does not either: they need not have
        the same effect. Of a log that ends before that place nothing is known, and nothing is kept: this
        transaction may only be an older one than another's.
        """
        kept = self._kept
        seq, stamp = kept.at
        here = (stands.at, stands.stamps[-1])
        if stands.at < seq:
            return _Kept(here)
        if stamp not in stands.stamps:
            kept = self._kept = _Kept(here)
        kept.at = here
        return kept


def _summed(
    kept: dict[tuple[str, int], tuple[str, int, Digest]],
    stands: Standing,
    count: Callable[[Sequence[str]], Mapping[str, Digest]],
) -> Digest:
    """The sum of a laptop's scopes, from what is `kept` of each for whoever may hold the same of it."""
    sums: dict[str, Digest] = {}
    changed: list[tuple[str, int, int]] = []
    for entry in stands.scopes:
        scope, mask, seq = entry
        held = kept.get((scope, mask))
        if held is not None and held[:2] == (stands.counted_by, seq):
            sums[scope] = held[2]
        else:
            changed.append(entry)
    found = count([scope for scope, _, _ in changed]) if changed else {}
    if len(kept) + len(changed) > _MOST_SCOPES:
        kept.clear()
    for scope, mask, seq in changed:
        sums[scope] = found.get(scope, Digest())
        if len(kept) < _MOST_SCOPES:
            kept[scope, mask] = stands.counted_by, seq, sums[scope]
    return sum_of(sums.values())
