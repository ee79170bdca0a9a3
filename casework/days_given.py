"""The days that a worker gives: of what was done they have come, of what is planned they are to come."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from casework.dates import SOON, coming_day, parse_date
from casework.errors import BadInput
from casework.wording import say_day


def require_come(day: date, today: date, sentence: str, where: str = "--on") -> None:
    """Raise BadInput with a sentence unless a day has come: what lies ahead was not done, said or received.

    `where` names the option or field for the person who typed it.
    """
    if day > today:
        raise BadInput("in-the-future", sentence, where)


def require_year(text: str, now: datetime | date) -> None:
    """Raise BadInput("year-needed") for a day without its year that soon comes: of the past it is a slip."""
    at = now if isinstance(now, datetime) else datetime.combine(now, time(12), UTC)
    coming = coming_day(text, at)
    if coming is not None:
        raise BadInput(
            "year-needed",
            f"{say_day(coming)} is still to come; if you mean the year before, give it too: "
            f"{coming.day}/{coming.month}/{coming.year - 1}.",
        )


def day_to_come(text: str, today: date, since: date | None = None) -> date:
    """The day that `text` means of something to come, such as a review: the coming one, counted from `since`.

    `since` is the day from which it runs, by default today; it may lie in the past. Raises
    BadInput("year-needed") for a day without its year that was within 60 days before `since`: read as the
    coming one it would be almost a year off, and may be a slip.
    """
    first = today if since is None else since
    near = parse_date(text, today)
    if near >= first:
        return near
    coming = parse_date(text, today, prefer="future")
    if coming > near and first - near <= SOON:
        raise BadInput(
            "year-needed",
            f"{say_day(near)} is over; if you mean the year after, give it too: "
            f"{coming.day}/{coming.month}/{coming.year}.",
        )
    return coming
