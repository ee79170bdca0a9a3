"""`outreach edit`: change fields of a record; typed, validated, and refused where a policy forbids it."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, get_args, get_origin

import click

from casework.text import clean
from outreach_tui import output
from outreach_tui.commands.frame import Call, LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened
from outreach_tui.commands.records import plain

if TYPE_CHECKING:
    from casework.edits import Change
    from casework.records import Child, Record
    from outreach_tui.commands.people import Eyes
    from storage.store import Store


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
    register or the council owns, or that is never rewritten, is refused with the reason. All of a call's
    changes are one step, and `undo` takes it back.
    """
    from casework.edits import Edit
    from casework.errors import Refused
    from outreach_tui.commands.people import Eyes, subject_of
    from storage.queries.lookup import find_record

    call = the_call()
    wanted = [_split(text) for text in fields]
    with opened(call) as store:
        found = find_record(store, record)
        if found.void:
            raise Refused("void", "That record was taken back by an undo; it cannot be edited.", found.id)
        child, eyes = subject_of(store, found), Eyes(store)
        values: dict[str, Any] = {}
        for name, sign, text in wanted:
            _check_allowed(eyes, found, child, name)
            values[name] = _value(call, store, found, values, (name, sign, text))
        changes = _validated(found, values)
        _warn_of_numbers(changes)
        if changes:
            named = ", ".join(sorted(change.field for change in changes))
            step = Edit(
                f"Edit {found.type.replace('_', ' ')}: {named}",
                changes,
                subject=child.id if child else None,
                reason=clean(reason).strip(),
            )
            receipt: str | None = store.journal.commit(step).edit
        else:
            receipt = None
        value = {
            "id": found.id,
            "type": found.type,
            "edit": receipt,
            "changed": [{"field": c.field, "old": c.old, "new": c.new} for c in changes],
        }

    def lines() -> None:
        if not changes:
            output.emit_lines(["Nothing to change: the record says so already."])
            return
        rows = [(c.field, plain(c.old), plain(c.new)) for c in changes]
        output.emit_table(("FIELD", "FROM", "TO"), rows, fancy=call.fancy)

    call.show(value, lines)


def _split(text: str) -> tuple[str, str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise click.UsageError("Each change is written FIELD=VALUE")
    sign = name[-1] if name[-1] in "+-" else ""
    return name.removesuffix(sign).strip().replace("-", "_"), sign, value


def _check_allowed(eyes: Eyes, record: Record, child: Child | None, name: str) -> None:
    """Raise BadInput for a field that is not there, Refused where a policy or `may_see` forbids the edit."""
    from casework.errors import BadInput, Refused
    from casework.policies import LOCAL_EDIT_REFUSED
    from casework.records import meta_of
    from casework.text import safe
    from outreach_tui.commands.records import label_of

    kind = record.type.replace("_", " ")
    known = [field for field in type(record).model_fields if field not in ("id", "void")]
    if name not in known:
        raise BadInput(
            "no-such-field", f"A {kind} has no field {safe(name)}; it has {', '.join(known)}.", safe(name)
        )
    decision = eyes.field(record, name, child)
    if not decision:
        if not decision.shown:
            raise BadInput("no-such-record", "No record has that id; check it and try again.")
        raise Refused("withheld", decision.reason, name)
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

        return take_when(typed, call).isoformat()
    if date in kinds:
        from outreach_tui.commands.people import take_day

        day = take_day(typed, call.today, name, past=name == "dob")
        return day.isoformat() if day else None
    if get_origin(annotation) is dict:
        try:
            return json.loads(typed)
        except ValueError:
            raise BadInput("not-json", f"{name} takes a JSON object.", name) from None
    return _reference(store, name, typed)


def _reference(store: Store, name: str, typed: str) -> str:
    """An id in full for a field that points at another record; `me` is the worker. Other text as it is."""
    from casework.errors import BadInput
    from outreach_tui.commands.records import REFERENCES
    from storage.queries.lookup import find_child, find_record

    target = REFERENCES.get(name)
    if target is None or not typed.strip():
        return typed
    if target == "worker" and typed.strip().casefold() == "me":
        return store.worker.id
    found = find_child(store, typed) if target == "child" else find_record(store, typed)
    if found.type != target:
        raise BadInput("wrong-record", f"{name} takes the id of a {target.replace('_', ' ')}.", name)
    return found.id


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


def _warn_of_numbers(changes: tuple[Change, ...]) -> None:
    """Say what is doubtful about a UPN or NHS number; it never blocks saving."""
    from casework.identifiers import check_nhs_number, check_upn

    for change in changes:
        if not change.new or change.field not in ("upn", "nhs_number"):
            continue
        check = check_upn if change.field == "upn" else check_nhs_number
        found = check(str(change.new))
        for sentence in (found.error, found.warning):
            if sentence:
                output.warn(f"Warning: {change.field}: {sentence}")
