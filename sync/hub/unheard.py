"""What a step tells of a list and the central record never heard of: it was set back, and so was the laptop
on which somebody put that there.

The step does not say that it adds those, for it met them. That they are not here any more would say that
somebody took them away; but only a step that did so says that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection, select

from casework.policies import Policy
from sync.hub import tables
from sync.hub.central import Central
from sync.merge import policy_of
from sync.messages.steps import Changed, SentEdit


def heard_base(central: Central, edit: SentEdit, change: Changed, base: Any, now: Any) -> Any:
    """What a change to a list was based on, without what it tells of it that is neither there `now` nor was
    taken away by a step in the log, unknown to the edit's author. `base` as it is for what is no list.
    """
    if policy_of(change.type, change.field) is not Policy.UNION:
        return base
    told = _listed(base) & _listed(change.new) - _listed(now)
    if not told:
        return base
    # Where nothing was set back the author had read all that was written up to `seen`.
    is_news = central.get(change.record).versions.get(change.field, 0) > edit.seen
    since = edit.seen if edit.seen and is_news else edit.knew
    for old, new in _said_since(central.connection, since, change):
        told -= _listed(old) - _listed(new)
    return [one for one in base if one not in told]


def _said_since(connection: Connection, since: int, change: Changed) -> Iterator[tuple[Any, Any]]:
    """What steps after a number said of the field of a change: what it was, and what it became."""
    log = tables.log
    rows = connection.execute(
        select(log.c.changes).where(log.c.seq > since, log.c.changes.contains(change.record, autoescape=True))
    )
    for text in rows.scalars():
        for _, record, field, old, new in from_json(text):
            if (record, field) == (change.record, change.field):
                yield old, new


def _listed(value: Any) -> set[Any]:
    return set(value) if isinstance(value, Sequence) and not isinstance(value, str) else set()
