from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from casework.duplicates import Description
from casework.edits import Edit, update
from casework.ids import new_id
from casework.policies import Category
from casework.records import Child, Flag, Household
from storage.queries.duplicates import describe, find_duplicates, find_same_home
from storage.store import Store
from tests.screens.real import Family, commit, new_store

TYPED = Description("Tilly", "Marsh", dob=date(2018, 3, 3), address="1 quarry lane, me12 1zz")


@pytest.fixture
def family(tmp_path: Path) -> Family:
    return Family(new_store(tmp_path))


def told(store: Store, described: Description, but: str = "") -> dict[str, str]:
    return {d.child.forename: d.likeness.band for d in find_duplicates(store, described, but=but)}


def test_a_child_is_found_by_the_name_they_are_called(family: Family) -> None:
    assert told(family.store, TYPED) == {"Matilda": "match"}
    assert told(family.store, TYPED, but=family.tilly.id) == {}


def test_a_child_under_another_name_is_found_by_upn_or_home(family: Family) -> None:
    by_upn = Description("Xena", "Quill", upns=("u886009924001",))
    assert told(family.store, by_upn) == {"Matilda": "possible"}
    by_home = Description("Xena", "Quill-Marsh", dob=date(2018, 3, 3), address="1, Quarry La. ME121ZZ")
    assert told(family.store, by_home) == {"Matilda": "possible"}


def test_a_sibling_of_the_same_home_is_none(family: Family) -> None:
    assert told(family.store, describe(family.store, family.tilly), but=family.tilly.id) == {}


def test_a_cousin_of_the_same_name_is_told_apart(family: Family) -> None:
    home = Household(id=new_id(), address="9 Tide Street, Deal CT14 9ZZ")
    cousin = Child(id=new_id(), surname="Marsh", forename="Tilly", dob=date(2018, 3, 30), household=home.id)
    commit(family.store, "Cousin", [home, cousin])
    assert told(family.store, describe(family.store, cousin), but=cousin.id) == {}
    assert told(family.store, TYPED) == {"Matilda": "match"}


def test_a_protected_address_is_never_compared(family: Family) -> None:
    typed = replace(TYPED, forename="Xena", surname="Quill-Marsh")
    assert told(family.store, typed) == {"Matilda": "possible"}
    family.store.journal.commit(Edit("Protect", update(family.home, address_protected=True)))
    assert told(family.store, typed) == {}


def test_what_may_not_be_seen_is_not_compared(tmp_path: Path) -> None:
    family = Family(new_store(tmp_path, "youth-justice"))
    described = describe(family.store, family.tilly)
    store = family.store
    for category, held in (
        (Category.FAMILY, described.address),
        (Category.EDUCATION, "".join(described.upns)),
    ):
        seen = bool(store.may_see(family.tilly, category, "support"))
        assert bool(held) is seen


ADDRESS = "1, Quarry La. ME121ZZ"


def living(store: Store, address: str = ADDRESS) -> list[str]:
    return [child.forename for child in find_same_home(store, address)]


def test_who_lives_at_an_address_is_told_by_its_numbers_and_postcode(family: Family) -> None:
    flat = Household(id=new_id(), address="Flat 7, 1 Quarry Lane, Sheerness ME12 1ZZ")
    above = Child(id=new_id(), surname="Marsh", forename="Otto", household=flat.id)
    commit(family.store, "Above", [flat, above])
    assert living(family.store) == ["Ben", "Matilda"]
    assert living(family.store, "Quarry Lane, ME12 1ZZ") == []
    assert living(family.store, "1 Quarry Lane") == []
    (other,) = find_same_home(family.store, ADDRESS, leaving={family.tilly.id})
    assert other.id == family.ben.id


def test_who_lives_at_a_protected_address_is_never_told(family: Family) -> None:
    flag = Flag(id=new_id(), child=family.ben.id, kind="address-protection", source="police")
    commit(family.store, "Protect", [flag])
    assert living(family.store) == [], "a flag of one protects the whole home"
    elsewhere = Child(id=new_id(), surname="Orr", forename="Sam")
    commit(family.store, "Elsewhere", [elsewhere])
    family.store.journal.commit(Edit("Of another", update(flag, child=elsewhere.id)))
    assert living(family.store) == ["Ben", "Matilda"]
    back = family.store.get(Flag, flag.id)
    family.store.journal.commit(Edit("Of Tilly", update(back, child=family.tilly.id)))
    assert living(family.store) == [], "a flag that comes from another child protects as well"
    ended = family.store.get(Flag, flag.id)
    family.store.journal.commit(Edit("Ended", update(ended, ended=date(2026, 11, 20))))
    assert living(family.store) == ["Ben", "Matilda"]


def test_a_home_is_told_only_where_the_family_may_be_seen(tmp_path: Path) -> None:
    store = Family(new_store(tmp_path, "youth-justice")).store
    seen = [c.forename for c in store.find(Child, "1") if store.may_see(c, Category.FAMILY, "support")]
    assert living(store) == sorted(seen)
    assert len(seen) < 2, "somebody's is withheld"
