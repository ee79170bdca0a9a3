"""Schools and their calendars, kept in memory until one of them changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from casework.calendars import SchoolCalendar
from casework.records import Calendar, School

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.store import Store


@dataclass(frozen=True)
class SchoolBook:
    """Every school of the caseload with its calendar."""

    schools: Mapping[str, School]
    calendars: Mapping[str, SchoolCalendar]

    def calendar(self, school: str | None) -> SchoolCalendar:
        """The school's calendar; an empty one where none was given."""
        return self.calendars.get(school or "", SchoolCalendar((), frozenset()))

    def name(self, school: str | None) -> str:
        """The school's name, or "" where it is not known."""
        found = self.schools.get(school or "")
        return found.name if found else ""

    def contact(self, school: str | None) -> str:
        """The school's single point of contact and how to reach them, or "" where none is named."""
        found = self.schools.get(school or "")
        return " · ".join(filter(None, (found.spoc, found.spoc_reach))) if found and found.spoc else ""


def read_schools(store: Store) -> SchoolBook:
    """All schools with calendars made from their terms, INSET days and closures."""
    schools = {school.id: school for school in store.find(School)}
    terms: dict[str, list[tuple[date, date]]] = {}
    closed: dict[str, set[date]] = {}
    for entry in store.find(Calendar):
        if entry.kind == "term":
            terms.setdefault(entry.school, []).append((entry.start, entry.end))
        else:
            days = (entry.end - entry.start).days + 1
            closed.setdefault(entry.school, set()).update(entry.start + timedelta(n) for n in range(days))
    calendars = {
        school: SchoolCalendar(tuple(sorted(spans)), frozenset(closed.get(school, ())))
        for school, spans in terms.items()
    }
    return SchoolBook(schools, calendars)
