"""Special educational needs: the 20 weeks to an education, health and care plan, and its annual review.

Source: Special Educational Needs and Disability Regulations 2014. Weeks are 7 calendar days; weekends and
holidays do not shift them. An exemption is a recorded reason with dates and never moves the clock silently.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from casework.clocks import add_months
from casework.parameters import (
    ASSESS_WEEKS,
    DRAFT_COMMENT_DAYS,
    FINAL_PLAN_WEEKS,
    NO_PLAN_WEEKS,
    REVIEW_DECISION_WEEKS,
    REVIEW_FINAL_WEEKS,
    REVIEW_MONTHS,
    REVIEW_MONTHS_UNDER_5,
    at,
)
from casework.wording import say_day


@dataclass(frozen=True, slots=True)
class PlanTimeline:
    """The last days of the steps from a request to a plan."""

    decision_to_assess_by: date
    no_plan_notice_by: date
    final_plan_by: date
    reasons: tuple[str, ...]


def plan_timeline(request_received: date) -> PlanTimeline:
    """The 6, 16 and 20 week limits from the day the local authority received the request."""
    steps = (
        ("the decision whether to assess", at(ASSESS_WEEKS, request_received)),
        ("notice that there will be no plan", at(NO_PLAN_WEEKS, request_received)),
        ("the final plan", at(FINAL_PLAN_WEEKS, request_received)),
    )
    days = [request_received + timedelta(weeks=weeks) for _, weeks in steps]
    reasons = [f"The request was received on {say_day(request_received)}."]
    reasons += [
        f"{weeks} weeks ({weeks * 7} days) later: {what} by {say_day(day)}."
        for (what, weeks), day in zip(steps, days, strict=True)
    ]
    return PlanTimeline(days[0], days[1], days[2], tuple(reasons))


def draft_comments_until(draft_sent: date) -> date:
    """The first day on which the parents' 15 calendar days to comment on a draft plan have run."""
    return draft_sent + timedelta(days=at(DRAFT_COMMENT_DAYS, draft_sent))


@dataclass(frozen=True, slots=True)
class AnnualReview:
    """The last days after a review meeting; ``final_amended_by`` is None until the letter is sent."""

    decision_by: date
    final_amended_by: date | None
    reasons: tuple[str, ...]


def annual_review(meeting: date, decision_letter: date | None = None) -> AnnualReview:
    """Decision within 4 weeks of the meeting; a plan amended is final within 8 weeks of the letter."""
    weeks = at(REVIEW_DECISION_WEEKS, meeting)
    decision_by = meeting + timedelta(weeks=weeks)
    reasons = [f"{weeks} weeks after the meeting on {say_day(meeting)}: decision by {say_day(decision_by)}."]
    if decision_letter is None:
        reasons.append("No decision letter yet, so no date for a final amended plan.")
        return AnnualReview(decision_by, None, tuple(reasons))
    final_weeks = at(REVIEW_FINAL_WEEKS, decision_letter)
    final = decision_letter + timedelta(weeks=final_weeks)
    reasons.append(
        f"{final_weeks} weeks after the decision letter of {say_day(decision_letter)}: final amended plan by "
        f"{say_day(final)}."
    )
    if decision_letter > decision_by:
        reasons.append(f"The decision letter came {(decision_letter - decision_by).days} days late.")
    return AnnualReview(decision_by, final, tuple(reasons))


def next_review_by(last_review: date, *, under_five: bool = False) -> date:
    """The day by which the next review is due: 12 months after the last one, 6 for a child under 5."""
    table = REVIEW_MONTHS_UNDER_5 if under_five else REVIEW_MONTHS
    return add_months(last_review, at(table, last_review))
