"""The verbs of disagreements between professionals; `screens.verb_tables.work` has those to begin and end."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

VERBS: tuple[Verb, ...] = (
    Verb(
        "disagreements",
        "Y",
        "Disagree",
        "Disagreements between professionals, up to the District Manager.",
        "Work",
        ("child", "clocks"),
    ),
    Verb(
        "escalate",
        ">",
        "Further",
        "Take a disagreement to the next level; a new clock starts.",
        "Work",
        ("disagreements",),
        ("disagreements",),
    ),
)
