"""Whole-family assessment and outcome-tool scores: the edits that build them and the distance travelled.

Source: Kent Family Support Framework (assessment of the whole family); lengths are local parameters. Tools
are licensed: a tool's name, an area and a number are kept, none of its wording.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from casework.clocks import Clock, calendar_clock
from casework.days_given import require_come
from casework.edits import Change, Edit, create, update
from casework.errors import BadInput, Refused
from casework.parameters import ASSESSMENT_WEEKS, at_or_first
from casework.records_case import Assessment, Episode, Score
from casework.wording import count_of, say_day

PARTS = {
    "development": "the development and needs of each child",
    "strengths": "strengths",
    "parenting": "parenting",
    "environment": "family and environment",
    "health": "health",
    "history": "history",
    "views": "the views of child and family",
    "analysis": "the analysis",
}
"""The parts of an assessment in words, by field, in the order of the form."""


def missing_of(assessment: Assessment, withheld: Collection[str] = ()) -> list[str]:
    """The parts that are still empty, in words; an assessment is never held up for them.

    Of a part that is `withheld` it is not told whether anything stands there.
    """
    return [
        words
        for field, words in PARTS.items()
        if field not in withheld and not getattr(assessment, field).strip()
    ]


def start_assessment(
    assessment: Assessment, episode: Episode | None, today: date, held: Sequence[Assessment] = ()
) -> Edit:
    """A new assessment of the open case, as given; `held` are those of the child.

    Raises Refused when no case is open, or one of it is in work, BadInput when it started in the future.
    """
    if episode is None:
        raise Refused(
            "no-open-case", "There is no open case; allocate a notification first.", assessment.child
        )
    in_work = next((a for a in held if a.episode == episode.id and a.completed is None and not a.void), None)
    if in_work is not None:
        raise Refused(
            "assessment-open",
            f"The assessment of {say_day(in_work.started)} is in work; write on in it, or complete it first.",
            in_work.id,
        )
    require_come(assessment.started, today, "An assessment is recorded once it was started.")
    kept = assessment.model_copy(update={"episode": episode.id})
    return Edit("Assessment started", (create(kept),), subject=kept.child)


def set_parts(assessment: Assessment, **parts: str) -> Edit:
    """The parts as they are now worded. Raises Refused when it is complete or nothing would change."""
    _require_open(assessment)
    changes = update(assessment, **parts)
    if not changes:
        raise Refused("nothing-to-do", "It says so already.", assessment.id)
    return Edit("Assessment written", changes, subject=assessment.child)


def complete_assessment(assessment: Assessment, on: date, today: date, by: str) -> Edit:
    """The assessment is complete, as the worker `by` says.

    Raises Refused when it was, BadInput for a day to come or before its start.
    """
    _require_open(assessment)
    require_come(on, today, "It is complete on a day that has come.")
    if on < assessment.started:
        raise BadInput("dates", f"The assessment was started on {say_day(assessment.started)}.", "--on")
    changes = update(assessment, completed=on, completed_by=by)
    return Edit("Assessment completed", changes, subject=assessment.child)


def assessment_days(assessment: Assessment | None, episode: Episode | None) -> tuple[date, date] | None:
    """The day from which the clock of an assessment runs and the day on which it is due; None without both.

    It starts as `case_days` has it, without a case with the assessment.
    """
    if episode is not None:
        return case_days(episode)
    return None if assessment is None else _days_from(assessment.started)


def case_days(episode: Episode) -> tuple[date, date]:
    """The day from which the assessment of a case is waited for, that of its referral, else the one on which
    it opened, and the day on which it is due.
    """
    return _days_from(episode.referred or episode.opened)


def _days_from(start: date) -> tuple[date, date]:
    return start, start + timedelta(weeks=at_or_first(ASSESSMENT_WEEKS, start))


def assessment_clock(assessment: Assessment | None, episode: Episode | None, today: date) -> Clock | None:
    """The clock from the notification to a completed assessment; None when it is complete, or when neither it
    nor a case is given.
    """
    days = assessment_days(assessment, episode)
    if days is None or (assessment is not None and assessment.completed is not None):
        return None
    start, due = days
    return calendar_clock("assessment", start, due, today, count_of((due - start).days // 7, "week"))


_HIGHEST = 9999
"""More than any outcome tool gives: four digits, as a line of several readings takes them."""
_READING = re.compile(r"(?P<area>.*?)[\s:=]+(?P<score>[0-9]{1,4})", re.ASCII)


def read_readings(text: str) -> list[tuple[str, int]]:
    """Areas with their scores, one on each line: `Home 4` or `Home: 4`. A line that ends with a colon was not
    scored and is left out.

    Raises BadInput naming the line that ends without a number, has no area or an area that was scored above.
    """
    found: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.strip()
        if not words or words.endswith(":"):
            continue
        read = _READING.fullmatch(words)
        area = read["area"].strip(" \t:=") if read else ""
        if read is None or not area:
            raise BadInput(
                "bad-value", f"Line {number}: write the area and its score, as in “Home 4”.", "--scores"
            )
        if area.casefold() in found:
            raise BadInput("twice", f"Line {number}: this area has a score above already.", "--scores")
        found[area.casefold()] = (area, int(read["score"]))
    return list(found.values())


def record_scores(scores: Sequence[Score], today: date) -> Edit:
    """Readings of a tool in one or several areas, as one step.

    Raises BadInput for none, without names, out of range or in the future.
    """
    if not scores:
        raise BadInput("empty", "Give at least one area with its score.", "--scores")
    changes = tuple(_score(score, today) for score in scores)
    name = "Score recorded" if len(scores) == 1 else f"{len(scores)} scores recorded"
    return Edit(name, changes, subject=scores[0].child)


def _score(score: Score, today: date) -> Change:
    if not score.tool.strip():
        raise BadInput("empty", "Name the tool.", "--tool")
    if not score.area.strip():
        raise BadInput("empty", "Name the area of the tool.", "--area")
    if not 0 <= score.score <= _HIGHEST:
        raise BadInput("bad-value", f"A score is 0 to {_HIGHEST}.", "--score")
    require_come(score.scored_on, today, "A score is recorded once it was taken.")
    return create(score)


@dataclass(frozen=True, slots=True)
class AreaTravelled:
    """One area of one tool: the first and the last reading. `change` is None for one reading alone."""

    tool: str
    area: str
    first: Score
    last: Score
    readings: int

    @property
    def change(self) -> int | None:
        """The last score minus the first."""
        return None if self.readings < 2 else self.last.score - self.first.score


@dataclass(frozen=True, slots=True)
class Travelled:
    """The distance travelled in one tool, and in how many areas with two readings it went which way."""

    tool: str
    areas: tuple[AreaTravelled, ...]

    @property
    def up(self) -> int:
        """Areas whose last score is higher than the first."""
        return sum(1 for area in self.areas if (area.change or 0) > 0)

    @property
    def same(self) -> int:
        """Areas with two or more readings whose last score equals the first."""
        return sum(1 for area in self.areas if area.change == 0)

    @property
    def down(self) -> int:
        """Areas whose last score is lower than the first."""
        return sum(1 for area in self.areas if (area.change or 0) < 0)

    @property
    def once(self) -> int:
        """Areas read once: no change can be told of them."""
        return sum(1 for area in self.areas if area.change is None)


def distance_travelled(scores: Sequence[Score]) -> list[Travelled]:
    """Per tool, by name, what changed from the first reading to the last one of each area.

    Two readings of an area on one day: the one recorded later holds. Names differ by more than capitals.
    """
    held: dict[str, dict[str, dict[date, Score]]] = defaultdict(lambda: defaultdict(dict))
    for score in sorted(scores, key=lambda s: (s.scored_on, s.id)):
        held[score.tool.casefold()][score.area.casefold()][score.scored_on] = score
    found = []
    for areas in held.values():
        rows = []
        for days in areas.values():
            readings = list(days.values())
            first, last = readings[0], readings[-1]
            rows.append(AreaTravelled(first.tool, first.area, first, last, len(readings)))
        found.append(Travelled(rows[0].tool, tuple(sorted(rows, key=lambda row: row.area.casefold()))))
    return sorted(found, key=lambda one: one.tool.casefold())


def _require_open(assessment: Assessment) -> None:
    if assessment.completed is not None:
        day = say_day(assessment.completed)
        raise Refused("complete", f"The assessment was completed on {day}; start a new one.", assessment.id)
