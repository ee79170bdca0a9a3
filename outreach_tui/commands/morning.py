"""`outreach today` and `outreach triage`: the round and the caseload, every row with its reasons."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened
from outreach_tui.commands.school import find_school

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from casework.filters import Filter
    from casework.triage import Why
    from storage.queries.caseload import CaseloadRow
    from storage.queries.today import Round, TodayRow
    from storage.store import Store

filter_option = click.option(
    "--filter",
    "expression",
    metavar="EXPR",
    help='Such as: --filter "unauth>=8 no-contact:5d school:harbour".',
)
view_option = click.option("--view", metavar="NAME", help="A saved view, by its name or digit.")
school_option = click.option("--school", "urn", metavar="URN", help="Only this school.")


@click.command(cls=LineCommand)
@school_option
@view_option
@filter_option
@click.option("--all", "everyone", is_flag=True, help="Also those who were acted on already.")
@json_option
def today(urn: str | None, view: str | None, expression: str | None, everyone: bool) -> None:
    """Who is not in without a reason, why each row is there, and what would clear it.

    The round is that of today's registers, or of the last school day before. Absences that are explained or
    were acted on are counted, not listed.
    """
    from outreach_tui.commands.people import Eyes
    from storage.queries.today import read_round

    call = the_call()
    with opened(call) as store:
        school = find_school(store, urn, "--school").id if urn else None
        round_ = read_round(store, school=school, chosen=_chosen(store, "today", view, expression))
        eyes = Eyes(store, "attendance")
        listed = [*round_.rows, *(round_.settled if everyone else ())]
        rows, withheld = listed, round_.withheld
        value = {
            "date": round_.day,
            "rows": [_today_json(row, eyes.child(row.child)) for row in rows],
            "counts": dict(round_.counts),
            "awaiting": [
                {
                    "school": one.name,
                    "urn": one.urn,
                    "children": one.children,
                    "calendar_ended": one.ended,
                }
                for one in round_.awaiting
            ],
            "withheld": withheld,
        }
        store.log("looked", f"round of {round_.day.isoformat()} ({len(rows)} children)")
        nobody = _nobody(store, round_.day)
    _say_withheld(withheld)
    call.show(value, lambda: _today_text(round_, value["rows"], nobody, fancy=call.fancy))  # type: ignore[arg-type]


@click.command(cls=LineCommand)
@school_option
@view_option
@filter_option
@json_option
def triage(urn: str | None, view: str | None, expression: str | None) -> None:
    """The caseload, ranked: each child with every reason, its clock, and what would clear it.

    There is no score. The order follows the weightiest reason, then the next.
    """
    from casework.policies import Category
    from outreach_tui.commands.people import Eyes
    from storage.queries.caseload import read_caseload
    from storage.queries.registers import register_day

    call = the_call()
    with opened(call) as store:
        school = find_school(store, urn, "--school").id if urn else None
        found = read_caseload(store, chosen=_chosen(store, "caseload", view, expression), school=school)
        eyes = Eyes(store, "attendance")
        rows = [row for row in found if eyes.sees(row.child, Category.ATTENDANCE)]
        withheld = len(found) - len(rows)
        value = {
            "date": register_day(store, store.today),
            "rows": [_triage_json(row, eyes.child(row.child)) for row in rows],
            "withheld": withheld,
        }
        store.log("looked", f"caseload ({len(rows)} children)")
    _say_withheld(withheld)
    call.show(value, lambda: _triage_text(value["rows"], fancy=call.fancy))  # type: ignore[arg-type]


def _chosen(store: Store, screen: str, view: str | None, expression: str | None) -> Filter | None:
    if view is None and expression is None:
        return None
    from casework.filter_text import parse
    from casework.filters import Filter

    saved = parse(_saved(store, screen, view)) if view else Filter()
    typed = parse(expression) if expression else Filter()
    return Filter((*saved.terms, *typed.terms))


def _saved(store: Store, screen: str, name: str) -> str:
    from casework.errors import BadInput
    from casework.records import SavedView
    from casework.text import fold

    views = store.find(SavedView, "screen = ?", (screen,))
    for view in views:
        if fold(view.name) == fold(name) or (view.digit and str(view.digit) == name.strip()):
            return view.filter
    known = ", ".join(sorted(view.name for view in views)) or "none"
    raise BadInput("no-such-view", f"There is no saved view of that name; there are: {known}.", "--view")


def why_json(reasons: Sequence[Why]) -> list[dict[str, Any]]:
    """The reasons of a row in the words of the contract."""
    return [
        {
            "rule": why.rule,
            "text": why.text,
            "since": why.since,
            "due": why.due,
            "clears_with": why.clears_with,
        }
        for why in reasons
    ]


def _today_json(row: TodayRow, child: dict[str, Any]) -> dict[str, Any]:
    return {
        "child": child,
        "sessions": dict(row.sessions),
        "why": why_json(row.why),
        "attempts": row.attempts,
        "last_contact": row.last_contact,
        "status": row.status,
        "rank": row.rank,
    }


def _triage_json(row: CaseloadRow, child: dict[str, Any]) -> dict[str, Any]:
    year = row.year
    return {
        "child": child,
        "why": why_json(row.why),
        "last_contact": row.last_contact,
        "attendance_pct_1dp": year.attendance_pct,
        "absent": year.absent,
        "possible": year.possible,
        "rank": row.rank,
    }


def _nobody(store: Store, day: date) -> str:
    """What an empty round means: an all-clear only where there are marks to tell it from."""
    from casework.records import Child
    from casework.wording import say_day
    from storage.queries.steps import marks_are_in

    if not store.find(Child):
        return "No child is on this laptop yet: import a school's register."
    if not marks_are_in(store, day):
        return f"No marks for {say_day(day)} are on this laptop."
    return "Nobody is waiting for a follow-up."


def _today_text(round_: Round, rows: Sequence[Mapping[str, Any]], nobody: str, *, fancy: bool) -> None:
    from casework.wording import count_of, say_day

    counts = round_.counts
    output.emit_lines(
        [
            f"Round of {say_day(round_.day)}: {counts.get('open', 0)} open, "
            f"{counts.get('acted-on', 0)} acted on, "
            f"{counts.get('not-in', 0)} not in, {counts.get('explained', 0)} of them explained."
        ]
    )
    day = say_day(round_.day).rpartition(" ")[0]
    output.emit_lines(
        f"No register for {day} yet from {one.name} ({count_of(one.children, 'child', 'children')})"
        if one.ended is None
        else f"{one.name} ({count_of(one.children, 'child', 'children')}): {one.reason}"
        for one in round_.awaiting
    )
    if not rows:
        if counts.get("open", 0):
            output.emit_lines(["No open row of the round is shown."])
        elif round_.awaiting:
            output.emit_lines(["The round is not complete: no follow-up is open in the registers so far."])
        else:
            output.emit_lines([nobody])
        return
    _reasoned(
        ("NO", "CHILD", "SCHOOL", "AM", "PM", "TRIES", "STATUS"),
        [
            (
                row["rank"],
                row["child"]["name"],
                row["child"]["school"],
                row["sessions"].get("AM", "-"),
                row["sessions"].get("PM", "-"),
                row["attempts"],
                row["status"],
            )
            for row in rows
        ],
        rows,
        fancy=fancy,
    )


def _triage_text(rows: Sequence[Mapping[str, Any]], *, fancy: bool) -> None:
    if not rows:
        output.emit_lines(["No child matches."])
        return
    _reasoned(
        ("NO", "CHILD", "SCHOOL", "ATTENDED", "LAST CONTACT"),
        [
            (
                row["rank"],
                row["child"]["name"],
                row["child"]["school"],
                "" if row["attendance_pct_1dp"] is None else f"{row['attendance_pct_1dp']} %",
                row["last_contact"] or "never",
            )
            for row in rows
        ],
        rows,
        fancy=fancy,
    )


def _reasoned(
    headings: tuple[str, ...],
    cells: list[tuple[object, ...]],
    rows: Sequence[Mapping[str, Any]],
    *,
    fancy: bool,
) -> None:
    """A table with the reasons: below each row on a terminal, where they would be cut, else as columns."""
    if fancy:
        notes = [
            " ".join(f"{why['text']}. Clears with: {why['clears_with']}." for why in row["why"])
            for row in rows
        ]
        output.emit_table(headings, cells, fancy=True, notes=notes)
        return
    output.emit_table(
        (*headings, "WHY", "CLEARS WITH"),
        [(*held, _texts(row), _clears(row)) for held, row in zip(cells, rows, strict=True)],
    )


def _texts(row: Mapping[str, Any]) -> str:
    return "; ".join(why["text"] for why in row["why"])


def _clears(row: Mapping[str, Any]) -> str:
    return "; ".join(why["clears_with"] for why in row["why"])


def _say_withheld(count: int) -> None:
    if count:
        output.warn(
            f"{count} children are left out: their attendance is not part of your work, by no agreement."
        )
