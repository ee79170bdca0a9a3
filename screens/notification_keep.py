"""Making records of a notification that was typed: a new one with its child, or what came for one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from casework.edits import Edit
from casework.errors import BadInput, misfit
from casework.ids import new_id
from casework.notifications import missing_parts, receive, standing, take_information
from casework.records import Child
from casework.records_case import Notification
from casework.text import clean, fold
from casework.wording import join_words, say_day
from screens.notification_child import new_child, take_day
from screens.notification_lines import AREAS, PARTS
from storage.queries.notifications import episodes_of, other_school, pauses_of

if TYPE_CHECKING:
    from casework.edits import Change
    from storage.journal import Receipt
    from storage.store import Store

FORM = "notification"
"""The form whose drafts `screens.notification_form` keeps."""


def _parts(fields: Mapping[str, str], store: Store) -> dict[str, object]:
    values: dict[str, object] = {
        name: clean(fields[name], limit=100_000, newlines=name in AREAS).strip()
        for name in PARTS
        if name != "heard_on"
    }
    return values | {"heard_on": take_day(fields["heard_on"], store.today, "heard_on")}


def keep_new(store: Store, fields: Mapping[str, str]) -> tuple[Receipt, str, str]:
    """Commit a new notification, with its child where that one is new; the draft ends in the same step.

    Gives also a sentence on where it stands, and its id. Raises BadInput that names a field.
    """
    from pydantic import ValidationError

    school = _school(store, fields["school"])
    made: tuple[Change, ...] = ()
    if fields["new"]:
        child, made = new_child(store, fields, school)
    elif fields["chosen"]:
        child = store.get(Child, fields["chosen"])
    else:
        raise BadInput(
            "empty", "Say which child: type a name and take one, or ctrl+n for a new one.", "child"
        )
    values = {
        "id": new_id(),
        "child": child.id,
        "received": take_day(fields["received"], store.today, "received") or store.today,
        "school": school,
        "notifier": clean(fields["notifier"]).strip(),
        "by": store.worker.id,
        **_parts(fields, store),
    }
    try:
        held = Notification.model_validate(values)
    except ValidationError as error:
        where, why = misfit(error)
        raise BadInput("bad-value", f"That {why}", where) from None
    edit, kept = receive(held, store.today, episodes_of(store, child.id))
    whole = Edit(edit.name, (*made, *edit.changes), subject=child.id)
    receipt = store.journal.commit(whole, draft=(FORM, ""))
    said = _stands(standing(kept, (), store.today).allocate_by, missing_parts(kept))
    if elsewhere := other_school(store, child, school):
        said += f" Look again: {elsewhere}"
    return receipt, said, kept.id


def keep_came(
    store: Store, about: str, fields: Mapping[str, str], was: Mapping[str, str], hidden: frozenset[str]
) -> tuple[Receipt, str, str]:
    """Commit the parts that are not as they were, none of those that are hidden, and end the draft.

    Gives what `keep_new` does.
    """
    held = store.get(Notification, about)
    values = _parts(fields, store)
    changed = {name: values[name] for name in PARTS if name not in hidden and fields[name] != was[name]}
    edit, _ = take_information(held, pauses_of(store, held), store.today, store.today, **changed)
    receipt = store.journal.commit(edit, draft=(FORM, about))
    kept = store.get(Notification, about)
    stands = standing(kept, pauses_of(store, kept), store.today)
    return receipt, _stands(stands.allocate_by, list(stands.missing)), about


def _stands(due: date | None, missing: Sequence[str]) -> str:
    if due is not None:
        return f"Allocate by {say_day(due)}."
    return f"Missing: {join_words(list(missing))}." if missing else ""


def contact_of(store: Store, school: str) -> tuple[str, str]:
    """The single point of contact of the school that was typed, and with how to reach them; "" for nobody."""
    try:
        found = store.schools.schools.get(_school(store, school) or "")
    except BadInput:
        return "", ""
    return (found.spoc, store.schools.contact(found.id)) if found else ("", "")


def elsewhere_of(store: Store, child: str, school: str) -> str:
    """That the school that was typed is not the child's, in a sentence; "" while either is not known."""
    try:
        known = _school(store, school)
    except BadInput:
        return ""
    return other_school(store, store.get(Child, child), known) if child else ""


def _school(store: Store, text: str) -> str | None:
    """The school that was typed, by URN or by words of its name. Raises BadInput when none or several fit."""
    words = fold(text).split()
    if not words:
        return None
    schools = store.schools.schools.values()
    exact = [s for s in schools if s.urn == text.strip() or fold(s.name).split() == words]
    found = exact or [s for s in schools if _begin(words, fold(s.name).split())]
    if len(found) != 1:
        what = "No school is called so" if not found else f"{len(found)} schools are called so"
        raise BadInput("no-such-school", f"{what}; type more of the name, or the URN.", "school")
    return found[0].id


def _begin(typed: Sequence[str], words: Sequence[str]) -> bool:
    """Whether each typed word begins one of the words."""
    return all(any(word.startswith(part) for word in words) for part in typed)
