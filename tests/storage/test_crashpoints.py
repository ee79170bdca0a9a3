"""The vault and the backup survive being killed at their changes to disk (all: OUTREACH_CRASH_FULL=1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.cipher import open_database
from storage.home import Home
from storage.vault import Vault
from tests.tools.crashpoints import enumerate_crash_points, why_unavailable

from tests.tools.vaults import FAST, PASSPHRASE

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(why_unavailable() is not None, reason=why_unavailable() or "")


@pytest.fixture
def prepared(home: Home) -> Path:
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    connection = open_database(home.database, key, create=True)
    connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
    connection.executemany("INSERT INTO note (text) VALUES (?)", [(f"note {n}" * 40,) for n in range(50)])
    connection.close()
    return home.path


@pytest.mark.parametrize(("name", "stride", "least"), [("crash_passphrase", 1, 10), ("crash_backup", 5, 30)])
def test_killed_at_any_change(prepared: Path, name: str, stride: int, least: int) -> None:
    script = HERE / f"{name}.py"
    report = enumerate_crash_points(script, script, prepared, stride)
    assert report.points >= least
    assert report.cases >= 2 * (report.points // stride)
    assert report.failures == ()


def test_harness_sees_a_flow_that_is_not_crash_safe(tmp_path: Path) -> None:
    folder = tmp_path / "start"
    folder.mkdir()
    (folder / "a").write_text("old old old old")
    script = tmp_path / "careless.py"
    script.write_text(
        "def flow(folder):\n    (folder / 'a').write_text('new new new new')\n"
        "def check(folder):\n    assert (folder / 'a').read_text() in {'old old old old', 'new new new new'}\n"
    )
    report = enumerate_crash_points(script, script, folder)
    assert report.points == 1
    assert [failure.split(":")[0] for failure in report.failures] == ["before 1", "tear 1"]
    assert (folder / "a").read_text() == "old old old old"
