"""What a central record owes its laptops once it is brought up to a later version of Outreach."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select, update

from casework.shape import shape
from sync.hub import tables
from sync.hub.care import counted_sums, held_sums
from sync.hub.central import batched, in_bulk
from sync.hub.checking import UNKNOWN_TYPE
from sync.hub.counting import SHAPE, Counter
from sync.hub.entitlement import SEND_ANEW, Entitlement
from sync.hub.feed import Feed
from sync.hub.taking import Taking
from sync.messages import SentEdit


def catch_up(connection: Connection, now: datetime) -> None:
    """Count what an earlier version could only keep, send it, and take the steps that waited for this one.

    Nothing is done where this version was here before.
    """
    held = connection.execute(select(tables.meta.c.value).where(tables.meta.c.name == SHAPE)).scalar()
    if held == shape():
        return
    counter = Counter(connection)
    if held is not None:
        _count_anew(connection)
        _take_waiting(connection, counter, now)
    in_bulk(connection, tables.meta, [{"name": SHAPE, "value": shape()}])


def _count_anew(connection: Connection) -> None:
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


def _take_waiting(connection: Connection, counter: Counter, now: datetime) -> None:
    """What is still refused is kept aside again, with the reason that it has now."""
    table, device = tables.quarantine, tables.device
    rows = connection.execute(
        select(table.c.edit, table.c.device, table.c.edit_text)
        .join(device, device.c.id == table.c.device)
        .where(table.c.code == UNKNOWN_TYPE, device.c.status == "active")
        .order_by(table.c.number, table.c.taken, table.c.edit)
    ).all()
    for row in rows:
        connection.execute(delete(table).where(table.c.edit == row.edit))
        edit = SentEdit.model_validate_json(row.edit_text)
        taking = Taking(connection, row.device, Feed(connection, row.device).masks())
        (verdict,) = taking.take([edit], counter, now, rest=True).verdicts
        counter.save()
        Entitlement(connection, now.date()).settle(taking.central.unsettled, counter.head)
        if verdict.seq:
            # Its laptop was told that the step was not taken, so it is sent what came of it, too.
            record = tables.record
            connection.execute(update(record).where(record.c.seq == verdict.seq).values(device=""))
