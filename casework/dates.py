"""Dates and times as people in English schools type them: ``fri``, ``next tue``, ``+2w``, ``23/11``, ``tuesday week``.

Nothing is taken on trust: whoever asks shows what was understood with its weekday (`spell`) before it counts. The
forms below are read here, in microseconds; only what is left goes to dateparser. A bare number or month, a day that
does not exist, a weekday that does not go with its date, and a year out of reach are refused with the reason.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from casework.errors import BadInput
from casework.text import clean, safe
from casework.wording import say_day as spell

__all__ = ["LONDON", "YEARS_AHEAD", "YEARS_BACK", "Prefer", "parse_date", "parse_when", "spell"]

Prefer = Literal["near", "future", "past"]
LONDON = ZoneInfo("Europe/London")
YEARS_BACK = 30
YEARS_AHEAD = 10
_LONGEST = 60

_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_NUMBERS = {
    "a": 1,
    "an": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
}
_DAY = r"(?P<day>mon|tue|tues|wed|weds|thu|thur|thurs|fri|sat|sun|{})".format("|".join(_WEEKDAYS))
_MONTH = r"(?P<month>sept|{}|{})".format("|".join(_MONTHS), "|".join(name[:3] for name in _MONTHS))
_COUNT = r"(?P<count>[0-9]{{1,4}}|{})".format("|".join(_NUMBERS))
_UNIT = r"(?P<unit>days?|weeks?|fortnights?|months?|years?)"

_SHIFT = re.compile(r"(?P<sign>[+-])\s?(?P<count>[0-9]{1,4})\s?(?P<unit>[dwmy])")
_ISO = re.compile(r"(?P<y>[0-9]{4})[-/.](?P<m>[0-9]{1,2})[-/.](?P<d>[0-9]{1,2})")
_NUMERIC = re.compile(r"(?P<d>[0-9]{1,2})(?P<sep>[-/.])(?P<m>[0-9]{1,2})(?:(?P=sep)(?P<y>[0-9]{2}|[0-9]{4}))?")
_DAY_MONTH = re.compile(
    rf"(?:{_DAY},? )?(?:the )?(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?(?: of)? ?{_MONTH}(?:,? (?P<y>[0-9]{{2}}|[0-9]{{4}}))?"
)
_MONTH_DAY = re.compile(
    rf"(?:{_DAY},? )?{_MONTH} (?:the )?(?P<d>[0-9]{{1,2}})(?:st|nd|rd|th)?(?:,? (?P<y>[0-9]{{4}}))?"
)
_WEEKDAY = re.compile(rf"(?:on )?(?P<which>this|next|last|coming)?(?: coming)? ?{_DAY}")
_WEEK_ON = re.compile(rf"(?:(?P<a>a|1|one|two|2) weeks? (?:on|from|after)(?: this)? {_DAY}|(?:on )?{_DAY.replace('day>', 'day2>')} (?P<b>week|fortnight))")
_IN = re.compile(rf"in {_COUNT} {_UNIT}|{_COUNT.replace('count', 'count2')} {_UNIT.replace('unit', 'unit2')} (?P<way>ago|from now|from today|time)")
_WEEK_TIME = re.compile(r"(?:a )?(?P<unit>week|fortnight|month)'?s? (?:today|from today|time)|(?P<way>next|last) (?P<unit2>week|month|year)")
_END = re.compile(r"(?:the )?(?P<edge>end|start|beginning) of (?:the )?(?:(?P<which>this|next|last) )?(?P<unit>week|month|year)")
_NAMED = {
    "today": 0,
    "now": 0,
    "tonight": 0,
    "tomorrow": 1,
    "tmrw": 1,
    "yesterday": -1,
    "day after tomorrow": 2,
    "the day after tomorrow": 2,
    "day before yesterday": -2,
    "the day before yesterday": -2,
}
_TIME = re.compile(r"(?:at )?(?P<h>[0-9]{1,2})(?:[:.](?P<m>[0-9]{2}))?(?::[0-9]{2})? ?(?P<half>am|pm|a\.m\.|p\.m\.)?")
_BARE_YEARLESS = re.compile(r"[0-9]+|" + _MONTH)
