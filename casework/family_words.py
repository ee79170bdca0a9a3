"""A case in plain words for the family: no short forms, no codes, dates in full.

What was told to a safeguarding lead, and a worker's own supervision, are never part of it: who reads it over
the family's shoulder is not known.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from casework.codes import UNABLE_TO_ATTEND, lookup
from casework.records import Contact
from casework.records_attendance import FollowUp
from casework.records_case import Action, Episode
from casework.wording import AGENCIES

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_CONTACTS: Mapping[str, str] = {
    "call": "We rang",
    "text": "We sent a text message",
    "email": "We sent an email",
    "home-visit": "We came to your home",
    "school-visit": "We came to the school",
    "taf": "Everybody who helps met with you",
    "letter": "We sent a letter",
}
_REACHED: Mapping[str, str] = {
    "parent": "we spoke with a parent",
    "child": "we spoke with {child}",
    "other": "we spoke with another adult",
    "message": "we left a message",
    "no-reply": "nobody answered",
    "wrong-number": "the number was wrong",
    "refused": "you did not want to speak then",
}
_TRIED: Mapping[str, str] = {
    "spoke": "we spoke with somebody",
    "no-answer": "nobody answered",
    "left-message": "we left a message",
    "wrong-number": "the number was wrong",
    "reason": "we were told the reason",
    "visit-planned": "we planned to come and see you",
    "seen": "we saw {child}",
    "not-seen": "we came and did not see {child}",
    "closed": "it was settled",
}
_STATUS: Mapping[str, str] = {
    "to-do": "still to do",
    "in-progress": "we have begun",
    "done": "done",
    "not-done": "not done",
    "dropped": "no longer needed",
}
DECISIONS: Mapping[str, str] = {
    "continue": "We carry on with this plan.",
    "step-up": "We ask social workers to help as well.",
    "step-down": "You need less help from us now; the people near you carry on.",
    "close": "We finish our work together.",
}
_ENDINGS: Mapping[str, str] = {
    "outcomes-achieved": "what you wanted has been reached",
    "universal-support": "school and the usual services carry on from here",
    "stepped-up": "social workers help from here",
    "stepped-down": "you need less help now",
    "other-service": "another service helps from here",
    "disengaged": "we could not work together any longer",
    "agreement-withdrawn": "you did not want us to go on",
    "moved-area": "you moved away",
    "no-further-action": "no more help was needed",
    "opened-in-error": "it was begun by mistake",
}


def full_day(day: date) -> str:
    """A date in full: ``Friday 20 November 2026``."""
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]} {day.year}"


def say_contact(contact: Contact, child: str) -> str:
    """A contact in one sentence, without its notes; "" for what is not for the family."""
    if contact.kind not in _CONTACTS:
        return ""
    words = [_CONTACTS[contact.kind]]
    if contact.outcome:
        words.append(_REACHED[contact.outcome].format(child=child))
    if contact.seen == "alone":
        words.append(f"we saw {child} alone")
    elif contact.seen == "with-adult":
        words.append(f"we saw {child} with an adult")
    return "; ".join(words) + "."


def say_follow_up(step: FollowUp, child: str, *, present: bool = False) -> str:
    """A follow-up of an absence in one sentence, "" as above; `present` when the register has the child in.

    Why a child was unable to attend is not told: one of the codes tells of custody.
    """
    if step.outcome not in _TRIED:
        return ""
    day = full_day(step.session_date)
    words = f"We asked about {day}: " if present else f"{child} was not in school on {day}: "
    words += _TRIED[step.outcome].format(child=child)
    known = lookup(step.reason_code, step.session_date)
    told = known is not None and known.code not in UNABLE_TO_ATTEND
    return words + (f" ({known.meaning})." if known and told else ".")


def say_action(action: Action, today: date) -> str:
    """Who does what by when, and how it stands."""
    who = ", ".join(part for part in (action.owner, AGENCIES.get(action.agency, "")) if part)
    state = _STATUS[action.status]
    if action.status in ("to-do", "in-progress") and action.due < today:
        state = f"late, {state}"
    why = f" ({action.why})" if action.why else ""
    return f"{action.text} - {who}, by {full_day(action.due)}: {state}{why}."


def say_episode(episode: Episode) -> list[tuple[date, str]]:
    """The beginning of the work and, when it has ended, its end, each with its day."""
    found = [(episode.opened, "We began to work together.")]
    if episode.closed is not None:
        why = _ENDINGS.get(episode.reason, "")
        found.append((episode.closed, "Our work together ended" + (f": {why}." if why else ".")))
    return found
