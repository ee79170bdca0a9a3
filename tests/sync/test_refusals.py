"""What is refused on the way over the network, on either side."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest

from casework.errors import BadInput, Refused, Unreachable
from casework.ids import new_id
from storage.central.asides import set_aside
from storage.central.outbox import count_waiting
from storage.central.state import read_state
from storage.home import Home
from storage.vault import Vault
from sync import signing, wire
from sync.hub import care
from sync.hub.gate import Gate
from sync.messages.pages import Page
from sync.messages.steps import Push
from tests.sync.raw import Raw, hello, zipped
from tests.sync.served import Site, child
from tests.sync.world import NOW
from tests.tools.vaults import FAST, PASSPHRASE


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
