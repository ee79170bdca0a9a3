"""The growing wait after wrong passphrases: it survives restarts and clocks, and erases nothing."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest

from casework.errors import Locked
from storage.home import Home
from storage.vault import Vault
from tests.tools.vaults import NOW, PASSPHRASE


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
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("storage.slots.open_passphrase", killed)
    with pytest.raises(KeyboardInterrupt):
        made[0].unlock("wrong wrong wrong", now=NOW)
    assert made[0].wait_left(NOW) == 1


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
