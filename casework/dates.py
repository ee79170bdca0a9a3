"""Dates and times as people in English schools type them: ``fri``, ``next tue``, ``+2w``, ``23/11``,
``tuesday week``.

Whoever asks shows what was understood with its weekday (`spell`) before it counts. The usual forms are read
here, in microseconds; only what is left goes to dateparser. A bare number or month, a day that does not
exist, a weekday that does not go with its date and a year out of reach are refused with the reason.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from casework.errors import BadInput
from casework.local_days import LONDON
from casework.text import clean, safe
from casework.wording import say_day as spell

__all__ = ["LONDON", "LONG_AGO", "SOON", "YEARS_AHEAD", "YEARS_BACK", "Prefer", "coming_day", "parse_date"]
__all__ += ["parse_when", "spell"]

Prefer = Literal["near", "future", "past"]
"""Which day a short form means: `near` takes the coming weekday and the nearest 23/11; the others one side
only.
"""

YEARS_BACK = 30
YEARS_AHEAD = 10

_EXAMPLES = "write for example fri, +2w, 23/11 or 2026-11-23."
_LONGEST = 60
SOON = timedelta(days=60)
"""How far off a day of something to come, given without its year, may be taken for one of the wrong year."""

LONG_AGO = timedelta(days=92)
"""A day without its year that comes within these days lies over nine months back, read as the last one."""

_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_COUNTS = ("", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_DAY = (
    "(?P<day>mon(?:day)?|tue(?:s|sday)?|wed(?:s|nesday)?|thu(?:r|rs|rsday)?|fri(?:day)?|sat(?:urday)?"
    "|sun(?:day)?)"
)
_MONTH = "(?P<month>sept|" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in map(str.lower, _MONTHS)) + ")"
_COUNT = "(?P<count>[0-9]{1,4}|an?|" + "|".join(_COUNTS[1:]) + ")"
_UNIT = "(?P<unit>day|week|fortnight|month|year)s?'?"
_D = "(?:the )?(?P<d>[0-9]{1,2})(?:st|nd|rd|th)?"
_Y = "(?:,? (?P<y>[0-9]{2}|[0-9]{4}))?"
_EDGE = "(?:the )?(?P<edge>end|start|beginning) of (?:the )?"

_NAMED = {
    **dict.fromkeys(("today", "now", "tonight", "this morning", "this afternoon"), 0),
    **dict.fromkeys(("tomorrow", "tmrw"), 1),
    **dict.fromkeys(("yesterday", "last night"), -1),
    **dict.fromkeys(("day after tomorrow", "the day after tomorrow"), 2),
    **dict.fromkeys(("day before yesterday", "the day before yesterday"), -2),
}
_UNITS = {"d": "day", "w": "week", "m": "month", "y": "year"}
_DAYS_IN = {"day": 1, "week": 7, "fortnight": 14}

_Reader = Callable[["re.Match[str]", date, Prefer], date]


def parse_date(text: str, today: date, *, prefer: Prefer = "near") -> date:
    """The day that `text` means on `today`.

    A weekday alone is the coming one, today included (with `prefer="past"` the last one). `next tue` is
    Tuesday of the week after this one, as the English mean it; `tuesday week` and `a week on tuesday` are a
    week after the coming one. Two-digit years are of this century. Raises BadInput("bad-date") with what is
    wrong.
    """
    typed = " ".join(clean(text).casefold().replace("’", "'").split())
    if not typed:
        raise BadInput("bad-date", f"The date is empty; {_EXAMPLES}")
    if len(typed) > _LONGEST:
        raise BadInput("bad-date", f"The date is longer than {_LONGEST} characters; {_EXAMPLES}")
    if typed in _NAMED:
        return today + timedelta(days=_NAMED[typed])
    for pattern, reader in _RULES:
        if found := pattern.fullmatch(typed):
            try:
                return _in_reach(reader(found, today, prefer), today)
            except OverflowError:
                raise _out_of_reach(today) from None
    return _in_reach(_by_dateparser(typed, today), today)


def parse_when(text: str, now: datetime, *, prefer: Prefer = "near") -> datetime:
    """The instant that `text` means, in UTC: `09:15`, `fri 14:30`, `2.30pm yesterday`, `20 minutes ago`,
    `now`.

    `now` is aware. Times are those of a clock on a wall in England. A day without a time means noon there
    (today: now). Raises BadInput("bad-time") or BadInput("bad-date") with what is wrong, also for an hour
    that the spring change leaves out; an hour that comes twice in autumn is taken the first time.
    """
    typed = " ".join(clean(text).casefold().split())
    local = now.astimezone(LONDON)
    if typed in {"now", "just now"}:
        return now.astimezone(UTC)
    if found := _AGO.fullmatch(typed):
        minutes = _count(found["count"]) * (60 if found["unit"].startswith("h") else 1)
        return (now - timedelta(minutes=minutes)).astimezone(UTC)
    if _STAMP.match(typed):
        return _stamp(typed, local)
    for pattern in (_TIME_LAST, _TIME_FIRST):
        if found := pattern.fullmatch(typed):
            day = parse_date(found["date"], local.date(), prefer=prefer) if found["date"] else local.date()
            return _on_the_wall(day, _time(found))
    day = parse_date(typed, local.date(), prefer=prefer)
    return now.astimezone(UTC) if day == local.date() else _on_the_wall(day, time(12))


def coming_day(text: str, now: datetime) -> date | None:
    """The day to come that a day and month without a year may mean, where it is read as last year's.

    On 20 November a `23/11` of something that has happened is rather a slip for another day than a note of
    last year. None where the day was given with its year, or is more than 92 days off.
    """
    try:
        past = parse_when(text, now, prefer="past").astimezone(LONDON).date()
        near = parse_when(text, now, prefer="near").astimezone(LONDON).date()
    except BadInput:  # a weekday beside the date may fit one year only
        return None
    ahead = near - now.astimezone(LONDON).date()
    same = (past.month, past.day) == (near.month, near.day) and past.year < near.year
    return near if same and ahead <= LONG_AGO else None


def _in_reach(day: date, today: date) -> date:
    if not today.year - YEARS_BACK <= day.year <= today.year + YEARS_AHEAD:
        raise _out_of_reach(today)
    return day


def _out_of_reach(today: date) -> BadInput:
    first, last = today.year - YEARS_BACK, today.year + YEARS_AHEAD
    return BadInput("bad-date", f"The year is out of reach; dates from {first} to {last} are taken.")


def _by_dateparser(typed: str, today: date) -> date:
    """What dateparser makes of the rest; only texts with both letters and digits, for it guesses freely at
    others.
    """
    if re.search("[a-z]", typed) and re.search("[0-9]", typed):
        import dateparser

        found = dateparser.parse(
            typed,
            locales=["en-GB"],
            settings={
                "RELATIVE_BASE": datetime.combine(today, time(12)),
                "PREFER_DATES_FROM": "current_period",
                "REQUIRE_PARTS": ["day", "month"],
                "RETURN_AS_TIMEZONE_AWARE": False,
            },
        )
        if found is not None:
            return date(found.year, found.month, found.day)
    if re.fullmatch("[0-9]+", typed):
        raise BadInput("bad-date", f"A number alone is not a date; {_EXAMPLES}")
    if re.fullmatch(_MONTH, typed):
        raise BadInput("bad-date", "A month alone is not a date; write the day too, such as 23 nov.")
    raise BadInput("bad-date", f"“{safe(typed)}” is not a date; {_EXAMPLES}")


def _shift(today: date, count: int, unit: str) -> date:
    if unit in _DAYS_IN:
        return today + timedelta(days=count * _DAYS_IN[unit])
    months = today.year * 12 + today.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    if not date.min.year <= year <= date.max.year:
        raise OverflowError
    return date(year, month + 1, min(today.day, monthrange(year, month + 1)[1]))


def _count(text: str) -> int:
    if text in {"a", "an"}:
        return 1
    return _COUNTS.index(text) if text in _COUNTS else int(text)


def _weekday(text: str) -> int:
    return next(n for n, name in enumerate(_WEEKDAYS) if name[:3].lower() == text[:3])


def _coming(weekday: int, today: date, prefer: Prefer = "near") -> date:
    if prefer == "past":
        return today - timedelta(days=(today.weekday() - weekday) % 7)
    return today + timedelta(days=(weekday - today.weekday()) % 7)


def _exact(year: int, month: int, day: int) -> date:
    if not 1 <= month <= 12:
        raise BadInput("bad-date", f"There is no month {month}; the day comes first, such as 23/11.")
    if year < 1:
        raise BadInput("bad-date", f"There is no year {year}; {_EXAMPLES}")
    length = monthrange(year, month)[1]
    if not 1 <= day <= length:
        of_year = f" {year}" if month == 2 else ""
        name = _MONTHS[month - 1] + of_year
        raise BadInput("bad-date", f"There is no {day} {name}; {name} has {length} days.")
    return date(year, month, day)


def _of_any_year(month: int, day: int, today: date, prefer: Prefer) -> date:
    days = []
    for year in (today.year, today.year + 1, today.year - 1):
        if (month, day) != (2, 29) or monthrange(year, 2)[1] == 29:
            days.append(_exact(year, month, day))
    if prefer == "future":
        days = [one for one in days if one >= today]
    elif prefer == "past":
        days = [one for one in days if one <= today]
    if not days:
        raise BadInput("bad-date", "There is no 29 February in the years around; write the year too.")
    return min(days, key=lambda one: abs(one - today))


def _read_shift(found: re.Match[str], today: date, _: Prefer) -> date:
    count = int(found["count"]) * (-1 if found["sign"] == "-" else 1)
    return _shift(today, count, _UNITS[found["unit"]])


def _read_date(found: re.Match[str], today: date, prefer: Prefer) -> date:
    """Day, month, and maybe a year and a weekday, in whatever order."""
    parts = found.groupdict()
    month = parts["month"]
    number = int(month) if month.isdigit() else _month(month)
    if parts.get("y"):
        year = int(parts["y"])
        day = _exact(year + 2000 if len(parts["y"]) == 2 else year, number, int(parts["d"]))
    else:
        day = _of_any_year(number, int(parts["d"]), today, prefer)
    if parts.get("day") and day.weekday() != _weekday(parts["day"]):
        is_, said = _WEEKDAYS[day.weekday()], _WEEKDAYS[_weekday(parts["day"])]
        raise BadInput("bad-date", f"{spell(day)[4:]} is a {is_}, not a {said}; correct one of them.")
    return day


def _month(text: str) -> int:
    return next(n for n, name in enumerate(_MONTHS, 1) if name[:3].lower() == text[:3])


def _read_weekday(found: re.Match[str], today: date, prefer: Prefer) -> date:
    weekday = _weekday(found["day"])
    monday = today - timedelta(days=today.weekday())
    match found["which"]:
        case "next":
            return monday + timedelta(days=7 + weekday)
        case "last":
            return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
        case "this":
            return monday + timedelta(days=weekday)
        case "coming":
            return _coming(weekday, today)
        case _:
            return _coming(weekday, today, prefer)


def _read_weeks_on(found: re.Match[str], today: date, _: Prefer) -> date:
    parts = found.groupdict()
    weeks = _count(parts["count"]) if parts.get("count") else 1
    return _coming(_weekday(found["day"]), today) + timedelta(days=weeks * _DAYS_IN[found["unit"]])


def _read_count(found: re.Match[str], today: date, _: Prefer) -> date:
    way = found.groupdict().get("way")
    count = _count(found["count"])
    return _shift(today, -count if way in {"ago", "before today"} else count, found["unit"])


def _read_from_day(found: re.Match[str], today: date, _: Prefer) -> date:
    return _shift(today + timedelta(days=_NAMED[found["from"]]), 1, found["unit"])


def _read_whole(found: re.Match[str], today: date, _: Prefer) -> date:
    return _shift(today, 1 if found["which"] == "next" else -1, found["unit"])


def _read_edge(found: re.Match[str], today: date, _: Prefer) -> date:
    """The edge of a week (Monday, Friday), a month or a year; the end of this week is never past."""
    ends = found["edge"] == "end"
    which = found["which"]
    unit = found["unit"]
    step = {"next": 1, "last": -1}.get(which or "", 0)
    if unit == "week":
        monday = today - timedelta(days=today.weekday() - 7 * step)
        friday = monday + timedelta(days=4)
        return _coming(4, today) if ends and not step and friday < today else friday if ends else monday
    there = _shift(today.replace(day=1), step, unit)
    if unit == "month":
        return there.replace(day=monthrange(there.year, there.month)[1] if ends else 1)
    return date(there.year, 12, 31) if ends else date(there.year, 1, 1)


_RULES: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern, re.ASCII), reader)
    for pattern, reader in (
        (r"(?P<sign>[+-]) ?(?P<count>[0-9]{1,4}) ?(?P<unit>[dwmy])", _read_shift),
        (rf"(?:on )?(?:(?P<which>this|next|last|coming)(?: coming)? )?{_DAY}", _read_weekday),
        (r"(?P<y>[0-9]{4})(?P<sep>[-/.])(?P<month>[0-9]{1,2})(?P=sep)(?P<d>[0-9]{1,2})", _read_date),
        (
            rf"(?:{_DAY},? )?(?P<d>[0-9]{{1,2}})(?P<sep>[-/.])(?P<month>[0-9]{{1,2}})"
            r"(?:(?P=sep)(?P<y>[0-9]{4}|[0-9]{2}))?",
            _read_date,
        ),
        (rf"(?:{_DAY},? )?{_D}(?: of)?[ -]?{_MONTH}(?:[,-]? ?(?P<y>[0-9]{{4}}|[0-9]{{2}}))?", _read_date),
        (rf"(?:{_DAY},? )?{_MONTH} {_D}(?:,? (?P<y>[0-9]{{4}}))?", _read_date),
        (rf"{_COUNT} (?P<unit>week|fortnight)s? (?:on|from|after)(?: this| next)? {_DAY}", _read_weeks_on),
        (rf"(?:on )?{_DAY} (?P<unit>week|fortnight)", _read_weeks_on),
        (rf"in {_COUNT} {_UNIT}(?: time)?", _read_count),
        (rf"{_COUNT} {_UNIT} (?P<way>ago|before today|from now|from today|time)", _read_count),
        (
            r"(?:an? )?(?P<unit>week|fortnight|month) (?:from )?(?P<from>today|tomorrow|yesterday)",
            _read_from_day,
        ),
        (r"(?P<which>next|last) (?P<unit>week|month|year)", _read_whole),
        (rf"{_EDGE}(?:(?P<which>this|next|last) )?(?P<unit>week|month|year)", _read_edge),
    )
)

_AGO = re.compile(rf"{_COUNT} ?(?P<unit>m|mins?|minutes?|h|hrs?|hours?) ago", re.ASCII)
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}t[0-9]", re.ASCII)
# A point parts hours from minutes only before am or pm: 9.10 alone may as well be the ninth of October.
_CLOCK = (
    r"(?:at )?(?P<h>[0-9]{1,2})(?::(?P<m>[0-9]{2})(?::[0-9]{2})?(?: ?(?P<half>[ap]\.?m\.?))?"
    r"|(?:\.(?P<m2>[0-9]{2}))? ?(?P<half2>[ap]\.?m\.?))"
)
_TIME_LAST = re.compile(rf"(?:(?P<date>.+?),? )?{_CLOCK}", re.ASCII)
_TIME_FIRST = re.compile(rf"{_CLOCK},? (?:on )?(?P<date>.+)", re.ASCII)


def _time(found: re.Match[str]) -> time:
    hour, minute = int(found["h"]), int(found["m"] or found["m2"] or 0)
    half = found["half"] or found["half2"]
    if half and not 1 <= hour <= 12:
        raise BadInput("bad-time", f"There is no {hour} {half[0]}m; write 14:30 or 2.30pm.")
    if half:
        hour = hour % 12 + (12 if half[0] == "p" else 0)
    if hour > 23 or minute > 59:
        raise BadInput("bad-time", f"There is no time {hour:02}:{minute:02}; hours go to 23, minutes to 59.")
    return time(hour, minute)


def _on_the_wall(day: date, at: time) -> datetime:
    local = datetime.combine(day, at, LONDON)
    instant = local.astimezone(UTC)
    if instant.astimezone(LONDON).time() != at:
        raise BadInput(
            "bad-time", f"The clocks go forward on {spell(day)}, so {at:%H:%M} does not come that day."
        )
    return instant


def _stamp(typed: str, local: datetime) -> datetime:
    try:
        stamp = datetime.fromisoformat(typed.upper())
    except ValueError:
        raise BadInput(
            "bad-time", f"“{safe(typed)}” is not a time; write 2026-11-20T08:41Z or fri 14:30."
        ) from None
    _in_reach(stamp.date(), local.date())
    return _on_the_wall(stamp.date(), stamp.time()) if stamp.tzinfo is None else stamp.astimezone(UTC)
