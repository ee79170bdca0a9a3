"""The sections of a child's page that tell why the child is on a list and what has happened so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rich.cells import cell_len

from casework.listed import to_come
from casework.policies import Category
from casework.triage import Why
from casework.wording import SEEN, say_day
from screens.child_view import NOTHING, ChildView, Target
from screens.widgets.fitting import brief_day, fold, plain, short
from screens.widgets.text import Cell, Piece, Tone

Line = tuple[Cell, Target]

RULE_DAYS: Mapping[str, str] = {
    "first-day": "school days",
    "n-code": "school days",
    "missing-education": "school days",
    "ten-in-ten-weeks": "school weeks",
    "social-worker": "school days",
    "no-contact": "calendar days",
    "flag-review": "calendar days",
    "persistent-absence": "sessions of this school year",
    "severe-absence": "sessions of this school year",
}
"""Which days the clock of each reason counts."""

_SEEN = {**SEEN, "yes": "seen"}
_NOTE_LINES = 4


def why(view: ChildView, width: int) -> Iterator[Line]:
    """Every reason for being on a list, its clock and what would clear it; then the clocks that run on."""
    withheld = [held for held in view.page.withheld if held.category is Category.ATTENDANCE]
    for held in withheld:
        for cell in plain(f"Withheld: {held.reason}", width):
            yield cell, NOTHING
    if view.page.why:
        yield from as_of(view)
    for reason in view.page.why:
        late = _is_late(reason, view)
        for cell in plain(f"• {reason.text}", width, tone=Tone.ALERT if late else Tone.STRONG):
            yield cell, NOTHING
        for cell in plain(_clock(reason, view), width, tone=Tone.QUIET, indent=4):
            yield cell, NOTHING
    for task in to_come(view.page.why, view.page.clocks):
        for cell in plain(f"• {task.text}", width, tone=Tone.STRONG):
            yield cell, NOTHING
        for cell in plain(
            f"counts {task.kind}; cleared by: {task.clears_with}", width, tone=Tone.QUIET, indent=4
        ):
            yield cell, NOTHING
    if not (view.page.why or view.page.clocks or withheld):
        yield Piece("  on no list: nothing runs for this child", Tone.QUIET), NOTHING


def as_of(view: ChildView) -> Iterator[Line]:
    """By which day the clocks below stand, where that is not today."""
    if view.page.day != view.today:
        yield Piece(f"  as of {brief_day(view.page.day)}, the last school day", Tone.QUIET), NOTHING


def _is_late(reason: Why, view: ChildView) -> bool:
    """The rules stand as of the last school day, the clocks of the work as of today."""
    as_of_day = view.today if any(one.text == reason.text for one in view.page.clocks) else view.page.day
    return bool(reason.due and reason.due < as_of_day)


def _clock(reason: Why, view: ChildView) -> str:
    parts = []
    task = next((one for one in view.page.clocks if one.text == reason.text), None)
    if days := task.kind if task is not None else RULE_DAYS.get(reason.rule):
        parts.append(f"counts {days}")
    if reason.since:
        parts.append(f"since {brief_day(reason.since)}")
    if reason.due:
        state = "overdue since" if _is_late(reason, view) else "due"
        parts.append(f"{state} {say_day(reason.due)}")
    return "; ".join([*parts, f"cleared by: {reason.clears_with}"])


def story(view: ChildView, width: int) -> Iterator[Line]:
    """The chronology, newest first; whether the child was seen stands in words."""
    if view.draft:
        yield Piece("  a draft waits: l goes on with it", Tone.WARN), NOTHING
    for entry in view.page.story:
        seen = _SEEN.get(entry.seen, "")
        if entry.seen == "alone" and entry.kind == "follow_up":
            seen = "spoken to alone"
        by = f", {short(entry.by, 30)}" if entry.by else ""
        head = f"{local_time(entry.at)}  {entry.title}"
        room = max(20, width - 2 - cell_len(by) - (len(seen) + 3 if seen else 0))
        pieces: tuple[Piece, ...] = (Piece(f"  {short(head, room)}", Tone.STRONG),)
        if seen:
            pieces += (Piece(f" · {seen}", Tone.GOOD if entry.seen != "not-seen" else Tone.WARN),)
        whole = Target("text", entry.kind, entry.record, entry.text)
        yield (*pieces, Piece(by, Tone.QUIET)), whole
        note, _, following = (
            entry.text.rpartition("\nNext: ") if "\nNext: " in entry.text else (entry.text, "", "")
        )
        lines = fold(note, width - 4) if note.strip() else []
        for line in lines[:_NOTE_LINES]:
            yield f"    {line}", whole
        if len(lines) > _NOTE_LINES:
            yield Piece(f"    {len(lines) - _NOTE_LINES} more lines: enter shows all", Tone.QUIET), whole
        for line in fold(f"Next: {following}", width - 4)[:2] if following else []:
            yield f"    {line}", whole
    for item in view.page.withheld:
        if "planning" in item.purposes:
            for cell in plain(f"Reviews of a plan are withheld: {item.reason}", width, tone=Tone.QUIET):
                yield cell, NOTHING
    if not view.page.story:
        yield Piece("  nothing recorded yet: l logs a contact", Tone.QUIET), NOTHING


def local_time(stamp: str) -> str:
    """An ISO instant as the time on the wall in England; the date alone where no time is known."""
    try:
        if len(stamp) == len("2026-11-20"):
            day = date.fromisoformat(stamp)
            return f"{brief_day(day)} {day.year}"
        at = datetime.fromisoformat(stamp.replace("Z", "+00:00")).astimezone(_england())
    except (ValueError, OverflowError):  # somebody else's laptop said it
        return stamp[:10]
    return f"{brief_day(at.date())} {at.year} {at:%H:%M}"


def wall_time(at: datetime) -> str:
    """An instant as hours and minutes on the wall in England."""
    return f"{at.astimezone(_england()):%H:%M}"


def _england() -> ZoneInfo | None:
    """England's time zone; None (the computer's own) where the system has no list of zones."""
    try:
        return ZoneInfo("Europe/London")
    except ZoneInfoNotFoundError:
        return None
