"""What a record takes for a moment: one that every clock and calendar of the app can show."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from casework.records import Contact


@pytest.mark.parametrize("at", ["2026-11-20T09:00:00", "0001-01-01T00:00:00+00:00", "9999-12-31T23:00:00Z"])
def test_a_moment_without_a_zone_or_beyond_the_calendars_is_none(at: str) -> None:
    fields = {"id": "contact-0001", "child": "child-0001", "by": "worker-0001", "kind": "call"}
    assert Contact.model_validate(fields | {"at": "2026-11-20T09:00:00+01:00"}).at.year == 2026
    with pytest.raises(ValidationError, match="a moment"):
        Contact.model_validate(fields | {"at": at})
