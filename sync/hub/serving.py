"""Serving the central record on one address until it is told to stop."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from casework.errors import BadInput, Refused, UsageProblem
from storage.files import check_is_file
from sync.collecting import collect_rarely
from sync.hub.api import make_app
from sync.hub.gate import Gate

_BACKLOG = 256
_KEEP_ALIVE = 15
_LAST_SECONDS = 3


def is_loopback(host: str) -> bool:
    """Whether an address is this computer alone."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def serve(
    gate: Gate,
    host: str,
    port: int,
    *,
    certificate: Path | None = None,
    key: Path | None = None,
    ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until SIGTERM or Ctrl-C; `ready` is told the address once it is taken.

    Raises UsageProblem for an address beyond this computer without TLS, Refused where it is taken already,
    BadInput for a certificate and a key that are no pair.
    """
    if (certificate is None) != (key is None):
        raise UsageProblem("tls", "--tls-cert and --tls-key go together.", "--tls-cert")
    if certificate is None and not is_loopback(host):
        raise UsageProblem(
            "plain-http",
            "Without TLS only this computer is served: give --tls-cert and --tls-key, or --host 127.0.0.1.",
            "--host",
        )
    for path in (certificate, key):
        if path is not None:
            check_is_file(path)
    if certificate is not None and key is not None:
        _check_pair(certificate, key)
    config = _config(gate, certificate, key)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with _stream(family) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((host.strip("[]"), port))
        except OSError:
            sentence = f"Port {port} of {host} cannot be taken; another program may have it."
            raise Refused("address-taken", sentence, "--port") from None
        taken.listen(_BACKLOG)
        collect_rarely()
        scheme = "https" if certificate else "http"
        shown = f"[{host.strip('[]')}]" if ":" in host else host
        ready(f"{scheme}://{shown}:{taken.getsockname()[1]}")
        uvicorn.Server(config).run(sockets=[taken])


def _check_pair(certificate: Path, key: Path) -> None:
    """Raises BadInput where the key is not that of the certificate, or one of both cannot be read."""

    def no_passphrase() -> str:
        # Else a sealed key would be asked about at the terminal.
        return ""

    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key, no_passphrase)
    except OSError:
        sentence = (
            f"{certificate.name} and {key.name} are not a certificate and its key, both in PEM and the key "
            "without a passphrase; give the two that belong together."
        )
        raise BadInput("tls-pair", sentence, str(key)) from None


class Beside:
    """The central record served to this computer alone, on a thread beside other work, until `stop`."""

    def __init__(self, gate: Gate) -> None:
        self._taken = _stream(socket.AF_INET)
        self._taken.bind(("127.0.0.1", 0))
        self._taken.listen(_BACKLOG)
        self.url = f"http://127.0.0.1:{self._taken.getsockname()[1]}"
        self._server = uvicorn.Server(_config(gate, None, None))
        self._thread = threading.Thread(
            target=self._server.run, args=([self._taken],), name="central record", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Serve no more; what is under way is ended first."""
        self._server.should_exit = True
        self._thread.join(_LAST_SECONDS)
        self._taken.close()


def _stream(family: socket.AddressFamily) -> socket.socket:
    """A socket to listen on, with its protocol named.

    Only then asyncio sets TCP_NODELAY on what it accepts. Without it the body of a small answer is held back
    until its head is acknowledged, and each answer comes 40 ms late.
    """
    return socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)


def _config(gate: Gate, certificate: Path | None, key: Path | None) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(gate),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        ssl_certfile=certificate,
        ssl_keyfile=str(key) if key else None,
        lifespan="off",
    )
