"""The way over the network: enrolling, syncing, and everything that must be refused."""

from __future__ import annotations

import gzip
import json
import shutil
import socket
import zlib
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select

from casework.edits import Edit, create, update
from casework.errors import BadInput, Refused, Unreachable, UsageProblem
from casework.ids import new_id
from casework.records import RECORD_TYPES, Child, School, Team, Worker
from casework.records_sync import Conflict
from storage.central import beside
from storage.central.asides import set_aside
from storage.central.identity import HUB_KEY, OFFSET, PRIVATE_KEY, keep, kept
from storage.central.outbox import count_waiting
from storage.central.state import read_state
from storage.home import Home
from storage.integrity import CHECKS
from storage.store import Store
from storage.vault import Vault
from sync import sending, signing, wire
from sync.http import Line, checked_url, enrol
from sync.hub import care, tables
from sync.hub.gate import Gate
from sync.hub.home import open_hub
from sync.hub.serving import Beside
from sync.messages.greeting import Hello
from sync.messages.pages import Page
from sync.messages.said import Fault
from sync.messages.steps import Push
from sync.words import WORDS
from tests.sync.served import Served, Site
from tests.sync.world import KEY, NOW
from tests.tools.vaults import FAST, PASSPHRASE


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.close()


def child(store: Store, forename: str = "Tilly") -> Child:
    made = Child(id=new_id(), surname="Marsh", forename=forename, team=store.worker.team)
    store.journal.commit(Edit("Made", (create(made),), subject=made.id))
    return made


def sound(store: Store) -> list[str]:
    return [problem for check in CHECKS for problem in check(store.conn)]


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


# Enrolling


def test_a_fresh_laptop_becomes_the_worker_whom_the_council_has(site: Site) -> None:
    code = site.code("Ana Bell", "early-help", ("118300",))
    store = site.store("Ana", team="Thanet")
    joined = site.join(store, code)
    assert (joined.worker, joined.agency, joined.waiting) == ("Ana Bell", "early-help", False)
    assert joined.words == site.hub.words()
    [team] = store.find(Team)
    assert (team.name, store.worker.team) == ("Swale", team.id)
    assert sound(store) == []
    assert site.sync(store).session.agreed
    [school] = store.find(School)
    assert (school.urn, store.worker.schools) == ("118300", (school.id,))
    with site.hub.engine.begin() as connection:
        workers = connection.execute(
            select(func.count()).select_from(tables.record).where(tables.record.c.type == "worker")
        ).scalar_one()
        teams = connection.execute(
            select(func.count()).select_from(tables.record).where(tables.record.c.type == "team")
        ).scalar_one()
        assert care.problems(connection) == []
    assert (workers, teams) == (1, 1)
    assert sound(store) == []


def test_a_laptop_with_work_on_it_keeps_its_work_under_the_new_name(site: Site) -> None:
    store = site.store("Ana", team="Swale")
    before = store.actor.worker
    tilly = child(store)
    store.journal.commit(Edit("Changed", update(store.get(Child, tilly.id), known_as="Til")))
    site.join(store, site.code())
    done = site.sync(store).session
    assert (done.agreed, done.quarantined, done.conflicts) == (True, 0, 0)
    assert store.actor.worker != before
    assert store.conn.execute("SELECT count(*) FROM edit WHERE worker = ?", (before,)).fetchone()[0] == 0
    assert store.get(Child, tilly.id).known_as == "Til"
    other = site.laptop("Ben Cole")
    assert site.sync(other).session.agreed
    assert other.get(Child, tilly.id).known_as == "Til"
    assert sound(store) == sound(other) == []


def test_a_school_that_two_describe_in_part_is_one_school_without_a_conflict(site: Site) -> None:
    ana, ben = site.laptop("Ana Bell"), site.laptop("Ben Cole")
    site.code("Cy Dunn", "school", ("118300",))
    for store, fields in ((ana, {"name": "Oakhanger"}), (ben, {"name": "Oakhanger", "spoc": "Jo"})):
        school = School(id=new_id(), urn="118300", team=store.worker.team, **fields)
        store.journal.commit(Edit("School", (create(school),)))
        assert site.sync(store).session.agreed
    site.sync(ana)
    for store in (ana, ben):
        [held] = store.find(School)
        assert (held.name, held.spoc) == ("Oakhanger", "Jo")
        assert store.find(Conflict) == []


def test_a_code_works_once_and_for_ten_minutes(site: Site) -> None:
    code = site.code()
    site.join(site.store(), f" {code[:5].lower()}-{code[5:]} ")
    with pytest.raises(Refused) as refused:
        site.join(site.store(), code)
    assert refused.value.code == "wrong-code"
    late = site.code()
    site.clock.at += timedelta(minutes=10, seconds=1)
    with pytest.raises(Refused, match="older than ten minutes"):
        site.join(site.store(), late)


def test_a_laptop_that_is_enrolled_is_told_so_where_a_code_is_used(site: Site) -> None:
    code, store = site.code(), site.store()
    site.join(store, code)
    told = "already enrolled as Ana Bell's, and stays so: outreach sync works on without a code"
    with pytest.raises(Refused, match=told) as refused:
        site.join(store, code)
    assert refused.value.code == "wrong-code"
    assert site.sync(store).session.agreed


def test_a_code_whose_answer_was_lost_works_again_for_the_same_laptop(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    code, store = site.code(), site.store()
    exchange = Line._exchange
    lost: list[int] = []

    def broken(self: Line, *given: Any) -> Any:
        answer = exchange(self, *given)
        if len(lost) < 3:
            lost.append(answer[0])
            raise Unreachable("unreachable", "lost")
        return answer

    monkeypatch.setattr(Line, "_exchange", broken)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(Unreachable):
        join_once(site, store, code)
    assert lost == [200, 200, 200]
    assert not read_state(store.conn).is_enrolled
    site.join(store, code)
    assert site.sync(store).session.agreed
    with site.hub.engine.begin() as connection:
        assert len(care.laptops(connection)) == 1


def test_who_enrols_again_after_the_record_was_set_back_is_who_they_were(site: Site, tmp_path: Path) -> None:
    def closed() -> None:
        site.served.stop()
        site.hub.close()

    closed()
    shutil.copytree(site.home.path, tmp_path / "kept")
    site.restart()
    ana = site.laptop()
    known = ana.worker.id
    closed()
    shutil.rmtree(site.home.path)
    shutil.copytree(tmp_path / "kept", site.home.path)
    site.restart()
    site.join(ana, site.code())
    assert ana.worker.id == known


def join_once(site: Site, store: Store, code: str) -> None:
    line = Line(site.url, now=store.now, sleep=lambda _: None)
    key = signing.new_key()
    keep(store.conn, "coming_key", signing.key_text(key))
    enrol(line, code, key)


def test_five_wrong_tries_end_a_code_and_twenty_an_address(site: Site) -> None:
    code, store = site.code(), site.store()
    wrong = code[:3] + ("0000000" if code[3:] != "0000000" else "1111111")
    for _ in range(5):
        with pytest.raises(Refused) as refused:
            site.join(store, wrong)
        assert refused.value.code == "wrong-code"
    with pytest.raises(Refused):
        site.join(store, code)
    with site.hub.engine.begin() as connection:
        rows = [{"id": new_id(), "address": "127.0.0.1", "at": site.clock().isoformat()} for _ in range(20)]
        connection.execute(tables.attempt.insert(), rows)
    fresh = site.code()
    line = Line(site.url, now=store.now, sleep=lambda _: None)
    with pytest.raises(Unreachable) as busy:
        enrol(line, fresh, signing.new_key())
    line.close()
    assert busy.value.code == "too-many"
    site.clock.at += timedelta(hours=1, seconds=1)
    site.join(store, site.code())


def test_a_code_is_not_kept_in_the_clear(site: Site) -> None:
    code = site.code()
    with site.hub.engine.begin() as connection:
        [row] = connection.execute(select(tables.code)).all()
    assert code[3:] not in repr(row)


def test_a_manager_can_have_to_approve_each_laptop(tmp_path: Path) -> None:
    site = Site(tmp_path, approve=True)
    try:
        store = site.store()
        assert site.join(store, site.code()).waiting
        with pytest.raises(Refused) as refused:
            site.sync(store)
        assert refused.value.code == "not-approved"
        with site.hub.engine.begin() as connection:
            care.approve(connection, read_state(store.conn).device, site.clock())
        assert site.sync(store).session.agreed
    finally:
        site.close()


def test_a_caseload_stays_with_its_central_record_and_its_worker(site: Site, tmp_path: Path) -> None:
    store = site.laptop("Ana Bell")
    (tmp_path / "other").mkdir()
    other = Site(tmp_path / "other")
    try:
        with pytest.raises(Refused) as refused:
            other.join(store, other.code())
        assert refused.value.code == "other-hub"
    finally:
        other.close()
    with pytest.raises(Refused) as refused:
        site.join(store, site.code("Ben Cole"))
    assert refused.value.code == "other-worker"
    assert site.sync(store).session.agreed


# Syncing


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
    site.hub.close()
    site.hub = open_hub(site.home, bytearray(KEY), now=site.clock)
    site.served = Served(site.hub)
    ana.conn.execute("UPDATE sync_state SET value = ? WHERE name = 'url'", (site.url,))
    assert site.sync(ana).session.agreed
    with site.hub.engine.begin() as connection:
        held = connection.execute(select(tables.record.c.id).where(tables.record.c.id == tilly.id))
        assert held.scalar() == tilly.id


# Refusing


def test_a_replay_is_refused_also_by_another_process(site: Site) -> None:
    store = site.laptop()
    raw = Raw(site, store)
    request = raw.request("hello", hello())
    assert raw.code(*request) == (200, "")
    assert raw.code(*request) == (401, "replayed")
    site.restart()
    url, body, headers = request
    assert raw.code(url.replace(url.rsplit("/v1", 1)[0], site.url), body, headers) == (401, "replayed")


@pytest.mark.parametrize("off", [timedelta(minutes=5, seconds=1), -timedelta(minutes=5, seconds=1)])
def test_a_stale_request_is_refused_and_told_the_time(site: Site, off: timedelta) -> None:
    raw = Raw(site, site.laptop())
    status, fault = raw.send(*raw.request("hello", hello(), created=site.clock() - off))
    assert fault is not None
    assert (status, fault.code, fault.now) == (401, "clock", site.clock().isoformat())


def test_a_swapped_body_a_swapped_way_and_a_stripped_signature_are_refused(site: Site) -> None:
    raw = Raw(site, site.laptop())
    url, _, headers = raw.request("hello", hello())
    assert raw.code(url, hello(), headers) == (401, "bad-signature")
    url, body, headers = raw.request("hello", hello())
    assert raw.code(url.replace("hello", "verify"), body, headers) == (401, "bad-signature")
    assert raw.code(url, body, {"Content-Encoding": "gzip"}) == (401, "bad-signature")
    without = {name: value for name, value in headers.items() if name.lower() != "content-digest"}
    assert raw.code(url, body, without) == (401, "bad-signature")


def test_another_laptops_name_or_an_unknown_one_does_not_help(site: Site) -> None:
    ana, ben = Raw(site, site.laptop("Ana Bell")), Raw(site, site.laptop("Ben Cole"))
    assert ana.code(*ana.request("hello", hello(), key_id=ben.device)) == (401, "bad-signature")
    assert ana.code(*ana.request("hello", hello(), key_id=new_id())) == (401, "unknown-device")
    assert ana.code(*ana.request("hello", hello(), key=signing.new_key())) == (401, "bad-signature")


def test_a_revoked_laptop_is_told_nothing_and_what_it_sends_is_kept(site: Site) -> None:
    ana = site.laptop()
    site.sync(ana)
    child(ana, "Secret")
    home = Home(ana.path.parent)
    elsewhere = Home(site.folder / "elsewhere")
    Vault.create(elsewhere, PASSPHRASE, kdf=FAST)
    elsewhere.vault_file.rename(home.vault_file)
    device = read_state(ana.conn).device
    with site.hub.engine.begin() as connection:
        assert care.end_access(connection, device[:12]) == device
    with pytest.raises(Refused) as refused:
        site.sync(ana)
    assert (refused.value.code, refused.value.exit_code) == ("revoked", 5)
    assert not home.has_keys
    assert count_waiting(ana.conn) == 0
    with site.hub.engine.begin() as connection:
        assert [row["code"] for row in care.aside(connection)] == ["revoked"]
    raw = Raw(site, ana)
    page = wire.packed(wire.read(Push, wire.packed(Push(edits=[]))))
    assert raw.code(*raw.request("push", page)) == (200, "")
    site.join(ana, site.code())
    assert site.sync(ana).session.agreed
    assert [step.code for step in set_aside(ana.conn)] == ["revoked"]


def zipped(text: bytes) -> bytes:
    return gzip.compress(text)


@pytest.mark.parametrize(
    ("body", "answer"),
    [
        (zipped(b"\0" * 60_000_000), (413, "too-large")),
        (zipped(b"[" + b" " * 5_000_000 + b"]"), (413, "too-large")),
        (zipped(b'{"coming": "0197c1d2", "extra": 1}'), (422, "bad-message")),
        (zipped(b'{"coming": "0197c1d2", "beside": []}'), (422, "bad-message")),
        (zipped(b'{"coming": "0197c1d2", "beside": {"later": {"a": [1]}}}'), (200, "")),
        (zipped(b'{"coming": 7}'), (422, "bad-message")),
        (zipped(b'{"coming": "0197c1d2", "waiting": "1"}'), (422, "bad-message")),
        (zipped(b"[" * 100_000), (422, "bad-message")),
        (zipped(b"\xff\xfe"), (422, "bad-message")),
        (zipped(b"{}")[:-4], (422, "bad-message")),
        (zipped(b"{}") + b"more", (422, "bad-message")),
        (b"not gzip at all", (422, "bad-message")),
        (zlib.compress(b"{}"), (422, "bad-message")),
        (b"", (422, "bad-message")),
    ],
    ids=[
        "bomb",
        "ratio",
        "extra",
        "more",
        "later",
        "type",
        "lax",
        "deep",
        "utf8",
        "cut",
        "trailing",
        "raw",
        "zlib",
        "empty",
    ],
)
def test_bombs_and_garbage_are_refused(site: Site, body: bytes, answer: tuple[int, str]) -> None:
    raw = Raw(site, site.laptop())
    assert raw.code(*raw.request("hello", body)) == answer
    assert raw.code(*raw.request("hello", hello())) == (200, "")


def test_too_much_is_refused_before_it_is_read_to_its_end(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    raw = Raw(site, site.laptop())
    url, _, headers = raw.request("hello", b"x" * 10)
    big = wire.MOST_BODY + 1

    def flood() -> Iterator[bytes]:
        for _ in range(big // 65_536 + 2):
            yield bytes(65_536)

    with httpx2.Client(trust_env=False) as client:
        told = client.post(url, content=bytes(big), headers=headers)
        assert told.status_code == 413
        streamed = client.post(url, content=flood(), headers=headers)
        assert streamed.status_code == 413
        assert client.get(f"{site.url}/health").json() == {"status": "ok"}
        assert client.get(f"{site.url}/docs").status_code == 404
        assert client.get(f"{site.url}/v1/hello").status_code == 405
        with caplog.at_level("INFO", "outreach.hub"):
            assert client.post(f"{site.url}/v1/backup%0a").status_code == 404
        assert "unknown 404 no-such-way, not read" in caplog.messages


def test_a_fault_inside_says_nothing_of_what_was_sent(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = site.laptop()
    child(ana, "Canary-Name")
    raw = Raw(site, ana)

    def broken(*_: Any) -> Any:
        raise RuntimeError("Canary-Name is in here")

    monkeypatch.setattr("sync.hub.hub.Hub.push", broken)
    monkeypatch.setattr("sync.hub.gate.log.warning", lambda *said: logged.append(repr(said)))
    logged: list[str] = []
    status, fault = raw.send(*raw.request("push", wire.packed(Push(edits=[]))))
    assert fault is not None
    assert (status, fault.code) == (500, "fault")
    assert "Canary" not in fault.message + "".join(logged)
    with pytest.raises(Unreachable) as gone:
        site.sync(ana)
    assert gone.value.code == "fault"
    monkeypatch.undo()
    assert site.sync(ana).session.agreed


def test_a_central_record_without_room_says_so(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ana = site.laptop()
    child(ana, "Tilly")
    monkeypatch.setattr("time.sleep", lambda _: None)

    def full(*_: Any, **__: Any) -> Any:
        with site.hub.engine.begin() as connection:
            connection.exec_driver_sql("PRAGMA max_page_count = 1")
            connection.exec_driver_sql("CREATE TABLE more AS SELECT zeroblob(100000) AS some")

    monkeypatch.setattr("sync.hub.hub.Hub.push", full)
    with pytest.raises(Unreachable, match="no room left on its disk") as told:
        site.sync(ana)
    assert (told.value.code, told.value.exit_code) == ("no-room", 6)
    assert any("no room left" in line for line in caplog.messages)


def test_an_answer_that_another_gave_is_not_believed(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    ana = site.laptop()
    before = read_state(ana.conn)
    forged = signing.new_key()
    monkeypatch.setattr(Gate, "answer", lying(forged, Gate.answer))
    with pytest.raises(Unreachable) as gone:
        site.sync(ana)
    assert gone.value.code == "bad-answer"
    assert read_state(ana.conn).seq == before.seq


def lying(key: Any, honest: Any) -> Any:
    def answer(self: Gate, *given: Any) -> Any:
        self._key = key
        return honest(self, *given)

    return answer


def test_an_answer_to_another_request_is_not_believed() -> None:
    key, body = signing.new_key(), b"x"
    headers = signing.sign_answer(key, "hub-1", 200, body, nonce="a" * 20, created=NOW)
    low = {name.lower(): value for name, value in headers.items()}
    signing.check_answer(low, 200, body, key=key.public_key(), nonce="a" * 20)
    for status, content, nonce in ((200, body, "b" * 20), (201, body, "a" * 20), (200, b"y", "a" * 20)):
        with pytest.raises(Refused):
            signing.check_answer(low, status, content, key=key.public_key(), nonce=nonce)


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
        ("", False),
    ],
)
def test_only_https_leaves_this_computer(url: str, fine: bool) -> None:
    if fine:
        assert checked_url(url) == url.rstrip("/")
    else:
        with pytest.raises(UsageProblem):
            checked_url(url)


def test_the_words_of_a_key_are_plain_and_all_different() -> None:
    assert len(WORDS) == len(set(WORDS)) == 256
    assert all(word.isalpha() and word.islower() and 3 <= len(word) <= 9 for word in WORDS)
    assert signing.fingerprint_words("00" * 32) == signing.fingerprint_words("00" * 32)
    assert len(signing.fingerprint_words("01" * 32).split()) == 6


def test_what_is_too_large_to_send_is_said() -> None:
    with pytest.raises(BadInput):
        wire.unpacked(bytes(wire.MOST_BODY + 1))
    assert json.loads(wire.unpacked(wire.packed(Hello(coming="01234567"))))["coming"] == "01234567"


_CHANGED = {"type": "child", "record": "child-0001", "field": "tags", "old": [1.5], "new": {"a": None}}
_SENT = {"type": "child", "id": "child-0001", "seq": 3, "parts": {"identity": {"a": 1}}, "steps": {"b": 4}}


@pytest.mark.parametrize(
    ("whole", "wrong"),
    [
        *(
            (
                _CHANGED,
                {"type": 7},
            ),
            (_CHANGED, {"record": 12345678}),
            (_CHANGED, {"field": None}),
        ),
        *((_CHANGED, {"later": 1}), (_SENT, {"id": 12345678}), (_SENT, {"seq": "3"}), (_SENT, {"seq": True})),
        *((_SENT, {"parts": {"identity": []}}), (_SENT, {"steps": {"b": "4"}}), (_SENT, {"later": 1})),
    ],
)
def test_what_is_inside_a_message_has_just_the_type_that_was_agreed(
    whole: dict[str, Any], wrong: dict[str, Any]
) -> None:
    def read(inside: dict[str, Any]) -> Push | Page:
        if whole is _SENT:
            return wire.read(Page, squeezed({"cursor": {}, "rows": [inside]}))
        edit = {"id": "edit-0001", "worker": "worker-1", "name": "", "at": "", "seen": 0, "changes": [inside]}
        return wire.read(Push, squeezed({"edits": [edit]}))

    read(whole)
    with pytest.raises(BadInput, match="is not as agreed"):
        read(whole | wrong)


def squeezed(said: object) -> bytes:
    return gzip.compress(json.dumps(said).encode())


@pytest.mark.parametrize("text", [b"", b"{", b'{"edits": [', b'{"edits": []} more', b"[" * 100_000])
def test_what_is_no_json_is_refused(text: bytes) -> None:
    with pytest.raises(BadInput, match="not JSON"):
        wire.read(Push, gzip.compress(text))


def test_a_worker_is_who_the_council_says(site: Site) -> None:
    ana = site.laptop("Ana Bell", "early-help")
    site.sync(ana)
    worker = ana.get(Worker, ana.actor.worker)
    ana.journal.commit(Edit("Promote myself", update(worker, agency="management")))
    done = site.sync(ana).session
    assert (done.quarantined, done.agreed) == (1, True)
    assert ana.get(Worker, ana.actor.worker).agency == "early-help"
    [aside] = set_aside(ana.conn)
    assert aside.code == "central"


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
