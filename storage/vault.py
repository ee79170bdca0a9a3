"""The vault: one random data key, and the slots that open it.

`vault.json` stands beside the database. A checksum finds accidents before any passphrase is asked for, each
slot authenticates itself, and a seal under the data key authenticates the whole file. Changing a passphrase
re-wraps the data key; nothing is re-encrypted.
"""

from __future__ import annotations

import secrets
import time
from datetime import datetime

from casework.errors import Locked, Refused
from storage import recovery_code, slots, vault_file
from storage.cipher import KEY_BYTES, wipe
from storage.faults import translated
from storage.files import sync_folder, write_atomic
from storage.home import Home
from storage.ring import Ring
from storage.sealed_vault import SealedVault
from storage.slots import FLOOR, Kdf, Passphrase, Slots
from storage.throttle import Throttle


class Vault(SealedVault):
    """The ways into one caseload. It never holds the data key: whoever unlocks owns and wipes it."""

    def __init__(self, home: Home, body: vault_file.Body, seal: str, *, ring: Ring | None = None) -> None:
        super().__init__(home, body, seal)
        self._ring = ring or Ring()
        self._throttle = Throttle(home)
        self.put_aside: tuple[str, ...] = ()

    @classmethod
    def create(
        cls,
        home: Home,
        passphrase: Passphrase,
        *,
        kdf: Kdf | None = None,
        escrow_public: bytes | None = None,
        ring: Ring | None = None,
    ) -> tuple[Vault, bytearray, str]:
        """Make a data key and its slots: (vault, 32-byte data key, recovery code to show once).

        `kdf` weaker than the floor is for tests: the vault then says so for good, `doctor` fails it, and only
        this argument can write such a file. Left out, the cost is measured and raised to suit this computer.
        Key slots left by a set-up that never ended are put aside, not overwritten (`put_aside` names them).
        Raises Refused beside a caseload, or the keys of one whose database is missing.
        """
        slots.check_new_passphrase(passphrase)
        home.prepare()
        with home.turn("vault"):
            home.check_free()
            write_atomic(home.setup_begun, b"")
            aside = vault_file.put_aside(home)
            chosen = kdf or slots.calibrated(time.perf_counter)
            key = bytearray(secrets.token_bytes(KEY_BYTES))
            identity: dict[str, object] = {
                "format": "outreach-vault",
                "version": 1,
                "vault": secrets.token_hex(16),
                "profile": "low-cost" if chosen.is_under(FLOOR) else "standard",
            }
            code = recovery_code.draw()
            ways = Slots(
                passphrase=slots.passphrase_slot(key, passphrase, chosen, identity),
                recovery=slots.recovery_slot(key, recovery_code.parse(code), identity),
                escrow=slots.escrow_slot(key, escrow_public, identity) if escrow_public else None,
            )
            body = vault_file.Body.model_validate(identity | {"generation": 1, "slots": ways})
            vault = cls(home, body, "", ring=ring)
            vault._save(body, key)
            vault._throttle.clear()
            vault.put_aside = aside
        return vault, key, code

    @classmethod
    def load(cls, home: Home, *, ring: Ring | None = None) -> Vault:
        """Read the vault; a file that a crash left unfinished gives way to the one before it.

        Raises `BadInput` when there is none or it is damaged, `Refused` when it was downgraded.
        """
        return cls(home, *vault_file.load(home), ring=ring)

    def wait_left(self, now: datetime) -> float:
        """Seconds until the next passphrase is taken."""
        return self._throttle.wait_left(now).total_seconds()

    def check_wait(self, now: datetime) -> None:
        """Raise `Locked` while no passphrase is taken; none is asked for in vain then."""
        self._throttle.check(now)

    def unlock(self, passphrase: Passphrase, *, now: datetime) -> bytearray:
        """The data key. `Locked` for a wrong passphrase or while the wait runs; `BadInput` when altered.

        A guess counts as wrong from the moment it is taken until it proves right.
        """
        with self._home.turn("vault"):
            return self._unlock(passphrase, now)

    def _unlock(self, passphrase: Passphrase, now: datetime) -> bytearray:
        self._refresh()
        self._throttle.admit(now)
        key = slots.open_passphrase(self._body.slots.passphrase, passphrase, self._body.identity())
        if key is None:
            self._throttle.found_wrong()
            raise Locked(
                "wrong-passphrase",
                "The passphrase is wrong; try again, or use the recovery code.",
                "passphrase",
            )
        # The passphrase was right, whatever the seal says of the rest: no wait may hide what is wrong.
        self._throttle.clear()
        self._resume_keyring()
        return self._proved(key)

    def unlock_recovery(self, code: str) -> bytearray:
        """The data key by recovery code, at any time: 130 bits cannot be guessed, so there is no wait."""
        with self._home.turn("vault"):
            return self._unlock_recovery(code)

    def _unlock_recovery(self, code: str) -> bytearray:
        given = recovery_code.parse(code)
        self._refresh()
        try:
            key = slots.open_recovery(self._body.slots.recovery, given, self._body.identity())
        finally:
            wipe(given)
        if key is None:
            raise Locked(
                "wrong-recovery-code",
                "That recovery code does not open this caseload; it may be an older one.",
                "recovery code",
            )
        self._resume_keyring()
        return self._proved(key)

    def find_key_store(self) -> str:
        """The key store that opens this caseload now, as a person knows it; "" where it was given to none.

        Blocks while the system's stores are looked for. `Locked` after a lock, `Refused` when it is gone.
        """
        if not self.has_keyring:
            return ""
        self._refuse_paused()
        name = self._ring.name()
        if not name:
            raise Refused(
                "keyring-gone", "The key store that opened this caseload is not here; use the passphrase."
            )
        return name

    def pause_keyring(self) -> None:
        """Keep the key store shut until a person gave the passphrase or the recovery code: a lock came."""
        if self.has_keyring:
            write_atomic(self._home.passphrase_due, b"")

    def _refuse_paused(self) -> None:
        if self._home.passphrase_due.exists():
            raise Locked(
                "keyring-paused", "After a lock the passphrase is needed once before the key store opens it."
            )

    def unlock_keyring(self) -> bytearray:
        """The data key by the operating system's key store; `Locked` when the store does not have it."""
        return self.unlock_kept(self.fetch_kept())

    def fetch_kept(self) -> bytearray:
        """What the key store keeps for this vault, to give to `unlock_kept`, which wipes it.

        Takes no turn at the vault: a store that does not answer must not keep a passphrase waiting. Raises
        `Locked` or `Refused` with what is wrong, in one sentence.
        """
        self._refresh()
        slot = self._body.slots.keyring
        if slot is None:
            raise Locked(
                "no-keyring-slot", "The key store is not set up for this caseload; use the passphrase."
            )
        self._refuse_paused()
        kept = self._ring.fetch(slot.account)
        if kept is None:
            raise _stale()
        return kept

    def unlock_kept(self, kept: bytearray) -> bytearray:
        """The data key by what the key store kept, which is wiped; `Locked` when it is another value."""
        try:
            with self._home.turn("vault"):
                self._refresh()
                slot = self._body.slots.keyring
                key = slots.open_keyring(slot, kept, self._body.identity()) if slot else None
                if key is None:
                    raise _stale()
                return self._proved(key)
        finally:
            wipe(kept)

    def unlock_escrow(self, private: bytearray) -> bytearray:
        """The data key by the service's raw 32-byte private key: for the service's recovery only."""
        with self._home.turn("vault"):
            return self._unlock_escrow(private)

    def _unlock_escrow(self, private: bytearray) -> bytearray:
        self._refresh()
        slot = self._body.slots.escrow
        key = slots.open_escrow(slot, private, self._body.identity()) if slot else None
        if key is None:
            raise Locked("wrong-escrow-key", "The service's key does not open this caseload.")
        return self._proved(key)

    def change_passphrase(self, old: Passphrase, new: Passphrase, *, now: datetime) -> None:
        """Replace the passphrase. A crash at any point leaves a vault that opens with the old or the new."""
        slots.check_new_passphrase(new)
        with self._home.turn("vault"):
            key = self._unlock(old, now)
            try:
                self._save(self._with(passphrase=self._passphrase_slot(key, new)), key)
            finally:
                wipe(key)

    def set_passphrase(self, key: bytearray, new: Passphrase) -> None:
        """Replace the passphrase while unlocked, without the old one."""
        slots.check_new_passphrase(new)
        with self._home.turn("vault"):
            self.verify(key)
            self._save(self._with(passphrase=self._passphrase_slot(key, new)), key)

    def recover(self, code: str, new: Passphrase) -> tuple[bytearray, str]:
        """Set a new passphrase by recovery code: (data key, the next recovery code to show once).

        The old passphrase, the used code and the key store's slot open nothing afterwards.
        """
        slots.check_new_passphrase(new)
        with self._home.turn("vault"):
            key = self._unlock_recovery(code)
            return key, self._renew(key, new)

    def renew_recovery(self, key: bytearray) -> str:
        """Draw another recovery code while unlocked: the code to show once. The one before it opens nothing.

        A crash at any point leaves a vault that the passphrase opens.
        """
        with self._home.turn("vault"):
            self._refresh()
            self.verify(key)
            fresh = recovery_code.draw()
            slot = slots.recovery_slot(key, recovery_code.parse(fresh), self._body.identity())
            self._save(self._with(recovery=slot), key)
            return fresh

    def recover_escrow(self, private: bytearray, new: Passphrase) -> tuple[bytearray, str]:
        """The same by the service's private key: (data key, the next recovery code)."""
        slots.check_new_passphrase(new)
        with self._home.turn("vault"):
            key = self._unlock_escrow(private)
            return key, self._renew(key, new)

    def _renew(self, key: bytearray, new: Passphrase) -> str:
        fresh = recovery_code.draw()
        used = self._body.slots.keyring
        changed = self._with(
            passphrase=self._passphrase_slot(key, new),
            recovery=slots.recovery_slot(key, recovery_code.parse(fresh), self._body.identity()),
            keyring=None,
        )
        self._save(changed, key)
        self._throttle.clear()
        if used is not None:
            self._ring.forget(used.account)
        return fresh

    def enable_keyring(self, key: bytearray) -> None:
        """Let the operating system's key store open the vault; `Refused` when no store can be trusted."""
        with self._home.turn("vault"):
            self.verify(key)
            account = f"{self.vault_id}-{secrets.token_hex(4)}"
            kek = bytearray(secrets.token_bytes(KEY_BYTES))
            try:
                self._ring.keep(account, kek)
                slot = slots.keyring_slot(key, kek, account, self._body.identity())
            finally:
                wipe(kek)
            before = self._body.slots.keyring
            self._save(self._with(keyring=slot), key)
            if before is not None:
                self._ring.forget(before.account)

    def disable_keyring(self, key: bytearray) -> None:
        """Close that way in again; the slot goes even when the store cannot be reached."""
        with self._home.turn("vault"):
            self.verify(key)
            before = self._body.slots.keyring
            if before is None:
                return
            self._save(self._with(keyring=None), key)
            self._ring.forget(before.account)

    def set_escrow(self, key: bytearray, public: bytes | None) -> None:
        """Wrap the data key for the service's raw X25519 public key, or drop that slot with None."""
        with self._home.turn("vault"):
            self.verify(key)
            slot = slots.escrow_slot(key, public, self._body.identity()) if public else None
            self._save(self._with(escrow=slot), key)

    def erase_slots(self) -> None:
        """Destroy every way in (a revoked laptop); without a backup of the vault the data is gone."""
        with self._home.turn("vault"):
            if self._body.slots.keyring is not None:
                self._ring.forget(self._body.slots.keyring.account)
            for path in (self._home.vault_file, self._home.vault_previous):
                with translated(path):
                    if path.exists():
                        size = path.stat().st_size
                        with path.open("r+b") as file:
                            file.write(secrets.token_bytes(size))
                        path.unlink()
            with translated(self._home.access_ended):
                self._home.access_ended.touch()
            sync_folder(self._home.path)

    def _resume_keyring(self) -> None:
        """A person gave a secret: the key store may open it again."""
        with translated(self._home.passphrase_due):
            self._home.passphrase_due.unlink(missing_ok=True)

    def _passphrase_slot(self, key: bytearray, new: Passphrase) -> slots.PassphraseSlot:
        return slots.passphrase_slot(key, new, self.kdf, self._body.identity())


def _stale() -> Locked:
    return Locked("keyring-stale", "The key store does not open this caseload; use the passphrase.")
