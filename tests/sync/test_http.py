"""Syncing over the network: what two laptops say, in which order, and when nobody answers."""

from __future__ import annotations

import json
import socket
from collections.abc import Sequence
from datetime import timedelta
from threading import Thread
from typing import Any

import httpx2
import pytest
from sqlalchemy import select

from casework.edits import Edit, update
from casework.errors import BadInput, Unreachable, UsageProblem
from casework.records import RECORD_TYPES, Child
from storage.central import beside
from storage.central.identity import OFFSET
from storage.central.outbox import count_waiting
from storage.central.state import keep, kept, read_state
from storage.store import Store
from sync import sending, signing, wire
from sync.http import Line, _Skewed, checked_url, enrol
from sync.hub import care, tables
from sync.hub.gate import Gate
from sync.hub.home import open_hub
from sync.hub.serving import Beside
from sync.messages.greeting import MOST_UNANSWERED, Hello
from sync.transport import NotSent
from tests.sync.raw import Raw, zipped
from tests.sync.served import Served, Site, child
from tests.sync.world import KEY, NOW


def test_a_small_answer_is_not_held_back(site: Site) -> None:
    beside = Beside(site.hub.gate())
    try:
        with httpx2.Client(trust_env=False) as client:
            client.get(beside.url)
            [one] = beside._server.server_state.connections
            accepted = one.transport.get_extra_info("socket")
            assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    finally:
        beside.stop()


def test_two_laptops_meet_over_http_and_say_one_thing_when_nothing_is_new(site: Site) -> None:
    ana, ben = site.laptop("Ana Bell"), site.laptop("Ben Cole")
    tilly = child(ana)
    first = site.sync(ana)
    assert (first.session.agreed, first.session.pushed) == (True, 2)
    assert first.traffic.requests >= 4
    assert site.sync(ben).session.agreed
    assert ben.get(Child, tilly.id).forename == "Tilly"
    again = site.sync(ben)
    assert (again.session.agreed, again.traffic.requests) == (True, 1)
    assert again.traffic.bytes_sent + again.traffic.bytes_received < 2_000


def test_messages_that_follow_each_other_at_once_are_taken_in_their_order(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "MOST_EDITS", 1)
    ana, ben = site.laptop("Ana Bell"), site.laptop("Ben Cole")
    tilly = child(ana)
    for n in range(6):
        ana.journal.commit(Edit("Changed", update(ana.get(Child, tilly.id), forename=f"Tilly {n}")))
    done = site.sync(ana)
    assert (done.session.agreed, done.session.pushed, done.session.quarantined) == (True, 8, 0)
    assert (
        done.traffic.requests == done.session.requests
    )  # none came before its turn, and none was tried again
    assert site.sync(ben).session.agreed
    assert ben.get(Child, tilly.id).forename == "Tilly 5"


def test_a_bad_message_behind_another_is_refused_and_its_nonce_kept(site: Site) -> None:
    ana = site.laptop()
    gate = Gate(site.hub.hub, site.hub.key, now=site.clock)
    url, body, headers = Raw(site, ana).request("push", zipped(b"{}"))
    said = ("push", url, {name.lower(): value for name, value in headers.items()}, body, "")
    held: list[int] = []
    with gate._turns.of(read_state(ana.conn).device) as turn:
        thread = Thread(target=lambda: held.append(gate.answer(*said).status))
        thread.start()
        turn.nearly_over()
    thread.join(10)
    assert held == [422]
    assert gate.answer(*said).status == 401  # taken before


def test_verify_and_deep_compare_although_there_is_nothing_to_say(site: Site) -> None:
    ana = site.laptop()
    child(ana)
    site.sync(ana)
    assert site.sync(ana, full=True).traffic.requests == 3
    assert site.sync(ana, deep=True).session.problems == []
    every = [(kind, record) for kind in RECORD_TYPES for record in beside.of_type(ana.conn, kind)]
    counts = {entry: held[0] for entry, (_, held) in beside.of_records(ana.conn, every).items()}
    beside.write(ana.conn, [(entry, (count, bytes(32))) for entry, count in counts.items()])
    ana.conn.execute("UPDATE sync_scope SET total = zeroblob(32)")
    done = site.sync(ana, deep=True).session
    assert done.agreed
    assert any("did not fit" in problem for problem in done.problems)


def test_a_wrong_clock_stops_nobody_and_changes_no_time_of_a_record(site: Site) -> None:
    def ahead() -> Any:
        return site.clock() + timedelta(days=3650)

    store = site.store(now=ahead)
    site.join(store, site.code())
    assert float(kept(store.conn, OFFSET)) == -timedelta(days=3650).total_seconds()
    tilly = child(store)
    done = site.sync(store)
    assert done.session.agreed
    assert done.traffic.requests == site_requests(done)
    at = store.conn.execute("SELECT at FROM edit WHERE subject = ?", (tilly.id,)).fetchone()[0]
    assert at.startswith("2036")
    keep(store.conn, OFFSET, "0")
    assert site.sync(store).traffic.requests == 2
    assert float(kept(store.conn, OFFSET)) < 0


def site_requests(done: Any) -> int:
    return done.session.requests  # type: ignore[no-any-return]


def test_a_lost_answer_is_asked_for_again_and_has_one_effect(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = site.laptop()
    child(ana)
    exchange, seen = Line._exchange, []

    def flaky(self: Line, verb: str, *given: Any) -> Any:
        answer = exchange(self, verb, *given)
        seen.append(verb)
        if len(seen) % 2:
            raise Unreachable("unreachable", "lost")
        return answer

    monkeypatch.setattr(Line, "_exchange", flaky)
    done = site.sync(ana)
    assert (done.session.agreed, done.session.pushed, done.session.quarantined) == (True, 2, 0)
    with site.hub.engine.begin() as connection:
        edits = connection.execute(select(tables.log.c.edit)).scalars().all()
        assert len(edits) == len(set(edits))
        assert care.problems(connection) == []


def test_a_proxy_that_sends_twice_and_passes_on_the_second_answer_is_no_refusal(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = site.laptop()
    child(ana)
    exchange, seen = Line._exchange, []

    def twice(self: Line, *given: Any) -> Any:
        answer = exchange(self, *given)
        seen.append(given)
        return exchange(self, *given) if len(seen) % 2 else answer

    monkeypatch.setattr(Line, "_exchange", twice)
    done = site.sync(ana).session
    assert (done.agreed, done.pushed, done.quarantined) == (True, 2, 0)


def test_nobody_answers_and_nothing_is_lost(site: Site) -> None:
    ana = site.laptop()
    tilly = child(ana)
    site.served.stop()
    with pytest.raises(Unreachable) as gone:
        site.sync(ana)
    assert (gone.value.exit_code, gone.value.code) == (6, "unreachable")
    assert count_waiting(ana.conn) == 2
    serve_again(site, ana)
    assert site.sync(ana).session.agreed
    with site.hub.engine.begin() as connection:
        held = connection.execute(select(tables.record.c.id).where(tables.record.c.id == tilly.id))
        assert held.scalar() == tilly.id


def serve_again(site: Site, laptop: Store) -> None:
    """The central record answers again, at another port."""
    site.hub.close()
    site.hub = open_hub(site.home, bytearray(KEY), now=site.clock)
    site.served = Served(site.hub)
    laptop.conn.execute("UPDATE sync_state SET value = ? WHERE name = 'url'", (site.url,))


def test_after_an_answer_that_was_lost_days_without_a_network_make_nobody_an_older_copy(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = site.laptop()
    child(ana)
    exchange = Line._exchange

    def lose(self: Line, *given: Any) -> Any:
        exchange(self, *given)
        raise Unreachable("unreachable", "lost")

    with monkeypatch.context() as losing:
        losing.setattr(Line, "_exchange", lose)
        with pytest.raises(Unreachable):
            site.sync(ana)
    site.served.stop()
    for _ in range(MOST_UNANSWERED + 1):
        with pytest.raises(NotSent):
            site.sync(ana)
    serve_again(site, ana)
    done = site.sync(ana).session
    assert (done.agreed, done.problems) == (True, [])


def test_what_was_refused_for_its_clock_was_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Although nobody was there when it was said again."""
    left = iter((_Skewed(timedelta(hours=1)), NotSent("unreachable", "no"), NotSent("unreachable", "no")))

    def fail(*_: Any) -> Any:
        raise next(left)

    monkeypatch.setattr(Line, "_exchange", fail)
    line = Line("http://127.0.0.1:8765", now=lambda: NOW, sleep=lambda _: None)
    with pytest.raises(Unreachable) as gone:
        enrol(line, "ABC1234567", signing.new_key())
    assert type(gone.value) is Unreachable
    line.close()


_CUT, _NOBODY = httpx2.ReadError, httpx2.ConnectError


@pytest.mark.parametrize(
    ("faults", "kind"),
    [
        ((_NOBODY, _NOBODY, _NOBODY), NotSent),
        ((_CUT, _NOBODY, _NOBODY), Unreachable),
        ((_NOBODY, _CUT, _NOBODY), Unreachable),
    ],
)
def test_what_was_tried_thrice_was_not_sent_where_no_try_found_a_connection(
    faults: Sequence[type[httpx2.TransportError]], kind: type[Unreachable]
) -> None:
    left = iter(faults)

    def fail(request: httpx2.Request) -> httpx2.Response:
        raise next(left)("no", request=request)

    transport = httpx2.MockTransport(fail)
    line = Line("http://127.0.0.1:8765", now=lambda: NOW, transport=transport, sleep=lambda _: None)
    with pytest.raises(Unreachable) as gone:
        enrol(line, "ABC1234567", signing.new_key())
    assert type(gone.value) is kind
    line.close()


@pytest.mark.parametrize(
    ("url", "fine"),
    [
        ("https://hub.example.org", True),
        ("https://hub.example.org:8765/", True),
        ("http://127.0.0.1:8765", True),
        ("http://[::1]:8765", True),
        ("http://localhost:8765", True),
        ("http://hub.example.org", False),
        ("http://127.0.0.1.example.org", False),
        ("ftp://127.0.0.1", False),
        ("https://", False),
        ("hub.example.org", False),
        ("https://a:b@hub.example.org", False),
        ("https://hub.example.org:99999", False),
        ("https://hub.example.org:0", False),
        ("", False),
    ],
)
def test_only_https_leaves_this_computer(url: str, fine: bool) -> None:
    if fine:
        assert checked_url(url) == url.rstrip("/")
    else:
        with pytest.raises(UsageProblem):
            checked_url(url)


def test_what_is_too_large_to_send_is_said() -> None:
    with pytest.raises(BadInput):
        wire.unpacked(bytes(wire.MOST_BODY + 1))
    assert json.loads(wire.unpacked(wire.packed(Hello(coming="01234567"))))["coming"] == "01234567"


@pytest.mark.parametrize(("fault", "tries"), [(httpx2.ReadTimeout, 1), (httpx2.ConnectTimeout, 3)])
def test_who_takes_a_request_and_says_nothing_is_not_asked_again(
    fault: type[httpx2.TransportError], tries: int
) -> None:
    asked: list[str] = []

    def silent(request: httpx2.Request) -> httpx2.Response:
        asked.append(str(request.url))
        raise fault("no answer", request=request)

    url = "http://127.0.0.1:8765"
    line = Line(url, now=lambda: NOW, transport=httpx2.MockTransport(silent), sleep=lambda _: None)
    with pytest.raises(Unreachable):
        enrol(line, "ABC1234567", signing.new_key())
    assert len(asked) == tries
    line.close()
