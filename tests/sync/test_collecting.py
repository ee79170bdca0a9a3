"""What a process that serves keeps of the memory that it needed for a moment."""

from __future__ import annotations

import subprocess
import sys

import pytest

_PROGRAM = """
from hashlib import scrypt
from pathlib import Path
from sync.collecting import collect_rarely

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

def check():
    scrypt(b"code", salt=b"salt", n=1 << 14, r=8, p=1)

collect_rarely()
before = held()
check()
check()
print(held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="what glibc keeps")
def test_the_memory_in_which_a_code_was_checked_is_given_back() -> None:
    run = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert int(run.stdout) < 8 * 1024 * 1024
