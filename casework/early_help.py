"""Early help clocks and counts: allocation within working days, and re-referral in both its senses."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from casework.clocks import add_months, add_working_days, next_working_day
from casework.parameters import ALLOCATION_DAYS, RE_REFERRAL_MONTHS, at, at_or_first
from casework.wording import count_of, say_day


@dataclass(frozen=True, slots=True)
class WorkingDayDeadline:
    """A deadline in working days; ``day_zero`` is the working day it runs from."""

    due: date
    day_zero: date
    reasons: tuple[str, ...]


def working_day_deadline(
    received: date, working_days: int | None = None, extra_closed: Collection[date] = ()
) -> WorkingDayDeadline:
    """Due at the end of the Nth working day after ``received`` (by default the 4 days to allocation).

    Working days are Monday to Friday without England's bank holidays and without ``extra_closed`` (days an
    administrator added); school holidays make no difference. Something received on another day counts from
    the next working day, which is day 0. Raises ValueError for a negative number of days.
    """
    days = at(ALLOCATION_DAYS, received) if working_days is None else working_days
    day_zero = next_working_day(received, extra_closed)
    due = add_working_days(day_zero, days, extra_closed)
    skipped = (due - day_zero).days - days
    reasons = [f"Day 0 is {say_day(day_zero)}; {count_of(days, 'working day')} later is {say_day(due)}."]
    if day_zero != received:
        reasons.insert(0, f"{say_day(received)} is not a working day, so the next working day is day 0.")
    if skipped:
        reasons.append(f"{count_of(skipped, 'day')} of weekend or bank holiday in between not counted.")
    return WorkingDayDeadline(due, day_zero, tuple(reasons))


@dataclass(frozen=True, slots=True)
class ReReferral:
    """Re-referral in both senses, each None when its earlier date is not known.

    ``from_referral``: within 12 months of the previous referral (DfE, children in need).
    ``from_closure``: within 12 months of the previous closure (many early help teams).
    """

    from_referral: bool | None
    from_closure: bool | None
    reasons: tuple[str, ...]


def re_referral(
    new_referral: date, previous_referral: date | None, previous_closure: date | None = None
) -> ReReferral:
    """Whether a referral is a re-referral, counted both ways; the anniversary itself no longer counts.

    Raises ValueError when an earlier date lies after ``new_referral``.
    """
    months = at_or_first(RE_REFERRAL_MONTHS, new_referral)
    verdicts: list[bool | None] = []
    reasons = []
    for name, earlier in (("referral", previous_referral), ("closure", previous_closure)):
        if earlier is None:
            verdicts.append(None)
            if name == "referral":
                reasons.append("No previous referral is known.")
            continue
        if earlier > new_referral:
            raise ValueError(f"the previous {name} lies after the new referral")
        ends = add_months(earlier, months)
        inside = new_referral < ends
        verdicts.append(inside)
        reasons.append(
            f"{months} months from the previous {name} on {say_day(earlier)} end on {say_day(ends)}: "
            f"{say_day(new_referral)} is {'within' if inside else 'not within'} them."
        )
    return ReReferral(verdicts[0], verdicts[1], tuple(reasons))
