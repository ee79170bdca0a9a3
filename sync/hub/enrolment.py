"""One-time codes, and the laptops that enrol with them.

A code is ten characters: the first three find it, the other seven (35 bits) are kept hashed and may be tried
five times. Sources: OWASP ASVS 5.0, 6.5.1 to 6.5.5.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import scrypt
from threading import Lock

from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from casework.errors import BadInput, Refused
from casework.ids import new_id
from casework.records import School, Team, Worker
from casework.text import clean, fold
from casework.vocabulary import Agency
from sync.hub import tables
from sync.hub.devices import add_device, find_worker, put, put_worker
from sync.hub.fields import read_as
from sync.hub.natural import keys_of, owners_of
from sync.hub.writing import in_bulk

LIFE = timedelta(minutes=10)
MOST_TRIES = 5
MOST_WRONG = 20
"""Wrong codes of one network address in an hour."""

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_SELECTOR = 3
_LENGTH = 10
_ALIASES = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_URN = re.compile(r"^\d{6}$")
_HOUR = timedelta(hours=1)
_ONE_AT_A_TIME = Lock()


@dataclass(frozen=True, slots=True)
class Code:
    """A code to be told to one worker, once."""

    text: str
    expires: datetime
    worker: str


@dataclass(frozen=True, slots=True)
class NewLaptop:
    """A laptop that has just enrolled, and whose it is, with their team and schools."""

    device: str
    waiting: bool
    worker: Worker
    team: Team | None
    schools: tuple[School, ...]


@dataclass(frozen=True, slots=True)
class Former:
    """Whose a laptop says that it was: the worker's id, name and agency."""

    id: str
    name: str
    agency: str


def draw_code(connection: Connection, worker: str, now: datetime) -> Code:
    """A code with which a laptop of this worker can enrol within ten minutes."""
    table = tables.code
    connection.execute(delete(table).where(table.c.expires < (now - _HOUR).isoformat()))
    taken = set(connection.execute(select(table.c.selector)).scalars())
    while (selector := _characters(_SELECTOR)) in taken:
        continue
    secret = _characters(_LENGTH - _SELECTOR)
    salt = secrets.token_bytes(16)
    row = {
        "selector": selector,
        "salt": salt,
        "hash": _hashed(secret, salt),
        "worker": worker,
        "expires": (now + LIFE).isoformat(),
        "tries": 0,
        "device": "",
        "public_key": b"",
    }
    in_bulk(connection, table, [row])
    return Code(selector + secret, now + LIFE, worker)


def enter_worker(
    connection: Connection, name: str, agency: Agency, team: str, urns: Sequence[str], now: datetime
) -> str:
    """Put a worker, the team and the schools on record as the council has them; the worker's id."""
    name, team = clean(name).strip(), clean(team).strip()
    if not name or not team:
        raise BadInput("empty", "The name of the worker and of the team must not be empty.")
    of_team = _known(connection, "team", {"name": team})
    if of_team is None:
        of_team = new_id()
        put(connection, new_id(), "Enter the team", Team(id=of_team, name=team), now)
    schools = tuple(enter_school(connection, urn, of_team, now) for urn in urns)
    worker = find_worker(connection, name, agency) or new_id()
    record = Worker(id=worker, name=name, agency=agency, team=of_team, schools=schools)
    put_worker(connection, new_id(), "Enter the worker", record, now)
    return worker


def enter_school(connection: Connection, urn: str, team: str | None, now: datetime) -> str:
    """The id of the school with this URN, put on record where it is not yet; the first laptop names it."""
    if not _URN.match(urn):
        raise BadInput("bad-urn", "A URN has six digits, such as 118300.", "--school")
    school = _known(connection, "school", {"urn": urn})
    if school is None:
        school = new_id()
        put(connection, new_id(), "Enter the school", School(id=school, urn=urn, name="", team=team), now)
    return school


def use_code(
    engine: Engine,
    text: str,
    key: bytes,
    address: str,
    *,
    now: datetime,
    approve: bool,
    was: Former | None = None,
    draw_id: Callable[[], str] = new_id,
) -> NewLaptop:
    """Enrol the laptop that brings this code and this public key; `was` is whose it says that it was.

    The same code with the same key gives the same answer again, for an answer can be lost. Raises
    Refused("wrong-code"), also for one that is used up or too old, and Refused("too-many").
    """
    typed = clean(text).upper().translate(_ALIASES)
    table = tables.code
    selector = typed[:_SELECTOR]
    with engine.begin() as connection:
        if _wrong_lately(connection, address, now) >= MOST_WRONG:
            raise Refused("too-many", "Too many wrong codes came from this address; wait an hour.")
        # First, for then whoever tries it at the same time waits and is counted, too.
        connection.execute(update(table).where(table.c.selector == selector).values(tries=table.c.tries + 1))
        row = connection.execute(select(table).where(table.c.selector == selector)).first()
        live = row is not None and row.tries <= MOST_TRIES and row.expires > now.isoformat()
    salt, held = (row.salt, row.hash) if row is not None else (bytes(16), bytes(32))
    fits = hmac.compare_digest(_hashed(typed[_SELECTOR:], salt), held)
    with engine.begin() as connection:
        laptop = (
            _enrol(connection, row.selector, row.worker, key, now, approve, was, draw_id)
            if (row is not None and live and fits)
            else None
        )
        if laptop is None:
            wrong = {"id": new_id(), "address": address, "at": now.isoformat()}
            connection.execute(insert(tables.attempt), [wrong])
    if laptop is None:
        raise Refused(
            "wrong-code", "That code is wrong, used up or older than ten minutes; ask for another one."
        )
    return laptop


def _enrol(
    connection: Connection,
    selector: str,
    worker: str,
    key: bytes,
    now: datetime,
    approve: bool,
    was: Former | None,
    draw_id: Callable[[], str],
) -> NewLaptop | None:
    """The laptop, now or from the first time; None where the code was used with another key."""
    table = tables.code
    device = draw_id()
    taken = connection.execute(
        update(table)
        .where(table.c.selector == selector, table.c.device == "")
        .values(device=device, public_key=key)
    )
    if taken.rowcount:
        worker = _as_before(connection, worker, was, now) if was is not None else worker
        add_device(connection, device, worker, key, now)
        if approve:
            held = tables.device
            connection.execute(update(held).where(held.c.id == device).values(status="waiting"))
    else:
        used = connection.execute(select(table).where(table.c.selector == selector)).one()
        if bytes(used.public_key) != key:
            return None
        device = used.device
    record, held = tables.record, tables.device
    worker = connection.execute(select(held.c.worker).where(held.c.id == device)).scalar_one()
    person = read_as(Worker, connection.execute(select(record).where(record.c.id == worker)).one())
    row = connection.execute(select(record).where(record.c.id == person.team)).first()
    rows = connection.execute(select(record).where(record.c.id.in_(person.schools))).all()
    status = connection.execute(select(held.c.status).where(held.c.id == device)).scalar_one()
    team = read_as(Team, row) if row is not None else None
    schools = tuple(read_as(School, one) for one in rows)
    return NewLaptop(device, status == "waiting", person, team, schools)


def _as_before(connection: Connection, worker: str, was: Former, now: datetime) -> str:
    """The id under which a laptop's worker goes on: the one that it had, where a backup that was put back did
    not have it yet and a manager entered the same name anew.

    Not while a laptop of either is enrolled: then they may be two people of one name.
    """
    record, held = tables.record, tables.device
    if (
        was.id == worker
        or connection.execute(select(held.c.id).where(held.c.worker.in_((was.id, worker)))).first()
    ):
        return worker
    entered = read_as(Worker, connection.execute(select(record).where(record.c.id == worker)).one())
    known = connection.execute(select(record).where(record.c.id == was.id)).first()
    people = [entered, *([read_as(Worker, known)] if known is not None else [])]
    if any((fold(one.name), one.agency) != (fold(was.name), was.agency) for one in people):
        return worker
    put(connection, new_id(), "Enter the worker", entered.model_copy(update={"id": was.id}), now)
    put(connection, new_id(), "The same worker", entered.model_copy(update={"void": True}), now)
    return was.id


def _known(connection: Connection, record_type: str, fields: dict[str, str]) -> str | None:
    """The id of the record that is known by these fields."""
    return next(iter(owners_of(connection, keys_of(record_type, fields)).values()), None)


def _wrong_lately(connection: Connection, address: str, now: datetime) -> int:
    table = tables.attempt
    since = (now - _HOUR).isoformat()
    connection.execute(delete(table).where(table.c.at < since))
    count = select(func.count()).select_from(table).where(table.c.address == address)
    return int(connection.execute(count).scalar_one())


def _characters(number: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(number))


def _hashed(secret: str, salt: bytes) -> bytes:
    """One at a time, in 8 MB: whoever sends many codes at once makes others wait but fills no memory."""
    with _ONE_AT_A_TIME:
        return scrypt(secret.encode(), salt=salt, n=1 << 13, r=8, p=2, dklen=32)
