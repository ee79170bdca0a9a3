"""How a clock is painted: its row in the list, and everything about it in the pane below."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from casework.pauses import STATES, is_hidden
from casework.tasks import Task
from screens.widgets.fitting import brief_day, fold, short
from screens.widgets.rows import Row
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.tasks import By, ClockList, ClockRow, Group

ORDERS: Sequence[By] = ("due", "family", "school")
TITLES = {"due": "by due day", "family": "by family", "school": "by school visit"}
HEADS = {"due": "When", "family": "Family", "school": "School visit"}


def clock_rows(groups: Sequence[Group], by: By) -> list[Row]:
    """The rows; the heading of a group stands in its first one."""
    rows = []
    for group in groups:
        heading = group.heading.removeprefix("While you are at ") if by == "school" else group.heading
        for at, row in enumerate(group.rows):
            head = Piece(short(heading, 40) if at == 0 else "", Tone.STRONG)
            cells = (head, _due(row.task), short(row.name, 40), _what(row.task))
            rows.append(Row(row.task.key, cells, quiet=is_hidden(row.task)))
    return rows


def _due(task: Task) -> Cell:
    if task.due is None:
        return Piece("  stands", Tone.QUIET)
    if task.overdue:
        return Piece(f"! {brief_day(task.due)}", Tone.ALERT)
    return Piece("  today", Tone.WARN) if task.left == 0 else Piece(f"  {brief_day(task.due)}")


def _what(task: Task) -> Cell:
    words = short(task.what, 120)
    if task.sleep is None:
        return words
    tone = Tone.QUIET if is_hidden(task) else Tone.PLAIN
    return Piece(f"{STATES[task.sleep.kind]} to {brief_day(task.sleep.until)}: {words}", tone)


def count_cell(found: ClockList, *, shown: bool) -> Cell:
    """How many rows there are by state, and what sleeps."""
    counts = found.counts
    words = [f"{counts['today']:,} due today", f"{counts['to-come']:,} to come"]
    pieces = [Piece(f"{counts['overdue']:,} overdue", Tone.STRONG), Piece(f" · {' · '.join(words)}")]
    if found.asleep:
        asleep = [f"{counts[state]} {state}" for state in STATES.values() if counts[state]]
        pieces.append(Piece(f" · {', '.join(asleep)} {'(shown)' if shown else '(. shows)'}", Tone.QUIET))
    return tuple(pieces)


def visit_lines(row: ClockRow, by: By, width: int) -> list[Cell]:
    """By school visit: at which school one is then, whom to see there and how to reach them."""
    if by != "school" or not row.school:
        return []
    words = f"While you are at {row.school}: {row.contact or 'no point of contact is named (g o)'}"
    return [Piece(line, Tone.KEY) for line in fold(words, max(20, width - 2))]


def detail_lines(row: ClockRow, width: int) -> list[Cell]:
    """Who it is about, which clock, what clears and what stops it."""
    task = row.task
    place = f"{row.child.reg} {row.school}".strip() if row.school else ""
    room = max(20, width - 2)
    lines: list[Cell] = [
        (Piece(short(row.name, max(20, width - 40)), Tone.STRONG), Piece(f"  {place}", Tone.QUIET))
    ]
    tone = Tone.ALERT if task.overdue else Tone.PLAIN
    lines += [Piece(line, tone) for line in fold(f"{task.text}.", room)]
    if task.sleep is not None:
        because = f": {task.sleep.reason}" if task.sleep.reason else ""
        said = f"{STATES[task.sleep.kind].capitalize()} until {brief_day(task.sleep.until)}{because}"
        if not is_hidden(task):
            said = f"{said} (listed all the same: set by law, overdue)"
        lines += [Piece(line, Tone.WARN) for line in fold(said, room)]
    for words in (f"Cleared by: {task.clears_with}.", f"Stopped by: {task.stops_with}."):
        lines += [Piece(line, Tone.QUIET) for line in fold(words, room)]
    return lines


def withheld_lines(found: ClockList, width: int) -> list[Cell]:
    """What is withheld of own cases, whether or not a clock of it runs."""
    if not found.withheld:
        return []
    words = (f"Withheld from you: {one.words}" for one in found.withheld)
    return [Piece(line, Tone.QUIET) for told in words for line in fold(told, width - 2)]


def empty_words(found: ClockList, today: date) -> str:
    """What an empty list means."""
    if found.asleep:
        return f"Nothing is due. {len(found.asleep)} asleep: . shows them."
    return f"No clock of yours runs on {brief_day(today)}."
