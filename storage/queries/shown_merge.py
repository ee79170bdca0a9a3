"""A merge or a split before it is made, as the worker who makes it may see it: what differs, moves, stays."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from casework.errors import Refused
from casework.policies import Category
from casework.records import Child, Household, Record, School, Team, Worker, meta_of
from casework.same_child import Merge, counted
from casework.shown_marks import shown_marks
from casework.splitting import Split
from casework.weeks import session_of
from casework.wording import count_of, say_born, say_day
from storage.queries.guarded_words import guarded
from storage.queries.sight import Sight

if TYPE_CHECKING:
    from storage.store import Store


@dataclass(frozen=True, slots=True)
class Pick:
    """A field of the two records: both values in words; `taken` when the other's will stand."""

    name: str
    label: str
    kept: str
    other: str
    taken: bool


@dataclass(frozen=True, slots=True)
class MarkClash:
    """A session for which the two records have different marks; the kept child's stands."""

    day: date
    session: str
    school: str
    kept: str
    other: str


@dataclass(frozen=True, slots=True)
class ShownRecord:
    """A record that changes sides; `day` is its own day in words, "" where it has none or may not be seen."""

    id: str
    type: str
    day: str

    @property
    def about(self) -> str:
        """What it is and its day."""
        return ", ".join(filter(None, (self.type.replace("_", " "), self.day)))


@dataclass(frozen=True, slots=True)
class ShownMerge:
    """What a merge will do. `moved` and `set_aside` count records by type, as far as they may be known;
    `moved_records` and `set_aside_records` are these records, the oldest day first.
    """

    picks: tuple[Pick, ...]
    moved: dict[str, int]
    set_aside: dict[str, int]
    clashes: tuple[MarkClash, ...]
    doubts: tuple[str, ...]
    moved_records: tuple[ShownRecord, ...] = ()
    set_aside_records: tuple[ShownRecord, ...] = ()


@dataclass(frozen=True, slots=True)
class ShownNewer:
    """A record made since the merge, with the side it will be on."""

    id: str
    type: str
    about: str
    goes: bool
    why: str
    is_fixed: bool


@dataclass(frozen=True, slots=True)
class ShownSplit:
    """What a split will do: what goes back, what was made meanwhile, and the fields that stay as changed."""

    back: dict[str, int]
    newer: tuple[ShownNewer, ...]
    stays: tuple[str, ...]
    back_records: tuple[ShownRecord, ...] = ()


def shown_merge(
    store: Store, kept: Child, other: Child, merge: Merge, leave: Collection[str] = ()
) -> ShownMerge:
    """What of a merge may be shown; `leave` are the empty fields that are not to be filled.

    Raises Refused where a field was taken that the worker may not see.
    """
    sight = Sight(store)
    rows = [(name, None, value, True) for name, value in merge.filled.items()]
    rows += [
        (name, None, getattr(other, name), False)
        for name in leave
        if getattr(other, name) and not getattr(kept, name)
    ]
    rows += [(one.name, one.kept, one.other, one.taken) for one in merge.differing]
    picks = []
    for name, mine, theirs, taken in rows:
        if not (sight.field(kept, name, kept) and sight.field(other, name, other)):
            if taken and mine is not None:
                raise Refused("withheld", "That field is withheld from you in one of the two records.", name)
            continue
        said = (_words(store, name, mine, kept), _words(store, name, theirs, other))
        picks.append(Pick(name, _label(name), *said, taken))
    moved, set_aside = (_seen(sight, some, other) for some in (merge.moved, merge.set_aside))
    shown = ShownMerge(
        tuple(picks),
        counted(moved),
        counted(set_aside),
        tuple(_clashes(store, kept, other, merge)),
        merge.doubts,
        _named(sight, moved, other),
        _named(sight, set_aside, other),
    )
    return guarded(store, kept, guarded(store, other, shown))


def shown_split(store: Store, kept: Child, split: Split) -> ShownSplit:
    """What of a split may be shown."""
    sight = Sight(store)
    back = _seen(sight, split.back, kept)
    return ShownSplit(
        counted(back),
        tuple(
            ShownNewer(
                one.record.id,
                one.record.type,
                ShownRecord(one.record.id, one.record.type, _day_of(sight, one.record, kept)[1]).about,
                one.goes,
                one.why,
                one.is_fixed,
            )
            for one in split.meanwhile
            if sight.is_there(one.record, kept)
        ),
        tuple(_label(name) for name in split.stays if sight.field(kept, name, kept)),
        _named(sight, back, kept),
    )


def _seen(sight: Sight, records: Iterable[Record], child: Child) -> list[Record]:
    return [record for record in records if sight.is_there(record, child)]


def _clashes(store: Store, kept: Child, other: Child, merge: Merge) -> Iterable[MarkClash]:
    if not all(store.may_see(child, Category.ATTENDANCE, "attendance") for child in (kept, other)):
        return
    decisions = [store.may_see(child, Category.YOUTH_JUSTICE, "support") for child in (kept, other)]
    for clash in merge.clashes:
        for one in clash.slots:
            mine, theirs = (shown_marks(m, d) for m, d in zip((one.kept, one.other), decisions, strict=True))
            if mine != theirs:
                day, session = session_of(clash.week.week, one.slot)
                yield MarkClash(day, session, store.schools.name(clash.week.school), mine, theirs)


def _label(name: str) -> str:
    meta = meta_of("child", name)
    return meta.label if meta else name


def _words(store: Store, name: str, value: Any, child: Child) -> str:
    if value in (None, "", (), []):
        return ""
    if name == "household":
        home = store.get(Household, value)
        return (home.address if Sight(store).field(home, "address", child) else "") or home.name or "a home"
    for field, cls in (("school", School), ("lead_worker", Worker), ("team", Team)):
        if name == field:
            return str(getattr(store.get(cls, value), "name", ""))
    if isinstance(value, date):
        return say_born(value) if name == "dob" else say_day(value)
    return "yes" if value is True else str(value)


_DATES = ("week", "session_date", "at", "received", "started", "opened", "held_on", "since", "given_on",
          "decided_on", "raised", "due", "start")  # fmt: skip


def _day_of(sight: Sight, record: Record, child: Child) -> tuple[date, str]:
    """A record's own day, to sort by and in words, as far as it may be seen."""
    for name in _DATES:
        value = getattr(record, name, None)
        if value is not None and sight.field(record, name, child):
            day = value if type(value) is date else value.date()
            return day, say_day(day)
    return date.min, ""


def _named(sight: Sight, records: Iterable[Record], child: Child) -> tuple[ShownRecord, ...]:
    found = [(*_day_of(sight, one, child), one) for one in records]
    found.sort(key=lambda row: (row[0], row[2].type, row[2].id))
    return tuple(ShownRecord(one.id, one.type, day) for _, day, one in found)


def say_records(records: Sequence[ShownRecord], most: int = 6) -> list[str]:
    """Records in words, one sentence for each type, most first: how many, and the days of at most `most`."""
    by_type: dict[str, list[ShownRecord]] = {}
    for one in records:
        by_type.setdefault(one.type, []).append(one)
    said = []
    for name, some in sorted(by_type.items(), key=lambda item: (-len(item[1]), item[0])):
        days = [one.day for one in some if one.day]
        more = f", and {len(days) - most} more" if len(days) > most else ""
        told = f": {', '.join(days[:most])}{more}" if days else ""
        said.append(count_of(len(some), name.replace("_", " ")) + told)
    return said or ["nothing"]


def say_counts(counts: dict[str, int]) -> str:
    """Counts of records in words, most first."""
    ordered: Sequence[tuple[str, int]] = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(count_of(count, name.replace("_", " ")) for name, count in ordered) or "nothing"
