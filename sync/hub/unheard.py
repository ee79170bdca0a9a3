"""What a step tells of a field and the central record never heard of: it was set back, and so was the laptop
on which somebody said that, or it comes later.

Of a list or a school week the step does not say that it adds what it met. That it is not here any more would
say that somebody took it away, or corrected a mark; but only a step that did so says that. And a step comes
too late that somebody answered already who knew of it, by saying again what stood before it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pydantic_core import from_json
from sqlalchemy import Connection, select

from casework.policies import Policy
from sync.hub import tables
from sync.hub.central import Central
from sync.merge import OF_SLOTS, of_slots, policy_of, slots_of
from sync.messages.steps import Changed, SentEdit

Said = Mapping[str, Any]
"""What a value says, part by part: a list of each thing on it, a week of each session that has a mark, any
other value of itself.
"""


class _Parts(NamedTuple):
    """How a value is taken apart and put together."""

    apart: Callable[[Any], Said]
    together: Callable[[Said], Any]


class _Met(NamedTuple):
    """What a change was based on, what it says, and what stands."""

    old: Said
    new: Said
    now: Said


def heard_base(
    central: Central,
    edit: SentEdit,
    change: Changed,
    base: Any,
    now: Any,
    news: Collection[str],
    device: str = "",
) -> Any:
    """What a change was based on, as far as the central record heard of it; `news` are the records on which
    others wrote, unknown to the edit's author, whose laptop is `device`.

    Of what was never heard of it is based on what is there `now`; what was answered already it does not say.
    """
    if not change.field or change.type == "conflict":
        return base
    parts = _parts_of(change)
    met = _Met(*map(parts.apart, (base, change.new, now)))

    def read_since(seq: int) -> list[tuple[Said, Said]]:
        said = said_since(central.connection, seq, change)
        return [(parts.apart(old), parts.apart(new)) for old, new in said]

    heard = dict(met.old)
    versions = central.get(change.record).versions
    version = versions.get(change.field, 0)
    if parts is _WHOLE and edit.knew and base not in (now, change.new):
        number = version or versions.get("", 0)
        laptop = device if version else ""  # who made a record may have brought it back as it became
        return _known_base(central.connection, edit, change, base, now, number, laptop)
    if parts is not _WHOLE:
        heard |= {name: met.now.get(name) for name in _unheard(edit, met, version, read_since)}
    if change.record in news and edit.knew and not edit.seen:
        heard |= {name: met.new.get(name) for name in _answered(met, max(version, edit.knew), read_since)}
    if heard == met.old:
        return base
    return parts.together({name: said for name, said in heard.items() if said is not None})


def _known_base(
    connection: Connection, edit: SentEdit, change: Changed, base: Any, now: Any, version: int, device: str
) -> Any:
    """What a change to a whole value was based on, where its author knew of all that a backup has.

    A value that nobody has said here was lost behind that; what the same laptop said before such a one, its
    author knew. Where it was said, what the laptop said may as well be what it brought back since. And what a
    step says that stood in the lost log was known to whoever wrote over it since.
    """
    if version <= edit.knew:
        said = said_since(connection, 0, change, until=edit.knew)
        return base if any(base in pair for pair in said) else now
    log = tables.log
    # A step of the same message is in the log once all of it was taken.
    wrote = connection.execute(select(log.c.device).where(log.c.seq == version)).scalar() or device
    is_own = device and wrote == device
    if is_own and not any(base in pair for pair in said_since(connection, 0, change)):
        return now
    if edit.former is not None:
        since = said_since(connection, edit.knew, change)
        return change.new if any(old == change.new for old, _ in since) else base
    return base


def _unheard(
    edit: SentEdit, met: _Met, version: int, said_since: Callable[[int], list[tuple[Said, Said]]]
) -> set[str]:
    """What a change tells without having said it, that is otherwise now and that no step in the log changed,
    unknown to the edit's author. `version` is the number that changed the field last.
    """
    told = {name for name, said in met.old.items() if met.new.get(name) == said != met.now.get(name)}
    if not told:
        return told
    # Where nothing was set back the author had read all that was written up to `seen`.
    since = edit.seen if edit.seen and version > edit.seen else edit.knew
    steps = said_since(since)
    # Where it is not known what the author had read, whatever was never said here was not.
    said_here = {name for _, after in steps for name in told if after.get(name) == met.old[name]}
    changed = {name for old, new in steps for name in told if old.get(name) != new.get(name)}
    return told - (changed if since else changed & said_here)


def _answered(met: _Met, since: int, said_since: Callable[[int], list[tuple[Said, Said]]]) -> Iterator[str]:
    """What a change would say in the place of what stands, and a step after a number, none of which changed
    the field, said again that knew of it.
    """
    names = met.old.keys() | met.new.keys()
    said = [name for name in names if met.old.get(name) == met.now.get(name) != met.new.get(name)]
    steps = said_since(since) if said else ()
    return (
        name
        for name in said
        if (met.new.get(name), met.now.get(name)) in ((old.get(name), new.get(name)) for old, new in steps)
    )


def _parts_of(change: Changed) -> _Parts:
    if policy_of(change.type, change.field) is Policy.UNION:
        return _Parts(listed, list)
    if (change.type, change.field) in OF_SLOTS:
        return _Parts(lambda value: slots_of(change.field, value), lambda said: of_slots(change.field, said))
    return _WHOLE


_WHOLE = _Parts(lambda value: {"": value}, lambda said: said.get(""))


def said_since(
    connection: Connection, since: int, change: Changed, *, until: int | None = None
) -> Iterator[tuple[Any, Any]]:
    """What steps after a number, and up to another one, said of the field of a change, in their order: what
    it was, and became.
    """
    return ((old, new) for _, old, new in steps_since(connection, since, change, until=until))


def steps_since(
    connection: Connection, since: int, change: Changed, *, until: int | None = None
) -> Iterator[tuple[int, Any, Any]]:
    """What `said_since` gives, each behind the number of its step."""
    log = tables.log
    asked = select(log.c.seq, log.c.changes).where(
        log.c.seq > since, log.c.changes.contains(change.record, autoescape=True)
    )
    asked = asked if until is None else asked.where(log.c.seq <= until)
    for seq, text in connection.execute(asked.order_by(log.c.seq)):
        for _, record, field, old, new in from_json(text):
            if record == change.record and field == change.field:
                yield seq, old, new
            elif record == change.record and not field:
                yield seq, None, new.get(change.field)


def listed(value: Any) -> Said:
    """The things on a list, each by itself; none where it is no list."""
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return {one: one for one in value} if is_list else {}
