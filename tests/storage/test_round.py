"""The round: registers that are awaited, a session at two schools, alerts that run on O."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from casework.edits import Edit, create, update
from casework.filter_text import parse
from casework.followups import contact, follow_up
from casework.ids import new_id
from casework.records import Calendar, Child, Household, Record, School, Team, Worker
from casework.records_attendance import AttendanceWeek, FollowUp, FollowUpOutcome
from storage.queries.caseload import read_caseload
from storage.queries.child import read_child
from storage.queries.history import read_corrections, read_history, read_origins
from storage.queries.today import _spoken, read_round
from storage.store import Store
from tests.tools.caseloads import set_up

MONDAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
TERMS = ((date(2026, 9, 1), date(2026, 10, 16)), (date(2026, 11, 2), date(2026, 12, 18)))
IN = "/ \\ / \\ / \\ / \\ / \\"


class World:
    """Two schools with calendars in an open caseload."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.oak = self.school("999001", "Oakhanger Primary")
        self.bay = self.school("999002", "Bay View")

    def add(self, *records: Record) -> None:
        self.store.journal.commit(Edit("Add", tuple(create(record) for record in records)))

    def school(self, urn: str, name: str, *, calendar: bool = True) -> str:
        school = School(id=new_id(), urn=urn, name=name)
        terms = [
            Calendar(id=new_id(), school=school.id, kind="term", start=start, end=end)
            for start, end in (TERMS if calendar else ())
        ]
        self.add(school, *terms)
        return school.id

    def child(self, school: str, marks: str = "", **weeks: str) -> Child:
        """A child on a school's roll with this week's marks; more weeks by `w` and how many weeks back."""
        child = Child(id=new_id(), surname="Marsh", forename=new_id(), school=school)
        self.add(child)
        for back, text in {"w0": marks, **weeks}.items():
            if text:
                self.marks(child, school, text, int(back[1:]))
        return child

    def marks(self, child: Child, school: str, marks: str, back: int = 0) -> None:
        week = MONDAY - timedelta(weeks=back)
        self.add(AttendanceWeek(id=new_id(), child=child.id, school=school, week=week, marks=marks))


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    path = tmp_path / "caseload.db"
    key = bytearray(range(32))
    store = set_up(path, key, worker=worker, team=team, now=lambda: NOW, today=FRIDAY)
    yield World(store)
    store.close()


def test_a_school_without_a_mark_of_the_day_is_awaited_with_its_roll(world: World) -> None:
    world.child(world.oak, IN)
    world.child(world.bay, "/ \\ / \\ / \\ / \\ - -")
    world.child(world.bay)
    found = read_round(world.store)
    assert [(one.name, one.urn, one.children) for one in found.awaiting] == [("Bay View", "999002", 2)]
    assert (found.counts["no-register"], found.counts["not-in"]) == (2, 0)
    assert read_round(world.store, school=world.oak).awaiting == []
    assert read_round(world.store, school=world.oak).counts["no-register"] == 0
    assert len(read_round(world.store, school=world.bay).awaiting) == 1


def test_one_mark_is_a_register_and_the_children_without_are_counted(world: World) -> None:
    world.child(world.oak, IN)
    world.child(world.bay, "/ \\ / \\ / \\ / \\ / -")
    world.child(world.bay, "/ \\ / \\ / \\ / \\ - -")
    found = read_round(world.store)
    assert found.awaiting == []
    assert found.counts["no-register"] == 1


def test_a_closed_school_is_not_awaited_and_one_without_calendar_only_with_children(world: World) -> None:
    world.child(world.oak, IN)
    world.child(world.bay, "")
    inset = Calendar(id=new_id(), school=world.bay, kind="inset", start=FRIDAY, end=FRIDAY)
    world.add(inset)
    bare = world.school("999003", "No Calendar", calendar=False)
    assert read_round(world.store).awaiting == []
    world.child(bare)
    assert [one.name for one in read_round(world.store).awaiting] == ["No Calendar"]


def test_a_school_whose_calendar_has_run_out_is_named_and_never_silently_left_out(world: World) -> None:
    world.child(world.oak, IN)
    short = world.school("999003", "Short Year", calendar=False)
    world.add(Calendar(id=new_id(), school=short, kind="term", start=TERMS[0][0], end=TERMS[0][1]))
    lost = world.child(short)
    found = read_round(world.store)
    assert [(one.name, one.children, one.ended) for one in found.awaiting] == [
        ("Short Year", 1, date(2026, 10, 16)),
    ]
    assert found.counts["no-register"] == 1
    assert "calendar ends on Fri 16 Oct 2026" in found.awaiting[0].reason
    assert [one.name for one in read_round(world.store, school=short).awaiting] == ["Short Year"]
    world.marks(lost, short, IN)
    after = read_round(world.store)
    assert ([one.name for one in after.awaiting], after.counts["no-register"]) == ([], 0)


def test_a_calendar_that_ends_today_or_begins_later_is_not_called_ended(world: World) -> None:
    for urn, start, end in (
        ("999003", date(2026, 9, 1), FRIDAY),
        ("999004", date(2027, 1, 4), date(2027, 2, 12)),
    ):
        school = world.school(urn, f"School {urn}", calendar=False)
        world.add(Calendar(id=new_id(), school=school, kind="term", start=start, end=end))
        world.child(school)
    for day, awaited in ((FRIDAY, "999003"), (FRIDAY + timedelta(days=2), "999003")):
        found = read_round(world.store, day=day)
        assert found.day == FRIDAY
        assert [(one.urn, one.ended) for one in found.awaiting if one.urn > "999002"] == [(awaited, None)]


def test_with_every_calendar_over_the_round_is_of_the_day_and_says_so(world: World) -> None:
    world.child(world.oak, IN)
    world.child(world.bay)
    found = read_round(world.store, day=date(2027, 1, 9))
    assert found.day == date(2027, 1, 8)
    assert [(one.name, one.ended) for one in found.awaiting] == [
        ("Bay View", date(2026, 12, 18)),
        ("Oakhanger Primary", date(2026, 12, 18)),
    ]


def test_a_round_of_an_older_day_still_names_the_school_whose_calendar_is_over(world: World) -> None:
    world.child(world.oak, "", w5=IN)
    short = world.school("999003", "Short Year", calendar=False)
    world.add(Calendar(id=new_id(), school=short, kind="term", start=TERMS[0][0], end=TERMS[0][1]))
    world.marks(world.child(short), short, IN, 5)
    found = read_round(world.store, day=date(2026, 10, 28))  # the others' half-term
    assert found.day == date(2026, 10, 16)
    assert [(one.name, one.ended) for one in found.awaiting][-1] == ("Short Year", date(2026, 10, 16))
    assert found.counts["no-register"] == 0


def test_one_session_at_two_schools_counts_once_and_the_present_school_holds(world: World) -> None:
    child = world.child(world.oak, "/ \\ / \\ I I D D N -")
    world.marks(child, world.bay, "N N O O - - / \\ / \\")
    world.child(world.bay, IN)
    found = read_round(world.store)
    assert [row.sessions for row in found.rows] == [{"AM": "N", "PM": "\\"}]
    assert found.counts == {
        "not-in": 1, "explained": 0, "unexplained": 1, "no-register": 0, "open": 1, "acted-on": 0,
    }  # fmt: skip
    page = read_child(world.store, child)
    assert [mark.code for mark in page.marks] == ["/", "\\", "/", "\\", "I", "I", "/", "\\", "N", "\\"]
    assert [mark.school for mark in page.marks][5:8] == [world.oak, world.bay, world.bay]
    assert (page.tally.possible, page.tally.absent, page.tally.attended) == (10, 3, 7)
    assert page.weeks == [(MONDAY, "/ \\ / \\ I I / \\ N \\")]
    assert page.legal.unauthorised_in_window == 1
    (row,) = [row for row in read_caseload(world.store) if row.child.id == child.id]
    assert (row.year.possible, row.year.attended, row.year.authorised, row.year.unauthorised) == (10, 7, 2, 1)
    assert set(read_origins(world.store, child)) == {(mark.date, mark.session) for mark in page.marks}


def test_of_two_schools_the_present_one_holds_whichever_came_first(world: World) -> None:
    for home, other in ((world.oak, world.bay), (world.bay, world.oak)):
        child = world.child(home, "/ \\ / \\ / \\ / \\ N N")
        world.marks(child, other, "/ \\ / \\ / \\ / \\ I I")
        assert read_child(world.store, child).weeks == [(MONDAY, "/ \\ / \\ / \\ / \\ N N")]
        assert child.id in [row.child.id for row in read_round(world.store).rows]


def test_a_try_is_no_contact(world: World) -> None:
    child = world.child(world.oak, "/ \\ / \\ / \\ / \\ N N")
    by, at = world.store.actor.worker, NOW - timedelta(days=1)
    tries: tuple[FollowUpOutcome, ...] = ("no-answer", "left-message", "wrong-number", "not-seen", "closed")
    for outcome in (*tries, "visit-planned"):
        edit = follow_up(child.id, by=by, at=NOW, session_date=FRIDAY, outcome=outcome)
        world.store.journal.commit(edit)
    for outcome in ("message", "no-reply", "wrong-number"):
        world.store.journal.commit(contact(child.id, by=by, at=NOW, kind="call", outcome=outcome))
    assert [row.last_contact for row in read_caseload(world.store)] == [None]
    world.store.journal.commit(contact(child.id, by=by, at=at, kind="call", outcome="parent"))
    assert [row.last_contact for row in read_caseload(world.store)] == [at.date()]
    world.store.journal.commit(
        follow_up(child.id, by=by, at=NOW, session_date=FRIDAY, outcome="spoke", note="")
    )
    assert [row.last_contact for row in read_caseload(world.store)] == [FRIDAY]


def test_a_sunday_works_on_the_registers_of_friday(world: World) -> None:
    child = world.child(world.oak, "/ \\ / \\ / \\ / \\ N N")
    world.store.today = date(2026, 11, 22)
    found = read_round(world.store)
    assert (found.day, [row.child.id for row in found.rows]) == (FRIDAY, [child.id])


def test_an_n_of_a_former_school_is_not_on_the_round(world: World) -> None:
    child = world.child(world.oak, IN)
    world.marks(child, world.bay, "N N N N N N N N N N")
    world.child(world.bay, IN)
    for school in (None, world.oak, world.bay):
        found = read_round(world.store, school=school)
        assert found.rows == []
        assert found.counts["not-in"] == 0


def test_a_child_due_elsewhere_is_listed_under_both_schools(world: World) -> None:
    child = world.child(world.oak, "/ \\ / \\ / \\ / \\ D D")
    world.marks(child, world.bay, "D D D D D D D D N N")
    world.child(world.oak, IN)
    for school in (None, world.oak, world.bay):
        found = read_round(world.store, school=school)
        assert [row.child.id for row in found.rows] == [child.id]
        assert (found.counts["not-in"], found.counts["unexplained"]) == (1, 1)


@pytest.mark.parametrize(
    ("this_week", "before", "listed"),
    [
        ("O O O O O O O O O O", "", True),
        ("G G G G N N O O O -", "", True),
        ("/ \\ O O O O O O O O", "", False),
        ("/ \\ / \\ / \\ / \\ O O", "O O O O O O O O O O", False),
        ("G G G G G G G G G G", "", False),
    ],
)
def test_an_alert_that_runs_on_o_is_on_the_round(
    world: World, this_week: str, before: str, listed: bool
) -> None:
    world.child(world.bay, IN)
    child = world.child(world.oak, this_week, w1=before)
    found = read_round(world.store)
    assert [row.child.id for row in found.rows] == ([child.id] if listed else [])
    assert (found.counts["explained"], found.counts["unexplained"]) == ((0, 1) if listed else (1, 0))
    if listed:
        assert "missing-education" in [why.rule for why in found.rows[0].why]
        assert found.rows[0].status == "open"


def test_a_run_of_o_over_the_weekend_is_on_the_round_of_monday(world: World) -> None:
    world.store.today = date(2026, 11, 23)
    world.child(world.bay, IN)
    child = world.child(world.oak, "/ \\ O O O O O O O O")
    world.marks(child, world.oak, "O - - - - - - - - -", back=-1)
    found = read_round(world.store)
    assert [row.child.id for row in found.rows] == [child.id]
    assert [one.name for one in found.awaiting] == ["Bay View"]


def test_who_was_acted_on_is_left_out_until_the_step_is_taken_back(world: World) -> None:
    tried, spoken = (world.child(world.oak, "/ \\ / \\ / \\ / \\ N N") for _ in range(2))
    journal, by = world.store.journal, world.store.actor.worker

    def step(child: Child, outcome: FollowUpOutcome) -> None:
        journal.commit(follow_up(child.id, by=by, at=NOW, session_date=FRIDAY, outcome=outcome))

    step(tried, "no-answer")
    step(spoken, "spoke")
    found = read_round(world.store, school=world.oak)
    assert [(row.child.id, row.attempts, row.status) for row in found.rows] == [
        (tried.id, 1, "called, no answer")
    ]
    assert [(row.child.id, row.status) for row in found.settled] == [(spoken.id, "spoken to")]
    assert (found.counts["open"], found.counts["acted-on"], found.counts["not-in"]) == (1, 1, 2)
    journal.undo()
    again = read_round(world.store, school=world.oak)
    assert [(row.child.id, row.attempts) for row in again.rows] == [(spoken.id, 0), (tried.id, 1)]
    assert (again.settled, again.counts["acted-on"]) == ([], 0)


@pytest.mark.parametrize("day", [date(2026, 11, 21), date(2026, 11, 22)])
def test_a_weekend_without_any_calendar_works_on_friday(tmp_path: Path, day: date) -> None:
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    store = set_up(
        tmp_path / "caseload.db", bytearray(32), worker=worker, team=team, now=lambda: NOW, today=day
    )
    school = School(id=new_id(), urn="999003", name="No Calendar")
    child = Child(id=new_id(), surname="Marsh", forename="Tilly", school=school.id)
    week = AttendanceWeek(
        id=new_id(), child=child.id, school=school.id, week=MONDAY, marks="/ \\ / \\ / \\ / \\ N O"
    )
    store.journal.commit(Edit("Add", (create(school), create(child), create(week))))
    found = read_round(store)
    assert (found.day, [row.sessions for row in found.rows]) == (FRIDAY, [{"AM": "N", "PM": "O"}])
    assert [row.child.id for row in read_caseload(store)] == [child.id]
    assert read_child(store, child).child == child
    store.close()


def test_custody_in_the_other_half_of_the_day_is_not_told(world: World) -> None:
    world.child(world.oak, "/ \\ / \\ / \\ / \\ Y5 N")
    (row,) = read_round(world.store, school=world.oak).rows
    assert row.sessions == {"AM": "Y", "PM": "N"}
    assert "Y5" not in str(row.facts["code"])


def test_siblings_stand_together_at_the_place_of_the_first(world: World) -> None:
    home = Household(id=new_id(), name="Marsh")
    world.add(home)
    children = [world.child(world.oak, "/ \\ / \\ / \\ / \\ N N") for _ in range(5)]
    ordered = [row.child for row in read_round(world.store, school=world.oak).rows]
    assert len(ordered) == len(children)
    changes = [c for child in (ordered[1], ordered[4]) for c in update(child, household=home.id)]
    world.store.journal.commit(Edit("Home", tuple(changes)))
    found = read_round(world.store, school=world.oak).rows
    assert [row.child.id for row in found] == [ordered[at].id for at in (0, 1, 4, 2, 3)]
    assert [row.rank for row in found] == [1, 2, 3, 4, 5]


def test_marks_on_closed_days_stay_in_the_tally_and_are_told(world: World) -> None:
    child = world.child(world.oak, IN)
    world.marks(child, world.oak, "N N N N N N N N # #", back=3)
    page = read_child(world.store, child)
    assert page.closed_day_marks == 8
    assert page.tally.unauthorised_absence == 8
    assert page.n_codes == []


def test_a_comment_beside_a_hidden_code_is_hidden_too(world: World) -> None:
    child = world.child(world.oak)
    week = AttendanceWeek(
        id=new_id(), child=child.id, school=world.oak, week=MONDAY, marks="Y5 Y1 / \\ / \\ / \\ / \\",
        comments={"0": "told by the court", "1": "bus"},
    )  # fmt: skip
    world.add(week)
    page = read_child(world.store, child)
    assert [(mark.code, mark.comment) for mark in page.marks[:2]] == [("Y", ""), ("Y", "")]


UNABLE = ("Y1", "Y2", "Y3", "Y4", "Y5", "Y6", "Y7")


def _seen(world: World, code: str) -> tuple[object, ...]:
    """All that pages, lists, filters, histories and totals tell of a child whose mark became `code`."""
    child = world.child(world.oak)
    week = AttendanceWeek(
        id=new_id(), child=child.id, school=world.oak, week=MONDAY, marks="Y7 N I Y7 / \\ / \\ N -"
    )
    world.add(week)
    later = f"{code} {code} {code} I / \\ / \\ N {code}"
    world.store.journal.commit(
        Edit("Corrected", update(week, marks=later, comments={"1": f"about {code}", "4": "on foot"}))
    )
    reason = FollowUp(
        id=new_id(), child=child.id, session_date=FRIDAY, at=NOW, by=world.store.worker.id,
        outcome="reason", reason_code=code,
    )  # fmt: skip
    world.add(reason)
    page = read_child(world.store, child)
    changes = [
        (change.field, change.old, change.new) if change.field else (change.new["marks"],)
        for change in read_history(world.store, "attendance_week", week.id)
    ]
    (row,) = [row for row in read_round(world.store).settled if row.child.id == child.id]
    (listed,) = [row for row in read_caseload(world.store) if row.child.id == child.id]
    filters = ("code:Y5", "code:Y", "code:Y1", "code:N")
    return (
        [(mark.session, mark.code, list(mark.was), mark.comment) for mark in page.marks],
        [marks for _, marks in page.weeks],
        page.tally,
        [entry.title for entry in page.story],
        [(fix.old, fix.new) for fix in read_corrections(world.store, child)],
        changes,
        read_history(world.store, "follow_up", reason.id)[0].new["reason_code"],
        row.sessions,
        [marks for _, marks in listed.weeks],
        [parse(text).matches(row.facts) for text in filters],
    )


def test_no_code_of_being_unable_to_attend_can_be_told_from_another(world: World) -> None:
    seen = {code: _seen(world, code) for code in UNABLE}
    assert all(told == seen["Y5"] for told in seen.values())
    marks, weeks, tally, story, fixes, changes, reason, *_ = seen["Y5"]
    assert weeks == ["Y Y Y I / \\ / \\ N Y"]
    assert marks[:4] == [  # type: ignore[index]
        ("AM", "Y", [], ""), ("PM", "Y", ["N"], ""), ("AM", "Y", ["I"], ""), ("PM", "I", ["Y"], ""),
    ]  # fmt: skip
    assert tally.not_possible == 4  # type: ignore[attr-defined]
    assert story == ["Absence 20/11: reason given (Y)"]
    assert (reason, sorted(fixes)) == ("Y", [("I", "Y"), ("N", "Y"), ("Y", "I")])  # type: ignore[call-overload]
    assert ("marks", "Y N I Y / \\ / \\ N -", "Y Y Y I / \\ / \\ N Y") in changes  # type: ignore[operator]
    assert ("comments", {}, {"4": "on foot"}) in changes  # type: ignore[operator]
    assert seen["Y5"][-1] == [True, True, True, True]


def test_the_record_itself_tells_no_more_than_the_page(world: World) -> None:
    from outreach_tui.commands.people import Eyes
    from outreach_tui.commands.records import split_fields

    child = world.child(world.oak)
    week = AttendanceWeek(
        id=new_id(), child=child.id, school=world.oak, week=MONDAY, marks="Y5 / - - - - - - - -",
        comments={"0": "told by the court", "1": "on foot"},
    )  # fmt: skip
    world.add(week)
    later = week.model_copy(update={"marks": "I / - - - - - - - -"})
    world.store.journal.commit(Edit("Corrected", update(week, marks=later.marks)))
    for record, shown in ((week, "Y / - - - - - - - -"), (later, later.marks)):
        fields, _ = split_fields(Eyes(world.store), record, child)
        assert (fields["marks"], fields["comments"]) == (shown, {"1": "on foot"})


def test_who_may_see_youth_justice_sees_every_code(tmp_path: Path) -> None:
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Lee Invented", agency="youth-justice", team=team.id)
    store = set_up(
        tmp_path / "caseload.db", bytearray(range(32)), worker=worker, team=team,
        now=lambda: NOW, today=FRIDAY,
    )  # fmt: skip
    world = World(store)
    told = {code: _seen(world, code)[1] for code in UNABLE}
    assert told == {code: [f"{code} {code} {code} I / \\ / \\ N {code}"] for code in UNABLE}
    store.close()


def test_a_correction_at_the_other_school_is_none_of_the_mark_that_counts(world: World) -> None:
    child = world.child(world.oak)
    here, there = (
        AttendanceWeek(id=new_id(), child=child.id, school=school, week=MONDAY, marks=marks)
        for school, marks in ((world.oak, "N D / \\ / \\ / \\ / \\"), (world.bay, "O N - - - - - - - -"))
    )
    world.add(here, there)
    world.store.journal.commit(Edit("Here", update(here, marks="I D / \\ / \\ / \\ / \\")))
    world.store.journal.commit(Edit("There", update(there, marks="G M - - - - - - - -")))
    found = read_corrections(world.store, child)
    assert [(fix.session, fix.old, fix.new) for fix in found] == [("PM", "N", "M"), ("AM", "N", "I")]
    page = read_child(world.store, child)
    assert [(mark.code, mark.was) for mark in page.marks[:2]] == [("I", ["N"]), ("M", ["N"])]


def test_a_school_without_children_holds_no_round_up(world: World) -> None:
    world.child(world.oak, "/ \\ / \\ / \\ / \\ N N")
    assert read_round(world.store).awaiting == []
    world.child(world.bay)
    (awaited,) = read_round(world.store).awaiting
    assert (awaited.name, awaited.children) == ("Bay View", 1)


def test_a_contact_of_the_day_that_spoke_to_somebody_is_told(world: World) -> None:
    child = world.child(world.oak, "/ \\ / \\ / \\ / \\ N N")
    by = world.store.actor.worker

    def log(outcome: str, at: datetime) -> None:
        world.store.journal.commit(contact(child.id, by=by, at=at, kind="call", outcome=outcome))

    log("parent", NOW - timedelta(days=1))
    log("message", NOW)
    assert [row.spoken for row in read_round(world.store).rows] == [None]
    log("parent", NOW)
    log("no-reply", NOW + timedelta(minutes=1))
    assert [row.spoken for row in read_round(world.store).rows] == [("parent", NOW)]


def test_the_day_of_the_round_begins_at_midnight_on_the_wall(world: World) -> None:
    child = world.child(world.oak, "/ \\ / \\ / \\ / \\ N N")
    late, early = (datetime(2026, 7, 14, hour, 30, tzinfo=UTC) for hour in (22, 23))
    for at in (late, early):
        made = contact(child.id, by=world.store.actor.worker, at=at, kind="call", outcome="parent")
        world.store.journal.commit(made)
    told = [_spoken(world.store, [child], date(2026, 7, day)) for day in (14, 15)]
    assert told == [{child.id: ("parent", late)}, {child.id: ("parent", early)}]
