"""The measurements still run: a short form of each, judged by what they print and never by a time."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize(
    ("words", "row"),
    [
        (["benchmarks.search", "1000"], "drawn misspellings"),
        (["benchmarks.sharing", "200"], "may_see"),
        (["benchmarks.clocks", "200"], "clocks of early-help"),
        (["benchmarks.child", "60"], "enter to the painted page"),
        (["benchmarks.intake", "--marks", "5000"], "unchanged re-import"),
        (["benchmarks.duplicates", "500"], "the child that was meant"),
        (["benchmarks.sync", "1000", "--times", "1"], "losing values not kept"),
        (["benchmarks.sync.county", "--children", "6"], "two, three times as many laptops"),
        (["benchmarks.startup", "--children", "200"], "start to painted Today"),
    ],
    ids=["search", "sharing", "clocks", "child", "intake", "duplicates", "sync", "county", "startup"],
)
def test_a_measurement_runs_to_its_table(words: list[str], row: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", *words], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert "Traceback" not in done.stderr
    assert row in done.stdout
    assert done.returncode in (0, 1)
