"""What was acknowledged is there after kill -9 at random moments (500 times: OUTREACH_CRASH_FULL=1)."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from datetime import date

import pytest

from casework.records_attendance import FollowUp
from storage.store import Store
from storage.vault import Vault
from tests.safety import log_for_ever
from tests.safety.world import NOW, ROOT, UPN, Computer

pytestmark = pytest.mark.long

KILLS = 500 if os.environ.get("OUTREACH_CRASH_FULL") else 30
LONGEST_SECONDS = 0.06


def saved(computer: Computer) -> set[str]:
    """The ids of every follow-up that stands."""
    key = Vault.load(computer.home).unlock_recovery((computer.root / "code").read_text().strip())
    store = Store.open(computer.home.database, key, now=lambda: NOW, today=date(2026, 11, 20))
    try:
        return {record.id for record in store.find(FollowUp)}
    finally:
        store.close()


@pytest.mark.skipif(os.name != "posix", reason="needs signals of POSIX")
@pytest.mark.timeout(1200)
def test_acknowledged_work_survives_kills_at_random(family: Computer) -> None:
    seed = random.SystemRandom().randrange(10**6)
    moments = random.Random(seed)
    child = family.well("child", UPN, "--json").json["id"]
    acknowledged: set[str] = set()
    arguments = [str(family.home.path), str(family.root / "code"), child]
    for kill in range(KILLS):
        process = subprocess.Popen(
            [sys.executable, "-m", log_for_ever.__name__, *arguments],
            env=family.environment(PYTHONPATH=str(ROOT)), cwd=ROOT, stdout=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
        assert process.stdout is not None
        said = process.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(moments.uniform(0, LONGEST_SECONDS))
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read()
        process.stdout.close()
        assert process.wait() == -signal.SIGKILL
        new = set(said.decode().split())
        assert new, f"seed {seed}, kill {kill}: nothing was saved"
        acknowledged |= new
        standing = saved(family)
        assert acknowledged <= standing, f"seed {seed}, kill {kill}: acknowledged work is lost"
        assert len(standing - acknowledged) <= 1, f"seed {seed}, kill {kill}: more than was begun"
        acknowledged = standing
    assert family.is_sound()
    assert len(family.well("log", "--limit", "100000", "--json").json) > len(acknowledged)
