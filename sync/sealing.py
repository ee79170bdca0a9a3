"""A bundle: a file that a stranger may carry; only its receiver opens it, only its sender can have made it.

A magic line, the head (who to whom, the how manieth, after which; nothing of a record), the messages one by
one, compressed and sealed with AES-GCM, an end mark, and the sender's Ed25519 signature over all of it. The
content key is sealed to the receiver's X25519 key (HPKE, RFC 9180). The signature is checked before anything
is opened, and each message is bounded before it is unpacked.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import struct
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, BinaryIO, Literal

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import Field, ValidationError

from casework.errors import BadInput, Refused
from storage.faults import translated
from storage.files import check_is_file, create_owner_only
from sync import wire
from sync.messages.enrolling import Key
from sync.messages.said import Id, Instant, Said

MOST_FILE = 1 << 30
"""Bytes of a whole bundle."""
_MAGIC = b"outreach bundle 1\n"
_LENGTH = struct.Struct(">I")
_MOST_HEAD = 4096
_TAG, _SIGNATURE, _NONCE = 16, 64, 12
_CHUNK = 1 << 20
_SIGNED = b"outreach bundle signature 1\n"
_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)

Name = Annotated[str, Field(pattern=r"^([0-9a-f]{64})?$")]
"""The SHA-256 of a bundle without its signature, in hex; "" for none."""


class Head(Said):
    """What stands on the outside.

    `counter` grows from one bundle of a sender to the next, `previous` is the name of the one before it, and
    with `follows` this one cannot be read without that. `answers` is the laptop's bundle that an answer is
    given to. `seal` is the key to which the receiver seals what it says in return.
    """

    kind: Literal["laptop", "answer"]
    hub: Annotated[str, Field(min_length=1, max_length=64)]
    device: Id
    counter: Annotated[int, Field(ge=1, lt=1 << 62)]
    previous: Name = ""
    follows: bool = False
    answers: Name = ""
    made: Instant
    seal: Key
    key: Annotated[str, Field(pattern=r"^([0-9a-f]{160})?$")] = ""


@dataclass(frozen=True, slots=True)
class Written:
    """A bundle that was written: its name, and its size in bytes."""

    name: str
    size: int


def sealing_key(signing_key: Ed25519PrivateKey) -> X25519PrivateKey:
    """The key that opens what is sealed to the holder of this signing key: drawn from it, so nothing more is
    kept.
    """
    drawn = HKDF(SHA256(), 32, None, b"outreach bundle sealing key 1").derive(signing_key.private_bytes_raw())
    return X25519PrivateKey.from_private_bytes(drawn)


def sealing_text(signing_key: Ed25519PrivateKey) -> str:
    """The public half of the sealing key, in hex."""
    return sealing_key(signing_key).public_key().public_bytes_raw().hex()


def next_counter(last: int, now: float) -> int:
    """A number above the last one. It follows the clock (milliseconds), so that a side that was set back to
    an older copy does not count again where it has counted before.
    """
    return max(last + 1, int(now * 1_000))


class Sealing:
    """A bundle that is being written, into which messages are put one by one."""

    written: Written
    """Once it is whole."""

    def __init__(self, out: BinaryIO, head: Head, to: str) -> None:
        """Begin one that the key `to` (hex) opens."""
        self._out, self._digest, self._count = out, hashlib.sha256(), 0
        content = bytearray(secrets.token_bytes(32))
        outside = head.model_copy(update={"key": ""}).model_dump_json().encode()
        public = X25519PublicKey.from_public_bytes(bytes.fromhex(to))
        sealed = _SUITE.encrypt(bytes(content), public, info=_MAGIC + outside)
        text = head.model_copy(update={"key": sealed.hex()}).model_dump_json().encode()
        begin = _MAGIC + _LENGTH.pack(len(text)) + text
        self._cipher, self._about = AESGCM(bytes(content)), hashlib.sha256(begin).digest()
        self._write(begin)

    def put(self, message: bytes) -> None:
        """Seal a packed message into it. Raises BadInput("too-large")."""
        frame = self._cipher.encrypt(self._count.to_bytes(_NONCE), message, self._about)
        if len(frame) > wire.MOST_BODY + _TAG or self._out.tell() > MOST_FILE:
            raise wire.too_large()
        self._count += 1
        self._write(_LENGTH.pack(len(frame)) + frame)

    def end(self, signing_key: Ed25519PrivateKey) -> None:
        """Sign it, and sync it to disk."""
        self._write(_LENGTH.pack(0))
        self._out.write(signing_key.sign(_SIGNED + self._digest.digest()))
        self._out.flush()
        os.fsync(self._out.fileno())
        self.written = Written(self._digest.hexdigest(), self._out.tell())

    def _write(self, part: bytes) -> None:
        self._digest.update(part)
        self._out.write(part)


@contextmanager
def sealing(fresh: Path, head: Head, *, signing_key: Ed25519PrivateKey, to: str) -> Iterator[Sealing]:
    """A new file (0600), sealed to the key `to` (hex), that is whole once this ends without a failure."""
    create_owner_only(fresh)
    with fresh.open("r+b") as out:
        made = Sealing(out, head, to)
        yield made
        made.end(signing_key)


def write_sealed(
    fresh: Path, head: Head, messages: Iterable[bytes], *, signing_key: Ed25519PrivateKey, to: str
) -> Written:
    """Fill a new file (`sealing`) with packed messages."""
    with sealing(fresh, head, signing_key=signing_key, to=to) as made:
        for message in messages:
            made.put(message)
    return made.written


class Sealed:
    """A bundle that lies open as a file but is still sealed."""

    def __init__(self, file: BinaryIO, path: Path) -> None:
        """Read its outside. Raises BadInput("not-a-bundle")."""
        self._file, self._path = file, path
        start = file.read(len(_MAGIC) + _LENGTH.size)
        if len(start) < len(_MAGIC) + _LENGTH.size or start[: len(_MAGIC)] != _MAGIC:
            raise _no_bundle(path)
        length = _LENGTH.unpack(start[len(_MAGIC) :])[0]
        text = file.read(length) if length <= _MOST_HEAD else b""
        try:
            self.head = Head.model_validate_json(text)
        except (ValidationError, ValueError, RecursionError):
            raise self._damaged() from None
        self._outside = text.replace(self.head.key.encode(), b"", 1)
        self._start = len(start) + length
        self._about = hashlib.sha256(start + text).digest()
        self.size = os.fstat(file.fileno()).st_size
        if not self._start + _SIGNATURE < self.size <= MOST_FILE:
            raise self._damaged()
        self.name = self._named()

    def check(self, sender: Ed25519PublicKey) -> None:
        """Raise BadInput("bundle-damaged") unless the holder of this key wrote it, just as it is."""
        self._file.seek(self.size - _SIGNATURE)
        try:
            sender.verify(self._file.read(_SIGNATURE), _SIGNED + bytes.fromhex(self.name))
        except InvalidSignature:
            raise self._damaged() from None

    def frames(self, receiver: X25519PrivateKey) -> Iterator[bytes]:
        """The messages, still compressed, in their order; after `check`. May be asked for again."""
        try:
            content = _SUITE.decrypt(bytes.fromhex(self.head.key), receiver, info=_MAGIC + self._outside)
        except (InvalidTag, ValueError):
            raise Refused("not-for-here", f"{self._path.name} is sealed to somebody else.") from None
        cipher = AESGCM(content)
        self._file.seek(self._start)
        n = 0
        while length := self._length():
            try:
                yield cipher.decrypt(n.to_bytes(_NONCE), self._file.read(length), self._about)
            except InvalidTag:
                raise self._damaged() from None
            n += 1

    def _length(self) -> int:
        field = self._file.read(_LENGTH.size)
        length = _LENGTH.unpack(field)[0] if len(field) == _LENGTH.size else wire.MOST_BODY * 2
        if length > wire.MOST_BODY + _TAG:
            raise self._damaged()
        return int(length)

    def _named(self) -> str:
        """The hash of all but the signature."""
        digest, left = hashlib.sha256(), self.size - _SIGNATURE
        self._file.seek(0)
        while left:
            chunk = self._file.read(min(_CHUNK, left))
            if not chunk:
                raise self._damaged()
            digest.update(chunk)
            left -= len(chunk)
        return digest.hexdigest()

    def _damaged(self) -> BadInput:
        return BadInput(
            "bundle-damaged",
            f"{self._path.name} is cut off or was altered on the way; nothing was taken from it: copy it"
            " again, or have it written again.",
            str(self._path),
        )


@contextmanager
def sealed_file(path: Path) -> Iterator[Sealed]:
    """A bundle's file, held open. Raises BadInput for what is no bundle or no file."""
    check_is_file(path)
    with translated(path), path.open("rb") as file:
        yield Sealed(file, path)


def _no_bundle(path: Path) -> BadInput:
    return BadInput("not-a-bundle", f"{path.name} is not a bundle of Outreach.", str(path))
