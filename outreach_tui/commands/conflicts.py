"""`outreach conflicts` and `outreach resolve`: fields with two values, and settling them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, stamp_text, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.conflicts import Keep
    from storage.queries.conflicts import OpenConflict, Said


@click.command(cls=LineCommand)
@click.option("--settled", is_flag=True, help="Those that somebody has settled, with what and when.")
@json_option
def conflicts(settled: bool) -> None:
    """List the conflicts that wait: what stands in the central record, and what was also said.

    `resolve ID --keep central|yours|both` or `resolve ID --text TEXT` settles one.
    """
    from casework.wording import count_of
    from storage.queries.conflicts import read_conflicts, read_settled
    from storage.queries.guarded_words import AddressGuard

    call = the_call()
    with opened(call) as store:
        guard = AddressGuard(store)
        each: list[tuple[OpenConflict, Said | None]] = (
            [*read_settled(store)] if settled else [(one, None) for one in read_conflicts(store)]
        )
        found = [guard(pair[0].child, pair) for pair in each]
        store.log("looked", f"conflicts: {count_of(len(found), 'conflict')}")
    value = [
        {**as_json(one), "settled": _side(chosen)} if chosen is not None else as_json(one)
        for one, chosen in found
    ]

    def lines() -> None:
        if not found:
            output.emit_lines(["No settled conflict is here." if settled else "No conflict waits."])
            return
        for number, (one, chosen) in enumerate(found):
            output.emit_lines([""] if number else [])
            output.emit_pairs(
                [
                    ("Child", one.name) if one.child else ("About", one.name or "the team"),
                    ("Field", one.label),
                    ("Before", one.base.words),
                    ("Stood" if chosen else "Stands", _words(one.stands)),
                    ("Also said", _words(one.other)),
                    *([("Settled", _words(chosen))] if chosen else []),
                    ("Conflict", one.id),
                ]
            )
        if settled:
            return
        output.warn("To settle one: outreach resolve CONFLICT --keep central, yours or both, or --text TEXT.")

    call.show(value, lines)


@click.command(cls=LineCommand)
@click.argument("conflict")
@click.option(
    "--keep",
    type=click.Choice(("central", "yours", "both")),
    help="What stands, what was also said, or both (of lists and texts).",
)
@click.option("--text", metavar="TEXT|-", help="Another value instead; of a list, items parted by ;")
@json_option
def resolve(conflict: str, keep: str | None, text: str | None) -> None:
    """Settle CONFLICT: choose the value that holds from now on. `undo` takes it back.

    The values that were not chosen stay in the history. Whoever settles it otherwise on another laptop at the
    same time makes a new conflict, so nobody's choice is lost.
    """
    from casework.records_sync import Conflict
    from outreach_tui.commands.cases import text_of
    from outreach_tui.commands.people import take_record
    from storage.queries.conflicts import find_conflict, words_of
    from storage.queries.guarded_words import AddressGuard
    from storage.settling import commit_settlement

    if (keep is None) == (text is None):
        raise click.UsageError("Say one of --keep and --text")
    call = the_call()
    words = text_of(text, "--text")
    with opened(call) as store:
        taken = take_record(store, conflict, "CONFLICT")
        found = find_conflict(store, taken.id if isinstance(taken, Conflict) else conflict)
        how = cast("Keep", keep or "text")
        receipt = commit_settlement(store, found.id, how, text=words)
        kept = store.get(Conflict, found.id)
        chosen = AddressGuard(store)(found.child, _json_of(kept))
        stands, left = words_of(store, chosen), len(_about_the_same(store, found))
        value = {
            "id": found.id,
            "record": found.conflict.record,
            "field": found.conflict.field,
            "value": chosen,
            "left": left,
            "edit": receipt.edit,
        }
    whose = f" of {found.name}" if found.name else ""
    more = [f"{left} more about the same field: see `conflicts`."] if left else []
    call.show(value, lambda: output.emit_lines([f"{found.label}{whose} is now: {stands}", *more]))


def as_json(one: OpenConflict) -> dict[str, Any]:
    """A conflict as output has it."""
    return {
        "id": one.id,
        "record": one.conflict.record,
        "child": one.child.id if one.child else None,
        "about": one.name or None,
        "field": one.conflict.field,
        "base": one.base.value,
        "central": _side(one.stands),
        "yours": _side(one.other),
    }


def _side(said: Said) -> dict[str, Any]:
    return {"value": said.value, "by": said.by or None, "at": said.at or None}


def _words(said: Said) -> str:
    told = ", ".join(filter(None, (said.by, said.where, stamp_text(said.at) if said.at else "")))
    return f"{said.words} ({told})" if told else said.words


def _json_of(kept: Any) -> Any:
    import json

    return json.loads(kept.chosen)


def _about_the_same(store: Any, one: OpenConflict) -> list[OpenConflict]:
    from storage.queries.conflicts import read_conflicts

    return [
        other
        for other in read_conflicts(store)
        if (other.conflict.record, other.conflict.field) == (one.conflict.record, one.conflict.field)
    ]
