"""What an agreement opens, in words for whoever records or settles it: what `may_see` answers, and why not.

Every sentence rests on the answers themselves, so none can claim what is not so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from casework.agreements import by_the_child, holds_responsibility, is_competent, state_of
from casework.limits import has_limits, is_beyond, is_unsettled, rules_out, tells_hidden
from casework.policies import PURPOSES, Category, Purpose
from casework.records import Child
from casework.records_sharing import Agreement
from casework.sharing import Decision, Ground, may_see
from casework.sharing_grid import HIDDEN_AGENCIES, HIDDEN_EXISTENCE
from casework.vocabulary import Agency
from casework.withdrawing import somebody_of
from casework.wording import CATEGORIES, join_words, say_day

Shut = Literal["refused", "withdrawn", "ended", "unsure", "unread"]
"""Why an agreement opens nothing: it is none, its time is over, it is not known whether who gave it may
decide, or words of the family stand in it which nobody has settled.
"""

NOTHING_NEW = "It opens nothing new: all of it was open already."
"""Said where whoever the agreement names may see what it names for their own work."""
_NO_LIMIT = "It is given with limits, but none is written: record it again where the family named one."

Decide = Callable[[Agency, Category, Purpose], Decision]
"""Whether anybody of an agency may see a category for a purpose, as far as the asker may know."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What an agency may see because the family agreed."""

    agency: Agency
    category: Category
    purposes: tuple[Purpose, ...]


@dataclass(frozen=True, slots=True)
class Opening:
    """What is open on an agreement, what shuts the whole of it, and both in one or two sentences."""

    opened: tuple[Opened, ...]
    shut: tuple[Shut, ...]
    words: str


def shut_by(agreement: Agreement, child: Child, on: date) -> tuple[Shut, ...]:
    """Why an agreement by itself opens nothing on a day; empty where it opens what it names."""
    state = state_of(agreement, on)
    if state in {"refused", "withdrawn"}:
        return ("refused",) if state == "refused" else ("withdrawn",)
    if state == "expired":
        return ("ended",)
    found: list[Shut] = []
    if not (holds_responsibility(agreement) or is_competent(agreement, child)):
        found.append("unsure")
    if is_unsettled(agreement):
        found.append("unread")
    return tuple(found)


def opening_of(
    agreement: Agreement, child: Child, on: date, decide: Decide, names: Mapping[str, str]
) -> Opening:
    """What an agreement opens on a day, by `decide`; `names` are the agencies in the words of this place."""
    shut = shut_by(agreement, child, on)
    if shut:
        return Opening((), shut, f"It opens nothing: {_why(shut, agreement)}")
    opened: list[Opened] = []
    others: dict[str, list[str]] = {}
    for agency in agreement.agencies:
        for category in agreement.categories:
            answers = {p: decide(agency, category, p) for p in PURPOSES if p in agreement.purposes}
            rests = tuple(p for p, answer in answers.items() if answer and answer.agreement)
            if rests:
                opened.append(Opened(agency, category, rests))
            for answer in answers.values():
                if not answer:
                    held = others.setdefault(answer.reason, [])
                    what = f"{CATEGORIES[category.value]} to {names.get(agency, agency)}"
                    held += [what] if what not in held else []
    said = _said(opened, names)
    told = [f"It opens {said}."] if said else []
    told += [f"Not opened: {join_words(what)}. {reason}" for reason, what in others.items()]
    if kept := join_words(_seen_anyway(agreement, decide, names)):
        told.append(f"Seen all the same, not by agreement: {kept}.")
    words = " ".join(told) or NOTHING_NEW
    if agreement.status == "limited" and not has_limits(agreement):
        words += f" {_NO_LIMIT}"
    return Opening(tuple(opened), (), words)


def beside_words(days: Sequence[date]) -> str:
    """That agreements which were given on these days stand beside one that was just recorded; "" for none."""
    when = join_words([say_day(day) for day in days])
    if len(days) < 2:
        told = f"The agreement of {when} still stands beside it and opens more: withdraw it if this one"
        return f"{told} is to replace it." if days else ""
    told = f"The agreements of {when} still stand beside it and open more: withdraw them if this one"
    return f"{told} is to replace them."


def _seen_anyway(agreement: Agreement, decide: Decide, names: Mapping[str, str]) -> list[str]:
    """What the family ruled out and an agency sees for its own work, on which no agreement has a say."""
    return [
        f"{CATEGORIES[category.value]} by {names.get(agency, agency)}"
        for agency in agreement.agencies
        for category in agreement.categories
        if rules_out(agreement, agency, category)
        and any(decide(agency, category, purpose) for purpose in agreement.purposes)
    ]


def _said(opened: list[Opened], names: Mapping[str, str]) -> str:
    """Agencies for which the same is open are named together."""
    by_agency: dict[Agency, list[str]] = {}
    for one in opened:
        some = f" ({', '.join(one.purposes)})" if len(one.purposes) < len(PURPOSES) else ""
        by_agency.setdefault(one.agency, []).append(CATEGORIES[one.category.value] + some)
    together: dict[str, list[str]] = {}
    for agency, what in by_agency.items():
        together.setdefault(join_words(what), []).append(names.get(agency, agency))
    return "; ".join(f"{what} to {join_words(who)}" for what, who in together.items())


def _why(shut: tuple[Shut, ...], agreement: Agreement) -> str:
    """What shuts it, and what would open it."""
    why: list[str] = []
    cure: list[str] = []
    for one in shut:
        if one == "refused":
            why.append("the family refused")
            cure.append("record a new agreement if they come to agree")
        elif one == "withdrawn":
            why.append("the family withdrew it")
            cure.append("record a new agreement if they come to agree")
        elif one == "ended":
            last = f" on {say_day(agreement.expires)}" if agreement.expires else ""
            why.append(f"it ended{last}")
            cure.append("ask again and record the answer anew")
        elif one == "unread" and is_beyond(agreement):
            why.append("a later version of Outreach settled its limits")
            cure.append("update this one")
        elif one == "unread":
            why.append("nobody has settled what the family's own words rule out")
            cure.append("settle them")
        elif by_the_child(agreement):
            why.append("it is not known why the child is competent to decide this")
            cure.append("record it again with the reason")
        elif agreement.responsibility == "no":
            why.append("who gave it holds no parental responsibility")
            cure.append("ask somebody who does, and record that")
        else:
            why.append("it is not known whether who gave it holds parental responsibility")
            cure.append("find out, and record it again with that")
    return f"{join_words(why)}. To open it: {join_words(cure)}."


def protected_words(
    agreement: Agreement, child: Child, own: Agency, on: date, names: Mapping[str, str]
) -> str:
    """What to tell a worker of agency `own`, who may not see youth justice, of their naming it; "" where the
    agreement does not.

    It follows from what they wrote alone, never from what is on record: so it tells of nothing hidden.
    """
    protected = HIDDEN_EXISTENCE | HIDDEN_AGENCIES
    named = {
        *agreement.categories,
        *agreement.exclude_categories,
        *agreement.agencies,
        *agreement.exclude_agencies,
    }
    if protected.isdisjoint(named) and not any(map(tells_hidden, agreement.exclude_pairs)):
        return ""
    alone = Ground(agreements=(agreement,))
    opened = [
        agency
        for agency in agreement.agencies
        if any(
            answer and answer.agreement
            for answer in (
                may_see(somebody_of(agency), child, category, purpose, on, alone)
                for category in HIDDEN_EXISTENCE
                for purpose in PURPOSES
            )
        )
    ]
    whom = join_words([names.get(agency, agency) for agency in opened]) or "no agency"
    yours = (
        "yours sees it unless the family said otherwise elsewhere"
        if own in opened
        else "yours may not see it, so your lists leave it out"
    )
    return f"Youth justice, as you wrote it, is kept and opened to {whom}; {yours}."
