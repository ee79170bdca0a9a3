"""School-year totals of a CTF or a summary against the marks that are held: two ways to one figure."""

from __future__ import annotations

import json
from collections.abc import Iterable

from storage.cipher import Connection
from storage.intake.report import TotalsCheck

_SUMS = """
SELECT t.child, c.upn, t.possible, t.attended, t.authorised, t.unauthorised,
       sum(w.possible), sum(w.attended), sum(w.authorised), sum(w.unauthorised)
FROM attendance_total t
JOIN child c ON c.id = t.child
JOIN attendance_week w ON w.child = t.child AND w.school = t.school AND w.void = 0
     AND w.week BETWEEN t.year || '-08-26' AND (t.year + 1) || '-08-25'
WHERE t.void = 0 AND t.child IN (SELECT value FROM json_each(?)) AND t.school = ?
GROUP BY t.id
ORDER BY c.upn
"""


def check_totals(conn: Connection, children: Iterable[str], school: str) -> tuple[TotalsCheck, list[str]]:
    """How totals and marks agree for these children, and the UPNs of those where they do not.

    Totals are of the day on which they were made. Where more sessions are held than they count, the marks
    have gone on since, and there is nothing to compare; where fewer are held, marks are still to come. The
    rest must agree in every count.
    """
    found = TotalsCheck()
    differing: list[str] = []
    for _, upn, *counts in conn.execute(_SUMS, (json.dumps(list(children)), school)):
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
            differing.append(upn or "a child without UPN")
    return found, differing
