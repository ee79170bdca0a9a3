"""Tables that follow from the records: one table per record type, one column per field.

Lists and mappings are kept as JSON text, dates and instants as ISO text. Derived columns are computed from
the others on every write. Everything that is not a record (journal, audit, drafts, settings) is listed here
too, so that this file is the whole shape of the database.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, get_args

from pydantic_core import PydanticSerializationError, from_json, to_json

from casework.records import RECORD_TYPES, Record
from storage.central import beside, state

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

DERIVED_COLUMNS: Mapping[str, Mapping[str, str]] = {
    "attendance_week": dict.fromkeys(
        ("possible", "attended", "authorised", "unauthorised", "late", "unexplained"), "INTEGER"
    ),
}

INDEXES: Sequence[str] = (
    "CREATE INDEX child_upn ON child(upn) WHERE upn <> ''",
    "CREATE INDEX child_name ON child(surname, forename, dob)",
    "CREATE INDEX child_household ON child(household) WHERE household IS NOT NULL",
    "CREATE INDEX child_school ON child(school)",
    "CREATE INDEX relationship_child ON relationship(child)",
    "CREATE INDEX relationship_person ON relationship(person)",
    "CREATE INDEX school_urn ON school(urn)",
    "CREATE INDEX calendar_school ON calendar(school)",
    "CREATE INDEX enrolment_child ON enrolment(child)",
    "CREATE INDEX register_file_digest ON register_file(digest)",
    "CREATE INDEX import_mapping_school ON import_mapping(school)",
    "CREATE INDEX attendance_total_child ON attendance_total(child)",
    "CREATE INDEX attendance_week_child ON attendance_week"
    "(child, week, school, marks, possible, attended, authorised, unauthorised, late) WHERE void = 0",
    "CREATE INDEX attendance_week_week ON attendance_week(week, school, marks) WHERE void = 0",
    "CREATE INDEX attendance_week_open ON attendance_week(week, school, child, unexplained, marks)"
    " WHERE void = 0 AND unexplained <> 0",
    "CREATE INDEX follow_up_child ON follow_up(child, session_date)",
    "CREATE INDEX follow_up_date ON follow_up(session_date, child, at, outcome)",
    "CREATE INDEX contact_child ON contact(child, at)",
    "CREATE INDEX flag_child ON flag(child)",
    "CREATE INDEX agreement_child ON agreement(child)",
    "CREATE INDEX disclosure_child ON disclosure(child)",
    "CREATE INDEX notification_child ON notification(child)",
    "CREATE INDEX pause_about ON pause(about)",
    "CREATE INDEX episode_child ON episode(child, closed, worker)",
    "CREATE INDEX assessment_child ON assessment(child)",
    "CREATE INDEX score_child ON score(child)",
    "CREATE INDEX plan_child ON plan(child)",
    "CREATE INDEX outcome_plan ON outcome(plan)",
    "CREATE INDEX action_outcome ON action(outcome)",
    "CREATE INDEX action_child ON action(child)",
    "CREATE INDEX review_plan ON review(plan)",
    "CREATE INDEX disagreement_child ON disagreement(child)",
    "CREATE INDEX link_child ON link(child)",
    "CREATE INDEX link_other ON link(other)",
)

SYSTEM_TABLES: Sequence[str] = (
    "CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE edit (seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL,"
    " name TEXT NOT NULL,"
    " subject TEXT, reason TEXT NOT NULL, at TEXT NOT NULL, worker TEXT NOT NULL, device TEXT NOT NULL,"
    " undoes INTEGER REFERENCES edit(seq), undone_by INTEGER REFERENCES edit(seq))",
    "CREATE TABLE change (edit INTEGER NOT NULL REFERENCES edit(seq), n INTEGER NOT NULL, type TEXT NOT NULL,"
    " record TEXT NOT NULL, field TEXT NOT NULL, old TEXT, new TEXT, PRIMARY KEY (edit, n)) WITHOUT ROWID",
    "CREATE INDEX change_record ON change(record)",
    "CREATE TABLE audit (seq INTEGER PRIMARY KEY, at TEXT NOT NULL, worker TEXT NOT NULL, verb TEXT NOT NULL,"
    " child TEXT, detail TEXT NOT NULL, chain TEXT NOT NULL)",
    "CREATE INDEX audit_child ON audit(child, seq) WHERE child IS NOT NULL",
    "CREATE TABLE draft (form TEXT NOT NULL, subject TEXT NOT NULL, at TEXT NOT NULL, fields TEXT NOT NULL,"
    " PRIMARY KEY (form, subject)) WITHOUT ROWID",
    *state.TABLES,
    state.EXTRA_TABLE,
)


def table_sql(record_type: str) -> str:
    """The CREATE TABLE of a record type."""
    columns = ["id TEXT PRIMARY KEY", "void INTEGER NOT NULL DEFAULT 0"]
    columns += [f"{field} {kind}" for field, kind in field_columns(record_type).items()]
    columns += [f"{name} {kind}" for name, kind in DERIVED_COLUMNS.get(record_type, {}).items()]
    columns.append("seq INTEGER NOT NULL")
    if beside.has_sum(record_type):
        columns.append(beside.COLUMN_SQL)
    return f"CREATE TABLE {record_type} ({', '.join(columns)})"


def shape_sql(held: Mapping[str, Collection[str]]) -> Iterator[str]:
    """The statements that bring older tables to the records' present shape.

    `held` maps each table and index that exists to its columns (an index to none). A field that is new gets
    its default in the rows that are there; one without a default cannot be added to a record type.
    """
    for name in RECORD_TYPES:
        if name not in held:
            yield table_sql(name)
            continue
        for field, kind in field_columns(name).items():
            if field not in held[name]:
                yield f"ALTER TABLE {name} ADD COLUMN {field} {kind} DEFAULT {_default_sql(name, field)}"
        if beside.has_sum(name) and beside.COLUMN not in held[name]:
            yield f"ALTER TABLE {name} ADD COLUMN {beside.COLUMN_SQL}"
    yield from (index for index in INDEXES if index.split()[2] not in held)


def _default_sql(record_type: str, field: str) -> str:
    info = RECORD_TYPES[record_type].model_fields[field]
    if info.is_required():
        raise AssertionError(f"{record_type}.{field} came later and has no default")
    value = info.get_default(call_default_factory=False)
    stored = to_column(list(value) if isinstance(value, tuple) else value)
    if stored is None:
        return "NULL"
    return str(int(stored)) if isinstance(stored, int) else "'" + str(stored).replace("'", "''") + "'"


@cache
def field_columns(record_type: str) -> Mapping[str, str]:
    """Each stored field of a record type with its SQL type, in order."""
    fields = RECORD_TYPES[record_type].model_fields
    return {
        name: "INTEGER" if info.annotation in (int, bool) else "TEXT"
        for name, info in fields.items()
        if name not in ("id", "void")
    }


@cache
def structured_fields(record_type: str) -> frozenset[str]:
    """The fields of a record type that are lists or mappings."""
    structured = []
    for name, info in RECORD_TYPES[record_type].model_fields.items():
        origin = getattr(info.annotation, "__origin__", None)
        if origin in (tuple, dict, list):
            structured.append(name)
    return frozenset(structured)


def to_column(value: Any) -> Any:
    """A JSON-safe field value as it is stored in its column."""
    if isinstance(value, list):
        return _listed(value)
    return _ENCODE(value) if isinstance(value, dict) else value


def _listed(items: list[Any]) -> str:
    """A list as JSON; of texts by the quick encoder, which spells them alike."""
    if not items:
        return "[]"
    for item in items:
        if type(item) is not str:
            return _ENCODE(items)
    try:
        return to_json(items).decode()
    except PydanticSerializationError:  # half a character
        return _ENCODE(items)


def to_record(record_type: str, row: Mapping[str, Any]) -> Record:
    """The record that a row (a mapping of column to value) holds."""
    values = {name: row[name] for name in field_columns(record_type)}
    for name in structured_fields(record_type):
        values[name] = json.loads(values[name]) if values[name] else ()
    return RECORD_TYPES[record_type].model_validate({"id": row["id"], "void": row["void"], **values})


def to_values(record_type: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row's fields as JSON-safe values, the shape that changes carry.

    Columns hold them already, but for lists, mappings and truth values: those alone are made anew.
    """
    values: dict[str, Any] = {"id": row["id"], "void": bool(row["void"])}
    for name in field_columns(record_type):
        values[name] = row[name]
    for name, made in _made_anew(record_type).items():
        values[name] = made(values[name])
    return values


@cache
def _made_anew(record_type: str) -> Mapping[str, Callable[[Any], Any]]:
    found: dict[str, Callable[[Any], Any]] = {}
    for name, info in RECORD_TYPES[record_type].model_fields.items():
        kinds = {info.annotation, *get_args(info.annotation)}
        if getattr(info.annotation, "__origin__", None) is dict:
            found[name] = lambda text: from_json(text) if text else {}
        elif name in structured_fields(record_type):
            found[name] = lambda text: from_json(text) if text else []
        elif bool in kinds:
            found[name] = lambda value: None if value is None else bool(int(value))
    return found
