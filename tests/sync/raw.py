"""A laptop that may lie over the network."""

from __future__ import annotations

import gzip
from typing import Any

import httpx2

from casework.ids import new_id
from storage.central.identity import HUB_KEY, PRIVATE_KEY
from storage.central.state import kept, read_state
from storage.store import Store
from sync import signing, wire
from sync.messages.greeting import Hello
from sync.messages.said import Fault
from tests.sync.served import Site


class Raw:
    """A laptop that may lie: it sends what a test puts together."""

    def __init__(self, site: Site, store: Store) -> None:
        self.site = site
        self.device = read_state(store.conn).device
        self.key = signing.key_of(kept(store.conn, PRIVATE_KEY))
        self.hub_key = signing.public_of(kept(store.conn, HUB_KEY))

    def request(
        self, verb: str, body: bytes, *, key: Any = None, key_id: str = "", created: Any = None
    ) -> tuple[str, bytes, dict[str, str]]:
        url = f"{self.site.url}/v1/{verb}"
        headers = signing.sign_request(
            key or self.key,
            key_id or self.device,
            url,
            body,
            nonce=signing.new_nonce(),
            created=created or self.site.clock(),
        )
        return url, body, headers | {"Content-Encoding": "gzip"}

    def send(self, url: str, body: bytes, headers: dict[str, str]) -> tuple[int, Fault | None]:
        with (
            httpx2.Client(trust_env=False) as client,
            client.stream("POST", url, content=body, headers=headers) as response,
        ):
            raw = b"".join(response.iter_raw())
        found = {name.lower(): value for name, value in response.headers.items()}
        nonce = signing.claimed_nonce({name.lower(): value for name, value in headers.items()})
        signing.check_answer(found, response.status_code, raw, key=self.hub_key, nonce=nonce)
        if response.status_code == 200:
            return 200, None
        return response.status_code, wire.read(Fault, raw)

    def code(self, *request: Any) -> tuple[int, str]:
        status, fault = self.send(*request)
        return status, fault.code if fault else ""


def hello() -> bytes:
    return wire.packed(Hello(coming=new_id()))


def zipped(text: bytes) -> bytes:
    return gzip.compress(text)
