"""A person's rights over the record: when a subject-access request must be answered.

Source: UK GDPR art. 12; guidance of the Information Commissioner's Office; Data (Use and Access) Act 2025.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta

from casework.clocks import add_months, next_working_day
from casework.parameters import ACCESS_EXTENSION_MONTHS, ACCESS_MONTHS, at
from casework.wording import count_of, say_day


@dataclass(frozen=True, slots=True)
class AccessDeadline:
    """The last day for an answer; ``unmoved`` is that day before weekends and bank holidays moved it."""

    due: date
    unmoved: date
    reasons: tuple[str, ...]


def subject_access_deadline(
    received: date,
    *,
    complex_request: bool = False,
    paused_days: int = 0,
    extra_closed: Collection[date] = (),
) -> AccessDeadline:
    """One calendar month from receipt: the same date next month, or that month's last day.

    A weekend or bank holiday moves it to the next working day. A complex request has 2 months more;
    ``paused_days`` are the calendar days on which the clock stood still for identity or clarification. Raises
    ValueError when they are negative.
    """
    if paused_days < 0:
        raise ValueError("paused_days cannot be negative")
    months = at(ACCESS_MONTHS, received) + (at(ACCESS_EXTENSION_MONTHS, received) if complex_request else 0)
    month_end = add_months(received, months)
    unmoved = month_end + timedelta(days=paused_days)
    due = next_working_day(unmoved, extra_closed)
    reasons = [f"{count_of(months, 'calendar month')} from {say_day(received)} is {say_day(month_end)}."]
    if paused_days:
        reasons.append(f"The clock stood still for {count_of(paused_days, 'day')}: {say_day(unmoved)}.")
    if due != unmoved:
        reasons.append(f"{say_day(unmoved)} is not a working day, so the answer is due on {say_day(due)}.")
    return AccessDeadline(due, unmoved, tuple(reasons))
