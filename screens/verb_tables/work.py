"""The verbs that mean the same wherever something is worked on; each screen says of what."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

_NEW = ("notifications", "plan", "disagreements")
_FINISH = ("plan", "disagreements")

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
    Verb(
        "finish",
        "X",
        "Finish",
        "Say how it ended: a task done, not done or dropped with why; a disagreement's outcome.",
        "Work",
        _FINISH,
        _FINISH,
    ),
)
