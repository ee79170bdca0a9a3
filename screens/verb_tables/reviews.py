"""The verbs that open a child's case: its reviews, and each time of working together."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

VERBS: tuple[Verb, ...] = (
    Verb(
        "review",
        "G",
        "Review",
        "Attendance before the plan and since, earlier reviews, and holding one.",
        "Case",
        ("child", "clocks", "supervision", "plan", "case"),
        ("case",),
    ),
    Verb(
        "case",
        "H",
        "Case",
        "Each time of working together: how it began, how long, how it ended.",
        "Case",
        ("caseload", "child", "clocks", "supervision", "plan", "review"),
        ("review",),
    ),
)
