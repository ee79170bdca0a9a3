"""The clocks of a child: which run, what clears them, and that no pause loses one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.calendars import SchoolCalendar
from casework.errors import BadInput, Refused
from casework.ids import new_id
from casework.ncodes import open_n_marks
from casework.pauses import SET_BY_LAW, is_hidden, sleep_edit, wake_edit, wakes_on
from casework.records import Flag
from casework.records_case import Action, Assessment, Episode, Notification, Pause, Plan
from casework.records_sharing import Agreement
from casework.tasks import RULES, Held, Task, child_tasks, ranked

FRI = date(2026, 11, 20)
CHILD, ME = new_id(), new_id()
TERM = SchoolCalendar.of([(date(2026, 9, 1), date(2026, 10, 16)), (date(2026, 11, 2), date(2026, 12, 18))])
PARTS = {
    "concern": "a",
    "offered": "b",
    "outcome": "c",
    "voice": "d",
    "heard_by": "e",
    "heard_on": date(2026, 11, 2),
}


def notification(**more: Any) -> Notification:
    values = {"id": new_id(), "child": CHILD, "received": date(2026, 11, 16), "notifier": "Mr Orr", "by": ME}
    return Notification.model_validate(values | PARTS | {"sufficient_on": date(2026, 11, 16)} | more)


def episode(**more: Any) -> Episode:
    values = {"id": new_id(), "child": CHILD, "opened": date(2026, 11, 10), "referred": date(2026, 11, 5)}
    return Episode.model_validate(values | {"worker": ME} | more)


def plan(**more: Any) -> Plan:
    values = {"id": new_id(), "child": CHILD, "started": date(2026, 10, 12), "by": ME}
    return Plan.model_validate(values | {"next_review": date(2026, 11, 23)} | more)


def action(**more: Any) -> Action:
    values = {
        "id": new_id(),
        "child": CHILD,
        "outcome": new_id(),
        "text": "Ask for a bus buddy",
        "owner": "Mr Orr",
    }
    return Action.model_validate(values | {"due": date(2026, 11, 18)} | more)


def agreement(**more: Any) -> Agreement:
    values: dict[str, Any] = {
        "id": new_id(),
        "child": CHILD,
        "given_by": "Jo Marsh",
        "status": "given",
        "agencies": ("school",),
    }
    values |= {"categories": ("family",), "purposes": ("planning",), "given_on": date(2026, 1, 12), "by": ME}
    return Agreement.model_validate(values | more)


def pause(task: Task, **more: Any) -> Pause:
    values: dict[str, Any] = {
        "id": new_id(),
        "child": CHILD,
        "about": task.about,
        "clock": task.rule,
        "kind": "pause",
    }
    values |= {"start": FRI, "wake": date(2026, 11, 27), "reason": "away", "by": ME}
    return Pause.model_validate(values | more)


def rules(held: Held, today: date = FRI) -> list[str]:
    return [task.rule for task in child_tasks(held, today)]


def only(held: Held, today: date = FRI) -> Task:
    (task,) = child_tasks(held, today)
    return task


def test_allocation_runs_four_working_days_and_says_so() -> None:
    task = only(Held(CHILD, notifications=[notification()]))
    assert (task.rule, task.start, task.due, task.left) == ("allocation", date(2026, 11, 16), FRI, 0)
    assert task.text == "Allocation: 4 working days from Mon 16 Nov 2026: due Fri 20 Nov 2026, due today"
    assert task.stops_with == "more information asked of the notifier"
    assert task.clears_with == "a worker allocated"


def test_a_stopped_allocation_stays_on_the_list_and_says_what_is_missing() -> None:
    task = only(Held(CHILD, notifications=[notification(voice="", sufficient_on=None)]))
    assert (task.due, task.left, task.overdue) == (None, None, False)
    assert task.text == "Allocation: the clock stands until it has the child's voice, in their own words"


def test_an_allocated_notification_asks_for_the_talk_with_the_notifier() -> None:
    one = notification(allocated_to=ME, allocated_on=date(2026, 11, 18))
    open_case = episode(notification=one.id, opened=date(2026, 11, 18), referred=date(2026, 11, 16))
    held = Held(CHILD, notifications=[one], episodes=[open_case], contacted=FRI, visited=FRI)
    first = child_tasks(held, FRI)[0]
    assert (first.rule, first.due, first.left) == ("notifier-contact", FRI, 0)
    assert "notifier-contact" not in rules(replace(held, episodes=[]))
    talked = one.model_copy(update={"contacted_on": FRI})
    assert "notifier-contact" not in rules(replace(held, notifications=[talked]))


def test_a_case_asks_for_a_visit_and_an_assessment() -> None:
    held = Held(CHILD, episodes=[episode()])
    tasks = {task.rule: task for task in child_tasks(held, FRI)}
    assert set(tasks) == {"first-visit", "assessment"}
    assert (tasks["first-visit"].due, tasks["first-visit"].overdue) == (date(2026, 11, 17), True)
    assert tasks["assessment"].due == date(2026, 11, 19)
    assert "14 calendar days from Thu 5 Nov 2026" in tasks["assessment"].text


def test_a_call_is_no_visit_and_a_visit_before_the_case_is_none_of_it() -> None:
    case = [episode()]
    assert "first-visit" in rules(Held(CHILD, episodes=case, contacted=FRI))
    assert "first-visit" in rules(Held(CHILD, episodes=case, contacted=FRI, visited=date(2026, 11, 9)))
    assert "first-visit" not in rules(Held(CHILD, episodes=case, contacted=FRI, visited=date(2026, 11, 10)))


def test_two_weeks_without_contact_ask_for_one_and_any_contact_clears_it() -> None:
    case = [episode()]
    on = date(2026, 11, 24)
    assert "contact" not in rules(Held(CHILD, episodes=case), on - timedelta(days=1))
    task = next(t for t in child_tasks(Held(CHILD, episodes=case), on) if t.rule == "contact")
    assert (task.start, task.due, task.left) == (date(2026, 11, 10), on, 0)
    assert "contact" not in rules(Held(CHILD, episodes=case, contacted=date(2026, 11, 23)), on)


def test_only_this_cases_assessment_clears_it() -> None:
    case = episode()
    old = Assessment(id=new_id(), child=CHILD, started=date(2025, 1, 1), completed=date(2025, 2, 1), by=ME)
    new = Assessment(
        id=new_id(), child=CHILD, episode=case.id, started=date(2026, 11, 11), completed=FRI, by=ME
    )
    assert "assessment" in rules(Held(CHILD, episodes=[case], assessments=[old]))
    assert "assessment" not in rules(Held(CHILD, episodes=[case], assessments=[old, new]))


def test_a_plan_asks_for_its_review_and_never_looks_settled_without_a_day() -> None:
    one = plan()
    task = only(Held(CHILD, plans=[one]))
    assert (task.due, task.left, task.overdue) == (date(2026, 11, 23), 3, False)
    assert task.text.startswith("Plan review, the first: ")
    none_set = only(Held(CHILD, plans=[plan(next_review=None)], reviewed={}))
    assert none_set.overdue
    assert "no next review is set" in none_set.text


def test_actions_are_listed_from_a_week_before_and_stay_when_overdue() -> None:
    started = date(2026, 10, 12)
    far, near, over = (action(due=date(2026, 11, day)) for day in (28, 27, 18))
    done = action(status="done")
    held = Held(CHILD, actions=[(one, started) for one in (far, near, over, done)])
    assert [task.about for task in child_tasks(held, FRI)] == [over.id, near.id]
    assert "2 calendar days overdue" in child_tasks(held, FRI)[0].text
    assert rules(held, date(2030, 1, 7)) == ["action"] * 3


@pytest.mark.parametrize(
    ("days", "rule", "due"),
    [
        ({"review": date(2026, 12, 1)}, "agreement-review", date(2026, 12, 1)),
        ({"expires": date(2026, 12, 1)}, "agreement-expiry", date(2026, 12, 1)),
        ({"review": date(2026, 11, 2), "expires": date(2026, 12, 1)}, "agreement-review", date(2026, 11, 2)),
        (
            {"review": date(2026, 11, 2), "expires": date(2026, 11, 19)},
            "agreement-expiry",
            date(2026, 11, 19),
        ),
    ],
)
def test_an_agreement_asks_to_be_renewed(days: dict[str, date], rule: str, due: date) -> None:
    task = only(Held(CHILD, agreements=[agreement(**days)]))
    assert (task.rule, task.due) == (rule, due)


def test_an_agreement_asks_nothing_when_far_away_renewed_or_withdrawn() -> None:
    old = agreement(expires=date(2026, 11, 19))
    assert rules(Held(CHILD, agreements=[agreement(expires=date(2027, 1, 12))])) == []
    assert rules(Held(CHILD, agreements=[agreement(expires=FRI, status="withdrawn")])) == []
    newer = agreement(given_on=FRI, given_by="JO MARSH", agencies=("school", "early-help"))
    narrower = agreement(given_on=FRI, agencies=("early-help",))
    other = agreement(given_on=FRI, given_by="Dean Orr")
    refused = agreement(given_on=FRI, status="refused", agencies=(), categories=(), purposes=())
    assert rules(Held(CHILD, agreements=[old, newer])) == []
    assert rules(Held(CHILD, agreements=[old, refused])) == []
    assert rules(Held(CHILD, agreements=[old, narrower])) == ["agreement-expiry"]
    assert rules(Held(CHILD, agreements=[old, other])) == ["agreement-expiry"]


def test_a_flag_is_listed_once_past_its_review() -> None:
    def flag(**more: Any) -> Flag:
        return Flag.model_validate({"id": new_id(), "child": CHILD, "kind": "young-carer"} | more)

    assert rules(Held(CHILD, flags=[flag(review=date(2026, 11, 21))])) == []
    assert rules(Held(CHILD, flags=[flag(review=FRI, ended=FRI)])) == []
    task = only(Held(CHILD, flags=[flag(review=date(2026, 11, 2))]))
    assert task.overdue
    assert task.text.startswith("Flag review, young carer: ")


def test_n_marks_count_school_days() -> None:
    monday = date(2026, 10, 12)
    marks = open_n_marks([(monday, r"/ \ / \ / \ N N N -")], TERM, FRI)
    task = only(Held(CHILD, n_marks=[("week", marks)]))
    assert (task.start, task.due) == (date(2026, 10, 15), date(2026, 11, 5))
    assert task.text.startswith(
        "N code, 3 sessions from Thu 15 Oct 2026 to Fri 16 Oct 2026 still without a reason"
    )
    assert "5 school days from Thu 15 Oct 2026" in task.text


def test_a_paused_week_does_not_hide_a_later_n() -> None:
    monday = date(2026, 11, 16)
    before = Held(CHILD, n_marks=[("week", open_n_marks([(monday, "N N - - - - - - - -")], TERM, monday))])
    held = replace(before, pauses=[pause(only(before, monday), start=monday)])
    assert only(held, monday).sleep is not None
    later = open_n_marks([(monday, "N N N N - - - - - -")], TERM, FRI)
    hidden, shown = child_tasks(replace(held, n_marks=[("week", later)]), FRI)
    assert (hidden.sleep is None, shown.sleep is None) == (False, True)
    assert shown.start == date(2026, 11, 17)
    assert hidden.key != shown.key


# Pause and snooze


def test_an_overdue_n_code_is_listed_though_it_sleeps() -> None:
    """SI 2024/208: an N is resolved within 5 school days, whatever somebody wished to see of it."""
    monday = date(2026, 11, 2)
    weeks = [(monday, "N N - - - - - - - -")]
    held = Held(CHILD, n_marks=[("week", open_n_marks(weeks, TERM, monday))])
    paused = [pause(only(held, monday), start=monday, wake=date(2027, 2, 1))]
    due = only(held, monday).due
    assert due == date(2026, 11, 9)
    for today in (due, due + timedelta(days=1)):
        here = Held(CHILD, n_marks=[("week", open_n_marks(weeks, TERM, today))], pauses=paused)
        task = only(here, today)
        assert task.sleep is not None
        assert (task.sleep.until, task.sleep.reason) == (date(2027, 2, 1), "away")
        assert is_hidden(task) == (today <= due)


def test_an_overdue_n_code_is_not_put_to_sleep_and_the_sentence_says_why() -> None:
    monday = date(2026, 11, 2)
    held = Held(CHILD, n_marks=[("week", open_n_marks([(monday, "N N - - - - - - - -")], TERM, FRI))])
    for rows in ([only(held)], [only(Held(CHILD, plans=[plan()])), only(held)]):
        with pytest.raises(Refused, match="set by law and overdue") as told:
            sleep_edit(rows, "snooze", "away", date(2026, 11, 27), ME, FRI)
        assert told.value.code == "overdue"


def test_what_the_service_sets_itself_sleeps_also_when_overdue() -> None:
    held = Held(CHILD, plans=[plan(next_review=date(2026, 11, 2))])
    sleep_edit([only(held)], "pause", "away", date(2026, 11, 27), ME, FRI)
    assert is_hidden(only(replace(held, pauses=[pause(only(held))])))


def test_a_pause_hides_until_its_day_and_the_row_is_as_it_was() -> None:
    held = Held(CHILD, plans=[plan()])
    task = only(held)
    paused = replace(held, pauses=[pause(task)])
    sleep = only(paused, date(2026, 11, 26)).sleep
    assert sleep is not None
    assert (sleep.kind, sleep.reason, sleep.until) == ("pause", "away", date(2026, 11, 27))
    woken = only(paused, date(2026, 11, 27))
    assert woken.sleep is None
    assert woken == only(held, date(2026, 11, 27))


def test_a_pause_ends_with_the_run_of_its_clock() -> None:
    one = plan()
    paused = Held(CHILD, plans=[one], pauses=[pause(only(Held(CHILD, plans=[one])))])
    on = date(2026, 11, 24)
    after = replace(
        paused, plans=[one.model_copy(update={"next_review": date(2027, 1, 5)})], reviewed={one.id: on}
    )
    assert only(paused, on).sleep is not None
    assert only(after, on).sleep is None


@pytest.mark.parametrize("more", [{"wake": None}, {"end": FRI}, {"void": True}, {"kind": "more-information"}])
def test_a_pause_without_a_day_or_ended_hides_nothing(more: dict[str, Any]) -> None:
    held = Held(CHILD, plans=[plan()])
    assert only(replace(held, pauses=[pause(only(held), **more)])).sleep is None


def test_a_pause_is_for_one_clock_of_a_record() -> None:
    held = Held(CHILD, episodes=[episode()])
    visit = next(task for task in child_tasks(held, FRI) if task.rule == "first-visit")
    asleep = {t.rule: t.sleep is not None for t in child_tasks(replace(held, pauses=[pause(visit)]), FRI)}
    assert asleep == {"first-visit": True, "assessment": False}


def test_sleeping_needs_a_reason_and_a_day_to_come() -> None:
    task = only(Held(CHILD, plans=[plan()]))
    for reason, until in (
        ("", date(2026, 11, 27)),
        ("away", FRI),
        ("away", None),
        ("away", date(2027, 8, 1)),
    ):
        with pytest.raises(BadInput):
            sleep_edit([task], "snooze", reason, until, ME, FRI)
    edit = sleep_edit([task, task], "snooze", "away", date(2026, 11, 27), ME, FRI)
    assert (edit.name, len(edit.changes), edit.subject) == ("Clock snoozed", 2, CHILD)
    held = Held(CHILD, plans=[plan()])
    asleep = only(replace(held, pauses=[pause(only(held))]))
    with pytest.raises(Refused):
        sleep_edit([asleep], "pause", "away", date(2026, 11, 27), ME, FRI)


def test_waking_ends_the_pause() -> None:
    one = pause(only(Held(CHILD, plans=[plan()])))
    (change,) = wake_edit([one], FRI).changes
    assert (change.field, change.new) == ("end", "2026-11-20")
    with pytest.raises(Refused):
        wake_edit([], FRI)


# Properties

DAYS = st.dates(date(2026, 9, 1), date(2026, 12, 18))


@st.composite
def helds(draw: st.DrawFn) -> Held:
    case = episode(opened=draw(DAYS), referred=draw(DAYS))
    contacted = draw(st.none() | DAYS)
    weeks = [date(2026, 11, 2), date(2026, 11, 9)]
    marks = [
        (f"week-{n}", found)
        for n, monday in enumerate(weeks)
        if (
            found := open_n_marks(
                [(monday, draw(st.sampled_from(["N N - - - - - - - -", r"/ \ N - - - - - N -"])))], TERM, FRI
            )
        )
    ]
    return Held(
        CHILD,
        notifications=[notification(received=draw(DAYS))],
        episodes=[case],
        plans=[plan(next_review=draw(st.none() | DAYS))],
        actions=[(action(due=draw(DAYS)), date(2026, 9, 1)) for _ in range(draw(st.integers(0, 3)))],
        agreements=[agreement(expires=draw(st.none() | DAYS), review=draw(st.none() | DAYS))],
        n_marks=marks,
        contacted=contacted,
        visited=contacted if draw(st.booleans()) else None,
    )


def stands(tasks: Iterable[Task]) -> set[tuple[str, str]]:
    return {(task.rule, task.about) for task in tasks}


@given(helds(), st.data(), DAYS)
def test_a_pause_loses_no_row_and_every_one_wakes(held: Held, data: st.DataObject, today: date) -> None:
    running = child_tasks(held, today)
    pauses = [
        pause(
            task,
            kind=data.draw(st.sampled_from(["pause", "snooze"])),
            start=data.draw(DAYS),
            wake=data.draw(st.none() | st.dates(date(2026, 9, 1), date(9998, 1, 1))),
        )
        for task in running
    ]
    paused = replace(held, pauses=pauses)
    assert stands(child_tasks(paused, today)) == stands(running)
    for task in child_tasks(paused, today):
        assert task.sleep is None or task.sleep.until > today
        assert not (is_hidden(task) and task.overdue and task.rule in SET_BY_LAW)
    after = max((wakes_on(one) for one in pauses), default=today) + timedelta(days=1)
    assert after <= date(2026, 12, 18) + timedelta(days=183)
    assert all(task.sleep is None for task in child_tasks(paused, after))


@given(st.lists(helds(), max_size=4), DAYS)
def test_an_earlier_due_day_never_ranks_later(many: list[Held], today: date) -> None:
    tasks = ranked(task for held in many for task in child_tasks(held, today))
    days = [task.due or date.max for task in tasks]
    assert days == sorted(days)
    assert all(task.overdue for task in tasks if task.due and task.due < today)
    assert all(task.rule in RULES and task.stops_with and task.clears_with for task in tasks)


@given(helds(), DAYS, DAYS)
def test_clearing_never_brings_another_row(held: Held, today: date, on: date) -> None:
    before = stands(child_tasks(held, today))
    (case,), (one,), (a_plan,) = held.episodes, held.notifications, held.plans
    done = Assessment(id=new_id(), child=CHILD, episode=case.id, started=on, completed=on, by=ME)
    newer = max(filter(None, (held.contacted, on)))
    cleared = [
        replace(held, contacted=newer),
        replace(held, contacted=newer, visited=max(filter(None, (held.visited, on)))),
        replace(held, assessments=[done]),
        replace(held, plans=[a_plan.model_copy(update={"ended": on})][:0]),
        replace(held, notifications=[one.model_copy(update={"allocated_on": on})]),
        replace(held, actions=[(a.model_copy(update={"status": "done"}), s) for a, s in held.actions]),
        replace(held, n_marks=held.n_marks[1:]),
        replace(held, agreements=[held.agreements[0].model_copy(update={"status": "withdrawn"})]),
    ]
    for after in cleared:
        assert stands(child_tasks(after, today)) <= before
