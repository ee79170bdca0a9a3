"""The laptop's side of a session: greet, send, read, agree; resumable after any interruption.

Every step ends in one local transaction, and the next one is found from what is stored: a session that broke
off goes on where it stopped. It says that both sides agree only when the central record compared the sums.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from casework.canonical import spelt
from casework.errors import OutreachError, Refused
from casework.ids import new_id
from casework.shape import beyond, shape
from casework.wording import count_of
from storage import audit
from storage.central import outbox
from storage.central.asides import newest_aside, note_taken, to_ask_after
from storage.central.beforehand import Beforehand
from storage.central.bundles import end_bundles, read_bundles
from storage.central.given_up import read_given_up
from storage.central.holdings import Holdings
from storage.central.lease import hear
from storage.central.problems import note_problems
from storage.central.state import SyncState, read_state, write_state
from storage.journal import transaction
from storage.store import Store
from sync.bringing_back import BringingBack
from sync.collecting import collecting_rarely
from sync.messages.greeting import MOST_UNANSWERED, BesideHello, Hello, Welcome
from sync.messages.pages import Page
from sync.messages.said import Cursor
from sync.messages.sums import Verified, Verify
from sync.reading import Reading
from sync.sending import Sending
from sync.session import Session
from sync.transport import Answering, ask, begun

AUDIT_LOST = (
    "The audit of this laptop does not hold what the central record kept of it: an older copy of the caseload"
    " was put back, or the audit was altered. Both sides keep that on record; tell your manager."
)
_ROUNDS = 25
"""Times that a session goes back to an earlier step, for work goes on meanwhile on both sides."""

_ASKED = 25
"""Steps that were kept aside of which one greeting asks, a kilobyte of them: the next one asks of others."""


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
        self._new_id = new_id
        self._progress = progress
        self._holdings = Holdings(store.conn)
        self._beforehand = Beforehand(store.conn)
        self._lost = BringingBack(store, now=now, new_id=new_id)
        self._sending = Sending(store, way, self._beforehand, self._lost, progress=progress)
        self._reading = Reading(store, way, self._beforehand, progress=progress)
        self._lease: int | None = None
        self._forked = False
        self._differed = False
        self._page: Page | None = None
        self._greeted: Hello | None = None

    def sync(self, *, full: bool = False, deep: bool = False) -> Session:
        """One session from hello to agreement.

        With `full` every step is done although there is nothing to say; with `deep` what is held is also
        counted anew from the records themselves.
        Raises Refused("revoked") where this laptop's access was ended: what waited was handed in then. Raises
        what the way raises when the central record cannot be reached; what was done until then stands.
        """
        session = Session()
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
        state = self._begin()
        bundles = read_bundles(self._conn)
        session.requests += 1
        greeting = self._greeting(state, bundles.counter if bundles.sent else 0)
        message = self._sending.with_greeting(session) if at_once else None
        if at_once and state.seq and not state.anew:
            beside = {"push": message.push if message is not None else None, "pull": True}
            greeting = greeting.model_copy(update={"beside": greeting.beside.model_copy(update=beside)})
        self._greeted = greeting
        wait = begun(self._way, greeting, Welcome)
        if message is not None:
            self._sending.work_out(message)
        welcome = wait()
        if bundles.sent:
            with transaction(self._conn):
                end_bundles(self._conn)
        self._welcomed(replace(state, incarnation=state.coming, coming="", unanswered=""), welcome, session)
        if message is not None and welcome.beside.pushed is not None:
            self._sending.settle_greeted(session, message, welcome.beside.pushed)
        else:
            self._beforehand.forget_all()
        self._page = welcome.beside.page
        after = read_state(self._conn)
        # The answer may ask after steps again, and a person may have worked on while it was awaited.
        return welcome.agreed and not after.audit_missing and not self._has_more_to_say(after)

    def _has_more_to_say(self, state: SyncState) -> bool:
        """Whether a step waits, or a record has to be sent anew or counted."""
        return bool(
            state.anew
            or outbox.count_waiting(self._conn)
            or outbox.wants(self._conn, 1)
            or outbox.to_recount(self._conn, 1)
        )

    def _greeting(self, state: SyncState, bundle: int = 0) -> Hello:
        """The first message of a session; `bundle` is the counter of a bundle that is still on its way."""
        return Hello(
            shape=shape(),
            incarnation=state.incarnation,
            coming=state.coming,
            unanswered=state.unanswered.split(),
            hub=state.hub,
            epoch=state.epoch,
            cursor=Cursor(seq=state.seq, chain=state.chain),
            pushed=Cursor(seq=state.pushed_seq, chain=state.pushed_chain),
            waiting=outbox.count_waiting(self._conn),
            aside=newest_aside(self._conn),
            beside=BesideHello(aside=to_ask_after(self._conn, _ASKED, state.coming)),
            given_up=self._gave_up(),
            audit=self._audit_at(audit.head(self._conn)[0]),
            anchored=self._audit_at(state.audit_seq),
            missing=_missing(state),
            digest=self._holdings.total().text if state.epoch and not self._has_more_to_say(state) else None,
            bundle=bundle,
        )

    def _gave_up(self) -> str | None:
        """What this laptop states to have given up; None where it never had to."""
        stated = read_given_up(self._conn)
        return stated.text if stated.count else None

    def _audit_at(self, seq: int) -> Cursor:
        return Cursor(seq=seq, chain=audit.chain_at(self._conn, seq))

    def _anchored(self, state: SyncState, welcome: Welcome, session: Session) -> SyncState:
        """The state once it is known whether the audit here holds what the central record keeps of it."""
        kept = welcome.audit
        if kept == self._audit_at(kept.seq):
            # A copy of this caseload may be what the central record missed it in.
            lost = max(state.audit_lost, welcome.beside.audit_lost or "")
            if (welcome.looked_into or "") >= lost:
                lost = ""
            return replace(state, audit_seq=kept.seq, audit_missing="", audit_lost=lost)
        if welcome.action != "forked":  # else an older copy is what is said already
            session.problems.append(AUDIT_LOST)
        missing = f"{kept.seq}:{kept.chain}"
        return replace(state, audit_seq=0, audit_missing=missing, audit_lost=welcome.now)

    def _welcomed(self, state: SyncState, welcome: Welcome, session: Session) -> None:
        """Keep the state of this session, and put right what the answer to the greeting asks for.

        Raises Refused("revoked").
        """
        if welcome.action == "revoked":
            raise Refused("revoked", "This laptop's access was ended; speak to your manager.")
        self._lease = welcome.lease
        self._sending.ahead = welcome.beside.ahead
        self._forked = welcome.action == "forked"
        if welcome.beside.taken and welcome.action != "reconcile":
            with transaction(self._conn):
                for one in welcome.beside.taken:
                    note_taken(self._conn, one.edit, one.verdict, one.seq, one.code, one.reason)
        lacks = beyond(welcome.kinds)
        if lacks != state.lacks():
            with transaction(self._conn):
                outbox.count_anew(self._conn, lacks.keys() | state.lacks().keys())
                outbox.ask_again(self._conn)
        state = replace(
            state,
            hub=welcome.hub,
            epoch=welcome.epoch,
            beyond=spelt(lacks),
        )
        state = self._anchored(state, welcome, session)
        if welcome.action == "reconcile":
            self._begin_again(state, welcome.common, session)
        else:
            with transaction(self._conn):
                write_state(self._conn, state)
        if welcome.action == "forked":
            session.problems.append(
                "This caseload is an older copy of the one that the central record knows, or there are two of"
                " it; nothing was lost, and everything was compared anew."
            )
        session.cursor = state.seq

    def _begin(self) -> SyncState:
        """The word of this greeting is kept before it is said, with those that had no answer.

        It is another one each time: a copy that was made after a greeting without an answer would say the
        same word as this caseload, and nobody could tell them apart.
        """
        state = read_state(self._conn)
        had_no_answer = [*state.unanswered.split(), *state.coming.split()][-MOST_UNANSWERED:]
        with transaction(self._conn):
            if not had_no_answer:
                self._holdings.extras.ask_for_known()
            state = replace(state, coming=self._new_id(), unanswered=" ".join(had_no_answer))
            write_state(self._conn, state)
        return state

    def _begin_again(self, state: SyncState, common: int, session: Session) -> None:
        """The central record is not as this laptop last read it: offer every step again, read it all anew."""
        with transaction(self._conn):
            unclean = {*outbox.unclean(self._conn), *(json.loads(state.unclean) if state.anew else ())}
            count = outbox.offer_again(self._conn)
            fresh = replace(
                state,
                seq=0,
                chain="",
                pushed_seq=0,
                pushed_chain="",
                anew=self._now().isoformat(),
                common=common,
                unclean=json.dumps(sorted(unclean)),
            )
            write_state(self._conn, fresh)
        again = "was" if count == 1 else "were"
        session.problems.append(
            "The central record is not the one last read (restored from a backup?);"
            f" {count_of(count, 'step')} of this laptop's {again} offered again, and nothing was removed."
        )

    def _hear(self, *, agreed: bool = False) -> None:
        """The central record was heard, and what is not this laptop's to hold any more was given up."""
        with transaction(self._conn):
            hear(self._conn, self._now(), self._lease)
            if agreed:
                state = read_state(self._conn)
                write_state(self._conn, replace(state, agreed_at=self._now().isoformat(), anew=""))

    # Sending and reading

    def _push_all(self, session: Session) -> None:
        """Send what waits; a page that came before that was made without it."""
        if outbox.count_waiting(self._conn):
            self._page = None
        self._sending.push_all(session)
        self._sending.bring_back(session, self._reading.losing())

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
            and self._greeted.given_up == self._gave_up()
            and self._greeted.missing == _missing(state)
        )

    def _verify(self, session: Session) -> bool:
        """Whether the central record found the same sums; else what differs will be sent anew."""
        state = read_state(self._conn)
        cursor = Cursor(seq=state.seq, chain=state.chain)
        session.requests += 1
        asked = Verify(
            cursor=cursor,
            digest=self._holdings.total().text,
            given_up=self._gave_up(),
            missing=_missing(state),
        )
        answer = ask(self._way, asked, Verified)
        if answer.ask_scopes:
            sums = {scope: digest.text for scope, digest in self._holdings.by_scope().items()}
            session.requests += 1
            answer = ask(self._way, asked.model_copy(update={"scopes": sums}), Verified)
            if answer.differ:
                self._sending.bring_back(session, answer.differ)
                # What an older copy holds too much of shows here alone; that it is one was said already.
                if not state.anew and not self._forked:
                    session.note_differed(len(answer.differ))
                if self._differed:  # what was fetched did not mend it
                    self._recount(session)
                self._differed = True
        return answer.agreed

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


def _missing(state: SyncState) -> Cursor | None:
    """The head that the central record keeps and this laptop's audit does not hold."""
    seq, _, chain = state.audit_missing.partition(":")
    return Cursor(seq=int(seq), chain=chain) if seq else None
