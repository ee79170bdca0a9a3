"""Files about a child whose two records were merged: they land on the one that was kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.records import Child, School
from casework.records_attendance import AttendanceWeek
from storage import integrity
from storage.intake.importer import import_file
from storage.intake.report import Answer
from storage.queries.same_child import parts_of, plan_merge, plan_split
from storage.store import Store
from tests.intake.caseload import BEN, HEAD, TILLY, add_school, ctf_file, long_file, new_store, pupil, row

POLISH = "Marsz,Matylda,4B"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = new_store(tmp_path)
    yield made
    for look in integrity.CHECKS:
        assert list(look(made.conn)) == []
    made.close()


@pytest.fixture
def school(store: Store) -> School:
    return add_school(store)


def two_records(store: Store, tmp_path: Path) -> tuple[Child, Child]:
    """Tilly Marsh, and Matylda Marsz under a UPN of her own, as one register brought both in."""
    polish = pupil(BEN, "Marsz", "Matylda", "2016-05-04", known_as="")
    import_file(store, ctf_file(tmp_path, [pupil(), polish]))
    (kept,) = store.find(Child, "upn = ?", (TILLY,))
    (other,) = store.find(Child, "upn = ?", (BEN,))
    return kept, other


def merge(store: Store, kept: Child, other: Child) -> None:
    store.journal.commit(plan_merge(store, kept, other, reason="spelt in Polish").edit)


def test_a_file_with_the_others_upn_lands_on_the_kept_child(
    store: Store, school: School, tmp_path: Path
) -> None:
    kept, other = two_records(store, tmp_path)
    merge(store, kept, other)
    report = import_file(
        store, long_file(tmp_path, [row(BEN, "19/11/2026", "AM", "N", name=POLISH)]), school=school.urn
    )
    assert (report.children.new, report.children.matched, report.questions) == (0, 1, [])
    (week,) = store.find(AttendanceWeek)
    assert week.child == kept.id
    assert store.get(Child, kept.id).upn == TILLY
    (part,) = parts_of(store, kept.id)
    store.journal.commit(plan_split(store, part.link).edit)
    assert store.get(Child, other.id).upn == BEN
    again = import_file(
        store, long_file(tmp_path, [row(BEN, "12/11/2026", "AM", "N", name=POLISH)]), school=school.urn
    )
    assert (again.children.new, again.children.matched) == (0, 1)
    assert {week.child for week in store.find(AttendanceWeek)} == {kept.id, other.id}


def test_an_answer_given_before_the_merge_still_holds(store: Store, school: School, tmp_path: Path) -> None:
    kept, other = two_records(store, tmp_path)
    head = HEAD.replace("Reg", "Reg,DOB")
    nameless = row("", "12/11/2026", "AM", "N", name=f"{POLISH},04/05/2016")
    asked = import_file(
        store,
        long_file(tmp_path, [nameless], head=head),
        school=school.urn,
        confirm=lambda _: Answer("same", other.id),
    )
    assert len(asked.questions) == 1
    merge(store, kept, other)
    later = row("", "19/11/2026", "AM", "N", name=f"{POLISH},04/05/2016")
    report = import_file(store, long_file(tmp_path, [later], head=head), school=school.urn)
    assert (report.questions, report.children.new) == ([], 0)
    assert {week.child for week in store.find(AttendanceWeek)} == {kept.id}
