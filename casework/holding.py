"""Which children a laptop holds at all: as few as the work needs, before `may_see` decides what of each.

A school's whole roll is held for those who do that school's attendance work; everybody else holds the
caseload of the team. Source: UK GDPR art. 5(1)(c), data minimisation; local practice.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from casework.records import Worker
from casework.vocabulary import Agency

ROLL_AGENCIES: frozenset[Agency] = frozenset({"school", "inclusion-attendance"})
"""Who does the attendance work of a whole roll."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a child's record stands: the school, the team, the lead worker and who else works the case."""

    school: str | None = None
    team: str | None = None
    lead: str | None = None
    members: frozenset[str] = frozenset()


def holds(worker: Worker, place: Place, colleagues: Collection[str]) -> bool:
    """Whether a worker's laptop holds a child; `colleagues` are the ids of the workers of the same team."""
    if not worker.active:
        return False
    working = {place.lead, *place.members} - {None}
    if worker.id in working:
        return True
    if worker.agency in ROLL_AGENCIES and place.school in worker.schools:
        return True
    if worker.schools and place.school not in worker.schools:
        return False
    if worker.team is not None and place.team == worker.team:
        return True
    return not working.isdisjoint(colleagues)


def held_words(worker: Worker) -> str:
    """Which children `holds` leaves to a worker, for whoever ties them to schools or unties them."""
    if not worker.active:
        return "nobody, for they work here no more"
    if not worker.schools:
        whole = ", and no school's whole roll" if worker.agency in ROLL_AGENCIES else ""
        return f"the children of any school with whom they or their team work{whole}"
    if worker.agency in ROLL_AGENCIES:
        return "the whole roll of these schools, and the children of others with whom they work themselves"
    return (
        "the children of these schools with whom they or their team work, and those of others with whom they"
        " work themselves"
    )
