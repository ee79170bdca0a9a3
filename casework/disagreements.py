"""Professional disagreements: raised with one level, answered in time, settled or taken to the next level.

Each level is a record of its own that `follows` the one below: practitioner, team manager, District Manager.
An answer stops the clock of its level; it settles the matter only where it is said to. Source: local practice
(disputes between professionals go up to the District Manager; days to answer: `casework.parameters`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, get_args

from casework.clocks import Clock, add_working_days, next_working_day, working_days_to
from casework.days_given import require_come
from casework.edits import Edit, create, update
from casework.errors import BadInput, Refused
from casework.ids import new_id
from casework.parameters import DISAGREEMENT_DAYS, at_or_first
from casework.records_case import Disagreement, DisagreementLevel
from casework.wording import DISAGREEMENT_LEVELS, say_day

LEVELS: tuple[DisagreementLevel, ...] = get_args(DisagreementLevel)
"""From the one with whom it is raised to the last who decides."""

CLOCK = "disagreement"
"""The name of the clock that runs until a level has answered."""

State = Literal["waiting", "answered", "settled", "taken further"]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one step stands: `clock` runs while it waits for an answer, `words` say all of it."""

    state: State
    clock: Clock | None
    words: str


def answer_due(raised: date) -> date:
    """The last day on which a level answers: working days after the day it was raised with it."""
    return add_working_days(next_working_day(raised), at_or_first(DISAGREEMENT_DAYS, raised))


def next_level(level: DisagreementLevel) -> DisagreementLevel | None:
    """The level above; None above the District Manager."""
    place = LEVELS.index(level) + 1
    return LEVELS[place] if place < len(LEVELS) else None


def raise_disagreement(made: Disagreement, today: date) -> tuple[Edit, Disagreement]:
    """A new disagreement as a named edit, and as it is kept: with the day by which it is answered.

    Raises BadInput when it says nothing or nobody, lies in the future, or is due before it was raised.
    """
    kept = _checked(made, today)
    return Edit("Disagreement raised", (create(kept),), subject=kept.child), kept


def answer(held: Disagreement, outcome: str, on: date, today: date, *, settles: bool, followed: bool) -> Edit:
    """What the level answered; with `settles` both sides leave it there.

    An answer that did not settle it may be settled later, in its own words or in new ones. Raises Refused
    when it is settled or was taken further, BadInput without words or on a day that cannot be.
    """
    _open(held, followed=followed)
    words = outcome.strip() or held.outcome.strip()
    if not words:
        raise BadInput("empty", "Say what was answered.", "--outcome")
    _day(on, held.raised, today)
    changes = update(held, outcome=words, **({"settled": on} if settles else {}))
    if not changes:
        raise Refused("nothing-to-do", "It says so already.", held.id)
    name = "Disagreement settled" if settles else "Disagreement answered, not settled"
    return Edit(name, changes, subject=held.child)


def escalate(
    held: Disagreement, with_whom: str, by: str, on: date, today: date, *, about: str = "", followed: bool
) -> tuple[Edit, Disagreement]:
    """Take it to the next level, with its own clock; what was asked and answered below stays as it is.

    `about` is what is put to that level where it differs. Raises Refused when it is settled, was taken
    further, or stands with the District Manager already; BadInput as `raise_disagreement`.
    """
    _open(held, followed=followed)
    level = next_level(held.level)
    if level is None:
        raise Refused("top", "The District Manager is the last who decides; record the outcome.", held.id)
    _day(on, held.raised, today)
    made = Disagreement(
        id=new_id(),
        child=held.child,
        raised=on,
        about=about.strip() or held.about,
        with_whom=with_whom,
        level=level,
        follows=held.id,
        by=by,
    )
    kept = _checked(made, today)
    return Edit("Disagreement taken further", (create(kept),), subject=kept.child), kept


def standing(held: Disagreement, today: date, *, followed: bool) -> Standing:
    """How one step stands on a day; `followed` tells that it was taken to the next level."""
    level = DISAGREEMENT_LEVELS[held.level]
    if held.settled is not None:
        return Standing("settled", None, f"settled with the {level} on {say_day(held.settled)}")
    if followed:
        answered = "answered, not settled" if held.outcome.strip() else "without an answer"
        return Standing("taken further", None, f"taken further by the next step ({answered})")
    if held.outcome.strip():
        above = next_level(held.level)
        then = f" or take it to the {DISAGREEMENT_LEVELS[above]}" if above else ""
        return Standing("answered", None, f"answered by the {level}, not settled: settle it{then}")
    clock = working_days_to(CLOCK, held.raised, held.due or answer_due(held.raised), today)
    return Standing("waiting", clock, f"waits for the {level}'s answer: {clock.text}")


def followed_ids(held: Iterable[Disagreement]) -> frozenset[str]:
    """The ids of those that a standing step follows."""
    return frozenset(one.follows for one in held if one.follows is not None and not one.void)


def threads(held: Sequence[Disagreement]) -> list[list[Disagreement]]:
    """Steps that belong together, each thread from its first step up, the thread raised or moved last first.

    Where two laptops took one step further both steps up stand in its thread. A step that follows one that
    is not here begins a thread.
    """
    known = {one.id: one for one in held}

    def root(one: Disagreement) -> str:
        met = set()
        while one.follows in known and one.id not in met:
            met.add(one.id)
            one = known[one.follows]
        return one.id

    found: dict[str, list[Disagreement]] = {}
    for one in sorted(held, key=lambda d: (d.raised, LEVELS.index(d.level), d.id)):
        found.setdefault(root(one), []).append(one)
    return sorted(found.values(), key=lambda steps: max((d.raised, d.id) for d in steps), reverse=True)


def _checked(made: Disagreement, today: date) -> Disagreement:
    if not made.about.strip():
        raise BadInput("empty", "Say what the disagreement is about.", "--about")
    if not made.with_whom.strip():
        raise BadInput("empty", "Say to whom it is put.", "--with")
    require_come(made.raised, today, "A disagreement is recorded once it was raised.")
    if made.due is not None and made.due < made.raised:
        raise BadInput("dates", "The answer is due on the day it was raised or later.", "--due")
    return made if made.due is not None else made.model_copy(update={"due": answer_due(made.raised)})


def _open(held: Disagreement, *, followed: bool) -> None:
    if held.settled is not None:
        raise Refused("settled", f"It was settled on {say_day(held.settled)}; raise a new one.", held.id)
    if followed:
        raise Refused("taken-further", "It was taken further; act on the newest step.", held.id)


def _day(on: date, raised: date, today: date) -> None:
    require_come(on, today, "It is recorded on or after its day.")
    if on < raised:
        raise BadInput("dates", f"It was raised on {say_day(raised)}; this is that day or later.", "--on")
