"""Whom a file means: rows without a UPN, damaged names, and which school a child is at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.records import Calendar, Child, Enrolment
from storage.intake.closed_days import ClosedDays
from storage.intake.importer import import_file, preview_file
from storage.intake.lost_letters import mended, same_but_lost
from storage.intake.report import Answer, FileReport, Question
from storage.store import Store
from tests.intake.caseload import (
    BEN,
    TILLY,
    add_school,
    ctf_file,
    long_file,
    marks_of,
    new_store,
    pupil,
    row,
    the_child,
    total,
)

HEAD = "UPN,Surname,Forename,DOB,Date,Session,Mark"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path)
    add_school(opened)
    add_school(opened, "999002", "8860092")
    yield opened
    opened.close()


def plain(
    folder: Path,
    rows: list[tuple[str, str, str, str]],
    name: str = "999001-a.csv",
    who: str = "Fox,Al,01/02/2016",
) -> Path:
    """Rows of UPN, day, session and mark of a child named ``who``."""
    return long_file(folder, [",".join((upn, who, *rest)) for upn, *rest in rows], name, HEAD)


def told(report: FileReport, words: str) -> str:
    return next((sentence for sentence in report.warnings if words in sentence), "")


class Person:
    """Answers with what was given, and remembers what was asked."""

    def __init__(self, kind: str, at: int = 0) -> None:
        self.kind, self.at = kind, at
        self.asked: list[Question] = []

    def __call__(self, question: Question) -> Answer:
        self.asked.append(question)
        if self.kind == "same":
            return Answer("same", question.candidates[self.at].id)
        return Answer("new")


# Without a UPN

K = "K886009924099"
BOTH = [(K, "17/11/2026", "AM", "/"), ("", "17/11/2026", "PM", "N")]


@pytest.mark.parametrize("rows", [BOTH, BOTH[::-1]], ids=["upn first", "upn last"])
def test_a_row_with_and_a_row_without_upn_in_one_file_ask(
    store: Store, tmp_path: Path, rows: list[tuple[str, str, str, str]]
) -> None:
    path = plain(tmp_path, rows)
    aside = import_file(store, path)
    assert (aside.children.new, len(aside.questions), aside.rejected_total) == (1, 1, 1)
    assert "looks like" in aside.rejected[0].reason
    assert aside.rejected[0].mend
    assert marks_of(store, K) == {("17/11", "AM"): ("/", ())}
    yes = Person("same")
    assert import_file(store, path, confirm=yes).marks.new == 1
    assert len(store.find(Child)) == 1
    assert len(marks_of(store, K)) == 2
    assert import_file(store, path, confirm=yes).applied is None
    assert len(yes.asked) == 1


def test_an_answer_to_a_preview_names_a_child_whom_the_file_brings_in(store: Store, tmp_path: Path) -> None:
    path = plain(tmp_path, BOTH)
    (question,) = preview_file(store, path).report.questions
    answer = Answer("same", question.candidates[0].id)
    report = import_file(store, path, confirm=lambda _: answer)
    assert (report.children.new, report.rejected_total) == (1, 0)
    assert len(marks_of(store, K)) == 2


def test_two_children_who_fit_are_always_asked_about(store: Store, tmp_path: Path) -> None:
    import_file(store, plain(tmp_path, BOTH), confirm=Person("new"))
    assert len(store.find(Child)) == 2
    third = plain(tmp_path, [("E88600992400A", "18/11/2026", "AM", "/")], "999001-b.csv")
    import_file(store, third, confirm=Person("new"))
    later = plain(tmp_path, [("", "18/11/2026", "PM", "N")], "999001-c.csv")
    report = import_file(store, later)
    assert (report.marks.new, report.children.new, report.children.matched) == (0, 0, 0)
    assert len(report.questions[0].candidates) == 3
    person = Person("same", 1)
    assert import_file(store, later, confirm=person).marks.new == 1
    again = import_file(store, later, confirm=person)
    assert (again.marks.unchanged, len(person.asked)) == (1, 1)


def test_a_child_of_another_school_is_asked_about_once_for_each_school(store: Store, tmp_path: Path) -> None:
    rows = [("", "17/11/2026", "AM", "/")]
    assert import_file(store, plain(tmp_path, rows)).children.new == 1
    assert import_file(store, plain(tmp_path, rows)).marks.unchanged == 1
    other = plain(tmp_path, [("", "18/11/2026", "AM", "/")], "999002-a.csv")
    assert import_file(store, other).rejected_total == 1
    assert import_file(store, other, confirm=Person("same")).marks.new == 1
    assert import_file(store, other).marks.unchanged == 1
    assert len(store.find(Child)) == 1


def test_a_upn_that_several_children_hold_is_asked_about(store: Store, tmp_path: Path) -> None:
    twins = [Child(id=new_id(), surname="Marsh", forename=name, upn=K) for name in ("Tilly", "Tillie")]
    store.journal.commit(Edit("Add", tuple(map(create, twins))))
    path = plain(tmp_path, [(K, "17/11/2026", "AM", "N")], who="Marsh,Tilly,04/05/2016")
    report = import_file(store, path)
    (question,) = report.questions
    assert question.reason == "its UPN is held by several children"
    assert {candidate.id for candidate in question.candidates} == {twin.id for twin in twins}
    assert (report.marks.new, report.rejected_total) == (0, 1)


def test_a_upn_beside_another_surname_and_date_of_birth_is_asked_about(store: Store, tmp_path: Path) -> None:
    import_file(store, plain(tmp_path, [(K, "16/11/2026", "AM", "/")]))
    other = plain(tmp_path, [(K, "17/11/2026", "AM", "N")], "999001-b.csv", who="Hart,Al,09/09/2017")
    report = import_file(store, other)
    assert report.questions[0].reason == "its UPN is held by a child of another name"
    assert marks_of(store, K) == {("16/11", "AM"): ("/", ())}
    married = plain(tmp_path, [(K, "17/11/2026", "AM", "N")], "999001-c.csv", who="Hart,Al,01/02/2016")
    assert import_file(store, married).questions == []


def test_a_former_upn_never_lays_one_twin_upon_the_other(store: Store, tmp_path: Path) -> None:
    brother = pupil(BEN, forename="Benjamin", known_as="").replace(
        "<BasicDetails>", f"<BasicDetails><FormerUPN>{TILLY}</FormerUPN>"
    )
    report = import_file(store, ctf_file(tmp_path, [pupil(), brother]))
    assert [child.forename for child in store.find(Child)] == ["Matilda"]
    (rejected,) = report.rejected
    assert "matched to a child whom another line names" in rejected.reason


def test_a_child_who_gets_a_upn_is_asked_about_and_takes_it(store: Store, tmp_path: Path) -> None:
    import_file(store, plain(tmp_path, [("", "17/11/2026", "AM", "/")]))
    named = plain(tmp_path, [(K, "18/11/2026", "AM", "N")], "999001-b.csv")
    aside = import_file(store, named)
    assert (aside.rejected_total, aside.children.new) == (1, 0)
    import_file(store, named, confirm=Person("same"))
    assert len(marks_of(store, K)) == 2
    assert len(store.find(Child)) == 1


def test_a_name_without_any_date_of_birth_in_the_caseload_asks(store: Store, tmp_path: Path) -> None:
    import_file(store, long_file(tmp_path, [row(TILLY, "16/11/2026", "AM", "/")]))
    path = plain(tmp_path, [("", "17/11/2026", "AM", "N")], who="Marsh,Tilly,04/05/2016")
    report = import_file(store, path)
    assert (report.children.new, len(report.questions)) == (0, 1)


def test_a_child_without_upn_named_twice_in_a_ctf_is_one(store: Store, tmp_path: Path) -> None:
    report = import_file(store, ctf_file(tmp_path, [pupil(""), pupil("")]))
    assert (report.children.new, report.rejected_total) == (1, 0)
    assert len(store.find(Child)) == 1


# Damaged names


def test_a_lost_letter_is_no_other_name_and_the_good_name_takes_its_place(
    store: Store, tmp_path: Path
) -> None:
    first = import_file(
        store,
        long_file(
            tmp_path,
            [
                row(TILLY, "16/11/2026", "AM", "/", name="Marsh,?ucja,4B"),
                row(BEN, "16/11/2026", "AM", "/", name="Marsh,?ukasz,4B"),
            ],
        ),
    )
    assert "2 names with ?" in told(first, "lost a letter")
    assert "line 2, 3" in told(first, "lost a letter")
    children = [
        pupil(TILLY, forename="\u0141ucja", known_as=""),
        pupil(BEN, forename="\u0141ukasz", known_as=""),
    ]
    report = import_file(store, ctf_file(tmp_path, children))
    assert (report.children.new, report.children.matched, report.rejected_total) == (0, 2, 0)
    assert report.questions == []
    assert the_child(store).forename == "\u0141ucja"
    assert the_child(store, BEN).forename == "\u0141ukasz"
    assert the_child(store).former_names == ()


def test_a_damaged_name_never_replaces_a_whole_one(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil(forename="\u0141ucja", surname="\u0141a", known_as="")]))
    import_file(store, ctf_file(tmp_path, [pupil(forename="?ucja", surname="?a", known_as="")]))
    child = the_child(store)
    assert (child.surname, child.forename, child.former_names) == ("\u0141a", "\u0141ucja", ())


def test_a_damaged_name_without_upn_asks_about_the_whole_one(store: Store, tmp_path: Path) -> None:
    import_file(store, ctf_file(tmp_path, [pupil(forename="\u0141ucja", known_as="")]))
    path = plain(tmp_path, [("", "17/11/2026", "AM", "N")], who="Marsh,?ucja,04/05/2016")
    assert len(import_file(store, path).questions) == 1
    assert len(store.find(Child)) == 1


@given(st.text("abc\u0141\u00e9- '", min_size=2, max_size=8), st.data())
def test_a_name_with_lost_letters_is_the_same_unless_another_letter_differs(
    name: str, data: st.DataObject
) -> None:
    letters = [at for at, c in enumerate(name) if c.isalpha()]
    lost = data.draw(
        st.sets(st.sampled_from(letters), max_size=len(letters) - 1) if letters else st.just(set())
    )
    damaged = "".join("?" if at in lost else c for at, c in enumerate(name))
    assert same_but_lost(damaged, name) == bool(lost)
    assert mended(damaged, (name,)) == (name if lost else damaged)
    kept = [at for at in letters if at not in lost]
    if lost and kept:
        other = "".join("z" if at == kept[0] else c for at, c in enumerate(name))
        assert not same_but_lost(damaged, other)
    assert not same_but_lost(damaged, name + "a")


# Schools


def at(folder: Path, urn: str, days: list[str], name: str = "a", upn: str = TILLY) -> Path:
    return long_file(folder, [row(upn, f"{day}/11/2026", "AM", "/") for day in days], f"{urn}-{name}.csv")


def test_a_tie_or_the_same_file_again_moves_nobody(store: Store, tmp_path: Path) -> None:
    import_file(store, at(tmp_path, "999001", ["18", "19"]))
    home = the_child(store).school
    tie = import_file(store, at(tmp_path, "999002", ["19"]))
    assert the_child(store).school == home
    assert "two schools" in told(tie, "On the rolls")
    assert not told(tie, "Moved")
    for urn, days in (("999001", ["18", "19"]), ("999002", ["19"])):
        assert import_file(store, at(tmp_path, urn, days)).applied is None
        assert the_child(store).school == home


def test_a_newer_mark_moves_says_so_and_ends_the_former_roll(store: Store, tmp_path: Path) -> None:
    first = at(tmp_path, "999001", ["18", "19"])
    import_file(store, first)
    home = the_child(store).school
    moved = import_file(store, at(tmp_path, "999002", ["19", "20"]))
    assert TILLY in told(moved, "Moved to this school")
    school = the_child(store).school
    assert school != home
    spells = {spell.school: spell.end for spell in store.find(Enrolment)}
    assert spells == {home: date(2026, 11, 19), school: None}
    again = import_file(store, first)
    assert (again.applied, the_child(store).school) == (None, school)
    import_file(store, at(tmp_path, "999001", ["18", "20"], "c"))
    assert the_child(store).school == school


def test_marks_that_are_held_already_move_nobody_against_a_workers_word(store: Store, tmp_path: Path) -> None:
    import_file(store, at(tmp_path, "999001", ["18", "19"]))
    home = the_child(store).school
    import_file(store, at(tmp_path, "999002", ["19", "20"]))
    child = the_child(store)
    assert child.school != home
    store.journal.commit(Edit("Back", update(child, school=home)))
    again = import_file(store, at(tmp_path, "999002", ["20", "19"], "the-same-otherwise"))
    assert not told(again, "Moved")
    assert the_child(store).school == home


def test_the_same_ctf_again_takes_nobody_back(store: Store, tmp_path: Path) -> None:
    one = ctf_file(tmp_path, [pupil()])
    two = "<LEA>886</LEA><Estab>0092</Estab><URN>999002</URN><SchoolName>Elm</SchoolName>"
    import_file(store, one)
    report = import_file(store, ctf_file(tmp_path, [pupil()], name="two.xml", school=two))
    assert told(report, "Moved to this school")
    school = the_child(store).school
    assert import_file(store, one).applied is None
    assert the_child(store).school == school


def test_a_session_that_two_schools_have_marked_is_said_and_both_marks_stay(
    store: Store, tmp_path: Path
) -> None:
    import_file(store, at(tmp_path, "999001", ["18", "19"]))
    report = import_file(store, at(tmp_path, "999002", ["19"]))
    sentence = told(report, "also marked by another school")
    assert sentence.startswith("1 session of 1 child")
    assert TILLY in sentence
    marks = store.conn.execute("SELECT count(*) FROM attendance_week WHERE marks LIKE '%/%'").fetchone()
    assert marks == (2,)
    due_there = long_file(tmp_path, [row(TILLY, "18/11/2026", "AM", "D")], "999002-d.csv")
    assert not told(import_file(store, due_there), "also marked")


# Days and dates


def test_marks_on_days_without_school_are_taken_and_told(store: Store, tmp_path: Path) -> None:
    school = the_school(store)
    entries = [
        Calendar(
            id=new_id(), school=school, kind="term", name="1", start=date(2026, 9, 1), end=date(2026, 10, 23)
        ),
        Calendar(
            id=new_id(), school=school, kind="term", name="2", start=date(2026, 11, 2), end=date(2026, 12, 18)
        ),
        Calendar(
            id=new_id(), school=school, kind="inset", name="", start=date(2026, 11, 2), end=date(2026, 11, 2)
        ),
    ]
    store.journal.commit(Edit("Calendar", tuple(map(create, entries))))
    rows = [
        row(TILLY, day, session, mark)
        for day, session, mark in (
            ("26/10/2026", "AM", "/"),
            ("27/10/2026", "AM", "#"),
            ("28/10/2026", "AM", "-"),
            ("02/11/2026", "AM", "N"),
            ("02/11/2026", "PM", "N"),
            ("03/11/2026", "AM", "/"),
            ("28/08/2026", "AM", "/"),
        )
    ]
    report = import_file(store, long_file(tmp_path, rows))
    sentence = told(report, "without school")
    assert sentence.startswith("3 marks on 2 days without school (26/10/2026, 02/11/2026)")
    assert "school calendar 999001 FILE" in sentence
    assert (report.marks.new, report.rejected_total) == (6, 0)


def the_school(store: Store) -> str:
    (found,) = [school.id for school in store.schools.schools.values() if school.urn == "999001"]
    return found


def test_without_a_calendar_no_day_is_judged() -> None:
    from casework.calendars import SchoolCalendar
    from storage.intake.model import PupilWeek

    days = ClosedDays(SchoolCalendar(()))
    week = PupilWeek(0, date(2026, 12, 21))
    week.slots[0] = "/"
    days.look(week)
    assert days.marks == 0


@pytest.mark.parametrize(("born", "reason"), [("01/02/2027", "still to come"), ("19/11/2001", "25 years")])
def test_an_unlikely_date_of_birth_is_set_aside_and_a_upn_still_lands(
    store: Store, tmp_path: Path, born: str, reason: str
) -> None:
    path = plain(tmp_path, [(K, "17/11/2026", d, "/") for d in ("AM", "PM")], who=f"Fox,Al,{born}")
    report = import_file(store, path)
    assert [(r.line, r.column, r.value) for r in report.rejected] == [(2, "DOB", born)]
    assert reason in report.rejected[0].reason
    assert (report.marks.new, the_child(store, K).dob) == (2, None)
    nameless = plain(tmp_path, [("", "17/11/2026", "AM", "/")], "999001-b.csv", who=f"Orr,Bo,{born}")
    report = import_file(store, nameless)
    assert (report.rejected_total, report.children.new, report.marks.new) == (1, 0, 0)
    iso = f"{born[6:]}-{born[3:5]}-{born[:2]}"
    ctf = import_file(store, ctf_file(tmp_path, [pupil(dob=iso), pupil("", "Bo", "Orr", dob=iso)]))
    assert [r.column for r in ctf.rejected] == ["DOB", "DOB"]
    assert ctf.children.new == 1


def test_twenty_five_years_to_the_day_may_be(store: Store, tmp_path: Path) -> None:
    report = import_file(store, plain(tmp_path, [(K, "17/11/2026", "AM", "/")], who="Fox,Al,20/11/2001"))
    assert (report.rejected_total, the_child(store, K).dob) == (0, date(2001, 11, 20))


# Totals


def test_a_ctf_without_attendance_compares_no_totals_and_others_name_their_file(
    store: Store, tmp_path: Path
) -> None:
    import_file(store, ctf_file(tmp_path, [pupil(more=total(2, 2, 0, 0))], name="totals.xml"))
    rows = [row(TILLY, "16/11/2026", s, m) for s, m in (("AM", "/"), ("PM", "N"))]
    report = import_file(store, long_file(tmp_path, rows))
    assert "totals in totals.xml" in told(report, "differ")
    bare = import_file(store, ctf_file(tmp_path, [pupil(known_as="Tills")], name="bare.xml"))
    assert not told(bare, "differ")
    assert bare.totals.compared == 0
    own = import_file(store, ctf_file(tmp_path, [pupil(more=total(2, 0, 2, 0))], name="own.xml"))
    assert "totals in own.xml" in told(own, "differ")


def test_headings_without_rows_say_so(store: Store, tmp_path: Path) -> None:
    report = import_file(store, long_file(tmp_path, []))
    assert (report.applied, report.rejected_total) == (None, 0)
    assert told(report, "headings and no children")
