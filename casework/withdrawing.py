"""What a withdrawal takes away: what each agency may see today on an agreement, and not without it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from casework.policies import PURPOSES, Category, Purpose
from casework.records import Child, Worker
from casework.records_sharing import Agreement
from casework.sharing import Ground, may_see
from casework.vocabulary import AGENCIES, Agency
from casework.wording import CATEGORIES, join_words

Loss = Literal["gone", "partly", "others"]
"""What a worker no longer sees at all, sees for other work only, and what other agencies no longer see."""

_WORK_OF: Mapping[Purpose, str] = {
    "assessment": "the assessments and scores",
    "planning": "the plan, its outcomes, actions and reviews",
}
"""The records of a case that hold the family's words, by what they are for (`casework.policies`)."""


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


def lost_words(lost: Sequence[Lost], own: Sequence[Lost], names: Mapping[str, str]) -> list[tuple[Loss, str]]:
    """What a withdrawal takes from every agency, and what of it from a worker's own sight, in sentences.

    Only what is seen for no purpose any more disappears; `names` are the agencies in the words of a place.
    """
    said: list[tuple[Loss, str]] = []
    gone = join_words([CATEGORIES[one.category.value] for one in own if not one.partly])
    if gone:
        said.append(("gone", f"Disappears from your own sight: {gone}."))
    partly = "; ".join(
        f"{CATEGORIES[one.category.value]} for {join_words(one.purposes)}" for one in own if one.partly
    )
    if partly:
        said.append(("partly", f"You no longer see, though for other work you do: {partly}."))
    lost_work = {purpose for one in own if one.category is Category.FAMILY for purpose in one.purposes}
    if work := [words for purpose, words in _WORK_OF.items() if purpose in lost_work]:
        said.append(("gone", f"With it go from your sight, if there are any: {join_words(work)}."))
    by_agency: dict[str, list[str]] = {}
    for one in lost:
        words = CATEGORIES[one.category.value]
        by_agency.setdefault(names.get(one.agency, one.agency), []).append(
            f"{words} ({', '.join(one.purposes)})" if len(one.purposes) < len(PURPOSES) else words
        )
    said += [
        ("others", f"{agency[:1].upper()}{agency[1:]} no longer sees: {', '.join(what)}.")
        for agency, what in by_agency.items()
    ]
    return said or [("others", "Nothing is withheld by it that is open now.")]
