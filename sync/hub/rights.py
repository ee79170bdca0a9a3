"""What a laptop may write: of children whom it holds, of the adults and homes that are tied to those, and
what is its worker's own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import cache

from casework.facets import FACETS, Facet, conflict_facet, leading_facet
from casework.policies import Category, Policy
from casework.scopes import TIED_TYPES, own_scope
from sync.hub.central import Central, Held
from sync.merge import policy_of
from sync.messages.steps import Changed, SentEdit

BIT = {facet: 1 << place for place, facet in enumerate(FACETS)}
NOT_ENTITLED = "not-entitled"
_CENTRAL = Policy.CENTRAL_WINS
_TEAMWIDE = frozenset({"school", "calendar", "worker", "team", "person", "household"}) | {
    "register_file",
    "import_mapping",
}
_NOBODYS = own_scope("saved_view", "", {})
"""The scope of a view without an owner: it goes to nobody."""
_NOT_THEIRS = "The worker does not work with this child, as the central record has it."
_NO_CHILD_OF_THEIRS = "The worker works with no child of this adult or home, as the central record has it."
_TIED_BY = {"relationship": "person", "child": "household"}


class Refusal(Exception):
    """Why an edit is kept aside: a code, and a sentence that tells nothing of a record.

    It `awaits` records that are not there yet, or children whom its laptop may not hold.
    """

    def __init__(self, code: str, reason: str, awaits: Collection[str] = ()) -> None:
        super().__init__(code)
        self.code, self.reason, self.awaits = code, reason, awaits


class Rights:
    """Of one laptop: the bits that it may hold of each scope, and when it lost some."""

    def __init__(self, central: Central, masks: Mapping[str, tuple[int, int]]) -> None:
        self._central, self._masks = central, masks

    def check(self, change: Changed, held: Held, edit: SentEdit, made: Collection[str]) -> None:
        """Raise Refusal unless the laptop may write this change of an edit; `made` came into being by it.

        Where a change takes a record to another child, both have to be the laptop's.
        """
        if change.type == "worker" and change.field and policy_of("worker", change.field) is _CENTRAL:
            raise Refusal("central", "Only the central record says who works where.")
        if change.type in TIED_TYPES:
            self._check_tied(held, edit, made)
        for tied in ties_to(change):
            self._check_tied(self._central.get(tied), edit, made)
        if change.type in _TEAMWIDE:
            return
        fields = held.fields or (change.new if isinstance(change.new, dict) else {})
        lead = BIT[conflict_facet(fields)] if change.type == "conflict" else _lead(change.type)
        if is_decided_not_to_share(change, held):
            lead = BIT[Facet(Category.IDENTITY)]
        scopes = [own_scope(change.type, change.record, fields)]
        if change.field:
            scopes.append(own_scope(change.type, change.record, {**fields, change.field: change.new}))
        for scope in scopes:
            if scope not in made and scope != _NOBODYS and not self._holds(scope, lead, edit):
                if change.type == "saved_view":
                    raise Refusal(NOT_ENTITLED, "The worker may not write this of another worker.")
                raise Refusal(NOT_ENTITLED, _NOT_THEIRS, (scope,))

    def _check_tied(self, held: Held, edit: SentEdit, made: Collection[str]) -> None:
        """An adult or a home is written, and tied to a child, by who holds it. Raises Refusal.

        Whoever ties it to a child of their own is sent it from then on.
        """
        if held.id in made or not held.scopes:
            return
        lead = _lead(held.type)
        if not any(scope in made or self._holds(scope, lead, edit) for scope in held.scopes):
            raise Refusal(NOT_ENTITLED, _NO_CHILD_OF_THEIRS, (*held.scopes, held.id))

    def may_hold(self, scope: str, record_type: str) -> bool:
        """Whether the laptop may hold records of this type of a scope now."""
        return bool(self._masks.get(scope, (0, 0))[0] & _lead(record_type))

    def _holds(self, scope: str, lead: int, edit: SentEdit) -> bool:
        """Whether the laptop holds what the facet of this bit leads in a scope, or did when the step was
        made.
        """
        mask, lost = self._masks.get(scope, (0, 0))
        return bool(mask & lead) or edit.seen < lost


@cache
def _lead(record_type: str) -> int:
    """The bit of the leading facet of a record type."""
    return BIT[leading_facet(record_type)]


def is_decided_not_to_share(change: Changed, held: Held) -> bool:
    """Whether a change brings in a decision not to share: recorded by whoever decided it and may know of the
    child, whatever they may see of it.
    """
    if change.type != "disclosure" or change.field or held.fields:
        return False
    return isinstance(change.new, dict) and change.new.get("decision") == "not-share"


def ties_to(change: Changed) -> Iterable[str]:
    """The adult or the home that a change of a relationship or of a child ties."""
    name = _TIED_BY.get(change.type)
    if name is None:
        return ()
    new = change.new
    if change.field == "" and isinstance(new, dict):
        new = new.get(name)
    elif change.field != name:
        return ()
    return (new,) if new and isinstance(new, str) else ()
