"""A vault that opens in a millisecond, for tests that are not about its cost."""

from __future__ import annotations

from datetime import UTC, datetime

from storage import recovery_code, slots, vault_file
from storage.home import Home
from storage.slots import Kdf, Slots
from storage.vault import Vault

FAST = Kdf(memory_kib=64, iterations=1, lanes=1)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
PASSPHRASE = "harbour violet ladder"


def make_fast(home: Home, passphrase: str) -> None:
    """Let a caseload or central record that was just made as a person makes one open in a millisecond."""
    vault = Vault.load(home)
    key = vault.unlock(passphrase, now=NOW)
    identity: dict[str, object] = {
        "format": "outreach-vault",
        "version": 1,
        "vault": vault.vault_id,
        "profile": "low-cost",
    }
    ways = Slots(
        passphrase=slots.passphrase_slot(key, passphrase, FAST, identity),
        recovery=slots.recovery_slot(key, recovery_code.parse(recovery_code.draw()), identity),
    )
    body = vault_file.Body.model_validate(identity | {"generation": 1, "slots": ways})
    Vault(home, body, "")._save(body, key)
