"""What says that two records made apart, on two laptops, are one and the same.

A school is its URN, a child's week at a school is that week. Such a record keeps the id that reached the
central record first; the other laptop gives its own the same id before anybody else has seen it. A child is
known by a permanent UPN together with the date of birth or the whole name, as long as nothing speaks against
it (`is_one_child`); anything less is for a person to decide.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from casework.duplicates import is_one_child
from casework.holding import Place, holds
from casework.identifiers import check_upn
from casework.records import Worker
from casework.text import fold
from sync.hub import tables
from sync.hub.central import Central, Held
from sync.hub.portions import batched
from sync.hub.rights import Rights
from sync.hub.writing import in_bulk
from sync.messages.steps import SentEdit

Fields = Mapping[str, Any]
Lookup = Callable[[str], Fields]


def _text(fields: Fields, name: str) -> str:
    """A field as text; "" where a laptop says anything else, which is refused later."""
    value = fields.get(name)
    return value if isinstance(value, str) else ""


def _folded(fields: Fields, *names: str) -> tuple[str, ...]:
    return tuple(fold(_text(fields, name)) for name in names)


def _permanent(fields: Fields) -> str:
    """The UPN of a child, "" where there is none that stays with it."""
    upn = _text(fields, "upn")
    checked = check_upn(upn) if upn else None
    return upn if checked is not None and checked.valid and not checked.temporary else ""


def _born(fields: Fields, _: Lookup) -> tuple[Any, ...] | None:
    upn, born = _permanent(fields), fields.get("dob")
    return (upn, born) if upn and born else None


def _named(fields: Fields, _: Lookup) -> tuple[Any, ...] | None:
    upn, name = _permanent(fields), _folded(fields, "surname", "forename")
    return (upn, "named", *name) if upn and all(name) else None


def _contact(fields: Fields, look: Lookup) -> tuple[Any, ...] | None:
    """An adult in a child's life: who they are to the child, and their name."""
    name = _folded(look(_text(fields, "person")), "surname", "forename")
    return (fields.get("child"), *_folded(fields, "kind"), *name) if all(name) else None


_KEYS: Mapping[str, tuple[Callable[[Fields, Lookup], tuple[Any, ...] | None], ...]] = {
    "school": (lambda f, _: (f.get("urn"),),),
    "team": (lambda f, _: _folded(f, "name"),),
    "child": (_born, _named),
    "calendar": (lambda f, _: (f.get("school"), f.get("kind"), f.get("start"), f.get("end")),),
    "relationship": (_contact,),
    "flag": (lambda f, _: (f.get("child"), f.get("kind"), f.get("since")) if f.get("since") else None,),
    "enrolment": (
        lambda f, _: (f.get("child"), f.get("school"), f.get("start")),
        lambda f, _: None if f.get("end") else (f.get("child"), f.get("school"), "on roll"),
    ),
    "attendance_week": (lambda f, _: (f.get("child"), f.get("school"), f.get("week")),),
    "attendance_total": (lambda f, _: (f.get("child"), f.get("school"), f.get("year")),),
}
_ORDER = (("school", "team"), ("child", "calendar"), tuple(_KEYS)[4:])
"""Types whose keys name records of the types before them."""

KEY_FIELDS = frozenset(
    ("upn", "dob", "surname", "forename", "urn", "name", "kind", "start", "end", "since", "person")
) | {"child", "school", "week", "year"}
"""Fields by which records are known."""

_WORKING = frozenset({"notification", "episode"})
"""Types that say who works with a child."""

KEYED = frozenset({*_KEYS, "person", "household"})
"""Record types of which two laptops can make the same one."""

_NAMING = ("child", "household", "person")
"""Fields that name another record, without which a step cannot be taken or says nothing."""
_KNOWN_AS = "known as"
"""Before an id that a laptop gave a record, and under which it is not known here."""

FILLED_IN: Mapping[str, frozenset[str]] = {"school": frozenset({"team"})}
"""Fields that the program fills in where it makes such a record, as the team of whoever imports a school's
register: nobody said them, so what stands already stays.
"""


def _no_fields(_: str) -> Fields:
    return {}


def keys_of(record_type: str, fields: Fields, look: Lookup = _no_fields) -> list[str]:
    """What a record is known by, each as one text; `look` gives the fields of another record."""
    found = (parts(fields, look) for parts in _KEYS.get(record_type, ()))
    return ["\x1f".join((record_type, *map(str, parts))) for parts in found if parts]


@dataclass(slots=True)
class Made:
    """A record that edits make: as it was made, and as they leave it."""

    id: str
    type: str
    first: Fields
    last: Fields

    @property
    def shapes(self) -> tuple[Fields, ...]:
        """Both sets of fields: another laptop may have made the record as it was, or as it became."""
        return (self.first,) if self.last is self.first else (self.first, self.last)


class Matching:
    """Finding the records that these edits make and the central record knows already."""

    def __init__(
        self,
        connection: Connection,
        edits: Iterable[SentEdit],
        central: Central,
        rights: Rights | None,
        sender: Callable[[], Worker | None],
        before: Collection[str] = (),
    ) -> None:
        """`rights` are those of the laptop that sends them, `sender` says whose it is; `before` are those of
        them that were taken before, perhaps late and under other ids.
        """
        self._connection, self._central = connection, central
        self._rights, self._sender = rights, sender
        self._made: dict[str, Made] = {}
        self._taken: set[str] = set()
        self._known: dict[str, str] = {}
        self._homes: dict[str, list[str]] = {}
        self._working: set[str] = set()
        self._created: set[str] = set()
        self._named: dict[str, str] = {}
        """Records that these edits change, or name in this field, or made when they were taken before."""
        for edit in edits:
            for change in edit.changes:
                if change.field or edit.id in before:
                    self._named[change.record] = ""
                else:
                    self._created.add(change.record)
                self._read(change.type, change.record, change.field, change.new)

    def _read(self, record_type: str, record: str, field: str, new: Any) -> None:
        if field:
            if field in _NAMING and isinstance(new, str):
                self._named.setdefault(new, field)
            if record in self._made:
                self._made[record].last = {**self._made[record].last, field: new}
            if field == "household" and record_type == "child":
                self._homes.setdefault(str(new), []).append(record)
            return
        if not isinstance(new, dict):
            return
        for name in _NAMING:
            if name in new and isinstance(new[name], str):
                self._named.setdefault(new[name], name)
        if record_type in _WORKING:
            self._working.add(_text(new, "child"))
        if record_type in KEYED and record not in self._made:
            if self._central.get(record).stands:
                self._taken.add(record)  # it was given its known id already
            else:
                self._made[record] = Made(record, record_type, new, new)
            if record_type == "child":
                self._homes.setdefault(_text(new, "household"), []).append(record)

    def known(self) -> dict[str, str]:
        """Ids of records that these edits create, or name although they are not there, each with the id under
        which it is known already.

        No two of them are given the same one: that two records of one laptop are one, a person says. What
        they take back again is given none, for that is not about what others made, unless it was taken under
        that one before.
        """
        self._match_named()
        unknown = [made for made in self._made.values() if made.id not in self._known]
        stand = [made for made in unknown if not made.last.get("void")]
        for types in _ORDER:
            self._match([made for made in stand if made.type in types])
        for made in stand:
            if made.type == "household":
                self._match_home(made)
        return self._known

    def _fields(self, record: str) -> Fields:
        made = self._made.get(record)
        return made.last if made is not None else self._central.get(record).fields

    def _under_known(self, fields: Fields) -> Fields:
        """Fields with the known ids of the records that they name."""
        named = ((name, _text(fields, name)) for name in ("child", "school"))
        known = {name: self._known[it] for name, it in named if it in self._known}
        return {**fields, **known} if known else fields

    def _match_named(self) -> None:
        """What the edits name, or made before, and is not there may be a record that was taken late."""
        named = [
            record
            for record, field in self._named.items()
            if record
            and record.isprintable()  # as an id is
            and record not in self._created
            and (field != "child" or self._rights is None or not self._may(record, "child"))
        ]
        self._central.fetch(named)
        missing = [record for record in named if not self._central.get(record).stands]
        for record, known in known_as(self._connection, missing).items():
            if self._central.get(known).stands:
                self._take(record, known)

    def _match(self, all_made: list[Made]) -> None:
        keys: dict[str, list[str]] = {}
        for made in all_made:
            shapes = map(self._under_known, made.shapes)
            found = (key for shape in shapes for key in keys_of(made.type, shape, self._fields))
            keys[made.id] = [*dict.fromkeys(found)]
        owners = owners_of(self._connection, (key for own in keys.values() for key in own))
        self._central.fetch(owners.values())
        for record, own in keys.items():
            made = self._made[record]
            held = next(
                (
                    held
                    for key in own
                    if key in owners and self._fits(made, held := self._central.get(owners[key]))
                ),
                None,
            )
            if held is not None and (made.type != "relationship" or self._match_adult(made, held)):
                self._take(record, held.id)

    def _fits(self, made: Made, held: Held) -> bool:
        """Whether a record that has the same key is the one, and may be told to the laptop."""
        if held.id == made.id or held.id in self._taken or held.type != made.type or held.fields.get("void"):
            return False
        if made.type == "child":
            return is_one_child(made.last, held.fields) and (
                self._may(held.id, "child") or not self._would_hold(made)
            )
        if made.type == "enrolment" and not _is_one_time(made, held.fields):
            return False
        return self._may(held.fields.get("child"), made.type)

    def _match_adult(self, made: Made, held: Held) -> bool:
        """Give the adult of a relationship the known id; False where that is another's by now."""
        own, known = _text(made.last, "person"), _text(held.fields, "person")
        if own == known or self._known.get(own) == known:
            return True
        if own not in self._made or own in self._known or known in self._taken:
            return False
        self._take(own, known)
        return True

    def _match_home(self, made: Made) -> None:
        """A home is known where a child lives in one of the same address already."""
        address = _folded(made.last, "address")
        for named in self._homes.get(made.id, ()):
            child = self._known.get(named, named)
            held = self._central.get(_text(self._central.get(child).fields, "household"))
            free = held.stands and not held.fields.get("void") and held.id not in self._taken
            if free and _folded(held.fields, "address") == address and self._may(child, "household"):
                self._take(made.id, held.id)
                return

    def _take(self, record: str, known: str) -> None:
        self._known[record] = known
        self._taken.add(known)

    def _may(self, scope: Any, record_type: str) -> bool:
        if self._rights is None or not isinstance(scope, str):
            return True
        return self._rights.may_hold(scope, record_type)

    def _would_hold(self, made: Made) -> bool:
        """Whether the laptop will hold the child as it made it. Then it stays apart from a child whom the
        laptop may not hold, whose being there is not told; else what it says of the child is kept aside, or
        each import of a roll that leaves the laptop again would make the roll anew.
        """
        worker = self._sender()
        if worker is None or made.id in self._working:
            return True
        school, team, lead = (_text(made.last, name) or None for name in ("school", "team", "lead_worker"))
        return holds(worker, Place(school, team, lead), ())


def _is_one_time(made: Made, held: Fields) -> bool:
    """Whether both are one time on a school's roll: begun on one day, or both not ended."""
    begun = held.get("start") in (made.first.get("start"), made.last.get("start"))
    return begun or not (held.get("end") or made.last.get("end"))


def owners_of(connection: Connection, keys: Iterable[str]) -> dict[str, str]:
    """By its key, the record that each key belongs to."""
    table = tables.natural
    found: dict[str, str] = {}
    for some in batched(dict.fromkeys(keys)):
        rows = connection.execute(select(table).where(table.c.key.in_(some)))
        found |= {row.key: row.record for row in rows}
    return found


def known_as(connection: Connection, ids: Iterable[str]) -> dict[str, str]:
    """Those of these ids under which records are not known here, each with the known one that is kept."""
    asked = {"\x1f".join((_KNOWN_AS, one)): one for one in ids}
    return {asked[key]: record for key, record in owners_of(connection, asked).items()}


def keep_known_as(connection: Connection, known: Mapping[str, str]) -> None:
    """Keep, by the ids that laptops gave records, those under which they are known: a step may still come
    that names one so, or be tried again.
    """
    rows = [{"key": "\x1f".join((_KNOWN_AS, one)), "record": record} for one, record in known.items()]
    in_bulk(connection, tables.natural, rows)


def keep_keys(connection: Connection, central: Central, named: Mapping[str, Collection[str]]) -> None:
    """Keep what records are known by from now on, besides these keys of when they were made.

    A key stays with the record that had it first, for as long as that stands.
    """
    keys: dict[str, str] = {}
    for record, first in named.items():
        held = central.get(record)
        now = keys_of(held.type, held.fields, lambda other: central.get(other).fields)
        for key in (*first, *now):
            keys.setdefault(key, record)
    owners = owners_of(connection, keys)
    central.fetch(owners.values())
    free = _without_owner(central, keys, owners)
    in_bulk(connection, tables.natural, [{"key": key, "record": record} for key, record in free])


def _without_owner(
    central: Central, keys: Mapping[str, str], owners: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    for key, record in keys.items():
        owner = central.get(owners[key]) if key in owners else None
        if owner is None or not owner.stands or owner.fields.get("void"):
            yield key, record
