"""HTTP for the peers that are ours only for measuring: compressed bodies over one open connection."""

from __future__ import annotations

import gzip
import http.client
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Step = Callable[[str, bytes], bytes]


class Serving:
    """A server on loopback; `step` gets the path and the body and gives the answer's body."""

    def __init__(self, step: Step) -> None:
        self.seconds = 0.0
        serving, lock = self, threading.Lock()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                began = time.perf_counter()
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with lock:
                    answer = gzip.compress(step(self.path, gzip.decompress(body)), 6)
                serving.seconds += time.perf_counter() - began
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                """Nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"127.0.0.1:{self._server.server_address[1]}"

    def spent(self) -> float:
        """Seconds of work since this was asked last."""
        taken, self.seconds = self.seconds, 0.0
        return taken


class Asking:
    """A connection to it, and what went over it."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(address)
        self.bytes = self.requests = 0

    def say(self, path: str, body: bytes) -> bytes:
        """The answer to a body."""
        packed = gzip.compress(body, 6)
        self._connection.request("POST", path, packed)
        answer = self._connection.getresponse().read()
        self.requests += 1
        self.bytes += len(packed) + len(answer)
        return gzip.decompress(answer)

    def told(self) -> dict[str, int]:
        """Bytes and requests since this was asked last."""
        taken = {"bytes": self.bytes, "requests": self.requests}
        self.bytes = self.requests = 0
        return taken
