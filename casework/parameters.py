"""Every threshold, fee and deadline, each with the dates between which it holds and its source.

A rule asks ``at(TABLE, on)``; a change of the law is a new row here, never a change of a rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Generic, TypeVar

from casework.errors import BadInput
from casework.wording import say_day

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Dated(Generic[T]):
    """One value of a parameter from ``valid_from`` to ``valid_to`` (included; None means still in force)."""

    value: T
    valid_from: date
    valid_to: date | None
    source: str


@dataclass(frozen=True, slots=True)
class Table(Generic[T]):
    """The values a parameter has had, in any order and without overlap."""

    name: str
    rows: tuple[Dated[T], ...]


def row_at(table: Table[T], on: date) -> Dated[T]:
    """The row in force on a date. Raises BadInput when the table holds none for that date."""
    for row in table.rows:
        if row.valid_from <= on and (row.valid_to is None or on <= row.valid_to):
            return row
    raise BadInput(
        "no-rule-on-date",
        f"No value for {table.name} is known for {say_day(on)}: give a later date.",
        where=table.name,
    )


def at(table: Table[T], on: date) -> T:
    """The value in force on a date. Raises BadInput when the table holds none for that date."""
    return row_at(table, on).value


def at_or_first(table: Table[T], on: date) -> T:
    """The value in force on a date; on one before the table begins, its first value."""
    return at(table, max(on, min(row.valid_from for row in table.rows)))


def _since(name: str, value: T, start: date, source: str) -> Table[T]:
    return Table(name, (Dated(value, start, None, source),))


_WTISA_FROM = date(2024, 8, 19)
_WTISA = "DfE, Working together to improve school attendance, 2024"
_REGISTER = "School Attendance (Pupil Registration) (England) Regulations 2024 (SI 2024/208)"
_PENALTY = "National framework for penalty notices, from 19 Aug 2024, " + _WTISA
_STATISTICS = "DfE, Pupil absence in schools in England: methodology"
_SUSPENSION_FROM = date(2012, 9, 1)
_SUSPENSION = "School Discipline (Pupil Exclusions and Reviews) (England) Regulations 2012"
_PROVISION = "Education and Inspections Act 2006 s.100; Education Act 1996 s.19"
_SEND_FROM = date(2014, 9, 1)
_SEND = "Special Educational Needs and Disability Regulations 2014; SEND code of practice 2015"
_EARLY_HELP_FROM = date(2018, 9, 1)
_EARLY_HELP = "Early help unit standards of the pilot (local setting)"
_LOCAL = "local setting; no national or Kent rule sets it"
_LOCAL_PRACTICE = "local practice"
_CIN = "DfE, Characteristics of children in need: re-referrals"
_GDPR_FROM = date(2018, 5, 25)
_GDPR = "UK GDPR art. 12; Information Commissioner's Office guidance on the right of access"

# Absence
PERSISTENT_SHARE = _since("persistent absence", Fraction(1, 10), date(2015, 9, 1), _STATISTICS)
"""Share of a pupil's own possible sessions."""
SEVERE_SHARE = _since("severe absence", Fraction(1, 2), date(2015, 9, 1), _STATISTICS)
"""Share of a pupil's own possible sessions."""
SESSIONS_FOR_RATE = _since(
    "sessions for a rate", 20, date(2015, 9, 1), "Outreach: with fewer, one day missed is persistent absence"
)
"""Possible sessions of the school year below which a reason shows counts and makes no claim."""
N_CODE_DAYS = _since("N code", 5, _WTISA_FROM, _REGISTER)
"""School days after the session within which N becomes another code."""
CONTACTS_EXPECTED = _since("emergency contacts", 2, _WTISA_FROM, _WTISA)
"""Emergency contacts a school is expected to hold for a pupil."""

# Legal ladder
THRESHOLD_SESSIONS = _since("penalty notice threshold", 10, _WTISA_FROM, _PENALTY)
"""Unauthorised sessions in one window."""
THRESHOLD_WEEKS = _since("penalty notice window", 10, _WTISA_FROM, _PENALTY)
"""School weeks in one window."""
THRESHOLD_CODES = _since("penalty notice codes", frozenset("GNOU"), _WTISA_FROM, _PENALTY)
"""Codes that count."""
NOTICE_FULL = _since("penalty notice", 160, _WTISA_FROM, _PENALTY)
"""Pounds."""
NOTICE_REDUCED = _since("first penalty notice paid early", 80, _WTISA_FROM, _PENALTY)
"""Pounds, first notice only."""
NOTICE_EARLY_DAYS = _since("early payment of a penalty notice", 21, _WTISA_FROM, _PENALTY)
"""Calendar days."""
NOTICE_FINAL_DAYS = _since("payment of a penalty notice", 28, _WTISA_FROM, _PENALTY)
"""Calendar days."""
NOTICE_YEARS = _since("penalty notice escalation", 3, _WTISA_FROM, _PENALTY)
"""Years from the issue of the first notice."""
NOTICES_IN_PERIOD = _since("penalty notices in one period", 2, _WTISA_FROM, _PENALTY)
"""Notices per parent and child in those years."""

# Suspension
SUSPENSION_LIMIT = _since("suspension limit", 45, _SUSPENSION_FROM, _SUSPENSION)
"""School days in one school year, across schools."""
BOARD_REPRESENTATIONS = _since("governing board, lower limit", 5, _SUSPENSION_FROM, _SUSPENSION)
"""School days in one term up to which the board only considers representations."""
BOARD_ON_REQUEST = _since("governing board, upper limit", 15, _SUSPENSION_FROM, _SUSPENSION)
"""School days in one term up to which the board meets only if parents ask."""
BOARD_REQUEST_DAYS = _since("governing board meeting on request", 50, _SUSPENSION_FROM, _SUSPENSION)
"""School days."""
BOARD_MUST_DAYS = _since("governing board meeting", 15, _SUSPENSION_FROM, _SUSPENSION)
"""School days."""
PROVISION_DAY = _since("sixth-day provision", 6, date(2007, 9, 1), _PROVISION)
"""The consecutive school day from which full-time education is owed."""

# Children missing education
DELETION_DAYS = _since("20-day ground for deletion", 20, _WTISA_FROM, _REGISTER + " reg 9")
"""Continuous school days."""
DELETION_CODES = _since("codes of the 20-day ground", frozenset("GNO"), _WTISA_FROM, _REGISTER + " reg 9")
"""Codes that count; any other breaks the run."""
ABSENCE_ALERTS = _since("unexplained absence alerts", (5, 10, 15), _WTISA_FROM, "local setting")
"""School days of unexplained absence at which a worker is alerted."""
ATTENDANCE_RETURN_DAYS = _since("attendance return", 10, _WTISA_FROM, _REGISTER)
"""Continuous school days of unauthorised absence at which the council is told."""
SICKNESS_RETURN_DAYS = _since("sickness return", 15, _WTISA_FROM, _REGISTER)
"""School days of illness, likely or reached, at which the council is told."""

# Early help
ALLOCATION_DAYS = _since("allocation", 4, _EARLY_HELP_FROM, _EARLY_HELP)
"""Working days from sufficient information to allocation."""
CONVERSATION_DAYS = _since("district conversation", 2, _EARLY_HELP_FROM, _EARLY_HELP)
"""Working days to an answer."""
PLAN_REVIEW_WEEKS = _since("plan review", 6, _EARLY_HELP_FROM, _EARLY_HELP)
"""Weeks of 7 days from one review of a plan to the next; a common cycle of 4 to 12."""
ASSESSMENT_WEEKS = _since("assessment", 2, _EARLY_HELP_FROM, _EARLY_HELP)
"""Weeks of 7 days from notification to a completed assessment (Kent, 2015); a local setting."""
NOTIFIER_CONTACT_DAYS = _since("notifier contact", 2, _EARLY_HELP_FROM, _LOCAL)
"""Working days from allocation within which the worker speaks with the notifier; a local setting."""
FIRST_VISIT_DAYS = _since("first visit", 5, _EARLY_HELP_FROM, _LOCAL)
"""Working days from allocation to a first visit to the family; a local setting."""
CONTACT_DAYS = _since("contact", 14, _EARLY_HELP_FROM, _LOCAL)
"""Calendar days without any contact with a family after which its worker is reminded; a local setting."""
ACTION_NOTICE_DAYS = _since("notice of an action", 7, _EARLY_HELP_FROM, _LOCAL)
"""Calendar days before its due day from which an action of a plan is listed; a local setting."""
AGREEMENT_NOTICE_DAYS = _since("notice of an agreement", 28, _EARLY_HELP_FROM, _LOCAL)
"""Calendar days before its review or its end from which an agreement is listed; a local setting."""
LONGEST_PAUSE_DAYS = _since("pause of a clock", 182, _EARLY_HELP_FROM, _LOCAL)
"""Calendar days after which a paused or snoozed clock is listed again whatever was set; a local setting."""
DISAGREEMENT_DAYS = _since("answer to a disagreement", 5, _EARLY_HELP_FROM, _LOCAL_PRACTICE)
"""Working days in which each level answers a professional disagreement; a local setting."""
RE_REFERRAL_MONTHS = _since("re-referral", 12, date(2009, 4, 1), _CIN)
"""Months."""

# SEND
ASSESS_WEEKS = _since("decision to assess", 6, _SEND_FROM, _SEND)
"""Weeks of 7 days from receipt of the request."""
NO_PLAN_WEEKS = _since("notice of no plan", 16, _SEND_FROM, _SEND)
"""Weeks of 7 days from receipt of the request."""
FINAL_PLAN_WEEKS = _since("final plan", 20, _SEND_FROM, _SEND)
"""Weeks of 7 days from receipt of the request."""
DRAFT_COMMENT_DAYS = _since("comments on a draft plan", 15, _SEND_FROM, _SEND)
"""Calendar days, at least."""
REVIEW_DECISION_WEEKS = _since("annual review decision", 4, _SEND_FROM, _SEND)
"""Weeks from the meeting."""
REVIEW_FINAL_WEEKS = _since("final amended plan", 8, _SEND_FROM, _SEND)
"""Weeks from the decision letter."""
REVIEW_MONTHS = _since("annual review", 12, _SEND_FROM, _SEND)
"""Months from the last review."""
REVIEW_MONTHS_UNDER_5 = _since("review of a child under 5", 6, _SEND_FROM, _SEND)
"""Months from the last review (the code of practice says 3 to 6)."""

# Rights
ACCESS_MONTHS = _since("subject access", 1, _GDPR_FROM, _GDPR)
"""Calendar months from receipt."""
ACCESS_EXTENSION_MONTHS = _since("subject access, complex request", 2, _GDPR_FROM, _GDPR)
"""Further calendar months for a complex request."""
