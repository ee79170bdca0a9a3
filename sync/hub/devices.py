"""Who may speak to the central record: workers, the codes with which their laptops enrol, and the laptops."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, bindparam, select, update

from casework.edits import Change, create
from casework.edits import update as changed
from casework.errors import Refused
from casework.local_days import day_of
from casework.records import Record, Worker
from casework.text import fold
from sync.hub import tables
from sync.hub.counting import Counter
from sync.hub.entitlement import Entitlement
from sync.hub.fields import read_as
from sync.hub.taking import Taking
from sync.hub.waiting import take_waiting, take_waiting_of
from sync.hub.writing import in_bulk
from sync.messages.steps import Changed, SentEdit

_device = tables.device
_STATED = (
    update(_device)
    .where(_device.c.id == bindparam("laptop"), _device.c.given_up != bindparam("stated"))
    .values(given_up=bindparam("stated"), given_up_at=bindparam("at"))
)
_WORKERS = select(tables.record).where(tables.record.c.type == "worker")
HUB = "hub"
"""The device id and the worker id of what the central record writes itself."""


def write(connection: Connection, edit: str, name: str, changes: Sequence[Change], now: datetime) -> None:
    """A step of the central record's own, by the same way as every laptop's. Raises Refused."""
    counter = Counter(connection)
    sent = SentEdit(
        id=edit,
        worker="central-record",
        name=name,
        at=now.isoformat(),
        seen=counter.head,
        changes=[Changed(type=c.type, record=c.record, field=c.field, old=c.old, new=c.new) for c in changes],
    )
    taking = Taking(connection, HUB, None)
    answer = taking.take([sent], counter, now)
    counter.save()
    Entitlement(connection, day_of(now)).settle(taking.central.unsettled, counter.head)
    if answer.verdicts and answer.verdicts[0].verdict == "quarantined":
        raise Refused(answer.verdicts[0].code, answer.verdicts[0].reason)
    take_waiting(connection, counter, taking.arrived, now)


def put(connection: Connection, edit: str, name: str, record: Record, now: datetime) -> None:
    """Make a record of the central record's own, or bring the one that is there to the same fields."""
    table = tables.record
    held = connection.execute(select(table).where(table.c.id == record.id)).first()
    if held is None:
        write(connection, edit, name, [create(record)], now)
        return
    changes = changed(read_as(type(record), held), **record.model_dump(mode="json", exclude={"id"}))
    if changes:
        write(connection, edit, name, changes, now)


def put_worker(connection: Connection, edit: str, name: str, record: Worker, now: datetime) -> None:
    """Make a worker, or bring the one that is there to the same fields. What their laptops may hold is worked
    out anew; where they change teams that of the colleagues in both teams, too.
    """
    held = {row.id: read_as(Worker, row) for row in connection.execute(_WORKERS)}
    was = held.get(record.id)
    put(connection, edit, name, record, now)
    if was is None:
        return
    teams = {was.team, record.team} - {None} if was.team != record.team else set()
    about = [record.id, *(worker.id for worker in held.values() if worker.team in teams)]
    of_theirs = select(_device.c.id).where(_device.c.worker.in_(about)).order_by(_device.c.id)
    entitlement = Entitlement(connection, day_of(now))
    for device in connection.execute(of_theirs).scalars().all():
        counter = Counter(connection)
        entitlement.settle_device(device, counter.head)
        take_waiting_of(connection, counter, device, now)


def find_worker(connection: Connection, name: str, agency: str) -> str | None:
    """The id of the worker of this name and agency, if one is on record."""
    for row in connection.execute(_WORKERS):
        worker = read_as(Worker, row)
        if not worker.void and fold(worker.name) == fold(name) and worker.agency == agency:
            return str(row.id)
    return None


def namesakes(connection: Connection, worker: str) -> list[tuple[Worker, list[str]]]:
    """The other workers of the same name, each with the ids of their laptops whose access was not ended."""
    people = [read_as(Worker, row) for row in connection.execute(_WORKERS)]
    name = next(fold(person.name) for person in people if person.id == worker)
    laptops = (
        select(_device.c.id)
        .where(_device.c.worker == bindparam("worker"), _device.c.status != "revoked")
        .order_by(_device.c.id)
    )
    return [
        (person, list(connection.execute(laptops, {"worker": person.id}).scalars()))
        for person in people
        if person.id != worker and not person.void and fold(person.name) == name
    ]


def add_device(connection: Connection, device: str, worker: str, key: bytes, now: datetime) -> None:
    """Enrol a laptop of a worker who is on record; what it may hold is worked out at once."""
    row = {
        "id": device,
        "worker": worker,
        "public_key": key,
        "status": "active",
        "incarnation": "",
        "enrolled": now.isoformat(),
        "last_seen": "",
        "entitled_on": "",
    }
    in_bulk(connection, tables.device, [row])
    Entitlement(connection, day_of(now)).settle_device(device, Counter(connection).head)


def keep_statement(connection: Connection, device: str, given_up: str | None, now: datetime) -> None:
    """Keep what a laptop states to have given up (count and sum), and when it first said so."""
    if given_up is not None:
        connection.execute(_STATED, {"laptop": device, "stated": given_up, "at": now.isoformat()})


def revoke(connection: Connection, device: str) -> None:
    """End a laptop's access: it is told nothing more, and what it sends is kept aside."""
    connection.execute(update(tables.device).where(tables.device.c.id == device).values(status="revoked"))
