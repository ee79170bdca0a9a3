"""The records of the work. A new field is one line here, or in a room beside (`casework.records_...`).

Ids are UUIDv7 text. UPN, NHS number and council ids are optional attributes: validated, warned about, never
a key. Records are frozen: a change is an `Edit` (casework.edits), never an assignment.

Annotations are objects here, not text (`from __future__ import annotations`): pydantic would compile each of
some hundred texts anew in every process.
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from casework.policies import Category as C
from casework.policies import Meta
from casework.policies import Policy as P
from casework.record_types import RecordTypes
from casework.text import clean
from casework.vocabulary import Agency

LONGEST_LINE = 300
"""Characters of a one-line text."""
LONGEST_NOTE = 100_000
"""Characters of a note."""

Line = Annotated[str, Field(max_length=LONGEST_LINE), AfterValidator(clean)]
Whole = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
"""A whole number as far as the databases know them."""


def _known_moment(at: datetime) -> datetime:
    """A moment that every clock and calendar of the app can show. Raises ValueError."""
    if at.tzinfo is None:
        raise ValueError("a moment says its time zone")
    if not 1900 <= at.year < 2200:
        raise ValueError("a moment lies between 1900 and 2200")
    return at


Moment = Annotated[datetime, AfterValidator(_known_moment)]
Prose = Annotated[
    str,
    Field(max_length=LONGEST_NOTE),
    AfterValidator(lambda text: clean(text, limit=LONGEST_NOTE, newlines=True)),
]
FlagKind = Literal[
    "child-protection",
    "child-in-need",
    "looked-after",
    "previously-looked-after",
    "young-carer",
    "ehc-plan",
    "sen-support",
    "free-school-meals",
    "service-child",
    "eal",
    "youth-justice",
    "missing-exploitation",
    "address-protection",
    "risk-to-visitors",
]
FLAG_CATEGORY: Mapping[str, C] = {
    "child-protection": C.SOCIAL_CARE,
    "child-in-need": C.SOCIAL_CARE,
    "looked-after": C.SOCIAL_CARE,
    "previously-looked-after": C.SOCIAL_CARE,
    "young-carer": C.FAMILY,
    "ehc-plan": C.SEND,
    "sen-support": C.SEND,
    "free-school-meals": C.EDUCATION,
    "service-child": C.EDUCATION,
    "eal": C.EDUCATION,
    "youth-justice": C.YOUTH_JUSTICE,
    "missing-exploitation": C.SAFEGUARDING,
    "address-protection": C.SAFEGUARDING,
    "risk-to-visitors": C.SAFEGUARDING,
}
"""A flag's own category follows its kind, so that one record type can hold them all."""


class Record(BaseModel):
    """One row of the caseload. `void` marks a record that an undo took back; it stays in history."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)
    type: ClassVar[str]
    derived_from: ClassVar[frozenset[str]] = frozenset()

    id: str
    void: bool = False

    @classmethod
    def derived(cls, values: Mapping[str, Any]) -> dict[str, Any]:
        """Columns that follow from the others, stored for querying and never edited."""
        del values
        return {}


class Child(Record):
    """A child or young person. Their name for daily use is `known_as`."""

    type = "child"
    surname: Annotated[Line, Meta(C.IDENTITY, "Surname", searched=True)]
    forename: Annotated[Line, Meta(C.IDENTITY, "Forename", searched=True)]
    known_as: Annotated[Line, Meta(C.IDENTITY, "Known as", searched=True)] = ""
    former_names: Annotated[tuple[Line, ...], Meta(C.IDENTITY, "Former names", P.UNION, searched=True)] = ()
    dob: Annotated[date | None, Meta(C.IDENTITY, "Date of birth")] = None
    upn: Annotated[Line, Meta(C.EDUCATION, "UPN", searched=True)] = ""
    former_upns: Annotated[tuple[Line, ...], Meta(C.EDUCATION, "Former UPNs", P.UNION, searched=True)] = ()
    nhs_number: Annotated[Line, Meta(C.HEALTH, "NHS number")] = ""
    council_id: Annotated[Line, Meta(C.IDENTITY, "Council id")] = ""
    household: Annotated[str | None, Meta(C.FAMILY, "Household", searched=True)] = None
    school: Annotated[str | None, Meta(C.EDUCATION, "School", P.CENTRAL_WINS, searched=True)] = None
    year_group: Annotated[Line, Meta(C.EDUCATION, "Year group", P.CENTRAL_WINS)] = ""
    reg: Annotated[Line, Meta(C.EDUCATION, "Registration group", P.CENTRAL_WINS)] = ""
    sen: Annotated[Literal["", "N", "K", "E"], Meta(C.SEND, "SEN provision", P.CENTRAL_WINS)] = ""
    language: Annotated[Line, Meta(C.IDENTITY, "First language")] = ""
    interpreter: Annotated[bool, Meta(C.IDENTITY, "Interpreter needed")] = False
    lead_worker: Annotated[str | None, Meta(C.WORKFORCE, "Lead worker")] = None
    team: Annotated[str | None, Meta(C.WORKFORCE, "Team")] = None
    tags: Annotated[tuple[Line, ...], Meta(C.EDUCATION, "Tags", P.UNION)] = ()


class Person(Record):
    """An adult in a child's life."""

    type = "person"
    title: Annotated[Line, Meta(C.FAMILY, "Title")] = ""
    surname: Annotated[Line, Meta(C.FAMILY, "Surname")]
    forename: Annotated[Line, Meta(C.FAMILY, "Forename")] = ""
    known_as: Annotated[Line, Meta(C.FAMILY, "Known as")] = ""
    phones: Annotated[tuple[Line, ...], Meta(C.FAMILY, "Phones")] = ()
    email: Annotated[Line, Meta(C.FAMILY, "Email")] = ""
    address: Annotated[Line, Meta(C.FAMILY, "Address")] = ""
    language: Annotated[Line, Meta(C.FAMILY, "Language")] = ""
    interpreter: Annotated[bool, Meta(C.FAMILY, "Interpreter needed")] = False
    do_not_contact: Annotated[bool, Meta(C.SAFEGUARDING, "Do not contact", P.WITHDRAW_WINS)] = False
    address_protected: Annotated[bool, Meta(C.SAFEGUARDING, "Address protected", P.WITHDRAW_WINS)] = False
    note: Annotated[Prose, Meta(C.FAMILY, "How to reach")] = ""


class Relationship(Record):
    """Who a person is to a child, whether they hold parental responsibility, and how that is known."""

    type = "relationship"
    child: Annotated[str, Meta(C.FAMILY, "Child")]
    person: Annotated[str, Meta(C.FAMILY, "Person")]
    kind: Annotated[Line, Meta(C.FAMILY, "Relationship")] = ""
    responsibility: Annotated[Literal["yes", "no", "unknown"], Meta(C.FAMILY, "Parental responsibility")] = (
        "unknown"
    )
    how_known: Annotated[Line, Meta(C.FAMILY, "How known")] = ""
    contact_order: Annotated[Whole, Meta(C.FAMILY, "Contact order")] = 9
    lives_with: Annotated[bool | None, Meta(C.FAMILY, "Lives with the child")] = None


class Household(Record):
    """Children and adults who live together; siblings are the children who share one."""

    type = "household"
    name: Annotated[Line, Meta(C.FAMILY, "Household")] = ""
    address: Annotated[Line, Meta(C.FAMILY, "Address", searched=True)] = ""
    address_protected: Annotated[
        bool, Meta(C.SAFEGUARDING, "Address protected", P.WITHDRAW_WINS, searched=True)
    ] = False


class School(Record):
    """A school by its URN (six digits, Get Information About Schools)."""

    type = "school"
    urn: Annotated[Line, Meta(C.EDUCATION, "URN")]
    name: Annotated[Line, Meta(C.EDUCATION, "School")]
    laestab: Annotated[Line, Meta(C.EDUCATION, "LA and establishment number")] = ""
    team: Annotated[str | None, Meta(C.WORKFORCE, "Team")] = None
    spoc: Annotated[Line, Meta(C.WORKFORCE, "Single point of contact")] = ""
    spoc_reach: Annotated[Line, Meta(C.WORKFORCE, "How to reach the single point of contact")] = ""
    liaison: Annotated[Line, Meta(C.WORKFORCE, "School Liaison Officer")] = ""
    liaison_reach: Annotated[Line, Meta(C.WORKFORCE, "How to reach the School Liaison Officer")] = ""


class Calendar(Record):
    """One term, INSET day or closure of one school; both dates belong to it."""

    type = "calendar"
    school: Annotated[str, Meta(C.EDUCATION, "School")]
    kind: Annotated[Literal["term", "inset", "closure"], Meta(C.EDUCATION, "Kind")]
    name: Annotated[Line, Meta(C.EDUCATION, "Name")] = ""
    start: Annotated[date, Meta(C.EDUCATION, "First day")]
    end: Annotated[date, Meta(C.EDUCATION, "Last day")]


class Worker(Record):
    """A member of a multi-agency team."""

    type = "worker"
    name: Annotated[Line, Meta(C.WORKFORCE, "Name")]
    agency: Annotated[Agency, Meta(C.WORKFORCE, "Agency", P.CENTRAL_WINS)]
    team: Annotated[str | None, Meta(C.WORKFORCE, "Team", P.CENTRAL_WINS)] = None
    schools: Annotated[tuple[str, ...], Meta(C.WORKFORCE, "Schools", P.CENTRAL_WINS)] = ()
    active: Annotated[bool, Meta(C.WORKFORCE, "Active", P.CENTRAL_WINS)] = True


class Team(Record):
    """A district's team, sitting in schools."""

    type = "team"
    name: Annotated[Line, Meta(C.WORKFORCE, "Team")]
    district: Annotated[Line, Meta(C.WORKFORCE, "District")] = ""


class Enrolment(Record):
    """A child's time on one school's roll. History stays when a child moves."""

    type = "enrolment"
    child: Annotated[str, Meta(C.EDUCATION, "Child")]
    school: Annotated[str, Meta(C.EDUCATION, "School", P.CENTRAL_WINS)]
    start: Annotated[date | None, Meta(C.EDUCATION, "From", P.CENTRAL_WINS)] = None
    end: Annotated[date | None, Meta(C.EDUCATION, "To", P.CENTRAL_WINS)] = None
    reg: Annotated[Line, Meta(C.EDUCATION, "Registration group", P.CENTRAL_WINS)] = ""


class Contact(Record):
    """An entry of the chronology: a call, visit, meeting or letter, and whether the child was seen."""

    type = "contact"
    child: Annotated[str, Meta(C.FAMILY, "Child", P.APPEND_ONLY)]
    at: Annotated[Moment, Meta(C.FAMILY, "When", P.APPEND_ONLY)]
    by: Annotated[str, Meta(C.WORKFORCE, "By", P.APPEND_ONLY)]
    kind: Annotated[
        Literal["call", "text", "email", "home-visit", "school-visit", "taf", "supervision", "letter"],
        Meta(C.FAMILY, "Kind", P.APPEND_ONLY),
    ]
    outcome: Annotated[
        Literal["", "parent", "child", "other", "message", "no-reply", "wrong-number", "refused"],
        Meta(C.FAMILY, "Outcome", P.APPEND_ONLY),
    ] = ""
    seen: Annotated[
        Literal["", "alone", "with-adult", "not-seen"], Meta(C.FAMILY, "Child seen", P.APPEND_ONLY)
    ] = ""
    note: Annotated[Prose, Meta(C.FAMILY, "Note", P.APPEND_ONLY)] = ""
    next_step: Annotated[Prose, Meta(C.FAMILY, "Next step", P.APPEND_ONLY)] = ""
    corrects: Annotated[str | None, Meta(C.FAMILY, "Corrects", P.APPEND_ONLY)] = None


class Flag(Record):
    """A dated fact that changes how a child is looked after, with its source and its review date."""

    type = "flag"
    child: Annotated[str, Meta(C.IDENTITY, "Child")]
    kind: Annotated[FlagKind, Meta(C.SAFEGUARDING, "Flag", P.WITHDRAW_WINS)]
    since: Annotated[date | None, Meta(C.SAFEGUARDING, "Since")] = None
    review: Annotated[date | None, Meta(C.SAFEGUARDING, "Review by")] = None
    ended: Annotated[date | None, Meta(C.SAFEGUARDING, "Ended")] = None
    source: Annotated[Line, Meta(C.SAFEGUARDING, "Source")] = ""
    note: Annotated[Prose, Meta(C.SAFEGUARDING, "Note")] = ""


class SavedView(Record):
    """A named filter of one screen, opened with a digit."""

    type = "saved_view"
    name: Annotated[Line, Meta(C.WORKFORCE, "Name", P.LAST_ARRIVAL)]
    screen: Annotated[Literal["today", "caseload"], Meta(C.WORKFORCE, "Screen", P.LAST_ARRIVAL)]
    filter: Annotated[Line, Meta(C.WORKFORCE, "Filter", P.LAST_ARRIVAL)]
    digit: Annotated[Whole, Meta(C.WORKFORCE, "Digit", P.LAST_ARRIVAL)] = 0
    worker: Annotated[str | None, Meta(C.WORKFORCE, "Worker", P.LAST_ARRIVAL)] = None


_ATTENDANCE = "casework.records_attendance"
_SHARING = "casework.records_sharing"
_CASE = "casework.records_case"
_LINKS = "casework.records_links"
RECORD_TYPES: Mapping[str, type[Record]] = RecordTypes(
    (
        Child,
        Person,
        Relationship,
        Household,
        School,
        Calendar,
        Worker,
        Team,
        Enrolment,
        Contact,
        Flag,
        SavedView,
    ),
    {
        "register_file": (_ATTENDANCE, "RegisterFile"),
        "import_mapping": (_ATTENDANCE, "ImportMapping"),
        "attendance_week": (_ATTENDANCE, "AttendanceWeek"),
        "attendance_total": (_ATTENDANCE, "AttendanceTotal"),
        "follow_up": (_ATTENDANCE, "FollowUp"),
        "agreement": (_SHARING, "Agreement"),
        "disclosure": (_SHARING, "Disclosure"),
        "notification": (_CASE, "Notification"),
        "pause": (_CASE, "Pause"),
        "episode": (_CASE, "Episode"),
        "assessment": (_CASE, "Assessment"),
        "score": (_CASE, "Score"),
        "plan": (_CASE, "Plan"),
        "outcome": (_CASE, "Outcome"),
        "action": (_CASE, "Action"),
        "review": (_CASE, "Review"),
        "disagreement": (_CASE, "Disagreement"),
        "link": (_LINKS, "Link"),
        "conflict": ("casework.records_sync", "Conflict"),
    },
)
"""Every record type that is stored, by its name."""


@cache
def meta_of(record_type: str, field: str) -> Meta | None:
    """The category, policy and label of a field; None for `id` and `void`."""
    info = RECORD_TYPES[record_type].model_fields[field]
    for item in info.metadata:
        if isinstance(item, Meta):
            return item
    return None
