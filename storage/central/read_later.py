"""What this laptop holds of records as they were changed later than a backup that was put back.

Whoever changed a value may have given the child up since, so everybody who had read it offers it again
(docs/decisions/0033-read-later-than-the-backup.md). It stands here until it was offered.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from casework.canonical import spelt
from casework.edits import CREATED
from casework.facets import OPENED_BY, OPENED_BY_OF_KEY, WITHHELD_WORDS, facets
from casework.policies import Policy
from casework.records import RECORD_TYPES, meta_of
from storage.central.delivery import Row
from storage.central.holdings import Holdings
from storage.central.outbox import OWN, want
from storage.central.state import SyncState, keep, kept, read_state
from storage.cipher import Connection

_NAME, _OFFERED, _WORDS = "later", "later_offered", "later_words"
_OF_CONFLICT = frozenset({"settled", "chosen", "void"})
"""What becomes of a conflict; the rest says how it came about."""
Names = dict[str, tuple[str, list[str]]]
"""By record, its type and fields."""


class ReadLater:
    """Of a page of a central record that was put back and is read anew: the values that stay as they are."""

    def __init__(
        self, conn: Connection, holdings: Holdings, stood: Mapping[int, tuple[str, int]] | None = None
    ) -> None:
        """What may be held is that from before the page; `stood` says of steps that are said again, by their
        numbers, in which epoch they had stood, and where.
        """
        self._conn, self._holdings, self._stood = conn, holdings, stood or {}
        state = read_state(conn)
        self._common, self._epoch, self._read = state.common, state.former_epoch, state.former
        self.is_open = bool(state.anew and state.former_epoch and state.former > state.common)
        self._masks = holdings.masks() if self.is_open else {}
        self._own = _asked_about(conn, state) if self.is_open else {}
        self._before = read_later(conn) if self.is_open else {}
        self._offered = _read(conn, _OFFERED) if self.is_open else {}
        self._found: Names = {}

    def values(self, row: Row, before: Mapping[str, Any], unsaid: Collection[str]) -> dict[str, Any]:
        """What stays of a record that a row tells otherwise, until it was offered: what was read here behind
        that which the row tells. Of `unsaid` fields nobody has said anything here.
        """
        said = row.values
        if not self.is_open or said is None or row.type not in RECORD_TYPES:
            return {}
        differ = [name for name in before.keys() & said.keys() if before[name] != said[name]]
        if not differ:
            return {}
        _, waiting = self._before.get(row.id, ("", []))
        may_be_told = self._exact(row, before) & _sent(row)
        to_say = self.to_say(row.type, row.id, {name: before[name] for name in differ}, unsaid)
        found = [
            name
            for name in to_say
            if name in may_be_told
            and (name in waiting or self._is_known(row, name) or _has_more(row.type, name, before, said))
        ]
        if found:
            self._found[row.id] = row.type, sorted({*found, *waiting})
        return {name: before[name] for name in found}

    def to_say(
        self, record_type: str, record: str, fields: Mapping[str, Any], unsaid: Collection[str]
    ) -> list[str]:
        """Those of these fields of a record that may be offered: none that is `unsaid` or was offered."""
        _, offered = self._offered.get(record, ("", []))
        return [
            name
            for name in sorted(fields)
            if (record_type != "conflict" or name in _OF_CONFLICT)
            and name not in unsaid
            and name not in offered
            and fields[name] != WITHHELD_WORDS
            and not self._is_own(record_type, record, name, fields[name])
            and _may_be_said(record_type, name)
        ]

    def note(self) -> None:
        """Keep what is to be offered, in the caller's transaction."""
        if self._found:
            _write(self._conn, _NAME, {**self._before, **self._found})
            keep(self._conn, _WORDS, "")

    def _is_own(self, record_type: str, record: str, name: str, value: Any) -> bool:
        """Whether a value is this laptop's own word that is in question. Nobody is ever asked about a list,
        and what came after words that were kept aside was said by somebody else.
        """
        if _is_joined(record_type, name):
            return False
        asides = self._own.get((record, name), ())
        return (record, CREATED) in self._own or asides is None or spelt(value) in asides

    def _is_known(self, row: Row, name: str) -> bool:
        """Whether this laptop had read the value of a row, before that which it holds."""
        number = row.steps.get(name, row.steps.get(CREATED, row.seq))
        epoch, stood = self._stood.get(number, ("", 0))
        return number <= self._common or (epoch == self._epoch and stood <= self._read)

    def _exact(self, row: Row, before: Mapping[str, Any]) -> set[str]:
        """The fields that this laptop held as they are."""
        mask = 0
        for scope in self._holdings.scopes_of(row.type, row.id, before):
            mask |= self._masks.get(scope, 0)
        parts = facets(row.type, before).items()
        return {name for facet, part in parts if mask & OPENED_BY[facet] for name in part}


def _sent(row: Row) -> set[str]:
    """The fields that came as they are."""
    opened = {OPENED_BY_OF_KEY[key] for key in row.parts if key in OPENED_BY_OF_KEY}
    return {
        name
        for facet, part in facets(row.type, row.values or {}).items()
        if OPENED_BY[facet] in opened
        for name in part
    }


def _has_more(record_type: str, name: str, before: Mapping[str, Any], said: Mapping[str, Any]) -> bool:
    """Whether a list was longer `before` than it is `said` to be by whoever may not have known: the central
    record leaves out what somebody took away since.
    """
    return _is_joined(record_type, name) and not {*before[name]} <= {*said[name]}


def _is_joined(record_type: str, name: str) -> bool:
    """Whether what several say of a list is joined: of such nobody is ever asked."""
    meta = meta_of(record_type, name)
    return meta is not None and meta.policy is Policy.UNION


def _may_be_said(record_type: str, name: str) -> bool:
    """Whether a laptop may say a field: not what the central record alone says, nor what stays as safe as it
    is by a rule of its own (storage.central.lacking).
    """
    meta = meta_of(record_type, name)
    if meta is None:
        return True
    is_centrals = record_type == "worker" and meta.policy is Policy.CENTRAL_WINS
    return not is_centrals and meta.policy is not Policy.WITHDRAW_WINS


def _asked_about(conn: Connection, state: SyncState) -> dict[tuple[str, str], set[str] | None]:
    """The fields, by record, of which this laptop's own steps say what waits, was kept aside, or disagreed
    when it was first sent or is sent again: where somebody is asked, the question keeps both values. Where
    all were kept aside, what they said, for nobody is asked about that.
    """
    rows = conn.execute(
        f"SELECT c.record, c.field, c.new, s.verdict FROM edit e JOIN change c ON c.edit = e.seq"
        f" LEFT JOIN sync_edit s ON s.edit = e.seq WHERE e.kind IN {OWN}"
        " AND (e.seq IN (SELECT value FROM json_each(?)) OR s.verdict IS NULL OR s.verdict = 'quarantined'"
        " OR (s.verdict = 'conflict' AND s.seq > ?))",
        (state.unclean, state.common),
    )
    found: dict[tuple[str, str], set[str] | None] = {}
    for record, name, new, verdict in rows:
        said = found.setdefault((record, name), set())
        if verdict != "quarantined":
            found[record, name] = None
        elif said is not None:
            said.add(spelt(json.loads(new)))
    return found


def read_later(conn: Connection) -> Names:
    """What is to be offered."""
    return _read(conn, _NAME)


def note_offered(conn: Connection, word: str) -> None:
    """It goes with the bundle that has this word."""
    if read_later(conn):
        keep(conn, _WORDS, f"{kept(conn, _WORDS)} {word}".strip())


def forget_offered(conn: Connection, word: str) -> None:
    """The bundle of this word was answered."""
    if word in kept(conn, _WORDS).split():
        forget_later(conn)


def forget_later(conn: Connection) -> None:
    """It was offered: from now on the central record says what became of it, and is asked."""
    later = read_later(conn)
    if later:
        want(conn, ((kind, record) for record, (kind, _) in later.items()))
        offered = _read(conn, _OFFERED)
        for record, (kind, names) in later.items():
            offered[record] = kind, sorted({*names, *offered.get(record, (kind, []))[1]})
        _write(conn, _OFFERED, offered)
        _write(conn, _NAME, {})


def begin_anew(conn: Connection) -> None:
    """The central record lost something once more: what was offered may be lost again."""
    for name in (_NAME, _OFFERED):
        if kept(conn, name):
            _write(conn, name, {})


def _read(conn: Connection, name: str) -> Names:
    return {record: (kind, names) for record, kind, names in json.loads(kept(conn, name) or "[]")}


def _write(conn: Connection, name: str, said: Names) -> None:
    keep(conn, name, json.dumps([(record, kind, names) for record, (kind, names) in said.items()]))
