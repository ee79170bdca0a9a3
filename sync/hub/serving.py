"""Serving the central record on one address until it is told to stop."""

from __future__ import annotations

import socket
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import uvicorn

from casework.errors import BadInput, Refused, UsageProblem
from sync.hub.api import make_app
from sync.hub.gate import Gate

_BACKLOG = 256
_KEEP_ALIVE = 15


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

    Raises UsageProblem for an address beyond this computer without TLS, Refused where it is taken already.
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
        if path is not None and not path.is_file():
            raise BadInput("not-found", f"{path.name} is not there; check the name of the file.", str(path))
    config = uvicorn.Config(
        make_app(gate),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        ssl_certfile=certificate,
        ssl_keyfile=str(key) if key else None,
        lifespan="off",
    )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind((host.strip("[]"), port))
        except OSError:
            sentence = f"Port {port} of {host} cannot be taken; another program may have it."
            raise Refused("address-taken", sentence, "--port") from None
        taken.listen(_BACKLOG)
        scheme = "https" if certificate else "http"
        shown = f"[{host.strip('[]')}]" if ":" in host else host
        ready(f"{scheme}://{shown}:{taken.getsockname()[1]}")
        uvicorn.Server(config).run(sockets=[taken])
