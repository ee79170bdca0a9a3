"""How far the laptop and the central record got with each other; kept in the encrypted caseload."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from typing import Any

from storage.cipher import Connection

TABLES = (
    "CREATE TABLE sync_state (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE sync_scope (scope TEXT PRIMARY KEY, mask INTEGER NOT NULL,"
    " facets INTEGER NOT NULL DEFAULT 0, total BLOB NOT NULL DEFAULT x'') WITHOUT ROWID",
    "CREATE TABLE sync_held (record TEXT NOT NULL, scope TEXT NOT NULL, type TEXT NOT NULL,"
    " facets INTEGER NOT NULL, total BLOB NOT NULL, PRIMARY KEY (record, scope)) WITHOUT ROWID",
    "CREATE INDEX sync_held_scope ON sync_held(scope, type)",
    "CREATE TABLE sync_edit (edit INTEGER PRIMARY KEY REFERENCES edit(seq), verdict TEXT NOT NULL,"
    " seq INTEGER NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL, cut INTEGER NOT NULL DEFAULT 0)",
    "CREATE TABLE sync_want (record TEXT PRIMARY KEY, type TEXT NOT NULL, anew INTEGER NOT NULL)"
    " WITHOUT ROWID",
)
"""`sync_scope`: what may be held of each scope, and the sum of what is; `sync_held`: what a record adds to it
whose row does not say so (storage.central.beside). `sync_edit`: the verdict on each step that was sent; of
one that is `cut` this laptop had to give up a part, so it cannot be offered again. `sync_want`: records that
a step with a verdict touched: to be counted anew, or with `anew` to be sent anew, for the step was not taken
as it was made.
"""

EXTRA_TABLE = (
    "CREATE TABLE sync_extra (record TEXT PRIMARY KEY, type TEXT NOT NULL, parts TEXT NOT NULL) WITHOUT ROWID"
)
"""What the central record sent and this version does not know (storage.central.extras). `parts`: the facets
of a record by key, in their order, each with the fields that this version lacks.
"""


@dataclass(frozen=True, slots=True)
class SyncState:
    """How far the central record was read in order (`seq`, and the log's `chain` at it), the furthest place
    as of which anything came of what is sent out of order (`head_seq`, `head_chain`), where its log stood
    after the last push (`pushed_seq`, `pushed_chain`), and when both sides agreed.

    `incarnation` is the word that the last session left on both sides, `coming` the one of the session that
    is under way, `unanswered` those of greetings in between that had no answer, with a space between two.
    `anew` says since when the central record, which lost something, is read all anew; it is
    "" again once both sides agree. `beyond` is what this laptop knows and the central record does not: fields
    by record type, as JSON.

    `common` is the number up to which a central record that was put back has the log that this laptop read,
    and `unclean` the places in the journal, as JSON, of the steps that had not been taken as they were made.
    `former_epoch` and `former` say how far this laptop had read the log that is lost, `former_steps` where in
    it, behind `common`, its own steps stood that had been taken as they were made: the number by the place in
    the journal, as JSON. All are of use while it is read all anew. `earlier` are the epochs that ended before
    this one, as JSON, each with the number up to which the log of this one is theirs.

    `audit_seq` is the number of the audit entry whose digest the central record keeps. `audit_missing` is one
    that it keeps ("number:digest") and this laptop's audit does not hold, until the central record was told;
    `audit_lost` says when that was last found, here or in a copy of this caseload, by the central record's
    clock, until a person looked into it.
    """

    hub: str = ""
    url: str = ""
    device: str = ""
    epoch: str = ""
    incarnation: str = ""
    coming: str = ""
    unanswered: str = ""
    seq: int = 0
    chain: str = ""
    head_seq: int = 0
    head_chain: str = ""
    pushed_seq: int = 0
    pushed_chain: str = ""
    agreed_at: str = ""
    anew: str = ""
    beyond: str = "{}"
    audit_seq: int = 0
    audit_missing: str = ""
    audit_lost: str = ""
    common: int = 0
    unclean: str = "[]"
    former_epoch: str = ""
    former: int = 0
    former_steps: str = "{}"
    earlier: str = "[]"

    def lacks(self) -> dict[str, list[str]]:
        """The fields that the central record does not know, by record type; of an unknown kind, all."""
        found: dict[str, list[str]] = json.loads(self.beyond)
        return found

    def epochs(self) -> list[tuple[str, int]]:
        """The epochs that ended before this one, the oldest first."""
        return [(epoch, seq) for epoch, seq in json.loads(self.earlier)]

    @property
    def is_enrolled(self) -> bool:
        """Whether this laptop was enrolled with a central record."""
        return bool(self.hub and self.device)


_NAMES = tuple(field.name for field in fields(SyncState))


def read_state(conn: Connection) -> SyncState:
    """What was kept; the beginning, where nothing was."""
    held: dict[str, Any] = dict(conn.execute("SELECT name, value FROM sync_state").fetchall())
    for number in ("seq", "head_seq", "pushed_seq", "audit_seq", "common", "former"):
        held[number] = int(held.get(number, 0))
    return SyncState(**{name: held[name] for name in _NAMES if name in held})


def write_state(conn: Connection, state: SyncState) -> None:
    """Keep it, in the caller's transaction."""
    conn.executemany(
        "INSERT OR REPLACE INTO sync_state (name, value) VALUES (?, ?)",
        [(name, str(getattr(state, name))) for name in _NAMES],
    )


def kept(conn: Connection, name: str) -> str:
    """A value of this laptop's dealings with the central record that is not part of its state; else ""."""
    row = conn.execute("SELECT value FROM sync_state WHERE name = ?", (name,)).fetchone()
    return str(row[0]) if row else ""


def keep(conn: Connection, name: str, value: str) -> None:
    """Keep it."""
    conn.execute("INSERT OR REPLACE INTO sync_state (name, value) VALUES (?, ?)", (name, value))
