"""What a case adds to a child's story: each time of working together, and each review of a plan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from casework.records import Worker
from casework.records_case import Episode, Review
from casework.wording import CLOSE_REASONS, REVIEW_DECISIONS
from storage.queries.plans import ShownEpisode, decision_of, read_episodes
from storage.queries.story import StoryEntry

if TYPE_CHECKING:
    from casework.records import Child
    from storage.store import Store


def case_entries(store: Store, child: Child) -> list[StoryEntry]:
    """Episodes and reviews as entries of the story, in no order; reviews only where the plan may be seen."""
    names = {worker.id: worker.name for worker in store.find(Worker)}
    reviews: list[Review] = []
    if decision_of(store, child, "review"):
        reviews = store.find(Review, "child = ?", (child.id,))
    entries = [_review(held, names) for held in reviews]
    following: str | None = None
    for shown in read_episodes(store, child):
        entries += _episode(shown, names, _last_of(shown.episode, following, reviews))
        following = shown.episode.id
    return entries


def _last_of(held: Episode, following: str | None, reviews: Sequence[Review]) -> str:
    """The last record of an episode on the day it was closed, after which its closing stands."""
    made = [r.id for r in reviews if r.held_on == held.closed and (following is None or r.id < following)]
    return max([held.id, *made])


def _episode(shown: ShownEpisode, names: dict[str, str], last: str) -> list[StoryEntry]:
    held = shown.episode
    by = names.get(held.worker or "", "")
    title = "Case opened" if held.number == 1 else f"Case opened again (number {held.number})"
    entries = [StoryEntry(held.id, Episode.type, held.opened.isoformat(), by, title, "")]
    if held.closed is not None:
        title = "Case closed" + (f": {CLOSE_REASONS[held.reason]}" if held.reason else "")
        told = f"Told: {held.told}" if held.told else ""
        passed = f"Passed on to: {held.passed_to}" if held.passed_to else ""
        text = "\n".join(part for part in (passed, told, held.views, held.note) if part)
        entries.append(StoryEntry(held.id, Episode.type, held.closed.isoformat(), by, title, text, turn=last))
    return entries


def _review(held: Review, names: dict[str, str]) -> StoryEntry:
    title = f"Plan reviewed: {REVIEW_DECISIONS[held.decision]}"
    child = f"The child says: “{held.child_views}”" if held.child_views else ""
    family = f"The family says: “{held.views}”" if held.views else ""
    text = "\n".join(part for part in (held.progress, child, family) if part)
    return StoryEntry(held.id, Review.type, held.held_on.isoformat(), names.get(held.by, ""), title, text)
