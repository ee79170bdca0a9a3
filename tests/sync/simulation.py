"""A seeded run of laptops and a central record with everything that goes wrong, and what must hold after it.

One thread, no sleeping, no clock of its own: time, chance and ids come from the seed, so a run says the same
to the byte each time it is asked for. A kill is an exception out of a transaction that was about to end, or
had just ended. In some runs laptops, the central record or both are of the version before at first
(tests/sync/versions.py), and are brought up to date in the middle.
`python -m tests.sync.simulation --seeds 20000 --processes 2` runs as many as one likes, and says how often
each fault came.
"""

from __future__ import annotations

import argparse
import json
import logging
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, select
from sqlalchemy.exc import DBAPIError

from casework.errors import Refused
from casework.ids import drawn_from
from casework.records import Child
from casework.records_sharing import Agreement
from storage.faults import DATABASE_ERRORS
from sync.collecting import collect_rarely
from sync.hub import tables
from sync.hub.feed import Feed
from sync.session import Session
from tests.sync.beginning import Start
from tests.sync.faults import Cut, Killed, conditions, dying, full_disk, hub_dying, place_of
from tests.sync.invariants import (
    agreements_stay_ended,
    check,
    check_agreed,
    check_cost,
    check_handed_in,
    check_quiet,
    has_said_nothing,
)
from tests.sync.later import check_said
from tests.sync.running import Run, written
from tests.sync.tally import Tally
from tests.sync.world import Laptop

STEPS = 40
_PORTION = 50
"""Seeds for which a process makes a beginning of its own."""
ROUNDS = 5
"""Sessions of everybody within which a world without trouble has to come to rest."""
MOVED = 0.1
"""The part of all runs in which a child moves between a backup and its return."""
TOLD = 0.2
"""The part of all runs in which an agreement is withdrawn just before a backup is put back."""
CHANGED = 0.2
"""The part of all runs after which it is measured what one more change costs."""


class Simulation(Run):
    """One run."""

    meanwhile = 0.05
    """How often something else happens between two messages of a session."""

    def __init__(self, seed: int, start: Start, tally: Tally | None = None) -> None:
        super().__init__(seed, start, tally)
        what = Random(f"what of {seed}")
        self.told_at = what.randrange(STEPS) if what.random() < TOLD else None
        self.told: Agreement | None = None
        moves = Random(f"moves of {seed}")
        self.moved_at = moves.randrange(STEPS) if moves.random() < MOVED else None

    def run(self, fault: float) -> None:
        """Work, trouble and sessions; then everything is healed and checked."""
        with conditions(self.page), drawn_from(self.ids):
            self.make_copies()
            self.trouble(fault, self.meanwhile)
            for n in range(STEPS):
                self.step()
                if n == self.told_at:
                    self.withdrawn_and_set_back()
                if n == self.moved_at:
                    self.changed_moved_and_set_back()
            sessions = self.heal()
            check(self.world, sessions)
            self.check_told()
            with self.world.hub.engine.begin() as connection:
                check_said(connection, self.later)
            self.change_one_field()
            self.count_poison()

    def trouble(self, fault: float, meanwhile: float) -> None:
        """From now on this much goes wrong on the way."""
        for laptop in self.laptops:
            way: Any = laptop.way
            way.fault, way.meanwhile = fault, meanwhile
            if not fault:
                way.late.clear()

    def step(self) -> None:
        """One thing happens."""
        laptop = self.random.choice(self.laptops)
        act = self.random.choices(
            [
                self.edit,
                self.sync,
                self.sync_and_die,
                self.sync_and_hub_dies,
                self.sync_without_room,
                self.world_changes,
            ],
            weights=[10, 5, 2, 1, 1, 3],
        )[0]
        with self.at(laptop):
            act(laptop)

    def edit(self, laptop: Laptop) -> None:
        self.people.work(laptop)

    def withdrawn_and_set_back(self) -> None:
        """An agreement is made and withdrawn, a backup that knows neither or only the first is put back, and
        whoever holds the agreement in part, or not at all, is the first who syncs.
        """
        laptop, first = self.random.sample([*self.world.laptops.values()], 2)
        if self.random.random() < 0.5:
            laptop, first = self.world.laptops["Sam"], self.world.laptops["Nia"]
        self.back_up_hub(laptop)
        with suppress(Refused):  # where a disk is full
            with self.at(laptop):
                agreement = self.people.agree_widely(laptop)
            self._everybody_syncs()
            if not laptop.has(agreement):
                return  # a copy took what would have told it that it may hold this
            if self.random.random() < 0.5:
                self.back_up_hub(laptop)
            with self.at(laptop):
                laptop.change(agreement, status="withdrawn", withdrawn_on=self.world.today())
            self._everybody_syncs()
            self.told = agreement
        self.restore_hub(laptop)
        with self.at(first):
            self.sync(first)
        self.tally.note("withdrawn, and another laptop first", mattered=laptop.store.find(Agreement) != [])

    def changed_moved_and_set_back(self) -> None:
        """What the backup has is changed, and who changed it gives the child up to another one before that
        comes back.
        """
        self._everybody_syncs()
        laptop, other = self.random.sample([*self.world.laptops.values()], 2)
        self.back_up_hub(laptop)
        with suppress(Refused):  # where a disk is full
            with self.at(laptop):
                for known in laptop.store.find(Child)[:2]:
                    laptop.change(known, known_as=self.random.choice(("Till", "Tills")), interpreter=True)
            self._everybody_syncs()
            self.move_child(laptop, other.worker.id)
            self._everybody_syncs()
        self.restore_hub(laptop)

    def restore_hub(self, laptop: Laptop) -> None:
        """What the agreement said is lost where those who had it gave it up before the backup came back."""
        super().restore_hub(laptop)
        if self.told is not None and not self._has_anybody(self.told):
            self.told = None

    def _has_anybody(self, told: Agreement) -> bool:
        """Whether the central record or a laptop has all that an agreement said, or its author can say it
        again.
        """
        with self.world.hub.engine.begin() as connection:
            here = self._fields_here(connection, told)
            if (told.given_by, told.exclude) == (here.get("given_by"), here.get("exclude")):
                return True
        own = "SELECT 1 FROM change JOIN edit ON seq = edit WHERE record = ? AND field = '' AND instr(new, ?)"
        for laptop in self.laptops:
            held = laptop.store.find(Agreement, "id = ?", (told.id,))
            if any((one.given_by, one.exclude) == (told.given_by, told.exclude) for one in held):
                return True
            steps = laptop.store.conn.execute(f"{own} AND kind <> 'central'", (told.id, told.exclude))
            if steps.fetchone() is not None:
                return True
        return False

    @staticmethod
    def _fields_here(connection: Connection, told: Agreement) -> dict[str, Any]:
        """An agreement as the central record has it."""
        column = select(tables.record.c.fields).where(tables.record.c.id == told.id)
        held: dict[str, Any] = json.loads(connection.execute(column).scalar() or "{}")
        return held

    def restore_laptop(self, laptop: Laptop) -> None:
        """What the agreement said may be lost with the central record and a laptop set back, both of them."""
        super().restore_laptop(laptop)
        self.told = None

    def check_told(self) -> None:
        """The agreement that was withdrawn says what it said and stays so, whoever brought it back first."""
        if self.told is not None:
            with self.world.hub.engine.begin() as connection:
                held = self._fields_here(connection, self.told)
            said = (self.told.given_by, self.told.exclude)
            assert (held.get("given_by"), held.get("exclude")) == said, "an agreement was emptied"
            assert held["status"] == "withdrawn", "a withdrawal was undone"

    def _everybody_syncs(self) -> None:
        for laptop in self.laptops:
            with self.at(laptop):
                self.sync(laptop)

    # What happens while a session is under way

    def something_happens(self, laptop: Laptop, verb: str, answer: Any) -> None:
        """Between two messages of this laptop's."""
        others = [other for other in self.laptops if other not in self.in_session]
        act = self.random.choice(("scope", "scope", "other", "work"))
        if act == "other" and others and len(self.in_session) == 1:
            other = self.random.choice(others)
            self.tally.note("another laptop meanwhile")
            with self.at(other):
                self.sync(other)
        elif act == "work":
            self.tally.note("work meanwhile")
            with suppress(Refused):  # where the disk is full
                self.edit(laptop)
        else:
            self.scope_changes(laptop, verb == "pull" and answer.more)

    def scope_changes(self, laptop: Laptop, mid_page: bool) -> None:
        """Who may hold what changes."""
        before = self._may_hold(laptop)
        with suppress(DBAPIError):
            self.random.choice((self.move_child, self.next_day))(laptop)
        changed = self._may_hold(laptop) != before
        self.tally.note("scope change in a session", mattered=changed)
        if mid_page:
            self.tally.note("scope change mid-page", mattered=changed)

    def _may_hold(self, laptop: Laptop) -> dict[str, Any]:
        with self.world.hub.engine.begin() as connection:
            return Feed(connection, laptop.way.device).masks()

    # The way

    def sync(self, laptop: Laptop) -> None:
        if not any(laptop is other for other in self.in_session):
            self.in_session.append(laptop)
            try:
                with agreements_stay_ended(laptop), suppress(Cut):
                    self.look_at(laptop, laptop.sync())
            finally:
                self.in_session.pop()

    def look_at(self, laptop: Laptop, session: Session) -> None:
        """Sums differ only where a request was late, two copies of a caseload were in a session at the same
        time - both are told of each other then - or what was set back is being read anew.
        """
        alone = self.witness.is_alone(laptop.store.path, laptop.way.device, agreed=session.agreed)
        if alone and not laptop.way.arrived_late:  # type: ignore[attr-defined]
            assert not [said for said in session.problems if "should not happen" in said], session

    def sync_and_die(self, laptop: Laptop) -> None:
        """The process ends at some commit, before or after it; the next one opens the same file."""
        at, after = self.random.randint(1, 12), self.random.random() < 0.5
        try:
            with dying(laptop, at, after=after):
                self.sync(laptop)
        except Killed as death:
            self.witness.broke_off(laptop.store.path)
            self.tally.note(f"laptop dies {'after' if after else 'before'} a commit")
            self.tally.died_in[place_of(death)] += 1

    def sync_and_hub_dies(self, laptop: Laptop) -> None:
        """The central record's process ends at some commit, before or after it."""
        at, after = self.random.randint(1, 8), self.random.random() < 0.5
        with hub_dying(at, after=after) as died:
            self.sync(laptop)
        if died:
            self.tally.note(f"central record dies {'after' if after else 'before'} a commit")

    def sync_without_room(self, laptop: Laptop) -> None:
        """The laptop's disk is full, or that of the central record."""
        self.in_session.append(laptop)
        bit = False
        if self.random.random() < 0.5:
            try:
                with full_disk(laptop, self.random.randint(1, 25)):
                    laptop.sync()
            except (Cut, *DATABASE_ERRORS) as error:
                bit = not isinstance(error, Cut)
                self.witness.broke_off(laptop.store.path)
            self.tally.note("laptop's disk full", mattered=bit)
        else:
            self.world.database.fill()
            try:
                laptop.sync()
            except Cut as error:
                bit = "could not" in str(error)
            finally:
                self.world.database.fill(full=False)
            self.tally.note("central record's disk full", mattered=bit)
        self.in_session.pop()

    # Afterwards

    def heal(self) -> list[Session]:
        """The trouble ends; the sessions of the round in which nobody had anything to say, or of the last."""
        self.trouble(0.0, 0.0)
        self.retire_clones()
        for _ in range(self.random.randint(0, 3)):
            self.next_day(self.laptops[0])
        sessions = self.rest()
        if self.hub_older or any(laptop.older for laptop in self.laptops):
            check_agreed(sessions)
            self.upgrade_hub(self.laptops[0])
            for laptop in self.laptops:
                self.upgrade_laptop(laptop)
            sessions = self.rest()
        return sessions

    def rest(self) -> list[Session]:
        """Sessions of everybody until nobody has anything to say, or that ought to have come."""
        for _ in range(ROUNDS):
            sessions = []
            for laptop in self.laptops:
                with self.at(laptop):
                    before = self.bytes
                    sessions.append(laptop.sync())
                    self.look_at(laptop, sessions[-1])
                    # Once a side is upgraded, steps of unknown types are said again after the greeting.
                    nothing_was_said = self.nothing_was_said and not sessions[-1].pushed
                    if nothing_was_said and laptop.older == self.hub_older:
                        check_quiet(self.bytes - before)
            if all(has_said_nothing(session) for session in sessions):
                break
        return sessions

    def change_one_field(self) -> None:
        """What a change costs goes by the change, whatever is held."""
        laptop = self.laptops[0]
        known = laptop.store.find(Child)
        if known and self.random.random() < CHANGED:
            before = self.bytes
            laptop.change(known[0], known_as="Lil")
            check_agreed(self.rest())
            check_cost(self.bytes - before)

    def retire_clones(self) -> None:
        """What was written on a copy of a caseload is handed in, and the copy is used no more."""
        while self.clones:
            clone = self.clones.pop()
            with self.at(clone):
                clone.sync()
            check_handed_in(self.world, clone)
            self.tally.note("laptop cloned", mattered=written(clone) != self.copied_at)
            clone.store.close()

    def count_poison(self) -> None:
        """The steps at which the central record failed, and that it keeps."""
        with self.world.hub.engine.begin() as connection:
            codes = connection.execute(select(tables.quarantine.c.code)).scalars().all()
        for _ in range(codes.count("fault")):
            self.tally.note("poison edit")

    def close(self) -> None:
        """Close all files."""
        for laptop in self.laptops:
            laptop.store.close()
        self.world.database.close()


def simulate(seed: int, start: Start, tally: Tally | None = None) -> str:
    """One run; a digest of all that was said in it. What fails says which seed it was."""
    run = Simulation(seed, start, tally)
    try:
        run.run(fault=0.15 if seed % 3 else 0.0)
    except BaseException as error:
        error.add_note(f"seed {seed}")
        raise
    finally:
        run.close()
    return run.said.hexdigest()


def run_some(first: int, seeds: int) -> tuple[list[int], Tally, float]:
    """These seeds in this process: those that failed, what went wrong, and seconds of processor time."""
    logging.disable()
    collect_rarely()
    failed, tally, began = [], Tally(), time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        start = Start(Path(folder))
        for seed in range(first, first + seeds):
            try:
                simulate(seed, start, tally)
            except Exception as error:  # noqa: BLE001 - whatever it was, the next seed is run as well
                failed.append(seed)
                print(f"seed {seed}: {type(error).__name__}: {str(error)[:200]}", flush=True)
    return failed, tally, time.process_time() - began


def main() -> None:
    """Run seeds and say which ones failed, and how often each fault came."""
    parser = argparse.ArgumentParser(description="Laptops and a central record with faults, by seed.")
    parser.add_argument("--seeds", type=int, default=300, help="how many")
    parser.add_argument("--first", type=int, default=0, help="the first one")
    parser.add_argument("--processes", type=int, default=1, help="how many run at a time")
    asked = parser.parse_args()
    end = asked.first + asked.seeds
    firsts = range(asked.first, end, _PORTION)
    failed, tally, seconds = [], Tally(), 0.0
    with ProcessPoolExecutor(asked.processes, get_context("spawn")) as pool:
        for lost, counted, took in pool.map(run_some, firsts, (min(_PORTION, end - at) for at in firsts)):
            failed += lost
            tally.add(counted)
            seconds += took
    print(*tally.lines(), sep="\n")
    each = seconds / max(asked.seeds, 1) * 1_000
    print(
        f"{asked.seeds} seeds, {each:.0f} ms of processor time each, {len(failed)} failed: {failed or 'none'}"
    )
    raise SystemExit(bool(failed))


if __name__ == "__main__":
    main()
