"""The app over the real vault and store, with a cheap key derivation."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from casework.errors import BadInput, Locked
from outreach_tui.opener import VaultOpener
from screens.doorway import AGENCIES, FirstRun
from storage import slots
from storage.home import Home
from storage.recovery_code import UNCONFIRMED

PASSPHRASE = b"harbour wall lantern"


@pytest.fixture(autouse=True)
def floor_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """No calibration above the floor: it only costs time here."""
    monkeypatch.setattr(slots, "calibrated", lambda _clock: slots.FLOOR)


@pytest.fixture
def opener(tmp_path: Path) -> VaultOpener:
    return VaultOpener(
        Home(tmp_path / "home"),
        now=lambda: datetime(2026, 11, 20, 8, 0, tzinfo=UTC),
        today=date(2026, 11, 20),
    )


def first_run() -> FirstRun:
    return FirstRun("Ros Tide", "early-help", "Swale", bytearray(PASSPHRASE))


def test_create_then_unlock_then_recover(opener: VaultOpener) -> None:
    assert not opener.has_caseload
    made = first_run()
    store, code = opener.create(made)
    assert made.passphrase == bytes(len(PASSPHRASE))
    assert store.worker.name == "Ros Tide"
    store.close()
    assert opener.has_caseload
    assert opener.wait_left() == 0
    with pytest.raises(Locked):
        opener.unlock(bytearray(b"wrong wrong wrong"))
    assert opener.wait_left() > 0
    store, fresh = opener.recover(code.lower(), bytearray(b"another wall lantern"))
    store.close()
    assert fresh != code
    store = opener.unlock(bytearray(b"another wall lantern"))
    assert store.worker.agency == "early-help"
    store.close()
    with pytest.raises(Locked):
        opener.recover(code, bytearray(b"a third wall lantern"))


def test_an_empty_name_makes_nothing(opener: VaultOpener) -> None:
    with pytest.raises(BadInput):
        opener.create(FirstRun(" \x1b", "early-help", "Swale", bytearray(PASSPHRASE)))
    assert not opener.has_caseload


def test_agencies_are_those_of_the_records() -> None:
    from typing import get_args

    from casework.vocabulary import Agency

    assert tuple(AGENCIES) == get_args(Agency)


def test_a_first_run_never_shows_its_passphrase() -> None:
    assert "harbour" not in repr(first_run())


def test_a_code_that_nobody_proved_is_owed_until_it_is_proved(opener: VaultOpener) -> None:
    store, code = opener.create(first_run())
    assert not opener.owes_code
    store.close()
    store = opener.unlock(bytearray(PASSPHRASE))
    assert opener.owes_code
    fresh = opener.renew_recovery()
    assert not opener.owes_code
    with pytest.raises(Locked):
        opener.renew_recovery()
    store.save_setting(UNCONFIRMED, "")
    store.close()
    store = opener.unlock(bytearray(PASSPHRASE))
    assert not opener.owes_code
    store.close()
    with pytest.raises(Locked):
        opener.recover(code, bytearray(b"another wall lantern"))
    store, _ = opener.recover(fresh, bytearray(b"another wall lantern"))
    store.close()


def test_what_is_logged_is_dated_by_the_moment_that_was_set(tmp_path: Path) -> None:
    real = datetime(2026, 11, 22, 2, 46, tzinfo=UTC)
    chosen = datetime(2026, 11, 20, 2, 46, tzinfo=UTC)
    opener = VaultOpener(
        Home(tmp_path / "home"), now=lambda: real, today=date(2026, 11, 20), moment=lambda: chosen
    )
    for store in (opener.create(first_run())[0], opener.unlock(bytearray(PASSPHRASE))):
        assert (store.moment(), store.now()) == (chosen, real)
        store.close()
