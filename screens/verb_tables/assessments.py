"""The verbs of the whole-family assessment and of outcome-tool scores."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

VERBS: tuple[Verb, ...] = (
    Verb(
        "assessment",
        "J",
        "Assessment",
        "The whole-family assessment, part by part, and scores of outcome tools.",
        "Assessment",
        ("child", "clocks"),
    ),
)
