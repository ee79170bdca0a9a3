"""What a step that settles a conflict says: what was weighed, and what somebody else chose meanwhile.

Two people who settled one conflict differently, unknown to each other: that is a new conflict.
"""

from __future__ import annotations

import json
from typing import Any

from sync.hub.central import Central
from sync.messages import Changed, SentEdit


def contested_by(edit: SentEdit, central: Central) -> dict[tuple[str, str], Changed]:
    """By (record, field), what an edit settles otherwise than somebody whom its author did not know of.

    The first who settled it stands. What the later one chose must not replace it unseen, nor be lost: it is
    the other value of a new conflict, also where the later one chose what stood before.
    """
    found: dict[tuple[str, str], Changed] = {}
    for change in edit.changes:
        if change.type != "conflict" or change.field != "chosen" or not change.new:
            continue
        settled = central.get(change.record).fields
        if settled.get("chosen", "") in ("", change.old, change.new):
            continue
        central.fetch([settled["record"]])
        about = central.get(settled["record"])
        chosen = json.loads(change.new)
        if not about.stands or about.fields.get(settled["field"]) == chosen:
            continue
        key = (settled["record"], settled["field"])
        base = json.loads(settled["central"])
        found[key] = Changed(type=about.type, record=about.id, field=settled["field"], old=base, new=chosen)
    return found


def weighed_by(edit: SentEdit, central: Central) -> dict[tuple[str, str], tuple[Any, ...]]:
    """By (record, field), the values that whoever made this step had before them when they settled it.

    None of these stands against what they chose, in whatever order the steps of a restored central record
    come back.
    """
    found: dict[tuple[str, str], tuple[Any, ...]] = {}
    for change in edit.changes:
        if change.type == "conflict" and change.field == "chosen" and change.new:
            one = central.get(change.record).fields
            if one:
                found[one["record"], one["field"]] = (json.loads(one["central"]), json.loads(one["other"]))
    return found
