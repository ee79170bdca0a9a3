"""The worker's own clocks out of a real caseload: whose they are, who may see them, and how they group."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.pauses import sleep_edit
from casework.policies import Category
from casework.records import Calendar, Child, Contact, Flag, Household, Record, School, Team, Worker
from casework.records_attendance import AttendanceWeek, FollowUp
from casework.records_case import Action, Disagreement, Episode, Notification, Outcome, Plan
from casework.records_sharing import Agreement
from storage.queries.caseload import read_caseload
from storage.queries.child import read_child
from storage.queries.tasks import ClockList, grouped, read_clocks
from tests.tools.caseloads import set_up

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
N_WEEK = r"/ \ N N - - - - - -"


class World:
    """Two families at two schools; Ann leads the Marshes, Bob has the Orrs."""

    def __init__(self, folder: Path, agency: str = "early-help", schools: bool = False) -> None:
        team = Team(id=new_id(), name="Swale")
        self.oak = School(id=new_id(), urn="999001", name="Oakhanger Primary")
        self.harbour = School(id=new_id(), urn="999002", name="Harbour View")
        values = {"id": new_id(), "name": "Ann Bell", "agency": agency, "team": team.id}
        self.ann = Worker.model_validate(values | ({"schools": (self.oak.id,)} if schools else {}))
        self.bob = Worker(id=new_id(), name="Bob Cole", agency="early-help", team=team.id)
        self.store = set_up(
            folder / "caseload.db", bytearray(32), worker=self.ann, team=team, now=lambda: NOW, today=TODAY
        )
        home = Household(id=new_id(), name="Marsh")
        self.tilly, self.ben, self.sam = (
            Child(id=new_id(), surname=surname, forename=forename, school=school.id, household=house)
            for surname, forename, school, house in (
                ("Marsh", "Tilly", self.oak, home.id),
                ("Marsh", "Ben", self.harbour, home.id),
                ("Orr", "Sam", self.harbour, None),
            )
        )
        terms = [
            Calendar(id=new_id(), school=one.id, kind="term", start=date(2026, 11, 2), end=date(2026, 12, 18))
            for one in (self.oak, self.harbour)
        ]
        self.add(self.bob, self.oak, self.harbour, *terms, home, self.tilly, self.ben, self.sam)

    def add(self, *records: Record) -> None:
        self.store.journal.commit(Edit("Bring in", tuple(create(record) for record in records)))

    def case(self, child: Child, worker: Worker, **more: Any) -> Episode:
        values = {"id": new_id(), "child": child.id, "opened": date(2026, 11, 12), "worker": worker.id}
        return Episode.model_validate(values | more)

    def plan(self, child: Child, due: date = date(2026, 11, 24)) -> Plan:
        return Plan(id=new_id(), child=child.id, started=date(2026, 10, 12), next_review=due, by=self.ann.id)

    def week(self, child: Child, marks: str = N_WEEK) -> AttendanceWeek:
        values = {"id": new_id(), "child": child.id, "school": child.school, "week": date(2026, 11, 9)}
        return AttendanceWeek.model_validate(values | {"marks": marks})

    def waiting(self, child: Child) -> Notification:
        values = {
            "id": new_id(),
            "child": child.id,
            "received": TODAY,
            "notifier": "Mr Orr",
            "by": self.ann.id,
        }
        parts = {
            "concern": "a",
            "offered": "b",
            "outcome": "c",
            "voice": "d",
            "heard_by": "e",
            "heard_on": TODAY,
        }
        return Notification.model_validate(values | parts | {"sufficient_on": TODAY})

    def contact(self, child: Child, kind: str, outcome: str = "no-reply", **more: Any) -> Contact:
        values = {"id": new_id(), "child": child.id, "at": NOW, "by": self.ann.id, "kind": kind}
        return Contact.model_validate(values | {"outcome": outcome} | more)

    def read(self) -> ClockList:
        return read_clocks(self.store)

    def rules(self) -> list[tuple[str, str]]:
        return [(row.name, row.task.rule) for row in self.read().rows]


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.store.close()


def test_only_own_cases_and_what_nobody_has_are_listed(world: World) -> None:
    world.add(world.case(world.tilly, world.ann), world.case(world.sam, world.bob), world.waiting(world.ben))
    assert world.rules() == [
        ("Tilly Marsh", "first-visit"),
        ("Ben Marsh", "allocation"),
        ("Tilly Marsh", "assessment"),
    ]


def test_a_lead_worker_has_the_childs_clocks_without_an_episode(world: World) -> None:
    world.add(world.plan(world.tilly))
    assert world.rules() == []
    world.store.journal.commit(Edit("Lead", update(world.tilly, lead_worker=world.ann.id)))
    assert world.rules() == [("Tilly Marsh", "plan-review")]


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        ("call", ["first-visit", "assessment"]),
        ("letter", ["contact", "first-visit", "assessment"]),
        ("home-visit", ["assessment"]),
        ("taf", ["assessment"]),
    ],
)
def test_any_honest_contact_clears_the_reminder_and_a_visit_the_visit(
    world: World, kind: str, left: list[str]
) -> None:
    world.add(world.case(world.tilly, world.ann, opened=date(2026, 11, 5)))
    assert {rule for _, rule in world.rules()} == {"contact", "first-visit", "assessment"}
    world.add(world.contact(world.tilly, kind))
    assert sorted(rule for _, rule in world.rules()) == sorted(left)


def test_a_call_about_an_absence_is_a_contact_and_a_plan_to_visit_none(world: World) -> None:
    world.add(world.case(world.tilly, world.ann, opened=date(2026, 11, 5)))

    def step(outcome: str) -> FollowUp:
        values = {
            "id": new_id(),
            "child": world.tilly.id,
            "session_date": TODAY,
            "at": NOW,
            "by": world.ann.id,
        }
        return FollowUp.model_validate(values | {"outcome": outcome})

    world.add(step("visit-planned"))
    assert ("Tilly Marsh", "contact") in world.rules()
    world.add(step("no-answer"))
    assert ("Tilly Marsh", "contact") not in world.rules()


def test_a_closed_case_and_an_ended_plan_ask_for_nothing(world: World) -> None:
    case, plan = world.case(world.tilly, world.ann, closed=TODAY), world.plan(world.tilly)
    outcome = Outcome(id=new_id(), plan=plan.id, child=world.tilly.id, text="Sleep well")
    action = Action(
        id=new_id(), outcome=outcome.id, child=world.tilly.id, text="Lamp", owner="Mum", due=TODAY
    )
    world.add(case, plan, outcome, action, world.case(world.tilly, world.ann, number=2, opened=TODAY))
    assert ("Tilly Marsh", "action") in world.rules()
    world.store.journal.commit(Edit("End", update(plan, ended=TODAY)))
    assert {rule for _, rule in world.rules()} == {"first-visit", "assessment"}


def test_a_school_day_worker_has_the_n_codes_of_the_roll(tmp_path: Path) -> None:
    for agency, schools, names in (
        ("inclusion-attendance", False, ["Ben Marsh", "Sam Orr", "Tilly Marsh"]),
        ("school", True, ["Tilly Marsh"]),
        ("early-help", False, []),
    ):
        folder = tmp_path / f"{agency}-{schools}"
        folder.mkdir()
        world = World(folder, agency, schools)
        world.add(*(world.week(child) for child in (world.tilly, world.ben, world.sam)))
        world.add(world.case(world.sam, world.bob))
        rows = world.read().rows
        assert sorted(row.name for row in rows) == names
        assert {row.task.rule for row in rows} <= {"n-code"}
        world.store.close()


def test_an_n_that_another_school_has_explained_is_none(world: World) -> None:
    world.add(world.case(world.tilly, world.ann), world.week(world.tilly))
    assert ("Tilly Marsh", "n-code") in world.rules()
    moved = world.week(world.tilly, r"/ \ I I - - - - - -").model_copy(update={"school": world.harbour.id})
    world.add(moved)
    world.store.journal.commit(Edit("Move", update(world.tilly, school=world.harbour.id)))
    assert ("Tilly Marsh", "n-code") not in world.rules()


def test_rows_go_by_may_see_and_what_is_withheld_is_told_alike_for_every_case(world: World) -> None:
    world.add(world.case(world.tilly, world.ann), world.case(world.ben, world.ann))
    before = world.read()
    world.add(
        *(
            Flag.model_validate(
                {"id": new_id(), "child": world.tilly.id, "kind": kind, "review": date(2026, 11, 2)}
            )
            for kind in ("child-in-need", "youth-justice", "young-carer")
        )
    )
    after = world.read()
    flags = [row.task.text for row in after.rows if row.task.rule == "flag-review"]
    assert len(flags) == 1
    assert flags[0].startswith("Flag review, young carer")
    assert list(after.withheld) == list(before.withheld)
    assert {one.category: one.children for one in after.withheld} == {Category.SOCIAL_CARE: 2}


def test_an_agreement_about_youth_justice_alone_is_not_told(world: World) -> None:
    def agreement(*agencies: str) -> Agreement:
        return Agreement.model_validate(
            {"id": new_id(), "child": world.tilly.id, "given_by": "Jo Marsh", "status": "given"}
            | {"agencies": agencies, "categories": ("family",), "purposes": ("support",)}
            | {"given_on": date(2026, 1, 5), "expires": date(2026, 11, 2), "by": world.ann.id}
        )

    world.add(world.case(world.tilly, world.ann), agreement("youth-justice"))
    assert ("Tilly Marsh", "agreement-expiry") not in world.rules()
    world.add(agreement("school"))
    assert ("Tilly Marsh", "agreement-expiry") in world.rules()


def test_a_worker_who_may_not_see_plans_has_no_row_of_one(tmp_path: Path) -> None:
    world = World(tmp_path, "school-nursing")
    world.add(world.case(world.tilly, world.ann), world.plan(world.tilly))
    assert world.rules() == []
    held = {one.category for one in world.read().withheld}
    assert {Category.FAMILY, Category.ATTENDANCE} <= held
    world.store.close()


def test_pausing_hides_counts_and_undo_brings_it_back(world: World) -> None:
    world.add(world.case(world.tilly, world.ann), world.plan(world.tilly))
    row = next(row for row in world.read().rows if row.task.rule == "plan-review")
    until = TODAY + timedelta(days=7)
    step = sleep_edit([row.task], "snooze", "Mum is away", until, world.ann.id, TODAY)
    world.store.journal.commit(step)
    found = world.read()
    assert (found.counts["snoozed"], found.counts["paused"]) == (1, 0)
    assert [one.task.about for one in found.asleep] == [row.task.about]
    assert row.task.key not in {one.task.key for one in found.rows}
    world.store.journal.undo()
    assert row.task.key in {one.task.key for one in world.read().rows}


def test_an_n_code_that_sleeps_is_listed_and_counted_once_it_is_overdue(world: World) -> None:
    world.add(world.case(world.tilly, world.ann), world.week(world.tilly))
    world.store.today = date(2026, 11, 12)
    (row,) = [row for row in world.read().rows if row.task.rule == "n-code"]
    step = sleep_edit([row.task], "pause", "Mum is away", date(2027, 2, 1), world.ann.id, world.store.today)
    world.store.journal.commit(step)
    assert [one.task.rule for one in world.read().asleep] == ["n-code"]
    world.store.today = TODAY
    found = world.read()
    (again,) = [row.task for row in found.rows if row.task.rule == "n-code"]
    assert again.sleep is not None
    assert (again.overdue, again.sleep.reason, again.sleep.until) == (True, "Mum is away", date(2027, 2, 1))
    assert (found.asleep, found.counts["paused"]) == ([], 0)
    assert again in [row.task for row in found.everything]
    assert len(found.everything) == len(found.rows)


def test_rows_group_by_family_school_visit_and_due_day(world: World) -> None:
    world.add(*(world.case(child, world.ann) for child in (world.tilly, world.ben, world.sam)))
    world.add(world.plan(world.sam, date(2026, 11, 10)))
    rows = world.read().rows

    def headings(by: Any) -> list[str]:
        groups = grouped(rows, by, TODAY)
        assert sorted(row.task.key for group in groups for row in group.rows) == sorted(
            row.task.key for row in rows
        )
        return [group.heading for group in groups]

    assert headings("family") == ["Sam Orr", "Marsh"]
    assert headings("school") == ["While you are at Harbour View", "While you are at Oakhanger Primary"]
    assert headings("due") == ["Overdue", "Later"]


def test_a_school_visit_names_whom_to_see_there(world: World) -> None:
    world.add(world.case(world.sam, world.ann))
    school = world.store.get(School, world.sam.school or "")
    (group,) = grouped(world.read().rows, "school", TODAY)
    assert group.title == "While you are at Harbour View"
    named = update(school, spoc="Ms Webb, SENCO", spoc_reach="01632 960401")
    world.store.journal.commit(Edit("Contacts", named))
    (group,) = grouped(world.read().rows, "school", TODAY)
    assert group.title == "While you are at Harbour View: Ms Webb, SENCO · 01632 960401"
    due = grouped(world.read().rows, "due", TODAY)
    assert [one.title for one in due] == [one.heading for one in due]


def test_a_childs_page_and_the_caseload_say_what_the_clocks_list(world: World) -> None:
    plan = world.plan(world.tilly, date(2026, 11, 13))
    outcome = Outcome(id=new_id(), plan=plan.id, child=world.tilly.id, text="Sleep well")
    action = Action(
        id=new_id(), outcome=outcome.id, child=world.tilly.id, text="Lamp", owner="Mum", due=TODAY
    )
    world.add(world.case(world.tilly, world.ann), world.week(world.tilly), plan, outcome, action)
    world.add(world.case(world.ben, world.ann), world.waiting(world.sam))
    world.store.journal.commit(
        sleep_edit(
            [row.task for row in world.read().rows if row.task.rule == "first-visit"],
            *("snooze", "Away", TODAY + timedelta(days=7), world.ann.id, TODAY),
        )
    )
    caseload = {row.child.id: row for row in read_caseload(world.store)}
    for child in (world.tilly, world.ben, world.sam):
        listed = [row.task for row in world.read().rows if row.child.id == child.id]
        page, row = read_child(world.store, child), caseload[child.id]
        assert listed == list(page.clocks)
        pressing = {task.rule for task in listed if task.overdue or task.left == 0}
        assert pressing <= {why.rule for why in page.why}
        assert [why.text for why in page.why] == [why.text for why in row.why]
        assert bool(row.why) or row.ahead in {task.text for task in listed}
        assert len({why.rule for why in page.why}) == len(page.why)
    assert {"plan-review", "action", "n-code"} <= {why.rule for why in caseload[world.tilly.id].why}


def test_an_n_code_stands_on_a_weekend_as_on_the_register_day(world: World) -> None:
    """Today works on Friday's registers then; Clocks must not call overdue what Today calls due."""
    world.add(world.case(world.tilly, world.ann), world.week(world.tilly, r"/ \ / \ / \ / \ N N"))
    world.store.today = date(2026, 11, 21)
    (task,) = [row.task for row in world.read().rows if row.task.rule == "n-code"]
    (mark, *_) = read_child(world.store, world.tilly).n_codes
    assert (task.due, task.overdue, task.left) == (date(2026, 11, 20), False, 0)
    assert (task.due, task.overdue) == (mark.clock.due, mark.clock.overdue)


def test_a_disagreement_is_listed_for_its_case_and_for_whoever_raised_it(world: World) -> None:
    def raised(child: Child, by: Worker, **more: Any) -> Disagreement:
        values = {"id": new_id(), "child": child.id, "raised": TODAY, "about": "a", "with_whom": "b"}
        return Disagreement.model_validate(values | {"by": by.id} | more)

    first = raised(world.tilly, world.bob)
    world.add(world.case(world.tilly, world.ann), world.case(world.sam, world.bob), first)
    world.add(raised(world.ben, world.ann), raised(world.sam, world.bob))
    rule = "disagreement"
    assert sorted(name for name, held in world.rules() if held == rule) == ["Ben Marsh", "Tilly Marsh"]
    assert all(row.task.kind == "working days" for row in world.read().rows if row.task.rule == rule)
    world.add(raised(world.tilly, world.ann, follows=first.id, level="team-manager"))
    (up,) = [r.task for r in world.read().rows if (r.name, r.task.rule) == ("Tilly Marsh", rule)]
    assert up.what == "Disagreement, answer of the team manager"
    world.store.journal.commit(Edit("Answer", update(world.store.get(Disagreement, up.about), outcome="x")))
    assert ("Tilly Marsh", rule) not in world.rules()


def test_a_notification_from_before_the_standards_is_listed_and_says_why_no_clock_runs(world: World) -> None:
    old = world.waiting(world.sam).model_copy(
        update={"received": date(2018, 5, 1), "sufficient_on": date(2018, 5, 1), "heard_on": date(2018, 5, 1)}
    )
    world.add(old)
    (task,) = [row.task for row in world.read().rows if row.task.rule == "allocation"]
    assert task.due is None
    assert task.text == (
        "Allocation: No day for allocation is known before Sat 1 Sep 2018: it was complete before then"
    )
