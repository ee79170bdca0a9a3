"""A plan as aligned lines, for a person at the command line."""

from __future__ import annotations

from typing import Any

from casework.wording import ACTION_STATUSES, AGENCIES, REVIEW_DECISIONS, say_day
from outreach_tui import output


def plan_lines(value: dict[str, Any], *, fancy: bool) -> None:
    """Print what `plan.plan_json` made."""
    if not value:
        output.emit_lines(["There is no open case and no plan."])
        return
    if value.get("withheld"):
        output.emit_lines([f"Withheld: {value['withheld']}"])
        return
    pairs: list[tuple[str, object]] = []
    if value["id"]:
        pairs += [("Plan", value["id"]), ("Started", say_day(value["started"]))]
        pairs += [("Ended", say_day(value["ended"]))] if value["ended"] else []
    output.emit_pairs([*pairs, ("State", value["state"])])
    output.emit_lines(value["reasons"])
    if value["school_agreed"] != "yes" and any(
        a["agency"] == "school" for outcome in value["outcomes"] for a in outcome["actions"]
    ):
        output.emit_lines(["The school has a task in it; no agreement of the family to that is in force."])
    for number, outcome in enumerate(value["outcomes"], 1):
        _outcome(number, outcome, fancy=fancy)
    for held in value["reviews"]:
        _review(held)
    attendance_lines(value["before_after"])


def _outcome(number: int, outcome: dict[str, Any], *, fancy: bool) -> None:
    status = "" if outcome["status"] == "open" else f" ({outcome['status']})"
    output.emit_lines(["", f"Outcome {number}{status}  {outcome['id']}"])
    pairs = [("Wanted", outcome["text"]), ("Baseline", outcome["baseline"]), ("Measure", outcome["measure"])]
    output.emit_pairs((label, text) for label, text in pairs if text)
    if not outcome["actions"]:
        output.emit_lines(["No action yet."])
        return
    output.emit_table(
        ("DUE", "STATUS", "OWNER", "ACTION", "ID"),
        [
            (
                say_day(a["due"]),
                ("overdue, " if a["overdue"] else "") + ACTION_STATUSES[a["status"]],
                ", ".join(part for part in (a["owner"], AGENCIES.get(a["agency"], "")) if part),
                a["text"] + (f" (why: {a['why']})" if a["why"] else ""),
                a["id"],
            )
            for a in outcome["actions"]
        ],
        fancy=fancy,
    )


def _review(held: dict[str, Any]) -> None:
    output.emit_lines(["", f"Review of {say_day(held['on'])}"])
    pairs = [
        ("Agenda", held["agenda"]),
        ("Attended", ", ".join(held["attended"])),
        ("Apologies", ", ".join(held["apologies"])),
        ("Views", held["views"]),
        ("Progress", held["progress"]),
        ("Decision", REVIEW_DECISIONS[held["decision"]]),
        ("Next", say_day(held["next"]) if held["next"] else ""),
    ]
    output.emit_pairs((label, text) for label, text in pairs if text)


def attendance_lines(held: dict[str, Any] | None) -> None:
    """Print attendance before the work began and since, counts first."""
    if held is None:
        return
    output.emit_lines(["", "Attendance before and since"])
    if held["school_days"]:
        output.emit_pairs((name.capitalize(), say_window(held[name])) for name in ("before", "since"))
    output.emit_lines(held["reasons"])


def say_window(window: dict[str, Any]) -> str:
    """The counts of a window in words, the percentage after them."""
    if not window["possible"]:
        return "no possible sessions"
    share = window["attendance_pct_1dp"]
    counts = f"{window['attended']} of {window['possible']} sessions attended, {window['absent']} absent"
    return f"{counts} ({share} %), {say_day(window['from'])} to {say_day(window['to'])}"


def case_lines(value: dict[str, Any]) -> None:
    """Print what a child's page has of agreements and of the plan, in short."""
    if value["agreements"]:
        output.emit_lines(["", "Agreements"])
        output.emit_lines(f"- {a['state']}, {say_day(a['on'])}: {_scope(a)}" for a in value["agreements"])
    plan = value["plan"]
    if plan.get("withheld"):
        output.emit_lines(["", f"Plan: withheld. {plan['withheld']}"])
    elif plan:
        output.emit_lines(["", f"Plan: {plan['state']}", *plan["reasons"]])


def _scope(agreement: dict[str, Any]) -> str:
    parts = (agreement["agencies"], agreement["categories"], agreement["purposes"])
    return "; ".join(", ".join(part) or "all" for part in parts)
