"""`outreach consent` and `outreach disclose`: what the family agreed to, and what was shared without."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.policies import Category, Purpose
    from casework.records import Agency
    from casework.records_sharing import Agreement, Disclosure
    from storage.queries.agreements import ShownAgreement
    from storage.store import Store

_AGENCIES = (
    "early-help",
    "social-care",
    "school",
    "inclusion-attendance",
    "school-nursing",
    "youth-justice",
    "voluntary",
    "management",
)
_CATEGORIES = (
    "identity",
    "attendance",
    "family",
    "education",
    "send",
    "health",
    "social_care",
    "youth_justice",
    "safeguarding",
    "workforce",
)
_PURPOSES = ("support", "assessment", "planning", "attendance", "safeguarding", "evaluation")
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
@click.option("--agencies", default="", metavar="A,B", help=f"Named agencies: {', '.join(_AGENCIES)}.")
@click.option("--categories", default="", metavar="C,D|all", help=f"What: {', '.join(_CATEGORIES)}; or all.")
@click.option("--purposes", default="", metavar="P,Q|all", help=f"What for: {', '.join(_PURPOSES)}; or all.")
@click.option("--exclude", default="", metavar="TEXT|-", help="What is not to be shared, in their own words.")
@click.option("--exclude-agencies", default="", metavar="A,B", help="Agencies that those words rule out.")
@click.option("--exclude-categories", default="", metavar="C,D", help="Categories that those words rule out.")
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
    --exclude-agencies or --exclude-categories at once, or use `consent settle` later.
    """
    from casework.agreements import protected_words
    from casework.consent import record_agreement
    from casework.ids import new_id
    from casework.policies import Category
    from casework.records_sharing import Agreement
    from casework.wording import AGENCIES
    from outreach_tui.commands.cases import fitting
    from outreach_tui.commands.people import Eyes, take_child, take_day, take_note

    call = the_call()
    agencies = _listed("--agencies", given["agencies"], _AGENCIES)
    categories = _listed("--categories", given["categories"], _CATEGORIES)
    purposes = _listed("--purposes", given["purposes"], _PURPOSES)
    out_agencies = _listed("--exclude-agencies", given["exclude_agencies"], _AGENCIES)
    out_categories = _listed("--exclude-categories", given["exclude_categories"], _CATEGORIES)
    values = {
        **{name: given[name] for name in ("given_by", "relationship", "responsibility", "how_known")},
        **{name: given[name] for name in ("gillick", "status", "interpreter", "leaflet")},
        "agencies": agencies,
        "categories": categories,
        "purposes": purposes,
        "exclude": take_note(given["exclude"], "--exclude"),
        "exclude_agencies": out_agencies,
        "exclude_categories": out_categories,
        "exclude_read": bool(out_agencies or out_categories),
        "method": given["method"] or "",
        "given_on": take_day(given["on"], call.today, "--on", past=True) or call.today,
        "review": take_day(given["review"], call.today, "--review"),
        "expires": take_day(given["expires"], call.today, "--expires"),
    }
    with opened(call) as store:
        found = take_child(store, child)
        Eyes(store).require(found, Category.IDENTITY)
        with fitting({"given_by": "--by"}):
            made = Agreement.model_validate(
                {"id": new_id(), "child": found.id, "by": store.worker.id, **values}
            )
        edit = record_agreement(made, call.today, found.dob)
        receipt = store.journal.commit(edit)
        told = "" if store.knows_hidden(found) else protected_words(made, store.worker.agency, AGENCIES)
        value = {"id": made.id, "status": made.status, "edit": receipt.edit}
        waits = bool(made.exclude.strip()) and not made.exclude_read

    if told:
        output.warn(told)

    def text() -> None:
        output.emit_lines([f"{edit.name}. Its id is {made.id}."])
        if waits:
            output.emit_lines(
                [
                    "Nothing is opened by it until somebody settles what the family's words cover:",
                    f"  outreach consent settle {made.id} --agencies A,B --categories C,D",
                ]
            )

    call.show(value, text)


@consent.command("settle")
@click.argument("agreement")
@click.option("--agencies", default="", metavar="A,B", help="Agencies that the words rule out.")
@click.option("--categories", default="", metavar="C,D", help="Categories that the words rule out.")
@json_option
def settle(agreement: str, agencies: str, categories: str) -> None:
    """Say what the family's own words in AGREEMENT rule out; neither option: no agency and no category."""
    from casework.consent import settle_words

    call = the_call()
    out_agencies: tuple[Agency, ...] = _listed("--agencies", agencies, _AGENCIES)  # type: ignore[assignment]
    out_categories = _as_categories(_listed("--categories", categories, _CATEGORIES))
    with opened(call) as store:
        held = _agreement(store, agreement)
        receipt = store.journal.commit(settle_words(held, out_agencies, out_categories))
        value = {"id": held.id, "status": held.status, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines(["The limits are settled."]))


@consent.command("withdraw")
@click.argument("agreement")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in a few words.")
@click.option("--on", metavar="DATE", help="The day the family said so; else today.")
@json_option
def withdraw(agreement: str, reason: str, on: str | None) -> None:
    """The family takes AGREEMENT back. What stood on it is withheld at once; this cannot be undone."""
    from casework.consent import withdraw_agreement
    from outreach_tui.commands.people import take_day

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held = _agreement(store, agreement)
        receipt = store.journal.commit(withdraw_agreement(held, reason, min(day, call.today)))
        value = {"id": held.id, "status": "withdrawn", "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines(["The agreement is withdrawn; what stood on it is withheld."]))


@consent.command("list")
@click.argument("child")
@json_option
def list_(child: str) -> None:
    """List CHILD's agreements, the newest first, with their state today."""
    from casework.policies import Category
    from outreach_tui.commands.people import Eyes, take_child
    from storage.queries.agreements import read_agreements

    call = the_call()
    with opened(call) as store:
        found = take_child(store, child)
        Eyes(store).require(found, Category.IDENTITY)
        shown = read_agreements(store, found)
        store.log("looked", f"agreements ({len(shown)})", found.id)
    value = [as_json(entry) for entry in shown]

    def table() -> None:
        if not value:
            output.emit_lines(["Nobody has been asked yet."])
            return
        output.emit_table(
            ("ON", "STATE", "BY", "AGENCIES", "CATEGORIES", "PURPOSES", "LIMITS", "ID"),
            [
                (
                    entry["on"],
                    entry["state"],
                    _who(entry),
                    ", ".join(entry["agencies"]) or "all",
                    ", ".join(entry["categories"]) or "all",
                    ", ".join(entry["purposes"]) or "all",
                    entry["exclude"] or "",
                    entry["id"],
                )
                for entry in value
            ],
            fancy=call.fancy,
        )

    call.show(value, table)


@consent.command("show")
@click.argument("agreement")
@json_option
def show(agreement: str) -> None:
    """Show one agreement in full."""
    from casework.records import Child
    from storage.queries.agreements import read_agreements

    call = the_call()
    with opened(call) as store:
        held = _agreement(store, agreement)
        child = store.get(Child, held.child)
        entry = next(e for e in read_agreements(store, child) if e.agreement.id == held.id)
        store.log("looked", f"agreement {held.id}", child.id)
    value = as_json(entry)
    call.show(
        value,
        lambda: output.emit_pairs(
            (key.replace("_", " ").capitalize(), ", ".join(held) if isinstance(held, list) else held or "")
            for key, held in value.items()
            if not isinstance(held, dict)
        ),
    )


@consent.command("check")
@click.argument("child")
@click.option("--agency", required=True, type=click.Choice(_AGENCIES), help="Who would see it.")
@click.option("--category", required=True, type=click.Choice(_CATEGORIES), help="What they would see.")
@click.option("--purpose", required=True, type=click.Choice(_PURPOSES), help="What for.")
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


@click.command(cls=LineCommand)
@click.argument("child")
@click.option("--to", "agency", type=click.Choice(_AGENCIES), help="The agency it is, or is not, for.")
@click.option("--categories", default="", metavar="C,D", help=f"What: {', '.join(_CATEGORIES)}.")
@click.option("--purpose", type=click.Choice(_PURPOSES), help="What for.")
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
    from casework.ids import new_id
    from casework.records_sharing import Disclosure
    from outreach_tui.commands.cases import fitting
    from outreach_tui.commands.people import take_child, take_day, take_note
    from storage.disclosing import commit_disclosure

    values = {
        "agency": given["agency"],
        "categories": _listed("--categories", given["categories"], _CATEGORIES),
        "purpose": given["purpose"],
        "reason": take_note(given["reason"], "--reason"),
        "decided_by": given["decided_by"],
        "consulted": given["consulted"],
        "family_told": given["family_told"] or "",
        "told_why": given["why"],
        "decision": "not-share" if given["not_shared"] else "share",
        "decided_on": take_day(given["on"], call.today, "--on", past=True) or call.today,
        "until": take_day(given["until"], call.today, "--until"),
    }
    with opened(call) as store:
        found = take_child(store, child)
        with fitting({"agency": "--to", "told_why": "--why"}):
            made = Disclosure.model_validate(
                {"id": new_id(), "child": found.id, "by": store.worker.id, **values}
            )
        receipt = commit_disclosure(store, found, made)
        value = {"id": made.id, "decision": made.decision, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines([f"{receipt.name}. Its id is {made.id}."]))


def _list_disclosures(child: str) -> None:
    from casework.policies import Category
    from casework.sharing import last_day
    from outreach_tui.commands.people import Eyes, take_child
    from storage.queries.agreements import read_disclosures

    call = the_call()
    with opened(call) as store:
        found = take_child(store, child)
        Eyes(store, "safeguarding").require(found, Category.SAFEGUARDING)
        made = read_disclosures(store, found)
        store.log("looked", f"decisions to share ({len(made)})", found.id)
    value = [_disclosure_json(entry, str(last_day(entry))) for entry in made]

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
                    entry["decided_by"],
                    entry["family_told"] or "not said",
                    entry["reason"],
                    entry["id"],
                )
                for entry in value
            ],
            fancy=call.fancy,
        )

    call.show(value, table)


def _disclosure_json(made: Disclosure, until: str) -> dict[str, Any]:
    return {
        "id": made.id,
        "on": made.decided_on,
        "until": until,
        "decision": made.decision,
        "to": made.agency,
        "categories": [c.value for c in made.categories],
        "purpose": made.purpose,
        "reason": made.reason,
        "decided_by": made.decided_by,
        "consulted": made.consulted,
        "family_told": made.family_told,
        "why": made.told_why,
    }


def as_json(entry: ShownAgreement) -> dict[str, Any]:
    """An agreement as output has it; the family's own words are null where they are withheld."""
    held = entry.agreement
    from casework.sharing_grid import LAWFUL_BASIS

    own = {
        "given_by": held.given_by,
        "relationship": held.relationship,
        "responsibility": held.responsibility,
        "how_known": held.how_known,
        "gillick": held.gillick,
        "interpreter": held.interpreter,
        "exclude": held.exclude,
        "withdrawn_why": held.withdrawn_why,
    }
    return {
        "id": held.id,
        "status": held.status,
        "state": entry.state,
        "on": held.given_on,
        **(dict.fromkeys(own) if entry.withheld else own),
        "agencies": list(held.agencies),
        "categories": [c.value for c in held.categories],
        "purposes": list(held.purposes),
        "exclude_agencies": list(held.exclude_agencies),
        "exclude_categories": [c.value for c in held.exclude_categories],
        "exclude_settled": held.exclude_read or not held.exclude.strip(),
        "method": held.method,
        "leaflet": held.leaflet,
        "review": held.review,
        "expires": held.expires,
        "withdrawn_on": held.withdrawn_on,
        "withheld": entry.withheld or None,
        "lawful_basis": {purpose: LAWFUL_BASIS[purpose].name for purpose in held.purposes},
    }


def _who(entry: dict[str, Any]) -> str:
    if entry["withheld"]:
        return "withheld"
    return f"{entry['given_by']} ({entry['relationship']})"


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


def _listed(option: str, text: str, known: Sequence[str]) -> tuple[str, ...]:
    """The comma-separated words of an option, each one of `known`; `all` stands for every one."""
    words = [word.strip().casefold() for word in text.split(",") if word.strip()]
    if words == ["all"] and option in ("--categories", "--purposes"):
        return tuple(known)
    for word in words:
        if word not in known:
            from casework.text import safe

            raise click.UsageError(f"{option}: {safe(word)} is none of {', '.join(known)}")
    return tuple(dict.fromkeys(words))


def _as_categories(words: Sequence[str]) -> tuple[Category, ...]:
    from casework.policies import Category

    return tuple(Category(word) for word in words)
