"""A school's notification: what is missing in it, its allocation clock, and the edits of its way to a worker.

Source: Kent Family Support Framework (notification, triage, allocation within 4 working days of sufficient
information, contact with the notifier); an open case takes a notification as new information.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from casework.clocks import Clock, working_day_clock
from casework.days_given import require_come
from casework.early_help import ReReferral, working_day_deadline
from casework.edits import Change, Edit, create, update
from casework.episodes import re_referral_on
from casework.errors import BadInput, Refused
from casework.ids import new_id
from casework.parameters import ALLOCATION_DAYS, at
from casework.records import Child
from casework.records_case import Episode, Feedback, Notification, Pause
from casework.sharing_grid import Answer
from casework.wording import say_day

PARTS = {
    "concern": "the nature of the concern",
    "offered": "the support already offered, and its result",
    "outcome": "the intended outcome",
    "voice": "the child's voice, in their own words",
}
"""The four parts that a notification cannot do without, by field."""

ALLOCATION = "allocation"
"""The name of the clock from sufficient information to an allocated worker."""


def missing_parts(notification: Notification) -> list[str]:
    """What a notification still lacks, in words; empty when it is ready to send."""
    lacking = [words for field, words in PARTS.items() if not getattr(notification, field).strip()]
    if notification.voice.strip():
        if not notification.heard_by.strip():
            lacking.append("who listened to the child")
        if notification.heard_on is None:
            lacking.append("when the child was heard")
    return lacking


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a notification stands: `status` in the field's word, `missing` in words, `allocate_by` the last
    day for allocation, or None while its clock does not run, with why in `reasons`.
    """

    status: str
    missing: tuple[str, ...]
    allocate_by: date | None
    clock: Clock | None
    reasons: tuple[str, ...]

    @property
    def ready(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing


def standing(
    notification: Notification,
    pauses: Sequence[Pause],
    today: date,
    *,
    closed: date | None = None,
    extra_closed: Collection[date] = (),
) -> Standing:
    """How a notification stands on a day. `pauses` are its own; `closed` is when its episode ended.

    One that was complete before the first standard on allocation has no clock, and says so.
    """
    waiting = next((p for p in pauses if p.kind == "more-information" and p.end is None and not p.void), None)
    missing = missing_parts(notification)
    if waiting is not None:
        missing.append(f"the information asked for on {say_day(waiting.start)}")
    if closed is not None:
        return Standing("closed", tuple(missing), None, None, (f"Closed on {say_day(closed)}.",))
    if notification.new_information:
        return Standing(
            "new information", tuple(missing), None, None, ("A case is open: this is new information in it.",)
        )
    if notification.allocated_on is not None:
        reason = f"Allocated on {say_day(notification.allocated_on)}."
        return Standing("allocated", tuple(missing), None, None, (reason,))
    if missing or notification.sufficient_on is None:
        status = "more information asked" if waiting else "notified"
        return Standing(status, tuple(missing), None, None, ("The clock stands until it is complete.",))
    since = min(row.valid_from for row in ALLOCATION_DAYS.rows)
    if notification.sufficient_on < since:
        reason = f"No day for allocation is known before {say_day(since)}: it was complete before then."
        return Standing("in triage", (), None, None, (reason,))
    due = working_day_deadline(notification.sufficient_on, extra_closed=extra_closed)
    days = at(ALLOCATION_DAYS, notification.sufficient_on)
    clock = working_day_clock(ALLOCATION, notification.sufficient_on, days, today, extra_closed)
    return Standing("in triage", (), due.due, clock, due.reasons)


def receive(
    notification: Notification, today: date, episodes: Sequence[Episode] = ()
) -> tuple[Edit, Notification]:
    """A notification that came in, as an edit and as it is kept.

    Where it is complete its clock starts on the day it was received, or on that on which the child was heard,
    if that came later. While an episode of the child is open it
    is new information. Raises BadInput when it was received, or the child heard, in the future, or nobody is
    named as its sender.
    """
    if not notification.notifier.strip():
        raise BadInput("empty", "Say who sent the notification.", "--from")
    require_come(
        notification.received, today, "A notification is recorded once it was received.", "--received"
    )
    _check_heard(notification, today)
    kept = notification.model_copy(
        update={
            "sufficient_on": None
            if missing_parts(notification)
            else _complete(notification, notification.received),
            "new_information": any(e.closed is None for e in episodes),
        }
    )
    name = "New information from a school" if kept.new_information else "Notification received"
    return Edit(name, (create(kept),), subject=kept.child), kept


def need_information(
    notification: Notification, pauses: Sequence[Pause], by: str, reason: str, on: date, today: date
) -> Edit:
    """Triage asks for more: the allocation clock stops, and says why.

    Raises BadInput without a reason, before the notification was received or for a day after `today`, Refused
    when it was asked for already or a worker is allocated.
    """
    if not reason.strip():
        raise BadInput("empty", "Say what is missing.", "--reason")
    require_come(on, today, "It was asked for on a day that has come.")
    if on < notification.received:
        raise BadInput("dates", "It was asked for on the day it was received or later.", "--on")
    if notification.allocated_on is not None:
        raise Refused("allocated", "A worker is allocated already; note it as a contact.", notification.id)
    if any(p.kind == "more-information" and p.end is None for p in pauses):
        raise Refused("asked", "More information was asked for already.", notification.id)
    pause = Pause(
        id=new_id(),
        child=notification.child,
        about=notification.id,
        clock=ALLOCATION,
        kind="more-information",
        start=on,
        reason=reason,
        by=by,
    )
    changes = (create(pause), *update(notification, sufficient_on=None))
    return Edit("More information asked", changes, subject=notification.child)


def take_information(
    notification: Notification, pauses: Sequence[Pause], on: date, today: date, **fields: object
) -> tuple[Edit, Notification]:
    """What was asked for came: the parts are filled in and, when nothing is missing, the clock starts anew.

    So does it where a part was emptied after it had been complete and is filled again before a worker is
    allocated: the 4 days are counted while the information is sufficient (Kent Family Support Framework). A
    part that was emptied by a slip is undone rather than filled again, and its first day stands. The day of
    one that was allocated is not moved: its clock has ended.

    Raises BadInput when it came, or the child was heard, after `today`, when it came before it was asked for
    or before the notification, Refused when nothing was given, asked for or missing.
    """
    require_come(on, today, "Information is recorded once it came.")
    waiting = [p for p in pauses if p.kind == "more-information" and p.end is None]
    if on < max((notification.received, *(p.start for p in waiting))):
        earlier = "asked for" if waiting else "notified"
        raise BadInput("dates", f"Information comes once it was {earlier}.", "--on")
    after = notification.model_copy(update=fields)
    if "heard_on" in fields:
        _check_heard(after, today)
    if not fields and not waiting:
        raise Refused("nothing-to-do", "Nothing was asked for and nothing given.", notification.id)
    stood = notification.allocated_on is None and bool(missing_parts(notification))
    if not missing_parts(after) and (waiting or stood or notification.sufficient_on is None):
        fields["sufficient_on"] = _complete(after, on)
    changes = (*update(notification, **fields), *(c for p in waiting for c in update(p, end=on)))
    if not changes:
        raise Refused("nothing-to-do", "It says so already.", notification.id)
    return Edit("Information received", changes, subject=notification.child), after.model_copy(
        update={"sufficient_on": fields.get("sufficient_on", after.sufficient_on)}
    )


def still_waits(notification: Notification) -> bool:
    """Whether it waits for a worker: none is allocated, and it is not new information in a case."""
    return not (notification.void or notification.new_information or notification.allocated_on)


def allocate(
    notification: Notification,
    child: Child,
    worker: str,
    on: date,
    episodes: Sequence[Episode],
    today: date,
    others: Sequence[Notification] = (),
) -> tuple[Edit, Episode]:
    """A worker takes the case: the notification names them, an episode opens, they lead the work.

    Those of the child's `others` that still wait become new information in the case, in the same step.
    Raises Refused when it is allocated, or a case is open (`join_case` takes it in), BadInput when `on` lies
    before it was received or after `today`.
    """
    require_come(on, today, "A case is allocated on a day that has come.")
    if notification.allocated_on is not None:
        raise Refused("allocated", "A worker is allocated already.", notification.id)
    if any(e.closed is None for e in episodes):
        raise Refused("open-case", "A case is open for this child; this is new information in it.", child.id)
    if on < notification.received:
        raise BadInput("dates", "It is allocated on the day it was received or later.", "--on")
    episode = Episode(
        id=new_id(),
        child=child.id,
        number=1 + max((e.number for e in episodes), default=0),
        notification=notification.id,
        referred=notification.received,
        opened=on,
        worker=worker,
    )
    changes = (
        *update(notification, allocated_to=worker, allocated_on=on),
        create(episode),
        *update(child, lead_worker=worker),
        *(c for o in others if o.id != notification.id and still_waits(o) for c in _as_information(o)),
    )
    return Edit("Case allocated", changes, subject=child.id), episode


def join_case(notification: Notification, episodes: Sequence[Episode]) -> tuple[Edit, Episode]:
    """A notification that still waits while a case of the child is open becomes new information in that case.

    Raises Refused when it does not wait any more, or no case is open.
    """
    case = next((e for e in episodes if e.closed is None), None)
    if case is None:
        raise Refused(
            "no-open-case", "No case of this child is open; allocate it to a worker.", notification.id
        )
    if not still_waits(notification):
        raise Refused("allocated", "It is in the case already.", notification.id)
    return Edit("New information in the case", _as_information(notification), subject=case.child), case


def _as_information(notification: Notification) -> tuple[Change, ...]:
    return update(notification, new_information=True)


def contact_notifier(
    notification: Notification, with_whom: str, on: date, feedback: Feedback, today: date
) -> Edit:
    """The allocated worker spoke with the notifier about why; `feedback` is what the agreement allows.

    Raises BadInput without a name, before the notification was received or after `today`.
    """
    if not with_whom.strip():
        raise BadInput("empty", "Say with whom at the school you spoke.", "--with")
    require_come(on, today, "The notifier was contacted on a day that has come.")
    if on < notification.received:
        raise BadInput("dates", "The notifier is contacted once the notification was received.", "--on")
    changes = update(
        notification, contacted_with=with_whom, contacted_on=on, feedback=feedback, feedback_on=on
    )
    return Edit("Notifier contacted", changes, subject=notification.child)


def feedback_allowed(answer: Answer) -> Feedback:
    """What the notifier may be told: the full update where the family agreed to the school knowing the plan,
    else that the team is in touch.
    """
    return "full" if answer == "yes" else "in-touch"


def re_referral_of(notification: Notification, episodes: Sequence[Episode]) -> ReReferral:
    """Whether it is a re-referral, from the last referral and from the last closure before it."""
    own = next((e.number for e in episodes if e.notification == notification.id), None)
    return re_referral_on(notification.received, [e for e in episodes if own is None or e.number < own])


def _complete(notification: Notification, on: date) -> date:
    """The day from which what was whole on a day lacks nothing: none before the child was heard."""
    return max(on, notification.heard_on or on)


def _check_heard(notification: Notification, today: date) -> None:
    if notification.heard_on is not None:
        require_come(
            notification.heard_on, today, "The child was heard on a day that has come.", "--heard-on"
        )
