"""The vault as this process read it: its settings and slots, proved by its seal, and written whole."""

from __future__ import annotations

import hmac
from base64 import b64decode

from casework.errors import BadInput, Refused
from storage import vault_file
from storage.cipher import wipe
from storage.files import write_atomic
from storage.home import Home
from storage.slots import Kdf


class SealedVault:
    """`vault.json` of one caseload."""

    def __init__(self, home: Home, body: vault_file.Body, seal: str) -> None:
        self._home = home
        self._body = body
        self._seal = seal

    @property
    def vault_id(self) -> str:
        """32 hex digits, drawn at set-up: the caseload's name for its keys."""
        return self._body.vault

    @property
    def generation(self) -> int:
        """Counts every change of the slots; kept in the database too, it tells an old file put back."""
        return self._body.generation

    @property
    def kdf(self) -> Kdf:
        """The passphrase slot's Argon2id settings."""
        return self._body.slots.passphrase.kdf

    @property
    def is_low_cost(self) -> bool:
        """Whether this vault was made with settings under the floor, for tests."""
        return self._body.profile == "low-cost"

    @property
    def has_keyring(self) -> bool:
        """Whether the operating system's key store can open it."""
        return self._body.slots.keyring is not None

    @property
    def escrow_public(self) -> bytes | None:
        """The service's public key that the data key is wrapped for, 32 bytes."""
        slot = self._body.slots.escrow
        return b64decode(slot.public) if slot else None

    def text(self) -> bytes:
        """The file's bytes, for a backup; holds no secret that is not wrapped."""
        return vault_file.render(self._body, self._seal)

    def verify(self, key: bytearray) -> None:
        """Raise `BadInput` unless the seal proves every setting and slot with this data key."""
        if not hmac.compare_digest(vault_file.seal_of(self._body, key), self._seal):
            raise BadInput(
                "vault-altered",
                "vault.json was altered after Outreach wrote it; restore it from a backup.",
                str(self._home.vault_file),
            )

    def _refresh(self) -> None:
        """Take up what another process changed since: an old passphrase must not open a long-lived app."""
        self._body, self._seal = vault_file.load(self._home)

    def _proved(self, key: bytearray) -> bytearray:
        """The freshly opened key once the seal holds; then the file before is no longer needed."""
        try:
            self.verify(key)
        except BadInput:
            wipe(key)
            raise
        vault_file.drop_previous(self._home)
        return key

    def _with(self, **changed: object) -> vault_file.Body:
        ways = self._body.slots.model_copy(update=changed)
        return self._body.model_copy(update={"slots": ways, "generation": self.generation + 1})

    def _save(self, body: vault_file.Body, key: bytearray) -> None:
        """Write the changed slots; the file before stays as vault.json.bak until this one is read back."""
        self._refuse_stale()
        text = vault_file.render(body, vault_file.seal_of(body, key))
        path = self._home.vault_file
        if path.exists():
            write_atomic(self._home.vault_previous, vault_file.read(self._home, previous=False))
        write_atomic(path, text)
        if vault_file.read(self._home, previous=False) != text:
            raise Refused(
                "disk-fault", "The disk did not keep the changed keys; the old ones stand.", str(path)
            )
        self._body, self._seal = vault_file.parse(text, str(path))
        vault_file.drop_previous(self._home)

    def _refuse_stale(self) -> None:
        """Another process may have changed the slots since these were read; its change must not be undone."""
        if not self._seal:
            return
        try:
            current = vault_file.read(self._home, previous=False)
        except BadInput:
            return
        if current != self.text():
            raise Refused(
                "vault-changed", "The keys were changed by another copy of Outreach; open it again."
            )
