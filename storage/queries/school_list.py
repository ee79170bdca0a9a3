"""Every school as the worker of this laptop may see it: who is who, its day, its number of children."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.policies import Category
from casework.records import Calendar
from casework.school_days import SchoolDay, school_day
from storage.queries.clock_records import own_cases
from storage.queries.sight import seen_ids

if TYPE_CHECKING:
    from datetime import date

    from casework.records import School
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class ShownSchool:
    """A school. `children` are those that Caseload lists there, `own` those of them who are the worker's own
    cases; `last_day` is the last day that the calendar knows.
    """

    school: School
    children: int
    own: int
    day: SchoolDay
    last_day: date | None


def read_school_list(store: Store) -> list[ShownSchool]:
    """Every school by its name, on the store's day."""
    entries: defaultdict[str, list[Calendar]] = defaultdict(list)
    for entry in store.find(Calendar):
        entries[entry.school].append(entry)
    everyone, own = _counts(store)
    book = store.schools
    return [
        ShownSchool(
            school=one,
            children=everyone[one.id],
            own=own[one.id],
            day=school_day(entries[one.id], book.calendar(one.id), store.today),
            last_day=book.calendar(one.id).last_day,
        )
        for one in sorted(book.schools.values(), key=lambda s: (s.name.casefold(), s.urn))
    ]


def _counts(store: Store) -> tuple[Counter[str], Counter[str]]:
    """Children by school, and own cases by school: as Caseload shows them when it is asked for one school."""
    there = seen_ids(store, Category.IDENTITY, "support")
    placed = seen_ids(store, Category.EDUCATION, "attendance")
    mine = own_cases(store)
    rows = store.conn.execute("SELECT id, school FROM child WHERE void = 0 AND school IS NOT NULL")
    seen = [
        (child, school)
        for child, school in rows
        if (there is None or child in there) and (placed is None or child in placed)
    ]
    return Counter(school for _, school in seen), Counter(school for child, school in seen if child in mine)
