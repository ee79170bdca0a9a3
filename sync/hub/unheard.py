"""What a step tells of a list or of a school week and the central record never heard of: it was set back, and
so was the laptop on which somebody put that there.

The step does not say that it adds those, for it met them. That they are not here any more would say that
somebody took them away, or corrected a mark; but only a step that did so says that.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import Connection, select

from casework.policies import Policy
from sync.hub import tables
from sync.hub.central import Central
from sync.merge import OF_SLOTS, of_slots, policy_of, slots_of
from sync.messages.steps import Changed, SentEdit

Said = Mapping[str, Any]
"""What a value says, part by part: a list of each thing on it, a week of each session that has a mark."""


class _Parts(NamedTuple):
    """How a value is taken apart and put together."""

    apart: Callable[[Any], Said]
    together: Callable[[Said], Any]


def heard_base(central: Central, edit: SentEdit, change: Changed, base: Any, now: Any) -> Any:
    """What a change to a list or a week was based on, but for what it tells of it that is otherwise `now` and
    that no step in the log changed, unknown to the edit's author: of that it is based on what is there.
    `base` as it is for every other field.
    """
    parts = _parts_of(change)
    if parts is None:
        return base
    old, new, standing = map(parts.apart, (base, change.new, now))
    told = {name for name, said in old.items() if new.get(name) == said != standing.get(name)}
    if not told:
        return base
    # Where nothing was set back the author had read all that was written up to `seen`.
    is_news = central.get(change.record).versions.get(change.field, 0) > edit.seen
    since = edit.seen if edit.seen and is_news else edit.knew
    steps = [[*map(parts.apart, both)] for both in _said_since(central.connection, since, change)]
    # Where it is not known what the author had read, whatever was never said here was not.
    said_here = {name for _, after in steps for name in told if after.get(name) == old[name]}
    changed = {name for before, after in steps for name in told if before.get(name) != after.get(name)}
    told -= changed if since else changed & said_here
    heard = {name: standing.get(name) if name in told else said for name, said in old.items()}
    return parts.together({name: said for name, said in heard.items() if said is not None})


def _parts_of(change: Changed) -> _Parts | None:
    if policy_of(change.type, change.field) is Policy.UNION:
        return _Parts(_listed, list)
    if (change.type, change.field) in OF_SLOTS:
        return _Parts(lambda value: slots_of(change.field, value), lambda said: of_slots(change.field, said))
    return None


def _said_since(connection: Connection, since: int, change: Changed) -> Iterator[tuple[Any, Any]]:
    """What steps after a number said of the field of a change: what it was, and what it became."""
    log = tables.log
    rows = connection.execute(
        select(log.c.changes).where(log.c.seq > since, log.c.changes.contains(change.record, autoescape=True))
    )
    for text in rows.scalars():
        for _, record, field, old, new in from_json(text):
            if record == change.record and field == change.field:
                yield old, new
            elif record == change.record and not field:
                yield None, new.get(change.field)


def _listed(value: Any) -> Said:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return {one: one for one in value} if is_list else {}
