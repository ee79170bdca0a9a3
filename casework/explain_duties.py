"""The rules of `explain` that say what is owed: lateness, duties, alerts, returns, the reasons of a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from casework.calendars import monday_of
from casework.codes import NEW_CODES_FROM
from casework.explain_rules import Answer, Rule, codes_of, dated_marks, iso, rule_of
from casework.inputs import Fields, bad_field
from casework.parameters import (
    ABSENCE_ALERTS,
    ATTENDANCE_RETURN_DAYS,
    CONTACTS_EXPECTED,
    N_CODE_DAYS,
    THRESHOLD_WEEKS,
)
from casework.weeks import EMPTY_WEEK, pack, slot_of, unpack
from casework.wording import count_of

if TYPE_CHECKING:
    from casework.ncodes import Duty
    from casework.triage import Facts, Why

_SATURDAY = 5
_MOST_DAYS = 1_000
_MOST_SESSIONS = 1_000_000


def _weeks(fields: Fields) -> list[tuple[date, str]]:
    weeks: dict[date, list[str]] = {}
    for at, (day, session, code) in enumerate(dated_marks(fields)):
        if day.weekday() >= _SATURDAY:
            raise bad_field(f"marks[{at}]", "on a day from Monday to Friday")
        slots = weeks.setdefault(monday_of(day), unpack(EMPTY_WEEK))
        slots[slot_of(day, session)] = code.strip().upper() or "-"
    return [(monday, pack(slots)) for monday, slots in sorted(weeks.items())]


def _duties(duties: Sequence[Duty]) -> Answer:
    told = [{"what": duty.what, "why": duty.why, "source": duty.source} for duty in duties]
    return {"duties": told}, tuple(f"{duty.what}: {duty.why}" for duty in duties)


def _lateness(fields: Fields) -> Answer:
    from casework.attendance import tally

    counted = tally(codes_of(fields, "marks"))
    result = {
        "late": counted.late,
        "late_before_close": counted.late_before_close,
        "late_after_close": counted.late_after_close,
    }
    before = count_of(counted.late_before_close, "session")
    after = count_of(counted.late_after_close, "session")
    return result, (
        f"{before} late before the register closed (L): present.",
        f"{after} late after it closed (U): unauthorised absence.",
    )


def _first_day(fields: Fields) -> Answer:
    from casework.ncodes import first_day_duties

    held = fields.whole("contacts_held", 0, 100) if fields.has("contacts_held") else None
    days = fields.whole("days_unexplained", 1, _MOST_DAYS) if fields.has("days_unexplained") else 1
    return _duties(
        first_day_duties(
            fields.day("day"),
            days_unexplained=days,
            contacts_held=held,
            social_worker=fields.flag("social_worker", default=False),
            youth_justice_worker=fields.flag("youth_justice_worker", default=False),
        )
    )


def _suspension_notices(fields: Fields) -> Answer:
    from casework.suspensions import who_must_be_told

    return _duties(
        who_must_be_told(
            permanent=fields.flag("permanent"),
            social_worker=fields.flag("social_worker", default=False),
            looked_after=fields.flag("looked_after", default=False),
        )
    )


def _alerts(fields: Fields) -> Answer:
    from casework.missing_education import unexplained_absence

    alert = unexplained_absence(_weeks(fields), fields.calendar(), fields.day("today"))
    result = {
        "days": alert.days,
        "level": alert.level,
        "since": iso(alert.since),
        "next_level": alert.next_level,
    }
    return result, alert.reasons


def _standing(fields: Fields) -> Answer:
    from casework.legal import threshold

    stand = threshold(dated_marks(fields), fields.calendar(), fields.day("today"))
    result = {
        "unauthorised_in_window": stand.unauthorised_in_window,
        "limit": stand.limit,
        "threshold_met": stand.met_now,
        "window_from": iso(stand.window_from),
        "window_to": iso(stand.window_to),
        "drops_out": iso(stand.drops_out),
    }
    return result, stand.reasons


def _returns(fields: Fields) -> Answer:
    from casework.missing_education import returns_due

    due = returns_due(_weeks(fields), fields.calendar(), fields.day("today"))
    result = {"returns": [{"name": one.name, "days": one.days} for one in due]}
    reasons = tuple(f"{one.name.capitalize()}: {one.reason}" for one in due)
    return result, reasons or ("No run of marks is long enough for a return.",)


def _not_seen(fields: Fields) -> Answer:
    from casework.missing_education import days_not_seen

    last, today = fields.day_or_none("last_seen"), fields.day("today")
    if last is not None and last > today:
        raise bad_field("last_seen", "a day on or before today")
    calendar = fields.calendar() if fields.has("terms") else None
    verdict = days_not_seen(last, today, calendar)
    return {"days": verdict.days, "school_days": verdict.school_days}, verdict.reasons


def _words(fields: Fields, field: str) -> frozenset[str]:
    if not fields.has(field):
        return frozenset()
    words = []
    for name, item in fields.items(field):
        if not isinstance(item, str):
            raise bad_field(name, "text")
        words.append(item)
    return frozenset(words)


def _facts(fields: Fields) -> Facts:
    from casework.triage import Facts, YearCounts

    year = YearCounts()
    if fields.has("year"):
        given = Fields(fields.mapping("year"), "year")
        possible = given.whole("possible", 0, _MOST_SESSIONS)
        absent = given.whole("absent", 0, possible)
        year = YearCounts(possible=possible, attended=possible - absent, unauthorised=absent)
    reviews = []
    if fields.has("flag_reviews"):
        for name, item in fields.items("flag_reviews"):
            one = Fields(item, name)
            reviews.append((one.text("flag"), one.day("review")))
    contact = fields.day_or_none("last_contact") if fields.has("last_contact") else None
    return Facts(
        weeks=_weeks(fields),
        flags=_words(fields, "flags"),
        year=year,
        last_contact=contact,
        flag_reviews=reviews,
    )


def _triage(fields: Fields) -> Answer:
    from casework.triage import caseload_reasons, morning_reasons

    facts, calendar, today = _facts(fields), fields.calendar(), fields.day("today")
    past = [(monday, _until(monday, marks, today)) for monday, marks in facts.weeks if monday <= today]
    facts = replace(facts, weeks=past)
    morning = morning_reasons(facts, calendar, today)
    caseload = caseload_reasons(facts, calendar, today)
    result = {"round": [_why(why) for why in morning], "caseload": [_why(why) for why in caseload]}
    reasons = tuple(f"{why.text}. Clears with: {why.clears_with}." for why in caseload)
    return result, reasons or ("Nothing runs for this child.",)


def _until(monday: date, marks: str, today: date) -> str:
    kept = (today - monday).days * 2 + 2
    return pack([code if slot < kept else "-" for slot, code in enumerate(unpack(marks))])


def _why(why: Why) -> dict[str, Any]:
    return {
        "rule": why.rule,
        "text": why.text,
        "since": iso(why.since),
        "due": iso(why.due),
        "clears_with": why.clears_with,
    }


DUTIES = (
    Rule(
        "lateness",
        "SI 2024/208 reg 10; DfE, Working together to improve school attendance, 2024",
        NEW_CODES_FROM,
        "Late before the register closed (L, present) and after it (U, absent), counted apart.",
        _lateness,
    ),
    rule_of(
        "first_day_duties",
        CONTACTS_EXPECTED,
        "What to do on a day of unexplained absence, in order.",
        _first_day,
    ),
    rule_of(
        "missing_education_alerts",
        ABSENCE_ALERTS,
        "Alerts at 5, 10 and 15 school days coded G, N or O in a row.",
        _alerts,
    ),
    rule_of(
        "penalty_notice_standing",
        THRESHOLD_WEEKS,
        "Unauthorised sessions in the ten school weeks that end today, and when the oldest drops out.",
        _standing,
    ),
    rule_of(
        "returns_due",
        ATTENDANCE_RETURN_DAYS,
        "The attendance and the sickness return that the school owes the council.",
        _returns,
    ),
    Rule(
        "days_not_seen",
        "Keeping children safe in education; local setting",
        NEW_CODES_FROM,
        "Calendar and school days since anybody last saw the child.",
        _not_seen,
    ),
    Rule(
        "suspension_notifications",
        "DfE, Suspension and permanent exclusion guidance",
        date(2012, 9, 1),
        "Who must be told of a suspension or a permanent exclusion.",
        _suspension_notices,
    ),
    rule_of(
        "triage",
        N_CODE_DAYS,
        "Why a child is on the round and on the caseload, the weightiest reason first.",
        _triage,
    ),
)
"""Rules beside those of the machine-checkable cases."""
