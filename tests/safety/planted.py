"""A caseload with a canary in every field of every record, built from the records' own declarations.

A new field or record type is planted by itself. Two children have everything: one on the roll of the first
school, one on that of the second. Nobody of the agencies works their case, and no agreement opens anything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from random import Random
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.policies import PURPOSE_OF, Category, Purpose
from casework.records import (
    FLAG_CATEGORY,
    RECORD_TYPES,
    Calendar,
    Child,
    Record,
    School,
    Team,
    Worker,
    meta_of,
)
from casework.records_links import Link
from casework.records_sync import Conflict
from casework.vocabulary import AGENCIES
from storage.cipher import wipe
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from tests.tools.vaults import FAST, PASSPHRASE

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
MONDAY = date(2026, 11, 16)
TIED = "school, tied"
ROLES = (*AGENCIES, TIED)
"""A worker of each agency, and one of a school who is tied to the first school."""

LEAD = "lead worker"
"""Who leads the case of every child, and so meets the words of its plan and assessment."""

CHILDREN = ("here", "there")
SCHOOL_OF = {"here": "school", "there": "other_school"}
_TEAM_TYPES = frozenset(
    {"school", "calendar", "worker", "team", "register_file", "import_mapping", "saved_view"}
)
"""Records about no child; the caseload's own are used."""

_POINTS_AT = {
    "child": "child",
    "other": "child",
    "household": "household",
    "person": "person",
    "lead_worker": "colleague",
    "by": "colleague",
    "worker": "colleague",
    "allocated_to": "colleague",
    "team": "team",
    "school": "school",
    "episode": "episode",
    "notification": "notification",
    "plan": "plan",
    "outcome": "outcome",
    "about": "notification",
    "source": "register_file",
    "corrects": None,
}
_POINTS_ONLY_IN = {"outcome": {"action"}, "plan": {"outcome", "review"}, "notification": {"episode"},
                   "about": {"pause"}, "source": {"attendance_week", "attendance_total"},
                   "other": {"link"}}  # fmt: skip
_REAL: dict[str, dict[str, Any]] = {
    "attendance_week": {"week": MONDAY, "marks": r"/ \ Y5 Y5 / \ N N N N"},
    "attendance_total": {"year": 2026},
    "follow_up": {"session_date": TODAY, "at": NOW, "outcome": "spoke", "reason_code": ""},
    "contact": {"at": NOW, "kind": "call", "outcome": "parent"},
    "flag": {"ended": None, "since": date(2026, 9, 1), "review": date(2026, 11, 2)},
    "episode": {"closed": None, "number": 1, "referred": date(2026, 11, 12), "opened": date(2026, 11, 13)},
    "pause": {"end": None, "wake": None, "start": date(2026, 11, 18)},
    "notification": {"received": date(2026, 11, 12), "allocated_on": None, "allocated_to": None},
    "agreement": {"status": "given", "withdrawn_on": None, "agencies": ("school-nursing",),
                  "categories": (Category.HEALTH,), "purposes": ("support",), "exclude_pairs": ()},
    "disclosure": {"decision": "not-share", "agency": "voluntary", "categories": (Category.FAMILY,),
                   "purpose": "support", "until": None},
    "plan": {"ended": None},
    "link": {"kind": "sibling", "ended_on": None},
    "person": {"do_not_contact": False, "address_protected": False},
    "household": {"address_protected": False},
}  # fmt: skip
"""What must mean something for the record to be read at all."""


@dataclass(frozen=True, slots=True)
class Canary:
    """A value that stands nowhere else, and the field of whose record it is."""

    text: str
    child: str
    type: str
    field: str
    record: str
    category: Category
    current: bool
    protected: bool = False

    @property
    def name(self) -> str:
        return f"{self.child}:{self.type}.{self.field} ({self.category.value})"


@dataclass
class World:
    """The planted caseload: ids by word, the canaries, and the workers by role."""

    folder: Path
    ids: dict[str, str] = field(default_factory=dict)
    canaries: list[Canary] = field(default_factory=list)
    workers: dict[str, str] = field(default_factory=dict)
    records: list[tuple[str, str, str]] = field(default_factory=list)
    """(type, id, child) of every planted record."""

    homes: dict[str, str] = field(default_factory=dict)
    """The protected address of each child's family, which stands in whatever anybody wrote about them."""

    _key: bytes = b""

    def key(self) -> bytearray:
        """The data key, which the caller wipes."""
        if not self._key:
            self._key = bytes(Vault.load(Home(self.folder)).unlock(bytearray(PASSPHRASE.encode()), now=NOW))
        return bytearray(self._key)

    def open(self) -> Store:
        """The caseload as the worker whose laptop it is."""
        home, key = Home(self.folder), self.key()
        try:
            return Store.open(home.database, key, now=lambda: NOW, today=TODAY, check_same_thread=False)
        finally:
            wipe(key)


def become(store: Store, worker: str) -> None:
    """Make the caseload that of another worker, as no command can: for tests alone."""
    store.save_setting("worker", worker)


_numbers = count(1)
_letters = Random(20261120)
_WORD_LENGTH = 9


def _word() -> str:
    """A word that looks and sounds like no other, so that a search by it finds nobody else."""
    return "".join(_letters.choices("abdefgijklmnoprstuvz", k=_WORD_LENGTH)).capitalize()


def _canary_of(annotation: Any, name: str) -> Any:
    """A value of this type that stands nowhere else; None where the type leaves no room for one."""
    origin = get_origin(annotation)
    if origin is Annotated:
        return _canary_of(get_args(annotation)[0], name)
    if origin in (Union, UnionType):
        inner = [one for one in get_args(annotation) if one is not type(None)]
        return _canary_of(inner[0], name)
    if origin is tuple:
        inner = _canary_of(get_args(annotation)[0], name)
        return (inner,) if isinstance(inner, str) else None
    if annotation is str:
        return f"Q{886_009_900_000 + next(_numbers)}" if "upn" in name else _word()
    if annotation is date:
        return date(2012, 1, 1) + timedelta(days=3 * next(_numbers))
    if annotation is int:
        return 740_000 + next(_numbers)
    return None


_NO_WORDS = frozenset({"child", "household", "enrolment", "conflict"})
"""Records of names and numbers, or with values of their own."""

_NAMES = frozenset({"title", "forename", "surname", "known_as", "email", "language", "kind", "relationship",
                    "reason_code", "clock", "level", "tool", "area", "taken", "address"})  # fmt: skip
_LISTS = frozenset({"attended", "apologies"})


def _with_home(record: Record, name: str, value: Any, home: str) -> Any:
    """What is stored of a canary: in a field that takes whatever people write, with the address after it."""
    info = type(record).model_fields.get(name)
    if info is None or record.type in _NO_WORDS or name in _NAMES:
        return value
    if name in _LISTS and isinstance(value, tuple):
        return tuple(f"{one}, {home}" for one in value)
    written = info.annotation is str and any(hasattr(one, "max_length") for one in info.metadata)
    return f"{value} of {home}" if written else value


def _said(value: Any) -> str | None:
    if isinstance(value, tuple):
        value = value[0] if value else None
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _least(annotation: Any) -> Any:
    """Some value of a type that must be given and holds no canary."""
    origin = get_origin(annotation)
    if origin is Literal:
        return get_args(annotation)[0]
    if origin in (Union, UnionType):
        return _least(get_args(annotation)[0])
    if annotation is datetime:
        return NOW
    return () if origin is tuple else False


def planted(
    cls: type[Record], child: str, ids: dict[str, str], home: str = "", **given: Any
) -> tuple[Record, dict[str, Any], dict[str, Any]]:
    """One record with a canary in every field that can hold one: the record, its canaries, and newer ones."""
    values: dict[str, Any] = {"id": new_id()}
    canaries: dict[str, Any] = {}
    newer: dict[str, Any] = {}
    real = _REAL.get(cls.type, {}) | given
    for name, info in cls.model_fields.items():
        if name in ("id", "void"):
            continue
        if name in real:
            values[name] = real[name]
            continue
        if name in _POINTS_AT and cls.type in _POINTS_ONLY_IN.get(name, {cls.type}):
            key = _POINTS_AT[name]
            key = SCHOOL_OF[child] if key == "school" else key
            known = ids.get(f"{child}.{key}", ids.get(key or ""))
            if known is not None or not info.is_required():
                values[name] = known if known is not None else info.get_default()
                continue
        made = _canary_of(info.annotation, name)
        if made is None:
            values[name] = _least(info.annotation) if info.is_required() else info.get_default()
            continue
        values[name] = canaries[name] = made
        newer[name] = _canary_of(info.annotation, name)
    if cls.type == "attendance_week":
        held = {"0": _word(), "2": _word()}
        values["comments"] = {slot: f"{word} of {home}" for slot, word in held.items()}
        canaries |= {"comments": held["0"], "comments (Y5)": held["2"]}
        newer.pop("comments", None)
    return cls.model_validate(values), canaries, newer


_ORDER = ("household", "child", "person", "notification", "episode", "plan", "outcome")


def _types() -> list[str]:
    rest = [name for name in RECORD_TYPES if name not in _TEAM_TYPES and name not in _ORDER]
    return [*_ORDER, *rest]


def category_of(record: Record, name: str) -> Category:
    """The category that a planted field counts as."""
    if name == "comments (Y5)":
        return Category.YOUTH_JUSTICE
    if record.type == "conflict":
        return Category.HEALTH
    if record.type == "flag" and name != "child":
        return FLAG_CATEGORY[record.kind]  # type: ignore[attr-defined]
    meta = meta_of(record.type, name)
    assert meta is not None, (record.type, name)
    return meta.category


def build(folder: Path) -> World:
    """The planted caseload on disk, closed; each worker's own step stands at the end of the journal."""
    world = World(folder)
    home = Home(folder)
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    team = Team(id=new_id(), name="Swale", district="Swale")
    schools = {
        "school": School(id=new_id(), urn="999001", name="Oakhanger Primary", team=team.id),
        "other_school": School(id=new_id(), urn="999002", name="Harbour View", team=team.id),
    }
    workers = {}
    for role in ROLES:
        tied = (schools["school"].id,) if role == TIED else ()
        agency = "school" if role == TIED else role
        workers[role] = Worker.model_validate(
            {"id": new_id(), "name": f"Worker {role}", "agency": agency, "team": team.id, "schools": tied}
        )
    colleague = Worker(id=new_id(), name="Ana Bell", agency="early-help", team=team.id)
    store = Store.set_up(home.database, key, worker=colleague, team=team, now=lambda: NOW, today=TODAY)
    world.workers = {role: worker.id for role, worker in workers.items()} | {LEAD: colleague.id}
    world.ids = {"team": team.id, "colleague": colleague.id}
    world.ids |= {name: one.id for name, one in schools.items()}
    for child in CHILDREN:
        street = _word()
        world.homes[child] = f"14b {street} Lane"
        where = (street, child, "person", "address in words", "", Category.FAMILY)
        world.canaries.append(Canary(*where, current=True, protected=True))
    terms = [
        Calendar(id=new_id(), school=s.id, kind="term", start=date(2026, 9, 1), end=date(2026, 12, 18))
        for s in schools.values()
    ]
    own = [*schools.values(), *terms, *workers.values()]
    store.journal.commit(Edit("Bring in", tuple(create(one) for one in own)), kind="setup")
    for child in CHILDREN:
        for one in _everything(world, child):
            _bring_in(store, world, child, *one)
    both = Link(id=new_id(), child=world.ids["here.child"], other=world.ids["there.child"],
                kind="different", linked_on=TODAY, by=colleague.id)  # fmt: skip
    store.journal.commit(Edit("Link", (create(both),)), kind="setup")
    world.ids["both.link"] = both.id
    world.records.append(("link", both.id, "here"))
    for child in CHILDREN:
        store.drafts.save("contact", world.ids[f"{child}.child"], {"note": _drafted(world, child)})
    store.close()
    return world


def _conflict_about_health(world: World, child: str) -> tuple[Record, dict[str, Any], dict[str, Any]]:
    """A conflict about a field of the child's; its values are shared as that field is."""
    said = {name: _word() for name in ("base", "central", "other")}
    about = world.ids[f"{child}.child"]
    values = {name: json.dumps(f"{word} of {world.homes[child]}") for name, word in said.items()}
    made = Conflict(
        id=new_id(),
        child=about,
        record=about,
        record_type="child",
        field="nhs_number",
        facet="health",
        **values,
    )
    return made, said, {}


def _everything(world: World, child: str) -> Iterator[tuple[Record, dict[str, Any], dict[str, Any]]]:
    for name in _types():
        cls = RECORD_TYPES[name]
        if name == "flag":
            for kind in FLAG_CATEGORY:
                if kind != "address-protection":
                    yield planted(cls, child, world.ids, world.homes[child], kind=kind)
        elif name == "conflict":
            yield _conflict_about_health(world, child)
        elif name == "person":
            yield planted(cls, child, world.ids, world.homes[child])
            yield planted(cls, child, world.ids, world.homes[child], address_protected=True)
        elif name == "relationship":
            yield planted(cls, child, world.ids, world.homes[child])
            hidden = world.ids[f"{child}.protected person"]
            yield planted(cls, child, world.ids, world.homes[child], person=hidden)
        elif name == "disagreement":
            yield planted(cls, child, world.ids, world.homes[child])
            runs = {"outcome": "", "settled": None, "follows": None}
            yield planted(cls, child, world.ids, world.homes[child], **runs)
        else:
            yield planted(cls, child, world.ids, world.homes[child])


def _bring_in(
    store: Store, world: World, child: str, record: Record, held: dict[str, Any], newer: dict[str, Any]
) -> None:
    """Commit a record with its first canaries, then with its second, so that its history has both."""
    word = f"{child}.{record.type}"
    if record.type == "person" and word in world.ids:
        word = f"{child}.protected person"
    world.ids.setdefault(word, record.id)
    world.records.append((record.type, record.id, child))
    subject = record.id if isinstance(record, Child) else world.ids.get(f"{child}.child")
    home = world.homes[child]
    hides = getattr(record, "address_protected", False)
    written = {name: _with_home(record, name, value, home) for name, value in held.items()}
    record = record.model_copy(update={name: text for name, text in written.items() if text != held[name]})
    changed = {name: _with_home(record, name, value, home) for name, value in newer.items()}
    if hides:
        changed["address"] = home
    store.journal.commit(Edit("Bring in", (create(record),), subject=subject), kind="setup")
    if newer:
        store.journal.commit(Edit("Change", update(record, **changed), subject=subject), kind="setup")
    for values, current in ((held, False), (newer, True)):
        for name, value in values.items():
            text = _said(value)
            if text:
                world.canaries.append(
                    Canary(text, child, record.type, name, record.id, category_of(record, name),
                           current or name not in newer, bool(hides) and name == "address")
                )  # fmt: skip
    if record.type == "person" and not hides:
        world.ids[f"{child}.person"] = record.id


def _drafted(world: World, child: str) -> str:
    word = _word()
    world.canaries.append(Canary(word, child, "draft", "note", "", Category.FAMILY, current=False))
    return word


def withheld(store: Store, world: World, purpose: Purpose) -> list[Canary]:
    """The canaries that the worker of this laptop must not meet where things are shown for a purpose."""
    children = {child: store.get(Child, world.ids[f"{child}.child"]) for child in CHILDREN}

    @cache
    def may_see(child: str, category: Category, purpose: Purpose) -> bool:
        return bool(store.may_see(children[child], category, purpose))

    refused = []
    for one in world.canaries:
        # A record whose work has a purpose of its own is shown for that one alone.
        wanted: Purpose = "safeguarding" if one.type == "disclosure" else PURPOSE_OF.get(one.type, purpose)
        named = may_see(one.child, Category.IDENTITY, purpose)
        if one.protected or not named or not may_see(one.child, one.category, wanted):
            refused.append(one)
    return refused


_DAY = re.compile(r"\b(\d{4})-(\d\d)-(\d\d)\b")
_DAY_WORDS = re.compile(r"\b(\d{1,2}) (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* (\d{4})\b")
_DAY_SIGNS = re.compile(r"\b(\d\d)/(\d\d)/(\d{4})\b")
_MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
_WORD = re.compile(r"[a-z]{9}")
_UPN = re.compile(r"q[0-9]{12}")
_NUMBER = re.compile(r"(?<!\d)7\d\d,?\d{3}(?!\d)")


def seen_in(text: str) -> set[str]:
    """Everything in a text that could be a canary: words, numbers, and days however they are written."""
    found = set(_WORD.findall(text.casefold()))
    found |= set(_UPN.findall(text.casefold()))
    found |= {number.replace(",", "") for number in _NUMBER.findall(text)}
    found |= {"-".join(day) for day in _DAY.findall(text)}
    found |= {f"{y}-{_MONTHS.index(m) // 3 + 1:02}-{int(d):02}" for d, m, y in _DAY_WORDS.findall(text)}
    found |= {f"{y}-{m}-{d}" for d, m, y in _DAY_SIGNS.findall(text)}
    return found


def met(text: str, canaries: list[Canary]) -> list[Canary]:
    """Those of the canaries that stand in a text."""
    seen = seen_in(text)
    return [one for one in canaries if one.text.casefold() in seen]
