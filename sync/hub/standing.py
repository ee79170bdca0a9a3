"""Where a laptop stands beside the central record: what moved since it read, and the sum of what it may hold.

The sum of thousands of rows is kept in memory for as long as all that it follows from is as it was. Whether
it is, is read from the database each time, in the transaction of the question; so several processes on one
database need not tell each other of anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import blake2b

from pydantic_core import to_json
from sqlalchemy import Connection, bindparam, select

from casework.canonical import Digest
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


@dataclass(frozen=True, slots=True)
class Standing:
    """`newest` is the number that last touched anything of the laptop's; `owed` says that some scope is to be
    sent anew, narrower or wider; `mark` stands for all that the sum of what it should hold follows from.
    """

    newest: int
    owed: bool
    mark: bytes


def standing(connection: Connection, device: str) -> Standing:
    """Where a laptop stands.

    A scope's sums change with its newest number, what counts of it with the laptop's bits, and all of it
    where a backup is put back or another version counts.
    """
    rows = connection.execute(_SCOPES, {"device": device}).all()
    by = sorted((name, value) for name, value in connection.execute(_COUNTED_BY))
    found = [(scope, str(mask), seq) for scope, mask, _, seq in rows if mask]
    return Standing(
        newest=max((seq or 0 for _, _, seq in found), default=0),
        owed=any(mask != sent for _, mask, sent, _ in rows),
        mark=blake2b(to_json((by, found)), digest_size=16).digest(),
    )


class Sums:
    """The sum of what each laptop should hold, with the mark under which it was counted."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[bytes, Digest]] = {}

    def of(self, device: str, mark: bytes, count: Callable[[], Digest]) -> Digest:
        """The sum that is kept under this mark, else what `count` finds."""
        kept = self._kept.get(device)
        if kept is None or kept[0] != mark:
            kept = self._kept[device] = (mark, count())
        return kept[1]
