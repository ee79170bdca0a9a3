"""What `may_see` stands on for each child: agreements, disclosures, who works the case."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from casework.sharing import NOTHING, Ground
from storage.cipher import Connection
from storage.rows import load_all

if TYPE_CHECKING:
    from storage.journal import Receipt

TYPES = frozenset({"agreement", "disclosure", "episode", "notification"})
"""Record types whose change makes what is held here old."""


class Grounds:
    """The ground of any child. Most have none, so their ids are read once and the records when asked for."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._spoken_for: frozenset[str] = frozenset()
        self._members: dict[str, frozenset[str]] = {}
        self._held: dict[str, Ground] = {}
        self._read = False

    def forget(self, receipt: Receipt | None = None) -> None:
        """Read again after an edit that touched what is held, or after another process wrote."""
        if receipt is None or receipt.touched & TYPES:
            self._read = False

    def of(self, child: str) -> Ground:
        """The ground of a child, by id."""
        if not self._read:
            self._read_ids()
        if child not in self._spoken_for:
            return NOTHING
        if child not in self._held:
            self._held[child] = self._load(child)
        return self._held[child]

    def _read_ids(self) -> None:
        members: defaultdict[str, set[str]] = defaultdict(set)
        for child, worker in self._conn.execute(
            "SELECT child, worker FROM episode WHERE void = 0 AND closed IS NULL AND worker IS NOT NULL"
            " UNION SELECT child, allocated_to FROM notification WHERE void = 0 AND allocated_to IS NOT NULL"
            " AND NOT EXISTS (SELECT 1 FROM episode e WHERE e.notification = notification.id"
            " AND e.void = 0 AND e.closed IS NOT NULL)"
        ):
            members[child].add(worker)
        rows = self._conn.execute(
            "SELECT child FROM agreement WHERE void = 0 UNION SELECT child FROM disclosure WHERE void = 0"
        )
        self._members = {child: frozenset(workers) for child, workers in members.items()}
        self._spoken_for = frozenset(row[0] for row in rows) | self._members.keys()
        self._held = {}
        self._read = True

    def _load(self, child: str) -> Ground:
        from casework.records_sharing import Agreement, Disclosure

        return Ground(
            tuple(load_all(self._conn, Agreement, "child = ?", (child,))),
            tuple(load_all(self._conn, Disclosure, "child = ?", (child,))),
            self._members.get(child, frozenset()),
        )
