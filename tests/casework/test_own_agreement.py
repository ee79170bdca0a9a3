"""A child's own agreement: judged under 16, presumed from 16 on; a child's no is heard without."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.agreements import is_competent
from casework.consent import record_agreement
from casework.errors import BadInput
from casework.records import Child
from casework.records_sharing import Agreement

TODAY = date(2026, 11, 20)


def own(status: str, gillick: str = "") -> Agreement:
    """What a child said of the school nurse."""
    values = {"id": "a", "child": "c", "given_by": "Zoe", "relationship": "self", "status": status}
    scope = {"agencies": ("school-nursing",), "categories": ("family",), "purposes": ("support",)}
    return Agreement.model_validate(values | scope | {"gillick": gillick, "given_on": TODAY, "by": "w"})


@given(
    st.none() | st.dates(date(2005, 1, 1), TODAY),
    st.sampled_from(["given", "limited", "refused"]),
    st.sampled_from(["", "  ", "explained it back"]),
)
def test_what_a_child_agrees_to_is_recorded_where_the_child_may_decide(
    dob: date | None, status: str, gillick: str
) -> None:
    made = own(status, gillick)
    able = is_competent(made, Child(id="c", surname="x", forename="y", dob=dob))
    if able or status == "refused":
        assert record_agreement(made, TODAY, dob).changes
    else:
        with pytest.raises(BadInput) as caught:
            record_agreement(made, TODAY, dob)
        assert caught.value.where == "--gillick"
