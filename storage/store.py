"""An open caseload: the unlocked database, who is at work, and the rooms that read and write it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from casework.edits import Edit, create
from casework.ids import new_id
from casework.policies import Category, Purpose
from casework.records import Child, Record, Team, Worker
from casework.sharing import NOTHING, Decision, Ground, knows_hidden, may_see, sees_every
from casework.sharing_grid import HIDDEN_AGENCIES, HIDDEN_EXISTENCE
from storage import audit
from storage.cipher import Connection, close_database, open_database
from storage.drafts import Drafts
from storage.faults import translated
from storage.home import Home
from storage.journal import Actor, Journal, Receipt, transaction
from storage.migrations import migrate
from storage.queries.grounds import Grounds
from storage.queries.schools import SchoolBook, read_schools, tied_here
from storage.rows import load, load_all

if TYPE_CHECKING:
    from storage.search import NameSearch

R = TypeVar("R", bound=Record)
Now = Callable[[], datetime]


class Store:
    """The unlocked caseload. One thread at a time uses it; `close` drops the key with the connection."""

    def __init__(
        self, conn: Connection, path: Path, *, now: Now, today: date, moment: Now | None = None
    ) -> None:
        self.conn = conn
        self.path = path
        self.now = now
        self.moment = moment or now
        """When what a worker logs now happened: `now`, or the time of day on the date that was set."""
        self.today = today
        self._settings: dict[str, str] = dict(conn.execute("SELECT name, value FROM setting").fetchall())
        self._also: Worker | None = None
        self.actor = Actor(self._settings.get("worker", ""), self._settings.get("device", ""))
        self.journal = Journal(conn, path, self.actor, now)
        self.drafts = Drafts(conn, path, now)
        self._schools: SchoolBook | None = None
        self._names: NameSearch | None = None
        self._version = int(conn.execute("PRAGMA data_version").fetchone()[0])
        self.grounds = Grounds(conn)
        self.journal.subscribe(self._forget)
        self.journal.subscribe(self.grounds.forget)

    @classmethod
    def open(
        cls,
        path: Path,
        key: bytearray,
        *,
        now: Now,
        today: date,
        moment: Now | None = None,
        check_same_thread: bool = True,
    ) -> Store:
        """Open an existing caseload and bring it to the present version.

        The journal and the audit go by `now`; what a worker logs is dated by `moment`, where that differs.

        Raises BadInput or Refused as `open_database` and `migrate` do.
        """
        conn = open_database(path, key, check_same_thread=check_same_thread)
        try:
            migrate(conn, path)
            store = cls(conn, path, now=now, today=today, moment=moment)
            Home(path.parent).end_set_up()
        except BaseException:
            close_database(conn, path)
            raise
        return store

    @classmethod
    def set_up(
        cls,
        path: Path,
        key: bytearray,
        *,
        worker: Worker,
        team: Team,
        now: Now,
        today: date,
        moment: Now | None = None,
        check_same_thread: bool = True,
    ) -> Store:
        """Create the caseload of one worker in one team. The first edit cannot be undone."""
        conn = open_database(path, key, create=True, check_same_thread=check_same_thread)
        try:
            migrate(conn, path)
            settings = {"worker": worker.id, "device": new_id(), "created": audit.stamp(now())}
            conn.execute("BEGIN IMMEDIATE")
            conn.executemany("INSERT INTO setting (name, value) VALUES (?, ?)", settings.items())
            conn.execute("COMMIT")
            store = cls(conn, path, now=now, today=today, moment=moment)
            store.journal.commit(Edit("Set up the caseload", (create(team), create(worker))), kind="setup")
            Home(path.parent).end_set_up()
        except BaseException:
            close_database(conn, path)
            raise
        return store

    def changed_elsewhere(self) -> bool:
        """Whether another connection wrote since this was last asked; what is kept in memory is then dropped.

        Cheap: SQLite counts the commits of others on each connection (`PRAGMA data_version`).
        """
        version = int(self.conn.execute("PRAGMA data_version").fetchone()[0])
        before, self._version = self._version, version
        if version == before:
            return False
        self._schools = None
        self.grounds.forget()
        self._settings = dict(self.conn.execute("SELECT name, value FROM setting").fetchall())
        self.__dict__.pop("worker", None)
        return True

    @property
    def stamp(self) -> tuple[object, ...]:
        """What is the same as long as nobody wrote anything here and the day is the same; cheap."""
        version = self.conn.execute("PRAGMA data_version").fetchone()[0]
        return version, self._version, self.conn.total_changes, self.today

    @property
    def schools(self) -> SchoolBook:
        """Schools and calendars as they stand; read again after one of them changed."""
        if self._schools is None:
            self._schools = read_schools(self)
        return self._schools

    @property
    def names(self) -> NameSearch:
        """Search by name, UPN, address and school."""
        if self._names is None:
            from storage.search import NameSearch

            self._names = NameSearch(self.conn)
        return self._names

    def _forget(self, receipt: Receipt) -> None:
        if receipt.touched & {"school", "calendar"}:
            self._schools = None
        if receipt.touched & {"school", "worker"}:
            self.__dict__.pop("worker", None)

    @cached_property
    def worker(self) -> Worker:
        """The worker whose laptop this is."""
        return tied_here(self, self.get(Worker, self.actor.worker))

    def may_see(self, child: Child, category: Category, purpose: Purpose) -> Decision:
        """Whether the worker of this laptop may see a category of a child's record today.

        In a preview (`seen_with`) the other worker must be allowed it, too.
        """
        if child.school is None and self.worker.schools:
            # The school may be missing because it is withheld; who may see is decided by the stored one.
            child = next(iter(self.find(Child, "id = ?", (child.id,))), child)
        own = may_see(self.worker, child, category, purpose, self.today, self.grounds.of(child.id))
        if not own or self._also is None:
            return own
        return self.decide_for(self._also, child, category, purpose)

    def decide_for(
        self, other: Worker, child: Child, category: Category, purpose: Purpose, stood: Ground | None = None
    ) -> Decision:
        """What another worker may see, as far as the worker of this laptop may know of it; or might, if this
        `stood` on record about the child.

        Where the existence of a category is protected from this worker, the answer rests on nothing that
        would tell of it, neither for that category nor for the agency that holds it.
        """
        protected = category in HIDDEN_EXISTENCE or other.agency in HIDDEN_AGENCIES
        ground = self.grounds.of(child.id)
        if protected and not knows_hidden(
            lambda held, use: may_see(self.worker, child, held, use, self.today, ground)
        ):
            return may_see(other, child, category, purpose, self.today, NOTHING)
        return may_see(other, child, category, purpose, self.today, stood or ground)

    def knows_hidden(self, child: Child) -> bool:
        """Whether the worker of this laptop may know of what is protected even in its existence.

        In a preview (`seen_with`) the other worker must be allowed to, too.
        """
        return knows_hidden(lambda category, purpose: self.may_see(child, category, purpose))

    def would_see(self, child: Child, category: Category, purpose: Purpose, ground: Ground) -> bool:
        """Whether the worker of this laptop would see a category if this were on record about the child."""
        return bool(may_see(self.worker, child, category, purpose, self.today, ground))

    def seen_with(self, other: Worker) -> Store:
        """This caseload as far as its worker and `other` may both see it: to read from, at once."""
        both = copy.copy(self)
        both._also = other
        return both

    def recorded(self, by: str) -> bool:
        """Whether the worker of this laptop recorded it; in a preview, the other, too."""
        return by == self.worker.id and (self._also is None or self._also.id == by)

    def works_for(self, agency: str) -> bool:
        """Whether the worker of this laptop works for an agency; in a preview, the other, too."""
        return agency == self.worker.agency and (self._also is None or agency == self._also.agency)

    def sees_every(self, category: Category, purpose: Purpose) -> bool:
        """Whether the worker of this laptop may see a category of every child there can be."""
        both = (self.worker,) if self._also is None else (self.worker, self._also)
        return all(sees_every(worker, category, purpose) for worker in both)

    def get(self, cls: type[R], record: str) -> R:
        """One record by id. Raises BadInput("no-such-record")."""
        return load(self.conn, cls, record)

    def find(self, cls: type[R], where: str = "1", parameters: Iterable[Any] = ()) -> list[R]:
        """The standing records of a type that meet a fixed SQL condition."""
        return load_all(self.conn, cls, where, parameters)

    def setting(self, name: str, default: str = "") -> str:
        """A value kept with this caseload (never a record, never synced)."""
        return self._settings.get(name, default)

    def read_who(self) -> None:
        """Read again who is at work: the central record gave this laptop's worker another id."""
        self._settings = dict(self.conn.execute("SELECT name, value FROM setting").fetchall())
        self.actor = Actor(self._settings.get("worker", ""), self._settings.get("device", ""))
        self.journal.act_as(self.actor)
        self.__dict__.pop("worker", None)
        self._schools = None
        self.grounds.forget()

    def save_setting(self, name: str, value: str) -> None:
        """Keep a value with this caseload."""
        with translated(self.path):
            self.conn.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", (name, value))
        self._settings[name] = value

    def log(self, verb: audit.Verb, detail: str, child: str | None = None) -> None:
        """Write an audit entry of its own: somebody looked, searched, exported.

        Raises Refused where it cannot be written: what is not on record may then not be shown.
        """
        with translated(self.path), transaction(self.conn):
            at = audit.stamp(self.now())
            audit.append(self.conn, at=at, worker=self.actor.worker, verb=verb, child=child, detail=detail)

    def hurry(self) -> bool:
        """End what runs, from any thread: `close` comes. Whether a step was waiting for another process."""
        return self.conn.hurry()

    def close(self) -> None:
        """Close the database; its key goes with it."""
        close_database(self.conn, self.path)
