"""What the rules read of many children at once: recent weeks, year counts, flags and last contacts."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING

from casework.calendars import school_year
from casework.records import FLAG_CATEGORY, Child
from casework.sharing import may_see
from casework.triage import Facts, YearCounts

if TYPE_CHECKING:
    from storage.store import Store

WEEKS_BACK = 18
"""Calendar weeks read for the ten-school-week window: ten weeks of school and every holiday between."""

_EVERYONE = 1_000
"""Above this many children it is quicker to read all rows of a table than to look each child up."""

_SEEN = ("alone", "with-adult")


def read_facts(store: Store, children: Sequence[Child], day: date, *, year: bool) -> dict[str, Facts]:
    """Facts up to `day` for each child; the year's counts only when asked for (they cost a longer read)."""
    ids = [child.id for child in children]
    weeks = _weeks(store, ids, day)
    counts = _year_counts(store, ids, day) if year else {}
    contacts, seen = _contacts(store, ids, day)
    flags, reviews = _flags(store, children, day)
    return {
        child: Facts(
            weeks=weeks.get(child, ()),
            flags=frozenset(flags.get(child, ())),
            year=counts.get(child, YearCounts()),
            last_contact=contacts.get(child),
            last_seen=seen.get(child),
            flag_reviews=reviews.get(child, ()),
        )
        for child in ids
    }


def among(ids: Sequence[str], column: str = "child") -> tuple[str, list[str]]:
    """A condition that holds for these children, and its parameters; no condition for a whole caseload."""
    if len(ids) > _EVERYONE:
        return "1", []
    return f"{column} IN (SELECT value FROM json_each(?))", [json.dumps(list(ids))]


def _weeks(store: Store, ids: Sequence[str], day: date) -> dict[str, list[tuple[date, str]]]:
    condition, parameters = among(ids)
    since = (day - timedelta(weeks=WEEKS_BACK)).isoformat()
    rows = store.conn.execute(
        "SELECT child, week, marks FROM attendance_week INDEXED BY attendance_week_child"
        f" WHERE void = 0 AND {condition}"
        " AND week >= ? AND week <= ? ORDER BY child, week",
        [*parameters, since, day.isoformat()],
    )
    found: dict[str, list[tuple[date, str]]] = defaultdict(list)
    for child, week, marks in rows:
        found[child].append((_date(week), marks))
    return found


_dates: dict[str, date] = {}


def _date(text: str) -> date:
    known = _dates.get(text)
    if known is None:
        known = _dates[text] = date.fromisoformat(text)
    return known


def _year_counts(store: Store, ids: Sequence[str], day: date) -> dict[str, YearCounts]:
    condition, parameters = among(ids)
    rows = store.conn.execute(
        "SELECT child, sum(possible), sum(attended), sum(authorised), sum(unauthorised), sum(late)"
        f" FROM attendance_week INDEXED BY attendance_week_child WHERE void = 0 AND {condition}"
        " AND week >= ? AND week <= ? GROUP BY child",
        [*parameters, date(school_year(day), 8, 25).isoformat(), day.isoformat()],
    )
    return {row[0]: YearCounts(*row[1:]) for row in rows}


def _contacts(store: Store, ids: Sequence[str], day: date) -> tuple[dict[str, date], dict[str, date]]:
    condition, parameters = among(ids)
    end = (day + timedelta(days=1)).isoformat()
    rows = store.conn.execute(
        "SELECT child, max(reached), max(seen) FROM ("
        f" SELECT child, at AS reached, CASE WHEN outcome = 'seen' THEN at END AS seen FROM follow_up"
        f" WHERE {condition} AND void = 0 AND at < ?"
        " AND outcome IN ('spoke', 'reason', 'seen', 'safeguarding')"
        f" UNION ALL SELECT child, at, CASE WHEN seen IN ('alone', 'with-adult') THEN at END FROM contact"
        f" WHERE {condition} AND void = 0 AND at < ?"
        " AND outcome NOT IN ('message', 'no-reply', 'wrong-number')"
        ") GROUP BY child",
        [*parameters, end, *parameters, end],
    ).fetchall()
    reached = {child: date.fromisoformat(at[:10]) for child, at, _ in rows if at}
    seen = {child: date.fromisoformat(at[:10]) for child, _, at in rows if at}
    return reached, seen


def _flags(
    store: Store, children: Sequence[Child], day: date
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
        if not may_see(store.worker, by_id[child], FLAG_CATEGORY[kind], "attendance", day):
            continue
        flags[child].append(kind)
        if review:
            reviews[child].append((kind, date.fromisoformat(review)))
    return flags, reviews


def children_of(store: Store, ids: Iterable[str]) -> dict[str, Child]:
    """The standing children with these ids."""
    condition, parameters = among(list(ids), "id")
    return {child.id: child for child in store.find(Child, condition, parameters)}
