"""What the rules read of many children at once: recent weeks, year counts, flags and last contacts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from casework.calendars import school_year
from casework.followups import HONEST_CONTACTS
from casework.local_days import day_begins, local_day
from casework.policies import Category, Purpose
from casework.records import FLAG_CATEGORY, Child
from casework.triage import Facts, YearCounts
from casework.weeks import together, week_facts
from storage.queries.sight import seen_children

if TYPE_CHECKING:
    from storage.store import Store

WEEKS_BACK = 18
"""Calendar weeks read for the ten-school-week window: ten weeks of school and every holiday between."""

_EVERYONE = 1_000
"""Above this many children it is quicker to read all rows of a table than to look each child up."""

_SEEN = ("alone", "with-adult")


def read_facts(
    store: Store,
    children: Sequence[Child],
    day: date,
    *,
    year: bool,
    present: date | None = None,
    purpose: Purpose = "attendance",
) -> dict[str, Facts]:
    """Facts up to `day` for each child; the year's counts only when asked for (they cost a longer read).

    Contacts count up to the end of `present` where it is later: on a Sunday one of this morning does, while
    the registers end with Friday's.

    What the worker may not see for the purpose is as if it were not known, so that no reason, count or filter
    that rests on facts can tell of it.
    """
    marked = seen_children(store, children, purpose, Category.ATTENDANCE)
    known = seen_children(store, children, purpose, Category.FAMILY)
    ids = [child.id for child in marked]
    since = (day - timedelta(weeks=WEEKS_BACK)).isoformat()
    weeks = weeks_of(store, marked, since, day.isoformat())
    counts = _year_counts(store, marked, day) if year else {}
    contacts, seen = _contacts(store, ids, [child.id for child in known], max(day, present or day))
    flags, reviews = _flags(store, children, day, purpose)
    outcomes = _outcomes(store, ids, day)
    # A read of many children has no condition on who they are.
    of = frozenset(ids)
    return {
        child: Facts(
            weeks=weeks.get(child, ()) if child in of else (),
            flags=frozenset(flags.get(child, ())),
            year=counts.get(child, YearCounts()) if child in of else YearCounts(),
            last_contact=contacts.get(child),
            last_seen=seen.get(child),
            flag_reviews=reviews.get(child, ()),
            outcomes=outcomes.get(child, ()) if child in of else (),
        )
        for child in (one.id for one in children)
    }


def among(ids: Sequence[str], column: str = "child") -> tuple[str, list[str]]:
    """A condition that holds for these children, and its parameters; no condition for a whole caseload."""
    if len(ids) > _EVERYONE:
        return "1", []
    return f"{column} IN (SELECT value FROM json_each(?))", [json.dumps(list(ids))]


def quoted(words: Collection[str]) -> str:
    """Words of the vocabulary as a list in SQL; never words that a person typed."""
    return ", ".join(f"'{word}'" for word in sorted(words))


def weeks_of(
    store: Store, children: Sequence[Child], since: str, until: str
) -> dict[str, list[tuple[date, str]]]:
    """Each child's weeks (Monday, week string) between two ISO dates, every session counted once.

    Where two schools have marked the same week they are laid together: see `casework.weeks.holder`.
    """
    condition, parameters = among([child.id for child in children])
    rows = store.conn.execute(
        "SELECT child, week, marks, school FROM attendance_week INDEXED BY attendance_week_child"
        f" WHERE void = 0 AND {condition}"
        " AND week >= ? AND week <= ? ORDER BY child, week",
        [*parameters, since, until],
    )
    found: dict[str, list[tuple[date, str]]] = defaultdict(list)
    double: dict[str, dict[date, list[tuple[str, str]]]] = {}
    last = last_school = ""
    for child, week, marks, school in rows:
        monday, held = _date(week), found[child]
        if held and held[-1][0] == monday:
            entries = double.setdefault(child, {}).setdefault(monday, [(last_school, last)])
            entries.append((school, marks))
        else:
            held.append((monday, marks))
        last, last_school = marks, school
    if double:
        schools = {child.id: child.school for child in children if child.id in double}
        for child, parts in double.items():
            found[child] = [
                (monday, laid_together(parts[monday], schools.get(child)) if monday in parts else marks)
                for monday, marks in found[child]
            ]
    return found


def laid_together(parts: Sequence[tuple[str, str]], school: str | None) -> str:
    """One week string of several (school, week string), where `school` is the child's present one."""
    return together(
        tuple(marks for at, marks in sorted(parts, key=lambda part: (part[0] != school, part[0])))
    )


_dates: dict[str, date] = {}


def _date(text: str) -> date:
    known = _dates.get(text)
    if known is None:
        known = _dates[text] = date.fromisoformat(text)
    return known


def _year_counts(store: Store, children: Sequence[Child], day: date) -> dict[str, YearCounts]:
    condition, parameters = among([child.id for child in children])
    since = date(school_year(day), 8, 25).isoformat()
    rows = store.conn.execute(
        "SELECT child, sum(possible), sum(attended), sum(authorised), sum(unauthorised), sum(late),"
        " min(school) <> max(school)"
        f" FROM attendance_week INDEXED BY attendance_week_child WHERE void = 0 AND {condition}"
        " AND week >= ? AND week <= ? GROUP BY child",
        [*parameters, since, day.isoformat()],
    ).fetchall()
    counts = {row[0]: YearCounts(*row[1:6]) for row in rows}
    moved = {row[0] for row in rows if row[6]}
    if moved:
        parted = [child for child in children if child.id in moved]
        for child, weeks in weeks_of(store, parted, since, day.isoformat()).items():
            if child in moved:
                counts[child] = _counted(weeks)
    return counts


def _counted(weeks: Sequence[tuple[date, str]]) -> YearCounts:
    facts = [week_facts(marks, monday.isoformat()) for monday, marks in weeks]
    names = ("possible", "attended", "authorised", "unauthorised", "late")
    return YearCounts(*(sum(week[name] for week in facts) for name in names))


def _contacts(
    store: Store, marked: Sequence[str], known: Sequence[str], day: date
) -> tuple[dict[str, date], dict[str, date]]:
    """When each child's family was last reached and the child last seen: by the follow-ups of the `marked`,
    and the chronology of those whose family is `known`.
    """
    end = day_begins(day + timedelta(days=1))
    reached: dict[str, date] = {}
    seen: dict[str, date] = {}
    for ids, query in ((marked, _FOLLOWED_UP), (known, _CONTACTED)):
        condition, parameters = among(ids)
        rows = store.conn.execute(f"{query} AND {condition} GROUP BY child", [end, *parameters]).fetchall()
        of = frozenset(ids)
        for child, last, last_seen in rows:
            if child in of:
                _later(reached, child, last)
                _later(seen, child, last_seen)
    return reached, seen


_FOLLOWED_UP = (
    "SELECT child, max(at), max(CASE WHEN outcome = 'seen' THEN at END) FROM follow_up"
    " WHERE void = 0 AND at < ? AND outcome IN ('spoke', 'reason', 'seen', 'safeguarding')"
)
_CONTACTED = (
    "SELECT child, max(at), max(CASE WHEN seen IN (" + quoted(_SEEN) + ") THEN at END) FROM contact"
    f" WHERE void = 0 AND at < ? AND (seen IN ({quoted(_SEEN)})"
    f" OR (kind IN ({quoted(HONEST_CONTACTS)}) AND outcome NOT IN ('message', 'no-reply', 'wrong-number')))"
)


def _later(held: dict[str, date], child: str, at: str | None) -> None:
    if at:
        day = local_day(at)
        held[child] = max(day, held.get(child, day))


def _outcomes(store: Store, ids: Sequence[str], day: date) -> dict[str, list[str]]:
    """The outcomes of each child's follow-ups of a day's absence, oldest first."""
    condition, parameters = among(ids)
    rows = store.conn.execute(
        f"SELECT child, outcome FROM follow_up WHERE session_date = ? AND {condition} AND void = 0"
        " ORDER BY at, id",
        [day.isoformat(), *parameters],
    )
    found: dict[str, list[str]] = defaultdict(list)
    for child, outcome in rows:
        found[child].append(outcome)
    return found


def _flags(
    store: Store, children: Sequence[Child], day: date, purpose: Purpose
) -> tuple[dict[str, list[str]], dict[str, list[tuple[str, date]]]]:
    condition, parameters = among([child.id for child in children])
    rows = store.conn.execute(
        f"SELECT child, kind, review FROM flag WHERE {condition} AND void = 0"
        " AND (ended IS NULL OR ended > ?) AND (since IS NULL OR since <= ?)",
        [*parameters, day.isoformat(), day.isoformat()],
    ).fetchall()
    by_id: dict[str, Child] = {child.id: child for child in children}
    flags: dict[str, list[str]] = defaultdict(list)
    reviews: dict[str, list[tuple[str, date]]] = defaultdict(list)
    for child, kind, review in rows:
        if child not in by_id:
            continue
        if not store.may_see(by_id[child], FLAG_CATEGORY[kind], purpose):
            continue
        flags[child].append(kind)
        if review:
            reviews[child].append((kind, date.fromisoformat(review)))
    return flags, reviews


def children_of(store: Store, ids: Iterable[str]) -> dict[str, Child]:
    """The standing children with these ids, as far as they are there for the worker."""
    condition, parameters = among(list(ids), "id")
    return {child.id: child for child in seen_children(store, store.find(Child, condition, parameters))}
