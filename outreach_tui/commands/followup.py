"""`outreach follow-up`: log what came of trying to reach a family."""

from __future__ import annotations

from typing import Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, clock_text, json_option, the_call
from outreach_tui.commands.opening import opened

_OUTCOMES = (
    "spoke",
    "no-answer",
    "left-message",
    "wrong-number",
    "reason",
    "visit-planned",
    "seen",
    "not-seen",
    "safeguarding",
    "closed",
)


@click.command(cls=LineCommand, name="follow-up")
@click.argument("child")
@click.option("--outcome", required=True, type=click.Choice(_OUTCOMES), help="What came of it.")
@click.option("--with", "with_whom", type=click.Choice(["parent", "child", "other"]), help="Who was reached.")
@click.option("--alone", is_flag=True, help="The child was spoken to alone.")
@click.option(
    "--reason", "reason_code", default="", metavar="CODE", help="The register code of the reason given."
)
@click.option("--note", metavar="TEXT|-", help="A note; - reads it from stdin.")
@click.option("--at", metavar="WHEN", help='When it was, such as 08:40 or "yesterday 15:10"; else now.')
@click.option("--on", metavar="DATE", help="The day of the absence; else that of the round.")
@json_option
def follow_up(
    child: str,
    outcome: str,
    with_whom: str | None,
    alone: bool,
    reason_code: str,
    note: str | None,
    at: str | None,
    on: str | None,
) -> None:
    """Log a follow-up of CHILD's absence: an id, a UPN, or a name that fits one child.

    A reason that the family gives is kept here and passed to the school: the school decides the code. `undo`
    takes a slip back.
    """
    from casework.followups import follow_up as build
    from casework.policies import Category
    from casework.triage import OPEN_OUTCOMES, SETTLED_OUTCOMES
    from outreach_tui.commands.frame import london
    from outreach_tui.commands.people import Eyes, take_day, take_note, take_when
    from storage.queries.lookup import find_child
    from storage.queries.today import register_day

    call = the_call()
    text = take_note(note)
    moment = take_when(at, call)
    absence = take_day(on, call.today, "--on", past=True)
    with opened(call) as store:
        found = find_child(store, child)
        eyes = Eyes(store, "attendance")
        eyes.require(found, Category.ATTENDANCE)
        day = absence or register_day(store, london(moment).date())
        edit = build(
            found.id,
            by=store.worker.id,
            at=moment,
            session_date=day,
            outcome=outcome,  # type: ignore[arg-type]
            with_whom=with_whom or "",
            alone=alone,
            reason_code=reason_code,
            note=text,
        )
        receipt = store.journal.commit(edit)
        value: dict[str, Any] = {
            "id": edit.changes[0].record,
            "child": eyes.child(found),
            "outcome": outcome,
            "status": SETTLED_OUTCOMES.get(outcome) or OPEN_OUTCOMES.get(outcome),
            "at": moment,
            "session_date": day,
            "edit": receipt.edit,
        }

    def lines() -> None:
        name = value["child"]["name"]
        output.emit_lines([f"{name}: {value['status']} ({clock_text(moment)}). A slip? outreach undo"])

    call.show(value, lines)
