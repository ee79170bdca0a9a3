"""The verbs of sheets: lists to pass on or to take along."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

_LISTS = ("today", "caseload")

VERBS: tuple[Verb, ...] = (
    Verb(
        "office-sheet",
        "number_sign",
        "N marks",
        "N marks due or overdue and reasons given, as one list for the office.",
        "Sheets",
        _LISTS,
    ),
    Verb(
        "visits-sheet",
        "ampersand",
        "Visits",
        "Today's visits: address, risks, whom not to contact.",
        "Sheets",
        _LISTS,
    ),
)
