"""An agreement that opens a category, not the family's words: what it opens on the other agency's laptop."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert

from casework import facets
from casework.consent import record_agreement, withdraw_agreement
from casework.policies import Category
from casework.records import Child, Flag
from casework.records_sharing import Agreement
from storage.queries.agreements import read_agreements
from storage.queries.history import read_history
from sync.hub import tables
from sync.hub.counting import SHAPE
from sync.hub.versions import catch_up
from tests.sync.world import Laptop, World

DAY = date(2026, 11, 20)


@pytest.fixture
def tilly(world: World) -> Child:
    return world.child("Tilly", dob=date(2016, 5, 4))


def agreed(world: World, worker: Laptop, child: Child, **said: Any) -> Agreement:
    """Early Help writes down what somebody said of the child's needs in learning and the school nurse."""
    values = {"given_by": "Jo Marsh", "relationship": "mother", "status": "given", "given_on": DAY}
    scope = {"agencies": ("school-nursing",), "categories": (Category.SEND,), "purposes": ("support",)}
    made = Agreement.model_validate(
        {
            "id": world.new_id("agreement"),
            "child": child.id,
            "by": worker.worker.id,
            **values,
            **scope,
            **said,
        }
    )
    store = worker.store
    earlier = store.grounds.of(child.id).agreements
    store.journal.commit(record_agreement(made, store.today, child.dob, earlier))
    return made


def answers(child: Child, *laptops: Laptop) -> list[str]:
    """What the nurse may see of the child's needs, as each laptop says."""
    nurse = laptops[0].worker
    return [
        laptop.store.decide_for(
            nurse, child, Category.SEND, "support", laptop.store.grounds.of(child.id)
        ).answer
        for laptop in laptops
    ]


@pytest.mark.parametrize(
    ("said", "answer"),
    [
        ({"responsibility": "unknown"}, "yes"),
        ({"responsibility": "yes", "relationship": "father"}, "yes"),
        ({"responsibility": "unknown", "relationship": "aunt"}, "ask"),
        ({"relationship": "self", "given_by": "Tilly", "gillick": "Explains it in her own words"}, "yes"),
    ],
)
def test_who_may_decide_is_known_where_the_names_are_not(
    world: World, tilly: Child, said: dict[str, Any], answer: str
) -> None:
    ana, nia = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    needs = Flag(id=world.new_id("flag"), child=tilly.id, kind="sen-support")
    ana.make(tilly)
    ana.make(needs)
    made = agreed(world, ana, tilly, **said)
    world.settle()
    assert answers(tilly, nia, ana) == [answer, answer]
    assert nia.has(needs) is (answer == "yes")
    held = nia.get(made)
    assert (held.given_by, held.relationship, held.how_known) == ("", "", "")
    assert ana.get(made).given_by


def test_two_who_disagree_are_two_where_the_names_are_not(world: World, tilly: Child) -> None:
    """A newer yes of one hides the other's no nowhere; the same person's newer word stands alone."""
    ana, nia = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    ana.make(tilly)
    father = {"given_by": "Al Marsh", "relationship": "father", "responsibility": "yes"}
    agreed(world, ana, tilly, **father, status="refused", given_on=date(2026, 11, 18))
    agreed(world, ana, tilly)
    world.settle()
    assert answers(tilly, nia, ana) == ["ask", "ask"]
    agreed(world, ana, tilly, **father, given_on=date(2026, 11, 21))
    world.settle()
    assert answers(tilly, nia, ana) == ["yes", "yes"]


def test_a_narrower_agreement_in_the_place_of_a_withdrawn_one(world: World, tilly: Child) -> None:
    """What is left of it stays open, what is gone leaves the laptop, and so do the names."""
    ana, nia = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    needs, carer = (
        Flag(id=world.new_id("flag"), child=tilly.id, kind=kind) for kind in ("sen-support", "young-carer")
    )
    ana.make(tilly)
    ana.make(needs, carer)
    wide = agreed(world, ana, tilly, categories=(Category.SEND, Category.FAMILY))
    world.settle()
    assert (nia.has(needs), nia.has(carer), nia.get(wide).given_by) == (True, True, "Jo Marsh")
    store = ana.store
    store.journal.commit(withdraw_agreement(ana.get(wide), "Only the learning.", DAY, store.today))
    narrow = agreed(world, ana, tilly, status="limited")
    world.settle()
    assert answers(tilly, nia, ana) == ["yes", "yes"]
    assert (nia.has(needs), nia.has(carer)) == (True, False)
    assert [nia.get(one).given_by for one in (wide, narrow)] == ["", ""]
    assert nia.store.conn.execute("SELECT 1 FROM change WHERE new LIKE '%Jo Marsh%'").fetchone() is None


def test_the_word_for_a_person_is_on_no_screen(world: World, tilly: Child) -> None:
    ana = world.laptop("Ana")
    ana.make(tilly)
    made = agreed(world, ana, tilly)
    word = ana.get(made).giver
    assert word
    [began] = read_history(ana.store, "agreement", made.id)
    assert "giver" not in began.new
    assert began.new["capacity"] == "responsible"
    assert [entry.agreement.id for entry in read_agreements(ana.store, tilly)] == [made.id]


def protected(world: World, worker: Laptop, child: Child) -> Agreement:
    """An agreement about youth justice alone, which the nurse may know of, and of nothing of the family."""
    scope = {"categories": (Category.YOUTH_JUSTICE,), "agencies": ("school-nursing", "early-help")}
    return agreed(world, worker, child, **scope, how_known="Saw the papers", responsibility="yes")


def told_of(laptop: Laptop) -> list[str]:
    """Everything that lies on a laptop of an agreement, and of what it was told of one, as text."""
    rows = laptop.store.conn.execute("SELECT * FROM agreement").fetchall()
    changes = laptop.store.conn.execute("SELECT old, new FROM change").fetchall()
    return [str(row) for row in (*rows, *changes)]


def test_an_agreement_about_youth_justice_alone_brings_no_names_with_it(world: World, tilly: Child) -> None:
    ana, nia = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    ana.make(tilly)
    made = protected(world, ana, tilly)
    world.settle()
    assert nia.get(made).categories == (Category.YOUTH_JUSTICE,)
    assert not [said for said in told_of(nia) if "Jo Marsh" in said or "mother" in said or "papers" in said]
    agreed(world, ana, tilly, categories=(Category.FAMILY,))
    world.settle()
    assert (nia.get(made).given_by, nia.get(made).relationship) == ("Jo Marsh", "mother")


def test_names_that_a_version_before_sent_leave_the_laptop(
    world: World, tilly: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sent all of an agreement about youth justice alone to whoever may know of that."""
    ana, nia = world.laptop("Ana"), world.laptop("Nia", "school-nursing")
    present = facets._STAND_INS["agreement"]

    def before(found: facets.Parts, values: facets.Values, hidden: facets.Facet) -> facets.Parts:
        parts = present(found, values, hidden)
        return {hidden: facets.joined(parts.values())} if hidden in parts else parts

    with monkeypatch.context() as older:
        older.setitem(facets._STAND_INS, "agreement", before)  # type: ignore[arg-type]
        ana.make(tilly)
        made = protected(world, ana, tilly)
        world.settle()
        assert nia.get(made).given_by == "Jo Marsh"
    with world.hub.engine.begin() as connection:
        connection.execute(insert(tables.meta).values(name=SHAPE, value="older"))
        catch_up(connection, world.now)
    world.settle()
    assert all(laptop.sync().agreed for laptop in (ana, nia))
    assert nia.get(made).categories == (Category.YOUTH_JUSTICE,)
    assert not [said for said in told_of(nia) if "Jo Marsh" in said or "mother" in said or "papers" in said]
