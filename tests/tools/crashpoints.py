"""Kill a flow at every one of its changes to disk, and look at what it left behind.

A flow is a Python file with `flow(folder)`, a check one with `check(folder)` that raises when the folder is
not as it must be. `enumerate_crash_points` runs the flow once to count its changes, then once for every point
and mode on a fresh copy of the prepared folder, and the check after each. One helper process does it by
forking, so that a case costs milliseconds.
"""

from __future__ import annotations

import atexit
import ctypes
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType

KILLED = 137
FULL = os.environ.get("OUTREACH_CRASH_FULL") == "1"
"""Whether every point is to be tried; otherwise each flow's stride thins them out."""

_SOURCE = Path(__file__).with_name("crash_shim.c")


@dataclass(frozen=True, slots=True)
class CrashReport:
    """How many changes the flow makes, how many cases were run, and what went wrong in which of them."""

    points: int
    cases: int
    failures: tuple[str, ...]


def why_unavailable() -> str | None:
    """Why crash points cannot be enumerated here, or None."""
    if sys.platform != "linux":
        return "crash points are enumerated by LD_PRELOAD, on Linux only"
    if compiler() is None:
        return "no C compiler (cc, gcc or clang) to build the crash shim"
    return None


def compiler() -> str | None:
    """The C compiler at hand."""
    return next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)


@cache
def _shim() -> Path:
    folder = tempfile.mkdtemp(prefix="crash-shim-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    built = Path(folder, "crash_shim.so")
    cc = compiler()
    assert cc is not None
    subprocess.run([cc, "-O1", "-shared", "-fPIC", "-o", str(built), str(_SOURCE), "-ldl"], check=True)
    return built


def enumerate_crash_points(
    flow_script: Path,
    check_script: Path,
    folder: Path,
    stride: int = 1,
    *,
    modes: tuple[str, ...] = ("before", "tear"),
) -> CrashReport:
    """Try every `stride`-th crash point of the flow in each mode (all of them with OUTREACH_CRASH_FULL=1).

    `folder` is the prepared starting state and is not changed. Mode "before" dies instead of the N-th change,
    "tear" writes half of it first. The flow must run through when nothing kills it.
    """
    with tempfile.TemporaryDirectory(prefix="crash-") as scratch:
        job = {
            "flow": str(flow_script),
            "check": str(check_script),
            "template": str(folder),
            "case": str(Path(scratch, "case").resolve()),
            "stride": 1 if FULL else stride,
            "modes": list(modes),
        }
        environment = dict(os.environ, LD_PRELOAD=str(_shim()))
        done = subprocess.run(
            [sys.executable, __file__],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            env=environment,
            check=False,
        )
    if done.returncode:
        raise AssertionError(f"the crash harness itself failed:\n{done.stderr}")
    answer = json.loads(done.stdout.splitlines()[-1])
    return CrashReport(answer["points"], answer["cases"], tuple(answer["failures"]))


def _load(path: str, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _in_child(work: object, notes: Path) -> int:
    """Run `work` in a forked child; its exit code, with its traceback in `notes` when it raised."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        work()  # type: ignore[operator]
        code = 0
    except BaseException:  # noqa: BLE001  # the parent reports it
        notes.write_text(traceback.format_exc(limit=-6))
    finally:
        os._exit(code)


def _serve() -> None:
    job = json.loads(sys.stdin.read())
    flow, check = _load(job["flow"], "crash_flow").flow, _load(job["check"], "crash_check").check
    shim = ctypes.CDLL(None)
    case, template = Path(job["case"]), Path(job["template"])
    notes, count_file = case.with_name("notes"), case.with_name("count")

    def fresh() -> None:
        shutil.rmtree(case, ignore_errors=True)
        shutil.copytree(template, case, symlinks=True)
        notes.unlink(missing_ok=True)

    def run(at: int, tear: bool) -> int:
        def work() -> None:
            shim.crash_arm(os.fsencode(case), ctypes.c_long(at), int(tear))
            flow(case)
            count_file.write_text(str(shim.crash_seen()))

        return _in_child(work, notes)

    def said() -> str:
        return notes.read_text() if notes.exists() else "no traceback"

    fresh()
    if run(0, False) != 0:
        raise AssertionError(f"the flow fails without a crash:\n{said()}")
    points = int(count_file.read_text())
    if _in_child(lambda: check(case), notes) != 0:
        raise AssertionError(f"the check fails without a crash:\n{said()}")
    failures, cases = [], 0
    for mode in job["modes"]:
        for at in range(1, points + 1, job["stride"]):
            fresh()
            cases += 1
            ended = run(at, mode == "tear")
            if ended not in {0, KILLED}:
                failures.append(f"{mode} {at}: the flow ended with {ended}: {said()}")
            elif _in_child(lambda: check(case), notes) != 0:
                failures.append(f"{mode} {at}: {said()}")
    sys.stdout.write(json.dumps({"points": points, "cases": cases, "failures": failures}) + "\n")


if __name__ == "__main__":
    _serve()
