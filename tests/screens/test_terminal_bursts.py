"""Bursts in a real terminal: many keys or a paste in one write."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.records_attendance import FollowUp
from storage.store import Store
from tests.screens.rounds_world import KEY, NOW, TODAY
from tests.screens.test_terminal import ROOT, environment

pexpect = pytest.importorskip("pexpect")

PASTE = b"\x1b[200~" + b"evil [/] \x1b]52;c;aGk=\x07 " * 3_000 + b"\x1b[201~"


@pytest.fixture
def today(tmp_path: Path) -> Iterator[Any]:
    child = pexpect.spawn(
        sys.executable,
        ["-m", "tests.screens.pty_round", str(tmp_path)],
        env=environment(),
        dimensions=(24, 80),
        cwd=str(ROOT),
        timeout=60,
    )
    child.expect("Passphrase")
    child.send("x\r")
    child.expect("12 unexplained")
    child.expect("no reason yet")
    yield child
    child.close(force=True)


def left(folder: Path) -> tuple[list[FollowUp], int]:
    store = Store.open(folder / "caseload.db", bytearray(KEY), now=lambda: NOW, today=TODAY)
    try:
        return sorted(store.find(FollowUp), key=lambda step: step.id), len(store.drafts.waiting())
    finally:
        store.close()


def leave(child: Any) -> None:
    child.send("\x11")
    child.expect(pexpect.EOF)
    child.close()


def test_ten_reasons_in_one_write_each(today: Any, tmp_path: Path) -> None:
    for _ in range(10):
        today.send("ri\r")
    today.expect("10 acted on")
    leave(today)
    steps, drafts = left(tmp_path)
    assert [step.reason_code for step in steps] == ["I"] * 10
    assert len({step.child for step in steps}) == 10
    assert drafts == 0


def test_a_paste_of_escape_signs_is_words_and_no_keys(today: Any, tmp_path: Path) -> None:
    today.send("rm")
    today.expect("passed to the school")
    rest = memoryview(PASTE)
    while rest:
        rest = rest[today.send(bytes(rest[:1_024])) :]
        with contextlib.suppress(pexpect.TIMEOUT):
            today.read_nonblocking(65_536, timeout=0)
    today.send("\r")
    today.expect("11 unexplained")
    assert b"\x1b]52" not in today.before
    leave(today)
    (step,), drafts = left(tmp_path)
    assert step.reason_code == "M"
    assert step.note.startswith("evil [/]  evil")
    assert drafts == 0
