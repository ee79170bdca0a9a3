"""Building the edits of the round and of the chronology: a follow-up, a bulk of them, a contact.

Outreach workers never change a statutory mark: a reason that a family gives is recorded here and passed to
the school, which decides the code (DfE, Working together to improve school attendance, 2024).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import get_args

from casework.codes import Code, CodeClass, in_force, lookup
from casework.edits import Edit, bundle, create
from casework.errors import BadInput
from casework.ids import new_id
from casework.records import LONGEST_LINE, LONGEST_NOTE, Contact
from casework.records_attendance import TOLD_SOCIAL_WORKER, FollowUp, FollowUpOutcome
from casework.wording import CONTACT_KINDS, OUTCOME_LABELS

OUTCOMES: tuple[FollowUpOutcome, ...] = get_args(FollowUpOutcome)

NOBODY_REACHED = frozenset({"no-answer", "left-message", "wrong-number", "not-seen"})
"""Outcomes by which the child cannot have been spoken to."""
HONEST_CONTACTS = frozenset({"call", "text", "email", "home-visit", "school-visit", "taf"})
"""Kinds of contact with a family, whether or not somebody was reached: they clear a reminder. A letter is
none, and supervision is without the family."""
VISITS = frozenset({"home-visit", "school-visit", "taf"})
"""Kinds of contact that are a visit or a meeting."""
HONEST_STEPS = frozenset({"spoke", "no-answer", "left-message", "wrong-number", "reason", "seen", "not-seen"})
"""Outcomes of following up an absence by which somebody was called or visited."""
VISIT_STEPS = frozenset({"seen", "not-seen"})
"""Outcomes of following up an absence that are a visit."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of the present a moment may lie: clocks differ."""

_REASONS = (CodeClass.AUTHORISED, CodeClass.UNAUTHORISED, CodeClass.NOT_POSSIBLE)
_COMMON = ("I", "M", "C", "G", "O", "Y1")
_UNKNOWN = "N"


def reason_codes(on: date) -> tuple[Code, ...]:
    """The codes that a family's reason for an absence may lead to on a date.

    Those of absence, authorised or not, and of being unable to attend (DfE, Working together to improve
    school attendance, 2024, chapter 8). A code of presence or of an activity is no reason for an absence, N
    says that none is known, and Z and # are no marks of a pupil due at school.
    """
    return tuple(
        code for kind in _REASONS for code in in_force(on) if code.kind is kind and code.code != _UNKNOWN
    )


def common_reasons(on: date) -> str:
    """The reasons given most, in words, for a sentence: `I illness ..., M medical ...`."""
    known = {code.code: code.meaning for code in reason_codes(on)}
    return "; ".join(f"{code} {known[code]}" for code in _COMMON if code in known)


def check_moment(at: datetime, now: datetime, where: str = "at") -> None:
    """Raise BadInput unless `at` lies before `now` or within the skew of clocks: a log tells what was.

    `where` names the field for the person who typed it.
    """
    if at > now + CLOCK_SKEW:
        raise BadInput("in-the-future", f"{where} lies in the future; give when it happened.", where)


def check_length(text: str, limit: int, where: str) -> None:
    """Raise BadInput for a text of more than `limit` characters; `where` names the field."""
    if len(text) > limit:
        words = where.lstrip("-").replace("_", " ")
        raise BadInput(
            "too-long", f"The {words} has {len(text):,} characters and may have {limit:,}; shorten it.", where
        )


def check_reason(code: str, on: date, where: str = "reason") -> None:
    """Raise BadInput unless a family's reason can lead to this code on a date (see `reason_codes`).

    `where` names the field for the person who typed it.
    """
    known = lookup(code, on)
    if known is None:
        raise BadInput("not-a-code", "The reason is not a register code; give one such as I, M or C.", where)
    if known not in reason_codes(on):
        raise BadInput(
            "not-a-reason",
            f"{known.code} ({known.meaning}) is no reason for an absence; give one such as I, M or C.",
            where,
        )


def follow_up(
    child: str,
    *,
    by: str,
    at: datetime,
    session_date: date,
    outcome: FollowUpOutcome,
    with_whom: str = "",
    alone: bool = False,
    reason_code: str = "",
    note: str = "",
    now: datetime | None = None,
) -> Edit:
    """One step of following up an absence, as a named edit. `at` and `now` are aware instants.

    Raises BadInput when `at` lies after `now` (where that is given), when the reason is not a code that an
    absence may have, or when the child is called seen alone without having been spoken to.
    """
    check_length(note, LONGEST_NOTE, "note")
    if now is not None:
        check_moment(at, now)
    code = reason_code.strip().upper()
    if code:
        check_reason(code, session_date)
    if outcome not in OUTCOMES:
        raise BadInput("not-an-outcome", "That is no outcome of a follow-up.", "outcome")
    if outcome == TOLD_SOCIAL_WORKER and (with_whom or alone):
        raise BadInput(
            "told-with", "Telling the social worker reaches nobody of the family: leave out who.", "with"
        )
    if code and outcome != "reason":
        raise BadInput("reason-needs-outcome", "A reason code goes with the outcome `reason`.", "reason")
    if alone and with_whom not in ("", "child"):
        raise BadInput(
            "alone-with", "Only a child is spoken to alone; leave out who else was there.", "alone"
        )
    if alone and outcome in NOBODY_REACHED:
        raise BadInput(
            "alone-unseen",
            f"Nobody was spoken to alone when it was “{OUTCOME_LABELS[outcome]}”; leave that out, or give"
            " another outcome.",
            "alone",
        )
    record = FollowUp.model_validate(
        {
            "id": new_id(),
            "child": child,
            "session_date": session_date,
            "at": at,
            "by": by,
            "outcome": outcome,
            "with_whom": with_whom,
            "alone": alone,
            "reason_code": code,
            "note": note,
        }
    )
    # The name of a step is read by whoever sees its child, and who was told is social care's to tell.
    words = "another service told" if outcome == TOLD_SOCIAL_WORKER else OUTCOME_LABELS[outcome]
    return Edit(f"Follow-up: {words}", (create(record),), subject=child)


def follow_up_all(
    children: Iterable[str], *, by: str, at: datetime, session_date: date, outcome: FollowUpOutcome
) -> Edit:
    """The same outcome for several children as one step, taken back by one undo."""
    edits = [follow_up(child, by=by, at=at, session_date=session_date, outcome=outcome) for child in children]
    return bundle(f"Follow-up of {len(edits)} children: {OUTCOME_LABELS[outcome]}", edits)


def contact(
    child: str,
    *,
    by: str,
    at: datetime,
    kind: str,
    outcome: str = "",
    seen: str = "",
    note: str = "",
    next_step: str = "",
    corrects: str | None = None,
    now: datetime | None = None,
) -> Edit:
    """An entry of the chronology as a named edit.

    Raises BadInput when `at` lies after `now` (where that is given), and pydantic.ValidationError for an
    unfit value.
    """
    check_length(note, LONGEST_NOTE, "note")
    check_length(next_step, LONGEST_LINE, "next step")
    if now is not None:
        check_moment(at, now)
    record = Contact.model_validate(
        {
            "id": new_id(),
            "child": child,
            "at": at,
            "by": by,
            "kind": kind,
            "outcome": outcome,
            "seen": seen,
            "note": note,
            "next_step": next_step,
            "corrects": corrects,
        }
    )
    words = CONTACT_KINDS.get(kind, kind)
    return Edit(f"Contact: {words}", (create(record),), subject=child)
