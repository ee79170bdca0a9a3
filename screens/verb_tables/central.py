"""The verbs of the central record: settling conflicts, and agreeing with it."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

_HERE = ("conflicts",)

VERBS: tuple[Verb, ...] = (
    Verb("keep-stands", "(", "Stands", "Keep what stands.", "Conflicts", _HERE, _HERE),
    Verb("keep-also", ")", "Also", "Take what was also said.", "Conflicts", _HERE, _HERE),
    Verb("keep-both", "*", "Both", "Keep both: of a list or a text.", "Conflicts", _HERE, _HERE),
    Verb(
        "keep-text",
        "quotation_mark",
        "Text",
        "Settle it with another text.",
        "Conflicts",
        _HERE,
        _HERE,
    ),
    Verb(
        "settled",
        ";",
        "Settled",
        "Show what was settled: what was chosen, by whom, when, and what was not; again goes back.",
        "Conflicts",
        ("conflicts", "settled"),
        ("conflicts", "settled"),
    ),
    Verb(
        "sync-now",
        "~",
        "Sync now",
        "Send what waits, fetch what is new, compare both sides.",
        "Central record",
        ("sync",),
        ("sync",),
    ),
)
