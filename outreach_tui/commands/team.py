"""`outreach team` and `outreach worker`: who works on this caseload, to be named in `edit`."""

from __future__ import annotations

from typing import Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened


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


@worker.command("list")
@json_option
def list_workers() -> None:
    """List the workers with their agency and team; who has left is listed too and said to be so."""
    from casework.records import Team, Worker

    call = the_call()
    with opened(call) as store:
        teams = {held.id: held.name for held in store.find(Team)}
        rows: list[dict[str, Any]] = [
            {
                "id": held.id,
                "name": held.name,
                "agency": held.agency,
                "team": teams.get(held.team or ""),
                "active": held.active,
                "you": held.id == store.worker.id,
            }
            for held in sorted(store.find(Worker), key=lambda held: (held.name, held.id))
        ]
    call.show(
        rows,
        lambda: output.emit_table(
            ("WORKER", "AGENCY", "TEAM", "STATE", "ID"),
            [(row["name"], row["agency"], row["team"], _state(row), row["id"]) for row in rows],
            fancy=call.fancy,
        ),
    )


def _state(row: dict[str, Any]) -> str:
    if not row["active"]:
        return "left"
    return "you" if row["you"] else ""
