"""After a lock no name is left in the memory of the process, and the worker comes back to where they were."""

from __future__ import annotations

import os
import shlex
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records import Calendar, Child, School, Team, Worker
from casework.records_attendance import AttendanceWeek
from outreach_tui.guarded import GuardedApp
from outreach_tui.relock import Resume, replace_process, take_resume
from screens.reopening import PageOpen
from storage.cipher import open_database
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from tests.screens.test_terminal import ROOT, environment
from tests.tools.vaults import FAST

CANARY = "Zebediahcanary"
PASSPHRASE = "harbour violet ladder"
TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(tmp_path / "home")
    made.prepare()
    _, key, _ = Vault.create(made, PASSPHRASE, kdf=FAST)
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    store = Store.set_up(made.database, key, worker=worker, team=team, now=lambda: NOW, today=TODAY)
    school = School(id=new_id(), urn="999001", name="Oakhanger Primary")
    term = Calendar(
        id=new_id(), school=school.id, kind="term", start=date(2026, 9, 1), end=date(2026, 12, 18)
    )
    child = Child(id=new_id(), surname="Marsh", forename=CANARY, school=school.id)
    week = AttendanceWeek(
        id=new_id(),
        child=child.id,
        school=school.id,
        week=date(2026, 11, 16),
        marks="/ \\ / \\ / \\ / \\ N N",
    )
    store.journal.commit(Edit("Add", tuple(create(record) for record in (school, term, child, week))))
    store.close()
    return made


def command_of(home: Home) -> list[str]:
    arguments = ["--home", str(home.path), "--today", TODAY.isoformat()]
    return [sys.executable, "-P", "-m", "outreach_tui", *arguments]


def unlocked(command: list[str], timeout: int = 40) -> Any:
    """The app in a terminal of its own, with the passphrase typed."""
    pexpect = pytest.importorskip("pexpect")
    first, *rest = command
    more = {"dimensions": (24, 80), "cwd": str(ROOT), "timeout": timeout}
    app = pexpect.spawn(first, rest, env=environment(), **more)
    app.expect("Passphrase")
    app.send(f"{PASSPHRASE}\r")
    return app


def copies_in_memory(pid: int, needle: bytes) -> int:
    """How often `needle` stands in the readable and writable memory of a process."""
    found = 0
    with Path(f"/proc/{pid}/maps").open() as maps, Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            start, end = (int(part, 16) for part in span.split("-"))
            try:
                memory.seek(start)
                found += memory.read(end - start).count(needle)
            except OSError:
                continue
    return found


@pytest.mark.skipif(
    not Path("/proc/self/mem").exists() or os.geteuid() != 0,
    reason="reading another process's memory needs Linux and root: the app forbids it to everybody else",
)
def test_nothing_of_the_caseload_is_left_in_memory_after_a_lock(home: Home) -> None:
    pexpect = pytest.importorskip("pexpect")
    app = unlocked(command_of(home))
    app.expect("date set: Fri 20 Nov 2026")
    app.expect(CANARY[:10])
    assert copies_in_memory(app.pid, CANARY.encode()) > 0
    app.send("\x0c")
    app.expect("Locked")
    app.expect("Passphrase")
    assert copies_in_memory(app.pid, CANARY.encode()) == 0
    assert copies_in_memory(app.pid, CANARY.lower().encode()) == 0
    app.send(f"{PASSPHRASE}\r")
    app.expect(CANARY[:10])
    app.send("q")
    app.expect(pexpect.EOF)
    app.close()
    assert app.exitstatus == 0


@pytest.mark.skipif(
    not Path("/proc/self/mem").exists() or os.geteuid() != 0,
    reason="reading another process's memory needs Linux and root: the app forbids it to everybody else",
)
def test_the_key_is_gone_while_another_process_holds_the_caseload(home: Home) -> None:
    """A step that waits for another process (30 seconds) keeps no key in memory once ctrl+l was pressed."""
    pexpect = pytest.importorskip("pexpect")
    key = Vault.load(home).unlock(PASSPHRASE, now=NOW)
    app = unlocked(command_of(home), timeout=15)
    app.expect(CANARY[:10])
    other = open_database(home.database, key)
    other.execute("BEGIN IMMEDIATE")
    app.send("n")
    app.send("\x0c")
    app.expect("Locked")
    app.expect("may not")
    app.expect("Passphrase")
    assert copies_in_memory(app.pid, bytes(key)) == 0
    assert copies_in_memory(app.pid, bytes(key).hex().encode()) == 0
    assert copies_in_memory(app.pid, CANARY.encode()) == 0
    other.close()
    app.send(f"{PASSPHRASE}\r")
    app.expect(CANARY[:10])
    app.send("q")
    app.expect(pexpect.EOF)
    app.close()
    assert app.exitstatus == 0
    assert app.signalstatus is None


@pytest.mark.skipif(sys.platform == "win32", reason="there the lock screen stays in the same process")
def test_what_is_typed_before_the_door_is_drawn_is_not_shown(home: Home) -> None:
    pytest.importorskip("pexpect")
    app = unlocked(["/bin/sh", "-c", f"{shlex.join(command_of(home))}; stty -a"])
    app.expect(CANARY[:10])
    app.send("\x0c")
    app.expect_exact("\x1b[?1049l")  # the locked process has left the screen
    app.send("violet")
    app.expect("Passphrase")
    assert b"violet" not in app.before
    app.send("\x11")
    app.expect(r"[ -]echo ")
    assert app.after == b" echo "
    app.close()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="the threads of another process are Linux's")
def test_being_stopped_by_force_leaves_no_threads_that_hold_up_a_lock(home: Home) -> None:
    pexpect = pytest.importorskip("pexpect")
    app = unlocked(command_of(home))
    app.expect(CANARY[:10])
    counts = set()
    for _ in range(3):
        os.kill(app.pid, signal.SIGSTOP)
        os.kill(app.pid, signal.SIGCONT)
        app.expect_exact("\x1b[?1049h")
        app.expect(CANARY[:10])
        counts.add(len(list(Path(f"/proc/{app.pid}/task").iterdir())))
    assert len(counts) == 1
    app.send("\x0c")
    app.expect("Locked")
    app.send("\x11")
    app.expect(pexpect.EOF)
    app.close()


def test_who_goes_on_after_a_stop_begins_the_terminal_anew_from_the_loop(tmp_path: Path) -> None:
    """Not where the signal came: that may be in the middle of writing, and would wait for what that holds."""
    later: list[object] = []
    base = GuardedApp(tmp_path).get_driver_class()
    driver: Any = object.__new__(base)
    driver._loop = SimpleNamespace(call_soon_threadsafe=later.append)
    driver.resume_application_mode()
    assert later == [driver._begin_anew]


def test_the_place_to_go_on_is_taken_once() -> None:
    environ = {"OUTREACH_RESUME": "Locked.|caseload|child=0197"}
    assert take_resume(environ) == Resume("Locked.", "caseload", (PageOpen("child", "0197"),))
    assert take_resume(environ) is None
    assert environ == {}


def test_what_was_open_is_named_by_words_and_ids_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = (PageOpen("child", "0197"), PageOpen("review", "0197"))
    left = Resume("Locked.", "today", pages, "contact", "0198", "note")
    environ = {"OUTREACH_RESUME": ""}
    monkeypatch.setattr(os, "environ", environ)
    monkeypatch.setattr(os, "execv", lambda *_: None)
    replace_process(Path("home"), None, left)
    assert environ["OUTREACH_RESUME"] == "Locked.|today|child=0197 review=0197|contact|0198|note"
    assert take_resume(environ) == left
