"""The folder of a central record: its keys, its encrypted file, and opening both.

The file is the database itself, or for PostgreSQL what must not lie about in plain text: the address of the
database and the central record's own key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Engine, inspect, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from casework.errors import BadInput, Refused, Unreachable, UsageProblem
from casework.ids import new_id
from casework.text import clean
from storage.faults import translated
from storage.files import write_atomic
from storage.home import Claim, Home
from sync import signing
from sync.hub import tables
from sync.hub.counting import LEASE
from sync.hub.database import for_owner, open_postgresql, open_sqlite
from sync.hub.founding import found_hub
from sync.hub.gate import Gate
from sync.hub.hub import Hub
from sync.hub.migrations import is_current, upgrade
from sync.hub.versions import catch_up
from sync.hub.writing import in_bulk

OWN = frozenset({"key", "database", "approve"})
"""What the encrypted file alone holds: its key, where the database is, and whether a manager approves."""
_WHO = text("SELECT current_user, current_database()")
_PASSES = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = session_user")
"""Whether row-level security does not bind the account."""
_NOT_ALLOWED = frozenset({"42501", "3F000"})
"""PostgreSQL's codes for a right that is missing, and for no schema in which to make a table."""
_POSTGRESQL = ("postgresql://", "postgres://")


class HubHome(Home):
    """The data folder of a central record."""

    __slots__ = ()

    @property
    def database(self) -> Path:
        """The encrypted file."""
        return self.path / "hub.db"

    def claim_app(self) -> Claim:
        """Hold the central record for this process; Refused where another serves or restores it."""
        try:
            return super().claim_app()
        except Refused as refusal:
            if refusal.code != "already-open":
                raise
        sentence = "This central record is being served or restored already; end that first."
        raise Refused("already-served", sentence, str(self.path))

    @property
    def founding(self) -> Path:
        """The id of a central record that is being made on PostgreSQL; gone once it stands."""
        return self.path / "hub-unfinished"

    def begun(self) -> str | None:
        """The id of a central record whose making was broken off here; None where there is none."""
        with translated(self.founding):
            begun = self.setup_begun.exists() and self.founding.exists()
            return self.founding.read_text("ascii") if begun else None

    def end_set_up(self) -> None:
        """The central record stands."""
        if self.setup_begun.exists():
            super().end_set_up()
            with translated(self.founding):
                self.founding.unlink(missing_ok=True)

    def check_whole(self) -> None:
        """Raise BadInput unless a central record is here."""
        if self.has_keys and self.has_database:
            return
        if self.setup_begun.exists():
            raise _unfinished(self)
        if self.has_keys and (self.path / "caseload.db").exists():
            raise BadInput(
                "wrong-home",
                "This data folder holds a laptop's caseload and no central record: choose another --home,"
                " or make one there: outreach hub init.",
                str(self.path),
            )
        if self.has_keys or self.has_database:
            missing = "hub.db" if self.has_keys else "vault.json"
            raise BadInput(
                "hub-missing",
                f"{missing} of the central record is missing: put it back or restore a backup: "
                "outreach hub restore FILE.",
                str(self.path),
            )
        raise BadInput(
            "no-hub",
            "There is no central record in this data folder; make one: outreach hub init.",
            str(self.path),
        )

    def check_free(self) -> None:
        """Raise Refused where a central record or a caseload is already; one that was only begun is none."""
        is_begun = self.setup_begun.exists()
        if (self.has_database and not is_begun) or (self.path / "caseload.db").exists():
            raise Refused(
                "hub-exists",
                "This data folder holds a central record or a caseload already; choose another --home.",
                str(self.path),
            )
        if self.has_keys and not is_begun:
            raise Refused(
                "keys-without-hub",
                "vault.json holds the keys of a central record or a caseload that is missing: put it back,"
                " restore a backup, or choose another --home.",
                str(self.path),
            )


@dataclass
class OpenHub:
    """An open central record: its database, its key, and whether a manager approves each laptop."""

    hub: Hub
    file: Engine
    key: Ed25519PrivateKey
    approve: bool
    now: Callable[[], datetime]

    @property
    def engine(self) -> Engine:
        """The database of the records: the file, or PostgreSQL."""
        return self.hub.engine

    @property
    def is_file(self) -> bool:
        """Whether the records lie in the encrypted file itself."""
        return self.engine is self.file

    def gate(self) -> Gate:
        """Its door."""
        return Gate(self.hub, self.key, now=self.now, approve=self.approve)

    def set_lease(self, days: int) -> None:
        """From now on a laptop opens alone for so many days without a word; 0 is for ever."""
        with self.engine.begin() as connection:
            in_bulk(connection, tables.meta, [{"name": LEASE, "value": str(days)}])

    def passes_by_rows(self) -> bool:
        """Whether its account of PostgreSQL is one that row-level security does not bind."""
        if self.engine.dialect.name != "postgresql":
            return False
        with for_owner(self.engine).connect() as connection:
            return bool(connection.execute(_PASSES).scalar())

    def words(self) -> str:
        """Six words for its key, to be compared with those that a laptop shows at enrolment."""
        return signing.fingerprint_words(signing.public_text(self.key))

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()
        self.file.dispose()


def create_hub(
    home: HubHome, key: bytearray, *, database: str | None, approve: bool, now: Callable[[], datetime]
) -> OpenHub:
    """Make an empty central record under this data key, in the file or in an empty PostgreSQL database.

    What was broken off is done anew: a file that was only begun is removed, and a PostgreSQL database is
    taken in which the central record of this folder was founded already. Raises Refused for the database of
    another one, Unreachable where the server does not answer or goes away meanwhile.
    """
    address = checked_address(database) if database else ""
    begun = home.begun()
    if address:
        check_database(address, begun=begun)
    hub = begun or new_id()
    if home.setup_begun.exists():
        with translated(home.database):
            for left in home.path.glob(f"{home.database.name}*"):
                left.unlink()
    file = open_sqlite(home.database, key, create=True)
    held = {"key": signing.key_text(signing.new_key()), "approve": "1" if approve else ""}
    own = [{"name": name, "value": value} for name, value in (held | {"database": address}).items()]
    if not address:
        found_hub(file, hub=hub, epoch=new_id())
        _write(file, own)
    else:
        tables.meta.create(file)
        _write(file, own)
        write_atomic(home.founding, hub.encode())
        _found_on_postgresql(address, hub)
    opened = _opened(file, now)
    home.end_set_up()
    return opened


def _write(file: Engine, own: list[dict[str, str]]) -> None:
    with file.begin() as connection:
        in_bulk(connection, tables.meta, own)


def _found_on_postgresql(address: str, hub: str) -> None:
    engine = open_postgresql(address)
    try:
        found_hub(engine, hub=hub, epoch=new_id())
    except OperationalError:
        raise Unreachable(
            "database-unreachable",
            "The database went away before the central record was made; nothing is lost: run the same"
            " outreach hub init again.",
            "--database",
        ) from None
    finally:
        engine.dispose()


def open_hub(home: HubHome, key: bytearray, *, now: Callable[[], datetime]) -> OpenHub:
    """Open the central record of this folder. Raises BadInput, or Unreachable where PostgreSQL is not."""
    file = open_sqlite(home.database, key)
    try:
        opened = _opened(file, now)
    except BadInput as error:
        if error.code == "not-a-hub" and home.setup_begun.exists():
            raise _unfinished(home) from None
        raise
    home.end_set_up()
    return opened


def _unfinished(home: HubHome) -> BadInput:
    return BadInput(
        "setup-unfinished",
        "The making of this central record never ended, so there is nothing in it: start again with outreach"
        " hub init.",
        str(home.path),
    )


def checked_address(database: str) -> str:
    """The address of a PostgreSQL database. Raises UsageProblem for any other."""
    address = database.strip()
    if not address.startswith(_POSTGRESQL):
        raise UsageProblem(
            "bad-database",
            "The address of a database is postgresql://USER@HOST/NAME; without one a file is made.",
            "--database",
        )
    return address.replace("postgres://", "postgresql://", 1)


def _opened(file: Engine, now: Callable[[], datetime]) -> OpenHub:
    with file.begin() as connection:
        has = connection.dialect.has_table(connection, tables.meta.name)
        rows = connection.execute(select(tables.meta)).all() if has else []
        held = {row.name: row.value for row in rows}
    if "key" not in held:
        raise BadInput("not-a-hub", "hub.db is not the file of a central record; restore a backup.")
    engine = open_postgresql(held["database"]) if held.get("database") else file
    if engine is not file:
        _check_answers(engine)
    if not founded(engine):
        raise BadInput("not-a-hub", "The database holds no central record; restore a backup.")
    if not is_current(engine):
        upgrade(engine)
    with engine.begin() as connection:
        catch_up(connection, now())
    hub = Hub(engine, now=now)
    return OpenHub(hub, file, signing.key_of(held["key"]), bool(held.get("approve")), now)


def founded(engine: Engine) -> str | None:
    """The id of the central record in a database; "" in tables without one, None without tables."""
    with for_owner(engine).connect() as connection:
        if not inspect(connection).has_table(tables.meta.name):
            return None
        held = connection.execute(select(tables.meta.c.value).where(tables.meta.c.name == "hub")).scalar()
        return held or ""


def check_database(address: str, *, begun: str | None = None) -> None:
    """Raise Refused unless the PostgreSQL database at a checked address can become a central record's.

    It may hold the one with the id `begun`, whose making was broken off. It tries what making one does, and
    takes it back. Raises Unreachable where the server does not answer.
    """
    engine = open_postgresql(address)
    try:
        _check_answers(engine)
        if founded(engine) not in (None, begun, "" if begun else None):
            raise Refused(
                "hub-exists",
                "That database holds a central record already; to serve it from here too, copy that"
                " one's folder.",
                "--database",
            )
        with for_owner(engine).connect() as connection:
            _check_rights(connection)
    finally:
        engine.dispose()


def _check_rights(connection: Connection) -> None:
    from sync.hub.migrations import rows

    quote = connection.dialect.identifier_preparer.quote
    account, name = (quote(clean(one)) for one in connection.execute(_WHO).one())
    if connection.execute(_PASSES).scalar():
        raise Refused(
            "database-rights",
            f"{account} is a superuser of PostgreSQL or passes by row-level security, and a central record's"
            f" account may not; nothing was made: take another account, made by CREATE ROLE outreach LOGIN"
            f" CREATEROLE PASSWORD '...' and ALTER DATABASE {name} OWNER TO outreach.",
            "--database",
        )
    known = set(connection.execute(text("SELECT rolname FROM pg_roles")).scalars())
    roles = ", ".join(rows.ROLES)
    if known.issuperset(rows.ROLES):
        may_not, mend = "take the roles by which rows are guarded", f"GRANT {roles} TO {account}"
    else:
        may_not, mend = "make the roles by which rows are guarded", f"ALTER ROLE {account} CREATEROLE"
    try:
        for statement in (*rows.role_statements(), *(f"SET LOCAL ROLE {role}" for role in rows.ROLES)):
            connection.execute(text(statement))
        connection.execute(text("RESET ROLE"))
        may_not, mend = "make tables in that database", f"ALTER DATABASE {name} OWNER TO {account}"
        connection.execute(text("CREATE TABLE outreach_rights (name text)"))
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) not in _NOT_ALLOWED:
            raise
        raise Refused(
            "database-rights",
            f"The account {account} of PostgreSQL may not {may_not}, and nothing was made; "
            f"let its administrator run: {mend}.",
            "--database",
        ) from None
    finally:
        connection.rollback()


def _check_answers(engine: Engine) -> None:
    try:
        with engine.connect():
            pass
    except SQLAlchemyError:
        raise Unreachable(
            "database-unreachable",
            "The database of the central record cannot be reached: its server is away, or the address names"
            " no database or no account that is there.",
            "--database",
        ) from None
