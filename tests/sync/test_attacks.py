"""Attacks on a central record over the network: refused, logged by a code word alone, and without effect."""

from __future__ import annotations

import gzip
import logging
from datetime import timedelta
from os import urandom
from pathlib import Path
from typing import Any

import httpx2
import pytest
from pydantic import BaseModel
from sqlalchemy import func, select

from casework.edits import Edit, create
from casework.errors import Unreachable
from casework.ids import new_id
from casework.records import Child, Contact, Household, Person, Relationship, SavedView
from storage.central.state import read_state
from storage.store import Store
from sync import signing, wire
from sync.http import Line, enrol
from sync.hub import care, tables
from sync.hub.enrolment import MOST_WRONG, draw_code, enter_worker
from sync.messages.enrolling import Enrol
from sync.messages.greeting import Hello
from sync.messages.pages import Page, Pull
from sync.messages.said import Cursor, Fault
from sync.messages.steps import Changed, Push, SentEdit
from sync.messages.sums import Have, Verify
from tests.sync.raw import Raw, hello
from tests.sync.served import Site
from tests.sync.world import NOW

SECRET = "Canary"
"""In all that must not be seen by whom it is not for."""


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """The central record's log."""
    caplog.set_level(logging.INFO, logger="outreach.hub")
    return caplog


def counts(site: Site) -> list[int]:
    """How many rows there are of all that an attack could change."""
    of = (tables.record, tables.log, tables.quarantine, tables.device, tables.entitlement, tables.digest)
    with site.hub.engine.begin() as connection:
        return [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in of]


def far_away(site: Site) -> tuple[Store, Child, Contact, Person]:
    """A laptop of another team, with a child of its own, at a home, a call about that child, and a mother."""
    with site.hub.engine.begin() as connection:
        worker = enter_worker(connection, "Bo Dunn", "early-help", "Thanet", (), site.clock())
        code = draw_code(connection, worker, site.clock()).text
    store = site.store("Bo Dunn", team="Thanet")
    site.join(store, code)
    home = Household(id=new_id(), address=SECRET)
    robin = Child(id=new_id(), surname=SECRET, forename="Robin", team=store.worker.team, household=home.id)
    mother = Person(id=new_id(), surname=SECRET, address=SECRET)
    tie = Relationship(id=new_id(), child=robin.id, person=mother.id, kind="mother")
    call = Contact(id=new_id(), child=robin.id, at=NOW, by=store.actor.worker, kind="call", note=SECRET)
    store.journal.commit(Edit("Made", tuple(map(create, (home, robin, mother, tie, call))), subject=robin.id))
    assert site.sync(store).session.agreed
    return store, robin, call, mother


def made(child: Child) -> Changed:
    """A child of this id is brought into being, once more."""
    return Changed(type="child", record=child.id, field="", new={"surname": "A", "forename": "B"})


class Thief(Raw):
    """An enrolled laptop that asks for what is not its own."""

    def __init__(self, site: Site, store: Store) -> None:
        super().__init__(site, store)
        self.worker = store.actor.worker

    def ask(self, verb: str, said: BaseModel) -> tuple[int, bytes]:
        url, body, headers = self.request(verb, wire.packed(said))
        with (
            httpx2.Client(trust_env=False) as client,
            client.stream("POST", url, content=body, headers=headers) as response,
        ):
            raw = b"".join(response.iter_raw())
        return response.status_code, wire.unpacked(raw)

    def push(self, *changes: Changed, subject: str | None = None) -> bytes:
        edit = SentEdit(
            id=new_id(),
            worker=self.worker,
            name="Take it",
            subject=subject,
            at=NOW.isoformat(),
            seen=0,
            changes=list(changes),
        )
        status, said = self.ask("push", Push(edits=[edit]))
        assert status == 200
        return said


def test_a_laptop_gets_no_row_of_another_site_whatever_it_asks(
    site: Site, told: pytest.LogCaptureFixture
) -> None:
    _, robin, call, mother = far_away(site)
    store = site.laptop("Ana Bell")
    assert site.sync(store).session.agreed
    ana = Thief(site, store)
    state = read_state(store.conn)
    at = Cursor(seq=state.seq, chain=state.chain)
    ids = [robin.id, call.id, mother.id]
    zero = "0:" + "0" * 64
    said = [
        ana.ask("pull", Pull(cursor=Cursor(), want=ids)),
        ana.ask("pull", Pull(cursor=Cursor(), done={robin.id: (1 << 40) - 1}, want=ids)),
        ana.ask("pull", Pull(cursor=at, want=ids)),
        ana.ask("verify", Verify(cursor=at, digest=zero, scopes={robin.id: zero})),
        ana.ask("have", Have(records=ids)),
    ]
    assert {status for status, _ in said} == {200}
    for _, text in said:
        assert SECRET.encode() not in text
    for _, text in said[:3]:
        page = Page.model_validate_json(text)
        assert not {row.id for row in page.rows} & {*ids, robin.household}
        assert robin.id not in {scope.scope for scope in page.scopes}
    with site.hub.engine.begin() as connection:
        owned = select(tables.entitlement).where(
            tables.entitlement.c.device == ana.device, tables.entitlement.c.scope == robin.id
        )
        assert connection.execute(owned).all() == []
    assert SECRET not in told.text


def test_a_laptop_writes_no_row_of_another_site_and_draws_none_to_itself(
    site: Site, told: pytest.LogCaptureFixture
) -> None:
    bo, robin, call, mother = far_away(site)
    store = site.laptop("Ana Bell")
    own = Child(id=new_id(), surname="Marsh", forename="Tilly", team=store.worker.team)
    note = Contact(id=new_id(), child=own.id, at=NOW, by=store.actor.worker, kind="call")
    store.journal.commit(Edit("Made", (create(own), create(note)), subject=own.id))
    assert site.sync(store).session.agreed
    ana = Thief(site, store)
    team = store.worker.team
    later = NOW + timedelta(hours=1)
    contact = {"child": robin.id, "at": later.isoformat(), "by": ana.worker, "kind": "call", "note": "Mine"}
    tied = {"child": own.id, "person": mother.id, "kind": "aunt"}
    said = [
        ana.push(Changed(type="child", record=robin.id, field="known_as", old="", new="Mine")),
        ana.push(Changed(type="child", record=robin.id, field="team", old=robin.team, new=team)),
        ana.push(Changed(type="child", record=robin.id, field="lead_worker", old=None, new=ana.worker)),
        ana.push(made(robin)),
        ana.push(made(robin), Changed(type="child", record=robin.id, field="team", old="", new=team)),
        ana.push(Changed(type="contact", record=note.id, field="child", old=own.id, new=robin.id)),
        ana.push(Changed(type="child", record=own.id, field="household", old=None, new=robin.household)),
        ana.push(Changed(type="household", record=robin.household, field="address", old="", new="Mine")),
        ana.push(Changed(type="person", record=mother.id, field="address", old="", new="Mine")),
        ana.push(Changed(type="relationship", record=new_id(), field="", new=tied)),
        ana.push(Changed(type="contact", record=call.id, field="note", old=SECRET, new="Mine")),
        ana.push(Changed(type="contact", record=call.id, field="child", old=robin.id, new=new_id())),
        ana.push(Changed(type="contact", record=new_id(), field="", new=contact), subject=robin.id),
        ana.push(Changed(type="worker", record=ana.worker, field="team", old=team, new=robin.team)),
    ]
    for text in said:
        assert b'"verdict":"quarantined"' in text, text
        assert SECRET.encode() not in text
    assert site.sync(store).session.agreed
    assert store.find(Child) == [own]
    assert store.find(Contact) == [note]
    assert store.find(Person) == store.find(Household) == []
    assert site.sync(bo).session.agreed
    assert {held.address for held in (*bo.find(Person), *bo.find(Household))} == {SECRET}
    assert bo.find(Child) == [robin]
    assert bo.find(Contact) == [call]
    with site.hub.engine.begin() as connection:
        assert len(care.aside(connection)) == len(said)
        assert SECRET not in repr(care.aside(connection))
        assert care.problems(connection) == []
    assert SECRET not in told.text


def test_a_saved_view_is_written_by_its_owner_alone(site: Site) -> None:
    own, theirs = site.laptop("Ana Bell"), site.laptop("Bo Lind")
    views: dict[Store, SavedView] = {}
    for store in (own, theirs):
        views[store] = SavedView(
            id=new_id(), name="Mine", screen="today", filter="n:yes", digit=1, worker=store.actor.worker
        )
        store.journal.commit(Edit("Made", (create(views[store]),)))
        assert site.sync(store).session.agreed
    bo, kept = Thief(site, theirs), views[own]

    def write(field: str, new: object, old: object = None, record: str = kept.id) -> bytes:
        return bo.push(Changed(type="saved_view", record=record, field=field, old=old, new=new))

    planted = kept.model_copy(update={"filter": "nobody", "digit": 2})
    said = [
        write("filter", "nobody", "n:yes"),
        write("void", True, False),
        write("worker", bo.worker, own.actor.worker),
        write("", {**planted.model_dump(mode="json"), "void": False}, record=new_id()),
        write("worker", own.actor.worker, bo.worker, views[theirs].id),
    ]
    for text in said:
        assert b'"verdict":"quarantined"' in text
        assert b"not write this of another worker" in text
    for store in (own, theirs):
        assert site.sync(store).session.agreed
        assert store.find(SavedView) == [views[store]]


def test_a_laptop_whose_access_was_ended_is_told_nothing_by_any_message(site: Site) -> None:
    store = site.laptop("Ana Bell")
    tilly = Child(id=new_id(), surname=SECRET, forename="Tilly", team=store.worker.team)
    store.journal.commit(Edit("Made", (create(tilly),), subject=tilly.id))
    assert site.sync(store).session.agreed
    ana = Thief(site, store)
    with site.hub.engine.begin() as connection:
        care.end_access(connection, ana.device)
    zero = "0:" + "0" * 64
    for verb, message, status in (
        ("hello", Hello(coming=new_id()), 200),
        ("pull", Pull(cursor=Cursor(), want=[tilly.id]), 403),
        ("verify", Verify(cursor=Cursor(), digest=zero), 403),
        ("have", Have(records=[tilly.id]), 403),
    ):
        answered, text = ana.ask(verb, message)
        assert answered == status
        assert b"revoked" in text
        assert SECRET.encode() not in text
        assert tilly.id.encode() not in text


def test_each_refusal_is_in_the_log_by_its_code_and_changes_nothing(
    site: Site, told: pytest.LogCaptureFixture
) -> None:
    store = site.laptop("Ana Bell")
    assert site.sync(store).session.agreed
    ana, before = Raw(site, store), counts(site)
    told.clear()
    word = SECRET.encode()
    taken = ana.request("hello", hello())
    ana.code(*taken)
    url, _, headers = ana.request("hello", hello())
    big = ana.request("push", b"x")
    attacks = [
        taken,
        ana.request("hello", hello(), created=site.clock() - timedelta(minutes=6)),
        (url, gzip.compress(word), headers),
        ana.request("hello", hello(), key_id=new_id()),
        ana.request("hello", hello(), key_id=SECRET + "x" * 3_000),
        ana.request("push", gzip.compress(b"\0" * 60_000_000)),
        (big[0], bytes(wire.MOST_BODY + 1), big[2]),
        ana.request("push", gzip.compress(b'{"edits": [{"name": "' + word + b'"}]}')),
        ana.request("push", gzip.compress(b'{"' + word + b'": 1}')),
        ana.request("push", word),
    ]
    for attack in attacks:
        assert ana.send(*attack)[0] in (401, 413, 422)
    lines = [record.getMessage() for record in told.records if record.name == "outreach.hub"]
    assert [line.split()[2].strip(",") for line in lines] == [
        *("ok", "replayed", "clock", "bad-signature", "unknown-device", "unknown-device"),
        *("too-large", "too-large", "bad-message", "bad-message", "bad-message"),
    ]
    assert SECRET not in told.text
    assert counts(site) == before
    assert site.sync(store, full=True).session.agreed


def enrolment(site: Site, code: str, **how: Any) -> tuple[str, bytes, dict[str, str]]:
    """A request to enrol; `signer` and `named` are the key that signs it and the one that it brings."""
    signer = how.get("signer") or signing.new_key()
    public = signing.public_text(how.get("named") or signer)
    url = f"{site.url}/v1/enrol"
    body = wire.packed(Enrol(code=code, key=public))
    headers = signing.sign_request(
        signer, f"enrol:{public}", url, body, nonce=signing.new_nonce(), created=site.clock()
    )
    return url, body, headers | {"Content-Encoding": "gzip"} | how.get("more", {})


def post(request: tuple[str, bytes, dict[str, str]], source: str = "127.0.0.1") -> tuple[int, bytes]:
    url, body, headers = request
    with (
        httpx2.Client(trust_env=False, transport=httpx2.HTTPTransport(local_address=source)) as client,
        client.stream("POST", url, content=body, headers=headers) as response,
    ):
        return response.status_code, wire.unpacked(b"".join(response.iter_raw()))


def test_codes_cannot_be_guessed_nor_counted_under_another_address(
    site: Site, told: pytest.LogCaptureFixture
) -> None:
    """Twenty wrong ones an hour from one address, whatever address a laptop says it has."""
    right = site.code()
    guesser = "127.0.0.2"
    with site.hub.engine.begin() as connection:
        rows = [
            {"id": new_id(), "address": guesser, "at": site.clock().isoformat()}
            for _ in range(MOST_WRONG - 1)
        ]
        connection.execute(tables.attempt.insert(), rows)
    assert post(enrolment(site, SECRET), guesser)[0] == 403
    for claimed in ({}, {"X-Forwarded-For": "198.51.100.7"}, {"Forwarded": "for=198.51.100.7"}):
        status, text = post(enrolment(site, right, more=claimed), guesser)
        assert (status, b"too-many" in text) == (429, True)
    assert SECRET not in told.text
    assert right not in told.text
    with site.hub.engine.begin() as connection:
        assert care.laptops(connection) == []
    site.join(site.store(), right)


def test_whoever_enrols_is_not_unpacked_beyond_what_that_takes(site: Site) -> None:
    """It is read before it is known who speaks."""
    url, _, headers = enrolment(site, site.code())
    status, text = post((url, gzip.compress(b"[" + b'"%s",' % urandom(9_000).hex().encode()), headers))
    assert (status, b"too-large" in text) == (413, True)


@pytest.mark.parametrize("now", ["soon", "2026-11-23T09:00:00", "9999-12-31T23:59:59+00:00", ""])
def test_who_says_no_time_to_one_that_enrols_is_no_central_record(site: Site, now: str) -> None:
    """Before it is enrolled a laptop knows no key by which to tell who answers."""
    told = wire.packed(Fault(code="clock", message="", now=now))
    transport = httpx2.MockTransport(lambda _: httpx2.Response(401, stream=httpx2.ByteStream(told)))
    line = Line(site.url, now=site.clock, transport=transport, sleep=lambda _: None)
    with pytest.raises(Unreachable) as refused:
        enrol(line, "AB5QN1Q3MW", signing.new_key())
    assert refused.value.code == "bad-answer"


def test_a_request_to_enrol_works_once_and_for_its_own_key(site: Site) -> None:
    code, key, other = site.code(), signing.new_key(), signing.new_key()
    assert post(enrolment(site, code, signer=key, named=other))[0] == 401
    request = enrolment(site, code, signer=key)
    assert post(request)[0] == 200
    status, text = post(request)
    assert (status, b"replayed" in text) == (401, True)
    assert post(enrolment(site, code, signer=other))[0] == 403
    with site.hub.engine.begin() as connection:
        assert len(care.laptops(connection)) == 1


def test_the_key_of_one_laptop_does_not_open_another_central_record(site: Site, tmp_path: Path) -> None:
    """A signature does not cover the address: the key and its name are known to one central record alone."""
    store = site.laptop("Ana Bell")
    (tmp_path / "other").mkdir()
    other = Site(tmp_path / "other")
    try:
        ana = Raw(site, store)
        url, body, headers = ana.request("hello", hello())
        status, text = post((url.replace(site.url, other.url), body, headers))
        assert (status, b"unknown-device" in text) == (401, True)
    finally:
        other.close()
