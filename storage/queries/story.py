"""What was done with a family, as the entries of one chronology."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casework.policies import Category, Purpose
from casework.records import Child, Contact, Worker
from casework.records_attendance import TOLD_SOCIAL_WORKER, FollowUp
from casework.sharing import Decision
from casework.shown_marks import shown_marks
from casework.wording import CONTACT_KINDS, CONTACT_OUTCOMES, say_value
from storage.queries.steps import days_present

if TYPE_CHECKING:
    from storage.store import Store


_TOLD = (Category.ATTENDANCE, Category.FAMILY, Category.SOCIAL_CARE, Category.YOUTH_JUSTICE)
"""What entries may tell of."""


@dataclass(frozen=True, slots=True)
class StoryEntry:
    """One line of the chronology. `record` is the entry's id; `kind` its record type; `at` an instant, or a
    date where only the day is known.
    """

    record: str
    kind: str
    at: str
    by: str
    title: str
    text: str
    seen: str = ""
    turn: str = ""
    """What it came after within its day: the id of a record, its own where empty."""


def story_entries(store: Store, child: Child, purpose: Purpose) -> list[StoryEntry]:
    """Follow-ups and contacts as entries of the story, in no order; only what may be seen."""
    names = {worker.id: worker.name for worker in store.find(Worker)}
    entries: list[StoryEntry] = []
    decisions = {category: store.may_see(child, category, purpose) for category in _TOLD}
    if decisions[Category.ATTENDANCE]:
        steps = store.find(FollowUp, "child = ?", (child.id,))
        present = days_present(store, child, {step.session_date for step in steps})
        entries += [
            _follow_up_entry(step, names, decisions, present=step.session_date in present) for step in steps
        ]
    if decisions[Category.FAMILY]:
        entries += [_contact_entry(c, names) for c in store.find(Contact, "child = ?", (child.id,))]
    return entries


def newest_first(entries: Sequence[StoryEntry]) -> list[StoryEntry]:
    """The entries as a chronology is read; within a day each after what it came after."""
    return sorted(entries, key=lambda entry: (entry.at, entry.turn or entry.record, entry.turn), reverse=True)


def _follow_up_entry(
    step: FollowUp, names: dict[str, str], decisions: dict[Category, Decision], *, present: bool
) -> StoryEntry:
    what = "Follow-up" if present else "Absence"
    title = f"{what} {step.session_date:%d/%m}: "
    if step.outcome == TOLD_SOCIAL_WORKER and not decisions[Category.SOCIAL_CARE]:
        return StoryEntry(step.id, step.type, _text(step.at), names.get(step.by, ""), f"{title}withheld", "")
    title += say_value(FollowUp.type, "outcome", step.outcome)
    if step.reason_code:
        title += f" ({shown_marks(step.reason_code, decisions[Category.YOUTH_JUSTICE])})"
    seen = "alone" if step.alone else "yes" if step.outcome == "seen" else ""
    return StoryEntry(step.id, step.type, _text(step.at), names.get(step.by, ""), title, step.note, seen)


def _contact_entry(entry: Contact, names: dict[str, str]) -> StoryEntry:
    kind = CONTACT_KINDS[entry.kind]
    title = kind[0].upper() + kind[1:]
    if entry.outcome:
        title += f": {CONTACT_OUTCOMES[entry.outcome]}"
    text = entry.note + (f"\nNext: {entry.next_step}" if entry.next_step else "")
    return StoryEntry(entry.id, entry.type, _text(entry.at), names.get(entry.by, ""), title, text, entry.seen)


def _text(at: Any) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
