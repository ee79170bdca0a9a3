"""How long a case is, how soon it was allocated, and whether it came back, counted both ways."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.assessments import case_days
from casework.episodes import episode_standing, join_cases, re_referral_on
from casework.errors import Refused
from casework.records_case import Episode

TODAY = date(2026, 11, 20)


def episode(number: int, referred: date | None, opened: date, closed: date | None = None) -> Episode:
    return Episode(id=str(number), child="c", number=number, referred=referred, opened=opened, closed=closed)


def test_an_open_case_has_its_days_so_far_and_no_length() -> None:
    held = episode(1, date(2026, 11, 6), date(2026, 11, 11))
    stands = episode_standing(held, [held], TODAY)
    assert (stands.length, stands.is_open, stands.days_to_allocate) == ("9 days so far", True, 3)
    ended = held.model_copy(update={"closed": date(2026, 11, 12)})
    assert episode_standing(ended, [ended], TODAY).length == "1 day"


def test_a_referral_on_a_sunday_counts_its_days_from_the_monday() -> None:
    held = episode(1, date(2026, 11, 8), date(2026, 11, 9))
    assert episode_standing(held, [held], TODAY).days_to_allocate == 0


def test_both_counts_of_a_re_referral_may_differ() -> None:
    first = episode(1, date(2025, 9, 1), date(2025, 9, 3), date(2026, 6, 30))
    second = episode(2, date(2026, 11, 2), date(2026, 11, 4))
    again = episode_standing(second, [first, second], TODAY).again
    assert again is not None
    assert (again.from_referral, again.from_closure) == (False, True)
    assert episode_standing(first, [first, second], TODAY).again == re_referral_on(date(2025, 9, 1), [])


def test_a_referral_of_the_same_day_counts_once_its_case_is_closed() -> None:
    first = episode(1, TODAY, TODAY, TODAY)
    second = episode(2, TODAY, TODAY)
    again = episode_standing(second, [first, second], TODAY).again
    assert again is not None
    assert (again.from_referral, again.from_closure) == (True, True)
    still_open = first.model_copy(update={"closed": None})
    assert re_referral_on(TODAY, [still_open]).from_referral is None, "a second letter of that day is none"


def test_an_episode_opened_in_error_counts_as_no_earlier_one() -> None:
    helped = episode(1, date(2025, 9, 1), date(2025, 9, 3), date(2025, 10, 1))
    slip = episode(2, date(2026, 11, 2), date(2026, 11, 4), date(2026, 11, 5))
    slip = slip.model_copy(update={"reason": "opened-in-error"})
    alone = re_referral_on(TODAY, [slip])
    assert (alone.from_referral, alone.from_closure) == (None, None)
    assert re_referral_on(TODAY, [helped, slip]) == re_referral_on(TODAY, [helped])


def test_a_referral_long_before_the_rule_is_counted_by_its_first_value() -> None:
    """A slip in the year of a referral must not keep the case shut."""
    first = episode(1, date(2006, 11, 2), date(2006, 11, 3), date(2007, 2, 1))
    again = episode(2, date(2007, 11, 5), date(2007, 11, 6))
    counted = episode_standing(again, [first, again], TODAY).again
    assert counted is not None
    assert (counted.from_referral, counted.from_closure) == (False, True)
    assert case_days(again) == (date(2007, 11, 5), date(2007, 11, 19))


def test_without_a_referral_nothing_is_counted() -> None:
    held = episode(1, None, date(2026, 11, 4))
    assert episode_standing(held, [held], TODAY).again is None
    assert episode_standing(held, [held], TODAY).days_to_allocate is None


def test_of_several_open_cases_the_first_goes_on_whoever_joins_them() -> None:
    cases = [episode(n, None, date(2026, 11, day)) for n, day in enumerate((18, 16, 17), 1)]
    ended = episode(9, None, date(2026, 1, 5), date(2026, 2, 2))
    edit = join_cases([*cases, ended], TODAY)
    assert edit.changes == join_cases(cases[::-1], TODAY).changes
    closed = {change.record for change in edit.changes if change.field == "closed"}
    assert closed == {"1", "3"}
    told = {(change.field, change.new) for change in edit.changes if change.record == "3"}
    note = "Joined with the case that was opened on Mon 16 Nov 2026."
    assert told == {("closed", "2026-11-20"), ("reason", "opened-in-error"), ("note", note)}
    with pytest.raises(Refused, match="No second case"):
        join_cases([cases[0], ended], TODAY)


def test_of_cases_opened_on_one_day_everybody_keeps_the_same() -> None:
    """None ends before it was opened, however the clock of a laptop stands."""
    cases = [episode(n, None, TODAY) for n in (2, 1)]
    edits = [join_cases(held, TODAY - timedelta(days=1)) for held in (cases, cases[::-1])]
    assert edits[0].changes == edits[1].changes
    ends = {(one.record, one.new) for one in edits[0].changes if one.field == "closed"}
    assert ends == {("2", TODAY.isoformat())}


@given(st.lists(st.integers(1, 300), min_size=1, max_size=5))
def test_a_later_episode_never_changes_how_an_earlier_one_counts(gaps: list[int]) -> None:
    episodes: list[Episode] = []
    day = date(2022, 1, 3)
    for number, gap in enumerate(gaps, 1):
        episodes.append(episode(number, day, day + timedelta(days=2), day + timedelta(days=gap)))
        day += timedelta(days=gap + 1)
    for at, held in enumerate(episodes):
        assert episode_standing(held, episodes, TODAY) == episode_standing(held, episodes[: at + 1], TODAY)
