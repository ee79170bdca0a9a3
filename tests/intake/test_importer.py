"""Corrections, refusals, matching and undo: what an import does to a caseload, and never does."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.codes import NO_MARK
from casework.edits import Edit, create, update
from casework.errors import BadInput
from casework.ids import new_id
from casework.records import Child, Enrolment, Flag, Household, Person, Relationship, School
from casework.records_attendance import AttendanceWeek, ImportMapping
from storage.intake.importer import import_file
from storage.intake.mapping import Mapping
from storage.intake.merging import merge_marks
from storage.intake.report import Answer, Question
from storage.store import Store
from tests.intake.caseload import (
    BEN,
    KEY,
    NOW,
    SAMPLES,
    TILLY,
    TODAY,
    add_school,
    contact,
    ctf_file,
    everything,
    long_file,
    marks_of,
    new_store,
    pupil,
    row,
    the_child,
    total,
    weeks_held,
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def school(store: Store) -> School:
    return add_school(store)


# Marks


def test_a_corrected_file_changes_n_to_i_and_the_history_keeps_n(
    store: Store, school: School, tmp_path: Path
) -> None:
    first = long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "N"), row(TILLY, "16/11/2026", "PM", "N")])
    assert import_file(store, first).marks.new == 2
    second = long_file(
        tmp_path, [row(TILLY, "16/11/2026", "AM", "I"), row(TILLY, "16/11/2026", "PM", "N")], "later.csv"
    )
    report = import_file(store, second, school="999001")
    assert (report.marks.changed, report.marks.unchanged, report.marks.new) == (1, 1, 0)
    assert marks_of(store) == {("16/11", "AM"): ("I", ("N",)), ("16/11", "PM"): ("N", ())}
    old = import_file(store, first)
    assert (old.marks.changed, old.marks.kept, old.applied) == (0, 1, None)
    assert old.to_json()["marks"] == {"read": 2, "new": 0, "changed": 0, "unchanged": 2}
    assert any("did not replace" in sentence for sentence in old.warnings)
    assert marks_of(store)[("16/11", "AM")] == ("I", ("N",))


def test_a_mark_names_its_file_and_line_after_a_correction(
    store: Store, school: School, tmp_path: Path
) -> None:
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", s, "N") for s in ("AM", "PM")]))
    (week,) = store.find(AttendanceWeek)
    assert week.lines.split()[:2] == ["2", "3"]
    first = week.source
    import_file(
        store, long_file(tmp_path, ["", row(TILLY, "16/11/2026", "PM", "M")], "b.csv"), school="999001"
    )
    (week,) = store.find(AttendanceWeek)
    assert week.lines.split()[:2] == ["2", "3"]
    assert week.source.split()[0] == first
    assert week.source.split()[1] != first


def test_an_empty_mark_erases_nothing(store: Store, school: School, tmp_path: Path) -> None:
    import_file(
        store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/"), row(TILLY, "17/11/2026", "AM", "/")])
    )
    report = import_file(
        store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "-")], "b.csv"), school="999001"
    )
    assert report.applied is None
    assert marks_of(store) == {("16/11", "AM"): ("/", ()), ("17/11", "AM"): ("/", ())}


def test_late_minutes_and_comments_stay_with_their_mark(store: Store, school: School, tmp_path: Path) -> None:
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "L", "12,bus")]))
    (week,) = store.find(AttendanceWeek)
    assert week.comments == {"0": "12 min late: bus"}
    again = import_file(
        store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "L")], "b.csv"), school="999001"
    )
    assert again.applied is None
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "U")], "c.csv"), school="999001")
    (week,) = store.find(AttendanceWeek)
    assert week.comments == {}
    assert week.marks.startswith("U ")


CODES = st.sampled_from([NO_MARK, "/", "N", "I", "C2", "L"])
WEEKS = st.lists(CODES, min_size=10, max_size=10)


@given(WEEKS, st.lists(st.one_of(st.none(), CODES), min_size=10, max_size=10))
def test_merging_loses_no_mark_counts_every_code_and_is_idempotent(
    held: list[str], file: list[str | None]
) -> None:
    merged = merge_marks(" ".join(held), file)
    after = merged.marks.split(" ")
    for before, code, now in zip(held, file, after, strict=True):
        assert now != NO_MARK or before == NO_MARK
        if code in (None, NO_MARK) or (code == "N" and before in {"I", "C2"}):
            assert now == before
        else:
            assert now == code
    assert merged.new + merged.changed + merged.unchanged + merged.kept == sum(
        code not in (None, NO_MARK) for code in file
    )
    again = merge_marks(merged.marks, file)
    assert (again.marks, again.new, again.changed, again.kept) == (merged.marks, 0, 0, merged.kept)


def test_a_child_marked_in_by_mistake_becomes_unexplained(
    store: Store, school: School, tmp_path: Path
) -> None:
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")]))
    report = import_file(
        store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "N")], "later.csv"), school="999001"
    )
    assert report.marks.changed == 1
    assert marks_of(store)[("16/11", "AM")] == ("N", ("/",))


def test_yesterdays_export_does_not_take_back_a_mark_that_came_after_n(
    store: Store, school: School, tmp_path: Path
) -> None:
    stale = long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "N")])
    import_file(store, stale)
    import_file(
        store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")], "later.csv"), school="999001"
    )
    report = import_file(store, stale)
    assert report.marks.changed == 0
    assert any("N" in warning for warning in report.warnings)
    assert marks_of(store)[("16/11", "AM")] == ("/", ("N",))


ABSENCES = st.lists(st.sampled_from([NO_MARK, "I", "C2", "O"]), min_size=10, max_size=10)


@given(ABSENCES, WEEKS)
def test_n_and_its_reason_come_to_the_same_in_either_order(reasons: list[str], gaps: list[str]) -> None:
    unknown = [NO_MARK if code == NO_MARK else "N" for code in gaps]
    one = merge_marks(merge_marks(" ".join([NO_MARK] * 10), reasons).marks, unknown).marks
    other = merge_marks(merge_marks(" ".join([NO_MARK] * 10), unknown).marks, reasons).marks
    for code, left, right in zip(reasons, one.split(" "), other.split(" "), strict=True):
        assert left == right or code == NO_MARK


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(order=st.permutations([0, 1, 2]), data=st.lists(st.sampled_from("/NIMO"), min_size=3, max_size=3))
def test_files_of_different_weeks_come_in_any_order(
    order: list[int], data: list[str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("order")
    days = ("02/11/2026", "09/11/2026", "16/11/2026")
    store = new_store(folder)
    add_school(store)
    for at in order:
        path = long_file(folder, [row(TILLY, days[at], "AM", data[at])], f"{at}.csv")
        import_file(store, path, school="999001")
    assert {day: code for (day, _), (code, _) in marks_of(store).items()} == {
        day[:5]: code for day, code in zip(days, data, strict=True)
    }
    (spell,) = store.find(Enrolment)
    assert str(spell.start) == "2026-11-02"
    store.close()


# Refusals


def test_good_rows_land_and_the_others_are_listed(store: Store, school: School, tmp_path: Path) -> None:
    path = long_file(
        tmp_path,
        [
            row(TILLY, "16/11/2026", "AM", "/"),
            row(TILLY, "16/11/2026", "PM", "QQ"),
            row(TILLY, "99/11/2026", "AM", "/"),
            row(BEN, "16/11/2026", "AM", "N", name="Orr,=cmd|' /C calc'!A0,4B"),
            row(BEN, "16/11/2026", "PM", "N", name="Orr,Ben,4B"),
            row("", "16/11/2026", "AM", "I", name="Nobody,Known,4B"),
        ],
    )
    report = import_file(store, path)
    assert report.set_aside
    assert [(r.line, r.column) for r in report.rejected][:3] == [(3, "Mark"), (4, "Date"), (5, "Forename")]
    nobody = report.rejected[-1]
    assert (nobody.line, nobody.column) == (7, "Name")
    assert "neither a UPN nor a date of birth" in nobody.reason
    assert marks_of(store) == {("16/11", "AM"): ("/", ())}
    assert marks_of(store, BEN) == {("16/11", "PM"): ("N", ())}
    assert report.marks.read == 3
    assert report.unknown == {"QQ": 1}
    assert json.dumps(report.to_json())


def test_hostile_names_are_never_stored_as_control(store: Store, school: School, tmp_path: Path) -> None:
    path = long_file(
        tmp_path,
        [
            row(TILLY, "16/11/2026", "AM", "/", name="Marsh\x1b]52;c;QQ==\x07,Tilly,4B"),
            row(BEN, "16/11/2026", "AM", "/", name="Anne [/] x,\u202eBen,4B"),
            row("E88600992400A", "16/11/2026", "AM", "/", name=f"{'x' * 5000},Ann,4B"),
        ],
    )
    report = import_file(store, path)
    assert len(report.rejected) == 3
    assert store.find(Child) == []
    text = json.dumps(report.to_json(), ensure_ascii=False)
    assert "\x1b" not in text
    assert "\u202e" not in text


@pytest.mark.parametrize(
    "content", [b"", b"\x00\x01\x02", b"hello\n", b"<?xml version='1.0'?><a/>", b"PK\x03\x04zip"]
)
def test_an_unreadable_file_changes_nothing(
    store: Store, school: School, tmp_path: Path, content: bytes
) -> None:
    path = tmp_path / "999001-x.csv"
    path.write_bytes(content)
    before = store.conn.execute("SELECT count(*) FROM edit").fetchone()
    with pytest.raises(BadInput) as fault:
        import_file(store, path)
    assert fault.value.exit_code == 4
    assert store.conn.execute("SELECT count(*) FROM edit").fetchone() == before
    assert not store.conn.in_transaction


def test_a_fault_in_the_middle_leaves_nothing(store: Store, school: School, tmp_path: Path) -> None:
    path = long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")])

    def stop(part: float, marks: int) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        import_file(store, path, progress=stop)
    assert everything(store) == []
    assert store.find(Child) == []
    assert import_file(store, path).marks.new == 1


_KILLED = """
import os, signal, sys
from pathlib import Path
from storage.intake.importer import import_file
from storage.store import Store
from tests.intake.caseload import KEY, NOW, TODAY
store = Store.open(Path(sys.argv[1]), bytearray(KEY), now=lambda: NOW, today=TODAY)
import_file(store, sys.argv[2], progress=lambda part, marks: os.kill(os.getpid(), signal.SIGKILL))
"""


def test_a_kill_in_the_middle_leaves_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    add_school(store)
    store.close()
    done = subprocess.run(
        [sys.executable, "-c", _KILLED, str(store.path), str(SAMPLES / "999001-register.csv")],
        check=False,
        cwd=Path(__file__).parent.parent.parent,
        env=os.environ,
    )
    assert done.returncode == -signal.SIGKILL
    store = Store.open(store.path, bytearray(KEY), now=lambda: NOW, today=TODAY)
    assert store.find(Child) == []
    assert weeks_held(store) == 0
    assert import_file(store, SAMPLES / "999001-register.csv").marks.new == 3840
    store.close()


# Undo and dry run


def test_one_undo_takes_a_whole_file_back_and_it_can_come_again(store: Store, school: School) -> None:
    path = SAMPLES / "999001-register.csv"
    import_file(store, path)
    before = everything(store)
    store.journal.undo()
    assert everything(store) == []
    assert store.find(Child) == []
    assert store.names.search("Rossi") == []
    assert import_file(store, path).marks.new == 3840
    assert everything(store) == before


def test_undo_of_a_correction_brings_the_mark_before_it_back(
    store: Store, school: School, tmp_path: Path
) -> None:
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "N")]))
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "I")], "b.csv"), school="999001")
    store.journal.undo()
    assert marks_of(store)[("16/11", "AM")][0] == "N"


def test_a_dry_run_counts_everything_and_writes_nothing(store: Store) -> None:
    edits = store.conn.execute("SELECT count(*) FROM edit").fetchone()
    report = import_file(store, SAMPLES / "8860091_CTF_886LLLL_001.xml", dry_run=True)
    assert report.children.new == 40
    assert report.applied is None
    assert store.find(School) == []
    assert store.schools.schools == {}
    assert store.conn.execute("SELECT count(*) FROM edit").fetchone() == edits


# Whose file it is


def test_the_school_comes_from_the_name_only_when_it_is_known(store: Store, tmp_path: Path) -> None:
    path = long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")])
    with pytest.raises(BadInput, match="choose the school"):
        import_file(store, path)
    with pytest.raises(BadInput, match="999009 is known: add it first"):
        import_file(store, path, school="999009")
    add_school(store)
    assert import_file(store, path).school == "999001"


def test_a_ctf_brings_its_school_with_kents_terms(store: Store, tmp_path: Path) -> None:
    report = import_file(store, ctf_file(tmp_path, [pupil()]))
    (school,) = store.find(School)
    assert (school.urn, school.laestab, report.school) == ("999001", "8860091", "999001")
    assert store.schools.calendar(school.id).is_school_day(TODAY)
    assert any("Kent" in sentence for sentence in report.warnings)


def test_a_ctf_of_another_school_is_refused(store: Store, tmp_path: Path) -> None:
    add_school(store, "999002", "8860092")
    with pytest.raises(BadInput, match="another school"):
        import_file(store, ctf_file(tmp_path, [pupil()]), school="999002")
    assert store.find(Child) == []


def test_a_school_without_terms_is_said(store: Store, school: School, tmp_path: Path) -> None:
    report = import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")]))
    assert any("no term dates" in sentence for sentence in report.warnings)


def test_a_mapping_is_kept_for_the_school_and_used_next_time(
    store: Store, school: School, tmp_path: Path
) -> None:
    head = "UPN,Surname,Forename,Reg,Date,Session,Mark,Minutes Late,Comment"
    rows = [row(TILLY, "16/11/2026", "AM", "HOLS")]
    path = long_file(tmp_path, rows, head=head)
    assert import_file(store, path).rejected_total == 1
    report = import_file(store, path, mapping=Mapping(codes={"HOLS": "G"}))
    assert (report.marks.new, report.rejected_total) == (1, 0)
    assert len(store.find(ImportMapping)) == 1
    assert import_file(store, path).marks.unchanged == 1


# Children


def twins() -> list[str]:
    return [
        pupil(TILLY, "Marsh", "Matilda", known_as="Tilly"),
        pupil(BEN, "Marsh", "Benjamin", known_as="Ben"),
    ]


def test_twins_and_cousins_of_one_name_are_never_merged(store: Store, tmp_path: Path) -> None:
    cousin = pupil("C896009923042", "Marsh", "Matilda", "2016-09-30")
    double = pupil("E88600992400A", "Marsh", "Matilda")
    report = import_file(store, ctf_file(tmp_path, [*twins(), cousin, double]))
    assert (report.children.new, report.rejected_total) == (4, 0)
    assert len({child.id for child in store.find(Child)}) == 4


def test_a_twins_upn_beside_the_other_twins_name_is_set_aside(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, twins()))
    wrong = long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "N", name="Marsh,Benjamin,4B")])
    report = import_file(store, wrong)
    assert [(r.line, r.column) for r in report.rejected] == [(2, "UPN")]
    assert everything(store) == []


def test_a_name_and_date_of_birth_ask_and_the_answer_is_remembered(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil()]))
    head = "Surname,Forename,DOB,Date,Session,Mark"
    path = long_file(tmp_path, ["Marsh,Matilda,04/05/2016,16/11/2026,AM,N"], head=head)
    aside = import_file(store, path)
    assert [entry.reason[:10] for entry in aside.rejected] == ["looks like"]
    assert (aside.marks.new, len(aside.questions), everything(store)) == (0, 1, [])
    asked: list[Question] = []

    def yes(question: Question) -> Answer:
        asked.append(question)
        return Answer("same", question.candidates[0].id)

    assert import_file(store, path, confirm=yes).marks.new == 1
    assert asked[0].candidates[0].upn == TILLY
    assert marks_of(store) == {("16/11", "AM"): ("N", ())}
    assert import_file(store, path).marks.unchanged == 1
    assert len(asked) == 1


def test_a_no_makes_another_child(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil()]))
    path = long_file(
        tmp_path, ["Marsh,Matilda,04/05/2016,16/11/2026,AM,N"], head="Surname,Forename,DOB,Date,Session,Mark"
    )
    assert import_file(store, path, confirm=lambda question: Answer("new")).children.new == 1
    assert len(store.find(Child)) == 2
    again = import_file(store, path)
    assert (again.children.new, again.children.matched, again.rejected_total) == (0, 1, 0)


def test_one_upn_beside_two_names_in_a_ctf_takes_neither(store: Store, tmp_path: Path) -> None:
    path = ctf_file(tmp_path, [pupil(), pupil(TILLY, "Orr", "Ben", "2015-01-01", known_as="")])
    report = import_file(store, path)
    assert (report.rejected_total, report.children.new) == (2, 0)


def test_a_former_upn_finds_the_child_and_a_wrong_letter_only_warns(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil("E88600992400A")]))
    moved = pupil().replace("<BasicDetails>", "<BasicDetails><FormerUPN>E88600992400A</FormerUPN>")
    import_file(store, ctf_file(tmp_path, [moved]))
    child = the_child(store)
    assert child.former_upns == ("E88600992400A",)
    report = import_file(store, ctf_file(tmp_path, [pupil("A886009924001", "Orr", "Kai", "2015-02-02")]))
    assert report.children.new == 1
    assert any("check letter" in sentence for sentence in report.warnings)


def test_a_workers_own_words_are_not_overwritten(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil(known_as="Mattie")]))
    import_file(store, ctf_file(tmp_path, [pupil(known_as="Tilda")]))
    assert the_child(store).known_as == "Tilda"
    store.journal.commit(Edit("Known as", update(the_child(store), known_as="Tills")))
    report = import_file(store, ctf_file(tmp_path, [pupil(known_as="Tilda")]))
    assert the_child(store).known_as == "Tills"
    assert report.applied is None
    assert any("known as that a worker set" in sentence for sentence in report.warnings)
    assert not any("Marsh" in sentence or "Tills" in sentence for sentence in report.warnings)


def test_school_owned_fields_take_the_files_value(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil()]))
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")]))
    assert the_child(store).reg == "4B"
    import_file(
        store,
        long_file(tmp_path, [row(TILLY, "17/11/2026", "AM", "/", name="Marsh,Tilly,5C")], "999001-b.csv"),
    )
    assert the_child(store).reg == "5C"
    import_file(store, long_file(tmp_path, [row(TILLY, "09/11/2026", "AM", "/")], "999001-old.csv"))
    assert the_child(store).reg == "5C"
    assert the_child(store).forename == "Matilda"


def test_a_child_who_moves_leaves_the_old_roll_and_keeps_the_history(store: Store, tmp_path: Path) -> None:
    one, two = add_school(store), add_school(store, "999002", "8860092")
    import_file(store, long_file(tmp_path, [row(TILLY, "02/11/2026", "AM", "/")]))
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")], "999002-register.csv"))
    assert the_child(store).school == two.id
    spells = {spell.school: (str(spell.start), str(spell.end)) for spell in store.find(Enrolment)}
    assert spells == {one.id: ("2026-11-02", "2026-11-15"), two.id: ("2026-11-16", "None")}
    import_file(store, long_file(tmp_path, [row(TILLY, "03/11/2026", "AM", "/")], "999001-late.csv"))
    assert the_child(store).school == two.id
    assert len(marks_of(store)) == 3


# People round a child


def test_contacts_come_once_and_follow_the_school(store: Store, tmp_path: Path) -> None:
    def file(phone: str) -> Path:
        return ctf_file(tmp_path, [pupil(more=f"<Contacts>{contact('Marsh', 'Ana', phone)}</Contacts>")])

    import_file(store, file("07700 900001"))
    import_file(store, file("07700 900002"))
    (person,) = store.find(Person)
    (tie,) = store.find(Relationship)
    assert person.phones == ("07700 900002",)
    assert (tie.kind, tie.responsibility, tie.contact_order) == ("mother", "yes", 1)
    store.journal.commit(Edit("Phone", update(person, phones=["07700 900003"])))
    report = import_file(store, file("07700 900004"))
    assert store.find(Person)[0].phones == ("07700 900003",)
    assert any("phones that a worker set" in sentence for sentence in report.warnings)


def test_siblings_share_a_household_by_parent_or_address_and_not_by_social_worker(
    store: Store, tmp_path: Path
) -> None:
    def with_contact(upn: str, forename: str, who: str, more: str = "") -> str:
        return pupil(upn, "Marsh", forename, more=f"{more}<Contacts>{who}</Contacts>", known_as="")

    lines = "<AddressLines><AddressLine1>1 Quay</AddressLine1></AddressLines>"
    home = f"<Address>{lines}<PostCode>ME12 1AA</PostCode></Address>"
    mother, worker = contact("Marsh", "Ana", "07700 900001"), contact("Ward", "Sue", "07700 900009", "SWR")
    import_file(
        store,
        ctf_file(
            tmp_path,
            [
                with_contact(TILLY, "Matilda", mother),
                with_contact(BEN, "Benjamin", mother.replace("07700 900001", "+44 7700 900001")),
                with_contact("C896009923042", "Cal", worker),
                with_contact("E88600992400A", "Dan", worker),
                pupil("B801200005001", "Orr", "Eve", "2017-01-01", more=home, known_as=""),
                pupil("A801200005001", "Bell", "Fay", "2018-01-01", more=home, known_as=""),
            ],
        ),
    )
    homes = {child.forename: child.household for child in store.find(Child)}
    assert homes["Matilda"] == homes["Benjamin"] is not None
    assert homes["Cal"] is None
    assert homes["Dan"] is None
    assert homes["Eve"] == homes["Fay"] is not None
    assert len(store.find(Household)) == 2
    assert len(store.find(Person)) == 2


def test_flags_follow_the_ctf_and_a_workers_flag_stays(store: Store, tmp_path: Path) -> None:
    def file(care: str, day: str) -> Path:
        return ctf_file(
            tmp_path, [pupil(more=f"<LookedAfter><InCare>{care}</InCare></LookedAfter>")], written=day
        )

    import_file(store, file("true", "2026-11-02"))
    (flag,) = store.find(Flag)
    assert (flag.kind, flag.source, flag.ended) == ("looked-after", "CTF 02/11/2026", None)
    own = Flag(id=new_id(), child=the_child(store).id, kind="looked-after", source="Kim")
    store.journal.commit(Edit("Flag", (create(own),)))
    import_file(store, file("false", "2026-11-16"))
    assert {f.source: str(f.ended) for f in store.find(Flag)} == {
        "CTF 02/11/2026": "2026-11-16",
        "Kim": "None",
    }


def test_totals_that_differ_are_named_by_upn(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil(more=total(2, 2, 0, 0))]))
    report = import_file(
        store, long_file(tmp_path, [row(TILLY, "16/11/2026", s, m) for s, m in (("AM", "/"), ("PM", "N"))])
    )
    assert (report.totals.compared, report.totals.differ) == (1, 1)
    assert any(TILLY in sentence and "differ" in sentence for sentence in report.warnings)
    again = import_file(store, ctf_file(tmp_path, [pupil(more=total(2, 1, 0, 1))]))
    assert again.totals.agree == 1


def test_a_summary_gives_totals_and_no_marks(store: Store, school: School, tmp_path: Path) -> None:
    import_file(
        store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/"), row(TILLY, "16/11/2026", "PM", "I")])
    )
    head = "UPN,Name,Possible,Attended,Auth Abs,Unauth Abs,AEA,Lates,% Attend"
    path = long_file(tmp_path, [f'{TILLY},"Marsh, Tilly",2,1,1,0,0,0,50.0'], "999001-summary.csv", head)
    report = import_file(store, path)
    assert (report.format, report.totals.agree, report.marks.read) == ("register-summary", 1, 0)
    assert len(marks_of(store)) == 2
    assert import_file(store, path).applied is None


def test_names_in_capitals_or_in_an_old_encoding_rename_nobody(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil(forename="\u0141ucja", known_as="")]))
    old = import_file(
        store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/", name="Marsh,?ucja,4B")])
    )
    assert not any("Another name" in sentence for sentence in old.warnings)
    import_file(store, ctf_file(tmp_path, [pupil(surname="MARSH", forename="\u0141UCJA", known_as="")]))
    child = the_child(store)
    assert (child.surname, child.forename, child.former_names) == ("Marsh", "\u0141ucja", ())


def test_a_ctf_mends_the_names_that_a_register_brought(store: Store, school: School, tmp_path: Path) -> None:
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")]))
    report = import_file(store, ctf_file(tmp_path, [pupil()]))
    child = the_child(store)
    assert (child.forename, child.known_as, str(child.dob)) == ("Matilda", "Tilly", "2016-05-04")
    assert (report.children.matched, report.children.changed) == (1, 1)
    assert import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")])).applied is None


def test_a_plain_looked_after_element_counts(store: Store, school: School, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil(more="<LookedAfter>true</LookedAfter>")]))
    assert [flag.kind for flag in store.find(Flag)] == ["looked-after"]
