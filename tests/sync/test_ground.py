"""No field of a child but those named decides what a laptop may hold."""

from __future__ import annotations

from datetime import date
from typing import Any, get_args

import pytest

from casework.policies import PURPOSES, Category
from casework.records import Child, Worker
from casework.records_sharing import Agreement, Disclosure
from casework.sharing import Ground, may_see
from casework.vocabulary import Agency
from sync.hub.entitlement import CHILD_STANDS_ON, is_ground

TODAY = date(2026, 11, 23)
asked: set[str] = set()


class Watched(Child):
    """A child of whom is written down what is asked."""

    def __getattribute__(self, name: str) -> Any:
        if name in Child.model_fields:
            asked.add(name)
        return super().__getattribute__(name)


@pytest.mark.parametrize("agency", get_args(Agency))
@pytest.mark.parametrize("given_by", ["mother", "child"])
def test_a_decision_asks_for_no_other_field(agency: Agency, given_by: str) -> None:
    child = Watched(id="child-1", surname="Marsh", forename="Tilly", dob=date(2010, 5, 4))
    agreement = Agreement.model_validate(
        {"id": "agreement-1", "child": child.id, "given_by": "Jo", "relationship": given_by}
        | {"responsibility": "yes", "status": "limited", "agencies": [agency], "purposes": ["support"]}
        | {"categories": ["family", "health"], "given_on": "2026-11-20", "by": "worker-2"}
    )
    decision = Disclosure.model_validate(
        {"id": "disclosure-1", "child": child.id, "agency": agency, "purpose": "safeguarding"}
        | {"categories": ["safeguarding"], "decision": "share", "decided_on": "2026-11-20", "by": "worker-2"}
        | {"reason": "At risk", "decided_by": "Jo Lead"}
    )
    asked.clear()
    for schools in ((), ("school-1",)):
        worker = Worker(id="worker-1", name="Ana", agency=agency, schools=schools)
        for category in Category:
            for purpose in PURPOSES:
                may_see(worker, child, category, purpose, TODAY, Ground((agreement,), (decision,)))
    assert asked
    assert asked <= CHILD_STANDS_ON


def test_what_settles_anew() -> None:
    child = {"forename": "Tilly", "school": "school-1"}
    assert is_ground("child", {}, child)
    assert is_ground("child", child, child | {"school": "school-2"})
    assert not is_ground("child", child, child | {"forename": "Tilda"})
    assert is_ground("agreement", {"status": "given"}, {"status": "withdrawn"})
    assert not is_ground("contact", {}, {"note": ""})
