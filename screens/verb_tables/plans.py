"""The verbs of a family's plan."""

from __future__ import annotations

from screens.verb_tables.verb import ROUND, Verb

_PLAN = ("plan",)

VERBS: tuple[Verb, ...] = (
    Verb(
        "plan",
        "P",
        "Plan",
        "The family's plan: outcomes, actions, reviews.",
        "Plan",
        (*ROUND, "clocks", "supervision"),
        ("supervision",),
    ),
    Verb(
        "outcome",
        "O",
        "Outcome",
        "Write an outcome in the family's words; the first one starts the plan.",
        "Plan",
        _PLAN,
        _PLAN,
    ),
    Verb(
        "plan-file",
        "F",
        "File",
        "Plan and story in plain words for the family, as a text file or a PDF.",
        "Plan",
        _PLAN,
        _PLAN,
    ),
)
