"""The one function that decides who may see what: `may_see`. Screens, exports and searches ask it.

Access is the agency's own work, the school, the case and what the family agreed to, or a recorded decision to
share without agreement. The rest is withheld, and shown as withheld with the reason, unless its very
existence is protected. A family's refusal or withdrawal ends what stood on agreement; it does not erase what
an agency holds for its own work.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import TYPE_CHECKING

from casework.policies import PURPOSES, Category, Purpose
from casework.records import Child, Worker
from casework.sharing_grid import GRID, HIDDEN_EXISTENCE, Answer, Standing
from casework.vocabulary import AGENCIES
from casework.wording import say_day

if TYPE_CHECKING:
    from casework.records_sharing import Agreement, Disclosure

__all__ = [
    "Answer",
    "Decision",
    "Ground",
    "all_seen",
    "is_shared_with",
    "knows_hidden",
    "may_see",
    "sees_every",
]

DISCLOSURE_DAYS = 28
"""Calendar days for which a decision to share without agreement opens what it names, unless it says when."""
LONGEST_DISCLOSURE_DAYS = 182
"""Calendar days after which a decision to share without agreement is taken anew; local practice."""

_NAMES = {Category.SEND: "Special educational needs"}


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a worker may see a category of a child's record, with the reason in words.

    `shown` tells whether the screen may say that something is withheld; `agreement` is the id of the
    agreement that was decisive. No reason names a person.
    """

    answer: Answer
    reason: str
    shown: bool = True
    agreement: str | None = None

    def __bool__(self) -> bool:
        return self.answer == "yes"


@dataclass(frozen=True, slots=True)
class Ground:
    """What is on record about one child that a decision may stand on; `members` are ids of workers."""

    agreements: tuple[Agreement, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    members: frozenset[str] = frozenset()


NOTHING = Ground()
"""No agreement asked for, nothing disclosed, nobody on the case but the lead worker."""

_HIDDEN = Decision("no", "Only the agency that holds it sees it.", shown=False)
_LEFT = Decision("no", "This worker has left the team.")
_ELSEWHERE = Decision("no", "The child is on the roll of no school of this worker's.")


def _unasked(agency: str, category: Category) -> Decision:
    if category in HIDDEN_EXISTENCE:
        return _HIDDEN
    name = _NAMES.get(category, category.value.replace("_", " ").capitalize())
    return Decision("ask", f"{name} is not part of {agency}'s own work, and no agreement covers it.")


def _own(agency: str, standing: Standing, category: Category, *, member: bool) -> Decision:
    if standing == "O":
        return Decision("yes", f"The work of {agency} needs it.")
    if standing == "C" and member:
        return Decision("yes", "They work this case.")
    return _unasked(agency, category)


_PLAIN = {
    (agency, purpose, member): {
        category: _own(agency, standing, category, member=member)
        for category, standing in GRID[agency][purpose].items()
    }
    for agency, purpose, member in product(AGENCIES, PURPOSES, (False, True))
}
"""The answer where nothing is on record about the child, made once: thousands are asked for at a time."""


def may_see(
    worker: Worker, child: Child, category: Category, purpose: Purpose, on: date, ground: Ground = NOTHING
) -> Decision:
    """Whether `worker` may see `category` of `child`'s record for `purpose` on a day, on this `ground`."""
    if not worker.active:
        return _LEFT
    member = child.lead_worker == worker.id or worker.id in ground.members
    if worker.schools and child.school not in worker.schools and not member:
        return _ELSEWHERE
    plain = _PLAIN[worker.agency, purpose, member][category]
    if ground is NOTHING or plain:
        return plain
    decision = _shared(ground, worker, category, purpose, on) or _agreed(
        ground, worker, child, category, purpose, on
    )
    if decision is None or (category in HIDDEN_EXISTENCE and not decision):
        return plain
    return decision


def all_seen(
    worker: Worker, child: Child, on: date, ground: Ground = NOTHING
) -> frozenset[tuple[Category, Purpose]]:
    """Every question about `child` to which `may_see` says yes. What is the agency's own work is not asked
    about one by one, where no rule about the school or the team stands before it.
    """
    member = child.lead_worker == worker.id or worker.id in ground.members
    if not worker.active or (worker.schools and child.school not in worker.schools and not member):
        return frozenset()
    own, others = _OWN_WORK[worker.agency, member]
    if ground is NOTHING:
        return own
    if len(ground.agreements) == 1 and not ground.disclosures:
        from casework.agreements import opened_by

        return own.union(opened_by(ground.agreements[0], child, worker.agency, on))
    return own.union(one for one in others if may_see(worker, child, *one, on, ground))


_OWN_WORK = {
    (agency, member): tuple(
        frozenset(
            (category, purpose)
            for purpose in PURPOSES
            for category, decision in _PLAIN[agency, purpose, member].items()
            if bool(decision) is is_yes
        )
        for is_yes in (True, False)
    )
    for agency, member in product(AGENCIES, (False, True))
}
"""The questions that an agency's own work answers with yes, and the others."""


def knows_hidden(sees: Callable[[Category, Purpose], object]) -> bool:
    """Whether somebody may know that what is protected even in its existence is there: where they see it for
    some purpose they know of it for all. `sees` answers for them, by category and purpose.
    """
    return all(any(sees(category, purpose) for purpose in PURPOSES) for category in HIDDEN_EXISTENCE)


def sees_every(worker: Worker, category: Category, purpose: Purpose) -> bool:
    """Whether `may_see` says yes for every child there can be, so that none need be asked about."""
    return worker.active and not worker.schools and bool(_PLAIN[worker.agency, purpose, False][category])


def _shared(
    ground: Ground, worker: Worker, category: Category, purpose: Purpose, on: date
) -> Decision | None:
    """Yes when the newest decision about this question was to share, and its time is not over."""
    if not ground.disclosures:
        return None
    made = [
        d
        for d in ground.disclosures
        if not d.void
        and d.agency == worker.agency
        and d.purpose == purpose
        and category in d.categories
        and d.decided_on <= on
    ]
    newest = max(made, key=lambda d: (d.decided_on, d.id), default=None)
    if newest is None or newest.decision != "share" or on > last_day(newest):
        return None
    return Decision(
        "yes", f"Shared without agreement on {say_day(newest.decided_on)}, with the reason on record."
    )


def is_shared_with(worker: Worker, on: date, ground: Ground) -> bool:
    """Whether a decision to share without agreement opens anything to the worker's agency on a day."""
    return any(
        _shared(ground, worker, category, made.purpose, on)
        for made in ground.disclosures
        if made.agency == worker.agency
        for category in made.categories
    )


def last_day(disclosure: Disclosure) -> date:
    """The last day on which a decision to share opens what it names."""
    return disclosure.until or disclosure.decided_on + timedelta(days=DISCLOSURE_DAYS)


def _agreed(
    ground: Ground, worker: Worker, child: Child, category: Category, purpose: Purpose, on: date
) -> Decision | None:
    # Most children have no agreement on record, and a start should not load what reads them.
    from casework.agreements import answer_of

    voice = answer_of(ground.agreements, child, worker.agency, category, purpose, on)
    if voice is None:
        return None
    return Decision(voice.answer, voice.reason, agreement=voice.agreement.id)
