"""`outreach` in a process of its own, without paying for the interpreter's start each time.

A child process of the tests imports the command line once and forks for every call: the call has its own
process, environment, folder and streams, and ends as any program ends. Most of a call's time is imports,
and the command line's tests make thousands of calls. What depends on a start of its own (what is imported,
lost streams, closed files, signals) is called by `subprocess` in its tests. Where there is no fork, every
call is.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import random
import select
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import casework
import outreach_tui.commands
import storage
from outreach_tui import streams
from outreach_tui.cli import run

ROOT = Path(__file__).parents[2]
_AHEAD = (casework, storage, outreach_tui.commands)
_OF_SYNC = frozenset({"hub", "enrol", "sync", "bundle"})
"""Commands that need what most tests never do; it is imported for the first of them."""
_server: subprocess.Popen[bytes] | None = None


def call(
    words: Sequence[str],
    environ: Mapping[str, str],
    stdin: bytes,
    *,
    cwd: Path | None = None,
    timeout: float = 60,
) -> tuple[int, bytes, bytes]:
    """Run one call in a folder; its exit code (below zero for a signal), stdout and stderr."""
    place = cwd or Path.cwd()
    if not hasattr(os, "fork"):
        done = subprocess.run(
            [sys.executable, "-m", "outreach_tui", *words],
            input=stdin, capture_output=True, env=dict(environ), cwd=place, timeout=timeout, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr
    server = _serving()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("in", "out", "err")]
        files[0].write_bytes(stdin)
        asked = {"words": list(words), "environ": dict(environ), "files": [str(file) for file in files]}
        server.stdin.write(json.dumps(asked | {"cwd": str(place)}).encode() + b"\n")
        server.stdin.flush()
        if not select.select([server.stdout], [], [], timeout)[0]:
            stop()
            raise subprocess.TimeoutExpired(list(words), timeout)
        code = int(server.stdout.readline())
        return code, files[1].read_bytes(), files[2].read_bytes()


def _serving() -> subprocess.Popen[bytes]:
    global _server  # noqa: PLW0603 - one for all tests of this process
    if _server is None or _server.poll() is not None:
        environ = {name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")}
        _server = subprocess.Popen(
            [sys.executable, "-m", "tests.tools.warm"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT, start_new_session=True,
            env=environ | {"PYTHONUTF8": "1", "PYTHONPATH": os.pathsep.join([str(ROOT), *_paths(environ)])},
        )  # fmt: skip
        atexit.register(stop)
    return _server


def _paths(environ: Mapping[str, str]) -> list[str]:
    return [environ["PYTHONPATH"]] if environ.get("PYTHONPATH") else []


def stop() -> None:
    """End the process that forks, and what it waits for."""
    global _server  # noqa: PLW0603
    if _server is not None:
        if _server.poll() is None:
            os.killpg(_server.pid, signal.SIGKILL)
        _server.wait()
        _server = None


def main() -> None:
    """Fork for each line of stdin; a forked child leaves by the command's own exit."""
    for package in _AHEAD:
        _import_all(package)
    gc.freeze()
    asking, answering = os.dup(0), os.dup(1)
    with os.fdopen(asking, "rb") as requests:
        for line in requests:
            asked = json.loads(line)
            if "sync.joining" not in sys.modules and _OF_SYNC & set(asked["words"]):
                _import_all(sync := importlib.import_module("sync"))
                _import_all(importlib.import_module(f"{sync.__name__}.hub"))
                gc.freeze()
            child = os.fork()
            if child == 0:
                os.close(answering)
                _leave(_become(asked))
            _, status = os.waitpid(child, 0)
            os.write(answering, b"%d\n" % os.waitstatus_to_exitcode(status))


def _import_all(package: ModuleType) -> None:
    for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        importlib.import_module(found.name)


def _leave(code: int) -> None:
    """End as a program ends, but for taking its memory apart: that copies what was shared."""
    atexit._run_exitfuncs()
    streams.flush()
    os._exit(code)


def _become(asked: dict[str, Any]) -> int:
    """Take on the call's folder, environment and streams, and run it; its exit code."""
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["environ"])
    time.tzset()
    random.seed()
    tempfile.tempdir = None
    modes = (os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)
    for number, (file, mode) in enumerate(zip(asked["files"], modes, strict=True)):
        opened = os.open(file, mode, 0o600)
        os.dup2(opened, number)
        os.close(opened)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        binary = os.fdopen(number, "rb" if number == 0 else "wb", closefd=False)
        errors = "backslashreplace" if number == 2 else "surrogateescape"
        stream = io.TextIOWrapper(binary, "utf-8", errors, line_buffering=number == 2)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    try:
        return run(asked["words"])
    except BaseException:  # noqa: BLE001 - as the interpreter says it
        traceback.print_exc()
        return 1


if __name__ == "__main__":
    main()
