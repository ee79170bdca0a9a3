"""What is said of a record is what its facets say, whichever way it is made."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from casework.canonical import defaults
from casework.facets import FACETS, OPENED_BY, facets, plain_facets, portion
from casework.records import RECORD_TYPES
from sync.hub.entitlement import BIT, facets_in
from sync.hub.fields import facets_of
from sync.hub.telling import _told

MASKS = st.integers(0, sum(BIT.values()))
VALUES = st.sampled_from(("", "said", None, False, True, [], ["said"], 3))


PLAIN = [name for name in sorted(RECORD_TYPES) if plain_facets(name) is not None]


@settings(max_examples=200)
@given(record_type=st.sampled_from(PLAIN), data=st.data())
def test_each_facet_that_may_be_held_is_said_but_for_what_is_as_usual(
    record_type: str, data: st.DataObject
) -> None:
    names = [name for name in RECORD_TYPES[record_type].model_fields if name != "id"]
    stored: dict[str, Any] = data.draw(st.dictionaries(st.sampled_from([*names, "unknown"]), VALUES))
    own = sum(BIT[facet] for facet in facets(record_type, dict.fromkeys(names, "")))
    mask = data.draw(MASKS) | data.draw(st.sampled_from((0, own)))
    held = portion(facets_of(record_type, stored), facets_in(mask))
    usual = defaults(record_type)
    expected = {
        facet.key: {n: value for n, value in fields.items() if n not in usual or value != usual[n]}
        for facet, fields in held.items()
    }
    parts, named = _told(record_type, stored, mask)
    assert parts == expected
    assert [*parts] == [*expected]
    assert {name for fields in named for name in fields} >= {n for fields in held.values() for n in fields}
    assert set(parts) <= {facet.key for facet in FACETS if mask & OPENED_BY[facet]}
