"""Saving, migrating, importing, merging: a kill at any write is survived (all: OUTREACH_CRASH_FULL=1)."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

import pytest

from tests.storage import crash_import, crash_merge, crash_migrate, crash_save
from tests.tools.crashpoints import enumerate_crash_points, why_unavailable

pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(why_unavailable() is not None, reason=why_unavailable() or ""),
]


@pytest.mark.parametrize(
    ("flow", "stride", "least"),
    [(crash_save, 4, 60), (crash_migrate, 12, 40), (crash_import, 6, 20), (crash_merge, 6, 20)],
    ids=["save", "migrate", "import", "merge"],
)
def test_a_kill_at_any_change_leaves_whole_steps(
    tmp_path: Path, flow: ModuleType, stride: int, least: int
) -> None:
    folder = tmp_path / "start"
    folder.mkdir()
    flow.prepare(folder)
    script = Path(str(flow.__file__))
    report = enumerate_crash_points(script, script, folder, stride)
    assert report.points >= least
    assert report.cases >= 2 * (report.points // stride)
    assert report.failures == ()
