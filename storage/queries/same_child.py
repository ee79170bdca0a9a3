"""Links between children's records, and what a merge or a split would do, as far as the worker may see it.

A merge is refused where it would show the worker anything of either child that is withheld now, and its
refusal rests on nothing that would tell of a category whose existence is protected.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from casework.edits import CREATED, Change
from casework.errors import BadInput, Refused
from casework.policies import PURPOSE_OF, PURPOSES, Category, Purpose
from casework.records import FLAG_CATEGORY, RECORD_TYPES, Child, Enrolment, Flag, Household, Record, meta_of
from casework.records_attendance import AttendanceWeek
from casework.records_links import Link
from casework.same_child import Merge, Side, doubts_of, merge_children
from casework.sharing import Ground
from casework.sharing_grid import HIDDEN_EXISTENCE
from casework.splitting import Merged, Split, split_children
from storage.drafts import subject_aside
from storage.queries.sight import address_protected, seen_children, shown_child

if TYPE_CHECKING:
    from storage.store import Store

_WITHHELD = (
    "Not all of both records is open to you, so a merge would show what is withheld. Where a notification of"
    " either waits for a worker, allocate it first; else ask your manager."
)
_STANDS = "kind = 'same' AND ended_on IS NULL"


@dataclass(frozen=True, slots=True)
class Part:
    """A record that is now part of a child: the merge, and the child as it was set aside."""

    link: Link
    child: Child


def parts_of(store: Store, child: str) -> list[Part]:
    """The records that were merged into a child, as far as this laptop holds them, the newest merge first.

    One may be another school's, and not this laptop's to hold, where the child is.
    """
    if not _is_seen(store, child):
        return []
    merges = _merges_into(store, child)
    return [Part(link, part) for link in merges if (part := _set_aside(store, link)) is not None]


def _merges_into(store: Store, child: str) -> list[Link]:
    links = store.find(Link, f"{_STANDS} AND child = ?", (child,))
    return sorted(links, key=lambda link: _made_by(store, link.id), reverse=True)


def _set_aside(store: Store, link: Link) -> Child | None:
    row = store.conn.execute("SELECT 1 FROM child WHERE id = ?", (link.other,)).fetchone()
    return store.get(Child, link.other) if row else None


def now_part_of(store: Store, child: str) -> str:
    """The id of the child whom a record is now part of, its own where it was never merged."""
    held = store.find(Link, f"{_STANDS} AND other = ?", (child,))
    return now_part_of(store, held[0].child) if held else child


def links_of(store: Store, child: Child) -> list[tuple[Link, Child]]:
    """The standing links of a child to other children whom the worker may see, newest first."""
    found = []
    where = "kind <> 'same' AND ended_on IS NULL AND (child = ?1 OR other = ?1)"
    for link in store.find(Link, where, (child.id,)):
        other = store.find(Child, "id = ?", (link.other if link.child == child.id else link.child,))
        found += [(link, one) for one in seen_children(store, other)]
    return sorted(found, key=lambda pair: (pair[0].linked_on, pair[0].id), reverse=True)


def side_of(store: Store, child: Child) -> Side:
    """A child with every standing record that names them."""
    home = store.get(Household, child.household) if child.household else None
    records = sorted(
        (r for name in _of_children() for r in store.find(RECORD_TYPES[name], "child = ?", (child.id,))),
        key=lambda record: (record.type, record.id),
    )
    return Side(child, tuple(records), home, address_protected(store, child))


@cache
def _of_children() -> tuple[str, ...]:
    """The record types that name a child."""
    return tuple(name for name, cls in RECORD_TYPES.items() if "child" in cls.model_fields)


def plan_merge(
    store: Store,
    kept: Child,
    other: Child,
    *,
    take: Collection[str] = (),
    leave: Collection[str] = (),
    reason: str,
) -> Merge:
    """What the merge of `other` into `kept` would do; `merge.edit` makes it.

    Raises as `merge_children`, and Refused("withheld") where it would show what is withheld now.
    """
    _require_seen(store, kept, other)
    sides = side_of(store, kept), side_of(store, other)
    links = store.find(Link, "child IN (?1, ?2) OR other IN (?1, ?2)", (kept.id, other.id))
    merge = merge_children(
        *sides, take=take, leave=leave, links=links, reason=reason, on=store.today, by=store.actor.worker
    )
    seen = [replace(side, child=shown_child(store, side.child)) for side in sides]
    merge = replace(merge, doubts=doubts_of(seen[0], seen[1], links))
    _refuse_widening(store, sides, merge.child)
    return merge


def require_no_draft(store: Store, other: Child) -> None:
    """Raise Refused while a form about a child is half filled: nobody would meet it after a merge."""
    if any(subject_aside(draft.subject) == other.id for draft in store.drafts.waiting()):
        raise Refused(
            "draft-waiting", "A form about that child is half filled; finish it or throw it away first."
        )


def plan_split(
    store: Store,
    link: Link,
    *,
    move: Collection[str] = (),
    stay: Collection[str] = (),
    reason: str = "",
) -> Split:
    """What the split of a merge would do; `split.edit` makes it.

    Raises as `split_children`, and Refused("merged-since") while another record is merged into the same child
    by a later step: merges are taken back in turn, so that no mark that both gave is lost; and
    Refused("not-held") where the other record is not this laptop's to hold.
    """
    kept = store.find(Child, "id = ?", (link.child,))
    if not seen_children(store, kept):
        raise BadInput("no-such-record", "No record has that id; check it and try again.")
    if link.kind == "same" and link.ended_on is None:
        newest = _merges_into(store, link.child)[0]
        if newest.id != link.id:
            raise Refused(
                "merged-since",
                "Another record was merged into this child later; split that one first.",
                newest.id,
            )
        if _set_aside(store, link) is None:
            raise Refused(
                "not-held",
                "The other record is not on this laptop, for it is not open to you; ask who works with both"
                " children to split them.",
                link.id,
            )
    return split_children(
        _merged(store, link), move=move, stay=stay, reason=reason, on=store.today, by=store.actor.worker
    )


def _made_by(store: Store, record: str) -> int:
    """The place in the journal of the step that brought a record into being."""
    row = store.conn.execute("SELECT edit FROM change WHERE record = ? AND field = ''", (record,)).fetchone()
    return int(row[0]) if row else 0


def _merged(store: Store, link: Link) -> Merged:
    seq = _made_by(store, link.id)
    rows = store.conn.execute(
        "SELECT type, record, field, old, new FROM change WHERE edit = ? ORDER BY n", (seq,)
    ).fetchall()
    changes = [
        Change(kind, record, name, json.loads(old or "null"), json.loads(new))
        for kind, record, name, old, new in rows
        if name != CREATED
    ]
    now = {c.record: store.get(RECORD_TYPES[c.type], c.record) for c in changes}
    kept = store.get(Child, link.child)
    theirs = {c.record for c in changes if c.field in ("child", "void")} | {link.id}
    own = [record for record in side_of(store, kept).records if record.id not in theirs]
    newer = _made_since(store, seq, own)
    schools = {
        record.school
        for record in own
        if record.id not in newer and isinstance(record, AttendanceWeek | Enrolment)
    }
    if kept.school and not any((c.record, c.field) == (kept.id, "school") for c in changes):
        schools.add(kept.school)
    now.setdefault(kept.id, kept)
    return Merged(link, tuple(changes), now, tuple(r for r in own if r.id in newer), frozenset(schools))


def _made_since(store: Store, seq: int, records: Sequence[Record]) -> set[str]:
    """Ids of those of the records that a later step brought into being."""
    rows = store.conn.execute(
        "SELECT record FROM change WHERE field = '' AND edit > ?"
        " AND record IN (SELECT value FROM json_each(?))",
        (seq, json.dumps([record.id for record in records])),
    )
    return {row[0] for row in rows}


def _require_seen(store: Store, *children: Child) -> None:
    if any(child.void for child in children) or len(seen_children(store, children)) < len(children):
        raise BadInput("no-such-child", "No child matches; try `outreach search` with part of the name.")


def _is_seen(store: Store, child: str) -> bool:
    return bool(seen_children(store, store.find(Child, "id = ?", (child,))))


def _refuse_widening(store: Store, sides: Sequence[Side], merged: Child) -> None:
    """Raise Refused when the merged record would be open where one of the two holds what is withheld."""
    one, other = (store.grounds.of(side.child.id) for side in sides)
    union = Ground(
        (*one.agreements, *other.agreements),
        (*one.disclosures, *other.disclosures),
        one.members | other.members,
    )
    for side in sides:
        held = set(_held(side))
        for category in Category:
            for purpose in PURPOSES:
                told = category in HIDDEN_EXISTENCE or (category, purpose) in held
                if (
                    told
                    and not store.may_see(side.child, category, purpose)
                    and store.would_see(merged, category, purpose, union)
                ):
                    raise Refused("withheld", _WITHHELD)


def _held(side: Side) -> Iterator[tuple[Category, Purpose]]:
    """What a child's records hold: each category, with the purposes for which it is shown."""
    for record in (side.child, *side.records):
        own = PURPOSE_OF.get(record.type)
        purposes = (own,) if own is not None else PURPOSES
        for category in _categories(record):
            yield from ((category, purpose) for purpose in purposes)


def _categories(record: Record) -> set[Category]:
    if isinstance(record, Flag):
        return {FLAG_CATEGORY[record.kind]}
    found = set()
    for name, info in type(record).model_fields.items():
        meta = meta_of(record.type, name) if name not in ("id", "void") else None
        if meta is not None and getattr(record, name) != info.get_default():
            found.add(meta.category)
    return found
