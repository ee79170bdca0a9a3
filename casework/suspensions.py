"""Suspension and permanent exclusion: limits, meetings, education owed and people to tell.

Source: School Discipline (Pupil Exclusions and Reviews) (England) Regulations 2012 and DfE guidance on
suspension and permanent exclusion; Education and Inspections Act 2006 s.100. Days are school days; a
session is half a day.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from casework.calendars import SchoolCalendar, school_year
from casework.ncodes import Duty
from casework.parameters import (
    BOARD_MUST_DAYS,
    BOARD_ON_REQUEST,
    BOARD_REPRESENTATIONS,
    BOARD_REQUEST_DAYS,
    PROVISION_DAY,
    SUSPENSION_LIMIT,
    at,
)
from casework.wording import count_of, say_day

_GUIDANCE = "DfE, Suspension and permanent exclusion guidance"
_LIMIT_SOURCE = "School Discipline (Pupil Exclusions and Reviews) (England) Regulations 2012"
_HALVES = 2


@dataclass(frozen=True, slots=True)
class Suspension:
    """One suspension: its first day and its length in school days (a session is 0.5)."""

    start: date
    days: float


@dataclass(frozen=True, slots=True)
class DayLimit:
    """A proposed suspension against the yearly limit; all in school days."""

    total_after: float
    remaining_before: float
    allowed: bool
    limit: int
    reasons: tuple[str, ...]


def days_in_year(suspensions: Iterable[Suspension], on: date) -> float:
    """School days suspended in the school year (September to August) of ``on``, across schools."""
    year = school_year(on)
    return float(sum(Fraction(item.days) for item in suspensions if school_year(item.start) == year))


def day_limit(prior: Iterable[Suspension], proposed: Suspension) -> DayLimit:
    """Whether a proposed suspension keeps within 45 school days of its school year, across schools."""
    limit = at(SUSPENSION_LIMIT, proposed.start)
    before = days_in_year(prior, proposed.start)
    after = before + proposed.days
    remaining = max(0.0, limit - before)
    year = school_year(proposed.start)
    name = f"the school year {year}/{(year + 1) % 100:02d}"
    reasons = (
        (
            f"{count_of(before, 'school day')} already suspended in {name}, "
            f"all schools together; {count_of(remaining, 'day')} left of {limit}."
        ),
        (
            f"With {count_of(proposed.days, 'day')} from {say_day(proposed.start)} it would be "
            f"{count_of(after, 'day')}: {'within' if after <= limit else 'over'} the limit."
        ),
    )
    return DayLimit(after, remaining, after <= limit, limit, reasons)


class BoardDuty(StrEnum):
    """What the governing board has to do."""

    CONSIDER = "consider_representations_only"
    MEET_IF_ASKED = "meet_within_50_if_representations"
    MUST_MEET = "must_meet_within_15"


@dataclass(frozen=True, slots=True)
class BoardVerdict:
    """The governing board's duty; ``within`` is in school days (None where no meeting is owed)."""

    duty: BoardDuty
    within: int | None
    reasons: tuple[str, ...]


def governing_board(
    days_in_term: float, on: date, *, missing_public_exam: bool = False, permanent: bool = False
) -> BoardVerdict:
    """The duty from the school days suspended in the term of ``on`` (a lunchtime is half a day).

    A permanent exclusion or a missed public exam or national test needs a meeting whatever the days.
    """
    low, high = at(BOARD_REPRESENTATIONS, on), at(BOARD_ON_REQUEST, on)
    must, asked = at(BOARD_MUST_DAYS, on), at(BOARD_REQUEST_DAYS, on)
    days = count_of(days_in_term, "school day")
    if permanent:
        cause = "A permanent exclusion"
    elif missing_public_exam:
        cause = "A public exam or national test would be missed"
    elif days_in_term > high:
        cause = f"{days} in the term, more than {high}"
    else:
        cause = ""
    if cause:
        reason = f"{cause}: the governing board must meet within {must} school days."
        return BoardVerdict(BoardDuty.MUST_MEET, must, (reason,))
    if days_in_term > low:
        reason = f"{days} in the term, more than {low} and not more than {high}: the governing board must "
        reason += f"meet within {asked} school days if the parents make representations."
        return BoardVerdict(BoardDuty.MEET_IF_ASKED, asked, (reason,))
    reason = f"{days} in the term, not more than {low}: the governing board considers any representations "
    reason += "and cannot reinstate."
    return BoardVerdict(BoardDuty.CONSIDER, None, (reason,))


@dataclass(frozen=True, slots=True)
class SixthDay:
    """From when full-time education is owed; None when it is not owed or the calendar ends first."""

    provision_from: date | None
    reasons: tuple[str, ...]


def sixth_day_provision(
    first_day: date, consecutive_school_days: float, calendar: SchoolCalendar, *, looked_after: bool = False
) -> SixthDay:
    """Full-time education from the 6th consecutive school day; day 1 is the first whole school day.

    A ``first_day`` without sessions is moved to the next school day. For a looked-after child good practice
    asks for it from day 1.
    """
    provision_day = at(PROVISION_DAY, first_day)
    practice = ("Looked-after child: good practice asks for education from day 1.",) if looked_after else ()
    if consecutive_school_days <= provision_day - 1:
        reason = f"{count_of(consecutive_school_days, 'school day')}, not more than {provision_day - 1}: the "
        return SixthDay(
            None, (reason + "school sets and marks work, no full-time education is owed.", *practice)
        )
    day_one = calendar.first_school_day(first_day)
    sixth = calendar.nth_school_day_after(day_one, provision_day - 1) if day_one else None
    if day_one is None or sixth is None:
        return SixthDay(None, ("The school's calendar ends before the 6th school day.", *practice))
    reason = (
        f"Day 1 is {say_day(day_one)}; school day {provision_day} is {say_day(sixth)}: full-time education "
    )
    return SixthDay(sixth, (reason + "is owed from then.", *practice))


def who_must_be_told(
    *, permanent: bool = False, social_worker: bool = False, looked_after: bool = False
) -> list[Duty]:
    """The people to tell without delay of every suspension of any length or permanent exclusion."""
    event = "permanent exclusion" if permanent else "suspension"
    duties = [
        Duty("Tell the parents in writing", f"Reasons, length and rights of the {event}.", _GUIDANCE),
        Duty("Tell the local authority", f"Every {event}, whatever its length.", _LIMIT_SOURCE),
    ]
    if social_worker or looked_after:
        duties.append(Duty("Tell the social worker", "The child has one.", _LIMIT_SOURCE))
    if looked_after:
        duties.append(Duty("Tell the virtual school head", "The child is looked after.", _LIMIT_SOURCE))
    return duties


def sessions_to_days(sessions: int) -> float:
    """Suspended sessions as school days: two sessions are one day."""
    return sessions / _HALVES
