"""The lines about a child's case, of its own screen and of a child's page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from casework.episodes import FROM_CLOSURE, FROM_REFERRAL, say_again
from casework.wording import CLOSE_REASONS, count_of, say_day
from screens.widgets.fitting import labelled, plain, ruled, short
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.cases import CaseEpisode, CaseView, ShownCase

if TYPE_CHECKING:
    from casework.early_help import ReReferral

_STARTED_BY = 40


def case_lines(view: CaseView, width: int) -> list[Cell]:
    """Every line of the screen for a list that is `width` cells wide."""
    lines: list[Cell] = [*_head(view, width)]
    for one in view.case.episodes:
        lines += ["", *_episode(one, width)]
    if view.case.episodes:
        lines.append("")
        lines += plain(
            "Counted by child, not by family. Length is from allocation to closure; an open case has none "
            "yet, only its days so far.",
            width, tone=Tone.QUIET, indent=0,
        )  # fmt: skip
    return lines


def _head(view: CaseView, width: int) -> Iterator[Cell]:
    if view.draft:
        yield Piece("A draft of the closing waits: X goes on with it.", Tone.WARN)
    held = view.case.open
    if view.case.is_double:
        words = "TWO CASES ARE OPEN for this child, as when two laptops each opened one. X joins them."
        yield from plain(words, width, tone=Tone.ALERT, indent=0)
    if held is not None:
        words = f"OPEN, episode {held.shown.episode.number}, {held.standing.length}."
        yield from plain(f"{words} G holds a review, X closes it.", width, tone=Tone.STRONG, indent=0)
    elif view.case.episodes:
        number = view.case.episodes[0].shown.episode.number + 1
        words = f"CLOSED. It opens again through a new notification (g n, +): episode {number}."
        yield from plain(words, width, tone=Tone.STRONG, indent=0)
    else:
        words = "NO CASE. One opens when a notification (g n, +) is allocated to a worker."
        yield from plain(words, width, tone=Tone.STRONG, indent=0)
    for one in view.case.waiting:
        words = f"A notification of {say_day(one.notification.received)} waits for a worker: g n, then A."
        yield from plain(words, width, tone=Tone.WARN, indent=0)


def _episode(one: CaseEpisode, width: int) -> Iterator[Cell]:
    held, stands = one.shown.episode, one.standing
    state = "OPEN" if stands.is_open else "CLOSED"
    yield ruled(f"Episode {held.number}: {state}", width)
    by = f", led by {short(one.worker, 40)}" if one.worker else ""
    yield from _line("opened", f"{say_day(held.opened)}{by}", width)
    yield from _line("through", _through(one), width)
    if stands.days_to_allocate is not None and held.referred is not None:
        count = count_of(stands.days_to_allocate, "working day")
        yield from _line("allocated", f"{count} after {say_day(held.referred)}", width)
    length = (
        f"{stands.length}, it is open" if stands.is_open else f"{stands.length} from allocation to closure"
    )
    yield from _line("length", length, width)
    if stands.again is not None:
        yield from _again(stands.again, width)
    if one.notification is not None and one.notification.notification.level:
        yield from _line("level", f"{one.notification.notification.level} (level of need)", width)
    for plan in one.plans:
        end = f", ended {say_day(plan.ended)}" if plan.ended else ""
        yield from _line("plan", f"of {say_day(plan.started)}{end}", width)
    if not stands.is_open:
        yield from _ending(one, width)


def _through(one: CaseEpisode) -> str:
    told = one.notification
    if told is None:
        referred = one.shown.episode.referred
        return f"a referral of {say_day(referred)}" if referred else "no notification on record"
    by = f" from {short(told.notification.notifier, _STARTED_BY)}" if told.notification.notifier else ""
    return f"the notification of {say_day(told.notification.received)}{by}"


def _again(again: ReReferral, width: int) -> Iterator[Cell]:
    if again.from_referral is None and again.from_closure is None:
        yield from _line("re-referral", "no earlier referral or closure is known", width)
        return
    yield from _line("re-referral", f"{FROM_REFERRAL}: {say_again(again.from_referral).upper()}", width)
    yield from _line("", f"{FROM_CLOSURE}: {say_again(again.from_closure).upper()}", width)
    for reason in again.reasons:
        yield from _line("", reason, width, Tone.QUIET)


def _line(label: str, words: str, width: int, tone: Tone = Tone.PLAIN) -> Iterator[Cell]:
    return labelled(label, words, width, tone, margin=12)


def _ending(one: CaseEpisode, width: int) -> Iterator[Cell]:
    held = one.shown.episode
    if held.closed is None:
        return
    if one.shown.withheld:
        yield from _line("closed", say_day(held.closed), width)
        yield from _line("withheld", f"why it ended and what was said: {one.shown.withheld}", width)
        return
    why = f": {CLOSE_REASONS[held.reason]}" if held.reason else ""
    yield from _line("closed", f"{say_day(held.closed)}{why}", width)
    for label, words in (
        ("goes on", held.passed_to),
        ("told", held.told or "nobody is on record as told"),
        ("views", held.views or "no closing views are on record"),
        ("note", held.note),
    ):
        if words:
            yield from _line(label, words, width)


def case_state(case: ShownCase | None, width: int, *, keys: bool = True) -> list[Cell]:
    """A child's case in a line or two for their own page; `keys` says where it leads."""
    if case is None or not case.episodes:
        return []
    one = case.episodes[0]
    held, stands = one.shown.episode, one.standing
    words = [f"Case: {'open' if stands.is_open else 'closed'}, episode {held.number}, {stands.length}"]
    if held.closed is not None:
        words[0] += f" to {say_day(held.closed)}"
    if stands.again is not None and held.number > 1:
        words.append(
            f"re-referral {FROM_REFERRAL}: {say_again(stands.again.from_referral)}, "
            f"{FROM_CLOSURE}: {say_again(stands.again.from_closure)}"
        )
    if case.is_double:
        words.insert(0, "TWO CASES ARE OPEN, to be joined")
    hint = " H shows it." if keys else ""
    return plain(f"{'; '.join(words)}.{hint}", width)
