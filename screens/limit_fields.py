"""The fields in which a form asks what the family's own words keep from one agency, and limits in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from casework.limits import Pair, pair_word, said_pairs
from casework.policies import Category
from casework.vocabulary import AGENCIES, Agency
from casework.wording import CATEGORIES, join_words
from screens.form_fields import FormField
from screens.widgets.fitting import short

APART = "not_"
"""What the name of each of these fields begins with."""
_LABEL = 16
"""Cells of a label beside the sign of the field that takes keys."""


def apart_fields(
    label: str, agencies: Iterable[Agency], names: Mapping[str, str], categories: Mapping[str, str]
) -> tuple[FormField, ...]:
    """A line that says what follows, and for each agency a field of what it alone may not have."""
    told = FormField(f"{APART}told", label, "told", hint="one agency alone, while the others may see it:")
    fields = tuple(
        FormField(
            f"{APART}{agency}",
            short(names.get(agency, agency), _LABEL),
            "many",
            categories,
            f"what {names.get(agency, agency)} alone may not have; the others may",
            empty="nothing",
        )
        for agency in agencies
    )
    return (told, *fields) if fields else ()


def agency_of(field: str) -> Agency | None:
    """The agency that a field of `apart_fields` is about; None for any other field."""
    return next((agency for agency in AGENCIES if field == f"{APART}{agency}"), None)


def pairs_in(values: Mapping[str, Any]) -> tuple[Pair, ...]:
    """What a form's values keep from one agency alone."""
    return tuple(_pairs(values))


def _pairs(values: Mapping[str, Any]) -> Iterator[Pair]:
    for field, words in values.items():
        agency = agency_of(field)
        if agency is not None:
            yield from ((agency, Category(word)) for word in words)


def limit_words(
    agencies: Sequence[str], categories: Sequence[str], pairs: Sequence[Pair], names: Mapping[str, str]
) -> list[str]:
    """Limits in sentences; one that says that there are none."""
    whole = join_words([names.get(agency, agency) for agency in agencies])
    everyone = join_words([CATEGORIES[word] for word in categories])
    said = [f"Not to {words}." for words in said_pairs([pair_word(*pair) for pair in pairs], names)]
    said += [f"To nobody: {everyone}."] if everyone else []
    said += [f"Nothing to {whole}."] if whole else []
    return said or ["They rule out no agency and no category."]
