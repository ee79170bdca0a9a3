"""The audit: who looked, searched, changed, exported or shared, as a chain that shows tampering.

Each entry's `chain` is a digest over the entry before it, so an altered, removed, swapped or inserted entry
is found by `verify`. Cutting off the newest entries is found only against a head kept elsewhere, which is
why `head` is part of every backup and of every exchange with the central record.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from storage.cipher import Connection

Verb = Literal["looked", "searched", "changed", "exported", "shared", "unlocked", "locked", "care"]
_GENESIS = "0" * 32
_COLUMNS = "seq, at, worker, verb, child, detail, chain"


class AuditEntry(BaseModel):
    """Who looked, searched, changed or exported, what, when and why. `chain` ties it to the entry before."""

    model_config = ConfigDict(frozen=True, defer_build=True)
    seq: int
    at: datetime
    worker: str
    verb: Verb
    child: str | None
    detail: str
    chain: str


@dataclass(frozen=True, slots=True)
class ChainFault:
    """The first entry that does not follow from the one before it."""

    seq: int
    text: str


def _link(previous: str, seq: int, at: str, worker: str, verb: str, child: str | None, detail: str) -> str:
    body = "\x1f".join((previous, str(seq), at, worker, verb, child or "", detail))
    return hashlib.sha256(body.encode()).hexdigest()[:32]


def stamp(moment: datetime) -> str:
    """An aware instant as the ISO text that every table keeps."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def head(conn: Connection) -> tuple[int, str]:
    """The number and digest of the newest entry; (0, zeros) before the first."""
    row = conn.execute("SELECT seq, chain FROM audit ORDER BY seq DESC LIMIT 1").fetchone()
    return (row[0], row[1]) if row else (0, _GENESIS)


def chain_at(conn: Connection, seq: int) -> str:
    """The digest of the entry with this number; "" before the first, and where there is no such entry."""
    row = conn.execute("SELECT chain FROM audit WHERE seq = ?", (seq,)).fetchone()
    return str(row[0]) if row else ""


def append(conn: Connection, *, at: str, worker: str, verb: Verb, child: str | None, detail: str) -> None:
    """Add one entry inside the caller's transaction. `detail` names records and counts, not their content."""
    last, previous = head(conn)
    seq = last + 1
    chain = _link(previous, seq, at, worker, verb, child, detail)
    conn.execute(
        f"INSERT INTO audit ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (seq, at, worker, verb, child, detail, chain),
    )


def entries(conn: Connection, *, child: str | None = None, limit: int = 200) -> list[AuditEntry]:
    """The newest entries first, of one child or of all."""
    where, values = ("WHERE child = ?", [child]) if child else ("", [])
    rows = conn.execute(f"SELECT {_COLUMNS} FROM audit {where} ORDER BY seq DESC LIMIT ?", [*values, limit])
    return [_entry(row) for row in rows]


def verify(conn: Connection) -> ChainFault | None:
    """The first fault in the chain, or None when every entry follows from the one before."""
    previous, expected = _GENESIS, 1
    for row in _all(conn):
        seq, at, worker, verb, child, detail, chain = row
        if seq != expected:
            return ChainFault(expected, f"audit entry {expected} is missing")
        if chain != _link(previous, seq, at, worker, verb, child, detail):
            return ChainFault(seq, f"audit entry {seq} was altered")
        previous, expected = chain, seq + 1
    return None


def _all(conn: Connection) -> Iterator[Any]:
    yield from conn.execute(f"SELECT {_COLUMNS} FROM audit ORDER BY seq")


def _entry(row: Any) -> AuditEntry:
    seq, at, worker, verb, child, detail, chain = row
    return AuditEntry(seq=seq, at=at, worker=worker, verb=verb, child=child, detail=detail, chain=chain)
