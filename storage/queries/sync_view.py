"""What this laptop knows of its dealings with the central record, to be shown. Nobody is asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.records import Child
from storage.central.lease import Lease, read_lease
from storage.central.outbox import OWN
from storage.central.problems import read_problems
from storage.central.state import SyncState, read_state
from storage.queries.conflicts import SetAside, count_conflicts, read_set_aside, read_taken_late
from storage.queries.duplicates import find_open_pairs
from storage.queries.lookup import display_name
from storage.queries.sight import seen_children

if TYPE_CHECKING:
    from storage.store import Store

_RECEIVED = 5
_LATE = 5
_ALIKE = 3
MOST_RECORDS = 500
"""Records of one child that are listed."""


@dataclass(frozen=True, slots=True)
class ChildSteps:
    """One child's steps of this laptop: how many wait, and how many were sent."""

    child: str
    name: str
    waiting: int
    sent: int


@dataclass(frozen=True, slots=True)
class RecordState:
    """A record that this laptop wrote: its kind, the last step and its instant, and whether any waits."""

    kind: str
    step: str
    at: str
    waits: bool


@dataclass(frozen=True, slots=True)
class SyncView:
    """What waits (steps, the instant of the oldest, the records of each kind that they write), what came
    (instant, words), what was set aside.
    """

    state: SyncState
    waiting: int
    oldest: str
    kinds: Mapping[str, int]
    came: Sequence[tuple[str, str]]
    aside: Sequence[SetAside]
    children: Sequence[ChildSteps]
    conflicts: int
    late: Sequence[SetAside] = ()
    """Steps of this laptop's that were set aside and taken later, the newest first."""
    lease: Lease | None = None
    """How long this laptop opens alone."""

    problems: Sequence[tuple[str, str]] = ()
    """What sessions found wrong lately: instant and sentence."""
    alike: Sequence[tuple[str, str]] = ()
    """Names of some pairs of records that may be of one child and that nobody has looked at."""
    pairs: int = 0
    """How many such pairs there are."""


_STEPS = f"""
    SELECT e.seq, e.name, e.at, e.subject, s.edit IS NULL AS waits FROM edit e
    LEFT JOIN sync_edit s ON s.edit = e.seq
    WHERE e.kind IN {OWN} AND EXISTS (SELECT 1 FROM change c WHERE c.edit = e.seq)
"""


def read_sync_view(store: Store) -> SyncView:
    """Everything that the screen of the central record shows; children only whom the worker may know of."""
    conn = store.conn
    waiting, oldest = conn.execute(f"SELECT count(*), min(at) FROM ({_STEPS}) WHERE waits").fetchone()
    kinds = conn.execute(
        f"SELECT c.type, count(DISTINCT c.record) FROM change c JOIN ({_STEPS}) e ON e.seq = c.edit"
        " WHERE e.waits GROUP BY c.type ORDER BY 2 DESC, 1"
    ).fetchall()
    came = conn.execute(
        "SELECT at, detail FROM audit WHERE verb = 'changed' AND detail LIKE 'central record: %'"
        " ORDER BY seq DESC LIMIT ?",
        (_RECEIVED,),
    ).fetchall()
    steps = conn.execute(
        f"SELECT subject, sum(waits), sum(NOT waits) FROM ({_STEPS}) WHERE subject IS NOT NULL"
        " GROUP BY subject HAVING sum(waits) > 0 ORDER BY min(at)"
    ).fetchall()
    held = {child.id: child for child in seen_children(store, store.find(Child))} if steps else {}
    alike, pairs = find_open_pairs(store, _ALIKE)
    return SyncView(
        state=read_state(conn),
        waiting=waiting,
        oldest=oldest or "",
        kinds=dict(kinds),
        came=[(at, detail.removeprefix("central record: ")) for at, detail in came],
        aside=read_set_aside(store),
        children=[
            ChildSteps(child, display_name(held[child]), waits, sent)
            for child, waits, sent in steps
            if child in held
        ],
        conflicts=count_conflicts(store),
        late=read_taken_late(store, _LATE),
        lease=read_lease(conn, store.now()),
        problems=read_problems(conn, store.now()),
        alike=[(display_name(pair.one), display_name(pair.other)) for pair in alike],
        pairs=pairs,
    )


def read_child_records(store: Store, child: str) -> list[RecordState]:
    """The records that steps about a child wrote, those that wait first, each time the newest ones."""
    rows = store.conn.execute(
        f"SELECT c.type, max(e.seq), e.name, e.at, sum(e.waits) FROM change c"
        f" JOIN ({_STEPS}) e ON e.seq = c.edit"
        " WHERE e.subject = ? GROUP BY c.type, c.record ORDER BY sum(e.waits) > 0 DESC, 2 DESC LIMIT ?",
        (child, MOST_RECORDS),
    ).fetchall()
    return [RecordState(kind, name, at, bool(waits)) for kind, _, name, at, waits in rows]
