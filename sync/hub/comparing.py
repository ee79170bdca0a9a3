"""Whether a laptop holds what it should: its sums beside those of the central record."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, bindparam, select

from casework.canonical import MODULUS, Digest
from casework.facets import OPENED_BY_OF_KEY
from sync.hub import tables
from sync.hub.entitlement import SEND_ANEW
from sync.hub.portions import among
from sync.hub.standing import Standing, Sums, standing
from sync.hub.writing import in_bulk
from sync.messages.sums import Verified, Verify

_held, _digest = tables.entitlement, tables.digest
_MOST_REPAIRED = 200
"""Scopes that are sent anew at a time when two sides differ."""
_READ_ALONE = 500
"""Scopes whose sums are read by themselves; of more all are read."""
_of_laptop = _held.c.device == bindparam("laptop")
_DIGESTS = (
    select(_digest.c.scope, _digest.c.lead, _digest.c.facet, _digest.c.facets, _digest.c.total, _held.c.mask)
    .join(_held, _held.c.scope == _digest.c.scope)
    .where(_of_laptop, _held.c.mask != 0)
)
_DIGESTS_OF = _DIGESTS.where(_digest.c.scope.in_(bindparam("scopes", expanding=True)))
_BITS = select(_held.c.scope, _held.c.mask).where(
    _of_laptop, _held.c.scope.in_(bindparam("scopes", expanding=True))
)


class Comparing:
    """What one laptop should hold, and what it says that it holds."""

    def __init__(self, connection: Connection, device: str, sums: Sums | None = None) -> None:
        """`sums` are those that this process keeps."""
        self._connection = connection
        self._device = device
        self._sums = sums or Sums()

    def digests(self, scopes: Sequence[str] | None = None) -> dict[str, Digest]:
        """What the laptop should hold, by scope; of these scopes, or of all."""
        asked = {"laptop": self._device}
        if scopes is None or len(scopes) > _READ_ALONE:
            rows = self._connection.execute(_DIGESTS, asked).all()
        else:
            rows = self._connection.execute(_DIGESTS_OF, asked | {"scopes": among(scopes)}).all()
        sums: dict[str, list[int]] = {}
        for scope, lead, facet, count, total, mask in rows:
            if mask & OPENED_BY_OF_KEY[lead] and mask & OPENED_BY_OF_KEY[facet]:
                held = sums.setdefault(scope, [0, 0])
                held[0] += count
                held[1] += int.from_bytes(total)
        return {scope: Digest(count, total % MODULUS) for scope, (count, total) in sums.items()}

    def total_at(self, through: int) -> str | None:
        """The sum of what the laptop holds once it has read so far; None while scopes are on their way."""
        stands = standing(self._connection, self._device)
        if stands.newest > through or stands.owed:
            return None
        return self._total(stands).text

    def verified(self, asked: Verify) -> Verified:
        """Whether the laptop holds what it should; by scope where it said what it holds of each. Those that
        differ are sent anew.
        """
        stands = standing(self._connection, self._device)
        if stands.newest > asked.cursor.seq or stands.owed:
            return Verified(agreed=False, moved=True)
        if self._total(stands).text == asked.digest:
            return Verified(agreed=True)
        if not asked.scopes and asked.digest != Digest().text:  # who holds nothing has no sums to tell
            return Verified(agreed=False, ask_scopes=True)
        own = self.digests()
        differ = sorted(
            scope
            for scope in {*own, *asked.scopes}
            if own.get(scope, Digest()).text != asked.scopes.get(scope, Digest().text)
        )[:_MOST_REPAIRED]
        self._send_anew(differ)
        return Verified(agreed=False, differ=differ)

    def _send_anew(self, scopes: Sequence[str]) -> None:
        asked = {"laptop": self._device, "scopes": among(scopes)}
        bits = dict(self._connection.execute(_BITS, asked).all())
        rows = [
            {"device": self._device, "scope": scope, "mask": bits.get(scope, 0), "sent": SEND_ANEW}
            for scope in scopes
        ]
        in_bulk(self._connection, _held, rows)

    def _total(self, stands: Standing) -> Digest:
        return self._sums.of(self._device, stands, self.digests)
