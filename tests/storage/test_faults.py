"""Each fault of the disk and of the engine is one sentence, and what was saved before stands."""

from __future__ import annotations

import errno
import shutil
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from casework.errors import Refused
from storage.cipher import close_database, open_database
from storage.faults import from_database, from_os, translated

CANARY = "Quillfeather-Zebrowska"
KEY = bytearray(range(32))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "caseload.db"


def test_busy_is_one_sentence(path: Path) -> None:
    first = open_database(path, KEY, create=True)
    first.execute("CREATE TABLE t (a)")
    second = open_database(path, KEY)
    second.execute("PRAGMA busy_timeout = 0")
    first.execute("BEGIN IMMEDIATE")
    with pytest.raises(Refused) as fault, translated(path):
        second.execute("BEGIN IMMEDIATE")
    assert fault.value.code == "busy"
    first.execute("ROLLBACK")
    first.close()
    second.close()


def test_a_write_waits_for_another_process_as_long_as_an_import_takes(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = open_database(path, KEY, create=True), open_database(path, KEY)
    first.execute("BEGIN IMMEDIATE")
    seconds = iter(range(1000))
    monkeypatch.setattr("storage.patience.time.monotonic", lambda: float(next(seconds)))
    with pytest.raises(Refused) as fault, translated(path):
        second.execute("BEGIN IMMEDIATE")
    assert fault.value.code == "busy"
    assert next(seconds) == 31
    first.close()
    second.close()


def run_limited(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="RLIMIT_FSIZE is POSIX")
@pytest.mark.parametrize("mode", ["WAL", "DELETE"])
def test_full_disk_keeps_what_was_saved(path: Path, mode: str) -> None:
    done = run_limited(
        f"""
        import resource, sys
        from pathlib import Path
        from casework.errors import OutreachError
        from storage.cipher import open_database
        from storage.faults import translated
        path = Path({str(path)!r})
        connection = open_database(path, bytearray(range(32)), create=True, journal_mode={mode!r})
        connection.execute("CREATE TABLE note (text TEXT)")
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))
        saved = 0
        try:
            with translated(path):
                for n in range(10_000):
                    connection.execute("INSERT INTO note VALUES (?)", ("x" * 3000,))
                    saved += 1
        except OutreachError as fault:
            print(saved, fault.code, fault.exit_code)
        """
    )
    saved, code, exit_code = done.stdout.split()
    assert done.stderr == ""
    assert code in {"disk-full", "disk-fault"}
    assert exit_code == "5"
    connection = open_database(path, KEY)
    assert connection.execute("SELECT count(*) FROM note").fetchone()[0] == int(saved) > 10
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.skipif(sys.platform == "win32", reason="folder modes are POSIX")
@pytest.mark.parametrize("step", ["create", "open"])
def test_read_only_folder_is_one_sentence(step: str) -> None:
    folder = Path(tempfile.mkdtemp(prefix="read-only-"))  # not below tmp_path: another account must reach it
    path = folder / "caseload.db"
    if step == "open":
        connection = open_database(path, KEY, create=True)
        connection.execute("CREATE TABLE t (a)")
        close_database(connection, path)
        path.chmod(0o444)
    folder.chmod(0o555)
    done = run_limited(
        f"""
        import os
        from pathlib import Path
        from casework.errors import OutreachError
        from storage.cipher import open_database
        if os.geteuid() == 0:
            os.setresuid(65534, 65534, 65534)  # root may write anywhere
        try:
            open_database(Path({str(path)!r}), bytearray(range(32)), create={step == "create"})
        except OutreachError as fault:
            print(fault.code, fault.exit_code)
        """
    )
    folder.chmod(0o700)
    shutil.rmtree(folder)
    assert (done.stdout, done.stderr) == ("read-only 5\n", "")


def test_every_error_code_has_a_sentence_without_the_engines_words(tmp_path: Path) -> None:
    for number in [*range(1, 29), 266, 778, 2570]:
        error = sqlcipher.OperationalError(f"near {CANARY}: syntax error")
        error.sqlite_errorcode, error.sqlite_errorname = number, "SQLITE_NAME"
        fault = from_database(error, tmp_path / "caseload.db")
        assert CANARY not in fault.message
        assert fault.message.endswith(".")
    for number in range(1, 134):
        fault = from_os(OSError(number, CANARY, CANARY), tmp_path / "caseload.db")
        assert CANARY not in fault.message


def test_sqlite_utils_runs_on_the_encrypted_engine(path: Path) -> None:
    script = f"""
        from pathlib import Path
        from storage.cipher import open_database, shim
        shim()
        from sqlite_utils.db import Database
        connection = open_database(Path({str(path)!r}), bytearray(range(32)), create=True)
        table = Database(connection)["child"]
        table.insert({{"id": 1, "name": "Zoë"}}, pk="id")
        table.enable_fts(["name"], create_triggers=True, tokenize="unicode61 remove_diacritics 2")
        table.transform(rename={{"name": "known_as"}})
        print([row["known_as"] for row in table.rows], connection.in_transaction)
    """
    done = run_limited(script)
    assert (done.stdout, done.stderr) == ("['Zoë'] False\n", "")


@pytest.mark.parametrize(("size", "room"), [(None, 100), (0, 100), (1_000_000, 150), (93_400_000, 200)])
def test_a_full_disk_says_how_much_room_is_enough(tmp_path: Path, size: int | None, room: int) -> None:
    path = tmp_path / "caseload.db"
    if size is not None:
        with path.open("wb") as file:
            file.truncate(size)
    fault = from_os(OSError(errno.ENOSPC, "No space left on device"), path)
    assert f"make {room} MB of room on its disk" in fault.message
