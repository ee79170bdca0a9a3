"""The encrypted file: nothing readable on disk, no way round the encryption, one sentence for each fault."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import get_args

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlcipher3 import dbapi2 as sqlcipher

from casework.errors import BadInput, OutreachError
from storage import cipher
from storage.backup import verify
from storage.cipher import Connection, JournalMode, close_database, open_database, vacuum, wipe
from storage.faults import translated

CANARY = "Quillfeather-Zebrowska"
KEY = bytearray(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "caseload.db"


def filled(connection: Connection, rows: int = 200) -> None:
    connection.execute("CREATE TABLE child (id INTEGER PRIMARY KEY, name TEXT, note TEXT)")
    connection.execute("CREATE VIRTUAL TABLE child_search USING fts5(name, note)")
    connection.execute("BEGIN IMMEDIATE")
    many = [(f"{CANARY} {n}", f"{CANARY} was seen at home {n} " * 5) for n in range(rows)]
    connection.executemany("INSERT INTO child (name, note) VALUES (?, ?)", many)
    connection.executemany("INSERT INTO child_search (name, note) VALUES (?, ?)", many)
    connection.execute("COMMIT")


def canaries(folder: Path) -> dict[str, int]:
    """Occurrences of the canary in every file of the folder and every open file of this process."""
    needles = (CANARY.encode(), CANARY.encode("utf-16-le"), CANARY.encode("utf-16-be"))
    found = {}
    open_files = list(Path("/proc/self/fd").iterdir()) if sys.platform == "linux" else []
    for file in [*folder.rglob("*"), *open_files]:
        try:
            if not file.is_file():
                continue
            data = file.read_bytes()
        except OSError:
            continue
        if count := sum(data.count(needle) for needle in needles):
            found[file.name] = count
    return found


@pytest.mark.parametrize("mode", get_args(JournalMode))
def test_no_canary_on_disk_in_any_journal_mode(path: Path, mode: JournalMode) -> None:
    connection = open_database(path, KEY, create=True, journal_mode=mode)
    filled(connection, 1500)
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == mode.lower()
    connection.execute("PRAGMA cache_size = 10")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("UPDATE child SET note = note || ' again'")
    assert canaries(path.parent) == {}, "while a transaction spills"
    cursor = connection.execute("SELECT note FROM child ORDER BY note DESC, name")
    cursor.fetchone()
    assert canaries(path.parent) == {}, "while a large sort runs"
    cursor.fetchall()
    connection.execute("ROLLBACK")
    assert canaries(path.parent) == {}
    close_database(connection, path)
    assert canaries(path.parent) == {}, "after close"
    assert path.read_bytes()[:16] != b"SQLite format 3\x00"


def test_the_canary_scan_finds_plain_sqlite(path: Path) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    filled(connection)
    assert sum(canaries(path.parent).values()) > 200
    connection.close()


def test_no_canary_after_a_kill_in_mid_transaction(path: Path) -> None:
    script = f"""
        import os
        from pathlib import Path
        from storage.cipher import open_database
        connection = open_database(Path({str(path)!r}), bytearray(range(32)), create=True)
        connection.execute("CREATE TABLE child (name TEXT)")
        connection.execute("INSERT INTO child VALUES ('kept')")
        connection.execute("PRAGMA cache_size = 10")
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT INTO child VALUES (?)", [({CANARY!r} * 50,) for _ in range(500)])
        os._exit(137)
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert done.returncode == 137
    assert canaries(path.parent) == {}
    connection = open_database(path, KEY)
    assert connection.execute("SELECT name FROM child").fetchall() == [("kept",)]
    connection.close()


def decrypted(path: Path) -> bytes:
    """Every page in the clear, free ones too, as someone with the data key could read them."""
    pages = b""
    data = path.read_bytes()
    for start in range(0, len(data), 4096):
        page = data[start : start + 4096]
        initial = page[-80:-64]
        cipher_text = page[16 if start == 0 else 0 : -80]
        pages += Cipher(AES(bytes(KEY)), CBC(initial)).decryptor().update(cipher_text)
    return pages


def test_purged_rows_leave_no_copy_even_for_who_has_the_key(path: Path) -> None:
    connection = open_database(path, KEY, create=True)
    filled(connection)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert decrypted(path).count(CANARY.encode()) > 400
    connection.execute("DELETE FROM child")
    connection.execute("DROP TABLE child_search")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    assert CANARY.encode() not in decrypted(path)
    before = path.stat().st_size
    vacuum(connection, path)
    assert path.stat().st_size < before / 2
    with pytest.raises(sqlcipher.DatabaseError):
        connection.execute("ATTACH ':memory:' AS other")
    close_database(connection, path)


def test_settings_of_an_opened_caseload(path: Path) -> None:
    connection = open_database(path, KEY, create=True)

    def value(name: str) -> object:
        return connection.execute(f"PRAGMA {name}").fetchone()[0]

    assert value("journal_mode") == "wal"
    assert value("synchronous") == 2
    assert value("secure_delete") == 1
    assert value("foreign_keys") == 1
    assert value("temp_store") == 2
    assert value("cipher_memory_security") == str(int(os.name == "nt"))
    assert value("cipher_page_size") == "4096"
    assert not connection.in_transaction
    connection.execute("CREATE TABLE t (a)")
    connection.execute("INSERT INTO t VALUES (1)")
    assert not connection.in_transaction
    assert path.stat().st_mode & 0o077 == 0
    assert all(file.stat().st_mode & 0o077 == 0 for file in path.parent.iterdir())


@pytest.mark.parametrize(
    "sql",
    [
        "ATTACH DATABASE '{out}' AS plain KEY ''",
        "ATTACH DATABASE ':memory:' AS plain",
        "VACUUM INTO '{out}'",
        "SELECT sqlcipher_export('main')",
        "SELECT load_extension('x')",
        "PRAGMA key = 'x'",
        "PRAGMA rekey = ''",
        "PRAGMA temp_store = FILE",
        "PRAGMA writable_schema = ON",
        "PRAGMA cipher_log = '{out}'",
        "DETACH DATABASE main",
    ],
)
def test_no_statement_writes_a_readable_copy(path: Path, sql: str) -> None:
    connection = open_database(path, KEY, create=True)
    filled(connection, 5)
    out = path.with_name("out.db")
    with pytest.raises(sqlcipher.Error):
        connection.execute(sql.format(out=out)).fetchall()
    assert not out.exists()
    connection.close()
    connection = open_database(path, KEY)
    assert connection.execute("SELECT count(*) FROM child").fetchone() == (5,)
    connection.close()


def test_backup_into_a_file_without_a_key_is_refused(path: Path) -> None:
    connection = open_database(path, KEY, create=True)
    filled(connection, 5)
    target = sqlcipher.connect(str(path.with_name("out.db")))
    with pytest.raises(sqlcipher.Error):
        connection.backup(target)
    target.close()
    connection.close()
    assert canaries(path.parent) == {}


def test_plaintext_database_is_refused_and_untouched(path: Path) -> None:
    plain = sqlite3.connect(path)
    plain.execute("CREATE TABLE t (a)")
    plain.commit()
    plain.close()
    before = path.read_bytes()
    for create in (False, True):
        with pytest.raises(OutreachError) as fault:
            open_database(path, KEY, create=create)
        assert fault.value.code == ("caseload-exists" if create else "plaintext-database")
    assert path.read_bytes() == before


def test_an_engine_that_forgets_the_key_makes_no_caseload(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cipher, "apply_key", lambda connection, key: None)
    with pytest.raises(BadInput) as fault:
        open_database(path, KEY, create=True)
    assert fault.value.code == "plaintext-database"


def test_wrong_key_missing_empty_foreign_and_truncated_are_named(path: Path) -> None:
    with pytest.raises(BadInput) as fault:
        open_database(path, KEY)
    assert fault.value.code == "no-caseload"
    path.touch()
    with pytest.raises(BadInput) as fault:
        open_database(path, KEY)
    assert fault.value.code == "empty-caseload"
    connection = open_database(path, KEY, create=True)
    filled(connection)
    close_database(connection, path)
    whole = path.read_bytes()

    def read() -> None:
        connection = open_database(path, bytearray(KEY))
        try:
            with translated(path):
                connection.execute("SELECT sum(length(note)) FROM child").fetchone()
        finally:
            connection.close()

    def code() -> str:
        with pytest.raises(BadInput) as fault:
            read()
        return fault.value.code

    with pytest.raises(BadInput) as fault:
        open_database(path, bytearray(32))
    assert fault.value.code == "caseload-unreadable"
    for length in (5, 16, 100, 4095, 4096, 8192, len(whole) // 2):
        path.write_bytes(whole[:length])
        assert code() == "caseload-unreadable", length
    path.write_bytes(os.urandom(8192))
    assert code() == "caseload-unreadable"
    path.write_bytes(b"PK\x03\x04" + whole[4:])
    assert code() == "caseload-unreadable"
    path.write_bytes(whole)
    foreign = sqlcipher.connect(str(path.with_name("foreign.db")), isolation_level=None)
    cipher.apply_key(foreign, KEY)
    foreign.execute("CREATE TABLE t (a)")
    foreign.close()
    with pytest.raises(BadInput):
        open_database(path.with_name("foreign.db"), KEY)
    connection = open_database(path, KEY)
    assert connection.execute("SELECT count(*) FROM child").fetchone() == (200,)
    connection.close()


def looked_through(path: Path) -> list[str]:
    try:
        connection = open_database(path, KEY, journal_mode="DELETE")
    except BadInput as fault:
        return [fault.message]
    try:
        return verify(connection, path, deep=True)
    finally:
        connection.close()


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_any_flipped_bit_is_detected(tmp_path: Path, place: int, bit: int) -> None:
    path = tmp_path / "caseload.db"
    if not path.exists():
        connection = open_database(path, KEY, create=True, journal_mode="DELETE")
        filled(connection, 30)
        close_database(connection, path)
    whole = path.read_bytes()
    bent = bytearray(whole)
    bent[place % len(whole)] ^= 1 << bit
    path.write_bytes(bent)
    try:
        assert looked_through(path) != []
    finally:
        path.write_bytes(whole)
    assert looked_through(path) == []


def test_the_engine_says_nothing_on_stderr(path: Path) -> None:
    connection = open_database(path, KEY, create=True)
    filled(connection)
    close_database(connection, path)
    script = f"""
        from pathlib import Path
        from casework.errors import OutreachError
        from storage.cipher import open_database
        try:
            open_database(Path({str(path)!r}), bytearray(32))
        except OutreachError as fault:
            print(fault.code)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("caseload-unreadable\n", "")


def test_the_key_goes_over_as_raw_bytes_and_its_hex_is_wiped() -> None:
    given: list[bytearray] = []
    seen: list[bytes] = []

    class Engine:
        def set_key(self, key: bytearray) -> None:
            given.append(key)
            seen.append(bytes(key))

    cipher.apply_key(Engine(), KEY)  # type: ignore[arg-type]
    assert seen == [b"x'" + KEY.hex().encode() + b"'"]
    assert given == [bytearray(67)]
    assert bytearray(range(32)) == KEY


def test_wipe_and_key_length(path: Path) -> None:
    key = bytearray(b"k" * 32)
    wipe(key)
    assert key == bytearray(32)
    for wrong in (b"", b"short", b"k" * 33):
        with pytest.raises(OutreachError):
            open_database(path, bytearray(wrong), create=True)
