"""What sessions with the central record found wrong, kept to be shown: sentences, and no child in them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta

from storage.central.state import keep, kept
from storage.cipher import Connection

_KEPT = "problems"
_MOST = 5
_SHOWN = timedelta(days=14)


def note_problems(conn: Connection, now: datetime, sentences: Sequence[str]) -> None:
    """Keep what a session found, the newest first, in the caller's transaction; the same once."""
    if sentences:
        before = [one for one in _held(conn) if one[1] not in sentences]
        found = [(now.isoformat(), sentence) for sentence in dict.fromkeys(sentences)]
        keep(conn, _KEPT, json.dumps([*found, *before][:_MOST]))


def read_problems(conn: Connection, now: datetime) -> list[tuple[str, str]]:
    """What was found in the last fourteen days: instant and sentence."""
    since = (now - _SHOWN).isoformat()
    return [(at, sentence) for at, sentence in _held(conn) if at > since]


def _held(conn: Connection) -> list[tuple[str, str]]:
    return [(at, sentence) for at, sentence in json.loads(kept(conn, _KEPT) or "[]")]
