"""The limits of an agreement: what the family's own words keep from whom, as a worker who read them found.

A limit is a whole agency, a whole category for everyone, or a pair: one category for one agency. A pair
is kept as `school:health`. Earlier versions do not know pairs; so that none of them opens what a pair keeps
shut, words that were settled by pairs stay unsettled for them: `exclude_read` is False, and they say "ask".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from casework.sharing_grid import HIDDEN_AGENCIES, HIDDEN_EXISTENCE
from casework.vocabulary import AGENCIES, Agency, Category
from casework.wording import CATEGORIES, join_words

if TYPE_CHECKING:
    from casework.records_sharing import Agreement

Pair = tuple[Agency, Category]
"""An agency, and a category that it shall not see."""

_SIGN = ":"
_CATEGORIES = frozenset(Category)


def pair_word(agency: Agency, category: Category) -> str:
    """A pair as it is kept: `school:health`."""
    return f"{agency}{_SIGN}{category.value}"


def read_pair(word: str) -> Pair | None:
    """A pair that was kept; None for one that only a later version can read."""
    agency, _, category = word.partition(_SIGN)
    if agency not in AGENCIES or category not in _CATEGORIES:
        return None
    return agency, Category(category)


def tells_hidden(word: str) -> bool:
    """Whether a pair names an agency or a category whose existence is protected."""
    return not (HIDDEN_AGENCIES | HIDDEN_EXISTENCE).isdisjoint(word.split(_SIGN))


def rules_out(agreement: Agreement, agency: Agency, category: Category) -> bool:
    """Whether a limit of the agreement keeps a category from an agency."""
    return (
        agency in agreement.exclude_agencies
        or category in agreement.exclude_categories
        or (bool(agreement.exclude_pairs) and pair_word(agency, category) in agreement.exclude_pairs)
    )


def is_beyond(agreement: Agreement) -> bool:
    """Whether a later version settled the words by a limit that this one cannot read."""
    return any(read_pair(word) is None for word in agreement.exclude_pairs)


def is_unsettled(agreement: Agreement) -> bool:
    """Whether it is open what the family's words rule out, or cannot be known here: every answer is "ask"."""
    if is_beyond(agreement):
        return True
    return bool(agreement.exclude.strip()) and not agreement.exclude_read and not agreement.exclude_pairs


def has_limits(agreement: Agreement) -> bool:
    """Whether any limit is written, settled or not."""
    return bool(
        agreement.exclude.strip()
        or agreement.exclude_agencies
        or agreement.exclude_categories
        or agreement.exclude_pairs
    )


def settled_by(
    agencies: Iterable[Agency], categories: Iterable[Category], pairs: Iterable[Pair]
) -> Mapping[str, Any]:
    """The fields of an agreement whose words were found to rule these out.

    A pair that a whole agency or a whole category rules out as well says nothing and is left away.
    """
    whole, everyone = tuple(dict.fromkeys(agencies)), tuple(dict.fromkeys(categories))
    apart = [pair_word(who, what) for who, what in pairs if who not in whole and what not in everyone]
    return {
        "exclude_agencies": whole,
        "exclude_categories": everyone,
        "exclude_pairs": tuple(dict.fromkeys(apart)),
        "exclude_read": not apart,
    }


def written_with(
    agencies: Sequence[Agency], categories: Sequence[Category], pairs: Sequence[Pair]
) -> Mapping[str, Any]:
    """The fields of a new agreement whose limits are known at once; where none is, its words wait."""
    return settled_by(agencies, categories, pairs) if agencies or categories or pairs else {}


def said_pairs(words: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """Pairs in words, an agency at a time: `the school: health and family`."""
    found: dict[str, list[str]] = {}
    for word in words:
        pair = read_pair(word)
        if pair is None:
            continue
        agency, category = pair
        found.setdefault(names.get(agency, agency), []).append(CATEGORIES[category.value])
    return [f"{agency}: {join_words(what)}" for agency, what in found.items()]


def without_hidden(agreement: Agreement) -> Mapping[str, Any]:
    """The limits as somebody may know them who may not know what is protected even in its existence.

    Where nothing is left of the pairs, the words are settled for them all the same: a difference would tell.
    """
    shown = tuple(word for word in agreement.exclude_pairs if not tells_hidden(word))
    return {
        "exclude_agencies": tuple(a for a in agreement.exclude_agencies if a not in HIDDEN_AGENCIES),
        "exclude_categories": tuple(c for c in agreement.exclude_categories if c not in HIDDEN_EXISTENCE),
        "exclude_pairs": shown,
        "exclude_read": agreement.exclude_read or (bool(agreement.exclude_pairs) and not shown),
    }
