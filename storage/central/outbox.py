"""What waits to be sent: the journal's own steps that have no verdict yet, in the order they were made.

How many rows at most stands in a statement itself: one to which that is given beside it, the engine prepares
anew each time.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from casework.edits import REST
from storage.central import beside
from storage.central.asides import NO_SUCH_RECORD, why_aside
from storage.cipher import Connection
from storage.rows import portions

OWN = "('do', 'undo', 'redo', 'setup')"
_SETTLED = "settled_to"
_SETTLED_TO = f"coalesce((SELECT CAST(value AS INTEGER) FROM sync_state WHERE name = '{_SETTLED}'), 0)"
"""Up to this place in the journal no step waits, so that nobody looks through all of it for those that do."""
_WAITING = (
    f"seq > max(:after, {_SETTLED_TO}) AND kind IN {OWN}"
    " AND NOT EXISTS (SELECT 1 FROM sync_edit s WHERE s.edit = edit.seq)"
    " AND EXISTS (SELECT 1 FROM change c WHERE c.edit = edit.seq)"
)
"""A step without a verdict that was made after the step `after`."""
_REST = "rest"
"""What is left of steps that are cut, by place: how often it was offered to a central record that lost it."""
_STEP = "seq, id, worker, name, subject, reason, at, undone_by IS NOT NULL"
_FROM_THE_FIRST = {"after": 0}
_WORST = ("applied", "merged", "conflict", "quarantined")
_PART, _PART_BYTES = 2_000, 262_144
"""Changes of one sent edit, and bytes of them; a longer step goes in parts, each with its own verdict. Both
are part of what a central record remembers of a step: they never change.
"""


@dataclass(frozen=True, slots=True)
class WaitingEdit:
    """A step, or a part of a long one, as it is sent. `place` is its number in this laptop's journal;
    `taken_back` says that it was undone.
    """

    place: int
    id: str
    worker: str
    name: str
    subject: str | None
    reason: str
    at: str
    changes: Sequence[tuple[str, str, str, Any, Any]]
    taken_back: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The verdict on one sent edit; `clean` when it stands as it was made."""

    id: str
    verdict: str
    seq: int
    code: str
    reason: str
    about: Sequence[str] = ()
    """The children whom the step names and of whom it was kept aside."""

    @property
    def is_clean(self) -> bool:
        """Whether the step stands as it was made, and nothing beside it."""
        return self.verdict == "applied"


def count_waiting(conn: Connection) -> int:
    """Steps without a verdict."""
    return int(conn.execute(f"SELECT count(*) FROM edit WHERE {_WAITING}", _FROM_THE_FIRST).fetchone()[0])


def note_settled(conn: Connection) -> None:
    """Keep how far no step waits; in the caller's transaction, once verdicts or others' steps have come."""
    first = conn.execute(f"SELECT min(seq) - 1 FROM edit WHERE {_WAITING}", _FROM_THE_FIRST).fetchone()[0]
    newest = "SELECT coalesce(max(seq), 0) FROM edit"
    _settled_to(conn, conn.execute(newest).fetchone()[0] if first is None else first)


def _settled_to(conn: Connection, place: int) -> None:
    conn.execute("INSERT OR REPLACE INTO sync_state (name, value) VALUES (?, ?)", (_SETTLED, str(place)))


def others_wrote(conn: Connection) -> int:
    """A number that is another one once another connection has written to the caseload."""
    return int(conn.execute("PRAGMA data_version").fetchone()[0])


def waiting(
    conn: Connection, limit: int, most_bytes: int, answered: Collection[str] = (), since: int = 0
) -> list[WaitingEdit]:
    """The oldest steps that wait, at most `limit` and about `most_bytes` of changes; a long one in parts.

    Of a step that is longer than one message, the parts that were `answered` already are left out, and all
    steps that were made before the step `since`.
    """
    found: list[WaitingEdit] = []
    size = 0
    rows = conn.execute(
        f"SELECT {_STEP} FROM edit WHERE {_WAITING} ORDER BY seq LIMIT {limit + 1:d}",
        {"after": since - 1},  # the first of them may be answered
    ).fetchall()
    rest = _rest(conn) if rows else {}
    for row in rows:
        for edit, grown in _of_step(conn, row, rest):
            if edit.id in answered:
                continue
            size += grown
            if found and (size > most_bytes or len(found) == limit):
                return found
            found.append(edit)
    return found


def waiting_after(conn: Connection, after: int) -> tuple[int, int]:
    """How many steps wait that were made after the step `after`, and the last of them."""
    count, place = conn.execute(
        f"SELECT count(*), max(seq) FROM edit WHERE {_WAITING}", {"after": after}
    ).fetchone()
    return int(count), int(place or after)


def is_answered_after(conn: Connection, place: int) -> bool:
    """Whether a step that was made after this one has a verdict."""
    found = conn.execute("SELECT 1 FROM sync_edit WHERE edit > ? LIMIT 1", (place,))
    return found.fetchone() is not None


def every_waiting(conn: Connection, after: int) -> Iterator[WaitingEdit]:
    """All steps that wait and were made after the step `after`, in their order; a long one in parts."""
    rows = conn.execute(
        f"SELECT {_STEP} FROM edit WHERE {_WAITING} ORDER BY seq",
        {"after": after},
    ).fetchall()
    rest = _rest(conn)
    for row in rows:
        yield from (edit for edit, _ in _of_step(conn, row, rest))


def waiting_fields(conn: Connection) -> dict[str, set[str]]:
    """The fields of each record that steps without a verdict write; "" where one makes the record.

    The child whom such a step is about is among them, if need be with no field.
    """
    waits = f"FROM edit WHERE {_WAITING}"
    about = conn.execute(f"SELECT DISTINCT subject {waits} AND subject IS NOT NULL", _FROM_THE_FIRST)
    found: dict[str, set[str]] = {row[0]: set() for row in about.fetchall()}
    for record, name in conn.execute(
        f"SELECT DISTINCT record, field FROM change WHERE edit IN (SELECT seq {waits})", _FROM_THE_FIRST
    ):
        found.setdefault(record, set()).add(name)
    return found


def settle(
    conn: Connection,
    sent: Sequence[WaitingEdit],
    answers: Mapping[str, Answer],
    unknown: Collection[str] = (),
    *,
    anew: bool = False,
) -> int:
    """Keep the verdicts; in the caller's transaction. How many steps have one now: a long one has when its
    last part has.

    The worst of its parts' verdicts is the step's. Records of `unknown` types are here alone until the
    central record knows them: they are neither counted nor sent anew. While a central record is read `anew`
    that lost something, what it has not got is not asked for: it is brought back, if it may be held here.
    """
    by_place: dict[int, list[WaitingEdit]] = {}
    for edit in sent:
        by_place.setdefault(edit.place, []).append(edit)
    rest = _rest(conn)
    whole = _lengths(conn, [*by_place], rest)
    touched: dict[str, tuple[str, int]] = {}
    told: list[tuple[int, str, int, str, str, int]] = []
    for place, parts in by_place.items():
        got = [answers[part.id] for part in parts if part.id in answers]
        clean = all(answer.is_clean or (anew and answer.code == NO_SUCH_RECORD) for answer in got)
        for part in parts:
            for kind, record, *_ in part.changes:
                if kind not in unknown:
                    touched[record] = kind, max(touched.get(record, ("", 0))[1], int(not clean))
        if got and sum(len(part.changes) for part in parts) == whole[place]:
            worst = max(got, key=lambda answer: _WORST.index(answer.verdict))
            about = [child for answer in got for child in answer.about]
            taken = any(answer.seq for answer in got)
            reason = why_aside(conn, place, worst.code, worst.reason, about, in_part=taken)
            told.append((place, worst.verdict, worst.seq, worst.code, reason, int(place in rest)))
    conn.executemany(
        "INSERT INTO sync_want (record, type, anew) VALUES (?, ?, ?)"
        " ON CONFLICT (record) DO UPDATE SET anew = max(anew, excluded.anew)",
        [(record, kind, is_anew) for record, (kind, is_anew) in touched.items()],
    )
    conn.executemany(
        "INSERT OR REPLACE INTO sync_edit (edit, verdict, seq, code, reason, cut) VALUES (?, ?, ?, ?, ?, ?)",
        told,
    )
    note_settled(conn)
    return len(told)


def _lengths(conn: Connection, places: Sequence[int], rest: Mapping[int, int]) -> dict[int, int]:
    """How many changes of each of these steps are sent."""
    found: dict[int, int] = dict.fromkeys(places, 0)
    for some, marks in portions(places):
        for edit, count, fields in conn.execute(
            f"SELECT edit, count(*), sum(field <> '') FROM change WHERE edit IN ({marks}) GROUP BY edit", some
        ):
            found[edit] = fields if edit in rest else count
    return found


def count_anew(conn: Connection, kinds: Collection[str]) -> None:
    """Records of these types that were counted are to be counted anew."""
    conn.executemany(
        "INSERT OR IGNORE INTO sync_want (record, type, anew) SELECT DISTINCT record, type, 0 FROM sync_held"
        " WHERE type = ?",
        [(kind,) for kind in kinds],
    )
    look_again(conn, ((kind, record) for kind in kinds for record in beside.of_type(conn, kind)))


def ask_again(conn: Connection) -> None:
    """The central record is of another version now: steps that waited for one are asked after."""
    if conn.execute("DELETE FROM sync_edit WHERE code = 'unknown-type' AND cut = 0").rowcount:
        _settled_to(conn, 0)


def wants(conn: Connection, limit: int) -> list[str]:
    """Records that have to be sent anew."""
    rows = conn.execute(f"SELECT record FROM sync_want WHERE anew = 1 ORDER BY record LIMIT {limit:d}")
    return [row[0] for row in rows]


def to_recount(conn: Connection, limit: int, after: str = "") -> list[tuple[str, str]]:
    """Records (type, id) that stand as this laptop made them, to be counted: those with the next ids."""
    return conn.execute(
        f"SELECT type, record FROM sync_want WHERE anew = 0 AND record > ? ORDER BY record LIMIT {limit:d}",
        (after,),
    ).fetchall()


def among_to_recount(conn: Connection, records: Sequence[str]) -> list[tuple[str, str]]:
    """Those of these records (type, id) that stand as this laptop made them, to be counted."""
    found: list[tuple[str, str]] = []
    for some, marks in portions(records):
        found += conn.execute(
            f"SELECT type, record FROM sync_want WHERE anew = 0 AND record IN ({marks})", some
        ).fetchall()
    return found


def forget_to_recount(conn: Connection, after: str, last: str) -> None:
    """What `to_recount` gave was counted, up to the record `last`."""
    conn.execute("DELETE FROM sync_want WHERE anew = 0 AND record > ? AND record <= ?", (after, last))


def forget_wants(conn: Connection, records: Iterable[str]) -> None:
    """These records came, or were counted."""
    if conn.execute("SELECT 1 FROM sync_want LIMIT 1").fetchone():
        conn.executemany("DELETE FROM sync_want WHERE record = ?", [(record,) for record in records])


def want(conn: Connection, records: Iterable[tuple[str, str]]) -> None:
    """These records (type, id) have to be sent anew."""
    conn.executemany(
        "INSERT INTO sync_want (record, type, anew) VALUES (?, ?, 1)"
        " ON CONFLICT (record) DO UPDATE SET anew = 1",
        [(record, kind) for kind, record in records],
    )


def look_again(conn: Connection, records: Iterable[tuple[str, str]]) -> None:
    """These records (type, id) are to be counted, or given up, once everything has come."""
    conn.executemany(
        "INSERT OR IGNORE INTO sync_want (record, type, anew) VALUES (?, ?, 0)",
        [(record, kind) for kind, record in records],
    )


def wanted(conn: Connection) -> list[tuple[str, str]]:
    """Records (type, id) that have to be counted, or sent anew."""
    return [tuple(row) for row in conn.execute("SELECT type, record FROM sync_want")]


def unclean(conn: Connection) -> list[int]:
    """The places of steps that were not taken as they were made."""
    rows = conn.execute("SELECT edit FROM sync_edit WHERE verdict <> 'applied'")
    return [row[0] for row in rows]


def clean_after(conn: Connection, seq: int) -> dict[int, int]:
    """By their places, where steps stood in the log that were taken as they were made behind a number."""
    rows = conn.execute("SELECT edit, seq FROM sync_edit WHERE verdict = 'applied' AND seq > ?", (seq,))
    return dict(rows.fetchall())


def offer_again(conn: Connection, common: int = 0) -> int:
    """After the central record lost what it had: every whole step waits again, under its own id.

    Of a step that is cut and that it lost - up to `common` it has its log, 0 where nobody knows; what was
    kept aside (0) stands in no log - the fields that it changed and that are still known wait, under an id of
    their own, for it is another content; a central record that has the whole step all the same takes nothing
    of it. A record that such a step made is brought back as it stands. What was to be counted or sent anew is
    counted so.
    """
    conn.execute("UPDATE sync_want SET anew = 0")
    _settled_to(conn, 0)
    whole = conn.execute("DELETE FROM sync_edit WHERE cut = 0").rowcount
    left = "EXISTS (SELECT 1 FROM change c WHERE c.edit = sync_edit.edit AND c.field <> '')"
    lost = f"SELECT edit FROM sync_edit WHERE (seq > ? OR seq = 0) AND {left}"
    cut = [row[0] for row in conn.execute(lost, (common,))]
    rest = _rest(conn)
    rest |= {edit: rest.get(edit, 0) + 1 for edit in cut}
    conn.execute("INSERT OR REPLACE INTO sync_state (name, value) VALUES (?, ?)", (_REST, json.dumps(rest)))
    conn.executemany("DELETE FROM sync_edit WHERE edit = ?", ((edit,) for edit in cut))
    return whole + len(cut)


def sent_as(conn: Connection, edits: Sequence[str]) -> list[str]:
    """The ids under which these steps were sent last: what is left of one has an id of its own."""
    rest = _rest(conn)
    names: dict[str, str] = {}
    for some, marks in portions([*rest]):
        rows = conn.execute(f"SELECT seq, id FROM edit WHERE seq IN ({marks})", some)
        names |= {edit: f"{edit}{REST}{rest[place]}" for place, edit in rows}
    return [names.get(edit, edit) for edit in edits]


def _rest(conn: Connection) -> dict[int, int]:
    row = conn.execute("SELECT value FROM sync_state WHERE name = ?", (_REST,)).fetchone()
    return {int(edit): times for edit, times in json.loads(row[0]).items()} if row else {}


def cut(conn: Connection, edits: Iterable[int]) -> None:
    """Of what these steps said some is given up; the steps are told by their places."""
    conn.executemany("UPDATE sync_edit SET cut = 1 WHERE edit = ?", ((edit,) for edit in edits))


def _of_step(conn: Connection, row: Any, rest: Mapping[int, int]) -> Iterator[tuple[WaitingEdit, int]]:
    """A step as it is sent, whole or in parts, each with the length of what it changes; of one that is among
    the `rest` the fields that it changed.
    """
    place, edit, worker, name, subject, reason, at, undone = row
    changes = conn.execute(
        "SELECT type, record, field, old, new FROM change WHERE edit = ? ORDER BY n", (place,)
    ).fetchall()
    if place in rest:
        edit = f"{edit}{REST}{rest[place]}"
        changes = [change for change in changes if change[2]]
    for n, part in enumerate(_parts(changes)):
        size = sum(len(old or "") + len(new) for *_, old, new in part)
        read = [
            (kind, record, field, from_json(old or "null"), from_json(new))
            for kind, record, field, old, new in part
        ]
        sent = f"{edit}/{n}" if n else edit
        yield WaitingEdit(place, sent, worker, name, subject, reason, at, read, bool(undone)), size


def _parts(changes: list[Any]) -> Iterable[list[Any]]:
    """The changes of a step in portions, cut at the same places each time it is asked for."""
    portion: list[Any] = []
    size = 0
    for change in changes:
        grown = len(change[3] or "") + len(change[4])
        if portion and (len(portion) >= _PART or size + grown > _PART_BYTES):
            yield portion
            portion, size = [], 0
        portion.append(change)
        size += grown
    if portion:
        yield portion
