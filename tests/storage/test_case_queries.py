"""Reading a case back: the newest plan, what is withheld and why, scores and attendance around the start."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.records import Calendar, Child, Contact, Record, School, Team, Worker
from casework.records_attendance import AttendanceWeek
from casework.records_case import Action, Assessment, Episode, Notification, Outcome, Plan, Review, Score
from casework.records_sharing import Agreement
from casework.triage import Facts
from casework.vocabulary import Agency
from storage.home import Home
from storage.queries.child import read_child
from storage.queries.clock_records import Reading
from storage.queries.facts import read_facts
from storage.queries.history import read_history
from storage.queries.notifications import read_notifications
from storage.queries.plans import read_assessments, read_episodes, read_plan, read_plans, read_scores
from storage.queries.supervision import read_supervision
from storage.store import Store
from storage.vault import Vault
from tests.tools.vaults import FAST, PASSPHRASE

TODAY = date(2026, 11, 20)
START = date(2026, 11, 9)


class Case:
    """A child with a case of two plans, on the laptop of a worker of some agency."""

    def __init__(self, home: Home, agency: Agency, *, lead: bool) -> None:
        team = Team(id=new_id(), name="Swale")
        self.worker = Worker(id=new_id(), name="Ana Bell", agency=agency, team=team.id)
        _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
        self.store = Store.set_up(
            home.database,
            key,
            worker=self.worker,
            team=team,
            now=lambda: datetime(2026, 11, 20, 8, 41, tzinfo=UTC),
            today=TODAY,
        )
        school = School(id=new_id(), urn="999001", name="Oakhanger")
        term = Calendar(
            id=new_id(), school=school.id, kind="term", start=date(2026, 9, 1), end=date(2026, 12, 18)
        )
        self.child = Child(id=new_id(), surname="Marsh", forename="Tilly", school=school.id)
        self.episode = Episode(
            id=new_id(),
            child=self.child.id,
            opened=date(2026, 10, 1),
            worker=self.worker.id if lead else None,
        )
        self.old = self.plan(date(2026, 10, 5), ended=date(2026, 11, 6))
        self.new = self.plan(START, next_review=date(2026, 12, 21))
        self.outcome = Outcome(id=new_id(), plan=self.new.id, child=self.child.id, text="On time")
        actions = [self.action(date(2026, 11, day)) for day in (27, 13)]
        marks = "/ \\ / \\ / \\ / \\ / O"
        weeks = [
            AttendanceWeek(id=new_id(), child=self.child.id, school=school.id, week=week, marks=marks)
            for week in (date(2026, 11, 2), date(2026, 11, 9), date(2026, 11, 16))
        ]
        self.review = Review(
            id=new_id(),
            plan=self.new.id,
            child=self.child.id,
            held_on=date(2026, 11, 18),
            progress="Better",
            by=self.worker.id,
        )
        self.keep(school, term, self.child, self.episode, self.old, self.new, self.outcome, *actions)
        self.keep(*weeks, self.review)

    def plan(self, started: date, **more: object) -> Plan:
        values = {"id": new_id(), "child": self.child.id, "episode": self.episode.id, "by": self.worker.id}
        return Plan.model_validate({**values, "started": started, **more})

    def action(self, due: date) -> Action:
        return Action(
            id=new_id(), outcome=self.outcome.id, child=self.child.id, text="Ring", owner="Jo", due=due
        )

    def keep(self, *records: Record) -> None:
        self.store.journal.commit(Edit("Keep", tuple(create(record) for record in records)))

    def agree(self, category: str, purpose: str, agency: str, **more: object) -> Agreement:
        made = Agreement.model_validate(
            {
                "id": new_id(),
                "child": self.child.id,
                "given_by": "Jo",
                "relationship": "mother",
                "responsibility": "yes",
                "status": "given",
                "agencies": (agency,),
                "categories": (category,),
                "purposes": (purpose,),
                "given_on": TODAY,
                "by": self.worker.id,
            }
        )
        self.keep(made)
        return made


@pytest.fixture
def case(home: Home) -> Iterator[Case]:
    made = Case(home, "early-help", lead=True)
    yield made
    made.store.close()


@pytest.fixture
def school(home: Home) -> Iterator[Case]:
    made = Case(home, "school", lead=True)
    yield made
    made.store.close()


def test_the_newest_open_plan_is_read_with_all_that_is_in_it(case: Case) -> None:
    shown = read_plan(case.store, case.child)
    assert shown.plan is not None
    assert shown.plan.id == case.new.id
    assert shown.episode == case.episode
    assert [a.due.day for a in shown.actions] == [13, 27]
    assert [r.id for r in shown.reviews] == [case.review.id]
    assert shown.standing is not None
    assert (shown.standing.state, [a.due.day for a in shown.standing.overdue]) == ("actions overdue", [13])
    assert [p.plan.id for p in read_plans(case.store, case.child) if p.plan] == [case.new.id, case.old.id]


def test_an_ended_plan_is_read_when_none_is_open(case: Case) -> None:
    case.store.journal.commit(Edit("End", update(case.new, ended=TODAY)))
    shown = read_plan(case.store, case.child)
    assert shown.plan is not None
    assert (shown.plan.id, shown.standing and shown.standing.state) == (case.new.id, "ended")


def test_attendance_before_and_since_is_of_the_same_length(case: Case) -> None:
    held = read_plan(case.store, case.child).before_after
    assert held is not None
    assert held.days == 5  # the register here begins a week before the plan
    assert (held.before.start, held.before.end) == (date(2026, 11, 2), date(2026, 11, 6))
    assert (held.since.start, held.since.end) == (date(2026, 11, 16), TODAY)
    assert (held.before.tally.possible, held.before.tally.absent) == (10, 1)
    assert (held.since.tally.possible, held.since.tally.absent) == (10, 1)


def test_an_ended_plan_counts_no_day_after_its_end(case: Case) -> None:
    case.store.journal.commit(Edit("End", update(case.new, ended=date(2026, 11, 13))))
    held = read_plan(case.store, case.child).before_after
    assert held is not None
    assert (held.since.start, held.since.end) == (START, date(2026, 11, 13))


def test_without_agreement_a_school_reads_nothing_and_learns_why(school: Case) -> None:
    shown = read_plan(school.store, school.child)
    assert (shown.plan, shown.outcomes, shown.reviews, shown.standing) == (None, (), (), None)
    assert shown.withheld.startswith("Family is not part of school's own work")
    assert read_plans(school.store, school.child) == []
    (episode,) = read_episodes(school.store, school.child)
    assert (episode.episode.opened, bool(episode.withheld)) == (date(2026, 10, 1), True)
    page = read_child(school.store, school.child)
    assert not [clock for clock in page.clocks if clock.rule == "plan-review"]
    assert [entry.kind for entry in page.story] == ["episode"]


def test_by_agreement_a_school_reads_the_plan_until_it_is_withdrawn(school: Case) -> None:
    made = school.agree("family", "planning", "school")
    assert read_plan(school.store, school.child).plan is not None
    school.store.journal.commit(Edit("Withdraw", update(made, status="withdrawn", withdrawn_on=TODAY)))
    assert read_plan(school.store, school.child).plan is None


def test_a_withdrawal_of_a_part_is_told_where_its_reviews_would_stand(school: Case) -> None:
    school.agree("family", "support", "school")
    made = school.agree("family", "planning", "school")
    page = read_child(school.store, school.child)
    assert "review" in [entry.kind for entry in page.story]
    assert [held.purposes for held in page.withheld if held.purposes] == [("assessment",)]
    school.store.journal.commit(Edit("Withdraw", update(made, status="withdrawn", withdrawn_on=TODAY)))
    page = read_child(school.store, school.child)
    assert "review" not in [entry.kind for entry in page.story]
    assert ["planning" in held.purposes for held in page.withheld if held.purposes].count(True) == 1


def test_supervision_asks_after_an_agreement_that_was_withdrawn(case: Case) -> None:
    made = case.agree("family", "planning", "school")
    assert not read_supervision(case.store).rows[0].facts.lapsed
    case.store.journal.commit(Edit("Withdraw", update(made, status="withdrawn", withdrawn_on=TODAY)))
    (row,) = read_supervision(case.store).rows
    assert "The agreement has ended and none holds now" in [point.text for point in row.points]


def test_closing_words_are_the_familys(school: Case) -> None:
    changes = update(school.episode, closed=TODAY, reason="disengaged", views="CANARY", told="Jo", note="x")
    school.store.journal.commit(Edit("Case closed", changes))
    (shown,) = read_episodes(school.store, school.child)
    assert shown.episode.closed == TODAY
    assert (shown.episode.reason, shown.episode.views, shown.episode.told, shown.episode.note) == ("",) * 4
    titles = [entry.title for entry in read_child(school.store, school.child).story]
    assert titles == ["Case closed", "Case opened"]


def test_the_history_of_a_case_tells_no_more_than_its_records(school: Case) -> None:
    changes = update(school.episode, closed=TODAY, reason="disengaged", views="CANARY")
    school.store.journal.commit(Edit("Case closed", changes))
    told = read_history(school.store, "episode", school.episode.id)
    assert [change.field for change in told] == ["closed", ""]
    assert not set(told[-1].new) & {"reason", "views", "told", "note"}
    told = read_history(school.store, "review", school.review.id)
    assert set(told[0].new) == {"by"}
    school.agree("family", "planning", "school")
    assert "CANARY" in [change.new for change in read_history(school.store, "episode", school.episode.id)]


def test_why_a_step_was_made_is_not_told_where_the_step_is_withheld(home: Home) -> None:
    """The reason is about all that a step changed, as that of a merge is about both families."""
    made = Case(home, "management", lead=False)
    store, child = made.store, made.child
    visit = Contact(id=new_id(), child=child.id, at=store.now(), by=made.worker.id, kind="home-visit")
    renamed = update(child, forename="Tess")
    store.journal.commit(Edit("Said at home", (create(visit), *renamed), subject=child.id, reason="CANARY"))
    told = read_history(store, "child", child.id, "forename")[0]
    assert (told.new, told.step, told.reason) == ("Tess", "A step that is withheld", "")
    store.journal.commit(
        Edit("Mended", update(store.get(Child, child.id), forename="Tilly"), child.id, "slip")
    )
    assert read_history(store, "child", child.id, "forename")[0].reason == "slip"
    store.close()


def test_a_notification_is_closed_when_the_last_of_its_joined_cases_is(case: Case) -> None:
    came = Notification(
        id=new_id(),
        child=case.child.id,
        received=START,
        notifier="Mr Orr",
        by=case.worker.id,
        allocated_to=case.worker.id,
        allocated_on=START,
    )
    twice = [
        Episode(id=new_id(), child=case.child.id, notification=came.id, opened=START, worker=case.worker.id)
        for _ in range(2)
    ]
    case.keep(came, *twice)
    for ended, status in zip(twice, ("allocated", "closed"), strict=True):
        case.store.journal.commit(Edit("End", update(ended, closed=TODAY, reason="opened-in-error")))
        (shown,) = read_notifications(case.store, case.child.id)
        assert shown.standing.status == status


def test_neither_supervision_nor_a_letter_is_contact_with_the_family(case: Case) -> None:
    def last() -> date | None:
        return read_facts(case.store, [case.child], TODAY, year=False)[case.child.id].last_contact

    for kind, reached in (("supervision", None), ("letter", None), ("call", TODAY)):
        values = {"id": new_id(), "child": case.child.id, "at": case.store.now(), "by": case.worker.id}
        case.keep(Contact.model_validate({**values, "kind": kind}))
        assert last() == reached


def test_a_contact_near_midnight_in_summer_is_of_the_day_on_the_wall(case: Case) -> None:
    at, day = datetime(2026, 7, 14, 23, 30, tzinfo=UTC), date(2026, 7, 15)
    values = {"id": new_id(), "child": case.child.id, "at": at, "by": case.worker.id}
    case.keep(Contact.model_validate({**values, "kind": "home-visit", "outcome": "parent", "seen": "alone"}))

    def facts(on: date) -> Facts:
        return read_facts(case.store, [case.child], on, year=False)[case.child.id]

    assert (facts(day).last_contact, facts(day).last_seen) == (day, day)
    assert facts(day - timedelta(days=1)).last_contact is None
    held = Reading(case.store, [case.child.id]).held()[case.child.id]
    assert (held.contacted, held.visited) == (day, day)


def test_health_stays_out_of_an_assessment_until_it_was_agreed_to(case: Case) -> None:
    made = Assessment(
        id=new_id(), child=case.child.id, started=START, health="Asthma", history="Moved", by=case.worker.id
    )
    case.keep(made)
    (shown,) = read_assessments(case.store, case.child)
    assert (shown.assessment.health, shown.assessment.history) == ("", "Moved")
    assert list(shown.withheld) == ["health"]
    case.agree("health", "assessment", "early-help")
    (shown,) = read_assessments(case.store, case.child)
    assert (shown.assessment.health, dict(shown.withheld)) == ("Asthma", {})


def test_who_does_not_work_the_case_reads_no_assessment_and_no_score(home: Home) -> None:
    made = Case(home, "early-help", lead=False)
    values = {"id": new_id(), "child": made.child.id, "tool": "Star", "area": "Home", "by": made.worker.id}
    made.keep(Score.model_validate({**values, "score": 3, "scored_on": START}))
    assert read_assessments(made.store, made.child) == []
    assert read_scores(made.store, made.child) == ([], [])
    assert read_plan(made.store, made.child).withheld
    made.store.close()
