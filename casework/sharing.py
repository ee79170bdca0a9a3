"""The one function that decides who may see what: `may_see`. Screens, exports and searches ask it.

Without an agreement on record a worker sees what their agency's own work needs and nothing else: the rest is
withheld, and shown as withheld with the reason, unless its very existence is protected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal

from casework.policies import Category
from casework.records import Child, Worker

Purpose = Literal["support", "assessment", "planning", "attendance", "safeguarding", "evaluation"]
Answer = Literal["yes", "no", "ask"]

_BASE = frozenset({Category.IDENTITY, Category.ATTENDANCE, Category.EDUCATION, Category.WORKFORCE})
_CONTACTS = _BASE | {Category.FAMILY}
OWN_WORK: Mapping[str, frozenset[Category]] = {
    "early-help": _CONTACTS | {Category.SEND, Category.SAFEGUARDING},
    "social-care": _CONTACTS | {Category.SEND, Category.SOCIAL_CARE, Category.SAFEGUARDING},
    "school": _CONTACTS | {Category.SEND, Category.SAFEGUARDING},
    "inclusion-attendance": _CONTACTS | {Category.SEND, Category.SAFEGUARDING},
    "school-nursing": frozenset({Category.IDENTITY, Category.EDUCATION, Category.HEALTH, Category.WORKFORCE}),
    "youth-justice": _BASE | {Category.YOUTH_JUSTICE},
    "voluntary": frozenset({Category.IDENTITY, Category.WORKFORCE}),
    "management": _BASE,
}
"""What each agency's own work needs (design, "Data categories and who may see"). The rest needs agreement."""

HIDDEN_EXISTENCE = frozenset({Category.YOUTH_JUSTICE})
"""Categories of which not even the existence is shown to those who may not see them."""

_NAMES: Mapping[Category, str] = {
    Category.SOCIAL_CARE: "Social care",
    Category.YOUTH_JUSTICE: "Youth justice",
    Category.SEND: "Special educational needs",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a worker may see a category of a child's record, with the reason in words.

    `shown` tells whether the screen may say that something is withheld.
    """

    answer: Answer
    reason: str
    shown: bool = True

    def __bool__(self) -> bool:
        return self.answer == "yes"


_DETENTION = "Y5"
_UNABLE = "Y"


def shown_marks(marks: str, decision: Decision) -> str:
    """A week string as a worker may see it: code Y5 tells of custody, so without a yes for youth justice it
    shows as Y, unable to attend. Counts are taken from the real marks.
    """
    return marks if decision or _DETENTION not in marks else marks.replace(_DETENTION, _UNABLE)


def note_of_mark(code: str) -> str:
    """A neutral note where `shown_marks` has put Y; "" for every other code."""
    return "Y: unable to attend" if code == _UNABLE else ""


def may_see(worker: Worker, child: Child, category: Category, purpose: Purpose, on: date) -> Decision:
    """Whether `worker` may see `category` of `child`'s record for `purpose` on a day."""
    del child, purpose, on
    if not worker.active:
        return Decision("no", "This worker has left the team.")
    if category in OWN_WORK[worker.agency]:
        return Decision("yes", f"The work of {worker.agency} needs it.")
    if category in HIDDEN_EXISTENCE:
        return Decision("no", "Only the agency that holds it sees it.", shown=False)
    name = _NAMES.get(category, category.value.capitalize())
    return Decision("ask", f"{name} is not part of {worker.agency}'s own work, and no agreement is recorded.")
