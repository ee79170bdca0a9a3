"""The day of an instant: that of a clock on a wall in England, never that of UTC or of the computer.

Half past midnight in a British summer is still the day before in UTC, in which instants are kept.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def day_of(at: datetime) -> date:
    """The day in England of an instant that knows its zone."""
    return at.astimezone(LONDON).date()


def local_day(stamp: str) -> date:
    """The day in England of an instant as records keep it (ISO text; without a zone it is in UTC).

    Raises ValueError for any other text.
    """
    at = datetime.fromisoformat(stamp)
    return day_of(at if at.tzinfo else at.replace(tzinfo=UTC))


def day_begins(day: date) -> str:
    """The first minute of a day in England as the start of an instant in UTC, to compare kept ones with."""
    return f"{datetime.combine(day, time(), LONDON).astimezone(UTC):%Y-%m-%dT%H:%M}"
