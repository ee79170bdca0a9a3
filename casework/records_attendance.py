"""The records of attendance: the marks that schools' registers bring, and how an absence is followed up.

Annotations are objects here, for the reason given in `casework.records`.
"""

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal

from pydantic import Field

from casework.policies import Category as C
from casework.policies import Meta
from casework.policies import Policy as P
from casework.records import Line, Moment, Prose, Record, Whole
from casework.weeks import week_facts

FollowUpOutcome = Literal[
    "spoke",
    "no-answer",
    "left-message",
    "wrong-number",
    "reason",
    "visit-planned",
    "seen",
    "not-seen",
    "safeguarding",
    "closed",
    "told-social-worker",
]
TOLD_SOCIAL_WORKER: Final = "told-social-worker"
"""The outcome by which another service was told: no try to reach the family, and it settles nothing."""
OutcomeWord = Annotated[str, Field(max_length=40, pattern="^[a-z]+(-[a-z]+)*$")]
"""An outcome as it is kept: a caseload may hold one of a later version, which is then shown by its word."""


class RegisterFile(Record):
    """A file that was imported: what it was, so that every mark can name its source."""

    type = "register_file"
    name: Annotated[Line, Meta(C.WORKFORCE, "File", P.APPEND_ONLY)]
    digest: Annotated[str, Meta(C.WORKFORCE, "SHA-256", P.APPEND_ONLY)]
    format: Annotated[Line, Meta(C.WORKFORCE, "Shape", P.APPEND_ONLY)]
    school: Annotated[str | None, Meta(C.EDUCATION, "School", P.APPEND_ONLY)] = None
    at: Annotated[Moment, Meta(C.WORKFORCE, "Imported", P.APPEND_ONLY)]


class ImportMapping(Record):
    """How one school's exports are read: saved once, used each morning."""

    type = "import_mapping"
    school: Annotated[str, Meta(C.EDUCATION, "School", P.LAST_ARRIVAL)]
    mapping: Annotated[dict[str, Any], Meta(C.EDUCATION, "Mapping", P.LAST_ARRIVAL)]


class AttendanceWeek(Record):
    """A child's marks in one school week, as the register gives them.

    `marks` is ten space-separated slots, Monday AM to Friday PM, `-` for no mark. `lines` names the line of
    `source` (a RegisterFile) for each slot. An earlier mark that a later file corrected stays in history.
    """

    type = "attendance_week"
    derived_from = frozenset({"marks", "week"})
    child: Annotated[str, Meta(C.ATTENDANCE, "Child", P.APPEND_ONLY)]
    school: Annotated[str, Meta(C.ATTENDANCE, "School", P.APPEND_ONLY)]
    week: Annotated[date, Meta(C.ATTENDANCE, "Week of", P.APPEND_ONLY)]
    marks: Annotated[str, Meta(C.ATTENDANCE, "Marks", P.APPEND_ONLY)]
    lines: Annotated[str, Meta(C.ATTENDANCE, "Lines", P.APPEND_ONLY)] = ""
    source: Annotated[str, Meta(C.ATTENDANCE, "Source", P.APPEND_ONLY)] = ""
    comments: Annotated[dict[str, str], Meta(C.ATTENDANCE, "Comments", P.APPEND_ONLY)] = {}  # noqa: RUF012 (pydantic copies it)

    @classmethod
    def derived(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Counts of the week, and `unexplained`: a bit per slot whose mark is N."""
        return week_facts(values["marks"], values["week"])


class AttendanceTotal(Record):
    """A school year's totals as a summary or a CTF gives them; a cross-check, never a source of marks."""

    type = "attendance_total"
    child: Annotated[str, Meta(C.ATTENDANCE, "Child", P.CENTRAL_WINS)]
    school: Annotated[str, Meta(C.ATTENDANCE, "School", P.CENTRAL_WINS)]
    year: Annotated[Whole, Meta(C.ATTENDANCE, "School year starting", P.CENTRAL_WINS)]
    possible: Annotated[Whole, Meta(C.ATTENDANCE, "Possible sessions", P.CENTRAL_WINS)]
    attended: Annotated[Whole, Meta(C.ATTENDANCE, "Attended", P.CENTRAL_WINS)]
    authorised: Annotated[Whole, Meta(C.ATTENDANCE, "Authorised absence", P.CENTRAL_WINS)]
    unauthorised: Annotated[Whole, Meta(C.ATTENDANCE, "Unauthorised absence", P.CENTRAL_WINS)]
    source: Annotated[str, Meta(C.ATTENDANCE, "Source", P.CENTRAL_WINS)] = ""


class FollowUp(Record):
    """One step of following up an absence: who tried, what came of it, was the child seen."""

    type = "follow_up"
    child: Annotated[str, Meta(C.ATTENDANCE, "Child", P.APPEND_ONLY)]
    session_date: Annotated[date, Meta(C.ATTENDANCE, "Absence on", P.APPEND_ONLY)]
    at: Annotated[Moment, Meta(C.ATTENDANCE, "When", P.APPEND_ONLY)]
    by: Annotated[str, Meta(C.WORKFORCE, "By", P.APPEND_ONLY)]
    outcome: Annotated[FollowUpOutcome | OutcomeWord, Meta(C.ATTENDANCE, "Outcome", P.APPEND_ONLY)]
    with_whom: Annotated[
        Literal["", "parent", "child", "other"], Meta(C.ATTENDANCE, "With", P.APPEND_ONLY)
    ] = ""
    alone: Annotated[bool, Meta(C.ATTENDANCE, "Child spoken to alone", P.APPEND_ONLY)] = False
    reason_code: Annotated[Line, Meta(C.ATTENDANCE, "Reason (code)", P.APPEND_ONLY)] = ""
    note: Annotated[Prose, Meta(C.ATTENDANCE, "Note", P.APPEND_ONLY)] = ""
