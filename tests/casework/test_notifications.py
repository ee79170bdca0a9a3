"""A notification's missing parts, its clock that stops and starts anew, and its way to a worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.clocks import is_working_day
from casework.edits import Edit
from casework.errors import BadInput, Refused
from casework.notifications import (
    PARTS,
    allocate,
    contact_notifier,
    feedback_allowed,
    join_case,
    missing_parts,
    need_information,
    re_referral_of,
    receive,
    standing,
    take_information,
)
from casework.records import Child
from casework.records_case import Episode, Notification, Pause

MONDAY = date(2026, 11, 9)
TODAY = date(2026, 11, 20)
CHILD = Child(id="c", surname="Marsh", forename="Tilly")
WHOLE = {
    "concern": "Often away",
    "offered": "Breakfast club; no change",
    "outcome": "In school each day",
    "voice": "I worry about Mum",
    "heard_by": "Mr Orr",
    "heard_on": date(2026, 11, 6),
}


def notified(**fields: object) -> Notification:
    values = {"id": "n1", "child": "c", "received": MONDAY, "notifier": "Mr Orr", "by": "w", **WHOLE}
    return Notification.model_validate(values | fields)


def received(episodes: Sequence[Episode] = (), **fields: object) -> Notification:
    return receive(notified(**fields), TODAY, episodes)[1]


def pause_of(edit: Edit) -> Pause:
    change = next(c for c in edit.changes if c.type == "pause")
    return Pause.model_validate({"id": change.record, **change.new})


def test_a_whole_notification_is_ready_and_due_in_four_working_days() -> None:
    made = standing(received(), [], TODAY)
    assert (made.ready, made.status, made.allocate_by) == (True, "in triage", date(2026, 11, 13))
    assert made.clock is not None
    assert made.clock.overdue


@pytest.mark.parametrize("field", PARTS)
def test_each_of_the_four_parts_is_missed_by_its_name(field: str) -> None:
    made = standing(received(**{field: " "}), [], TODAY)
    assert made.missing == (PARTS[field],)
    assert made.allocate_by is None


def test_a_voice_names_who_listened_and_when() -> None:
    assert missing_parts(notified(heard_by="", heard_on=None)) == [
        "who listened to the child",
        "when the child was heard",
    ]


def test_asking_for_more_stops_the_clock_and_the_answer_starts_it_anew() -> None:
    first = received()
    asked = need_information(first, [], "w", "Which school did he attend?", date(2026, 11, 10), TODAY)
    pause = pause_of(asked)
    stopped = first.model_copy(update={"sufficient_on": None})
    held = standing(stopped, [pause], TODAY)
    assert (held.status, held.allocate_by) == ("more information asked", None)
    assert held.missing == ("the information asked for on Tue 10 Nov 2026",)
    with pytest.raises(Refused):
        need_information(stopped, [pause], "w", "again", TODAY, TODAY)
    edit, after = take_information(
        stopped, [pause], date(2026, 11, 17), TODAY, concern="Often away; moved twice"
    )
    assert {c.field for c in edit.changes} == {"concern", "sufficient_on", "end"}
    assert standing(after, [], TODAY).allocate_by == date(2026, 11, 23)


def test_an_answer_that_leaves_something_out_does_not_start_the_clock() -> None:
    bare = received(voice="", heard_by="", heard_on=None)
    _, half = take_information(bare, [], TODAY, TODAY, voice="I worry")
    assert standing(half, [], TODAY).missing == ("who listened to the child", "when the child was heard")
    assert standing(half, [], TODAY).allocate_by is None


@pytest.mark.parametrize(
    ("allocated", "since"), [(None, date(2026, 11, 19)), (date(2026, 11, 10), MONDAY)], ids=["waits", "led"]
)
def test_a_part_that_was_emptied_and_filled_again_starts_the_clock_anew(
    allocated: date | None, since: date
) -> None:
    held = received().model_copy(update={"allocated_on": allocated})
    _, emptied = take_information(held, [], date(2026, 11, 18), TODAY, voice="")
    assert standing(emptied, [], TODAY).clock is None
    _, whole = take_information(emptied, [], date(2026, 11, 19), TODAY, voice="I worry")
    assert whole.sufficient_on == since
    _, more = take_information(whole, [], TODAY, TODAY, voice="I worry a lot")
    assert more.sufficient_on == since, "other words in a part that was there move nothing"


def test_allocating_opens_an_episode_and_names_who_leads() -> None:
    edit, episode = allocate(received(), CHILD, "w9", date(2026, 11, 12), [], TODAY)
    assert (episode.number, episode.worker, episode.referred) == (1, "w9", MONDAY)
    assert {(c.type, c.field) for c in edit.changes} == {
        ("notification", "allocated_to"),
        ("notification", "allocated_on"),
        ("episode", ""),
        ("child", "lead_worker"),
    }
    again = Episode(id="e1", child="c", number=3, opened=date(2025, 1, 6), closed=date(2025, 6, 2))
    assert allocate(received(), CHILD, "w9", TODAY, [again], TODAY)[1].number == 4
    with pytest.raises(Refused):
        allocate(received(), CHILD, "w9", TODAY, [again.model_copy(update={"closed": None})], TODAY)
    with pytest.raises(BadInput):
        allocate(received(), CHILD, "w9", date(2026, 11, 8), [], TODAY)


def test_allocating_takes_the_others_that_wait_into_the_case_in_one_step() -> None:
    first, late = received(), received(id="n2", received=date(2026, 11, 12))
    taken = received(id="n3").model_copy(update={"allocated_on": MONDAY, "allocated_to": "w"})
    undone = received(id="n5").model_copy(update={"void": True})
    before = received([Episode(id="e0", child="c", opened=MONDAY)], id="n4")
    edit, case = allocate(late, CHILD, "w9", TODAY, [], TODAY, [first, late, taken, before, undone])
    assert [(c.record, c.new) for c in edit.changes if c.field == "new_information"] == [("n1", True)]
    joined, held = join_case(first, [case])
    assert held.id == case.id
    assert [(c.record, c.field, c.new) for c in joined.changes] == [("n1", "new_information", True)]
    for one, cases in ((taken, [case]), (before, [case]), (first, [])):
        with pytest.raises(Refused):
            join_case(one, cases)


def test_the_clock_starts_no_sooner_than_the_child_was_heard() -> None:
    assert received(heard_on=date(2026, 11, 12)).sufficient_on == date(2026, 11, 12)
    bare = received(voice="", heard_by="", heard_on=None)
    said = {"voice": "I worry", "heard_by": "Mr Orr", "heard_on": date(2026, 11, 19)}
    assert take_information(bare, [], date(2026, 11, 17), TODAY, **said)[1].sufficient_on == said["heard_on"]


def test_days_out_of_order_are_refused() -> None:
    held = received()
    asked = pause_of(need_information(held, [], "w", "Which school?", date(2026, 11, 12), TODAY))
    steps: list[Callable[[], object]] = [
        lambda: need_information(held, [], "w", "Which school?", date(2026, 11, 8), TODAY),
        lambda: take_information(held, [], date(2026, 11, 8), TODAY, siblings="None"),
        lambda: take_information(held, [asked], date(2026, 11, 11), TODAY, siblings="None"),
    ]
    for step in steps:
        with pytest.raises(BadInput) as found:
            step()
        assert (found.value.code, found.value.where) == ("dates", "--on")


def test_no_step_of_a_notification_is_recorded_before_its_day() -> None:
    held, ahead = received(), TODAY + timedelta(days=1)
    steps: list[tuple[str, Callable[[], object]]] = [
        ("--on", lambda: need_information(held, [], "w", "Which school?", ahead, TODAY)),
        ("--on", lambda: take_information(held, [], ahead, TODAY, siblings="None")),
        ("--heard-on", lambda: take_information(held, [], TODAY, TODAY, heard_on=ahead)),
        ("--on", lambda: allocate(held, CHILD, "w9", ahead, [], TODAY)),
        ("--on", lambda: contact_notifier(held, "Mr Orr", ahead, "full", TODAY)),
    ]
    for where, step in steps:
        with pytest.raises(BadInput) as found:
            step()
        assert (found.value.code, found.value.where) == ("in-the-future", where)


def test_a_notification_in_an_open_case_is_new_information() -> None:
    open_case = Episode(id="e1", child="c", opened=date(2026, 10, 5))
    made = standing(received([open_case]), [], TODAY)
    assert (made.status, made.allocate_by) == ("new information", None)


def test_re_referral_is_counted_both_ways() -> None:
    before = Episode(
        id="e1",
        child="c",
        referred=date(2025, 6, 2),
        opened=date(2025, 6, 4),
        closed=date(2026, 1, 9),
    )
    counted = re_referral_of(notified(), [before])
    assert (counted.from_referral, counted.from_closure) == (False, True)
    assert re_referral_of(notified(), []).from_closure is None
    day = notified().received
    own = before.model_copy(
        update={"id": "e2", "notification": notified().id, "number": 2}
        | {"referred": day, "opened": day, "closed": day}
    )
    counted = re_referral_of(notified(), [before, own])
    assert (counted.from_referral, counted.from_closure) == (False, True), "its own case came not before it"
    assert re_referral_of(notified(), [own.model_copy(update={"number": 1})]).from_referral is None


def test_the_notifier_hears_what_the_agreement_allows() -> None:
    assert [feedback_allowed(answer) for answer in ("yes", "ask", "no")] == ["full", "in-touch", "in-touch"]
    with pytest.raises(BadInput):
        contact_notifier(received(), " ", TODAY, "full", TODAY)
    with pytest.raises(BadInput):
        contact_notifier(received(), "Mr Orr", date(2026, 11, 8), "full", TODAY)


@pytest.mark.parametrize(
    "fields", [{"notifier": ""}, {"received": TODAY + timedelta(days=1)}, {"heard_on": date(2027, 1, 1)}]
)
def test_what_cannot_be_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        receive(notified(**fields), TODAY)


@given(st.dates(date(2025, 1, 1), date(2027, 6, 1)))
def test_the_clock_ends_on_a_working_day_with_four_after_its_start(start: date) -> None:
    made = standing(notified(received=start, sufficient_on=start), [], start)
    assert made.allocate_by is not None
    assert is_working_day(made.allocate_by)
    days = (start + timedelta(days=n) for n in range(1, (made.allocate_by - start).days + 1))
    counted = sum(is_working_day(day) for day in days)
    assert counted == (4 if is_working_day(start) else 5)


@given(st.dates(date(1990, 1, 1), date(2040, 1, 1)), st.dates(date(1990, 1, 1), date(2040, 1, 1)))
def test_no_date_makes_it_raise_and_one_before_the_standards_says_so(start: date, today: date) -> None:
    made = standing(notified(received=start, sufficient_on=start), [], today)
    known = start >= date(2018, 9, 1)
    assert (made.clock is not None, made.allocate_by is not None) == (known, known)
    if not known:
        assert made.reasons == (
            "No day for allocation is known before Sat 1 Sep 2018: it was complete before then.",
        )
