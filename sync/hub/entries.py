"""What is kept of an edit: its entry in the log, its row in the quarantine, and what knows it again."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import datetime
from operator import attrgetter
from typing import Any

from pydantic_core import to_json

from casework.canonical import fingerprint, fingerprint_in_order, in_order
from casework.text import clean
from sync.hub.rights import Refusal
from sync.messages import Changed, SentEdit, Verdict


def log_row(
    edit: SentEdit, digest: bytes, device: str, now: datetime, verdict: Verdict, chain: bytes
) -> dict[str, Any]:
    """The entry of an edit in the log."""
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
        "changes": to_json([*map(_said_in_log, edit.changes)]).decode(),
        "verdict": verdict.model_dump_json(),
        "chain": chain,
    }


def digest_of_edit(edit: SentEdit) -> bytes:
    """What says that an edit is the one that was sent before: all of it but `seen`."""
    try:
        changes = [dict(zip(_OF_CHANGE, _said_by_change(change), strict=True)) for change in edit.changes]
        for change in changes:
            change["new"], change["old"] = in_order(change["new"]), in_order(change["old"])
    except TypeError:
        said = dict(zip(_OF_EDIT, _said_by_edit(edit), strict=True))
        return fingerprint(said | {"changes": [asdict(change) for change in edit.changes]})
    said = dict(zip(_OF_EDIT, _said_by_edit(edit), strict=True))
    said["changes"] = changes
    return fingerprint_in_order(said)


_OF_EDIT = sorted(SentEdit.model_fields.keys() - {"seen"})
_OF_CHANGE = sorted(one.name for one in fields(Changed))
_said_by_edit, _said_by_change = attrgetter(*_OF_EDIT), attrgetter(*_OF_CHANGE)
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
    }
