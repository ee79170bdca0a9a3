"""A step that meets another transaction is tried again; what fails tells nothing of a child."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from sync.hub import tables
from sync.hub.database import transact
from sync.hub.hub import found_hub
from tests.sync.databases import Database, PostgresqlDatabase

EPOCH = tables.meta.c.name == "epoch"


def write(connection: Connection, value: str) -> None:
    connection.execute(update(tables.meta).where(EPOCH).values(value=value))


def read(connection: Connection) -> str:
    return str(connection.execute(select(tables.meta.c.value).where(EPOCH)).scalar_one())


def test_a_step_that_met_another_is_tried_again(postgresql: PostgresqlDatabase) -> None:
    engine = postgresql.engine
    found_hub(engine, hub="hub-of-the-test", epoch="epoch-1")
    seen: list[str] = []

    def step(connection: Connection) -> str:
        seen.append(read(connection))
        if len(seen) == 1:
            with engine.begin() as other:
                write(other, "epoch-of-the-other")
        assert read(connection) == seen[-1]  # all at one moment
        write(connection, f"after {seen[-1]}")
        return read(connection)

    assert transact(engine, step, still=True) == "after epoch-of-the-other"
    assert seen == ["epoch-1", "epoch-of-the-other"]


def test_what_fails_does_not_tell_what_was_written(database: Database) -> None:
    found_hub(database.engine, hub="hub-of-the-test", epoch="epoch-1")
    row = {"name": "epoch", "value": "Tilly Marsh"}
    with pytest.raises(IntegrityError) as failed, database.engine.begin() as connection:
        connection.execute(insert(tables.meta).values(row))
    assert "Tilly" not in str(failed.value)
