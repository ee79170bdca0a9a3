"""`outreach flag`: dated facts about a child, each with its source and the day on which it is reviewed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.records import Flag


@click.group(cls=LineGroup, no_args_is_help=False)
def flag() -> None:
    """Flags of a child: recorded with their source, reviewed, ended."""


@flag.command("add")
@click.argument("child")
@click.option("--kind", required=True, metavar="KIND", help="Such as child-in-need or risk-to-visitors.")
@click.option("--source", required=True, metavar="TEXT", help="Who told of it, or where it stands.")
@click.option("--since", metavar="DATE", help="Since when it holds; else not known.")
@click.option("--review", metavar="DATE", help="The day by which somebody looks at it again.")
@click.option("--note", default="", metavar="TEXT|-", help="What to know of it.")
@json_option
def add(child: str, kind: str, source: str, since: str | None, review: str | None, note: str) -> None:
    """Record a flag of CHILD. You record what you may see; one of a kind stands at a time."""
    from casework.ids import new_id
    from casework.records import FLAG_CATEGORY, Flag
    from outreach_tui.commands.cases import fitting, text_of
    from outreach_tui.commands.people import take_child, take_day
    from storage.flagging import commit_flag

    call = the_call()
    if kind not in FLAG_CATEGORY:
        raise click.UsageError(f"--kind is one of {', '.join(FLAG_CATEGORY)}")
    told, words = text_of(source, "--source"), text_of(note, "--note")
    began = take_day(since, call.today, "--since", past=True)
    again = take_day(review, call.today, "--review")
    with opened(call) as store:
        found = take_child(store, child)
        with fitting({}):
            made = Flag.model_validate(
                {
                    "id": new_id(),
                    "child": found.id,
                    "kind": kind,
                    "source": told,
                    "since": began,
                    "review": again,
                    "note": words,
                }
            )
        receipt = commit_flag(store, made)
    value = {"id": made.id, "child": found.id, "kind": kind, "review": again, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines([f"{receipt.name}. Its id is {made.id}."]))


@flag.command("review")
@click.argument("flag_id", metavar="FLAG")
@click.option("--next", "following", metavar="DATE", help="The next review; without it there is none.")
@click.option("--note", metavar="TEXT|-", help="What to know of it now; else the words before.")
@json_option
def review(flag_id: str, following: str | None, note: str | None) -> None:
    """Say that FLAG still holds, and when it is looked at again; that clears its clock."""
    from outreach_tui.commands.cases import text_of
    from outreach_tui.commands.people import take_day
    from storage.flagging import commit_review, flag_of

    call = the_call()
    day = take_day(following, call.today, "--next")
    changed: dict[str, Any] = {} if note is None else {"note": text_of(note, "--note")}
    with opened(call) as store:
        held = flag_of(store, flag_id)
        receipt = commit_review(store, held, day, **changed)
    value = {"id": held.id, "review": day, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines([f"{receipt.name}."]))


@flag.command("end")
@click.argument("flag_id", metavar="FLAG")
@click.option("--on", metavar="DATE", help="The day from which it holds no more; else today.")
@json_option
def end(flag_id: str, on: str | None) -> None:
    """Say that FLAG holds no more. It stays in the history."""
    from outreach_tui.commands.people import take_day
    from storage.flagging import commit_end, flag_of

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held = flag_of(store, flag_id)
        receipt = commit_end(store, held, day)
    value = {"id": held.id, "ended": day, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines([f"{receipt.name}."]))


@flag.command("list")
@click.argument("child")
@json_option
def list_(child: str) -> None:
    """List CHILD's flags that you may see, those that stand first."""
    from outreach_tui.commands.people import take_child
    from storage.flagging import flags_of
    from storage.queries.guarded_words import guarded

    call = the_call()
    with opened(call) as store:
        found = take_child(store, child)
        value = guarded(store, found, [_as_json(one) for one in flags_of(store, found)])
        store.log("looked", f"flags ({len(value)})", found.id)

    def table() -> None:
        from casework.wording import FLAGS, say_day

        def day(one: dict[str, Any], name: str) -> str:
            return say_day(one[name]) if one[name] else ""

        if not value:
            output.emit_lines(["There is no flag that you may see."])
            return
        output.emit_table(
            ("FLAG", "SINCE", "REVIEW BY", "ENDED", "SOURCE", "NOTE", "ID"),
            [
                (
                    FLAGS[one["kind"]],
                    *(day(one, name) for name in ("since", "review", "ended")),
                    *(one[name] for name in ("source", "note", "id")),
                )
                for one in value
            ],
            fancy=call.fancy,
        )

    call.show(value, table)


def _as_json(held: Flag) -> dict[str, Any]:
    names = ("id", "kind", "since", "review", "ended", "source", "note")
    return {name: getattr(held, name) for name in names}
