"""A value has one spelling in its column, whichever encoder writes it, for what stands there is compared."""

from __future__ import annotations

import json

from hypothesis import example, given
from hypothesis import strategies as st

from storage.schema import to_column

SAFE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(st.lists(st.text(st.characters(exclude_categories=())), max_size=4) | st.lists(SAFE, max_size=3))
@example(["\x7f\u2028\ud800", 'é\\"/\b\x1f'])
@example([1e16, 0.1, True, None])
def test_a_list_is_spelt_as_plain_json(items: list[object]) -> None:
    assert to_column(items) == json.dumps(items, ensure_ascii=False, separators=(",", ":"))
