"""The demo's own central record, served on loopback inside the demo's process, and a colleague's laptop.

Both lie below the demo's folder and go with it. They are made while the app is open already, by the same
steps as real ones: codes, enrolment, sessions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from importlib.util import find_spec
from shutil import rmtree
from typing import TYPE_CHECKING, Any

from casework.edits import Edit, update
from casework.errors import Refused
from casework.followups import contact
from casework.ids import new_id
from casework.records import Child, Person, Record, Relationship, School, Team, Worker
from outreach_tui.demo import PASSPHRASE
from storage.central.state import read_state, write_state
from storage.home import Home
from storage.journal import transaction
from storage.queries.today import read_round
from storage.store import Store
from storage.vault import Vault

if TYPE_CHECKING:
    from sync.hub.home import OpenHub
    from sync.hub.serving import Beside
    from sync.session import Session

NOT_HERE = "The demo's own central record is not installed: pip install 'outreach-tui[hub]'"
COMES = "The demo's own central record is being made; its first work comes in a moment."
_PARTS = ("fastapi", "uvicorn", "sqlalchemy")
_TOLD = "demo-central"
"""The setting that says that the colleague's work came once."""


def is_installed() -> bool:
    """Whether what a central record needs is here."""
    return all(find_spec(name) is not None for name in _PARTS)


class DemoCentral:
    """Made at the first session of the demo's laptop; `stop` ends it."""

    def __init__(self, home: Home, *, now: Callable[[], datetime], today: date) -> None:
        self._folder, self._now, self._today = home.path, now, today
        self._hub: OpenHub | None = None
        self._served: Beside | None = None

    def reconcile(
        self, store: Store, progress: Callable[[str], None], around: Callable[[Any], Any]
    ) -> Session:
        """One session of the demo's laptop, as `outreach_tui.central.Reconcile`.

        `around` gives the open caseload back while one of this object's own methods runs.
        """
        from sync.joining import join, reconcile

        aside: DemoCentral = around(self)
        url = aside.serve()
        state = read_state(store.conn)
        if not state.is_enrolled:
            me = store.worker.model_copy(update={"schools": tuple(one.id for one in store.find(School))})
            records = (*store.find(Team), *store.find(School), me, _colleague(store))
            join(store, url, aside.enter(records, me.id))
        elif state.url != url:
            with transaction(store.conn):
                write_state(store.conn, replace(state, url=url))
        done: Session = reconcile(store, progress=progress, around=around).session
        if store.setting(_TOLD):
            return done
        colleague, (child, person) = _colleague(store), _shared(store)
        aside.join_colleague(colleague, store.get(Team, colleague.team or ""))
        own = Edit("How to reach", update(person, note="Rings back after four."), subject=child.id)
        store.journal.commit(own, kind="setup")
        aside.work_as_colleague(child.id, person.id)
        done = reconcile(store, progress=progress, around=around).session
        waits = contact(
            child.id,
            by=store.worker.id,
            at=self._now() - timedelta(minutes=5),
            kind="email",
            note="Asked the school for a quiet room before lessons.",
        )
        store.journal.commit(waits, kind="setup")
        store.save_setting(_TOLD, "1")
        return done

    def serve(self) -> str:
        """Make or open the central record, and serve it; its address."""
        if self._served is None:
            from sync.hub.home import HubHome, create_hub, open_hub
            from sync.hub.serving import Beside

            home = HubHome(self._folder / "central")
            if home.has_database and not home.setup_begun.exists():
                self._hub = open_hub(home, _unlocked(home, self._now()), now=self._now)
            else:
                rmtree(home.path, ignore_errors=True)
                _, key, _ = Vault.create(home, PASSPHRASE)
                self._hub = create_hub(home, key, database=None, approve=False, now=self._now)
                self._hub.set_lease(0)  # a demo that lay for a month opens as it did
            self._served = Beside(self._hub.gate())
        return self._served.url

    def enter(self, records: Iterable[Record], worker: str) -> str:
        """Put teams, schools and workers on record, as a manager does; a code for one worker's laptop."""
        from sync.hub import devices
        from sync.hub.enrolment import draw_code

        assert self._hub is not None  # noqa: S101 (`serve` comes first)
        with self._hub.engine.begin() as connection:
            for record in records:
                devices.put(connection, new_id(), f"Enter the {record.type}", record, self._now())
            return draw_code(connection, worker, self._now()).text

    def join_colleague(self, worker: Worker, team: Team) -> None:
        """The colleague's laptop, with all that it may hold."""
        from sync.joining import join, reconcile

        home = Home(self._folder / "colleague")
        rmtree(home.path, ignore_errors=True)
        _, key, _ = Vault.create(home, PASSPHRASE)
        store = Store.set_up(home.database, key, worker=worker, team=team, now=self._now, today=self._today)
        try:
            join(store, self.serve(), self.enter((), worker.id))
            reconcile(store)
        finally:
            store.close()

    def work_as_colleague(self, child: str, person: str) -> None:
        """What the colleague wrote meanwhile, out of reach of the network: then her laptop syncs."""
        from sync.joining import reconcile

        home = Home(self._folder / "colleague")
        key = _unlocked(home, self._now())
        store = Store.open(home.database, key, now=self._now, today=self._today)
        try:
            note = update(store.get(Person, person), note="Text first: she works nights.")
            store.journal.commit(Edit("How to reach", note, subject=child))
            visit = contact(
                child,
                by=store.worker.id,
                at=self._now() - timedelta(hours=1),
                kind="home-visit",
                outcome="parent",
                seen="with-adult",
                note="Met at the door; mornings are better since the bus was changed.",
            )
            store.journal.commit(visit)
            reconcile(store)
        finally:
            store.close()

    def stop(self) -> None:
        """End it; what it holds stays in the demo's folder."""
        if self._served is not None:
            self._served.stop()
        if self._hub is not None:
            self._hub.close()
        self._served = self._hub = None


def _unlocked(home: Home, now: datetime) -> bytearray:
    return Vault.load(home).unlock(bytearray(PASSPHRASE.encode()), now=now)


def _colleague(store: Store) -> Worker:
    """Who works in the same team."""
    team = store.worker.team
    return next(one for one in store.find(Worker) if one.team == team and one.id != store.worker.id)


def _shared(store: Store) -> tuple[Child, Person]:
    """A child of the worker's own caseload who is not on today's round, and whoever is rung first."""
    on_round = {row.child.id for row in read_round(store).rows}
    led = (one for one in store.find(Child, "lead_worker = ?", (store.worker.id,)) if one.id not in on_round)
    for child in sorted(led, key=lambda one: one.upn):
        ties = store.find(Relationship, "child = ? AND responsibility = 'yes'", (child.id,))
        if ties:
            return child, store.get(Person, min(ties, key=lambda tie: (tie.contact_order, tie.id)).person)
    raise Refused("no-child", "Nobody in this demo is shared with a colleague.")
