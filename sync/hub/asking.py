"""The conflicts of one push: which are opened, and what settles others with them.

After a backup was put back a disagreement is met anew, by whoever comes first. A person is asked once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import bindparam, select

from casework.canonical import fingerprint, spelt
from casework.conflicts import disagreement
from casework.edits import CREATED
from casework.facets import FACETS, Facet, exact_facet
from casework.scopes import EVERYBODY, TIED, own_scope
from casework.sharing_grid import HIDDEN_EXISTENCE
from sync.hub import tables
from sync.hub.authors import Author, Authors
from sync.hub.central import Central, Held
from sync.hub.choices import Left
from sync.hub.removed import VOID
from sync.messages.steps import Changed, SentEdit

_TIED_TO = select(tables.tie.c.scope).where(tables.tie.c.record == bindparam("tied"))
_SETTLING = ("settled", "chosen")
_SIDES = ("central", "other")


class Asking:
    """The conflicts of one push, by one laptop."""

    def __init__(self, central: Central, device: str, authors: Authors) -> None:
        self._central = central
        self._device = device
        self._authors = authors

    def is_settled(self, change: Changed, edit: SentEdit) -> bool:
        """Whether a person settled this very disagreement: it is met anew after a backup was put back."""
        said = (spelt(change.new), edit.id)
        return any(
            said == (one.fields[side], one.fields.get(f"{side}_edit"))
            for one in self.about(self._central.get(change.record), change.field)
            for side in _SIDES
            if one.fields["settled"]
        )

    def settle_alike(self, edit: SentEdit, conflicts: Iterable[Left], seq: int) -> None:
        """What settles a conflict settles it wherever it is filed; who chose the same is who chose it.

        These conflicts stay settled though the step takes their settlement back.
        """
        for one in edit.changes:
            if one.type == "conflict" and one.field == "chosen" and one.new and not edit.taken_back:
                held = self._central.get(one.record)
                if held.fields["chosen"] == one.new:
                    held.versions = {**held.versions, "chosen": seq}
        changed = (one.record for one in edit.changes if one.type == "conflict" and one.field in _SETTLING)
        for record in dict.fromkeys(changed):
            self._settle_copies(self._central.get(record), seq)
        for left in conflicts:
            self._leave(left, seq)

    def _settle_copies(self, settled: Held, seq: int) -> None:
        about = self._central.get(settled.fields["record"])
        said = {name: settled.fields[name] for name in _SETTLING}
        since = settled.versions.get("settled", settled.versions.get(CREATED, 0))
        for one in self.about(about, settled.fields["field"]):
            is_copy = disagreement(one.fields) == disagreement(settled.fields)
            # One that was opened since asks about how this one was settled.
            is_older = one.versions.get(CREATED, 0) <= since
            is_asked = said["settled"] and is_older and _is_same(one.fields, settled.fields)
            settles = is_copy or (is_asked and not one.fields["settled"])
            if settles and any(one.fields[name] != value for name, value in said.items()):
                self._change(one, said, seq)

    def _leave(self, left: Left, seq: int) -> None:
        """Leave a conflict as somebody else settled it, and ask no more about what is taken back."""
        if left.stands is not None:
            for one in left.copies:
                one.fields = {**one.fields, "settled": True, "chosen": left.stands.value}
                one.versions = {**one.versions, **dict.fromkeys(_SETTLING, left.stands.seq)}
                self._central.touch(one, seq, self._device, known=False)
        for one in left.moot:
            about = self._central.get(one.fields["record"])
            stands = spelt(about.fields.get(one.fields["field"]))
            self._change(one, {"settled": True, "chosen": stands}, seq)

    def open(self, edit: SentEdit, n: int, change: Changed, seq: int, other: Author) -> None:
        """Keep the value that does not stand, as a record that goes where the field goes; `other` said it.

        About an adult or a home there is one for each child who shares it, for whoever works with one of them
        may hold nothing of the others. One that asks already about these two values, as they were met before
        a backup was put back, is that conflict, the other way round.
        """
        held = self._central.get(change.record)
        value = held.fields.get(change.field)
        stands = self._authors.whose(held, change.field, value, self._authors.of(held, change.field))
        other = self._authors.whose(held, change.field, change.new, other)
        fields = {
            "record": held.id,
            "record_type": held.type,
            "field": change.field,
            "base": spelt(change.old),
            "central": spelt(value),
            "central_by": stands.worker,
            "central_at": stands.at,
            "central_edit": stands.edit,
            "other": spelt(change.new),
            "other_by": other.worker,
            "other_at": other.at,
            "other_edit": other.edit,
            "settled": False,
            "facet": _facet_of(held, change).key,
            "chosen": "",
            "void": False,
        }
        asked = {
            one.fields.get("child"): one
            for one in self.about(held, change.field)
            if not one.fields["settled"] and _is_same(one.fields, fields)
        }
        for scope in self._filed_with(held):
            child = scope or None
            new = fingerprint(edit.id, n, scope, size=16).hex()
            kept = asked.get(child) or self._central.get(new)
            kept.versions = kept.versions or {CREATED: seq}
            kept.type, kept.fields = "conflict", {"child": child, **fields}
            self._central.touch(kept, seq, self._device, known=False)

    def brought_back(self, made: Mapping[str, Any], seq: int) -> dict[str, Any]:
        """The fields of a conflict that a laptop brings back, where the same was asked meanwhile.

        What is open on both sides goes on as the one that laptops hold, the way round that stands now. What
        was settled on either side is settled on both, by a choice that stands.
        """
        about = self._central.get(made["record"])
        for one in self.about(about, made["field"]):
            if one.fields.get("child") != made.get("child") or not _is_same(one.fields, made):
                continue
            asked = one.fields
            if asked["settled"]:
                return {**made, **{name: asked[name] for name in _SETTLING}}
            if not made["settled"]:
                self._change(one, {VOID: True}, seq)
                return asked
            if made["chosen"] == spelt(about.fields.get(made["field"])):
                self._change(one, {name: made[name] for name in _SETTLING}, seq)
        return {**made}

    def _change(self, one: Held, said: Mapping[str, Any], seq: int) -> None:
        one.fields = {**one.fields, **said}
        one.versions = {**one.versions, **dict.fromkeys(said, seq)}
        self._central.touch(one, seq, self._device, known=False)

    def about(self, held: Held, field: str) -> list[Held]:
        """The conflicts about a field of a record, wherever they are filed."""
        if not held.stands:
            return []
        return self._central.conflicts_about(self._filed_with(held), held.id, field)

    def _filed_with(self, held: Held) -> list[str]:
        """The children with whom a conflict about a record is filed: of an adult or a home, all who are tied
        to it; `EVERYBODY` where there is none.
        """
        scope = own_scope(held.type, held.id, held.fields)
        if scope == TIED:
            rows = self._central.connection.execute(_TIED_TO, {"tied": held.id})
            return sorted({row.scope for row in rows}) or [EVERYBODY]
        return [scope]


def _is_same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two conflicts about one field, neither taken back, ask about the same two values, and one step
    said a value of both. Nothing but a central record that was put back meets a step twice.
    """
    steps = [{fields.get(f"{side}_edit") or None for side in _SIDES} for fields in (one, other)]
    values = [{fields[side] for side in _SIDES} for fields in (one, other)]
    stand = not one.get(VOID) and not other.get(VOID)
    return stand and values[0] == values[1] and bool((steps[0] & steps[1]) - {None})


def _facet_of(held: Held, change: Changed) -> Facet:
    """The facet in which the values of a conflict go: the most protected of those that they would go in."""
    values = (held.fields.get(change.field), change.old, change.new)
    found = {exact_facet(held.type, {**held.fields, change.field: value}, change.field) for value in values}
    return max(found, key=lambda facet: (facet.category in HIDDEN_EXISTENCE, FACETS.index(facet)))
