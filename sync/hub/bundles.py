"""Bundles at the central record: taking a laptop's, and writing the answer.

A bundle is taken in one transaction by the same functions as the messages of a session: all of it or nothing.
What is owed in return is kept until the next bundle, so the answer can be written again when a stick is lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select, update
from sqlalchemy.exc import DBAPIError

from casework.canonical import sum_of
from casework.errors import OutreachError, Refused, Unreachable
from casework.ids import new_id
from storage.faults import DATABASE_ERRORS, from_database, translated
from storage.files import check_is_free, claim_name, fresh_name, sync_folder
from sync import signing, wire
from sync.hub import tables
from sync.hub.carried_edits import take_edits
from sync.hub.comparing import Comparing
from sync.hub.counting import Counter
from sync.hub.database import for_laptop, transact
from sync.hub.feed import Feed
from sync.hub.last_bundle import chosen, held_of, no_bundle
from sync.hub.writing import in_bulk
from sync.letters import MOST_FRAMES, Letter, Owed, Reply
from sync.messages.pages import Page
from sync.messages.steps import MOST_EDITS, BesidePushed, Push, Pushed, Verdict
from sync.messages.sums import Verify
from sync.sealing import Head, Sealed, next_counter, sealed_file, sealing_key, sealing_text, write_sealed

if TYPE_CHECKING:
    from sync.hub.home import OpenHub
    from sync.hub.hub import Hub

_bundle, _device = tables.bundle, tables.device


@dataclass(frozen=True, slots=True)
class Taken:
    """A bundle that was taken: whose, what became of its edits, and all that is owed in return."""

    device: str
    owed: Owed
    verdicts: Sequence[Verdict]
    size: int

    @property
    def again(self) -> int:
        """How many of its edits had been taken before."""
        return sum(one.again for one in self.verdicts)

    def count(self, verdict: str) -> int:
        """How many edits have this verdict."""
        return sum(one.verdict == verdict for one in self.verdicts)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer that was written: for whom, how many verdicts and records are in it, and its bytes."""

    device: str
    verdicts: int
    records: int
    size: int


def read_bundle(hub: OpenHub, path: Path) -> Taken:
    """Take a laptop's bundle.

    Raises BadInput for a file that is damaged or no bundle, Refused for one that is not for here, of a laptop
    without access, or not in its turn; then nothing was changed, and the refusal is on record.
    """
    with _told(path):
        return _read_bundle(hub, path)


def _read_bundle(hub: OpenHub, path: Path) -> Taken:
    device, size = "", 0
    try:
        with sealed_file(path) as sealed:
            device, size = sealed.head.device, sealed.size
            _check_sender(hub, sealed)
            opener = sealing_key(hub.key)
            letter, pushes = _opened(sealed.frames(opener))
            for _ in pushes:
                continue  # every message is sound before the first one has an effect

            def again() -> Iterable[Push]:
                return _opened(sealed.frames(opener))[1]

            owed, before = transact(
                hub.engine,
                lambda connection: take(hub.hub, connection, sealed.head, sealed.name, letter, again),
            )
    except OutreachError as refusal:
        if refusal.code != "not-found":
            _write_down(hub, device, refusal.code, size)
        raise
    _write_down(hub, device, "taken", size)
    return Taken(device, owed, owed.verdicts[before:], size)


def take(
    hub: Hub, connection: Connection, head: Head, name: str, letter: Letter, pushes: Any
) -> tuple[Owed, int]:
    """Take what a bundle says, in the caller's transaction; `pushes()` gives its edits.

    What is owed in return, and how many of its verdicts are on what the bundles before it held.
    Raises Refused.
    """
    Counter(connection)  # whoever takes the next bundle waits until this one is taken
    device = head.device
    _check_active(connection, device)
    held = held_of(connection, device)
    _check_turn(held, head, name)
    before = Owed.model_validate_json(held.reply) if head.follows else None
    welcome = hub.greet(connection, device, letter.hello)
    if welcome.action == "upgrade":
        sentence = "That laptop has a later version of Outreach; install it for the central record first."
        raise Refused("newer", sentence)
    owed = Owed(welcome=welcome, cursor=letter.hello.cursor, at=letter.hello.pushed, want=letter.want)
    told = len(before.verdicts) if before is not None else 0
    if before is not None:
        owed = owed.model_copy(
            update={
                "known": before.known,
                "verdicts": before.verdicts,
                "about": before.about,
                "want": [*before.want, *owed.want],
                "at": before.at,
            }
        )
    if welcome.action != "reconcile":
        if welcome.action == "ok":
            Feed(connection, device).settle_carried(letter.done, letter.hello.cursor.seq)
            owed.differed = _differed(connection, device, letter)
            if owed.differed:
                owed.lost = hub.lacking(connection, letter.have)
        take_edits(hub, connection, device, pushes(), owed)
    values = dict(held._mapping) if held is not None else no_bundle(device)
    row = values | {
        "counter": head.counter,
        "name": name,
        "seal": head.seal,
        "reply": owed.model_dump_json(),
        "waits": 1,
    }
    in_bulk(connection, _bundle, [row])
    return owed, told


def answer_of(connection: Connection, device: str, owed: Owed) -> tuple[Reply, list[Pushed], list[Page]]:
    """What is said in return, in the caller's transaction as that laptop."""
    counter = Counter(connection, lock=False)
    feed = Feed(connection, device, put_back=counter.put_back)
    pages: list[Page] = []
    if owed.welcome.action != "reconcile":
        want = list(dict.fromkeys(owed.want))
        pages = list(feed.pages(owed.cursor, want, counter.head, counter.chain_at))
    verdicts = [
        _pushed(owed.verdicts[at : at + MOST_EDITS], owed.about)
        for at in range(0, len(owed.verdicts), MOST_EDITS)
    ]
    reply = Reply(
        welcome=owed.welcome,
        known=owed.known,
        at=owed.at,
        digest=sum_of(Comparing(connection, device).digests().values()).text,
        differed=owed.differed,
        lost=owed.lost,
        verdicts=len(verdicts),
        pages=len(pages),
    )
    return reply, verdicts, pages


def _pushed(verdicts: list[Verdict], about: Mapping[str, list[str]]) -> Pushed:
    named = {one.edit: about[one.edit] for one in verdicts if one.edit in about}
    return Pushed(verdicts=verdicts, beside=BesidePushed(about=named))


def write_answer(hub: OpenHub, path: Path, start: str | None) -> Answered:
    """Write the answer to the last bundle of a laptop into a new file; `start` is its id or the beginning.

    Without it the answer is to the one bundle that was read and not answered yet, or else to the last one.
    Raises BadInput or Ambiguous where it is not clear which or there is no such folder, Refused for a name
    that is taken or a laptop whose access was ended.
    """
    path = path.expanduser().absolute()
    with _told(path):
        return _write_answer(hub, path, start)


def _write_answer(hub: OpenHub, path: Path, start: str | None) -> Answered:
    check_is_free(path)
    with hub.engine.begin() as connection:
        device = chosen(connection, start)
        _check_active(connection, device)
        held = held_of(connection, device)
        meta = Counter(connection, lock=False)
    owed = Owed.model_validate_json(held.reply)
    reply, verdicts, pages = transact(
        for_laptop(hub.engine, device),
        lambda connection: answer_of(connection, device, owed),
        still=True,
    )
    head = Head(
        kind="answer",
        hub=meta.hub,
        device=device,
        counter=next_counter(held.answer, hub.now().timestamp()),
        previous=held.answer_name,
        answers=held.name,
        made=hub.now().isoformat(),
        seal=sealing_text(hub.key),
    )
    with translated(path):
        fresh = fresh_name(path)
        try:
            frames = (wire.packed(message) for message in (reply, *verdicts, *pages))
            written = write_sealed(fresh, head, frames, signing_key=hub.key, to=held.seal)
            with hub.engine.begin() as connection:
                done = connection.execute(
                    update(_bundle)
                    .where(_bundle.c.device == device, _bundle.c.name == held.name)
                    .values(waits=0, answer=head.counter, answer_name=written.name)
                )
                if not done.rowcount:
                    raise Refused("moved", "Another bundle of that laptop was read just now; write again.")
            claim_name(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
        sync_folder(path.parent)
    _write_down(hub, device, "answered", written.size)
    records = sum(len(page.rows) + sum(len(scope.rows) for scope in page.scopes) for page in pages)
    return Answered(device, len(owed.verdicts), records, written.size)


# Taking


def _opened(frames: Iterator[bytes]) -> tuple[Letter, Iterator[Push]]:
    first = next(frames, None)
    if first is None:
        raise wire.bad_message("the bundle is empty")
    return wire.read(Letter, first), _pushes(frames)


def _pushes(frames: Iterator[bytes]) -> Iterator[Push]:
    for n, frame in enumerate(frames):
        if n >= MOST_FRAMES:
            raise wire.too_large()
        yield wire.read(Push, frame)


def _check_sender(hub: OpenHub, sealed: Sealed) -> None:
    """Whether a laptop of this central record wrote it. Raises Refused or BadInput."""
    head = sealed.head
    if head.kind != "laptop":
        raise Refused("wrong-way", "This is an answer of a central record: it is for the laptop to read.")
    with hub.engine.begin() as connection:
        own = Counter(connection, lock=False).hub
        key = connection.execute(select(_device.c.public_key).where(_device.c.id == head.device)).scalar()
    if head.hub != own:
        raise Refused("other-hub", "This bundle is for another central record.")
    if not key:
        raise Refused("unknown-device", "The central record does not know this laptop; enrol it again.")
    sealed.check(signing.public_of(bytes(key).hex()))


def _check_active(connection: Connection, device: str) -> None:
    status = connection.execute(select(_device.c.status).where(_device.c.id == device)).scalar()
    if status == "waiting":
        raise Refused("not-approved", "A manager has to approve this laptop first.")
    if status != "active":
        raise Refused("revoked", "That laptop's access was ended, so nothing was taken from its bundle.")


def _check_turn(held: Any, head: Head, name: str) -> None:
    """Whether it is this bundle's turn. Raises Refused."""
    if held is not None and held.name == name:
        raise Refused(
            "already-read",
            "This bundle was read before; its answer can be written again: outreach bundle write FILE.",
        )
    if held is not None and head.counter <= held.counter:
        raise Refused(
            "older",
            "This bundle is older than what the central record last had of that laptop, so nothing was taken:"
            " have the laptop write a new one, which holds all that still waits.",
        )
    if head.follows and (held is None or held.name != head.previous):
        raise Refused(
            "out-of-order",
            "An earlier bundle of that laptop was not read yet: read that one first, or have the laptop write"
            " one without --since-last.",
        )


def _differed(connection: Connection, device: str, letter: Letter) -> int:
    """How many parts of what the laptop holds differ; they will be sent anew."""
    if not letter.scopes or letter.digest is None:
        return 0
    asked = Verify(cursor=letter.hello.cursor, digest=letter.digest, scopes=letter.scopes)
    return len(Comparing(connection, device).verified(asked).differ)


# What is kept


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in one sentence what the database could not do; nothing was changed then."""
    try:
        yield
    except DBAPIError as error:
        if isinstance(error.orig, DATABASE_ERRORS):
            raise from_database(error.orig, path) from None
        raise Unreachable(
            "database-unreachable",
            "The database of the central record cannot be reached or was busy, so nothing was changed: try"
            " again.",
        ) from None


def _write_down(hub: OpenHub, device: str, code: str, size: int) -> None:
    row = {"id": new_id(), "at": hub.now().isoformat(), "device": device, "code": code, "bytes": size}
    with hub.engine.begin() as connection:
        in_bulk(connection, tables.bundle_log, [row])
