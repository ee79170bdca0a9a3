"""The legal ladder: the national threshold and the escalation of penalty notices.

Source: national framework for penalty notices, from 19 Aug 2024 (DfE, Working together to improve school
attendance, 2024). Ten sessions of unauthorised absence (G, N, O, U) in ten school weeks mean that a notice
must be CONSIDERED, case by case; nothing here is ever sent. The window read here is ten consecutive school
weeks ending with a week; a week without sessions vanishes, terms and school years may be crossed. What is
counted are sessions, so a mark on a day that the calendar knows to be closed counts nowhere and is told.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

from casework.calendars import SchoolCalendar
from casework.clocks import add_months
from casework.errors import BadInput
from casework.parameters import (
    NOTICE_EARLY_DAYS,
    NOTICE_FINAL_DAYS,
    NOTICE_FULL,
    NOTICE_REDUCED,
    NOTICE_YEARS,
    NOTICES_IN_PERIOD,
    THRESHOLD_CODES,
    THRESHOLD_SESSIONS,
    THRESHOLD_WEEKS,
    at,
)
from casework.weeks import sessions, unpack
from casework.wording import count_of, join_words, say_day

FRAMEWORK_FROM = date(2024, 8, 19)
"""The national framework began; notices issued before it do not count."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Where a child stands against the national threshold.

    ``met_at`` is the (date, session) of the mark that first reached it; ``unauthorised_in_window`` counts the
    window that ends with the last week asked about, from Monday ``window_from`` to Sunday ``window_to`` (both
    None when the calendar holds no school week). ``drops_out`` is the Monday of the school week in which the
    oldest counted mark leaves the window (None without one, or when the calendar ends first).
    """

    threshold_met: bool
    met_at: tuple[date, str] | None
    most_in_any_window: int
    unauthorised_in_window: int
    limit: int
    window_from: date | None
    window_to: date | None
    drops_out: date | None
    reasons: tuple[str, ...]

    @property
    def met_now(self) -> bool:
        """Whether the present window reaches the threshold (it may have been met only in an older one)."""
        return self.unauthorised_in_window >= self.limit


@lru_cache(maxsize=65_536)
def unauthorised_in(marks: str, codes: frozenset[str] = frozenset("GNOU")) -> int:
    """How many slots of a week string hold one of the counted codes."""
    return sum(code in codes for code in unpack(marks))


def threshold(
    marks: Iterable[tuple[date, str, str]], calendar: SchoolCalendar, on: date | None = None
) -> Threshold:
    """The threshold from single marks (date, session "AM" or "PM", code).

    The last window ends with the week of ``on``, or of the last mark when ``on`` is None. Raises BadInput for
    a window that ends before the framework began.
    """
    ordered = sorted(marks)
    end = on or (ordered[-1][0] if ordered else FRAMEWORK_FROM)
    codes = at(THRESHOLD_CODES, end)
    counted = [
        (day, session) for day, session, code in ordered if code.strip().upper() in codes and day <= end
    ]
    return _judge(counted, calendar, end)


def threshold_of_weeks(weeks: Sequence[tuple[date, str]], calendar: SchoolCalendar, on: date) -> Threshold:
    """The threshold from a child's weeks (Monday, week string), as ``threshold`` gives it from marks."""
    codes = at(THRESHOLD_CODES, on)
    counted = [
        (day, session)
        for monday, marks in sorted(weeks)
        if monday <= on and unauthorised_in(marks, codes)
        for day, session, code in sessions(monday, marks)
        if code in codes and day <= on
    ]
    return _judge(counted, calendar, on)


def unauthorised_now(weeks: Iterable[tuple[date, str]], calendar: SchoolCalendar, on: date) -> int:
    """Only the count in the window ending with the week of ``on``: the quick look for a whole caseload.

    Counts whole weeks, so ``weeks`` must hold no marks after ``on``.
    """
    window = frozenset(calendar.school_weeks_ending(on, at(THRESHOLD_WEEKS, on)))
    codes = at(THRESHOLD_CODES, on)
    found = 0
    for monday, marks in weeks:
        if monday in window and (count := unauthorised_in(marks, codes)):
            closed = calendar.closed_in_week(monday)
            found += count - (_on_days(monday, marks, codes, closed) if closed else 0)
    return found


def _on_days(monday: date, marks: str, codes: frozenset[str], days: frozenset[date]) -> int:
    return sum(code in codes and day in days for day, _, code in sessions(monday, marks))


def _judge(counted: list[tuple[date, str]], calendar: SchoolCalendar, end: date) -> Threshold:
    limit, length = at(THRESHOLD_SESSIONS, end), at(THRESHOLD_WEEKS, end)
    placed = [
        mark for mark in counted if calendar.is_school_week(mark[0]) and not calendar.is_closed(mark[0])
    ]
    school_weeks = calendar.school_weeks(calendar.first_day or end, end)
    days = [day for day, _ in placed]
    most, met_at = 0, None
    for at_mark, (day, session) in enumerate(placed):
        last = bisect_right(school_weeks, day)
        first_monday = school_weeks[max(0, last - length)]
        in_window = at_mark + 1 - bisect_left(days, first_monday)
        most = max(most, in_window)
        if met_at is None and in_window >= limit:
            met_at = (day, session)
    window = school_weeks[-length:]
    now = len(days) - bisect_left(days, window[0]) if window else 0
    drops_out = _drops_out(days[-now], calendar, length) if now else None
    result = Threshold(
        threshold_met=met_at is not None,
        met_at=met_at,
        most_in_any_window=most,
        unauthorised_in_window=now,
        limit=limit,
        window_from=window[0] if window else None,
        window_to=window[-1] + timedelta(days=6) if window else None,
        drops_out=drops_out,
        reasons=(),
    )
    reasons = _reasons(result, length, len(counted) - len(placed), at(THRESHOLD_CODES, end))
    return replace(result, reasons=reasons)


def _drops_out(oldest: date, calendar: SchoolCalendar, length: int) -> date | None:
    """The first school week whose window no longer reaches back to the week of ``oldest``."""
    last = calendar.last_day
    if last is None:
        return None
    following = calendar.school_weeks(oldest, last)
    return following[length] if len(following) > length else None


def _reasons(result: Threshold, length: int, unplaced: int, codes: frozenset[str]) -> tuple[str, ...]:
    reasons, named = [], join_words(sorted(codes))
    if result.window_from is None or result.window_to is None:
        reasons.append("The school's calendar holds no school week up to this date.")
    else:
        window = f"{say_day(result.window_from)} to {say_day(result.window_to)}"
        reasons.append(
            f"{result.unauthorised_in_window} of {result.limit} unauthorised sessions ({named}) "
            f"in the window of {length} school weeks {window}."
        )
    if result.drops_out is not None:
        reasons.append(f"The oldest drops out in the week of {say_day(result.drops_out)}.")
    if result.met_at is not None:
        day, session = result.met_at
        reasons.append(
            f"Threshold reached on {say_day(day)} {session}: a notice must be considered, not issued."
        )
    else:
        reasons.append(f"No window of {length} school weeks holds more than {result.most_in_any_window}.")
    if unplaced:
        reasons.append(
            f"{count_of(unplaced, 'mark')} on a day without sessions by the school's calendar, not counted."
        )
    return tuple(reasons)


@dataclass(frozen=True, slots=True)
class Notice:
    """A penalty notice issued to one parent for one child."""

    issued: date
    parent: str
    child: str
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Escalation:
    """What a further notice to a parent for a child would be. Amounts in pounds; None when not allowed."""

    may_issue: bool
    ordinal: int | None
    pay_within_21: int | None
    pay_22_to_28: int | None
    reduced_until: date | None
    due: date | None
    reasons: tuple[str, ...]


def escalation(parent: str, child: str, prior: Iterable[Notice], issue_on: date) -> Escalation:
    """Which notice one issued on ``issue_on`` would be: per parent and per child.

    Three years run from the issue of the first notice on or after 19 Aug 2024; a notice after their end is a
    first one again. Withdrawn notices, other parents and other children do not count. Raises BadInput for an
    ``issue_on`` before the framework.
    """
    if issue_on < FRAMEWORK_FROM:
        raise BadInput(
            "before-framework",
            f"The national framework began on {say_day(FRAMEWORK_FROM)}: give a later date in issue_on.",
            where="issue_on",
        )
    years, allowed = at(NOTICE_YEARS, issue_on), at(NOTICES_IN_PERIOD, issue_on)
    counted = sorted(
        notice.issued
        for notice in prior
        if (notice.parent, notice.child) == (parent, child)
        and not notice.withdrawn
        and FRAMEWORK_FROM <= notice.issued <= issue_on
    )
    period: list[date] = []
    for issued in counted:
        if period and issued >= add_months(period[0], 12 * years):
            period = []
        period.append(issued)
    reasons = [f"{count_of(len(counted), 'earlier notice')} counted for this parent and this child."]
    if period:
        ends = add_months(period[0], 12 * years)
        if issue_on >= ends:
            reasons.append(f"The {years} years from {say_day(period[0])} ended on {say_day(ends)}.")
            if any(add_months(issued, 12 * years) > issue_on for issued in period[1:]):
                reasons.append(
                    "A later notice is still under 3 years old: ask the council which reading holds."
                )
            period = []
        else:
            reasons.append(f"The {years} years from the first notice end on {say_day(ends)}.")
    if len(period) >= allowed:
        reasons.append(
            f"{allowed} notices already stand in those years: consider other action, not a notice."
        )
        return Escalation(False, None, None, None, None, None, tuple(reasons))
    return _notice(len(period) + 1, issue_on, reasons)


def _notice(ordinal: int, issue_on: date, reasons: list[str]) -> Escalation:
    full = at(NOTICE_FULL, issue_on)
    early = at(NOTICE_REDUCED, issue_on) if ordinal == 1 else full
    until = issue_on + timedelta(days=at(NOTICE_EARLY_DAYS, issue_on))
    due = issue_on + timedelta(days=at(NOTICE_FINAL_DAYS, issue_on))
    if ordinal == 1:
        reasons.append(f"A first notice: {early} pounds until {say_day(until)}, {full} until {say_day(due)}.")
    else:
        reasons.append(f"A second notice: {full} pounds flat until {say_day(due)}.")
    return Escalation(True, ordinal, early, full, until if ordinal == 1 else None, due, tuple(reasons))
