"""What a central record owes its laptops once it is brought up to a later version of Outreach."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from casework.local_days import day_of
from casework.shape import shape
from sync.hub import tables
from sync.hub.care import counted_sums, held_sums
from sync.hub.checking import UNKNOWN_TYPE
from sync.hub.counting import SHAPE, Counter
from sync.hub.entitlement import SEND_ANEW, Entitlement
from sync.hub.portions import batched
from sync.hub.waiting import kept_aside, take_again, take_waiting
from sync.hub.writing import in_bulk


def catch_up(connection: Connection, now: datetime) -> None:
    """Count what an earlier version could only keep, send it, and take the steps that waited for this one.

    Nothing is done where this version was here before.
    """
    held = connection.execute(select(tables.meta.c.value).where(tables.meta.c.name == SHAPE)).scalar()
    if held == shape():
        return
    counter = Counter(connection)
    if held is not None:
        _count_anew(connection, counter, now)
        _take_waiting(connection, counter, now)
    in_bulk(connection, tables.meta, [{"name": SHAPE, "value": shape()}])


def _count_anew(connection: Connection, counter: Counter, now: datetime) -> None:
    before, after = held_sums(connection), counted_sums(connection)
    wrong = {key for key in {*before, *after} if before.get(key) != after.get(key)}
    digest, entitled = tables.digest, tables.entitlement
    for some in batched({key[0] for key in wrong}):
        connection.execute(delete(digest).where(digest.c.scope.in_(some)))
        connection.execute(update(entitled).where(entitled.c.scope.in_(some)).values(sent=SEND_ANEW))
    scopes = {key[0] for key in wrong}
    in_bulk(
        connection,
        digest,
        [
            {"scope": scope, "lead": lead, "facet": facet, "facets": sum_.count, "total": sum_.octets}
            for (scope, lead, facet), sum_ in after.items()
            if scope in scopes
        ],
    )
    # Who may hold what is counted otherwise now can be another.
    Entitlement(connection, day_of(now)).settle(scopes, counter.head)


def _take_waiting(connection: Connection, counter: Counter, now: datetime) -> None:
    """What is still refused is kept aside again, with the reason that it has now."""
    arrived: set[str] = set()
    for row in kept_aside(connection, tables.quarantine.c.code == UNKNOWN_TYPE):
        take_again(connection, counter, row, now, arrived)
    take_waiting(connection, counter, arrived, now)
