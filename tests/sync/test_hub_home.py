"""A central record's folder, with the records in its file or in PostgreSQL: made, served, kept, put back."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Engine, inspect, make_url, select, text
from sqlalchemy.exc import OperationalError

from casework.errors import BadInput, Refused, Unreachable, UsageProblem
from storage.backup import Secret, backup
from storage.cipher import close_database, open_database
from storage.home import Home
from storage.vault import Vault
from sync.hub import care, founding, keeping, tables
from sync.hub import home as home_module
from sync.hub.database import for_owner, open_postgresql
from sync.hub.founding import found_hub
from sync.hub.home import HubHome, check_database, create_hub, open_hub
from sync.hub.keeping import back_up, put_back
from sync.hub.migrations import rows
from sync.hub.writing import in_bulk
from tests.cli.conftest import Line, secret_file
from tests.sync.databases import PostgresqlDatabase, Server
from tests.sync.served import Served, Site, child
from tests.tools.vaults import FAST, NOW, PASSPHRASE

copy = keeping._copy


def copied_by_an_earlier_version(source: Engine, target: Engine) -> None:
    copy(source, target)
    with target.begin() as connection:
        connection.execute(text("DROP TABLE acknowledged"))
        connection.execute(text("ALTER TABLE device DROP COLUMN audit_lost"))


def test_on_postgresql_the_folder_keeps_address_and_key_and_a_backup_has_all(
    postgresql: PostgresqlDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that an earlier version made."""
    monkeypatch.setattr(keeping, "_copy", copied_by_an_earlier_version)
    site = Site(tmp_path)
    site.served.stop()
    site.hub.close()
    home = HubHome(tmp_path / "county")
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    site.home = home
    site.hub = create_hub(home, key, database=postgresql.address, approve=False, now=site.clock)
    site.served = Served(site.hub)
    ana = site.laptop()
    tilly = child(ana)
    assert site.sync(ana).session.agreed
    assert not site.hub.is_file
    for path in home.path.iterdir():
        assert postgresql.address.encode() not in path.read_bytes(), path.name
    with site.hub.file.begin() as connection:
        names = set(connection.execute(select(tables.meta.c.name)).scalars())
    assert names == {"key", "database", "approve"}

    target = tmp_path / "county.backup"
    back_up(site.hub, key, home, target)
    assert not list(home.path.glob("hub-copy*"))
    other = HubHome(tmp_path / "elsewhere")
    other.path.mkdir()
    with pytest.raises(Refused, match="still holds a central record"):
        put_back(target, other, Secret(passphrase=PASSPHRASE), now=NOW, put_aside=False)
    assert {path.suffix for path in other.path.iterdir()} == {".lock"}, "nothing was changed"
    with pytest.raises(Refused):
        create_hub(
            HubHome(tmp_path / "third"), key, database=postgresql.address, approve=False, now=site.clock
        )
    site.served.stop()
    site.hub.close()
    postgresql.make_anew()
    restored = put_back(target, other, Secret(passphrase=PASSPHRASE), now=NOW, put_aside=False)
    site.hub = open_hub(other, restored.key, now=site.clock)
    with site.hub.engine.begin() as connection:
        assert care.problems(connection) == []
        held = connection.execute(select(tables.record.c.id).where(tables.record.c.id == tilly.id)).scalar()
    assert held == tilly.id
    site.served = Served(site.hub)
    ana.conn.execute("UPDATE sync_state SET value = ? WHERE name = 'url'", (site.url,))
    assert site.sync(ana).session.agreed
    site.close()


def test_a_backup_whose_server_does_not_answer_changes_nothing(
    postgresql: PostgresqlDatabase, tmp_path: Path
) -> None:
    home = HubHome(tmp_path / "county")
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    made = create_hub(home, key, database=postgresql.address, approve=False, now=lambda: NOW)
    with made.file.begin() as connection:
        away = make_url(postgresql.address).set(host="127.0.0.1", port=1, query={"connect_timeout": "2"})
        address = away.render_as_string(hide_password=False)
        in_bulk(connection, tables.meta, [{"name": "database", "value": address}])
    target = tmp_path / "county.backup"
    back_up(made, key, home, target)
    made.close()
    before = {path.name: path.read_bytes() for path in home.path.iterdir()}
    line = Line(home.path, secret_file(tmp_path, PASSPHRASE))
    for folder, more in ((home.path, ("--put-aside",)), (tmp_path / "other", ())):
        line = Line(folder, line.secret)
        refused = line("hub", "restore", str(target), *more, "--json", today=None)
        assert (refused.code, refused.json["error"]["code"]) == (6, "database-unreachable"), refused.err
    after = {path.name: path.read_bytes() for path in home.path.iterdir()}
    assert {name: after[name] for name in before} == before
    assert {name.rpartition(".")[2] for name in after.keys() - before.keys()} <= {"lock"}
    assert not line.home.exists() or not any(path.suffix != ".lock" for path in line.home.iterdir())


def test_check_finds_a_sum_and_a_log_that_do_not_fit(tmp_path: Path) -> None:
    site = Site(tmp_path)
    try:
        ana = site.laptop()
        child(ana)
        site.sync(ana)
        with site.hub.engine.begin() as connection:
            assert care.problems(connection) == []
            assert care.counts(connection)["laptops_active"] == 1
            row = dict(connection.execute(select(tables.digest)).first()._mapping)  # type: ignore[union-attr]
            in_bulk(connection, tables.digest, [row | {"facets": row["facets"] + 1}])
            [found] = care.problems(connection)
            assert found.startswith("The sums of 1 scopes")
            connection.execute(tables.log.update().where(tables.log.c.seq == 2).values(hash=b"other"))
            assert care.problems(connection)[0].startswith("The log does not hold together at number 2")
    finally:
        site.close()


def test_a_caseload_is_no_central_record_and_a_database_is_postgresql(tmp_path: Path) -> None:
    home = HubHome(tmp_path / "home")
    with pytest.raises(BadInput, match="outreach hub init"):
        home.check_whole()
    home.path.mkdir()
    (home.path / "caseload.db").write_bytes(b"x")
    with pytest.raises(Refused):
        home.check_free()
    with pytest.raises(UsageProblem):
        create_hub(home, bytearray(32), database="mysql://x", approve=False, now=lambda: NOW)


def test_a_laptops_backup_takes_no_central_records_place(tmp_path: Path) -> None:
    home, laptop = HubHome(tmp_path / "home"), Home(tmp_path / "laptop")
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    create_hub(home, key, database=None, approve=False, now=lambda: NOW).close()
    _, other, _ = Vault.create(laptop, PASSPHRASE, kdf=FAST)
    caseload = open_database(laptop.database, other, create=True)
    backup(caseload, other, laptop, tmp_path / "backup")
    close_database(caseload, laptop.database)
    before = {path.name for path in home.path.iterdir()}
    with pytest.raises(BadInput, match="no backup of a central record"):
        put_back(tmp_path / "backup", home, Secret(passphrase=PASSPHRASE), now=NOW, put_aside=True)
    assert {path.name for path in home.path.iterdir()} - before <= {"app.lock", "backup.lock"}
    open_hub(home, key, now=lambda: NOW).close()


class _Broken(Exception):
    """A kill, where it is to come."""


def _break(*_: object, **__: object) -> None:
    raise _Broken


@pytest.mark.parametrize(
    ("kind", "at"),
    [
        ("sqlite", "in_bulk"),
        ("sqlite", "_write"),
        ("sqlite", "end_set_up"),
        ("postgresql", "_write"),
        ("postgresql", "in_bulk"),
        ("postgresql", "end_set_up"),
    ],
)
def test_a_making_that_was_broken_off_is_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, kind: str, at: str
) -> None:
    """Wherever it was: before or after the database was written to, or between its two steps."""
    on = request.getfixturevalue("postgresql").address if kind == "postgresql" else None
    where = {"in_bulk": founding, "end_set_up": HubHome}.get(at, home_module)
    home = HubHome(tmp_path / "county")
    with monkeypatch.context() as patched:
        patched.setattr(where, at, _break)
        _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
        with pytest.raises(_Broken):
            create_hub(home, key, database=on, approve=False, now=lambda: NOW)
    if at != "end_set_up":
        with pytest.raises(BadInput, match="start again with outreach hub init"):
            open_hub(home, key, now=lambda: NOW)
    elif on:
        with pytest.raises(Refused, match="holds a central record already"):
            create_hub(HubHome(tmp_path / "other"), key, database=on, approve=False, now=lambda: NOW)
    home.check_free()
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    create_hub(home, key, database=on, approve=False, now=lambda: NOW).close()
    with pytest.raises(Refused):
        home.check_free()
    opened = open_hub(home, key, now=lambda: NOW)
    assert opened.is_file == (on is None)
    opened.close()
    assert not {path.name for path in home.path.iterdir()} & {"setup-unfinished", "hub-unfinished"}


def test_a_server_that_goes_away_while_a_central_record_is_made_is_said_so(
    postgresql: PostgresqlDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def go_away(*_: object, **__: object) -> None:
        raise OperationalError("SELECT", {}, Exception("terminating connection"))

    home = HubHome(tmp_path / "county")
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    monkeypatch.setattr(home_module, "found_hub", go_away)
    with pytest.raises(Unreachable, match="run the same outreach hub init again"):
        create_hub(home, key, database=postgresql.address, approve=False, now=lambda: NOW)


@pytest.fixture
def plain(server: Server) -> Iterator[str]:
    """The address of a database that is owned by an account with no other right."""
    name = f"plain_{uuid4().hex[:12]}"
    server.run(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'", f"CREATE DATABASE {name} OWNER {name}")
    url = make_url(server.address).set(database=name, username=name, password=name)
    yield url.render_as_string(hide_password=False)
    server.run(f"DROP DATABASE {name} WITH (FORCE)", f"DROP ROLE {name}")


def test_who_serves_with_an_account_that_row_security_does_not_bind_is_warned(
    plain: str, server: Server, postgresql: PostgresqlDatabase, tmp_path: Path
) -> None:
    """It was bound when the central record was made."""
    found_hub(postgresql.engine, hub="hub-0001", epoch="epoch-1")  # from here on the server has the roles
    account = make_url(plain).username
    server.run(f"GRANT {', '.join(rows.ROLES)} TO {account}")
    home = HubHome(tmp_path / "county")
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    create_hub(home, key, database=plain, approve=False, now=lambda: NOW).close()
    line = Line(home.path, secret_file(tmp_path, PASSPHRASE))
    warnings = []
    for right in ("NOSUPERUSER", "SUPERUSER", "NOSUPERUSER BYPASSRLS"):
        server.run(f"ALTER ROLE {account} {right}")
        served = line("hub", "serve", "--host", "0.0.0.0", today=None)
        assert served.code == 2, served.err  # without TLS nothing is served there
        warnings.append("a superuser or passes by row-level security" in served.err)
    assert warnings == [False, True, True]


def test_an_account_that_lacks_a_right_is_told_which_before_anything_is_made(
    plain: str,
    server: Server,
    postgresql: PostgresqlDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each mend that is named is one, and no try leaves a role or a table."""
    found_hub(postgresql.engine, hub="hub-0001", epoch="epoch-1")  # from here on the server has the roles
    account, none = make_url(plain).username, "nobody_" + uuid4().hex[:8]

    def mend(right: str) -> None:
        with pytest.raises(Refused, match=right) as refused:
            check_database(plain)
        assert (refused.value.code, refused.value.exit_code) == ("database-rights", 5)
        server.run(refused.value.message.rpartition("administrator run: ")[2].rstrip("."))

    server.run(f"ALTER DATABASE {account} OWNER TO CURRENT_USER")
    with monkeypatch.context() as patched:
        patched.setattr(rows, "ROLES", (none,))
        mend("may not make the roles")
        server.run(f"ALTER ROLE {account} CREATEROLE")
        with pytest.raises(Refused, match="may not make tables"):
            check_database(plain)
        server.run(f"ALTER ROLE {account} NOCREATEROLE")
    line = Line(tmp_path / "county", secret_file(tmp_path, PASSPHRASE))
    made = line("hub", "init", "--database", plain, "--json", today=None)
    assert (made.code, made.json["error"]["code"]) == (5, "database-rights")
    assert not line.home.exists()
    server.run(f"ALTER ROLE {account} SUPERUSER")
    with pytest.raises(Refused, match="row-level security") as refused:
        check_database(plain)
    assert refused.value.code == "database-rights"
    server.run(f"ALTER ROLE {account} NOSUPERUSER")
    mend("may not take the roles")
    mend("may not make tables")
    made = line("hub", "init", "--database", plain, "--json", today=None)
    assert made.code == 0, made.err
    engine = for_owner(open_postgresql(plain))
    with engine.begin() as connection:
        assert not inspect(connection).has_table("outreach_rights")
        found = connection.execute(
            text("SELECT count(*) FROM pg_roles WHERE rolname = :name"), {"name": none}
        )
        assert found.scalar() == 0
    engine.dispose()
    with pytest.raises(Refused, match="holds a central record already"):
        check_database(plain)


def test_a_central_record_that_is_served_is_not_put_back(tmp_path: Path) -> None:
    home = HubHome(tmp_path / "central")
    home.path.mkdir()
    with home.claim_app(), pytest.raises(Refused, match="being served or restored already") as refused:
        home.claim_app()
    assert refused.value.code == "already-served"
