"""A child's log of professional disagreements, as the worker of this laptop may see it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.disagreements import Standing, followed_ids, standing, threads
from casework.errors import Refused
from casework.policies import PURPOSE_OF, Category
from casework.records import Worker
from casework.records_case import Disagreement
from casework.sharing import Decision

if TYPE_CHECKING:
    from casework.records import Child
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class ShownStep:
    """One step with where it stands and the name of who recorded it."""

    disagreement: Disagreement
    standing: Standing
    recorded_by: str


@dataclass(frozen=True, slots=True)
class DisagreementLog:
    """Threads of steps, the thread that moved last first; `withheld` says why there is nothing in it."""

    threads: Sequence[Sequence[ShownStep]] = ()
    withheld: str = ""

    @property
    def steps(self) -> list[ShownStep]:
        """Every step, thread by thread."""
        return [step for thread in self.threads for step in thread]


def disagreement_decision(store: Store, child: Child) -> Decision:
    """Whether this worker may see, and so raise and answer, disagreements about a child."""
    known = store.may_see(child, Category.IDENTITY, PURPOSE_OF["disagreement"])
    return known and store.may_see(child, Category.SAFEGUARDING, PURPOSE_OF["disagreement"])


def require_disagreements(store: Store, child: Child) -> None:
    """Raise Refused with the reason unless this worker may see disagreements about a child."""
    decision = disagreement_decision(store, child)
    if not decision:
        raise Refused("withheld", f"Withheld: {decision.reason}", Category.SAFEGUARDING.value)


def read_disagreements(store: Store, child: Child) -> DisagreementLog:
    """The log of a child; without a sight of safeguarding it holds only why."""
    decision = disagreement_decision(store, child)
    if not decision:
        return DisagreementLog(withheld=decision.reason)
    held = store.find(Disagreement, "child = ?", (child.id,))
    followed = followed_ids(held)
    names = {worker.id: worker.name for worker in store.find(Worker)}
    return DisagreementLog(
        [
            [
                ShownStep(one, standing(one, store.today, followed=one.id in followed), names.get(one.by, ""))
                for one in steps
            ]
            for steps in threads(held)
        ]
    )


def is_followed(store: Store, held: Disagreement) -> bool:
    """Whether a step was taken to the next level."""
    return bool(store.find(Disagreement, "follows = ?", (held.id,)))
