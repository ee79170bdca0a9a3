"""Outreach with everything on: an encrypted file, signed requests, journal, entitlement, digests."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import httpx2

from benchmarks.sync.workload import CHILDREN, LAPTOPS, NOW, children, edited, edits, losers, merged, reviews
from casework.edits import Edit, create, update
from casework.policies import PURPOSES, Category
from casework.records import Child, Record, Team, Worker
from casework.records_case import Review
from casework.records_sharing import Agreement
from storage.central.identity import HUB_KEY, PRIVATE_KEY
from storage.central.state import kept, read_state
from storage.store import Store
from sync import signing
from sync.device import Device
from sync.http import HttpTransport, Line, Peer
from sync.joining import join

_KEY = bytes(range(32))
_A_STEP = 50
"""Records that are made in one step, as in an import or a review meeting."""


class _Counting(httpx2.HTTPTransport):
    """A connection that counts headers, too."""

    headers = 0

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        response = super().handle_request(request)
        self.headers += sum(
            len(name) + len(value) + 4 for name, value in (*request.headers.raw, *response.headers.raw)
        )
        return response


class Laptop:
    """A caseload that enrols when it is first opened."""

    def __init__(self, folder: Path, name: str, address: str) -> None:
        self._name = name
        url, *codes = address.split()
        path = folder / name / "caseload.db"
        times: dict[str, Any] = {"now": lambda: NOW, "today": NOW.date()}
        if path.exists():
            self._store = Store.open(path, bytearray(_KEY), **times)
        else:
            path.parent.mkdir()
            team = Team(id="team-0001", name="Swale")
            worker = Worker(id="worker-0001", name=name.title(), agency="early-help", team=team.id)
            self._store = Store.set_up(path, bytearray(_KEY), worker=worker, team=team, **times)
            join(self._store, url, codes[LAPTOPS.index(name)])
        conn = self._store.conn
        self._transport = _Counting()
        self._line = Line(url, now=self._store.now, transport=self._transport)
        key, hub_key = signing.key_of(kept(conn, PRIVATE_KEY)), signing.public_of(kept(conn, HUB_KEY))
        self._peer = Peer(url, read_state(conn).device, key, hub_key)

    def make(self, count: int) -> None:
        """Write children, each with an agreement, and reviews; `count` records in all."""
        by, team = self._store.worker.id, self._store.worker.team
        made: list[Record] = []
        for n, child in enumerate(children()):
            made.append(Child(id=child, surname=f"Marsh {n}", forename="Tilly", team=team))
            agreed = Agreement(
                id=f"agreement-{n:08d}", child=child, given_by="Anna", relationship="mother",
                responsibility="yes", status="given", agencies=("early-help",), categories=tuple(Category),
                purposes=PURPOSES, given_on=date(2026, 1, 5), by=by,
            )  # fmt: skip
            made.append(agreed)
        made += [Review.model_validate(record) for record in reviews(count - 2 * CHILDREN, by)]
        for at in range(0, len(made), _A_STEP):
            changes = tuple(create(record) for record in made[at : at + _A_STEP])
            self._store.journal.commit(Edit("Made", changes))

    def edit(self, count: int) -> None:
        """Write the edits of so many records, each a step of its own."""
        made = edits(self._name)
        ids = edited(count - 2 * CHILDREN)
        for edit in made:
            held = self._store.get(Review, ids[edit.place])
            self._store.journal.commit(Edit("Reviewed", update(held, **{edit.field: edit.value})))

    def sync(self) -> dict[str, Any]:
        """One session; it has to end in agreement."""
        traffic, headers = self._line.traffic, self._transport.headers
        before = (traffic.bytes_sent + traffic.bytes_received, traffic.requests)
        session = Device(self._store, HttpTransport(self._line, self._peer), now=self._store.now).sync()
        assert session.agreed, session.problems
        assert not session.quarantined
        return {
            "bytes": traffic.bytes_sent + traffic.bytes_received - before[0],
            "requests": traffic.requests - before[1],
            "headers": self._transport.headers - headers,
        }

    def outcome(self, count: int) -> dict[str, Any]:
        """What became of the shared records; a losing value counts where a conflict shows it."""
        held = self._store.find(Review)
        found = {review.id: review.model_dump(mode="json") for review in held}
        ids = edited(count - 2 * CHILDREN)
        rows = [found.get(record, {}) for record in ids]
        asked = self._store.conn.execute(
            "SELECT record, field, other FROM conflict WHERE settled = 0"
        ).fetchall()
        lost = losers(rows)
        kept_beside = sum((ids[e.place], e.field, f'"{e.value}"') in asked for e in lost)
        return {"merged": merged(rows), "kept": kept_beside, "records": len(found) + 2 * CHILDREN}
