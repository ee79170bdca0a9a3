"""How the log of a central record begins: empty, or from a backup that was put back."""

from __future__ import annotations

import json

from sqlalchemy import Connection, Engine

from sync.hub import tables
from sync.hub.counting import CHAIN_BYTES, ENDED, Counter
from sync.hub.migrations import upgrade
from sync.hub.writing import in_bulk


def found_hub(engine: Engine, *, hub: str, epoch: str) -> None:
    """Make an empty central record. `hub` and `epoch` are random ids."""
    upgrade(engine)
    with engine.begin() as connection:
        rows = {"hub": hub, "epoch": epoch, "head": "0", "chain": bytes(CHAIN_BYTES).hex()}
        in_bulk(connection, tables.meta, [{"name": n, "value": v} for n, v in rows.items()])


def new_epoch(connection: Connection, epoch: str) -> None:
    """After a restore nothing that laptops remember of this record's order holds beyond its newest number."""
    counter = Counter(connection, lock=False)
    ended = json.dumps([*counter.ended, (counter.epoch, counter.head)])
    in_bulk(connection, tables.meta, [{"name": "epoch", "value": epoch}, {"name": ENDED, "value": ended}])
