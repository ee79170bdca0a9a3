"""An acknowledged edit survives a kill at any change to disk (every one of them: OUTREACH_CRASH_FULL=1)."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.storage import crash_save
from tests.tools.crashpoints import enumerate_crash_points, why_unavailable

pytestmark = pytest.mark.skipif(why_unavailable() is not None, reason=why_unavailable() or "")


def test_saved_edits_survive_a_kill_at_any_change(tmp_path: Path) -> None:
    folder = tmp_path / "start"
    folder.mkdir()
    crash_save.prepare(folder)
    script = Path(crash_save.__file__)
    report = enumerate_crash_points(script, script, folder, stride=4)
    assert report.points >= 60
    assert report.cases >= 2 * (report.points // 4)
    assert report.failures == ()
