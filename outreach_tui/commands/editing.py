"""`outreach edit`: change fields of a record; typed, validated, and refused where a policy forbids it."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, get_args, get_origin

import click

from casework.conflicts import field_label
from casework.text import clean, safe
from outreach_tui import output
from outreach_tui.commands.frame import Call, LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened
from outreach_tui.commands.records import said

if TYPE_CHECKING:
    from casework.edits import Change
    from casework.records import Child, Record
    from outreach_tui.commands.people import Eyes
    from storage.store import Store

_NAMES = frozenset({"surname", "forename", "known_as", "former_names", "title", "name"})
"""Fields that hold a name: what may stand in them is what an import takes for one."""

_OWN_COMMANDS = {
    "agreement": "An agreement is never rewritten: what a family agrees to anew is a new record. Use"
    " `outreach consent record`, and `outreach consent withdraw` for what they take back.",
    "disclosure": "A decision to share or not is never rewritten: record the new one by `outreach disclose`.",
    "conflict": "A conflict is settled by `outreach resolve`.",
}
"""Records that are changed by verbs of their own, which hold their rules: why, and what to do instead."""

_OWN_VERBS = {
    "action": {
        "status": "plan do",
        "why": "plan do",
        "done_on": "plan do",
        "moved_from": "edit ACTION due=DAY",
    },
    "episode": dict.fromkeys(("closed", "reason", "told", "views", "note"), "close"),
    "assessment": {"completed": "assess complete"},
}
"""Fields that are changed by verbs of their own, which hold their rules."""

_TO_COME = frozenset({"due", "review", "next_review", "wake", "expires", "until"})
"""Days of something planned; the others are of what was."""

_LONGEST_NAME = 300
_NAMED = frozenset({"team", "worker", "household", "school"})
_ID_START = re.compile(r"[0-9a-fA-F]{8}[0-9a-fA-F-]*")
_LISTED = 10


@click.command(cls=LineCommand)
@click.argument("record")
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE...")
@click.option("--reason", default="", metavar="TEXT", help="Why; kept with the change.")
@json_option
def edit(record: str, fields: tuple[str, ...], reason: str) -> None:
    """Change fields of one RECORD: edit 0197c1d2 known_as=Sunny

    \b
    FIELD=VALUE   set a field; an empty VALUE clears it
    FIELD+=VALUE  add to a list
    FIELD-=VALUE  take from a list

    Lists are written with ; between their items; dates as anywhere else (fri, 23/11, +2w). A field that the
    register or the council owns, or that is never rewritten, is refused with the reason. A team, a worker or
    a household is given by its name or its id. All of a call's changes are one step; `undo` takes it back.
    """
    from casework.edits import Edit
    from casework.hide_address import ADDRESS_TYPED
    from outreach_tui.commands.people import Eyes, subject_of, take_named
    from storage.queries.guarded_words import AddressGuard, address_typed

    call = the_call()
    wanted = [_split(text) for text in fields]
    _check_once(wanted)
    with opened(call) as store:
        found = take_named(store, record)
        if found.void:
            found = _part_of(store, found)
        child, eyes = subject_of(store, found), Eyes(store)
        values: dict[str, Any] = {}
        for name, sign, text in wanted:
            _check_allowed(eyes, found, child, name)
            values[name] = _value(call, store, found, values, (name, sign, text))
        changes = _validated(found, values)
        _check_school(store, found, child, values)
        if moved := _moved(call, found, values, reason):
            changes = _validated(found, values | moved)
        _warn_of_numbers(changes)
        texts = [text for name, sign, text in wanted if name != "address" and sign != "-"]
        if child is not None and address_typed(store, child, [*texts, reason]):
            output.warn(f"Warning: {ADDRESS_TYPED}")
        if changes:
            named = ", ".join(field_label(found.type, change.field) for change in changes)
            step = Edit(
                f"Edit {found.type.replace('_', ' ')}: {named}",
                changes,
                subject=child.id if child else None,
                reason=clean(reason).strip(),
            )
            receipt: str | None = store.journal.commit(step).edit
        else:
            receipt = None
        guard = AddressGuard(store)
        told = [(c.field, guard(child, c.old), guard(child, c.new)) for c in changes]
        rows = [(name, *(said(eyes, found, name, value) for value in both)) for name, *both in told]
        value = {
            "id": found.id,
            "type": found.type,
            "edit": receipt,
            "changed": [{"field": name, "old": old, "new": new} for name, old, new in told],
        }

    def lines() -> None:
        if not changes:
            output.emit_lines(["Nothing to change: the record says so already."])
            return
        output.emit_table(("FIELD", "FROM", "TO"), rows, fancy=call.fancy)

    call.show(value, lines)


def _part_of(store: Store, record: Record) -> Child:
    """The child whom a merged record is part of now, said on stderr. Raises Refused for what is void else."""
    from casework.errors import BadInput, Refused
    from casework.records import Child
    from outreach_tui.commands.people import take_child
    from storage.queries.lookup import display_name

    try:
        found = take_child(store, record.id) if isinstance(record, Child) else None
    except BadInput:
        found = None
    if found is None or found.void:
        sentence = "That record stands no more: it was taken back by an undo, or set aside by a merge."
        raise Refused("void", f"{sentence} It cannot be edited.", record.id)
    output.warn(f"That record was merged; this changes {display_name(found)} ({found.id}).")
    return found


def _split(text: str) -> tuple[str, str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.UsageError("Each change is written FIELD=VALUE")
    sign = name[-1] if name[-1] in "+-" else ""
    return name.removesuffix(sign).strip().replace("-", "_"), sign, value


def _check_once(wanted: list[tuple[str, str, str]]) -> None:
    """Raise UsageError for a field that is set twice: which of the two was meant is anybody's guess."""
    held = [name for name, _, _ in wanted]
    for name, sign, _ in wanted:
        if not sign and held.count(name) > 1:
            raise click.UsageError(f"{safe(name)} is given twice; give each field once")


def _check_allowed(eyes: Eyes, record: Record, child: Child | None, name: str) -> None:
    """Raise BadInput for a field that is not there, Refused where a policy or `may_see` forbids the edit."""
    from casework.errors import BadInput, Refused
    from casework.policies import LOCAL_EDIT_REFUSED
    from casework.records import meta_of
    from outreach_tui.commands.records import label_of

    kind = record.type.replace("_", " ")
    known = [field for field in type(record).model_fields if field not in ("id", "void")]
    if name not in known:
        raise BadInput(
            "no-such-field", f"A {kind} has no field {safe(name)}; it has {', '.join(known)}.", safe(name)
        )
    decision = eyes.field(record, name, child)
    if not (decision or decision.shown):
        raise BadInput("no-such-record", "No record has that id; check it and try again.")
    if record.type in _OWN_COMMANDS:
        raise Refused("own-command", _OWN_COMMANDS[record.type], name)
    if not decision:
        raise Refused("withheld", decision.reason, name)
    own = _OWN_VERBS.get(record.type, {}).get(name)
    if own:
        sentence = f"{label_of(record, name)} cannot be edited here: use `outreach {own}`."
        raise Refused("own-command", sentence, name)
    meta = meta_of(record.type, name)
    why = LOCAL_EDIT_REFUSED.get(meta.policy) if meta else None
    if why:
        raise Refused("owned-elsewhere", f"{label_of(record, name)} cannot be edited here: {why}.", name)


def _value(
    call: Call, store: Store, record: Record, given: dict[str, Any], part: tuple[str, str, str]
) -> Any:
    """The value that was typed for a field, in the shape that its type takes."""
    from casework.errors import BadInput

    name, sign, typed = part
    annotation = type(record).model_fields[name].annotation
    kinds = {annotation, *get_args(annotation)}
    is_list = get_origin(annotation) is tuple
    if sign and not is_list:
        raise BadInput("not-a-list", f"{name} is not a list; write {name}=VALUE.", name)
    if is_list:
        items = [item.strip() for item in typed.split(";") if item.strip()]
        if sign != "-":
            items = [_text(name, item) for item in items]
        held = list(given.get(name, record.model_dump(mode="json")[name]))
        if sign == "+":
            return [*held, *(item for item in items if item not in held)]
        if sign == "-":
            return [item for item in held if item not in items]
        return items
    if type(None) in kinds and not typed.strip():
        return None
    if bool in kinds:
        truth = {"yes": True, "no": False, "true": True, "false": False}.get(typed.strip().casefold())
        if truth is None:
            raise BadInput("bad-value", f"{name} takes yes or no; correct it.", name)
        return truth
    if datetime in kinds:
        from outreach_tui.commands.people import take_when

        return take_when(typed, call, name).isoformat()
    if date in kinds:
        return _day(call, record, name, typed)
    if get_origin(annotation) is dict:
        try:
            return json.loads(typed)
        except ValueError:
            raise BadInput("not-json", f"{name} takes a JSON object.", name) from None
    return reference(store, name, typed)


def _day(call: Call, record: Record, name: str, typed: str) -> str | None:
    """The day that was typed. Raises BadInput for what is none, or a day of birth that has not come."""
    from casework.days_given import require_come
    from outreach_tui.commands.people import take_day

    to_come = call.today if name in _TO_COME else None
    # A calendar's day may lie on either side of today, and its year is seen in the echo.
    past = to_come is None and record.type != "calendar"
    day = take_day(typed, call.today, name, past=past, since=to_come)
    if name == "dob" and day is not None:
        require_come(day, call.today, "That date of birth has not come yet.", name)
    return day.isoformat() if day else None


def _text(name: str, typed: str) -> str:
    """A text as it may be kept: a name by the rule of imports; of other text it is said what was left out.

    Raises BadInput for a name with hidden characters, or one that a spreadsheet might run.
    """
    from casework.errors import BadInput
    from storage.intake.cells import has_hidden, read_name

    if name in _NAMES:
        value, reason, _ = read_name(typed, _LONGEST_NAME)
        if reason:
            raise BadInput("bad-value", f"{name} {reason}; type it anew without that.", name)
        return value
    if has_hidden(typed):
        output.warn(f"Warning: {name}: hidden or control characters were left out.")
    return typed


def reference(store: Store, name: str, typed: str) -> str:
    """An id in full for a field that points at another record; `me` is the worker. Other text as it is.

    A team, worker, household or school may be named, where the name is that of one alone.
    """
    from casework.errors import BadInput
    from outreach_tui.commands.people import take_child, take_record
    from outreach_tui.commands.records import REFERENCES

    if name == "owner" and typed.strip().casefold() == "me":
        return store.worker.name
    target = REFERENCES.get(name)
    if target is None or not typed.strip():
        return _text(name, typed)
    if target == "worker" and typed.strip().casefold() == "me":
        return store.worker.id
    if target in _NAMED and not _ID_START.fullmatch(typed.strip()):
        return _named(store, target, name, typed)
    found = take_child(store, typed, name) if target == "child" else take_record(store, typed, name)
    if found.type != target:
        raise BadInput("wrong-record", f"{name} takes the id of a {target.replace('_', ' ')}.", name)
    return found.id


def _named(store: Store, target: str, field: str, typed: str) -> str:
    """The id of the one record of a type with this name. Raises BadInput or Several, which say what there is.

    The names of households are those of families, so they are never listed, and one that the worker may not
    see is as if it were not there.
    """
    from casework.errors import BadInput
    from casework.records import RECORD_TYPES
    from casework.text import fold
    from outreach_tui.commands.people import Eyes, Several
    from outreach_tui.commands.records import may_be_called

    eyes = Eyes(store)
    held = [(record.id, may_be_called(eyes, record)) for record in store.find(RECORD_TYPES[target])]
    rows = sorted((row for row in held if row[1]), key=lambda row: (row[1], row[0]))
    fits = [(record, name) for record, name in rows if fold(name) == fold(typed)]
    if len(fits) == 1:
        return fits[0][0]
    if fits:
        sentence = f"{len(fits)} records of that kind have that name; give an id from the list."
        several = Several(sentence, fits[:_LISTED], len(fits))
        several.where = field
        raise several
    if target in ("team", "worker"):
        more = f" and {len(rows) - _LISTED} more" if len(rows) > _LISTED else ""
        what = f"there is {', '.join(name for _, name in rows[:_LISTED])}{more} (`outreach {target} list`)"
    else:
        what = "give its id"
    raise BadInput(f"no-such-{target}", f"No {target} has that name; {what}.", field)


def _validated(record: Record, values: dict[str, Any]) -> tuple[Change, ...]:
    """The changes. Raises BadInput naming the field and what it takes, never the value."""
    from pydantic import ValidationError

    from casework.edits import update
    from casework.errors import BadInput

    try:
        return update(record, **values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        field = str(first["loc"][0]) if first["loc"] else ""
        words = first["msg"].removeprefix("Input ").removeprefix("Value error, ")
        raise BadInput("bad-value", f"{field} {words[:200]}; correct it.", field) from None


def _check_school(store: Store, record: Record, child: Child | None, values: dict[str, Any]) -> None:
    """Raise Refused where an action would come to the school without the family's agreement."""
    from casework.records_case import Action

    if isinstance(record, Action) and child is not None and values.keys() & {"owner", "agency"}:
        from casework.plan_edits import require_owner_agreed
        from storage.queries.plans import school_agreed

        after = {"owner": record.owner, "agency": record.agency, **values}
        require_owner_agreed(record, after["owner"], after["agency"], school_agreed(store, child))


def _moved(call: Call, record: Record, values: dict[str, Any], reason: str) -> dict[str, str]:
    """The first day of an overdue action that gets another one. Raises BadInput without the reason."""
    from casework.records_case import Action

    if not isinstance(record, Action) or not values.get("due"):
        return {}
    from casework.plan_edits import moved_day

    due = date.fromisoformat(values["due"])
    return moved_day(record, due, clean(reason), call.today, "--reason")


def _warn_of_numbers(changes: tuple[Change, ...]) -> None:
    """Say what is doubtful about a UPN or NHS number; it never blocks saving."""
    from casework.identifiers import check_nhs_number, check_upn

    for change in changes:
        if change.field not in ("upn", "former_upns", "nhs_number"):
            continue
        check = check_nhs_number if change.field == "nhs_number" else check_upn
        before = change.old if isinstance(change.old, list | tuple) else ()
        given = change.new if isinstance(change.new, list | tuple) else [change.new]
        for number in given:
            if not number or number in before:
                continue
            found = check(str(number))
            for sentence in (found.error, found.warning):
                if sentence:
                    output.warn(f"Warning: {change.field}: {sentence}")
