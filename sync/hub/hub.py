"""The central record as a step function: one message in, one answer out, each in one transaction.

Whoever calls has proved which laptop speaks (sync.hub.api for requests, sync.hub.bundles for files). Time and
random values are given, so that a simulation replays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine, select

from casework.edits import BROUGHT_BACK
from casework.errors import Refused
from casework.local_days import day_of
from casework.shape import shape
from sync.hub import tables
from sync.hub.anchoring import keep_missing
from sync.hub.comparing import Comparing
from sync.hub.counting import Counter
from sync.hub.database import transact
from sync.hub.devices import keep_statement
from sync.hub.entitlement import Entitlement
from sync.hub.entries import aside_row, digest_of_edit, here, keep_aside, step_of
from sync.hub.failing import FAILED, is_of_edits
from sync.hub.feed import Feed, most_rows
from sync.hub.greeting import Greeting
from sync.hub.lacking import lacking_of, otherwise
from sync.hub.opening import before_pull, before_push, is_revoked, require_active
from sync.hub.portions import batched
from sync.hub.rights import Refusal
from sync.hub.standing import Sums
from sync.hub.taking import Taking
from sync.hub.waiting import keep_known, take_waiting, taken_since
from sync.hub.worked_out import NOTHING, WorkedOut, worked_out
from sync.messages.greeting import Hello, Welcome
from sync.messages.pages import BesidePull, Page, Pull
from sync.messages.said import Cursor
from sync.messages.steps import NOT_YET, Push, Pushed, Verdict
from sync.messages.sums import BesideLack, Have, Lack, Verified, Verify

log = logging.getLogger("outreach.hub")

REVOKED = Refusal(
    "revoked", "This laptop's access was ended; its edits are kept for a supervisor to look at."
)


class Hub:
    """One process of the central record; several on one database give the same answers as one."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime]) -> None:
        self.engine = engine
        self._now = now
        self._sums = Sums()

    def hello(self, device: str, said: Hello) -> Welcome:
        """What the laptop has to do; `agreed` when nothing is to be sent either way.

        Steps that the greeting brings are taken with it, and what changed is told in the same answer, where
        nothing has to be put right first; else the laptop says so step by step.
        """
        welcome = self._greeted_with_steps(device, said)
        pushed = welcome.beside.pushed
        is_taken = said.beside.push is None or (pushed is not None and not pushed.known)
        if welcome.action != "ok" or welcome.agreed or not (said.beside.pull and is_taken):
            return welcome
        try:
            beside = BesidePull(sum=True, pushed=pushed.at if pushed is not None else said.pushed)
            page = self.pull(device, Pull(cursor=said.cursor, beside=beside))
        except Refused:
            return welcome  # it changed just now; the laptop hears what when it asks
        return welcome.model_copy(update={"beside": welcome.beside.model_copy(update={"page": page})})

    def _greeted_with_steps(self, device: str, said: Hello) -> Welcome:
        """The answer to a greeting, with the verdicts on the steps that it brings.

        Where one makes this program fail none is taken, and the greeting has its answer alone.
        """
        push = said.beside.push
        if push is None or said.shape != shape():
            return transact(self.engine, lambda connection: self.greet(connection, device, said))

        beforehand = self._before_lock(push)

        def both(connection: Connection) -> Welcome:
            welcome, is_late = Greeting(connection, device, said, self._now, self._sums).answer()
            if welcome.action != "ok" or is_late:
                return welcome
            pushed = self._push(connection, device, push, beforehand)
            return welcome.model_copy(update={"beside": welcome.beside.model_copy(update={"pushed": pushed})})

        try:
            return transact(self.engine, both, locked=True)
        except Exception as error:
            if not is_of_edits(error):
                raise
            log.warning("hello: the steps with it were not taken, for one failed: %s", type(error).__name__)
        return transact(self.engine, lambda connection: self.greet(connection, device, said))

    def push(
        self,
        device: str,
        said: Push,
        beforehand: WorkedOut = NOTHING,
        *,
        nearly_over: Callable[[], None] = lambda: None,
    ) -> Pushed:
        """Take edits, one verdict each. Those of a revoked laptop are kept aside and nothing is told.

        `beforehand` is what was worked out of them; `nearly_over` is called when all but the commit is
        done. Raises Refused(NOT_YET) where the push that this one follows has not come.

        One that makes this program fail is looked for by halves and kept aside, so that it holds up neither
        the others nor the laptop; where the database itself fails nothing is taken, and the error is raised.
        """

        def run(step: Callable[[Connection], Pushed]) -> Pushed:
            def within(connection: Connection) -> Pushed:
                answer = step(connection)
                nearly_over()
                return answer

            return transact(self.engine, within, locked=True)

        return self._taken(
            device, said, run, self._before_lock(said) if beforehand is NOTHING else beforehand
        )

    def pull(self, device: str, said: Pull) -> Page:
        """The next page of what the laptop may hold."""
        return transact(
            self.engine, lambda connection: self._pull(connection, device, said), still=True, device=device
        )

    def verify(self, device: str, said: Verify) -> Verified:
        """Whether both sides hold the same."""
        return transact(self.engine, lambda connection: self._verify(connection, device, said), still=True)

    def have(self, device: str, said: Have) -> Lack:
        """Which of a laptop's records are not here."""
        return transact(self.engine, lambda connection: self._have(connection, device, said))

    def _before_lock(self, said: Push) -> WorkedOut:
        """What follows from edits alone, where other pushes would wait for it.

        On PostgreSQL one push at a time holds the lock; what is done before that, several do at once.
        """
        return worked_out(said.edits) if self.engine.dialect.name == "postgresql" else NOTHING

    # Each in its transaction

    def greet(self, connection: Connection, device: str, said: Hello) -> Welcome:
        """`hello` but for the steps that it brings, in the caller's transaction."""
        return Greeting(connection, device, said, self._now, self._sums).answer()[0]

    def take(self, connection: Connection, device: str, said: Push) -> Pushed:
        """`push`, in the caller's transaction."""

        def within(step: Callable[[Connection], Pushed]) -> Pushed:
            with connection.begin_nested():
                return step(connection)

        return self._taken(device, said, within)

    def _taken(
        self,
        device: str,
        said: Push,
        run: Callable[[Callable[[Connection], Pushed]], Pushed],
        beforehand: WorkedOut = NOTHING,
    ) -> Pushed:
        """What `push` says; `run` does a step in a transaction that has all of it or nothing."""
        try:
            return run(lambda connection: self._push(connection, device, said, beforehand))
        except Exception as error:
            if not is_of_edits(error):
                raise
            fault = type(error).__name__
        if len(said.edits) == 1:
            log.warning("push: a step was kept aside, for it failed: %s", fault)
            return run(lambda connection: self._keep_aside(connection, device, said))
        middle = len(said.edits) // 2
        first = self._taken(device, Push(edits=said.edits[:middle], beside=said.beside), run, beforehand)
        if first.known:
            return first
        second = self._taken(device, Push(edits=said.edits[middle:]), run, beforehand)
        return first.then(second)

    def _push(self, connection: Connection, device: str, said: Push, beforehand: WorkedOut) -> Pushed:
        opened = before_push(connection, device)
        counter = opened.counter
        if opened.status == "revoked":
            return self._set_aside(connection, device, said, REVOKED)
        after = said.beside.after
        if after is not None and not here(connection, [after, step_of(after)]):
            raise Refused(NOT_YET, "The steps before these have not come yet; send these after them.")
        if any(edit.name == BROUGHT_BACK for edit in said.edits):
            counter.find_put_back()  # it was noticed before, perhaps in files that are gone again
        told = Pushed()
        arrived: set[str] = set()
        masks, kept_aside = opened.masks, False
        while True:
            taking = Taking(connection, device, masks, worker=opened.worker, beforehand=beforehand)
            edits = said.edits[len(told.verdicts) :]
            answer = taking.take(edits, counter, self._now(), rest=bool(told.verdicts))
            told = told.then(answer)
            if answer.known:
                arrived |= keep_known(connection, answer.known, opened.awaited)
                break
            counter.save()
            entitlement = Entitlement(connection, day_of(self._now()))
            entitlement.settle(taking.central.unsettled, counter.head, taking.made, device)
            arrived |= taking.arrived
            kept_aside |= taking.kept_aside
            if len(told.verdicts) == len(said.edits):
                break
            masks = Feed(connection, device).masks()
        awaited = None if kept_aside else opened.awaited
        late = take_waiting(connection, counter, arrived, self._now(), awaited)
        verdicts = [late.get(one.edit, one) for one in told.verdicts]
        taken = taken_since(connection, opened.worker, [*{edit.partition("/")[0] for edit in late}])
        told = told.model_copy(update={"beside": told.beside.model_copy(update={"taken": taken})})
        at = Cursor(seq=counter.head, chain=counter.chain_at(counter.head))
        return told.model_copy(update={"verdicts": verdicts, "at": at})

    def _pull(self, connection: Connection, device: str, said: Pull) -> Page:
        opened = before_pull(connection, device, said.cursor.seq)
        counter = opened.counter
        pushed = said.beside.pushed
        is_read = (opened.chain or ("?" if said.cursor.seq else "")) == said.cursor.chain
        if not is_read or counter.chain_at(pushed.seq) != pushed.chain:
            raise Refused("reconcile", "The central record is not the one this laptop last read.")
        feed = Feed(connection, device, self._sums, put_back=counter.put_back)
        feed.settle_done(said.done)
        return feed.page(said, counter.head, counter.chain_at, most_rows(said))

    def _verify(self, connection: Connection, device: str, said: Verify) -> Verified:
        require_active(connection, device)
        keep_statement(connection, device, said.given_up, self._now())
        keep_missing(connection, device, said.missing, self._now())
        return Comparing(connection, device, self._sums).verified(said)

    def _have(self, connection: Connection, device: str, said: Have) -> Lack:
        require_active(connection, device)
        lost = self.lacking(connection, said.records)
        since = Counter(connection, lock=False).put_back
        found = {} if since is None else lacking_of(connection, said.records, since)
        differ = otherwise(connection, said.beside.parts) if since is not None else []
        return Lack(records=lost, beside=BesideLack(lacking=found, otherwise=differ))

    @staticmethod
    def lacking(connection: Connection, records: Sequence[str]) -> list[str]:
        """Those of these records that are not here. The laptop brings them back, perhaps in part: of what is
        made from now on it is told what it lacks.
        """
        table = tables.record
        here: set[str] = set()
        for some in batched(records):
            here |= set(connection.execute(select(table.c.id).where(table.c.id.in_(some))).scalars())
        lost = [record for record in records if record not in here]
        if lost and Counter(connection, lock=False).put_back is None:
            Counter(connection).find_put_back()
        return lost

    def _keep_aside(self, connection: Connection, device: str, said: Push) -> Pushed:
        """Edits at which this program failed."""
        counter = Counter(connection)
        if is_revoked(connection, device):
            return self._set_aside(connection, device, said, REVOKED)
        answer = self._set_aside(connection, device, said, FAILED)
        at = Cursor(seq=counter.head, chain=counter.chain_at(counter.head))
        return answer.model_copy(update={"at": at})

    def _set_aside(self, connection: Connection, device: str, said: Push, why: Refusal) -> Pushed:
        """Keep edits for a supervisor, but for those that were taken before or are kept already."""
        ids = [edit.id for edit in said.edits]
        held = here(connection, ids)
        rows = [
            aside_row(edit, digest_of_edit(edit), device, self._now(), why)
            for edit in {edit.id: edit for edit in said.edits}.values()
            if edit.id not in held
        ]
        keep_aside(connection, rows)
        return Pushed(
            verdicts=[
                Verdict(edit=edit, verdict="quarantined", code=why.code, reason=why.reason) for edit in ids
            ]
        )
