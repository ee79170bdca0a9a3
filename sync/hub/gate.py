"""The door of the central record: who speaks, may they, is it whole and new; then the step, then a signature.

Nothing of a record is ever in what is said instead of an answer, nor in the log of requests.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from pydantic import BaseModel
from sqlalchemy import bindparam, delete, select
from sqlalchemy.exc import IntegrityError

from casework.errors import BadInput, OutreachError, Refused
from sync import signing, wire
from sync.hub import tables
from sync.hub.counting import Counter
from sync.hub.database import for_passing
from sync.hub.enrolment import Former, use_code
from sync.hub.failing import has_no_room
from sync.hub.hub import Hub
from sync.hub.turns import Turn, Turns
from sync.hub.worked_out import worked_out
from sync.hub.writing import insert_all
from sync.messages.enrolling import BesideEnrolled, Enrol, Enrolled
from sync.messages.said import Fault
from sync.messages.steps import NOT_YET, Push, Pushed
from sync.messages.verbs import VERBS
from sync.sealing import sealing_text

log = logging.getLogger("outreach.hub")

_STATUS = {
    "bad-signature": 401,
    "unknown-device": 401,
    "clock": 401,
    "replayed": 401,
    "reconcile": 409,
    NOT_YET: 409,
    "too-large": 413,
    "bad-message": 422,
    "bad-key": 422,
    "too-many": 429,
}
_ACCESS = select(tables.device.c.status).where(tables.device.c.id == bindparam("laptop"))
_REFUSED, _BAD, _FAULT = 403, 400, 500
_NO_ROOM = 507
_SORRY = {
    "fault": "The central record could not do this; try again later.",
    "no-room": (
        "The central record has no room left on its disk; nothing is lost, and it is sent the next time: tell"
        " whoever keeps it."
    ),
}
_GZIP = "gzip"
_MOST_ENROL = 8 * 1024
"""Bytes of a request to enrol as it travels, all that is unpacked before it is known who speaks."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What goes back: status, headers and bytes."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Gate:
    """Takes the bytes of a request and gives the bytes of its answer; never raises."""

    def __init__(
        self,
        hub: Hub,
        key: Ed25519PrivateKey,
        *,
        now: Callable[[], datetime],
        approve: bool = False,
    ) -> None:
        self._hub, self._key, self._now, self._approve = hub, key, now, approve
        self._keys: dict[str, Ed25519PublicKey] = {}
        self._turns = Turns()
        self._swept = 0.0
        with hub.engine.begin() as connection:
            self._id = Counter(connection, lock=False).hub

    def answer(self, verb: str, url: str, headers: Mapping[str, str], body: bytes, address: str) -> Answered:
        """The answer to a POST; `headers` have lower-case names, `address` is the network address."""
        began = time.perf_counter()
        code = "ok"
        try:
            said = self._answer(verb, url, headers, body, address)
            status = 200
        except OutreachError as fault:
            code = fault.code
            status = _STATUS.get(code, _REFUSED if isinstance(fault, Refused) else _BAD)
            said = self._fault(fault.code, fault.message)
        except Exception as error:  # noqa: BLE001 - what it says may hold a record, so only its kind is kept
            full = has_no_room(error)
            why = ", for there is no room left on the disk of the database" if full else ""
            log.warning("%s failed: %s%s", verb, type(error).__name__, why)
            code, status = ("no-room", _NO_ROOM) if full else ("fault", _FAULT)
            said = self._fault(code, _SORRY[code])
        answered = self._signed(status, said, headers)
        took = (time.perf_counter() - began) * 1000
        told = (verb, status, code, len(body), len(answered.body), took)
        log.info("%s %d %s %d B in %d B out %.0f ms", *told)
        return answered

    def refuse(self, verb: str, fault: OutreachError, headers: Mapping[str, str]) -> Answered:
        """The answer to what was not even read to its end."""
        status = _STATUS.get(fault.code, _BAD)
        log.info("%s %d %s, not read to its end", verb, status, fault.code)
        return self._signed(status, self._fault(fault.code, fault.message), headers)

    def note_unknown(self, status: int) -> None:
        """Somebody asked for what is not here; the log does not repeat what that was."""
        log.info("unknown %d no-such-way, not read", status)

    def _answer(
        self, verb: str, url: str, headers: Mapping[str, str], body: bytes, address: str
    ) -> BaseModel:
        if headers.get("content-encoding") != _GZIP:
            raise wire.bad_message("it is not compressed with gzip")
        if verb == "enrol":
            return self._enrol(url, headers, body, address)
        signed = self._signed_by(url, headers, body)
        if verb == "push":
            with self._turns.of(signed.key_id) as turn:
                return self._push(signed, body, turn)
        device = self._let_in(signed)
        said = wire.read(VERBS[verb], body)
        answer: BaseModel = getattr(self._hub, verb)(device, said)
        return answer

    def _push(self, signed: signing.Signed, body: bytes, turn: Turn) -> Pushed:
        """A push; one that follows another is read while that is being committed, which takes the disk and
        the cipher and leaves the interpreter free.
        """
        if turn.is_first:
            device = self._let_in(signed)
            return self._hub.push(device, wire.read(Push, body), nearly_over=turn.nearly_over)
        turn.until_nearly()
        try:
            said = wire.read(Push, body)
            beforehand = worked_out(said.edits)
        except BadInput:
            turn.until_over()
            self._let_in(signed)
            raise
        turn.until_over()
        return self._hub.push(self._let_in(signed), said, beforehand, nearly_over=turn.nearly_over)

    # Who speaks

    def _signed_by(self, url: str, headers: Mapping[str, str], body: bytes) -> signing.Signed:
        """What a laptop that is known here signed. Raises Refused."""
        unknown: list[str] = []

        def find(device: str) -> Ed25519PublicKey | None:
            key = self._public(device)
            if key is None:
                unknown.append(device)
            return key

        try:
            return signing.check_request(headers, url, body, find=find)
        except Refused:
            if not unknown:
                raise
            sentence = "The central record does not know this laptop; enrol it again."
            raise Refused("unknown-device", sentence) from None

    def _let_in(self, signed: signing.Signed) -> str:
        """The laptop that signed this, just now and for the first time. Raises Refused."""
        if self._check_new(signed) == "waiting":
            raise Refused("not-approved", "A manager has to approve this laptop first.")
        return signed.key_id

    def _public(self, device: str) -> Ed25519PublicKey | None:
        """The key of a laptop; keys never change, so they are read once."""
        if device not in self._keys:
            table = tables.device
            with self._hub.engine.begin() as connection:
                raw = connection.execute(select(table.c.public_key).where(table.c.id == device)).scalar()
            if not raw:
                return None
            self._keys[device] = signing.public_of(bytes(raw).hex())
        return self._keys[device]

    def _check_new(self, signed: signing.Signed) -> str:
        """The status of the laptop, "" for none, when a request is timely and was not taken before.

        The nonce is kept without waiting for the disk. What a request does is committed after it, into the
        same log of the database: a power cut that takes the nonce away takes that away, too.
        """
        now = self._now()
        if not signing.is_timely(signed.created, now):
            raise Refused("clock", "The time of the request is not the central record's time.")
        table = tables.nonce
        row = {"device": signed.key_id[:64], "nonce": signed.nonce, "at": now.isoformat()}
        try:
            with for_passing(self._hub.engine).begin() as connection:
                if now.timestamp() > self._swept + signing.NONCE_KEPT.total_seconds():
                    old = (now - signing.NONCE_KEPT).isoformat()
                    connection.execute(delete(table).where(table.c.at < old))
                    self._swept = now.timestamp()
                insert_all(connection, table, [row])
                status = connection.execute(_ACCESS, {"laptop": signed.key_id}).scalar()
                return str(status or "")
        except IntegrityError:
            raise Refused("replayed", "This very request was taken before.") from None

    def _enrol(self, url: str, headers: Mapping[str, str], body: bytes, address: str) -> Enrolled:
        """A new laptop; its request is signed with the key that it brings."""
        if len(body) > _MOST_ENROL:
            raise wire.too_large()
        said = wire.read(Enrol, body)
        public = signing.public_of(said.key)
        signed = signing.check_request(headers, url, body, find=lambda _: public)
        self._check_new(signing.Signed(f"enrol:{said.key[:32]}", signed.nonce, signed.created))
        laptop = use_code(
            self._hub.engine,
            said.code,
            bytes.fromhex(said.key),
            address,
            now=self._now(),
            approve=self._approve,
            was=Former(id=said.worker, name=said.name, agency=said.agency) if said.worker else None,
        )
        team = laptop.team
        return Enrolled(
            beside=BesideEnrolled(schools={school.id: school.urn for school in laptop.schools}),
            hub=self._id,
            key=signing.public_text(self._key),
            seal=sealing_text(self._key),
            device=laptop.device,
            worker_id=laptop.worker.id,
            worker=laptop.worker.model_dump(mode="json", exclude={"id"}),
            team_id=team.id if team else None,
            team=team.model_dump(mode="json", exclude={"id"}) if team else {},
            waiting=laptop.waiting,
        )

    # What is said

    def _fault(self, code: str, message: str) -> Fault:
        return Fault(code=code, message=message, now=self._now().isoformat())

    def _signed(self, status: int, said: BaseModel, headers: Mapping[str, str]) -> Answered:
        body = wire.packed(said)
        nonce = signing.claimed_nonce(headers)
        signature = signing.sign_answer(self._key, self._id, status, body, nonce=nonce, created=self._now())
        kind = {"Content-Type": "application/json", "Content-Encoding": _GZIP, "Cache-Control": "no-store"}
        return Answered(status, kind | signature, body)
