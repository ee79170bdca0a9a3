"""`outreach sheet`: lists to pass on or to take along."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.store import Store


@click.group(cls=LineGroup, no_args_is_help=False)
def sheet() -> None:
    """Lists to pass on or to take along: N marks for the office, the day's visits."""


@sheet.command("office")
@json_option
def office() -> None:
    """N marks that are due or overdue, and reasons that families gave, school by school."""
    from storage.queries.sheets import office_sheet

    _print("N marks for the office", office_sheet)


@sheet.command("visits")
@json_option
def visits() -> None:
    """The visits planned for today: address, risks, whom not to contact. A protected address is left out."""
    from storage.queries.sheets import visits_sheet

    _print("visits", visits_sheet)


def _print(what: str, make: Callable[[Store], list[str]]) -> None:
    call = the_call()
    with opened(call) as store:
        lines = make(store)
        store.log("exported", f"sheet: {what}")
    call.show({"lines": lines}, lambda: output.emit_lines(lines))
