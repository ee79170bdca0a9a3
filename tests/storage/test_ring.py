"""The operating system's key store, good and bad: never the only way in, never trusted unread."""

from __future__ import annotations

import threading

import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from casework.errors import Locked, Refused
from storage import slots
from storage.home import Home
from storage.ring import Ring
from storage.vault import Vault
from tests.tools.vaults import FAST, NOW, PASSPHRASE


class Memory:
    """A store that works."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        del self.kept[service, username]


class Forgetful(Memory):
    """Takes everything and keeps nothing, as `null` does."""

    def set_password(self, service: str, username: str, password: str) -> None:
        return


class Wrong(Memory):
    def get_password(self, service: str, username: str) -> str | None:
        return "AAAA" + (super().get_password(service, username) or "")[4:]


class LockedStore(Memory):
    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.KeyringLocked("Secret Name")


class Slow(Memory):
    def __init__(self) -> None:
        super().__init__()
        self.never = threading.Event()

    def set_password(self, service: str, username: str, password: str) -> None:
        self.never.wait()


@pytest.fixture
def store() -> Memory:
    return Memory()


def test_enable_unlock_disable(home: Home, store: Memory) -> None:
    vault, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST, ring=Ring(store))
    vault.enable_keyring(key)
    again = Vault.load(home, ring=Ring(store))
    assert again.has_keyring
    assert again.unlock_keyring() == key
    assert all(bytes(key).hex() not in value for value in store.kept.values())
    again.enable_keyring(key)
    assert len(store.kept) == 1
    again.disable_keyring(key)
    assert store.kept == {}
    with pytest.raises(Locked):
        Vault.load(home, ring=Ring(store)).unlock_keyring()
    assert again.unlock(PASSPHRASE, now=NOW) == key


@pytest.mark.parametrize("bad", [Forgetful, Wrong, LockedStore, keyring.backends.fail.Keyring])
def test_store_that_does_not_keep_is_refused(home: Home, bad: type) -> None:
    vault, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST, ring=Ring(bad()))
    before = home.vault_file.read_bytes()
    with pytest.raises(Refused) as fault:
        vault.enable_keyring(key)
    assert "Secret Name" not in fault.value.message
    assert home.vault_file.read_bytes() == before
    assert not vault.has_keyring


def test_slow_store_is_given_up(home: Home) -> None:
    slow = Slow()
    vault, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST, ring=Ring(slow, patience=0.01))
    try:
        with pytest.raises(Refused) as fault:
            vault.enable_keyring(key)
    finally:
        slow.never.set()
    assert fault.value.code == "keyring-locked"


def test_store_that_changed_its_value_does_not_open(home: Home, store: Memory) -> None:
    vault, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST, ring=Ring(store))
    vault.enable_keyring(key)
    for value in ("", "not base64!", "AAAA", "A" * 43 + "="):
        for name in store.kept:
            store.kept[name] = value
        with pytest.raises(Locked) as fault:
            vault.unlock_keyring()
        assert fault.value.code == "keyring-stale"
    store.kept.clear()
    with pytest.raises(Locked):
        vault.unlock_keyring()
    assert vault.unlock(PASSPHRASE, now=NOW) == key


@pytest.mark.parametrize("backend", [keyring.backends.fail.Keyring, keyring.backends.null.Keyring, Memory])
def test_unknown_system_stores_count_as_none(monkeypatch: pytest.MonkeyPatch, backend: type) -> None:
    monkeypatch.setattr(keyring, "get_keyring", backend)
    assert Ring().describe() is None
    with pytest.raises(Refused) as fault:
        Ring().keep("account", bytearray(32))
    assert fault.value.code == "no-keyring"


def test_recovery_closes_the_key_store(home: Home, store: Memory) -> None:
    vault, key, code = Vault.create(home, PASSPHRASE, kdf=FAST, ring=Ring(store))
    vault.enable_keyring(key)
    vault.recover(code, "copper lantern meadow")
    assert store.kept == {}
    assert not Vault.load(home).has_keyring


@pytest.mark.parametrize("length", [0, 5, 16, 24, 31, 32, 33])
def test_a_value_of_the_store_that_is_not_the_key_opens_nothing(length: int) -> None:
    identity: dict[str, object] = {"vault": "0" * 32}
    kek = bytearray(range(1, 33))
    slot = slots.keyring_slot(bytearray(32), kek, "account", identity)
    assert slots.open_keyring(slot, bytearray(length), identity) is None
    assert slots.open_keyring(slot, kek, identity) == bytearray(32)
