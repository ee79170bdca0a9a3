"""Why a child is on a list, and in which order: every reason names its rule, its clock and what clears it.

There is no score. The order follows the weightiest reason, then the next, so that a person can say why one
row stands above another. Ethnicity and sex are never read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from casework.attendance import is_persistent, is_severe, percent
from casework.calendars import SchoolCalendar, monday_of
from casework.codes import NO_MARK
from casework.legal import threshold_of_weeks, unauthorised_now
from casework.missing_education import AbsenceAlert, unexplained_absence
from casework.ncodes import open_n_marks
from casework.parameters import SESSIONS_FOR_RATE, at
from casework.records_attendance import TOLD_SOCIAL_WORKER
from casework.weeks import SLOTS, UNEXPLAINED_CODE, unpack
from casework.wording import count_of, say_day

SOCIAL_WORKER_FLAGS = frozenset({"child-protection", "child-in-need", "looked-after"})
OPEN_OUTCOMES: Mapping[str, str] = {
    "no-answer": "called, no answer",
    "left-message": "message left",
    "wrong-number": "wrong number",
    "not-seen": "visited, not seen",
}
"""Follow-up outcomes after which the absence is still unexplained, with the status they give a row."""
SETTLED_OUTCOMES: Mapping[str, str] = {
    "spoke": "spoken to",
    "reason": "reason given (passed to school)",
    "visit-planned": "visit planned",
    "seen": "seen",
    "safeguarding": "escalated to the safeguarding lead",
    "closed": "closed",
}
"""Outcomes that take a row off the round: someone has acted, and it stays countable."""

REASON_KNOWN = frozenset({"reason", "seen"})
"""Outcomes after which nobody asks for a reason any more: one was passed on, or the child was seen."""

_PLAN, _PLAN_FAILED = "visit-planned", "not-seen"


def settled_by(outcomes: Iterable[str]) -> str:
    """The outcome by which an absence counts as acted on; "" while it is open. Oldest outcome first.

    The newest settling outcome holds, also where a weaker one follows it: a reason that was given stays given
    though nobody answers the next call. Only a planned visit comes to nothing, when the child was not seen.
    """
    held = ""
    for outcome in outcomes:
        if outcome in SETTLED_OUTCOMES:
            held = outcome
        elif outcome == _PLAN_FAILED and held == _PLAN:
            held = ""
    return held


def round_status(outcomes: Sequence[str]) -> str:
    """The words for how far the follow-up of one absence has come, from its outcomes, oldest first."""
    held = settled_by(outcomes)
    if held:
        return SETTLED_OUTCOMES[held]
    tried = tries(outcomes)
    return OPEN_OUTCOMES.get(tried[-1], "open") if tried else "open"


def tries(outcomes: Iterable[str]) -> list[str]:
    """Those of the outcomes that came of turning to the family, in their order."""
    return [outcome for outcome in outcomes if outcome != TOLD_SOCIAL_WORKER]


CLOSE_TO_THRESHOLD = 6
NO_CONTACT_DAYS = 10


@dataclass(frozen=True, slots=True)
class Why:
    """One reason for a row: the rule, in words, when it began, when it is due, and what would clear it."""

    rule: str
    text: str
    since: date | None
    due: date | None
    clears_with: str
    weight: int = 0


@dataclass(frozen=True, slots=True)
class YearCounts:
    """A child's sessions in the school year so far."""

    possible: int = 0
    attended: int = 0
    authorised: int = 0
    unauthorised: int = 0
    late: int = 0

    @property
    def absent(self) -> int:
        """Sessions of absence, authorised and not."""
        return self.authorised + self.unauthorised

    @property
    def attendance_pct(self) -> float | None:
        """Attendance as a percentage to one decimal place; None when no session was possible."""
        return percent(self.attended, self.possible)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules read of one child. `weeks` are (Monday, week string) of the last school weeks.

    `flags` holds only the kinds that this worker may see. `last_contact` and `last_seen` are None for never.
    `outcomes` are those of the follow-ups of the day's absence, oldest first.
    """

    weeks: Sequence[tuple[date, str]]
    flags: frozenset[str] = frozenset()
    year: YearCounts = YearCounts()
    last_contact: date | None = None
    last_seen: date | None = None
    flag_reviews: Sequence[tuple[str, date]] = ()
    outcomes: Sequence[str] = ()


def day_codes(weeks: Sequence[tuple[date, str]], day: date) -> tuple[str, str]:
    """The AM and PM codes of a day, "-" where there is no mark, as on every Saturday and Sunday."""
    monday, slot = monday_of(day), day.weekday() * 2
    for week, marks in weeks:
        if week == monday and slot < SLOTS:
            slots = unpack(marks)
            return slots[slot], slots[slot + 1]
    return NO_MARK, NO_MARK


def morning_reasons(facts: Facts, calendar: SchoolCalendar, day: date) -> list[Why]:
    """Why a child with an N on `day`, or with O and a running alert, is on the round, weightiest first."""
    reasons = _first_day(facts, day)
    reasons += _social_worker(facts, day)
    reasons += _absence_run(facts, calendar, day)
    reasons += _n_codes(facts, calendar, day)
    reasons += _threshold(facts, calendar, day)
    return sorted(reasons, key=lambda why: -why.weight)


def caseload_reasons(facts: Facts, calendar: SchoolCalendar, day: date) -> list[Why]:
    """Why a child of the caseload needs a look, the weightiest reason first; none when nothing runs."""
    reasons = _first_day(facts, day)
    reasons += _absence_run(facts, calendar, day)
    reasons += _n_codes(facts, calendar, day)
    reasons += _threshold(facts, calendar, day)
    reasons += _absence(facts, day)
    reasons += _contact(facts, day)
    reasons += [
        Why(
            "flag-review",
            f"{kind.replace('-', ' ')} flag is past its review",
            None,
            due,
            "the flag reviewed",
            35,
        )
        for kind, due in facts.flag_reviews
        if due < day
    ]
    if reasons and facts.flags & SOCIAL_WORKER_FLAGS:
        reasons += _social_worker(facts, day)
    return sorted(reasons, key=lambda why: -why.weight)


def order_key(reasons: Sequence[Why]) -> tuple[int, ...]:
    """Sorts rows by their weightiest reason, then the next, so that the order can be explained."""
    return (*(-why.weight for why in reasons), 1)


def _first_day(facts: Facts, day: date) -> list[Why]:
    am, pm = day_codes(facts.weeks, day)
    held = " and ".join(s for s, code in (("AM", am), ("PM", pm)) if code == UNEXPLAINED_CODE)
    if not held:
        return []
    settled = settled_by(facts.outcomes)
    if settled in REASON_KNOWN:
        text = f"Still N on the register for {held} on {say_day(day)}: {SETTLED_OUTCOMES[settled]}"
        return [Why("first-day", text, day, None, "the school's own code in the register", 10)]
    text = f"No reason yet for {held} on {say_day(day)}"
    return [Why("first-day", text, day, day, "a reason passed to the school, or the child seen", 10)]


def _social_worker(facts: Facts, day: date) -> list[Why]:
    held = sorted(facts.flags & SOCIAL_WORKER_FLAGS)
    if not held or TOLD_SOCIAL_WORKER in facts.outcomes:
        return []
    return [
        Why(
            "social-worker",
            f"Has a social worker ({held[0].replace('-', ' ')}): tell them of unexplained absence",
            day,
            day,
            "the social worker told",
            90,
        )
    ]


_CME_WEIGHTS = ((15, 85), (10, 80), (5, 70))


def absence_alert(
    weeks: Sequence[tuple[date, str]], calendar: SchoolCalendar, day: date
) -> AbsenceAlert | None:
    """The alert at 5, 10 or 15 school days of G, N or O in a row up to ``day``; None below the first."""
    if not any("N" in marks or "O" in marks or "G" in marks for _, marks in weeks):
        return None
    alert = unexplained_absence(weeks, calendar, day)
    return alert if alert.level else None


def _absence_run(facts: Facts, calendar: SchoolCalendar, day: date) -> list[Why]:
    alert = absence_alert(facts.weeks, calendar, day)
    if alert is None:
        return []
    weight = next(weight for limit, weight in _CME_WEIGHTS if alert.level >= limit)
    text = f"Absent without a known good reason (G, N or O) for {count_of(alert.days, 'school day')} in a row"
    text += f" (alert at {alert.level})"
    return [Why("missing-education", text, alert.since, None, "the child seen, or a known reason", weight)]


def _n_codes(facts: Facts, calendar: SchoolCalendar, day: date) -> list[Why]:
    pressing = [n for n in open_n_marks(facts.weeks, calendar, day) if n.overdue or n.due_today]
    if not pressing:
        return []
    oldest = pressing[0]
    state = "overdue" if oldest.overdue else "due today"
    text = f"{count_of(len(pressing), 'N code')} {state}, oldest {say_day(oldest.session_date)}"
    return [
        Why(
            "n-code",
            text,
            oldest.session_date,
            oldest.last_day,
            "a reason code from the school, or O",
            50 if oldest.overdue else 45,
        )
    ]


def _threshold(facts: Facts, calendar: SchoolCalendar, day: date) -> list[Why]:
    if unauthorised_now(facts.weeks, calendar, day) < CLOSE_TO_THRESHOLD:
        return []
    stand = threshold_of_weeks(facts.weeks, calendar, day)
    count, limit = stand.unauthorised_in_window, stand.limit
    if count < CLOSE_TO_THRESHOLD:
        return []
    standing = f"{count} of {limit} unauthorised sessions"
    if count > limit:
        standing = f"{count} unauthorised sessions (threshold {limit})"
    drops = f", oldest drops out in week of {say_day(stand.drops_out)}" if stand.drops_out else ""
    return [
        Why(
            "ten-in-ten-weeks",
            f"{standing} in 10 school weeks{drops}",
            stand.window_from,
            None,
            "marks corrected by the school, or weeks passing",
            60 if count >= limit else 40,
        )
    ]


_TOO_FEW_WEIGHT = 5


def _absence(facts: Facts, day: date) -> list[Why]:
    year = facts.year
    if not year.possible:
        return []
    share = f"{year.absent} of {year.possible} sessions missed ({percent(year.absent, year.possible)} %)"
    clears = "attendance above the line again"
    if year.possible < at(SESSIONS_FOR_RATE, day):
        if not is_persistent(year.absent, year.possible):
            return []
        counts = f"{year.absent} of {count_of(year.possible, 'session')} missed"
        rule = "severe-absence" if is_severe(year.absent, year.possible) else "persistent-absence"
        few = f"{counts}: too few sessions yet to say more"
        return [Why(rule, few, None, None, "more sessions of the school year", _TOO_FEW_WEIGHT)]
    if is_severe(year.absent, year.possible):
        return [Why("severe-absence", f"Severely absent: {share}", None, None, clears, 65)]
    if is_persistent(year.absent, year.possible):
        return [Why("persistent-absence", f"Persistently absent: {share}", None, None, clears, 30)]
    return []


def _contact(facts: Facts, day: date) -> list[Why]:
    year = facts.year
    if not year.possible or not is_persistent(year.absent, year.possible):
        return []
    if facts.last_contact is None:
        return [Why("no-contact", "No contact recorded yet", None, None, "any honest contact", 25)]
    days = (day - facts.last_contact).days
    if days < NO_CONTACT_DAYS:
        return []
    text = f"No contact for {count_of(days, 'day')}"
    return [Why("no-contact", text, facts.last_contact, None, "any honest contact", 20)]
