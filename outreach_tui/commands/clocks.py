"""`outreach clocks`: one list of what is due, why each row is there, what stops it and what clears it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import ActingGroup, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from casework.pauses import SleepKind
    from outreach_tui.commands.people import Eyes
    from storage.queries.tasks import ClockList, ClockRow, Group

_SHORTEST = 8


@click.group(cls=ActingGroup)
@click.option(
    "--by",
    type=click.Choice(("family", "school", "due")),
    default="due",
    help="Group the rows by family, by school visit or by due day.",
)
@click.option("--all", "everything", is_flag=True, help="Also what is paused or snoozed.")
@json_option
@click.pass_context
def clocks(context: click.Context, by: Any, *, everything: bool) -> None:
    """Your clocks: what is due, which days it counts, when it started, what stops it and what clears it."""
    if context.invoked_subcommand is not None:
        return
    from outreach_tui.commands.people import Eyes
    from storage.queries.tasks import grouped, read_clocks

    call = the_call()
    with opened(call) as store:
        found = read_clocks(store)
        listed = found.everything if everything else found.rows
        groups = grouped(listed, by, found.day)
        eyes = Eyes(store)
        value = {
            "date": found.day,
            "rows": [_as_json(eyes, row, group.heading) for group in groups for row in group.rows],
            "counts": dict(found.counts),
            "withheld": [
                {"category": one.category.value, "reason": one.reason, "children": one.children}
                for one in found.withheld
            ],
        }
        store.log("looked", f"clocks ({len(listed)})")
    call.show(value, lambda: _text(found, groups))


def _sleep_options(command: Callable[..., None]) -> Callable[..., None]:
    until = click.option("--until", required=True, metavar="DATE", help="The day on which it is back.")
    reason = click.option("--reason", required=True, metavar="TEXT", help="Why; kept with the step.")
    return reason(until(_about(command)))


def _about(command: Callable[..., None]) -> Callable[..., None]:
    clock = click.option(
        "--clock", "rule", metavar="RULE", help="Which clock, where several of one record run."
    )
    return click.argument("about")(clock(command))


@clocks.command("pause")
@_sleep_options
@json_option
def pause(about: str, rule: str | None, reason: str, until: str) -> None:
    """Hide a row until a day, for work that has to wait. ABOUT is the id in its last column.

    The clock runs on, and the row is back by itself on that day.
    """
    _sleep("pause", about, rule, reason, until)


@clocks.command("snooze")
@_sleep_options
@json_option
def snooze(about: str, rule: str | None, reason: str, until: str) -> None:
    """Hide a row until a day, for a reminder that comes too early. ABOUT is the id in its last column."""
    _sleep("snooze", about, rule, reason, until)


@clocks.command("wake")
@_about
@json_option
def wake(about: str, rule: str | None) -> None:
    """List a paused or snoozed row again, before its day."""
    from casework.pauses import wake_edit
    from casework.records_case import Pause
    from storage.queries.tasks import read_clocks

    call = the_call()
    with opened(call) as store:
        row = _find(read_clocks(store), about, rule, asleep=True)
        held = [store.get(Pause, row.task.sleep.pause)] if row.task.sleep else []
        receipt = store.journal.commit(wake_edit(held, call.today))
        value = {"about": row.task.about, "rule": row.task.rule, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines([f"{row.task.name} of {row.name} is listed again."]))


def _sleep(kind: SleepKind, about: str, rule: str | None, reason: str, until: str) -> None:
    from datetime import timedelta

    from casework.pauses import STATES, sleep_edit
    from casework.text import clean
    from casework.wording import say_day
    from outreach_tui.commands.people import take_day
    from storage.queries.tasks import read_clocks

    call = the_call()
    day = take_day(until, call.today, "--until", since=call.today + timedelta(days=1))
    with opened(call) as store:
        row = _find(read_clocks(store), about, rule, asleep=False)
        edit = sleep_edit([row.task], kind, clean(reason).strip(), day, store.worker.id, call.today)
        receipt = store.journal.commit(edit)
        value = {
            "about": row.task.about,
            "rule": row.task.rule,
            "kind": kind,
            "until": day,
            "edit": receipt.edit,
        }
    words = f"{row.task.name} of {row.name} is {STATES[kind]} until {say_day(day) if day else ''}."
    call.show(value, lambda: output.emit_lines([words]))


def _find(found: ClockList, about: str, rule: str | None, *, asleep: bool) -> ClockRow:
    """The one row of a record. Raises BadInput where there is none or `--clock` is needed, Refused where it
    sleeps already, or is awake.
    """
    from casework.errors import BadInput, Refused
    from casework.pauses import is_hidden
    from casework.wording import say_day

    wanted = about.strip().lower()
    fits = [
        row
        for row in found.everything
        if len(wanted) >= _SHORTEST and row.task.about.startswith(wanted) and rule in (None, row.task.rule)
    ]
    if not fits:
        sentence = "No clock of yours runs for that record; `outreach clocks --all` lists them."
        raise BadInput("no-such-clock", sentence, "ABOUT")
    held = [row for row in fits if (row.task.sleep is not None if asleep else not is_hidden(row.task))]
    if not held and asleep:
        raise Refused("awake", "It is neither paused nor snoozed.", "ABOUT")
    if not held:
        sleep = fits[0].task.sleep
        day = say_day(sleep.until) if sleep else ""
        raise Refused("asleep", f"It is paused or snoozed already, until {day}; wake it first.", "ABOUT")
    rules = list(dict.fromkeys(row.task.rule for row in held))
    if len(held) > 1:
        sentence = f"Several clocks fit; give --clock with one of {', '.join(rules)}, or more of the id."
        raise BadInput("several-clocks", sentence, "--clock")
    return held[0]


def _as_json(eyes: Eyes, row: ClockRow, group: str) -> dict[str, Any]:
    task = row.task
    sleep = task.sleep
    return {
        "rule": task.rule,
        "text": task.text,
        "start": task.start,
        "due": task.due,
        "kind": task.kind.value,
        "overdue": task.overdue,
        "left": task.left,
        "child": eyes.child(row.child),
        "stops_with": task.stops_with,
        "clears_with": task.clears_with,
        "about": task.about,
        "group": group,
        "paused": None
        if sleep is None
        else {"kind": sleep.kind, "reason": sleep.reason, "until": sleep.until},
    }


def _text(found: ClockList, groups: list[Group]) -> None:
    from casework.pauses import STATES
    from casework.wording import say_day

    counts = found.counts
    words = [f"{counts['overdue']} overdue", f"{counts['today']} due today", f"{counts['to-come']} to come"]
    words += [f"{counts[state]} {state}" for state in STATES.values() if counts[state]]
    output.emit_lines([f"Clocks of {say_day(found.day)}: {', '.join(words)}."])
    for group in groups:
        output.emit_lines(["", group.title])
        for row in group.rows:
            task = row.task
            lines = [f"  {row.name}{f', {row.school}' if row.school else ''}. {task.text}."]
            if task.sleep is not None:
                because = f": {task.sleep.reason}" if task.sleep.reason else ""
                lines.append(f"    {STATES[task.sleep.kind]} until {say_day(task.sleep.until)}{because}")
            lines += [
                f"    cleared by: {task.clears_with}",
                f"    stopped by: {task.stops_with}",
                f"    about: {task.about} ({task.rule})",
            ]
            output.emit_lines(lines)
    if found.withheld:
        output.emit_lines(["", "Withheld from you, whether or not a clock runs:"])
        output.emit_lines(f"  {one.words}" for one in found.withheld)
