"""The verbs of notifications and allocation."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

_BOTH = ("notifications", "notification")

VERBS: tuple[Verb, ...] = (
    Verb(
        "allocate",
        "A",
        "Allocate",
        "Give it to a worker, by what each carries; an episode opens.",
        "Notifications",
        _BOTH,
        _BOTH,
    ),
    Verb(
        "need-information",
        "M",
        "More needed",
        "Ask the school for more, with what is missing: the clock stops.",
        "Notifications",
        _BOTH,
        _BOTH,
    ),
    Verb(
        "information",
        "I",
        "Came",
        "The information came: fill in the parts; the clock starts anew when nothing is missing.",
        "Notifications",
        _BOTH,
        ("notification",),
    ),
    Verb(
        "contacted",
        "K",
        "Notifier",
        "You spoke with who sent it; shows what they may be told, and why.",
        "Notifications",
        _BOTH,
        _BOTH,
    ),
)
