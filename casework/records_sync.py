"""What the central record leaves for a person to settle."""

from __future__ import annotations

from typing import Annotated

from casework.policies import Category as C
from casework.policies import Meta
from casework.policies import Policy as P
from casework.records import Line, Prose, Record


class Conflict(Record):
    """Two people gave one field two values, unknown to each other: the central one stands until settled.

    It is shared as the field is that it is about: `facet` is the part of the record (`casework.facets`) that
    holds the exact values. Values are JSON text. `chosen` is the value that a person settled it with; of two
    people who settle it unknown to each other the first stands, and where they chose differently the central
    record opens a new conflict. `central_edit` and `other_edit` are the steps that said the two values: met
    again, they are known by their ids and not by what a clock said.
    """

    type = "conflict"
    child: Annotated[str | None, Meta(C.IDENTITY, "Child", P.APPEND_ONLY)] = None
    record: Annotated[str, Meta(C.IDENTITY, "Record", P.APPEND_ONLY)]
    record_type: Annotated[Line, Meta(C.IDENTITY, "Kind of record", P.APPEND_ONLY)]
    field: Annotated[Line, Meta(C.IDENTITY, "Field", P.APPEND_ONLY)]
    base: Annotated[Prose, Meta(C.IDENTITY, "Before", P.APPEND_ONLY)]
    central: Annotated[Prose, Meta(C.IDENTITY, "Stands", P.APPEND_ONLY)]
    central_by: Annotated[Line, Meta(C.IDENTITY, "Stands by", P.APPEND_ONLY)] = ""
    central_at: Annotated[Line, Meta(C.IDENTITY, "Stands since", P.APPEND_ONLY)] = ""
    central_edit: Annotated[Line, Meta(C.IDENTITY, "Stands by step", P.APPEND_ONLY)] = ""
    other: Annotated[Prose, Meta(C.IDENTITY, "Also said", P.APPEND_ONLY)]
    other_by: Annotated[Line, Meta(C.IDENTITY, "Also said by", P.APPEND_ONLY)] = ""
    other_at: Annotated[Line, Meta(C.IDENTITY, "Also said at", P.APPEND_ONLY)] = ""
    other_edit: Annotated[Line, Meta(C.IDENTITY, "Also said by step", P.APPEND_ONLY)] = ""
    settled: Annotated[bool, Meta(C.IDENTITY, "Settled", P.MAX)] = False
    facet: Annotated[Line, Meta(C.IDENTITY, "Shared as", P.APPEND_ONLY)] = ""
    chosen: Annotated[Prose, Meta(C.IDENTITY, "Settled with", P.CENTRAL_WINS)] = ""
