"""The words of sharing: agencies, categories of data, and purposes.

It imports nothing of the records, so that the help of a command may name these words without reading them in.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Literal, get_args

Agency = Literal[
    "early-help",
    "social-care",
    "school",
    "inclusion-attendance",
    "school-nursing",
    "youth-justice",
    "voluntary",
    "management",
]

AGENCIES: tuple[Agency, ...] = get_args(Agency)


class Category(StrEnum):
    """The kind of data a field holds; what a worker may see is decided per category."""

    IDENTITY = "identity"
    ATTENDANCE = "attendance"
    FAMILY = "family"
    EDUCATION = "education"
    SEND = "send"
    HEALTH = "health"
    SOCIAL_CARE = "social_care"
    YOUTH_JUSTICE = "youth_justice"
    SAFEGUARDING = "safeguarding"
    WORKFORCE = "workforce"

    # An Enum's own hash is a Python call; `may_see` looks categories up by the ten thousand.
    __hash__ = str.__hash__


Purpose = Literal["support", "assessment", "planning", "attendance", "safeguarding", "evaluation"]
"""What a worker wants to see something for; the family agrees to purposes, and each has a lawful basis."""

PURPOSES: tuple[Purpose, ...] = get_args(Purpose)
