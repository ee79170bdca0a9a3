"""What a laptop sends: the steps that wait for a verdict, and what the central record lost and it holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework.edits import CREATED
from casework.errors import OutreachError, Refused, Unreachable
from casework.wording import count_of
from storage.central import outbox
from storage.central.asides import note_taken
from storage.central.beforehand import Beforehand
from storage.central.holdings import Holdings
from storage.central.lacking import forget_lacking
from storage.central.outbox import Answer, WaitingEdit
from storage.central.renaming import take_known
from storage.central.state import SyncState, read_state
from storage.journal import transaction
from storage.store import Store
from sync.bringing_back import BringingBack
from sync.messages.pages import MOST_ROWS
from sync.messages.steps import (
    MOST_BYTES,
    MOST_EDITS,
    NOT_YET,
    BesidePush,
    Push,
    Pushed,
    SentEdit,
    own_changed,
)
from sync.messages.sums import Have, Lack
from sync.session import Session
from sync.transport import Answering, ask, ask_ahead
from sync.verdicts import answers_of, settle, unknown_kinds, whole

_RENAMINGS = 25
"""Answers in a row that only name records: one names all of a message, and others make records meanwhile."""


@dataclass(frozen=True, slots=True)
class Message:
    """Steps of this laptop's as they are sent, and up to which change of anybody else's they were read."""

    edits: list[WaitingEdit]
    push: Push
    as_of: int

    @property
    def records(self) -> set[tuple[str, str]]:
        """The records (type, id) that it is about."""
        return {(kind, record) for edit in self.edits for kind, record, *_ in edit.changes}

    @property
    def made(self) -> dict[tuple[str, str], Mapping[str, Any]]:
        """By (type, id), the fields of records that it brings into being and leaves as they were made."""
        found: dict[tuple[str, str], Any] = {}
        for edit in self.edits:
            for kind, record, field, _, new in edit.changes:
                found[kind, record] = new if field == CREATED and (kind, record) not in found else None
        return {entry: new for entry, new in found.items() if new is not None}


_Begun = tuple[Message | None, Callable[[], Pushed]]


class Sending:
    """One laptop's steps on their way to the central record."""

    ahead = False
    """Whether the central record, as it said itself, takes a message that comes before the answer to the one
    ahead of it.
    """

    def __init__(
        self,
        store: Store,
        way: Answering,
        beforehand: Beforehand,
        lost: BringingBack,
        *,
        progress: Callable[[str], None],
    ) -> None:
        self._store = store
        self._conn = store.conn
        self._way = way
        self._beforehand = beforehand
        self._progress = progress
        self._lost = lost
        self._holdings = Holdings(store.conn)
        self._parts: dict[str, tuple[WaitingEdit, Answer]] = {}

    def with_greeting(self, session: Session) -> Message | None:
        """All that waits, where one message holds it and nothing has to be asked before; else None."""
        state = read_state(self._conn)
        if not state.seq or state.anew or self._parts:
            return None
        message = self._next(session)
        if message is None:
            return None
        sent = {edit.id for edit in message.edits}
        is_all = not outbox.waiting(self._conn, 1, 1, sent, message.edits[-1].place)
        return message if is_all else None

    def settle_greeted(self, session: Session, message: Message, answer: Pushed) -> None:
        """Keep the verdicts that came with the answer to a greeting. Raises Unreachable as `push_all`."""
        answer = whole(message.push, answer)
        if answer.known:
            self._rename(answer.known)
        else:
            self._settle(session, message.edits, answer)

    def work_out(self, message: Message) -> None:
        """Hash what a message is about, while its answer is awaited."""
        # What it made may stand otherwise: by a later step that has its verdict, where the answer to this one
        # was lost, or by anybody's, where it is offered again.
        is_newest = not outbox.is_answered_after(self._conn, message.edits[-1].place)
        stands = is_newest and not read_state(self._conn).anew
        self._beforehand.work_out(message.records, message.made if stands else {})

    def push_all(self, session: Session) -> None:
        """Send what waits until nothing does.

        While the central record works on one message the next one is read and made ready, what the first one
        is about is hashed, and what was taken before it is counted. The next one is on its way before the
        answer is there where the central record keeps them in order (`ahead`), else as soon as it is there;
        the verdicts are kept while the central record works on that. It is read anew where the answer does
        not leave it as it is: nothing of it was taken then.

        Raises Unreachable where answers only name records that are known, without end.
        """
        renamed = 0
        message, wait = self._begun(session, self._next(session))
        while message is not None:
            then = self._next_but_one(message)
            follows = self._begun(session, then) if self.ahead and self._is_next(then, message) else None
            self.work_out(message)
            self._beforehand.count(all_of_them=then is None)
            answer = self._answer(session, message, wait, follows)
            if answer.known:
                renamed += 1
                if renamed > _RENAMINGS:
                    raise _took_nothing()
                self._rename(answer.known)
                message, wait = self._begun(session, self._next(session))
                continue
            renamed = 0
            if follows is None and self._is_next(then, message):
                follows = self._begun(session, then)
            self._settle(session, message.edits, answer)
            message, wait = follows or self._begun(session, self._next(session))

    def _is_next(self, then: Message | None, message: Message) -> bool:
        """Whether this is what follows a message: nobody else has written since that was read."""
        return then is not None and outbox.others_wrote(self._conn) == message.as_of

    def _answer(
        self, session: Session, message: Message, wait: Callable[[], Pushed], follows: _Begun | None
    ) -> Pushed:
        """The answer to a message. Where there is none, or nothing was taken, what follows it is ended."""
        try:
            answer = whole(message.push, self._waited(session, message, wait))
        except Exception:
            self._end(session, follows)
            raise
        if answer.known:
            self._end(session, follows)
        return answer

    def _waited(self, session: Session, message: Message, wait: Callable[[], Pushed]) -> Pushed:
        """What came of a message. One that overtook its predecessor is sent again, for that was answered."""
        try:
            return wait()
        except Refused as refusal:
            if refusal.code != NOT_YET:
                raise
        self.ahead = False  # something on the way does not keep the order
        session.requests += 1
        return ask(self._way, message.push.model_copy(update={"beside": BesidePush()}), Pushed)

    def _end(self, session: Session, follows: _Begun | None) -> None:
        """Wait for a message whose predecessor has no verdicts here; its own are kept where it was taken."""
        message, wait = follows or (None, Pushed)
        if message is None:
            return
        try:
            answer = whole(message.push, wait())
        except OutreachError:
            return
        if not answer.known:
            self._settle(session, message.edits, answer)

    def _rename(self, known: Mapping[str, str]) -> None:
        self._beforehand.forget_all()
        take_known(self._store, known)

    def _begun(self, session: Session, message: Message | None) -> _Begun:
        """A message that is on its way, and what waits for its answer."""
        if message is None:
            return None, Pushed
        session.requests += 1
        return message, ask_ahead(self._way, message.push, Pushed)

    def _next(self, session: Session) -> Message | None:
        """The oldest steps that wait, as far as one message holds them; None where nothing waits."""
        as_of = outbox.others_wrote(self._conn)
        edits = outbox.waiting(self._conn, MOST_EDITS, MOST_BYTES, self._parts)
        if not edits:
            return None
        state = read_state(self._conn)
        seen, knew = state.seq, knew_before(state)
        known = {} if seen else self._lost_conflicts(session, edits)
        sent = []
        for edit in edits:
            sent += [found for _, record, *_ in edit.changes if (found := known.pop(record, None))]
            sent.append(sent_edit(edit, seen, knew(edit)))
        return Message(edits, Push(edits=sent), as_of)

    def _next_but_one(self, message: Message) -> Message | None:
        """What comes after a message that is on its way; None where that depends on the answer, too."""
        state = read_state(self._conn)
        seen, knew = state.seq, knew_before(state)
        answered = {*self._parts, *(edit.id for edit in message.edits)}
        since = message.edits[-1].place
        edits = outbox.waiting(self._conn, MOST_EDITS, MOST_BYTES, answered, since)
        if not edits or (not seen and settled_in(edits)):
            return None
        beside = BesidePush(after=message.edits[-1].id if self.ahead else None)
        push = Push(edits=[sent_edit(edit, seen, knew(edit)) for edit in edits], beside=beside)
        self._way.make_ready(push)
        return Message(edits, push, message.as_of)

    def _lost_conflicts(self, session: Session, edits: Sequence[WaitingEdit]) -> dict[str, SentEdit]:
        """By its id, each conflict that these steps settle and a central record that was set back lost.

        It goes before the step that settled it, for it tells which values were weighed, and whose they were.
        """
        named = settled_in(edits)
        if not named:
            return {}
        session.requests += 1
        lost = ask(self._way, Have(records=named), Lack).records
        found = {record: self._lost.brought_back("conflict", record) for record in lost}
        return {record: edit for record, edit in found.items() if edit is not None}

    def _settle(self, session: Session, edits: list[WaitingEdit], answer: Pushed) -> None:
        verdicts = answers_of(answer)
        with transaction(self._conn):
            settle(self._conn, session, *self._with_parts(edits, verdicts), answer.at)
            self._note_taken(session, answer)
        session.note_verdicts(verdicts[edit.id].verdict for edit in edits if edit.id in verdicts)
        self._progress(f"{count_of(session.pushed, 'step')} sent")

    def _note_taken(self, session: Session, answer: Pushed) -> None:
        """Keep what became of steps that waited for what this message brought."""
        for one in answer.beside.taken:
            if note_taken(self._conn, one.edit, one.verdict, one.seq, one.code, one.reason):
                session.quarantined = max(session.quarantined - 1, 0)

    def _with_parts(
        self, edits: Sequence[WaitingEdit], answers: Mapping[str, Answer]
    ) -> tuple[list[WaitingEdit], dict[str, Answer]]:
        """These with the parts of the same steps that earlier messages of this session carried.

        A step that is longer than a message has its verdict when its last part has. Broken off before that it
        is sent anew, and the central record answers for the parts that it knows as it did.
        """
        self._parts |= {edit.id: (edit, answers[edit.id]) for edit in edits if edit.id in answers}
        places = {edit.place for edit in edits}
        self._parts = {name: part for name, part in self._parts.items() if part[0].place in places}
        return [part for part, _ in self._parts.values()], {
            name: told for name, (_, told) in self._parts.items()
        }

    def hand_in(self) -> None:
        """Send what waits, to be kept aside for a supervisor: it will not be sent another time."""
        while edits := outbox.waiting(self._conn, MOST_EDITS, MOST_BYTES, self._parts):
            push = Push(edits=[sent_edit(edit, 0) for edit in edits])
            answer = whole(push, ask(self._way, push, Pushed))
            if answer.known:  # it takes nothing of a laptop whose access was ended, so it need know nothing
                raise _took_nothing()
            with transaction(self._conn):
                outbox.settle(self._conn, *self._with_parts(edits, answers_of(answer)))

    # What was lost

    def bring_back(self, session: Session, scopes: Sequence[str]) -> None:
        """Give the central record what it lost of these scopes and this laptop holds."""
        records = {
            record: record_type
            for scope in scopes
            for record_type, record in self._holdings.to_compare(scope)
        }
        unknown = unknown_kinds(read_state(self._conn))
        ids = [record for record, kind in records.items() if kind not in unknown]
        for at in range(0, len(ids), MOST_ROWS):
            session.requests += 1
            lost = ask(self._way, Have(records=ids[at : at + MOST_ROWS]), Lack).records
            for n in range(0, len(lost), MOST_EDITS):
                self._give(session, {record: records[record] for record in lost[n : n + MOST_EDITS]})

    def _give(self, session: Session, lost: Mapping[str, str]) -> None:
        """Bring back these records (by id the type) in one message. One that somebody made anew meanwhile is
        given the id that it has there, and brought back as what this laptop says of it.

        Raises Unreachable as `push_all`.
        """
        for _ in range(_RENAMINGS):
            found = (self._lost.brought_back(kind, record) for record, kind in lost.items())
            push = Push(edits=[edit for edit in found if edit is not None])
            if not push.edits:
                return
            session.requests += 1
            answer = whole(push, ask(self._way, push, Pushed))
            if not answer.known:
                with transaction(self._conn):
                    self._note_taken(session, answer)
                return
            self._rename(answer.known)
            lost = {answer.known.get(record, record): kind for record, kind in lost.items()}
        raise _took_nothing()

    def give_what_lacks(self, session: Session) -> bool:
        """Give the central record the fields of which it knows nothing and that this laptop holds; whether
        there were any.
        """
        edits = self._lost.lacking()
        for at in range(0, len(edits), MOST_EDITS):
            session.requests += 1
            push = Push(edits=edits[at : at + MOST_EDITS])
            answer = whole(push, ask(self._way, push, Pushed))
            with transaction(self._conn):
                self._note_taken(session, answer)
        if edits:
            with transaction(self._conn):
                forget_lacking(self._conn)
        return bool(edits)


def _took_nothing() -> Unreachable:
    return Unreachable(
        "bad-answer",
        "The central record named again and again records that it knows, and took no step; nothing is lost,"
        " and all steps are sent again the next time. Tell your support.",
    )


def settled_in(edits: Sequence[WaitingEdit]) -> list[str]:
    """The conflicts of which these steps change something."""
    return [
        *dict.fromkeys(
            record
            for edit in edits
            for kind, record, field, *_ in edit.changes
            if kind == "conflict" and field
        )
    ]


def knew_before(state: SyncState) -> Callable[[WaitingEdit], int]:
    """What each step knew of a central record that was put back, for which nothing has been read anew.

    Of what the backup had, a step that had been taken as it was made met nothing that it did not know, and
    one that was never sent was made by a laptop that had read it. Others are weighed again.
    """
    if state.seq or not state.anew:
        return lambda _: 0
    unclean = frozenset(json.loads(state.unclean))
    return lambda edit: 0 if edit.place in unclean else state.common


def sent_edit(edit: WaitingEdit, seen: int, knew: int = 0) -> SentEdit:
    """A step as it is sent by a laptop that has read as far as `seen`."""
    return SentEdit(
        id=edit.id,
        worker=edit.worker,
        name=edit.name,
        subject=edit.subject,
        reason=edit.reason,
        at=edit.at,
        seen=seen,
        knew=knew,
        taken_back=edit.taken_back,
        changes=[own_changed(*change) for change in edit.changes],
    )
