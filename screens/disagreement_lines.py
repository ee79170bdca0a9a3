"""The lines of a child's log of disagreements: data for a list, built for a width."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.tasks import RULES
from casework.wording import DISAGREEMENT_LEVELS, count_of, say_day
from screens.widgets.fitting import plain, short
from screens.widgets.text import Cell, Piece, Tone

if TYPE_CHECKING:
    from casework.records import Child
    from storage.queries.disagreements import DisagreementLog, ShownStep
    from storage.store import Store

RAISED, ANSWERED, FURTHER = "disagreement", "disagreement-answer", "disagreement-further"
"""The forms of this screen, by which their drafts are kept."""

_MARGIN = 10
_MOST_LINES = 8
_SIGNS = {
    "waiting": ("WAITS FOR AN ANSWER", Tone.WARN),
    "answered": ("ANSWERED, NOT SETTLED", Tone.WARN),
    "settled": ("SETTLED", Tone.GOOD),
    "taken further": ("TAKEN FURTHER", Tone.QUIET),
}


@dataclass(frozen=True, slots=True)
class DisagreementView:
    """What the screen shows of one child; `raising` tells that a new one was left half written."""

    child: Child
    name: str
    place: str
    log: DisagreementLog
    raising: bool
    unfinished: frozenset[str]
    """Steps of which an answer or a step up was left half written."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line, with the id of the step it belongs to."""

    cell: Cell
    step: str = ""


def read_disagreement_view(store: Store, child_id: str) -> DisagreementView:
    """Everything that the screen shows. Raises BadInput when there is no such child."""
    from casework.records import Child
    from storage.queries.disagreements import read_disagreements
    from storage.queries.lookup import display_name
    from storage.queries.sight import draft_of, place_of, shown_child

    child = store.get(Child, child_id)
    shown = shown_child(store, child)
    log = read_disagreements(store, child)
    return DisagreementView(
        child=shown,
        name=display_name(shown),
        place=place_of(store, shown),
        log=log,
        raising=draft_of(store, RAISED, child_id) is not None,
        unfinished=frozenset(
            step.disagreement.id
            for step in log.steps
            if any(draft_of(store, form, step.disagreement.id) for form in (ANSWERED, FURTHER))
        ),
    )


def log_lines(view: DisagreementView, width: int) -> list[LogLine]:
    """Every line for a list that is `width` cells wide; in each thread the newest step comes first."""
    if view.log.withheld:
        reason = plain(f"Withheld: {view.log.withheld}", width, tone=Tone.WARN, indent=0)
        return [LogLine(cell) for cell in reason]
    lines = [LogLine(cell) for cell in _head(view, width)]
    for thread in view.log.threads:
        lines.append(LogLine(""))
        for number, step in enumerate(reversed(thread)):
            about = number == len(thread) - 1 or step.disagreement.about != thread[0].disagreement.about
            here = step.disagreement.id
            lines += [
                LogLine(cell, here) for cell in _step(step, view, width, first=number == 0, about=about)
            ]
    return lines


def _head(view: DisagreementView, width: int) -> Iterator[Cell]:
    if view.raising:
        yield Piece("A draft of a disagreement waits: + goes on with it.", Tone.WARN)
    threads: Sequence[Sequence[ShownStep]] = view.log.threads
    if not threads:
        yield from plain("No disagreement is on record. + raises one.", width, indent=0)
        return
    clocks = [step.standing.clock for step in view.log.steps if step.standing.clock is not None]
    late = sum(clock.overdue for clock in clocks)
    waits = f"{len(clocks)} waiting for an answer, {late} overdue"
    yield Piece(f"{count_of(len(threads), 'disagreement')}: {waits}", Tone.STRONG)


def _step(step: ShownStep, view: DisagreementView, width: int, *, first: bool, about: bool) -> Iterator[Cell]:
    held, stands = step.disagreement, step.standing
    words, tone = _SIGNS[stands.state]
    if stands.clock is not None and stands.clock.overdue:
        words, tone = f"{words}, OVERDUE", Tone.ALERT
    level = DISAGREEMENT_LEVELS[held.level]
    lead = "" if first else "└ after "
    rest = short(f"  {level}, raised {say_day(held.raised)}", max(10, width - len(words) - len(lead)))
    yield (Piece(lead, Tone.QUIET), Piece(words, tone), Piece(rest, Tone.STRONG))
    if held.id in view.unfinished:
        yield Piece("  A draft about this step waits: X or > goes on with it.", Tone.WARN)
    yield from _field("put to", held.with_whom, width)
    if about:
        yield from _field("about", held.about, width)
    if stands.clock is not None:
        yield from _field("clock", stands.clock.text, width, tone)
        cleared = f"counts working days; cleared by: {RULES['disagreement'].clears_with}"
        yield from _field("", cleared, width, Tone.QUIET)
    if held.outcome.strip():
        yield from _field("outcome", held.outcome, width)
    if held.settled is not None:
        yield from _field("settled", say_day(held.settled), width)
    elif stands.state == "answered":
        yield from _field("next", stands.words.partition(": ")[2], width, Tone.WARN)
    if step.recorded_by:
        yield from _field("by", step.recorded_by, width, Tone.QUIET)


def _field(label: str, words: str, width: int, tone: Tone = Tone.PLAIN) -> Iterator[Cell]:
    """A label at the left and its words folded beside it."""
    for number, line in enumerate(plain(words, width - _MARGIN - 2, tone=tone, indent=0)[:_MOST_LINES]):
        sign = f"  {label if number == 0 else '':<{_MARGIN}}"
        text = line if isinstance(line, Piece) else Piece(str(line))
        yield (Piece(sign, Tone.QUIET), text)
