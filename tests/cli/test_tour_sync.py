"""The tour of docs/tour-sync.md: it holds from end to end, and prints what the page shows."""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from storage.home import Home
from tests.tools import warm
from tests.tools.vaults import make_fast

pytestmark = pytest.mark.long

SCRIPT = Path(__file__).parents[2] / "docs" / "tour_sync.py"
_DAY = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun) \d+ [A-Z][a-z]{2} \d{4}"
PASSING = (
    (
        r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b|\b[0-9a-f]{64}\b|\b[0-9a-f]{32}\b",
        "ID",
    ),
    (rf"{_DAY}( \d\d:\d\d)?|\d{{4}}-\d\d-\d\d([T ][\d:]+Z?)?", "WHEN"),
    (r"127\.0\.0\.1:\d+", "ADDRESS"),
    (r"([0-9A-Z]{4}-){6}[0-9A-Z]{4}|\b[0-9A-Z]{10}$", "CODE"),
    (r"(Six words: +|its key: )[a-z ]+", "WORDS"),
    (r"Bytes: +\d+", "BYTES"),
    (r" {2,}", " "),
)
"""What differs from one run to the next."""


@pytest.fixture(scope="module")
def script() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(SCRIPT.parent)  # as Python does for a script that it is given
        return importlib.import_module(SCRIPT.stem)


def forked(words: Sequence[str], environ: Mapping[str, str], folder: Path) -> Any:
    """As the tour's own way to call, without the start of an interpreter for each of its hundred calls, and
    without the cost of a passphrase once it was set.
    """
    with contextlib.chdir(folder):
        code, out, err = warm.call(words, environ, b"")
    if "init" in words and code == 0:
        passphrase = Path(environ["OUTREACH_PASSPHRASE_FILE"]).read_text(encoding="utf-8").strip()
        make_fast(Home(Path(words[1])), passphrase)
    return SimpleNamespace(code=code, out=out.decode(), err=err.decode())


def lasting(text: str) -> list[str]:
    for pattern, word in PASSING:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return [line.strip() for line in text.splitlines()]


@pytest.mark.timeout(900)
def test_the_tour_holds_and_prints_what_its_page_shows(script: ModuleType) -> None:
    said: list[str] = []
    script.tour(said.append, call=forked)
    page = script.PAGE.read_text(encoding="utf-8").partition(script.BEGIN)[2].partition(script.END)[0]
    assert lasting("\n".join(said).strip()) == lasting(page.strip().strip("`").strip())


@pytest.mark.timeout(900)
def test_the_tour_holds_on_postgresql(script: ModuleType) -> None:
    script.tour(lambda _: None, on_postgresql=True, call=forked)


@pytest.mark.timeout(900)
def test_the_tour_holds_by_bundles(script: ModuleType) -> None:
    script.tour(lambda _: None, by_bundles=True, call=forked)


def test_a_step_that_breaks_its_promise_ends_the_tour(script: ModuleType, tmp_path: Path) -> None:
    said: list[str] = []
    tour = script.Tour(tmp_path, said.append)
    with pytest.raises(script.Broken, match=r"ended with 4 and not with 0; it does not say 'agree'"):
        tour.run("ana", "sync", see="A laptop.", shows=("agree",))
    assert said[-1] == "  -> A laptop.\n"
