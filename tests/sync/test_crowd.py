"""Many laptops and several hub processes on one PostgreSQL: each edit has one effect, and the sums are right.

OUTREACH_CROWD=50x200 is the county's morning; the short form runs always.
"""

from __future__ import annotations

import os

import pytest
from sqlalchemy import func, select

from sync.hub import tables
from sync.hub.counting import CHAIN_BYTES, chained
from sync.hub.hub import Hub
from tests.sync import crowd
from tests.sync.databases import PostgresqlDatabase
from tests.sync.invariants import check_sums

pytestmark = pytest.mark.long

LAPTOPS, EDITS = map(int, os.environ.get("OUTREACH_CROWD", "10x40").split("x"))


def test_each_edit_of_a_crowd_has_one_effect(postgresql: PostgresqlDatabase) -> None:
    hub = Hub(postgresql.engine, now=lambda: crowd.NOW)
    crowd.found(hub, LAPTOPS)
    with postgresql.engine.begin() as connection:
        before = connection.execute(select(func.count()).select_from(tables.log)).scalar_one()
    done = crowd.run_processes(postgresql.address, LAPTOPS, EDITS, processes=2)
    assert [problem for part in done for problem in part.problems] == []
    assert sum(part.fresh for part in done) == LAPTOPS * EDITS
    assert sum(part.again for part in done) > 0
    with postgresql.engine.begin() as connection:
        log = connection.execute(select(tables.log).order_by(tables.log.c.seq)).all()
        assert len(log) - before == LAPTOPS * EDITS
        assert [row.seq for row in log] == [*range(1, len(log) + 1)]
        chain = bytes(CHAIN_BYTES)
        for row in log:
            chain = chained(chain, row.seq, row.hash)
            assert chain == row.chain
        made = {row.edit.replace("edit-", "contact-") for row in log if '"contact"' in row.changes}
        contacts = select(tables.record.c.id).where(tables.record.c.type == "contact")
        assert set(connection.execute(contacts).scalars()) == made
        check_sums(connection)
    for n, cursor, read in (reader for part in done for reader in part.readers):
        crowd.read_on(hub, n, cursor, read, crowd.Done())
        of_team = {contact for contact in made if int(contact.split("-")[1]) // crowd.TEAM == n // crowd.TEAM}
        own = {contact for contact in of_team if contact.startswith(f"contact-{n:04d}-")}
        assert of_team - own <= set(read)
        assert not (made - of_team) & set(read)
    seconds = max(part.seconds for part in done)
    pulls = sorted(second for part in done for second in part.pulls)
    told = f"{LAPTOPS * EDITS / seconds:.0f} edits/s, pull p95 {1000 * pulls[len(pulls) * 95 // 100]:.0f} ms"
    print(told)  # shown by `pytest -s`
