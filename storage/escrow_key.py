"""The service's escrow key pair as files: X25519 in PEM, as `openssl genpkey -algorithm X25519` writes it."""

from __future__ import annotations

from pathlib import Path

from casework.errors import BadInput
from storage.cipher import wipe
from storage.faults import translated
from storage.files import check_is_file
from storage.secrets_input import read_secret_file

_LONGEST = 4096


def read_public(path: Path) -> bytes:
    """The raw public key of a file, 32 bytes. Raises BadInput for what is none."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    check_is_file(path)
    with translated(path), path.open("rb") as file:
        text = file.read(_LONGEST)
    try:
        key = load_pem_public_key(text)
    except (ValueError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, X25519PublicKey):
        raise _no_key(path, "public")
    return key.public_bytes_raw()


def read_private(path: Path) -> bytearray:
    """The raw private key of a file that only its owner can read; the caller wipes it.

    Raises Refused for a file that others can read, BadInput for what is no such key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    text = read_secret_file(path)
    try:
        key = load_pem_private_key(text, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    finally:
        wipe(text)
    if not isinstance(key, X25519PrivateKey):
        raise _no_key(path, "private")
    return bytearray(key.private_bytes_raw())


def _no_key(path: Path, kind: str) -> BadInput:
    return BadInput("escrow-key", f"{path.name} holds no {kind} X25519 key in PEM.", str(path))
