"""The ways back in without the passphrase: the recovery code and the service's escrow key."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from casework.errors import BadInput, Locked
from storage import recovery_code, slots
from storage.home import Home
from storage.vault import Vault
from tests.tools.vaults import FAST, NOW, PASSPHRASE

NEW = "copper lantern meadow"


def hpke_open(private: X25519PrivateKey, sealed: bytes, info: bytes, aad: bytes, bits: int) -> bytes:
    """RFC 9180 base mode, X25519 and HKDF-SHA256 with AES-GCM, written out from the document."""
    aead_id = {128: 1, 256: 2}[bits].to_bytes(2, "big")

    def extract(suite: bytes, salt: bytes, label: bytes, secret: bytes) -> bytes:
        return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + secret, "sha256")

    def expand(suite: bytes, key: bytes, label: bytes, about: bytes, size: int) -> bytes:
        text = size.to_bytes(2, "big") + b"HPKE-v1" + suite + label + about
        return HKDFExpand(SHA256(), size, text).derive(key)

    kem, suite = b"KEM\x00\x20", b"HPKE\x00\x20\x00\x01" + aead_id
    encapsulated = sealed[:32]
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    shared = private.exchange(X25519PublicKey.from_public_bytes(encapsulated))
    early = extract(kem, b"", b"eae_prk", shared)
    secret = expand(kem, early, b"shared_secret", encapsulated + public, 32)
    about = b"\0" + extract(suite, b"", b"psk_id_hash", b"") + extract(suite, b"", b"info_hash", info)
    scheduled = extract(suite, secret, b"secret", b"")
    key = expand(suite, scheduled, b"key", about, bits // 8)
    nonce = expand(suite, scheduled, b"base_nonce", about, 12)
    return AESGCM(key).decrypt(nonce, sealed[32:], aad)


def test_escrow_is_hpke_of_rfc_9180(home: Home) -> None:
    appendix_a_1_1 = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8")
    )
    sealed = bytes.fromhex(
        "37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431"
        "f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a"
    )
    said = hpke_open(appendix_a_1_1, sealed, b"Ode on a Grecian Urn", b"Count-0", 128)
    assert said == b"Beauty is truth, truth beauty"
    service = X25519PrivateKey.generate()
    public = service.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    vault, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST, escrow_public=public)
    data = json.loads(vault.text())
    identity = {name: data[name] for name in ("format", "version", "vault", "profile")}
    slot = data["slots"]["escrow"]
    info = slots.context(identity, "escrow", {"public": slot["public"]})
    assert hpke_open(service, b64decode(slot["box"]), info, b"", 256) == key


def test_recovery_sets_a_new_passphrase_and_a_new_code(
    home: Home, made: tuple[Vault, bytearray, str]
) -> None:
    vault, key, code = made
    again, fresh = vault.recover(code, NEW)
    assert again == key
    assert fresh != code
    assert Vault.load(home).unlock(NEW, now=NOW) == key
    assert Vault.load(home).unlock_recovery(fresh) == key
    with pytest.raises(Locked):
        Vault.load(home).unlock_recovery(code)
    with pytest.raises(Locked):
        Vault.load(home).unlock(PASSPHRASE, now=NOW)


def test_recovery_works_while_the_wait_runs(made: tuple[Vault, bytearray, str]) -> None:
    vault, key, code = made
    for _ in range(3):
        with pytest.raises(Locked):
            vault.unlock("wrong wrong wrong", now=NOW)
    assert vault.unlock_recovery(code) == key
    assert vault.recover(code, NEW)[0] == key
    assert vault.wait_left(NOW) == 0


def test_recovery_code_forgives_looks_and_catches_slips() -> None:
    code = recovery_code.draw()
    whole = recovery_code.parse(code)
    assert recovery_code.parse(code.lower().replace("-", " ").replace("0", "o").replace("1", "l")) == whole
    characters = code.replace("-", "")
    assert len(characters) == 28
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    for place, right in enumerate(characters):
        for wrong in alphabet:
            if wrong != right:
                with pytest.raises(Locked):
                    recovery_code.parse(characters[:place] + wrong + characters[place + 1 :])
    for place in range(27):
        a, b = characters[place], characters[place + 1]
        if a != b:
            with pytest.raises(Locked):
                recovery_code.parse(characters[:place] + b + a + characters[place + 2 :])
    for bad in ("", characters[:-1], characters + "0", "U" * 28, "é" * 28):
        with pytest.raises(Locked):
            recovery_code.parse(bad)


def test_escrow_opens_with_the_service_key_only(home: Home) -> None:
    service, other = X25519PrivateKey.generate(), X25519PrivateKey.generate()
    public = service.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def raw(private: X25519PrivateKey) -> bytearray:
        return bytearray(private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()))

    vault, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST, escrow_public=public)
    assert vault.escrow_public == public
    assert Vault.load(home).unlock_escrow(raw(service)) == key
    with pytest.raises(Locked):
        vault.unlock_escrow(raw(other))
    again, fresh = vault.recover_escrow(raw(service), NEW)
    assert again == key
    assert Vault.load(home).unlock_recovery(fresh) == key
    vault.set_escrow(key, None)
    with pytest.raises(Locked):
        Vault.load(home).unlock_escrow(raw(service))
    with pytest.raises(BadInput):
        vault.set_escrow(key, b"short")
