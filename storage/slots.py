"""Key slots: each one wraps the same random data key under another secret.

A slot is AES-256-GCM (or HPKE for the service's escrow); what it authenticates besides the key is the vault's
identity, the slot's kind and the slot's own settings, so that a slot moved to another vault or another place,
or one whose Argon2id settings were lowered, does not open.
"""

from __future__ import annotations

import json
import secrets
import unicodedata
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Annotated, Literal, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from casework.errors import BadInput, Locked
from storage.cipher import KEY_BYTES, wipe

Passphrase = str | bytearray

_NONCE_BYTES = 12
_SALT_BYTES = 16
_TARGET_SECONDS = 0.25
_MOST_ITERATIONS = 20
_SHORTEST_PASSPHRASE = 8
_COMMON = frozenset(
    {"password", "password1", "passw0rd", "12345678", "123456789", "1234567890", "qwertyui", "qwerty123"}
    | {"iloveyou", "letmein1", "football", "liverpool", "sunshine", "princess", "outreach", "attendance"}
)


def _is_base64(text: str) -> str:
    if b64encode(b64decode(text, validate=True)).decode() != text:
        raise ValueError("not base64")
    return text


Base64 = Annotated[str, Field(max_length=512), AfterValidator(_is_base64)]


class Strict(BaseModel):
    """Frozen, no unknown fields, no coercion: a key file says exactly what was written or it is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Kdf(Strict):
    """Argon2id settings (RFC 9106): memory in KiB, passes over it, and lanes."""

    name: Literal["argon2id"] = "argon2id"
    memory_kib: int = Field(ge=8, le=1024 * 1024)
    iterations: int = Field(ge=1, le=64)
    lanes: int = Field(ge=1, le=64)

    def is_under(self, floor: Kdf) -> bool:
        """Whether any setting is weaker than the floor's."""
        return (
            self.memory_kib < floor.memory_kib
            or self.iterations < floor.iterations
            or self.lanes < floor.lanes
        )

    def stretch(self, passphrase: Passphrase, salt: bytes) -> bytearray:
        """The 32-byte key that this passphrase makes; the caller wipes it."""
        from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

        made = bytearray(KEY_BYTES)
        secret = _as_bytes(passphrase)
        try:
            Argon2id(
                salt=salt,
                length=KEY_BYTES,
                iterations=self.iterations,
                lanes=self.lanes,
                memory_cost=self.memory_kib,
            ).derive_into(cast("bytes", secret), made)  # typed bytes, takes any buffer
        finally:
            wipe(secret)
        return made


FLOOR = Kdf(memory_kib=64 * 1024, iterations=3, lanes=4)
"""RFC 9106's second recommended setting; a vault that says less is refused as downgraded."""


def calibrated(clock: Callable[[], float]) -> Kdf:
    """Settings that take about a quarter of a second here, and never less than the floor.

    `clock` counts seconds (`time.perf_counter`).
    """
    start = clock()
    wipe(FLOOR.stretch(bytearray(b"calibration"), bytes(_SALT_BYTES)))
    spent = max(clock() - start, 0.001)
    wanted = round(FLOOR.iterations * _TARGET_SECONDS / spent)
    return FLOOR.model_copy(update={"iterations": max(FLOOR.iterations, min(wanted, _MOST_ITERATIONS))})


def _as_bytes(passphrase: Passphrase) -> bytearray:
    """UTF-8 in composed form (NFC), so that one keyboard's accents equal another's."""
    if isinstance(passphrase, bytearray):
        if passphrase.isascii():
            return bytearray(passphrase)
        try:
            passphrase = passphrase.decode("utf-8")
        except UnicodeDecodeError:
            raise Locked("wrong-passphrase", "The passphrase is not valid text (UTF-8).") from None
    return bytearray(unicodedata.normalize("NFC", passphrase).encode("utf-8", "surrogatepass"))


def check_new_passphrase(passphrase: Passphrase) -> None:
    """Raise `BadInput` for a passphrase that is too short or among the first that anyone guesses.

    Eight characters with common ones refused and guesses slowed down: Cyber Essentials, user access control.
    """
    raw = _as_bytes(passphrase)
    try:
        text = raw.decode("utf-8", "surrogatepass")
    finally:
        wipe(raw)
    if len(text) < _SHORTEST_PASSPHRASE:
        raise BadInput("weak-passphrase", "The passphrase needs 8 characters or more; three words do well.")
    if text.casefold() in _COMMON or len(set(text)) < 4:
        raise BadInput(
            "weak-passphrase", "That passphrase is one of the first anyone tries; use three words."
        )


class Sealed(Strict):
    """A key wrapped with AES-256-GCM."""

    nonce: Base64
    box: Base64


class PassphraseSlot(Sealed):
    """Opened by what the worker knows."""

    kdf: Kdf
    salt: Base64


class RecoverySlot(Sealed):
    """Opened by the recovery code; 130 random bits need no stretching, only HKDF."""

    salt: Base64


class KeyringSlot(Sealed):
    """Opened by a random key that the operating system keeps for this account."""

    account: str = Field(max_length=80)


class EscrowSlot(Strict):
    """Opened by the service's private key (HPKE: X25519, HKDF-SHA256, AES-256-GCM)."""

    public: Base64
    box: Base64


class Slots(Strict):
    """The ways into one vault; a passphrase and a recovery code always, the rest by choice."""

    passphrase: PassphraseSlot
    recovery: RecoverySlot
    keyring: KeyringSlot | None = None
    escrow: EscrowSlot | None = None


def context(vault: dict[str, object], kind: str, settings: dict[str, object]) -> bytes:
    """What a slot authenticates besides the key: whose it is, which one it is, and its settings."""
    return json.dumps([vault, kind, settings], sort_keys=True, separators=(",", ":")).encode()


def _seal(kek: bytearray, key: bytearray, aad: bytes) -> dict[str, str]:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    nonce = secrets.token_bytes(_NONCE_BYTES)
    box = AESGCM(kek).encrypt(nonce, key, aad)
    return {"nonce": b64encode(nonce).decode(), "box": b64encode(box).decode()}


def _unseal(kek: bytearray, slot: Sealed, aad: bytes) -> bytearray | None:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    key = bytearray(KEY_BYTES)
    try:
        AESGCM(kek).decrypt_into(b64decode(slot.nonce), b64decode(slot.box), aad, key)
    except (InvalidTag, ValueError):
        wipe(key)
        return None
    return key


def _expand(secret: bytearray, salt: bytes, purpose: bytes) -> bytearray:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return bytearray(HKDF(SHA256(), KEY_BYTES, salt, purpose).derive(secret))


def seal_key(key: bytearray, vault: dict[str, object]) -> bytearray:
    """The key that authenticates the whole vault file, drawn from the data key."""
    return _expand(key, context(vault, "seal", {}), b"outreach vault seal 1")


def passphrase_slot(
    key: bytearray, passphrase: Passphrase, kdf: Kdf, vault: dict[str, object]
) -> PassphraseSlot:
    """Wrap `key` under a passphrase, with a fresh salt."""
    salt = secrets.token_bytes(_SALT_BYTES)
    settings: dict[str, object] = {"kdf": kdf.model_dump(), "salt": b64encode(salt).decode()}
    kek = kdf.stretch(passphrase, salt)
    try:
        boxed = _seal(kek, key, context(vault, "passphrase", settings))
    finally:
        wipe(kek)
    return PassphraseSlot(kdf=kdf, salt=b64encode(salt).decode(), **boxed)


def open_passphrase(
    slot: PassphraseSlot, passphrase: Passphrase, vault: dict[str, object]
) -> bytearray | None:
    """The data key, or None for a wrong passphrase or an altered slot (the two cannot be told apart)."""
    settings: dict[str, object] = {"kdf": slot.kdf.model_dump(), "salt": slot.salt}
    kek = slot.kdf.stretch(passphrase, b64decode(slot.salt))
    try:
        return _unseal(kek, slot, context(vault, "passphrase", settings))
    finally:
        wipe(kek)


def recovery_slot(key: bytearray, code: bytearray, vault: dict[str, object]) -> RecoverySlot:
    """Wrap `key` under the bytes of a recovery code."""
    salt = secrets.token_bytes(_SALT_BYTES)
    text = b64encode(salt).decode()
    kek = _expand(code, salt, b"outreach recovery 1")
    try:
        return RecoverySlot(salt=text, **_seal(kek, key, context(vault, "recovery", {"salt": text})))
    finally:
        wipe(kek)


def open_recovery(slot: RecoverySlot, code: bytearray, vault: dict[str, object]) -> bytearray | None:
    """The data key, or None when the code is another vault's or an older one."""
    kek = _expand(code, b64decode(slot.salt), b"outreach recovery 1")
    try:
        return _unseal(kek, slot, context(vault, "recovery", {"salt": slot.salt}))
    finally:
        wipe(kek)


def keyring_slot(key: bytearray, kek: bytearray, account: str, vault: dict[str, object]) -> KeyringSlot:
    """Wrap `key` under a random key that goes to the operating system's store under `account`."""
    return KeyringSlot(account=account, **_seal(kek, key, context(vault, "keyring", {"account": account})))


def open_keyring(slot: KeyringSlot, kek: bytearray, vault: dict[str, object]) -> bytearray | None:
    """The data key, or None when the store gave another value."""
    return _unseal(kek, slot, context(vault, "keyring", {"account": slot.account}))


def escrow_slot(key: bytearray, public: bytes, vault: dict[str, object]) -> EscrowSlot:
    """Wrap `key` for the service's raw X25519 public key (32 bytes)."""
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    try:
        recipient = X25519PublicKey.from_public_bytes(public)
    except ValueError:
        raise BadInput("escrow-key", "The service's escrow key is not an X25519 public key.") from None
    text = b64encode(public).decode()
    box = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM).encrypt(
        key, recipient, info=context(vault, "escrow", {"public": text})
    )
    return EscrowSlot(public=text, box=b64encode(box).decode())


def open_escrow(slot: EscrowSlot, private: bytearray, vault: dict[str, object]) -> bytearray | None:
    """The data key, or None when the private key is not this slot's."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

    suite = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    try:
        opened = suite.decrypt(
            b64decode(slot.box),
            X25519PrivateKey.from_private_bytes(private),
            info=context(vault, "escrow", {"public": slot.public}),
        )
    except (InvalidTag, ValueError):
        return None
    return bytearray(opened) if len(opened) == KEY_BYTES else None
