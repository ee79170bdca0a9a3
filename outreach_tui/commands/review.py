"""`outreach review` and `outreach close`: a plan's review, and the end of a case."""

from __future__ import annotations

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened

_DECISIONS = ("continue", "step-up", "step-down", "close")
_REASONS = (
    "outcomes-achieved",
    "universal-support",
    "stepped-up",
    "stepped-down",
    "other-service",
    "disengaged",
    "agreement-withdrawn",
    "moved-area",
    "no-further-action",
    "opened-in-error",
    "child-died",
)


@click.command(cls=LineCommand)
@click.argument("plan")
@click.option("--on", metavar="DATE", help="The day it was held; else today.")
@click.option("--next", "next_review", metavar="DATE", help="The day of the next review.")
@click.option("--progress", required=True, metavar="TEXT|-", help="How it goes, outcome by outcome.")
@click.option("--attended", default="", metavar="A,B", help="Who came.")
@click.option("--apologies", default="", metavar="C,D", help="Who could not come.")
@click.option("--views", default="", metavar="TEXT", help="What child and family said.")
@click.option("--agenda", default="", metavar="TEXT", help="What was to be spoken of.")
@click.option("--decision", default="continue", type=click.Choice(_DECISIONS), help="What follows from it.")
@json_option
def review(plan: str, on: str | None, next_review: str | None, decision: str, **given: str) -> None:
    """Record a review of PLAN, usually a Team Around the Family meeting, and the day of the next one.

    --next may only be left out where the decision is another one than to continue.
    """
    from casework.ids import new_id
    from casework.plans import review_plan
    from casework.records_case import Plan, Review
    from outreach_tui.commands.cases import fitting, names_of, take_own, text_of
    from outreach_tui.commands.people import take_day

    call = the_call()
    if next_review is None and decision == "continue":
        raise click.UsageError("Missing option '--next'")
    day = take_day(on, call.today, "--on", past=True) or call.today
    following = take_day(next_review, call.today, "--next")
    words = {name: text_of(given[name], f"--{name}") for name in ("progress", "views", "agenda")}
    came = {name: names_of(given[name]) for name in ("attended", "apologies")}
    with opened(call) as store:
        held, child = take_own(store, plan, Plan, "PLAN", "plan list CHILD")
        values = {"held_on": day, "next_review": following, "decision": decision, **words, **came}
        with fitting({}):
            made = Review.model_validate(
                {"id": new_id(), "plan": held.id, "child": child.id, "by": store.worker.id, **values}
            )
        edit = review_plan(held, made, call.today)
        receipt = store.journal.commit(edit)
    value = {
        "id": made.id,
        "plan": held.id,
        "on": made.held_on,
        "next_review": made.next_review,
        "decision": made.decision,
        "edit": receipt.edit,
    }

    def text() -> None:
        output.emit_lines([f"Review recorded. Its id is {made.id}."])
        if decision != "continue":
            output.emit_lines(["The case is still open; end it with `outreach close CHILD --reason CODE`."])

    call.show(value, text)


@click.command(cls=LineCommand)
@click.argument("child")
@click.option("--reason", required=True, type=click.Choice(_REASONS), help="Why the work ends.")
@click.option("--told", default="", metavar="WHO", help="Who was told.")
@click.option("--views", default="", metavar="TEXT", help="What child and family said at the end.")
@click.option("--note", default="", metavar="TEXT|-", help="What else is to be known.")
@click.option("--on", metavar="DATE", help="The last day; else today.")
@json_option
def close(child: str, reason: str, told: str, views: str, note: str, on: str | None) -> None:
    """Close CHILD's case with its reason; open plans end with it. A case that comes back is a new one."""
    from casework.plans import close_case
    from outreach_tui.commands.cases import fitting, take_case, text_of
    from outreach_tui.commands.people import take_day
    from storage.queries.plans import open_episode, open_plans

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    words = {"told": text_of(told, "--told"), "views": text_of(views, "--views")}
    words["note"] = text_of(note, "--note")
    with opened(call) as store:
        found = take_case(store, child, "episode", or_leads=True)
        episode, plans = open_episode(store, found), open_plans(store, found)
        with fitting({}):
            edit = close_case(found, episode, plans, reason=reason, on=day, today=call.today, **words)
        receipt = store.journal.commit(edit)
    value = {
        "id": episode.id if episode else None,
        "child": found.id,
        "reason": reason,
        "closed": day,
        "plans_ended": [plan.id for plan in plans],
        "edit": receipt.edit,
    }
    call.show(value, lambda: output.emit_lines(["The case is closed."]))
