"""What every field of a record carries: its data category, its merge policy and its label.

A record's field is declared once (`Annotated[type, Meta(...)]`); tables, forms, history, consent gating,
merging and the data dictionary read that line and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from casework.vocabulary import PURPOSES, Category, Purpose

__all__ = ["LOCAL_EDIT_REFUSED", "PURPOSES", "PURPOSE_OF", "Category", "Meta", "Policy", "Purpose"]

PURPOSE_OF: Mapping[str, Purpose] = {
    "assessment": "assessment",
    "score": "assessment",
    "plan": "planning",
    "outcome": "planning",
    "action": "planning",
    "review": "planning",
    "episode": "planning",
    "disagreement": "safeguarding",
}
"""Record types that are seen for one purpose only, whatever they are asked for."""


class Policy(StrEnum):
    """What happens when two people change one field unknown to each other."""

    WITHDRAW_WINS = "withdraw_wins"
    APPEND_ONLY = "append_only"
    ASK = "ask"
    UNION = "union"
    MAX = "max"
    MIN = "min"
    CENTRAL_WINS = "central_wins"
    LAST_ARRIVAL = "last_arrival"


LOCAL_EDIT_REFUSED: dict[Policy, str] = {
    Policy.APPEND_ONLY: "it is never rewritten; add a new entry that corrects it",
    Policy.CENTRAL_WINS: "the school's register or the council owns it; ask them to correct it",
}
"""Policies under which a worker's direct edit of a stored value is refused, with the reason in words."""


@dataclass(frozen=True, slots=True)
class Meta:
    """The category, merge policy and label of one field; whether its words are found by searching, and
    whether it says anything to a person: what is not `shown` is for rules alone.
    """

    category: Category
    label: str
    policy: Policy = Policy.ASK
    searched: bool = False
    shown: bool = True
