"""A step that meets another transaction is tried again; what fails tells nothing of a child."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from sqlalchemy import Connection, event, insert, select, update
from sqlalchemy.exc import IntegrityError

from sync.hub import tables
from sync.hub.api import AT_ONCE
from sync.hub.database import for_owner, open_postgresql, transact
from sync.hub.founding import found_hub
from sync.hub.hub import Hub
from sync.hub.writing import in_bulk, insert_all
from sync.messages.steps import Changed, Push, SentEdit
from tests.sync import crowd
from tests.sync.databases import Database, PostgresqlDatabase, SqliteDatabase

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


def test_many_requests_at_once_open_one_connection_to_a_file(tmp_path: Path) -> None:
    """Each would keep pages of the file in memory, and only one of them works."""
    database = SqliteDatabase(tmp_path, lasting=False)
    database.found()
    opened: list[object] = []
    event.listen(database.engine, "connect", lambda raw, _: opened.append(raw))
    database.engine.dispose()
    begun = Barrier(AT_ONCE)

    def write_on(_: int) -> None:
        begun.wait()
        for _ in range(3):
            transact(database.engine, lambda connection: write(connection, read(connection) + "x"))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(write_on, range(AT_ONCE)))
    with database.engine.begin() as connection:
        assert read(connection).endswith("x" * 3 * AT_ONCE)
    assert len(opened) == 1
    database.close()


def test_a_connection_that_ended_while_it_was_idle_is_made_anew(
    postgresql: PostgresqlDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sync.hub.database._FRESH", 0.0)
    found_hub(postgresql.engine, hub="hub-0001", epoch="epoch-1")
    with postgresql.engine.begin() as connection:
        own = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    other = open_postgresql(postgresql.address)
    with for_owner(other).begin() as connection:
        connection.exec_driver_sql(f"SELECT pg_terminate_backend({own})")
    other.dispose()
    with postgresql.engine.begin() as connection:
        assert connection.execute(select(tables.meta.c.value).where(tables.meta.c.name == "hub")).scalar()


def test_what_fails_does_not_tell_what_was_written(database: Database) -> None:
    found_hub(database.engine, hub="hub-of-the-test", epoch="epoch-1")
    row = {"name": "epoch", "value": "Tilly Marsh"}
    with pytest.raises(IntegrityError) as failed, database.engine.begin() as connection:
        connection.execute(insert(tables.meta).values(row))
    assert "Tilly" not in str(failed.value)


@pytest.mark.parametrize(
    "text", ['{"note": "she said \\\\\\"no\\\\\\", {then} \\\\\\\\ left"}', "a,b'c\n{NULL}", "", "Zoë 🙂"]
)
def test_rows_stand_as_they_were_written(database: Database, text: str) -> None:
    found_hub(database.engine, hub="hub-0001", epoch="epoch-1")
    sums = {"lead": "family", "facet": "family", "facets": 3}
    rows = [{"scope": f"{text}{n % 2}", **sums, "total": bytes([n, 0, 34, 92])} for n in range(4)]
    with database.engine.begin() as connection:
        in_bulk(connection, tables.digest, rows)
        in_bulk(connection, tables.device, [{"id": "d", "worker": text, "public_key": b"", **_NEW_LAPTOP}])
        insert_all(connection, tables.natural, [{"key": key, "record": text} for key in ("b", "a")])
    with database.engine.begin() as connection:
        kept = connection.execute(select(tables.digest).order_by(tables.digest.c.total)).all()
        laptop = connection.execute(select(tables.device)).one()
        keys = connection.execute(select(tables.natural).order_by(tables.natural.c.key)).all()
    # Of two rows with one key the later one stands.
    assert [(row.scope, bytes(row.total)) for row in kept] == [
        (row["scope"], row["total"]) for row in rows[2:]
    ]
    assert (laptop.worker, laptop.status, laptop.given_up, laptop.audit_seq) == (text, "active", "", 0)
    assert [tuple(row) for row in keys] == [("a", text), ("b", text)]


_NEW_LAPTOP = {"status": "active", "enrolled": "2026-11-23T09:00:00+00:00"}


def test_a_push_that_was_taken_before_leaves_nothing_to_commit(database: Database) -> None:
    hub = Hub(database.engine, now=lambda: crowd.NOW)
    crowd.found(hub, 1)
    team = Changed(type="team", record="team-0009", field="", new={"name": "Medway", "district": ""})
    push = Push(
        edits=[SentEdit(id="edit-0001", worker="worker-0000", name="", at="", seen=0, changes=[team])]
    )
    hub.push(crowd.device_id(0), push)
    wrote: list[str] = []

    def note(_: Connection, __: object, statement: str, *___: object) -> None:
        if not statement.startswith(("SELECT", "PRAGMA", "BEGIN")):
            wrote.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    again = hub.push(crowd.device_id(0), push)
    event.remove(database.engine, "before_cursor_execute", note)
    assert ([one.again for one in again.verdicts], wrote) == ([True], [])
