"""One list of the clocks that run for a child: which clock, which days it counts, what stops and clears it.

Allocation and assessment follow the early help unit standards, the N code SI 2024/208; first visit, contact
with the notifier and the notices are local settings (`casework.parameters`). A pause or a snooze hides a row
until a day; it moves no due day, and the row comes back by itself (`casework.pauses`), that of a clock set by
law once it is overdue.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from casework.agreements import givers, state_of
from casework.assessments import case_days
from casework.clocks import Clock, ClockKind, calendar_clock, working_day_clock
from casework.disagreements import CLOCK as DISAGREEMENT
from casework.disagreements import standing as disagreement_standing
from casework.ncodes import NClock
from casework.notifications import ALLOCATION, standing
from casework.parameters import (
    ACTION_NOTICE_DAYS,
    AGREEMENT_NOTICE_DAYS,
    CONTACT_DAYS,
    FIRST_VISIT_DAYS,
    NOTIFIER_CONTACT_DAYS,
    at_or_first,
)
from casework.pauses import Sleep, asleep, newest_cover
from casework.plans import DONE
from casework.policies import Category, Purpose
from casework.records import FLAG_CATEGORY, Flag
from casework.records_case import Action, Assessment, Disagreement, Episode, Notification, Pause, Plan
from casework.records_sharing import Agreement
from casework.wording import DISAGREEMENT_LEVELS, FLAGS, count_of, join_words, say_day

_UNSTOPPED = "nothing; a pause or snooze only hides it until the day it wakes"


@dataclass(frozen=True, slots=True)
class Rule:
    """A clock's name, and in words what stops it and what clears its row."""

    name: str
    stops_with: str
    clears_with: str


RULES: Mapping[str, Rule] = {
    ALLOCATION: Rule("Allocation", "more information asked of the notifier", "a worker allocated"),
    "notifier-contact": Rule(
        "Notifier contact", _UNSTOPPED, "the talk with the notifier recorded, with name and day"
    ),
    "first-visit": Rule("First visit", _UNSTOPPED, "a visit or meeting on record, whoever was in"),
    "contact": Rule(
        "Contact",
        _UNSTOPPED,
        "any honest contact: a call, text, email, visit or meeting, whether or not somebody was reached",
    ),
    "assessment": Rule("Assessment", _UNSTOPPED, "the assessment completed"),
    "plan-review": Rule("Plan review", "the end of the plan", "a review of the plan on record"),
    "agreement-review": Rule("Agreement review", "a withdrawal", "the family asked again: a new agreement"),
    "agreement-expiry": Rule("Agreement expiry", "a withdrawal", "the family asked again: a new agreement"),
    "action": Rule("Action", "the end of the plan", "the action done, or not done with the reason"),
    DISAGREEMENT: Rule(
        "Disagreement", _UNSTOPPED, "the outcome on record, or the disagreement taken to the next level"
    ),
    "n-code": Rule("N code", "days on which the school is closed", "a reason code from the school, or O"),
    "flag-review": Rule("Flag review", "the end of the flag", "a new review day on the flag, or its end"),
}
"""Every clock of the list by its rule, in the order of rows that are due on one day."""

_ORDER = {rule: n for n, rule in enumerate(RULES)}


@dataclass(frozen=True, slots=True)
class Task:
    """One row: a clock of one child, counting `kind` of days from `start`.

    `about` is the record whose clock it is. `due` and `left` are None while it stands still, or when the
    school's calendar ends before the due day. `category` and `purpose` are what `may_see` is asked before the
    row is shown. `what` is the text without its clock. `sleep` tells why and until when the row sleeps; the
    clock runs on meanwhile, and `casework.pauses.is_hidden` says whether it keeps the row from the list.
    """

    child: str
    rule: str
    text: str
    start: date
    due: date | None
    kind: ClockKind
    overdue: bool
    left: int | None
    stops_with: str
    clears_with: str
    about: str
    category: Category
    purpose: Purpose
    what: str
    sleep: Sleep | None = None

    @property
    def key(self) -> str:
        """Tells the row from every other."""
        return f"{self.rule} {self.about} {self.start.isoformat()}"

    @property
    def name(self) -> str:
        """The clock's name."""
        return RULES[self.rule].name


@dataclass(frozen=True, slots=True)
class Held:
    """What the clocks of one child are read from: its standing records.

    `episodes` and `plans` are open ones; `actions` belong to those plans. `disagreements` are those that
    wait for an answer and were not taken further. `reviewed` is the last review of
    each plan, by its id. `contacted` and `visited` are the last days of an honest contact and of a visit.
    `n_marks` are the N clocks of each attendance week, by its id.
    """

    child: str
    notifications: Sequence[Notification] = ()
    episodes: Sequence[Episode] = ()
    assessments: Sequence[Assessment] = ()
    plans: Sequence[Plan] = ()
    reviewed: Mapping[str, date] | None = None
    actions: Sequence[tuple[Action, date]] = ()
    agreements: Sequence[Agreement] = ()
    flags: Sequence[Flag] = ()
    disagreements: Sequence[Disagreement] = ()
    n_marks: Sequence[tuple[str, Sequence[NClock]]] = ()
    contacted: date | None = None
    visited: date | None = None
    pauses: Sequence[Pause] = ()


def child_tasks(held: Held, today: date) -> list[Task]:
    """Every clock of one child, also those asleep, in the order of `ranked`."""
    found = [
        *_allocations(held, today),
        *_notifier_contacts(held, today),
        *_cases(held, today),
        *_plan_reviews(held, today),
        *_actions(held, today),
        *_agreements(held, today),
        *_flags(held, today),
        *_disagreements(held, today),
    ]
    return ranked([*(_with_sleep(held, task, today) for task in found), *_n_codes(held, today)])


def _with_sleep(held: Held, task: Task, today: date) -> Task:
    sleep = asleep(held.pauses, task.about, task.rule, task.start, today)
    return task if sleep is None else replace(task, sleep=sleep)


def ranked(tasks: Iterable[Task]) -> list[Task]:
    """By the due day, the earliest first; those that stand still come last."""
    return sorted(tasks, key=rank_key)


def rank_key(task: Task) -> tuple[date, int, str, str]:
    """What `ranked` sorts by."""
    return (task.due or date.max, _ORDER[task.rule], task.child, task.key)


def _task(held: Held, rule: str, about: str, clock: Clock, sight: Sight, text: str = "") -> Task:
    what = RULES[rule]
    return Task(
        child=held.child,
        rule=rule,
        text=f"{text or what.name}: {clock.text}",
        start=clock.start,
        due=clock.due,
        kind=clock.kind,
        overdue=clock.overdue,
        left=clock.left,
        stops_with=what.stops_with,
        clears_with=what.clears_with,
        about=about,
        category=sight[0],
        purpose=sight[1],
        what=text or what.name,
    )


Sight = tuple[Category, Purpose]
"""What `may_see` is asked before a row is shown."""

_IDENTITY: Sight = (Category.IDENTITY, "support")
_CASE: Sight = (Category.FAMILY, "support")
_ASSESSMENT: Sight = (Category.FAMILY, "assessment")
_PLANNING: Sight = (Category.FAMILY, "planning")
_REGISTER: Sight = (Category.ATTENDANCE, "attendance")
_DISPUTE: Sight = (Category.SAFEGUARDING, "safeguarding")


def _allocations(held: Held, today: date) -> Iterator[Task]:
    for one in held.notifications:
        if one.allocated_on is not None or one.new_information:
            continue
        own = [pause for pause in held.pauses if pause.about == one.id]
        stands = standing(one, own, today)
        if stands.clock is not None:
            yield _task(held, ALLOCATION, one.id, stands.clock, _IDENTITY)
            continue
        lacking = join_words(stands.missing) or "a word that it is complete"
        text = f"the clock stands until it has {lacking}"
        if one.sufficient_on is not None and not stands.missing:
            text = " ".join(stands.reasons).rstrip(".")
        clock = Clock(ALLOCATION, text, one.received, None, ClockKind.WORKING_DAYS, overdue=False, left=None)
        yield _task(held, ALLOCATION, one.id, clock, _IDENTITY)


def _notifier_contacts(held: Held, today: date) -> Iterator[Task]:
    opened = {episode.notification for episode in held.episodes}
    for one in held.notifications:
        if one.allocated_on is None or one.contacted_on is not None or one.id not in opened:
            continue
        days = at_or_first(NOTIFIER_CONTACT_DAYS, one.allocated_on)
        clock = working_day_clock("notifier-contact", one.allocated_on, days, today)
        yield _task(held, "notifier-contact", one.id, clock, _IDENTITY)


def _cases(held: Held, today: date) -> Iterator[Task]:
    for episode in held.episodes:
        opened = episode.opened
        if held.visited is None or held.visited < opened:
            days = at_or_first(FIRST_VISIT_DAYS, opened)
            clock = working_day_clock("first-visit", opened, days, today)
            yield _task(held, "first-visit", episode.id, clock, _CASE)
        last = max(opened, held.contacted or opened)
        due = last + timedelta(days=at_or_first(CONTACT_DAYS, opened))
        if due <= today:
            clock = calendar_clock("contact", last, due, today)
            words = "No contact on record" if last == opened else "No contact since the last one"
            yield _task(held, "contact", episode.id, clock, _CASE, words)
        done = any(a.completed and (a.episode == episode.id or a.started >= opened) for a in held.assessments)
        if not done:
            clock = calendar_clock("assessment", *case_days(episode), today)
            yield _task(held, "assessment", episode.id, clock, _ASSESSMENT)


def _plan_reviews(held: Held, today: date) -> Iterator[Task]:
    for plan in held.plans:
        last = (held.reviewed or {}).get(plan.id)
        start = last or plan.started
        if plan.next_review is None:
            text = f"no next review is set; {'last reviewed' if last else 'started'} on {say_day(start)}"
            clock = Clock(
                "plan-review",
                text,
                start,
                start,
                ClockKind.CALENDAR_DAYS,
                start < today,
                (start - today).days,
            )
        else:
            clock = calendar_clock("plan-review", start, plan.next_review, today)
        words = "Plan review" if last else "Plan review, the first"
        yield _task(held, "plan-review", plan.id, clock, _PLANNING, words)


def _actions(held: Held, today: date) -> Iterator[Task]:
    for action, started in held.actions:
        notice = timedelta(days=at_or_first(ACTION_NOTICE_DAYS, action.due))
        if action.status in DONE or action.due - notice > today:
            continue
        clock = calendar_clock("action", min(started, action.due), action.due, today)
        words = f"Action of {action.owner}: {' '.join(action.text.split())}"
        yield _task(held, "action", action.id, clock, _PLANNING, words)


def _agreements(held: Held, today: date) -> Iterator[Task]:
    giver = givers(held.agreements)
    for one in held.agreements:
        state = state_of(one, today)
        same = (b for b in held.agreements if giver[b.id] == giver[one.id])
        if state not in ("given", "limited", "expired") or any(_renews(b, one) for b in same):
            continue
        days = [
            (day, rule)
            for day, rule in ((one.expires, "agreement-expiry"), (one.review, "agreement-review"))
            if day
        ]
        if not days:
            continue
        due, rule = days[0] if state == "expired" else min(days)
        if due - timedelta(days=at_or_first(AGREEMENT_NOTICE_DAYS, due)) <= today:
            clock = calendar_clock(rule, min(one.given_on, due), due, today)
            yield _task(held, rule, one.id, clock, _IDENTITY)


def _renews(newer: Agreement, older: Agreement) -> bool:
    """Whether somebody who gave both was asked again later, about everything that the older one speaks to."""
    if (newer.given_on, newer.id) <= (older.given_on, older.id):
        return False
    everything = newer.status == "refused"
    return all(
        set(getattr(older, name)) <= set(getattr(newer, name)) or (everything and not getattr(newer, name))
        for name in ("agencies", "categories", "purposes")
    )


def _flags(held: Held, today: date) -> Iterator[Task]:
    for flag in held.flags:
        if flag.review is None or flag.review > today or (flag.ended is not None and flag.ended <= today):
            continue
        clock = calendar_clock("flag-review", min(flag.since or flag.review, flag.review), flag.review, today)
        words = f"Flag review, {FLAGS[flag.kind]}"
        yield _task(held, "flag-review", flag.id, clock, (FLAG_CATEGORY[flag.kind], "support"), words)


def _disagreements(held: Held, today: date) -> Iterator[Task]:
    for one in held.disagreements:
        clock = disagreement_standing(one, today, followed=False).clock
        if clock is not None:
            words = f"Disagreement, answer of the {DISAGREEMENT_LEVELS[one.level]}"
            yield _task(held, DISAGREEMENT, one.id, clock, _DISPUTE, words)


def _n_codes(held: Held, today: date) -> Iterator[Task]:
    """One row for the N marks of a week; those that came after a pause was made have a row of their own."""
    for week, marks in held.n_marks:
        cover = newest_cover(held.pauses, week, "n-code", today)
        before = [one for one in marks if cover is not None and one.session_date <= cover.start]
        for part in (before, [one for one in marks if one not in before]):
            if not part:
                continue
            first, last = (say_day(one.session_date) for one in (part[0], part[-1]))
            days = f"on {first}" if first == last else f"from {first} to {last}"
            words = f"N code, {count_of(len(part), 'session')} {days} still without a reason"
            task = _task(held, "n-code", week, part[0].clock, _REGISTER, words)
            sleep = asleep(held.pauses, week, "n-code", part[-1].session_date, today)
            yield task if sleep is None else replace(task, sleep=sleep)
