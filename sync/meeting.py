"""How a laptop meets its central record, by any transport: its greeting, and what the answer asks for."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime

from casework.canonical import spelt
from casework.errors import Refused
from casework.shape import beyond, shape
from casework.wording import count_of
from storage import audit
from storage.central import outbox
from storage.central.asides import newest_aside, note_taken, to_ask_after
from storage.central.bundles import read_bundles
from storage.central.given_up import read_given_up
from storage.central.holdings import Holdings
from storage.central.read_later import begin_anew
from storage.central.state import SyncState, read_state, write_state
from storage.journal import transaction
from storage.store import Store
from sync.messages.greeting import MOST_EARLIER, MOST_UNANSWERED, BesideHello, Hello, Welcome
from sync.messages.said import Cursor
from sync.messages.steps import Formerly
from sync.session import Session
from sync.verdicts import heard_at

AUDIT_LOST = (
    "The audit of this laptop does not hold what the central record kept of it: an older copy of the caseload"
    " was put back, or the audit was altered. Both sides keep that on record; tell your manager."
)
_SINCE_THE_BACKUP = "What was changed since then comes back with each laptop that made it or had read it."
_SINCE_SOME_FILES = (
    "What was changed since then comes back with each laptop that made it, unless that had to give the child"
    " up: the history shows it where somebody had read it."
)
_ASKED = 25
"""Steps that were kept aside of which one greeting asks, a kilobyte of them: the next one asks of others."""


class Meeting:
    """The beginning of one session of a laptop's."""

    lease: int | None = None
    """For how many days without a word it opens alone, as the answer said."""
    forked = False
    """Whether the answer said that this caseload is an older copy, or that there are two of it."""

    def __init__(self, store: Store, *, now: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._conn = store.conn
        self._now = now
        self._new_id = new_id
        self._holdings = Holdings(store.conn)

    def begin(self) -> SyncState:
        """The word of this greeting is kept before it is said, with those that had no answer.

        It is another one each time: a copy that was made after a greeting without an answer would say the
        same word as this caseload, and nobody could tell them apart.
        """
        with transaction(self._conn):
            state = read_state(self._conn)
            had_no_answer = _remembered(_without_answer(state), read_bundles(self._conn).sent.values())
            # What is asked for and not there is gone: what was lost is brought back from here first.
            if not had_no_answer and not state.anew:
                self._holdings.extras.ask_for_known()
            state = replace(state, coming=self._new_id(), unanswered=" ".join(had_no_answer))
            write_state(self._conn, state)
        return state

    def was_not_said(self, word: str) -> None:
        """A greeting has not left this computer: nobody can have heard its word. So days without a network
        push no word out that was heard.
        """
        with transaction(self._conn):
            state = read_state(self._conn)
            *before, last = [one for one in _without_answer(state) if one != word] or [""]
            write_state(self._conn, replace(state, coming=last, unanswered=" ".join(before)))

    def greeting(self, state: SyncState, bundle: int = 0) -> Hello:
        """The first message of a session; `bundle` is the counter of a bundle that is still on its way."""
        aside = to_ask_after(self._conn, _ASKED, state.coming)
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
            beside=BesideHello(
                aside=outbox.sent_as(self._conn, aside),
                head=Cursor(seq=state.head_seq, chain=state.head_chain)
                if state.head_seq > state.seq
                else Cursor(),
                earlier=[Formerly(epoch=epoch, seq=seq) for epoch, seq in state.epochs()],
            ),
            given_up=self.gave_up(),
            audit=self._audit_at(audit.head(self._conn)[0]),
            anchored=self._audit_at(state.audit_seq),
            missing=missing_of(state),
            digest=self._holdings.total().text if state.epoch and not self.has_more_to_say(state) else None,
            bundle=bundle,
        )

    def welcomed(self, word: str, welcome: Welcome, session: Session) -> None:
        """Keep the state of this session, and put right what the answer to the greeting asks for; `word` is
        the one that the greeting left with the central record.

        Raises Refused("revoked").
        """
        if welcome.action == "revoked":
            raise Refused("revoked", "This laptop's access was ended; speak to your manager.")
        self.lease = welcome.lease
        self.forked = welcome.action == "forked"
        lacks = beyond(welcome.kinds)
        with transaction(self._conn):
            if welcome.action != "reconcile":
                for one in welcome.beside.taken:
                    note_taken(self._conn, one.edit, one.verdict, one.seq, one.code, one.reason)
            # Another process on this caseload may have greeted and read on since this one greeted.
            state = _answered(read_state(self._conn), word)
            if lacks != state.lacks():
                outbox.count_anew(self._conn, lacks.keys() | state.lacks().keys())
                outbox.ask_again(self._conn)
            read = state.epoch
            state = replace(state, hub=welcome.hub, epoch=welcome.epoch, beyond=spelt(lacks))
            state = self._anchored(state, welcome, session)
            state = heard_at(state, welcome.beside.at)
            if welcome.action == "reconcile":
                state = self._begun_again(state, welcome.common, read, session)
            write_state(self._conn, state)
        if welcome.action == "forked":
            session.problems.append(
                "This caseload is an older copy of the one that the central record knows, or there are two of"
                " it; nothing was lost, and everything was compared anew."
            )
        session.cursor = state.seq

    def has_more_to_say(self, state: SyncState) -> bool:
        """Whether a step waits, or a record has to be sent anew or counted."""
        return bool(
            state.anew
            or outbox.count_waiting(self._conn)
            or outbox.wants(self._conn, 1)
            or outbox.to_recount(self._conn, 1)
        )

    def gave_up(self) -> str | None:
        """What this laptop states to have given up; None where it never had to."""
        stated = read_given_up(self._conn)
        return stated.text if stated.count else None

    def agreed(self) -> None:
        """Keep, in the caller's transaction, that both sides hold the same."""
        state = read_state(self._conn)
        write_state(self._conn, replace(state, agreed_at=self._now().isoformat(), anew=""))

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

    def _begun_again(self, state: SyncState, common: int, read: str, session: Session) -> SyncState:
        """The central record is not as this laptop last read it, in the epoch `read`: offer every step again,
        read it all anew.

        In the caller's transaction, which keeps the state that is given.
        """
        unclean = {*outbox.unclean(self._conn), *(json.loads(state.unclean) if state.anew else ())}
        # Of a log that was lost while it was being read no number says what this laptop knew.
        formerly = ("", 0) if state.anew or not common else (read, state.seq)
        begin_anew(self._conn)
        stood = outbox.clean_after(self._conn, common) if formerly[0] else {}
        count = outbox.offer_again(self._conn, common)
        earlier = {epoch: min(seq, common) for epoch, seq in [*state.epochs(), (read, common)] if common}
        again = "was" if count == 1 else "were"
        session.problems.append(
            "The central record is not the one last read (restored from a backup?);"
            f" {count_of(count, 'step')} of this laptop's {again} offered again."
            f" {_SINCE_THE_BACKUP if formerly[0] else _SINCE_SOME_FILES}"
        )
        return replace(
            state,
            seq=0,
            chain="",
            head_seq=0,
            head_chain="",
            pushed_seq=0,
            pushed_chain="",
            anew=self._now().isoformat(),
            common=common,
            unclean=json.dumps(sorted(unclean)),
            former_epoch=formerly[0],
            former=formerly[1],
            former_steps=json.dumps(stood),
            earlier=json.dumps([*earlier.items()][-MOST_EARLIER:]),
        )


def _without_answer(state: SyncState) -> list[str]:
    """The words of greetings that had no answer yet, the oldest first."""
    return [*state.unanswered.split(), *state.coming.split()]


def _remembered(words: list[str], of_bundles: Collection[str]) -> list[str]:
    """These words without the oldest beyond MOST_UNANSWERED; those of bundles that are on their way stay, for
    a bundle may be read, and its answer come, after any number of greetings in vain.
    """
    others = [word for word in words if word not in of_bundles]
    forgotten = {*others[: max(0, len(words) - MOST_UNANSWERED)]}
    return [word for word in words if word not in forgotten]


def _answered(state: SyncState, word: str) -> SyncState:
    """The state once the greeting of this word was answered.

    That ends its word and those before it, which it named. Later ones may have been taken, or still be on
    their way: in a bundle, or from another process on this caseload.
    """
    words = _without_answer(state)
    if word in words:
        *before, last = words[words.index(word) + 1 :] or [""]
        return replace(state, incarnation=word, coming=last, unanswered=" ".join(before))
    if len(words) > MOST_UNANSWERED:  # it fell out of those that are remembered
        return replace(state, incarnation=word)
    return state  # a later one was answered before it


def missing_of(state: SyncState) -> Cursor | None:
    """The head that the central record keeps and this laptop's audit does not hold."""
    seq, _, chain = state.audit_missing.partition(":")
    return Cursor(seq=int(seq), chain=chain) if seq else None
