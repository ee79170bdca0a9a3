from __future__ import annotations

import re
import subprocess
import sys
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.dates import YEARS_AHEAD, YEARS_BACK, coming_day, parse_date, parse_when, spell
from casework.days_given import day_to_come
from casework.errors import BadInput

FRIDAY = date(2026, 11, 20)
MONDAY = date(2026, 11, 23)
SATURDAY = date(2026, 11, 21)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


def day(text: str) -> date:
    return date.fromisoformat(text)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-11-23", "2026-11-23"),
        ("2026/11/23", "2026-11-23"),
        ("23/11", "2026-11-23"),
        ("23/11/26", "2026-11-23"),
        ("23/11/2026", "2026-11-23"),
        ("23-11-2026", "2026-11-23"),
        ("23.11.26", "2026-11-23"),
        ("3.9.26", "2026-09-03"),
        ("3/9", "2026-09-03"),
        ("5/1", "2027-01-05"),
        ("fri", "2026-11-20"),
        ("Sat", "2026-11-21"),
        ("thurs", "2026-11-26"),
        ("on tuesday", "2026-11-24"),
        ("next tue", "2026-11-24"),
        ("next fri", "2026-11-27"),
        ("this mon", "2026-11-16"),
        ("last fri", "2026-11-13"),
        ("last thu", "2026-11-19"),
        ("+2w", "2026-12-04"),
        ("+3d", "2026-11-23"),
        ("-1w", "2026-11-13"),
        ("+ 1 m", "2026-12-20"),
        ("+1y", "2027-11-20"),
        ("today", "2026-11-20"),
        ("Tomorrow", "2026-11-21"),
        ("yesterday", "2026-11-19"),
        ("the day after tomorrow", "2026-11-22"),
        ("a week on tuesday", "2026-12-01"),
        ("two weeks on tue", "2026-12-08"),
        ("tuesday week", "2026-12-01"),
        ("tue fortnight", "2026-12-08"),
        ("a week today", "2026-11-27"),
        ("week tomorrow", "2026-11-28"),
        ("a fortnight today", "2026-12-04"),
        ("in 2 weeks", "2026-12-04"),
        ("in a fortnight", "2026-12-04"),
        ("in three days' time", "2026-11-23"),
        ("2 weeks ago", "2026-11-06"),
        ("a month ago", "2026-10-20"),
        ("3 days from now", "2026-11-23"),
        ("next week", "2026-11-27"),
        ("end of month", "2026-11-30"),
        ("end of the month", "2026-11-30"),
        ("end of next month", "2026-12-31"),
        ("end of last month", "2026-10-31"),
        ("start of next month", "2026-12-01"),
        ("end of week", "2026-11-20"),
        ("end of next week", "2026-11-27"),
        ("start of next week", "2026-11-23"),
        ("end of year", "2026-12-31"),
        ("14 sept", "2026-09-14"),
        ("14 Sep 2026", "2026-09-14"),
        ("14sep26", "2026-09-14"),
        ("3rd of november", "2026-11-03"),
        ("nov 23", "2026-11-23"),
        ("November 23, 2027", "2027-11-23"),
        ("fri 20 nov", "2026-11-20"),
        ("Fri 20 Nov 2026", "2026-11-20"),
        ("friday, 20/11", "2026-11-20"),
        ("the 1st of march", "2027-03-01"),
        ("  23  /11".replace("  /", "/"), "2026-11-23"),
    ],
)
def test_understood_on_a_friday(typed: str, meant: str) -> None:
    assert parse_date(typed, FRIDAY) == day(meant)


@pytest.mark.parametrize(
    ("typed", "today", "meant"),
    [
        ("next tue", MONDAY, "2026-12-01"),
        ("tue", MONDAY, "2026-11-24"),
        ("next tue", SATURDAY, "2026-11-24"),
        ("end of week", SATURDAY, "2026-11-27"),
        ("+1m", day("2027-01-31"), "2027-02-28"),
        ("end of month", day("2028-02-10"), "2028-02-29"),
        ("29/2", day("2027-06-01"), "2028-02-29"),
    ],
)
def test_understood_on_other_days(typed: str, today: date, meant: str) -> None:
    assert parse_date(typed, today) == day(meant)


def test_preference_settles_short_forms() -> None:
    assert parse_date("mon", FRIDAY, prefer="past") == day("2026-11-16")
    assert parse_date("fri", FRIDAY, prefer="past") == FRIDAY
    assert parse_date("19/11", FRIDAY, prefer="future") == day("2027-11-19")
    assert parse_date("21/11", FRIDAY, prefer="past") == day("2025-11-21")


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("", "empty"),
        ("   ", "empty"),
        ("5", "number alone"),
        ("20261123", "number alone"),
        ("mar", "month alone"),
        ("may", "month alone"),
        ("september", "month alone"),
        ("31/4", "There is no 31 April; April has 30 days"),
        ("31 april", "April has 30 days"),
        ("29/2/2027", "February 2027 has 28 days"),
        ("29/2", "29 February"),
        ("0/5", "There is no 0 May"),
        ("12/13/2026", "no month 13"),
        ("2026-13-01", "no month 13"),
        ("3/9/2126", "out of reach"),
        ("3/9/1927", "out of reach"),
        ("3/9/98", "out of reach"),
        ("+9999y", "out of reach"),
        ("-9999y", "out of reach"),
        ("+9999m", "out of reach"),
        ("0000-01-01", "no year 0"),
        ("tue 20 nov 2026", "is a Friday, not a Tuesday"),
        ("soon", "not a date"),
        ("end of term", "not a date"),
        ("x" * 61, "longer than"),
        ("+w", "not a date"),
    ],
)
def test_refused_with_the_reason(typed: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as caught:
        parse_date(typed, FRIDAY)
    assert caught.value.code == "bad-date"


@given(DAYS, DAYS)
def test_what_is_spelt_is_understood(meant: date, today: date) -> None:
    for typed in (spell(meant), meant.isoformat(), f"{meant.day}/{meant.month}/{meant.year}"):
        if today.year - YEARS_BACK <= meant.year <= today.year + YEARS_AHEAD:
            assert parse_date(typed, today) == meant
        else:
            with pytest.raises(BadInput):
                parse_date(typed, today)


@given(DAYS, st.sampled_from(["mon", "tue", "wed", "thu", "fri", "sat", "sun"]))
def test_weekdays_lie_where_they_should(today: date, name: str) -> None:
    coming = parse_date(name, today)
    assert spell(coming).lower().startswith(name)
    assert 0 <= (coming - today).days <= 6
    assert parse_date(f"{name} week", today) == coming + timedelta(days=7)
    assert 1 <= (today - parse_date(f"last {name}", today)).days <= 7
    following = parse_date(f"next {name}", today)
    assert following.isocalendar()[:2] == (today + timedelta(days=7)).isocalendar()[:2]


@settings(deadline=None)  # the first date that needs it loads the parser
@given(st.text(st.characters(exclude_categories=()), max_size=20))
def test_any_text_is_a_date_or_bad_input(text: str) -> None:
    for parse in (lambda: parse_date(text, FRIDAY), lambda: parse_when(text, NOW)):
        refused = BadInput("", "")
        try:
            parse()
        except BadInput as error:
            refused = error
        assert re.sub("[\u200c\u200d]", "", refused.message).isprintable()


def test_spell_needs_no_locale() -> None:
    assert spell(FRIDAY) == "Fri 20 Nov 2026"
    assert spell(day("2027-03-01")) == "Mon 1 Mar 2027"


def test_usual_forms_do_not_load_dateparser() -> None:
    code = (
        "import sys, datetime as d; from casework.dates import parse_date as p\n"
        "for t in ('fri', 'next tue', '+2w', '23/11', 'tuesday week', 'end of month', '14 sept'):\n"
        "    p(t, d.date(2026, 11, 20))\n"
        "sys.exit('dateparser' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("now", "2026-11-20T08:41:07"),
        ("09:15", "2026-11-20T09:15:00"),
        ("9:15", "2026-11-20T09:15:00"),
        ("fri 14:30", "2026-11-20T14:30:00"),
        ("mon at 9am", "2026-11-23T09:00:00"),
        ("2.30pm yesterday", "2026-11-19T14:30:00"),
        ("14:30 on 18/11", "2026-11-18T14:30:00"),
        ("12am", "2026-11-20T00:00:00"),
        ("12.05 p.m.", "2026-11-20T12:05:00"),
        ("20 minutes ago", "2026-11-20T08:21:07"),
        ("an hour ago", "2026-11-20T07:41:07"),
        ("yesterday", "2026-11-19T12:00:00"),
        ("today", "2026-11-20T08:41:07"),
        ("2026-11-20T08:41:07Z", "2026-11-20T08:41:07"),
        ("2026-11-20T08:41", "2026-11-20T08:41:00"),
        ("2026-07-01 09:00", "2026-07-01T08:00:00"),
        ("1/7 09:00", "2026-07-01T08:00:00"),
        ("25/10/2026 01:30", "2026-10-25T00:30:00"),
    ],
)
def test_times(typed: str, meant: str) -> None:
    assert parse_when(typed, NOW) == datetime.fromisoformat(meant).replace(tzinfo=UTC)
    assert parse_when(typed, NOW).tzinfo is UTC


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ("25:00", "no time 25:00"),
        ("9:75", "no time 09:75"),
        ("14pm", "no 14 pm"),
        ("29/3/2026 01:30", "clocks go forward"),
        ("2026-11-20T99", "not a time"),
        ("2126-11-20T09:00Z", "out of reach"),
        ("14", "number alone"),
        ("soon 14:30", "not a date"),
    ],
)
def test_times_refused(typed: str, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        parse_when(typed, NOW)


def test_weekdays_with_times_can_lie_in_the_past() -> None:
    assert parse_when("mon 14:30", NOW, prefer="past") == datetime(2026, 11, 16, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("typed", "coming"),
    [
        ("23/11", "2026-11-23"),
        ("23/11 09:15", "2026-11-23"),
        ("9am on 23 nov", "2026-11-23"),
        ("21 november", "2026-11-21"),
        ("19/1", "2027-01-19"),
        ("5/1", "2027-01-05"),
        ("20/2", "2027-02-20"),
        ("21/2", None),
        ("20/11", None),
        ("19/11", None),
        ("1/10", None),
        ("23/11/2025", None),
        ("23/11/25 10:00", None),
        ("2025-11-23", None),
        ("sun 23/11", None),
        ("mon", None),
        ("last mon", None),
        ("yesterday 15:10", None),
        ("08:15", None),
        ("now", None),
        ("2 hours ago", None),
        ("rubbish", None),
    ],
)
def test_a_day_without_its_year_that_soon_comes_is_no_day_of_last_year(
    typed: str, coming: str | None
) -> None:
    assert coming_day(typed, NOW) == (day(coming) if coming else None)


@pytest.mark.parametrize(
    ("typed", "since", "meant"),
    [
        ("20/12", None, "2026-12-20"),
        ("1/6", None, "2027-06-01"),  # 172 days ago is nearer than 193 days ahead, and no day to come
        ("15/9", "2026-09-01", "2026-09-15"),
        ("15/9", None, "2027-09-15"),
        ("19/11", None, None),
        ("1/8", "2026-09-01", None),
        ("1 june 2026", None, "2026-06-01"),
        ("yesterday", None, "2026-11-19"),
        ("fri", None, "2026-11-20"),
        ("+6w", None, "2027-01-01"),
    ],
)
def test_a_day_of_something_to_come_is_the_coming_one_and_never_a_slip(
    typed: str, since: str | None, meant: str | None
) -> None:
    today, first = date(2026, 11, 20), day(since) if since else None
    if meant is None:
        with pytest.raises(BadInput, match="is over; if you mean the year after") as refused:
            day_to_come(typed, today, first)
        assert refused.value.code == "year-needed"
    else:
        assert day_to_come(typed, today, first) == day(meant)


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.integers(1, 28), st.integers(1, 12))
def test_what_is_to_come_lies_within_a_year_from_where_it_runs(today: date, number: int, month: int) -> None:
    with suppress(BadInput):
        found = day_to_come(f"{number}/{month}", today)
        assert today <= found <= today + timedelta(days=305), "a slip is refused, and no year is skipped"
