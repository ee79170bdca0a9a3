"""What this laptop holds and may hold of each scope, and the sums the central record must find, too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

from casework.canonical import (
    MODULUS,
    Digest,
    digest_of,
    facet_hash,
    facet_hashes,
    octets_of,
    sum_of,
)
from casework.facets import OPENED_BY, OPENED_BY_OF_KEY, Facet, facets, joined
from casework.records import RECORD_TYPES
from casework.scopes import TIED, own_scope
from storage.central import beside
from storage.central.delivery import Share
from storage.central.extras import Extras
from storage.central.state import read_state
from storage.central.ties import LEFT_BY, TIED_TO, TIED_WITH, TIES
from storage.central.weighing import TIED_BY
from storage.cipher import Connection
from storage.rows import insert_rows, many_values, portions

Entry = tuple[str, str]
"""A record by type and id."""
Values = dict[str, Any] | None
_Row = tuple[str, str, str, int, bytes]
"""A row of `sync_held`: the record's id, the scope, its type, its facets that count, and their sum."""
_HELD = ("record", "scope", "type", "facets", "total")


class Holdings:
    """The records that count, and the masks of their scopes; all in the caller's transaction."""

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        self.extras = Extras(conn)

    def masks(self) -> dict[str, int]:
        """The bits that may be held of each scope."""
        return dict(self._conn.execute("SELECT scope, mask FROM sync_scope").fetchall())

    def allow(self, masks: Mapping[str, int]) -> tuple[list[str], dict[str, int]]:
        """From now on this may be held; the scopes that lose a facet, and those that gain one, each with the
        bits that might be held before.

        Of a scope of which nothing could be held nothing was counted, or it was counted ahead.
        """
        before = self.masks()
        lose = [scope for scope, mask in masks.items() if before.get(scope, 0) & ~mask]
        gain = {scope: was for scope, mask in masks.items() if mask & ~(was := before.get(scope, 0)) and was}
        self._conn.executemany(
            "INSERT INTO sync_scope (scope, mask) VALUES (?, ?)"
            " ON CONFLICT (scope) DO UPDATE SET mask = excluded.mask",
            list(masks.items()),
        )
        return lose, gain

    def counted(self, scopes: Sequence[str]) -> list[Entry]:
        """The records (type, id) that count for these scopes."""
        found = beside.of_scopes(self._conn, scopes)
        for some, marks in portions(scopes):
            found += self._conn.execute(
                f"SELECT type, record FROM sync_held WHERE scope IN ({marks})", some
            ).fetchall()
        return found

    def scopes_of(self, record_type: str, record: str, values: Mapping[str, Any]) -> list[str]:
        """The scopes that a record belongs to, by what is on this laptop."""
        own = own_scope(record_type, record, values)
        if own != TIED:
            return [own]
        return [row[0] for row in self._conn.execute(TIES[record_type], (record,))]

    def left_by(self, record_type: str, record: str) -> list[str]:
        """The children of whom an adult or a home was taken back together with what tied it, and of whom such
        a record may be held: who brings one back brings both. None where it was not, or something ties it.
        """
        if record_type not in LEFT_BY:
            return []
        children = [row[0] for row in self._conn.execute(LEFT_BY[record_type], (record,))]
        masks = self.masks() if children else {}
        lead = OPENED_BY[next(iter(facets(record_type, {"void": True})))]
        return [child for child in children if masks.get(child, 0) & lead]

    def tied_with(self, record_type: str, record: str) -> list[Entry]:
        """The adult or the homes (type, id) that a record ties, or that stay here with it (`left_by`)."""
        if record_type not in TIED_WITH:
            return []
        return self._conn.execute(TIED_WITH[record_type], (record,)).fetchall()

    def untied(self) -> list[tuple[str, str]]:
        """The adults and homes (type, id) that no child on this laptop ties."""
        found = []
        for kind, ties in TIED_TO.items():
            rows = self._conn.execute(f"SELECT id FROM {kind} WHERE NOT EXISTS ({ties})")
            found += [(kind, row[0]) for row in rows]
        return found

    def uncounted(self, records: Sequence[Entry]) -> list[Entry]:
        """Those of these adults and homes (type, id) that count for no scope."""
        counted = self.apart([record for _, record in records])
        return [entry for entry in records if entry[1] not in counted]

    def apart(self, records: Sequence[str]) -> set[str]:
        """Those of these records that count beside their rows, in `sync_held`."""
        found: set[str] = set()
        for some, marks in portions(records):
            rows = self._conn.execute(f"SELECT record FROM sync_held WHERE record IN ({marks})", some)
            found.update(row[0] for row in rows)
        return found

    def recount(
        self,
        records: Iterable[Entry],
        known: Mapping[Entry, Values] | None = None,
        shares: Mapping[Entry, Share] | None = None,
    ) -> None:
        """Count these records (type, id) anew, as they stand in their tables; nothing of theirs may wait.

        `known` are fields that were read already and have not changed since; `shares` are further records,
        of which it is known what they add.
        """
        masks = self.masks()
        values = self.read(records, known)
        wanted = sorted(self._with_tied(values), key=itemgetter(1))  # as they lie in the tables
        values = self.read(wanted, values)
        rows = _rows_of(shares or {})
        extras = self.extras.of([record for _, record in wanted])
        lacks = read_state(self._conn).lacks()
        for entry in wanted:
            record_type, record = entry
            fields = values.get(entry)
            if fields is not None and record_type in lacks:
                fields = {name: value for name, value in fields.items() if name not in lacks[record_type]}
                if not fields:
                    continue
            beyond = extras.get(record, {}) if extras else {}
            if fields is None:
                if not beyond:
                    continue
                fields = joined(beyond.values())
                hashes = _hashes_with({}, beyond, record_type, record)
            elif beyond:
                hashes = _hashes_with(facets(record_type, fields), beyond, record_type, record)
            else:
                hashes = {}
            for scope in self.scopes_of(record_type, record, fields):
                mask = masks.get(scope, 0)
                if not mask:
                    continue
                hashes = hashes or facet_hashes(record_type, record, fields)
                own = [number for key, number in hashes.items() if mask & OPENED_BY_OF_KEY[key]]
                if not own or not mask & OPENED_BY_OF_KEY[next(iter(hashes))]:
                    continue
                total = sum(own) % MODULUS
                rows.append((record, scope, record_type, len(own), octets_of(total)))
        self._put([*(shares or {}), *wanted], rows)

    def count_ahead(self, shares: Mapping[Entry, Share]) -> None:
        """Count these records before it is known whether they may be held: each stays among those that are to
        be counted, and what may not be held is taken away then.
        """
        self._conn.executemany(
            "INSERT OR IGNORE INTO sync_scope (scope, mask) VALUES (?, 0)",
            [(scope,) for scope in {share.scope for share in shares.values()}],
        )
        self._put(shares, _rows_of(shares))

    def count_fresh(self, shares: Iterable[Share]) -> None:
        """Count records that were just written with what they add."""
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for scope, _, count, total in shares:
            held = sums[scope]
            held[0] += count
            held[1] += int.from_bytes(total)
        self._add({scope: Digest(count, total % MODULUS) for scope, (count, total) in sums.items()})

    def uncount(self, records: Collection[Entry]) -> None:
        """Count these records (type, id) no more."""
        self._put(records, ())

    def _put(self, records: Collection[Entry], rows: Sequence[_Row]) -> None:
        """These rows in the place of what was counted of these records; what stays is not written.

        Some records at a time, so that what was read is at hand when it is written.
        """
        of_record: defaultdict[Entry, list[_Row]] = defaultdict(list)
        for row in rows:
            of_record[row[2], row[0]].append(row)
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for some, _ in portions(sorted(records, key=itemgetter(1))):
            self._put_some(some, [*chain.from_iterable(map(of_record.__getitem__, some))], sums)
        self._add({scope: Digest(count, total % MODULUS) for scope, (count, total) in sums.items()})

    def _put_some(
        self, records: Sequence[Entry], rows: Sequence[_Row], sums: Mapping[str, list[int]]
    ) -> None:
        before: dict[tuple[str, str], beside.Sum] = {}
        for some, marks in portions([record for _, record in records]):
            for record, scope, count, total in self._conn.execute(
                f"SELECT record, scope, facets, total FROM sync_held WHERE record IN ({marks})", some
            ):
                before[record, scope] = count, total
        in_rows = beside.of_records(self._conn, records)

        def add(scope: str, added: beside.Sum, sign: int) -> None:
            held = sums[scope]
            held[0] += sign * added[0]
            held[1] += sign * int.from_bytes(added[1])

        fresh: list[_Row] = []
        changed: list[tuple[int, bytes, str, str]] = []
        written: list[tuple[Entry, beside.Sum]] = []
        for row in rows:
            record, scope, record_type, count, total = row
            now = (count, total)
            if (in_row := in_rows.get((record_type, record))) is not None and in_row[0] == scope:
                was = in_rows.pop((record_type, record))[1]
                if was != now:
                    written.append(((record_type, record), now))
            else:
                was = before.pop((record, scope), beside.NOTHING)
                if was is beside.NOTHING:
                    fresh.append(row)
                elif was != now:
                    changed.append((count, total, record, scope))
            if was != now:
                add(scope, now, 1)
                add(scope, was, -1)
        for entry, (scope, was) in in_rows.items():
            if was != beside.NOTHING:
                written.append((entry, beside.NOTHING))
                add(scope, was, -1)
        for (_, scope), was in before.items():
            add(scope, was, -1)
        beside.write(self._conn, written)
        self._conn.executemany("DELETE FROM sync_held WHERE record = ? AND scope = ?", list(before))
        self._conn.executemany(
            "UPDATE sync_held SET facets = ?, total = ? WHERE record = ? AND scope = ?", changed
        )
        insert_rows(self._conn, "sync_held", _HELD, fresh)

    def read(
        self, records: Iterable[Entry], known: Mapping[Entry, Values] | None = None
    ) -> dict[Entry, Values]:
        """The fields of these records, without the id; None for one that is not here."""
        found: dict[Entry, Values] = {}
        missing: defaultdict[str, list[str]] = defaultdict(list)
        for entry in records:
            if known is not None and entry in known:
                found[entry] = known[entry]
            elif entry not in found:
                found[entry] = None
                missing[entry[0]].append(entry[1])
        for record_type in missing.keys() & RECORD_TYPES.keys():
            ids = sorted(missing[record_type])
            for record, values in many_values(self._conn, record_type, ids).items():
                del values["id"]
                found[record_type, record] = values
        return found

    def recount_all(self) -> bool:
        """Count everything anew from its tables; whether the sums had been right. Nothing may wait."""
        before = self.by_scope()
        apart = self._conn.execute("SELECT DISTINCT type, record FROM sync_held").fetchall()
        held = [(kind, record) for kind in RECORD_TYPES for record in beside.of_type(self._conn, kind)]
        self.recount([*apart, *held])
        self._sum_anew()
        return self.by_scope() == before

    def _sum_anew(self) -> None:
        """Add up anew what records say that they add."""
        sums: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        held = self._conn.execute("SELECT scope, facets, total FROM sync_held")
        for scope, count, total in chain(beside.every(self._conn), held):
            added = sums[scope]
            added[0] += count
            added[1] += int.from_bytes(total)
        self._conn.executemany(
            "UPDATE sync_scope SET facets = ?, total = ? WHERE scope = ?",
            [
                (count, octets_of(total % MODULUS), scope)
                for scope in self.by_scope().keys() | sums.keys()
                for count, total in (sums[scope],)
            ],
        )

    def _with_tied(self, records: Mapping[Entry, Values]) -> list[Entry]:
        """These records, and the adults and homes that they tie to a child now or were counted as tying."""
        found = dict.fromkeys(records)
        of_scope: dict[str, set[str]] = {kind: set() for kind, _ in TIED_BY.values()}
        for (record_type, record), values in records.items():
            if record_type not in TIED_BY:
                continue
            kind, column = TIED_BY[record_type]
            scope = record if record_type == "child" else (values or {}).get("child")
            if scope:
                of_scope[kind].add(scope)
            if values and values[column]:
                found[kind, values[column]] = None
        for kind, scopes in of_scope.items():
            for some, marks in portions([*scopes]):
                counted = self._conn.execute(
                    f"SELECT record FROM sync_held WHERE scope IN ({marks}) AND type = ?", [*some, kind]
                )
                found |= {(kind, row[0]): None for row in counted}
        return list(found)

    def _add(self, changes: Mapping[str, Digest]) -> None:
        if not changes:
            return
        before = self.by_scope(changes)
        self._conn.executemany(
            "UPDATE sync_scope SET facets = ?, total = ? WHERE scope = ?",
            [
                ((after := before.get(scope, Digest()) + change).count, after.octets, scope)
                for scope, change in changes.items()
            ],
        )

    def by_scope(self, scopes: Collection[str] | None = None) -> dict[str, Digest]:
        """What is held, by scope."""
        rows = self._conn.execute("SELECT scope, facets, total FROM sync_scope WHERE total <> x''")
        return {
            scope: digest_of(total, count)
            for scope, count, total in rows
            if scopes is None or scope in scopes
        }

    def total(self) -> Digest:
        """What is held in all."""
        return sum_of(self.by_scope().values())

    def to_compare(self, scope: str) -> list[tuple[str, str]]:
        """The records (type, id) of a scope, a worker's own and everybody's among them, as far as counted."""
        return self.of_scope(scope) or self.counted([scope])

    def of_scope(self, scope: str) -> list[tuple[str, str]]:
        """The records (type, id) of a scope that are on this laptop, counted or not."""
        if scope == "" or scope.startswith("worker:"):
            return []
        found = [("child", scope)]
        found += self.counted([scope])
        for record_type in RECORD_TYPES:
            if "child" in RECORD_TYPES[record_type].model_fields:
                rows = self._conn.execute(f"SELECT id FROM {record_type} WHERE child = ?", (scope,))
                found += [(record_type, row[0]) for row in rows]
        rows = self._conn.execute("SELECT person FROM relationship WHERE child = ?", (scope,))
        found += [("person", row[0]) for row in rows]
        found += self.tied_with("child", scope)
        return list(dict.fromkeys(found))


def _rows_of(shares: Mapping[Entry, Share]) -> list[_Row]:
    return [
        (record, share.scope, kind, share.facets, share.total) for (kind, record), share in shares.items()
    ]


def _hashes_with(
    parts: Mapping[Facet, Mapping[str, Any]],
    beyond: Mapping[Facet, Mapping[str, Any]],
    record_type: str,
    record: str,
) -> dict[str, int]:
    """The hash of each facet of a record of which more is here than this version knows."""
    whole = dict(parts)
    for facet, fields in beyond.items():
        whole[facet] = {**whole.get(facet, {}), **fields}
    return {facet.key: facet_hash(record_type, record, facet, part) for facet, part in whole.items()}
