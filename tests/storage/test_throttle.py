"""The growing wait after wrong passphrases: it survives restarts and clocks, and erases nothing."""

from __future__ import annotations

import errno
import threading
from contextlib import suppress
from datetime import timedelta

import pytest

from casework.errors import Locked, Refused
from storage.home import Home
from storage.vault import Vault
from tests.tools.vaults import NOW, PASSPHRASE


def interrupted(*_: object) -> None:
    raise KeyboardInterrupt


def test_wait_grows_and_survives_reloads(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    now = NOW
    for seconds in (1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300):
        with pytest.raises(Locked) as fault:
            Vault.load(home).unlock("wrong wrong wrong", now=now)
        assert fault.value.code == "wrong-passphrase"
        with pytest.raises(Locked) as fault:
            Vault.load(home).unlock(PASSPHRASE, now=now + timedelta(seconds=seconds, milliseconds=-1))
        assert fault.value.code == "wait"
        now += timedelta(seconds=seconds)
    assert Vault.load(home).unlock(PASSPHRASE, now=now) == made[1]
    assert Vault.load(home).wait_left(now) == 0


def test_at_most_ten_guesses_in_five_minutes(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    taken = 0
    for second in range(300):
        try:
            Vault.load(home).unlock("wrong wrong wrong", now=NOW + timedelta(seconds=second))
        except Locked as fault:
            taken += fault.code == "wrong-passphrase"
    assert 5 < taken <= 10


def test_clock_set_back_starts_the_wait_anew(home: Home, made: tuple[Vault, bytearray, str]) -> None:
    for second in (0, 1, 3):
        with pytest.raises(Locked):
            Vault.load(home).unlock("wrong wrong wrong", now=NOW + timedelta(seconds=second))
    earlier = NOW - timedelta(days=365)
    assert Vault.load(home).wait_left(earlier) == 4
    with pytest.raises(Locked) as fault:
        Vault.load(home).unlock(PASSPHRASE, now=earlier + timedelta(seconds=3))
    assert fault.value.code == "wait"
    assert Vault.load(home).unlock(PASSPHRASE, now=earlier + timedelta(seconds=4)) == made[1]


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{}",
        b"\xff\xfe",
        b'{"count": 3, "last": "2026-01-01"}',
        b'{"count": 0, "last": "2026-01-01T00:00:00+00:00"}',
        b'{"count": -3, "last": "2026-01-01T00:00:00+00:00"}',
        b"[1]",
        b"null",
    ],
)
def test_spoiled_attempts_count_as_many(home: Home, made: tuple[Vault, bytearray, str], text: bytes) -> None:
    home.attempts_file.write_bytes(text)
    with pytest.raises(Locked) as fault:
        Vault.load(home).unlock(PASSPHRASE, now=NOW)
    assert fault.value.code == "wait"
    assert Vault.load(home).unlock(PASSPHRASE, now=NOW + timedelta(seconds=300)) == made[1]


def test_a_guess_counts_before_it_is_tried(
    home: Home, made: tuple[Vault, bytearray, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.slots.open_passphrase", interrupted)
    with pytest.raises(KeyboardInterrupt):
        made[0].unlock("wrong wrong wrong", now=NOW)
    assert made[0].wait_left(NOW) == 1
    with pytest.raises(Locked, match="stopped before it was known") as fault:
        made[0].check_wait(NOW)
    assert "wrong" not in fault.value.message


@pytest.mark.parametrize(
    "killed_in",
    ["storage.slots.open_passphrase", "storage.throttle.Throttle.found_wrong"],
    ids=["before-it-is-known", "before-that-is-written"],
)
def test_who_stops_each_guess_gets_no_more_of_them(
    home: Home, made: tuple[Vault, bytearray, str], monkeypatch: pytest.MonkeyPatch, killed_in: str
) -> None:
    monkeypatch.setattr(killed_in, interrupted)
    taken = 0
    for second in range(300):
        with suppress(Locked):  # the wait
            try:
                Vault.load(home).unlock("wrong wrong wrong", now=NOW + timedelta(seconds=second))
            except KeyboardInterrupt:
                taken += 1
    assert 5 < taken <= 10


def test_wrong_and_stopped_guesses_are_told_apart(
    home: Home, made: tuple[Vault, bytearray, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Locked, match="is wrong"):
        made[0].unlock("wrong wrong wrong", now=NOW)
    with pytest.raises(Locked, match="Too many wrong passphrases: wait 1 second "):
        made[0].check_wait(NOW)
    with monkeypatch.context() as patched:
        patched.setattr("storage.slots.open_passphrase", interrupted)
        with pytest.raises(KeyboardInterrupt):
            made[0].unlock(PASSPHRASE, now=NOW + timedelta(seconds=1))
    said = "1 wrong passphrase, and 1 stopped before it was known whether the passphrase was right"
    with pytest.raises(Locked) as fault:
        made[0].check_wait(NOW + timedelta(seconds=1))
    assert f"({said}): wait 2 seconds" in fault.value.message
    assert Vault.load(home).unlock(PASSPHRASE, now=NOW + timedelta(seconds=3)) == made[1]
    made[0].check_wait(NOW + timedelta(seconds=3))


def test_right_passphrases_at_once_do_not_count_as_guesses(
    home: Home, made: tuple[Vault, bytearray, str]
) -> None:
    answers: list[bytearray | str] = []

    def unlock() -> None:
        try:
            answers.append(Vault.load(home).unlock(PASSPHRASE, now=NOW))
        except Locked as fault:
            answers.append(fault.code)

    threads = [threading.Thread(target=unlock) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [made[1]] * 8


def test_on_a_full_disk_no_guess_is_taken_uncounted(
    home: Home, made: tuple[Vault, bytearray, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    vault = Vault.load(home)
    with monkeypatch.context() as patched:
        patched.setattr("storage.files.create_owner_only", full)
        for guess in ("wrong wrong wrong", PASSPHRASE):
            with pytest.raises(Refused) as fault:
                vault.unlock(guess, now=NOW)
            assert fault.value.code == "disk-full"
            assert "no room left to count a wrong passphrase" in fault.value.message
            assert "make 100 MB of room" in fault.value.message
            assert "attempts.json" not in fault.value.message
    assert not home.attempts_file.exists()
    assert vault.unlock(PASSPHRASE, now=NOW) == made[1]
