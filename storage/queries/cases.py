"""A child's case as it may be shown: each time of working together, how it began, how long, how it ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.episodes import EpisodeStanding, episode_standing
from casework.errors import BadInput, Refused
from casework.notifications import still_waits
from casework.policies import PURPOSE_OF, Category
from casework.records import Child, Worker
from casework.records_case import Plan
from casework.sharing import Decision
from storage.queries.lookup import display_name
from storage.queries.notifications import ShownNotification, read_notifications
from storage.queries.plans import ShownEpisode, decision_of, read_episodes
from storage.queries.sight import place_of, shown_child

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class CaseEpisode:
    """One episode with how it stands, its worker's name, the notification that opened it and its plans."""

    shown: ShownEpisode
    standing: EpisodeStanding
    worker: str
    notification: ShownNotification | None
    plans: Sequence[Plan] = ()


@dataclass(frozen=True, slots=True)
class ShownCase:
    """Every episode of a child, the newest first, and the notifications that wait for a worker."""

    episodes: Sequence[CaseEpisode] = ()
    waiting: Sequence[ShownNotification] = ()

    @property
    def open(self) -> CaseEpisode | None:
        """The one that is open."""
        return next((one for one in self.episodes if one.standing.is_open), None)

    @property
    def is_double(self) -> bool:
        """Whether several are open, which a person joins."""
        return sum(one.standing.is_open for one in self.episodes) > 1


def read_case(store: Store, child: Child) -> ShownCase:
    """The episodes of a child; none where not even that there is a case may be seen."""
    shown = read_episodes(store, child)
    told = {one.notification.id: one for one in read_notifications(store, child.id)}
    names = {worker.id: worker.name for worker in store.find(Worker)}
    every = [one.episode for one in shown]
    plans = store.find(Plan, "child = ?", (child.id,)) if decision_of(store, child, "plan") else []
    plans.sort(key=lambda plan: (plan.started, plan.id), reverse=True)
    return ShownCase(
        episodes=[
            CaseEpisode(
                one,
                episode_standing(one.episode, every, store.today),
                names.get(one.episode.worker or "", ""),
                told.get(one.episode.notification or ""),
                [plan for plan in plans if plan.episode == one.episode.id],
            )
            for one in shown
        ],
        waiting=[one for one in told.values() if still_waits(one.notification)],
    )


@dataclass(frozen=True, slots=True)
class CaseView:
    """A child's case with what a screen needs; `closing_withheld` says why this worker may not close it."""

    child: Child
    name: str
    place: str
    case: ShownCase
    closing_withheld: str
    draft: bool


def read_case_view(store: Store, child_id: str, form: str) -> CaseView:
    """Everything that the screen shows; `form` names the draft of a closing. Raises BadInput when no such
    child may be known of.
    """
    child = store.get(Child, child_id)
    if not store.may_see(child, Category.IDENTITY, PURPOSE_OF["episode"]):
        raise BadInput("no-such-child", "No child matches.")
    seen, closing = shown_child(store, child), may_close(store, child)
    return CaseView(
        child=child,
        name=display_name(seen),
        place=place_of(store, seen),
        case=read_case(store, child),
        closing_withheld="" if closing else closing.reason,
        draft=bool(closing) and store.drafts.load(form, child_id) is not None,
    )


def may_close(store: Store, child: Child) -> Decision:
    """Whether this worker may end the case: who sees the family's words in it, and who leads it whatever was
    withdrawn.
    """
    known = store.may_see(child, Category.IDENTITY, PURPOSE_OF["episode"])
    if known and child.lead_worker == store.worker.id:
        return known
    return decision_of(store, child, "episode")


def require_close(store: Store, child: Child) -> None:
    """Raise Refused with the reason unless this worker may end the case."""
    decision = may_close(store, child)
    if not decision:
        raise Refused("withheld", decision.reason, Category.FAMILY.value)
