"""Whatever is sent to a central record: never a fault, always a signed answer; what is refused has no effect.

The messages are drawn from the shapes that the application itself describes (OpenAPI), then spoilt: by
schemathesis, which knows nothing of ours, and by draws of our own, which name records that are there.
"""

from __future__ import annotations

import gzip
import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from casework.ids import new_id
from casework.records import RECORD_TYPES, Child, Team, Worker
from sync import signing, wire
from sync.hub import devices, tables
from sync.hub.api import make_app
from sync.hub.founding import found_hub
from sync.hub.gate import VERBS, Answered, Gate
from sync.hub.hub import Hub
from sync.messages.said import Fault
from sync.messages.steps import Pushed
from tests.sync.databases import Database
from tests.sync.world import NOW

DEVICE, WORKER, CHILD = "device-00000001", "worker-00000001", "child-000000001"
QUICK = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, *HealthCheck]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)


ODD_NUMBERS = (2**31, 2**53 + 1, 2**63 - 1, 2**63, 2**64, 10**40)
ODD_WORDS = ("a\0b", "\uffff", "\U000e0041", "'; DROP TABLE record; --", "x" * 400)


@dataclass
class Door:
    """A central record's gate, and one enrolled laptop's key."""

    database: Database

    def __post_init__(self) -> None:
        found_hub(self.database.engine, hub="hub-of-the-test", epoch="epoch-1")
        hub = Hub(self.database.engine, now=lambda: NOW)
        self.key, self.own = signing.new_key(), signing.new_key()
        self.gate = Gate(hub, self.own, now=lambda: NOW)
        team = Team(id="team-00000001", name="Swale")
        worker = Worker(id=WORKER, name="Ana", agency="early-help", team=team.id)
        child = Child(id=CHILD, surname="Marsh", forename="Tilly", team=team.id)
        with hub.engine.begin() as connection:
            for record in (team, worker, child):
                devices.put(connection, new_id(), "Set up", record, NOW)
            public = bytes.fromhex(signing.public_text(self.key))
            devices.add_device(connection, DEVICE, WORKER, public, NOW)

    def say(self, verb: str, body: bytes, **more: str) -> Answered:
        """Signed bytes; the answer is signed, and a fault where it is none."""
        key_id, url, nonce = DEVICE, f"https://hub.example.org/v1/{verb}", signing.new_nonce()
        signed = signing.sign_request(self.key, key_id, url, body, nonce=nonce, created=NOW)
        headers = {name.lower(): value for name, value in signed.items()}
        answer = self.gate.answer(verb, url, headers | {"content-encoding": "gzip"} | more, body, "127.0.0.1")
        assert answer.status != 500, wire.unpacked(answer.body)
        found = {name.lower(): value for name, value in answer.headers.items()}
        nonce = signing.claimed_nonce(headers | more)
        signing.check_answer(found, answer.status, answer.body, key=self.own.public_key(), nonce=nonce)
        if answer.status != 200:
            assert answer.status in (400, 401, 403, 409, 413, 422, 429)
            wire.read(Fault, answer.body)
        return answer

    def rows(self) -> list[int]:
        kept = [one for one in tables.metadata.sorted_tables if one.name not in ("nonce", "attempt")]
        with self.database.engine.begin() as connection:
            return [connection.execute(select(func.count()).select_from(one)).scalar_one() for one in kept]


@pytest.fixture
def door(database: Database, caplog: pytest.LogCaptureFixture) -> Iterator[Door]:
    caplog.set_level(logging.WARNING, logger="outreach.hub")
    yield Door(database)
    assert [record.getMessage() for record in caplog.records if "failed" in record.getMessage()] == []


class Nobody:
    """A gate at which nobody answers: the application describes itself all the same."""

    refuse = answer = None


def shapes() -> dict[str, dict[str, Any]]:
    """The shape of each message, by its word, as the application describes it."""
    described = make_app(Nobody()).openapi()  # type: ignore[arg-type]
    return {
        path.removeprefix("/v1/"): way["post"]["requestBody"]["content"]["application/json"]["schema"]
        for path, way in described["paths"].items()
        if path.startswith("/v1/") and "requestBody" in way.get("post", {})
    }


SHAPES = shapes()


def drawn(shape: dict[str, Any], named: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values of a JSON Schema, as far as the messages use it."""
    if "$ref" in shape:
        return drawn(named[shape["$ref"].rsplit("/", 1)[1]], named)
    if "anyOf" in shape:
        return st.one_of(*(drawn(one, named) for one in shape["anyOf"]))
    if "enum" in shape:
        return st.sampled_from(shape["enum"])
    kind = shape.get("type")
    if kind == "object" and "properties" in shape:
        parts = {name: drawn(part, named) for name, part in shape["properties"].items()}
        required = set(shape.get("required", ()))
        optional = {name: part for name, part in parts.items() if name not in required}
        return st.fixed_dictionaries({name: parts[name] for name in required}, optional=optional)
    if kind == "object":
        values = shape.get("additionalProperties")
        inner = drawn(values, named) if isinstance(values, dict) else JSON
        return st.dictionaries(st.text(max_size=12) | st.just(CHILD), inner, max_size=3)
    if kind == "array":
        return st.lists(drawn(shape["items"], named), min_size=shape.get("minItems", 0), max_size=3)
    if kind == "integer":
        return st.integers(shape.get("minimum"), shape.get("maximum")) | st.sampled_from(ODD_NUMBERS)
    if kind == "string":
        if "pattern" in shape:
            most = shape.get("maxLength", 80)
            least = shape.get("minLength", 0)
            fits = st.from_regex(shape["pattern"], fullmatch=True).map(lambda text: text.strip("\n"))
            return fits.filter(lambda text: least <= len(text) <= most) | st.sampled_from([CHILD, WORKER])
        fits = st.text(min_size=shape.get("minLength", 0), max_size=min(shape.get("maxLength", 30), 30))
        return fits | st.sampled_from(ODD_WORDS)
    return {"boolean": st.booleans(), "null": st.none(), "number": st.floats()}.get(str(kind), JSON)


def message(verb: str) -> st.SearchStrategy[Any]:
    return drawn(SHAPES[verb], SHAPES[verb].get("$defs", {}))


@st.composite
def spoilt(draw: st.DrawFn, verb: str) -> Any:
    """A message of which one part, somewhere, is anything at all."""
    said = draw(message(verb))
    at = said
    for _ in range(draw(st.integers(0, 4))):
        keys = list(at) if isinstance(at, dict) else list(range(len(at))) if isinstance(at, list) else []
        if not keys:
            break
        key = draw(st.sampled_from(keys))
        if draw(st.booleans()) or not isinstance(at[key], dict | list):
            at[key] = draw(JSON)
            break
        at = at[key]
    return said


def zipped(said: Any) -> bytes:
    return gzip.compress(json.dumps(said).encode())


def test_every_message_is_described() -> None:
    assert set(VERBS) | {"enrol"} <= set(SHAPES)


@pytest.mark.parametrize("verb", [*VERBS, "enrol"])
def test_messages_and_spoilt_ones_are_answered_and_what_is_refused_changes_nothing(
    verb: str, door: Door
) -> None:
    @QUICK
    @given(message(verb) | spoilt(verb) | JSON)
    def check(said: Any) -> None:
        before = door.rows()
        if door.say(verb, zipped(said)).status != 200:
            assert door.rows() == before

    check()


def document() -> dict[str, Any]:
    """What the application describes, with the shapes that a message names where a document keeps them."""
    described = make_app(Nobody()).openapi()  # type: ignore[arg-type]
    named: dict[str, Any] = {}
    for way in described["paths"].values():
        if "requestBody" in way.get("post", {}):
            named |= way["post"]["requestBody"]["content"]["application/json"]["schema"].pop("$defs", {})
    text = json.dumps(described | {"components": {"schemas": named}})
    moved: dict[str, Any] = json.loads(text.replace("#/$defs/", "#/components/schemas/"))
    return moved


@pytest.mark.long
@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_what_schemathesis_makes_of_the_described_messages_is_refused_and_changes_nothing(door: Door) -> None:
    import schemathesis
    from schemathesis.generation import GenerationMode

    ways = schemathesis.openapi.from_dict(document())
    before = door.rows()

    def check(verb: str, case: Any) -> None:
        body = case.body if isinstance(case.body, bytes) else json.dumps(case.body).encode()
        assert door.say(verb, gzip.compress(body)).status in (401, 413, 422, 429), (verb, case.body)

    for verb in (*VERBS, "enrol"):
        cases = ways[f"/v1/{verb}"]["POST"].as_strategy(generation_mode=GenerationMode.NEGATIVE)
        settings(QUICK, max_examples=8)(given(st.just(verb), cases)(check))()
    assert door.rows() == before


ODD = (*ODD_WORDS, *ODD_NUMBERS)
FIELDS = sorted({name for record in RECORD_TYPES.values() for name in record.model_fields})
_changed = st.fixed_dictionaries(
    {
        "type": st.sampled_from(sorted(RECORD_TYPES)),
        "record": st.sampled_from([CHILD, WORKER]) | st.uuids().map(str),
        "field": st.just("") | st.sampled_from(FIELDS),
    },
    optional={
        "old": JSON,
        "new": JSON | st.sampled_from([CHILD, WORKER, "2026-11-23", *ODD_WORDS, *ODD_NUMBERS]),
    },
)


def test_a_number_that_no_database_holds_is_no_number(door: Door) -> None:
    """Beyond 64 bits each database failed in its own way."""
    for number in ODD_NUMBERS:
        status = 200 if number < 2**63 else 422
        for verb, said in (
            ("hello", {"coming": CHILD, "cursor": {"seq": number}, "waiting": number}),
            ("pull", {"cursor": {}, "done": {CHILD: number}}),
            ("verify", {"cursor": {"seq": number}, "digest": "0:" + "0" * 64}),
        ):
            assert door.say(verb, zipped(said)).status == status, verb


def test_a_step_of_any_values_gets_a_verdict_and_makes_nothing_fail(door: Door) -> None:
    @QUICK
    @given(st.lists(_changed, min_size=1, max_size=3), st.text(max_size=20) | st.sampled_from(ODD_WORDS))
    def check(changes: list[Any], name: str) -> None:
        edit = {
            "id": new_id(),
            "worker": WORKER,
            "name": name,
            "reason": name,
            "at": NOW.isoformat(),
            "seen": 0,
            "changes": changes,
        }
        answer = door.say("push", zipped({"edits": [edit]}))
        if answer.status == 200:
            said = wire.read(Pushed, answer.body)
            assert said.known or [verdict.edit for verdict in said.verdicts] == [edit["id"]]
            assert all(verdict.code != "fault" for verdict in said.verdicts)

    check()


def test_bytes_and_heads_of_any_kind_are_refused(door: Door) -> None:
    names = ("signature", "signature-input", "content-digest", "content-encoding")
    before = door.rows()

    @QUICK
    @given(
        st.sampled_from([*VERBS, "enrol"]),
        st.binary(max_size=200) | st.binary(max_size=200).map(gzip.compress),
        st.dictionaries(
            st.sampled_from(names),
            st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=60)
            | st.from_regex(r"(sig|a)=(\(.{0,20}\)|:.{0,20}:|\?1|\d{1,20})(;[a-z]{1,8}=.{0,12}){0,3}"),
            max_size=3,
        ),
    )
    def check(verb: str, body: bytes, heads: dict[str, str]) -> None:
        assert door.say(verb, body, **heads).status in (401, 413, 422)

    check()
    assert door.rows() == before
