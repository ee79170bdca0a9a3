"""What may not be held any more leaves nothing behind, in its row nor in history, search or drafts."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from casework.edits import CREATED, Change
from casework.facets import facets, joined, stand_ins
from casework.records import RECORD_TYPES
from storage.central import beside
from storage.central.delivery import Row
from storage.central.extras import Extras
from storage.central.outbox import cut
from storage.cipher import Connection


def withheld_fields(row: Row, before: Mapping[str, Any] | None, changes: Sequence[Change]) -> set[str]:
    """Which of these fields a row changes because what was held of them may not be held any more."""
    if before is None or not changes or row.type not in RECORD_TYPES:
        return set()
    parts = facets(row.type, before)
    gone = [part for facet, part in parts.items() if facet.key not in row.parts]
    if not gone:
        return set()
    left = joined(part for facet, part in parts.items() if facet.key in row.parts)
    exact = stand_ins(row.type, before)
    names = {name for part in gone for name in part}
    return {
        one.field for one in changes if one.field in names and (one.field not in left or one.field in exact)
    }


def forget_words(conn: Connection, record: str, names: Collection[str], shown: Mapping[str, Any]) -> None:
    """What these fields of a record said is gone from this laptop's history. Of what stands for it now,
    `shown`, the history says that it was so from the beginning, as it does where no more ever came.
    """
    said = conn.execute("SELECT edit, n, field, new FROM change WHERE record = ?", (record,)).fetchall()
    left = {name: shown[name] for name in names if name in shown}
    gone = [(edit, n) for edit, n, field, _ in said if field in names]
    narrowed: list[tuple[str, int, int]] = []
    for edit, n, _, new in (one for one in said if one[2] == CREATED):
        before = json.loads(new)
        after = {name: value for name, value in before.items() if name not in names} | left
        if after != before:
            narrowed.append((json.dumps(after), edit, n))
    # A step that said nothing of it is whole, and can be offered again to a central record that lost it.
    cut(conn, {edit for edit, _ in gone} | {edit for _, edit, _ in narrowed})
    conn.executemany("DELETE FROM change WHERE edit = ? AND n = ?", gone)
    conn.executemany("UPDATE change SET new = ? WHERE edit = ? AND n = ?", narrowed)


def take_out(conn: Connection, extras: Extras, kinds: Collection[str], record: str) -> None:
    """Take a record out: row, history, search and draft. What it adds to a sum is left to be counted."""
    for kind in kinds:
        if kind == "child":
            from storage import search_index

            search_index.remove(conn, record)
        if kind in RECORD_TYPES:
            beside.move_away(conn, kind, record)
            conn.execute(f"DELETE FROM {kind} WHERE id = ?", (record,))
    extras.drop([record])
    cut(conn, [row[0] for row in conn.execute("SELECT edit FROM change WHERE record = ?", (record,))])
    conn.execute("DELETE FROM change WHERE record = ?", (record,))
    conn.execute("DELETE FROM draft WHERE subject = ?", (record,))


def types_of(conn: Connection, extras: Extras, record: str) -> list[str]:
    """The types of record that have this id here."""
    return [
        name
        for name in RECORD_TYPES
        if conn.execute(f"SELECT 1 FROM {name} WHERE id = ?", (record,)).fetchone()
    ] or extras.type_of(record)
