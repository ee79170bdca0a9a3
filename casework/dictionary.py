"""The data dictionary, made from the records themselves so that it cannot differ from them."""

from __future__ import annotations

from collections.abc import Iterator

from casework.records import RECORD_TYPES, meta_of


def data_dictionary() -> str:
    """Every field of every record with its label, category and merge policy, as Markdown."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Data dictionary"
    yield ""
    yield "Made from `casework/records.py` and the rooms beside it; a test fails when it differs. Every"
    yield "record also has an `id` (UUIDv7) and `void` (its creation was undone)."
    for name, cls in RECORD_TYPES.items():
        yield ""
        yield f"## {name}"
        yield ""
        yield (cls.__doc__ or "").strip().split("\n")[0]
        yield ""
        yield "| field | label | category | when two people change it |"
        yield "|---|---|---|---|"
        for field in cls.model_fields:
            meta = meta_of(name, field)
            if meta is not None:
                yield f"| `{field}` | {meta.label} | {meta.category.value} | {meta.policy.value} |"
