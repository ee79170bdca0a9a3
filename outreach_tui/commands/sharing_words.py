"""The words that `consent` and `disclose` take for agencies, categories and purposes."""

from __future__ import annotations

from collections.abc import Sequence

import click

from casework.vocabulary import Category

CATEGORIES = tuple(map(str, Category))


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
