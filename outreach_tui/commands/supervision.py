"""`outreach supervision`: the caseload as one table, what is to be talked about first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from datetime import date

    from outreach_tui.commands.people import Eyes
    from storage.queries.supervision import Column, SupervisionRow


@click.command(cls=LineCommand, name="supervision")
@click.option("--worker", default="", metavar="NAME", help="For a manager: one worker of the team.")
@json_option
def supervision(worker: str) -> None:
    """Your cases as one table: days open, child last seen, plan reviewed, agreement, whether it came back.

    What is to be talked about stands first and says why. A manager sees the cases of the team.
    """
    from outreach_tui.commands.people import Eyes
    from storage.queries.supervision import read_supervision

    call = the_call()
    with opened(call) as store:
        found = read_supervision(store, worker)
        eyes = Eyes(store)
        value = {
            "date": found.day,
            "whose": found.whose,
            "rows": [_as_json(eyes, row) for row in found.rows],
        }
        store.log("looked", f"supervision ({len(found.rows)} cases)")

    def lines() -> None:
        if not found.rows:
            output.emit_lines([f"No case is open and no child is led: {found.whose}."])
            return
        headings = ("CHILD", "WORKER", "DAYS OPEN", "SEEN", "REVIEWED", "AGREED TO", "AGAIN", "TALK ABOUT")
        output.emit_table(headings, [_cells(row) for row in found.rows], fancy=call.fancy)

    call.show(value, lines)


def _as_json(eyes: Eyes, row: SupervisionRow) -> dict[str, Any]:
    facts, standing = row.facts, row.standing
    again = standing.again if standing else None
    return {
        "child": eyes.child(row.child),
        "worker": row.worker,
        "opened": facts.opened,
        "days_open": row.days_open,
        "last_seen": facts.seen,
        "plan": {"open": facts.planned, "last_review": facts.reviewed, "next_review": facts.review_due},
        "agreement_until": facts.agreement_until,
        "agreement_ended": facts.lapsed,
        "re_referral": {
            "from_referral": again.from_referral if again else None,
            "from_closure": again.from_closure if again else None,
        },
        "talk_about": [point.text for point in row.points],
        "withheld": dict(row.withheld),
    }


def _cells(row: SupervisionRow) -> tuple[object, ...]:
    facts = row.facts

    def known(column: Column, value: date | int | str | None, none: str) -> object:
        if column in row.withheld:
            return "withheld"
        return none if value is None else value

    again = None if facts.again is None else "yes" if facts.again else "no"
    return (
        row.name,
        row.worker,
        known("case", row.days_open, "none"),
        known("seen", facts.seen, "never"),
        known("plan", facts.reviewed, "not yet" if facts.planned else "no plan"),
        known("agreement", facts.agreement_until, "ended" if facts.lapsed else "none"),
        known("case", again, "-"),
        "; ".join(point.text for point in row.points),
    )
