"""Pausing and snoozing a clock of the list: a row sleeps until a day, with a reason, and wakes by itself.

Neither moves a due day. A pause holds for the run of the clock in which it was made: what starts later is
listed, and after `LONGEST_PAUSE_DAYS` a row is back whatever the record says. A clock set by law that is
overdue is listed, asleep or not (docs/decisions/0012-what-a-pause-may-hide.md).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, Protocol

from casework.edits import Change, Edit, create, update
from casework.errors import BadInput, Refused
from casework.ids import new_id
from casework.parameters import LONGEST_PAUSE_DAYS, at
from casework.records_case import Pause
from casework.wording import count_of, say_day

SleepKind = Literal["pause", "snooze"]
SLEEPS: frozenset[str] = frozenset({"pause", "snooze"})
"""Kinds of pause that hide a row of the list."""

_NAMES = {"pause": "Clock paused", "snooze": "Clock snoozed"}
STATES = {"pause": "paused", "snooze": "snoozed"}
"""The word for a row that sleeps, by the kind of its pause."""

_OVERDUE_BY_LAW = (
    "This clock is set by law and overdue, so it stays on the list: an N needs its reason code now, or O."
)


SET_BY_LAW: frozenset[str] = frozenset({"n-code"})
"""Clocks whose length no local setting may change: an N becomes another code within 5 school days
(SI 2024/208). The others of the list are standards or settings of the service."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Why a row is hidden and the day on which it wakes; `pause` is the id of the record that says so."""

    kind: SleepKind
    reason: str
    until: date
    pause: str


class Sleeper(Protocol):
    """What can be put to sleep: a row of the list."""

    @property
    def child(self) -> str:
        """The child's id."""

    @property
    def rule(self) -> str:
        """The clock."""

    @property
    def about(self) -> str:
        """The record whose clock it is."""

    @property
    def overdue(self) -> bool:
        """Whether its day is over."""

    @property
    def sleep(self) -> Sleep | None:
        """How it sleeps already."""


def may_be_hidden(task: Sleeper) -> bool:
    """Whether a pause or a snooze may keep a row from the list today."""
    return not (task.overdue and task.rule in SET_BY_LAW)


def is_hidden(task: Sleeper) -> bool:
    """Whether a pause or a snooze keeps a row from the list today."""
    return task.sleep is not None and may_be_hidden(task)


def check_may_sleep(tasks: Iterable[Sleeper]) -> None:
    """Raise Refused for the first row that sleeps already, or that is overdue by law."""
    for task in tasks:
        if not may_be_hidden(task):
            raise Refused("overdue", _OVERDUE_BY_LAW, task.about)
        if task.sleep is not None:
            sentence = (
                f"It is {STATES[task.sleep.kind]} already until {say_day(task.sleep.until)}; wake it first."
            )
            raise Refused("asleep", sentence, task.about)


def wakes_on(pause: Pause) -> date:
    """The day on which a row is back: the one set, and never later than the longest pause."""
    latest = pause.start + timedelta(days=at(LONGEST_PAUSE_DAYS, pause.start))
    return pause.start if pause.wake is None else min(pause.wake, latest)


def newest_cover(pauses: Iterable[Pause], about: str, rule: str, today: date) -> Pause | None:
    """The pause of a clock that holds today; of several the one made last."""
    holding = [
        p
        for p in pauses
        if p.kind in SLEEPS
        and not p.void
        and (p.about, p.clock) == (about, rule)
        and p.end is None
        and p.start <= today < wakes_on(p)
    ]
    return max(holding, key=lambda p: (p.start, p.id), default=None)


def asleep(pauses: Iterable[Pause], about: str, rule: str, since: date, today: date) -> Sleep | None:
    """How a clock sleeps today; None when it is awake, or began to run after the pause was made."""
    cover = newest_cover(pauses, about, rule, today)
    if cover is None or since > cover.start:
        return None
    return Sleep("snooze" if cover.kind == "snooze" else "pause", cover.reason, wakes_on(cover), cover.id)


def sleep_edit(
    tasks: Sequence[Sleeper], kind: SleepKind, reason: str, until: date | None, by: str, today: date
) -> Edit:
    """Hide rows of the list until a day, as one step.

    Raises BadInput without a reason, or for a day that is no longer to come or too far away, Refused for a
    row that sleeps already or is overdue by law.
    """
    if not reason.strip():
        raise BadInput("empty", f"Say why it is {STATES[kind]}.", "--reason")
    if until is None:
        raise BadInput("empty", "Say on which day it wakes.", "--until")
    if until <= today:
        raise BadInput(
            "dates", f"{say_day(until)} is no day to come; a row wakes tomorrow or later.", "--until"
        )
    longest = at(LONGEST_PAUSE_DAYS, today)
    if until > today + timedelta(days=longest):
        raise BadInput(
            "dates", f"A row sleeps {count_of(longest, 'day')} at most; choose an earlier day.", "--until"
        )
    check_may_sleep(tasks)
    changes: list[Change] = []
    for task in tasks:
        pause = Pause(
            id=new_id(),
            child=task.child,
            about=task.about,
            clock=task.rule,
            kind=kind,
            start=today,
            wake=until,
            reason=reason,
            by=by,
        )
        changes.append(create(pause))
    return Edit(_NAMES[kind], tuple(changes), subject=_one_child(task.child for task in tasks))


def wake_edit(pauses: Sequence[Pause], today: date) -> Edit:
    """End pauses before their day. Raises Refused when there is none."""
    if not pauses:
        raise Refused("awake", "It is neither paused nor snoozed.", "ABOUT")
    changes = tuple(change for pause in pauses for change in update(pause, end=today))
    return Edit("Clock woken", changes, subject=_one_child(pause.child for pause in pauses))


def _one_child(children: Iterable[str]) -> str | None:
    found = set(children)
    return found.pop() if len(found) == 1 else None
