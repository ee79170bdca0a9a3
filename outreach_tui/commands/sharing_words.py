"""The words that `consent` and `disclose` take for agencies, categories and purposes."""

from __future__ import annotations

from collections.abc import Sequence

import click

from casework.vocabulary import AGENCIES, Agency, Category

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


def agencies_of(option: str, text: str) -> tuple[Agency, ...]:
    """The agencies that an option names."""
    words = listed(option, text, AGENCIES)
    return tuple(agency for word in words for agency in AGENCIES if agency == word)


def categories_of(option: str, text: str) -> tuple[Category, ...]:
    """The categories that an option names."""
    return tuple(map(Category, listed(option, text, CATEGORIES)))


def pairs_of(option: str, text: str) -> tuple[tuple[Agency, Category], ...]:
    """The pairs of one agency and one category that an option names: `school:health,voluntary:send`."""
    found: dict[tuple[Agency, Category], None] = {}
    for word in (part.strip() for part in text.split(",") if part.strip()):
        agency, sign, category = (part.strip() for part in word.partition(":"))
        if not (agency and sign and category):
            from casework.text import safe

            what = "is no agency and category with a colon between, such as school:health"
            raise click.UsageError(f"{option}: {safe(word)} {what}")
        found[agencies_of(option, agency)[0], categories_of(option, category)[0]] = None
    return tuple(found)
