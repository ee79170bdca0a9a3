"""A child's agreements and decisions to share, as the worker of this laptop may see them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Literal

from casework.agreements import State, state_of
from casework.consent import closed_since
from casework.facets import WHY_DISCLOSED
from casework.limits import tells_hidden, without_hidden
from casework.opened import NOTHING_NEW, Opening, opening_of, protected_words, shut_by
from casework.policies import Category, Purpose
from casework.records import Child
from casework.records_sharing import Agreement, Disclosure
from casework.sharing import is_shared_with
from casework.sharing_grid import HIDDEN_AGENCIES, HIDDEN_EXISTENCE, TOLD_OF_SHARING
from casework.text import fold
from casework.vocabulary import Agency
from casework.withdrawing import Lost, lost_by, lost_with, somebody_of

if TYPE_CHECKING:
    from casework.edits import Edit
    from casework.sharing import Decision
    from storage.store import Store

_NO_WORDS = dict.fromkeys(WHY_DISCLOSED, "")
_FAMILYS_OWN = ("given_by", "relationship", "how_known", "gillick", "interpreter", "exclude", "withdrawn_why")


@dataclass(frozen=True, slots=True)
class ShownAgreement:
    """An agreement as it may be shown; `withheld` says why the family's words and names are empty.

    `waits` says why one in force opens nothing yet: words of the family are `unread`, or it is `unsure`
    whether who gave it may decide.
    """

    agreement: Agreement
    state: State
    withheld: str = ""
    waits: Literal["", "unread", "unsure"] = ""


@dataclass(frozen=True, slots=True)
class ShownDisclosure:
    """A decision to share, or not to, as it may be shown; `withheld` says why it is not told who made it and
    why.
    """

    disclosure: Disclosure
    withheld: str = ""


def read_agreements(store: Store, child: Child) -> list[ShownAgreement]:
    """The standing agreements, newest first, with their state today.

    What would tell of a category whose existence is protected is left out; an agreement about nothing else is
    left out as a whole.
    """
    family = store.may_see(child, Category.FAMILY, "support")
    shown = []
    for held in sorted(store.grounds.of(child.id).agreements, key=lambda a: (a.given_on, a.id), reverse=True):
        seen = unhidden(store, child, held)
        if seen is None:
            continue
        if not family:
            seen = seen.model_copy(update=dict.fromkeys(_FAMILYS_OWN, "") | {"responsibility": "unknown"})
        state, why = state_of(held, store.today), "" if family else family.reason
        shown.append(ShownAgreement(seen, state, why, _waits(held, child, store.today)))
    return shown


def _waits(held: Agreement, child: Child, on: date) -> Literal["", "unread", "unsure"]:
    shut = shut_by(held, child, on)
    return "unsure" if "unsure" in shut else "unread" if "unread" in shut else ""


def read_opening(store: Store, agreement: str, names: Mapping[str, str]) -> Opening:
    """What an agreement opens today, in words for whoever just recorded or settled it.

    A worker who may not know of what is protected even in its existence is told of it what follows from
    the agreement alone. Raises BadInput for an unknown agreement.
    """
    return _opening(store, store.get(Agreement, agreement), names)


def read_settled(store: Store, edit: Edit, names: Mapping[str, str]) -> Opening:
    """What an agreement would open today after this step, in the words of `read_opening`."""
    changed = {change.field: change.new for change in edit.changes}
    held = store.get(Agreement, edit.changes[0].record)
    return _opening(store, Agreement.model_validate(held.model_dump(mode="json") | changed), names)


def read_beside(store: Store, agreement: str) -> list[Agreement]:
    """The other agreements by whoever gave this one that open today what it does not, the newest first, as
    this worker may know of them: each stands until it is withdrawn. Raises BadInput for an unknown agreement.
    """
    made = store.get(Agreement, agreement)
    child = store.get(Child, made.child)
    others = (one.agreement for one in read_agreements(store, child) if one.agreement.id != made.id)
    same = (one for one in others if one.given_by and fold(one.given_by) == fold(made.given_by))
    return [one for one in same if read_lost(store, child, one.id)[0]]


def _opening(store: Store, held: Agreement, names: Mapping[str, str]) -> Opening:
    child = store.get(Child, held.child)
    seen = unhidden(store, child, held)
    ground = store.grounds.of(child.id)
    stood = replace(ground, agreements=tuple(held if a.id == held.id else a for a in ground.agreements))

    def decide(agency: Agency, category: Category, purpose: Purpose) -> Decision:
        return store.decide_for(somebody_of(agency), child, category, purpose, stood)

    asked = held.model_copy(update={"agencies": ()}) if seen is None else seen
    opening = opening_of(asked, child, store.today, decide, names)
    if seen is held:
        return opening
    if opening.words == NOTHING_NEW:
        opening = replace(opening, words="")
    told = protected_words(held, child, store.worker.agency, store.today, names)
    return replace(opening, words=f"{opening.words} {told}".strip())


def unhidden(store: Store, child: Child, held: Agreement) -> Agreement | None:
    """An agreement without what would tell of a category whose existence is protected; None for one about
    nothing else.
    """
    named = (
        *(*held.categories, *held.exclude_categories),
        *(*held.agencies, *held.exclude_agencies),
        *held.exclude_pairs,
    )
    if not any(map(tells_hidden, named)) or store.knows_hidden(child):
        return held
    categories = tuple(c for c in held.categories if c not in HIDDEN_EXISTENCE)
    agencies = tuple(a for a in held.agencies if a not in HIDDEN_AGENCIES)
    if (held.categories and not categories) or (held.agencies and not agencies):
        return None
    kept = {"categories": categories, "agencies": agencies, **without_hidden(held)}
    return held.model_copy(update=kept)


def read_disclosures(store: Store, child: Child) -> list[ShownDisclosure]:
    """Decisions to share without agreement, or not to, newest first.

    Whoever recorded one is shown it: they know it already, and answer for it. Those of others need a sight of
    safeguarding, and one that names a category or an agency whose existence is protected a sight of that. An
    agency without a sight of safeguarding is shown, while something is shared with it, what was decided of
    it, without the words (docs/decisions/0032).
    """
    ground = store.grounds.of(child.id)
    others = store.may_see(child, Category.SAFEGUARDING, "safeguarding")
    knows = store.knows_hidden(child)
    told = store.worker.agency in TOLD_OF_SHARING and is_shared_with(store.worker, store.today, ground)
    shown = []
    for made in sorted(ground.disclosures, key=lambda d: (d.decided_on, d.id), reverse=True):
        if store.recorded(made.by) or (others and (knows or not _names_hidden(made))):
            # Of what this worker recorded the words can have left this laptop.
            shown.append(ShownDisclosure(made, "" if others or made.decided_by else others.reason))
        elif told and store.works_for(made.agency) and not _names_hidden(made):
            shown.append(ShownDisclosure(made.model_copy(update=_NO_WORDS), others.reason))
    return shown


def read_closed(store: Store, child: Child, made: Disclosure) -> dict[Category, date]:
    """What a decision about a child does not open, as `closed_since` says, as far as this worker is told."""
    return closed_since(made, [shown.disclosure for shown in read_disclosures(store, child)], store.today)


def _names_hidden(made: Disclosure) -> bool:
    return not HIDDEN_EXISTENCE.isdisjoint(made.categories) or made.agency in HIDDEN_AGENCIES


def read_lost(store: Store, child: Child, agreement: str) -> tuple[list[Lost], list[Lost]]:
    """What a withdrawal today takes from each agency, and what of it from this worker.

    Nothing that would tell of what is protected from this worker. Raises BadInput for an unknown agreement.
    """
    held = store.get(Agreement, agreement)
    ground = store.grounds.of(child.id)
    own = lost_by(store.worker, held, child, ground, store.today)
    everyone = lost_with(held, child, ground, store.today)
    if store.knows_hidden(child):
        return everyone, own
    told = [x for x in everyone if x.category not in HIDDEN_EXISTENCE and x.agency not in HIDDEN_AGENCIES]
    return told, [x for x in own if x.category not in HIDDEN_EXISTENCE]
