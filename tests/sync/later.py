"""What laptops had read later than a backup that was put back: all of it is said again, or asked about."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from casework.policies import Policy
from casework.records import RECORD_TYPES
from storage.central.state import read_state
from storage.rows import current_values
from sync.hub import tables
from sync.hub.counting import Counter
from sync.merge import policy_of
from tests.sync.world import Laptop

_BY_OTHER_RULES = (Policy.WITHDRAW_WINS, Policy.CENTRAL_WINS)


class Later(NamedTuple):
    """A value of a field of a record, and whose laptop had read it; what the backup has, whose newest number
    is `head`; where it names a home, its `address`.
    """

    laptop: str
    record: str
    field: str
    value: Any
    backup: Any
    head: int
    address: str


class Log(NamedTuple):
    """The central record at one time."""

    epoch: str
    head: int
    rows: dict[str, Any]


def as_it_is(connection: Connection) -> Log:
    counter = Counter(connection, lock=False)
    rows = {row.id: row for row in connection.execute(select(tables.record))}
    return Log(counter.epoch, counter.head, rows)


def read_later(laptops: Iterable[Laptop], before: Log, after: Log) -> list[Later]:
    """What the central record had `before` and lost, and a laptop holds that had read so far. What is empty
    may be so because it was not sent.
    """
    lost = [
        (row.type, row.id, name, value, seq)
        for row in before.rows.values()
        if row.id in after.rows and row.type in RECORD_TYPES and row.type != "conflict"
        for (name, value), versions in (
            (one, json.loads(row.versions)) for one in json.loads(row.fields).items()
        )
        if value and (seq := versions.get(name, 0)) > after.head
        if json.loads(after.rows[row.id].fields).get(name) != value
        if policy_of(row.type, name) not in _BY_OTHER_RULES
    ]
    found = []
    for laptop in laptops:
        state = read_state(laptop.store.conn)
        if laptop.older or state.anew or state.epoch != before.epoch:
            continue
        for kind, record, name, value, seq in lost:
            if seq <= state.seq and _is_held(laptop, kind, record, name, value):
                home = before.rows[value].fields if name == "household" else "{}"
                address = json.loads(home).get("address", "")
                backup = json.loads(after.rows[record].fields).get(name)
                later = Later(laptop.way.device, record, name, value, backup, after.head, address)
                found.append(later)
    return found


def _is_held(laptop: Laptop, kind: str, record: str, name: str, value: Any) -> bool:
    held = current_values(laptop.store.conn, kind, record)
    return held is not None and held.get(name) == value


def check_said(connection: Connection, later: Iterable[Later]) -> None:
    """Each value is in the log, or in what a person is to look at; of a list each thing on it, for two steps
    may have said them. A home may be known by another id since, but has the same address. Who wrote on what
    the backup has before it was brought back wrote last (docs/decisions/0033-read-later-than-the-backup.md).
    """
    texts = [
        *connection.execute(select(tables.log.c.changes)).scalars(),
        *connection.execute(select(tables.quarantine.c.edit_text)).scalars(),
    ]
    for one in later:
        if _was_written_on(connection, one):
            continue
        of_record = [text for text in texts if one.record in text]
        for part in one.value if isinstance(one.value, list) else [one.value]:
            said = [_spelt(words) for words in (part, one.address) if words]
            said_again = any(words in text for text in of_record for words in said)
            assert said_again, f"a {one.field} was lost"


def _was_written_on(connection: Connection, one: Later) -> bool:
    """Whether a step that had not stood in the lost log wrote over what the backup has; what several say of a
    list is joined.
    """
    if isinstance(one.value, list):
        return False
    log, formerly = tables.log, tables.formerly
    new = select(log.c.changes).where(log.c.seq > one.head, log.c.seq.not_in(select(formerly.c.seq)))
    place = (one.record, one.field)
    return any(
        (record, field) == place and old == one.backup and said != one.value
        for text in connection.execute(new).scalars()
        for _, record, field, old, said in json.loads(text)
    )


def _spelt(words: Any) -> str:
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))
