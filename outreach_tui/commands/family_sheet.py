"""A plan and its story as a sheet that a family can read: whole sentences, no codes, lines of 76 letters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from textwrap import wrap
from typing import TYPE_CHECKING

from casework.attendance import Tally
from casework.family_words import DECISIONS, full_day, say_action, say_contact, say_episode, say_follow_up
from casework.policies import Category
from casework.records import Contact, FollowUp
from casework.wording import AGENCIES, join_words
from outreach_tui.commands.frame import london
from storage.queries.plans import ShownPlan, read_episodes, read_plan
from storage.queries.steps import was_present

if TYPE_CHECKING:
    from datetime import datetime

    from casework.before_after import BeforeAfter
    from casework.records import Child
    from storage.store import Store

_WIDTH = 76


def sheet_of(store: Store, child: Child, at: datetime) -> list[str]:
    """The sheet's lines. What this worker may not see is left out; where the plan is, the sheet says so."""
    name = child.known_as or child.forename
    shown = read_plan(store, child)
    worker, local = store.worker, london(at)
    title = f"A plan for {name} {child.surname} and family"
    lines = [title, "=" * len(title), ""]
    lines += _folded(
        f"Made by {worker.name}, {AGENCIES[worker.agency]}, on {full_day(local.date())} at {local:%H:%M}."
    )
    for heading, body in _parts(store, child, name, shown):
        if body:
            lines += ["", heading, "-" * len(heading)]
            for text in body:
                lines += _folded(text)
    return lines


def _parts(store: Store, child: Child, name: str, shown: ShownPlan) -> Iterator[tuple[str, list[str]]]:
    today = store.today
    if shown.plan is None:
        yield "The plan", ["There is no plan yet."]
    for number, entry in enumerate(shown.outcomes, 1):
        held = entry.outcome
        body = [held.text]
        body += [f"Where we began: {held.baseline}"] if held.baseline else []
        body += [f"How we will know it is better: {held.measure}"] if held.measure else []
        body += ["This has been reached."] if held.status == "achieved" else []
        body += ["We no longer work on this."] if held.status == "dropped" else []
        body += ["What we do:"] if entry.actions else ["Nobody has a task for this yet."]
        body += [f"* {say_action(action, today)}" for action in entry.actions]
        yield f"{number}. What you want to be different", body
    for review in shown.reviews:
        body = [f"There: {join_words(review.attended)}."] if review.attended else []
        body += [f"Could not come: {join_words(review.apologies)}."] if review.apologies else []
        body += [f"What you said: {review.views}"] if review.views else []
        body += [f"How it goes: {review.progress}", DECISIONS[review.decision]]
        yield f"How it went: {full_day(review.held_on)}", body
    if shown.plan and shown.plan.ended is None and shown.plan.next_review:
        late = shown.plan.next_review < today
        day = full_day(shown.plan.next_review)
        yield "When we look at this again", [f"We meant to meet by {day}." if late else f"By {day}."]
    if shown.before_after is not None and shown.before_after.days:
        yield "Being in school", _attendance(name, shown.before_after)
    yield "What has happened, the newest first", _story(store, child, name, shown)


def _attendance(name: str, held: BeforeAfter) -> list[str]:
    day = full_day(held.started)
    return [
        "A school day has two parts, the morning and the afternoon.",
        f"Before {day}: {_counted(name, held.before.tally)}",
        f"Since then, over as many school days: {_counted(name, held.since.tally)}",
    ]


def _counted(name: str, counted: Tally) -> str:
    if not counted.possible:
        return "no morning or afternoon was counted."
    return f"{name} came to {counted.attended} of {counted.possible} mornings and afternoons."


def _story(store: Store, child: Child, name: str, shown: ShownPlan) -> list[str]:
    told: list[tuple[date, str, str]] = []
    if store.may_see(child, Category.FAMILY, "support"):
        for contact in store.find(Contact, "child = ?", (child.id,)):
            told.append((london(contact.at).date(), contact.id, say_contact(contact, name)))
    if store.may_see(child, Category.ATTENDANCE, "support"):
        for step in store.find(FollowUp, "child = ?", (child.id,)):
            words = say_follow_up(step, name, present=was_present(store, child, step.session_date))
            told.append((london(step.at).date(), step.id, words))
    for review in shown.reviews:
        told.append((review.held_on, review.id, "We looked at the plan together."))
    for entry in read_episodes(store, child):
        told += [(day, entry.episode.id, words) for day, words in say_episode(entry.episode)]
    rows = sorted({row for row in told if row[2]}, reverse=True)
    return [f"{full_day(day)}: {words}" for day, _, words in rows]


def _folded(text: str) -> list[str]:
    """Paragraphs broken between words; a list item is indented under its star."""
    lines = []
    for paragraph in text.split("\n"):
        indent = "  " if paragraph.startswith("* ") else ""
        lines += wrap(paragraph, _WIDTH, subsequent_indent=indent) or [""]
    return lines
