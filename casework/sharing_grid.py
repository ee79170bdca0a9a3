"""What each agency's own work needs, per category and purpose, and the lawful basis of each purpose.

One letter a cell, in the order of `PURPOSES` (support, assessment, planning, attendance, safeguarding,
evaluation): O the agency's own work needs it, C it does for those who work the case (lead worker, allocated
worker, Team Around the Family), A only what the family agreed to. Source: roles and what they may need to
see, local practice in Kent; Working Together to Safeguard Children, 2023; `docs/sharing.md` is made from it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from casework.policies import PURPOSES, Category, Purpose
from casework.vocabulary import Agency

Standing = Literal["O", "C", "A"]
Answer = Literal["yes", "no", "ask"]

_ROWS: Mapping[str, Mapping[str, str]] = {
    "early-help": {
        "identity": "OOOOOO",
        "attendance": "OOOOOO",
        "family": "OCCOOA",
        "education": "OOOOOO",
        "send": "OOOOOA",
        "health": "AAAAAA",
        "social_care": "AAAAAA",
        "youth_justice": "AAAAAA",
        "safeguarding": "OOOOOA",
        "workforce": "OOOOOO",
    },
    "social-care": {
        "identity": "OOOOOO",
        "attendance": "OOOOOO",
        "family": "OCCOOA",
        "education": "OOOOOO",
        "send": "OOOOOA",
        "health": "AAAAAA",
        "social_care": "OCCOOA",
        "youth_justice": "AAAAAA",
        "safeguarding": "OOOOOA",
        "workforce": "OOOOOO",
    },
    "school": {
        "identity": "OOOOOO",
        "attendance": "OOOOOO",
        "family": "OAAOOA",
        "education": "OOOOOO",
        "send": "OOOOOO",
        "health": "AAAAAA",
        "social_care": "AAAAAA",
        "youth_justice": "AAAAAA",
        "safeguarding": "OAAOOA",
        "workforce": "OOOOOO",
    },
    "inclusion-attendance": {
        "identity": "OOOOOO",
        "attendance": "OOOOOO",
        "family": "OAAOOA",
        "education": "OOOOOO",
        "send": "OOOOOA",
        "health": "AAAAAA",
        "social_care": "AAAAAA",
        "youth_justice": "AAAAAA",
        "safeguarding": "OAAOOA",
        "workforce": "OOOOOO",
    },
    "school-nursing": {
        "identity": "OOOOOO",
        "attendance": "AAAAAA",
        "family": "AAAAAA",
        "education": "OOOOOO",
        "send": "AAAAAA",
        "health": "OOOOOA",
        "social_care": "AAAAAA",
        "youth_justice": "AAAAAA",
        "safeguarding": "AAAAOA",
        "workforce": "OOOOOO",
    },
    "youth-justice": {
        "identity": "OOOOOO",
        "attendance": "OOOOOO",
        "family": "AAAAOA",
        "education": "OOOOOO",
        "send": "AAAAAA",
        "health": "AAAAAA",
        "social_care": "AAAAAA",
        "youth_justice": "OOOOOA",
        "safeguarding": "AAAAOA",
        "workforce": "OOOOOO",
    },
    "voluntary": {
        "identity": "OOOOOO",
        "attendance": "CCCCCA",
        "family": "CCCCCA",
        "education": "CCCCCA",
        "send": "AAAAAA",
        "health": "AAAAAA",
        "social_care": "AAAAAA",
        "youth_justice": "AAAAAA",
        "safeguarding": "AAAAAA",
        "workforce": "OOOOOO",
    },
    "management": {
        "identity": "OOOOOO",
        "attendance": "OOOOOO",
        "family": "CCCCCA",
        "education": "OOOOOO",
        "send": "AAAAAA",
        "health": "AAAAAA",
        "social_care": "AAAAAA",
        "youth_justice": "AAAAAA",
        "safeguarding": "AAAAOA",
        "workforce": "OOOOOO",
    },
}

GRID: Mapping[str, Mapping[Purpose, Mapping[Category, Standing]]] = {
    agency: {
        purpose: {Category(name): letters[at] for name, letters in rows.items()}  # type: ignore[misc]
        for at, purpose in enumerate(PURPOSES)
    }
    for agency, rows in _ROWS.items()
}
"""Agency, purpose, category: on what a worker's sight of it stands."""

HIDDEN_EXISTENCE = frozenset({Category.YOUTH_JUSTICE})
"""Categories of which not even the existence is shown to those who may not see them."""

HIDDEN_AGENCIES: frozenset[Agency] = frozenset({"youth-justice"})
"""Agencies whose part in a case would tell of such a category."""


TOLD_OF_SHARING: tuple[Agency, ...] = ("voluntary",)
"""Agencies whose own work never opens safeguarding: of a decision to share with one of them without agreement
it is told what is shared, and nothing of why. The order is part of what laptops and the central record store.
"""


@dataclass(frozen=True, slots=True)
class Basis:
    """The organisation's lawful basis for one purpose. It never stands in for a family's agreement."""

    name: str
    source: str


LAWFUL_BASIS: Mapping[Purpose, Basis] = {
    "support": Basis("public task", "UK GDPR art. 6(1)(e); Children Act 2004 s.10"),
    "assessment": Basis("public task", "UK GDPR art. 6(1)(e); Children Act 2004 s.10"),
    "planning": Basis("public task", "UK GDPR art. 6(1)(e); Children Act 2004 s.10"),
    "attendance": Basis("legal obligation", "UK GDPR art. 6(1)(c); SI 2024/208; Education Act 1996 s.436A"),
    "safeguarding": Basis("legal obligation", "UK GDPR art. 6(1)(c); Children Act 2004 ss.11 and 16LA"),
    "evaluation": Basis("public task", "UK GDPR art. 6(1)(e)"),
}
"""A council's usual bases; a local setting may name others."""
