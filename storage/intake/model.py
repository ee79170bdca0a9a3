"""What reading a file gives: neutral rows, before any of them is matched with the caseload.

Nothing here knows a record or the database; the step after this one turns these rows into edits.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeAlias

from casework.errors import BadInput
from storage.intake import limits

Format: TypeAlias = Literal["register-long", "register-wide", "register-summary", "ctf"]

ReadMark: TypeAlias = tuple[int, int, date, int, str, int | None, str]
"""One mark as ``(line, pupil, monday, slot, code, minutes_late, comment)``.

``pupil`` indexes ``RegisterFile.pupils``; ``slot`` is that of ``casework.weeks``, 0 (Monday AM) to 9
(Friday PM); ``code`` is a code in force on its day, or ``-`` when the file shows an empty mark. A plain
tuple: a million of them pass by.
"""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A cell or row that was set aside: where, what it held (made safe to show), why, and what to do."""

    line: int
    column: str
    value: str
    reason: str
    mend: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Sessions counted by the school's own system; None where the file does not say.

    ``year`` is the year in which the school year began, ``laestab`` seven digits such as ``8860091``.
    """

    possible: int | None = None
    attended: int | None = None
    authorised: int | None = None
    unauthorised: int | None = None
    aea: int | None = None
    late: int | None = None
    percent: float | None = None
    year: int | None = None
    laestab: str = ""
    school_name: str = ""
    starts: date | None = None
    marks: str = ""
    """The CTF's string of marks, raw: two-character codes make it ambiguous, so it is never split."""


@dataclass(frozen=True, slots=True)
class ReadPhone:
    """A telephone number with its CTF type (``H`` home, ``M`` mobile, ``W`` work, ...)."""

    number: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class ReadAddress:
    """A postal address, as lines, with the postcode apart."""

    lines: tuple[str, ...] = ()
    postcode: str = ""
    uprn: str = ""


@dataclass(frozen=True, slots=True)
class ReadContact:
    """A person to reach for a child, in the school's order of calling (``order`` 1 is first)."""

    surname: str
    forename: str = ""
    title: str = ""
    order: int | None = None
    relationship: str = ""
    """The CTF code, for example ``MOT`` mother, ``FAT`` father, ``CAR`` carer."""
    responsibility: bool | None = None
    phones: tuple[ReadPhone, ...] = ()
    email: str = ""
    address: ReadAddress | None = None
    address_as_pupil: bool = False


@dataclass(slots=True)
class ReadPupil:
    """A child as one file names them. Empty text and None mean that the file does not say."""

    line: int
    upn: str = ""
    surname: str = ""
    forename: str = ""
    known_as: str = ""
    dob: date | None = None
    reg: str = ""
    year: str = ""
    """The national curriculum year: ``N1``, ``N2``, ``R``, ``1`` to ``14``."""
    local_id: str = ""
    """The school's own number for the child (admission number)."""
    sex: str = ""
    former_upn: str = ""
    middle_names: str = ""
    sen: str = ""
    """The latest SEN provision code: ``N`` none, ``K`` SEN support, ``E`` EHC plan."""
    sen_since: date | None = None
    sen_needs: tuple[str, ...] = ()
    fsm: bool | None = None
    """Whether a spell of free school meals was open when the file was written."""
    looked_after: bool | None = None
    service_child: bool | None = None
    languages: tuple[tuple[str, str], ...] = ()
    """Pairs of CTF language type and language code, for example ``("F", "POL")``."""
    address: ReadAddress | None = None
    phones: tuple[ReadPhone, ...] = ()
    email: str = ""
    contacts: tuple[ReadContact, ...] = ()
    totals: tuple[Totals, ...] = ()
    entered: date | None = None
    """The first day on the roll of the file's school."""
    left: date | None = None
    """The last day on the roll of the file's school."""
    place: int = 0
    """Its place among the pupils of a CTF, which may be one long line; 0 in a table."""
    capitals: bool = False
    """The file writes names in capitals: good for matching, not worth storing over a better one."""
    problems: tuple[str, ...] = ()

    @property
    def whereabouts(self) -> str:
        """Words that follow a reason, to find it in a CTF; empty for a table, whose line is enough."""
        return f" (pupil {self.place} of the file)" if self.place else ""

    @property
    def matchable(self) -> bool:
        """Whether it holds a UPN, or a surname, forename and date of birth: enough to match on."""
        return bool(self.upn or (self.surname and self.forename and self.dob))


class PupilWeek:
    """One child's marks in one week, as far as the file has gone.

    ``slots[i]`` is None where the file says nothing, ``-`` where it shows an empty mark, else a code;
    ``lines[i]`` is the line it came from (0 when none); ``late[i]`` is ``(minutes, comment)`` where given.
    """

    __slots__ = ("late", "lines", "monday", "pupil", "slots")

    def __init__(self, pupil: int, monday: date) -> None:
        self.pupil = pupil
        self.monday = monday
        self.slots: list[str | None] = [None] * 10
        self.lines: list[int] = [0] * 10
        self.late: dict[int, tuple[int | None, str]] = {}


@dataclass(frozen=True, slots=True)
class Preview:
    """The first rows of a file, made safe to show, under the columns as they were understood."""

    header: tuple[str, ...]
    fields: tuple[str, ...]
    """For each column the field it was read as, or empty text."""
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]


@dataclass(slots=True)
class Reading:
    """What one pass over a file has found so far. Complete once the marks have all been taken."""

    pupils: list[ReadPupil] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    rejected_total: int = 0
    warnings: list[str] = field(default_factory=list)
    unknown: Counter[str] = field(default_factory=Counter)
    local: Counter[str] = field(default_factory=Counter)
    marks: int = 0
    """Marks that hold a code."""
    blanks: int = 0
    """Empty marks."""
    repeated: int = 0
    """Rows that only say again what an earlier row of the file said."""
    footers: int = 0
    """Lines of totals and titles that were passed over."""
    finished: bool = False

    def reject(self, line: int, column: str, value: object, reason: str, mend: str) -> None:
        """Set a cell or row aside; the value is made safe to show, and only so many are kept."""
        from casework.text import safe

        self.rejected_total += 1
        if self.rejected_total <= limits.REJECTED_KEPT:
            self.rejected.append(Rejected(line, safe(column), safe(value), reason, mend))

    def warn(self, sentence: str) -> None:
        """Add a warning once."""
        if sentence not in self.warnings:
            self.warnings.append(sentence)

    def add_pupil(self, pupil: ReadPupil, file: str) -> int:
        """The index of a new child. Raises BadInput past the limit of children in one file."""
        if len(self.pupils) >= limits.PUPILS:
            raise BadInput(
                "too-many-children",
                f"{file} names more than {limits.PUPILS} children: import one school at a time.",
                file,
            )
        self.pupils.append(pupil)
        return len(self.pupils) - 1
