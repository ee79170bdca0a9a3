"""The morning round: who is not in, unexplained, and why each row is there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING

from casework.calendars import monday_of
from casework.codes import NO_MARK, CodeClass, lookup
from casework.filters import Filter
from casework.policies import Category
from casework.records import Child
from casework.sharing import may_see, shown_marks
from casework.triage import OPEN_OUTCOMES, SETTLED_OUTCOMES, Facts, Why, day_codes, morning_reasons, order_key
from casework.weeks import UNEXPLAINED_CODE, day_bits, unpack
from storage.queries.facts import children_of, read_facts
from storage.queries.lookup import display_name
from storage.queries.row_facts import RowFacts

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class TodayRow:
    """One child of the round. `attempts` counts today's follow-ups; `rank` starts at 1."""

    child: Child
    name: str
    school: str
    sessions: Mapping[str, str]
    why: Sequence[Why]
    attempts: int
    last_contact: date | None
    status: str
    settled: bool
    rank: int
    facts: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Round:
    """The round of one register day. `rows` are open ones; `settled` were acted on and are left out.

    `counts` holds children by state: not-in (any absence), explained, unexplained, open, acted-on, and
    no-register (children of a school that has no mark for the day yet).
    """

    day: date
    rows: Sequence[TodayRow]
    settled: Sequence[TodayRow]
    counts: Mapping[str, int]


def register_day(store: Store, day: date) -> date:
    """The school day whose registers `day` works on: itself, or the last school day before it."""
    days = [
        found for calendar in store.schools.calendars.values() if (found := calendar.last_school_day(day))
    ]
    return max(days, default=day)


def read_round(
    store: Store, *, day: date | None = None, school: str | None = None, chosen: Filter | None = None
) -> Round:
    """The round of the register day for one school (its id) or all, with a filter applied to the rows."""
    day = register_day(store, day or store.today)
    candidates = _unexplained(store, day, school)
    attempts = _follow_ups(store, day)
    children = children_of(store, candidates)
    facts = read_facts(store, list(children.values()), day, year=chosen is not None)
    rows = [_row(store, children[c], facts[c], day, attempts.get(c, [])) for c in candidates if c in children]
    counts = _counts(store, day, school)
    counts["acted-on"] = sum(row.settled for row in rows)
    counts["open"] = len(rows) - counts["acted-on"]
    if chosen is not None:
        rows = [row for row in rows if chosen.matches(row.facts)]
    ordered = _ranked(rows)
    return Round(
        day,
        [row for row in ordered if not row.settled],
        [row for row in ordered if row.settled],
        counts,
    )


def _unexplained(store: Store, day: date, school: str | None) -> list[str]:
    condition, parameters = ("AND school = ?", [school]) if school else ("", [])
    rows = store.conn.execute(
        "SELECT DISTINCT child FROM attendance_week INDEXED BY attendance_week_open"
        f" WHERE void = 0 AND week = ? AND unexplained <> 0 AND unexplained & ? <> 0 {condition}",
        [monday_of(day).isoformat(), day_bits(day), *parameters],
    )
    return [row[0] for row in rows]


def _follow_ups(store: Store, day: date) -> dict[str, list[str]]:
    rows = store.conn.execute(
        "SELECT child, outcome FROM follow_up WHERE session_date = ? AND void = 0 ORDER BY at, id",
        (day.isoformat(),),
    )
    found: dict[str, list[str]] = defaultdict(list)
    for child, outcome in rows:
        found[child].append(outcome)
    return found


def _row(store: Store, child: Child, facts: Facts, day: date, outcomes: list[str]) -> TodayRow:
    calendar = store.schools.calendar(child.school)
    last = outcomes[-1] if outcomes else ""
    status = SETTLED_OUTCOMES.get(last) or OPEN_OUTCOMES.get(last) or "open"
    custody = may_see(store.worker, child, Category.YOUTH_JUSTICE, "attendance", day)
    am, pm = (shown_marks(code, custody) for code in day_codes(facts.weeks, day))
    school = store.schools.name(child.school)
    return TodayRow(
        child=child,
        name=display_name(child),
        school=school,
        sessions={"AM": am, "PM": pm},
        why=morning_reasons(facts, calendar, day),
        attempts=len(outcomes),
        last_contact=facts.last_contact,
        status=status,
        settled=last in SETTLED_OUTCOMES,
        rank=0,
        facts=RowFacts(
            store, child, facts, day, codes={am, pm} - {NO_MARK}, status=status, attempts=len(outcomes)
        ),
    )


def _ranked(rows: Sequence[TodayRow]) -> list[TodayRow]:
    """Rows by their weightiest reasons; siblings stand together at the place of the first of them."""
    ordered = sorted(
        rows, key=lambda row: (row.attempts > 0, order_key(row.why), row.child.surname, row.name)
    )
    families: dict[str, list[TodayRow]] = {}
    for row in ordered:
        families.setdefault(row.child.household or row.child.id, []).append(row)
    together = [row for family in families.values() for row in family]
    return [_with_rank(row, rank) for rank, row in enumerate(together, start=1)]


def _with_rank(row: TodayRow, rank: int) -> TodayRow:
    from dataclasses import replace

    return replace(row, rank=rank)


@lru_cache(maxsize=65_536)
def _day_state(marks: str, day: date) -> str:
    """What a week string says of one day: "in", "unexplained", "explained", or "no-register"."""
    slot = day.weekday() * 2
    held = [code for code in unpack(marks)[slot : slot + 2] if code != NO_MARK]
    if not held:
        return "no-register"
    if UNEXPLAINED_CODE in held:
        return "unexplained"
    kinds = {found.kind for code in held if (found := lookup(code, day))}
    return "explained" if kinds & {CodeClass.AUTHORISED, CodeClass.UNAUTHORISED} else "in"


def _counts(store: Store, day: date, school: str | None) -> dict[str, int]:
    condition, parameters = ("AND school = ?", [school]) if school else ("", [])
    rows = store.conn.execute(
        "SELECT marks, count(*) FROM attendance_week INDEXED BY attendance_week_week"
        f" WHERE void = 0 AND week = ? {condition} GROUP BY school, marks",
        [monday_of(day).isoformat(), *parameters],
    )
    states: Counter[str] = Counter()
    for marks, count in rows:
        states[_day_state(marks, day)] += count
    return {
        "not-in": states["unexplained"] + states["explained"],
        "explained": states["explained"],
        "unexplained": states["unexplained"],
        "no-register": states["no-register"],
    }
