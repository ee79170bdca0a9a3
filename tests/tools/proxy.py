"""A proxy on loopback that misbehaves by a seed, as the way to a central record does in a school.

It carries one HTTP request at a time on each connection, and now and then: loses the answer, cuts request or
answer off at some byte, sends the request twice, lets it wait, answers 502 itself, or strikes (what a test
gives, such as a kill) just after the request or the answer has gone on.
"""

from __future__ import annotations

import socket
import threading
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import cycle
from random import Random
from time import sleep

ILLS = ("lose the answer", "cut the request", "cut the answer", "send twice", "wait", "answer 502")
_LONGEST_WAIT = 0.1
_PATIENCE = 30.0
_BAD_GATEWAY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nContent-Length: 21\r\nConnection: close\r\n\r\n"
    b"<h1>Bad Gateway</h1>\n"
)


class Proxy:
    """Stands before ports of loopback, which it asks in turn, until closed; `done` counts what it did."""

    def __init__(
        self,
        ports: Sequence[int],
        random: Random,
        *,
        rate: float = 0.0,
        strikes: Mapping[str, Callable[[], None]] | None = None,
    ) -> None:
        """`rate` is the share of requests that come to harm; `strikes` are ills of the test's own."""
        self.rate = rate
        self.done: Counter[str] = Counter()
        self._ports, self._random, self._strikes = cycle(ports), random, strikes or {}
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()

    def _listen(self) -> None:
        while True:
            try:
                laptop, _ = self._listening.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(laptop,), daemon=True).start()

    def _carry(self, laptop: socket.socket) -> None:
        with laptop, suppress(OSError):
            laptop.settimeout(_PATIENCE)
            request = _whole(laptop)
            if request:
                self._treat(laptop, request)

    def _treat(self, laptop: socket.socket, request: bytes) -> None:
        ill = "pass"
        if self._random.random() < self.rate:
            ill = self._random.choice((*ILLS, *self._strikes))
        self.done[ill] += 1
        if ill == "answer 502":
            laptop.sendall(_BAD_GATEWAY)
            return
        if ill == "wait":
            sleep(self._random.random() * _LONGEST_WAIT)
        if ill == "cut the request":
            self._ask(request[: self._random.randrange(len(request))], whole=False)
            return
        strike = self._strikes.get(ill)
        early = self._random.random() < 0.5
        if strike and early:
            threading.Timer(self._random.random() * _LONGEST_WAIT / 2, strike).start()
        answer = self._ask(request)
        if ill == "send twice":
            answer = self._random.choice((answer, self._ask(request)))
        if ill == "lose the answer":
            return
        if ill == "cut the answer" and answer:
            answer = answer[: self._random.randrange(len(answer))]
        laptop.sendall(answer or _BAD_GATEWAY)
        if strike and not early:
            sleep(self._random.random() * _LONGEST_WAIT / 2)
            strike()

    def _ask(self, request: bytes, *, whole: bool = True) -> bytes:
        """The answer of whoever stands behind; nothing where nobody does, or it broke off."""
        try:
            with socket.create_connection(("127.0.0.1", next(self._ports)), timeout=_PATIENCE) as behind:
                behind.sendall(request)
                return _whole(behind) if whole else b""
        except OSError:
            return b""


def _whole(one: socket.socket) -> bytes:
    """One request or answer, that says it is the last on its connection; nothing where it breaks off."""
    said = b""
    while b"\r\n\r\n" not in said:
        some = one.recv(65_536)
        if not some:
            return b""
        said += some
    head, body = said.split(b"\r\n\r\n", 1)
    lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"connection:")]
    told = (line.lower().partition(b"content-length:") for line in lines)
    length = next((int(number) for before, name, number in told if name and not before), 0)
    while len(body) < length:
        some = one.recv(65_536)
        if not some:
            return b""
        body += some
    return b"\r\n".join([*lines, b"Connection: close", b"", body])
