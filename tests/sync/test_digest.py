"""What says that an edit is the one that was sent before: it is remembered for good, so it never changes."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from sync.hub.entries import digest_of_edit
from sync.messages.steps import Changed, SentEdit

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES, VALUES, st.integers(0, 9))
def test_it_is_that_of_the_one_spelling_and_not_of_what_was_seen(old: Any, new: Any, seen: int) -> None:
    change = {"type": "child", "record": "child-0001", "field": "tags", "old": old, "new": new}
    said: dict[str, Any] = {
        "id": "edit-0001", "worker": "worker-0001", "name": "Ana", "subject": None, "reason": "é",
        "at": "2026-11-22T09:00:00+00:00",
    }  # fmt: skip
    edit = SentEdit(**said, seen=seen, changes=[Changed(**change)])
    text = json.dumps(
        [said | {"changes": [change]}], sort_keys=True, ensure_ascii=False, separators=(",", ":")
    )
    assert digest_of_edit(edit) == blake2b(text.encode(), digest_size=32).digest()
