"""The steps of the database and the tables of the code are the same, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import inspect, text

from casework.errors import Refused
from sync.hub import tables
from sync.hub.database import for_owner
from sync.hub.founding import found_hub
from sync.hub.migrations import is_current, upgrade
from tests.sync.databases import Database


def test_the_steps_lead_to_the_tables_of_the_code(database: Database) -> None:
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    upgrade(database.engine)
    with for_owner(database.engine).begin() as connection:
        settings = {"version_table": "migration", "compare_type": True}
        differences = compare_metadata(MigrationContext.configure(connection, opts=settings), tables.metadata)
    assert differences == [], "write a step in sync/hub/migrations/versions"


def test_a_second_upgrade_changes_nothing(database: Database) -> None:
    found_hub(database.engine, hub="hub-of-the-test", epoch="epoch-1")
    upgrade(database.engine)
    with for_owner(database.engine).begin() as connection:
        assert len(connection.execute(tables.meta.select()).all()) == 4


def test_a_step_of_a_later_version_is_refused(database: Database) -> None:
    upgrade(database.engine)
    with for_owner(database.engine).begin() as connection:
        connection.execute(text("UPDATE migration SET version_num = '9999'"))
    with pytest.raises(Refused, match="later version"):
        upgrade(database.engine)


def test_a_database_of_earlier_steps_comes_to_the_shape_of_this_one(database: Database) -> None:
    upgrade(database.engine)
    with for_owner(database.engine).begin() as connection:
        connection.execute(text("UPDATE migration SET version_num = '0008'"))
        for index in ("record_scope", "record_ruling"):
            connection.execute(text(f"DROP INDEX {index}"))
        connection.execute(text("DROP TABLE formerly"))
        connection.execute(text("CREATE INDEX record_scope ON record(scope, seq)"))
    assert not is_current(database.engine)
    upgrade(database.engine)
    assert is_current(database.engine)
    with for_owner(database.engine).begin() as connection:
        found = {index["name"]: index["column_names"] for index in inspect(connection).get_indexes("record")}
    assert found["record_scope"] == ["scope", "seq", "device"]
    assert found["record_ruling"] == ["scope", "type"]
