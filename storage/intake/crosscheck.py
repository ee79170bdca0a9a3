"""What is held twice: school-year totals beside marks, and sessions that two schools both have marked."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

from casework.codes import CODES, NO_MARK, CodeClass
from storage.cipher import Connection
from storage.intake.merging import Span
from storage.intake.report import TotalsCheck

_SUMS = """
SELECT t.child, c.upn, t.possible, t.attended, t.authorised, t.unauthorised,
       sum(w.possible), sum(w.attended), sum(w.authorised), sum(w.unauthorised), coalesce(f.name, '')
FROM attendance_total t
LEFT JOIN register_file f ON f.id = t.source
JOIN child c ON c.id = t.child
JOIN attendance_week w ON w.child = t.child AND w.school = t.school AND w.void = 0
     AND w.week BETWEEN t.year || '-08-26' AND (t.year + 1) || '-08-25'
WHERE t.void = 0 AND t.child IN (SELECT value FROM json_each(?)) AND t.school = ?
GROUP BY t.id
ORDER BY c.upn
"""


def check_totals(
    conn: Connection, children: Iterable[str], school: str
) -> tuple[TotalsCheck, dict[str, list[str]]]:
    """How totals and marks agree for these children, and where they do not: file of the totals to UPNs.

    Totals are of the day on which they were made. Where more sessions are held than they count, the marks
    have gone on since, and there is nothing to compare; where fewer are held, marks are still to come. The
    rest must agree in every count. A file that is being read now has no name yet: its key is empty text.
    """
    found = TotalsCheck()
    differing: dict[str, list[str]] = {}
    for _, upn, *counts, file in conn.execute(_SUMS, (json.dumps(list(children)), school)):
        total, held = counts[:4], counts[4:]
        found.compared += 1
        if held == total:
            found.agree += 1
        elif held[0] > total[0]:
            found.newer += 1
        elif held[0] < total[0]:
            found.incomplete += 1
        else:
            found.differ += 1
            differing.setdefault(file, []).append(upn or "a child without UPN")
    return found, differing


_BOTH = """
SELECT here.week, here.marks, there.marks
FROM attendance_week here
JOIN attendance_week there ON there.child = here.child AND there.week = here.week
     AND there.school <> here.school AND there.void = 0
WHERE here.child = ? AND here.school = ? AND here.void = 0 AND here.week BETWEEN ? AND ?
"""
_DUAL = "D"
_NO_CLAIM = frozenset({NO_MARK, _DUAL} | {c.code for c in CODES if c.kind is CodeClass.NOT_COLLECTED})
"""What a second school may well write: no mark, due at the other school, not on the register, closed."""


def marked_twice(conn: Connection, spans: Mapping[str, Span], school: str) -> dict[str, int]:
    """How many sessions in a file's days have a mark at another school too, by child.

    ``spans`` are the file's days of the children to look at.
    """
    found: dict[str, int] = {}
    for child, span in spans.items():
        first = span.first - timedelta(days=span.first.weekday())
        for week, here, there in conn.execute(
            _BOTH, (child, school, first.isoformat(), span.last.isoformat())
        ):
            monday = date.fromisoformat(week)
            for slot, pair in enumerate(zip(here.split(" "), there.split(" "), strict=True)):
                day = monday + timedelta(days=slot // 2)
                if span.first <= day <= span.last and _NO_CLAIM.isdisjoint(pair):
                    found[child] = found.get(child, 0) + 1
    return found
