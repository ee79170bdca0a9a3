"""How one school's export is laid out: found by looking, or given in a file and saved for next time."""

from __future__ import annotations

import json
from collections.abc import Mapping as Fields
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from casework.codes import CODES, NO_MARK
from casework.errors import BadInput
from storage.intake import limits
from storage.intake.limits import shown

FORMATS = ("register-long", "register-wide", "register-summary", "ctf")
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "windows-1252")
DATE_ORDERS = ("dmy", "mdy")
NAME_ORDERS = ("", "surname-first", "forename-first")

FIELDS: tuple[str, ...] = (
    "upn", "name", "surname", "forename", "known_as", "dob", "reg", "year", "local_id", "sen",
    "date", "week", "session", "mark", "minutes_late", "comment", "am", "pm",
    "possible", "attended", "authorised", "unauthorised", "aea", "late", "percent",
)  # fmt: skip
"""The fields that a column can be read as. ``week`` is the Monday of a row of ten marks."""


_UNNAMED = "the mapping"


@dataclass(frozen=True, slots=True)
class Mapping:
    """The layout of a register. Empty parts are found by looking; parts that are given are kept to.

    ``columns`` maps a field of ``FIELDS`` to the words of its heading; ``codes`` maps what the school writes
    to a register code; ``school`` is a URN; ``school_year`` is the year in which the school year began, for
    grids that print no year.
    """

    format: str = ""
    columns: Fields[str, str] = field(default_factory=dict)
    delimiter: str = ""
    encoding: str = ""
    date_order: str = ""
    name_order: str = ""
    codes: Fields[str, str] = field(default_factory=dict)
    school: str = ""
    school_year: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """The mapping as plain JSON values."""
        return asdict(replace(self, columns=dict(self.columns), codes=dict(self.codes)))

    def to_save(self) -> Mapping:
        """The part worth saving for the school's next export: bytes and years are looked at afresh."""
        return replace(self, delimiter="", encoding="", school_year=None)

    def to_json(self) -> str:
        """The mapping as the text of a mapping file."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=2)

    @classmethod
    def from_dict(cls, values: object, where: str = _UNNAMED) -> Mapping:
        """A mapping from JSON values. Raises BadInput naming the field that does not fit."""
        if not isinstance(values, dict):
            raise _unfit(where, "", "must be an object of fields")
        known = set(cls.__dataclass_fields__)
        for name in values:
            if name not in known:
                raise _unfit(where, str(name), f"is not a field; the fields are {', '.join(sorted(known))}")
        year = values.get("school_year")
        if year is not None and (type(year) is not int or not 1990 <= year <= 2100):
            raise _unfit(where, "school_year", "must be the year in which the school year began, like 2026")
        school = _text(values, "school", where)
        if school and not (school.isascii() and school.isdigit() and len(school) == 6):
            raise _unfit(where, "school", "must be a URN of six digits")
        codes = _pairs(values, "codes", where, None)
        known_codes = {code.code for code in CODES} | {NO_MARK}
        for text, code in codes.items():
            if code.strip().upper() not in known_codes:
                raise _unfit(where, f"codes.{text}", "must be a register code or - for no mark")
        return cls(
            format=_choice(values, "format", ("", *FORMATS), where),
            columns=_pairs(values, "columns", where, FIELDS),
            delimiter=_choice(values, "delimiter", ("", *DELIMITERS), where),
            encoding=_choice(values, "encoding", ("", *ENCODINGS), where),
            date_order=_choice(values, "date_order", ("", *DATE_ORDERS), where),
            name_order=_choice(values, "name_order", NAME_ORDERS, where),
            codes=codes,
            school=school,
            school_year=year,
        )

    @classmethod
    def from_json(cls, text: str, where: str = _UNNAMED) -> Mapping:
        """A mapping from the text of a mapping file. Raises BadInput naming line or field."""
        try:
            values = json.loads(text)
        except json.JSONDecodeError as fault:
            raise BadInput(
                "mapping-unreadable",
                f"{where} is not JSON at line {fault.lineno} column {fault.colno}: mend it there.",
                where,
            ) from fault
        except (ValueError, RecursionError) as fault:
            raise BadInput("mapping-unreadable", f"{where} is not JSON: write it again.", where) from fault
        return cls.from_dict(values, where)

    @classmethod
    def load(cls, path: Path | str) -> Mapping:
        """A mapping from a file. Raises BadInput when it cannot be read or a field does not fit."""
        path = Path(path)
        limits.check_file(path, limits.MEGABYTE)
        try:
            text = path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as fault:
            raise BadInput(
                "mapping-unreadable", f"{shown(path)} cannot be read: save it as UTF-8.", shown(path)
            ) from fault
        return cls.from_json(text, shown(path))


def _unfit(where: str, name: str, what: str) -> BadInput:
    from casework.text import safe

    subject = (
        f"The field {safe(name)} of {where}"
        if name
        else (_UNNAMED.capitalize() if where == _UNNAMED else where)
    )
    return BadInput("mapping-field", f"{subject} {what}.", safe(name) or where)


def _text(values: dict[str, Any], name: str, where: str) -> str:
    value = values.get(name, "")
    if value is None:
        return ""
    if not isinstance(value, str):
        raise _unfit(where, name, "must be text")
    return value


def _choice(values: dict[str, Any], name: str, allowed: tuple[str, ...], where: str) -> str:
    value = _text(values, name, where)
    if value not in allowed:
        words = ", ".join(DELIMITERS.get(choice, choice) for choice in allowed if choice)
        raise _unfit(where, name, f"must be one of {words}")
    return value


def _pairs(values: dict[str, Any], name: str, where: str, allowed: tuple[str, ...] | None) -> dict[str, str]:
    pairs = values.get(name) or {}
    if not isinstance(pairs, dict):
        raise _unfit(where, name, "must be an object of text")
    for key, value in pairs.items():
        if not isinstance(value, str) or not value.strip() or len(value) > 200:
            raise _unfit(where, f"{name}.{key}", "must be text")
        if allowed is not None and key not in allowed:
            raise _unfit(where, f"{name}.{key}", f"is not a field; the fields are {', '.join(allowed)}")
    return dict(pairs)
