"""What of a case is to be talked about in supervision, the weightiest first: each point names its days.

There is no score and no verdict on a worker: a point says what is not on record, or what ends. The order is
by point, then by how long the case is open.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from casework.parameters import AGREEMENT_NOTICE_DAYS, CONTACT_DAYS, at_or_first
from casework.wording import count_of, say_day


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """What is known of a case, as far as its reader may see it: None where it is withheld or not on record.

    `opened` is the first day of the open episode. `sees_contacts`, `sees_plan` and `sees_agreements` tell
    which of the others are known to be missing, and not only unknown. `agreement_until` is the day on which
    the next agreement in force ends or is to be asked again; `lapsed` says that one ended and none holds now.
    """

    opened: date | None = None
    seen: date | None = None
    sees_contacts: bool = True
    planned: bool = False
    reviewed: date | None = None
    review_due: date | None = None
    sees_plan: bool = True
    agreement_until: date | None = None
    lapsed: bool = False
    sees_agreements: bool = True
    again: bool | None = None


@dataclass(frozen=True, slots=True)
class Point:
    """One thing to talk about: `about` is the column, `weight` gives its place."""

    about: str
    text: str
    weight: int


def points(facts: CaseFacts, today: date) -> list[Point]:
    """What is to be talked about on a day, the weightiest first; none where nothing is."""
    found = [*_seen(facts, today), *_plan(facts, today), *_agreement(facts, today)]
    if facts.again:
        found.append(Point("again", "Came back within 12 months", 20))
    return sorted(found, key=lambda point: -point.weight)


def _seen(facts: CaseFacts, today: date) -> list[Point]:
    if not facts.sees_contacts or facts.opened is None:
        return []
    limit = at_or_first(CONTACT_DAYS, today)
    if facts.seen is None:
        return [Point("seen", "No record that the child was ever seen", 100)]
    days = (today - facts.seen).days
    if days <= limit:
        return []
    return [Point("seen", f"Child last seen {count_of(days, 'day')} ago, {say_day(facts.seen)}", 90)]


def _plan(facts: CaseFacts, today: date) -> list[Point]:
    if not facts.sees_plan or facts.opened is None:
        return []
    if not facts.planned:
        return [Point("plan", "No plan", 40)]
    if facts.review_due is None:
        return [Point("plan", "No next review of the plan is set", 50)]
    if facts.review_due < today:
        return [Point("plan", f"Plan review overdue since {say_day(facts.review_due)}", 70)]
    return []


def _agreement(facts: CaseFacts, today: date) -> list[Point]:
    if not facts.sees_agreements:
        return []
    if facts.lapsed:
        return [Point("agreement", "The agreement has ended and none holds now", 80)]
    until = facts.agreement_until
    if until is None or (until - today).days > at_or_first(AGREEMENT_NOTICE_DAYS, today):
        return []
    return [Point("agreement", f"Agreement to be asked again by {say_day(until)}", 60)]


def order_of(facts: CaseFacts, found: list[Point]) -> tuple[tuple[int, ...], date]:
    """Sorts cases by their weightiest point, then the next, then the longest open."""
    return (*(-point.weight for point in found), 1), facts.opened or date.max
