"""How long a laptop opens alone: what its clock may do, and what begins the days anew."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from casework.errors import Locked
from storage.central.lease import (
    begin_anew,
    check_lease,
    hear,
    hear_late,
    look_at_clock,
    mark_of,
    read_lease,
)
from storage.central.state import TABLES
from storage.cipher import Connection, close_database, open_database
from storage.journal import transaction

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def conn(tmp_path: Path) -> Iterator[Connection]:
    path = tmp_path / "caseload.db"
    made = open_database(path, bytearray(range(32)), create=True)
    made.execute(TABLES[0])
    yield made
    close_database(made, path)


def word(conn: Connection, now: datetime, days: int | None = 14) -> None:
    with transaction(conn):
        hear(conn, now, days)


def opens(conn: Connection, now: datetime) -> bool:
    try:
        check_lease(conn, now, "sync")
    except Locked:
        return False
    return True


def test_a_laptop_that_was_never_told_opens_for_ever(conn: Connection) -> None:
    assert look_at_clock(conn, NOW) is None
    word(conn, NOW, None)
    assert opens(conn, NOW + 4000 * DAY)


def test_it_opens_alone_for_fourteen_days_and_warns_for_four(conn: Connection) -> None:
    word(conn, NOW)
    said = {day: look_at_clock(conn, NOW + day * DAY) for day in (9, 10, 13)}
    soon = {day: lease is not None and lease.ends_soon for day, lease in said.items()}
    assert soon == {9: False, 10: True, 13: True}
    assert said[10] is not None
    assert said[10].warning == (
        "No word from the central record for 10 days; this laptop opens alone until Mon 7 Dec 2026:"
        " sync before."
    )
    assert opens(conn, NOW + 14 * DAY - timedelta(seconds=1))
    with pytest.raises(Locked, match=r"No word .* for 14 days \(14 are the most\), so .*: sync\.$") as shut:
        check_lease(conn, NOW + 14 * DAY, "sync")
    assert shut.value.code == "silent"


def test_the_last_day_is_that_of_a_clock_in_england(conn: Connection) -> None:
    word(conn, datetime(2026, 7, 1, 23, 30, tzinfo=UTC))
    said = read_lease(conn, datetime(2026, 7, 12, 9, tzinfo=UTC))
    assert said is not None
    assert "until Thu 16 Jul 2026:" in said.warning


def test_of_few_days_it_warns_for_half(conn: Connection) -> None:
    word(conn, NOW, 3)
    soon = [lease.ends_soon for hours in (35, 36) if (lease := read_lease(conn, NOW + hours * DAY / 24))]
    assert soon == [False, True]


def test_a_word_that_tells_of_no_days_leaves_them_as_they_were(conn: Connection) -> None:
    word(conn, NOW)
    word(conn, NOW + 10 * DAY, None)
    assert opens(conn, NOW + 23 * DAY)
    assert not opens(conn, NOW + 24 * DAY)


def test_a_disk_that_keeps_nothing_keeps_nobody_out(conn: Connection) -> None:
    word(conn, NOW)
    conn.execute("PRAGMA query_only = ON")
    assert opens(conn, NOW + DAY)
    assert not opens(conn, NOW + 14 * DAY)


def test_a_word_or_the_recovery_code_begins_the_days_anew(conn: Connection) -> None:
    word(conn, NOW)
    assert not opens(conn, NOW + 20 * DAY)
    begin_anew(conn, NOW + 20 * DAY)
    lease = read_lease(conn, NOW + 21 * DAY)
    assert lease is not None
    assert (lease.silent_days, lease.ends_at) == (21, NOW + 34 * DAY)
    assert not opens(conn, NOW + 34 * DAY)
    word(conn, NOW + 40 * DAY, 3)
    assert opens(conn, NOW + 42 * DAY)
    assert not opens(conn, NOW + 43 * DAY)
    word(conn, NOW + 43 * DAY, 0)
    assert opens(conn, NOW + 4000 * DAY)


def test_an_older_word_does_not_shorten_what_the_recovery_code_gave(conn: Connection) -> None:
    word(conn, NOW)
    mark = mark_of(conn, NOW + DAY)
    begin_anew(conn, NOW + 20 * DAY)
    with transaction(conn):
        hear_late(conn, NOW + 21 * DAY, 14, mark)
    assert opens(conn, NOW + 33 * DAY)


def test_a_clock_set_forward_by_mistake_is_mended_by_the_next_word(conn: Connection) -> None:
    word(conn, NOW)
    assert not opens(conn, NOW + 3650 * DAY)
    assert not opens(conn, NOW + DAY)
    word(conn, NOW + DAY)
    assert opens(conn, NOW + 14 * DAY)
    assert not opens(conn, NOW + 15 * DAY)


def test_an_answer_that_was_carried_tells_of_the_day_when_its_bundle_was_written(conn: Connection) -> None:
    word(conn, NOW)
    mark = mark_of(conn, NOW + 10 * DAY)
    with transaction(conn):
        hear_late(conn, NOW + 20 * DAY, 14, mark)
    assert opens(conn, NOW + 23 * DAY)
    assert not opens(conn, NOW + 24 * DAY)
    with transaction(conn):
        hear_late(conn, NOW + 25 * DAY, 14, None)
    assert not opens(conn, NOW + 25 * DAY)
    word(conn, NOW + 26 * DAY)
    with transaction(conn):
        hear_late(conn, NOW + 27 * DAY, 14, mark)
    lease = read_lease(conn, NOW + 27 * DAY)
    assert lease is not None
    assert (lease.silent_days, lease.ends_at) == (1, NOW + 40 * DAY), "an older word takes nothing back"


def test_of_a_clock_that_was_turned_back_nobody_says_how_many_days_passed(conn: Connection) -> None:
    word(conn, NOW)
    look_at_clock(conn, NOW + 6 * DAY)
    look_at_clock(conn, NOW + 6 * DAY - timedelta(minutes=1))
    right = look_at_clock(conn, NOW + 6 * DAY)
    assert right is not None
    assert right.silent_days == 6, "a clock that is put right by a minute counts nothing twice"
    look_at_clock(conn, NOW)
    lease = look_at_clock(conn, NOW + 6 * DAY)
    assert lease is not None
    assert lease.silent_days is None
    assert lease.warning == (
        "This laptop's clock was turned back, so nobody knows how long the central record was silent;"
        " this laptop opens alone until Tue 1 Dec 2026: sync before."
    )
    with pytest.raises(Locked, match=r"turned back, so nobody knows .*; its 14 days alone are used up, so"):
        check_lease(conn, NOW + 14 * DAY, "sync")
    word(conn, NOW + 14 * DAY)
    again = read_lease(conn, NOW + 15 * DAY)
    assert again is not None
    assert again.silent_days == 1


@given(st.lists(st.integers(-30 * 24 * 60, 30 * 24 * 60), max_size=12))
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_clock_turned_back_never_gives_time(conn: Connection, moves: list[int]) -> None:
    """What the clock went forward between two looks is counted, but for five minutes a look."""
    word(conn, NOW)
    clock, forward = NOW, timedelta(0)
    for minutes in moves:
        clock += timedelta(minutes=minutes)
        forward += timedelta(minutes=max(0, minutes))
        look_at_clock(conn, clock)
    lease = read_lease(conn, clock)
    assert lease is not None
    silent = timedelta(seconds=lease.passed - lease.heard)
    assert forward - timedelta(minutes=5) * len(moves) <= silent <= forward
    assert not opens(conn, clock + 14 * DAY)
