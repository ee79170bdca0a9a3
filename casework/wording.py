"""Plain words for dates and counts, so that every rule gives its reasons in the same voice."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import date
from fractions import Fraction

from casework.relationships import say_relationship

_STORED_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def say_day(day: date) -> str:
    """A date as a worker says it: ``Fri 20 Nov 2026``, whatever the machine's language."""
    return f"{_DAYS[day.weekday()]} {say_born(day)}"


def say_born(day: date | str | None) -> str:
    """A day of birth, whose weekday tells nothing: ``3 Mar 2018``; "not known" where there is none.

    Text is a stored date, or words from a file that stay as they are.
    """
    if isinstance(day, str):
        day = stored_day(day) or day
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}" if isinstance(day, date) else day or "not known"


def stored_day(text: str) -> date | None:
    """The day that a text is when it is one as records keep it, ``2026-11-20``; None for any other text."""
    if not _STORED_DAY.fullmatch(text):
        return None
    with suppress(ValueError):
        return date.fromisoformat(text)
    return None


def count_of(number: int | float | Fraction, one: str, many: str = "") -> str:
    """A number with its noun: ``1 session``, ``0.5 days``, ``1,204 marks``. Whole numbers lose ``.0``."""
    value = float(number)
    shown = f"{int(value):,}" if value == int(value) else f"{value:g}"
    return f"{shown} {one if value == 1 else many or one + 's'}"


def given_up_words(number: int) -> str:
    """How many records a session with the central record gave up, and why."""
    gone = count_of(number, "record was", "records were")
    return f"{gone} given up: taken back or merged, or not covered by your work or by what the family agreed."


def exchanged_words(steps: int, records: int) -> str:
    """What a session with the central record carried: this laptop's steps, and records as they stand."""
    return f"{count_of(steps, 'step')} sent, {count_of(records, 'record')} received"


def join_words(words: list[str] | tuple[str, ...]) -> str:
    """A list in words: ``G, N, O and U``."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


# Stored values in words: a worker meets no short form. Registers, JSON and filters keep the stored ones.

OUTCOME_LABELS: Mapping[str, str] = {
    "spoke": "spoke to somebody",
    "no-answer": "no answer",
    "left-message": "message left",
    "wrong-number": "wrong number",
    "reason": "reason given",
    "visit-planned": "visit planned",
    "seen": "child seen",
    "not-seen": "visited, child not seen",
    "safeguarding": "safeguarding lead told",
    "closed": "closed",
    "told-social-worker": "social worker told",
}
"""What came of a follow-up."""

CONTACT_KINDS: Mapping[str, str] = {
    "call": "call",
    "text": "text message",
    "email": "email",
    "home-visit": "home visit",
    "school-visit": "school visit",
    "taf": "Team Around the Family",
    "supervision": "supervision",
    "letter": "letter",
}

CONTACT_OUTCOMES: Mapping[str, str] = {
    "parent": "spoke to a parent",
    "child": "spoke to the child",
    "other": "spoke to another adult",
    "message": "left a message",
    "no-reply": "no reply",
    "wrong-number": "wrong number",
    "refused": "refused to speak",
}

SEEN: Mapping[str, str] = {
    "alone": "seen alone",
    "with-adult": "seen with an adult",
    "not-seen": "not seen",
}

FLAGS: Mapping[str, str] = {
    "child-protection": "child protection plan",
    "child-in-need": "child in need",
    "looked-after": "looked after",
    "missing-exploitation": "missing or at risk of exploitation",
    "risk-to-visitors": "risk to visitors",
    "address-protection": "address protected",
    "youth-justice": "youth justice",
    "ehc-plan": "EHC plan",
    "sen-support": "SEN support",
    "young-carer": "young carer",
    "previously-looked-after": "previously looked after",
    "free-school-meals": "free school meals",
    "service-child": "service child",
    "eal": "English as an additional language",
}
"""Flags, the weightiest first."""

SEN: Mapping[str, str] = {"N": "no special provision", "K": "SEN support (K)", "E": "EHC plan (E)"}

RESPONSIBILITY: Mapping[str, str] = {
    "yes": "has parental responsibility",
    "no": "no parental responsibility",
    "unknown": "parental responsibility not known",
}

CATEGORIES: Mapping[str, str] = {
    "identity": "identity",
    "attendance": "attendance",
    "family": "family",
    "education": "education",
    "send": "special educational needs",
    "health": "health",
    "social_care": "social care",
    "youth_justice": "youth justice",
    "safeguarding": "safeguarding",
    "workforce": "workforce",
}

CLOSE_REASONS: Mapping[str, str] = {
    "outcomes-achieved": "outcomes achieved",
    "universal-support": "needs met, universal support goes on",
    "stepped-up": "stepped up to social work",
    "stepped-down": "stepped down",
    "other-service": "another service took over",
    "disengaged": "the family no longer took part",
    "agreement-withdrawn": "the family withdrew its agreement",
    "moved-area": "moved out of the area",
    "no-further-action": "assessed, no further action",
    "opened-in-error": "opened in error",
    "child-died": "the child died",
}
"""Why a case was closed."""

ACTION_STATUSES: Mapping[str, str] = {
    "to-do": "to do",
    "in-progress": "in progress",
    "done": "done",
    "not-done": "not done",
    "dropped": "dropped",
}

REVIEW_DECISIONS: Mapping[str, str] = {
    "continue": "carry on with the plan",
    "step-up": "step up to social work",
    "step-down": "step down",
    "close": "close the case",
}

AGENCIES: Mapping[str, str] = {
    "early-help": "Early Help",
    "social-care": "social care",
    "school": "the school",
    "inclusion-attendance": "the inclusion and attendance service",
    "school-nursing": "school nursing",
    "youth-justice": "the youth justice service",
    "voluntary": "a voluntary organisation",
    "management": "management",
}

PURPOSES: Mapping[str, str] = {
    "support": "support",
    "assessment": "assessment",
    "planning": "planning",
    "attendance": "attendance",
    "safeguarding": "safeguarding",
    "evaluation": "evaluation",
}

AGREEMENT_STATES: Mapping[str, str] = {
    "given": "given",
    "limited": "given with limits",
    "refused": "refused",
    "withdrawn": "withdrawn",
    "expired": "expired",
}
"""States of an agreement; where there is none the word is "not asked"."""

CAPACITIES: Mapping[str, str] = {
    "child": "the child",
    "responsible": "a holder of parental responsibility",
}
"""As what somebody decides on an agreement."""

AGREEMENT_METHODS: Mapping[str, str] = {
    "written": "in writing",
    "verbal": "by word of mouth",
    "electronic": "electronically",
}

DECISIONS: Mapping[str, str] = {"share": "share", "not-share": "do not share"}

FEEDBACK: Mapping[str, str] = {
    "full": "given the full update",
    "in-touch": "told that the team is in touch, and no more",
}
"""What the notifier of a concern may be told, after "They may be"."""

_WITH_WHOM: Mapping[str, str] = {"parent": "a parent", "child": "the child", "other": "another adult"}

_VALUES: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("action", "agency"): AGENCIES,
    ("action", "status"): ACTION_STATUSES,
    ("episode", "reason"): CLOSE_REASONS,
    ("review", "decision"): REVIEW_DECISIONS,
    ("agreement", "status"): AGREEMENT_STATES,
    ("agreement", "method"): AGREEMENT_METHODS,
    ("agreement", "capacity"): CAPACITIES,
    ("child", "sen"): SEN,
    ("contact", "kind"): CONTACT_KINDS,
    ("contact", "outcome"): CONTACT_OUTCOMES,
    ("contact", "seen"): SEEN,
    ("disclosure", "decision"): DECISIONS,
    ("flag", "kind"): FLAGS,
    ("notification", "feedback"): FEEDBACK,
    ("follow_up", "outcome"): OUTCOME_LABELS,
    ("follow_up", "with_whom"): _WITH_WHOM,
}


def say_value(record_type: str, field: str, value: str) -> str:
    """A stored value of a field as a person says it, a day of birth without its weekday; text stays."""
    if (record_type, field) == ("relationship", "kind"):
        return say_relationship(value)
    if day := stored_day(value):
        return say_born(day) if field == "dob" else say_day(day)
    return _VALUES.get((record_type, field), {}).get(value, value)


DISAGREEMENT_LEVELS: Mapping[str, str] = {
    "practitioner": "practitioner",
    "team-manager": "team manager",
    "district-manager": "District Manager",
}
"""With whom a professional disagreement stands."""
