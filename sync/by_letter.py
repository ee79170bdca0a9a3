"""The laptop's side of a session by letter: all is said at once, and all answers are put in place days later.

It needs no transport that answers at once (sync.transport). Work goes on meanwhile, so what comes is put
beside what waits (`storage.central.receiving`). Each step ends in one transaction and may be done again: the
same answers, broken off and read again, have one effect.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import chain, groupby

from casework.ids import new_id
from casework.wording import count_of
from storage.central import outbox
from storage.central.bundles import Bundles, end_bundles, keep_bundles, read_bundles
from storage.central.holdings import Holdings
from storage.central.lacking import forget_lacking
from storage.central.outbox import WaitingEdit
from storage.central.read_later import forget_later, forget_offered, note_offered
from storage.central.receiving import Receiver
from storage.central.renaming import take_known
from storage.central.state import read_state
from storage.journal import transaction
from storage.store import Store
from sync.bringing_back import BringingBack
from sync.letters import MOST_WANTS, Answers, Letter, Reply
from sync.meeting import Meeting
from sync.messages.steps import MOST_BYTES, MOST_EDITS, Push, Pushed, SentEdit
from sync.pages import weighed_page
from sync.reading import delivery_of
from sync.saying import known_before, sent_edit, settled_in
from sync.session import Session
from sync.transport import Transport, itself
from sync.verdicts import answers_of, settle, unknown_kinds


class LetterSession:
    """One laptop's caseload, whose messages to the central record go all at once."""

    def __init__(
        self,
        store: Store,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str] = new_id,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._conn = store.conn
        self._progress = progress
        self._holdings = Holdings(store.conn)
        self._meeting = Meeting(store, now=now, new_id=new_id)
        self._lost = BringingBack(store, now=now, new_id=new_id)

    def letter(self, bundles: Bundles) -> Letter:
        """The first message."""
        state = self._meeting.begin()
        hello = self._meeting.greeting(state)
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

    def say(self, way: Transport, letter: Letter, after: int, lost: Sequence[str]) -> None:
        """Send the letter, what waits and was made after the step `after`, and of the records `lost` what is
        held.
        """
        with transaction(self._conn):
            note_offered(self._conn, letter.hello.coming)
        way.send(letter, Reply, itself)
        for push in chain(self._pushes(after), self._brought_back(lost)):
            way.send(push, Pushed, itself)

    def _held(self) -> dict[str, str]:
        """The records that are held, each with its type."""
        scopes = self._holdings.by_scope()
        held = {record: kind for scope in scopes for kind, record in self._holdings.to_compare(scope)}
        unknown = unknown_kinds(read_state(self._conn))
        return {record: kind for record, kind in held.items() if kind not in unknown}

    def _weighed(self, edit: WaitingEdit, told: set[str]) -> list[SentEdit]:
        """The conflicts that a step settles: a central record that was set back may have lost them, and they
        tell which values were weighed. Where it has them they change nothing.
        """
        named = {*settled_in([edit])} - told
        told |= named
        found = [self._lost.brought_back("conflict", record) for record in sorted(named)]
        return [one for one in found if one is not None]

    def _brought_back(self, lost: Sequence[str]) -> Iterator[Push]:
        """Records that the central record lost and whose steps nobody can offer any more, as they stand."""
        kinds = self._held() if lost else {}
        edits = [self._lost.brought_back(kinds[record], record) for record in lost if record in kinds]
        found = [*(edit for edit in edits if edit is not None), *self._lost.lacking()]
        for at in range(0, len(found), MOST_EDITS):
            yield Push(edits=found[at : at + MOST_EDITS])

    def _pushes(self, after: int) -> Iterator[Push]:
        """What waits and was made after the step `after`, in messages as large as those of a session."""
        state = read_state(self._conn)
        seen, before = state.seq, known_before(state)
        told: set[str] = set()
        edits: list[SentEdit] = []
        size = 0
        for edit in outbox.every_waiting(self._conn, after):
            grown = sum(len(json.dumps([old, new])) for *_, old, new in edit.changes)
            more = [*([] if seen else self._weighed(edit, told)), sent_edit(edit, seen, before(edit))]
            if edits and (len(edits) + len(more) > MOST_EDITS or size + grown > MOST_BYTES):
                yield Push(edits=edits)
                edits, size = [], 0
            edits += more
            size += grown
        if edits:
            yield Push(edits=edits)

    def hear(self, answers: Answers, word: str, session: Session | None = None) -> Session:
        """Put in place what was answered, step by step, each counted in `session`; `word` is the one that the
        letter left with the central record.

        Raises Refused("revoked").
        """
        session, reply = session or Session(), answers.reply
        self._meeting.welcomed(word, reply.welcome, session)
        if reply.welcome.action == "reconcile":
            session.problems.append("Write another bundle: it offers them.")
            with transaction(self._conn):
                end_bundles(self._conn, read_bundles(self._conn).sent)
            return session
        take_known(self._store, reply.known)
        self._settle(reply, answers.verdicts, word, session)
        receiver = Receiver(self._store, over_waiting=True)
        done: dict[str, int] = {}
        for page in answers.pages:
            received = receiver.receive(delivery_of(*weighed_page(page), read_state(self._conn)))
            done |= {scope.scope: scope.mask for scope in page.scopes}
            session.note_page(page, received.written, received.purged)
            self._progress(f"{count_of(session.pulled, 'record')} received")
        session.purged += receiver.settle_own().purged
        self._compare(reply, done, session)
        return session

    def _settle(self, reply: Reply, verdicts: Sequence[Pushed], word: str, session: Session) -> None:
        """Keep the verdicts on the steps that still wait for one, and that what the bundle of this word
        offered was heard.
        """
        answers = {name: answer for told in verdicts for name, answer in answers_of(told).items()}
        settled: list[WaitingEdit] = []
        waiting = outbox.every_waiting(self._conn, 0)
        for _, parts in groupby(waiting, key=lambda edit: edit.place):
            whole = list(parts)
            if all(part.id in answers for part in whole):
                settled += whole
        with transaction(self._conn):
            settle(self._conn, session, settled, answers, reply.at)
            forget_offered(self._conn, word)
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
                self._meeting.agreed()
                forget_lacking(self._conn)
                forget_later(self._conn)
        session.cursor = state.seq
        if bundles.differed:
            session.problems.append("The two sides hold not quite the same; write another bundle to mend it.")
