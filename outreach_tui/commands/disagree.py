"""`outreach disagree`: professional disagreements, their answers, their way up to the District Manager."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.records import Child
    from casework.records_case import Disagreement
    from storage.queries.disagreements import ShownStep
    from storage.store import Store

_LEVELS = ("practitioner", "team-manager", "district-manager")


@click.group(cls=LineGroup, no_args_is_help=False)
def disagree() -> None:
    """Disagreements between professionals: raised, answered, taken up to the District Manager."""


@disagree.command("add")
@click.argument("child")
@click.option("--about", required=True, metavar="TEXT|-", help="What you do not agree about, and why.")
@click.option("--with", "with_whom", required=True, metavar="WHO", help="To whom it is put.")
@click.option(
    "--level",
    type=click.Choice(_LEVELS),
    default="practitioner",
    show_default=True,
    help="At which level it starts.",
)
@click.option("--on", metavar="DATE", help="The day it was raised; else today.")
@click.option("--due", metavar="DATE", help="The day by which it is answered; else 5 working days on.")
@json_option
def add(child: str, about: str, with_whom: str, level: str, on: str | None, due: str | None) -> None:
    """Raise a disagreement about CHILD. Its clock runs until it is answered or taken further."""
    from casework.ids import new_id
    from casework.records_case import Disagreement
    from casework.wording import say_day
    from outreach_tui.commands.cases import fitting, text_of
    from outreach_tui.commands.people import take_day
    from storage.disagreeing import commit_raised

    call = the_call()
    words, who = text_of(about, "--about"), text_of(with_whom, "--with")
    raised = take_day(on, call.today, "--on", past=True) or call.today
    answered_by = take_day(due, call.today, "--due", since=raised)
    with opened(call) as store:
        found = _child(store, child)
        with fitting({"with_whom": "--with"}):
            made = Disagreement.model_validate(
                {
                    "id": new_id(),
                    "child": found.id,
                    "raised": raised,
                    "about": words,
                    "with_whom": who,
                    "level": level,
                    "due": answered_by,
                    "by": store.worker.id,
                }
            )
        receipt, kept = commit_raised(store, made)
        value = {"id": kept.id, "child": found.id, "level": kept.level, "due": kept.due, "edit": receipt.edit}
    until = say_day(kept.due) if kept.due else ""
    lines = [f"{receipt.name}. Its id is {kept.id}.", f"An answer is due by {until}."]
    call.show(value, lambda: output.emit_lines(lines))


@disagree.command("answer")
@click.argument("disagreement")
@click.option("--outcome", default="", metavar="TEXT|-", help="What was answered, and what is done now.")
@click.option("--not-settled", is_flag=True, help="You still do not agree: it can be taken further.")
@click.option("--on", metavar="DATE", help="The day of the answer; else today.")
@json_option
def answer(disagreement: str, outcome: str, *, not_settled: bool, on: str | None) -> None:
    """Record the answer to DISAGREEMENT; that settles it unless you say otherwise.

    One that was answered and not settled is settled by the same command, with --outcome or without.
    """
    from outreach_tui.commands.cases import fitting, text_of
    from outreach_tui.commands.people import take_day
    from storage.disagreeing import commit_answer

    call = the_call()
    words = text_of(outcome, "--outcome")
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held = _disagreement(store, disagreement)
        with fitting({}):
            receipt = commit_answer(store, held, words, day, settles=not not_settled)
        state = "answered" if not_settled else "settled"
        value = {"id": held.id, "state": state, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines([f"{receipt.name}."]))


@disagree.command("escalate")
@click.argument("disagreement")
@click.option("--with", "with_whom", required=True, metavar="WHO", help="Who decides at the next level.")
@click.option("--about", default="", metavar="TEXT|-", help="What is put to them; else the words before.")
@click.option("--on", metavar="DATE", help="The day it was taken further; else today.")
@json_option
def escalate(disagreement: str, with_whom: str, about: str, on: str | None) -> None:
    """Take DISAGREEMENT to the next level: team manager, then District Manager; a new clock starts."""
    from casework.wording import DISAGREEMENT_LEVELS, say_day
    from outreach_tui.commands.cases import fitting, text_of
    from outreach_tui.commands.people import take_day
    from storage.disagreeing import commit_escalation

    call = the_call()
    who, words = text_of(with_whom, "--with"), text_of(about, "--about")
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held = _disagreement(store, disagreement)
        with fitting({"with_whom": "--with"}):
            receipt, made = commit_escalation(store, held, who, day, about=words)
        value = {
            "id": made.id,
            "follows": held.id,
            "level": made.level,
            "due": made.due,
            "edit": receipt.edit,
        }
    until = say_day(made.due) if made.due else ""
    lines = [
        f"Taken to the {DISAGREEMENT_LEVELS[made.level]}. The new step's id is {made.id}.",
        f"An answer is due by {until}.",
    ]
    call.show(value, lambda: output.emit_lines(lines))


@disagree.command("list")
@click.argument("child")
@json_option
def list_(child: str) -> None:
    """List the disagreements about CHILD, the newest first, each with its steps up."""
    from storage.queries.disagreements import read_disagreements, require_disagreements
    from storage.queries.guarded_words import guarded

    call = the_call()
    with opened(call) as store:
        found = _child(store, child)
        require_disagreements(store, found)
        log = guarded(store, found, read_disagreements(store, found))
        store.log("looked", f"disagreements ({len(log.threads)})", found.id)
    value = [{"steps": [as_json(step) for step in thread]} for thread in log.threads]

    def table() -> None:
        if not value:
            output.emit_lines(["No disagreement is on record."])
            return
        output.emit_table(
            ("RAISED", "LEVEL", "PUT TO", "ABOUT", "STATE", "DUE", "OUTCOME", "ID"),
            [
                (
                    step["raised"],
                    step["level"],
                    step["with"],
                    step["about"],
                    step["state"] + (", overdue" if step["overdue"] else ""),
                    step["due"],
                    step["outcome"],
                    step["id"],
                )
                for thread in value
                for step in thread["steps"]
            ],
            fancy=call.fancy,
        )

    call.show(value, table)


@disagree.command("show")
@click.argument("disagreement")
@json_option
def show(disagreement: str) -> None:
    """Show DISAGREEMENT in full, with where it stands."""
    from casework.records import Child
    from storage.queries.disagreements import read_disagreements
    from storage.queries.guarded_words import guarded

    call = the_call()
    with opened(call) as store:
        held = _disagreement(store, disagreement)
        child = store.get(Child, held.child)
        log = guarded(store, child, read_disagreements(store, child))
        step = next(one for one in log.steps if one.disagreement.id == held.id)
        store.log("looked", f"disagreement {held.id}", held.child)
    value = as_json(step)
    call.show(
        value,
        lambda: output.emit_pairs(
            (key.replace("_", " ").capitalize(), "" if part is None else part)
            for key, part in value.items()
            if key != "overdue"
        ),
    )


def as_json(step: ShownStep) -> dict[str, Any]:
    """A step as output has it."""
    held, clock = step.disagreement, step.standing.clock
    return {
        "id": held.id,
        "follows": held.follows,
        "raised": held.raised,
        "level": held.level,
        "with": held.with_whom,
        "about": held.about,
        "state": step.standing.state,
        "standing": step.standing.words,
        "due": held.due,
        "overdue": clock.overdue if clock else False,
        "left": clock.left if clock else None,
        "outcome": held.outcome,
        "settled": held.settled,
        "recorded_by": step.recorded_by,
    }


def _child(store: Store, text: str) -> Child:
    from outreach_tui.commands.people import take_child

    return take_child(store, text)


def _disagreement(store: Store, text: str) -> Disagreement:
    """The disagreement that an argument means. Raises BadInput for another record, Refused where withheld."""
    from casework.errors import BadInput
    from casework.records import Child
    from casework.records_case import Disagreement
    from outreach_tui.commands.people import take_record
    from storage.queries.disagreements import require_disagreements

    found = take_record(store, text, "DISAGREEMENT")
    if not isinstance(found, Disagreement) or found.void:
        raise BadInput(
            "not-a-disagreement", "That id is no disagreement; see `disagree list CHILD`.", "DISAGREEMENT"
        )
    require_disagreements(store, store.get(Child, found.child))
    return found
