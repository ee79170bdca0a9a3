"""`outreach plan`: a family's support plan, its outcomes and its actions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casework.vocabulary import AGENCIES
from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.before_after import BeforeAfter, Window
    from casework.records import Child
    from storage.queries.family_sheet import Part, Sheet
    from storage.queries.plans import ShownPlan
    from storage.sheet_files import FileFormat
    from storage.store import Store

_PARTS = ("plan", "story")
_FORMATS = ("text", "pdf")
_PROTECTED = "Warning: the address is protected. It is left out; check who will read this sheet."
_STATUSES = ("in-progress", "done", "not-done", "dropped")


@click.group(cls=LineGroup, no_args_is_help=False)
def plan() -> None:
    """A family's support plan: outcomes in their words, actions with an owner and a day."""


@plan.command("add")
@click.argument("child")
@click.option("--on", metavar="DATE", help="The day it starts; else today.")
@json_option
def add(child: str, on: str | None) -> None:
    """Start a plan in CHILD's open case. Its first review is due six weeks later, on a working day."""
    from casework.plans import start_plan
    from casework.wording import say_day
    from outreach_tui.commands.cases import take_case
    from outreach_tui.commands.people import take_day
    from storage.queries.plans import open_episode, open_plans

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        found = take_case(store, child, "plan")
        episode, plans = open_episode(store, found), open_plans(store, found)
        edit, made = start_plan(found, episode, store.worker.id, day, call.today, plans)
        receipt = store.journal.commit(edit)
    value = {
        "id": made.id,
        "child": found.id,
        "episode": made.episode,
        "started": made.started,
        "next_review": made.next_review,
        "edit": receipt.edit,
    }
    due = say_day(made.next_review) if made.next_review else "not set"
    call.show(
        value, lambda: output.emit_lines([f"Plan started. Its id is {made.id}.", f"First review: {due}."])
    )


@plan.command("outcome")
@click.argument("plan_id", metavar="PLAN")
@click.option("--text", required=True, metavar="TEXT|-", help="What is to be different, in their own words.")
@click.option("--baseline", default="", metavar="TEXT", help="Where it starts.")
@click.option("--measure", default="", metavar="TEXT", help="How everybody will know.")
@json_option
def outcome(plan_id: str, text: str, baseline: str, measure: str) -> None:
    """Add an outcome to PLAN: what the family wants to be different."""
    from casework.plans import add_outcome
    from casework.records_case import Plan
    from outreach_tui.commands.cases import fitting, take_own, text_of

    call = the_call()
    words = [text_of(text, "--text"), text_of(baseline, "--baseline"), text_of(measure, "--measure")]
    with opened(call) as store:
        held, _ = take_own(store, plan_id, Plan, "PLAN", "plan list CHILD")
        with fitting({}):
            edit, made = add_outcome(held, *words)
        receipt = store.journal.commit(edit)
    value = {"id": made.id, "plan": held.id, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines([f"Outcome added. Its id is {made.id}."]))


@plan.command("action")
@click.argument("outcome_id", metavar="OUTCOME")
@click.option("--text", required=True, metavar="TEXT|-", help="What is to be done.")
@click.option("--owner", required=True, metavar="WHO", help="Who does it: a person, or a family member.")
@click.option("--due", required=True, metavar="DATE", help="By which day.")
@click.option("--agency", type=click.Choice(AGENCIES), help="The owner's agency, when it is one's.")
@json_option
def action(outcome_id: str, text: str, owner: str, due: str, agency: str | None) -> None:
    """Add an action to OUTCOME: who does what by when. The school's only when the family agreed."""
    from casework.plans import add_action
    from casework.records_case import Outcome, Plan
    from outreach_tui.commands.cases import fitting, take_own, text_of
    from outreach_tui.commands.people import take_day
    from storage.queries.plans import owner_of, school_agreed

    call = the_call()
    words, who = text_of(text, "--text"), text_of(owner, "--owner")
    day = take_day(due, call.today, "--due", since=call.today) or call.today
    with opened(call) as store:
        held, child = take_own(store, outcome_id, Outcome, "OUTCOME", "plan show CHILD")
        who, of = owner_of(store, who, agency or "")
        with fitting({}):
            edit, made = add_action(
                held,
                words,
                who,
                of,
                day,
                call.today,
                plan=store.get(Plan, held.plan),
                school=school_agreed(store, child),
            )
        receipt = store.journal.commit(edit)
    value = {"id": made.id, "outcome": held.id, "due": made.due, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines([f"Action added. Its id is {made.id}."]))


@plan.command("do")
@click.argument("action_id", metavar="ACTION")
@click.option("--status", required=True, type=click.Choice(_STATUSES), help="How it stands now.")
@click.option("--why", default="", metavar="TEXT", help="Why it was not done, or dropped.")
@click.option("--on", metavar="DATE", help="The day on which it was settled; else today.")
@json_option
def do(action_id: str, status: Any, why: str, on: str | None) -> None:
    """Say how ACTION stands: in progress, done, not done or dropped (both with --why)."""
    from casework.plans import set_action
    from casework.records_case import Action
    from outreach_tui.commands.cases import fitting, take_own, text_of
    from outreach_tui.commands.people import take_day
    from storage.queries.plans import plan_of

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held, _ = take_own(store, action_id, Action, "ACTION", "plan show CHILD")
        with fitting({}):
            edit = set_action(held, status, text_of(why, "--why"), day, call.today, plan_of(store, held))
        receipt = store.journal.commit(edit)
    value = {"id": held.id, "status": status, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines([f"{edit.name}."]))


@plan.command("list")
@click.argument("child")
@json_option
def list_(child: str) -> None:
    """List CHILD's plans, the newest first, with how they stand."""
    from casework.wording import say_day
    from outreach_tui.commands.cases import take_case
    from storage.queries.plans import read_plans

    call = the_call()
    with opened(call) as store:
        found = take_case(store, child, "plan")
        held = read_plans(store, found)
        store.log("looked", f"plans ({len(held)})", found.id)
    value = [
        {
            "id": row["id"],
            "started": row["started"],
            "ended": row["ended"],
            "next_review": row["next_review"],
            "state": row["state"],
            "outcomes": len(row["outcomes"]),
            "overdue": len(row["overdue"]),
        }
        for row in map(plan_json, held)
    ]

    def table() -> None:
        if not value:
            output.emit_lines(["There is no plan."])
            return
        output.emit_table(
            ("STARTED", "STATE", "REVIEW DUE", "OUTCOMES", "OVERDUE", "ID"),
            [
                (
                    say_day(row["started"]),
                    row["state"],
                    say_day(row["next_review"]) if row["next_review"] and not row["ended"] else "",
                    row["outcomes"],
                    row["overdue"],
                    row["id"],
                )
                for row in value
            ],
            fancy=call.fancy,
        )

    call.show(value, table)


@plan.command("show")
@click.argument("child")
@json_option
def show(child: str) -> None:
    """Show CHILD's plan: outcomes, actions, reviews, how it stands, attendance before and since."""
    from outreach_tui.commands.cases import take_case
    from outreach_tui.commands.plan_text import plan_lines
    from storage.queries.guarded_words import guarded
    from storage.queries.plans import read_plan

    call = the_call()
    with opened(call) as store:
        found = take_case(store, child, "plan")
        value = guarded(store, found, plan_json(read_plan(store, found)))
        store.log("looked", "plan", found.id)
    call.show(value, lambda: plan_lines(value, fancy=call.fancy))


@plan.command("print")
@click.argument("child")
@click.option("--only", type=click.Choice(_PARTS), help="Only the plan, or only the story; else both.")
@click.option("--format", "fmt", type=click.Choice(_FORMATS), help="With --out; else as the file's ending.")
@click.option("--out", metavar="FILE", help="Write a new file; it is never overwritten.")
@json_option
def print_(child: str, only: Part | None, fmt: FileFormat | None, out: str | None) -> None:
    """Print CHILD's plan and story in plain words for the family; with --out into a text or PDF file.

    It holds what you may see: the plan, what was done and decided, who was in touch and when. The notes of
    contacts stay out: they may speak of others. A protected address is left out. A PDF needs the `report`
    extra. Whoever has the file can read it.
    """
    from outreach_tui.commands.cases import take_case
    from storage.queries.family_sheet import PARTS, read_sheet, sheet_lines

    call = the_call()
    if fmt == "pdf" and out is None:
        raise click.UsageError("--format pdf needs --out FILE")
    with opened(call) as store:
        found = take_case(store, child, "plan")
        sheet = read_sheet(store, found, call.moment(), (only,) if only else PARTS)
        lines = sheet_lines(sheet)
        if out is not None:
            _print_to(store, found, sheet, Path(out), fmt)
            return
        store.log("exported", "sheet for the family", found.id)
    if sheet.protected:
        output.warn(_PROTECTED)
    call.show({"child": found.id, "lines": lines}, lambda: output.emit_lines(lines))


def _print_to(store: Store, child: Child, sheet: Sheet, target: Path, fmt: FileFormat | None) -> None:
    from storage.sheet_files import format_of, save_sheet

    call = the_call()
    fmt = format_of(target, fmt)
    made = save_sheet(store, child, sheet, target, fmt, call.moment())
    if sheet.protected:
        output.warn(_PROTECTED)
    value = {"child": child.id, "file": str(made), "format": fmt}
    call.show(value, lambda: output.emit_lines([f"Written: {made}", "Whoever has the file can read it."]))


def plan_json(shown: ShownPlan) -> dict[str, Any]:
    """A plan in the words of the contract; `{}` while there is no case, `withheld` alone where it is."""
    if shown.withheld:
        return {"withheld": shown.withheld}
    held, stand, episode = shown.plan, shown.standing, shown.episode
    if held is None and episode is None:
        return {}
    late = [action.id for action in stand.overdue] if stand else []
    return {
        "id": held.id if held else None,
        "episode": episode.id if episode else None,
        "started": held.started if held else None,
        "next_review": held.next_review if held else None,
        "ended": held.ended if held else None,
        "state": stand.state if stand else "no plan",
        "reasons": list(stand.reasons) if stand else ["The case is open; there is no plan yet."],
        "overdue": late,
        "left_undone": [action.id for action in stand.left] if stand else [],
        "school_agreed": "ask" if shown.school is None else shown.school.answer,
        "outcomes": [
            {
                "id": entry.outcome.id,
                "text": entry.outcome.text,
                "baseline": entry.outcome.baseline,
                "measure": entry.outcome.measure,
                "status": entry.outcome.status,
                "actions": [
                    {
                        "id": a.id,
                        "text": a.text,
                        "owner": a.owner,
                        "agency": a.agency,
                        "due": a.due,
                        "moved_from": a.moved_from,
                        "status": a.status,
                        "why": a.why,
                        "done_on": a.done_on,
                        "overdue": a.id in late,
                    }
                    for a in entry.actions
                ],
            }
            for entry in shown.outcomes
        ],
        "reviews": [
            {
                "id": r.id,
                "on": r.held_on,
                "next": r.next_review,
                "agenda": r.agenda,
                "attended": list(r.attended),
                "apologies": list(r.apologies),
                "child_views": r.child_views,
                "views": r.views,
                "progress": r.progress,
                "decision": r.decision,
            }
            for r in shown.reviews
        ],
        "before_after": before_after_json(shown.before_after),
    }


def before_after_json(held: BeforeAfter | None) -> dict[str, Any] | None:
    """Attendance before the work and since as output has it; null where marks may not be seen."""
    from casework.before_after import NOT_BECAUSE, PART_TIME_NOTE, SUSPENSION_NOTE

    if held is None:
        return None
    return {
        "started": held.started,
        "school_days": held.days,
        "before": _window(held.before),
        "since": _window(held.since),
        "reasons": list(held.reasons),
        "notes": [SUSPENSION_NOTE, PART_TIME_NOTE, NOT_BECAUSE],
    }


def _window(held: Window) -> dict[str, Any]:
    return {
        "from": held.start,
        "to": held.end,
        "possible": held.tally.possible,
        "attended": held.tally.attended,
        "absent": held.tally.absent,
        "attendance_pct_1dp": held.attendance_pct,
        "too_few_for_a_rate": held.is_few,
        "marked": held.marked,
        "suspended": held.suspended,
        "part_time_c2": held.part_time,
        "not_required_x": held.not_required,
        "weeks": [
            {"week": monday, "possible": counted.possible, "attended": counted.attended}
            for monday, counted in held.weeks
        ],
    }
