"""A call that is stopped, by Ctrl-C or by SIGTERM: one exit code, one sentence, one document with --json."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.cli.conftest import Line, Result
from tests.cli.test_bundle import site, write
from tests.cli.test_sync import KEYS, Desk, add_child, desk
from tests.tools.proxy import Proxy

__all__ = ["desk", "site"]
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs signals")

SENTENCE = "Stopped; what was saved before is kept."
STOPPED = {"code": "stopped", "message": SENTENCE, "where": ""}
PATCHED = "import signal, sys\nfrom outreach_tui import cli\n{}\nsys.exit(cli.run(sys.argv[1:]))"


def environ(line: Line) -> dict[str, str]:
    held = {key: value for key, value in os.environ.items() if not key.startswith("OUTREACH_")}
    return held | {"OUTREACH_HOME": str(line.home), "OUTREACH_PASSPHRASE_FILE": str(line.secret)}


def stopping(line: Line, patch: str, *words: str) -> Result:
    """The call in a process of its own that is stopped where the patch says so."""
    done = subprocess.run(
        [sys.executable, "-c", PATCHED.format(patch), *words, "--json"],
        capture_output=True, env=environ(line), timeout=60, check=False, text=True,
    )  # fmt: skip
    return Result(done.returncode, done.stdout, done.stderr)


class Holding(Proxy):
    """Passes on what a laptop says, but for one verb: that waits until it is closed."""

    def __init__(self, port: int, verb: str) -> None:
        super().__init__([port], Random(1))
        self._verb = f"POST /v1/{verb} ".encode()
        self.held, self._over = threading.Event(), threading.Event()

    def _treat(self, laptop: socket.socket, request: bytes) -> None:
        if request.startswith(self._verb):
            self.held.set()
            self._over.wait(60)
        else:
            super()._treat(laptop, request)

    def close(self) -> None:
        self._over.set()
        super().close()


@pytest.fixture
def held(desk: Desk, tmp_path: Path) -> Iterator[tuple[Holding, Line]]:
    """A laptop with a child to send, and a way on which no sums are compared."""
    proxy = Holding(desk.port, "verify")
    ana = Desk(desk.folder, desk.hub, proxy.url, 0).laptop("Ana Bell", "school")
    assert desk.hub("hub", "entitle", "Ana Bell", "--school", "999001", today=None).code == 0
    add_child(ana, tmp_path)
    yield proxy, ana
    proxy.close()


@pytest.mark.long
@pytest.mark.parametrize(
    ("end", "words"),
    [
        (signal.SIGINT, ("sync", "--verify")),
        (signal.SIGTERM, ("sync", "--verify")),
        (signal.SIGTERM, ("sync", "--verify", "--watch", "5")),
    ],
    ids=["ctrl-c", "sigterm", "watch"],
)
def test_a_session_that_is_stopped_tells_in_one_document_what_it_did(
    held: tuple[Holding, Line], end: signal.Signals, words: tuple[str, ...]
) -> None:
    proxy, ana = held
    waited = ana("sync", "status", "--json", today=None).json["waiting"]
    assert waited > 0
    command = [sys.executable, "-m", "outreach_tui", *words, "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ(ana), text=True
    ) as process:
        assert proxy.held.wait(60)
        process.send_signal(end)
        out, errors = process.communicate(timeout=30)
    told = json.loads(out)
    assert (process.returncode, errors.strip()) == (130, SENTENCE)
    assert told.keys() >= KEYS
    assert told["error"] == STOPPED
    assert (told["pushed"], told["agreed"]) == (waited, False)
    assert (told["requests"] >= 3, told["bytes_sent"] > 0, told["seconds"] > 0) == (True, True, True)
    assert told.get("sessions", 0) == 0
    status = ana("sync", "status", "--json", today=None).json
    assert (status["waiting"], status["cursor"]) == (0, told["cursor"])


def test_an_answer_that_is_read_in_part_tells_what_came(
    site: tuple[Desk, Line, Line], tmp_path: Path
) -> None:
    desk, ana, ben = site
    add_child(ana, tmp_path)
    for n, line in enumerate((ana, ben)):
        there, back = tmp_path / f"{n}.there", tmp_path / f"{n}.back"
        for done in (
            write(line, there),
            desk.hub("bundle", "read", str(there), today=None),
            write(desk.hub, back),
        ):
            assert done.code == 0, done.out + done.err
        if line is ana:
            assert ana("bundle", "read", str(back), today=None).code == 0
    patch = (
        "from sync.by_letter import LetterSession\n"
        "LetterSession._compare = lambda *_: signal.raise_signal(signal.SIGTERM)"
    )
    stopped = stopping(ben, patch, "bundle", "read", str(tmp_path / "1.back"))
    assert (stopped.code, stopped.json["error"]) == (130, STOPPED)
    assert (stopped.json["pulled"] > 0, stopped.json["agreed"]) == (True, False)
    again = ben("bundle", "read", str(tmp_path / "1.back"), "--json", today=None)
    assert (again.code, again.json["agreed"]) == (0, True), again.out


def test_an_import_that_is_stopped_names_the_files_that_landed(line: Line, tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / f"{name}.csv").write_text(
            "UPN,Legal Surname,Legal Forename,Date,Session,Mark\nU886009924001,Marsh,Tilly,19/11/2026,AM,/\n"
        )
    patch = (
        "from outreach_tui.commands import intake\n"
        "take = intake._take\n"
        "def stop(store, path, *rest, **more):\n"
        "    if path.name == 'second.csv':\n"
        "        signal.raise_signal(signal.SIGTERM)\n"
        "    return take(store, path, *rest, **more)\n"
        "intake._take = stop"
    )
    files = [str(tmp_path / f"{name}.csv") for name in ("first", "second")]
    stopped = stopping(line, patch, "import", *files, "--school", "999001")
    assert (stopped.code, stopped.json["error"]) == (130, STOPPED)
    assert [file["file"] for file in stopped.json["files"]] == ["first.csv"]
    assert stopped.json["files"][0]["marks"]["read"] == 1
    assert stopped.json["dry_run"] is False


def test_a_fault_behind_the_first_file_names_it_too(line: Line, tmp_path: Path) -> None:
    """What ends a call before its time tells what it did, whatever it was."""
    path = tmp_path / "first.csv"
    path.write_text(
        "UPN,Legal Surname,Legal Forename,Date,Session,Mark\nU886009924001,Marsh,Tilly,19/11/2026,AM,/\n"
    )
    patch = (
        "from casework.errors import Refused\n"
        "from outreach_tui.commands import intake\n"
        "take = intake._take\n"
        "def fail(store, path, *rest, **more):\n"
        "    if path.name == 'second.csv':\n"
        "        raise Refused('disk-full', 'The disk is full.')\n"
        "    return take(store, path, *rest, **more)\n"
        "intake._take = fail"
    )
    failed = stopping(line, patch, "import", str(path), str(tmp_path / "second.csv"), "--school", "999001")
    assert (failed.code, failed.json["error"]["code"]) == (5, "disk-full")
    assert [file["file"] for file in failed.json["files"]] == ["first.csv"]


@pytest.mark.parametrize("fault", ["signal.raise_signal(signal.SIGINT)", "raise OSError('no more')"])
def test_there_is_one_document_also_where_the_end_comes_behind_it(line: Line, fault: str) -> None:
    """The caseload is still to be closed when the result is printed."""
    patch = (
        "from outreach_tui.commands.frame import Call\n"
        "emit = Call._emit\n"
        "def printed(self, value):\n"
        "    emit(self, value)\n"
        f"    {fault}\n"
        "Call._emit = printed"
    )
    ended = stopping(line, patch, "school", "list")
    assert ended.code == (130 if "SIGINT" in fault else 70)
    assert {school["urn"] for school in ended.json} == {"999001", "999002"}


LOADING = """
import pkgutil, runpy, signal, sys, tomllib

class Stopped:
    def find_spec(self, name, *_):
        if name == {stopped!r}:
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Stopped())
if {begun!r} == "script":
    with open({project!r}, "rb") as file:
        sys.exit(pkgutil.resolve_name(tomllib.load(file)["project"]["scripts"]["outreach"])())
runpy.run_module("outreach_tui", run_name="__main__")
"""


@pytest.mark.parametrize("begun", ["script", "module"])
@pytest.mark.parametrize("stopped", ["click", "outreach_tui.streams"])
@pytest.mark.parametrize("as_json", [False, True], ids=["lines", "json"])
def test_who_stops_the_program_while_it_is_loaded_sees_no_traceback(
    begun: str, stopped: str, as_json: bool
) -> None:
    project = str(Path(__file__).parents[2] / "pyproject.toml")
    program = LOADING.format(begun=begun, stopped=stopped, project=project)
    done = subprocess.run(
        [sys.executable, "-c", program, "today", *(["--json"] if as_json else [])],
        capture_output=True, timeout=60, check=False, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (130, f"{SENTENCE}\n")
    assert (json.loads(done.stdout) if as_json else done.stdout) == ({"error": STOPPED} if as_json else "")


def test_who_stops_twice_stops_once(line: Line) -> None:
    patch = (
        "from outreach_tui import output\n"
        "warn = output.warn\n"
        "def again(sentence):\n"
        "    signal.raise_signal(signal.SIGINT)\n"
        "    warn(sentence)\n"
        "    signal.raise_signal(signal.SIGTERM)\n"
        "output.warn = again\n"
        "cli.cli.main = lambda **_: signal.raise_signal(signal.SIGINT)"
    )
    stopped = stopping(line, patch, "today")
    assert (stopped.code, stopped.json, stopped.err) == (130, {"error": STOPPED}, f"{SENTENCE}\n")


def test_a_signal_that_was_to_be_ignored_stops_nothing(line: Line) -> None:
    patch = (
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "main = cli.cli.main\n"
        "def hit(**more):\n"
        "    signal.raise_signal(signal.SIGTERM)\n"
        "    return main(**more)\n"
        "cli.cli.main = hit"
    )
    done = stopping(line, patch, "school", "list")
    assert (done.code, {school["urn"] for school in done.json}) == (0, {"999001", "999002"})
