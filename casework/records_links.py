"""What two records of children are to one another, as a person decided: the same child, not so, siblings."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from casework.policies import Category as C
from casework.policies import Meta
from casework.policies import Policy as P
from casework.records import Line, Prose, Record

LinkKind = Literal["same", "different", "sibling"]


class Link(Record):
    """What a person decided of two children's records: `same`, `different` (looked at), or `sibling`.

    A link of kind `same` is a merge: `other` was set aside and is now part of `child`; the step that made the
    link made the merge, and `taken` names the fields that it took over. A split ends it. A link that has
    `ended_on` no longer holds.
    """

    type = "link"
    child: Annotated[str, Meta(C.IDENTITY, "Child", P.APPEND_ONLY)]
    other: Annotated[str, Meta(C.IDENTITY, "Other record", P.APPEND_ONLY)]
    kind: Annotated[LinkKind, Meta(C.IDENTITY, "Decision", P.APPEND_ONLY)]
    why: Annotated[Prose, Meta(C.FAMILY, "Why", P.APPEND_ONLY)] = ""
    taken: Annotated[tuple[Line, ...], Meta(C.IDENTITY, "Fields taken over", P.APPEND_ONLY)] = ()
    linked_on: Annotated[date, Meta(C.IDENTITY, "On", P.APPEND_ONLY)]
    by: Annotated[str, Meta(C.WORKFORCE, "By", P.APPEND_ONLY)]
    ended_on: Annotated[date | None, Meta(C.IDENTITY, "Ended on", P.APPEND_ONLY)] = None
    ended_why: Annotated[Prose, Meta(C.FAMILY, "Why ended", P.APPEND_ONLY)] = ""
    ended_by: Annotated[str, Meta(C.WORKFORCE, "Ended by", P.APPEND_ONLY)] = ""
