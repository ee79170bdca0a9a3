"""`outreach consent`: what the family agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from casework.vocabulary import AGENCIES, PURPOSES
from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened
from outreach_tui.commands.sharing_words import (
    CATEGORIES,
    agencies_of,
    categories_of,
    listed,
    pairs_of,
)

if TYPE_CHECKING:
    from casework.opened import Opening
    from casework.policies import Purpose
    from casework.records_sharing import Agreement
    from casework.vocabulary import Agency
    from storage.store import Store

_STATUSES = ("given", "limited", "refused")
_EXIT = {"yes": 0, "no": 5, "ask": 1}


@click.group(cls=LineGroup, no_args_is_help=False)
def consent() -> None:
    """What the family agreed to: about whom, with which agencies, for what."""


@consent.command("record")
@click.argument("child")
@click.option("--by", "given_by", required=True, metavar="NAME", help="Who gave or refused it.")
@click.option("--relationship", required=True, metavar="REL", help="Who that is to the child: mother, self.")
@click.option(
    "--responsibility",
    type=click.Choice(["yes", "no", "unknown"]),
    default="unknown",
    help="Whether they hold parental responsibility; a mother always does.",
)
@click.option("--how-known", default="", metavar="TEXT", help="How that is known.")
@click.option("--gillick", default="", metavar="REASON", help="Why the child is competent to decide this.")
@click.option("--status", required=True, type=click.Choice(_STATUSES), help="The answer.")
@click.option("--agencies", default="", metavar="A,B", help=f"Named agencies: {', '.join(AGENCIES)}.")
@click.option("--categories", default="", metavar="C,D|all", help=f"What: {', '.join(CATEGORIES)}; or all.")
@click.option("--purposes", default="", metavar="P,Q|all", help=f"What for: {', '.join(PURPOSES)}; or all.")
@click.option("--exclude", default="", metavar="TEXT|-", help="What is not to be shared, in their own words.")
@click.option("--exclude-agencies", default="", metavar="A,B", help="Agencies that those words rule out.")
@click.option("--exclude-categories", default="", metavar="C,D", help="Categories that those words rule out.")
@click.option("--exclude-pairs", default="", metavar="A:C,B:D", help="What they keep from one agency alone.")
@click.option("--method", type=click.Choice(["written", "verbal", "electronic"]), help="How it was given.")
@click.option("--interpreter", default="", metavar="TEXT", help="Which language, and who interpreted.")
@click.option("--leaflet", default="", metavar="TEXT", help="The version of the leaflet they were given.")
@click.option("--on", metavar="DATE", help="The day it was given; else today.")
@click.option("--review", metavar="DATE", help="The day by which to ask again.")
@click.option("--expires", metavar="DATE", help="The last day on which it holds.")
@json_option
def record(child: str, **given: Any) -> None:
    """Record what was agreed about CHILD. Agreeing again is a new record; nothing is overwritten.

    Words of --exclude stop everything this agreement would open until somebody says what they cover: give
    --exclude-agencies, --exclude-categories or --exclude-pairs at once (a pair is school:health: the school
    may not have it, everybody else may), or use `consent settle` later.
    """
    from casework.consent import record_agreement
    from casework.ids import new_id
    from casework.limits import written_with
    from casework.opened import beside_words
    from casework.policies import Category
    from casework.records_sharing import Agreement
    from casework.wording import AGENCIES as SAID
    from outreach_tui.commands.cases import fitting
    from outreach_tui.commands.people import Eyes, take_child, take_day, take_note
    from storage.queries.agreements import read_beside, read_opening

    call = the_call()
    agencies = listed("--agencies", given["agencies"], AGENCIES)
    categories = listed("--categories", given["categories"], CATEGORIES)
    purposes = listed("--purposes", given["purposes"], PURPOSES)
    limits = written_with(
        agencies_of("--exclude-agencies", given["exclude_agencies"]),
        categories_of("--exclude-categories", given["exclude_categories"]),
        pairs_of("--exclude-pairs", given["exclude_pairs"]),
    )
    agreed = take_day(given["on"], call.today, "--on", past=True) or call.today
    values = {
        **{name: given[name] for name in ("given_by", "relationship", "responsibility", "how_known")},
        **{name: given[name] for name in ("gillick", "status", "interpreter", "leaflet")},
        "agencies": agencies,
        "categories": categories,
        "purposes": purposes,
        "exclude": take_note(given["exclude"], "--exclude"),
        **limits,
        "method": given["method"] or "",
        "given_on": agreed,
        "review": take_day(given["review"], call.today, "--review", since=agreed),
        "expires": take_day(given["expires"], call.today, "--expires", since=agreed),
    }
    with opened(call) as store:
        found = take_child(store, child)
        Eyes(store).require(found, Category.IDENTITY)
        with fitting({"given_by": "--by"}):
            made = Agreement.model_validate(
                {"id": new_id(), "child": found.id, "by": store.worker.id, **values}
            )
        edit = record_agreement(made, call.today, found.dob, store.grounds.of(found.id).agreements)
        receipt = store.journal.commit(edit)
        opening = read_opening(store, made.id, SAID)
        beside = read_beside(store, made.id)
        value = {
            "id": made.id,
            "status": made.status,
            "edit": receipt.edit,
            "beside": [{"id": one.id, "given_on": one.given_on} for one in beside],
            **_opening_json(opening),
        }

    def text() -> None:
        output.emit_lines([f"{edit.name}. Its id is {made.id}."])
        _tell(opening, made.id)

    if beside:
        output.warn(beside_words([one.given_on for one in beside]))
    call.show(value, text)


def _opening_json(opening: Opening) -> dict[str, Any]:
    opened = [
        {"agency": one.agency, "category": one.category.value, "purposes": list(one.purposes)}
        for one in opening.opened
    ]
    return {"opens": opened, "opening": opening.words}


def _tell(opening: Opening, agreement: str) -> None:
    """What an agreement opens, or why it opens nothing, with the command that settles words of the family."""
    output.emit_lines([opening.words] if opening.words else [])
    if "unread" in opening.shut:
        limits = "--agencies A,B --categories C,D --pairs A:C,B:D (or --nothing)"
        output.emit_lines([f"  outreach consent settle {agreement} {limits}"])


@consent.command("settle")
@click.argument("agreement")
@click.option("--agencies", default="", metavar="A,B", help="Agencies that the words rule out.")
@click.option("--categories", default="", metavar="C,D", help="Categories that they rule out for everyone.")
@click.option("--pairs", default="", metavar="A:C,B:D", help="What they keep from one agency alone.")
@click.option("--nothing", is_flag=True, help="The words rule out no agency and no category.")
@json_option
def settle(agreement: str, agencies: str, categories: str, pairs: str, *, nothing: bool) -> None:
    """Say what the family's own words in AGREEMENT rule out; this is said once.

    "Not the school about health" is `--pairs school:health`: it stays open to everybody else whom the
    agreement names. Give --agencies, --categories or --pairs, or --nothing where they rule out none.
    """
    from casework.consent import settle_words
    from casework.wording import AGENCIES as SAID
    from storage.queries.agreements import read_opening

    limits = (
        agencies_of("--agencies", agencies),
        categories_of("--categories", categories),
        pairs_of("--pairs", pairs),
    )
    if nothing == any(limits):
        raise click.UsageError(
            "Give --agencies, --categories or --pairs, or --nothing where the words rule out none"
        )
    call = the_call()
    with opened(call) as store:
        held = _agreement(store, agreement)
        receipt = store.journal.commit(settle_words(held, *limits))
        opening = read_opening(store, held.id, SAID)
        value = {"id": held.id, "status": held.status, "edit": receipt.edit, **_opening_json(opening)}

    def text() -> None:
        output.emit_lines(["The limits are settled."])
        _tell(opening, held.id)

    call.show(value, text)


@consent.command("withdraw")
@click.argument("agreement")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in a few words.")
@click.option("--on", metavar="DATE", help="The day the family said so; else today.")
@json_option
def withdraw(agreement: str, reason: str, on: str | None) -> None:
    """The family takes AGREEMENT back. What stood on it is withheld at once; this cannot be undone."""
    from casework.consent import withdraw_agreement
    from casework.records import Child
    from casework.withdrawing import lost_words
    from casework.wording import AGENCIES as SAID
    from outreach_tui.commands.people import take_day
    from storage.queries.agreements import read_lost

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held = _agreement(store, agreement)
        edit = withdraw_agreement(held, reason, day, call.today)
        lost, own = read_lost(store, store.get(Child, held.child), held.id)
        receipt = store.journal.commit(edit)
        told = [words for _, words in lost_words(lost, own, SAID)]
        value = {
            "id": held.id,
            "status": "withdrawn",
            "edit": receipt.edit,
            "withheld": told,
        }
    said = "The agreement is withdrawn; what stood on it is withheld."
    call.show(value, lambda: output.emit_lines([said, *told]))


@consent.command("list")
@click.argument("child")
@json_option
def list_(child: str) -> None:
    """List CHILD's agreements, the newest first, with their state today."""
    from casework.policies import Category
    from outreach_tui.commands.consent_text import agreements_table, as_json
    from outreach_tui.commands.people import Eyes, take_child
    from storage.queries.agreements import read_agreements
    from storage.queries.guarded_words import guarded

    call = the_call()
    with opened(call) as store:
        found = take_child(store, child)
        Eyes(store).require(found, Category.IDENTITY)
        shown = read_agreements(store, found)
        store.log("looked", f"agreements ({len(shown)})", found.id)
        value = guarded(store, found, [as_json(entry) for entry in shown])

    call.show(value, lambda: agreements_table(value, fancy=call.fancy))


@consent.command("show")
@click.argument("agreement")
@json_option
def show(agreement: str) -> None:
    """Show one agreement in full."""
    from casework.records import Child
    from outreach_tui.commands.consent_text import agreement_pairs, as_json
    from storage.queries.agreements import read_agreements
    from storage.queries.guarded_words import guarded

    call = the_call()
    with opened(call) as store:
        held = _agreement(store, agreement)
        child = store.get(Child, held.child)
        entry = next(e for e in read_agreements(store, child) if e.agreement.id == held.id)
        store.log("looked", f"agreement {held.id}", child.id)
        value = guarded(store, child, as_json(entry))
    call.show(value, lambda: output.emit_pairs(agreement_pairs(value)))


@consent.command("check")
@click.argument("child")
@click.option("--agency", required=True, type=click.Choice(AGENCIES), help="Who would see it.")
@click.option("--category", required=True, type=click.Choice(CATEGORIES), help="What they would see.")
@click.option("--purpose", required=True, type=click.Choice(PURPOSES), help="What for.")
@json_option
def check(child: str, agency: Agency, category: str, purpose: Purpose) -> int:
    """May AGENCY see this category of CHILD's record for this purpose? Exit 0 yes, 5 no, 1 ask."""
    from casework.policies import Category
    from casework.sharing_grid import LAWFUL_BASIS
    from casework.withdrawing import somebody_of
    from outreach_tui.commands.people import Eyes, take_child

    call = the_call()
    with opened(call) as store:
        found = take_child(store, child)
        Eyes(store).require(found, Category.IDENTITY)
        decision = store.decide_for(somebody_of(agency), found, Category(category), purpose)
        store.log("looked", f"whether {agency} may see {category} for {purpose}", found.id)
    basis = LAWFUL_BASIS[purpose]
    value = {
        "answer": decision.answer,
        "reasons": [decision.reason],
        "agreement": decision.agreement,
        "lawful_basis": {"name": basis.name, "source": basis.source},
    }
    call.show(
        value,
        lambda: output.emit_lines(
            [
                f"{decision.answer.capitalize()}. {decision.reason}",
                f"Lawful basis of {purpose}, apart from any agreement: {basis.name} ({basis.source}).",
            ]
        ),
    )
    return _EXIT[decision.answer]


def _agreement(store: Store, text: str) -> Agreement:
    """The agreement with this id, as far as this worker may know of it. Raises BadInput for others."""
    from casework.errors import BadInput
    from casework.records import Child
    from casework.records_sharing import Agreement
    from outreach_tui.commands.people import take_record
    from storage.queries.agreements import read_agreements

    found = take_record(store, text, "AGREEMENT")
    if isinstance(found, Agreement) and not found.void:
        child = store.get(Child, found.child)
        if any(entry.agreement.id == found.id for entry in read_agreements(store, child)):
            return found
    raise BadInput("not-an-agreement", "That id is no agreement; see `consent list`.", "AGREEMENT")
