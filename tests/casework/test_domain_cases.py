"""Every machine-checkable case of the field, through the same door that `explain` uses."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from casework.errors import BadInput
from casework.explain import RULES, rule

CASES = json.loads((Path(__file__).parents[1] / "data" / "domain_cases.json").read_text(encoding="utf-8"))

YEAR = {"terms": [["2026-09-02", "2026-10-16"], ["2026-11-02", "2026-12-18"]], "closed": ["2026-11-13"]}
MARKS = [["2026-11-20", "AM", "N"], ["2026-11-20", "PM", "O"]]
MORE: dict[str, dict[str, Any]] = {
    "lateness": {"marks": "/ L U U"},
    "first_day_duties": {"day": "2026-11-20"},
    "missing_education_alerts": {"marks": MARKS, "today": "2026-11-20", **YEAR},
    "penalty_notice_standing": {"marks": MARKS, "today": "2026-11-20", **YEAR},
    "returns_due": {"marks": MARKS, "today": "2026-11-20", **YEAR},
    "days_not_seen": {"last_seen": "2026-11-10", "today": "2026-11-20"},
    "suspension_notifications": {"permanent": False},
    "triage": {"marks": MARKS, "today": "2026-11-20", **YEAR},
}
"""The rules beside those of the cases, each with the least input it takes."""
OPTIONAL: dict[str, dict[str, Any]] = {
    "first_day_duties": {
        "contacts_held": 1, "days_unexplained": 2, "social_worker": True, "youth_justice_worker": True,
    },
    "days_not_seen": YEAR,
    "suspension_notifications": {"social_worker": True, "looked_after": True},
    "triage": {
        "flags": ["child-in-need"],
        "year": {"possible": 100, "absent": 20},
        "last_contact": "2026-10-01",
        "flag_reviews": [{"flag": "child-in-need", "review": "2026-11-01"}],
    },
}  # fmt: skip
"""What else they take."""
INPUTS: dict[str, dict[str, Any]] = {**{case["group"]: case["input"] for case in reversed(CASES)}, **MORE}


def test_no_case_and_no_rule_is_left_out() -> None:
    groups = Counter(case["group"] for case in CASES)
    assert len(CASES) == 87
    assert set(groups) | set(MORE) == set(RULES)
    assert not set(groups) & set(MORE)
    assert len(groups) == 17


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_case_comes_back_exactly(case: dict[str, Any]) -> None:
    explained = rule(case["group"]).run(case["input"])
    assert json.loads(json.dumps(explained.result)) == case["expected"]
    assert explained.reasons
    assert all(reason.endswith(".") for reason in explained.reasons)


@pytest.mark.parametrize("group", sorted(RULES))
def test_every_missing_field_is_named(group: str) -> None:
    given = INPUTS[group]
    for field in given:
        cut = {name: value for name, value in given.items() if name != field}
        with pytest.raises(BadInput) as caught:
            RULES[group].run(cut)
        assert caught.value.where == field
        assert field in caught.value.message


@pytest.mark.parametrize("group", sorted(RULES))
def test_a_field_of_a_type_no_rule_takes_is_refused_by_name(group: str) -> None:
    given = {**INPUTS[group], **OPTIONAL.get(group, {})}
    for field in given:
        with pytest.raises(BadInput) as caught:
            RULES[group].run({**given, field: {"secret": "Tilly"}})
        assert field in caught.value.where
        assert "Tilly" not in caught.value.message


@pytest.mark.parametrize("group", sorted(RULES))
@pytest.mark.parametrize(
    "wrong", [True, "\x1b[31mTilly", [[["deep"]]], -7, None, float("nan"), 10**30], ids=repr
)
def test_a_strange_value_never_raises_anything_but_bad_input(group: str, wrong: object) -> None:
    given = {**INPUTS[group], **OPTIONAL.get(group, {})}
    for field in given:
        try:
            RULES[group].run({**given, field: wrong})
        except BadInput as fault:
            message = fault.message
        else:
            message = ""
        assert "Tilly" not in message


def test_input_that_is_no_object_is_refused() -> None:
    with pytest.raises(BadInput, match="input"):
        RULES["attendance"].run(["marks"])


def test_fields_a_rule_does_not_read_change_nothing_and_are_told() -> None:
    plain = RULES["persistent_severe"].run({"possible": 10, "absent": 1})
    more = RULES["persistent_severe"].run({"possible": 10, "absent": 1, "sex": "F", "ethnicity": "ABAN"})
    assert more.result == plain.result
    assert "2 fields of the input not read" in more.reasons[-1]


def test_an_unknown_rule_is_refused() -> None:
    with pytest.raises(BadInput):
        rule("risk_score")


def test_a_missed_public_exam_needs_a_meeting_whatever_the_days() -> None:
    answer = RULES["governing_board_trigger"].run({"days_in_term": 1, "missing_public_exam_or_nct": True})
    assert answer.result == {"duty": "must_meet_within_15"}


def test_a_retired_code_is_refused_by_position() -> None:
    with pytest.raises(BadInput) as caught:
        RULES["attendance"].run({"marks": "/ H"})
    assert caught.value.where == "marks[1]"


def test_second_notice_is_flat() -> None:
    given = {
        "parent": "P1",
        "child": "C1",
        "prior": [{"issued": "2025-02-10", "parent": "P1", "child": "C1"}],
        "issue_on": "2026-10-01",
    }
    expected = {"may_issue": True, "ordinal": 2, "pay_within_21": 160, "pay_22_to_28": 160}
    assert RULES["penalty_notice_escalation"].run(given).result == expected


def test_listing_the_rules_loads_nothing_heavy() -> None:
    probe = (
        "import sys; import casework.explain, casework.identifiers, casework.early_help, casework.legal; "
        "print(sorted({'holidays', 'stdnum', 'pydantic', 'dateparser'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
