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
    """A value of a field of a record, and whose laptop had read it; where it names a home, its `address`."""

    laptop: str
    record: str
    field: str
    value: Any
    address: str = ""


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
                found.append(Later(laptop.way.device, record, name, value, address))
    return found


def _is_held(laptop: Laptop, kind: str, record: str, name: str, value: Any) -> bool:
    held = current_values(laptop.store.conn, kind, record)
    return held is not None and held.get(name) == value


def check_said(connection: Connection, later: Iterable[Later]) -> None:
    """Each value is in the log, or in what a person is to look at; of a list each thing on it, for two steps
    may have said them. A home may be known by another id since, but has the same address.
    """
    texts = [
        *connection.execute(select(tables.log.c.changes)).scalars(),
        *connection.execute(select(tables.quarantine.c.edit_text)).scalars(),
    ]
    for one in later:
        of_record = [text for text in texts if one.record in text]
        for part in one.value if isinstance(one.value, list) else [one.value]:
            said = [_spelt(words) for words in (part, one.address) if words]
            said_again = any(words in text for text in of_record for words in said)
            assert said_again, f"a {one.field} was lost"


def _spelt(words: Any) -> str:
    return json.dumps(words, ensure_ascii=False, separators=(",", ":"))
