"""Flags: a source, one of a kind at a time, reviewed on a day to come, ended and never erased."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from casework.errors import BadInput, Refused
from casework.flags import end_flag, record_flag, review_flag
from casework.records import Flag

TODAY = date(2026, 11, 20)


def flag(**given: Any) -> Flag:
    held = {"id": "flag-0001", "child": "child-0001", "kind": "risk-to-visitors", "source": "School"}
    return Flag.model_validate(held | given)


def test_a_flag_says_who_told_of_it_and_stands_once() -> None:
    edit = record_flag(flag(since=TODAY, review=date(2026, 12, 18)), [], TODAY)
    assert (edit.name, edit.subject) == ("Flag recorded", "child-0001")
    assert "risk" not in edit.name, "the kind alone may be protected"
    with pytest.raises(BadInput, match="who told of it"):
        record_flag(flag(source=" "), [], TODAY)
    with pytest.raises(Refused, match="stands already: risk to visitors"):
        record_flag(flag(), [flag(id="flag-0002")], TODAY)
    ended = flag(id="flag-0002", ended=date(2026, 10, 1))
    assert record_flag(flag(), [ended, flag(id="flag-0003", kind="eal")], TODAY).changes


@pytest.mark.parametrize(
    "given", [{"since": date(2026, 11, 21)}, {"review": date(2026, 11, 19)}], ids=["since", "review"]
)
def test_days_that_do_not_fit_are_refused(given: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        record_flag(flag(**given), [], TODAY)


def test_a_review_keeps_it_and_an_end_ends_it() -> None:
    held = flag(since=date(2026, 9, 1), review=date(2026, 11, 2))
    later = review_flag(held, date(2027, 1, 8), TODAY, note="Dog is gone")
    assert {change.field: change.new for change in later.changes} == {
        "review": "2027-01-08",
        "note": "Dog is gone",
    }
    with pytest.raises(Refused, match="says so already"):
        review_flag(held, held.review, TODAY)
    with pytest.raises(BadInput, match="day to come"):
        review_flag(held, date(2026, 11, 19), TODAY)
    ended = end_flag(held, TODAY, TODAY)
    assert [(change.field, change.new) for change in ended.changes] == [("ended", "2026-11-20")]
    with pytest.raises(BadInput, match="cannot end before"):
        end_flag(held, date(2026, 8, 31), TODAY)
    with pytest.raises(BadInput):
        end_flag(held, date(2026, 11, 21), TODAY)
    for again in (
        lambda: end_flag(flag(ended=TODAY), TODAY, TODAY),
        lambda: review_flag(flag(ended=TODAY), None, TODAY),
    ):
        with pytest.raises(Refused, match="ended on Fri 20 Nov 2026"):
            again()
