"""Every stored field says what it is, and the written dictionary is the one the records give."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.dictionary import data_dictionary
from casework.records import RECORD_TYPES, meta_of

WRITTEN = Path(__file__).parents[2] / "docs" / "data-dictionary.md"


@pytest.mark.parametrize("name", RECORD_TYPES)
def test_every_field_has_category_policy_and_label(name: str) -> None:
    for field in RECORD_TYPES[name].model_fields:
        if field not in ("id", "void"):
            meta = meta_of(name, field)
            assert meta is not None, f"{name}.{field} has no Meta"
            assert meta.label


def test_written_dictionary_is_current() -> None:
    assert WRITTEN.read_text(encoding="utf-8") == data_dictionary(), (
        "write it again: python -c 'from casework.dictionary import data_dictionary as d;"
        ' print(d(), end="")\' > docs/data-dictionary.md'
    )


def test_no_whole_number_of_a_record_is_more_than_a_database_holds() -> None:
    for kind in RECORD_TYPES.values():
        for name, info in kind.model_fields.items():
            if info.annotation is int:
                limits = [getattr(held, "le", None) for held in info.metadata]
                assert 2**63 - 1 in limits, f"{kind.type}.{name}"
