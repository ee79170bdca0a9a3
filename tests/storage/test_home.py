"""The data folder: who may enter, who holds it, and whether its clock went back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from casework.errors import Refused
from storage.files import claim_name, write_atomic, write_new
from storage.home import Home
from tests.tools.vaults import NOW

POSIX = pytest.mark.skipif(os.name != "posix", reason="modes and signals are POSIX")


def test_argument_wins_over_environment_over_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "xdg"))
    environ = {"OUTREACH_HOME": str(tmp_path / "env")}
    assert Home.resolve(tmp_path / "arg", environ).path == tmp_path / "arg"
    assert Home.resolve(None, environ).path == tmp_path / "env"
    assert Home.resolve(None, {}).path.name == "outreach"
    assert Home.resolve(None, {"OUTREACH_HOME": ""}).path.name == "outreach"
    assert Home.resolve("relative", {}).path.is_absolute()
    assert not (tmp_path / "arg").exists()


@POSIX
def test_folder_is_made_and_tightened_for_its_owner(tmp_path: Path) -> None:
    home = Home(tmp_path / "deep" / "home")
    home.prepare()
    assert home.path.stat().st_mode & 0o777 == 0o700
    home.path.chmod(0o755)
    home.prepare()
    assert home.path.stat().st_mode & 0o777 == 0o700


@POSIX
def test_a_folder_with_other_things_keeps_its_mode(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o755)
    shared.chmod(0o755)
    (shared / "minutes.txt").write_text("not ours")
    Home(shared).prepare()
    assert shared.stat().st_mode & 0o777 == 0o755
    Home(shared).vault_file.touch()
    Home(shared).prepare()
    assert shared.stat().st_mode & 0o777 == 0o700


def test_second_app_is_refused_until_the_first_lets_go(home: Home) -> None:
    with home.claim_app(), pytest.raises(Refused) as fault:
        home.claim_app()
    assert fault.value.code == "already-open"
    home.claim_app().release()


@POSIX
def test_the_hold_dies_with_its_process(home: Home) -> None:
    script = (
        "import sys; from pathlib import Path; from storage.home import Home\n"
        f"claim = Home(Path({str(home.path)!r})).claim_app()\n"
        "print('held', flush=True); sys.stdin.read()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(Refused):
        home.claim_app()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    home.claim_app().release()
    holder.stdin.close()
    holder.stdout.close()


def test_turns_are_taken_one_at_a_time(home: Home) -> None:
    order: list[str] = []
    entered, may_leave = threading.Event(), threading.Event()

    def first() -> None:
        with home.turn("vault"):
            order.append("first in")
            entered.set()
            may_leave.wait()
            order.append("first out")

    def second() -> None:
        entered.wait()
        may_leave.set()
        with home.turn("vault"):
            order.append("second in")

    threads = [threading.Thread(target=first), threading.Thread(target=second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert order == ["first in", "first out", "second in"]


def test_clock_set_back_is_one_sentence_and_changes_nothing(home: Home) -> None:
    assert home.check_clock(NOW) is None
    assert home.check_clock(NOW + timedelta(days=3)) is None
    warning = home.check_clock(NOW)
    assert warning is not None
    assert "23 November 2026 08:41 UTC" in warning
    assert "nothing is lost" in warning
    assert home.last_seen() == NOW + timedelta(days=3)
    home.accept_clock(NOW)
    assert home.check_clock(NOW + timedelta(minutes=1)) is None


def test_small_steps_back_and_summer_time_give_no_warning(home: Home) -> None:
    before_the_hour_repeats = datetime(2026, 10, 25, 0, 59, tzinfo=UTC)
    assert home.check_clock(before_the_hour_repeats) is None
    assert home.check_clock(datetime(2026, 10, 25, 1, 1, tzinfo=UTC)) is None
    assert home.check_clock(datetime(2026, 10, 25, 0, 57, tzinfo=UTC)) is None


@pytest.mark.parametrize("spoiled", ["", "yesterday", "2026-11-20T08:41:07", "\x00"])
def test_spoiled_clock_file_is_unknown(home: Home, spoiled: str) -> None:
    home.prepare()
    home.clock_file.write_text(spoiled)
    assert home.last_seen() is None
    assert home.check_clock(NOW) is None
    assert home.last_seen() == NOW


def test_write_atomic_replaces_owner_only_and_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    write_atomic(path, b"old")
    write_atomic(path, b"new")
    assert path.read_bytes() == b"new"
    assert path.stat().st_mode & 0o077 == 0 or os.name != "posix"
    assert list(tmp_path.iterdir()) == [path]


def test_write_atomic_keeps_the_old_when_the_swap_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "settings.toml"
    write_atomic(path, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(Refused) as fault:
        write_atomic(path, b"new")
    assert fault.value.code == "disk-full"
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_leavings_of_a_dead_process_are_swept(tmp_path: Path) -> None:
    stale = tmp_path / ".settings.toml.1.2.new"
    stale.write_bytes(b"half")
    os.utime(stale, (0, 0))
    write_atomic(tmp_path / "settings.toml", b"new")
    assert not stale.exists()


@pytest.mark.parametrize("without_links", [False, True])
def test_a_taken_name_is_never_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_links: bool
) -> None:
    if without_links:

        def no_links(*_: object) -> None:
            raise OSError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", no_links)
    path = tmp_path / "export.csv"
    write_new(path, b"first")
    with pytest.raises(Refused) as fault:
        write_new(path, b"second")
    assert fault.value.code == "file-exists"
    assert path.read_bytes() == b"first"
    (tmp_path / "source").write_bytes(b"third")
    with pytest.raises(Refused):
        claim_name(tmp_path / "source", path)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["export.csv", "source"]
