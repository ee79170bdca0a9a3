"""`outreach team` and `outreach worker`: who works on this caseload, to be named in `edit`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from storage.queries.workload import Load

_LONGEST_NAME = 300


@click.group(cls=LineGroup, no_args_is_help=False)
def team() -> None:
    """The teams of this caseload."""


@click.group(cls=LineGroup, no_args_is_help=False)
def worker() -> None:
    """The workers of this caseload."""


@team.command("list")
@json_option
def list_teams() -> None:
    """List the teams with their district and how many workers they have."""
    from casework.records import Team, Worker

    call = the_call()
    with opened(call) as store:
        workers = [held.team for held in store.find(Worker) if held.active]
        rows: list[dict[str, Any]] = [
            {
                "id": held.id,
                "name": held.name,
                "district": held.district,
                "workers": workers.count(held.id),
                "yours": held.id == store.worker.team,
            }
            for held in sorted(store.find(Team), key=lambda held: (held.name, held.id))
        ]
    call.show(
        rows,
        lambda: output.emit_table(
            ("TEAM", "DISTRICT", "WORKERS", "ID"),
            [(row["name"], row["district"], row["workers"], row["id"]) for row in rows],
            fancy=call.fancy,
        ),
    )


@worker.command("add")
@click.argument("name")
@click.option("--agency", required=True, metavar="AGENCY", help="The agency they work for.")
@click.option("--team", "team_name", metavar="TEAM", help="Their team, by name or id; else yours.")
@click.option("--school", "urns", multiple=True, metavar="URN", help="A school they are tied to; repeatable.")
@json_option
def add_worker(name: str, agency: str, team_name: str | None, urns: tuple[str, ...]) -> None:
    """Add a worker, to whom cases can be allocated.

    Who is tied to schools sees nothing of a child on another school's roll, unless they work the case.
    """
    from casework.edits import Edit, create
    from casework.errors import BadInput, UsageProblem
    from casework.ids import new_id
    from casework.records import Worker
    from casework.vocabulary import AGENCIES
    from outreach_tui.commands.editing import reference
    from outreach_tui.commands.school import find_school
    from storage.intake.cells import read_name

    if agency not in AGENCIES:
        choices = ", ".join(AGENCIES)
        raise UsageProblem("no-such-agency", f"There is no such agency; choose one of {choices}.", "--agency")
    held, wrong, _ = read_name(name, _LONGEST_NAME)
    if wrong or not held.strip():
        raise BadInput("bad-value", f"NAME {wrong or 'is empty'}; type it anew.", "NAME")
    call = the_call()
    with opened(call) as store:
        record = Worker.model_validate(
            {
                "id": new_id(),
                "name": held.strip(),
                "agency": agency,
                "team": reference(store, "team", team_name) if team_name else store.worker.team,
                "schools": tuple(find_school(store, urn, "--school").id for urn in dict.fromkeys(urns)),
            }
        )
        receipt = store.journal.commit(Edit("Add worker", (create(record),)))
        value = {
            "id": record.id,
            "name": record.name,
            "agency": agency,
            "schools": list(dict.fromkeys(urns)),
            "edit": receipt.edit,
        }
    call.show(value, lambda: output.emit_lines([f"{record.name} is added ({agency})."]))


@worker.command("list")
@json_option
def list_workers() -> None:
    """List the workers with their agency and team, and what each of your team carries.

    That is numbers of cases, of actions past their day and of notifications that wait for them: for
    allocating a case. Who has left is listed too and said to be so.
    """
    from casework.records import Team, Worker
    from storage.queries.workload import read_workload

    call = the_call()
    with opened(call) as store:
        teams = {held.id: held.name for held in store.find(Team)}
        loads = {load.worker.id: load for load in read_workload(store)}
        rows: list[dict[str, Any]] = [
            {
                "id": held.id,
                "name": held.name,
                "agency": held.agency,
                "team": teams.get(held.team or ""),
                "active": held.active,
                "you": held.id == store.worker.id,
                **_carried(loads.get(held.id)),
            }
            for held in sorted(store.find(Worker), key=lambda held: (held.name, held.id))
        ]
    call.show(
        rows,
        lambda: output.emit_table(
            ("WORKER", "AGENCY", "TEAM", "STATE", "CASES", "OVERDUE", "DUE", "ID"),
            [
                (
                    *(row["name"], row["agency"], row["team"], _state(row)),
                    *("" if row[name] is None else row[name] for name in ("cases", "overdue", "due")),
                    row["id"],
                )
                for row in rows
            ],
            fancy=call.fancy,
        ),
    )


def _carried(load: Load | None) -> dict[str, int | None]:
    """What a worker carries; null of another team's and of one who left."""
    return {name: None if load is None else getattr(load, name) for name in ("cases", "overdue", "due")}


def _state(row: dict[str, Any]) -> str:
    if not row["active"]:
        return "left"
    return "you" if row["you"] else ""
