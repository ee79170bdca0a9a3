"""What each laptop may hold of each child, by `holds` and `may_see`.

It is worked out in the transaction that changes what they stand on.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property, lru_cache, reduce
from itertools import product
from operator import or_
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, select, text, update

from casework.facets import FACETS, OPENED_BY, TOLD, Facet, held_facets
from casework.holding import Place, holds
from casework.policies import PURPOSES, Category
from casework.records import Child, Worker
from casework.records_sharing import Agreement, Disclosure
from casework.scopes import EVERYBODY
from casework.sharing import NOTHING, Ground, all_seen, is_shared_with
from sync.hub import tables
from sync.hub.fields import read_as
from sync.hub.portions import among, batched
from sync.hub.writing import in_bulk

BIT: Mapping[Facet, int] = {facet: 1 << place for place, facet in enumerate(FACETS)}
_TEAM_MASK = BIT[Facet(Category.EDUCATION)] | BIT[Facet(Category.WORKFORCE)]
_OWN_MASK = BIT[Facet(Category.WORKFORCE)]
SEND_ANEW = -1
_record, _device, _held = tables.record, tables.device, tables.entitlement
_of_these: BindParameter[str] = bindparam("children", expanding=True)
_of_everybody = select(_record.c.id, _record.c.fields).where(_record.c.scope == EVERYBODY)
_WORKERS = _of_everybody.where(_record.c.type == "worker")
_SCHOOLS = _of_everybody.where(_record.c.type == "school")
_DEVICES = select(_device.c.id, _device.c.worker, _device.c.status)
_RULING = select(_record.c.id, _record.c.type, _record.c.scope, _record.c.fields).where(
    text(tables.RULING), _record.c.scope.in_(_of_these), _record.c.type.in_(tables.GROUND)
)
_HELD = select(_held).where(_held.c.scope.in_(_of_these))
_HELD_BY = select(_held.c.scope).where(_held.c.device == bindparam("laptop"), _held.c.scope != EVERYBODY)
_PLACED = select(tables.place.c.child).where(
    tables.place.c.school.in_(bindparam("schools", expanding=True))
    | (tables.place.c.team == bindparam("team_of"))
    | tables.place.c.lead.in_(bindparam("workers", expanding=True))
)
_WORKED = select(tables.member.c.child).where(
    tables.member.c.worker.in_(bindparam("workers", expanding=True))
)
_NOBODYS = delete(tables.member).where(tables.member.c.child.in_(_of_these))
_ENTITLED = update(_device).where(_device.c.id == bindparam("laptop")).values(entitled_on=bindparam("today"))
CHILD_STANDS_ON = frozenset({"school", "team", "lead_worker", "dob", "void"})
"""The fields of a child on which it stands who may hold what: where the child is, who works the case, and the
age at which a child agrees for itself; and whether it was taken back, for earlier versions let nobody hold
such a child. A change of any other field settles nothing anew.
"""


def is_ground(record_type: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether such a change of a record can change what laptops may hold."""
    if record_type == "child" and before:
        return any(before.get(name) != after.get(name) for name in CHILD_STANDS_ON)
    return record_type in tables.GROUND


def mask_of(facets: Iterable[Facet]) -> int:
    """Facets as bits."""
    return sum(BIT[facet] for facet in facets)


_BITS_OF = {seen: mask_of(held_facets([seen])) for seen in product(Category, PURPOSES)}
"""The bits that a category seen for a purpose opens."""


@lru_cache(maxsize=1024)
def facets_in(mask: int) -> frozenset[Facet]:
    """The facets of a mask."""
    return frozenset(facet for facet, bits in OPENED_BY.items() if mask & bits)


@dataclass(frozen=True, slots=True)
class Known:
    """A child and what decisions about it stand on."""

    child: Child
    place: Place
    ground: Ground


class Entitlement:
    """Works out and keeps what laptops may hold. One transaction long."""

    def __init__(self, connection: Connection, on: date) -> None:
        self._connection = connection
        self._on = on
        self._plain: dict[tuple[str, bool], int] = {}
        self._kinds: dict[str, str] = {}

    def settle(
        self, children: Collection[str], seq: int, made: Collection[str] = (), maker: str = ""
    ) -> None:
        """Work out anew what every laptop may hold of these children.

        Of a child that it `made` just now the laptop `maker` held what it wrote, and where it may not hold it
        it loses it at this number: what it writes of the child before it reads so is taken, such as the rest
        of a long register.
        """
        if not children:
            return
        devices = self._devices()
        for some in batched(children):
            known = {entry.child.id: entry for entry in self._read(some)}
            self._keep_places(known, some)
            self._write(devices, known, some, seq)
            self._note_made(maker, {child for child in known if child in made}, seq)

    def _note_made(self, maker: str, made: Collection[str], seq: int) -> None:
        if not made or not maker:
            return
        table = tables.entitlement
        here = select(table.c.scope).where(table.c.device == maker, table.c.scope.in_(made))
        kept = set(self._connection.execute(here).scalars())
        rows = [
            {"device": maker, "scope": child, "mask": 0, "lost": seq} for child in made if child not in kept
        ]
        in_bulk(self._connection, table, rows)

    def settle_device(self, device: str, seq: int) -> None:
        """Work out anew what one laptop may hold: it is new, its worker changed, or a new day began."""
        devices = [entry for entry in self._devices() if entry[0] == device]
        for some in batched(self._candidates(device, devices)):
            known = {entry.child.id: entry for entry in self._read(some)}
            self._write(devices, known, some, seq)
        rows = [
            {"device": device, "scope": scope, "mask": mask, "lost": 0}
            for _, worker, _ in devices
            for scope, mask in ((EVERYBODY, _TEAM_MASK), (f"worker:{worker.id}", _OWN_MASK))
        ]
        in_bulk(self._connection, tables.entitlement, rows)
        self._connection.execute(_ENTITLED, {"laptop": device, "today": self._on.isoformat()})

    def _candidates(self, device: str, devices: Collection[_Device]) -> set[str]:
        found = set(self._connection.execute(_HELD_BY, {"laptop": device}).scalars())
        for _, worker, colleagues in devices:
            workers = [worker.id, *colleagues]
            asked = {"schools": worker.schools, "team_of": worker.team or "-", "workers": workers}
            found |= set(self._connection.execute(_PLACED, asked).scalars())
            found |= set(self._connection.execute(_WORKED, {"workers": workers}).scalars())
        return {child for child in found if not child.startswith("worker:")}

    def _devices(self) -> list[_Device]:
        """Each laptop in use with its worker and the ids of that worker's team."""
        workers = {row.id: read_as(Worker, row) for row in self._connection.execute(_WORKERS)}
        teams: defaultdict[str | None, set[str]] = defaultdict(set)
        for worker in workers.values():
            teams[worker.team].add(worker.id)
        return [
            (
                row.id,
                workers[row.worker],
                frozenset(teams[workers[row.worker].team]) if workers[row.worker].team else frozenset(),
            )
            for row in self._connection.execute(_DEVICES)
            if row.status == "active" and row.worker in workers
        ]

    def _read(self, children: Sequence[str]) -> Iterator[Known]:
        found: defaultdict[str, list[Any]] = defaultdict(list)
        for row in self._connection.execute(_RULING, {"children": among(children)}):
            found[row.scope].append(row)
        for child, rows in found.items():
            own = next((row for row in rows if row.id == child), None)
            if own is not None:
                yield _known(own, [row for row in rows if row is not own], self._teams)

    @cached_property
    def _teams(self) -> Mapping[str, str | None]:
        """The team of each school."""
        rows = self._connection.execute(_SCHOOLS)
        return {row.id: json.loads(row.fields).get("team") for row in rows}

    def _keep_places(self, known: Mapping[str, Known], children: Sequence[str]) -> None:
        rows = [
            {
                "child": child,
                "school": entry.place.school or "",
                "team": entry.place.team or "",
                "lead": entry.place.lead or "",
            }
            for child, entry in known.items()
        ]
        in_bulk(self._connection, tables.place, rows)
        self._connection.execute(_NOBODYS, {"children": among(children)})
        in_bulk(
            self._connection,
            tables.member,
            [
                {"child": child, "worker": worker}
                for child, entry in known.items()
                for worker in entry.place.members
            ],
        )

    def _write(
        self, devices: Collection[_Device], known: Mapping[str, Known], children: Sequence[str], seq: int
    ) -> None:
        table = tables.entitlement
        before = {
            (row.device, row.scope): row
            for row in self._connection.execute(_HELD, {"children": among(children)})
        }
        rows = []
        lost_by: defaultdict[str, set[str]] = defaultdict(set)
        for child, entry in known.items():
            sights: Sights = {}
            for device, worker, colleagues in devices:
                mask = self._mask(worker, entry, sights) if holds(worker, entry.place, colleagues) else 0
                held = before.get((device, child))
                if held is None and not mask:
                    continue
                was = held.mask if held is not None else 0
                lost = seq if was & ~mask else held.lost if held is not None else 0
                if was & ~mask:
                    lost_by[device].add(child)
                if held is None or mask != was:
                    rows.append({"device": device, "scope": child, "mask": mask, "lost": lost})
        in_bulk(self._connection, table, rows)
        for device, scopes in lost_by.items():
            self._forget_known(device, scopes)

    def _forget_known(self, device: str, scopes: Collection[str]) -> None:
        """A laptop that gives something up does not hold it as it stands any more."""
        record, tie = tables.record, tables.tie
        tied = select(tie.c.record).where(tie.c.scope.in_(scopes))
        self._connection.execute(
            update(record)
            .where(record.c.device == device, record.c.scope.in_(scopes) | record.c.id.in_(tied))
            .values(device="")
        )

    def _mask(self, worker: Worker, entry: Known, sights: Sights | None = None) -> int:
        """The bits that a worker may hold of a child; `sights` are those that others may, who are asked after
        one after the other: colleagues of one agency differ in nothing but whether they work the case.
        """
        sights = {} if sights is None else sights
        ground = entry.ground
        bare = ground.agreements == () and ground.disclosures == ()
        member = entry.place.lead == worker.id or worker.id in ground.members
        key = (worker.id, member)
        if bare and key in self._plain:
            return self._plain[key]
        if worker.id not in self._kinds:
            self._kinds[worker.id] = worker.model_dump_json(exclude={"id", "name"})
        alike = (self._kinds[worker.id], member)
        if alike not in sights:
            seen = all_seen(worker, entry.child, self._on, ground)
            sights[alike] = reduce(or_, map(_BITS_OF.__getitem__, seen), 0)
            if seen and worker.agency in TOLD and is_shared_with(worker, self._on, ground):
                sights[alike] |= BIT[TOLD[worker.agency]]
        mask = sights[alike]
        if bare and (member or not worker.schools):
            self._plain[key] = mask
        return mask


_Device = tuple[str, Worker, frozenset[str]]
Sights = dict[tuple[str, bool], int]
"""By what a worker is but for id and name, and whether they work the case, the bits that they may hold."""


def _known(own: Any, rows: Iterable[Any], teams: Mapping[str, str | None]) -> Known:
    child = read_as(Child, own)
    team = child.team
    waiting: set[str] = set()
    agreements: list[Agreement] = []
    disclosures: list[Disclosure] = []
    members: set[str] = set()
    closed: set[str] = set()
    allocated: list[tuple[str, str]] = []
    for row in rows:
        fields = json.loads(row.fields)
        if fields.get("void"):
            continue
        if row.type == "agreement":
            agreements.append(read_as(Agreement, row))
        elif row.type == "disclosure":
            disclosures.append(read_as(Disclosure, row))
        elif row.type == "episode":
            if fields.get("closed"):
                closed.add(fields.get("notification") or "")
            elif fields.get("worker"):
                members.add(fields["worker"])
        elif fields.get("allocated_to"):
            allocated.append((row.id, fields["allocated_to"]))
        else:
            # Nobody works the case yet: it waits for those who took it in, and for the team of the school.
            waiting.add(fields.get("by") or "")
            team = team or teams.get(fields.get("school") or child.school or "")
    members |= {worker for notification, worker in allocated if notification not in closed}
    held = (tuple(agreements), tuple(disclosures), frozenset(members))
    ground = Ground(*held) if any(held) else NOTHING
    place = Place(child.school, team, child.lead_worker, frozenset(members | waiting))
    return Known(child, place, ground)
