"""`outreach notify`: a school's notification, what is missing in it, and its clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, json_option, the_call
from outreach_tui.commands.notify_parts import PARTS, given_fields, parts, warn_of_birthday
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.early_help import ReReferral
    from casework.records_case import Notification
    from outreach_tui.commands.people import Eyes
    from storage.queries.notifications import ShownNotification
    from storage.store import Store

_LONG_AGO = 366
"""Days after which the day of a notification that is recorded now is more likely a slip."""
_OPTIONS = {"notifier": "--from", "agreement_note": "--agreement"}
"""Options that are called otherwise than their field."""


@click.group(cls=LineGroup, no_args_is_help=False)
def notify() -> None:
    """Notifications: a school's request for support, what is missing in it, and its clock."""


@notify.command("add")
@click.argument("child")
@click.option("--from", "notifier", required=True, metavar="NAME", help="Who sent it.")
@click.option("--school", "urn", required=True, metavar="URN", help="The school it came from.")
@click.option("--received", required=True, metavar="DATE", help="The day it was received.")
@parts
@json_option
def add(child: str, notifier: str, urn: str, received: str, **given: Any) -> None:
    """Record a notification about CHILD. It is kept as it is: what is missing is listed.

    The clock of four working days to allocation starts when nothing is missing.
    """
    from casework.ids import new_id
    from casework.notifications import re_referral_of, receive
    from casework.policies import Category
    from casework.records_case import Notification
    from outreach_tui.commands.cases import fitting
    from outreach_tui.commands.people import Eyes, take_child, take_day, warn_of_hidden
    from outreach_tui.commands.school import find_school
    from storage.queries.duplicates import describe, find_duplicates
    from storage.queries.notifications import episodes_of, other_school, others_waiting

    call = the_call()
    day = take_day(received, call.today, "--received", past=True)
    warn_of_hidden(notifier, "--from")
    fields = given_fields(given)
    with opened(call) as store:
        found = take_child(store, child)
        eyes = Eyes(store)
        eyes.require(found, Category.IDENTITY)
        values = {
            "id": new_id(),
            "child": found.id,
            "received": day,
            "school": find_school(store, urn, "--school").id,
            "notifier": notifier,
            "by": store.worker.id,
            **fields,
        }
        episodes = episodes_of(store, found.id)
        with fitting(_OPTIONS):
            given_in = Notification.model_validate(values)
        warn_of_birthday(found, fields, call.today)
        edit, kept = receive(given_in, call.today, episodes)
        waiting = others_waiting(store, found.id)
        elsewhere = other_school(store, found, kept.school)
        receipt = store.journal.commit(edit)
        again = re_referral_of(kept, episodes)
        doubles = [
            one for one in find_duplicates(store, describe(store, found), but=found.id) if not one.decided
        ]
        value = {
            **_standing_json(store, kept),
            "new_information": kept.new_information,
            "re_referral": _counted(again),
            "duplicates": [
                {
                    "child": eyes.child(double.child),
                    "band": double.likeness.band,
                    "reasons": list(double.likeness.reasons),
                }
                for double in doubles
            ],
            "waiting": [other.id for other in waiting],
            "edit": receipt.edit,
        }

    def text() -> None:
        from casework.wording import say_day

        _say(f"{edit.name}.", value)
        if kept.received < call.today - timedelta(days=_LONG_AGO):
            output.warn(f"Warning: --received: {say_day(kept.received)} is more than a year ago.")
        if elsewhere:
            output.warn(f"Warning: {elsewhere}")
        for other in waiting:
            of = f"that of {say_day(other.received)} ({other.id})"
            rest = (
                "to allocate one takes the other into the case"
                if not kept.new_information
                else ("`allocate` takes it into the open case")
            )
            output.warn(f"Warning: a notification of this child waits already, {of}; {rest}.")
        output.emit_lines([f"Re-referral, {words}." for words in _say_counted(value["re_referral"])])
        for double in value["duplicates"]:
            who = f"{double['child']['name']} ({double['child']['id']})"
            output.warn(f"{double['band'].capitalize()} duplicate: {who}: {', '.join(double['reasons'])}.")

    call.show(value, text)


@notify.command("need-information")
@click.argument("notification")
@click.option("--reason", required=True, metavar="TEXT", help="What is missing.")
@click.option("--on", metavar="DATE", help="The day it was asked for; else today.")
@json_option
def need_information(notification: str, reason: str, on: str | None) -> None:
    """Triage asks for more: the allocation clock stops until it comes."""
    from casework.notifications import need_information as build
    from outreach_tui.commands.people import take_day
    from storage.queries.notifications import pauses_of

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held, _ = take_notification(store, notification)
        edit = build(held, pauses_of(store, held), store.worker.id, reason, day, call.today)
        receipt = store.journal.commit(edit)
        value = {**_standing_json(store, store.get(type(held), held.id)), "edit": receipt.edit}
    call.show(value, lambda: _say("The clock stands until the information comes.", value))


@notify.command("information")
@click.argument("notification")
@click.option("--on", metavar="DATE", help="The day it came; else today.")
@parts
@json_option
def information(notification: str, on: str | None, **given: Any) -> None:
    """The information came: fill in parts of NOTIFICATION. The clock starts anew when nothing is missing."""
    from casework.notifications import take_information
    from outreach_tui.commands.cases import fitting
    from outreach_tui.commands.people import take_day
    from storage.queries.notifications import pauses_of

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    fields = given_fields(given)
    with opened(call) as store:
        held, _ = take_notification(store, notification)
        with fitting(_OPTIONS):
            type(held).model_validate(held.model_dump() | fields)
        edit, _ = take_information(held, pauses_of(store, held), day, call.today, **fields)
        receipt = store.journal.commit(edit)
        value = {**_standing_json(store, store.get(type(held), held.id)), "edit": receipt.edit}
    call.show(value, lambda: _say("The information is kept.", value))


@notify.command("contacted")
@click.argument("notification")
@click.option("--with", "with_whom", required=True, metavar="NAME", help="With whom you spoke.")
@click.option("--on", metavar="DATE", help="The day; else today.")
@json_option
def contacted(notification: str, with_whom: str, on: str | None) -> None:
    """You spoke with the notifier about why. What they may be told follows from the family's agreement."""
    from casework.notifications import contact_notifier
    from casework.text import safe
    from casework.wording import FEEDBACK, say_day
    from outreach_tui.commands.people import take_day
    from storage.queries.guarded_words import guarded
    from storage.queries.notifications import feedback_for

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held, shown = take_notification(store, notification)
        spoken_with = guarded(store, shown.child, shown.notification.contacted_with)
        feedback, decision = feedback_for(store, shown.child)
        receipt = store.journal.commit(contact_notifier(held, with_whom, day, feedback, call.today))
        value = {
            "id": held.id,
            "with": with_whom,
            "on": day,
            "feedback": feedback,
            "reason": decision.reason,
            "before": shown.notification.contacted_on,
            "edit": receipt.edit,
        }
    told = FEEDBACK[feedback]
    if (before := shown.notification.contacted_on) is not None:
        who = safe(spoken_with) or "the notifier"
        output.warn(f"Warning: {who} was spoken to on {say_day(before)}; the history keeps that.")
    call.show(value, lambda: output.emit_lines([f"Kept. They may be {told}: {decision.reason}"]))


@notify.command("list")
@click.argument("child", required=False)
@click.option("--waiting", is_flag=True, help="Only those to which no worker is allocated.")
@json_option
def list_(child: str | None, *, waiting: bool) -> None:
    """List notifications, of CHILD or of all; those whose clock runs stand first."""
    from outreach_tui.commands.people import Eyes, take_child
    from storage.queries.guarded_words import guarded
    from storage.queries.notifications import read_notifications

    call = the_call()
    with opened(call) as store:
        found = take_child(store, child) if child else None
        eyes = Eyes(store)
        shown = read_notifications(store, found.id if found else None, waiting=waiting)
        value = [guarded(store, entry.child, _as_json(eyes, entry)) for entry in shown]
        store.log("looked", f"notifications ({len(shown)})", found.id if found else None)

    def table() -> None:
        from casework.wording import say_day

        if not value:
            output.emit_lines(["There is no notification."])
            return
        output.emit_table(
            ("RECEIVED", "CHILD", "FROM", "STATUS", "ALLOCATE BY", "MISSING", "ID"),
            [
                (
                    say_day(entry["received"]),
                    entry["child"]["name"],
                    entry["from"],
                    entry["status"],
                    say_day(entry["allocate_by"]) if entry["allocate_by"] else "",
                    "; ".join(entry["missing"]),
                    entry["id"],
                )
                for entry in value
            ],
            fancy=call.fancy,
        )

    call.show(value, table)


@notify.command("show")
@click.argument("notification")
@json_option
def show(notification: str) -> None:
    """Show one notification in full, with where it stands and what is withheld."""
    from casework.notifications import re_referral_of
    from casework.records import Worker
    from outreach_tui.commands.people import Eyes
    from storage.queries.guarded_words import guarded
    from storage.queries.notifications import episodes_of

    call = the_call()
    with opened(call) as store:
        held, shown = take_notification(store, notification)
        again = re_referral_of(held, episodes_of(store, held.child))
        value = {**guarded(store, shown.child, _as_json(Eyes(store), shown)), "re_referral": _counted(again)}
        lead = value["allocated_to"]
        leads = store.find(Worker, "id = ?", (lead,)) if lead else []
        store.log("looked", f"notification {held.id}", held.child)

    def text() -> None:
        from casework.wording import FEEDBACK, say_day

        days = {
            name: say_day(value[name]) if value[name] else ""
            for name in ("received", "heard_on", "allocate_by", "allocated_on", "contacted_on")
        }
        pairs = [("Child", value["child"]["name"]), ("Status", value["status"])]
        pairs += [("Allocate by", days["allocate_by"] or "the clock does not run")]
        pairs += [("Allocated to", f"{one.name}, on {days['allocated_on']}") for one in leads]
        pairs += [("Re-referral", words) for words in _say_counted(value["re_referral"])]
        pairs += [("Missing", item) for item in value["missing"]]
        pairs += [("Asked for", value["asked"])] if value["asked"] else []
        pairs += [
            (name.replace("_", " ").capitalize(), days.get(name, value[name]) or "")
            for name in ("received", "from", *(part for part, _, _ in PARTS), "heard_on", "contacted_with")
        ]
        pairs += [("Feedback", FEEDBACK[value["feedback"]])] if value["feedback"] else []
        pairs += [(f"Withheld: {entry['category']}", entry["reason"]) for entry in value["withheld"]]
        output.emit_pairs(pairs)

    call.show(value, text)


def _counted(again: ReReferral) -> dict[str, bool | None]:
    """A re-referral counted both ways."""
    return {"from_referral": again.from_referral, "from_closure": again.from_closure}


def _say_counted(counted: dict[str, bool | None]) -> list[str]:
    """Both counts with what each goes from; none where the child was never referred before."""
    return [
        f"within 12 months of the last {name.removeprefix('from_')}: {'yes' if counts else 'no'}"
        for name, counts in counted.items()
        if counts is not None
    ]


def take_notification(store: Store, text: str) -> tuple[Notification, ShownNotification]:
    """The notification with this id, as it is kept and as it may be shown. Raises BadInput for others."""
    from casework.errors import BadInput
    from casework.records_case import Notification
    from outreach_tui.commands.people import take_record
    from storage.queries.notifications import read_notifications

    found = take_record(store, text, "NOTIFICATION")
    if isinstance(found, Notification) and not found.void:
        for shown in read_notifications(store, found.child):
            if shown.notification.id == found.id:
                return found, shown
    raise BadInput("not-a-notification", "That id is no notification; see `notify list`.", "NOTIFICATION")


def _standing_json(store: Store, held: Notification) -> dict[str, Any]:
    from casework.notifications import standing
    from storage.queries.notifications import pauses_of

    stands = standing(held, pauses_of(store, held), store.today)
    return {
        "id": held.id,
        "ready": stands.ready,
        "missing": list(stands.missing),
        "allocate_by": stands.allocate_by,
        "status": stands.status,
        "reasons": list(stands.reasons),
    }


def _as_json(eyes: Eyes, shown: ShownNotification) -> dict[str, Any]:
    held, stands = shown.notification, shown.standing
    return {
        "id": held.id,
        "child": eyes.child(shown.child),
        "received": held.received,
        "from": held.notifier,
        "status": stands.status,
        "ready": stands.ready,
        "missing": list(stands.missing),
        "allocate_by": stands.allocate_by,
        "clock": stands.clock.text if stands.clock else None,
        "reasons": list(stands.reasons),
        "asked": shown.asked or None,
        **{name: getattr(held, name) for name, _, _ in PARTS},
        "heard_on": held.heard_on,
        "allocated_to": held.allocated_to,
        "allocated_on": held.allocated_on,
        "contacted_with": held.contacted_with,
        "contacted_on": held.contacted_on,
        "feedback": held.feedback or None,
        "new_information": held.new_information,
        "withheld": [{"category": c.value, "reason": why} for c, why in shown.withheld.items()],
    }


def _say(first: str, value: dict[str, Any]) -> None:
    output.emit_lines([f"{first} Its id is {value['id']}."])
    if value["allocate_by"]:
        from casework.wording import say_day

        output.emit_lines([f"Allocate by {say_day(value['allocate_by'])}."])
    output.emit_lines([f"Missing: {item}." for item in value["missing"]])
