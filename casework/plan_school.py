"""The school's part in a family's plan: it is in it only when the family agreed.

Source: Kent Family Support Framework, support plan ("School included only if the family is happy with it").
A decision to share without agreement lets a school see; it makes nobody of the school part of a plan.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from casework.errors import Refused
from casework.policies import Category
from casework.sharing import Decision

if TYPE_CHECKING:
    from casework.records import Child
    from casework.records_sharing import Agreement
    from casework.vocabulary import Agency

SCHOOL: Agency = "school"
"""The agency whose part in a plan rests on agreement."""

_UNASKED = Decision("ask", "The family has not been asked whether the school may be in the plan.")
_HOW = "C on the child (or `outreach consent record`) records what they say of school, family, planning."


def school_in_plan(agreements: Iterable[Agreement], child: Child, on: date) -> Decision:
    """Whether the family agreed that the school is in the plan, with the reason: what it says of the
    school's seeing the family's part for planning.
    """
    # Most plans have no school in them, and a start should not load what reads agreements.
    from casework.agreements import answer_of

    voice = answer_of(agreements, child, SCHOOL, Category.FAMILY, "planning", on)
    if voice is None:
        return _UNASKED
    return Decision(voice.answer, voice.reason, agreement=voice.agreement.id)


def require_school_agreed(agency: str, school: Decision | None) -> None:
    """Raise Refused where the school would come into a plan without the family's agreement; `school` is the
    answer of `school_in_plan`, None where nobody asked.
    """
    school = _UNASKED if school is None else school
    if agency != SCHOOL or school:
        return
    message = f"The school is in a plan only when the family agreed. {school.reason} {_HOW}"
    raise Refused("school-not-agreed", message, "--agency")
