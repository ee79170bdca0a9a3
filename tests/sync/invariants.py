"""What must hold of a central record and its laptops after everything that went wrong was healed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, select

from casework.canonical import Digest, facet_hash, sum_of
from casework.facets import OPENED_BY, facets
from casework.records import RECORD_TYPES
from casework.records_sharing import SAFEST_FIRST, Agreement
from storage import cipher, reindex
from storage.central import outbox
from storage.central.asides import NO_SUCH_RECORD, set_aside
from storage.central.holdings import Holdings
from storage.central.lease import read_lease
from storage.integrity import history_gives_rows
from storage.rows import current_values
from sync.hub import tables
from sync.hub.care import problems
from sync.hub.counting import Counter
from sync.hub.entitlement import Entitlement
from sync.hub.feed import Feed
from sync.hub.fields import facets_of
from sync.hub.waiting import kept_aside, take_again, taken_since
from sync.session import Session
from tests.sync.faults import SECRET
from tests.sync.kept import check_kept
from tests.sync.world import Laptop, World

_QUIET_BYTES, _CHANGE_BYTES = 2_048, 24_576


def check(world: World, sessions: Sequence[Session]) -> None:
    """After healing everybody agrees, and nothing was lost, kept too long or seen by whom it is not for.

    `sessions` are the last of each laptop.
    """
    check_agreed(sessions)
    with world.hub.engine.begin() as connection:
        hub = {row.id: row for row in connection.execute(select(tables.record))}
        verdicts = _verdicts(connection)
        check_sums(connection)
        check_kept(connection, hub)
        assert problems(connection) == []
        for row in connection.execute(select(tables.quarantine)):
            assert SECRET not in row.code + row.reason
        check_aside(world, connection)
        for laptop in world.laptops.values():
            feed = Feed(connection, laptop.way.device)
            masks = feed.masks()
            Entitlement(connection, world.today()).settle_device(laptop.way.device, 0)
            assert feed.masks() == masks, "worked out anew, it is something else that may be held"
            _check_laptop(laptop, hub, masks, verdicts)


def check_aside(world: World, connection: Connection) -> None:
    """Nothing is kept aside that could be taken and says something still, nor waits for a record that a
    laptop has, but for what it would take back and is taken back there; each laptop lists what is aside and
    nothing that was taken.
    """
    counter = Counter(connection)
    trial = connection.begin_nested()
    for row in kept_aside(connection, tables.quarantine.c.awaits != ""):
        for verdict in take_again(connection, counter, row, world.now).values():
            assert _says_nothing(connection, verdict.seq), "it could be taken"
    lacking = select(tables.quarantine).where(tables.quarantine.c.code == NO_SUCH_RECORD)
    for row in connection.execute(lacking):
        changes = json.loads(row.edit_text)["changes"]
        types = {change["record"]: change["type"] for change in changes}
        taken_back = {change["record"] for change in changes if change["field"] == "void" and change["new"]}
        for laptop in world.laptops.values():
            for record in row.awaits.split():
                if types[record] in RECORD_TYPES:
                    held = current_values(laptop.store.conn, types[record], record)
                    is_void = held is not None and held["void"] and record in taken_back
                    assert held is None or is_void, f"a laptop has the {types[record]} that a step waits for"
    trial.rollback()
    for laptop in world.laptops.values():
        listed = [step.edit for step in set_aside(laptop.store.conn)]
        assert taken_since(connection, laptop.worker.id, listed) == []


def _says_nothing(connection: Connection, seq: int) -> bool:
    """Whether a step brought back only what others have brought back, or written over knowingly, since."""
    log = tables.log
    changes = connection.execute(select(log.c.changes).where(log.c.seq == seq)).scalar_one()
    return bool(json.loads(changes) == [])


def check_agreed(sessions: Sequence[Session]) -> None:
    """Nobody has anything to say, and everybody knows it."""
    for session in sessions:
        assert session.agreed
        assert session.problems == []
        assert has_said_nothing(session)


def has_said_nothing(session: Session) -> bool:
    """Whether a session greeted and heard that both sides hold the same."""
    changed = (session.pushed, session.pulled, session.purged, session.backfilled)
    return session.requests == 1 and session.agreed and not any(changed)


@contextmanager
def agreements_stay_ended(laptop: Laptop) -> Iterator[None]:
    """No session has an agreement open more than it did on a laptop, unless its worker works meanwhile."""
    before, made = _openness(laptop), _own_steps(laptop)
    yield
    if _own_steps(laptop) == made:
        after = _openness(laptop)
        assert not [one for one in before.keys() & after.keys() if after[one] > before[one]], "it was opened"


def _openness(laptop: Laptop) -> dict[str, int]:
    return {one.id: SAFEST_FIRST.index(one.status) for one in laptop.store.find(Agreement)}


def _own_steps(laptop: Laptop) -> int:
    steps = laptop.store.conn.execute("SELECT count(*) FROM edit WHERE kind <> 'central'")
    return int(steps.fetchone()[0])


def check_quiet(bytes_: int) -> None:
    """A session in which nothing was to be said, by the bytes of its messages before they are packed."""
    assert bytes_ <= _QUIET_BYTES, bytes_


def check_cost(bytes_: int) -> None:
    """All sessions after one field of one child was changed, as `check_quiet`."""
    assert bytes_ <= _CHANGE_BYTES, bytes_


def check_handed_in(world: World, laptop: Laptop) -> None:
    """Every step of a laptop's that it could still send has a verdict at the central record."""
    with world.hub.engine.begin() as connection:
        assert _sendable(laptop) <= _verdicts(connection)


def _verdicts(connection: Connection) -> set[str]:
    """The steps that were taken or are kept aside; none is both."""
    taken = set(connection.execute(select(tables.log.c.edit)).scalars())
    aside = set(connection.execute(select(tables.quarantine.c.edit)).scalars())
    assert not taken & aside
    return taken | aside


def _sendable(laptop: Laptop) -> set[str]:
    """This laptop's own steps, but for those of which it gave something up."""
    rows = laptop.store.conn.execute(
        f"SELECT id FROM edit WHERE kind IN {outbox.OWN} AND seq NOT IN"
        " (SELECT edit FROM sync_edit WHERE cut = 1)"
    )
    return {row[0] for row in rows}


def _check_laptop(laptop: Laptop, hub: dict[str, Any], masks: dict[str, Any], verdicts: set[str]) -> None:
    conn = laptop.store.conn
    lease = read_lease(conn, laptop.store.now())
    assert lease is not None
    assert not lease.has_ended
    assert outbox.count_waiting(conn) == 0
    assert outbox.wants(conn, 1) == []
    assert outbox.to_recount(conn, 1) == []
    assert _sendable(laptop) <= verdicts
    found = conn.execute("SELECT 1 FROM search_doc WHERE child NOT IN (SELECT id FROM child)").fetchone()
    assert found is None, "the search finds a child who was given up"
    assert _search_rows(conn) == _search_rows(conn, anew=True), "the search knows what the rows do not say"
    assert [*history_gives_rows(conn)] == []
    holdings = Holdings(conn)
    written = {
        row[0]
        for row in conn.execute(
            f"SELECT record FROM change WHERE edit IN (SELECT seq FROM edit WHERE kind IN {outbox.OWN})"
        )
    }
    for scope, digest in holdings.by_scope().items():
        assert not digest.count or holdings.masks()[scope] == masks[scope][0]
    sums: dict[str, Digest] = {}
    for record_type in RECORD_TYPES:
        for (record,) in conn.execute(f"SELECT id FROM {record_type}").fetchall():
            values = current_values(conn, record_type, record)
            assert values is not None
            values.pop("id", None)
            scopes = holdings.scopes_of(record_type, record, values)
            mask = 0
            for scope in scopes:
                mask |= holdings.masks().get(scope, 0)
            parts = facets(record_type, values)
            central = facets_of(record_type, json.loads(hub[record].fields)) if record in hub else {}
            tied = [s for s in scopes if s]
            open_fields = {name for facet, part in parts.items() if mask & OPENED_BY[facet] for name in part}
            for facet, part in parts.items():
                if mask & OPENED_BY[facet] and mask & OPENED_BY[next(iter(parts))]:
                    assert part == central[facet], (record_type, record, facet)
                elif tied:
                    rest = {name: value for name, value in part.items() if name not in open_fields}
                    assert rest == _empty(record_type, rest), (laptop.worker.agency, record_type, facet)
            if not scopes and record not in written:
                raise AssertionError(f"{record_type} is nobody's, and was not given up")
            for scope in scopes:
                held = holdings.masks().get(scope, 0)
                if held & OPENED_BY[next(iter(parts))]:
                    sums[scope] = sum_of(
                        [sums.get(scope, Digest())]
                        + [
                            Digest(1, facet_hash(record_type, record, f, part))
                            for f, part in parts.items()
                            if held & OPENED_BY[f]
                        ]
                    )
    counted = {scope: digest for scope, digest in holdings.by_scope().items() if digest.count}
    assert counted == {scope: digest for scope, digest in sums.items() if digest.count}
    if laptop.worker.agency in ("school-nursing", "school"):
        open_words = conn.execute("SELECT record FROM change WHERE new LIKE '%secret words%'").fetchall()
        for (record,) in open_words:
            assert current_values(conn, "contact", record) is not None


def _search_rows(conn: cipher.Connection, *, anew: bool = False) -> list[tuple[Any, ...]]:
    """What the search holds of each child; made anew from the rows, if asked."""
    conn.execute("BEGIN")
    if anew:
        reindex.refresh(conn, [row[0] for row in conn.execute("SELECT id FROM child").fetchall()])
    found = conn.execute("SELECT * FROM search_doc ORDER BY child").fetchall()
    conn.execute("ROLLBACK")
    return found


def check_sums(connection: Connection) -> None:
    """The central record's sums, counted from its rows, are those that it keeps."""
    sums: dict[tuple[str, str, str], Digest] = {}
    ties: dict[str, set[str]] = {}
    for row in connection.execute(select(tables.tie)):
        ties.setdefault(row.record, set()).add(row.scope)
    for row in connection.execute(select(tables.record)):
        parts = facets_of(row.type, json.loads(row.fields))
        lead = next(iter(parts))
        for scope in ties.get(row.id, set()) if row.scope == "-" else {row.scope}:
            for facet, part in parts.items():
                key = (scope, lead.key, facet.key)
                sums[key] = sums.get(key, Digest()) + Digest(1, facet_hash(row.type, row.id, facet, part))
    stored = {
        (row.scope, row.lead, row.facet): Digest(row.facets, int.from_bytes(row.total))
        for row in connection.execute(select(tables.digest))
    }
    assert {k: d for k, d in stored.items() if d.count} == sums


def _empty(record_type: str, part: dict[str, Any]) -> dict[str, Any]:
    """The same fields with nothing in them."""
    fields = RECORD_TYPES[record_type].model_fields
    usual = {}
    for name in part:
        info = fields.get(name)
        default = info.get_default() if info is not None and not info.is_required() else ""
        usual[name] = list(default) if isinstance(default, tuple) else default
    return usual
