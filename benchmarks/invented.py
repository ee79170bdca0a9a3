"""Invented caseloads for measuring: schools, children, a full year of marks; one seed, one caseload."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from casework.edits import Change, Edit, create
from casework.ids import new_id
from casework.records import Calendar, Child, Household, School, Team, Worker
from casework.records_attendance import AttendanceWeek
from casework.weeks import EMPTY_WEEK, pack
from storage.store import Store

TODAY = date(2026, 7, 15)
"""A Wednesday near the end of a school year, so that a full year of marks lies behind it."""

TERMS = (
    (date(2025, 9, 3), date(2025, 10, 17)),
    (date(2025, 11, 3), date(2025, 12, 19)),
    (date(2026, 1, 5), date(2026, 2, 13)),
    (date(2026, 2, 23), date(2026, 4, 2)),
    (date(2026, 4, 20), date(2026, 5, 22)),
    (date(2026, 6, 1), date(2026, 7, 22)),
)
SYLLABLES = (
    "ba",
    "den",
    "mar",
    "lo",
    "tis",
    "ka",
    "wen",
    "ri",
    "sol",
    "fa",
    "nor",
    "eth",
    "ju",
    "pim",
    "gra",
)
SCHOOLS = 10
_BATCH = 20_000


def now() -> datetime:
    """The morning of `TODAY`."""
    return datetime(2026, 7, 15, 8, 30, tzinfo=UTC)


def name(rng: random.Random) -> str:
    """An invented name of two or three syllables."""
    return "".join(rng.choice(SYLLABLES) for _ in range(rng.choice((2, 2, 3)))).capitalize()


def mondays() -> list[date]:
    """The 39 school weeks of the year up to today."""
    found: list[date] = []
    for first, last in TERMS:
        monday = first - timedelta(days=first.weekday())
        while monday <= min(last, TODAY):
            found.append(monday)
            monday += timedelta(days=7)
    return found


def week_marks(rng: random.Random, monday: date, weight: float) -> str:
    """A week string: mostly present, absences by `weight`, nothing after today."""
    slots: list[str] = EMPTY_WEEK.split(" ")
    for day in range(5):
        if monday + timedelta(days=day) > TODAY:
            break
        draw = rng.random()
        if draw > weight:
            slots[2 * day : 2 * day + 2] = ["L" if rng.random() < 0.03 else "/", "\\"]
        else:
            last = monday + timedelta(days=day) >= TODAY
            code = rng.choice("IIIIMCOOG" if not last else "INNNO")
            slots[2 * day : 2 * day + 2] = [code, code]
    return pack(slots)


def caseload(
    folder: Path, children: int, *, seed: int = 1, key: bytearray | None = None
) -> tuple[Store, bytearray]:
    """A caseload of so many children with a year of marks, and its data key, which is drawn if not given."""
    rng = random.Random(seed)
    key = key or bytearray(os.urandom(32))
    team = Team(id=new_id(), name="Swale", district="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    store = Store.set_up(folder / "caseload.db", key, worker=worker, team=team, now=now, today=TODAY)
    schools = [
        School(id=new_id(), urn=f"99910{n}", name=f"{name(rng)} School", team=team.id) for n in range(SCHOOLS)
    ]
    calendars = [
        Calendar(id=new_id(), school=school.id, kind="term", start=first, end=last)
        for school in schools
        for first, last in TERMS
    ]
    store.journal.commit(Edit("Schools", tuple(create(r) for r in [*schools, *calendars])))
    people: list[Child] = []
    homes: list[Household] = []
    for number in range(children):
        if not homes or rng.random() < 0.75:
            homes.append(Household(id=new_id(), name="", address=f"{number} Invented Road"))
        people.append(
            Child(
                id=new_id(),
                surname=name(rng),
                forename=name(rng),
                upn=f"A88600992{number:04d}"[:13],
                household=homes[-1].id,
                school=schools[number % SCHOOLS].id,
                year_group=str(number % 11 + 1),
            )
        )
    with store.journal.step(Edit("Children", ())) as step:
        step.apply([create(home) for home in homes])
        step.apply([create(child) for child in people])
    with store.journal.step(Edit("Marks", ())) as step:
        batch: list[Change] = []
        for change in _weeks(rng, people):
            batch.append(change)
            if len(batch) >= _BATCH:
                step.apply(batch)
                batch.clear()
        step.apply(batch)
    return store, key


def _weeks(rng: random.Random, people: list[Child]) -> Iterator[Change]:
    weights = [rng.choice((0.01, 0.03, 0.03, 0.06, 0.25)) for _ in people]
    for monday in mondays():
        for child, weight in zip(people, weights, strict=True):
            values = {
                "child": child.id,
                "school": child.school,
                "week": monday.isoformat(),
                "marks": week_marks(rng, monday, weight),
                "lines": "",
                "source": "",
                "comments": {},
            }
            yield Change(AttendanceWeek.type, new_id(), "", None, values)
