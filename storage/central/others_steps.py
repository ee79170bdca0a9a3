"""Steps that somebody else made: each is a line in this laptop's history, and is nobody's to undo here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from casework.ids import new_id
from storage import audit
from storage.central.delivery import Told
from storage.cipher import Connection
from storage.rows import portions


def own_steps(conn: Connection, steps: Mapping[int, Told]) -> frozenset[int]:
    """The places in the central log of steps that were made on this laptop."""
    places = {step.id: place for place, step in steps.items()}
    found: list[int] = []
    for some, marks in portions([*places]):
        rows = conn.execute(f"SELECT id FROM edit WHERE kind <> 'central' AND id IN ({marks})", some)
        found += [places[row[0]] for row in rows]
    return frozenset(found)


def merged_step(at: datetime) -> Told:
    """A step that stands for what the central record made of an own one and what others wrote: nobody's."""
    return Told(new_id(), "", "Merged with what others wrote", audit.stamp(at))


def note_steps(conn: Connection, told: Sequence[Told | None], at: datetime) -> range:
    """A line of history for each of somebody else's steps; their places in the journal."""
    last = conn.execute("SELECT coalesce(max(seq), 0) FROM edit").fetchone()[0]
    now = audit.stamp(at)
    steps = [step or Told(new_id(), "", "Central record", now) for step in told]
    held: set[str] = set()
    for some, marks in portions([step.id for step in steps]):
        held.update(row[0] for row in conn.execute(f"SELECT id FROM edit WHERE id IN ({marks})", some))
    places = range(last + 1, last + 1 + len(steps))
    conn.executemany(
        "INSERT INTO edit (seq, id, kind, name, subject, reason, at, worker, device)"
        " VALUES (?, ?, 'central', ?, NULL, '', ?, ?, '')",
        [
            (place, new_id() if step.id in held else step.id, step.name, step.at, step.worker)
            for place, step in zip(places, steps, strict=True)
        ],
    )
    return places
