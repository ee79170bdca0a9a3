"""The head of each laptop's audit, kept here: whoever cuts the newest entries off, or writes the whole audit
anew, cannot alter what is kept elsewhere.

A laptop is given the head that is kept and looks whether its audit holds it; with its next greeting it says
what its audit has at that place now. The head moves on only where both are the same, so nothing is lost with
an answer that did not arrive, and a greeting that comes late accuses nobody.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from sync.hub import tables
from sync.messages.greeting import Hello
from sync.messages.said import Cursor

_device = tables.device
_KEEP = (
    update(_device)
    .where(_device.c.id == bindparam("laptop"))
    .values(audit_seq=bindparam("seq"), audit_chain=bindparam("at"))
)


def anchor(connection: Connection, known: Row[Any], said: Hello, now: datetime) -> Cursor:
    """The head that is kept of a laptop's audit after its greeting; `known` is its row, just read."""
    device, kept = known.id, Cursor(seq=known.audit_seq, chain=known.audit_chain)
    if said.missing is not None:
        keep_missing(connection, device, said.missing, now)
        kept = _kept(connection, device)
    if said.anchored == kept:
        if said.audit != kept:
            _keep(connection, device, said.audit)
        return said.audit
    if said.anchored.seq == kept.seq:
        _name(connection, device, now)
    return kept


def keep_missing(connection: Connection, device: str, missing: Cursor | None, now: datetime) -> None:
    """A laptop says that its audit does not hold this head: it is named, and begins again with a new one."""
    if missing is not None and missing == _kept(connection, device):
        _name(connection, device, now)
        _keep(connection, device, Cursor())


def _kept(connection: Connection, device: str) -> Cursor:
    columns = select(_device.c.audit_seq, _device.c.audit_chain).where(_device.c.id == device)
    row = connection.execute(columns).one()
    return Cursor(seq=row.audit_seq, chain=row.audit_chain)


def _keep(connection: Connection, device: str, head: Cursor) -> None:
    connection.execute(_KEEP, {"laptop": device, "seq": head.seq, "at": head.chain})


def _name(connection: Connection, device: str, now: datetime) -> None:
    connection.execute(update(_device).where(_device.c.id == device).values(audit_lost=now.isoformat()))
