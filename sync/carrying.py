"""The transport by files that are carried: a laptop's sealed bundle leaves, and days later the answer comes.

What the files say, and what becomes of it, is a session by letter (sync.by_letter). Here they are sealed and
opened, and nothing has an effect before it is known to be whole, for this laptop, and in its turn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from pydantic import BaseModel

from casework.errors import OutreachError, Refused
from storage.central import outbox
from storage.central.bundles import Bundles, keep_bundles, read_bundles
from storage.central.identity import HUB_KEY, HUB_SEAL, PRIVATE_KEY
from storage.central.lease import hear_late, mark_of
from storage.central.problems import note_problems
from storage.central.state import SyncState, kept, read_state
from storage.faults import translated
from storage.files import check_is_free, claim_name, fresh_name, sync_folder
from storage.journal import transaction
from storage.store import Store
from sync import signing, wire
from sync.by_letter import LetterSession
from sync.letters import Answers, Reply
from sync.messages.pages import Page
from sync.messages.steps import Pushed
from sync.sealing import Head, Sealed, Sealing, next_counter, sealed_file, sealing, sealing_key, sealing_text
from sync.session import Session
from sync.transport import M, T


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


class BundleTransport:
    """A bundle that is being written (sync.transport.Transport): its answers come with another file."""

    def __init__(self, bundle: Sealing) -> None:
        self._bundle = bundle

    def send(self, said: BaseModel, shape: type[M], then: Callable[[M], T]) -> None:
        """Seal a message into the bundle. Raises BadInput("too-large")."""
        del shape, then
        self._bundle.put(wire.packed(said))


def write_bundle(store: Store, path: Path, *, since_last: bool = False) -> Leaving:
    """Write what waits into a new file, sealed to the central record.

    With `since_last` only what came after the last bundle, which has to be read before this one.
    Raises Refused where this laptop is not enrolled, the name is taken or there is no room, BadInput where
    there is no such folder.
    """
    path = path.expanduser().absolute()
    state, conn = _enrolled(store), store.conn
    check_is_free(path)
    with translated(store.path):
        signing_key = signing.key_of(kept(conn, PRIVATE_KEY))
        bundles = read_bundles(conn)
        follows = since_last and bool(bundles.sent)
        after = bundles.place if follows else 0
        session = LetterSession(store, now=store.now)
        letter = session.letter(bundles)
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

    with translated(path):
        fresh = fresh_name(path)
        try:
            with sealing(fresh, head, signing_key=signing_key, to=kept(conn, HUB_SEAL)) as sealed:
                session.say(BundleTransport(sealed), letter, after, bundles.lost)
            written = sealed.written
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


def read_answer(
    store: Store,
    path: Path,
    *,
    progress: Callable[[str], None] = lambda _: None,
    session: Session | None = None,
) -> Arrived:
    """Put in place what the central record answered to a bundle of this laptop's. What that does is counted
    in `session` meanwhile.

    Raises BadInput for a file that is damaged or no bundle, Refused for one that is not for this laptop or
    not in its turn; then nothing was changed, and the refusal is on record.
    """
    state, session = _enrolled(store), session or Session()
    try:
        with sealed_file(path) as sealed:
            bundles = read_bundles(store.conn)
            _check(store, state, bundles, sealed)
            opener = sealing_key(signing.key_of(kept(store.conn, PRIVATE_KEY)))
            answers = _opened(sealed, opener)
            ends = [page.cursor.seq for page in answers.pages]  # all is sound before the first has an effect
            _check_place(state, answers.reply, ends)
            answers = _opened(sealed, opener)
            by_letter = LetterSession(store, now=store.now, progress=progress)
            with translated(store.path):
                by_letter.hear(answers, bundles.sent[sealed.head.answers], session)
                _put_down(store, sealed.head, sealed.name, answers.reply, session.problems)
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


def _put_down(store: Store, head: Head, name: str, reply: Reply, problems: Sequence[str]) -> None:
    """The answer was read to its end."""
    with transaction(store.conn):
        note_problems(store.conn, store.now(), problems)
        bundles = read_bundles(store.conn)
        if reply.welcome.action != "reconcile":
            hear_late(store.conn, store.now(), reply.welcome.lease, bundles.marks.get(head.answers))
        bundles.answered(head.counter, name, head.answers)
        keep_bundles(store.conn, bundles)


def _opened(sealed: Sealed, opener: X25519PrivateKey) -> Answers:
    frames = sealed.frames(opener)
    first = next(frames, None)
    if first is None:
        raise wire.bad_message("the bundle is empty")
    reply = wire.read(Reply, first)
    verdicts = [wire.read(Pushed, _next(frames)) for _ in range(reply.verdicts)]
    pages = (wire.read(Page, _next(frames)) for _ in range(reply.pages))
    return Answers(reply, verdicts, pages)


def _next(frames: Iterator[bytes]) -> bytes:
    frame = next(frames, None)
    if frame is None:
        raise wire.bad_message("a part of the bundle is missing")
    return frame
