"""What a manager looks into at the central record: audits that were lost, and bundles that were refused."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from casework.errors import Refused
from casework.ids import new_id
from sync.hub import tables
from sync.hub.deciding import decided

_MOST_BUNDLES = 50
_TAKEN = ("taken", "answered")


def acknowledged(connection: Connection) -> dict[str, list[dict[str, str]]]:
    """By laptop, each loss of its audit that somebody looked into: when it was found, who, when and why."""
    table, found = tables.acknowledged, defaultdict(list)
    for row in connection.execute(select(table).order_by(table.c.at)):
        found[row.device].append({"found": row.found, "at": row.at, "by": row.by, "reason": row.reason})
    return dict(found)


def acknowledge(connection: Connection, device: str, by: str, reason: str, now: datetime) -> dict[str, str]:
    """Somebody looked into what was found of a laptop's audit: it is an alarm no more, and stays on record.

    Raises BadInput for an empty name or reason, Refused where there is nothing to look into.
    """
    said = decided(by, reason)
    table = tables.device
    found = connection.execute(select(table.c.audit_lost).where(table.c.id == device)).scalar_one()
    if not found or found in {one["found"] for one in acknowledged(connection).get(device, [])}:
        raise Refused("nothing-to-acknowledge", "Nothing was found of that laptop's audit since.", "DEVICE")
    row = {"device": device, "found": found, "at": now.isoformat()} | said
    connection.execute(insert(tables.acknowledged), [row | {"id": new_id()}])
    return {name: value for name, value in row.items() if name != "device"}


def looked_into(connection: Connection, device: str, found: str) -> str | None:
    """When somebody looked into the loss of a laptop's audit that was found then; None where nobody did."""
    table = tables.acknowledged
    row = select(table.c.at).where(table.c.device == device, table.c.found == found)
    return connection.execute(row).scalars().first()


def refused_bundles(connection: Connection) -> list[dict[str, Any]]:
    """The newest bundles that were refused: when, why, how large, and whose each says it is."""
    table = tables.bundle_log
    rows = connection.execute(
        select(table.c.at, table.c.device, table.c.code, table.c.bytes)
        .where(table.c.code.not_in(_TAKEN))
        .order_by(table.c.at.desc())
        .limit(_MOST_BUNDLES)
    )
    return [dict(row._mapping) for row in rows]
