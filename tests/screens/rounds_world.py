"""A small invented caseload with fixed ids, dates and names, in a real encrypted store, and its app."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from casework.edits import Edit, create
from casework.records import (
    Calendar,
    Child,
    Flag,
    Household,
    Person,
    Record,
    Relationship,
    School,
    Team,
    Worker,
)
from casework.records_attendance import AttendanceWeek, FollowUp
from outreach_tui.app import OutreachApp
from outreach_tui.settings import Loaded, Settings
from storage.store import Store
from tests.screens.fakes import Hands, NoKeyStore
from tests.screens.steps import settle
from tests.tools.caseloads import set_up

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
KEY = bytes(range(32))
TERM = (date(2026, 9, 3), date(2026, 12, 18))
PRESENT = "/ \\ / \\ / \\ / \\ / \\"

NAMES = (
    ("Tilly", "Marsh"), ("Ben", "Orr"), ("Ada", "Pike"), ("Zoë", "Łukasik"), ("Kofi", "Sole"),
    ("Anne", "[/] x"), ("Mo", "Dab"), ("Ivy", "Carp"), ("Sam", "Tench"), ("Eve", "Bream"),
    ("Dev", "Ling"), ("Una", "Roach"), ("Lee", "Perch"), ("Amy", "Ruffe"), ("Jon", "Smelt"),
    ("Nia", "Barbel"), ("Raj", "Chub"), ("Pia", "Dace"), ("Gus", "Gudgeon"), ("Fay", "Loach"),
    ("Ned", "Minnow"), ("Ola", "Rudd"), ("Bo", "Shad"), ("Cy", "Turbot"), ("Di", "Whiting"),
    ("Ed", "Plaice"), ("Flo", "Haddock"), ("Gil", "Halibut"), ("Hal", "Herring"), ("Ike", "Mullet"),
)  # fmt: skip


def ident(kind: int, number: int) -> str:
    """A fixed id of UUIDv7's shape."""
    return f"019a9f00-0000-7000-8000-{kind:04x}{number:08x}"


def mondays(until: date, count: int = 11) -> list[date]:
    """School weeks before and with `until`, without the half-term week of 26 October."""
    last = until - timedelta(days=until.weekday())
    found = [last - timedelta(weeks=back) for back in range(count)]
    return sorted(week for week in found if week != date(2026, 10, 26) and week >= date(2026, 8, 31))


def this_week(friday: str) -> str:
    """Four days in, then the two codes of Friday."""
    return f"/ \\ / \\ / \\ / \\ {friday}"


def schools() -> list[Record]:
    """Two schools with one term each, without the half-term week."""
    made: list[Record] = []
    for number, name in enumerate(("Harbour Primary", "Parkside Academy")):
        made.append(School(id=ident(1, number), urn=f"99900{number + 1}", name=name, team=ident(0, 1)))
        made += [
            Calendar(id=ident(2, 2 * number), school=ident(1, number), kind="term", start=TERM[0],
                     end=date(2026, 10, 23)),
            Calendar(id=ident(2, 2 * number + 1), school=ident(1, number), kind="term",
                     start=date(2026, 11, 2), end=TERM[1]),
        ]  # fmt: skip
    return made


def child(number: int, **fields: Any) -> Child:
    """The invented child of a number."""
    forename, surname = NAMES[number % len(NAMES)]
    return Child.model_validate(
        {
            "id": ident(3, number),
            "forename": forename,
            "surname": surname,
            "school": ident(1, number % 2),
            "year_group": str(number % 6 + 1),
            "reg": f"{number % 6 + 1}{'AB'[number % 2]}",
            **fields,
        }
    )


def weeks(of: Child, marks: dict[date, str]) -> list[Record]:
    """One record for each school week: present where nothing else is said."""
    number = int(of.id[-8:], 16)
    return [
        AttendanceWeek(
            id=ident(4, number * 100 + at),
            child=of.id,
            school=of.school or "",
            week=week,
            marks=marks.get(week, PRESENT if week >= date(2026, 9, 7) else "- - - - - - / \\ / \\"),
        )
        for at, week in enumerate(mondays(TODAY))
    ]


def family() -> list[Record]:
    """Tilly and Ben share a home and two adults; one adult must not be contacted."""
    return [
        Household(id=ident(5, 1), name="Marsh and Orr", address="1 Invented Road"),
        Person(id=ident(6, 1), title="Ms", forename="Jo", surname="Marsh", phones=("07700 900123",)),
        Person(id=ident(6, 2), forename="Ravi", surname="Orr", phones=("07700 900456",), do_not_contact=True),
        Person(
            id=ident(6, 3), forename="Nan", surname="Marsh", phones=("01632 960001",),
            interpreter=True, language="Polish", note="Rings back after nine.",
        ),
        *(
            Relationship(
                id=ident(7, 10 * number + order), child=ident(3, number), person=ident(6, order),
                kind=kind, contact_order=order, responsibility=held,
            )
            for number in (0, 1)
            for order, kind, held in ((1, "mother", "yes"), (2, "father", "yes"), (3, "grandmother", "no"))
        ),
    ]  # fmt: skip


def round_of(count: int) -> list[Record]:
    """So many children with an N this morning; Tilly and Ben are siblings, some have flags and history."""
    week = date(2026, 11, 16)
    made: list[Record] = [*schools(), *family()]
    for number in range(count):
        home = ident(5, 1) if number in (0, 1) else None
        one = child(number, household=home)
        made.append(one)
        marks = {week: this_week("N N" if number % 3 else "N -")}
        if number == 3:
            marks = {week: "N N N N N N N N N N", date(2026, 11, 9): "/ \\ N N N N / \\ / \\"}
        if number == 2:
            marks[date(2026, 11, 9)] = "O O O O O O O O / \\"
        made += weeks(one, marks)
    made += [
        Flag(id=ident(8, 1), child=ident(3, 1), kind="ehc-plan"),
        Flag(id=ident(8, 2), child=ident(3, 3), kind="missing-exploitation"),
    ]
    return made


def bystanders(first: int, count: int, friday: str) -> list[Record]:
    """Children who are in, or absent with a reason."""
    made: list[Record] = []
    for number in range(first, first + count):
        one = child(number, forename="In", surname=f"School {number}")
        made += [one, *weeks(one, {date(2026, 11, 16): this_week(friday)})]
    return made


def make_caseload(folder: Path, records: Sequence[Record], *, agency: str = "early-help") -> Path:
    """An encrypted caseload that holds these records."""
    path = folder / "caseload.db"
    team = Team(id=ident(0, 1), name="Swale")
    worker = Worker.model_validate(
        {"id": ident(0, 2), "name": "Kim Invented", "agency": agency, "team": team.id}
    )
    store = set_up(path, bytearray(KEY), worker=worker, team=team, now=lambda: NOW, today=TODAY)
    if records:
        with store.journal.step(Edit("Invented caseload", ()), kind="setup") as step:
            step.apply([create(record) for record in records])
    store.close()
    return path


@asynccontextmanager
async def opened(
    path: Path,
    *,
    room: str = "today",
    size: tuple[int, int] = (80, 24),
    today: date = TODAY,
    theme: str = "dark",
) -> AsyncIterator[Pilot[None]]:
    """The app over a caseload that is open already, in one of its rooms."""
    app = make_round_app(path, today=today, theme=theme)
    async with app.run_test(size=size) as pilot:
        await enter(pilot, path, room=room, today=today)
        yield pilot


def make_round_app(path: Path, *, today: date = TODAY, theme: str = "dark") -> OutreachApp:
    """The app, locked."""
    loaded = Loaded(Settings(theme=theme)) if theme != "dark" else None
    return OutreachApp(path.parent, opener=_NoDoor(), today=today, loaded=loaded, clocks=Hands().clocks)


async def enter(pilot: Pilot[None], path: Path, *, room: str = "today", today: date = TODAY) -> None:
    """Open the caseload without the door and show a room."""
    app = pilot.app
    assert isinstance(app, OutreachApp)
    await settle(pilot)
    await app.desk.open(lambda: Store.open(path, bytearray(KEY), now=lambda: NOW, today=today))
    app.entered()
    await settle(pilot)
    if room != "today":
        app.go_to(room)
        await settle(pilot)


async def asked(pilot: Pilot[None], fn: Callable[[Store], Any]) -> Any:
    """Ask the open caseload."""
    app = pilot.app
    assert isinstance(app, OutreachApp)
    return await app.desk.run(fn)


async def steps_of(pilot: Pilot[None]) -> list[FollowUp]:
    """Every standing follow-up, oldest first."""
    found: list[FollowUp] = await asked(pilot, lambda store: store.find(FollowUp))
    return sorted(found, key=lambda step: step.id)


class _NoDoor(NoKeyStore):
    """The app's door, never used here: a caseload exists and no secret opens it."""

    has_caseload = True

    owes_code = False

    def renew_recovery(self) -> str:
        raise NotImplementedError

    def forget(self) -> None:
        pass

    def wait_left(self) -> float:
        return 0.0

    def unlock(self, passphrase: bytearray) -> Store:
        raise NotImplementedError

    def recover(self, code: str, passphrase: bytearray) -> tuple[Store, str]:
        raise NotImplementedError

    def create(self, first: Any) -> tuple[Store, str]:
        raise NotImplementedError
