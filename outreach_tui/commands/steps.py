"""`outreach undo` and `outreach log`: steps taken back, and who looked, changed, exported and shared."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import (
    LineCommand,
    interrupted_as_stop,
    json_option,
    stamp_text,
    the_call,
)
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from storage.audit import AuditEntry
    from storage.store import Store


@click.command(cls=LineCommand)
@click.option(
    "--list", "list_steps", is_flag=True, help="List the steps that undo would take back, the next first."
)
@click.option("--redo", is_flag=True, help="Bring back the step undone last.")
@json_option
def undo(list_steps: bool, redo: bool) -> None:
    """Take back your last step, also after a restart. Nothing is erased: history shows both.

    A bulk action is one step. Repeat the command to go further back; --redo comes forward again.
    """
    if list_steps and redo:
        raise click.UsageError("--list and --redo do not go together")
    from storage.queries.steps import UNTOLD, may_tell, told_name, whose_step

    call = the_call()
    with opened(call) as store:
        if list_steps:
            steps: list[dict[str, Any]] = [
                {
                    "seq": step.seq,
                    "name": step.name if may_tell(store, step.seq) else UNTOLD,
                    "at": step.at,
                    "child": step.subject if _name(store, step.subject) else None,
                    "changes": step.changes,
                    "about": _name(store, step.subject),
                }
                for step in store.journal.undo_list()
            ]
        else:
            about = "" if redo else _asked(store, ask=not call.json and sys.stdin.isatty())
            receipt = store.journal.redo() if redo else store.journal.undo()
            about = about or whose_step(store, receipt.seq)
            name = told_name(store, receipt.seq, receipt.name)
    if list_steps:

        def table() -> None:
            if not steps:
                output.emit_lines(["There is no step of yours to undo."])
                return
            output.emit_table(
                ("WHEN", "STEP", "CHILD", "CHANGES"),
                [(stamp_text(s["at"]), s["name"], s["about"], s["changes"]) for s in steps],
                fancy=call.fancy,
            )

        call.show(steps, table)
        return
    value = {
        "edit": receipt.edit,
        "seq": receipt.seq,
        "name": name,
        "touched": sorted(receipt.touched),
        "about": about or None,
    }
    said = f"{name} ({about})." if about else f"{name}."
    call.show(value, lambda: output.emit_lines([said]))


def _asked(store: Store, *, ask: bool) -> str:
    """Whom the step concerns that undo takes back now; at a terminal it is named and asked about first."""
    from storage.queries.steps import told_name, whose_step

    step = next(iter(store.journal.undo_list(1)), None)
    if step is None:
        return ""
    about = whose_step(store, step.seq)
    if ask:
        name, whose = told_name(store, step.seq, step.name), f" ({about})" if about else ""
        with interrupted_as_stop():
            sure = click.confirm(f"Take back {name}{whose}, {stamp_text(step.at)}?", err=True)
        now = next(iter(store.journal.undo_list(1)), None)
        if not sure or now is None or now.seq != step.seq:
            from casework.errors import Refused

            raise Refused("not-taken-back", "Nothing was taken back.")
    return about


@click.command(cls=LineCommand)
@click.option("--child", metavar="CHILD", help="Only what concerns this child.")
@click.option("--limit", default=200, type=click.IntRange(1, 100_000), help="At most so many entries.")
@json_option
def log(child: str | None, limit: int) -> None:
    """Who looked, searched, changed, exported and shared, what, and when; the newest first."""
    from outreach_tui.commands.people import take_child
    from storage import audit

    call = the_call()
    with opened(call) as store:
        subject = take_child(store, child, "--child").id if child else None
        entries: list[dict[str, Any]] = [
            {
                "seq": entry.seq,
                "at": entry.at,
                "worker": _worker(store, entry.worker),
                "verb": entry.verb,
                "child": entry.child if _name(store, entry.child) else None,
                "about": _name(store, entry.child),
                "detail": _detail(store, entry),
            }
            for entry in audit.entries(store.conn, child=subject, limit=limit)
        ]

    def table() -> None:
        output.emit_table(
            ("NO", "WHEN", "WHO", "DID", "CHILD", "WHAT"),
            [
                (e["seq"], stamp_text(e["at"]), e["worker"], e["verb"], e["about"], e["detail"])
                for e in entries
            ],
            fancy=call.fancy,
        )

    call.show(entries, table)


def _worker(store: Store, record: str) -> str:
    from storage.central.identity import FORMER_WORKER
    from storage.central.state import kept

    if record == kept(store.conn, FORMER_WORKER):
        return store.worker.name
    row = store.conn.execute("SELECT name FROM worker WHERE id = ?", (record,)).fetchone()
    return str(row[0]) if row else record


def _name(store: Store, record: str | None) -> str | None:
    from casework.records import Child
    from storage.queries.lookup import display_name
    from storage.queries.sight import seen_children
    from storage.rows import load_all

    found: list[Child] = load_all(store.conn, Child, "id = ?", (record,), void=True) if record else []
    seen = seen_children(store, found)
    return display_name(seen[0]) if seen else None


def _detail(store: Store, entry: AuditEntry) -> str:
    """What an entry says; the name of a step about a child only where everything it changed may be seen."""
    from storage.queries.steps import UNTOLD, may_tell

    head, _, step = entry.detail.partition(":")[0].partition(" ")
    if entry.verb != "changed" or entry.child is None or head != "edit" or not step.isdecimal():
        return entry.detail
    return entry.detail if may_tell(store, int(step)) else f"edit {step}: {UNTOLD.lower()}"
