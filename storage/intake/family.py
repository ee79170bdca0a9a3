"""The people round a child as a CTF names them, and who lives together.

A contact is the same person as before when surname, forename and relationship to the child are the same, so
that a file taken in twice brings nobody twice. One adult of several children is one Person when name and a
telephone number agree. Siblings are children with the same address, or with the same parent or carer reached
on the same number where no address says otherwise; they get one Household. Professionals (a social worker,
a doctor, a childminder) never make a household.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from casework.edits import Change, create, update
from casework.ids import new_id
from casework.records import Household, Person, Relationship
from casework.relationships import RELATIONSHIPS
from casework.text import fold
from storage.cipher import Connection
from storage.intake.matching import Known
from storage.intake.model import ReadAddress, ReadContact, ReadPupil
from storage.intake.worker_edits import set_by_worker
from storage.rows import load_all

_LIVES_WITH = frozenset({"MOT", "FAT", "STM", "STF", "FOM", "FOF", "CAR"})
_FEWEST_DIGITS = 7


def digits(phone: str) -> str:
    """A telephone number for comparing: its digits, ``+44`` read as ``0``."""
    plain = "".join(c for c in phone if c.isdecimal() or c == "+")
    for abroad in ("+44", "0044"):
        if plain.startswith(abroad):
            plain = "0" + plain.removeprefix(abroad).lstrip("0")
    return plain.replace("+", "")


def address_line(address: ReadAddress | None) -> str:
    """An address in one line, postcode last."""
    return ", ".join([*address.lines, address.postcode]).strip(", ")[:300] if address else ""


def _address_key(text: str) -> str:
    return fold(text)


class Families:
    """Contacts and households of one import. ``kept`` counts values that a worker's edit protected."""

    def __init__(self, conn: Connection, children: Iterable[str]) -> None:
        """``children`` are the ids of the caseload's children that the file names."""
        self._conn = conn
        ids = json.dumps(list(children))
        self._ties: dict[str, list[tuple[Relationship, Person]]] = {}
        self._people: dict[tuple[str, str], list[Person]] = {}
        self._homes: dict[str, str] = {}
        self._home_of: dict[str, Household] = {}
        self.kept: list[tuple[str, str]] = []
        """Pairs of child id and label of a field whose value, set by a worker, stayed."""
        people = {person.id: person for person in load_all(conn, Person)}
        for person in people.values():
            self._people.setdefault(_person_key(person.surname, person.forename), []).append(person)
        for tie in load_all(conn, Relationship, "child IN (SELECT value FROM json_each(?))", (ids,)):
            if tie.person in people:
                self._ties.setdefault(tie.child, []).append((tie, people[tie.person]))
        for home in load_all(conn, Household):
            self._home_of[home.id] = home
            if home.address:
                self._homes.setdefault(_address_key(home.address), home.id)
        self._children_of: dict[str, list[str]] = {}
        for child, person in conn.execute("SELECT child, person FROM relationship WHERE void = 0"):
            self._children_of.setdefault(person, []).append(child)

    def contacts(self, known: Known, pupil: ReadPupil, how_known: str) -> list[Change]:
        """The changes that bring a child's contacts in or up to date. Contacts a file leaves out stay."""
        changes: list[Change] = []
        for place, contact in enumerate(pupil.contacts, start=1):
            changes += self._contact(known, pupil, contact, contact.order or place, how_known)
        return changes

    def _contact(
        self, known: Known, pupil: ReadPupil, contact: ReadContact, order: int, how_known: str
    ) -> list[Change]:
        kind = RELATIONSHIPS.get(contact.relationship, contact.relationship.lower())
        address = address_line(pupil.address if contact.address_as_pupil else contact.address)
        values: dict[str, Any] = {
            "title": contact.title,
            "phones": [phone.number for phone in contact.phones],
            "email": contact.email,
            "address": address,
        }
        tie_values: dict[str, Any] = {"contact_order": order}
        if contact.responsibility is not None:
            tie_values["responsibility"] = "yes" if contact.responsibility else "no"
        if contact.address_as_pupil:
            tie_values["lives_with"] = True
        name = _person_key(contact.surname, contact.forename)
        ties = self._ties.setdefault(known.id, [])
        for at, (tie, person) in enumerate(ties):
            if _person_key(person.surname, person.forename) == name and tie.kind in (kind, ""):
                new_person, more = self._refresh(known, person, values)
                new_tie, tie_changes = self._refresh(known, tie, {**tie_values, "kind": kind})
                ties[at] = (new_tie, new_person)
                self._replace(new_person)
                return more + tie_changes
        changes: list[Change] = []
        numbers = {digits(number) for number in values["phones"]} - {""}
        found = next((p for p in self._people.get(name, []) if numbers & _numbers(p)), None)
        if found is None:
            found = Person(id=new_id(), surname=contact.surname, forename=contact.forename, **values)
            self._people.setdefault(name, []).append(found)
            changes.append(create(found))
        else:
            found, more = self._refresh(known, found, values)
            self._replace(found)
            changes += more
        tie = Relationship(
            id=new_id(), child=known.id, person=found.id, kind=kind, how_known=how_known, **tie_values
        )
        ties.append((tie, found))
        self._children_of.setdefault(found.id, []).append(known.id)
        return [*changes, create(tie)]

    def _refresh(self, known: Known, record: Any, values: dict[str, Any]) -> tuple[Any, list[Change]]:
        """A record with a file's values, but for empty ones and for those that a worker has set."""
        plain = record.model_dump(mode="json")
        fresh = {}
        for name, value in values.items():
            if value in ("", [], None) or plain[name] == value:
                continue
            if name == "address" and getattr(record, "address_protected", False):
                continue
            if set_by_worker(self._conn, record.id, name, plain[name]):
                self.kept.append((known.id, name.replace("_", " ")))
                continue
            fresh[name] = value
        if not fresh:
            return record, []
        changes = list(update(record, **fresh))
        return type(record).model_validate({**plain, **fresh}), changes

    def _replace(self, person: Person) -> None:
        people = self._people.setdefault(_person_key(person.surname, person.forename), [])
        people[:] = [person if held.id == person.id else held for held in people]

    def household(self, known: Known, pupil: ReadPupil, children: dict[str, Known]) -> list[Change]:
        """The changes that put a child into the household of its address or of its siblings.

        ``children`` are all children of the caseload; the ones that are put into a household are changed.
        """
        address = address_line(pupil.address)
        if address:
            return self._at_address(known, address)
        if known.household is not None:
            return []
        for tie, person in self._ties.get(known.id, []):
            contact = next((c for c in pupil.contacts if _is(c, person)), None)
            if contact is None or contact.relationship not in _LIVES_WITH or tie.responsibility == "no":
                continue
            if not _numbers(person):
                continue
            siblings = [children[c] for c in self._children_of.get(person.id, []) if c in children]
            others = [child for child in siblings if child.id != known.id]
            home = next((child.household for child in others if child.household), None)
            if home is not None and home in self._home_of:
                return self._move(known, home)
            if others:
                new = Household(id=new_id(), name=known.surname)
                moves = [change for child in (known, *others) for change in self._move(child, new.id)]
                if moves:
                    self._home_of[new.id] = new
                    return [create(new), *moves]
        return []

    def _at_address(self, known: Known, address: str) -> list[Change]:
        key = _address_key(address)
        home = self._home_of.get(known.household or "")
        if home is not None:
            if home.address_protected or _address_key(home.address) == key:
                return []
            if not home.address:
                filled = home.model_copy(update={"address": address})
                self._home_of[home.id] = filled
                self._homes.setdefault(key, home.id)
                return list(update(home, address=address))
        target = self._homes.get(key)
        if target is not None:
            return self._move(known, target)
        new = Household(id=new_id(), name=known.surname, address=address)
        moves = self._move(known, new.id)
        if not moves:
            return []
        self._home_of[new.id] = new
        self._homes[key] = new.id
        return [create(new), *moves]

    def _move(self, known: Known, home: str) -> list[Change]:
        if known.household == home:
            return []
        if set_by_worker(self._conn, known.id, "household", known.household):
            self.kept.append((known.id, "household"))
            return []
        change = Change("child", known.id, "household", known.household, home)
        known.household = home
        return [change]


def _is(contact: ReadContact, person: Person) -> bool:
    return _person_key(contact.surname, contact.forename) == _person_key(person.surname, person.forename)


def _person_key(surname: str, forename: str) -> tuple[str, str]:
    return fold(surname), fold(forename)


def _numbers(person: Person) -> set[str]:
    return {number for phone in person.phones if len(number := digits(phone)) >= _FEWEST_DIGITS}
