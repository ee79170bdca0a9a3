"""The verbs that mean the same wherever something is worked on; each screen says of what."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

_NEW = ("notifications", "plan", "disagreements", "review")
_FINISH = ("plan", "disagreements", "case")

VERBS: tuple[Verb, ...] = (
    Verb(
        "new",
        "+",
        "New",
        "Begin what the screen holds: a notification, an action of a plan, a review.",
        "Work",
        _NEW,
        _NEW,
    ),
    Verb(
        "finish",
        "X",
        "Finish",
        "Say how it ended: a task done or not and why, a disagreement settled, a case closed.",
        "Work",
        _FINISH,
        _FINISH,
    ),
)
