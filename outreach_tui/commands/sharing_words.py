"""The words that `consent` and `disclose` take for agencies, categories and purposes."""

from __future__ import annotations

from collections.abc import Sequence

import click

AGENCIES = (
    "early-help",
    "social-care",
    "school",
    "inclusion-attendance",
    "school-nursing",
    "youth-justice",
    "voluntary",
    "management",
)
CATEGORIES = (
    "identity",
    "attendance",
    "family",
    "education",
    "send",
    "health",
    "social_care",
    "youth_justice",
    "safeguarding",
    "workforce",
)
PURPOSES = ("support", "assessment", "planning", "attendance", "safeguarding", "evaluation")


def listed(option: str, text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The comma-separated words of an option, each one of `known`; `all` stands for every one."""
    words = [word.strip().casefold() for word in text.split(",") if word.strip()]
    if words == ["all"] and option in ("--categories", "--purposes"):
        return tuple(known)
    for word in words:
        if word not in known:
            from casework.text import safe

            raise click.UsageError(f"{option}: {safe(word)} is none of {', '.join(known)}")
    return tuple(dict.fromkeys(words))
