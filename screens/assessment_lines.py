"""The lines about assessments and scores, of their own screen and of a child's page."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.assessments import PARTS, missing_of
from casework.records import meta_of
from casework.wording import count_of, join_words, say_day
from screens.widgets.fitting import brief_day, fold, plain, short
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.assessments import FORM, SCORES_FORM, AssessmentPage, written

if TYPE_CHECKING:
    from casework.assessments import AreaTravelled, Travelled
    from casework.told_facts import Told
    from storage.queries.plans import ShownAssessment

ONE_READING = "one reading is no change"
_SHOWN_LINES = 4
_TOLD_LINES = 2
_AREA = 26
_LEFT = "NOT COMPLETED when its case was closed"


@dataclass(frozen=True, slots=True)
class AssessmentLine:
    """One line. It stands for a `part`, for an assessment by its id, for a tool, or for nothing."""

    cell: Cell
    part: str = ""
    assessment: str = ""
    tool: str = ""


def label_of(part: str) -> str:
    """A part as the form calls it."""
    meta = meta_of("assessment", part)
    return meta.label if meta else part


def assessment_lines(
    page: AssessmentPage, shown: ShownAssessment | None, width: int
) -> Iterator[AssessmentLine]:
    """Every line of the screen, about one assessment, for a list that is `width` cells wide."""
    if page.withheld:
        for cell in plain(f"Withheld: {page.withheld}", width, indent=0):
            yield AssessmentLine(cell)
        return
    for cell in _head(page, shown, width):
        yield AssessmentLine(cell)
    if shown is not None:
        for part in PARTS:
            yield from _part(page, shown, part, width)
    elif page.told:
        yield AssessmentLine("")
        yield AssessmentLine(_rule("Told already: offered in the form", width))
        for fact in page.told:
            for cell in told_cells(fact, width):
                yield AssessmentLine(cell)
    yield AssessmentLine("")
    yield AssessmentLine(_rule("Outcome tools: names and numbers only", width))
    yield from _scores(page, width)
    others = [one for one in page.assessments if shown is None or one.assessment.id != shown.assessment.id]
    if others:
        yield AssessmentLine("")
        yield AssessmentLine(_rule("Other assessments: enter shows one", width))
    for one in others:
        cell = Piece(f"  {short(state_words(page, one), width - 2)}")
        yield AssessmentLine(cell, assessment=one.assessment.id)


def state_words(page: AssessmentPage, shown: ShownAssessment) -> str:
    """Where an assessment stands, in words."""
    held = shown.assessment
    begun = f"started {say_day(held.started)} by {_worker(page, held.by)}"
    if held.completed is not None:
        by = f" by {_worker(page, held.completed_by)}" if held.completed_by else ""
        return f"COMPLETE since {say_day(held.completed)}{by}; {begun}"
    if page.was_left(shown):
        return f"{_LEFT}, {_share(shown)} written; {begun}"
    return f"IN WORK, {_share(shown)} written; {begun}"


def _share(shown: ShownAssessment) -> str:
    seen = len(PARTS) - len(shown.withheld)
    return f"{written(shown)} of {count_of(seen, 'part')}"


def _worker(page: AssessmentPage, worker: str | None) -> str:
    return short(page.workers.get(worker or "", "") or "a worker", 30)


def _head(page: AssessmentPage, shown: ShownAssessment | None, width: int) -> Iterator[Cell]:
    if (FORM, page.child.id) in page.drafts:
        yield Piece("A draft of a new assessment waits: + goes on with it.", Tone.WARN)
    if (SCORES_FORM, page.child.id) in page.drafts:
        yield Piece("A draft of scores waits: + goes on with it.", Tone.WARN)
    if page.is_waited_for:
        yield Piece("NOT STARTED in the open case: + starts it.", Tone.WARN)
        if clock := page.clock_of(None):
            yield from plain(_clock_words(clock.text), width, indent=0, tone=Tone.QUIET)
    if shown is None:
        if page.episode is None:
            words = "No assessment. It belongs to an open case, and none is open: allocate a notification."
            yield from plain(words, width, indent=0)
        return
    held = shown.assessment
    if (FORM, held.id) in page.drafts:
        yield Piece("A draft of this one waits: enter or E goes on with it.", Tone.WARN)
    tone = Tone.GOOD if held.completed else Tone.STRONG
    yield from plain(state_words(page, shown), width, indent=0, tone=tone)
    clock, due = page.clock_of(held), page.due_of(held)
    if clock is not None:
        tone = Tone.ALERT if clock.overdue else Tone.PLAIN
        yield from plain(_clock_words(clock.text), width, indent=0, tone=tone)
    elif due is not None and held.completed is not None:
        late = (held.completed - due).days
        how = f"{count_of(late, 'day')} late" if late > 0 else "in time"
        yield from plain(f"It was due {say_day(due)}: {how}.", width, indent=0)
    empty = _empty(shown)
    if empty:
        yield from plain(f"Empty: {join_words(empty)}. Nothing waits for them.", width, indent=0)


def _clock_words(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}. It counts calendar days; its length is a local setting."


def _empty(shown: ShownAssessment) -> list[str]:
    return missing_of(shown.assessment, shown.withheld)


def empty_words(shown: ShownAssessment) -> str:
    """The parts that are empty, in one sentence; nothing where none is."""
    empty = _empty(shown)
    return f"Still empty: {join_words(empty)}." if empty else ""


def _part(page: AssessmentPage, shown: ShownAssessment, part: str, width: int) -> Iterator[AssessmentLine]:
    yield AssessmentLine("", part)
    words = getattr(shown.assessment, part).strip()
    reason = shown.withheld.get(part)
    sign = "withheld" if reason else "" if words else "empty"
    yield AssessmentLine(_rule(label_of(part), width, sign), part)
    if reason:
        for cell in plain(f"Withheld: {reason}", width):
            yield AssessmentLine(cell, part)
        return
    lines = fold(words, width - 2) if words else []
    for line in lines[:_SHOWN_LINES]:
        yield AssessmentLine(Piece(f"  {line}"), part)
    if len(lines) > _SHOWN_LINES:
        more = f"  {count_of(len(lines) - _SHOWN_LINES, 'more line')}: enter shows all"
        yield AssessmentLine(Piece(more, Tone.QUIET), part)
    if not words and shown.assessment.completed is None:
        for one in page.told:
            if one.part == part:
                for cell in told_cells(one, width):
                    yield AssessmentLine(cell, part)


def told_cells(one: Told, width: int) -> list[Cell]:
    """A fact that was told already, in a line or two."""
    lines = fold(f"told already, {one.what}: {one.words} ({one.source})", width - 2)
    if len(lines) > _TOLD_LINES:
        lines = [*lines[: _TOLD_LINES - 1], short(f"{lines[_TOLD_LINES - 1]} …", width - 2)]
    return [Piece(f"  {line}", Tone.QUIET) for line in lines]


def _rule(title: str, width: int, sign: str = "") -> Cell:
    words = f"{title} "
    mark = f" {sign.upper()}" if sign else ""
    rule = "─" * max(0, width - len(words) - len(mark))
    return (Piece(words, Tone.STRONG), Piece(rule, Tone.QUIET), Piece(mark, Tone.WARN))


def _scores(page: AssessmentPage, width: int) -> Iterator[AssessmentLine]:
    for tool in page.travelled:
        head = Piece(f"  {short(tool.tool, max(10, width - 50))}", Tone.STRONG)
        yield AssessmentLine((head, Piece(f": {distance_words(tool)}")), tool=tool.tool)
        for area in tool.areas:
            yield AssessmentLine(_area(area, width), tool=tool.tool)
        newest = page.readings_of(tool)[0]
        who = f"with {short(newest.with_whom, 30)}, " if newest.with_whom else ""
        words = f"    last {say_day(newest.scored_on)}, {who}by {_worker(page, newest.by)}: enter lists all"
        yield AssessmentLine(Piece(short(words, width), Tone.QUIET), tool=tool.tool)
    if not page.travelled:
        yield AssessmentLine(Piece("  no reading of a tool is on record: + takes one in", Tone.QUIET))


def distance_words(tool: Travelled) -> str:
    """The distance travelled in a tool: areas up, same, down, and those read once."""
    if tool.once == len(tool.areas):
        return f"{count_of(tool.once, 'area')} read once; {ONE_READING}"
    once = f"; {tool.once} read once" if tool.once else ""
    return f"{count_of(tool.up, 'area')} up, {tool.same} the same, {tool.down} down{once}"


def _area(area: AreaTravelled, width: int) -> Cell:
    name = short(area.area, max(_AREA, width - 50))
    first = f"{area.first.score} on {brief_day(area.first.scored_on)}"
    pad = " " * max(1, max(_AREA, width - 50) + 1 - len(name))
    if area.change is None:
        return (Piece(f"    {name}{pad}{first:<15}"), Piece(f"  {ONE_READING}", Tone.QUIET))
    last = f"{area.last.score} on {brief_day(area.last.scored_on)}"
    way = f"{area.change:+d} up" if area.change > 0 else f"{area.change:+d} down" if area.change else "same"
    return (Piece(f"    {name}{pad}{first:<15}  {last:<15}  "), Piece(way, Tone.STRONG))


def summary_lines(page: AssessmentPage, width: int, *, keys: bool = True) -> list[Cell]:
    """The assessment and the scores of a child in a line or two, for the child's own page; none without."""
    hint = " Enter or J opens it." if keys else ""
    if page.withheld:
        return plain(f"Assessment: withheld. {page.withheld}", width)
    lines: list[Cell] = []
    shown = page.current
    if page.is_waited_for:
        clock = page.clock_of(None)
        due = f", due {brief_day(clock.due)}" if clock and clock.due else ""
        late = " (overdue)" if clock and clock.overdue else ""
        lines += plain(f"Assessment: NOT STARTED{due}{late}.{hint}", width, tone=Tone.WARN)
    elif shown is not None and shown.assessment.completed is not None:
        lines += plain(f"Assessment: COMPLETE {brief_day(shown.assessment.completed)}.{hint}", width)
    elif shown is not None and page.was_left(shown):
        lines += plain(f"Assessment: {_LEFT}, {_share(shown)}.{hint}", width)
    elif shown is not None:
        clock = page.clock_of(shown.assessment)
        due = f", due {brief_day(clock.due)}" if clock and clock.due else ""
        late = " (overdue)" if clock and clock.overdue else ""
        tone = Tone.WARN if late else Tone.PLAIN
        lines += plain(f"Assessment: IN WORK, {_share(shown)}{due}{late}.{hint}", width, tone=tone)
    for tool in page.travelled:
        words = f"Scores: {short(tool.tool, 30)}: {distance_words(tool)}"
        lines.append(Piece(f"  {short(words, width - 2)}"))
    return lines
