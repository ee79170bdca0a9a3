"""Sheets to read out or pass on: N marks with their reasons for the office, and the visits of a day.

Both are made for attendance (the purpose that `may_see` is asked), from what this laptop holds, without a
network. A protected address stands on none of them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING

from casework.ncodes import NClock, open_n_marks
from casework.parameters import N_CODE_DAYS
from casework.policies import Category
from casework.records import Child
from casework.records_attendance import TOLD_SOCIAL_WORKER, AttendanceWeek, FollowUp
from casework.relationships import say_relationship
from casework.triage import SETTLED_OUTCOMES
from casework.wording import FLAGS, count_of, say_day
from storage.queries.child import ContactPerson, read_child
from storage.queries.facts import WEEKS_BACK, children_of, weeks_of
from storage.queries.lookup import display_name
from storage.queries.registers import register_day
from storage.queries.sight import seen_children, shown_child
from storage.queries.today import read_round

if TYPE_CHECKING:
    from storage.store import Store

_VISIT = SETTLED_OUTCOMES["visit-planned"]
_WARNINGS = frozenset({"risk-to-visitors", "address-protection"})
_NO_MARKS = "No N mark is due or overdue, and no reason waits for the office."
_NO_VISITS = "No visit is planned."


def office_sheet(store: Store) -> list[str]:
    """N marks that are due or overdue, and those with a reason to enter, by school, as lines to pass on.

    The school decides on the code; what a family gave is passed on as given (source: SI 2024/208).
    """
    by_school: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    children = _with_open_marks(store)
    day = register_day(store, store.today)
    since = _since(store).isoformat()
    weeks = weeks_of(store, list(children.values()), since, day.isoformat())
    for child in children.values():
        calendar = store.schools.calendar(child.school)
        steps = store.find(FollowUp, "child = ? AND session_date >= ?", (child.id, since))
        lines = list(_marks(open_n_marks(weeks.get(child.id, ()), calendar, day), steps))
        school = store.schools.schools.get(child.school or "")
        for line in lines:
            known = shown_child(store, child, "attendance")
            group = f" ({known.reg})" if known.reg else ""
            by_school[school.name if school else "No school known"].append(
                (f"{known.surname} {known.forename}", f"{display_name(known)}{group}: {line}")
            )
    if not by_school:
        return [_NO_MARKS]
    made = [f"N codes and reasons for the office, {say_day(day)}"]
    for name in sorted(by_school):
        made += ["", name, *(line for _, line in sorted(by_school[name]))]
    return [*made, "", "The school decides which code is entered."]


def _since(store: Store) -> date:
    return max(store.today - timedelta(weeks=WEEKS_BACK), N_CODE_DAYS.rows[0].valid_from)


def _with_open_marks(store: Store) -> dict[str, Child]:
    """The children with an N mark whose attendance may be seen."""
    held = store.find(AttendanceWeek, "unexplained <> 0 AND week >= ?", (_since(store).isoformat(),))
    known = children_of(store, sorted({week.child for week in held}))
    return {c.id: c for c in seen_children(store, known.values(), "attendance", Category.ATTENDANCE)}


def _marks(marks: list[NClock], steps: list[FollowUp]) -> Iterator[str]:
    by_day: defaultdict[date, list[NClock]] = defaultdict(list)
    for mark in marks:
        by_day[mark.session_date].append(mark)
    for day, sessions in sorted(by_day.items()):
        taken = sorted(
            (s for s in steps if s.session_date == day and s.outcome != TOLD_SOCIAL_WORKER),
            key=lambda s: (s.at, s.id),
        )
        reason = next((s.reason_code for s in reversed(taken) if s.outcome == "reason"), "")
        first = sessions[0]
        if not (reason or first.overdue or first.due_today):
            continue
        if first.overdue:
            due = f"overdue since {say_day(first.last_day)}" if first.last_day else "overdue"
        elif first.due_today:
            due = "due today"
        else:
            due = f"due {say_day(first.last_day)}" if first.last_day else "the calendar ends before it is due"
        tries = f" after {count_of(len(taken), 'step')}" if taken else ""
        found = f"the family gave {reason}" if reason else f"no reason known{tries}"
        yield f"{say_day(day)} {' and '.join(s.session for s in sessions)}, {found}; {due}."


def visits_sheet(store: Store) -> list[str]:
    """The visits planned for the register day: where, whom, and what to know before the door opens."""
    found = read_round(store, day=store.today)
    visits = [row for row in (*found.rows, *found.settled) if row.status == _VISIT]
    if not visits:
        return [_NO_VISITS]
    lines = [f"{count_of(len(visits), 'visit')}, {say_day(found.day)}"]
    for row in visits:
        lines += ["", f"{row.name}, {row.school}", *_visit(store, store.get(Child, row.child.id))]
    return lines


def _visit(store: Store, child: Child) -> Iterator[str]:
    page = read_child(store, child, purpose="attendance")
    home = page.household
    hidden = any(flag.kind == "address-protection" for flag in page.flags)
    if home is None:
        yield "  Address: none that you may see"
    elif home.address_protected or hidden:
        yield "  ! ADDRESS PROTECTED: it stands on no sheet and is told to nobody"
    else:
        yield f"  Address: {home.address or 'not on record'}"
    for flag in page.flags:
        if flag.kind in _WARNINGS:
            since = f", since {say_day(flag.since)}" if flag.since else ""
            review = f", review {say_day(flag.review)}" if flag.review else ""
            yield f"  ! {FLAGS[flag.kind].upper()}{since}{review}"
    for risk in page.risks:
        yield f"  ! RISK TOLD BY {risk.by}, {say_day(risk.on)}: {' '.join(risk.text.split())}"
    safe = store.may_see(child, Category.SAFEGUARDING, "attendance")
    if not safe:
        yield f"  Risks to visitors are withheld from you: {safe.reason}"
    elif not page.risks and not any(flag.kind == "risk-to-visitors" for flag in page.flags):
        yield "  No risk to visitors is on record"
    for entry in page.people:
        yield f"  {_person(entry)}"


def _person(entry: ContactPerson) -> str:
    person = entry.person
    name = " ".join(part for part in (person.title, person.forename, person.surname) if part)
    words = f"{name} ({say_relationship(entry.relationship.kind)})" if entry.relationship.kind else name
    if person.do_not_contact:
        return f"! {words}: DO NOT CONTACT"
    phones = ", ".join(person.phones) or "no phone on record"
    speaks = f"; interpreter: {person.language or 'yes'}" if person.interpreter else ""
    return f"{words}: {phones}{speaks}"
