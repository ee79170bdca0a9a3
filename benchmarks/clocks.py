"""The list of clocks: of a worker among many, of one with ten times as many, of a roll's attendance worker.
And the Caseload, whose rows all have clocks here.

    python -m benchmarks.clocks [CHILDREN]

Every child has an open case, a plan with two outcomes and four actions, a contact and a week of N marks.
"""

from __future__ import annotations

import secrets
import sys
import tempfile
from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from pathlib import Path

from benchmarks.invented import TODAY, now
from benchmarks.table import Measure, median_seconds, show
from casework.calendars import monday_of
from casework.edits import Change, Edit, create
from casework.followups import contact
from casework.ids import new_id
from casework.records import Calendar, Child, Record, School, Team, Worker
from casework.records_attendance import AttendanceWeek
from casework.records_case import Action, Episode, Outcome, Plan
from casework.vocabulary import Agency
from storage.queries.caseload import read_caseload
from storage.queries.tasks import read_clocks
from storage.store import Store

_N_WEEK = r"/ \ / \ N N / \ / \ "[:-1]


def _case(child: Child, by: str) -> list[Record]:
    case = Episode(
        id=new_id(),
        child=child.id,
        opened=TODAY - timedelta(days=40),
        worker=by,
        referred=TODAY - timedelta(days=44),
    )
    plan = Plan(
        id=new_id(),
        child=child.id,
        episode=case.id,
        started=TODAY - timedelta(days=30),
        next_review=TODAY + timedelta(days=12),
        by=by,
    )
    outcomes = [Outcome(id=new_id(), plan=plan.id, child=child.id, text="Sleep well") for _ in range(2)]
    actions = [
        Action(
            id=new_id(),
            outcome=one.id,
            child=child.id,
            text="Lamp",
            owner="Mum",
            due=TODAY + timedelta(days=n),
        )
        for one in outcomes
        for n in (-3, 30)
    ]
    return [case, plan, *outcomes, *actions]


def build(folder: Path, children: int, agency: Agency, every: int) -> Store:
    """A caseload in which every child has a case, and the worker that of each `every`-th one."""
    team = Team(id=new_id(), name="Team")
    worker = Worker(id=new_id(), name="Worker", agency=agency, team=team.id)
    key = bytearray(secrets.token_bytes(32))
    store = Store.set_up(folder / "caseload.db", key, worker=worker, team=team, now=now, today=TODAY)
    school = School(id=new_id(), urn="999001", name="School")
    year = date(TODAY.year, 9, 1)
    term = Calendar(id=new_id(), school=school.id, kind="term", start=year, end=year + timedelta(days=110))
    other = Worker(id=new_id(), name="Other", agency="early-help", team=team.id)
    records: list[Record] = [other, school, term]
    changes: list[Change] = []
    for n in range(children):
        child = Child(id=new_id(), surname=f"Family{n // 2}", forename=f"Child{n}", school=school.id)
        marks = AttendanceWeek(
            id=new_id(),
            child=child.id,
            school=school.id,
            week=monday_of(TODAY - timedelta(days=7)),
            marks=_N_WEEK,
        )
        records += [child, marks, *_case(child, other.id if n % every else worker.id)]
        at = now() - timedelta(days=20)
        changes += contact(child.id, by=worker.id, at=at, kind="call", outcome="parent").changes
    store.journal.commit(Edit("Set up", (*(create(record) for record in records), *changes)))
    return store


CASES: Sequence[tuple[Agency, int, float]] = (
    ("early-help", 100, 150.0),
    ("early-help", 10, 600.0),
    ("inclusion-attendance", 100, 1_000.0),
)
"""Agency, which share of the cases is the worker's own, and the goal in milliseconds."""

_CASELOAD_GOAL = 2_000.0


def main(children: int) -> None:
    """Measure and print the table; exit 1 when a goal is missed."""
    rows = []
    for agency, every, goal in CASES:
        with tempfile.TemporaryDirectory() as folder:
            store = build(Path(folder), children, agency, every)
            found = len(read_clocks(store).rows)
            label = f"clocks of {agency}, {children // every} of {children} cases, {found} rows"
            rows.append(Measure(label, 1000 * median_seconds(partial(read_clocks, store)), "ms", goal))
            if (agency, every) == CASES[0][:2]:
                seconds = median_seconds(partial(read_caseload, store), times=3)
                rows.append(Measure(f"Caseload of {children} open", 1000 * seconds, "ms", _CASELOAD_GOAL))
            store.close()
    show(rows)
    sys.exit(0 if all(row.met for row in rows) else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5_000)
