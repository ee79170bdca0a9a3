"""Who speaks, and what a message reads first.

A push and a pull read it by one statement each: a round trip costs more than the rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    Connection,
    Integer,
    LargeBinary,
    Row,
    Select,
    Text,
    bindparam,
    cast,
    literal_column,
    null,
    select,
    type_coerce,
    union_all,
)

from casework.errors import Refused
from sync.hub import tables
from sync.hub.counting import Counter, take_lock

_device, _held, _log, _meta, _aside = (
    tables.device,
    tables.entitlement,
    tables.log,
    tables.meta,
    tables.quarantine,
)
_SET, _LAPTOP, _SCOPE, _AWAITED, _AT = "set", "laptop", "scope", "awaited", "at"
_no_text, _zero = literal_column("''", Text), literal_column("0", Integer)
_KNOWN = ("active", "revoked")
_no_octets = cast(null(), LargeBinary)


class Opened(NamedTuple):
    """Where the central record is, who speaks, and what is asked for beside that: `masks` as `Feed.masks`,
    what kept-aside steps of any laptop wait for, and the chain at a number.
    """

    counter: Counter
    status: str
    worker: str
    masks: Mapping[str, tuple[int, int]]
    awaited: Sequence[str]
    chain: str | None


def _kind(name: str) -> Select[tuple[str]]:
    return select(literal_column(f"'{name}'", Text).label("kind"))


_is_laptop = _device.c.id == bindparam("laptop")
_DEVICE = select(_device).where(_is_laptop)
_STANDING = select(_device.c.id, _device.c.status).where(_is_laptop)
"""All that a laptop's own role may read of it (docs/decisions/0017)."""
_BEFORE_PUSH = union_all(
    _kind(_SET).add_columns(_meta.c.name, _meta.c.value, _zero, _zero),
    _kind(_LAPTOP).add_columns(_device.c.status, _device.c.worker, _zero, _zero).where(_is_laptop),
    _kind(_SCOPE)
    .add_columns(_held.c.scope, _no_text, _held.c.mask, _held.c.lost)
    .where(_held.c.device == bindparam("laptop")),
    _kind(_AWAITED)
    .add_columns(_aside.c.awaits, _no_text, _zero, _zero)
    .where(_aside.c.awaits != "")
    .distinct(),
)
_BEFORE_PULL = union_all(
    _kind(_SET).add_columns(_meta.c.name, _meta.c.value, _no_octets),
    _kind(_LAPTOP).add_columns(_device.c.status, _no_text, _no_octets).where(_is_laptop),
    _kind(_AT)
    .add_columns(_no_text, _no_text, type_coerce(_log.c.chain, LargeBinary))
    .where(_log.c.seq == bindparam("seq")),
)


def before_push(connection: Connection, device: str) -> Opened:
    """What a push has to know; it waits for the one that is under way. Raises Refused for a stranger."""
    take_lock(connection)
    kept: dict[str, str] = {}
    masks: dict[str, tuple[int, int]] = {}
    awaited: list[str] = []
    status = worker = ""
    for kind, one, other, mask, lost in connection.execute(_BEFORE_PUSH, {"laptop": device}).all():
        if kind == _SET:
            kept[one] = other
        elif kind == _SCOPE:
            masks[one] = (mask, lost)
        elif kind == _AWAITED:
            awaited.append(one)
        else:
            status, worker = one, other
    check_standing(status)
    return Opened(Counter(connection, kept=kept), status, worker, masks, awaited, None)


def before_pull(connection: Connection, device: str, seq: int) -> Opened:
    """What a pull from this number on has to know; `chain` None where the log has no such number.

    Raises Refused for a stranger, and for a laptop whose access was ended.
    """
    kept: dict[str, str] = {}
    status, chain = "", None
    for kind, one, other, octets in connection.execute(_BEFORE_PULL, {"laptop": device, "seq": seq}).all():
        if kind == _SET:
            kept[one] = other
        elif kind == _AT:
            chain = bytes(octets).hex()
        else:
            status = one
    check_standing(status)
    if status == "revoked":
        raise access_ended()
    return Opened(Counter(connection, kept=kept), status, "", {}, (), chain)


def known_device(connection: Connection, device: str) -> Row[Any]:
    """The row of a laptop whose access was not refused from the beginning. Raises Refused for a stranger."""
    return _known(connection, device, _DEVICE)


def is_revoked(connection: Connection, device: str) -> bool:
    """Whether a laptop's access was ended, which costs it its keys. Raises Refused for a stranger."""
    return bool(_known(connection, device, _STANDING).status == "revoked")


def require_active(connection: Connection, device: str) -> None:
    """Raises Refused for a stranger, and for a laptop whose access was ended."""
    if is_revoked(connection, device):
        raise access_ended()


def _known(connection: Connection, device: str, columns: Select[Any]) -> Row[Any]:
    row = connection.execute(columns, {"laptop": device}).first()
    if row is None:
        raise stranger()
    check_standing(row.status)
    return row


def check_standing(status: str) -> None:
    """Raises Refused for a laptop of this status ("" for none) whose access was never given."""
    if status not in _KNOWN:
        raise stranger()


def access_ended() -> Refused:
    """What a laptop is told whose access was ended."""
    return Refused("revoked", "This laptop's access was ended; speak to your manager.")


def stranger() -> Refused:
    """What a laptop is told of which nobody knows here."""
    return Refused("unknown-device", "The central record does not know this laptop; enrol it again.")
