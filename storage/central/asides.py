"""Steps of this laptop that the central record kept aside, whole or in part, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from casework.wording import count_of, join_words
from storage.cipher import Connection

NOT_ENTITLED, NO_SUCH_RECORD = "not-entitled", "no-such-record"
LET_IN, TAKEN_LATE = "let-in", "taken-late"
"""The codes of a step that was kept aside and taken later: a person let it in, or what it waited for came."""
_CAME = "What it waited for is on the central record now."
_MOST_NAMES = 3
_SHORT_ID = 18
"""Characters of an id by which a step is found: its time to the millisecond, and a random part."""

_WHAT_TO_DO: Mapping[str, str] = {
    NOT_ENTITLED: (
        "Ask your manager to put you or your team on the case, then it is taken by itself; or to let in what"
        " you wrote: outreach hub release {edit}"
    ),
    "unknown-type": "Nothing: it is offered again when the central record was updated. Tell your support.",
    "other-type": "Tell your support: two records share an id. What you wrote stays in the history here.",
    NO_SUCH_RECORD: (
        "Wait until your colleagues have synced: it is taken by itself when what it is about comes. If it"
        " stays here, record it anew."
    ),
    "central": "Ask whoever keeps the central record to change it there.",
    "bad-value": "Look at the record, correct the field and save it again: that is a new step.",
    "other-content": "Tell your support: this laptop may be a copy of another. What you wrote stays here.",
}
_ELSE = "Look at the record, correct it and save it again; if that is set aside too, tell your support."


def what_to_do(code: str, edit: str) -> str:
    """What a worker does about a step that was kept aside, by the code of the central record's answer."""
    return _WHAT_TO_DO.get(code, _ELSE).format(edit=edit[:_SHORT_ID])


@dataclass(frozen=True, slots=True)
class SetAside:
    """A step that the central record kept aside, and why."""

    edit: str
    name: str
    at: str
    code: str
    reason: str

    @property
    def advice(self) -> str:
        """What the worker does about it."""
        return what_to_do(self.code, self.edit)


def set_aside(conn: Connection) -> list[SetAside]:
    """This laptop's steps that the central record kept aside, the oldest first."""
    rows = conn.execute(
        "SELECT edit.id, edit.name, edit.at, s.code, s.reason FROM sync_edit s JOIN edit ON edit.seq = s.edit"
        " WHERE s.verdict = 'quarantined' ORDER BY edit.seq"
    )
    return [SetAside(*row) for row in rows]


def newest_aside(conn: Connection) -> str | None:
    """The last of this laptop's steps that the central record kept aside, if it can be offered again."""
    row = conn.execute(
        "SELECT edit.id FROM sync_edit s JOIN edit ON edit.seq = s.edit"
        " WHERE s.verdict = 'quarantined' AND s.cut = 0 ORDER BY s.edit DESC LIMIT 1"
    ).fetchone()
    return str(row[0]) if row else None


def taken_late(conn: Connection, newest: int = -1) -> list[SetAside]:
    """This laptop's steps that were kept aside and taken later, with who let them in; the newest first."""
    rows = conn.execute(
        "SELECT edit.id, edit.name, edit.at, s.code, s.reason FROM sync_edit s JOIN edit ON edit.seq = s.edit"
        " WHERE s.code IN (?, ?) AND s.verdict != 'quarantined' ORDER BY edit.seq DESC LIMIT ?",
        (LET_IN, TAKEN_LATE, newest),
    )
    return [SetAside(*row) for row in rows]


def to_ask_after(conn: Connection, most: int, turn: str) -> list[str]:
    """The ids of steps that are kept aside, at most so many; of more each `turn` has others."""
    every = [step.edit for step in set_aside(conn)]
    if len(every) <= most:
        return every
    at = crc32(turn.encode()) % len(every)
    return [*every[at:], *every[:at]][:most]


def note_taken(conn: Connection, edit: str, verdict: str, seq: int, code: str, reason: str) -> bool:
    """A step that was kept aside was taken since; in the caller's transaction. False where it was not known
    as kept aside.
    """
    done = conn.execute(
        "UPDATE sync_edit SET verdict = ?, seq = ?, code = ?, reason = ?"
        " WHERE verdict = 'quarantined' AND edit = (SELECT seq FROM edit WHERE id = ?)",
        (verdict, seq, code, reason or _CAME, edit),
    )
    return bool(done.rowcount)


def why_aside(
    conn: Connection, place: int, code: str, reason: str, about: Sequence[str], *, in_part: bool
) -> str:
    """Why the step of this place in the journal was kept aside: the central record's `reason`, or where it is
    about children who are not the worker's a sentence with their names as this laptop has them.

    The names are kept with the sentence until the step is taken, for the worker has to say to a manager whom
    it is about; the children themselves are given up. `in_part` says that the rest of the step was taken.
    """
    if code != NOT_ENTITLED:
        return reason
    subject = "SELECT subject FROM edit WHERE seq = ? AND subject IS NOT NULL"
    ids = list(dict.fromkeys(about)) or [row[0] for row in conn.execute(subject, (place,))]
    names = [name for child in ids if (name := _name_of(conn, child))]
    if not names:
        return reason
    many = len(ids) > 1
    shown = names[:_MOST_NAMES]
    if len(ids) > len(shown):
        shown.append(f"{count_of(len(ids) - len(shown), 'other child', 'other children')}")
    whose = "are not among the children" if many else "is not among the children"
    rest = "; the rest of the step was taken" if in_part else ""
    return (
        f"{join_words(shown)} {whose} you work with, as the central record has it: what you wrote of"
        f" {'them' if many else 'this child'} was kept aside there{rest}."
    )


def _name_of(conn: Connection, child: str) -> str:
    row = conn.execute("SELECT forename, surname FROM child WHERE id = ?", (child,)).fetchone()
    return " ".join(filter(None, row)) if row else ""
