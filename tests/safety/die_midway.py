"""Run as a process: write to a caseload in one journal mode with a tiny cache, and be killed in the middle.

Arguments: data folder, recovery code file, journal mode, a register. A small cache makes the engine push
unfinished pages to the disk, which is where another engine would leave them readable.
"""

from __future__ import annotations

import os
import signal
import sys
from datetime import date
from pathlib import Path
from typing import Any

from storage.cipher import open_database
from storage.home import Home
from storage.intake.importer import import_file
from storage.journal import Step
from storage.store import Store
from storage.vault import Vault
from tests.safety.canaries import CONTACT_NOTE, DRAFT, SURNAME
from tests.safety.world import NOW, URN


def main(folder: str, code: str, mode: Any, register: str) -> None:
    home = Home(Path(folder))
    key = Vault.load(home).unlock_recovery(Path(code).read_text().strip())
    connection = open_database(home.database, key, journal_mode=mode)
    connection.execute("PRAGMA cache_size = 8")
    connection.execute("PRAGMA wal_autocheckpoint = 4")
    held = connection.execute("PRAGMA journal_mode").fetchone()[0]
    store = Store(connection, home.database, now=lambda: NOW, today=date(2026, 11, 20))
    store.drafts.save("contact", "", {"note": DRAFT, "next": CONTACT_NOTE})
    store.names.search(SURNAME)
    store.conn.execute("SELECT * FROM change ORDER BY new, old, field").fetchmany(3)
    apply = Step.apply

    def apply_and_die(step: Step, *arguments: Any, **named: Any) -> None:
        apply(step, *arguments, **named)
        if step.count > 900:
            sys.stdout.write(held)
            sys.stdout.flush()
            os.kill(os.getpid(), signal.SIGKILL)

    Step.apply = apply_and_die  # type: ignore[method-assign,assignment]
    import_file(store, Path(register), school=URN)


if __name__ == "__main__":
    main(*sys.argv[1:])
