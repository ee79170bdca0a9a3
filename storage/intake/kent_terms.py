"""Terms of a Kent local-authority school, for schools that have not yet given their own.

Kent has six terms a year. 2025-26: the terms of the
worked rule cases (``tests/data/domain_cases.json``, N-01). 2026-27: the dates of a primary school on Sheppey
(Swale), seen in 2026. Academies and church schools set their own: every
school's calendar can be replaced, and these are only where it starts.
"""

from __future__ import annotations

from datetime import date

from storage.intake.school_calendar import CalendarRow

_TERMS: dict[int, tuple[tuple[date, date], ...]] = {
    2025: (
        (date(2025, 9, 3), date(2025, 10, 17)),
        (date(2025, 11, 3), date(2025, 12, 19)),
        (date(2026, 1, 5), date(2026, 2, 13)),
        (date(2026, 2, 23), date(2026, 4, 2)),
        (date(2026, 4, 20), date(2026, 5, 22)),
        (date(2026, 6, 1), date(2026, 7, 22)),
    ),
    2026: (
        (date(2026, 9, 1), date(2026, 10, 16)),
        (date(2026, 11, 2), date(2026, 12, 18)),
        (date(2027, 1, 4), date(2027, 2, 12)),
        (date(2027, 2, 22), date(2027, 3, 25)),
        (date(2027, 4, 12), date(2027, 5, 28)),
        (date(2027, 6, 7), date(2027, 7, 22)),
    ),
}

_DAYS: dict[int, tuple[CalendarRow, ...]] = {
    2025: (CalendarRow("closure", "Early May bank holiday", date(2026, 5, 4), date(2026, 5, 4)),),
    2026: (
        CalendarRow("inset", "INSET", date(2026, 9, 1), date(2026, 9, 1)),
        CalendarRow("closure", "Early May bank holiday", date(2027, 5, 3), date(2027, 5, 3)),
    ),
}

YEARS = tuple(sorted(_TERMS))
"""The years, by the year in which the school year begins, that are built in."""


def kent_calendar(*years: int) -> tuple[CalendarRow, ...]:
    """The terms, INSET days and closures of the given school years (all of them when none is given).

    Raises KeyError for a year that is not built in.
    """
    rows: list[CalendarRow] = []
    for year in years or YEARS:
        rows.extend(
            CalendarRow("term", f"Term {number}", first, last)
            for number, (first, last) in enumerate(_TERMS[year], start=1)
        )
        rows.extend(_DAYS[year])
    return tuple(rows)
