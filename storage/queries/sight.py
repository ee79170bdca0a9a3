"""What the worker of this laptop may see of a child or of any record, field by field.

`Store.may_see` decides; here stands what it is asked. A child whose very identity may not be seen is not
there at all. Whoever shows a record asks `Sight`; whoever lists children takes them from `seen_children`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from casework.facets import conflict_facet
from casework.policies import PURPOSE_OF, Category, Purpose
from casework.records import (
    FLAG_CATEGORY,
    RECORD_TYPES,
    Child,
    Flag,
    Household,
    Person,
    Record,
    Relationship,
    meta_of,
)
from casework.records_attendance import TOLD_SOCIAL_WORKER, FollowUp
from casework.records_links import Link
from casework.records_sync import Conflict
from casework.sharing import Decision
from storage.drafts import subject_aside

if TYPE_CHECKING:
    from storage.drafts import Draft
    from storage.store import Store

_TEAM_FACTS = frozenset({Category.EDUCATION, Category.WORKFORCE})
_UNKNOWN_CHILD = Decision("no", "It is about nobody whom you may know of.", shown=False)
_NO_CHILD = Decision("no", "It is tied to no child on this laptop.")
_PROTECTED = Decision("no", "The address is protected.")
_OWN_LIST = Decision("no", "It is listed by `consent list` or `disclose --list`, as far as you may see it.")
_OF_A_LATER_VERSION = Decision("no", "A later version of Outreach knows what it is about.", shown=False)
_FOR_RULES = Decision("no", "It says nothing to a person.", shown=False)
_TELLING = {
    "agreement": (
        *("agencies", "categories", "exclude"),
        *("exclude_agencies", "exclude_categories", "exclude_pairs", "exclude_read"),
    ),
    "disclosure": ("agency", "categories", "purpose", "reason", "told_why"),
}
"""Fields that could tell of a category whose existence is protected."""


@dataclass(frozen=True)
class Sight:
    """The worker's own view of the caseload for one purpose."""

    store: Store
    purpose: Purpose = "support"

    def decide(self, child: Child | None, category: Category) -> Decision:
        """Whether the worker may see a category of a child, or of a record that belongs to no child."""
        if child is None:
            return Decision("yes", "A fact of the team.") if category in _TEAM_FACTS else _NO_CHILD
        return self.store.may_see(child, category, self.purpose)

    def sees(self, child: Child, category: Category) -> bool:
        """Whether a category of a child's record may be shown."""
        return bool(self.decide(child, category))

    def is_there(self, record: Record, child: Child | None) -> bool:
        """Whether the worker may know of a record at all."""
        if child is not None and not self.sees(child, Category.IDENTITY):
            return False
        if isinstance(record, Flag):
            decision = self.field(record, "kind", child)
            return bool(decision) or decision.shown
        if isinstance(record, Conflict):
            decision = self.field(record, "other", child)
            return bool(decision) or decision.shown
        if isinstance(record, Link):
            # Two children are named: who may not know of one of them may not know of the link.
            others = self.store.find(Child, "id IN (?, ?)", (record.child, record.other))
            return all(self.sees(other, Category.IDENTITY) for other in others)
        return True

    def field(self, record: Record, name: str, child: Child | None) -> Decision:
        """Whether one field of a record may be shown."""
        if isinstance(record, Person | Household) and name == "address" and self._is_protected(record, child):
            return _PROTECTED
        if isinstance(record, Flag):
            return self.decide(child, FLAG_CATEGORY[record.kind])
        if name in ("outcome", "note") and isinstance(record, FollowUp):
            told = self.decide(child, Category.SOCIAL_CARE)
            if record.outcome == TOLD_SOCIAL_WORKER and not told:
                return told
        if isinstance(record, Conflict):
            return self._of_conflict(record, child)
        if self.is_only_listed(record, name, child):
            return _OWN_LIST
        meta = meta_of(record.type, name)
        if not says_something(record.type, name):
            return _FOR_RULES
        own = PURPOSE_OF.get(record.type)
        sight = self if own is None else replace(self, purpose=own)
        return sight.decide(child, meta.category) if meta else Decision("yes", "")

    def is_only_listed(self, record: Record, name: str, child: Child | None) -> bool:
        """Whether a field may be told by the list of agreements alone, and no change of it: beside that list
        a change would tell that something in it is left out.
        """
        if child is None or name not in _TELLING.get(record.type, ()):
            return False
        return not self.store.knows_hidden(child)

    def _of_conflict(self, conflict: Conflict, child: Child | None) -> Decision:
        """A conflict may be seen as the field may that it is about, on a laptop that knows of the field."""
        cls = RECORD_TYPES.get(conflict.record_type)
        if cls is None or conflict.field not in cls.model_fields:
            return _OF_A_LATER_VERSION
        facet = conflict_facet(conflict.model_dump(mode="json"))
        own = facet.purpose or self.purpose
        decision = replace(self, purpose=cast("Purpose", own)).decide(child, facet.category)
        about = self.store.find(cls, "id = ?", (conflict.record,)) if decision else []
        if not about or isinstance(about[0], Conflict):
            return decision
        return self.field(about[0], conflict.field, child)

    def _is_protected(self, record: Person | Household, child: Child | None) -> bool:
        return record.address_protected or (child is not None and address_protected(self.store, child))


def says_something(record_type: str, name: str) -> bool:
    """Whether a field is for a person to read; some are for rules alone."""
    cls = RECORD_TYPES[record_type]
    meta = meta_of(record_type, name) if name in cls.model_fields else None
    return meta is None or meta.shown


def address_protected(store: Store, child: Child) -> bool:
    """Whether a flag of the child, or of anybody in the same household, protects the address."""
    row = store.conn.execute(
        "SELECT 1 FROM flag f JOIN child c ON c.id = f.child WHERE f.kind = 'address-protection'"
        " AND f.void = 0 AND f.ended IS NULL"
        " AND (c.id = ? OR c.household = (SELECT household FROM child WHERE id = ?)) LIMIT 1",
        (child.id, child.id),
    ).fetchone()
    return row is not None


def subject_of(store: Store, record: Record) -> Child | None:
    """The child a record is about, when it is about one: itself, the child it names, or one tied to it.

    Of several who share an adult or a home it is one whom the worker may see, where there is one.
    """
    if isinstance(record, Child):
        return record
    if isinstance(record, Household):
        return _first_seen(store, store.find(Child, "household = ?", (record.id,)))
    if isinstance(record, Person):
        ties = {tie.child for tie in store.find(Relationship, "person = ?", (record.id,))}
        return _first_seen(store, [store.get(Child, child) for child in sorted(ties)])
    child = getattr(record, "child", None)
    return store.get(Child, child) if isinstance(child, str) else None


def _first_seen(store: Store, children: list[Child]) -> Child | None:
    seen = (child for child in children if store.may_see(child, Category.FAMILY, "support"))
    named = (child for child in children if store.may_see(child, Category.IDENTITY, "support"))
    return next(seen, None) or next(named, None) or next(iter(children), None)


@cache
def _fields_by_category() -> Mapping[Category, Mapping[str, Any]]:
    """The fields of a child that may be emptied, with their defaults, by category."""
    found: dict[Category, dict[str, Any]] = {}
    for name, info in Child.model_fields.items():
        meta = meta_of(Child.type, name)
        if meta is not None and not info.is_required():
            found.setdefault(meta.category, {})[name] = info.get_default()
    return found


def seen_children(
    store: Store,
    children: Iterable[Child],
    purpose: Purpose = "support",
    category: Category = Category.IDENTITY,
) -> list[Child]:
    """Those of the children of whom the worker may see a category: by default who are there at all."""
    if store.sees_every(category, purpose):
        return list(children)
    return [child for child in children if store.may_see(child, category, purpose)]


def seen_ids(store: Store, category: Category, purpose: Purpose) -> frozenset[str] | None:
    """The ids of all children of whom the worker may see a category; None where that is every child."""
    if store.sees_every(category, purpose):
        return None
    return frozenset(child.id for child in seen_children(store, store.find(Child), purpose, category))


def shown_child(store: Store, child: Child, purpose: Purpose = "support") -> Child:
    """A child with every field emptied that the worker may not see; rules take the stored one."""
    emptied: dict[str, Any] = {}
    for category, fields in _fields_by_category().items():
        if store.sees_every(category, purpose):
            continue
        held = {name: default for name, default in fields.items() if getattr(child, name) != default}
        if held and not store.may_see(child, category, purpose):
            emptied |= held
    return child.model_copy(update=emptied) if emptied else child


def place_of(store: Store, shown: Child) -> str:
    """Class and school for a title, of a child as `shown_child` gives it."""
    return " · ".join(filter(None, (shown.reg, store.schools.name(shown.school))))


WRITTEN_ABOUT: Mapping[str, tuple[Category, Purpose]] = {
    "assessment": (Category.FAMILY, "assessment"),
    "conflict-text": (Category.FAMILY, "support"),
    "contact": (Category.FAMILY, "support"),
    "notification": (Category.FAMILY, "support"),
    "missing-parts": (Category.FAMILY, "support"),
    "notifier": (Category.FAMILY, "support"),
    "outcome": (Category.FAMILY, "planning"),
    "action": (Category.FAMILY, "planning"),
    "plan-ending": (Category.FAMILY, "planning"),
    "review": (Category.FAMILY, "planning"),
    "case-close": (Category.IDENTITY, PURPOSE_OF["episode"]),
    "round-words": (Category.ATTENDANCE, "attendance"),
    "round-reason": (Category.ATTENDANCE, "attendance"),
    "round-close": (Category.ATTENDANCE, "attendance"),
    "score": (Category.FAMILY, "assessment"),
    **dict.fromkeys(
        ("disagreement", "disagreement-answer", "disagreement-further"),
        (Category.SAFEGUARDING, PURPOSE_OF["disagreement"]),
    ),
    **dict.fromkeys(("clock-sleep", "merge-reason", "link-reason"), (Category.IDENTITY, "support")),
    **dict.fromkeys(("flag", "flag-review"), (Category.IDENTITY, "support")),
    **dict.fromkeys(("agreement", "withdrawal", "settling", "disclosure"), (Category.IDENTITY, "support")),
}
"""The category of what is typed into a form and the purpose of it. Who leads a case ends it whatever was
withdrawn, and whoever may know of a child may record what its family says of agreement."""

UNKNOWN_FORM: tuple[Category, Purpose] = (Category.FAMILY, "support")
"""The same for the draft of a form that this version does not have."""

OF_THE_TEAM = frozenset({"school-contacts"})
"""Forms about a fact of the team, and no child."""


@cache
def _told_of() -> str:
    """The statement that finds the child of an id: its own, or that of any record about one."""
    about = [name for name, held in RECORD_TYPES.items() if "child" in held.model_fields]
    each = [f"SELECT child FROM {name} WHERE id = :id" for name in about]
    return " UNION ".join(["SELECT id FROM child WHERE id = :id", *each])


def child_of_draft(store: Store, subject: str) -> Child | None:
    """The child that a draft is about: the first word of its subject that is the id of one, or of a record.

    `subject` is a child, a record about one, or a key with such an id among its words.
    """
    for word in subject.split():
        for row in store.conn.execute(_told_of(), {"id": word}):
            return next(iter(store.find(Child, "id = ?", (row[0],))), None)
    return None


def draft_of(store: Store, form: str, subject: str) -> Draft | None:
    """The draft that was left of a form, where the worker may see what it is about.

    `subject` is a child, a record about one or a school, or "" for a form that was begun about nobody.
    """
    draft = store.drafts.load(form, subject)
    return draft if draft is not None and may_go_on(store, form, _about(store, draft)) else None


CHOSEN = "chosen"
"""The field of a draft that names the child whom a form was found to be about that was begun about nobody."""


def _about(store: Store, draft: Draft) -> str:
    """Whom or what a draft is about. Of a child who is not on this laptop (any more) it says nothing: whom it
    is about is asked again then.
    """
    chosen = draft.fields.get(CHOSEN, "")
    if subject_aside(draft.subject) or child_of_draft(store, chosen) is None:
        return draft.subject
    return chosen


def may_go_on(store: Store, form: str, subject: str) -> Decision:
    """Whether the worker may see what a draft is about; else `shown` says whether one may be told of."""
    if form in OF_THE_TEAM or not subject_aside(subject):
        return Decision("yes", "It is about no child.")
    child = child_of_draft(store, subject)
    about = store.find(Conflict, "id = ?", (subject_aside(subject),)) if form == "conflict-text" else []
    if about and child is None and about[0].child is None:
        return Sight(store).field(about[0], "other", subject_of(store, about[0]))
    if child is None or not store.may_see(child, Category.IDENTITY, "support"):
        return _UNKNOWN_CHILD
    category, purpose = WRITTEN_ABOUT.get(form, UNKNOWN_FORM)
    decision = store.may_see(child, category, purpose)
    return next((no for one in about if not (no := Sight(store).field(one, "other", child))), decision)


@dataclass(frozen=True)
class DraftFound:
    """The draft to go on with, and whether another stands there that must not be shown."""

    draft: Draft | None = None
    hidden: bool = False


def find_draft(store: Store, form: str, subject: str) -> DraftFound:
    """What a form begins with. One that was put aside is taken up again where it may be shown by now."""
    if store.drafts.load(form, subject) is None:
        for one in store.drafts.aside(form, subject):
            if draft_of(store, form, one.subject) is not None:
                store.drafts.take_up(form, one.subject)
                break
        else:
            return DraftFound()
    draft = draft_of(store, form, subject)
    return DraftFound(draft, hidden=draft is None)


def drafts_waiting(store: Store) -> list[tuple[Draft, Decision]]:
    """Every draft that was left and that the worker may know of, the newest first, and whether it may be
    gone on with."""
    each = ((one, may_go_on(store, one.form, _about(store, one))) for one in store.drafts.waiting())
    return [(one, decision) for one, decision in each if decision or decision.shown]
