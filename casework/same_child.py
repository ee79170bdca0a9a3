"""Two children's records linked, or made one: the edits of it, which one undo or a later split takes back.

A merge is ordinary field changes: every record that names the other child comes to name the kept one, empty
fields are filled, and the other's record is set aside (void). Nothing is copied and nothing is lost: what the
kept record contradicts stays with the record that was set aside. Only a person merges; nothing here decides
that two records are of one child.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from casework.edits import Change, Edit, create, update
from casework.errors import BadInput, Refused
from casework.identifiers import check_upn
from casework.ids import new_id
from casework.merged_weeks import Clash, clashes, fill
from casework.policies import Policy
from casework.records import LONGEST_LINE, Child, Enrolment, Flag, Household, Record, Relationship, meta_of
from casework.records_attendance import AttendanceTotal, AttendanceWeek
from casework.records_case import Episode
from casework.records_links import Link, LinkKind
from casework.text import fold

_NEVER_TWICE = (Relationship, Flag, Enrolment)
"""Record types of which two that say the same are one fact."""


@dataclass(frozen=True, slots=True)
class Side:
    """One child with every standing record that names them; `home` is their household, where there is one.

    `protected` says that a flag of theirs, or of somebody in the same home, protects the address.
    """

    child: Child
    records: tuple[Record, ...] = ()
    home: Household | None = None
    protected: bool = False


@dataclass(frozen=True, slots=True)
class Differing:
    """A field in which the two records differ: both values, and whether the other's was taken."""

    name: str
    kept: Any
    other: Any
    taken: bool


@dataclass(frozen=True, slots=True)
class WeekClash:
    """Marks of one school week in which the two records contradict one another."""

    week: AttendanceWeek
    other: AttendanceWeek
    slots: tuple[Clash, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge before it is made: the edit, the child as it will be, and what a person should read first."""

    edit: Edit
    link: Link
    child: Child
    moved: tuple[Record, ...] = ()
    set_aside: tuple[Record, ...] = ()
    filled: Mapping[str, Any] = field(default_factory=dict)
    differing: tuple[Differing, ...] = ()
    clashes: tuple[WeekClash, ...] = ()
    doubts: tuple[str, ...] = ()
    """Why the two may be two children after all; a merge in spite of them is a person's explicit word."""


def link_children(one: Child, other: Child, kind: LinkKind, why: str, on: date, by: str) -> Edit:
    """Record that two children were looked at and are different, or are siblings.

    Raises BadInput without a reason, for one child given twice, and for `same`, which is a merge.
    """
    if one.id == other.id:
        raise BadInput("same-record", "Both are the same record; give two children.", "OTHER")
    if kind == "same":
        raise BadInput("bad-value", "Two records become one by a merge.", "--as")
    if not why.strip():
        raise BadInput("empty", "Say in a few words why.", "--reason")
    link = Link(id=new_id(), child=one.id, other=other.id, kind=kind, why=why, linked_on=on, by=by)
    name = {"different": "Looked at: not the same child", "sibling": "Siblings"}[kind]
    return Edit(name, (create(link),), subject=one.id, reason=why)


def end_link(link: Link, why: str, on: date, by: str) -> Edit:
    """End a link between two different children. Raises Refused for one that was ended, or is a merge."""
    if link.kind == "same" or link.ended_on is not None:
        raise Refused("not-in-force", "That link does not hold, or is a merge; a merge ends by a split.")
    return Edit("Link ended", update(link, ended_on=on, ended_why=why, ended_by=by), subject=link.child)


def doubts_of(one: Side, other: Side, links: Iterable[Link]) -> tuple[str, ...]:
    """What speaks for two children, as twins and namesakes have it, in sentences."""
    a, b = one.child, other.child
    found = [
        f"They were looked at on {link.linked_on:%d/%m/%Y} and found to be "
        + ("two children." if link.kind == "different" else "siblings.")
        for link in links
        if link.kind != "same" and link.ended_on is None and {link.child, link.other} == {a.id, b.id}
    ]
    if a.upn and b.upn and a.upn != b.upn and check_upn(a.upn).valid and check_upn(b.upn).valid:
        found.append("Each has a UPN of its own, and both check letters are right.")
    same_name = bool(_forenames(a) & _forenames(b))
    if a.dob and a.dob == b.dob and not same_name and fold(a.surname) == fold(b.surname):
        found.append("Same surname and date of birth, and another forename: perhaps twins.")
    elif not same_name:
        found.append("They have different forenames.")
    if a.dob and b.dob and a.dob != b.dob:
        found.append("They were born on different days.")
    return tuple(found)


def merge_children(
    kept: Side,
    other: Side,
    *,
    take: Collection[str],
    leave: Collection[str],
    links: Sequence[Link],
    reason: str,
    on: date,
    by: str,
) -> Merge:
    """Make the other child's record part of the kept one.

    Empty fields of the kept child are filled from the other's but for those named in `leave`; where the two
    differ the kept child's value stands but for the fields in `take`. Names and UPNs that give way stay
    as former ones, so that both are found. `links` are the links that name either child.

    Raises BadInput without a reason or for a field that is none to choose, Refused when the two are one
    record already.
    """
    if kept.child.id == other.child.id:
        raise Refused("already-one", "Both names lead to one record already; there is nothing to merge.")
    if not reason.strip():
        raise BadInput("empty", "Say in a few words why the two records are of one child.", "--reason")
    for name in (*take, *leave):
        if name not in choosable():
            raise BadInput("no-such-field", f"There is no field to choose that is called {name}.", "--take")
    fields, filled, differing = _fields(kept.child, other.child, take, leave)
    link = Link(
        id=new_id(),
        child=kept.child.id,
        other=other.child.id,
        kind="same",
        why=reason,
        taken=tuple(sorted(fields)),
        linked_on=on,
        by=by,
    )
    work = _Work(kept, other)
    work.records()
    changes = [
        create(link),
        *update(kept.child, **fields),
        *work.changes,
        *_links(kept.child, other.child, links, on, by),
        *_homes(kept, other),
        *update(other.child, void=True),
    ]
    return Merge(
        Edit("Merge two records of one child", tuple(changes), subject=kept.child.id, reason=reason),
        link,
        kept.child.model_copy(update=fields),
        tuple(work.moved),
        tuple(work.set_aside),
        filled,
        tuple(differing),
        tuple(work.clashes),
        doubts_of(kept, other, links),
    )


def choosable() -> tuple[str, ...]:
    """The fields of a child for which a person picks one of two values; the others are united."""
    return tuple(
        name
        for name in Child.model_fields
        if (meta := meta_of("child", name)) is not None and meta.policy is not Policy.UNION
    )


def _fields(
    kept: Child, other: Child, take: Collection[str], leave: Collection[str]
) -> tuple[dict[str, Any], dict[str, Any], list[Differing]]:
    """The fields that the kept child gets, those of them that were empty, and where the two differ."""
    fields: dict[str, Any] = {}
    filled: dict[str, Any] = {}
    differing: list[Differing] = []
    for name in choosable():
        mine, theirs = getattr(kept, name), getattr(other, name)
        if not theirs or mine == theirs:
            continue
        if not mine:
            if name not in leave:
                fields[name] = filled[name] = theirs
            continue
        differing.append(Differing(name, mine, theirs, name in take))
        if name in take:
            fields[name] = theirs
    after = kept.model_copy(update=fields)
    names = (*kept.former_names, *other.former_names, *_names(kept), *_names(other))
    upns = (*kept.former_upns, *other.former_upns, kept.upn, other.upn)
    united = {
        "former_names": _united(names, {fold(name) for name in _names(after)}),
        "former_upns": _united(upns, {fold(after.upn)}),
        "tags": _united((*kept.tags, *other.tags), set()),
    }
    fields |= {name: value for name, value in united.items() if value != getattr(kept, name)}
    return fields, filled, differing


def _names(child: Child) -> tuple[str, ...]:
    """The names under which a child is looked for: forename and surname, known-as name and surname."""
    first = dict.fromkeys(name for name in (child.forename, child.known_as) if name)
    whole = (f"{name} {child.surname}".strip()[:LONGEST_LINE] for name in first)
    return tuple(whole) or (child.surname,)


def _united(values: Iterable[str], without: Collection[str]) -> tuple[str, ...]:
    held: dict[str, str] = {}
    for value in values:
        if value and fold(value) not in without:
            held.setdefault(fold(value), value)
    return tuple(held.values())


def _forenames(child: Child) -> set[str]:
    return {fold(name) for name in (child.forename, child.known_as) if name}


class _Work:
    """Collects what becomes of each record of the other child."""

    def __init__(self, kept: Side, other: Side) -> None:
        self.kept, self.other = kept, other
        self.changes: list[Change] = []
        self.moved: list[Record] = []
        self.set_aside: list[Record] = []
        self.clashes: list[WeekClash] = []
        self._weeks = {(w.school, w.week): w for w in kept.records if isinstance(w, AttendanceWeek)}
        self._totals = {(t.school, t.year) for t in kept.records if isinstance(t, AttendanceTotal)}
        self._said = {_said(r) for r in kept.records if isinstance(r, _NEVER_TWICE)}
        self._numbers = _numbers(kept.records, other.records)

    def records(self) -> None:
        """Every record of the other child: moved, or set aside where the kept child has the same."""
        for record in self.other.records:
            if isinstance(record, Link):
                continue
            if isinstance(record, AttendanceWeek) and (record.school, record.week) in self._weeks:
                self._week(self._weeks[record.school, record.week], record)
            elif self._is_double(record):
                self._aside(record)
            else:
                self._move(record)

    def _is_double(self, record: Record) -> bool:
        if isinstance(record, AttendanceTotal):
            return (record.school, record.year) in self._totals
        return isinstance(record, _NEVER_TWICE) and _said(record) in self._said

    def _week(self, held: AttendanceWeek, week: AttendanceWeek) -> None:
        slots = clashes(held, week)
        if slots:
            self.clashes.append(WeekClash(held, week, tuple(slots)))
        self.changes += update(held, **fill(held, week))
        self._aside(week)

    def _aside(self, record: Record) -> None:
        self.changes += update(record, void=True)
        self.set_aside.append(record)

    def _move(self, record: Record) -> None:
        fields = {
            name: self.kept.child.id
            for name in type(record).model_fields
            if name != "id" and getattr(record, name) == self.other.child.id
        }
        if isinstance(record, Episode) and record.id in self._numbers:
            fields["number"] = self._numbers[record.id]
        self.changes += update(record, **fields)
        self.moved.append(record)


def _said(record: Record) -> str:
    """What a record says, but for whose it is and which."""
    return f"{record.type} {record.model_dump_json(exclude={'id', 'child', 'void'})}"


def _numbers(kept: Iterable[Record], other: Iterable[Record]) -> dict[str, Any]:
    """New numbers for the other's episodes, after the kept child's, when any of them is taken."""
    mine = {episode.number for episode in kept if isinstance(episode, Episode)}
    theirs = sorted((e for e in other if isinstance(e, Episode)), key=lambda e: (e.number, e.id))
    if not mine & {episode.number for episode in theirs}:
        return {}
    return {episode.id: number for number, episode in enumerate(theirs, start=max(mine) + 1)}


def _links(kept: Child, other: Child, links: Sequence[Link], on: date, by: str) -> list[Change]:
    """Links that name the other child name the kept one; a link between the two is ended."""
    changes: list[Change] = []
    for link in links:
        if link.ended_on is None and {link.child, link.other} == {kept.id, other.id}:
            changes += update(link, ended_on=on, ended_why="The two records were merged.", ended_by=by)
        elif link.child == other.id:
            changes += update(link, child=kept.id)
        elif link.other == other.id and link.kind != "same":
            changes += update(link, other=kept.id)
    return changes


def _homes(kept: Side, other: Side) -> list[Change]:
    """Where either address is protected, both homes are: a protection reaches what it reached, and more.

    A flag moves with its child, and those who stay in the other home would be left without it.
    """
    homes = {home.id: home for home in (kept.home, other.home) if home is not None}
    if not (kept.protected or other.protected or any(home.address_protected for home in homes.values())):
        return []
    return [change for home in homes.values() for change in update(home, address_protected=True)]


def counted(records: Iterable[Record]) -> dict[str, int]:
    """How many records of each type."""
    return dict(Counter(record.type for record in records))
