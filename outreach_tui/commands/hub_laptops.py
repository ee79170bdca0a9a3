"""The laptops of a central record: letting them in, what each may hold, ending their access."""

from __future__ import annotations

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, stamp_text, the_call
from outreach_tui.commands.hub_opening import opened_hub


@click.command("code", cls=LineCommand)
@click.option("--worker", required=True, metavar="NAME", help="Whose laptop it is.")
@click.option("--agency", required=True, metavar="AGENCY", help="The agency that the worker works for.")
@click.option("--team", required=True, metavar="TEAM", help="The worker's team.")
@click.option("--school", "urns", multiple=True, metavar="URN", help="A school they are tied to; repeatable.")
@json_option
def code(worker: str, agency: str, team: str, urns: tuple[str, ...]) -> None:
    """Print a code with which one laptop of this worker can enrol within ten minutes.

    The worker, the team and the schools are put on record where they are not yet; agency, team and schools
    are from then on as given here. The same name with another agency is another worker: a laptop of the one
    who is on record already is listed, to be ended with `hub revoke` where it is one person.
    """
    from casework.errors import UsageProblem
    from casework.vocabulary import AGENCIES

    if agency not in AGENCIES:
        choices = ", ".join(AGENCIES)
        raise UsageProblem("no-such-agency", f"There is no such agency; choose one of {choices}.", "--agency")
    call = the_call()
    with opened_hub(call) as (opened, _):
        from sync.hub.devices import namesakes
        from sync.hub.enrolment import draw_code, enter_worker

        with opened.engine.begin() as connection:
            person = enter_worker(
                connection,
                worker,
                agency,
                team,
                tuple(dict.fromkeys(urns)),
                call.now(),
            )
            drawn = draw_code(connection, person, call.now())
            others = namesakes(connection, person)
        words = opened.words()
    value = {"code": drawn.text, "expires": drawn.expires, "worker": person, "words": words}
    value["same_name"] = [
        {"worker": other.id, "agency": other.agency, "laptops": laptops} for other, laptops in others
    ]

    def text() -> None:
        output.emit_pairs(
            [("Code", drawn.text), ("Good until", stamp_text(drawn.expires)), ("Six words", words)]
        )
        output.warn("The code works once; the laptop has to show the same six words.")
        for other, laptops in others:
            goes_on = f"their laptop goes on ({', '.join(laptops)})" if laptops else "they have no laptop now"
            mend = (
                " Where both are one person, let it sync once more, then end its access: outreach hub revoke"
                " DEVICE."
            )
            output.warn(
                f"{other.name} of {other.agency} is another worker on record, and {goes_on}."
                f"{mend if laptops else ''}"
            )

    call.show(value, text)


@click.command("devices", cls=LineCommand)
@json_option
def devices() -> None:
    """List the laptops: whose, since when, last seen, and how many children's records they are still owed.

    TO GIVE UP is of how many children a laptop may hold less than it was sent, and has not said yet that it
    gave the rest up; GAVE UP how many records it says to have given up since it enrolled.
    KEPT ASIDE counts its steps that could not be taken; `hub check` says why.
    AUDIT LOST says when the audit of a laptop was found not to hold what is kept of it here: an older copy of
    the caseload was put back, or the audit was altered. `hub acknowledge` says that somebody looked into it.
    """
    call = the_call()
    with opened_hub(call) as (opened, _):
        from sync.hub.care import laptops

        with opened.engine.begin() as connection:
            rows = laptops(connection)
    call.show(
        rows,
        lambda: output.emit_table(
            (
                *("WORKER", "AGENCY", "STATUS", "ENROLLED", "LAST SEEN"),
                *("TO SEND", "TO GIVE UP", "GAVE UP", "KEPT ASIDE", "AUDIT LOST", "ID"),
            ),
            [
                (
                    *(row["worker"], row["agency"], row["status"], stamp_text(row["enrolled"])),
                    *(stamp_text(row["last_seen"]) if row["last_seen"] else "never", row["scopes_to_send"]),
                    row["scopes_to_give_up"],
                    row["given_up"]["records"] if row["given_up"] else 0,
                    row["quarantined"],
                    stamp_text(row["audit_lost"]) if row["audit_lost"] else "",
                    row["id"],
                )
                for row in rows
            ],
            fancy=call.fancy,
        ),
    )


@click.command("entitle", cls=LineCommand)
@click.argument("worker")
@click.option("--school", "add", multiple=True, metavar="URN", help="Tie to this school; repeatable.")
@click.option("--drop-school", "drop", multiple=True, metavar="URN", help="Untie from it; repeatable.")
@json_option
def entitle(worker: str, add: tuple[str, ...], drop: tuple[str, ...]) -> None:
    """Tie WORKER, by name or id, to schools, or untie: what the laptop may hold follows at once."""
    from casework.errors import UsageProblem

    if not add and not drop:
        raise UsageProblem(
            "nothing-to-do", "Say which school: --school URN or --drop-school URN.", "--school"
        )
    call = the_call()
    with opened_hub(call) as (opened, _):
        from sync.hub.care import entitle as tie

        with opened.engine.begin() as connection:
            value = tie(connection, worker, add, drop, call.now())
    schools = ", ".join(value["schools"]) or "no school"
    said = f"{value['worker']} is tied to {schools}."
    then = f"From the next sync on their laptop holds {value['holds']}."
    call.show(value, lambda: output.emit_lines([said, then]))


@click.command("revoke", cls=LineCommand)
@click.argument("device")
@json_option
def revoke(device: str) -> None:
    """End the access of DEVICE, an id of `hub devices` or its beginning.

    The laptop is told nothing more; what it still sends is kept aside for a person to look at.
    """
    call = the_call()
    with opened_hub(call) as (opened, _):
        from sync.hub.care import end_access

        with opened.engine.begin() as connection:
            ended = end_access(connection, device)
    call.show({"id": ended, "status": "revoked"}, lambda: output.emit_lines([f"{ended} is revoked."]))


@click.command("approve", cls=LineCommand)
@click.argument("device")
@json_option
def approve(device: str) -> None:
    """Let DEVICE in, which waits for a manager's yes (`hub init --approve`)."""
    call = the_call()
    with opened_hub(call) as (opened, _):
        from sync.hub.care import approve as let_in

        with opened.engine.begin() as connection:
            done = let_in(connection, device, call.now())
    call.show({"id": done, "status": "active"}, lambda: output.emit_lines([f"{done} may sync now."]))


@click.command("acknowledge", cls=LineCommand)
@click.argument("device")
@click.option("--by", required=True, metavar="NAME", help="Who looked into it.")
@click.option(
    "--reason", required=True, metavar="TEXT", help="What it was, such as: the laptop was repaired."
)
@json_option
def acknowledge(device: str, by: str, reason: str) -> None:
    """Put on record who looked into the lost audit of DEVICE, and what it was.

    It is no alarm any more, and stays on record for good; another loss is a new alarm.
    """
    call = the_call()
    with opened_hub(call) as (opened, _):
        from sync.hub.care import acknowledge_audit

        with opened.engine.begin() as connection:
            done = acknowledge_audit(connection, device, by, reason, call.now())
    said = f"{done['id']}: found {stamp_text(done['found'])}, looked into by {done['by']}."
    call.show(done, lambda: output.emit_lines([said]))
