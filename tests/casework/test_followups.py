"""What a follow-up and a contact may say: never of the future, and only a reason that an absence may have."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.codes import CODES, CodeClass, lookup
from casework.errors import BadInput
from casework.followups import CLOCK_SKEW, common_reasons, contact, follow_up, reason_codes
from casework.ids import new_id
from casework.records_attendance import FollowUpOutcome

NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
DAY = date(2026, 11, 20)
NEVER = {CodeClass.PRESENT, CodeClass.AEA, CodeClass.NOT_COLLECTED}


@given(st.timedeltas(min_value=timedelta(days=-900), max_value=timedelta(days=900)))
def test_a_moment_in_the_future_is_refused_and_any_other_kept(ahead: timedelta) -> None:
    def both() -> None:
        follow_up(new_id(), by=new_id(), at=NOW + ahead, session_date=DAY, outcome="no-answer", now=NOW)
        contact(new_id(), by=new_id(), at=NOW + ahead, kind="call", now=NOW)

    if ahead <= CLOCK_SKEW:
        both()
        return
    with pytest.raises(BadInput) as found:
        both()
    assert (found.value.code, found.value.where) == ("in-the-future", "at")
    with pytest.raises(BadInput):
        contact(new_id(), by=new_id(), at=NOW + ahead, kind="call", now=NOW)


@given(
    st.sampled_from(sorted({code.code for code in CODES} | {"-", "@", "QQ", "i", " m "})),
    st.dates(date(2007, 1, 1), date(2027, 8, 31)),
)
def test_a_reason_is_a_code_of_absence_on_its_day(text: str, day: date) -> None:
    known = lookup(text, day)
    fits = known is not None and known.kind not in NEVER and known.code != "N"

    def build() -> str:
        edit = follow_up(new_id(), by=new_id(), at=NOW, session_date=day, outcome="reason", reason_code=text)
        return str(edit.changes[0].new["reason_code"])

    if fits:
        assert build() == text.strip().upper()
    else:
        with pytest.raises(BadInput) as found:
            build()
        assert found.value.where == "reason"
        assert found.value.code == ("not-a-reason" if known else "not-a-code")


@pytest.mark.parametrize("code", ["/", "\\", "L", "V", "B", "N", "#", "Z", "-"])
def test_what_is_no_reason_today(code: str) -> None:
    with pytest.raises(BadInput):
        follow_up(new_id(), by=new_id(), at=NOW, session_date=DAY, outcome="reason", reason_code=code)


def test_the_reasons_of_a_day_and_the_common_ones() -> None:
    codes = [code.code for code in reason_codes(DAY)]
    assert {"I", "M", "C", "G", "O", "Y7", "Q"} <= set(codes)
    assert not {"N", "/", "V", "Z", "#"} & set(codes)
    assert common_reasons(DAY).startswith("I illness")
    assert "Y1" not in common_reasons(date(2020, 3, 2))


def test_a_reason_code_goes_with_the_outcome_reason_alone() -> None:
    with pytest.raises(BadInput) as found:
        follow_up(new_id(), by=new_id(), at=NOW, session_date=DAY, outcome="spoke", reason_code="I")
    assert found.value.code == "reason-needs-outcome"


@pytest.mark.parametrize(("with_whom", "fits"), [("", True), ("child", True), ("parent", False)])
def test_only_a_child_is_spoken_to_alone(with_whom: str, fits: bool) -> None:
    def build() -> bool:
        edit = follow_up(
            new_id(), by=new_id(), at=NOW, session_date=DAY, outcome="seen", with_whom=with_whom, alone=True
        )
        return bool(edit.changes[0].new["alone"])

    if fits:
        assert build()
        return
    with pytest.raises(BadInput) as found:
        build()
    assert (found.value.code, found.value.where) == ("alone-with", "alone")


@pytest.mark.parametrize("outcome", ["no-answer", "left-message", "wrong-number", "not-seen"])
def test_nobody_is_spoken_to_alone_who_was_not_reached(outcome: FollowUpOutcome) -> None:
    with pytest.raises(BadInput) as found:
        follow_up(new_id(), by=new_id(), at=NOW, session_date=DAY, outcome=outcome, alone=True)
    assert (found.value.code, found.value.where) == ("alone-unseen", "alone")


def test_words_without_a_code_are_kept() -> None:
    edit = follow_up(new_id(), by=new_id(), at=NOW, session_date=DAY, outcome="reason", note="She will say")
    assert edit.changes[0].new["reason_code"] == ""
