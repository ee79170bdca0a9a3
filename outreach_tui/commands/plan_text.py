"""A plan as aligned lines, for a person at the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casework.wording import ACTION_STATUSES, AGENCIES, CLOSE_REASONS, REVIEW_DECISIONS, say_day
from outreach_tui import output

if TYPE_CHECKING:
    from storage.queries.cases import ShownCase


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
        _outcome(number, outcome, value, fancy=fancy)
    for held in value["reviews"]:
        _review(held)
    attendance_lines(value["before_after"])


def _outcome(number: int, outcome: dict[str, Any], value: dict[str, Any], *, fancy: bool) -> None:
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
                say_day(a["due"]) + (f", moved from {say_day(a['moved_from'])}" if a["moved_from"] else ""),
                _stands(a, value),
                ", ".join(part for part in (a["owner"], AGENCIES.get(a["agency"], "")) if part),
                a["text"] + (f" (why: {a['why']})" if a["why"] else ""),
                a["id"],
            )
            for a in outcome["actions"]
        ],
        fancy=fancy,
    )


def _stands(action: dict[str, Any], plan: dict[str, Any]) -> str:
    """How an action stands; in an ended plan also that it was left undone, and overdue."""
    words = [ACTION_STATUSES[action["status"]]]
    if action["id"] in plan["left_undone"]:
        words.insert(0, "left undone")
    if action["overdue"] or (words[1:] and action["due"] < plan["ended"]):
        words.insert(0, "overdue")
    return ", ".join(words)


def _review(held: dict[str, Any]) -> None:
    output.emit_lines(["", f"Review of {say_day(held['on'])}"])
    pairs = [
        ("Agenda", held["agenda"]),
        ("Attended", ", ".join(held["attended"])),
        ("Apologies", ", ".join(held["apologies"])),
        ("The child says", held["child_views"] or "no words of the child are on record"),
        ("The family says", held["views"] or "no words of the family are on record"),
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
        sides = ("before", "since")
        pairs = [(side.capitalize(), say_window(held[side])) for side in sides]
        output.emit_pairs([*pairs, *((f"Codes {side}", _say_codes(held[side])) for side in sides)])
    output.emit_lines(held["reasons"])
    if held["school_days"]:
        output.emit_lines(held["notes"])


def say_window(window: dict[str, Any]) -> str:
    """The counts of a window in words, the percentage after them where there are sessions enough for one."""
    if not window["possible"]:
        return "no possible sessions"
    share = "too few for a rate" if window["too_few_for_a_rate"] else f"{window['attendance_pct_1dp']} %"
    counts = f"{window['attended']} of {window['possible']} sessions attended, {window['absent']} absent"
    return f"{counts} ({share}), {say_day(window['from'])} to {say_day(window['to'])}"


def _say_codes(window: dict[str, Any]) -> str:
    """The marks that speak of suspension and part-time timetables, with how many marks there are."""
    return (
        f"of {window['marked']} marks {window['suspended']} suspended (E), {window['part_time_c2']} "
        f"part-time (C2), {window['not_required_x']} not required (X)"
    )


def case_lines(value: dict[str, Any]) -> None:
    """Print what a child's page has of agreements, of the case and of the plan, in short."""
    if value["agreements"]:
        output.emit_lines(["", "Agreements"])
        output.emit_lines(f"- {a['state']}, {say_day(a['on'])}: {_scope(a)}" for a in value["agreements"])
    if value["case"]["episodes"]:
        output.emit_lines(["", "Case"])
        for held in value["case"]["episodes"]:
            _episode(held)
    plan = value["plan"]
    if plan.get("withheld"):
        output.emit_lines(["", f"Plan: withheld. {plan['withheld']}"])
    elif plan:
        output.emit_lines(["", f"Plan: {plan['state']}", *plan["reasons"]])


def _episode(held: dict[str, Any]) -> None:
    """One time of working together."""
    from casework.episodes import FROM_CLOSURE, FROM_REFERRAL, say_again

    end = "open" if held["closed"] is None else f"closed {say_day(held['closed'])}"
    why = CLOSE_REASONS.get(held["reason"] or "", "")
    head = f"Episode {held['number']}: opened {say_day(held['opened'])}, {end}{f' ({why})' if why else ''}, "
    again = held["re_referral"]
    output.emit_lines([f"- {head}{held['length']}"])
    if again is not None:
        told = (FROM_REFERRAL, again["from_referral"]), (FROM_CLOSURE, again["from_closure"])
        output.emit_lines(["  Re-referral: " + "; ".join(f"{name}: {say_again(is_)}" for name, is_ in told)])
    if held["withheld"] and held["closed"] is not None:
        output.emit_lines([f"  Why the case was closed is withheld: {held['withheld']}"])


def case_json(held: ShownCase) -> dict[str, Any]:
    """A child's case as output has it, the newest episode first; `withheld` is why words of it are empty."""
    return {
        "unit": "child",
        "episodes": [
            {
                "id": one.shown.episode.id,
                "number": one.shown.episode.number,
                "referred": one.shown.episode.referred,
                "opened": one.shown.episode.opened,
                "worker": one.worker or None,
                "working_days_to_allocate": one.standing.days_to_allocate,
                "days": one.standing.days,
                "open": one.standing.is_open,
                "length": one.standing.length,
                "closed": one.shown.episode.closed,
                "reason": one.shown.episode.reason or None,
                "passed_to": one.shown.episode.passed_to,
                "told": one.shown.episode.told,
                "views": one.shown.episode.views,
                "note": one.shown.episode.note,
                "re_referral": None
                if one.standing.again is None
                else {
                    "from_referral": one.standing.again.from_referral,
                    "from_closure": one.standing.again.from_closure,
                    "reasons": list(one.standing.again.reasons),
                },
                "withheld": one.shown.withheld or None,
            }
            for one in held.episodes
        ],
    }


def _scope(agreement: dict[str, Any]) -> str:
    parts = (agreement["agencies"], agreement["categories"], agreement["purposes"])
    return "; ".join(", ".join(part) or "all" for part in parts)
