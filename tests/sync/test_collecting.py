"""What a process that serves the central record loads, and what it keeps of memory needed for a moment."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from typing import Any

import pytest

_PROGRAM = """
import json
import sys
from hashlib import scrypt
from pathlib import Path
from sync.collecting import collect_rarely
from sync.hub import home, serving
from sync.hub.api import make_app

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 if sys.platform == "linux" else 0

def check():
    scrypt(b"code", salt=b"salt", n=1 << 14, r=8, p=1)

make_app(None)
collect_rarely()
before = held()
check()
check()
print(json.dumps({"kept": held() - before, "modules": [*sys.modules]}))
"""

_SESSION = """
import ctypes
import os
from threading import Thread
from sync.collecting import collecting_rarely

system = ctypes.CDLL(None)
system.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(system.fdopen(os.dup(1), b"w"))
with collecting_rarely():
    for _ in range(4):
        thread = Thread(target=lambda: bytearray(100_000))
        thread.start()
        thread.join()
system.malloc_info(0, out)
system.fflush(out)
"""

_OF_OTHERS = {
    "alembic", "dateparser", "holidays", "httpx2", "jellyfish", "numpy", "psycopg", "pydantic.v1",
    "rapidfuzz", "rich", "sqlalchemy.dialects.postgresql", "sqlalchemy.orm", "sqlite_utils", "stdnum",
    "storage.store", "textual",
}  # fmt: skip
"""What laptops, other databases and changes of the tables need, and serving does not."""


@pytest.fixture(scope="module")
def served() -> dict[str, Any]:
    """A process that is about to serve."""
    run = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    told: dict[str, Any] = json.loads(run.stdout)
    return told


@pytest.mark.skipif(sys.platform != "linux", reason="what glibc keeps")
def test_the_memory_in_which_a_code_was_checked_is_given_back(served: dict[str, Any]) -> None:
    assert served["kept"] < 8 * 1024 * 1024


def test_serving_loads_what_it_needs_and_no_more(served: dict[str, Any]) -> None:
    assert "sync.hub.gate" in served["modules"]
    assert not _OF_OTHERS & {*served["modules"]}


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="what glibc keeps")
def test_threads_of_a_session_leave_no_heaps_of_their_own() -> None:
    run = subprocess.run([sys.executable, "-c", _SESSION], capture_output=True, text=True, check=True)
    assert run.stdout.count("<heap") == 1
