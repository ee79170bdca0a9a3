"""The table of who may see what, cell by cell, made from the function that decides: `docs/sharing.md`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal, get_args

from casework.limits import settled_by
from casework.policies import PURPOSES, Category, Purpose
from casework.records import Child, Worker
from casework.records_sharing import Agreement, AgreementStatus, Disclosure
from casework.sharing import NOTHING, Ground, may_see
from casework.sharing_grid import GRID, LAWFUL_BASIS, Answer
from casework.vocabulary import AGENCIES, Agency

Circumstance = Literal[
    "not asked",
    "given",
    "limited",
    "limited for it",
    "limited for another",
    "refused",
    "withdrawn",
    "expired",
    "disclosed",
    "decided not to share",
]
CIRCUMSTANCES: tuple[Circumstance, ...] = get_args(Circumstance)
_DAY = date(2026, 11, 20)
_CHILD = Child(id="child", surname="Nobody", forename="At all")
_WORKER = "worker"
_MEANING = {
    "O": "yes: own work",
    "C": "yes on the case, else by agreement",
    "A": "by agreement",
}
_STATUS: Mapping[Circumstance, AgreementStatus] = {
    "limited": "limited",
    "limited for it": "limited",
    "limited for another": "limited",
    "refused": "refused",
    "withdrawn": "withdrawn",
}
_SAID: Mapping[Circumstance, str] = {
    "limited": "limited: the category for everyone",
    "limited for it": "limited: the category for this agency",
    "limited for another": "limited: the category for another agency",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One answer: for whom, about what, for which purpose, under which circumstance, on the case or not."""

    agency: Agency
    category: Category
    purpose: Purpose
    circumstance: Circumstance
    on_the_case: bool
    answer: Answer
    reason: str
    shown: bool


def cells() -> Iterator[Cell]:
    """Every cell of the table, decided by `may_see` itself. `limited` rules this very category out for
    everyone, `limited for it` for this agency alone, `limited for another` for another agency alone.
    """
    for agency in AGENCIES:
        for member in (False, True):
            worker = Worker(id=_WORKER, name="Somebody", agency=agency)
            child = _CHILD.model_copy(update={"lead_worker": _WORKER if member else None})
            for category in Category:
                for purpose in PURPOSES:
                    for circumstance in CIRCUMSTANCES:
                        ground = _ground(circumstance, agency, category, purpose)
                        made = may_see(worker, child, category, purpose, _DAY, ground)
                        yield Cell(
                            agency,
                            category,
                            purpose,
                            circumstance,
                            member,
                            made.answer,
                            made.reason,
                            made.shown,
                        )


def _ground(circumstance: Circumstance, agency: Agency, category: Category, purpose: Purpose) -> Ground:
    if circumstance == "not asked":
        return NOTHING
    if circumstance in ("disclosed", "decided not to share"):
        decision: Literal["share", "not-share"] = "share" if circumstance == "disclosed" else "not-share"
        made = Disclosure(
            id="disclosure",
            child=_CHILD.id,
            decision=decision,
            agency=agency,
            categories=(category,),
            purpose=purpose,
            reason="-",
            decided_by="-",
            decided_on=_DAY,
            by=_WORKER,
        )
        return Ground(disclosures=(made,))
    agreement = Agreement(
        id="agreement",
        child=_CHILD.id,
        given_by="-",
        relationship="mother",
        responsibility="yes",
        status=_STATUS.get(circumstance, "given"),
        agencies=(agency,),
        categories=(category,),
        purposes=(purpose,),
        **_limits(circumstance, agency, category),
        given_on=_DAY - timedelta(days=10),
        expires=_DAY - timedelta(days=1) if circumstance == "expired" else None,
        withdrawn_on=_DAY if circumstance == "withdrawn" else None,
        by=_WORKER,
    )
    return Ground(agreements=(agreement,))


def _limits(circumstance: Circumstance, agency: Agency, category: Category) -> Mapping[str, Any]:
    if circumstance == "limited":
        return settled_by((), (category,), ())
    if circumstance not in ("limited for it", "limited for another"):
        return {}
    other = next(one for one in AGENCIES if one != agency)
    whose = agency if circumstance == "limited for it" else other
    return {"exclude": "-", **settled_by((), (), ((whose, category),))}


def sharing_table() -> str:
    """The whole table as Markdown: the grid of each agency, then what each circumstance answers."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Who may see what"
    yield ""
    yield "Made from `casework/sharing_grid.py` and `casework/sharing.py`; a test fails when it differs."
    yield "One function, `may_see`, decides. It first asks whether the agency's own work needs the category"
    yield "for the purpose (the grids); where it does not, a recorded decision to share and then the family's"
    yield "agreement answer (the last table). A worker who is tied to schools sees nothing of a child on"
    yield "another school's roll unless they work the case; a worker who left sees nothing."
    for agency in AGENCIES:
        yield ""
        yield f"## {agency}"
        yield ""
        yield f"| category | {' | '.join(PURPOSES)} |"
        yield "|---" * (len(PURPOSES) + 1) + "|"
        for category in Category:
            row = (_MEANING[GRID[agency][purpose][category]] for purpose in PURPOSES)
            yield f"| {category.value} | {' | '.join(row)} |"
    yield ""
    yield "## What stands by agreement"
    yield ""
    yield "The same for every cell above that says `by agreement`; youth justice is not shown as withheld"
    yield "but not shown at all, and `ask` is `no` there until the family agreed."
    yield ""
    yield "Who may not see that youth justice is involved can still write down that the family agreed to"
    yield "share it, or ruled it out: the family says so to whoever sits with them, and an agreement without"
    yield "it would be false. But nobody reads it back without the sight of it, not even who wrote it: their"
    yield "record beside another's would tell by the difference that the service is there. So the form and"
    yield "the command say as it is kept to which agencies it is opened, and that their own lists leave it"
    yield "out; those words follow from what they wrote alone, never from the record."
    yield ""
    yield "| circumstance | answer | said as |"
    yield "|---|---|---|"
    seen = {
        cell.circumstance: cell
        for cell in cells()
        if (cell.agency, cell.category, cell.purpose, cell.on_the_case)
        == ("school", Category.HEALTH, "support", False)
    }
    for circumstance in CIRCUMSTANCES:
        said = _SAID.get(circumstance, circumstance)
        yield f"| {said} | {seen[circumstance].answer} | {seen[circumstance].reason} |"
    yield ""
    yield "Two holders of parental responsibility who disagree: ask, and both are kept. A child who is"
    yield "competent to decide (judged so, or 16 and older) is followed alone. Limits in the family's own"
    yield "words that nobody has settled, or that only a later version of Outreach can read: ask. Limits add"
    yield "up: a whole agency, a category for everyone, and a category for one agency each rule out what they"
    yield "name."
    yield ""
    yield "## Lawful basis of each purpose"
    yield ""
    yield "The organisation's, apart from any agreement."
    yield ""
    yield "| purpose | basis | source |"
    yield "|---|---|---|"
    for purpose, basis in LAWFUL_BASIS.items():
        yield f"| {purpose} | {basis.name} | {basis.source} |"
