"""The laptop's side of a session: greet, send, read, agree; resumable after any interruption.

Every step ends in one local transaction, and the next one is found from what is stored: a session that broke
off goes on where it stopped. It says that both sides agree only when the central record compared the sums.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from casework.errors import OutreachError, Refused
from casework.ids import new_id
from storage.central import outbox
from storage.central.beforehand import Beforehand
from storage.central.bundles import end_bundles, read_bundles
from storage.central.holdings import Holdings
from storage.central.lease import hear
from storage.central.problems import note_problems
from storage.central.state import read_state
from storage.journal import transaction
from storage.store import Store
from sync.bringing_back import BringingBack
from sync.collecting import collecting_rarely
from sync.meeting import Meeting, missing_of
from sync.messages.greeting import Hello, Welcome
from sync.messages.pages import Page
from sync.messages.said import Cursor
from sync.messages.sums import Verified, Verify
from sync.reading import Reading
from sync.sending import Sending
from sync.session import Session
from sync.transport import Answering, NotSent, ask, ask_ahead

_ROUNDS = 25
"""Times that a session goes back to an earlier step, for work goes on meanwhile on both sides."""


class Device:
    """One laptop's caseload, and a transport on which it asks the central record."""

    def __init__(
        self,
        store: Store,
        way: Answering,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str] = new_id,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._conn = store.conn
        self._way = way
        self._now = now
        self._holdings = Holdings(store.conn)
        self._beforehand = Beforehand(store.conn)
        self._meeting = Meeting(store, now=now, new_id=new_id)
        lost = BringingBack(store, now=now, new_id=new_id)
        self._sending = Sending(store, way, self._beforehand, lost, progress=progress)
        self._reading = Reading(store, way, self._beforehand, progress=progress)
        self._differed = False
        self._page: Page | None = None
        self._greeted: Hello | None = None

    def sync(self, *, full: bool = False, deep: bool = False, session: Session | None = None) -> Session:
        """One session from hello to agreement; what it does is counted in `session` while it runs.

        With `full` every step is done although there is nothing to say; with `deep` what is held is also
        counted anew from the records themselves.
        Raises Refused("revoked") where this laptop's access was ended: what waited was handed in then. Raises
        what the way raises when the central record cannot be reached; what was done until then stands.
        """
        session = session or Session()
        try:
            with collecting_rarely():
                self._agree(session, full=full, deep=deep)
        except OutreachError as refusal:
            if refusal.code == "revoked":
                self._sending.hand_in()
            self._note(session)
            raise
        self._note(session)
        return session

    def _note(self, session: Session) -> None:
        if session.problems:
            with transaction(self._conn):
                note_problems(self._conn, self._now(), session.problems)

    def _agree(self, session: Session, *, full: bool, deep: bool) -> None:
        if self._hello(session, at_once=not (full or deep)) and not (full or deep):
            session.agreed = True
            self._hear(agreed=True)
            return
        for _ in range(_ROUNDS):
            self._push_all(session)
            if not self._pull_all(session) or not self._reading.settle_own(session):
                continue
            if self._sending.give_what_lacks(session):
                self._reading.forget_told()
                if outbox.wants(self._conn, 1):
                    continue
            as_told = not (full or deep) and self._is_as_told()
            self._hear(agreed=as_told)
            if as_told:
                session.agreed = True
                break
            if deep and not self._recount(session):
                continue
            if self._verify(session):
                session.agreed = True
                self._hear(agreed=True)
                break
        session.cursor = read_state(self._conn).seq

    # Hello

    def _hello(self, session: Session, *, at_once: bool = False) -> bool:
        """Greet, and put right what the answer asks for; True when there is nothing to say.

        With `at_once` what waits goes with it, and the first page comes with the answer, where both sides
        have met before.
        """
        self._beforehand.forget_all()
        self._page = None
        state = self._meeting.begin()
        bundles = read_bundles(self._conn)
        session.requests += 1
        greeting = self._meeting.greeting(state, bundles.counter if bundles.sent else 0)
        message = self._sending.with_greeting(session) if at_once else None
        if at_once and state.seq and not state.anew:
            beside = {"push": message.push if message is not None else None, "pull": True}
            greeting = greeting.model_copy(update={"beside": greeting.beside.model_copy(update=beside)})
        self._greeted = greeting
        wait = ask_ahead(self._way, greeting, Welcome)
        if message is not None:
            self._sending.work_out(message)
        try:
            welcome = wait()
        except NotSent:
            self._meeting.was_not_said(state.coming)
            raise
        if bundles.sent:
            with transaction(self._conn):
                end_bundles(self._conn, bundles.sent)
        self._meeting.welcomed(state.coming, welcome, session)
        self._sending.ahead = welcome.beside.ahead
        if message is not None and welcome.beside.pushed is not None:
            self._sending.settle_greeted(session, message, welcome.beside.pushed)
        else:
            self._beforehand.forget_all()
        self._page = welcome.beside.page
        after = read_state(self._conn)
        # The answer may ask after steps again, and a person may have worked on while it was awaited.
        return welcome.agreed and not after.audit_missing and not self._meeting.has_more_to_say(after)

    def _hear(self, *, agreed: bool = False) -> None:
        """The central record was heard, and what is not this laptop's to hold any more was given up."""
        with transaction(self._conn):
            hear(self._conn, self._now(), self._meeting.lease)
            if agreed:
                self._meeting.agreed()

    # Sending and reading

    def _push_all(self, session: Session) -> None:
        """Send what waits; a page that came before that was made without it."""
        if outbox.count_waiting(self._conn):
            self._page = None
        self._sending.push_all(session)
        self._sending.bring_back(session, self._reading.losing(), losing=True)

    def _pull_all(self, session: Session) -> bool:
        """Read until there is no more; False when the session has to go back to sending."""
        page, self._page = self._page, None
        try:
            return self._reading.pull_all(session, page)
        except Refused as refusal:
            if refusal.code != "reconcile":
                raise
            self._hello(session)
            return False

    # Agreeing

    def _is_as_told(self) -> bool:
        """Whether this laptop holds what the central record said beside the last page, and the greeting said
        all that comparing the sums would say; else they are compared by asking.
        """
        state = read_state(self._conn)
        return (
            self._greeted is not None
            and self._reading.told(state) == self._holdings.total().text
            and self._greeted.given_up == self._meeting.gave_up()
            and self._greeted.missing == missing_of(state)
        )

    def _verify(self, session: Session) -> bool:
        """Whether the central record found the same sums; else what differs will be sent anew."""
        state = read_state(self._conn)
        cursor = Cursor(seq=state.seq, chain=state.chain)
        session.requests += 1
        asked = Verify(
            cursor=cursor,
            digest=self._holdings.total().text,
            given_up=self._meeting.gave_up(),
            missing=missing_of(state),
        )
        answer = ask(self._way, asked, Verified)
        if answer.ask_scopes:
            sums = {scope: digest.text for scope, digest in self._holdings.by_scope().items()}
            session.requests += 1
            answer = ask(self._way, asked.model_copy(update={"scopes": sums}), Verified)
            if answer.differ:
                # That this is an older copy, or the central record another one, is the reason where it is so.
                is_known = bool(state.anew) or self._meeting.forked
                if not is_known and self._is_another_now(session):
                    return False
                self._sending.bring_back(session, answer.differ)
                if not is_known:
                    session.note_differed(len(answer.differ))
                if self._differed:  # what was fetched did not mend it
                    self._recount(session)
                self._differed = True
        return answer.agreed

    def _is_another_now(self, session: Session) -> bool:
        """Greet again: whether either side was set back or copied since this session began; that is said."""
        self._hello(session)
        return self._meeting.forked or bool(read_state(self._conn).anew)

    def _recount(self, session: Session) -> bool:
        """Count what is held anew; False when a step of this laptop's came meanwhile."""
        with transaction(self._conn):
            if outbox.count_waiting(self._conn):
                return False
            right = self._holdings.recount_all()
        if not right:
            session.problems.append(
                "Sums of this laptop did not fit its records; they were counted anew. Please report this: it"
                " should not happen."
            )
        return True
