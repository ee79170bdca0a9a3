"""A child's assessments and scores with what was told already, as the worker of this laptop may see them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from casework.assessments import PARTS, Travelled, assessment_clock, assessment_days
from casework.clocks import Clock
from casework.policies import Category
from casework.records import Child
from casework.records_case import Assessment, Episode, Score
from casework.told_facts import Told, told_in, told_of_home
from storage.queries.lookup import display_name
from storage.queries.plans import (
    ShownAssessment,
    decision_of,
    open_episode,
    read_assessments,
    read_scores,
)
from storage.queries.sight import place_of, seen_children, shown_child

if TYPE_CHECKING:
    from datetime import date

    from storage.store import Store

FORM, SCORES_FORM = "assessment", "score"
"""The forms whose drafts are kept: of an assessment by its id (a new one by the child's), of scores by the
child's.
"""


@dataclass(frozen=True, slots=True)
class AssessmentPage:
    """Everything about a child's assessments. With `withheld`, the reason, there is nothing else in it.

    `episode` is the open case. `drafts` names the subjects of forms that were left half filled.
    """

    child: Child
    name: str
    place: str
    today: date
    withheld: str = ""
    assessments: Sequence[ShownAssessment] = ()
    episode: Episode | None = None
    episodes: Mapping[str, Episode] = field(default_factory=dict)
    scores: Sequence[Score] = ()
    travelled: Sequence[Travelled] = ()
    told: Sequence[Told] = ()
    workers: Mapping[str, str] = field(default_factory=dict)
    drafts: frozenset[tuple[str, str]] = frozenset()

    @property
    def current(self) -> ShownAssessment | None:
        """The newest one of the open case that is being written, else the newest."""
        return self.in_work or next(iter(self.assessments), None)

    @property
    def in_work(self) -> ShownAssessment | None:
        """The newest one of the open case that is being written."""
        written = (one for one in self.assessments if one.assessment.completed is None)
        return next((one for one in written if not self.was_left(one)), None)

    def was_left(self, shown: ShownAssessment) -> bool:
        """Whether its case was closed before it was completed: nobody waits for it any more."""
        held = shown.assessment
        return held.completed is None and (self.episode is None or held.episode != self.episode.id)

    @property
    def is_waited_for(self) -> bool:
        """Whether the open case has no assessment yet."""
        case = self.episode
        return case is not None and all(one.assessment.episode != case.id for one in self.assessments)

    def clock_of(self, assessment: Assessment | None) -> Clock | None:
        """The clock of an assessment, or without one that of the open case."""
        if assessment is None:
            return assessment_clock(None, self.episode, self.today)
        return assessment_clock(assessment, self.episodes.get(assessment.episode or ""), self.today)

    def due_of(self, assessment: Assessment) -> date | None:
        """The day by which it was to be complete."""
        days = assessment_days(assessment, self.episodes.get(assessment.episode or ""))
        return days[1] if days else None

    def readings_of(self, travelled: Travelled) -> list[Score]:
        """The readings of a tool, the newest first, of one day by area."""
        held = [score for score in self.scores if score.tool.casefold() == travelled.tool.casefold()]
        return sorted(held, key=lambda score: (-score.scored_on.toordinal(), score.area.casefold()))


def read_assessment_page(store: Store, child: Child, *, drafts: bool = True) -> AssessmentPage:
    """A child's assessments, the newest first, scores with the distance travelled, and what was told."""
    seen, today = shown_child(store, child), store.today
    name, place = display_name(seen), place_of(store, seen)
    decision = decision_of(store, child, "assessment")
    if not decision:
        return AssessmentPage(seen, name, place, today, withheld=decision.reason)
    assessments = read_assessments(store, child)
    episodes = {one.id: one for one in store.find(Episode, "child = ?", (child.id,))}
    episode = open_episode(store, child)
    scores, travelled = read_scores(store, child)
    subjects = [
        (FORM, child.id),
        (SCORES_FORM, child.id),
        *((FORM, one.assessment.id) for one in assessments),
    ]
    return AssessmentPage(
        child=seen,
        name=name,
        place=place,
        today=today,
        assessments=assessments,
        episode=episode,
        episodes=episodes,
        scores=scores,
        travelled=travelled,
        told=_told(store, child, episode),
        workers=dict(store.conn.execute("SELECT id, name FROM worker").fetchall()),
        drafts=frozenset(key for key in subjects if drafts and store.drafts.load(*key) is not None),
    )


def written(shown: ShownAssessment) -> int:
    """How many parts hold words, of those that may be seen."""
    return sum(bool(getattr(shown.assessment, name).strip()) for name in PARTS)


def _told(store: Store, child: Child, episode: Episode | None) -> list[Told]:
    """From the notification of the open case, else the newest; and the other children of the home."""
    from storage.queries.notifications import read_notifications

    shown = sorted(
        (one.notification for one in read_notifications(store, child.id)),
        key=lambda one: (episode is not None and one.id == episode.notification, one.received, one.id),
    )
    found = told_in(shown[-1]) if shown else []
    if child.household is None or not store.may_see(child, Category.FAMILY, "support"):
        return found
    others = store.find(Child, "household = ? AND id <> ?", (child.household, child.id))
    home = [shown_child(store, one) for one in seen_children(store, others)]
    home.sort(key=lambda one: (one.dob is None, one.dob, one.id))
    return [*found, *told_of_home([(display_name(one), one.dob, one.year_group) for one in home])]
