"""What is kept of the last bundle of each laptop, and of the answer to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from casework.errors import Ambiguous, BadInput
from sync.hub import tables
from sync.hub.writing import in_bulk

_bundle = tables.bundle


def held_of(connection: Connection, device: str) -> Any:
    """The row of the last bundle that was taken of a laptop; None where none was."""
    return connection.execute(select(_bundle).where(_bundle.c.device == device)).first()


def no_bundle(device: str) -> dict[str, Any]:
    """The row of a laptop of which no bundle was taken yet."""
    kept = {"counter": 0, "name": "", "seal": "", "reply": "", "waits": 0, "answer": 0, "answer_name": ""}
    return {"device": device, **kept}


def outdate(connection: Connection, device: str, counter: int) -> None:
    """A session made every bundle up to this one worthless."""
    held = held_of(connection, device)
    values = dict(held._mapping) if held is not None else no_bundle(device)
    in_bulk(connection, _bundle, [values | {"counter": max(values["counter"], counter), "waits": 0}])


def chosen(connection: Connection, start: str | None) -> str:
    """The laptop to be answered: the one whose id begins so; without it the one that waits, or the only one.

    Raises BadInput, Ambiguous.
    """
    rows: Sequence[Any] = connection.execute(select(_bundle).where(_bundle.c.reply != "")).all()
    if start is not None:
        found = [row for row in rows if row.device == start] or [
            row for row in rows if len(start) >= 8 and row.device.startswith(start)
        ]
    else:
        found = [row for row in rows if row.waits] or list(rows)
    if not found:
        raise BadInput(
            "nothing-to-answer",
            "No bundle of that laptop was read yet: outreach bundle read FILE comes first.",
        )
    if len(found) > 1:
        raise Ambiguous(
            "Several laptops can be answered; say which with --laptop.",
            [(row.device, "waits for an answer" if row.waits else "was answered") for row in found],
        )
    return str(found[0].device)
