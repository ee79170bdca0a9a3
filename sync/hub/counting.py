"""The place of each edit in the one order of the central record, and the chain that proves the order.

A number is drawn inside the transaction that gives the edit its effect, behind a lock that is held until the
commit. With a plain sequence a slower transaction becomes visible after a later number was already read, and
its edit is never asked for again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import blake2b
from secrets import token_hex

from sqlalchemy import Connection, bindparam, select, text

from sync.hub import tables
from sync.hub.database import LOCKED, PUSH_LOCK
from sync.hub.writing import TableRows, in_bulk, write_together

_TAKE_LOCK = text("SELECT pg_advisory_xact_lock(:lock)")
_META = select(tables.meta.c.name, tables.meta.c.value)
_CHAIN = select(tables.log.c.chain).where(tables.log.c.seq == bindparam("seq"))
CHAIN_BYTES = 16
ENDED = "ended"
"""What holds the epochs that ended."""
FOUND_BACK = "found_back"
"""What holds the newest number at which it was found that a backup had been put back without a word."""
SHAPE = "shape"
"""What says by which version the records were counted."""
STAMPS = "stamps"
"""What holds the stamps of the last transactions that took steps, the newest last. Each is drawn by chance:
where older files took the place of these, steps that are taken again may give the same chain and another
effect, for what their laptop knew counts otherwise then.
"""
_MOST_STAMPS = 32
"""Stamps that are kept, at nine bytes each; what was last looked at before all of them is forgotten."""
LEASE, LEASE_DAYS = "lease", 14
"""The setting that says for how many days without a word a laptop opens alone (0: for ever), and its default.
"""


class Counter:
    """The newest number and the chain at it, while one push holds the lock; and what is set beside them."""

    def __init__(
        self, connection: Connection, *, lock: bool = True, kept: Mapping[str, str] | None = None
    ) -> None:
        """With `lock` it waits for the push that is under way; the lock goes with the transaction. `kept` are
        the rows of `meta` where they were read already.
        """
        if lock and kept is None:
            take_lock(connection)
        held = dict(connection.execute(_META).all()) if kept is None else kept
        self._connection = connection
        self.epoch = held["epoch"]
        self.hub = held["hub"]
        self.head = self._saved = int(held["head"])
        self.lease = int(held.get(LEASE, LEASE_DAYS))
        self.chain = bytes.fromhex(held["chain"])
        self.ended: list[tuple[str, int]] = [(name, head) for name, head in json.loads(held.get(ENDED, "[]"))]
        """The epochs that a restore ended, each with the newest number that the backup had."""
        self._found_back = [int(held[FOUND_BACK])] if FOUND_BACK in held else []
        self._stamps, self._stamp = held.get(STAMPS, "").split(), ""

    @property
    def put_back(self) -> int | None:
        """The lowest number after which laptops bring back what a backup that was put back did not have; None
        where none ever was.
        """
        return min((*(head for _, head in self.ended), *self._found_back), default=None)

    def find_put_back(self) -> None:
        """Laptops hold what is not here, so a backup was put back; keep that where nobody said so."""
        if self.put_back is None:
            in_bulk(self._connection, tables.meta, [{"name": FOUND_BACK, "value": str(self.head)}])

    def chain_at(self, seq: int) -> str:
        """The chain of the log at a number; "" at its beginning, "?" beyond its end."""
        if seq == 0:
            return ""
        if seq == self.head:
            return self.chain.hex()
        return chain_in_log(self._connection, seq) or "?"

    def advance(self, digest: bytes) -> int:
        """The next number, for an edit with this fingerprint."""
        self.head += 1
        self.chain = chained(self.chain, self.head, digest)
        return self.head

    def set_back(self, head: int, chain: bytes) -> None:
        """What was taken since then was undone, and with it what was written here."""
        self.head, self.chain, self._saved = head, chain, -1

    def save(self) -> None:
        """Write the newest number and the chain, where edits were taken: else there is nothing to commit."""
        write_together(self._connection, [self.unsaved()])

    def unsaved(self) -> TableRows:
        """What `save` has to write, for a caller who writes it together with other rows."""
        if self.head == self._saved:
            return TableRows(tables.meta, ())
        self._saved = self.head
        self._stamp = self._stamp or token_hex(4)
        stamps = [*self._stamps[1 - _MOST_STAMPS :], self._stamp]
        values = {"chain": self.chain.hex(), "head": str(self.head), STAMPS: " ".join(stamps)}
        return TableRows(tables.meta, [{"name": name, "value": value} for name, value in values.items()])


def take_lock(connection: Connection) -> None:
    """Wait for the push that is under way; the lock goes with the transaction."""
    is_held = connection.get_execution_options().get(LOCKED)
    if not is_held and connection.dialect.name == "postgresql":
        connection.execute(_TAKE_LOCK, {"lock": PUSH_LOCK})


def chain_in_log(connection: Connection, seq: int) -> str:
    """The chain of the log at a number, in hex; "" where the log has no such number."""
    held = connection.execute(_CHAIN, {"seq": seq}).scalar()
    return bytes(held).hex() if held is not None else ""


def chained(chain: bytes, seq: int, digest: bytes) -> bytes:
    """The chain after one more edit."""
    return blake2b(chain + seq.to_bytes(8) + digest, digest_size=CHAIN_BYTES).digest()
