"""Many laptops at once on one PostgreSQL: several processes, each with its own hub and its share of laptops.

A laptop here is only what it says: edits in small pushes, some of them twice because the answer was lost, and
reading in between.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random
from threading import BoundedSemaphore
from time import perf_counter

from sqlalchemy import Engine

from casework.edits import create
from casework.records import Child, School, Team, Worker
from sync.collecting import collect_rarely
from sync.hub import devices
from sync.hub.api import AT_ONCE
from sync.hub.database import open_postgresql
from sync.hub.founding import found_hub
from sync.hub.hub import Hub
from sync.messages.pages import Page, Pull
from sync.messages.said import Cursor
from sync.messages.steps import Changed, Push, Pushed, SentEdit

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
TEAM = 5
"""Laptops of one team, that hold the same children."""
CASELOAD = 40
"""Children of one team."""
A_PUSH = int(os.environ.get("OUTREACH_CROWD_PUSH", "10"))
"""Edits of one push."""
RETRIES = 0.2


def found(hub: Hub, count: int) -> None:
    """A central record with teams, their children and so many laptops."""
    found_hub(hub.engine, hub="hub-of-the-test", epoch="epoch-1")
    teams = [Team(id=f"team-{n:04d}", name=f"Swale {n}") for n in range(1 + count // TEAM)]
    school = School(id="school-0001", urn="999001", name="Oakhanger")
    children = [child(n) for n in range(CASELOAD * len(teams))]
    with hub.engine.begin() as connection:
        for n, record in enumerate((school, *teams)):
            devices.put(connection, f"set-up-{n:04d}", "Set up", record, NOW)
        devices.write(connection, "set-up-children", "Set up", [*map(create, children)], NOW)
        for n in range(count):
            team = teams[n // TEAM].id
            worker = Worker(id=f"worker-{n:04d}", name=f"Ana {n}", agency="early-help", team=team)
            devices.put(connection, f"worker-edit-{n:04d}", "Worker", worker, NOW)
            devices.add_device(connection, device_id(n), worker.id, b"", NOW)


def child(n: int) -> Child:
    team = f"team-{n // CASELOAD:04d}"
    return Child(id=f"child-{n:04d}", surname="Marsh", forename=f"Tilly {n}", school="school-0001", team=team)


def device_id(n: int) -> str:
    return f"device-{n:04d}"


@dataclass
class Done:
    """What the laptops of one process saw."""

    fresh: int = 0
    again: int = 0
    seconds: float = 0.0
    pulls: list[float] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    readers: list[tuple[int, Cursor, dict[str, int]]] = field(default_factory=list)


def run(address: str, numbers: Sequence[int], edits: int) -> Done:
    """The laptops of one process, each in a thread; the hub works on as many at a time as one that serves."""
    collect_rarely()
    engine = open_postgresql(address)
    hub = _Served(engine, now=lambda: NOW)
    done = Done()
    began = perf_counter()
    with ThreadPoolExecutor(len(numbers)) as pool:
        for part in pool.map(lambda n: _laptop(hub, n, edits), numbers):
            done.fresh += part.fresh
            done.again += part.again
            done.pulls += part.pulls
            done.problems += part.problems
            done.readers += part.readers
    done.seconds = perf_counter() - began
    engine.dispose()
    return done


class _Served(Hub):
    """A hub as the server calls it: requests wait for their turn."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime]) -> None:
        super().__init__(engine, now=now)
        self._turn = BoundedSemaphore(AT_ONCE)

    def push(self, device: str, said: Push) -> Pushed:
        with self._turn:
            return super().push(device, said)

    def pull(self, device: str, said: Pull) -> Page:
        with self._turn:
            return super().pull(device, said)


def run_processes(address: str, laptops: int, edits: int, processes: int) -> list[Done]:
    """All laptops, shared among processes."""
    shares = [(address, range(n, laptops, processes), edits) for n in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return pool.starmap(run, shares)


def _laptop(hub: Hub, n: int, edits: int) -> Done:
    random = Random(n)
    made = [_edit(random, n, number) for number in range(edits)]
    done = Done()
    read: dict[str, int] = {}
    cursor = Cursor()
    for at in range(0, edits, A_PUSH):
        push = Push(edits=[edit.model_copy(update={"seen": cursor.seq}) for edit in made[at : at + A_PUSH]])
        for _ in range(2 if random.random() < RETRIES else 1):
            verdicts = hub.push(device_id(n), push).verdicts
            done.fresh += sum(not verdict.again for verdict in verdicts)
            done.again += sum(verdict.again for verdict in verdicts)
            done.problems += [v.reason for v in verdicts if v.verdict == "quarantined"]
        cursor = read_on(hub, n, cursor, read, done)
    done.readers = [(n, cursor, read)]
    return done


def read_on(hub: Hub, n: int, cursor: Cursor, read: dict[str, int], done: Done) -> Cursor:
    """All pages from the cursor on; the number of each record that came."""
    put: dict[str, int] = {}
    while True:
        began = perf_counter()
        page = hub.pull(device_id(n), Pull(cursor=cursor, done=put))
        done.pulls.append(perf_counter() - began)
        put = {scope.scope: scope.mask for scope in page.scopes}
        whole = (row for scope in page.scopes for row in scope.rows)
        read.update({row.id: row.seq for row in (*page.rows, *whole)})
        cursor = page.cursor
        if not page.more and not put:
            return cursor


def _edit(random: Random, n: int, number: int) -> SentEdit:
    who = f"child-{n // TEAM * CASELOAD + random.randrange(CASELOAD):04d}"
    worker = f"worker-{n:04d}"
    if random.random() < 0.7:
        fields = {"child": who, "at": NOW.isoformat(), "by": worker, "kind": "call", "note": f"Rang {number}"}
        change = Changed(type="contact", record=f"contact-{n:04d}-{number:05d}", field="", new=fields)
    else:
        change = Changed(type="child", record=who, field="tags", old=[], new=[f"tag-{random.randrange(9)}"])
    return SentEdit(
        id=f"edit-{n:04d}-{number:05d}",
        worker=worker,
        name="Called",
        at=NOW.isoformat(),
        seen=0,
        changes=[change],
    )
