"""`outreach show` and `outreach history`: one record as it stands, and how it came to be so."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, get_args

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, clock_text, json_option, stamp_text, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from collections.abc import Callable

    from casework.records import Child, Record
    from casework.sharing import Decision
    from outreach_tui.commands.people import Eyes
    from storage.queries.weighed import WeighedIn
    from storage.store import Store

REFERENCES = {
    "child": "child",
    "person": "person",
    "household": "household",
    "school": "school",
    "lead_worker": "worker",
    "by": "worker",
    "completed_by": "worker",
    "worker": "worker",
    "team": "team",
    "corrects": "contact",
    "allocated_to": "worker",
    "ended_by": "worker",
    "episode": "episode",
    "central_by": "worker",
    "other_by": "worker",
}
"""Fields that hold another record's id, with that record's type."""


@click.command(cls=LineCommand)
@click.argument("record")
@json_option
def show(record: str) -> None:
    """Every field of one RECORD, named by its id or the first 8 or more characters of it.

    What you may not see is listed as withheld, with the reason.
    """
    from outreach_tui.commands.people import subject_of
    from storage.queries.guarded_words import guarded

    call = the_call()
    with opened(call) as store:
        found, child, eyes = _find(store, record)
        fields, withheld = split_fields(eyes, found, child)
        fields = guarded(store, child, fields) if child else fields
        value = {
            "id": found.id,
            "type": found.type,
            "void": found.void,
            "fields": fields,
            "withheld": withheld,
        }
        labels = [(label_of(found, name), said(eyes, found, name, fields[name])) for name in fields]
        subject = subject_of(store, found)
        if subject is not None:
            store.log("looked", f"{found.type} {found.id}", subject.id)

    def text() -> None:
        output.emit_pairs([("Record", f"{found.type.replace('_', ' ')} {found.id}"), *labels])
        if found.void:
            output.emit_lines(["This record was taken back by an undo."])
        for held in withheld:
            output.emit_lines([f"{label_of(found, held['field'])}: withheld. {held['reason']}"])

    call.show(value, text)


@click.command(cls=LineCommand)
@click.argument("record")
@click.option("--field", metavar="FIELD", help="Only this field.")
@json_option
def history(record: str, field: str | None) -> None:
    """Who changed a RECORD, when, in which step, from what to what; the oldest change first."""
    from casework.errors import BadInput
    from casework.text import safe
    from storage.queries.guarded_words import guarded
    from storage.queries.history import veil_of

    call = the_call()
    with opened(call) as store:
        found, child, eyes = _find(store, record)
        name = field.replace("-", "_") if field else None
        if name is not None and name not in type(found).model_fields:
            known = ", ".join(_names(found))
            raise BadInput(
                "no-such-field", f"A {found.type} has no field {safe(name)}; it has {known}.", "--field"
            )
        veil = veil_of(store, found)
        rows = _changes(store, found.id)
        weighed = _weighed(store, eyes, found, child, rows, name)
        entries = [entry for row in rows for entry in _entries(eyes, found, child, row, name, veil, weighed)]
        _add_weighed(entries, weighed, veil)
        if not entries:
            _require_told(eyes, found, child, [name] if name else _names(found))
        if child is not None:
            entries = guarded(store, child, entries)
            store.log("looked", f"history of {found.type} {found.id}", child.id)
        told = [
            "(withheld)" if e["withheld"] else said(eyes, found, e["field"], e[side], ids=False)
            for e in entries
            for side in ("old", "new")
        ]

    def text() -> None:
        output.emit_table(
            ("WHEN", "WHO", "STEP", "FIELD", "FROM", "TO"),
            [
                (
                    stamp_text(e["at"]),
                    e["by"],
                    e["step"] + (f" ({e['reason']})" if e["reason"] else ""),
                    e["field"],
                    before,
                    after,
                )
                for e, before, after in zip(entries, told[::2], told[1::2], strict=True)
            ],
            fancy=call.fancy,
        )

    call.show(entries, text)


def _find(store: Store, text: str) -> tuple[Record, Child | None, Eyes]:
    """The record, the child it is about, and the worker's view. A record of hidden existence is not there."""
    from outreach_tui.commands.people import Eyes, subject_of, take_named

    found = take_named(store, text)
    return found, subject_of(store, found), Eyes(store)


def _names(record: Record) -> list[str]:
    from storage.queries.sight import says_something

    fields = type(record).model_fields
    return [name for name in fields if name not in ("id", "void") and says_something(record.type, name)]


def split_fields(
    eyes: Eyes, record: Record, child: Child | None
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """A record's fields that may be shown (JSON-safe), and those withheld with the reason.

    What is withheld without a word (its existence is protected) is in neither.
    """
    from storage.queries.history import veil_of

    values = record.model_dump(mode="json")
    veil = veil_of(eyes.store, record)
    shown: dict[str, Any] = {}
    withheld: list[dict[str, str]] = []
    for name in _names(record):
        decision = eyes.field(record, name, child)
        if decision:
            shown[name] = veil(name, values[name])
        elif decision.shown:
            withheld.append({"field": name, "category": category_of(record, name), "reason": decision.reason})
    return shown, withheld


def category_of(record: Record, name: str) -> str:
    """The data category of a field, in the contract's words."""
    from casework.records import FLAG_CATEGORY, Flag, meta_of

    if isinstance(record, Flag):
        return FLAG_CATEGORY[record.kind].value
    meta = meta_of(record.type, name)
    return meta.category.value if meta else ""


def label_of(record: Record, name: str) -> str:
    """The words for a field, with the name that `edit` and JSON use."""
    from casework.records import meta_of

    meta = meta_of(record.type, name)
    label = meta.label if meta else name
    if name == "record":  # the line above names the record that is shown
        return "About (record)"
    return f"{label} ({name})" if label.casefold() != name.replace("_", " ") else label


def said(eyes: Eyes, record: Record, name: str, value: Any, *, ids: bool = True) -> str:
    """A value in words; a reference as the name of what it points at, where that may be seen, with its id."""
    if record.type == "conflict" and name in _AS_JSON and value:
        from storage.queries.conflicts import words_of

        return words_of(eyes.store, json.loads(value))
    text = _in_words(record, name, value)
    if name in REFERENCES and isinstance(value, str) and value:
        from casework.records import RECORD_TYPES

        target = REFERENCES[name]
        held = eyes.store.find(RECORD_TYPES[target], "id = ?", (value,))
        called = may_be_called(eyes, held[0]) if held else ""
        if called and not ids:
            return called
        return f"{called} ({text})" if called else text
    return text


def may_be_called(eyes: Eyes, record: Record) -> str:
    """The name of a record, or "" where the worker may not see it. What is about no child has its name."""
    from outreach_tui.commands.people import subject_of

    child = subject_of(eyes.store, record)
    fields = _NAMES.get(record.type, ("name",))
    if child is not None and not (
        eyes.is_there(record, child) and all(eyes.field(record, name, child) for name in fields)
    ):
        return ""
    from storage.queries.guarded_words import guarded

    called = " ".join(filter(None, (str(getattr(record, name) or "") for name in fields)))
    called = guarded(eyes.store, child, called) if child is not None else called
    return f"episode {called}" if record.type == "episode" else called


_NAMES = {
    "child": ("forename", "surname"),
    "person": ("forename", "surname"),
    "contact": ("kind",),
    "episode": ("number",),
}


def _in_words(record: Record, name: str, value: Any) -> str:
    """A JSON-safe value of a field in words: a day with its weekday, an instant by clocks in England."""
    known = type(record).model_fields.get(name)
    if known is not None and value and datetime in {known.annotation, *get_args(known.annotation)}:
        return clock_text(datetime.fromisoformat(value))
    if known is not None and value and date in {known.annotation, *get_args(known.annotation)}:
        from casework.wording import say_born, say_day

        return say_born(value) if name == "dob" else say_day(date.fromisoformat(value))
    return plain(value)


_AS_JSON = frozenset({"base", "central", "other", "chosen"})
"""Fields of a conflict that hold a value of another record's field, as JSON text."""


def plain(value: Any) -> str:
    """A JSON-safe field value in words."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return "; ".join(map(str, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def _changes(store: Store, record: str) -> list[Any]:
    return store.conn.execute(
        "SELECT e.at, coalesce(w.name, e.worker), e.name, e.kind, e.reason, e.id,"
        " c.field, c.old, c.new, e.seq, e.worker"
        " FROM change c JOIN edit e ON e.seq = c.edit LEFT JOIN worker w ON w.id = e.worker"
        " WHERE c.record = ? ORDER BY c.edit, c.n",
        (record,),
    ).fetchall()


def _entries(
    eyes: Eyes,
    record: Record,
    child: Child | None,
    row: Any,
    wanted: str | None,
    veil: Callable[[str, Any], Any],
    weighed: WeighedIn,
) -> list[dict[str, Any]]:
    """One journal row as entries per field; a creation gives one for each field that had a value.

    A change between values that ``veil`` shows as the same is left out.
    """
    at, by, step, kind, reason, edit, field, old, new, seq, _ = row
    after = json.loads(new)
    if field == "":
        pairs = [(name, None, value) for name, value in after.items() if value not in (None, "", [], {})]
    else:
        pairs = [(field, weighed.base(seq, field, json.loads(old)), after)]
    from storage.queries.steps import told_step

    step, reason = told_step(eyes.store, seq, step, reason)
    entries = []
    for name, *values in pairs:
        if wanted is not None and name != wanted:
            continue
        decision = _decision(eyes, record, name, child)
        before, value = (veil(name, item) for item in values)
        untold = eyes.is_only_listed(record, name, child) or not (decision or decision.shown)
        if untold or before == value:
            continue
        entries.append(
            {
                "at": at,
                "by": by,
                "step": step,
                "kind": kind,
                "reason": reason if decision else "",
                "edit": edit,
                "field": name,
                "old": before if decision else None,
                "new": value if decision else None,
                "withheld": None if decision else decision.reason,
                "conflict": None,
            }
        )
    return entries


def _weighed(
    store: Store, eyes: Eyes, record: Record, child: Child | None, rows: list[Any], field: str | None
) -> WeighedIn:
    from storage.queries.weighed import Written, weighed_in

    journal = [
        Written(row[9], row[5], row[10], row[0], row[6], json.loads(row[8]), row[3] == "central")
        for row in rows
    ]
    return weighed_in(store, record, child, eyes, journal, field or "")


def _add_weighed(entries: list[dict[str, Any]], weighed: WeighedIn, veil: Callable[[str, Any], Any]) -> None:
    """Put what conflicts tell among the lines of the journal."""
    from storage.queries.weighed import placed

    for line in weighed.lines:
        entry = {
            "at": line.at,
            "by": line.by,
            "step": line.step,
            "kind": "conflict",
            "reason": "",
            "edit": line.edit or None,
            "field": line.field,
            "old": veil(line.field, line.old),
            "new": veil(line.field, line.new),
            "withheld": None,
            "conflict": line.conflict,
        }
        entries.insert(placed([one["at"] for one in entries], line.at), entry)


def _require_told(eyes: Eyes, record: Record, child: Child | None, names: list[str]) -> None:
    """Raise Refused with the reason where one of the fields is withheld: no change told is not none made.

    It is said whether or not the field ever held anything, so it tells of nothing.
    """
    from casework.errors import Refused
    from storage.queries.history import first_withheld

    name, reason = first_withheld(eyes, record, child, names)
    if reason:
        raise Refused("withheld", reason, name)


def _decision(eyes: Eyes, record: Record, name: str, child: Child | None) -> Decision:
    from casework.sharing import Decision

    if name not in type(record).model_fields:
        return Decision("no", "This version does not know the field.", shown=False)
    return eyes.field(record, name, child)
