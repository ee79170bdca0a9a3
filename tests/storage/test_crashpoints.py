"""The vault and the backup survive being killed at their changes to disk (all: OUTREACH_CRASH_FULL=1)."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from storage.backup import backup
from storage.cipher import open_database
from storage.home import Home
from storage.vault import Vault
from tests.tools.crashpoints import enumerate_crash_points, why_unavailable
from tests.tools.vaults import FAST, PASSPHRASE

HERE = Path(__file__).parent
pytestmark = pytest.mark.skipif(why_unavailable() is not None, reason=why_unavailable() or "")


@pytest.fixture
def prepared(home: Home, request: pytest.FixtureRequest) -> Path:
    """The state before the flow: nothing, or a caseload of 50 notes, with a backup of it beside."""
    if request.node.callspec.params["name"] == "crash_setup":
        home.prepare()
        return home.path
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    connection = open_database(home.database, key, create=True)
    connection.execute("CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT)")
    connection.executemany("INSERT INTO note (text) VALUES (?)", [(f"note {n}" * 40,) for n in range(50)])
    backup(connection, key, home, home.path / "monday.backup")
    if request.node.callspec.params["name"] == "crash_restore":
        connection.execute("DELETE FROM note")
        shutil.copy(home.vault_file, home.path / "vault.before")
    else:
        (home.path / "monday.backup").unlink()
    connection.close()
    if request.node.callspec.params["name"] == "crash_restore":
        shutil.copy(home.database, home.path / "caseload.before")
    return home.path


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "stride", "least"),
    [
        ("crash_passphrase", 1, 10),
        ("crash_recovery", 1, 10),
        ("crash_setup", 1, 10),
        ("crash_backup", 5, 30),
        ("crash_restore", 3, 10),
    ],
)
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
        "def check(folder):\n    assert (folder / 'a').read_text()[:7] in {'old old', 'new new'}\n"
    )
    report = enumerate_crash_points(script, script, folder)
    assert report.points == 1
    assert [failure.split(":")[0] for failure in report.failures] == ["before 1"]
    assert (folder / "a").read_text() == "old old old old"
