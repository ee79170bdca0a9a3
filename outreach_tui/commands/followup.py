"""`outreach follow-up`: log what came of trying to reach a family."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, clock_text, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from datetime import date

    from casework.errors import BadInput
    from casework.records import Child
    from storage.store import Store

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
    "told-social-worker",
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

    A reason that the family gives is kept here and passed to the school: the school decides the code. It is a
    code of absence, or of being unable to attend. --on must be a day with sessions. `undo` takes a slip back.

    `told-social-worker` prints the words to send and keeps them as its note: no try to reach the family.
    """
    from casework.followups import check_moment, check_reason
    from casework.followups import follow_up as build
    from casework.records_attendance import TOLD_SOCIAL_WORKER
    from casework.triage import OPEN_OUTCOMES, SETTLED_OUTCOMES
    from casework.wording import OUTCOME_LABELS
    from outreach_tui.commands.people import Eyes, take_child, take_day, take_note, take_when
    from storage.following_up import message_to_social_worker, require_register
    from storage.queries.registers import register_day

    call = the_call()
    text = take_note(note)
    moment = take_when(at, call)
    check_moment(moment, call.latest(), "--at")
    absence = take_day(on, call.today, "--on", past=True)
    if outcome == "reason" and not reason_code.strip():
        raise _reason_needed(absence or call.today)
    with opened(call) as store:
        found = take_child(store, child)
        eyes = Eyes(store, "attendance")
        require_register(store, [found.id])
        if absence is not None:
            _check_session(store, found, absence)
        day = absence or register_day(store, call.today)
        if reason_code.strip():
            check_reason(reason_code, day, "--reason")
        message = message_to_social_worker(store, found, day) if outcome == TOLD_SOCIAL_WORKER else ""
        doubt = _present_warning(store, found, day)
        with _as_options():
            edit = build(
                found.id,
                by=store.worker.id,
                at=moment,
                session_date=day,
                outcome=outcome,  # type: ignore[arg-type]
                with_whom=with_whom or "",
                alone=alone,
                reason_code=reason_code,
                note="\n".join(filter(None, (message, text))),
            )
        receipt = store.journal.commit(edit)
        value: dict[str, Any] = {
            "id": edit.changes[0].record,
            "child": eyes.child(found),
            "outcome": outcome,
            "status": SETTLED_OUTCOMES.get(outcome) or OPEN_OUTCOMES.get(outcome) or OUTCOME_LABELS[outcome],
            "at": moment,
            "session_date": day,
            "edit": receipt.edit,
            "warnings": [doubt] if doubt else [],
        }
        if message:
            value["message"] = message
    if doubt:
        output.warn(f"Warning: {doubt}")

    def lines() -> None:
        name = value["child"]["name"]
        output.emit_lines([f"{name}: {value['status']} ({clock_text(moment)}). A slip? outreach undo"])
        output.emit_lines(["", *message.split("\n")] if message else [])

    call.show(value, lines)


@contextmanager
def _as_options() -> Iterator[None]:
    """Name the option by which bad input came, where the rule names the field."""
    from casework.errors import BadInput

    try:
        yield
    except BadInput as error:
        if error.where in ("alone", "reason", "with"):
            error.where = f"--{error.where}"
        raise


def _present_warning(store: Store, child: Child, day: date) -> str:
    """A warning where the register has the child in for every session that it has of the day, else ""."""
    from casework.wording import say_day
    from storage.queries.steps import was_present

    if not was_present(store, child, day):
        return ""
    return (
        f"The register has the child present on {say_day(day)}; the follow-up is kept. A slip? outreach undo"
    )


def _reason_needed(on: date) -> BadInput:
    from casework.errors import BadInput
    from casework.followups import common_reasons

    return BadInput(
        "reason-needed",
        f"The outcome `reason` needs its register code by --reason, such as {common_reasons(on)}.",
        "--reason",
    )


def _check_session(store: Store, child: Child, day: date) -> None:
    """Raise BadInput where the child's school, as far as its calendar is known, has no session that day."""
    from casework.errors import BadInput
    from casework.wording import say_day

    known = store.schools.calendars.get(child.school or "")
    if known is None or known.is_school_day(day):
        return
    school = store.schools.schools[child.school or ""]
    raise BadInput(
        "no-session",
        f"{school.name} has no session on {say_day(day)} by its calendar; give another day, or mend it with"
        f" `outreach school calendar {school.urn} FILE`.",
        "--on",
    )
