"""`outreach contact`: entries of a child's chronology."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, clock_text, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.records import Contact
    from storage.store import Store

_KINDS = ("call", "text", "email", "home-visit", "school-visit", "taf", "supervision", "letter")
_OUTCOMES = ("parent", "child", "other", "message", "no-reply", "wrong-number", "refused")
_SEEN = ("alone", "with-adult", "not-seen")


@click.group(cls=LineGroup, no_args_is_help=False)
def contact() -> None:
    """A child's chronology: calls, visits, meetings, letters."""


@contact.command("add")
@click.argument("child")
@click.option("--kind", required=True, type=click.Choice(_KINDS), help="What kind of contact it was.")
@click.option(
    "--outcome", default=None, type=click.Choice(_OUTCOMES), help="Who was reached, or what came of it."
)
@click.option("--seen", default=None, type=click.Choice(_SEEN), help="Whether the child was seen, and how.")
@click.option("--note", metavar="TEXT|-", help="What was said and seen; - reads it from stdin.")
@click.option("--next", "next_step", default="", metavar="TEXT", help="The agreed next step.")
@click.option("--at", metavar="WHEN", help='When it was, such as "fri 14:30"; else now.')
@click.option("--corrects", metavar="RECORD", help="The earlier entry that this one corrects.")
@json_option
def add(
    child: str,
    kind: str,
    outcome: str | None,
    seen: str | None,
    note: str | None,
    next_step: str,
    at: str | None,
    corrects: str | None,
) -> None:
    """Add an entry to CHILD's chronology. An entry is never rewritten: add one that corrects it."""
    from casework.errors import BadInput
    from casework.followups import check_moment
    from casework.followups import contact as build
    from casework.policies import Category
    from outreach_tui.commands.people import Eyes, take_child, take_note, take_when

    call = the_call()
    text = take_note(note)
    if note == "-" and not (text.strip() or outcome or seen or next_step.strip()):
        raise BadInput("empty", "Nothing came by stdin for --note, so there is nothing to keep.", "--note")
    moment = take_when(at, call)
    check_moment(moment, call.latest(), "--at")
    with opened(call) as store:
        found = take_child(store, child)
        eyes = Eyes(store)
        eyes.require(found, Category.FAMILY)
        edit = build(
            found.id,
            by=store.worker.id,
            at=moment,
            kind=kind,
            outcome=outcome or "",
            seen=seen or "",
            note=text,
            next_step=next_step,
            corrects=_entry(store, corrects, found.id).id if corrects else None,
        )
        receipt = store.journal.commit(edit)
        value = {
            "id": edit.changes[0].record,
            "child": eyes.child(found),
            "kind": kind,
            "at": moment,
            "edit": receipt.edit,
        }
    call.show(
        value,
        lambda: output.emit_lines(
            [f"{eyes_name(value)}: {kind.replace('-', ' ')} on {clock_text(moment)} is kept."]
        ),
    )


@contact.command("list")
@click.argument("child")
@json_option
def list_(child: str) -> None:
    """List CHILD's chronology, the newest entry first."""
    from casework.policies import Category
    from casework.records import Contact
    from outreach_tui.commands.people import Eyes, take_child
    from storage.queries.guarded_words import guarded

    call = the_call()
    with opened(call) as store:
        found = take_child(store, child)
        Eyes(store).require(found, Category.FAMILY)
        held = sorted(store.find(Contact, "child = ?", (found.id,)), key=lambda c: (c.at, c.id), reverse=True)
        entries = guarded(store, found, [_as_json(store, entry) for entry in held])
        store.log("looked", f"chronology ({len(entries)} entries)", found.id)

    def table() -> None:
        if not entries:
            output.emit_lines(["There is no entry yet."])
            return
        output.emit_table(
            ("WHEN", "KIND", "OUTCOME", "SEEN", "BY", "NOTE", "ID"),
            [
                (clock_text(e["at"]), e["kind"], e["outcome"], e["seen"], e["by"], said(e), e["id"])
                for e in entries
            ],
            fancy=call.fancy,
        )

    whens = {entry["id"]: clock_text(entry["at"]) for entry in entries}

    def said(entry: dict[str, Any]) -> str:
        """The note, after the entry that it corrects."""
        first = entry["corrects"]
        corrects = f"(corrects {whens.get(first, first)}, {first}) " if first else ""
        return f"{corrects}{entry['note']}".strip()

    call.show(entries, table)


@contact.command("show")
@click.argument("record")
@json_option
def show(record: str) -> None:
    """Show one entry in full. RECORD is its id, or the first 8 or more characters of it."""
    from casework.policies import Category
    from casework.records import Child
    from outreach_tui.commands.people import Eyes
    from storage.queries.guarded_words import guarded

    call = the_call()
    with opened(call) as store:
        entry = _entry(store, record, None)
        child = store.get(Child, entry.child)
        eyes = Eyes(store)
        eyes.require(child, Category.FAMILY)
        value = guarded(store, child, {**_as_json(store, entry), "child": eyes.child(child)})
        store.log("looked", f"contact {entry.id}", child.id)

    def text() -> None:
        output.emit_pairs(
            [
                ("Child", value["child"]["name"]),
                ("When", clock_text(entry.at)),
                *[(name.capitalize(), value[name]) for name in ("kind", "outcome", "seen", "by", "note")],
                ("Next step", value["next_step"]),
                *([("Corrects", entry.corrects)] if entry.corrects else []),
                ("Id", entry.id),
            ]
        )

    call.show(value, text)


def eyes_name(value: dict[str, Any]) -> str:
    """The child's name out of a result."""
    return str(value["child"]["name"])


def _entry(store: Store, text: str, child: str | None) -> Contact:
    """The chronology entry with this id. Raises BadInput when it is none, or another child's."""
    from casework.errors import BadInput
    from casework.records import Contact
    from outreach_tui.commands.people import take_record

    found = take_record(store, text, "--corrects" if child else "RECORD")
    if not isinstance(found, Contact) or (child is not None and found.child != child):
        raise BadInput(
            "not-a-contact",
            "That id is not an entry of this chronology; see `contact list`.",
            "--corrects" if child else "RECORD",
        )
    return found


def _as_json(store: Store, entry: Contact) -> dict[str, Any]:
    row = store.conn.execute("SELECT name FROM worker WHERE id = ?", (entry.by,)).fetchone()
    return {
        "id": entry.id,
        "at": entry.at,
        "kind": entry.kind,
        "outcome": entry.outcome,
        "seen": entry.seen,
        "by": row[0] if row else entry.by,
        "note": entry.note,
        "next_step": entry.next_step,
        "corrects": entry.corrects,
    }
