"""What a withdrawal takes away: what each agency may see today on an agreement, and not without it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from casework.policies import PURPOSES, Category, Purpose
from casework.records import AGENCIES, Agency, Child, Worker
from casework.records_sharing import Agreement
from casework.sharing import Ground, may_see


@dataclass(frozen=True, slots=True)
class Lost:
    """A category that an agency may see for these purposes while an agreement stands, and not after it.

    `partly` tells that it is still seen for another purpose then, so that it does not disappear.
    """

    agency: Agency
    category: Category
    purposes: tuple[Purpose, ...]
    partly: bool = False


def somebody_of(agency: Agency) -> Worker:
    """Any worker of an agency, tied to no school and on no case: of whom a question about an agency asks."""
    return Worker(id="", name="", agency=agency)


def lost_with(agreement: Agreement, child: Child, ground: Ground, on: date) -> list[Lost]:
    """What every agency would lose if this agreement were withdrawn on a day; none for one not in force."""
    workers = [somebody_of(agency) for agency in AGENCIES]
    return [lost for worker in workers for lost in lost_by(worker, agreement, child, ground, on)]


def lost_by(worker: Worker, agreement: Agreement, child: Child, ground: Ground, on: date) -> list[Lost]:
    """What one worker would lose, by category."""
    if agreement.status in ("refused", "withdrawn"):
        return []
    after = replace(ground, agreements=_without(agreement, ground, on))
    found = []
    for category in Category:
        purposes = tuple(
            purpose
            for purpose in PURPOSES
            if may_see(worker, child, category, purpose, on, ground)
            and not may_see(worker, child, category, purpose, on, after)
        )
        if purposes:
            partly = any(may_see(worker, child, category, purpose, on, after) for purpose in PURPOSES)
            found.append(Lost(worker.agency, category, purposes, partly))
    return found


def _without(agreement: Agreement, ground: Ground, on: date) -> tuple[Agreement, ...]:
    """The agreements as they stand after the withdrawal."""
    withdrawn = agreement.model_copy(update={"status": "withdrawn", "withdrawn_on": on})
    return tuple(withdrawn if held.id == agreement.id else held for held in ground.agreements)
