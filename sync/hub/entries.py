"""What is kept of an edit: its entry in the log, its row in the quarantine, and what knows it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, func, literal, select, union_all

from casework.canonical import are_plain, fingerprint_of, json_text
from casework.edits import REST
from casework.text import clean
from sync.hub import tables
from sync.hub.portions import among
from sync.hub.rights import Refusal
from sync.hub.writing import in_bulk
from sync.messages.steps import SentEdit, Verdict

PORTION = "/x"
"""After the id of a step, before the number of a portion of it that is kept aside."""


def log_row(
    edit: SentEdit,
    digest: bytes,
    device: str,
    now: datetime,
    verdict: Verdict,
    chain: bytes,
    *,
    plain: bool = False,
) -> dict[str, Any]:
    """The entry of an edit in the log. `plain`: `is_plain` is known to hold of it."""
    return {
        "seq": verdict.seq,
        "edit": edit.id,
        "hash": digest,
        "device": device,
        "worker": edit.worker,
        "name": edit.name,
        "subject": edit.subject,
        "reason": edit.reason,
        "at": edit.at,
        "taken": now.isoformat(),
        "changes": json_text([*map(_said_in_log, edit.changes)], plain=plain or is_plain(edit)),
        "verdict": verdict.model_dump_json(),
        "chain": chain,
    }


def here(connection: Connection, edits: Sequence[str]) -> set[str]:
    """Those of these edits that were taken or are kept aside."""
    found: set[str] = set()
    for table in (tables.log, tables.quarantine):
        found |= set(connection.execute(select(table.c.edit).where(table.c.edit.in_(edits))).scalars())
    return found


def digest_of_edit(edit: SentEdit, *, plain: bool | None = None) -> bytes:
    """What says that an edit is the one that was sent before: all of it but `seen`, `knew`, `former`,
    `taken_back`. `plain`: whether `is_plain` holds of it, where it is known.
    """
    said = dict(zip(_OF_EDIT, _said_by_edit(edit), strict=True))
    said["changes"] = [
        {
            "field": change.field,
            "new": change.new,
            "old": change.old,
            "record": change.record,
            "type": change.type,
        }
        for change in edit.changes
    ]
    return fingerprint_of(said, plain=is_plain(edit) if plain is None else plain)


def is_plain(edit: SentEdit) -> bool:
    """Whether `are_plain` holds of what an edit says."""
    return are_plain([value for change in edit.changes for value in (change.old, change.new)])


_OF_EDIT = sorted(SentEdit.model_fields.keys() - {"seen", "knew", "former", "taken_back"})
_said_by_edit = attrgetter(*_OF_EDIT)
_log, _aside = tables.log, tables.quarantine
_edits: BindParameter[Any] = bindparam("edits", expanding=True)
_none = literal("")
_SENT_BEFORE = union_all(
    select(_log.c.edit, _log.c.hash, _log.c.verdict, _none, _none).where(_log.c.edit.in_(_edits)),
    select(_aside.c.edit, _aside.c.hash, _none, _aside.c.code, _aside.c.reason).where(
        _aside.c.edit.in_(_edits)
    ),
)
"""What was taken; then what is kept aside, which counts where an edit is both."""
_said_in_log = attrgetter("type", "record", "field", "old", "new")


def aside_row(edit: SentEdit, digest: bytes, device: str, now: datetime, refusal: Refusal) -> dict[str, Any]:
    """The row of an edit that is kept aside."""
    return {
        "edit": edit.id,
        "hash": digest,
        "device": device,
        "worker": edit.worker,
        "at": clean(edit.at),
        "taken": now.isoformat(),
        "code": refusal.code,
        "reason": refusal.reason,
        "edit_text": edit.model_dump_json(),
        "awaits": " ".join(refusal.awaits),
    }


def keep_aside(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Put edits into the quarantine, in their order."""
    if rows:
        last = connection.execute(select(func.coalesce(func.max(tables.quarantine.c.number), 0))).scalar_one()
        in_bulk(connection, tables.quarantine, [{**row, "number": last + n} for n, row in enumerate(rows, 1)])


def verdicts_on(connection: Connection, ids: Sequence[str]) -> dict[str, tuple[Verdict, bytes]]:
    """The verdicts on edits that were sent before, each with what knows the edit again."""
    found: dict[str, tuple[Verdict, bytes]] = {}
    for edit, digest, verdict, code, reason in connection.execute(_SENT_BEFORE, {"edits": among(ids)}).all():
        aside = Verdict(edit=edit, verdict="quarantined", code=code, reason=reason)
        found[edit] = (Verdict.model_validate_json(verdict) if verdict else aside, digest)
    return found


def taken_whole(connection: Connection, edits: Sequence[SentEdit]) -> dict[str, tuple[Verdict, bytes]]:
    """The verdicts on those of these edits that are what is left of a step which was sent before: of that one
    nothing is taken once more. A step in parts may have come without the last ones, so it is none of these.
    """
    whole = {edit.id: step for edit in edits if (step := step_of(edit.id)) != edit.id}
    if not whole:
        return {}
    before = verdicts_on(connection, [*whole.values(), *(f"{step}/1" for step in whole.values())])
    known = (edit for edit in edits if whole.get(edit.id, "") in before)
    return {
        edit.id: (before[whole[edit.id]][0].model_copy(update={"edit": edit.id}), digest_of_edit(edit))
        for edit in known
        if f"{whole[edit.id]}/1" not in before
    }


def step_of(edit: str) -> str:
    """The step of which this id names what is left, else the id itself."""
    return edit.partition(REST)[0]


def awaited_by(connection: Connection, edit: str) -> list[str]:
    """What an edit waits for that is kept aside, or portions of it."""
    table = tables.quarantine
    rows = connection.execute(
        select(table.c.awaits)
        .where(table.c.edit.startswith(edit, autoescape=True))
        .order_by(table.c.number, table.c.edit)
    )
    return [scope for awaits in rows.scalars() for scope in awaits.split()]


def said_again(before: tuple[Verdict, bytes], digest: bytes) -> Verdict:
    """The verdict on an edit that was sent before."""
    verdict, held = before
    if held != digest:
        reason = "An edit with this id and another content was taken before; this one was kept aside."
        return Verdict(edit=verdict.edit, verdict="quarantined", code="other-content", reason=reason)
    return verdict.model_copy(update={"again": True})
