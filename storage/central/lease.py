"""How long an enrolled laptop opens alone: so many days without a word from the central record.

Time is counted as this laptop's clock shows it from one look to the next, and the sum only grows: a clock
that was turned back takes nothing off it, one that was set forward adds to it until the central record is
heard again or the recovery code was given. Why fourteen days: docs/decisions/0020-a-silent-laptop.md.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from casework.errors import Locked
from casework.local_days import day_of
from casework.wording import count_of, say_day
from storage.central.state import keep, kept
from storage.cipher import Connection
from storage.faults import DATABASE_ERRORS
from storage.journal import transaction

SILENT = "silent"
"""The code of the refusal to open."""
_KEPT = "lease"
_DAY = 86_400.0
_WARNED = 4 * _DAY
_TURNED = 3_600.0
"""By so many seconds the clock may be turned back before the sum tells nothing of the days that passed."""
_STEP = timedelta(minutes=5)
"""The clock is looked at when the caseload opens; less than this is not worth a write."""


@dataclass(frozen=True, slots=True)
class Lease:
    """`days` of silence are allowed. All else is in seconds of the one sum: `passed` as it stood at the
    instant `seen`, `heard` when the central record's last word came, `until` as long as this laptop opens
    alone, `turned_back` by how much the clock was since that word: what it then went forward may be counted
    twice.
    """

    days: int
    passed: float
    seen: str
    heard: float
    until: float
    turned_back: float = 0.0

    def at(self, now: datetime) -> Lease:
        """The same, counted on to now."""
        since = (now - datetime.fromisoformat(self.seen)).total_seconds()
        passed, back = self.passed + max(0.0, since), self.turned_back + max(0.0, -since)
        return replace(self, passed=passed, seen=now.isoformat(), turned_back=back)

    @property
    def silent_days(self) -> int | None:
        """Whole days without a word; None where the clock was turned back meanwhile: nobody knows then."""
        return int((self.passed - self.heard) // _DAY) if self.turned_back < _TURNED else None

    @property
    def has_ended(self) -> bool:
        """Whether the passphrase alone does not open this caseload any more."""
        return self.passed >= self.until

    @property
    def ends_soon(self) -> bool:
        """Whether that is near: four days, or half of the days where those are few."""
        return self.until - self.passed <= min(_WARNED, self.days * _DAY / 2)

    @property
    def ends_at(self) -> datetime:
        """When it ends by this laptop's clock, in UTC, where nothing is heard until then."""
        return datetime.fromisoformat(self.seen) + timedelta(seconds=self.until - self.passed)

    @property
    def silence(self) -> str:
        """How long nothing was heard, in words, as far as that is known."""
        days = self.silent_days
        if days is None:
            return (
                "This laptop's clock was turned back, so nobody knows how long the central record was silent"
            )
        return f"No word from the central record for {count_of(days, 'day')}"

    @property
    def warning(self) -> str:
        """What is to be said before it ends."""
        return f"{self.silence}; this laptop opens alone until {say_day(day_of(self.ends_at))}: sync before."


def read_lease(conn: Connection, now: datetime) -> Lease | None:
    """How it stands now; None where this laptop was never told of one."""
    held = _held(conn)
    return held.at(now) if held is not None else None


def look_at_clock(conn: Connection, now: datetime) -> Lease | None:
    """`read_lease`, and what has passed is kept, so that a clock which is turned back later hides none of it.

    A disk without room keeps nothing, and nobody out.
    """
    held = _held(conn)
    if held is None:
        return None
    if not timedelta(0) <= now - datetime.fromisoformat(held.seen) < _STEP:
        with suppress(*DATABASE_ERRORS), transaction(conn):
            _keep(conn, (_held(conn) or held).at(now))
    return held.at(now)


def check_lease(conn: Connection, now: datetime, then: str) -> Lease | None:
    """`look_at_clock`; raises Locked("silent") once it has ended. `then` says what to do."""
    lease = look_at_clock(conn, now)
    if lease is not None and lease.has_ended:
        known = lease.silent_days is not None
        used_up = f" ({lease.days} are the most)" if known else f"; its {lease.days} days alone are used up"
        raise Locked(
            SILENT,
            f"{lease.silence}{used_up}, so the passphrase alone does not open this caseload: {then}.",
        )
    return lease


def hear(conn: Connection, now: datetime, days: int | None) -> None:
    """The central record was heard, and all that it asks for was done; in the caller's transaction.

    `days` is what it allows from now on, 0 for no end; None, of an earlier version, leaves that as it is.
    """
    held = _held(conn)
    if days is None and held is not None:
        days = held.days
    if not days:
        if days == 0:
            keep(conn, _KEPT, "")
        return
    passed = held.at(now).passed if held is not None else 0.0
    _keep(conn, Lease(days, passed, now.isoformat(), passed, passed + days * _DAY))


def hear_late(conn: Connection, now: datetime, days: int | None, mark: float | None) -> None:
    """The same by an answer that was carried: it tells of the time when the bundle was written, not of now.

    `mark` is what `mark_of` said then; None where it is not known.
    """
    held = _held(conn)
    if held is None or not days:
        hear(conn, now, days)
        return
    if mark is not None:
        heard = max(held.heard, mark)
        until = max(held.until, heard + days * _DAY)
        _keep(conn, replace(held.at(now), days=days, heard=heard, until=until))


def mark_of(conn: Connection, now: datetime) -> float | None:
    """The sum as it stands now, for `hear_late`."""
    lease = read_lease(conn, now)
    return lease.passed if lease is not None else None


def begin_anew(conn: Connection, now: datetime) -> None:
    """The recovery code was given: the days begin anew, although nothing was heard."""
    with transaction(conn):
        held = _held(conn)
        if held is not None:
            held = held.at(now)
            _keep(conn, replace(held, until=held.passed + held.days * _DAY))


def _held(conn: Connection) -> Lease | None:
    text = kept(conn, _KEPT)
    values: dict[str, Any] = json.loads(text) if text else {}
    return Lease(**values) if values else None


def _keep(conn: Connection, lease: Lease) -> None:
    keep(conn, _KEPT, json.dumps(asdict(lease)))
