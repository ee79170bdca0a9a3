"""The laptop's side of a session that is carried: a bundle is written, and days later the answer is read.

Both hold the messages of a session over the network, and the same functions put them in place. Work goes on
meanwhile, so what comes is put beside what waits (`storage.central.receiving`). Each step ends in one
transaction and may be done again: the same answer, broken off and read again, has one effect.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain, groupby
from pathlib import Path
from typing import Any, cast

from casework.errors import OutreachError, Refused
from casework.ids import new_id
from casework.wording import count_of
from storage.central import outbox
from storage.central.bundles import Bundles, end_bundles, keep_bundles, read_bundles
from storage.central.identity import HUB_KEY, HUB_SEAL, PRIVATE_KEY, kept
from storage.central.lacking import forget_lacking
from storage.central.lease import hear_late, mark_of
from storage.central.outbox import WaitingEdit
from storage.central.problems import note_problems
from storage.central.receiving import Receiver
from storage.central.renaming import rename
from storage.central.state import SyncState, read_state, write_state
from storage.faults import translated
from storage.files import claim_name, fresh_name, sync_folder
from storage.journal import transaction
from storage.store import Store
from sync import signing, wire
from sync.device import Device
from sync.letters import MOST_WANTS, Letter, Reply
from sync.messages.pages import Page
from sync.messages.steps import MOST_BYTES, MOST_EDITS, Push, Pushed, SentEdit
from sync.pages import weighed_page
from sync.reading import delivery_of
from sync.sealing import Head, Sealed, next_counter, sealed_file, sealing_key, sealing_text, write_sealed
from sync.sending import knew_before, sent_edit
from sync.session import Session
from sync.transport import Answering
from sync.verdicts import answers_of, settle, unknown_kinds

_NO_WAY = cast("Answering", None)  # nothing is asked and answered at once


@dataclass(frozen=True, slots=True)
class Leaving:
    """A bundle that was written: how many steps are in it, and its bytes."""

    steps: int
    size: int
    follows: bool


@dataclass(frozen=True, slots=True)
class Arrived:
    """An answer that was read: what it did, and its bytes."""

    session: Session
    size: int


class CarriedDevice(Device):
    """One laptop's caseload, whose messages to the central record are carried as files."""

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str] = new_id,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        super().__init__(store, _NO_WAY, now=now, new_id=new_id, progress=progress)

    def letter(self, bundles: Bundles) -> Letter:
        """The first message of a bundle."""
        state = self._begin()
        hello = self._greeting(state)
        at = f"{state.seq}:{state.chain}"
        digest, scopes, have = None, {}, []
        if bundles.differed and not outbox.count_waiting(self._conn) and not outbox.wanted(self._conn):
            digest = self._holdings.total().text
            scopes = {scope: digest.text for scope, digest in self._holdings.by_scope().items()}
            have = list(self._held())
        return Letter(
            hello=hello,
            digest=digest,
            done=dict(bundles.done) if bundles.done_at == at else {},
            want=outbox.wants(self._conn, MOST_WANTS),
            scopes=scopes,
            have=have[:MOST_WANTS],
        )

    def _held(self) -> dict[str, str]:
        """The records of every child that is held, each with its type."""
        scopes = self._holdings.by_scope()
        held = {record: kind for scope in scopes for kind, record in self._holdings.of_scope(scope)}
        unknown = unknown_kinds(read_state(self._conn))
        return {record: kind for record, kind in held.items() if kind not in unknown}

    def _weighed(self, edit: WaitingEdit, told: set[str]) -> list[SentEdit]:
        """The conflicts that a step settles: a central record that was set back may have lost them, and they
        tell which values were weighed. Where it has them they change nothing.
        """
        named = {record for kind, record, name, *_ in edit.changes if kind == "conflict" and name} - told
        told |= named
        found = [self._lost.brought_back("conflict", record) for record in sorted(named)]
        return [one for one in found if one is not None]

    def brought_back(self, lost: Sequence[str]) -> Iterator[Push]:
        """Records that the central record lost and whose steps nobody can offer any more, as they stand."""
        kinds = self._held() if lost else {}
        edits = [self._lost.brought_back(kinds[record], record) for record in lost if record in kinds]
        found = [*(edit for edit in edits if edit is not None), *self._lost.lacking()]
        for at in range(0, len(found), MOST_EDITS):
            yield Push(edits=found[at : at + MOST_EDITS])

    def pushes(self, after: int) -> Iterator[Push]:
        """What waits and was made after the step `after`, in messages as large as those of a session."""
        state = read_state(self._conn)
        seen, knew = state.seq, knew_before(state)
        told: set[str] = set()
        edits: list[SentEdit] = []
        size = 0
        for edit in outbox.every_waiting(self._conn, after):
            grown = sum(len(json.dumps([old, new])) for *_, old, new in edit.changes)
            more = [*([] if seen else self._weighed(edit, told)), sent_edit(edit, seen, knew(edit))]
            if edits and (len(edits) + len(more) > MOST_EDITS or size + grown > MOST_BYTES):
                yield Push(edits=edits)
                edits, size = [], 0
            edits += more
            size += grown
        if edits:
            yield Push(edits=edits)

    def put_in_place(
        self, reply: Reply, verdicts: Sequence[Pushed], pages: Iterator[Page], word: str
    ) -> Session:
        """What the answer says, step by step; `word` is the one that the bundle left with the central record.

        Raises Refused("revoked").
        """
        session = Session()
        state = read_state(self._conn)
        self._welcomed(_answered(state, word), reply.welcome, session)
        if reply.welcome.action == "reconcile":
            session.problems.append("Write another bundle: it offers them.")
            with transaction(self._conn):
                end_bundles(self._conn)
            return session
        with transaction(self._conn):
            rename(self._conn, reply.known)
        self._settle_carried(reply, verdicts, session)
        receiver = Receiver(self._store, over_waiting=True)
        done: dict[str, int] = {}
        for page in pages:
            received = receiver.receive(delivery_of(*weighed_page(page), read_state(self._conn)))
            done |= {scope.scope: scope.mask for scope in page.scopes}
            session.note_page(page, received.written, received.purged)
            self._progress(f"{count_of(session.pulled, 'record')} received")
        session.purged += receiver.settle_own().purged
        self._compare(reply, done, session)
        return session

    def _settle_carried(self, reply: Reply, verdicts: Sequence[Pushed], session: Session) -> None:
        """Keep the verdicts on the steps that still wait for one."""
        answers = {name: answer for told in verdicts for name, answer in answers_of(told).items()}
        settled: list[WaitingEdit] = []
        waiting = outbox.every_waiting(self._conn, 0)
        for _, parts in groupby(waiting, key=lambda edit: edit.place):
            whole = list(parts)
            if all(part.id in answers for part in whole):
                settled += whole
        with transaction(self._conn):
            settle(self._conn, session, settled, answers, reply.at)
        session.note_verdicts(answers[edit.id].verdict for edit in settled)

    def _compare(self, reply: Reply, done: dict[str, int], session: Session) -> None:
        """Compare the sums, where nothing waits; keep what the next bundle has to say of this answer."""
        if reply.differed and not read_state(self._conn).anew:
            session.note_differed(reply.differed)
        with transaction(self._conn):
            state = read_state(self._conn)
            settled = not outbox.count_waiting(self._conn) and not outbox.wanted(self._conn)
            bundles = read_bundles(self._conn)
            session.agreed = settled and self._holdings.total().text == reply.digest
            bundles.differed = settled and not session.agreed
            bundles.lost = reply.lost
            bundles.done, bundles.done_at = done, f"{state.seq}:{state.chain}"
            keep_bundles(self._conn, bundles)
            if session.agreed:
                write_state(self._conn, replace(state, agreed_at=self._now().isoformat(), anew=""))
                forget_lacking(self._conn)
        session.cursor = state.seq
        if bundles.differed:
            session.problems.append("The two sides hold not quite the same; write another bundle to mend it.")


def write_bundle(store: Store, path: Path, *, since_last: bool = False) -> Leaving:
    """Write what waits into a new file, sealed to the central record.

    With `since_last` only what came after the last bundle, which has to be read before this one.
    Raises Refused where this laptop is not enrolled, the name is taken or there is no room.
    """
    path = path.expanduser().absolute()
    state, conn = _enrolled(store), store.conn
    with translated(path):
        if path.exists():
            raise Refused("file-exists", f"{path.name} is already there; choose another name.", str(path))
    with translated(store.path):
        signing_key = signing.key_of(kept(conn, PRIVATE_KEY))
        bundles = read_bundles(conn)
        follows = since_last and bool(bundles.sent)
        after = bundles.place if follows else 0
        device = CarriedDevice(store, now=store.now)
        letter = device.letter(bundles)
        steps, place = outbox.waiting_after(conn, after)
    head = Head(
        kind="laptop",
        hub=state.hub,
        device=state.device,
        counter=next_counter(bundles.counter, store.now().timestamp()),
        previous=bundles.name,
        follows=follows,
        made=store.now().isoformat(),
        seal=sealing_text(signing_key),
    )

    def frames() -> Iterator[bytes]:
        yield wire.packed(letter)
        for push in chain(device.pushes(after), device.brought_back(bundles.lost)):
            yield wire.packed(push)

    with translated(path):
        fresh = fresh_name(path)
        try:
            written = write_sealed(fresh, head, frames(), signing_key=signing_key, to=kept(conn, HUB_SEAL))
            with translated(store.path), transaction(conn):
                mark = mark_of(conn, store.now())
                bundles.write_down(head.counter, written.name, place, letter.hello.coming, mark)
                keep_bundles(conn, bundles)
            claim_name(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
        sync_folder(path.parent)
    store.log("care", f"bundle {head.counter} written for the central record: {steps} steps")
    return Leaving(steps, written.size, follows)


def read_answer(store: Store, path: Path, *, progress: Callable[[str], None] = lambda _: None) -> Arrived:
    """Put in place what the central record answered to a bundle of this laptop's.

    Raises BadInput for a file that is damaged or no bundle, Refused for one that is not for this laptop or
    not in its turn; then nothing was changed, and the refusal is on record.
    """
    state = _enrolled(store)
    try:
        with sealed_file(path) as sealed:
            bundles = read_bundles(store.conn)
            _check(store, state, bundles, sealed)
            opener = sealing_key(signing.key_of(kept(store.conn, PRIVATE_KEY)))
            reply, _, pages = _opened(sealed, opener)
            ends = [page.cursor.seq for page in pages]  # all is sound before the first page has an effect
            _check_place(state, reply, ends)
            reply, verdicts, pages = _opened(sealed, opener)
            device = CarriedDevice(store, now=store.now, progress=progress)
            with translated(store.path):
                session = device.put_in_place(reply, verdicts, pages, bundles.sent[sealed.head.answers])
                _put_down(store, sealed.head, sealed.name, reply, session.problems)
            size = sealed.size
    except OutreachError as refusal:
        if refusal.code != "not-found":
            store.log("care", f"bundle not taken: {refusal.code}")
        raise
    store.log("care", f"answer {sealed.head.counter} of the central record read")
    return Arrived(session, size)


def _enrolled(store: Store) -> SyncState:
    state = read_state(store.conn)
    if not state.is_enrolled:
        raise Refused(
            "not-enrolled",
            "This laptop is not enrolled with a central record: get a code, then outreach enrol URL CODE.",
        )
    if not kept(store.conn, HUB_SEAL):
        raise Refused(
            "no-seal",
            "This laptop enrolled before there were bundles, so it lacks the central record's key for them:"
            " enrol it again with a new code.",
        )
    return state


def _check(store: Store, state: SyncState, bundles: Bundles, sealed: Sealed) -> None:
    """Whether this is an answer for this laptop, whole, and in its turn. Raises Refused, BadInput."""
    head = sealed.head
    if head.kind != "answer":
        raise Refused("wrong-way", "This is a laptop's bundle: it is for the central record to read.")
    if head.hub != state.hub:
        raise Refused("other-hub", "This bundle is of another central record.")
    if head.device != state.device:
        raise Refused("other-laptop", "This bundle is for another laptop.")
    sealed.check(signing.public_of(kept(store.conn, HUB_KEY)))
    if sealed.name == bundles.answer_name:
        raise Refused("already-read", "This answer was read before; nothing was changed.")
    if head.counter <= bundles.answer:
        raise Refused("older", "This answer is older than the one that was read last; nothing was changed.")
    if head.answers not in bundles.sent:
        raise Refused(
            "not-asked",
            "This answers no bundle that is still on its way from this laptop, so nothing was changed: what"
            " it held came since, or comes with the next one.",
        )


def _check_place(state: SyncState, reply: Reply, ends: Sequence[int]) -> None:
    """Whether an answer leads on from where this laptop is. Raises Refused.

    A central record that was set back without anybody saying so would else lead it back, too, and what it
    lost would not be offered again.
    """
    if reply.welcome.action == "reconcile":
        return
    if reply.at.seq < state.pushed_seq or max(ends, default=0) < state.seq:
        raise Refused(
            "older",
            "This answer is older than what this laptop has read, so nothing was changed: write another"
            " bundle for the central record.",
        )


def _answered(state: SyncState, word: str) -> SyncState:
    """The state once the greeting of this word was answered; later ones may still be on their way."""
    words = [*state.unanswered.split(), *state.coming.split()]
    later = words[words.index(word) + 1 :] if word in words else words
    *before, last = later or [""]
    return replace(state, incarnation=word, coming=last, unanswered=" ".join(before))


def _put_down(store: Store, head: Head, name: str, reply: Reply, problems: Sequence[str]) -> None:
    """The answer was read to its end."""
    with transaction(store.conn):
        note_problems(store.conn, store.now(), problems)
        bundles = read_bundles(store.conn)
        if reply.welcome.action != "reconcile":
            hear_late(store.conn, store.now(), reply.welcome.lease, bundles.marks.get(head.answers))
        bundles.answered(head.counter, name, head.answers)
        keep_bundles(store.conn, bundles)


def _opened(sealed: Sealed, opener: Any) -> tuple[Reply, list[Pushed], Iterator[Page]]:
    frames = sealed.frames(opener)
    first = next(frames, None)
    if first is None:
        raise wire.bad_message("the bundle is empty")
    reply = wire.read(Reply, first)
    verdicts = [wire.read(Pushed, _next(frames)) for _ in range(reply.verdicts)]
    return reply, verdicts, (wire.read(Page, _next(frames)) for _ in range(reply.pages))


def _next(frames: Iterator[bytes]) -> bytes:
    frame = next(frames, None)
    if frame is None:
        raise wire.bad_message("a part of the bundle is missing")
    return frame
