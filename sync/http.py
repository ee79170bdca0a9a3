"""The transport over the network, HTTPS (or HTTP on this computer).

Whatever goes wrong on the way is `Unreachable`: nothing is lost, and every message may be said again. An
answer counts only when the central record's own key, known since enrolment, signed it for this very request;
a proxy that reads the traffic of a school can so be seen, but tells nothing of its own.
"""

from __future__ import annotations

import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import TypeVar

import httpx2
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel

from casework.errors import BadInput, OutreachError, Refused, Unreachable, UsageProblem
from casework.records import Worker
from sync import signing, wire
from sync.ahead import begun
from sync.certificates import certificate_fault
from sync.messages.enrolling import Enrol, Enrolled
from sync.messages.said import Fault
from sync.messages.verbs import VERB_OF
from sync.transport import NotSent

M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")

_TRIES = 3
_FIRST_WAIT = 0.25
_TIMEOUT = httpx2.Timeout(60.0, connect=10.0)
_NO_CONNECTION = (httpx2.ConnectError, httpx2.ConnectTimeout)
_OK, _TOO_MANY, _SERVER = 200, 429, 500
_MOST_OFFSET = timedelta(days=36_525)
"""By which two clocks may differ: a century."""
_HIGHEST_PORT = 65_535
_REPLAYED = "replayed"
"""A proxy sent a request twice and passed on the second answer: said once more, with a nonce of its own, it
has the effect that it has had."""
_SENT_LATER = "nothing is lost, and it is sent the next time"
_ENROL_AGAIN = "nothing is lost: run the same outreach enrol again, with a new code where this one ran out"
_MOST_ANSWER = 4 * wire.MOST_BODY  # a page of a pull may be larger than anything that is sent


@dataclass
class Traffic:
    """What went over the wire, headers left out."""

    requests: int = 0
    bytes_sent: int = 0
    bytes_received: int = 0


@dataclass(frozen=True, slots=True)
class Peer:
    """The central record as this laptop knows it since enrolment, and this laptop's own name and key."""

    url: str
    device: str
    key: Ed25519PrivateKey
    hub_key: Ed25519PublicKey


class Line:
    """An open connection that signs what it sends and checks who signed what comes back."""

    def __init__(
        self,
        url: str,
        *,
        now: Callable[[], datetime],
        offset: timedelta = timedelta(0),
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """`offset` is what the central record's clock is ahead of this one's.

        Raises UsageProblem for the address; with HTTPS BadInput for certificates in the environment that are
        none.
        """
        self.url = checked_url(url)
        self.offset = offset
        self.traffic = Traffic()
        self._now, self._sleep = now, sleep
        self._ready: tuple[BaseModel, bytes] | None = None
        local = _is_loopback(self.url)
        self._client = httpx2.Client(
            timeout=_TIMEOUT, trust_env=not local, transport=transport, verify=_trusted(self.url)
        )

    def close(self) -> None:
        """Let go of the connection."""
        self._client.close()

    def make_ready(self, said: BaseModel) -> None:
        """Pack what is said next before it is said; what was made ready before that is forgotten."""
        self._ready = (said, wire.packed(said))

    def say(
        self,
        verb: str,
        said: BaseModel,
        shape: type[M],
        *,
        key: Ed25519PrivateKey,
        key_id: str,
        hub_key: Ed25519PublicKey | None,
    ) -> M:
        """The answer to a message; without `hub_key` the key that the answer itself names is taken.

        Raises NotSent or Unreachable, or the central record's own refusal.
        """
        left = False
        ready, self._ready = self._ready, None
        body = ready[1] if ready is not None and ready[0] is said else wire.packed(said)
        for attempt in range(_TRIES):
            nonce = signing.new_nonce()
            try:
                status, headers, answer = self._exchange(verb, body, key, key_id, nonce)
                return self._read(status, headers, answer, shape, hub_key, nonce)
            except _Skewed as skewed:
                left = True
                if attempt + 1 == _TRIES:
                    raise Unreachable("clock", "The clocks of laptop and central record differ.") from None
                self.offset = skewed.offset
            except Unreachable as fault:
                left = left or not isinstance(fault, NotSent)
                # Who does not answer for a minute is not asked twice more: somebody waits for the end of it.
                if attempt + 1 == _TRIES or isinstance(fault, _Silent):
                    if left and isinstance(fault, NotSent):
                        raise Unreachable(fault.code, fault.message, fault.where) from None
                    raise
                self._sleep(_FIRST_WAIT * 2**attempt * (1 + random.random()))  # noqa: S311
        raise AssertionError  # the last attempt returns or raises

    def _exchange(
        self, verb: str, body: bytes, key: Ed25519PrivateKey, key_id: str, nonce: str
    ) -> tuple[int, Mapping[str, str], bytes]:
        url = f"{self.url}/v1/{verb}"
        created = self._now() + self.offset
        headers = signing.sign_request(key, key_id, url, body, nonce=nonce, created=created)
        headers |= {"Content-Encoding": "gzip", "Content-Type": "application/json"}
        self.traffic.requests += 1
        self.traffic.bytes_sent += len(body)
        try:
            with self._client.stream("POST", url, content=body, headers=headers) as response:
                answer = bytearray()
                for chunk in response.iter_raw():
                    answer += chunk
                    if len(answer) > _MOST_ANSWER:
                        raise Unreachable(
                            "bad-answer", "The answer is larger than any from a central record."
                        )
                self.traffic.bytes_received += len(answer)
                found = {name.lower(): value for name, value in response.headers.items()}
                return response.status_code, found, bytes(answer)
        except (httpx2.HTTPError, httpx2.InvalidURL, httpx2.StreamError, OSError) as error:
            then = _ENROL_AGAIN if verb == "enrol" else _SENT_LATER
            fault = next((kind for errors, kind in _KINDS if isinstance(error, errors)), Unreachable)
            raise fault("unreachable", f"{_why(error, self.url)}; {then}.", self.url) from None

    def _read(
        self,
        status: int,
        headers: Mapping[str, str],
        answer: bytes,
        shape: type[M],
        hub_key: Ed25519PublicKey | None,
        nonce: str,
    ) -> M:
        try:
            if hub_key is None and status == _OK:
                hub_key = signing.public_of(wire.read(Enrolled, answer).key)
            if hub_key is not None:
                signing.check_answer(headers, status, answer, key=hub_key, nonce=nonce)
            if status == _OK:
                return wire.read(shape, answer)
            fault = wire.read(Fault, answer)
            skewed = _Skewed(_ahead_by(fault.now, self._now())) if fault.code == "clock" else None
        except OutreachError:
            raise Unreachable(
                "bad-answer",
                "The answer was not signed by the central record with which this laptop enrolled: something"
                f" in between may have given it (status {status}). Nothing is lost.",
                self.url,
            ) from None
        if skewed is not None:
            raise skewed
        if status >= _SERVER or status == _TOO_MANY or fault.code == _REPLAYED:
            raise Unreachable(fault.code, fault.message, self.url)
        if fault.code in ("too-large", "bad-message"):
            raise BadInput(fault.code, fault.message)
        raise Refused(fault.code, fault.message)


class HttpTransport:
    """A line on which an enrolled laptop speaks with its central record (sync.transport.Answering)."""

    def __init__(self, line: Line, peer: Peer) -> None:
        self._line, self._peer = line, peer

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> Callable[[], T]:
        """Say it, and do `then` with the answer, on a thread; what is given waits for that."""
        peer, verb = self._peer, VERB_OF[type(said)]

        def run() -> T:
            answer = self._line.say(verb, said, shape, key=peer.key, key_id=peer.device, hub_key=peer.hub_key)
            return then(answer)

        return begun(run)

    def make_ready(self, said: BaseModel) -> None:
        """Pack what is sent next."""
        self._line.make_ready(said)


def enrol(line: Line, code: str, key: Ed25519PrivateKey, was: Worker | None = None) -> Enrolled:
    """Enrol this laptop with a one-time code; `was` is its worker where it was enrolled before.

    Raises Unreachable, or Refused("wrong-code").
    """
    public = signing.public_text(key)
    said = Enrol(code=code, key=public)
    if was is not None:
        said = Enrol(code=code, key=public, worker=was.id, name=was.name, agency=was.agency)
    return line.say("enrol", said, Enrolled, key=key, key_id=f"enrol:{public}", hub_key=None)


def checked_url(url: str) -> str:
    """The address without a slash at its end. Raises UsageProblem unless it is https, or http on loopback."""
    address = url.strip().rstrip("/")
    try:
        parts = httpx2.URL(address)
    except httpx2.InvalidURL:
        parts = httpx2.URL("")
    plain = parts.scheme == "http" and _is_loopback(address)
    is_port = parts.port is None or 0 < parts.port <= _HIGHEST_PORT
    is_bare = parts.host and is_port and not parts.userinfo and not parts.query
    if not is_bare or (parts.scheme != "https" and not plain):
        raise UsageProblem(
            "bad-url",
            "The address of a central record is https://..., or http://127.0.0.1:PORT on this computer.",
            "URL",
        )
    return address


def _trusted(url: str) -> ssl.SSLContext:
    """The certificates that this computer trusts, or those that SSL_CERT_FILE or SSL_CERT_DIR name.

    To a central record on this computer, over plain HTTP, none is asked for: reading them takes 20 ms.
    """
    if httpx2.URL(url).scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return httpx2.create_ssl_context()
    except OSError:
        raise BadInput(
            "bad-certificates",
            "The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read; correct or unset it.",
            "SSL_CERT_FILE",
        ) from None


def _is_loopback(url: str) -> bool:
    host = httpx2.URL(url).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _why(error: Exception, url: str) -> str:
    """What went wrong on the way, in a person's words."""
    if told := certificate_fault(error, httpx2.URL(url).host):
        return told
    if isinstance(error, _NO_CONNECTION):
        return "The central record cannot be reached"
    if isinstance(error, httpx2.TimeoutException):
        return "The central record did not answer in time"
    return "The connection to the central record broke off"


def _ahead_by(told: str, now: datetime) -> timedelta:
    """By how much the clock that told this time is ahead. Raises BadInput for what is none."""
    try:
        offset = datetime.fromisoformat(told) - now
    except (ValueError, TypeError):
        offset = timedelta.max
    if abs(offset) > _MOST_OFFSET:
        raise wire.bad_message("it tells no time")
    return offset


class _Silent(Unreachable):
    """The central record took a request and did not answer it in time."""


_KINDS = ((httpx2.ReadTimeout, _Silent), (_NO_CONNECTION, NotSent))


class _Skewed(Exception):
    def __init__(self, offset: timedelta) -> None:
        super().__init__()
        self.offset = offset
