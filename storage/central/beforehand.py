"""What own records add to the sums, worked out and counted while the central record is waited for.

Whether they count, and how much of them, is known only once nothing waits and the central record has said
what may be held. Then of those that may be held whole little is left to be done.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from casework.records import RECORD_TYPES
from casework.scopes import TIED_TYPES
from storage.central.delivery import Share
from storage.central.holdings import Entry, Holdings
from storage.central.outbox import among_to_recount, others_wrote, to_recount
from storage.central.state import read_state
from storage.central.weighing import TIED_BY, names_of, share_of
from storage.cipher import Connection
from storage.journal import transaction

_NONE: Mapping[Entry, Mapping[str, Any]] = {}
_MOST = 20_000
"""Records that are kept ready, at some 450 bytes each; what is beyond them is counted as it stands."""
_TOGETHER = 5_000
"""Records that are counted in one transaction: few of them touch as many pages of the sums as many do."""


class Beforehand:
    """The shares of own records since they were pushed last.

    A share stands as long as its record stays as it is. Each step that is pushed works out its records anew,
    so no step of this laptop's makes one wrong once nothing waits; what changes records without a step has
    them forgotten, and all are when another connection wrote.
    """

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self._holdings = Holdings(conn)
        self._shares: dict[str, Share] = {}
        self._counted: set[str] = set()
        self._bits: dict[str, int] = {}
        self._scopes: dict[str, str] = {}
        self._as_of = others_wrote(conn)

    def work_out(self, records: Iterable[Entry], made: Mapping[Entry, Mapping[str, Any]] = _NONE) -> None:
        """Hash these records (type, id). Those that tie others, or are tied, are left for later.

        `made` are the fields of those that steps brought into being; they need not be read, for a later step
        that changes one works it out anew.
        """
        self._forget_if_others_wrote()
        lacks = read_state(self._conn).lacks()
        left_out = {*lacks, *TIED_TYPES, *TIED_BY}
        entries = [entry for entry in records if entry[0] in RECORD_TYPES and entry[0] not in left_out]
        self.forget(entries)
        beyond = self._holdings.extras.of([record for _, record in entries])
        entries = entries[: _MOST - len(self._shares)]
        known = {
            entry: {**made[entry], "void": False}
            for entry in entries
            if entry in made and made[entry].keys() == names_of(entry[0])
        }
        for entry, values in self._holdings.read(entries, known).items():
            if values is None or entry[1] in beyond:
                continue
            self._shares[entry[1]] = share_of(*entry, values, self._scopes)

    def count(self, *, all_of_them: bool) -> None:
        """Count what is ready and was taken as it was made, unless few have come together and more will."""
        if not all_of_them and len(self._shares) - len(self._counted) < _TOGETHER:
            return
        if len(self._shares) == len(self._counted) or not to_recount(self._conn, 1):
            return
        with transaction(self._conn):
            self._forget_if_others_wrote()
            masks = self._holdings.masks()
            uncounted = sorted(self._shares.keys() - self._counted)
            found = {
                entry: share
                for entry in among_to_recount(self._conn, uncounted)
                if not (share := self._shares[entry[1]]).bits & ~(masks.get(share.scope) or share.bits)
            }
            self._holdings.count_ahead(found)
        self._counted.update(record for _, record in found)
        for share in found.values():
            self._bits[share.scope] = self._bits.get(share.scope, 0) | share.bits

    def counted(self, masks: Mapping[str, int]) -> Collection[str]:
        """The records that are counted, and may be held whole."""
        self._forget_if_others_wrote()
        if all(not bits & ~masks.get(scope, 0) for scope, bits in self._bits.items()):
            return self._counted
        share_of_one = self._shares.__getitem__
        return {
            record
            for record in self._counted
            if not (share := share_of_one(record)).bits & ~masks.get(share.scope, 0)
        }

    def forget(self, records: Iterable[Entry]) -> None:
        """These records have changed, or are gone."""
        if self._shares:
            for _, record in records:
                self._shares.pop(record, None)
                self._counted.discard(record)

    def forget_all(self) -> None:
        """Any record may have changed without a step of this laptop's."""
        self._shares, self._scopes, self._counted, self._bits = {}, {}, set(), {}

    def whole(self, records: Iterable[Entry], masks: Mapping[str, int]) -> dict[Entry, Share]:
        """Of these records those that are ready and may be held whole."""
        self._forget_if_others_wrote()
        held = self._shares.get
        return {
            entry: share
            for entry in records
            if (share := held(entry[1])) is not None and not share.bits & ~masks.get(share.scope, 0)
        }

    def _forget_if_others_wrote(self) -> None:
        as_of = others_wrote(self._conn)
        if as_of != self._as_of:
            self.forget_all()
            self._as_of = as_of
