"""The backup file: one file that holds only ciphertext.

A magic line, the length and text of `vault.json`, the length and bytes of the encrypted database, an HMAC
under the data key over all of that, and a SHA-256 over everything. The digest finds damage before any
passphrase is asked for; the HMAC finds a file put together from two others.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from casework.errors import BadInput
from storage.faults import translated
from storage.files import create_owner_only

_MAGIC = b"outreach backup 1\n"
_VAULT_LENGTH = struct.Struct(">I")
_DATABASE_LENGTH = struct.Struct(">Q")
_LARGEST_VAULT = 64 * 1024
_DIGEST = 32
_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the parts of a whole backup file lie, in bytes, with its HMAC and its digest in hex."""

    vault_text: bytes
    database_start: int
    database_size: int
    mac: bytes
    sha256: str


def _mac(key: bytearray) -> hmac.HMAC:
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return hmac.new(HKDF(SHA256(), _DIGEST, None, b"outreach backup 1").derive(key), digestmod=hashlib.sha256)


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    left = size
    while left:
        chunk = file.read(min(_CHUNK, left))
        if not chunk:
            return
        left -= len(chunk)
        yield chunk


def pack(target: Path, vault_text: bytes, database: Path, key: bytearray) -> None:
    """Fill an empty file with the parts, and sync it to disk."""
    mac, digest = _mac(key), hashlib.sha256()
    with target.open("r+b") as out, database.open("rb") as source:

        def put(chunk: bytes) -> None:
            mac.update(chunk)
            digest.update(chunk)
            out.write(chunk)

        size = database.stat().st_size
        put(_MAGIC + _VAULT_LENGTH.pack(len(vault_text)) + vault_text + _DATABASE_LENGTH.pack(size))
        for chunk in _chunks(source, size):
            put(chunk)
        tail = mac.digest()
        digest.update(tail)
        out.write(tail + digest.digest())
        out.flush()
        os.fsync(out.fileno())


def inspect(file: Path) -> Layout:
    """Where the parts lie, once the digest holds; `BadInput` for anything but a whole backup."""
    damaged = BadInput(
        "backup-damaged", f"{file.name} is damaged or not whole; use another backup.", str(file)
    )
    with translated(file), file.open("rb") as source:
        whole = file.stat().st_size
        if source.read(len(_MAGIC)) != _MAGIC:
            raise BadInput("not-a-backup", f"{file.name} is not an Outreach backup.", str(file))
        head = source.read(_VAULT_LENGTH.size)
        if len(head) < _VAULT_LENGTH.size or (length := _VAULT_LENGTH.unpack(head)[0]) > _LARGEST_VAULT:
            raise damaged
        vault_text = source.read(length)
        size_field = source.read(_DATABASE_LENGTH.size)
        if len(size_field) < _DATABASE_LENGTH.size:
            raise damaged
        start, size = source.tell(), int(_DATABASE_LENGTH.unpack(size_field)[0])
        if start + size + 2 * _DIGEST != whole:
            raise damaged
        source.seek(0)
        digest = hashlib.sha256()
        for chunk in _chunks(source, whole - _DIGEST):
            digest.update(chunk)
        if source.read() != digest.digest():
            raise damaged
        source.seek(whole - 2 * _DIGEST)
        return Layout(vault_text, start, size, source.read(_DIGEST), digest.hexdigest())


def extract(file: Path, layout: Layout, key: bytearray, target: Path) -> None:
    """Write the encrypted database out, checking the HMAC on the way."""
    mac = _mac(key)
    with translated(target), file.open("rb") as source:
        mac.update(source.read(layout.database_start))
        create_owner_only(target)
        with target.open("r+b") as out:
            for chunk in _chunks(source, layout.database_size):
                mac.update(chunk)
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
    if not hmac.compare_digest(mac.digest(), layout.mac):
        raise BadInput(
            "backup-altered", f"{file.name} was altered after it was made; use another.", str(file)
        )
