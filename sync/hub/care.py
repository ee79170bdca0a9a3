"""Looking after a central record: its laptops, who works where, whether it is sound, and how much it does."""

from __future__ import annotations

import json
from collections import Counter as Counted
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, Table, and_, func, or_, select, update

from casework.canonical import Digest, digest_of, facet_hash
from casework.errors import Ambiguous, BadInput, Refused
from casework.holding import held_words
from casework.ids import new_id
from casework.local_days import day_of
from casework.records import School, Worker
from casework.scopes import TIED, own_scope
from casework.text import fold
from sync.hub import tables
from sync.hub.alarms import acknowledge, acknowledged
from sync.hub.central import Central
from sync.hub.counting import CHAIN_BYTES, Counter, chained
from sync.hub.devices import put_worker, revoke
from sync.hub.enrolment import enter_school
from sync.hub.entitlement import SEND_ANEW, Entitlement
from sync.hub.fields import facets_of, read_as
from sync.hub.removed import VOID

_SHORTEST = 8


def laptops(connection: Connection) -> list[dict[str, Any]]:
    """Every laptop: whose it is, since when, when it last called, and how much it was not yet sent.

    `scopes_to_give_up` are the scopes of which it may hold less than it was sent and has not said yet that it
    gave the rest up; `given_up` is its statement of the records that it did give up, `quarantined` counts its
    edits that are kept aside. `audit_lost` says when its audit was last found not to hold what is kept of it
    here, until somebody looked into that: then it stands in `audits_acknowledged`.
    """
    device, entitled = tables.device, tables.entitlement
    names = {worker.id: worker for worker in _workers(connection)}

    def scopes(*where: Any) -> dict[str, int]:
        counted = select(entitled.c.device, func.count()).where(*where).group_by(entitled.c.device)
        return dict(connection.execute(counted).all())

    behind = scopes(entitled.c.mask != entitled.c.sent)
    sent = entitled.c.sent
    narrowed = sent.bitwise_and(entitled.c.mask) != sent
    too_much = scopes(or_(and_(sent != SEND_ANEW, narrowed), and_(sent == SEND_ANEW, entitled.c.lost > 0)))
    held = tables.quarantine
    counted = select(held.c.device, func.count()).group_by(held.c.device)
    kept: dict[str, int] = dict(connection.execute(counted).all())
    known = acknowledged(connection)
    rows = connection.execute(select(device).order_by(device.c.enrolled))
    return [
        {
            "id": row.id,
            "worker": names[row.worker].name if row.worker in names else row.worker,
            "agency": names[row.worker].agency if row.worker in names else "",
            "status": row.status,
            "enrolled": row.enrolled,
            "last_seen": row.last_seen or None,
            "scopes_to_send": behind.get(row.id, 0),
            "scopes_to_give_up": too_much.get(row.id, 0),
            "given_up": _statement(row.given_up, row.given_up_at),
            "quarantined": kept.get(row.id, 0),
            "audit_lost": _alarm(row.audit_lost, known.get(row.id, ())),
            "audits_acknowledged": known.get(row.id, []),
        }
        for row in rows
    ]


def _alarm(found: str, known: Sequence[Mapping[str, str]]) -> str | None:
    return found if found and found not in {one["found"] for one in known} else None


def _statement(given_up: str, at: str) -> dict[str, Any] | None:
    count, _, digest = given_up.partition(":")
    return {"records": int(count), "digest": digest, "at": at} if given_up else None


def entitle(
    connection: Connection, name: str, add: Sequence[str], drop: Sequence[str], now: datetime
) -> dict[str, Any]:
    """Tie a worker, by name or id, to schools and untie others; what then stands, and which children their
    laptops hold from the next sync on.
    """
    worker = _worker(connection, name)
    held = {school.id: school.urn for school in _schools(connection)}
    wrong = [urn for urn in drop if urn not in held.values()]
    if wrong:
        raise BadInput("no-such-school", f"There is no school {wrong[0]} on record.", "--drop-school")
    kept = [school for school in worker.schools if held.get(school) not in drop]
    wanted = [*kept, *(enter_school(connection, urn, worker.team, now) for urn in add)]
    record = worker.model_copy(update={"schools": tuple(dict.fromkeys(wanted))})
    put_worker(connection, new_id(), "Entitle", record, now)
    urns = {school.id: school.urn for school in _schools(connection)}
    schools = [urns[school] for school in record.schools]
    return {"id": worker.id, "worker": worker.name, "schools": schools, "holds": held_words(record)}


def end_access(connection: Connection, start: str) -> str:
    """Revoke a laptop, named by its id or the beginning of it; its id."""
    device = _device(connection, start)
    revoke(connection, device)
    return device


def approve(connection: Connection, start: str, now: datetime) -> str:
    """Let a laptop in that waits for a manager's yes; its id. Raises Refused where it does not wait."""
    device = _device(connection, start)
    table = tables.device
    done = connection.execute(
        update(table).where(table.c.id == device, table.c.status == "waiting").values(status="active")
    )
    if not done.rowcount:
        raise Refused("not-waiting", "That laptop does not wait for anybody's yes.", "DEVICE")
    Entitlement(connection, day_of(now)).settle_device(device, Counter(connection).head)
    return device


def acknowledge_audit(
    connection: Connection, start: str, by: str, reason: str, now: datetime
) -> dict[str, str]:
    """Put on record who looked into the lost audit of a laptop, named by its id or the beginning of it."""
    device = _device(connection, start)
    return {"id": device} | acknowledge(connection, device, by, reason, now)


def problems(connection: Connection) -> list[str]:
    """What does not hold together: the chain of the log, or the sums of what is held."""
    return [*_chain_faults(connection), *_sum_faults(connection)]


def lost_audits(connection: Connection) -> list[dict[str, str]]:
    """The laptops whose audit was found not to hold what is kept of it here: whose, and when it was found."""
    return [
        {"id": row["id"], "worker": row["worker"], "audit_lost": row["audit_lost"]}
        for row in laptops(connection)
        if row["audit_lost"]
    ]


def counts(connection: Connection) -> dict[str, int]:
    """How much is here, by name."""

    def number(table: Table, *where: Any) -> int:
        return int(connection.execute(select(func.count()).select_from(table).where(*where)).scalar_one())

    device = tables.device
    return {
        "edits": Counter(connection, lock=False).head,
        "records": number(tables.record),
        "conflicts": _asked(connection),
        "quarantined": number(tables.quarantine),
        "laptops_active": number(device, device.c.status == "active"),
        "laptops_waiting": number(device, device.c.status == "waiting"),
        "laptops_revoked": number(device, device.c.status == "revoked"),
        "scopes": number(tables.head),
    }


def _asked(connection: Connection) -> int:
    """How many conflicts ask something, as who may see all of them has them listed
    (storage.queries.conflicts).
    """
    record, central = tables.record, Central(connection)
    rows = connection.execute(
        select(record.c.fields).where(
            record.c.type == "conflict", record.c.fields.contains('"settled":false')
        )
    )
    conflicts = [one for row in rows if not (one := from_json(row.fields)).get(VOID)]
    central.fetch(one["record"] for one in conflicts)
    asked = set()
    for one in conflicts:
        about, name = central.get(one["record"]).fields, one["field"]
        is_known = name in about and not about.get(VOID)
        stands = about[name] if is_known else from_json(one["central"])
        if stands != from_json(one["other"]):
            asked.add((one["record"], name, one["other"]))
    return len(asked)


def aside(connection: Connection) -> list[dict[str, Any]]:
    """Edits that were kept aside, with who sent them, of which kinds of records they are, and why; nothing of
    what they say. `awaits` are the ids of records that were not there, and of children who are not theirs.
    """
    table = tables.quarantine
    rows = connection.execute(
        select(
            table.c.edit,
            table.c.device,
            table.c.worker,
            table.c.at,
            table.c.taken,
            table.c.code,
            table.c.reason,
            table.c.awaits,
            table.c.edit_text,
        ).order_by(table.c.taken, table.c.number)
    )
    found = [dict(row._mapping) for row in rows]
    return [
        row | {"awaits": row["awaits"].split(), "records": _kinds_in(row.pop("edit_text"))} for row in found
    ]


def _kinds_in(edit_text: str) -> dict[str, int]:
    """How many records of each kind a step is about."""
    about = {(one["type"], one["record"]) for one in from_json(edit_text)["changes"]}
    return dict(sorted(Counted(kind for kind, _ in about).items()))


def _chain_faults(connection: Connection) -> Iterator[str]:
    log = tables.log
    chain, last = bytes(CHAIN_BYTES), 0
    for row in connection.execute(select(log.c.seq, log.c.hash, log.c.chain).order_by(log.c.seq)):
        last += 1
        chain = chained(chain, last, bytes(row.hash))
        if row.seq != last or bytes(row.chain) != chain:
            yield f"The log does not hold together at number {last}: restore a backup."
            return
    counter = Counter(connection, lock=False)
    if (counter.head, counter.chain) != (last, chain):
        yield f"The log ends at number {last}, but {counter.head} edits were counted: restore a backup."


def _sum_faults(connection: Connection) -> Iterator[str]:
    found, held = counted_sums(connection), held_sums(connection)
    empty = Digest()
    wrong = {key[0] for key in {*found, *held} if found.get(key, empty) != held.get(key, empty)}
    if wrong:
        yield f"The sums of {len(wrong)} scopes do not fit their records: restore a backup."


Sums = Mapping[tuple[str, str, str], Digest]
"""Sums by scope, leading facet and facet."""


def counted_sums(connection: Connection) -> Sums:
    """What the records come to, counted from themselves."""
    found: defaultdict[tuple[str, str, str], Digest] = defaultdict(Digest)
    tied: defaultdict[str, set[str]] = defaultdict(set)
    for row in connection.execute(select(tables.tie.c.record, tables.tie.c.scope)):
        tied[row.record].add(row.scope)
    for row in connection.execute(select(tables.record)):
        fields = json.loads(row.fields)
        parts = facets_of(row.type, fields)
        lead = next(iter(parts)).key
        own = own_scope(row.type, row.id, fields)
        for scope in tied[row.id] if own == TIED else {own}:
            for facet, part in parts.items():
                number = facet_hash(row.type, row.id, facet, part)
                found[scope, lead, facet.key] += Digest(1, number)
    return found


def held_sums(connection: Connection) -> Sums:
    """What the records come to, as it is kept."""
    return {
        (row.scope, row.lead, row.facet): digest_of(bytes(row.total), row.facets)
        for row in connection.execute(select(tables.digest))
    }


def _workers(connection: Connection) -> list[Worker]:
    table = tables.record
    return [read_as(Worker, row) for row in connection.execute(select(table).where(table.c.type == "worker"))]


def _schools(connection: Connection) -> list[School]:
    table = tables.record
    return [read_as(School, row) for row in connection.execute(select(table).where(table.c.type == "school"))]


def _worker(connection: Connection, name: str) -> Worker:
    found = [held for held in _workers(connection) if held.id == name or fold(held.name) == fold(name)]
    if not found:
        raise BadInput("no-such-worker", "There is no worker of that name or id on record.", "WORKER")
    if len(found) > 1:
        raise Ambiguous(
            "Several workers have that name; give the id.",
            [(held.id, f"{held.name} ({held.agency})") for held in found],
        )
    return found[0]


def _device(connection: Connection, start: str) -> str:
    table = tables.device
    ids = [str(held) for held in connection.execute(select(table.c.id)).scalars()]
    found = [held for held in ids if held == start] or [
        held for held in ids if len(start) >= _SHORTEST and held.startswith(start)
    ]
    if len(found) != 1:
        raise BadInput(
            "no-such-device",
            "There is no one laptop with that id; outreach hub devices lists them.",
            "DEVICE",
        )
    return found[0]
