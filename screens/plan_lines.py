"""The lines of a family's plan, on its own screen and on a child's page: data for a list of a width."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from casework.before_after import say_attended
from casework.plan_edits import next_action
from casework.plan_school import SCHOOL
from casework.plans import DONE, PlanState
from casework.wording import ACTION_STATUSES, REVIEW_DECISIONS, count_of, join_words, say_day
from screens.widgets.fitting import brief_day, fold, plain, short
from screens.widgets.text import Cell, Piece, Tone

if TYPE_CHECKING:
    from casework.before_after import Window
    from casework.records import Child
    from casework.records_case import Action, Episode, Outcome, Plan, Review
    from storage.queries.plans import ShownOutcome, ShownPlan
    from storage.store import Store

Names = Mapping[str, str]
"""Agencies by their word, with the labels of this place."""

OUTCOME, ACTION, ENDING = "outcome", "action", "plan-ending"
"""The forms of this screen, by which their drafts are kept."""

STATES: Mapping[PlanState, tuple[str, Tone]] = {
    "no outcome": ("NO OUTCOME YET", Tone.WARN),
    "not reviewed": ("NOT REVIEWED YET", Tone.WARN),
    "review overdue": ("REVIEW OVERDUE", Tone.ALERT),
    "actions overdue": ("ACTIONS OVERDUE", Tone.ALERT),
    "on course": ("ON COURSE", Tone.GOOD),
    "ended": ("ENDED", Tone.QUIET),
}
"""How a plan stands, in words whatever the colours."""

_OUTCOME_STATES = {"open": "", "achieved": "REACHED  ", "dropped": "DROPPED  "}
_MARGIN = 11
_MOST_LINES = 4


@dataclass(frozen=True, slots=True)
class PlanView:
    """A child's plan with what may be begun from here: the open `case`, and forms left half filled."""

    child: Child
    name: str
    place: str
    shown: ShownPlan
    case: Episode | None
    earlier: Sequence[Plan]
    drafts: frozenset[tuple[str, str]]
    today: date

    @property
    def open_plan(self) -> Plan | None:
        """The plan, where it has not ended."""
        held = self.shown.plan
        return held if held is not None and held.ended is None else None


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One line, with the record it stands for and its whole text."""

    cell: Cell
    record: Outcome | Action | Review | None = None
    text: str = ""

    @property
    def key(self) -> str:
        """What the line belongs to: its cursor stays on it."""
        return self.record.id if self.record is not None else ""


def read_plan_view(store: Store, child_id: str) -> PlanView:
    """Everything that the screen shows. Raises BadInput when there is no such child."""
    from casework.records import Child
    from casework.records_case import Plan
    from storage.queries.lookup import display_name
    from storage.queries.plans import open_episode, read_plan
    from storage.queries.sight import draft_of, place_of, shown_child

    child = store.get(Child, child_id)
    seen = shown_child(store, child)
    shown = read_plan(store, child)
    plans = [] if shown.withheld else store.find(Plan, "child = ?", (child_id,))
    here = shown.plan.id if shown.plan else ""
    return PlanView(
        child=child,
        name=display_name(seen),
        place=place_of(store, seen),
        shown=shown,
        case=None if shown.withheld else open_episode(store, child),
        earlier=sorted((p for p in plans if p.id != here), key=lambda p: (p.started, p.id), reverse=True),
        drafts=frozenset(
            (form, subject)
            for form, subject in (
                *((form, child_id) for form in (OUTCOME, ACTION)),
                *((OUTCOME, entry.outcome.id) for entry in shown.outcomes),
                *((ACTION, action.id) for action in shown.actions),
                *((ENDING, entry.outcome.id) for entry in shown.outcomes),
                *((ENDING, action.id) for action in shown.actions),
            )
            if draft_of(store, form, subject) is not None
        ),
        today=store.today,
    )


def standing_lines(
    shown: ShownPlan, today: date, width: int, names: Names, *, keys: bool = True
) -> list[Cell]:
    """How a plan stands and its next step, for the child's own page; nothing where no case is open."""
    hint = " P opens it." if keys else ""
    if shown.withheld:
        return plain(f"Plan: WITHHELD. {shown.withheld}", width)
    if shown.plan is None or shown.standing is None:
        if shown.episode is None:
            return []
        since = brief_day(shown.episode.opened)
        return plain(f"Plan: NONE YET, the case is open since {since}.{hint}", width, tone=Tone.WARN)
    words, tone = STATES[shown.standing.state]
    told = [_review_words(shown, today)]
    if late := shown.standing.overdue:
        told.append(f"{count_of(len(late), 'action')} overdue")
    head = f"Plan: {words}. {join_sentences(told)}{hint}"
    lines = plain(head, width, tone=tone if tone is not Tone.GOOD else Tone.PLAIN)
    step = next_action(shown.actions) if shown.plan.ended is None else None
    if step is not None:
        lines += plain(
            f"Next: {short(step.text, 60)} ({_owner(step, names)}), {due_words(step, today)}", width
        )
    return lines


def join_sentences(parts: Sequence[str]) -> str:
    """Parts as sentences, the empty ones left out."""
    return " ".join(f"{part[0].upper()}{part[1:]}." for part in parts if part)


def _review_words(shown: ShownPlan, today: date) -> str:
    if shown.plan is None or shown.plan.ended is not None:
        return f"ended {say_day(shown.plan.ended)}" if shown.plan and shown.plan.ended else ""
    due = shown.plan.next_review
    if due is None:
        return "no next review is set"
    return f"next review {say_day(due)}, {left_words((due - today).days)}"


def left_words(days: int) -> str:
    """Calendar days until a day, or since it, in words."""
    if days == 0:
        return "today"
    if days < 0:
        return f"{count_of(-days, 'day')} overdue"
    return f"{count_of(days, 'day')} left"


def due_words(action: Action, today: date) -> str:
    """By when, with what is left, or how it was settled."""
    if action.status in DONE:
        day = f" {_day(action.done_on, today)}" if action.done_on else ""
        return f"{ACTION_STATUSES[action.status]}{day}"
    left = (action.due - today).days
    verb = "was due" if left < 0 else "by"
    moved = f", moved from {_day(action.moved_from, today)}" if action.moved_from else ""
    return f"{verb} {_day(action.due, today)}, {left_words(left)}{moved}"


def _day(day: date, today: date) -> str:
    """A day with its weekday; with its year where that is another one."""
    return brief_day(day) if day.year == today.year else say_day(day)


def plan_lines(view: PlanView, names: Names, width: int) -> list[PlanLine]:
    """Every line of the screen for a list that is `width` cells wide."""
    if view.shown.withheld:
        head = (Piece("WITHHELD", Tone.WARN), Piece("  This plan is not shown to you."))
        return [PlanLine(head), *_told(view.shown.withheld, width), *_told(_ASK, width, Tone.QUIET)]
    lines = [*_head(view, width), *_drafts(view)]
    lines += _late(view, names, width)
    for number, entry in enumerate(view.shown.outcomes, 1):
        lines += _outcome(number, entry, view, names, width)
    if view.shown.plan is not None:
        lines += _reviews(view, width)
    lines += _attendance(view, width)
    if view.earlier:
        lines += _rule("Earlier plans", width)
        for plan in view.earlier:
            end = f" to {say_day(plan.ended)}" if plan.ended else ", not ended"
            lines += _told(f"{say_day(plan.started)}{end}", width)
    return lines


_ASK = "C shows what the family agreed, and records what it says now."
_NO_CASE = "A plan belongs to an open case: g n shows what schools asked for, A there gives it to a worker."


def _told(words: str, width: int, tone: Tone = Tone.PLAIN) -> Iterator[PlanLine]:
    yield from (PlanLine(cell) for cell in plain(words, width, tone=tone))


def _rule(title: str, width: int) -> list[PlanLine]:
    words = f"{title} "
    rule = "─" * max(0, width - len(words))
    return [PlanLine(""), PlanLine((Piece(words, Tone.STRONG), Piece(rule, Tone.QUIET)))]


def _head(view: PlanView, width: int) -> Iterator[PlanLine]:
    held, stand = view.shown.plan, view.shown.standing
    if held is None or stand is None:
        if view.case is None:
            yield PlanLine((Piece("NO OPEN CASE", Tone.WARN), Piece("  There is no plan.")))
            yield from _told(_NO_CASE, width, Tone.QUIET)
            return
        since = say_day(view.case.opened)
        yield PlanLine((Piece("NO PLAN YET", Tone.WARN), Piece(f"  The case is open since {since}.")))
        words = "O writes what the family wants to be different, and starts the plan."
        yield from _told(words, width, Tone.QUIET)
        return
    words, tone = STATES[stand.state]
    yield PlanLine(
        (Piece(words, tone), Piece(f"  {join_sentences([_review_words(view.shown, view.today)])}"))
    )
    last = view.shown.reviews[0].held_on if view.shown.reviews else None
    reviewed = f"last reviewed {say_day(last)}" if last else "never reviewed"
    told = [f"started {say_day(held.started)}", reviewed]
    if stand.left:
        told.append(stand.reasons[-1].rstrip("."))
    yield from _told(join_sentences(told), width, Tone.QUIET)
    if held.ended is not None and view.case is not None:
        yield from _told("The case is open again: O starts a new plan.", width, Tone.WARN)
    elif not view.shown.outcomes:
        yield from _told("O writes what the family wants to be different.", width, Tone.WARN)
    theirs = [a for a in view.shown.actions if a.agency == SCHOOL and a.status not in DONE]
    if theirs and held.ended is None and view.shown.school is not None and not view.shown.school:
        words = f"The school has {count_of(len(theirs), 'action')} here without agreement. "
        yield from _told(f"{words}{view.shown.school.reason} C records what they say.", width, Tone.ALERT)


def _drafts(view: PlanView) -> Iterator[PlanLine]:
    if (OUTCOME, view.child.id) in view.drafts:
        yield PlanLine(Piece("A draft of an outcome waits: O goes on with it.", Tone.WARN))
    if (ACTION, view.child.id) in view.drafts:
        yield PlanLine(Piece("A draft of an action waits: + goes on with it.", Tone.WARN))


def _waiting(record: Outcome | Action, view: PlanView) -> Iterator[PlanLine]:
    """The forms about one record that were left half filled."""
    for form, key in ((record.type, "E"), (ENDING, "X")):
        if (form, record.id) in view.drafts:
            yield PlanLine(Piece(f"   a draft waits: {key} goes on with it", Tone.WARN), record)


def _late(view: PlanView, names: Names, width: int) -> Iterator[PlanLine]:
    late = view.shown.standing.overdue if view.shown.standing else ()
    if not late:
        return
    yield from _rule("Overdue, first", width)
    for action in late:
        words = f"! {left_words((action.due - view.today).days)}: {action.text}"
        for cell in plain(words, width, tone=Tone.ALERT)[:2]:
            yield PlanLine(cell, action, _whole(action, names))
        told = f"{_owner(action, names)}, was due {_day(action.due, view.today)}"
        for cell in plain(told, width, indent=4)[:2]:
            yield PlanLine(cell, action, _whole(action, names))


def _outcome(
    number: int, entry: ShownOutcome, view: PlanView, names: Names, width: int
) -> Iterator[PlanLine]:
    held = entry.outcome
    yield PlanLine("")
    state = _OUTCOME_STATES[held.status]
    tone = Tone.STRONG if held.status == "open" else Tone.QUIET
    whole = "\n".join(filter(None, (held.text, held.baseline, held.measure)))
    lines = fold(f"“{held.text}”", max(10, width - 3 - len(state)))[:_MOST_LINES]
    for at, line in enumerate(lines):
        sign = f"{number}  {state}" if at == 0 else " " * (3 + len(state))
        yield PlanLine((Piece(sign, Tone.KEY), Piece(line, tone)), held, whole)
    for label, words in (("starts at", held.baseline), ("measure", held.measure)):
        for cell in _field(label, words, width):
            yield PlanLine(cell, held, whole)
    yield from _waiting(held, view)
    late = {action.id for action in (view.shown.standing.overdue if view.shown.standing else ())}
    for action in sorted(entry.actions, key=lambda a: (a.id not in late, a.status in DONE, a.due, a.id)):
        yield from _action(action, view, names, width, late=action.id in late)
    if not entry.actions and held.status == "open":
        yield PlanLine(Piece("   nobody has a task for it yet: + says who does what", Tone.WARN), held, whole)


def _action(action: Action, view: PlanView, names: Names, width: int, *, late: bool) -> Iterator[PlanLine]:
    stand = view.shown.standing
    undone = stand is not None and action in stand.left
    status = "OVERDUE" if late else "LEFT UNDONE" if undone else ACTION_STATUSES[action.status]
    tone = Tone.ALERT if late else Tone.QUIET if action.status in DONE else Tone.PLAIN
    lines = fold(action.text, max(10, width - _MARGIN - 4))[:_MOST_LINES]
    for at, line in enumerate(lines):
        sign = f"   {status:<{_MARGIN}} " if at == 0 else " " * (_MARGIN + 4)
        pieces = (Piece(sign, Tone.ALERT if late else Tone.QUIET), Piece(line, tone))
        yield PlanLine(pieces, action, _whole(action, names))
    ended = view.shown.plan.ended if view.shown.plan else None
    told = f"{_owner(action, names)}; {due_words(action, min(view.today, ended or view.today))}"
    told += f"; {ACTION_STATUSES[action.status]}" if late and action.status != "to-do" else ""
    told += f"; why: {action.why}" if action.why else ""
    for cell in plain(told, width, tone=Tone.QUIET, indent=_MARGIN + 4)[:_MOST_LINES]:
        yield PlanLine(cell, action, _whole(action, names))
    yield from _waiting(action, view)


def _owner(action: Action, names: Names) -> str:
    agency = names.get(action.agency, action.agency)
    return short(action.owner, 40) + (f", {short(agency, 30)}" if agency else "")


def _whole(action: Action, names: Names) -> str:
    why = f"Why: {action.why}" if action.why else ""
    owner = action.owner + (f", {names.get(action.agency, action.agency)}" if action.agency else "")
    return "\n".join(filter(None, (action.text, f"Who: {owner}", f"Due: {say_day(action.due)}", why)))


def _reviews(view: PlanView, width: int) -> Iterator[PlanLine]:
    yield from _rule("Reviews, newest first", width)
    for held in view.shown.reviews:
        child = f"The child says: “{held.child_views}”" if held.child_views else ""
        family = f"The family says: “{held.views}”" if held.views else ""
        whole = "\n".join(filter(None, (held.agenda, child, family, held.progress)))
        there = f"; there: {join_words(held.attended)}" if held.attended else ""
        away = f"; apologies: {join_words(held.apologies)}" if held.apologies else ""
        head = f"{say_day(held.held_on)}: {REVIEW_DECISIONS[held.decision]}{there}{away}"
        for cell in plain(head, width, tone=Tone.STRONG)[:_MOST_LINES]:
            yield PlanLine(cell, held, whole)
        for words in (held.progress, child, family):
            for cell in plain(words, width, indent=4)[:_MOST_LINES] if words else []:
                yield PlanLine(cell, held, whole)
    if not view.shown.reviews:
        yield PlanLine(Piece("  none yet: nobody knows whether it works", Tone.QUIET))


def _attendance(view: PlanView, width: int) -> Iterator[PlanLine]:
    held = view.shown.before_after
    if held is None:
        return
    yield from _rule("Attendance before and since", width)
    if held.days:
        for label, window in (("before", held.before), ("since", held.since)):
            for cell in _field(label, _window(window), width):
                yield PlanLine(cell)
    yield from _told(" ".join(held.reasons), width, Tone.QUIET)


def _window(held: Window) -> str:
    if not held.tally.possible or held.start is None or held.end is None:
        return "no possible sessions"
    counts = say_attended(held)
    first = brief_day(held.start) if held.start.year == held.end.year else say_day(held.start)
    return f"{counts}, {first} to {say_day(held.end)}"


def _field(label: str, words: str, width: int) -> Iterator[Cell]:
    """A label at the left and its words folded beside it; nothing without words."""
    lines = fold(words, max(10, width - _MARGIN - 4))[:_MOST_LINES] if words.strip() else []
    for at, line in enumerate(lines):
        sign = f"   {label:<{_MARGIN}} " if at == 0 else " " * (_MARGIN + 4)
        yield (Piece(sign, Tone.QUIET), Piece(line))
