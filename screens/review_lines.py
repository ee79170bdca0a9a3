"""The lines of a review's page: how the plan stands, attendance before it and since, earlier reviews."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import zip_longest
from typing import TYPE_CHECKING

from casework.attendance import Tally
from casework.before_after import (
    NOT_BECAUSE,
    PART_TIME_NOTE,
    SUSPENSION_NOTE,
    say_attended,
    say_part_time,
    say_suspended,
)
from casework.wording import REVIEW_DECISIONS, say_day
from screens.widgets.fitting import brief_day, labelled, plain, ruled, short
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.reviews import ReviewView

if TYPE_CHECKING:
    from casework.before_after import BeforeAfter, Window
    from casework.records_case import Action, Review

ATTENDED, ABSENT, NOT_POSSIBLE = "█", "░", "·"
"""One sign a session: told apart by their shapes, whatever the colours."""

_LABEL = 19
_WEEK = 30
_BAR = 10


def review_lines(view: ReviewView, width: int) -> list[Cell]:
    """Every line of the page for a list that is `width` cells wide."""
    if view.plan.withheld:
        return plain(f"Withheld: {view.plan.withheld}", width, indent=0)
    lines = [*_standing(view, width)]
    if view.plan.plan is not None or view.plan.episode is not None:
        lines += ["", ruled("Attendance before and since", width), *_attendance(view, width)]
    lines += ["", ruled("Reviews, the newest first", width)]
    for held in view.reviews:
        lines += review_cells(held, view, width)
    if not view.reviews:
        lines += plain("No review is on record.", width, tone=Tone.QUIET)
    return lines


def _standing(view: ReviewView, width: int) -> Iterator[Cell]:
    if view.draft:
        yield Piece("A draft of a review waits: + goes on with it.", Tone.WARN)
    plan, standing = view.plan.plan, view.plan.standing
    if plan is None or standing is None:
        words = "A case is open; it has no plan yet." if view.plan.episode else "There is no open case."
        yield from plain(f"NO PLAN. {words} A review is of a plan.", width, tone=Tone.WARN, indent=0)
        return
    calm = standing.state in ("on course", "ended")
    words = f"{standing.state.upper()}. Plan of {say_day(plan.started)}. {' '.join(standing.reasons)}"
    yield from plain(words, width, tone=Tone.PLAIN if calm else Tone.WARN, indent=0)
    for action in standing.overdue:
        yield from plain(say_overdue(action), width, tone=Tone.ALERT)


def say_overdue(action: Action) -> str:
    """An action that is late: since when, whose it is and what it is."""
    return f"! overdue since {brief_day(action.due)}: {short(action.owner, 30)}: {short(action.text, 80)}"


def _attendance(view: ReviewView, width: int) -> Iterator[Cell]:
    if view.marks_withheld:
        yield from plain(f"Withheld: {view.marks_withheld}", width)
        return
    held = view.plan.before_after
    if held is None:
        return
    for reason in held.reasons:
        yield from plain(reason, width)
    if not held.days:
        return
    yield from _table(held, width)
    yield from _picture(held, width)
    for note in (NOT_BECAUSE, SUSPENSION_NOTE, PART_TIME_NOTE):
        yield from plain(note, width, tone=Tone.QUIET)


def _table(held: BeforeAfter, width: int) -> Iterator[Cell]:
    side = max(28, (width - _LABEL - 2) // 2) if width > 76 else 28
    yield Piece(f"  {'':<{_LABEL}}{'before':<{side}}since", Tone.QUIET)
    for label, say in (
        ("Sessions attended", say_attended),
        ("Suspended (E)", say_suspended),
        ("Part-time (C2, X)", say_part_time),
    ):
        before, since = say(held.before), say(held.since)
        yield (Piece(f"  {label:<{_LABEL}}", Tone.QUIET), Piece(f"{before:<{side}}{since}", Tone.STRONG))


def _picture(held: BeforeAfter, width: int) -> Iterator[Cell]:
    """The school weeks of both windows beside each other, one sign a session."""
    del width
    signs = f"{ATTENDED} attended, {ABSENT} absent, {NOT_POSSIBLE} not possible: one sign a session"
    yield Piece(f"  {signs}", Tone.QUIET)
    for before, since in zip_longest(_weeks(held.before), _weeks(held.since), fillvalue=""):
        yield f"  {before:<{_WEEK}}│ {since}".rstrip()


def _weeks(window: Window) -> Iterator[str]:
    for monday, counted in window.weeks:
        day = " ".join(brief_day(monday).split()[1:])
        yield f"{day:>6}  {bar_of(counted):<{_BAR}}  {counted.attended} of {counted.possible}"


def bar_of(counted: Tally) -> str:
    """A week's sessions as signs: attended, absent, not possible."""
    return ATTENDED * counted.attended + ABSENT * counted.absent + NOT_POSSIBLE * counted.not_possible


def review_cells(held: Review, view: ReviewView, width: int) -> Iterator[Cell]:
    """One review: who came, what was said, how it goes, what follows."""
    by = view.names.get(held.by, "")
    earlier = view.plan.plan is not None and held.plan != view.plan.plan.id
    head = f"{say_day(held.held_on)}  {REVIEW_DECISIONS[held.decision]}"
    yield Piece(short(head, width), Tone.STRONG)
    facts = ["of an earlier plan"] if earlier else []
    facts += [f"recorded by {short(by, 40)}"] if by else []
    if facts:
        yield from plain(", ".join(facts), width, tone=Tone.QUIET)
    for label, words in (
        ("came", ", ".join(held.attended)),
        ("apologies", ", ".join(held.apologies)),
        ("agenda", held.agenda),
        ("child", f"“{held.child_views}”" if held.child_views else ""),
        ("family", f"“{held.views}”" if held.views else ""),
        ("progress", held.progress),
        ("next", _next(held, view.today)),
    ):
        if words:
            yield from labelled(label, words, width, most=12)
        elif label in ("child", "family"):
            yield from labelled(label, f"no words of the {label} are on record", width, Tone.QUIET)


def _next(held: Review, today: date) -> str:
    if held.next_review is None:
        return ""
    return say_day(held.next_review) + (" (over)" if held.next_review < today else "")
