"""The verbs that mean the same wherever something is worked on; each screen says of what."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

_NEW = ("notifications", "plan", "disagreements", "review", "assessment")
_FINISH = ("plan", "disagreements", "case", "assessment")
_WORDS = ("plan", "assessment", "schools")

VERBS: tuple[Verb, ...] = (
    Verb(
        "new",
        "+",
        "New",
        "Begin what the screen holds: a notification, an action, a review, an assessment or scores.",
        "Work",
        _NEW,
        _NEW,
    ),
    Verb(
        "edit",
        "E",
        "Edit",
        "Change what is under the cursor: an outcome, an action, an assessment's part, a school's contacts.",
        "Work",
        _WORDS,
        _WORDS,
    ),
    Verb(
        "finish",
        "X",
        "Finish",
        "Say how it ended: a task done or not and why, a disagreement, a case, an assessment.",
        "Work",
        _FINISH,
        _FINISH,
    ),
)
