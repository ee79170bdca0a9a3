"""Steps that were kept aside for want of something that has come since, and what became of them.

After an old backup was put back the laptops bring what it lacked in any order: a step may come before the
record that it is about, or before that which says that its worker works with the child. It is tried again in
the transaction that brings it, so that the quarantine empties without anybody's doing.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, delete, select, update

from casework.local_days import day_of
from storage.central.asides import LET_IN, TAKEN_LATE
from sync.hub import tables
from sync.hub.counting import Counter
from sync.hub.entitlement import Entitlement
from sync.hub.entries import PORTION, step_of
from sync.hub.failing import FAILED, is_of_edits
from sync.hub.feed import Feed
from sync.hub.natural import keep_known_as
from sync.hub.portions import batched
from sync.hub.removed import VOID
from sync.hub.renaming import renamed
from sync.hub.rights import NOT_ENTITLED
from sync.hub.taking import Taking
from sync.messages.steps import SentEdit, Verdict

_LOOKED_AT = 20
"""Portions of a step of which it is asked who let them in."""
_table, _device = tables.quarantine, tables.device


class _StaysAside(Exception):
    """It is refused again, as this row says."""

    def __init__(self, row: Any) -> None:
        super().__init__(row.code)
        self.row = row


def take_waiting(
    connection: Connection,
    counter: Counter,
    arrived: Collection[str],
    now: datetime,
    awaited: Sequence[str] | None = None,
) -> dict[str, Verdict]:
    """Take what waited for any of these, in the order in which it came, and then what waited for that.

    `arrived` are ids of records that came into being, and of children of whom it changed who may hold them;
    `awaited` is what anybody waits for, where that was read already. By edit, the verdicts on what was taken;
    `counter` goes on with them.
    """
    taken: dict[str, Verdict] = {}
    while arrived:
        coming: set[str] = set()
        for row in _waiting_for(connection, set(arrived), awaited):
            taken |= take_again(connection, counter, row, now, coming)
        arrived, awaited = coming, None
    return taken


def take_waiting_of(connection: Connection, counter: Counter, device: str, now: datetime) -> None:
    """Take what waited for children whom this laptop may hold now: its worker changed, or a new day began."""
    waits = select(_table.c.awaits).where(_table.c.device == device, _table.c.awaits != "").distinct()
    awaited = {one for text in connection.execute(waits).scalars() for one in text.split()}
    if awaited:
        masks = Feed(connection, device).masks()
        take_waiting(connection, counter, {one for one in awaited if masks.get(one, (0, 0))[0]}, now)


def take_again(
    connection: Connection, counter: Counter, row: Any, now: datetime, arrived: set[str] | None = None
) -> dict[str, Verdict]:
    """Take a step that was kept aside (a row of `kept_aside`) as its laptop would send it now.

    By its id the verdict, where it was taken, whole or in part. What is still refused stays aside, with the
    reason that it has now. What came into being by it is added to `arrived`.
    """
    head, chain = counter.head, counter.chain
    try:
        with connection.begin_nested():
            verdict, came = _taken(connection, counter, row, now)
    except _StaysAside as still:
        _keep(connection, row.edit, still.row.code, still.row.reason, still.row.awaits)
    except Exception as error:
        if not is_of_edits(error):
            raise
        _keep(connection, row.edit, FAILED.code, FAILED.reason, "")
    else:
        if arrived is not None:
            arrived |= came
        return {row.edit: verdict}
    counter.set_back(head, chain)
    return {}


def kept_aside(connection: Connection, *where: Any) -> Sequence[Any]:
    """Steps of laptops in use that are kept aside, in the order in which they came."""
    return connection.execute(
        select(
            _table.c.edit,
            _table.c.device,
            _table.c.code,
            _table.c.awaits,
            _table.c.number,
            _table.c.edit_text,
        )
        .join(_device, _device.c.id == _table.c.device)
        .where(_device.c.status == "active", *where)
        .order_by(_table.c.number, _table.c.taken, _table.c.edit)
    ).all()


_AWAITED = select(_table.c.awaits).where(_table.c.awaits != "").distinct()


def _waiting_for(
    connection: Connection, arrived: set[str], awaited: Sequence[str] | None = None
) -> Iterator[Any]:
    """What waited for any of these, but for laptops that still may hold none of those children."""
    every = connection.execute(_AWAITED).scalars() if awaited is None else awaited
    found = [awaits for awaits in every if not arrived.isdisjoint(awaits.split())]
    if not found:
        return
    children = _children_among(connection, {one for text in found for one in text.split()} & arrived)
    may_hold: dict[str, set[str]] = {}
    for some in batched(found):
        for row in kept_aside(connection, _table.c.awaits.in_(some)):
            came = arrived.intersection(row.awaits.split())
            if row.code == NOT_ENTITLED and came <= children:
                if row.device not in may_hold:
                    may_hold[row.device] = _held_by(connection, row.device)
                if came.isdisjoint(may_hold[row.device]):
                    continue
            yield row


def _children_among(connection: Connection, ids: Collection[str]) -> set[str]:
    found: set[str] = set()
    for some in batched(ids):
        found |= set(
            connection.execute(select(tables.place.c.child).where(tables.place.c.child.in_(some))).scalars()
        )
    return found


def _held_by(connection: Connection, device: str) -> set[str]:
    """The scopes of which a laptop may hold something, or might until it lost them."""
    return {scope for scope, bits in Feed(connection, device).masks().items() if any(bits)}


def _taken(connection: Connection, counter: Counter, row: Any, now: datetime) -> tuple[Verdict, set[str]]:
    """Raises _StaysAside."""
    taking = Taking(connection, row.device, Feed(connection, row.device).masks())
    verdict, known = take_late(connection, taking, row, counter, now)
    if not verdict.seq:
        raise _StaysAside(connection.execute(select(_table).where(_table.c.edit == row.edit)).one())
    counter.save()
    entitlement = Entitlement(connection, day_of(now))
    entitlement.settle(taking.central.unsettled, counter.head, taking.made, row.device)
    # Its laptop was told that the step was not taken, so it is sent what came of it, too.
    record = tables.record
    connection.execute(update(record).where(record.c.seq == verdict.seq).values(device=""))
    portions = _table.c.edit.startswith(f"{row.edit}{PORTION}", autoescape=True)
    connection.execute(update(_table).where(portions).values(number=row.number))
    return verdict, taking.arrived | known.keys()


def take_late(
    connection: Connection, taking: Taking, row: Any, counter: Counter, now: datetime
) -> tuple[Verdict, dict[str, str]]:
    """Take a step that was kept aside, of a row with its edit, device and edit_text, out of the quarantine.

    The verdict, and the ids of its records that are known under another one. Its laptop is not asked to give
    them that: it is kept for what it said of them besides, and for what it will say.
    """
    edit = SentEdit.model_validate_json(row.edit_text)
    connection.execute(delete(_table).where(_table.c.edit == row.edit))
    made = {change.record for change in edit.changes if not change.field}
    known: dict[str, str] = {}
    answer = taking.take([edit], counter, now)
    while answer.known:
        own = _taken_back(connection, row.device, made & answer.known.keys())
        found = {old: new for old, new in answer.known.items() if old not in own}
        edit = renamed(edit, found)
        known |= found
        answer = taking.take([edit], counter, now, rest=not found)
    keep_known_as(connection, known)
    return answer.verdicts[0], known


def keep_known(connection: Connection, known: Mapping[str, str], awaited: Iterable[str]) -> set[str]:
    """A laptop is told under which ids these records are known: what waits for one of them, of another
    laptop perhaps, is about that record, too. Those for which any of this waits (`awaited`).
    """
    found = {old: known[old] for text in awaited for old in text.split() if old in known}
    keep_known_as(connection, found)
    return {*found}


def _taken_back(connection: Connection, device: str, ids: Collection[str]) -> set[str]:
    """Those of these records that other steps of a laptop take back which are kept aside: in one push with
    them nobody would have asked whose they are.
    """
    last: dict[str, Any] = {}
    texts = select(_table.c.edit_text).where(_table.c.device == device).order_by(_table.c.number)
    for text in connection.execute(texts).scalars() if ids else ():
        for change in from_json(text)["changes"]:
            if change["record"] in ids and change["field"] == VOID:
                last[change["record"]] = change["new"]
    return {record for record, void in last.items() if void}


def _keep(connection: Connection, edit: str, code: str, reason: str, awaits: str) -> None:
    connection.execute(
        update(_table).where(_table.c.edit == edit).values(code=code, reason=reason, awaits=awaits)
    )


# What a laptop is told


def taken_since(connection: Connection, worker: str, edits: Sequence[str]) -> list[Verdict]:
    """Those of a worker's steps that were kept aside, whole or in part, and of which nothing is any more.

    What is left of a step may be asked after by its own id: then the whole step counts, too.
    """
    if not edits:
        return []
    rows = connection.execute(select(_table.c.edit).where(_table.c.worker == worker))
    waiting = {edit.partition("/")[0] for edit in rows.scalars()}
    log = tables.log
    found: dict[str, list[Verdict]] = {}
    asked = (edit for edit in edits if edit.partition("/")[0] not in waiting)
    steps = (one for edit in asked for one in dict.fromkeys((step_of(edit), edit)))
    ids = (one for edit in steps for one in (edit, *(f"{edit}{PORTION}{n}" for n in range(_LOOKED_AT))))
    for some in batched(ids):
        told = select(log.c.verdict).where(log.c.edit.in_(some), log.c.worker == worker)
        for text in connection.execute(told.order_by(log.c.seq)).scalars():
            verdict = Verdict.model_validate_json(text)
            found.setdefault(verdict.edit.partition("/")[0], []).append(verdict)
    return [_on_all(edit, verdicts) for edit, verdicts in found.items()]


def _on_all(edit: str, verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on a step by those on its portions."""
    names = {one.verdict for one in verdicts}
    worst = next((name for name in ("conflict", "merged") if name in names), "applied")
    let_in = next((one.reason for one in verdicts if one.verdict != "quarantined" and one.reason), "")
    return Verdict.model_validate(
        {
            "edit": edit,
            "verdict": worst,
            "seq": verdicts[-1].seq,
            "code": LET_IN if let_in else TAKEN_LATE,
            "reason": let_in,
        }
    )
