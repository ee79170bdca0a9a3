"""A child's page as lines, for a terminal or a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from outreach_tui import output
from outreach_tui.commands.frame import stamp_text

if TYPE_CHECKING:
    from datetime import date


def _year(value: dict[str, Any]) -> str:
    year = value["year_group"] or ""
    return f"Year {year}" if len(year) in (1, 2) else year


def page_text(value: dict[str, Any], *, today: date, fancy: bool) -> None:
    """Write the lines of a page, which is as `--json` prints it."""
    from casework.attendance import say_closed_day_marks

    output.emit_pairs(
        [
            ("Child", value["name"]),
            ("Born", _day(value["dob"])),
            ("UPN", value["upn"]),
            (
                "School",
                ", ".join(part for part in (value["school"], _year(value), value["reg"]) if part),
            ),
            *([("Flags", ", ".join(flag["kind"] for flag in value["flags"]))] if value["flags"] else []),
            *(
                ("Risk to visitors", f"{risk['text']} (told by {risk['by']}, {_day(risk['on'])})")
                for risk in value["risks"]
            ),
        ]
    )
    _attendance_text(value)
    for person in value["people"]:
        _person_text(person)
    if value["as_of"] != today and (value["why"] or value["n_codes"]):
        output.emit_lines(["", f"As of {_day(value['as_of'])}, the last school day."])
    if value["why"]:
        output.emit_lines(["", "Why this child needs a look"])
        output.emit_lines(f"- {why['text']} (clears with: {why['clears_with']})" for why in value["why"])
    if value["clocks"]:
        output.emit_lines(["", "Clocks"])
        output.emit_table(
            ("WHAT", "DUE", "STATE"),
            [
                (c["text"].partition(": ")[0], _day(c["due"]), "overdue" if c["overdue"] else _left(c))
                for c in value["clocks"]
            ],
            fancy=fancy,
        )
    corrected = [mark for mark in value["marks"] if mark["was"]]
    _marks_text(value["marks"])
    output.emit_lines(sorted({mark["note"] for mark in value["marks"]} - {""}))
    if value["closed_day_marks"]:
        output.emit_lines([say_closed_day_marks(value["closed_day_marks"])])
    if corrected:
        output.emit_lines(["", "Corrected marks"])
        output.emit_lines(
            f"- {_day(m['date'])} {m['session']}: {m['code']}, was {' then '.join(m['was'])}"
            for m in corrected
        )
    if value["story"]:
        output.emit_lines(["", "Story, newest first"])
        for entry in value["story"]:
            seen = f" [seen: {entry['seen']}]" if entry["seen"] else ""
            output.emit_pairs([(stamp_text(entry["at"]), f"{entry['title']}{seen}, {entry['by']}")])
            output.emit_lines(f"    {line}" for line in entry["text"].split("\n") if line)
    if value["agreements"] or value["case"]["episodes"] or value["plan"]:
        from outreach_tui.commands.plan_text import case_lines

        case_lines(value)
    if value["withheld"]:
        output.emit_lines(["", "Withheld"])
        output.emit_lines(
            f"- {held['category'].replace('_', ' ')}: {held['reason']}" for held in value["withheld"]
        )


def _attendance_text(value: dict[str, Any]) -> None:
    counted, legal = value["attendance"], value["legal"]
    if counted is None:
        return
    share = counted["attendance_pct_1dp"]
    words = (
        "no possible sessions"
        if share is None
        else f"{counted['attended']} of {counted['possible']} ({share} %)"
    )
    marks = [name for name in ("severe", "persistent") if counted[name]][:1]
    output.emit_lines(["", f"Attendance {_day(counted['from'])} to {_day(counted['to'])}"])
    output.emit_pairs(
        [
            ("Attended", words + (f", {marks[0]} absence" if marks else "")),
            (
                "Absent",
                f"{counted['absent']}: {counted['authorised_absence']} authorised, "
                f"{counted['unauthorised_absence']} unauthorised",
            ),
            ("Late", counted["late"]),
            (
                "Unauthorised",
                f"{legal['unauthorised_in_window']} in the ten school weeks to today "
                f"(threshold {legal['limit']})",
            ),
        ]
    )


def _marks_text(marks: list[dict[str, Any]]) -> None:
    from casework.calendars import monday_of
    from casework.weeks import EMPTY_WEEK, slot_of

    weeks: dict[Any, list[str]] = {}
    for mark in marks:
        slots = weeks.setdefault(monday_of(mark["date"]), EMPTY_WEEK.split(" "))
        slots[slot_of(mark["date"], mark["session"])] = mark["code"]
    if not weeks:
        return
    output.emit_lines(["", "Marks, Monday AM to Friday PM"])
    for monday, slots in sorted(weeks.items()):
        days = "  ".join(f"{slots[at]:<2} {slots[at + 1]:<2}" for at in range(0, 10, 2))
        output.emit_lines([f"{_day(monday)[4:]:<11}  {days}".rstrip()])


def _person_text(person: dict[str, Any]) -> None:
    told = [", ".join(person["phones"]), person["email"], person["address"] or "", person["note"]]
    if person["do_not_contact"]:
        told = ["DO NOT CONTACT"]
    elif person["address_protected"]:
        told.append("address protected")
    who = f"{person['relationship'] or 'Adult'} (parental responsibility: {person['responsibility']})"
    output.emit_pairs([(who, "; ".join([person["name"], *(part for part in told if part)]))])


def _day(day: Any) -> str:
    from casework.wording import say_day

    return say_day(day) if day else ""


def _left(clock: dict[str, Any]) -> str:
    """What is left of a clock; where it stands, why."""
    return (
        clock["text"].partition(": ")[2] if clock["left"] is None else f"{clock['left']} {clock['kind']} left"
    )
