"""The hole that a plain sequence leaves for a reader that asks "what came after?", and that ours leaves none.

A writer draws its number before it commits. Where a later number becomes visible first, a reader goes past
the earlier one and never asks for it again (PostgreSQL documentation, "Sequence Manipulation Functions":
`nextval` is never rolled back and takes no part in a transaction's order).
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from threading import Barrier, Event, Lock
from time import monotonic

from sqlalchemy import BigInteger, Column, Connection, Engine, MetaData, Table, Text, insert, select, text

from sync.hub.counting import Counter
from sync.hub.database import for_owner
from sync.hub.founding import found_hub
from tests.sync.databases import PostgresqlDatabase

WRITERS = 8
EACH = 10
plain = Table("plain", MetaData(), Column("seq", BigInteger, primary_key=True), Column("who", Text))
PATIENCE = 20.0


@dataclass
class Reader:
    """Asks again and again for what has come after the newest number that it has seen."""

    engine: Engine
    cursor: int = 0
    seen: list[str] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def poll(self) -> None:
        with self.lock, self.engine.begin() as connection:
            newer = select(plain).where(plain.c.seq > self.cursor).order_by(plain.c.seq)
            for row in connection.execute(newer):
                self.cursor = row.seq
                self.seen.append(row.who)


def in_threads(work: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(work, number) for number in range(WRITERS)]:
            done.result(PATIENCE)


def waiting_writers(connection: Connection) -> int:
    """How many transactions wait for the lock of the count."""
    waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted AND database = ("
    oid = "SELECT oid FROM pg_database WHERE datname = current_database())"
    return int(connection.execute(text(waiting + oid)).scalar_one())


def test_a_plain_sequence_loses_what_becomes_visible_late(postgresql: PostgresqlDatabase) -> None:
    engine = for_owner(postgresql.engine)
    plain.create(engine)
    reader = Reader(engine)
    with engine.begin() as connection:
        connection.execute(text("CREATE SEQUENCE number"))
    drawn = Barrier(WRITERS, timeout=PATIENCE)
    turns = [Barrier(2, timeout=PATIENCE) for _ in range(WRITERS + 1)]

    def write(number: int) -> None:
        with engine.connect() as connection:
            seq = connection.execute(text("SELECT nextval('number')")).scalar_one()
            connection.execute(insert(plain).values(seq=seq, who=f"writer-{number}"))
            drawn.wait()
            if seq < WRITERS:
                turns[seq].wait()  # whoever drew the next number has committed
            connection.commit()
        reader.poll()
        if seq > 1:
            turns[seq - 1].wait()

    in_threads(write)
    reader.poll()
    assert len(reader.seen) == 1
    with engine.begin() as connection:
        assert len(connection.execute(select(plain)).all()) == WRITERS


def test_the_count_behind_a_lock_loses_nothing(postgresql: PostgresqlDatabase) -> None:
    engine = postgresql.engine
    found_hub(engine, hub="hub-of-the-test", epoch="epoch-1")
    with for_owner(engine).begin() as connection:
        plain.create(connection)
        connection.execute(text("GRANT ALL ON plain TO PUBLIC"))
    reader = Reader(engine)
    first_is_in = Event()

    def write(number: int) -> None:
        if number:
            assert first_is_in.wait(PATIENCE)
        for n in range(EACH):
            who = f"{number}-{n}"
            with engine.begin() as connection:
                counter = Counter(connection)
                connection.execute(insert(plain).values(seq=counter.advance(who.encode()), who=who))
                counter.save()
                if not first_is_in.is_set():
                    # The worst moment: a number is drawn, all the others press, and somebody reads.
                    first_is_in.set()
                    until = monotonic() + PATIENCE
                    while waiting_writers(connection) < WRITERS - 1:
                        assert monotonic() < until, "the other writers do not wait for the lock"
                reader.poll()
            reader.poll()

    in_threads(write)
    with engine.begin() as connection:
        stored = [row.who for row in connection.execute(select(plain).order_by(plain.c.seq))]
        assert Counter(connection).head == WRITERS * EACH
    assert reader.seen == stored
    assert len(stored) == WRITERS * EACH
