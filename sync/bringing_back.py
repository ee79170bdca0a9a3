"""What a central record that was put back lost and this laptop holds, as the steps that bring it back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from datetime import datetime
from typing import Any

from casework.canonical import defaults, facet_hash, octets_of
from casework.edits import BROUGHT_BACK
from casework.facets import OPENED_BY, TOLD, Facet, facets, joined, stand_ins
from casework.policies import Category
from storage.central.holdings import Holdings
from storage.central.lacking import read_lacking, read_unsaid, without_unsaid
from storage.central.read_later import Names, ReadLater, read_later
from storage.central.state import read_state
from storage.store import Store
from sync.messages.steps import Changed, Formerly, SentEdit

_SAFEGUARDING = Facet(Category.SAFEGUARDING)


class BringingBack:
    """What one laptop holds, told to a central record that has it no more; by whichever transport."""

    def __init__(self, store: Store, *, now: Callable[[], datetime], new_id: Callable[[], str]) -> None:
        self._store = store
        self._conn = store.conn
        self._now = now
        self._new_id = new_id
        self._holdings = Holdings(store.conn)

    def lacking(self) -> list[SentEdit]:
        """What the central record knows only a part of, as far as this laptop may hold the rest of it."""
        return [*self.rest(read_lacking(self._conn)), *self._later()]

    def rest(self, wanted: Iterable[tuple[str, str, Collection[str]]]) -> list[SentEdit]:
        """What this laptop may hold and has to say of these fields of records, given with type and id."""
        wanted = list(wanted)
        values = self._holdings.read((kind, record) for kind, record, _ in wanted)
        masks = self._holdings.masks()
        found = []
        for kind, record, names in wanted:
            fields = values[kind, record]
            if fields is None:
                continue
            mask = 0
            for scope in self._holdings.scopes_of(kind, record, fields):
                mask |= masks.get(scope, 0)
            exact = {name: facet for facet, part in facets(kind, fields).items() for name in part}
            shown = {**defaults(kind), **stand_ins(kind, fields)}
            changes = [
                Changed(type=kind, record=record, field=name, old=shown.get(name, ""), new=fields[name])
                for name in names
                if name in exact and mask & OPENED_BY[exact[name]] and fields[name] != shown.get(name, "")
            ]
            if changes:
                found.append(self._as_step(changes))
        return found

    def _later(self) -> list[SentEdit]:
        """What was read here later than the backup."""
        return self._as_held(read_later(self._conn))

    def parts(self, records: Iterable[tuple[str, str]]) -> dict[str, dict[str, str]]:
        """Of these records (type, id), a hash of each facet that is held, by key; nothing where nobody can
        tell whether it was read later than a backup.
        """
        if not ReadLater(self._conn, self._holdings).is_open:
            return {}
        return {
            record: {facet.key: octets_of(facet_hash(kind, record, facet, part)).hex() for facet, part in own}
            for (kind, record), parts in self._held(records).items()
            if (own := [*parts.items()])
        }

    def held_otherwise(self, records: Iterable[tuple[str, str]]) -> list[SentEdit]:
        """What is held of these records (type, id), which the central record has otherwise. Which fields
        differ is not known here: what is empty says nothing.
        """
        later = ReadLater(self._conn, self._holdings)
        unsaid = read_unsaid(self._conn)
        found: Names = {}
        for (kind, record), parts in self._held(records).items():
            usual = defaults(kind)
            held = {
                name: value for name, value in joined(parts.values()).items() if value != usual.get(name, "")
            }
            found[record] = kind, later.to_say(kind, record, held, unsaid.get(record, ()))
        return self._as_held(found)

    def _as_held(self, names: Names) -> list[SentEdit]:
        """The values of these fields as far as they are held, by the record they are about: how a conflict
        was settled together with the value that was chosen.
        """
        steps: dict[str, list[Changed]] = {}
        values = self._held((kind, record) for record, (kind, _) in names.items())
        for (kind, record), parts in values.items():
            held = joined(parts.values())
            steps.setdefault(held["record"] if kind == "conflict" else record, []).extend(
                Changed(type=kind, record=record, field=name, old=None, new=held[name])
                for name in names[record][1]
                if name in held
            )
        return [self._as_step(changes, knew=True) for changes in steps.values() if changes]

    def _held(self, records: Iterable[tuple[str, str]]) -> dict[tuple[str, str], dict[Facet, dict[str, Any]]]:
        """The facets of these records (type, id) that may be held; nothing of one that is not there."""
        masks = self._holdings.masks()
        found = {}
        for (kind, record), fields in self._holdings.read(records).items():
            if fields is None:
                continue
            mask = 0
            for scope in self._holdings.scopes_of(kind, record, fields):
                mask |= masks.get(scope, 0)
            parts = facets(kind, fields).items()
            found[kind, record] = {facet: part for facet, part in parts if mask & OPENED_BY[facet]}
        return found

    def brought_back(self, record_type: str, record: str) -> SentEdit | None:
        """What is held of a record, as a step that makes it; None where nothing counts, or where it is of a
        decision that this laptop was merely told of: whoever holds all of it brings it back.
        """
        values = self._holdings.read([(record_type, record)])[record_type, record]
        parts = dict(facets(record_type, values)) if values is not None else {}
        for facet, unknown in self._holdings.extras.of([record]).get(record, {}).items():
            parts[facet] = parts.get(facet, {}) | unknown
        masks = self._holdings.masks()
        mask = 0
        for scope in self._holdings.scopes_of(record_type, record, joined(parts.values())):
            mask |= masks.get(scope, 0)
        lead = next(iter(parts), None)
        stated = _SAFEGUARDING if lead in TOLD.values() else lead
        if stated is None or not mask & OPENED_BY[stated]:
            return None
        held = joined(part for facet, part in parts.items() if mask & OPENED_BY[facet])
        held = without_unsaid(record_type, held, read_unsaid(self._conn).get(record, ()))
        return self._as_step([Changed(type=record_type, record=record, field="", old=None, new=held)])

    def _as_step(self, changes: list[Changed], *, knew: bool = False) -> SentEdit:
        """A step; with `knew` it knew all that the backup had."""
        state = read_state(self._conn)
        is_known = bool(knew and state.anew and state.former_epoch)
        return SentEdit(
            id=self._new_id(),
            worker=self._store.actor.worker,
            name=BROUGHT_BACK,
            at=self._now().isoformat(),
            seen=state.seq,
            knew=state.common if is_known else 0,
            former=Formerly(epoch=state.former_epoch, seq=state.former) if is_known else None,
            changes=changes,
        )
