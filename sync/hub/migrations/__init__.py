"""The steps by which a central record's database comes to the shape that this version works with."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, inspect, text

from casework.errors import Refused
from sync.hub.database import for_owner

_LOCK = 0x4F5555  # one process of several brings the database up to date
_HERE = Path(__file__).parent


def is_current(engine: Engine) -> bool:
    """Whether a database has this version's shape; cheaper than to bring it there."""
    newest = max(path.name.split("_")[1] for path in (_HERE / "versions").glob("step_*.py"))
    with for_owner(engine).begin() as connection:
        if not inspect(connection).has_table("migration"):
            return False
        return bool(connection.execute(text("SELECT version_num FROM migration")).scalar() == newest)


def upgrade(engine: Engine) -> None:
    """Bring a database to this version's shape, an empty one too; nothing where it has it.

    All in one transaction, so an interrupted upgrade has done nothing. Raises Refused("newer") where a later
    version of Outreach has been there.
    """
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(_HERE).replace("%", "%%"))
    with for_owner(engine).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        try:
            command.upgrade(config, "head")
        except CommandError:
            raise Refused(
                "newer",
                "A later version of Outreach has changed this central record; install that version here.",
            ) from None
