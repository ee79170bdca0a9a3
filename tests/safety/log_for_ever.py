"""Run as a process: log follow-ups one after the other, saying each id once it is saved, until it is killed.

Arguments: data folder, recovery code file, child's id.
"""

from __future__ import annotations

import os
import sys
from datetime import date
from pathlib import Path

from casework.followups import follow_up
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from tests.safety.world import NOW


def main(folder: str, code: str, child: str) -> None:
    home = Home(Path(folder))
    key = Vault.load(home).unlock_recovery(Path(code).read_text().strip())
    store = Store.open(home.database, key, now=lambda: NOW, today=date(2026, 11, 20))
    by = store.actor.worker
    while True:
        edit = follow_up(child, by=by, at=NOW, session_date=date(2026, 11, 20), outcome="no-answer")
        store.journal.commit(edit)
        os.write(1, f"{edit.changes[0].record}\n".encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
