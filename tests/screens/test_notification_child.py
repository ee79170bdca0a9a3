"""Who is told beside a new child while it is typed; no application is needed to ask."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.edits import Edit, update
from casework.ids import new_id
from casework.records import Child
from screens.notification_child import SAME_HOME, Candidate, doubles_while_typing, heading_of
from tests.screens.real import TODAY, Family, commit, new_store

HERE = "1 Quarry Lane, ME12 1ZZ"


@pytest.fixture
def family(tmp_path: Path) -> Family:
    return Family(new_store(tmp_path))


def typed(
    family: Family, name: str, address: str = "", born: str = "", *, first: bool = False
) -> list[Candidate]:
    forename, surname = name.split()
    fields = {"forename": forename, "surname": surname, "dob": born, "address": address}
    return doubles_while_typing(family.store, fields | {"upn": "", "siblings": ""}, TODAY, first=first)


def said(found: list[Candidate]) -> list[tuple[str, str, str]]:
    return [(one.label.split(" ")[0], one.band, one.why) for one in found]


def test_children_of_the_typed_home_stand_before_those_of_a_like_name(family: Family) -> None:
    zoe = Child(id=new_id(), surname="Bloggs", forename="Zoë")
    commit(family.store, "Zoë", [zoe])
    home = [("Ben", "", SAME_HOME), ("Matilda", "", SAME_HOME)]
    (alike,) = said(typed(family, "Joe Bloggs"))
    assert alike == ("Zoë", "", "spelt alike")
    assert said(typed(family, "Joe Bloggs", HERE)) == [*home, alike]
    assert said(typed(family, "Xena Quill", HERE, "1/2/2017")) == home


def test_who_may_be_the_same_child_stands_before_the_home(family: Family) -> None:
    found = typed(family, "Tilly Marsh", HERE, "3/3/2018")
    assert [(name, band) for name, band, _ in said(found)] == [("Matilda", "match"), ("Ben", "")]
    assert heading_of(found).startswith("May be the same child (F3")
    assert heading_of(found[1:]).startswith("Perhaps a sibling")


def test_nobody_is_told_by_a_protected_address(family: Family) -> None:
    family.store.journal.commit(Edit("Protect", update(family.home, address_protected=True)))
    assert typed(family, "Xena Quill", HERE) == []


def test_that_somebody_was_told_by_the_home_is_on_record_once(family: Family) -> None:
    def looks() -> int:
        told = "SELECT count(*) FROM audit WHERE verb = 'searched' AND detail LIKE 'same home%'"
        return int(family.store.conn.execute(told).fetchone()[0])

    typed(family, "Xena Quill", HERE, "1/2/2017", first=True)
    assert looks() == 1
    typed(family, "Xena Quill", HERE, "1/2/2017")
    assert looks() == 1
