"""Half-filled forms, saved every few keystrokes so that a lock, a crash or an upgrade loses nothing.

A draft is not a record: it has no history and never leaves the laptop. It ends in the same transaction as
the edit that its form became (`Journal.commit(..., draft=...)`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from storage.audit import stamp
from storage.cipher import Connection
from storage.faults import translated

UNREAD = "unread"
"""The field under which words stand that no version of a form has named."""

_ASIDE = re.compile(r" ?aside-\d+\Z")
"""What ends the subject of a draft that was put aside."""


def subject_aside(subject: str) -> str:
    """The subject of a draft as its form knows it, also of one that was put aside."""
    return _ASIDE.sub("", subject)


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

    def save(self, form: str, subject: str, fields: Mapping[str, str], *, aside: bool = False) -> None:
        """Keep what was typed so far. With `aside` the draft that stands there is not written over."""
        if aside:
            self.put_aside(form, subject)
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
        return _draft(row) if row else None

    def waiting(self) -> list[Draft]:
        """Every draft that was left, newest first."""
        rows = self._conn.execute("SELECT form, subject, at, fields FROM draft ORDER BY at DESC")
        return [_draft(row) for row in rows]

    def aside(self, form: str, subject: str) -> list[Draft]:
        """Those of a form and subject that were put aside, the newest first."""
        found = [one for one in self.waiting() if one.form == form and one.subject != subject]
        return [one for one in found if subject_aside(one.subject) == subject]

    def put_aside(self, form: str, subject: str) -> None:
        """Make room for another draft beside one that must not be lost; nothing where none stands."""
        taken = {one.subject for one in self.aside(form, subject)}
        names = (f"{subject} aside-{number}".lstrip() for number in range(1, len(taken) + 2))
        self._rename(form, subject, next(name for name in names if name not in taken))

    def take_up(self, form: str, subject: str) -> str:
        """Make a draft that was put aside the one that its form goes on with; gives the form's subject.

        One that stands there is put aside for it.
        """
        plain = subject_aside(subject)
        if plain != subject and self.load(form, subject) is not None:
            self.put_aside(form, plain)
            self._rename(form, subject, plain)
        return plain

    def _rename(self, form: str, subject: str, to: str) -> None:
        with translated(self._path):
            self._conn.execute(
                "UPDATE draft SET subject = ? WHERE form = ? AND subject = ?", (to, form, subject)
            )

    def discard(self, form: str, subject: str) -> None:
        """Throw a draft away, at the worker's word."""
        with translated(self._path):
            self._conn.execute("DELETE FROM draft WHERE form = ? AND subject = ?", (form, subject))


def _draft(row: Sequence[str]) -> Draft:
    """The draft of a row. Another version may have kept other types: whatever they are becomes text."""
    form, subject, at, held = row
    try:
        fields = json.loads(held)
    except ValueError:
        fields = held
    if not isinstance(fields, dict):
        fields = {UNREAD: fields}
    return Draft(form, subject, at, {str(name): _text(value) for name, value in fields.items()})


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    if value is None or value is False:
        return ""
    if value is True:
        return "yes"
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return ",".join(value)
    return json.dumps(value, ensure_ascii=False)
