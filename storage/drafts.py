"""Half-filled forms, saved every few keystrokes so that a lock, a crash or an upgrade loses nothing.

A draft is not a record: it has no history and never leaves the laptop. It ends in the same transaction as
the edit that its form became (`Journal.commit(..., draft=...)`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage.audit import stamp
from storage.cipher import Connection
from storage.faults import translated


@dataclass(frozen=True, slots=True)
class Draft:
    """A form's fields as they were typed, for one subject (a child's id, or "" for none)."""

    form: str
    subject: str
    at: str
    fields: Mapping[str, str]


class Drafts:
    """Keeps at most one draft per form and subject."""

    def __init__(self, conn: Connection, path: Path, now: Callable[[], datetime]) -> None:
        self._conn = conn
        self._path = path
        self._now = now

    def save(self, form: str, subject: str, fields: Mapping[str, str]) -> None:
        """Keep what was typed so far."""
        with translated(self._path):
            self._conn.execute(
                "INSERT OR REPLACE INTO draft (form, subject, at, fields) VALUES (?, ?, ?, ?)",
                (form, subject, stamp(self._now()), json.dumps(dict(fields), ensure_ascii=False)),
            )

    def load(self, form: str, subject: str) -> Draft | None:
        """The draft of a form for a subject, if one was left."""
        row = self._conn.execute(
            "SELECT form, subject, at, fields FROM draft WHERE form = ? AND subject = ?", (form, subject)
        ).fetchone()
        return Draft(row[0], row[1], row[2], json.loads(row[3])) if row else None

    def waiting(self) -> list[Draft]:
        """Every draft that was left, newest first."""
        rows = self._conn.execute("SELECT form, subject, at, fields FROM draft ORDER BY at DESC")
        return [Draft(row[0], row[1], row[2], json.loads(row[3])) for row in rows]

    def discard(self, form: str, subject: str) -> None:
        """Throw a draft away, at the worker's word."""
        with translated(self._path):
            self._conn.execute("DELETE FROM draft WHERE form = ? AND subject = ?", (form, subject))
