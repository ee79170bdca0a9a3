"""The central record inside one transaction: what an edit needs is read once, what it changed written once.

Nothing else writes records here. With each record go its place in the scopes, the digests and the heads, so
that what a laptop is told always fits what it is sent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from pydantic_core import from_json, to_json
from sqlalchemy import (
    Connection,
    bindparam,
    delete,
    select,
    text,
)

from casework.canonical import MODULUS, Digest
from casework.scopes import TIED, TIED_TYPES, own_scope
from sync.hub import tables
from sync.hub.fields import Written, hashes_of, written
from sync.hub.portions import AT_ONCE, among, batched
from sync.hub.writing import TableRows, by_key, in_bulk, write_together

_RECORDS = select(tables.record).where(tables.record.c.id.in_(bindparam("ids", expanding=True)))
_SUMS = select(tables.digest).where(
    tables.digest.c.scope.in_(bindparam("scopes", expanding=True)),
    tables.digest.c.lead.in_(bindparam("leads", expanding=True)),
)
_CONFLICTS = select(tables.record.c.id).where(
    text(tables.RULING),
    tables.record.c.scope.in_(bindparam("scopes", expanding=True)),
    tables.record.c.type == "conflict",
)
Sums = defaultdict[tuple[str, str, str], list[int]]
"""By scope, leading facet and facet: how many facets, and the sum of their hashes, not yet cut to size."""


@dataclass(slots=True)
class Held:
    """A record in the making: its fields now, and its scopes and hashes as they were before the batch."""

    id: str
    type: str
    fields: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, int] = field(default_factory=dict)
    seq: int = 0
    device: str = ""
    there: bool = False
    scopes: tuple[str, ...] = ()
    lead: str = ""
    hashes: Mapping[str, int] = field(default_factory=dict)
    ties: list[tuple[str, str]] = field(default_factory=list)
    touched: int = 0
    written: Written | None = None
    """How its fields are written, where that was worked out before."""

    @property
    def stands(self) -> bool:
        """Whether there is such a record, from before or by an edit of this batch."""
        return self.there or bool(self.fields)


class Central:
    """The records that one transaction reads and changes."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._held: dict[str, Held] = {}
        self.unsettled: set[str] = set()
        """Children of whom something changed on which `may_see` stands."""
        self.moved: set[str] = set()
        """Adults and homes that came into being, or were tied to a child or are so no more."""

    def fetch(self, ids: Iterable[str]) -> None:
        """Read records that are not held yet, each with its scopes; one that is not there is held as such."""
        wanted = [record for record in dict.fromkeys(ids) if record not in self._held]
        if not wanted:
            return
        for some in batched(wanted):
            rows = self.connection.execute(_RECORDS, {"ids": among(some)}).all()
            tied = [row.id for row in rows if row.scope == TIED]
            ties: dict[str, list[str]] = defaultdict(list)
            tie = tables.tie
            if tied:
                for record, scope in self.connection.execute(
                    select(tie.c.record, tie.c.scope).where(tie.c.record.in_(tied)).distinct()
                ):
                    ties[record].append(scope)
            for row in rows:
                held = Held(
                    row.id,
                    row.type,
                    from_json(row.fields),
                    from_json(row.versions),
                    row.seq,
                    row.device,
                    there=True,
                    scopes=tuple(sorted(ties[row.id])) if row.scope == TIED else (row.scope,),
                )
                held.lead, held.hashes = hashes_of(held.type, held.id, held.fields)
                held.ties = _tied(held)
                self._held[held.id] = held
        for record in wanted:
            if record not in self._held:
                self._held[record] = Held(record, "")

    def get(self, record: str) -> Held:
        """A record as it stands now in this transaction."""
        if record not in self._held:
            self.fetch([record])
        return self._held[record]

    def conflicts_about(self, scopes: Collection[str], record: str, field: str) -> list[Held]:
        """The conflicts about a field of a record, filed in these scopes, as they stand now."""
        rows = self.connection.execute(_CONFLICTS, {"scopes": among([*scopes])})
        self.fetch(rows.scalars())
        return [
            held
            for held in list(self._held.values())
            if held.type == "conflict" and (held.fields["record"], held.fields["field"]) == (record, field)
        ]

    def touch(self, held: Held, seq: int, device: str, *, known: bool) -> None:
        """A record was changed by an edit; `known`: its laptop holds it now as it stands here."""
        held.device = device if known else ""
        held.seq = held.touched = seq

    # Writing

    def flush(self, ties: Ties, beside: Sequence[TableRows] = ()) -> set[str]:
        """Write what was touched, with scopes, digests and heads, and what the caller has to write beside it;
        the children to settle entitlement for.
        """
        self._follow_ties(ties)
        sums: Sums = defaultdict(lambda: [0, 0])
        heads: dict[str, int] = {}
        behind: list[dict[str, Any]] = []
        changed = (held for held in self._held.values() if held.touched)
        last = TableRows(tables.record, ())
        # In portions, so that few rows are in memory at a time.
        for some in batched(sorted(changed, key=attrgetter("id"))):
            rows = [self._placed(held, ties, sums, heads, behind) for held in some]
            last = TableRows(tables.record, rows)  # in the order of their ids
            if len(rows) == AT_ONCE:
                write_together(self.connection, [last])
                last = TableRows(tables.record, ())
        found = (
            (tables.head, [{"scope": scope, "seq": seq} for scope, seq in heads.items()]),
            (tables.left, behind),
            (tables.digest, self._summed(sums)),
        )
        parts = [TableRows(table, by_key(table, rows)) for table, rows in found]
        write_together(self.connection, [*beside, last, *parts])
        return self.unsettled

    @staticmethod
    def _placed(
        held: Held, ties: Ties, sums: Sums, heads: dict[str, int], behind: list[dict[str, Any]]
    ) -> dict[str, Any]:
        """The row of a touched record; what it changes of its scopes is added to the other three."""
        own = own_scope(held.type, held.id, held.fields)
        scopes = ties.scopes_of(held) if own == TIED else (own,)
        now = held.written
        if now is None or now.fields is not held.fields:
            now = written(held.type, held.id, held.fields)
        lead, hashes = now.lead, now.hashes
        if held.scopes:
            _add(sums, held.scopes, held.lead, held.hashes, -1)
            behind += [
                {"seq": held.touched, "scope": scope, "record": held.id, "facet": held.lead}
                for scope in held.scopes
                if scope not in scopes or lead != held.lead
            ]
        _add(sums, scopes, lead, hashes, 1)
        for scope in (*held.scopes, *scopes):
            heads[scope] = max(heads.get(scope, 0), held.touched)
        row = _row(held, own, now.text)
        held.scopes, held.hashes, held.lead, held.there = scopes, hashes, lead, True
        held.touched, held.ties, held.written = 0, _tied(held), None
        return row

    def _follow_ties(self, ties: Ties) -> None:
        """An adult or a home that is tied to another child now is sent to whoever works with that child."""
        touched = [held for held in self._held.values() if held.touched]
        makers = [held for held in touched if _tied(held) != held.ties]
        new = {held.id: held.touched for held in touched if held.type in TIED_TYPES and not held.there}
        if not makers and not new:
            return
        moved = new | ties.moved_by(makers)
        self.moved |= moved.keys()
        self.fetch(moved)  # with the scopes that they had
        ties.write(makers, moved)
        for record, seq in moved.items():
            held = self._held[record]
            if held.stands and not held.touched:
                self.touch(held, seq, "", known=False)

    def _summed(self, sums: Mapping[tuple[str, str, str], list[int]]) -> list[dict[str, Any]]:
        """The rows of the digests once these changes are added; what stayed as it was has none."""
        sums = {key: change for key, change in sums.items() if any(change)}
        leads = [*{lead for _, lead, _ in sums}]
        for some in batched({scope for scope, _, _ in sums}):
            for scope, lead, facet, count, total in self.connection.execute(
                _SUMS, {"scopes": among(some), "leads": among(leads)}
            ).all():
                change = sums.get((scope, lead, facet))
                if change is not None:
                    change[0] += count
                    change[1] += int.from_bytes(total)
        return [
            {
                "scope": scope,
                "lead": lead,
                "facet": facet,
                "facets": count,
                "total": Digest(count, total % MODULUS).octets,
            }
            for (scope, lead, facet), (count, total) in sums.items()
        ]


class Ties:
    """Whose an adult or a home is: the children of their relationships, or who live there."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._of: dict[str, tuple[str, ...]] = {}

    def moved_by(self, makers: Collection[Held]) -> dict[str, int]:
        """The records that these relationships and children tied or tie now, each with the edit's number."""
        moved: dict[str, int] = {}
        touched = {held.id: held.touched for held in makers}
        tie = tables.tie
        for some in batched(touched):
            for via, record in self._connection.execute(
                select(tie.c.via, tie.c.record).where(tie.c.via.in_(some))
            ):
                moved[record] = max(moved.get(record, 0), touched[via])
        for held in makers:
            for record, _ in _tied(held):
                moved[record] = max(moved.get(record, 0), held.touched)
        return moved

    def write(self, makers: Collection[Held], moved: Collection[str]) -> None:
        """Keep the ties that touched relationships and children make."""
        tie = tables.tie
        if makers:
            self._connection.execute(
                delete(tie).where(tie.c.via == bindparam("maker")), [{"maker": held.id} for held in makers]
            )
        rows = [
            {"via": held.id, "record": record, "scope": child}
            for held in makers
            for record, child in _tied(held)
        ]
        in_bulk(self._connection, tie, rows)
        for some in batched(moved):
            found: dict[str, set[str]] = {record: set() for record in some}
            for record, scope in self._connection.execute(
                select(tie.c.record, tie.c.scope).where(tie.c.record.in_(some))
            ):
                found[record].add(scope)
            self._of |= {record: tuple(sorted(scopes)) for record, scopes in found.items()}

    def scopes_of(self, held: Held) -> tuple[str, ...]:
        """Where an adult or a home belongs now."""
        return self._of.get(held.id, held.scopes)


def _add(sums: Sums, scopes: Iterable[str], lead: str, hashes: Mapping[str, int], sign: int) -> None:
    """Add the facets of a record to the sums of its scopes, or with -1 take them away."""
    for scope in scopes:
        for facet, number in hashes.items():
            change = sums[scope, lead, facet]
            change[0] += sign
            change[1] += sign * number


def _tied(held: Held) -> list[tuple[str, str]]:
    """The adult or home that a relationship or a child ties, and the child to whom."""
    if held.type not in ("relationship", "child") or held.fields.get("void"):
        return []
    if held.type == "child":
        return [(held.fields["household"], held.id)] if held.fields.get("household") else []
    return [(held.fields["person"], held.fields["child"])]


def _row(held: Held, scope: str, fields: str) -> dict[str, Any]:
    return {
        "id": held.id,
        "type": held.type,
        "scope": scope,
        "seq": held.seq,
        "fields": fields,
        "versions": _versions_text(held.versions),
        "device": held.device,
    }


def _versions_text(versions: Mapping[str, int]) -> str:
    """As JSON; most records are as they were made."""
    if len(versions) == 1 and "" in versions:
        return f'{{"":{versions[""]}}}'
    return to_json(versions).decode()
