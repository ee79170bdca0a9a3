"""What a family agreed to, and what was shared without agreement: the records that sharing rests on.

An agreement is the family's; the organisation's lawful basis is another thing and is kept apart
(`casework.sharing_grid`). A withdrawal closes an agreement for good: agreeing again is a new record.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from casework.policies import Category as C
from casework.policies import Meta, Purpose
from casework.policies import Policy as P
from casework.records import Line, Prose, Record
from casework.vocabulary import Agency

AgreementStatus = Literal["given", "limited", "refused", "withdrawn"]
SAFEST_FIRST: tuple[AgreementStatus, ...] = ("withdrawn", "refused", "limited", "given")
"""Statuses of an agreement; one never moves towards the end of this row (agreeing anew is a new record)."""
Responsibility = Literal["yes", "no", "unknown"]
Capacity = Literal["", "child", "responsible"]
"""Decides as the child, or as a holder of parental responsibility; "" where neither is known."""
PairWord = Annotated[str, Field(max_length=80, pattern="^[a-z_-]+(:[a-z_-]+)+$")]
"""A limit for one agency, `school:health` (`casework.limits`). One of a later version is kept as it came."""


class Agreement(Record):
    """What one person agreed to, or refused, about one child: which agencies, purposes and categories.

    Empty `agencies`, `purposes` or `categories` of a refusal mean all of them; of an agreement given they
    mean none. `exclude` holds the family's own words; `exclude_agencies`, `exclude_categories` and
    `exclude_pairs` what a worker who read them found they cover: whole agencies, whole categories, and one
    category for one agency. `exclude_read` says that somebody did, where no pair does (`casework.limits`).
    `capacity` and `giver` stand for who gave it where the family's names are withheld: `giver` is one word
    for all that one person gave for the child, and names nobody (docs/decisions/0030).
    Source: HM Government, Information sharing advice for practitioners, 2024; local practice on who may
    agree.
    """

    type = "agreement"
    child: Annotated[str, Meta(C.IDENTITY, "About", P.APPEND_ONLY)]
    given_by: Annotated[Line, Meta(C.FAMILY, "Given by", P.APPEND_ONLY)]
    relationship: Annotated[Line, Meta(C.FAMILY, "Relationship", P.APPEND_ONLY)] = ""
    responsibility: Annotated[Responsibility, Meta(C.FAMILY, "Parental responsibility", P.APPEND_ONLY)] = (
        "unknown"
    )
    how_known: Annotated[Line, Meta(C.FAMILY, "How known", P.APPEND_ONLY)] = ""
    gillick: Annotated[Prose, Meta(C.FAMILY, "Why the child is competent to decide", P.APPEND_ONLY)] = ""
    capacity: Annotated[Capacity, Meta(C.IDENTITY, "Decides as", P.APPEND_ONLY)] = ""
    giver: Annotated[Line, Meta(C.IDENTITY, "Stands for who gave it", P.APPEND_ONLY, shown=False)] = ""
    status: Annotated[AgreementStatus, Meta(C.IDENTITY, "Status", P.WITHDRAW_WINS)]
    agencies: Annotated[tuple[Agency, ...], Meta(C.IDENTITY, "Agencies", P.APPEND_ONLY)] = ()
    categories: Annotated[tuple[C, ...], Meta(C.IDENTITY, "Categories", P.APPEND_ONLY)] = ()
    purposes: Annotated[tuple[Purpose, ...], Meta(C.IDENTITY, "Purposes", P.APPEND_ONLY)] = ()
    exclude: Annotated[Prose, Meta(C.FAMILY, "Not to be shared, in the family's words", P.WITHDRAW_WINS)] = ""
    exclude_agencies: Annotated[
        tuple[Agency, ...], Meta(C.IDENTITY, "Agencies the words rule out", P.WITHDRAW_WINS)
    ] = ()
    exclude_categories: Annotated[
        tuple[C, ...], Meta(C.IDENTITY, "Categories the words rule out", P.WITHDRAW_WINS)
    ] = ()
    exclude_pairs: Annotated[
        tuple[PairWord, ...], Meta(C.IDENTITY, "What the words keep from one agency", P.WITHDRAW_WINS)
    ] = ()
    exclude_read: Annotated[bool, Meta(C.IDENTITY, "Somebody settled what the words cover")] = False
    method: Annotated[
        Literal["", "written", "verbal", "electronic"], Meta(C.IDENTITY, "Method", P.APPEND_ONLY)
    ] = ""
    interpreter: Annotated[Line, Meta(C.FAMILY, "Interpreter", P.APPEND_ONLY)] = ""
    leaflet: Annotated[Line, Meta(C.IDENTITY, "Leaflet version", P.APPEND_ONLY)] = ""
    given_on: Annotated[date, Meta(C.IDENTITY, "On", P.APPEND_ONLY)]
    review: Annotated[date | None, Meta(C.IDENTITY, "Review by")] = None
    expires: Annotated[date | None, Meta(C.IDENTITY, "Expires", P.MIN)] = None
    withdrawn_on: Annotated[date | None, Meta(C.IDENTITY, "Withdrawn on", P.MIN)] = None
    withdrawn_why: Annotated[Prose, Meta(C.FAMILY, "Why withdrawn")] = ""
    by: Annotated[str, Meta(C.WORKFORCE, "Recorded by", P.APPEND_ONLY)]


class Disclosure(Record):
    """A decision to share without agreement, or not to share: who decided, what, with whom and why.

    It never changes an agreement. `until` is the last day on which it opens anything (source: DfE,
    Information sharing advice, 2024: record the decision and the reasons, shared or not).
    """

    type = "disclosure"
    child: Annotated[str, Meta(C.SAFEGUARDING, "About", P.APPEND_ONLY)]
    decision: Annotated[Literal["share", "not-share"], Meta(C.SAFEGUARDING, "Decision", P.APPEND_ONLY)] = (
        "share"
    )
    agency: Annotated[Agency, Meta(C.SAFEGUARDING, "With", P.APPEND_ONLY)]
    categories: Annotated[tuple[C, ...], Meta(C.SAFEGUARDING, "What", P.APPEND_ONLY)]
    purpose: Annotated[Purpose, Meta(C.SAFEGUARDING, "Purpose", P.APPEND_ONLY)]
    reason: Annotated[Prose, Meta(C.SAFEGUARDING, "Reason", P.APPEND_ONLY)]
    decided_by: Annotated[Line, Meta(C.SAFEGUARDING, "Decided by", P.APPEND_ONLY)]
    consulted: Annotated[Line, Meta(C.SAFEGUARDING, "Consulted", P.APPEND_ONLY)] = ""
    family_told: Annotated[Literal["", "yes", "no"], Meta(C.SAFEGUARDING, "Family told", P.APPEND_ONLY)] = ""
    told_why: Annotated[Prose, Meta(C.SAFEGUARDING, "Why told or not told", P.APPEND_ONLY)] = ""
    decided_on: Annotated[date, Meta(C.SAFEGUARDING, "On", P.APPEND_ONLY)]
    until: Annotated[date | None, Meta(C.SAFEGUARDING, "Until", P.MIN)] = None
    by: Annotated[str, Meta(C.WORKFORCE, "Recorded by", P.APPEND_ONLY)]
