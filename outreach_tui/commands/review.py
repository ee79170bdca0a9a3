"""`outreach review` and `outreach close`: a plan's review, and the end of a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from datetime import date

    from casework.records import Child
    from outreach_tui.commands.frame import Call
    from storage.store import Store

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
@click.option("--child-views", default="", metavar="TEXT", help="What the child said, word for word.")
@click.option("--views", default="", metavar="TEXT", help="What the family said, in their own words.")
@click.option("--agenda", default="", metavar="TEXT", help="What was to be spoken of.")
@click.option("--decision", default="continue", type=click.Choice(_DECISIONS), help="What follows from it.")
@json_option
def review(plan: str, on: str | None, next_review: str | None, decision: str, **given: str) -> None:
    """Record a review of PLAN, usually a Team Around the Family meeting, and the day of the next one.

    --next may only be left out where the decision is another one than to continue; without it the refusal
    proposes a day. --json gives attendance before the plan and since with it.
    """
    from casework.ids import new_id
    from casework.plans import REASON_AFTER, next_review_after, review_plan
    from casework.records_case import Plan, Review
    from casework.wording import say_day
    from outreach_tui.commands.cases import fitting, names_of, take_own, text_of
    from outreach_tui.commands.people import take_day
    from outreach_tui.commands.plan import before_after_json
    from storage.queries.plans import read_before_after

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    if next_review is None and decision == "continue":
        proposed = next_review_after(day)
        raise click.UsageError(
            f"Missing option '--next'. The local cycle proposes {say_day(proposed)}: --next {proposed}"
        )
    following = take_day(next_review, call.today, "--next", since=day)
    words = {
        name: text_of(given[name], f"--{name.replace('_', '-')}")
        for name in ("progress", "child_views", "views", "agenda")
    }
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
        before_after = before_after_json(read_before_after(store, child, held.started, held.ended))
    value = {
        "id": made.id,
        "plan": held.id,
        "on": made.held_on,
        "next_review": made.next_review,
        "decision": made.decision,
        "before_after": before_after,
        "edit": receipt.edit,
    }

    def text() -> None:
        output.emit_lines([f"Review recorded. Its id is {made.id}."])
        for option, who, said in (
            ("--child-views", "child", made.child_views),
            ("--views", "family", made.views),
        ):
            if not said:
                output.emit_lines([f"No words of the {who} are on record with it; {option} takes them."])
        if decision != "continue":
            code = REASON_AFTER.get(decision, "CODE")
            output.emit_lines(
                [f"The case is still open; end it with `outreach close CHILD --reason {code}`."]
            )

    call.show(value, text)


@click.command(cls=LineCommand)
@click.argument("child")
@click.option("--reason", type=click.Choice(_REASONS), help="Why the work ends.")
@click.option("--join", is_flag=True, help="Two cases are open: make them one; the work goes on.")
@click.option("--to", default="", metavar="WHO", help="Who goes on: social worker, school lead, service.")
@click.option("--told", default="", metavar="WHO", help="Who was told.")
@click.option("--views", default="", metavar="TEXT", help="What child and family said at the end.")
@click.option("--note", default="", metavar="TEXT|-", help="What else is to be known.")
@click.option("--on", metavar="DATE", help="The last day; else today.")
@json_option
def close(child: str, reason: str | None, on: str | None, *, join: bool, **given: str) -> None:
    """Close CHILD's case with its reason; open plans end with it.

    --to says who goes on after a step up or down. A case that comes back is a new episode, through a new
    notification.
    """
    from casework.plans import close_case
    from outreach_tui.commands.cases import fitting, take_case, text_of
    from outreach_tui.commands.people import Eyes, take_day
    from storage.queries.child_clocks import clocks_of
    from storage.queries.guarded_words import guarded
    from storage.queries.plans import open_episode, open_plans

    call = the_call()
    if join:
        if reason or on or any(given.values()):
            raise click.UsageError("--join takes no other option: the work goes on")
        _join(call, child)
        return
    if reason is None:
        raise click.UsageError("Missing option '--reason'")
    day = take_day(on, call.today, "--on", past=True) or call.today
    words = {name: text_of(given[name], f"--{name}") for name in ("told", "views", "note")}
    words["passed_to"] = text_of(given["to"], "--to")
    with opened(call) as store:
        found = take_case(store, child, "episode", or_leads=True)
        episode, plans = open_episode(store, found), open_plans(store, found)
        with fitting({"passed_to": "--to"}):
            edit = close_case(found, episode, plans, reason=reason, on=day, today=call.today, **words)
        left = _left_undone(store, found, day)
        name, ran = Eyes(store).child(found)["name"], clocks_of(store, found)
        receipt = store.journal.commit(edit)
        runs_on = clocks_of(store, found)
        another = open_episode(store, found) is not None
        shown = guarded(store, found, words)
    if another:
        output.warn("Warning: another case of this child is open, which this did not close.")
    ended = [task for key, task in ran.items() if task is not None and key not in runs_on]
    value = {
        "id": episode.id if episode else None,
        "child": found.id,
        "reason": reason,
        "passed_to": shown["passed_to"],
        "closed": day,
        "told": shown["told"],
        "plans_ended": [plan.id for plan in plans],
        "left_undone": left,
        "clocks_ended": [{"rule": task.rule, "text": task.text} for task in ended],
        "edit": receipt.edit,
    }
    call.show(value, lambda: output.emit_lines(_closed_lines(value, name)))


def _join(call: Call, child: str) -> None:
    """Make one of two open cases, say what goes on, and as JSON which ended."""
    from casework.episodes import join_cases, open_cases
    from casework.records_case import Episode
    from casework.wording import say_day
    from outreach_tui.commands.cases import take_case

    with opened(call) as store:
        found = take_case(store, child, "episode", or_leads=True)
        episodes = store.find(Episode, "child = ?", (found.id,))
        edit = join_cases(episodes, call.today)
        kept, *others = open_cases(episodes)
        receipt = store.journal.commit(edit)
    value = {"id": kept.id, "child": found.id, "joined": [one.id for one in others], "edit": receipt.edit}
    words = f"One case now: that opened on {say_day(kept.opened)} goes on."
    call.show(value, lambda: output.emit_lines([words]))


def _left_undone(store: Store, child: Child, on: date) -> list[dict[str, Any]]:
    """The actions that a closing settles none of, the earliest due first; none where the plan is withheld."""
    from casework.plan_edits import is_late
    from casework.plans import left_undone
    from storage.queries.guarded_words import guarded
    from storage.queries.plans import read_plan

    shown = guarded(store, child, read_plan(store, child, attendance=False))
    if shown.plan is None or shown.plan.ended is not None:
        return []
    return [
        {"id": a.id, "text": a.text, "owner": a.owner, "due": a.due, "overdue": is_late(a, on)}
        for a in left_undone(shown.actions)
    ]


def _closed_lines(value: dict[str, Any], name: str) -> list[str]:
    """What was closed and why, what ended with it, who goes on and who was told."""
    from casework.wording import CLOSE_REASONS, count_of, say_day

    plans = len(value["plans_ended"])
    also = f" {'Its plan' if plans == 1 else count_of(plans, 'plan')} ended with it." if plans else ""
    why = CLOSE_REASONS[value["reason"]]
    lines = [f"The case of {name} is closed on {say_day(value['closed'])}: {why}.{also}"]
    lines += [f"{value['passed_to']} goes on with it."] if value["passed_to"] else []
    clocks = value["clocks_ended"]
    lines += ["Clocks that ended with it:"] if clocks else ["No clock that you may see ended with it."]
    lines += [f"  {clock['text']}" for clock in clocks]
    for one in value["left_undone"]:
        late = "overdue, " if one["overdue"] else ""
        lines.append(f"Left undone: {one['text']} ({one['owner']}, {late}due {say_day(one['due'])}).")
    told = value["told"]
    lines.append(f"Told: {told}." if told else "Nobody is on record as told; --told says who was.")
    return lines
