"""`outreach disclose`: what was shared without an agreement, and what was decided not to be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from casework.vocabulary import AGENCIES, PURPOSES
from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened
from outreach_tui.commands.sharing_words import CATEGORIES, listed

if TYPE_CHECKING:
    from datetime import date

    from storage.queries.agreements import ShownDisclosure


@click.command(cls=LineCommand)
@click.argument("child")
@click.option("--to", "agency", type=click.Choice(AGENCIES), help="The agency it is, or is not, for.")
@click.option("--categories", default="", metavar="C,D", help=f"What: {', '.join(CATEGORIES)}.")
@click.option("--purpose", type=click.Choice(PURPOSES), help="What for.")
@click.option("--reason", default="", metavar="TEXT|-", help="Why without agreement, or why not shared.")
@click.option("--decided-by", default="", metavar="NAME", help="Who decided.")
@click.option("--consulted", default="", metavar="NAME", help="The manager or safeguarding lead consulted.")
@click.option("--family-told", type=click.Choice(["yes", "no"]), help="Whether the family was told.")
@click.option("--why", default="", metavar="TEXT", help="Why the family was, or was not, told.")
@click.option("--not-shared", is_flag=True, help="The decision was not to share.")
@click.option("--on", metavar="DATE", help="The day of the decision; else today.")
@click.option("--until", metavar="DATE", help="The last day on which it opens anything; else 28 days on.")
@click.option("--list", "listing", is_flag=True, help="List the decisions about CHILD instead.")
@json_option
def disclose(child: str, *, listing: bool, **given: Any) -> None:
    """Record a decision to share about CHILD without agreement, or not to; it changes no agreement.

    It opens the named categories to the agency for the purpose, until its last day. With --list it lists what
    was decided.
    """
    call = the_call()
    if listing:
        _list_disclosures(child)
        return
    for name, option in (("agency", "--to"), ("purpose", "--purpose")):
        if not given[name]:
            raise click.UsageError(f"Missing option '{option}'")
    from casework.consent import said_closed
    from casework.ids import new_id
    from casework.records_sharing import Disclosure
    from casework.sharing import last_day
    from casework.wording import say_day
    from outreach_tui.commands.cases import fitting
    from outreach_tui.commands.people import take_child, take_day, take_note
    from storage.disclosing import commit_disclosure
    from storage.queries.agreements import read_closed

    decided = take_day(given["on"], call.today, "--on", past=True) or call.today
    values = {
        "agency": given["agency"],
        "categories": listed("--categories", given["categories"], CATEGORIES),
        "purpose": given["purpose"],
        "reason": take_note(given["reason"], "--reason"),
        "decided_by": given["decided_by"],
        "consulted": given["consulted"],
        "family_told": given["family_told"] or "",
        "told_why": given["why"],
        "decision": "not-share" if given["not_shared"] else "share",
        "decided_on": decided,
        "until": take_day(given["until"], call.today, "--until", since=decided),
    }
    with opened(call) as store:
        found = take_child(store, child)
        with fitting({"agency": "--to", "told_why": "--why"}):
            made = Disclosure.model_validate(
                {"id": new_id(), "child": found.id, "by": store.worker.id, **values}
            )
        receipt = commit_disclosure(store, found, made)
        value = {"id": made.id, "decision": made.decision, "edit": receipt.edit}
        if made.decision == "share" and last_day(made) < store.today:
            output.warn(f"It opens nothing: its last day was {say_day(last_day(made))}.")
        elif words := said_closed(read_closed(store, found, made)):
            output.warn(words)
    call.show(value, lambda: output.emit_lines([f"{receipt.name}. Its id is {made.id}."]))


def _list_disclosures(child: str) -> None:
    from casework.errors import Refused
    from casework.policies import Category
    from casework.sharing import last_day
    from outreach_tui.commands.people import Eyes, take_child
    from storage.queries.agreements import read_disclosures
    from storage.queries.guarded_words import guarded

    call = the_call()
    with opened(call) as store:
        found = take_child(store, child)
        others = Eyes(store, "safeguarding").decide(found, Category.SAFEGUARDING)
        made = read_disclosures(store, found)
        if not others and not made:
            raise Refused("withheld", others.reason, Category.SAFEGUARDING.value)
        store.log("looked", f"decisions to share ({len(made)})", found.id)
        value = guarded(store, found, [_disclosure_json(entry, last_day(entry.disclosure)) for entry in made])
    if not others:
        output.warn(f"Only what you recorded, and what is shared with you, is listed. {others.reason}")

    def table() -> None:
        if not value:
            output.emit_lines(["There is no decision to share without agreement that you may see."])
            return
        output.emit_table(
            ("ON", "DECISION", "WITH", "WHAT", "FOR", "DECIDED BY", "FAMILY TOLD", "REASON", "ID"),
            [
                (
                    entry["on"],
                    entry["decision"],
                    entry["to"],
                    ", ".join(entry["categories"]),
                    entry["purpose"],
                    *(
                        ("withheld",) * 3
                        if entry["withheld"]
                        else (entry["decided_by"], entry["family_told"] or "not said", entry["reason"])
                    ),
                    entry["id"],
                )
                for entry in value
            ],
            fancy=call.fancy,
        )

    call.show(value, table)


def _disclosure_json(shown: ShownDisclosure, until: date) -> dict[str, Any]:
    """A decision as output has it; who made it and why are null where they are withheld."""
    made = shown.disclosure
    words = {
        "reason": made.reason,
        "decided_by": made.decided_by,
        "consulted": made.consulted,
        "family_told": made.family_told,
        "why": made.told_why,
    }
    return {
        "id": made.id,
        "on": made.decided_on,
        "until": str(until),
        "decision": made.decision,
        "to": made.agency,
        "categories": [c.value for c in made.categories],
        "purpose": made.purpose,
        **(dict.fromkeys(words) if shown.withheld else words),
        "withheld": shown.withheld or None,
    }
