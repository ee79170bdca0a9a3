"""What must hold of the central record's rows by its log: told from the steps alone, in no order of theirs.

This is no second merge. Each rule says what may not have happened, whoever came first.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, select

from casework.canonical import spelt
from casework.policies import Policy
from casework.records_sharing import SAFEST_FIRST
from sync.hub import tables
from sync.hub.fields import usual_fields
from sync.merge import policy_of

Place = tuple[str, str]
"""A record and a field of it."""


def check_kept(connection: Connection, hub: Mapping[str, Any]) -> None:
    """Nothing that was taken is without effect, and nothing that stands was said by nobody.

    `hub` are the central record's rows by id.
    """
    fields = {record: json.loads(row.fields) for record, row in hub.items()}
    types = {record: row.type for record, row in hub.items()}
    changes = _changes(connection)
    shown = _shown(fields, types)
    for place, said in changes.items():
        record, name = place
        assert record in hub, f"a {name} was taken of a record that is not there"
        _check_field(types[record], name, said, fields[record].get(name), shown[place])
    _check_written(connection, hub, types)
    for record, held in fields.items():
        if types[record] != "conflict":
            for name, value in held.items():
                _check_said(types[record], name, value, changes.get((record, name), []))


def _changes(connection: Connection) -> dict[Place, list[tuple[Any, Any]]]:
    """By record and field what was said of it: the value that it was based on, and the new one.

    Whoever makes a record and leaves a field as it usually is says nothing of that field. Who wrote over a
    value that was lost since had read it after all that the same laptop had said before.
    """
    found: defaultdict[Place, list[tuple[Any, Any]]] = defaultdict(list)
    by_laptop: defaultdict[tuple[str, str, str], list[Any]] = defaultdict(list)
    log = tables.log
    for laptop, text in connection.execute(select(log.c.device, log.c.changes).order_by(log.c.seq)):
        for record_type, record, field, old, new in json.loads(text):
            usual = usual_fields(record_type)
            if field:
                own, said = by_laptop[laptop, record, field], found[record, field]
                if old != usual.get(field) and old not in [value for _, value in said]:
                    said += [(one, new) for one in own if one != new]
                said.append((old, new))
                own.append(new)
            else:
                for name, value in new.items():
                    if name not in usual or value != usual[name]:
                        found[record, name].append((None, value))
                        by_laptop[laptop, record, name].append(value)
    return found


def _check_written(connection: Connection, hub: Mapping[str, Any], types: Mapping[str, str]) -> None:
    """Each value that stands was written by the step that the record names, when that was first taken."""
    log = tables.log
    of_step = {
        row.seq: {record for _, record, *_ in json.loads(row.changes)}
        for row in connection.execute(select(log.c.seq, log.c.changes))
    }
    for record, row in hub.items():
        if types[record] != "conflict":
            for name, seq in json.loads(row.versions).items():
                assert record in of_step[seq], f"a {types[record]}'s {name or 'making'} is of another step"


def _shown(fields: Mapping[str, Any], types: Mapping[str, str]) -> defaultdict[Place, list[str]]:
    """By record and field the values, as text, that conflicts show."""
    found: defaultdict[Place, list[str]] = defaultdict(list)
    for record, held in fields.items():
        if types[record] == "conflict":
            found[held["record"], held["field"]] += [held["central"], held["other"]]
    return found


def _check_field(record_type: str, name: str, said: list[tuple[Any, Any]], stands: Any, shown: Any) -> None:
    policy = policy_of(record_type, name)
    bases = [old for old, _ in said]
    for _, new in said:
        if policy is Policy.ASK and name != "void":
            seen = new == stands or new in bases or spelt(new) in shown
            assert seen, f"a {record_type}'s {name} was said, is gone, and nobody was asked"
        if policy is Policy.WITHDRAW_WINS and new in SAFEST_FIRST:
            order = [*SAFEST_FIRST]
            assert order.index(stands) <= order.index(new), (
                f"a {record_type}'s {name} opens more than was said"
            )
    if policy is Policy.UNION:
        taken_away = {one for old, new in said for one in set(old or ()) - set(new)}
        for _, new in said:
            assert set(new) - taken_away <= set(stands), f"one of a {record_type}'s {name} is gone"


def _check_said(record_type: str, name: str, value: Any, said: list[tuple[Any, Any]]) -> None:
    if policy_of(record_type, name) is Policy.ASK and name != "void":
        usual = usual_fields(record_type).get(name, "")
        assert value == usual or value in [new for _, new in said], f"nobody said a {record_type}'s {name}"
