"""A plan and its story as a sheet that a family can read: whole sentences, no codes, dates in full."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from textwrap import wrap
from typing import TYPE_CHECKING, Literal, get_args

from casework.attendance import Tally
from casework.dates import LONDON
from casework.family_words import DECISIONS, full_day, say_action, say_contact, say_episode, say_follow_up
from casework.hide_address import hide_address
from casework.policies import Category
from casework.records import Contact
from casework.records_attendance import FollowUp
from casework.wording import AGENCIES, join_words
from storage.queries.guarded_words import guarded_addresses
from storage.queries.plans import ShownPlan, read_episodes, read_plan
from storage.queries.steps import days_present

if TYPE_CHECKING:
    from datetime import datetime

    from casework.before_after import BeforeAfter
    from casework.records import Child
    from storage.store import Store

WIDTH = 76
"""Letters in a line of the sheet as text."""

Part = Literal["plan", "story"]
PARTS: tuple[Part, ...] = get_args(Part)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its paragraphs; one that begins with `* ` is an item of a list."""

    heading: str
    body: Sequence[str]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What a family gets to read. `protected` tells that an address of theirs is protected, and left out."""

    title: str
    made: str
    sections: Sequence[Section]
    protected: bool = False


def read_sheet(store: Store, child: Child, at: datetime, parts: Collection[Part] = PARTS) -> Sheet:
    """A child's plan, its story or both. What this worker may not see is left out, and so is every address
    of a family whose address is protected.
    """
    name = child.known_as or child.forename
    shown = read_plan(store, child)
    worker, local = store.worker, at.astimezone(LONDON)
    made = f"Made by {worker.name}, {AGENCIES[worker.agency]}, on {full_day(local.date())} at {local:%H:%M}."
    what = "A plan" if "plan" in parts else "The story so far"
    sections = [*_plan(store, name, shown)] if "plan" in parts else []
    if "story" in parts:
        sections.append(("What has happened, the newest first", _story(store, child, name, shown)))
    hidden = guarded_addresses(store, child)
    return Sheet(
        title=hide_address(f"{what} for {name} {child.surname} and family", hidden),
        made=made,
        sections=[
            Section(heading, [hide_address(text, hidden) for text in body])
            for heading, body in sections
            if body
        ],
        protected=bool(hidden),
    )


def sheet_lines(sheet: Sheet) -> list[str]:
    """The sheet as lines of text."""
    lines = [sheet.title, "=" * len(sheet.title), "", *_folded(sheet.made)]
    for section in sheet.sections:
        lines += ["", section.heading, "-" * len(section.heading)]
        for text in section.body:
            lines += _folded(text)
    return lines


def _plan(store: Store, name: str, shown: ShownPlan) -> Iterator[tuple[str, list[str]]]:
    today = store.today
    if shown.plan is None:
        words = "The plan is not shown here." if shown.withheld else "There is no plan yet."
        yield "The plan", [words]
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
        body += [f"What {name} said: {review.child_views}"] if review.child_views else []
        body += [f"What you said: {review.views}"] if review.views else []
        body += [f"How it goes: {review.progress}", DECISIONS[review.decision]]
        yield f"How it went: {full_day(review.held_on)}", body
    if shown.plan and shown.plan.ended is None and shown.plan.next_review:
        late = shown.plan.next_review < today
        day = full_day(shown.plan.next_review)
        yield "When we look at this again", [f"We meant to meet by {day}." if late else f"By {day}."]
    if shown.before_after is not None and shown.before_after.days:
        yield "Being in school", _attendance(name, shown.before_after)


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
            told.append((contact.at.astimezone(LONDON).date(), contact.id, say_contact(contact, name)))
    if store.may_see(child, Category.ATTENDANCE, "support"):
        steps = store.find(FollowUp, "child = ?", (child.id,))
        present = days_present(store, child, {step.session_date for step in steps})
        for step in steps:
            words = say_follow_up(step, name, present=step.session_date in present)
            told.append((step.at.astimezone(LONDON).date(), step.id, words))
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
        lines += wrap(paragraph, WIDTH, subsequent_indent=indent) or [""]
    return lines
