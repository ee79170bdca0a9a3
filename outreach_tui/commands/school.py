"""`outreach school`: schools by their URN, and their terms, INSET days and closures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from casework.text import clean
from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from casework.edits import Change
    from casework.records import Calendar, School
    from storage.intake.school_calendar import CalendarFile, CalendarRow
    from storage.store import Store


@click.group(cls=LineGroup, no_args_is_help=False)
def school() -> None:
    """Schools by their URN, with their terms, INSET days and closures."""


@school.command("add")
@click.argument("urn")
@click.argument("name")
@click.option(
    "--calendar",
    "calendar_file",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="CSV or ICS of its terms.",
)
@click.option(
    "--laestab", default="", metavar="NUMBER", help="LA and establishment number, such as 886/0099."
)
@click.option("--spoc", default="", metavar="NAME", help="The school's single point of contact.")
@click.option("--spoc-reach", default="", metavar="TEXT", help="How to reach them.")
@click.option("--liaison", default="", metavar="NAME", help="The School Liaison Officer.")
@click.option("--liaison-reach", default="", metavar="TEXT", help="How to reach them.")
@json_option
def add(urn: str, name: str, calendar_file: Path | None, laestab: str, **people: str) -> int:
    """Add the school with this six-digit URN and its calendar, or name one of which only the URN is known.

    The calendar FILE is CSV with the columns kind,name,start,end (kind is term, inset or closure), or ICS.
    Without one the school starts with Kent's terms of 2025-26 and 2026-27; `school calendar` replaces them.
    """
    from casework.edits import Edit, create, update
    from casework.errors import BadInput
    from casework.ids import new_id
    from casework.records import Calendar, School
    from outreach_tui.commands.cases import fitting

    _check_urn(urn)
    number = _laestab(laestab)
    if not clean(name).strip():
        raise BadInput("empty", "The school's NAME must not be empty.", "NAME")
    given = _read(calendar_file) if calendar_file else None
    call = the_call()
    with opened(call) as store:
        known = next(iter(store.find(School, "urn = ?", (urn,))), None)
        if known is not None and known.name:
            raise BadInput(
                "school-exists", f"The school with URN {urn} is there already; see `school list`.", "URN"
            )
        with fitting({}):
            record = School(
                id=known.id if known else new_id(),
                urn=urn,
                name=clean(name).strip(),
                laestab=number,
                team=known.team if known else store.worker.team,
                **{field: text.strip() for field, text in people.items()},
            )
        own = update(known, **record.model_dump(exclude={"id", "void"})) if known else (create(record),)
        has_terms = known is not None and bool(store.find(Calendar, "school = ?", (known.id,)))
        rows = given.rows if given else () if has_terms else _kent()
        changes = (*own, *_created(record.id, rows))
        store.journal.commit(Edit(f"Add school {urn}", changes))
        value = _as_json(store, record) | {"calendar": [_row_json(row) for row in rows], **_set_aside(given)}

    def text() -> None:
        calendar = [("Calendar", _span(rows))] if rows else []
        output.emit_pairs([("URN", urn), ("School", record.name), *calendar])

    if given is None and rows:
        output.warn("No calendar was given, so the school starts with Kent's terms of 2025-26 and 2026-27.")
    call.show(value, text)
    return _say_rejected(given)


@school.command("list")
@json_option
def list_() -> None:
    """List the schools of this caseload with the days their calendars reach to."""
    call = the_call()
    with opened(call) as store:
        schools = [_as_json(store, record) for record in _by_name(store)]
    call.show(
        schools,
        lambda: output.emit_table(
            ("URN", "SCHOOL", "TERMS", "FROM", "TO"),
            [(s["urn"], s["name"], s["terms"], s["calendar_from"], s["calendar_to"]) for s in schools],
            fancy=call.fancy,
        ),
    )


@school.command("contact")
@click.argument("urn")
@click.option("--spoc", metavar="NAME", help="The school's single point of contact; empty for none.")
@click.option("--spoc-reach", metavar="TEXT", help="How to reach them.")
@click.option("--liaison", metavar="NAME", help="The School Liaison Officer; empty for none.")
@click.option("--liaison-reach", metavar="TEXT", help="How to reach them.")
@json_option
def contact(urn: str, **people: str | None) -> None:
    """Show who is who at a school; with options, say who it is now. What is not named stays."""
    from casework.edits import Edit, update
    from casework.records import School
    from outreach_tui.commands.cases import fitting

    _check_urn(urn)
    given = {field: clean(text).strip() for field, text in people.items() if text is not None}
    call = the_call()
    with opened(call) as store:
        record = find_school(store, urn)
        with fitting({}):
            wanted = School.model_validate(record.model_dump() | given)
        changes = update(record, **{field: getattr(wanted, field) for field in given})
        if changes:
            store.journal.commit(Edit(f"Contacts of school {urn}", changes))
        value = {"urn": urn, "name": wanted.name, **_people(wanted)}
    call.show(value, lambda: output.emit_pairs([("School", value["name"]), *_people_text(wanted)]))


def _people(record: School) -> dict[str, str]:
    return {
        "spoc": record.spoc,
        "spoc_reach": record.spoc_reach,
        "liaison": record.liaison,
        "liaison_reach": record.liaison_reach,
    }


def _people_text(record: School) -> list[tuple[str, str]]:
    return [
        ("Single point of contact", " · ".join(filter(None, (record.spoc, record.spoc_reach)))),
        ("School Liaison Officer", " · ".join(filter(None, (record.liaison, record.liaison_reach)))),
    ]


@school.command("calendar")
@click.argument("urn")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@json_option
def calendar(urn: str, file: Path | None) -> int:
    """Show the terms, INSET days and closures of a school; with FILE (CSV or ICS), replace them.

    A replacement is one step: `undo` brings the calendar before it back.
    """
    from casework.edits import Edit
    from casework.records import Calendar

    _check_urn(urn)
    given = _read(file) if file else None
    call = the_call()
    with opened(call) as store:
        record = find_school(store, urn)
        held = store.find(Calendar, "school = ?", (record.id,))
        if given is not None:
            changes = _replaced(record.id, held, given.rows)
            if changes:
                store.journal.commit(Edit(f"Calendar of school {urn}", changes))
            else:
                output.warn("The calendar is the same already.")
            held = store.find(Calendar, "school = ?", (record.id,))
    entries = [_row_json(entry) for entry in sorted(held, key=lambda entry: (entry.start, entry.kind))]

    def text() -> None:
        output.emit_pairs([("School", f"{record.name} ({urn})")])
        output.emit_table(
            ("KIND", "NAME", "FIRST DAY", "LAST DAY"),
            [(e["kind"], e["name"], e["start"], e["end"]) for e in entries],
            fancy=call.fancy,
        )

    call.show({"urn": urn, "name": record.name, "calendar": entries, **_set_aside(given)}, text)
    return _say_rejected(given)


@school.command("mapping")
@click.argument("urn")
@click.option("--remove", is_flag=True, help="Forget it: the next export is looked at afresh.")
@json_option
def mapping(urn: str, remove: bool) -> None:
    """Show the layout saved for a school's exports, as `import --mapping` takes it; or remove it.

    Whom a person said the children of this school's files are stays. A removal is one step for `undo`.
    """
    from casework.edits import Edit
    from storage.intake.saved_mapping import load_saved, without_layout

    _check_urn(urn)
    call = the_call()
    with opened(call) as store:
        record = find_school(store, urn)
        saved = load_saved(store, record.id)
        if remove and saved.layout is not None:
            store.journal.commit(Edit(f"Remove the mapping of school {urn}", tuple(without_layout(saved))))
    layout = saved.layout.to_dict() if saved.layout else None

    def text() -> None:
        if saved.layout is None:
            output.emit_lines(["No mapping is saved: the layout of each file is found by looking."])
        else:
            output.emit_lines([*(["Removed:"] if remove else []), *saved.layout.to_json().splitlines()])

    removed = remove and layout is not None
    call.show({"urn": urn, "mapping": layout, "answers": len(saved.answers), "removed": removed}, text)


def find_school(store: Store, urn: str, where: str = "URN") -> School:
    """The school with this URN. Raises BadInput("no-such-school"), naming the option or argument `where`."""
    from casework.errors import BadInput
    from casework.records import School

    found = store.find(School, "urn = ?", (urn.strip(),))
    if not found:
        raise BadInput("no-such-school", "No school has that URN; see `outreach school list`.", where)
    return found[0]


def _check_urn(urn: str) -> None:
    from casework.errors import BadInput

    if not (len(urn) == 6 and urn.isascii() and urn.isdigit()):
        raise BadInput("bad-urn", "A URN has six digits; look it up on Get Information About Schools.", "URN")


def _laestab(text: str) -> str:
    from casework.errors import BadInput

    digits = text.replace("/", "").strip()
    if digits and not (len(digits) == 7 and digits.isascii() and digits.isdigit()):
        raise BadInput("bad-laestab", "The LA and establishment number has 3 and 4 digits.", "--laestab")
    return digits


def _read(path: Path) -> CalendarFile:
    from storage.intake.school_calendar import read_calendar

    return read_calendar(path)


def _kent() -> tuple[CalendarRow, ...]:
    from storage.intake.kent_terms import kent_calendar

    return kent_calendar()


def _created(school: str, rows: Sequence[CalendarRow]) -> tuple[Change, ...]:
    from casework.edits import create
    from casework.ids import new_id
    from casework.records import Calendar

    return tuple(
        create(
            Calendar(id=new_id(), school=school, kind=row.kind, name=row.name, start=row.start, end=row.end)
        )
        for row in rows
    )


def _replaced(school: str, held: Sequence[Calendar], rows: Sequence[CalendarRow]) -> tuple[Change, ...]:
    """The changes that leave exactly `rows`; entries that stay are not touched."""
    from casework.edits import Change

    wanted = {(row.kind, row.name, row.start, row.end): row for row in rows}
    dropped = []
    for entry in held:
        if wanted.pop((entry.kind, entry.name, entry.start, entry.end), None) is None:
            dropped.append(Change(entry.type, entry.id, "void", False, True))
    return (*dropped, *_created(school, list(wanted.values())))


def _by_name(store: Store) -> list[School]:
    return sorted(store.schools.schools.values(), key=lambda record: (record.name, record.urn))


def _as_json(store: Store, record: School) -> dict[str, Any]:
    known = store.schools.calendars.get(record.id)
    return {
        "id": record.id,
        "urn": record.urn,
        "name": record.name,
        "laestab": record.laestab,
        **_people(record),
        "terms": len(known.terms) if known else 0,
        "calendar_from": known.first_day if known else None,
        "calendar_to": known.last_day if known else None,
    }


def _row_json(row: CalendarRow | Calendar) -> dict[str, Any]:
    return {"kind": row.kind, "name": row.name, "start": row.start, "end": row.end}


def _span(rows: Sequence[CalendarRow]) -> str:
    from casework.wording import count_of, say_day

    terms = [row for row in rows if row.kind == "term"]
    first, last = min(row.start for row in terms), max(row.end for row in terms)
    return f"{count_of(len(terms), 'term')}, {say_day(first)} to {say_day(last)}"


def _set_aside(given: CalendarFile | None) -> dict[str, Any]:
    rejected = given.rejected if given else ()
    return {
        "rejected": [
            {"line": r.line, "column": r.column, "value": r.value, "reason": r.reason, "mend": r.mend}
            for r in rejected
        ],
        "warnings": list(given.warnings) if given else [],
    }


def _say_rejected(given: CalendarFile | None) -> int:
    if given is None:
        return 0
    for sentence in given.warnings:
        output.warn(f"Warning: {sentence}")
    for row in given.rejected:
        output.warn(f"Set aside: line {row.line}, {row.column}: {row.value!r} {row.reason}; {row.mend}.")
    return 1 if given.rejected else 0
