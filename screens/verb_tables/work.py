"""The verbs that mean the same wherever something is worked on; each screen says of what."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

_NEW = ("notifications", "plan", "disagreements", "review", "assessment", "child")
_FINISH = ("plan", "disagreements", "case", "assessment")
_WORDS = ("plan", "assessment", "schools", "child")

VERBS: tuple[Verb, ...] = (
    Verb(
        "new",
        "+",
        "New",
        "Begin what the screen holds: a notification, an action, a review, an assessment or scores, a flag.",
        "Work",
        _NEW,
        _NEW[:-1],
    ),
    Verb(
        "edit",
        "E",
        "Edit",
        "Change what is under the cursor: an outcome, action, flag, assessment's part, a school's contacts.",
        "Work",
        _WORDS,
        _WORDS[:-1],
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
