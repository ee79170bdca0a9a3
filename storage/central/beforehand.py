"""What own records add to the sums, worked out while the central record is waited for.

Whether they count, and how much of them, is known only once nothing waits and the central record has said
what may be held. Then of those that may be held whole nothing but the sum is left to be made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from casework.records import RECORD_TYPES
from casework.scopes import TIED_TYPES
from storage.central.delivery import Share
from storage.central.holdings import Entry, Holdings
from storage.central.outbox import others_wrote
from storage.central.state import read_state
from storage.central.weighing import TIED_BY, names_of, share_of
from storage.cipher import Connection

_NONE: Mapping[Entry, Mapping[str, Any]] = {}
_MOST = 20_000
"""Records that are kept ready, at some 450 bytes each; what is beyond them is counted as it stands."""


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

    def forget(self, records: Iterable[Entry]) -> None:
        """These records have changed, or are gone."""
        if self._shares:
            for _, record in records:
                self._shares.pop(record, None)

    def forget_all(self) -> None:
        """Any record may have changed without a step of this laptop's."""
        self._shares, self._scopes = {}, {}

    def whole(self, records: Iterable[Entry], masks: Mapping[str, int]) -> dict[Entry, Share]:
        """Of these records those that are ready and may be held whole."""
        self._forget_if_others_wrote()
        found = {entry: share for entry in records if (share := self._shares.get(entry[1])) is not None}
        return {entry: share for entry, share in found.items() if not share.bits & ~masks.get(share.scope, 0)}

    def _forget_if_others_wrote(self) -> None:
        as_of = others_wrote(self._conn)
        if as_of != self._as_of:
            self.forget_all()
            self._as_of = as_of
