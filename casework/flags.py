"""Flags: dated facts that change how a child is looked after, each with its source and its review.

Recorded once per kind while it stands; ended, not erased. Source: local practice (each flag with source, date
and review date), so that nobody is treated by a fact that no longer holds. The names of the steps do not say
which flag it is: the kind alone may be protected.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from casework.days_given import require_come
from casework.edits import Edit, create, update
from casework.errors import BadInput, Refused
from casework.records import Flag
from casework.wording import FLAGS, say_day


def record_flag(flag: Flag, held: Sequence[Flag], today: date) -> Edit:
    """A new flag as a named edit; `held` are the child's flags.

    Raises BadInput without a source, with a day of the flag to come or a review that is over; Refused where
    one of the kind stands already.
    """
    if not flag.source.strip():
        raise BadInput("source-missing", "Say who told of it, or where it stands.", "--source")
    if flag.since is not None:
        require_come(flag.since, today, "A flag is recorded once it holds.", "--since")
    _require_ahead(flag.review, today, "--review")
    if any(one.kind == flag.kind and one.ended is None for one in held):
        raise Refused("flag-stands", f"That flag stands already: {FLAGS[flag.kind]}. Review or end it.")
    return Edit("Flag recorded", (create(flag),), subject=flag.child)


def review_flag(flag: Flag, review: date | None, today: date, **changed: Any) -> Edit:
    """The flag still holds: its next review, with other words where they changed.

    Raises Refused when it has ended or nothing changes, BadInput for a review that is over.
    """
    _require_stands(flag)
    if review != flag.review:
        _require_ahead(review, today, "--review")
    changes = update(flag, review=review, **changed)
    if not changes:
        raise Refused("nothing-to-do", "It says so already.", flag.id)
    return Edit("Flag reviewed", changes, subject=flag.child)


def end_flag(flag: Flag, on: date, today: date, **changed: Any) -> Edit:
    """The flag holds no more from a day on. Raises Refused when it has ended, BadInput for a day that does
    not fit.
    """
    _require_stands(flag)
    require_come(on, today, "A flag ends on a day that has come.")
    if flag.since is not None and on < flag.since:
        raise BadInput(
            "before-it-began", f"It holds since {say_day(flag.since)}; it cannot end before.", "--on"
        )
    changes = update(flag, ended=on, **changed)
    return Edit("Flag ended", changes, subject=flag.child)


def _require_stands(flag: Flag) -> None:
    if flag.ended is not None:
        raise Refused("flag-ended", f"That flag ended on {say_day(flag.ended)}.", flag.id)


def _require_ahead(review: date | None, today: date, where: str) -> None:
    if review is not None and review < today:
        raise BadInput("review-is-over", "The review is a day to come.", where)
