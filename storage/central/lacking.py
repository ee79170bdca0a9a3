"""What this laptop holds of records of which a central record that was put back knows only a part.

Another laptop brought such a record back as far as it held it. What it could not hold is no value, so it
replaces none here: the field stays as it is, and is sent. So does what protects or ends an agreement, for it
wins against whoever did not know it: whoever wrote it down may come back late, or not at all.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from functools import cache
from typing import Any

from casework.canonical import defaults
from casework.facets import OPENED_BY, WITHHELD_WORDS, facets, joined
from casework.policies import Policy
from casework.records import meta_of
from casework.records_sharing import SAFEST_FIRST
from storage.central.delivery import Delivery, Row
from storage.central.holdings import Entry, Holdings
from storage.central.read_later import ReadLater
from storage.central.state import keep, kept, read_state
from storage.central.weighing import names_of
from storage.cipher import Connection

_NAME, _UNSAID = "lacking", "unsaid"
_OF_THE_END = ("withdrawn_on", "withdrawn_why")


class Lacking:
    """The fields of which a central record that was put back has heard nothing, by the record's id: those of
    one page, and what this laptop has to say of them.
    """

    def __init__(self, conn: Connection, holdings: Holdings, page: Delivery) -> None:
        """Made before the page changes what may be held."""
        self._conn, self._holdings, self._said = conn, holdings, page.lacking
        self._later = ReadLater(conn, holdings, page.stood)
        state = read_state(conn)
        self._is_anew, self._common = bool(state.anew), state.common
        self._unsaid = read_unsaid(conn)
        self._own: dict[tuple[str, str], list[str]] = {}

    def look_at(self, row: Row, before: Mapping[str, Any] | None) -> None:
        """Let what this laptop says of fields that the central record lacks, or that open less as they are
        here, stand in a row that came.

        Nobody has said anything of the rest, here or there.
        """
        names = self._said.get(row.id)
        unsaid = self._unsaid.pop(row.id, ())
        own: list[str] = []
        if self._is_anew and before is not None:
            if later := self._later.values(row, before, unsaid):
                row.values = {**(row.values or before), **later}
                row.share = None
            stand = {name: before[name] for name in _lacking(row, before, names or ())}
            stand |= _safer(row, before, is_known=row.seq <= self._common)
            own = [*stand]
            if own:
                row.values = {**(row.values or before), **stand}
                row.share = None
            if own or names is not None:
                self._own[row.type, row.id] = own
        if names is not None:
            self._unsaid[row.id] = sorted({*names} - {*own})

    def look_at_unsent(self, unsent: Collection[Entry], before: Mapping[str, int]) -> None:
        """Of records that are held in scopes that gain a facet, and that did not come with the page - the
        central record lost them -, nobody has said here what stands in that facet.

        `before` are the bits that might be held of those scopes; the page is not in place yet.
        """
        self._unsaid = _with(self._unsaid, _unheard(self._holdings, unsent, before))

    def note(self, gone: Iterable[str]) -> None:
        """Keep what is to be brought back, and what is not, in the caller's transaction."""
        self._later.note()
        for record in gone:
            self._unsaid.pop(record, None)
        if self._own:
            held = {record: (kind, names) for kind, record, names in read_lacking(self._conn)}
            held |= {record: (kind, names) for (kind, record), names in self._own.items()}
            said = [(kind, record, names) for record, (kind, names) in held.items()]
            keep(self._conn, _NAME, json.dumps(said))
        if self._unsaid != read_unsaid(self._conn):
            keep(self._conn, _UNSAID, json.dumps(self._unsaid))


def _lacking(row: Row, before: Mapping[str, Any], lacking: Collection[str]) -> list[str]:
    usual = defaults(row.type)
    return [name for name in lacking if name in before and before[name] not in (usual.get(name, ""), "")]


def _safer(row: Row, before: Mapping[str, Any], *, is_known: bool) -> dict[str, Any]:
    """What stands of fields that open less as they are here than as a row has them. Of one that may be opened
    again, only where the row `is_known`: this laptop had read it so before.
    """
    said = row.values
    if said is None:
        return {}
    found: dict[str, Any] = {}
    for name in sorted(_names_of_less(row.type) & before.keys() & said.keys()):
        held, there = before[name], said[name]
        if held in SAFEST_FIRST and there in SAFEST_FIRST:
            if SAFEST_FIRST.index(held) < SAFEST_FIRST.index(there):
                found |= {one: before[one] for one in _OF_THE_END if before[one] and not said[one]}
                found[name] = held
        elif isinstance(held, list):
            if not {*held} <= {*there}:
                found[name] = sorted({*held, *there})
        elif is_known and held and not there and held != WITHHELD_WORDS:
            found[name] = held
    return found


@cache
def _names_of_less(record_type: str) -> frozenset[str]:
    """The fields of a record type in which what opens less wins."""
    metas = ((name, meta_of(record_type, name)) for name in names_of(record_type))
    return frozenset(name for name, meta in metas if meta and meta.policy is Policy.WITHDRAW_WINS)


def read_lacking(conn: Connection) -> list[tuple[str, str, list[str]]]:
    """Type, id and fields of each record of which something is to be brought back."""
    return [(kind, record, names) for kind, record, names in json.loads(kept(conn, _NAME) or "[]")]


def forget_lacking(conn: Connection) -> None:
    """The central record has it."""
    if kept(conn, _NAME) not in ("", "[]"):
        keep(conn, _NAME, "[]")


def read_unsaid(conn: Connection) -> dict[str, list[str]]:
    """By record, the fields of which nobody has said anything yet."""
    return dict(json.loads(kept(conn, _UNSAID) or "{}"))


def note_unheard(conn: Connection, records: Collection[Entry], known: Mapping[str, str]) -> None:
    """Keep that nobody has said here what these records have beyond what may be held of them now, in the
    caller's transaction: they are about to come under children of whom more may be held. `known` are ids that
    are given in the place of others.
    """
    found = _unheard(Holdings(conn), records, {})
    if found:
        told = {known.get(record, record): names for record, names in found.items()}
        keep(conn, _UNSAID, json.dumps(_with(read_unsaid(conn), told)))


def _unheard(
    holdings: Holdings, records: Collection[Entry], before: Mapping[str, int]
) -> dict[str, list[str]]:
    """By record, the fields that were not sent to this laptop, for it might not hold them: by the masks that
    it has, and of some scopes those that it had `before`.
    """
    masks = {**holdings.masks(), **before} if records else {}
    found: dict[str, list[str]] = {}
    for (record_type, record), values in holdings.read(records).items():
        if values is None:
            continue
        mask = 0
        for scope in holdings.scopes_of(record_type, record, values):
            mask |= masks.get(scope, 0)
        sent = joined(part for facet, part in facets(record_type, values).items() if mask & OPENED_BY[facet])
        if names := values.keys() - sent.keys():
            found[record] = sorted(names)
    return found


def _with(unsaid: Mapping[str, Collection[str]], more: Mapping[str, Collection[str]]) -> dict[str, list[str]]:
    return {
        record: sorted({*unsaid.get(record, ()), *more.get(record, ())})
        for record in (*unsaid, *(record for record in more if record not in unsaid))
    }


def without_unsaid(record_type: str, fields: Mapping[str, Any], unsaid: Collection[str]) -> dict[str, Any]:
    """The fields of a record as they are brought back: a stand-in is, what is merely empty is not."""
    usual = defaults(record_type)
    empty = {name for name in unsaid if name in fields and fields[name] in (usual.get(name, ""), "")}
    return {name: value for name, value in fields.items() if name not in empty}
