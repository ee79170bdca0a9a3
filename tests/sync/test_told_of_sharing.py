"""A decision to share with an organisation that holds nothing of safeguarding: what reaches its laptop."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import product
from typing import Any, get_args

import pytest
from sqlalchemy import insert, select

from casework import facets
from casework.canonical import fingerprint
from casework.consent import disclose
from casework.edits import Edit, create, update
from casework.policies import PURPOSES, Category
from casework.records import Child, Flag
from casework.records_sharing import Disclosure
from casework.records_sync import Conflict
from casework.shape import kinds, shape
from casework.sharing import Ground, all_seen, may_see
from casework.vocabulary import Agency
from screens.consent_lines import consent_lines, read_consent
from screens.widgets.text import cell_text
from storage.central.delivery import Row
from storage.central.receiving import _beyond
from storage.queries.agreements import read_disclosures
from storage.queries.history import read_history
from storage.queries.sight import Sight
from sync.hub import entitlement, tables
from sync.hub.counting import SHAPE
from sync.hub.versions import catch_up
from tests.sync.world import Laptop, World

DAY = date(2026, 11, 20)
WORDS = {"reason": "Struck at home", "decided_by": "Mo Lead", "consulted": "Al Head", "told_why": "Unsafe"}


@pytest.fixture
def tilly(world: World) -> Child:
    return world.child("Tilly", dob=date(2016, 5, 4))


def decided(world: World, worker: Laptop, child: Child, **said: Any) -> Disclosure:
    """Early Help decides, by default to share the child's needs in learning with a voluntary organisation."""
    values = {"id": world.new_id("disclosure"), "child": child.id, "agency": "voluntary", "family_told": "no"}
    values |= {"categories": ("send",), "purpose": "support", "decided_on": DAY, "by": worker.worker.id}
    made = Disclosure.model_validate(values | WORDS | said)
    worker.store.journal.commit(disclose(made, worker.store.today))
    return made


def needs_of(world: World, worker: Laptop, child: Child) -> Flag:
    worker.make(child)
    needs = Flag(id=world.new_id("flag"), child=child.id, kind="sen-support")
    worker.make(needs)
    return needs


def lying_on(laptop: Laptop) -> str:
    """Everything in the tables of a laptop, as text, but for what names records that it gave up."""
    names = laptop.store.conn.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return str([laptop.store.conn.execute(f'SELECT * FROM "{name}"').fetchall() for (name,) in names])


def said_on(laptop: Laptop, child: Child) -> str:
    view = read_consent(laptop.store, child.id)
    return " ".join(" ".join(cell_text(line.cell) for line in consent_lines(view, {}, 76)).split())


def test_it_sees_what_is_shared_and_the_decision_without_the_words(world: World, tilly: Child) -> None:
    ana, vic, nia = world.laptop("Ana"), world.laptop("Vic", "voluntary"), world.laptop("Nia", "school")
    needs = needs_of(world, ana, tilly)
    made = decided(world, ana, tilly)
    world.settle()
    assert all(laptop.sync().agreed for laptop in (ana, vic, nia))
    assert vic.has(needs)
    held = vic.get(made)
    assert held == made.model_copy(update=dict.fromkeys(facets.WHY_DISCLOSED, ""))
    assert (ana.get(made), nia.get(made)) == (made, made)
    assert not [word for word in WORDS.values() if word in lying_on(vic)]
    [shown] = read_disclosures(vic.store, tilly)
    assert (shown.disclosure, "no agreement covers it" in shown.withheld) == (held, True)
    said = said_on(vic, tilly)
    assert "SHARED WITHOUT AGREEMENT Fri 20 Nov 2026: special educational needs with voluntary" in said
    assert "who decided it and why is withheld: Safeguarding is not part of voluntary's own work" in said
    assert "because" not in said
    assert "because: Struck at home" in said_on(nia, tilly)
    [began] = read_history(vic.store, "disclosure", made.id)
    assert not {*facets.WHY_DISCLOSED} & {name for name, value in began.new.items() if value}
    assert read_disclosures(vic.store.seen_with(ana.worker), tilly) == [], "a preview shows what both may see"


_AGENCIES: tuple[str, ...] = get_args(Agency)
_SHARED = {"decision": "share"}
_KEPT = {"decision": "not-share", "decided_on": date(2026, 11, 21)}
_GROUNDS: list[tuple[dict[str, Any], ...]] = [
    (_SHARED,),
    (_KEPT,),
    (_SHARED, _KEPT),
    ({"categories": ("send", "health", "family"), "purpose": "planning"}, {**_KEPT, "purpose": "planning"}),
    (_SHARED, {**_KEPT, "categories": ("health",)}),
    (_SHARED, {**_KEPT, "agency": "school"}),
    ({"until": date(2026, 11, 22)},),
    ({"decided_on": date(2026, 10, 26)},),
    ({"decided_on": date(2026, 10, 1)}, {"until": date(2026, 11, 23)}),
    ({"categories": ("safeguarding", "social_care"), "purpose": "safeguarding"},),
    ({"categories": ("youth_justice",)},),
    ({"categories": ("youth_justice", "health")},),
    ({"categories": ("youth_justice",)}, {**_KEPT, "categories": ("youth_justice",)}),
    *(({"agency": agency, "categories": ("health", "send")},) for agency in _AGENCIES),
]


def test_every_agency_answers_on_its_laptop_as_by_all_that_is_on_record(world: World) -> None:
    """For every category and purpose, whatever was decided of whom."""
    ana = world.laptop("Ana")
    laptops = [world.laptop(f"The {agency}", agency) for agency in _AGENCIES]
    children = [world.child(f"Child {n}") for n in range(len(_GROUNDS))]
    ana.make(*children)
    made = {
        child.id: [decided(world, ana, child, **said) for said in ground]
        for child, ground in zip(children, _GROUNDS, strict=True)
    }
    world.settle()
    assert all(laptop.sync().agreed for laptop in laptops)
    for child, laptop in product(children, laptops):
        ground = Ground(disclosures=tuple(made[child.id]))
        for category, purpose in product(Category, PURPOSES):
            by_all = may_see(laptop.worker, child, category, purpose, world.today(), ground)
            here = laptop.store.may_see(child, category, purpose)
            asked = (laptop.worker.agency, made[child.id], category, purpose)
            assert here.answer == by_all.answer, asked


def test_what_it_is_not_told_of(world: World, tilly: Child) -> None:
    """Decisions about others, those that share nothing with it, and what is protected in its existence."""
    ana, vic = world.laptop("Ana"), world.laptop("Vic", "voluntary")
    yara = world.laptop("Yara", "youth-justice")
    ana.make(tilly)
    made = [
        decided(world, ana, tilly, decision="not-share", categories=("safeguarding",)),
        decided(world, ana, tilly, agency="school", categories=("health",)),
        decided(world, ana, tilly, agency="youth-justice"),
        decided(world, yara, tilly, agency="school", categories=("youth_justice",)),
        decided(world, ana, tilly, until=date(2026, 11, 22)),
    ]
    world.settle()
    assert [one for one in made if vic.has(one)] == []
    assert not [one for one in made if one.id in lying_on(vic)]
    needs = Flag(id=world.new_id("flag"), child=tilly.id, kind="sen-support")
    ana.make(needs)
    shared = decided(world, ana, tilly)
    world.settle()
    assert [one for one in (shared, *made) if vic.has(one)] == [shared, made[0], made[4]]
    assert not [one for one in made[1:4] if one.id in lying_on(vic)]
    assert not [word for word in WORDS.values() if word in lying_on(vic)]
    assert vic.has(needs)


@pytest.mark.parametrize("end", ["void", "not-share", "over"])
def test_it_leaves_the_laptop_with_what_was_shared(world: World, tilly: Child, end: str) -> None:
    ana, vic = world.laptop("Ana"), world.laptop("Vic", "voluntary")
    needs = needs_of(world, ana, tilly)
    made = decided(world, ana, tilly, until=date(2026, 11, 24))
    world.settle()
    assert (vic.has(needs), vic.has(made)) == (True, True)
    if end == "void":
        ana.store.journal.commit(Edit("Taken back", update(made, void=True)))
    elif end == "not-share":
        decided(world, ana, tilly, decision="not-share", decided_on=date(2026, 11, 23))
    else:
        world.now += timedelta(days=2)
        for laptop in (ana, vic):
            laptop.store.today = world.today()
    world.settle()
    assert all(laptop.sync().agreed for laptop in (ana, vic))
    assert (vic.has(needs), vic.has(made)) == (False, False)
    assert vic.store.conn.execute("SELECT 1 FROM change WHERE type = 'disclosure'").fetchone() is None
    assert read_disclosures(vic.store, tilly) == []
    assert ana.store.conn.execute("SELECT 1 FROM disclosure WHERE id = ?", (made.id,)).fetchone()


def test_who_is_told_of_a_decision_writes_nothing_of_it(world: World, tilly: Child) -> None:
    ana, vic = world.laptop("Ana"), world.laptop("Vic", "voluntary")
    needs_of(world, ana, tilly)
    made = decided(world, ana, tilly, until=date(2026, 11, 30))
    world.settle()
    vic.change(vic.get(made), until=date(2026, 11, 25))
    assert vic.sync().quarantined == 1
    forged = made.model_copy(update={"id": world.new_id("disclosure"), "categories": (Category.HEALTH,)})
    vic.store.journal.commit(Edit("Shared without agreement", (create(forged),)))
    assert vic.sync().quarantined == 1
    world.settle()
    assert ana.get(made) == made
    assert not ana.has(forged)


def test_a_backup_that_lost_the_decision_gets_it_from_who_holds_all_of_it(world: World, tilly: Child) -> None:
    ana, vic = world.laptop("Ana"), world.laptop("Vic", "voluntary")
    needs = needs_of(world, ana, tilly)
    world.settle()
    world.database.back_up()
    made = decided(world, ana, tilly)
    world.settle()
    world.put_back()
    vic.sync()
    with world.hub.engine.connect() as connection:
        assert connection.execute(select(tables.quarantine)).all() == []
    world.settle()
    assert all(laptop.sync().agreed for laptop in (ana, vic))
    assert (ana.get(made), vic.has(made), vic.has(needs)) == (made, True, True)
    assert not [word for word in WORDS.values() if word in lying_on(vic)]


def test_a_central_record_of_the_version_before_tells_of_it_once_it_is_brought_up_to_date(
    world: World, tilly: Child, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana, vic = world.laptop("Ana"), world.laptop("Vic", "voluntary")
    with monkeypatch.context() as older:
        older.setitem(facets._STAND_INS, "disclosure", lambda found, values, hidden: found)  # type: ignore[arg-type]
        older.setattr(entitlement, "TOLD", {})
        needs = needs_of(world, ana, tilly)
        made = decided(world, ana, tilly)
        world.settle()
        assert (vic.has(needs), vic.has(made)) == (True, False)
    with world.hub.engine.begin() as connection:
        connection.execute(insert(tables.meta).values(name=SHAPE, value="older"))
        catch_up(connection, world.now)
    world.settle()
    assert all(laptop.sync().agreed for laptop in (ana, vic))
    assert vic.get(made).categories == (Category.SEND,)
    assert ana.get(made) == made
    assert not [word for word in WORDS.values() if word in lying_on(vic)]


def test_what_whoever_sees_safeguarding_is_sent_is_not_more_than_they_may_hold(
    world: World, tilly: Child
) -> None:
    """Else another copy of the caseload would seem to have been told of it."""
    ana = world.laptop("Ana")
    ana.make(tilly)
    made = decided(world, ana, tilly)
    parts = facets.facets("disclosure", made.model_dump(mode="json", exclude={"id"}))
    row = Row("disclosure", made.id, 1, {facet.key: fields for facet, fields in parts.items()})
    seen = facets.held_facets(list(all_seen(ana.worker, tilly, world.today())))
    assert _beyond([row], (), {tilly.id: entitlement.mask_of(seen)}) == []
    assert _beyond([row], (), {tilly.id: entitlement.mask_of(facets.TOLD.values())}) == [(row.type, row.id)]


def test_a_conflict_about_what_it_is_told_is_for_who_sees_safeguarding(world: World, tilly: Child) -> None:
    asked = Conflict.model_validate(
        {"id": "conflict-1", "child": tilly.id, "record": "disclosure-1", "record_type": "disclosure"}
        | {"field": "until", "facet": facets.TOLD["voluntary"].key, "base": "null"}
        | {"central": "null", "other": "null"}
    )
    for laptop, seen in ((world.laptop("Ana"), True), (world.laptop("Vic", "voluntary"), False)):
        laptop.make(tilly)
        assert bool(Sight(laptop.store).field(asked, "other", tilly)) is seen


def test_a_version_with_other_facets_is_another_version() -> None:
    assert shape() != fingerprint(kinds(), size=8).hex()
