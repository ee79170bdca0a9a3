"""What a table is: its header row, what each column holds, and which of the shapes that makes.

Headings are those of SIMS, Arbor and Bromcom exports, which vary per school: no vendor fixes one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping as Fields
from collections.abc import Sequence
from dataclasses import dataclass, field

from casework.errors import BadInput
from casework.text import safe
from storage.intake import limits
from storage.intake.dates import PartialDate, likely_order, parse_heading
from storage.intake.mapping import Mapping

ALIASES: dict[str, tuple[str, ...]] = {
    "upn": ("upn", "uniquepupilnumber", "pupilupn", "studentupn", "upnnumber", "pupilsupn"),
    "surname": (
        "legalsurname", "surname", "legallastname", "lastname", "familyname", "studentsurname",
        "pupilsurname", "studentlastname", "preferredsurname", "preferredlastname",
    ),
    "forename": (
        "legalforename", "forename", "legalfirstname", "firstname", "givenname", "studentforename",
        "pupilforename", "studentfirstname", "legalforenames", "forenames",
    ),
    "known_as": (
        "knownas", "preferredforename", "preferredfirstname", "chosenname", "chosenforename",
        "preferredname", "calledname",
    ),
    "name": (
        "name", "student", "pupil", "studentname", "pupilname", "fullname", "legalname", "legalfullname",
        "child", "childname", "surnameforename", "studentfullname", "preferredfullname", "pupilfullname",
        "learner", "learnername",
    ),
    "dob": ("dob", "dateofbirth", "birthdate", "birthday", "studentdob", "pupildob"),
    "reg": (
        "reg", "reggroup", "registrationgroup", "registrationform", "regform", "regclass", "form",
        "formgroup", "tutorgroup", "tutor", "class", "registration", "primaryclass",
    ),
    "year": ("year", "yeargroup", "yeargrp", "ncyear", "ncy", "ncyearactual", "curriculumyear", "yr"),
    "local_id": (
        "admissionnumber", "admissionno", "adno", "admno", "adnumber", "studentid", "pupilid", "personid",
        "localid", "misid",
    ),
    "sen": ("sen", "senstatus", "senprovision", "sencode", "sendstatus"),
    "date": ("date", "attendancedate", "registerdate", "sessiondate", "markdate", "calendardate"),
    "week": ("weekcommencing", "weekbeginning", "weekstarting", "weekstart", "wc", "wb", "week"),
    "session": (
        "session", "ampm", "amorpm", "sessionname", "sessiontype", "registersession", "rollcall", "period",
    ),
    "mark": (
        "mark", "attendancemark", "code", "attendancecode", "markcode", "registrationmark", "registermark",
        "sessionmark", "statutorymark", "attendance",
    ),
    "minutes_late": (
        "minuteslate", "lateminutes", "minslate", "latemins", "minutesl", "lateby", "minutes", "mins",
    ),
    "comment": (
        "comment", "comments", "markcomment", "attendancecomment", "note", "notes", "attendancenotes",
        "reason", "absencereason",
    ),
    "am": ("am", "ammark", "morning", "ammarks", "amsession", "amcode", "morningmark"),
    "pm": ("pm", "pmmark", "afternoon", "pmmarks", "pmsession", "pmcode", "afternoonmark"),
    "possible": (
        "possible", "sessionspossible", "possiblesessions", "possiblemarks", "totalpossible", "poss",
    ),
    "attended": (
        "attended", "sessionsattended", "attendances", "present", "presents", "presentmarks",
        "attendedsessions", "totalattended",
    ),
    "authorised": (
        "authabs", "authorisedabsences", "authorisedabsence", "authorised", "sessionsauthorised",
        "authorisedabs", "authabsences", "auth",
    ),
    "unauthorised": (
        "unauthabs", "unauthorisedabsences", "unauthorisedabsence", "unauthorised", "sessionsunauthorised",
        "unauthorisedabs", "unauthabsences", "unauth",
    ),
    "aea": ("aea", "approvededucationalactivity", "aeas", "educationalactivity"),
    "late": ("lates", "late", "latemarks", "sessionslate", "latel"),
    "percent": ("attend", "att", "attendance", "attended", "present", "pct", "percentage", "attendancepct"),
}  # fmt: skip
"""Headings, lower case and without spaces and signs, for each field; the first ones are preferred."""

_FIELD_OF: dict[str, tuple[str, int]] = {
    alias: (name, rank)
    for name, aliases in ALIASES.items()
    if name != "percent"
    for rank, alias in enumerate(aliases)
}
_SIGNS = re.compile(r"[\W_]+")
_DAYS = ("mon", "tue", "wed", "thu", "fri")
_DAY_SLOT = re.compile(r"(mon|tue|wed|thu|fri)[a-z]*[\s\-:(]*(am|pm)?\)?", re.IGNORECASE)
_WHO = ("upn", "name", "surname", "local_id")
OPTIONAL = frozenset(
    ("reg", "year", "sen", "known_as", "minutes_late", "comment", "percent", "aea", "late", "local_id", "dob")
)
"""Fields that a mapping may name though one export lacks them."""
_COUNTS = ("possible", "attended", "authorised", "unauthorised", "aea", "late", "percent")


@dataclass(frozen=True, slots=True)
class DateColumn:
    """A column of marks: its place, heading, date as written, and ``AM``, ``PM`` or empty for both."""

    at: int
    heading: str
    when: PartialDate
    session: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A header row as it was understood."""

    line: int
    header: tuple[str, ...]
    columns: Fields[str, int]
    dates: tuple[DateColumn, ...] = ()
    weekdays: Fields[int, tuple[int, ...]] = field(default_factory=dict)
    """For a row of one week: column to the slots that it holds (one, or two for a joined cell)."""
    score: int = 0

    @property
    def format(self) -> str:
        """The shape that these columns make, or empty text when they make none."""
        columns = self.columns
        if not any(name in columns for name in _WHO):
            return ""
        if "date" in columns and columns.keys() & {"mark", "am", "pm"}:
            return "register-long"
        if self.dates or ("week" in columns and self.weekdays):
            return "register-wide"
        if sum(name in columns for name in _COUNTS) >= 2:
            return "register-summary"
        return ""


def heading_key(text: str) -> str:
    """A heading for comparing: lower case, letters and digits only."""
    return _SIGNS.sub("", text[:200].casefold())


def _field_of(heading: str) -> tuple[str, int] | None:
    key = heading_key(heading)
    if "%" in heading:
        return ("percent", 0) if key in ALIASES["percent"] else None
    return _FIELD_OF.get(key)


def understand(
    line: int, header: Sequence[str], above: Sequence[str] | None, mapping: Mapping, order: str
) -> Layout:
    """What one row means when it is taken as the header; ``above`` is the row before it."""
    columns: dict[str, int] = {}
    ranks: dict[str, int] = {}
    weekdays: dict[int, tuple[int, ...]] = {}
    given = {heading_key(heading): name for name, heading in mapping.columns.items()}
    dates: list[DateColumn] = []
    spread = _two_row_dates(header, above, order)
    for at, heading in enumerate(header[: limits.COLUMNS]):
        if not heading or len(heading) > 200:
            continue
        name = given.get(heading_key(heading))
        if name is not None:
            columns.setdefault(name, at)
            ranks[name] = -1
            continue
        if at in spread:
            dates.append(spread[at])
            continue
        found = _field_of(heading)
        if found is not None:
            name, rank = found
            if name not in mapping.columns and rank < ranks.get(name, 99):
                columns[name], ranks[name] = at, rank
            continue
        when = parse_heading(heading, order)
        if when is not None:
            dates.append(DateColumn(at, safe(heading), when[0], when[1]))
        elif slots := _week_slots(heading):
            weekdays[at] = slots
    if dates:
        # A grid's own columns are its dates; a lone "Late" or "Mark" beside them is a total.
        columns.pop("mark", None)
    # One row of known headings outweighs a title line that happens to hold a word like "Class".
    score = 2 * len(columns) + 3 * len(mapping.columns.keys() & columns.keys()) + min(len(dates), 5)
    return Layout(line, tuple(header), columns, tuple(dates), weekdays, score)


def _two_row_dates(header: Sequence[str], above: Sequence[str] | None, order: str) -> dict[int, DateColumn]:
    """Dates on the row above, each over an ``AM`` and a ``PM`` column."""
    sessions = [at for at, text in enumerate(header) if text.strip().upper() in {"AM", "PM"}]
    if above is None or len(sessions) < 2:
        return {}
    found: dict[int, DateColumn] = {}
    current: tuple[PartialDate, str] | None = None
    heading = ""
    for at in range(sessions[0], min(len(header), limits.COLUMNS)):
        text = above[at] if at < len(above) else ""
        if text.strip():
            current, heading = parse_heading(text, order), text
        session = header[at].strip().upper()
        if current is not None and session in {"AM", "PM"}:
            found[at] = DateColumn(at, safe(f"{heading} {session}"), current[0], session)
    return found


def _week_slots(heading: str) -> tuple[int, ...]:
    found = _DAY_SLOT.fullmatch(heading.strip()[:40])
    if not found:
        return ()
    first = _DAYS.index(found[1].lower()) * 2
    if not found[2]:
        return (first, first + 1)
    return (first + (found[2].lower() == "pm"),)


def find_layout(rows: Sequence[tuple[int, list[str]]], mapping: Mapping) -> Layout | None:
    """The header among the first rows: the row that makes a shape with the most known columns."""
    order = mapping.date_order or "dmy"
    best: Layout | None = None
    above: list[str] | None = None
    for line, row in rows:
        if len(row) > 1:
            layout = understand(line, row, above, mapping, order)
            missing = [n for n in mapping.columns if n not in layout.columns and n not in OPTIONAL]
            wanted = not mapping.format or layout.format == mapping.format
            if layout.format and wanted and not missing and (best is None or layout.score > best.score):
                best = layout
        above = row
    return best


def explain_missing(rows: Sequence[tuple[int, list[str]]], mapping: Mapping, file: str) -> BadInput:
    """Why no header was found, naming the mapping's field when that is the reason."""
    headings = {heading_key(cell) for _, row in rows for cell in row}
    for name, heading in mapping.columns.items():
        if heading_key(heading) not in headings:
            return BadInput(
                "mapping-field",
                f"The field columns.{name} of the mapping names a column {safe(heading)} that {file} does "
                "not have: correct the mapping or export with that column.",
                f"columns.{name}",
            )
    if mapping.format:
        return BadInput(
            "mapping-field",
            f"The field format of the mapping says {mapping.format}, which the columns of {file} do not "
            "make: correct the mapping.",
            "format",
        )
    return BadInput(
        "not-a-register",
        f"{file} has no row of headings that make a register (a child, with dates and marks, or totals): "
        "check the export or name its columns in a mapping.",
        file,
    )


def date_order(rows: Sequence[tuple[int, list[str]]], layout: Layout, mapping: Mapping) -> str:
    """``dmy`` or ``mdy``, by the mapping or by dates that only make sense one way."""
    if mapping.date_order:
        return mapping.date_order
    texts: list[str] = [layout.header[column.at] for column in layout.dates]
    for name in ("date", "week"):
        at = layout.columns.get(name)
        if at is not None:
            texts.extend(row[at] for line, row in rows if line > layout.line and at < len(row))
    return likely_order(texts)
