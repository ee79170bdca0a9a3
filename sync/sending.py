"""What a laptop sends: the steps that wait for a verdict, and what the central record lost and it holds."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, TypeGuard

from casework.errors import OutreachError, Refused, Unreachable
from casework.wording import count_of
from storage.central import outbox
from storage.central.asides import note_taken
from storage.central.beforehand import Beforehand
from storage.central.holdings import Holdings
from storage.central.lacking import forget_lacking
from storage.central.outbox import Answer, WaitingEdit
from storage.central.read_later import forget_later
from storage.central.renaming import take_known
from storage.central.state import read_state, write_state
from storage.journal import transaction
from storage.store import Store
from sync.bringing_back import BringingBack
from sync.messages.pages import MOST_ROWS
from sync.messages.steps import MOST_BYTES, MOST_EDITS, NOT_YET, BesidePush, Push, Pushed, SentEdit
from sync.messages.sums import BesideHave, Have, Lack
from sync.saying import Message, known_before, sent_edit, settled_in
from sync.session import Session
from sync.transport import Answering, ask, ask_ahead
from sync.verdicts import answers_of, heard_at, settle, unknown_kinds, whole

_MOST_ON_WAY = 3
"""Messages on their way at once: the central record works on one and has the next one at hand while this
laptop keeps the verdicts of the one before, counts, and makes another ready.
"""
_RENAMINGS = 25
"""Answers in a row that only name records: one names all of a message, and others make records meanwhile."""


class _Begun(NamedTuple):
    """A message that is on its way, and what waits for its answer."""

    message: Message
    wait: Callable[[], Pushed]


_OnWay = deque[_Begun]


class Sending:
    """One laptop's steps on their way to the central record."""

    ahead = False
    """Whether the central record, as it said itself, takes a message that comes before the answer to the one
    ahead of it.
    """
    _is_new = False
    """Whether the last answer was about steps that had never come before, as all after them have not. Where
    they had, a message may follow one of which nothing is taken, because a record is known by another id.
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

        While the central record works on one message those after it are read and made ready, and what the
        first one is about is hashed; what was taken before it is counted now and then. Those after it are on
        their way before the answer is there where the central record keeps them in order (`ahead`) and never
        heard of them, else the next one is as soon as it is there; the verdicts are kept while the central
        record works on that. It is read anew where the answer does not leave it as it is: nothing of it was
        taken then.

        Raises Unreachable where answers only name records that are known, without end.
        """
        renamed = 0
        self._is_new = False
        on_way = self._first(session)
        while on_way:
            then = self._send_ahead(session, on_way)
            is_nearly_all = 1 < len(on_way) < _MOST_ON_WAY
            message, wait = on_way.popleft()
            self.work_out(message)
            self._beforehand.count(all_of_them=is_nearly_all)
            answer = self._answer(session, message, wait, on_way)
            if answer.known:
                renamed += 1
                if renamed > _RENAMINGS:
                    raise _took_nothing()
                self._rename(answer.known)
                on_way = self._first(session)
                continue
            renamed = 0
            self._is_new = not answer.verdicts[-1].again
            if not on_way and self._is_next(then, message):
                self._begin(session, on_way, then)
            self._settle(session, message.edits, answer)
            on_way = on_way or self._first(session)

    def _first(self, session: Session) -> _OnWay:
        """The message that holds the oldest steps that wait, on its way; nothing where none waits."""
        on_way: _OnWay = deque()
        self._begin(session, on_way, self._next(session))
        return on_way

    def _send_ahead(self, session: Session, on_way: _OnWay) -> Message | None:
        """Send after those that are on their way as many as may be there at once; the one that is made ready
        and may not be sent yet.
        """
        while len(on_way) < _MOST_ON_WAY:
            last = on_way[-1].message
            then = self._after(on_way)
            if not (self.ahead and self._is_new and self._is_next(then, last)):
                return then
            self._begin(session, on_way, then)
        return None

    def _is_next(self, then: Message | None, message: Message) -> TypeGuard[Message]:
        """Whether this is what follows a message: nobody else has written since that was read."""
        return then is not None and outbox.others_wrote(self._conn) == message.as_of

    def _begin(self, session: Session, on_way: _OnWay, message: Message | None) -> None:
        """Send a message after those that are on their way."""
        if message is not None:
            session.requests += 1
            on_way.append(_Begun(message, ask_ahead(self._way, message.push, Pushed)))

    def _answer(
        self, session: Session, message: Message, wait: Callable[[], Pushed], behind: _OnWay
    ) -> Pushed:
        """The answer to a message. Where there is none, or nothing was taken, those `behind` it are ended."""
        try:
            answer = whole(message.push, self._waited(session, message, wait))
        except Exception:
            self._end(session, behind)
            raise
        if answer.known:
            self._end(session, behind)
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

    def _end(self, session: Session, behind: _OnWay) -> None:
        """Wait for messages whose predecessor has no verdicts here; those of what was taken are kept."""
        for message, wait in behind:
            try:
                answer = whole(message.push, wait())
            except OutreachError:
                continue
            if not answer.known:
                self._settle(session, message.edits, answer)

    def _rename(self, known: Mapping[str, str]) -> None:
        self._beforehand.forget_all()
        take_known(self._store, known)

    def _next(self, session: Session) -> Message | None:
        """The oldest steps that wait, as far as one message holds them; None where nothing waits."""
        as_of = outbox.others_wrote(self._conn)
        edits = outbox.waiting(self._conn, MOST_EDITS, MOST_BYTES, self._parts)
        if not edits:
            return None
        state = read_state(self._conn)
        seen, before = state.seq, known_before(state)
        known = {} if seen else self._lost_conflicts(session, edits)
        sent = []
        for edit in edits:
            sent += [found for _, record, *_ in edit.changes if (found := known.pop(record, None))]
            sent.append(sent_edit(edit, seen, before(edit)))
        return Message(edits, Push(edits=sent), as_of)

    def _after(self, on_way: _OnWay) -> Message | None:
        """What comes after messages that are on their way; None where that depends on the answers, too."""
        state = read_state(self._conn)
        seen, before = state.seq, known_before(state)
        last = on_way[-1].message
        sent = {edit.id for begun in on_way for edit in begun.message.edits}
        edits = outbox.waiting(
            self._conn, MOST_EDITS, MOST_BYTES, {*self._parts, *sent}, last.edits[-1].place
        )
        if not edits or (not seen and settled_in(edits)):
            return None
        beside = BesidePush(after=last.edits[-1].id if self.ahead else None)
        push = Push(edits=[sent_edit(edit, seen, before(edit)) for edit in edits], beside=beside)
        self._way.make_ready(push)
        return Message(edits, push, last.as_of)

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

    def _note_given(self, session: Session, answer: Pushed) -> None:
        """Keep what became of what this laptop brought back, and where the log stood then."""
        with transaction(self._conn):
            self._note_taken(session, answer)
            write_state(self._conn, heard_at(read_state(self._conn), answer.at))

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

    def bring_back(self, session: Session, scopes: Sequence[str], *, losing: bool = False) -> None:
        """Give the central record what it lost of these scopes and this laptop holds; before `losing` them
        also what it has otherwise, for what is read of it later says nothing of that.
        """
        records = {
            record: record_type
            for scope in scopes
            for record_type, record in self._holdings.to_compare(scope)
        }
        unknown = unknown_kinds(read_state(self._conn))
        ids = [record for record, kind in records.items() if kind not in unknown]
        for at in range(0, len(ids), MOST_ROWS):
            session.requests += 1
            some = ids[at : at + MOST_ROWS]
            parts = self._lost.parts((records[record], record) for record in some) if losing else {}
            answer = ask(self._way, Have(records=some, beside=BesideHave(parts=parts)), Lack)
            lost = answer.records
            for n in range(0, len(lost), MOST_EDITS):
                self._give(session, {record: records[record] for record in lost[n : n + MOST_EDITS]})
            lacking = answer.beside.lacking.items()
            rest = [(records[record], record, names) for record, names in lacking if record in records]
            self._give_steps(session, self._lost.rest(rest))
            differ = [(records[one], one) for one in answer.beside.otherwise if one in records]
            self._give_steps(session, self._lost.held_otherwise(differ))

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
                self._note_given(session, answer)
                return
            self._rename(answer.known)
            lost = {answer.known.get(record, record): kind for record, kind in lost.items()}
        raise _took_nothing()

    def give_what_lacks(self, session: Session) -> bool:
        """Give the central record the fields of which it knows nothing and that this laptop holds; whether
        there were any.
        """
        edits = self._lost.lacking()
        self._give_steps(session, edits)
        if edits:
            with transaction(self._conn):
                forget_lacking(self._conn)
                forget_later(self._conn)
        return bool(edits)

    def _give_steps(self, session: Session, edits: Sequence[SentEdit]) -> None:
        for at in range(0, len(edits), MOST_EDITS):
            session.requests += 1
            push = Push(edits=edits[at : at + MOST_EDITS])
            answer = whole(push, ask(self._way, push, Pushed))
            self._note_given(session, answer)


def _took_nothing() -> Unreachable:
    return Unreachable(
        "bad-answer",
        "The central record named again and again records that it knows, and took no step; nothing is lost,"
        " and all steps are sent again the next time. Tell your support.",
    )
