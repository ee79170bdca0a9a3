"""The verbs that mean the same wherever something is worked on; each screen says of what."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

_NEW = ("notifications", "plan")

VERBS: tuple[Verb, ...] = (
    Verb(
        "new",
        "+",
        "New",
        "Begin what the screen holds: on Notifications a notification, on Plan an action.",
        "Work",
        _NEW,
        _NEW,
    ),
)
