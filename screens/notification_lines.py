"""A notification in words: its row in the list, its clock, and its parts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from casework.policies import Category
from casework.records import meta_of
from casework.records_case import Notification
from casework.text import fold as folded
from casework.wording import FEEDBACK, count_of, join_words, say_day
from screens.widgets.fitting import brief_day, fold, plain, short
from screens.widgets.rows import Column, Row
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.lookup import display_name

if TYPE_CHECKING:
    from storage.queries.notifications import ShownNotification
    from storage.store import Store

COLUMNS = (
    Column("Allocate by", 11),
    Column("Child", least=16),
    Column("School", 12, drop=1),
    Column("Clock", 15),
    Column("Parts, worker", least=15),
)

PARTS = (
    "concern",
    "offered",
    "outcome",
    "voice",
    "heard_by",
    "heard_on",
    "siblings",
    "risks",
    "other_agencies",
    "agreement_note",
    "level",
)
"""The parts of a notification in the order in which they are read and typed."""

LINES = ("heard_by", "heard_on", "level")
"""Parts that take one line; the others take as many as they need."""

AREAS = tuple(name for name in PARTS if name not in LINES)

COUNTS = "counts working days: Monday to Friday without bank holidays"
_WORDS = {Category.FAMILY: "The family's part", Category.SAFEGUARDING: "Risks"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A notification with the names that its ids stand for."""

    shown: ShownNotification
    school: str
    worker: str

    @property
    def id(self) -> str:
        """The notification's id."""
        return self.shown.notification.id

    @property
    def name(self) -> str:
        """The child's name."""
        return display_name(self.shown.child)

    @property
    def waits(self) -> bool:
        """Whether it waits for a worker."""
        return self.shown.standing.status in {"notified", "in triage", "more information asked"}

    @property
    def words(self) -> str:
        """What a filter finds it by, folded."""
        held, stands = self.shown.notification, self.shown.standing
        late = "overdue" if stands.clock and stands.clock.overdue else ""
        ready = "ready" if stands.ready else "missing"
        return folded(
            " ".join(
                (self.name, self.school, held.notifier, stands.status, self.worker, held.level, late, ready)
            )
        )


def read_entries(store: Store, child: str | None = None) -> list[Entry]:
    """Notifications with their names, as they are painted: those that wait first, by the end of their clock.

    A protected address is left out of their words; whatever changes one reads what is stored.
    """
    from storage.queries.guarded_words import AddressGuard
    from storage.queries.notifications import read_notifications

    guard = AddressGuard(store)
    names = dict(store.conn.execute("SELECT id, name FROM worker").fetchall())
    found = [
        Entry(
            replace(guard(shown.child, shown), child=shown.child),
            store.schools.name(shown.notification.school),
            names.get(shown.notification.allocated_to or "", ""),
        )
        for shown in read_notifications(store, child)
    ]
    # Within those that wait the order of the clock stands; sorting keeps it.
    return sorted(found, key=lambda entry: not entry.waits)


def brief(missing: Sequence[str]) -> list[str]:
    """What is missing in the fewest words: `the child's voice`, `who listened`."""
    return [words.split(",")[0].removesuffix(" to the child") for words in missing]


def row(entry: Entry) -> Row:
    """One line of the list."""
    stands = entry.shown.standing
    due = stands.allocate_by
    by: Cell = Piece(brief_day(due), Tone.STRONG) if due and entry.waits else Piece("-", Tone.QUIET)
    return Row(
        entry.id,
        (by, short(entry.name, 60), short(entry.school, 30), _clock_cell(entry), _rest(entry)),
        quiet=not entry.waits,
    )


def _clock_cell(entry: Entry) -> Cell:
    stands = entry.shown.standing
    clock = stands.clock
    if not entry.waits:
        return Piece(stands.status, Tone.QUIET)
    if clock is None or clock.left is None:
        return Piece("stands still", Tone.WARN)
    if clock.just_over:
        return Piece("overdue", Tone.ALERT)
    if clock.overdue:
        return Piece(f"{count_of(-clock.left, 'day')} overdue", Tone.ALERT)
    return Piece("due today", Tone.WARN) if clock.left == 0 else Piece(f"{count_of(clock.left, 'day')} left")


def _rest(entry: Entry) -> Cell:
    held, stands = entry.shown.notification, entry.shown.standing
    if entry.waits:
        lacks = "; ".join(brief(stands.missing))
        return Piece(f"{len(stands.missing)} missing: {lacks}", Tone.WARN) if lacks else "ready"
    if stands.status == "allocated":
        told = "" if held.contacted_on else ": notifier not contacted"
        return (Piece(short(entry.worker or "withheld", 30)), Piece(told, Tone.WARN))
    return ""


def summary_words(shown: ShownNotification, today: date) -> str:
    """Where a notification stands, for the child's own page."""
    held, stands = shown.notification, shown.standing
    words = f"Notification of {brief_day(held.received)}: {stands.status}"
    if stands.status == "allocated":
        return f"{words}{'' if held.contacted_on else ', notifier not contacted'}."
    clock = stands.clock
    if clock is not None and clock.due is not None:
        late = " (overdue)" if clock.due < today else ""
        words += f", allocate by {brief_day(clock.due)}{late}"
    elif stands.missing and stands.status != "closed":
        words += f", missing {join_words(brief(stands.missing))}"
    return f"{words}."


def clock_lines(entry: Entry, today: date, width: int) -> list[Cell]:
    """Which clock runs, since when, what it counts, what stops and what clears it, and what is missing."""
    lines: list[Cell] = []
    for text, tone in _clock(entry, today):
        lines += plain(text, width, tone=tone, indent=0)
    return lines


def _clock(entry: Entry, today: date) -> Iterator[tuple[str, Tone]]:
    held, stands = entry.shown.notification, entry.shown.standing
    clock = stands.clock
    if stands.status == "allocated":
        yield (
            f"Allocated to {entry.worker or 'a worker'} on {say_day(held.allocated_on or today)}.",
            Tone.PLAIN,
        )
        if held.contacted_on:
            told = f"; {FEEDBACK[held.feedback]}" if held.feedback else ""
            yield f"{_whom(held)} spoken to on {say_day(held.contacted_on)}{told}.", Tone.PLAIN
        else:
            yield "The notifier is not contacted yet: part of the assessment. Cleared by: K.", Tone.WARN
    elif not entry.waits:
        yield " ".join(stands.reasons), Tone.PLAIN
    elif clock is not None:
        tone = Tone.ALERT if clock.overdue else Tone.STRONG
        yield f"Allocation clock: {clock.text}.", tone
        yield f"It {COUNTS}. Stops: M asks for more. Cleared by: A gives it to a worker.", Tone.QUIET
    elif stands.status == "in triage":
        yield f"{' '.join(stands.reasons)} Cleared by: A gives it to a worker.", Tone.WARN
    else:
        yield f"Allocation clock: it stands still, and {COUNTS}.", Tone.STRONG
        if entry.shown.asked:
            yield f"Asked for: {entry.shown.asked}", Tone.WARN
        yield "It starts on the day nothing is missing: I fills in what came. Cleared by: A.", Tone.QUIET
    if stands.missing and entry.waits:
        yield f"Missing: {join_words(list(stands.missing))}.", Tone.WARN


def _whom(held: Notification) -> str:
    return held.contacted_with or "The notifier"


def head_lines(entry: Entry, width: int) -> list[Cell]:
    """Who it is about, who sent it, from where, when."""
    held = entry.shown.notification
    sent = f"from {held.notifier or 'a notifier who is withheld'}, {entry.school or 'school not known'}"
    words = f"{sent}; received {say_day(held.received)}"
    return [Piece(short(entry.name, width), Tone.STRONG), *plain(words, width, tone=Tone.QUIET, indent=0)]


def page_lines(entry: Entry, today: date, width: int) -> list[Cell]:
    """The whole of a notification."""
    held = entry.shown.notification
    lines = [*head_lines(entry, width), "", *clock_lines(entry, today, width), ""]
    lacking = set(entry.shown.withheld)
    for name in PARTS:
        meta = meta_of("notification", name)
        value = getattr(held, name)
        if meta is None or (meta.category in lacking and not value):
            continue
        lines.append(Piece(meta.label, Tone.KEY))
        words = say_day(value) if isinstance(value, date) else value
        lines += (
            [Piece(f"  {line}") for line in fold(words, width - 2)]
            if words
            else [Piece("  not said", Tone.QUIET)]
        )
    for category, why in entry.shown.withheld.items():
        label = _WORDS.get(category, category.value.replace("_", " ").capitalize())
        lines += plain(f"{label} is withheld: {why}", width, tone=Tone.QUIET, indent=0)
    return lines
