"""What a laptop may hold and write, condition by condition: no database is needed to decide it."""

from __future__ import annotations

import json
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from casework.facets import Facet
from casework.policies import Category
from casework.records import Worker
from casework.scopes import own_scope
from sync.hub.central import Held
from sync.hub.entitlement import Entitlement, Known, _known, facets_in, is_ground
from sync.hub.rights import BIT, Refusal, Rights, _lead
from sync.messages.steps import Changed

TODAY = date(2026, 11, 23)
ANA = Worker(id="ana", name="Ana", agency="early-help", team="team-1")


def row(record_type: str, record: str, **fields: Any) -> Any:
    return SimpleNamespace(type=record_type, id=record, fields=json.dumps(fields))


def known(*rows: Any, **fields: Any) -> Known:
    child = row("child", "child-1", **{"surname": "Marsh", "forename": "Tilly", **fields})
    return _known(child, rows, {"school-1": "team-of-school"})


def episode(**fields: Any) -> Any:
    return row("episode", "episode-1", child="child-1", worker="ben", notification="told-1", **fields)


def notification(record: str = "told-1", **fields: Any) -> Any:
    return row("notification", record, child="child-1", by="dan", school="school-1", **fields)


def test_who_works_a_case_is_a_member_until_it_is_closed() -> None:
    taken = notification(allocated_to="cy")
    assert known(episode(), taken).place.members == {"ben", "cy"}
    assert known(episode(closed="2026-11-01"), taken).place.members == frozenset()
    assert known(episode(void=True)).place.members == frozenset()


def test_what_nobody_took_yet_waits_for_who_filed_it_and_for_the_team_of_the_school() -> None:
    waiting = known(notification())
    assert (waiting.place.members, waiting.place.team) == ({"dan"}, "team-of-school")
    assert waiting.ground.members == frozenset(), "it is no case of theirs"
    assert known(notification(), team="team-1").place.team == "team-1"


def test_an_agreement_that_was_taken_back_is_no_ground() -> None:
    agreed = {
        "child": "child-1",
        "given_by": "Jo",
        "relationship": "mother",
        "status": "given",
        "given_on": "2026-11-20",
        "by": "ana",
    }
    assert len(known(row("agreement", "a", **agreed)).ground.agreements) == 1
    assert known(row("agreement", "a", **agreed, void=True)).ground.agreements == ()


def mask(worker: Worker, entry: Known, plan: Entitlement | None = None) -> int:
    return (plan or Entitlement(cast("Any", None), TODAY))._mask(worker, entry)


def sees_family(worker: Worker, entry: Known, plan: Entitlement | None = None) -> bool:
    return any(facet.category is Category.FAMILY for facet in facets_in(mask(worker, entry, plan)))


def test_a_child_who_was_taken_back_is_held_as_before() -> None:
    """Whoever took it back, or merged it into another, may bring it back."""
    assert mask(ANA, known(void=True)) == mask(ANA, known()) > 0


def test_who_works_the_case_holds_what_the_case_opens() -> None:
    other = Worker(id="vera", name="Vera", agency="voluntary")
    plan = Entitlement(cast("Any", None), TODAY)
    led, worked = known(lead_worker="vera"), known(row("episode", "e", worker="vera"))
    seen = [sees_family(other, entry, plan) for entry in (known(), led, known(), worked, led)]
    assert seen == [False, True, False, True, True]


def test_what_was_worked_out_for_one_child_is_not_taken_for_another_who_stands_otherwise() -> None:
    """A mask is worked out once for all children alike: neither for one with an agreement, nor for another
    school's.
    """
    agreed = row(
        "agreement", "a", child="child-1", given_by="Jo", relationship="mother", status="given",
        given_on="2026-11-20", by="ana", agencies=["school-nursing"], categories=["family"],
        purposes=["support"],
    )  # fmt: skip
    plan = Entitlement(cast("Any", None), TODAY)
    nurse = Worker(id="nia", name="Nia", agency="school-nursing")
    seen = [sees_family(nurse, entry, plan) for entry in (known(), known(agreed), known())]
    assert seen == [False, True, False]
    tied = ANA.model_copy(update={"schools": ("school-1",)})
    there, elsewhere = known(school="school-1"), known(school="school-2")
    assert (mask(tied, there, plan) > 0, mask(tied, elsewhere, plan)) == (True, 0)
    assert mask(tied, there, plan) > 0


def test_what_was_worked_out_for_a_colleague_is_taken_for_whoever_stands_alike() -> None:
    agreed = row(
        "agreement", "a", child="child-1", given_by="Jo", relationship="mother", status="given",
        given_on="2026-11-20", by="ana", agencies=["voluntary"], categories=["send"], purposes=["support"],
    )  # fmt: skip
    entry = known(row("episode", "e", worker="vera"), agreed)
    named = (("vera", "voluntary"), ("vic", "voluntary"), ("nia", "school-nursing"), ("val", "voluntary"))
    workers = [Worker.model_validate({"id": one, "name": one, "agency": agency}) for one, agency in named]
    workers.append(workers[1].model_copy(update={"id": "vil", "schools": ("school-2",)}))
    workers.append(workers[1].model_copy(update={"id": "vol", "active": False}))
    plan, sights = Entitlement(cast("Any", None), TODAY), cast("dict[tuple[str, bool], int]", {})
    assert [plan._mask(worker, entry, sights) for worker in workers] == [
        mask(worker, entry) for worker in workers
    ]
    assert len(sights) == 5
    assert sees_family(workers[0], entry)
    assert not sees_family(workers[1], entry)


@pytest.mark.parametrize("name", ["school", "team", "lead_worker", "dob", "void"])
def test_each_field_that_a_decision_stands_on_settles_anew(name: str) -> None:
    assert is_ground("child", {name: "a", "forename": "Tilly"}, {name: "b", "forename": "Tilly"})


# What may be written

LEAD = _lead("contact")
CENTRAL = {
    "adult-of-both": Held("adult-of-both", "person", scopes=("child-1", "child-2")),
    "adult-of-other": Held("adult-of-other", "person", scopes=("child-2",)),
    "adult-of-none": Held("adult-of-none", "person"),
}


def refused(
    change: Changed,
    *,
    fields: dict[str, Any] | None = None,
    masks: dict[str, tuple[int, int]] | None = None,
    seen: int = 5,
    made: tuple[str, ...] = (),
) -> bool:
    central: Any = SimpleNamespace(get=lambda record: CENTRAL.get(record, Held(record, "")))
    every = sum(BIT.values())
    rights = Rights(central, {"child-1": (every, 0)} if masks is None else masks)
    held = CENTRAL.get(change.record) or Held(change.record, change.type, fields or {})
    edit: Any = SimpleNamespace(seen=seen)
    try:
        rights.check(change, held, edit, made)
    except Refusal:
        return True
    return False


def note(child: str = "child-1", field: str = "note", new: Any = "x") -> tuple[Changed, dict[str, Any]]:
    return Changed(type="contact", record="contact-1", field=field, new=new), {"child": child}


def test_of_a_child_who_is_not_the_laptops_nothing_is_written() -> None:
    for child, is_refused in (("child-1", False), ("child-2", True)):
        change, fields = note(child)
        assert refused(change, fields=fields) == is_refused
    change, fields = note("child-2")
    assert not refused(change, fields=fields, made=("child-2",)), "a child who came into being by the step"


def test_a_record_is_taken_to_no_other_child() -> None:
    change, fields = note(field="child", new="child-2")
    assert refused(change, fields=fields)


def test_it_is_the_leading_facet_that_counts_and_what_was_held_when_the_step_was_made() -> None:
    change, fields = note()
    other = sum(BIT.values()) & ~LEAD
    assert refused(change, fields=fields, masks={"child-1": (other, 0)})
    assert not refused(change, fields=fields, masks={"child-1": (other | LEAD, 0)})
    for lost, is_refused in ((6, False), (5, True), (4, True)):
        assert refused(change, fields=fields, masks={"child-1": (0, lost)}) == is_refused


def test_a_decision_not_to_share_is_written_by_who_may_know_of_the_child() -> None:
    child = {"child-1": (BIT[Facet(Category.IDENTITY)], 0)}

    def disclosed(decision: str, held: dict[str, Any], masks: dict[str, tuple[int, int]]) -> bool:
        new = {"child": "child-1", "decision": decision}
        return refused(
            Changed(type="disclosure", record="disclosure-1", field="", new=new), fields=held, masks=masks
        )

    assert not disclosed("not-share", {}, child)
    assert disclosed("share", {}, child)
    assert disclosed("not-share", {}, {})
    assert disclosed("not-share", {"child": "child-1", "decision": "share"}, child)


def test_an_adult_of_no_child_of_the_laptops_is_neither_written_nor_tied() -> None:
    for adult, is_refused in (("adult-of-both", False), ("adult-of-other", True), ("adult-of-none", False)):
        written = Changed(type="person", record=adult, field="phones", new=["1"])
        assert refused(written) == is_refused, adult
        tie = {"child": "child-1", "person": adult, "kind": "aunt"}
        assert (
            refused(Changed(type="relationship", record="relationship-1", field="", new=tie)) == is_refused
        ), adult


def test_who_works_where_is_said_by_the_central_record() -> None:
    for name, is_refused in (("agency", True), ("name", False)):
        assert refused(Changed(type="worker", record="worker-1", field=name, new="x")) == is_refused, name


def test_a_view_without_an_owner_may_be_written() -> None:
    nobodys = {"name": "Mine", "screen": "today", "filter": ""}
    assert own_scope("saved_view", "saved-view-1", nobodys) == own_scope("saved_view", "", {})
    assert not refused(Changed(type="saved_view", record="saved-view-1", field="", new=nobodys))
