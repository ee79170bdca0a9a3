"""Building the edits of the round and of the chronology: a follow-up, a bulk of them, a contact.

Outreach workers never change a statutory mark: a reason that a family gives is recorded here and passed to
the school, which decides the code (DfE, Working together to improve school attendance, 2024).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import get_args

from casework.codes import NO_MARK, lookup
from casework.edits import Edit, bundle, create
from casework.errors import BadInput
from casework.ids import new_id
from casework.records import Contact, FollowUp, FollowUpOutcome

OUTCOMES: tuple[FollowUpOutcome, ...] = get_args(FollowUpOutcome)

OUTCOME_LABELS: dict[str, str] = {
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
}


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
) -> Edit:
    """One step of following up an absence, as a named edit.

    Raises BadInput when the reason is not a register code, or the child is called seen alone without having
    been spoken to.
    """
    code = reason_code.strip().upper()
    if code and (code == NO_MARK or lookup(code, session_date) is None):
        raise BadInput(
            "not-a-code", "The reason is not a register code; give one such as I, M or C.", "reason"
        )
    if code and outcome != "reason":
        raise BadInput("reason-needs-outcome", "A reason code goes with the outcome `reason`.", "reason")
    if alone and with_whom not in ("", "child"):
        raise BadInput(
            "alone-with", "Only a child is spoken to alone; leave out who else was there.", "alone"
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
    return Edit(f"Follow-up: {OUTCOME_LABELS[outcome]}", (create(record),), subject=child)


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
) -> Edit:
    """An entry of the chronology as a named edit. Raises pydantic.ValidationError for an unfit value."""
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
    return Edit(f"Contact: {kind.replace('-', ' ')}", (create(record),), subject=child)
