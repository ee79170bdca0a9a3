"""Giving up what this laptop may not hold any more: of a record some facets, or all of it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import cache, reduce
from operator import or_
from typing import Any

from casework.edits import Change
from casework.facets import FACET_OF_KEY, OPENED_BY, Facet, facets, joined, plain_facets
from casework.records import RECORD_TYPES
from casework.scopes import EVERYBODY, own_scope
from storage import reindex, search_index
from storage.central.delivery import Received, Row
from storage.central.forgetting import forget_words, take_out, types_of
from storage.central.given_up import add_given_up
from storage.central.holdings import Entry, Holdings, Values
from storage.central.others_steps import note_steps
from storage.central.outbox import want
from storage.central.weighing import weighed
from storage.cipher import Connection
from storage.journal import apply_steps


@cache
def _all_of(record_type: str) -> int:
    """The bits of every facet that a record of this type can have."""
    named = plain_facets(record_type)
    return reduce(or_, (OPENED_BY[facet] for facet, _ in named) if named is not None else OPENED_BY.values())


def changed_by(row: Row, before: Mapping[str, Any], own: Collection[str] = ()) -> list[Change]:
    """What a row changes of a record that is held, but for its `own` fields, which waiting steps hold; a
    field that is withheld now is emptied.
    """
    return [
        Change(row.type, row.id, name, before[name], value)
        for name, value in (row.values or {}).items()
        if before[name] != value and name not in own
    ]


class Narrowing:
    """What one transaction gives up. What waiting steps hold, which are `busy`, is asked for anew instead."""

    def __init__(
        self,
        conn: Connection,
        holdings: Holdings,
        busy: Mapping[str, Collection[str]],
        answer: Received,
        touched: set[str],
        at: datetime,
    ) -> None:
        """`answer` and `touched` are told what was given up, and the types of what was changed."""
        self._conn, self._holdings, self._busy = conn, holdings, busy
        self._extras = holdings.extras
        self._answer, self._touched, self._at = answer, touched, at
        self._given_up: list[Entry] = []
        self._let_go: set[Entry] = set()
        self._stale: set[str] = set()
        self._searched = False

    def finish(self) -> None:
        """At the end of the transaction: no word of what was given up stays in the search index, and it is
        kept what this laptop can state of it.
        """
        reindex.refresh(self._conn, self._stale)
        if self._searched:
            search_index.rebuild(self._conn)
        add_given_up(self._conn, self._given_up)
        self._given_up, self._stale, self._searched = [], set(), False

    def let_go(self) -> list[Entry]:
        """The adults and homes that are here still, and from which something was taken out that tied them, or
        with which they stayed: they are to be looked at again once everything has come.
        """
        return sorted(self._let_go.difference(self._given_up))

    def forget(self, entry: Entry, names: Collection[str], shown: Mapping[str, Any]) -> None:
        """What these fields of a record said is gone, but for what is `shown` of it now."""
        record_type, record = entry
        forget_words(self._conn, record, names, shown)
        self._searched = self._searched or reindex.is_searched(record_type, names)

    def narrow(self, records: Iterable[Entry], known: dict[Entry, Values] | None = None) -> set[Entry]:
        """Give up what may not be held any more of these records, facet by facet; what is to be counted.

        `known` are their fields; those that change are taken out of it.
        """
        known = self._holdings.read(list(records)) if known is None else known
        recount = set(known)
        masks = self._holdings.masks()
        unknown = self._extras.of([record for _, record in known])
        for (record_type, record), values in list(known.items()):
            if record in self._busy:
                want(self._conn, [(record_type, record)])
                continue
            if values is None:
                self._narrow_unknown(record_type, record, unknown.get(record, {}), masks)
                continue
            scopes = self._holdings.scopes_of(record_type, record, values)
            mask = reduce(or_, (masks.get(scope, 0) for scope in scopes), 0)
            if record not in unknown and _all_of(record_type) & ~mask == 0:
                continue
            parts = facets(record_type, values)
            if not mask & OPENED_BY[next(iter(parts))]:
                if scopes == [EVERYBODY] and not mask:
                    continue  # it was not said yet; the worker whose laptop this is is among it
                if self._holdings.left_by(record_type, record):
                    continue
                recount |= self.purge(record, record_type)
                del known[record_type, record]
                continue
            if record in unknown:
                self._extras.narrow(record, mask)
            held = {facet.key: part for facet, part in parts.items() if mask & OPENED_BY[facet]}
            if len(held) == len(parts):
                continue
            changes = changed_by(weighed([Row(record_type, record, 0, held)])[0], values)
            if changes:
                step = note_steps(self._conn, [None], self._at)[0]
                self._stale |= apply_steps(self._conn, [(step, changes)])
                del known[record_type, record]
                lost = parts.keys() - {FACET_OF_KEY[key] for key in held}
                names = {name for facet in lost for name in parts[facet]}
                self.forget((record_type, record), names, joined(held.values()))
                self._touched.add(record_type)
        return recount

    def _narrow_unknown(
        self,
        record_type: str,
        record: str,
        parts: Mapping[Facet, Mapping[str, Any]],
        masks: Mapping[str, int],
    ) -> None:
        """Give up what may not be held any more of a record that has no row, for its kind was not known when
        it came.
        """
        if parts:
            mask = masks.get(own_scope(record_type, record, joined(parts.values())), 0)
            if mask & OPENED_BY[next(iter(parts))]:
                self._extras.narrow(record, mask)
            else:
                self.purge(record, record_type)

    def purge(self, record: str, record_type: str = "") -> set[Entry]:
        """Take a record out of this laptop; what is to be counted."""
        kinds = [record_type] if record_type else types_of(self._conn, self._extras, record)
        for kind in filter(reindex.is_searched, kinds):
            self._stale |= reindex.children_of(self._conn, kind, record)
            self._searched = True
        for kind in kinds:
            self._let_go.update(self._holdings.tied_with(kind, record))
        take_out(self._conn, self._extras, kinds, record)
        self._touched.update(kind for kind in kinds if kind in RECORD_TYPES)
        self._answer.purged += len(kinds)
        given_up = [(kind, record) for kind in kinds]
        self._given_up += given_up
        return set(given_up)
