"""What stays of the data key in this process's memory after a lock (Linux, read from /proc/self/mem)."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc/self/mem")
def test_no_copy_of_the_key_stays_after_lock(tmp_path: Path) -> None:
    script = f"""
        from datetime import UTC, datetime
        from pathlib import Path
        from storage.cipher import open_database, wipe
        from storage.home import Home
        from storage.vault import Vault
        from tests.tools.vaults import FAST, NOW, PASSPHRASE

        home = Home(Path({str(tmp_path)!r}) / "home")
        _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
        open_database(home.database, key, create=True).close()
        mask = 0x5A  # what is searched for must not itself stand in memory
        masked = bytearray(byte ^ mask for byte in key)
        wipe(key)
        key = Vault.load(home).unlock(bytearray(PASSPHRASE, "ascii"), now=NOW)
        connection = open_database(home.database, key)
        connection.execute("CREATE TABLE child (name TEXT)")

        def copies():
            raw = bytes(byte ^ mask for byte in masked)
            quoted = raw.hex().encode()
            found = [-1, -1]  # the two needles themselves
            with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb", 0) as memory:
                for line in maps:
                    span, rights, *_ = line.split()
                    if "r" not in rights or "[v" in line:
                        continue
                    start, end = (int(part, 16) for part in span.split("-"))
                    try:
                        memory.seek(start)
                        data = memory.read(end - start)
                    except OSError:
                        continue
                    found[0] += data.count(raw)
                    found[1] += data.count(quoted)
                    del data
            return found

        while_open = copies()
        connection.close()
        wipe(key)
        print(while_open[0] >= 1, copies())
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "True [0, 0]\n"
