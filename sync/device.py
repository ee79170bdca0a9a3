"""The laptop's side of a session: send, read, agree; resumable after any interruption.

Every step ends in one local transaction, and the next one is found from what is stored: a session that broke
off goes on where it stopped. It says that both sides agree only when the central record compared the sums.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from casework.canonical import spelt
from casework.errors import Refused
from casework.facets import facets, joined
from casework.ids import new_id
from casework.shape import beyond, kinds, shape
from storage import audit
from storage.central import outbox
from storage.central.bundles import end_bundles, read_bundles
from storage.central.given_up import read_given_up
from storage.central.holdings import BIT, Holdings
from storage.central.outbox import Answer, WaitingEdit
from storage.central.receiving import Delivery, Receiver, Row
from storage.central.receiving import Told as LocalTold
from storage.central.renaming import rename
from storage.central.state import SyncState, read_state, write_state
from storage.journal import transaction
from storage.store import Store
from sync.collecting import collecting_rarely
from sync.messages import (
    MOST_BYTES,
    MOST_EDITS,
    MOST_ROWS,
    Changed,
    Cursor,
    Have,
    Hello,
    Lack,
    Page,
    Pull,
    Push,
    Pushed,
    SentEdit,
    Verified,
    Verify,
    Welcome,
)


class Central(Protocol):
    """The way to the central record: requests over the network, or files that are carried."""

    def hello(self, said: Hello) -> Welcome: ...  # noqa: D102
    def push(self, said: Push) -> Pushed: ...  # noqa: D102
    def pull(self, said: Pull) -> Page: ...  # noqa: D102
    def verify(self, said: Verify) -> Verified: ...  # noqa: D102
    def have(self, said: Have) -> Lack: ...  # noqa: D102


@dataclass
class Session:
    """What one session did, in the words of the command line's contract."""

    pushed: int = 0
    pulled: int = 0
    merged: int = 0
    conflicts: int = 0
    quarantined: int = 0
    purged: int = 0
    backfilled: int = 0
    agreed: bool = False
    cursor: int = 0
    requests: int = 0
    problems: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The counts by name."""
        return asdict(self)


AUDIT_LOST = (
    "The audit of this laptop does not hold what the central record kept of it: an older copy of the caseload"
    " was put back, or the audit was altered. Both sides keep that on record; tell your manager."
)
_ROUNDS = 25
"""Times that a session goes back to an earlier step, for work goes on meanwhile on both sides."""


class Device:
    """One laptop's caseload and its way to the central record."""

    def __init__(
        self,
        store: Store,
        central: Central,
        *,
        now: Callable[[], datetime],
        new_id: Callable[[], str] = new_id,
        progress: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._store = store
        self._conn = store.conn
        self._central = central
        self._now = now
        self._new_id = new_id
        self._progress = progress
        self._holdings = Holdings(store.conn)
        self._done: dict[str, int] = {}
        self._began_again = False
        self._parts: dict[str, tuple[WaitingEdit, Answer]] = {}

    def sync(self, *, full: bool = False, deep: bool = False) -> Session:
        """One session from hello to agreement.

        With `full` every step is done although there is nothing to say; with `deep` what is held is also
        counted anew from the records themselves.
        Raises Refused("revoked") where this laptop's access was ended: what waited was handed in then. Raises
        what the way raises when the central record cannot be reached; what was done until then stands.
        """
        try:
            with collecting_rarely():
                return self._agree(full=full, deep=deep)
        except Refused as refusal:
            if refusal.code == "revoked":
                self._hand_in()
            raise

    def _agree(self, *, full: bool, deep: bool) -> Session:
        session = Session()
        if self._hello(session) and not (full or deep):
            session.agreed = True
            return session
        for _ in range(_ROUNDS):
            self._push_all(session)
            if not self._pull_all(session) or not self._settle_own(session):
                continue
            if deep and not self._recount(session):
                continue
            if self._verify(session):
                session.agreed = True
                break
        state = read_state(self._conn)
        session.cursor = state.seq
        if session.agreed:
            with transaction(self._conn):
                write_state(self._conn, replace(state, agreed_at=self._now().isoformat(), anew=""))
        return session

    # Hello

    def _hello(self, session: Session) -> bool:
        """Greet, and put right what the answer asks for; True when there is nothing to say."""
        state = self._begin()
        bundles = read_bundles(self._conn)
        session.requests += 1
        welcome = self._central.hello(self._greeting(state, bundles.counter if bundles.sent else 0))
        if bundles.sent:
            with transaction(self._conn):
                end_bundles(self._conn)
        self._welcomed(replace(state, incarnation=state.coming, coming=""), welcome, session)
        return welcome.agreed and not read_state(self._conn).audit_missing

    def _greeting(self, state: SyncState, bundle: int = 0) -> Hello:
        """The first message of a session; `bundle` is the counter of a bundle that is still on its way."""
        waiting = outbox.count_waiting(self._conn)
        nothing = not (
            waiting or state.anew or outbox.wants(self._conn, 1) or outbox.to_recount(self._conn, 1)
        )
        return Hello(
            shape=shape(),
            incarnation=state.incarnation,
            coming=state.coming,
            hub=state.hub,
            epoch=state.epoch,
            cursor=Cursor(seq=state.seq, chain=state.chain),
            pushed=Cursor(seq=state.pushed_seq, chain=state.pushed_chain),
            waiting=waiting,
            aside=outbox.newest_aside(self._conn),
            given_up=self._gave_up(),
            audit=self._audit_at(audit.head(self._conn)[0]),
            anchored=self._audit_at(state.audit_seq),
            missing=_missing(state),
            digest=self._holdings.total().text if nothing and state.epoch else None,
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
            return replace(state, audit_seq=kept.seq, audit_missing="")
        if welcome.action != "forked":  # else an older copy is what is said already
            session.problems.append(AUDIT_LOST)
        missing, now = f"{kept.seq}:{kept.chain}", self._now().isoformat()
        return replace(state, audit_seq=0, audit_missing=missing, audit_lost=now)

    def _welcomed(self, state: SyncState, welcome: Welcome, session: Session) -> None:
        """Keep the state of this session, and put right what the answer to the greeting asks for.

        Raises Refused("revoked").
        """
        if welcome.action == "revoked":
            raise Refused("revoked", "This laptop's access was ended; speak to your manager.")
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
            self._begin_again(state, session)
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
        """The word of this session is kept before it is said, so that it is the same when said again."""
        state = read_state(self._conn)
        if not state.coming:
            state = replace(state, coming=self._new_id())
            with transaction(self._conn):
                self._holdings.extras.ask_for_known()
                write_state(self._conn, state)
        return state

    def _begin_again(self, state: SyncState, session: Session) -> None:
        """The central record is not as this laptop last read it: offer every step again, read it all anew."""
        self._began_again = True
        with transaction(self._conn):
            count = outbox.offer_again(self._conn)
            fresh = replace(
                state, seq=0, chain="", pushed_seq=0, pushed_chain="", anew=self._now().isoformat()
            )
            write_state(self._conn, fresh)
        session.problems.append(
            f"The central record is not the one last read (restored from a backup?); {count} steps of this"
            " laptop's were offered again, and nothing was removed."
        )

    # Sending

    def _push_all(self, session: Session) -> None:
        """Send what waits until nothing does."""
        while True:
            edits = outbox.waiting(self._conn, MOST_EDITS, MOST_BYTES, self._parts)
            if not edits:
                return
            session.requests += 1
            seen = read_state(self._conn).seq
            known = {} if seen else self._lost_conflicts(session, edits)
            sent = []
            for edit in edits:
                sent += [found for _, record, *_ in edit.changes if (found := known.pop(record, None))]
                sent.append(sent_edit(edit, seen))
            answer = self._central.push(Push(edits=sent))
            if answer.known:
                with transaction(self._conn):
                    rename(self._conn, answer.known)
                continue
            self._settle(session, edits, answer)

    def _lost_conflicts(self, session: Session, edits: Sequence[WaitingEdit]) -> dict[str, SentEdit]:
        """By its id, each conflict that these steps settle and a central record that was set back lost.

        It goes before the step that settled it, for it tells which values were weighed, and whose they were.
        """
        named = {
            record: None
            for edit in edits
            for kind, record, field, *_ in edit.changes
            if kind == "conflict" and field
        }
        if not named:
            return {}
        session.requests += 1
        lost = self._central.have(Have(records=list(named))).records
        found = {record: self._brought_back("conflict", record) for record in lost}
        return {record: edit for record, edit in found.items() if edit is not None}

    def _settle(self, session: Session, edits: list[WaitingEdit], answer: Pushed) -> None:
        verdicts = _answers(answer)
        with transaction(self._conn):
            state = read_state(self._conn)
            outbox.settle(self._conn, *self._with_parts(edits, verdicts), unknown_kinds(state))
            write_state(self._conn, replace(state, pushed_seq=answer.at.seq, pushed_chain=answer.at.chain))
        own = [verdicts[edit.id] for edit in edits if edit.id in verdicts]
        session.pushed += len(own)
        for verdict in own:
            session.merged += verdict.verdict == "merged"
            session.conflicts += verdict.verdict == "conflict"
            session.quarantined += verdict.verdict == "quarantined"
        self._progress(f"{session.pushed} sent")

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

    def _hand_in(self) -> None:
        """Send what waits, to be kept aside for a supervisor: it will not be sent another time."""
        while edits := outbox.waiting(self._conn, MOST_EDITS, MOST_BYTES, self._parts):
            answer = self._central.push(Push(edits=[sent_edit(edit, 0) for edit in edits]))
            with transaction(self._conn):
                outbox.settle(self._conn, *self._with_parts(edits, _answers(answer)))
            if len(answer.verdicts) < len(edits):
                return

    def _settle_own(self, session: Session) -> bool:
        """Count what stands as this laptop made it; False when another step came meanwhile."""
        settled = Receiver(self._store).settle_own()
        session.purged += settled.purged
        return not settled.waiting

    # Reading

    def _pull_all(self, session: Session) -> bool:
        """Read until there is no more; False when a step of this laptop's came in between."""
        receiver = Receiver(self._store)
        while True:
            state = read_state(self._conn)
            wants = outbox.wants(self._conn, MOST_ROWS)
            session.requests += 1
            try:
                page = self._central.pull(
                    Pull(cursor=Cursor(seq=state.seq, chain=state.chain), done=self._done, want=wants)
                )
            except Refused as refusal:
                if refusal.code != "reconcile":
                    raise
                self._hello(session)
                return False
            received = receiver.receive(delivery_of(page, state))
            if received.waiting:
                return False
            self._done = {scope.scope: scope.mask for scope in page.scopes}
            session.pulled += received.written
            session.purged += received.purged
            session.backfilled += sum(len(scope.rows) for scope in page.scopes)
            self._progress(f"{session.pulled} received")
            if not page.more and not self._done and not outbox.wants(self._conn, 1):
                return True

    # Agreeing

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
        answer = self._central.verify(asked)
        if answer.ask_scopes:
            sums = {scope: digest.text for scope, digest in self._holdings.by_scope().items()}
            session.requests += 1
            answer = self._central.verify(asked.model_copy(update={"scopes": sums}))
            if answer.differ:
                self._bring_back(session, answer.differ)
                if not self._began_again:
                    session.problems.append(
                        f"{len(answer.differ)} parts of this laptop differed from the central record; they"
                        " were fetched again. Please report this: it should not happen."
                    )
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

    def _bring_back(self, session: Session, scopes: Sequence[str]) -> None:
        """Give the central record what it lost of these scopes and this laptop holds."""
        records = {
            record: record_type for scope in scopes for record_type, record in self._holdings.of_scope(scope)
        }
        unknown = unknown_kinds(read_state(self._conn))
        ids = [record for record, kind in records.items() if kind not in unknown]
        for at in range(0, len(ids), MOST_ROWS):
            session.requests += 1
            lost = self._central.have(Have(records=ids[at : at + MOST_ROWS])).records
            found = (self._brought_back(records[record], record) for record in lost)
            edits = [edit for edit in found if edit is not None]
            for n in range(0, len(edits), MOST_EDITS):
                session.requests += 1
                self._central.push(Push(edits=edits[n : n + MOST_EDITS]))

    def _brought_back(self, record_type: str, record: str) -> SentEdit | None:
        """What is held of a record, as a step that makes it; None where nothing counts."""
        values = self._holdings.read([(record_type, record)])[record_type, record]
        parts = dict(facets(record_type, values)) if values is not None else {}
        for facet, unknown in self._holdings.extras.of([record]).get(record, {}).items():
            parts[facet] = parts.get(facet, {}) | unknown
        masks = self._holdings.masks()
        mask = 0
        for scope in self._holdings.scopes_of(record_type, record, joined(parts.values())):
            mask |= masks.get(scope, 0)
        if not parts or not mask & BIT[next(iter(parts))]:
            return None
        held = joined(part for facet, part in parts.items() if mask & BIT[facet])
        state = read_state(self._conn)
        return SentEdit(
            id=self._new_id(),
            worker=self._store.actor.worker,
            name="Brought back",
            at=self._now().isoformat(),
            seen=state.seq,
            changes=[Changed(type=record_type, record=record, field="", old=None, new=held)],
        )


def _missing(state: SyncState) -> Cursor | None:
    """The head that the central record keeps and this laptop's audit does not hold."""
    seq, _, chain = state.audit_missing.partition(":")
    return Cursor(seq=int(seq), chain=chain) if seq else None


def unknown_kinds(state: SyncState) -> set[str]:
    """The types of record of which the central record, of an older version, knows no field."""
    lacks = state.lacks()
    return {kind for kind, fields in kinds().items() if lacks.get(kind) == fields}


def sent_edit(edit: WaitingEdit, seen: int) -> SentEdit:
    """A step as it is sent by a laptop that has read as far as `seen`."""
    return SentEdit(
        id=edit.id,
        worker=edit.worker,
        name=edit.name,
        subject=edit.subject,
        reason=edit.reason,
        at=edit.at,
        seen=seen,
        changes=[
            Changed(type=kind, record=record, field=name, old=old, new=new)
            for kind, record, name, old, new in edit.changes
        ],
    )


def _answers(answer: Pushed) -> dict[str, Answer]:
    return {
        verdict.edit: Answer(verdict.edit, verdict.verdict, verdict.seq, verdict.code, verdict.reason)
        for verdict in answer.verdicts
    }


def delivery_of(page: Page, state: SyncState) -> Delivery:
    """A page as the caseload takes it, with the state after it."""
    found = (*page.rows, *(row for scope in page.scopes for row in scope.rows))
    rows = {row.id: row for row in found}.values()
    by_seq: Mapping[int, LocalTold] = {
        told.seq: LocalTold(told.id, told.worker, told.name, told.at) for told in page.edits
    }
    return Delivery(
        masks={scope.scope: scope.mask for scope in page.scopes},
        rows=[Row(row.type, row.id, row.seq, row.parts) for row in rows],
        gone=page.gone,
        steps=by_seq,
        state=replace(state, seq=page.cursor.seq, chain=page.cursor.chain),
    )
