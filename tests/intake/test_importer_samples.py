"""The five sample schools: everything lands, the two sides agree, and a second time changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from casework.errors import BadInput
from casework.records import Child, Enrolment, Person, Relationship, School
from casework.records_attendance import AttendanceTotal, RegisterFile
from storage import audit
from storage.intake.importer import import_file, preview_file
from storage.intake.report import FileReport
from storage.store import Store
from tests.intake.caseload import SAMPLES, add_school, everything, new_store

CTFS = sorted(SAMPLES.glob("*.xml"))
REGISTERS = sorted(p for p in SAMPLES.glob("99900*") if "calendar" not in p.name)


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, dict[str, FileReport]]]:
    store = new_store(tmp_path_factory.mktemp("samples"))
    yield store, {path.name: import_file(store, path) for path in (*CTFS, *REGISTERS)}
    store.close()


def test_every_sample_lands_whole(taken: tuple[Store, dict[str, FileReport]]) -> None:
    store, reports = taken
    assert len(reports) == 19
    assert all(not report.rejected for report in reports.values())
    assert {report.format for report in reports.values()} == {"ctf", "register-long", "register-wide"}
    assert len(store.find(Child)) == 200
    assert {school.urn for school in store.find(School)} == {f"99900{n}" for n in range(1, 6)}
    assert sum(report.marks.new for report in reports.values()) == 5 * 40 * 96
    assert sum(report.children.new for report in reports.values()) == 200
    assert len(store.find(Relationship)) == 200
    assert len(store.find(AttendanceTotal)) == 200
    assert len(store.find(RegisterFile)) == 19
    assert all(spell.start is not None and spell.end is None for spell in store.find(Enrolment))


def test_totals_of_the_ctfs_agree_with_the_marks(taken: tuple[Store, dict[str, FileReport]]) -> None:
    _, reports = taken
    last = ("999001-register.csv", "999002-marks.csv", "999003-register.txt", "999004-register.xlsx",
            "999005-week-2026-11-16.csv")  # fmt: skip
    for name in last:
        assert (reports[name].totals.compared, reports[name].totals.agree) == (40, 40), name
    said = [sentence for report in reports.values() for sentence in report.warnings]
    assert not any("differ" in sentence or "without school" in sentence for sentence in said)
    assert sum("lost a letter" in sentence for sentence in said) == 1


def test_a_second_import_of_everything_changes_nothing(taken: tuple[Store, dict[str, FileReport]]) -> None:
    store, first = taken
    before = everything(store)
    counts = store.conn.execute(
        "SELECT (SELECT count(*) FROM change), (SELECT count(*) FROM edit)"
    ).fetchone()
    entries = audit.head(store.conn)
    for path in (*CTFS, *REGISTERS):
        again = import_file(store, path)
        assert again.applied is None, path.name
        assert (again.marks.new, again.marks.changed) == (0, 0)
        assert again.marks.unchanged == first[path.name].marks.read
        assert (again.children.new, again.children.matched, again.children.changed) == (0, 40, 0)
    after = store.conn.execute("SELECT (SELECT count(*) FROM change), (SELECT count(*) FROM edit)").fetchone()
    assert after == counts
    assert audit.head(store.conn) == entries
    assert everything(store) == before


def test_registers_first_and_ctfs_after_hold_the_same(
    taken: tuple[Store, dict[str, FileReport]], tmp_path: Path
) -> None:
    store, _ = taken
    other = new_store(tmp_path)
    for number in range(1, 6):
        add_school(other, f"99900{number}", f"886009{number}")
    for path in reversed(REGISTERS):
        import_file(other, path)
    for path in CTFS:
        report = import_file(other, path)
        assert (report.children.new, report.children.matched, report.rejected) == (0, 40, []), path.name
        assert report.questions == []
    assert everything(other) == everything(store)
    names = [
        sorted((c.upn, c.surname, c.forename, c.former_names) for c in s.find(Child)) for s in (store, other)
    ]
    assert names[0] == names[1]
    assert any("\u0141" in forename for _, _, forename, _ in names[1])
    other.close()


def test_a_preview_writes_nothing_and_tells_all(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    import_file(store, CTFS[1])
    edits = store.conn.execute("SELECT count(*) FROM edit").fetchone()
    seen = preview_file(store, SAMPLES / "999002-marks.csv")
    assert (seen.school, seen.school_name) == ("999002", "Harbour View Academy")
    assert len(seen.table.rows) == 20
    assert seen.report.marks.new == 3840
    assert seen.report.applied is None
    assert everything(store) == []
    assert store.conn.execute("SELECT count(*) FROM edit").fetchone() == edits
    assert store.find(Person, "surname = ?", ("nobody",)) == []
    store.close()


WEEK = SAMPLES / "999005-week-2026-11-16.csv"


@pytest.fixture
def five(tmp_path: Path) -> Iterator[Store]:
    """The children of one school, and a second school without any."""
    store = new_store(tmp_path)
    import_file(store, next(ctf for ctf in CTFS if "0095" in ctf.name))
    add_school(store, "999001")
    yield store
    store.close()


def test_a_register_of_another_school_is_refused_whole(five: Store) -> None:
    before = everything(five)
    for read in (import_file, preview_file):
        with pytest.raises(BadInput) as refused:
            read(five, WEEK, school="999001")
        assert (refused.value.code, refused.value.exit_code) == ("another-roll", 4)
        assert refused.value.message.startswith(
            "40 of the 40 children in 999005-week-2026-11-16.csv are on the roll of "
        )
        assert "(999005) and none of them has been on that of" in refused.value.message
        assert "(999001)" in refused.value.message
    assert everything(five) == before


def test_children_who_have_moved_to_a_new_school_are_asked_about_once(five: Store) -> None:
    weeks = sorted(SAMPLES.glob("999005-week-*.csv"))
    import_file(five, weeks[-2])
    done = import_file(five, weeks[-1], school="999001", moved=True)
    assert any("Moved to this school from another: 40 children" in told for told in done.warnings)
    (new,) = five.find(School, "urn = '999001'")
    assert {child.school for child in five.find(Child)} == {new.id}
    assert import_file(five, weeks[-1], school="999001").applied is None
    assert import_file(five, weeks[-3], school="999005").applied is not None, "a late week of the old school"


@pytest.mark.parametrize(("known", "strangers", "refused"), [(4, 0, False), (5, 5, False), (6, 5, True)])
def test_a_handful_that_moved_is_no_other_schools_register(
    five: Store, tmp_path: Path, known: int, strangers: int, refused: bool
) -> None:
    children = [*five.find(Child)[:known], *_strangers(tmp_path)[:strangers]]
    rows = [f"{child.upn},{child.surname},{child.forename},20/11/2026,AM,/" for child in children]
    path = tmp_path / "week.csv"
    path.write_text("\n".join(["UPN,Surname,Forename,Date,Session,Mark", *rows]) + "\n")
    if refused:
        with pytest.raises(BadInput, match=f"{known} of the {known + strangers} children"):
            import_file(five, path, school="999001")
    else:
        assert import_file(five, path, school="999001").applied is not None


def _strangers(folder: Path) -> list[Child]:
    (folder / "other").mkdir()
    store = new_store(folder / "other")
    import_file(store, next(ctf for ctf in CTFS if "0092" in ctf.name))
    children = store.find(Child)
    store.close()
    return children
