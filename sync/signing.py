"""Who said it: requests are signed with the laptop's key, answers with the central record's (RFC 9421).

Ed25519, over method, path and the digest of the bytes that travel. Authority and scheme are left out, for the
proxy in front of a county's central record changes both; the key id is the laptop's name at one central
record and means nothing to another. An answer repeats the nonce of the request that it answers.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import scrypt
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    InvalidSignature,
    algorithms,
)
from http_message_signatures.exceptions import HTTPMessageSignaturesException

from casework.errors import Refused
from sync.words import WORDS

MOST_SKEW = timedelta(minutes=5)
"""How far the time of a request may lie from the central record's clock, either way."""
NONCE_KEPT = timedelta(minutes=11)
"""How long a nonce is remembered: longer than a request with it can be taken."""

_OF_REQUEST = ("@method", "@path", "content-digest")
_OF_ANSWER = ("@status", "content-digest")
_REQUEST_TAG, _ANSWER_TAG = "outreach-request", "outreach-answer"
_NONCE = re.compile(r';nonce="([A-Za-z0-9_-]{16,64})"')


@dataclass(frozen=True, slots=True)
class Signed:
    """What a good signature says of a request: the key it names, its nonce, and when it was made."""

    key_id: str
    nonce: str
    created: datetime


@dataclass
class _Request:
    method: str
    url: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class _Answer:
    status_code: int
    headers: dict[str, str] = field(default_factory=dict)


class _Keys(HTTPSignatureKeyResolver):
    def __init__(
        self,
        private: Ed25519PrivateKey | None = None,
        find: Callable[[str], Ed25519PublicKey | None] = lambda _: None,
    ) -> None:
        self._private, self._find = private, find

    def resolve_private_key(self, key_id: str) -> Any:
        del key_id
        return self._private

    def resolve_public_key(self, key_id: str) -> Any:
        return self._find(key_id)


class _Verifier(HTTPMessageVerifier):
    def validate_created_and_expires(self, sig_input: Any, max_age: Any = None) -> None:
        """Nothing: the age is judged after the signature, by the clock that the caller gives."""
        del sig_input, max_age


def new_key() -> Ed25519PrivateKey:
    """A fresh key; it is kept in an encrypted database and nowhere else."""
    return Ed25519PrivateKey.generate()


def new_nonce() -> str:
    """A random word that no other request has."""
    return secrets.token_urlsafe(18)


def key_text(key: Ed25519PrivateKey) -> str:
    """A private key as it is kept, in hex."""
    return key.private_bytes_raw().hex()


def key_of(text: str) -> Ed25519PrivateKey:
    """A private key as it was kept."""
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(text))


def public_text(key: Ed25519PrivateKey) -> str:
    """The public half, in hex."""
    return key.public_key().public_bytes_raw().hex()


def public_of(text: str) -> Ed25519PublicKey:
    """A public key from hex. Raises Refused("bad-key")."""
    try:
        return Ed25519PublicKey.from_public_bytes(bytes.fromhex(text))
    except ValueError:
        raise Refused("bad-key", "That is not a public key.") from None


def fingerprint_words(public: str) -> str:
    """Six words for a public key, for two people to compare; made slowly, so that none can be made to fit."""
    drawn = scrypt(public.encode(), salt=b"outreach key words 1", n=1 << 14, r=8, p=1, dklen=6)
    return " ".join(WORDS[byte] for byte in drawn)


def sign_request(
    key: Ed25519PrivateKey, key_id: str, url: str, body: bytes, *, nonce: str, created: datetime
) -> dict[str, str]:
    """The headers that sign a POST of these bytes."""
    message = _Request("POST", url)
    _signer(key).sign(
        message,
        key_id=key_id,
        created=created,
        nonce=nonce,
        tag=_REQUEST_TAG,
        covered_component_ids=_OF_REQUEST[:2],
        body=body,
    )
    return message.headers


def check_request(
    headers: Mapping[str, str],
    url: str,
    body: bytes,
    *,
    find: Callable[[str], Ed25519PublicKey | None],
) -> Signed:
    """Who signed this POST, and when. Raises Refused("bad-signature"); age and nonce are the caller's."""
    message = _Request("POST", url, dict(headers))
    parameters = _verified(_Keys(find=find), message, _OF_REQUEST, _REQUEST_TAG, body)
    nonce, created = parameters.get("nonce"), parameters.get("created")
    if not isinstance(created, int) or not isinstance(nonce, str) or not _NONCE.search(f';nonce="{nonce}"'):
        raise _bad("The request has no time or no nonce.")
    return Signed(str(parameters["keyid"]), nonce, _instant(created))


def sign_answer(
    key: Ed25519PrivateKey, hub: str, status: int, body: bytes, *, nonce: str, created: datetime
) -> dict[str, str]:
    """The headers that sign an answer to the request with this nonce."""
    message = _Answer(status)
    _signer(key).sign(
        message,
        key_id=hub,
        created=created,
        nonce=nonce,
        tag=_ANSWER_TAG,
        covered_component_ids=_OF_ANSWER[:1],
        body=body,
    )
    return message.headers


def check_answer(
    headers: Mapping[str, str], status: int, body: bytes, *, key: Ed25519PublicKey, nonce: str
) -> None:
    """Raise Refused("bad-signature") unless the holder of `key` gave this answer to that very request."""
    message = _Answer(status, dict(headers))
    parameters = _verified(_Keys(find=lambda _: key), message, _OF_ANSWER, _ANSWER_TAG, body)
    if parameters.get("nonce") != nonce:
        raise _bad("The answer is to another request.")


def claimed_nonce(headers: Mapping[str, str]) -> str:
    """The nonce that a request names, not proved; "" where it names none."""
    found = _NONCE.search(headers.get("signature-input", ""))
    return found.group(1) if found else ""


def is_timely(created: datetime, now: datetime) -> bool:
    """Whether a request is neither too old nor from the future."""
    return abs(now - created) <= MOST_SKEW


def _signer(key: Ed25519PrivateKey) -> Any:
    return HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=_Keys(key))


def _verified(
    keys: _Keys, message: _Request | _Answer, required: tuple[str, ...], tag: str, body: bytes
) -> Mapping[str, Any]:
    verifier = _Verifier(signature_algorithm=algorithms.ED25519, key_resolver=keys)
    try:
        results = verifier.verify(
            message, max_age=None, expect_tag=tag, require_components=required, body=body
        )
    except (InvalidSignature, HTTPMessageSignaturesException, ValueError, TypeError, KeyError):
        raise _bad("The signature does not fit.") from None
    if len(results) != 1:
        raise _bad("There is not one signature.")
    parameters: Mapping[str, Any] = results[0].parameters
    return parameters


def _instant(created: int) -> datetime:
    try:
        return datetime.fromtimestamp(created, UTC)
    except (OverflowError, OSError, ValueError):
        raise _bad("The request has no time.") from None


def _bad(sentence: str) -> Refused:
    return Refused("bad-signature", sentence)
