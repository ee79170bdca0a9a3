"""What every peer has to carry: records of 13 fields, then 200 edits on each of two laptops, 20 of them on
the same records. All of it is invented.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
CHILDREN = 300
MOST = 1_000_000
"""More records than are made: whatever has a number that is less by so many was made before all of them."""
EDITS = 200
SHARED = 20
"""Records that both laptops edit: the first half in different fields, the others in the same one."""
FIELDS = (
    "id", "plan", "child", "held_on", "next_review", "agenda", "attended", "apologies", "child_views",
    "views", "progress", "decision", "by",
)  # fmt: skip
LAPTOPS = ("ana", "ben")


@dataclass(frozen=True, slots=True)
class FieldEdit:
    """One field of one record that gets a value; `place` is the record's place in `edited`."""

    place: int
    field: str
    value: str


def identifier(rng: random.Random, n: int) -> str:
    """An id as the app draws them: they sort by time, and the `n`th record was made `n` milliseconds after
    the first one.
    """
    made = int(NOW.timestamp() * 1000) + n
    return str(
        UUID(int=(made << 80) | (7 << 76) | (rng.getrandbits(12) << 64) | (2 << 62) | rng.getrandbits(62))
    )


def children() -> list[str]:
    """The ids of the children."""
    rng = random.Random(1)
    return [identifier(rng, n - CHILDREN) for n in range(CHILDREN)]


def reviews(count: int, by: str = "") -> Iterator[dict[str, Any]]:
    """Reviews of plans, as JSON-safe fields."""
    from benchmarks.invented import name  # a store comes with it, which a central record does not load

    rng = random.Random(2)
    of, worker = children(), by or identifier(rng, -MOST)
    for n in range(count):
        held = date(2026, 1, 5) + timedelta(days=rng.randrange(280))
        yield dict(
            zip(
                FIELDS,
                (
                    identifier(rng, n), identifier(rng, n - MOST), of[n % CHILDREN], held.isoformat(),
                    (held + timedelta(days=42)).isoformat(), f"{name(rng)}, sleep", [name(rng)], [],
                    f"Likes {name(rng)}", "", f"Came {rng.randrange(6)} days of five; {name(rng)} calls",
                    "continue", worker,
                ),
                strict=True,
            )
        )  # fmt: skip


def edited(count: int) -> list[str]:
    """Of so many reviews those that are edited, by their places in the edits: they lie among all others."""
    apart = count // (2 * EDITS)
    found = (record["id"] for n, record in enumerate(reviews(count)) if n % apart == 0)
    return [*islice(found, 2 * EDITS)]


def edits(laptop: str) -> list[FieldEdit]:
    """The edits of one laptop between two sessions."""
    first = 0 if laptop == LAPTOPS[0] else EDITS - SHARED
    shared = range(EDITS - SHARED, EDITS)
    found = []
    for place in range(first, first + EDITS):
        same = place in shared[SHARED // 2 :]
        field = "progress" if laptop == LAPTOPS[0] or same else "child_views"
        found.append(FieldEdit(place, field, f"{laptop} wrote {place} anew"))
    return found


def merged(rows: list[dict[str, Any]]) -> int:
    """Of the records that both edited in different fields, those that hold both values."""
    both = {edit.place: edit for edit in edits(LAPTOPS[1])}
    mine = [edit for edit in edits(LAPTOPS[0]) if edit.place in both]
    return sum(
        rows[edit.place][edit.field] == edit.value
        and rows[edit.place][both[edit.place].field] == both[edit.place].value
        for edit in mine
        if both[edit.place].field != edit.field
    )


def losers(rows: list[dict[str, Any]]) -> list[FieldEdit]:
    """Of the records that both edited in the same field, the edits whose value does not stand."""
    both = {edit.place: edit for edit in edits(LAPTOPS[1])}
    return [
        edit
        for mine in edits(LAPTOPS[0])
        if mine.place in both and both[mine.place].field == mine.field
        for edit in (mine, both[mine.place])
        if rows[edit.place][edit.field] != edit.value
    ]
