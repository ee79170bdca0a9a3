"""An app over a real encrypted caseload with one invented family, for the screens of records."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from textual.pilot import Pilot

from casework.edits import Edit, create, update
from casework.followups import contact, follow_up
from casework.ids import new_id
from casework.records import Calendar, Child, Flag, Household, Person, Relationship, School, Team, Worker
from casework.records_attendance import AttendanceWeek, RegisterFile
from outreach_tui.app import OutreachApp
from outreach_tui.rooms import ScreenFactory
from screens.doorway import FirstRun
from storage.store import Store
from tests.screens.fakes import PASSPHRASE, Hands, NoKeyStore, RoundRoom
from tests.screens.steps import settle, unlock
from tests.tools.caseloads import set_up

T = TypeVar("T")

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
KEY = bytes(range(32))
IN_WEEK = r"/ \ / \ / \ / \ / \ "[:-1]
TERMS = ((date(2026, 9, 1), date(2026, 10, 16)), (date(2026, 11, 2), date(2026, 12, 18)))


class RealOpener(NoKeyStore):
    """Opens the caseload of a test on the desk's thread."""

    has_caseload = True

    def __init__(self, path: Path) -> None:
        self.path = path

    owes_code = False

    def renew_recovery(self) -> str:
        raise NotImplementedError

    def forget(self) -> None:
        pass

    def wait_left(self) -> float:
        return 0.0

    def unlock(self, passphrase: bytearray) -> Store:
        assert passphrase.decode() == PASSPHRASE
        return Store.open(self.path, bytearray(KEY), now=lambda: NOW, today=TODAY)

    def recover(self, code: str, passphrase: bytearray) -> Any:
        raise NotImplementedError

    def create(self, first: FirstRun) -> Any:
        raise NotImplementedError


def new_store(folder: Path, agency: str = "inclusion-attendance") -> Store:
    """An empty caseload of one worker."""
    team = Team(id=new_id(), name="Swale")
    worker = Worker.model_validate(
        {"id": new_id(), "name": "Kim Invented", "agency": agency, "team": team.id}
    )
    path = folder / "caseload.db"
    return set_up(path, bytearray(KEY), worker=worker, team=team, now=lambda: NOW, today=TODAY)


def commit(store: Store, name: str, records: Sequence[Any], subject: str | None = None) -> None:
    """Bring records into being as one step."""
    store.journal.commit(Edit(name, tuple(create(record) for record in records), subject=subject))


def mondays() -> list[date]:
    """The school weeks up to today."""
    first = date(2026, 8, 31)
    weeks = [first + timedelta(weeks=n) for n in range(12)]
    return [week for week in weeks if not date(2026, 10, 19) <= week <= date(2026, 10, 26)]


class Family:
    """Tilly and Ben Marsh of Oakhanger Primary, their adults, ten weeks of marks and a story."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.school = School(id=new_id(), urn="999001", name="Oakhanger Primary")
        self.home = Household(id=new_id(), name="Marsh", address="1 Quarry Lane, Sheerness ME12 1ZZ")
        self.tilly = Child(
            id=new_id(),
            surname="Marsh",
            forename="Matilda",
            known_as="Tilly",
            dob=date(2018, 3, 3),
            upn="U886009924001",
            household=self.home.id,
            school=self.school.id,
            year_group="4",
            reg="4B",
            sen="K",
            language="Polish",
            interpreter=True,
        )
        self.ben = Child(
            id=new_id(),
            surname="Marsh",
            forename="Ben",
            dob=date(2020, 5, 9),
            household=self.home.id,
            school=self.school.id,
            year_group="1",
            reg="1A",
        )
        self.file = RegisterFile(
            id=new_id(), name="999001-register.csv", digest="0" * 64, format="register-long", at=NOW
        )
        self.fixed = RegisterFile(
            id=new_id(), name="999001-week-47.csv", digest="1" * 64, format="register-long", at=NOW
        )
        terms = [Calendar(id=new_id(), school=self.school.id, kind="term", start=a, end=b) for a, b in TERMS]
        commit(store, "Schools", [self.school, *terms, self.home])
        commit(store, "Import", [self.file, self.fixed, self.tilly, self.ben])
        self._people()
        self._marks()
        self._story()

    def _people(self) -> None:
        mother = Person(
            id=new_id(),
            title="Ms",
            surname="Marsh",
            forename="Anna",
            phones=("01795 000101", "07700 900101"),
            language="Polish",
            interpreter=True,
            note="Works nights: call after 14:00.",
        )
        father = Person(
            id=new_id(), surname="Orr", forename="Dean", phones=("07700 900102",), do_not_contact=True
        )
        aunt = Person(
            id=new_id(),
            surname="Holm",
            forename="Eva",
            phones=("07700 900103",),
            address="7 Hidden Mews",
            address_protected=True,
        )
        ties = [
            Relationship(
                id=new_id(),
                child=self.tilly.id,
                person=person.id,
                kind=kind,
                responsibility=holds,
                how_known=known,
                contact_order=order,
            )
            for order, (person, kind, holds, known) in enumerate(
                (
                    (mother, "mother", "yes", "birth certificate"),
                    (father, "father", "yes", "school's file"),
                    (aunt, "aunt", "unknown", ""),
                ),
                1,
            )
        ]
        flags = [
            Flag(
                id=new_id(),
                child=self.tilly.id,
                kind="risk-to-visitors",
                since=date(2026, 9, 14),
                review=date(2026, 11, 2),
                source="school",
            ),
            Flag(id=new_id(), child=self.tilly.id, kind="child-protection", since=date(2026, 9, 14)),
        ]
        commit(self.store, "People", [mother, father, aunt, *ties, *flags], subject=self.tilly.id)

    def _marks(self) -> None:
        marks = [IN_WEEK] * 10
        marks[0] = r"- - / \ / \ / \ / \ "[:-1]
        marks[3] = r"I I I I / \ L \ / \ "[:-1]
        marks[6] = r"O O / \ U \ / \ G G"
        marks[8] = r"/ \ / \ C2 C2 / \ N N"
        marks[9] = r"/ \ N N N N N N N -"
        lines = " ".join(str(n) for n in range(101, 111))
        weeks = [
            AttendanceWeek(
                id=new_id(),
                child=self.tilly.id,
                school=self.school.id,
                week=week,
                marks=text,
                lines=lines,
                source=self.file.id,
            )
            for week, text in zip(mondays(), marks, strict=True)
        ]
        commit(self.store, "Import", weeks)
        newer = r"/ \ I N N N N N N -"
        fix = update(weeks[9], marks=newer, source=self.fixed.id, lines=lines.replace("103", "9"))
        self.store.journal.commit(Edit("Import", fix))

    def _story(self) -> None:
        by = self.store.actor.worker
        visit = contact(
            self.tilly.id,
            by=by,
            at=NOW - timedelta(days=9, hours=-6),
            kind="home-visit",
            outcome="child",
            seen="alone",
            note="\n".join(["Tilly was in the kitchen.", '"I don\'t like the bus."', *"abcd"]),
            next_step="Ask school about a bus buddy.",
        )
        call = follow_up(self.tilly.id, by=by, at=NOW, session_date=TODAY, outcome="no-answer")
        self.store.journal.commit(visit)
        self.store.journal.commit(call)


def make_real_app(folder: Path, store: Store, hands: Hands | None = None, **more: Any) -> OutreachApp:
    """An app over the caseload, which is closed here and opened again by the app."""
    path = store.path
    store.close()
    hands = hands or Hands()
    rooms: dict[str, str | ScreenFactory] = {
        "today": RoundRoom,
        "child": "screens.child:ChildScreen",
        "search": "screens.search:SearchScreen",
        "notifications": "screens.notifications:NotificationsScreen",
        "import": "screens.intake:ImportScreen",
        "supervision": "screens.supervision:SupervisionScreen",
        "clocks": "screens.clocks:ClocksScreen",
        "conflicts": "screens.conflicts:ConflictsScreen",
        "sync": "screens.sync:SyncScreen",
    }
    return OutreachApp(folder, opener=RealOpener(path), today=TODAY, clocks=hands.clocks, rooms=rooms, **more)


async def enter(pilot: Pilot[None], child: str | None = None) -> None:
    """Through the door, and to a child's page."""
    await unlock(pilot)
    if child is not None:
        app = pilot.app
        assert isinstance(app, OutreachApp)
        app.open_child(child)
        await settle(pilot)


async def asked(app: OutreachApp, fn: Callable[[Store], T]) -> T:
    """What the open caseload says."""
    answer: T = await app.desk.run(fn)
    return answer
