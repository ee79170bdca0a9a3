"""The verbs of two records that may be of one child."""

from __future__ import annotations

from screens.verb_tables.verb import Verb

_PLACES = ("child", "same-child")
_HERE = ("same-child",)

VERBS: tuple[Verb, ...] = (
    Verb(
        "same",
        "equals_sign",
        "Same?",
        "Records that may be of this child; with two before you, make them one.",
        "Same child",
        _PLACES,
        _HERE,
    ),
    Verb(
        "apart",
        "minus",
        "Apart",
        "Take a merge back, or record that two children are not one.",
        "Same child",
        _HERE,
        _HERE,
    ),
)
