"""One invented caseload for the command line, made through edits and copied for tests that change it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records import (
    Calendar,
    Child,
    Flag,
    Household,
    Person,
    Record,
    Relationship,
    SavedView,
    School,
    Team,
    Worker,
)
from casework.records_attendance import AttendanceWeek
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from tests.tools import warm
from tests.tools.vaults import FAST, PASSPHRASE

TODAY = "2026-11-20"
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
HOSTILE = "Eve \x1b[31m\x1b]52;c;aGk=\x07 \u202e[/] \x9b2J"


@dataclass(frozen=True)
class Result:
    """What one call gave."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Line:
    """Runs `outreach` in a subprocess on one data folder."""

    home: Path
    secret: Path
    ids: dict[str, str] = field(default_factory=dict)

    def __call__(
        self,
        *words: str,
        stdin: str = "",
        today: str | None = TODAY,
        env: dict[str, str] | None = None,
        **more: Any,
    ) -> Result:
        environ = {key: value for key, value in os.environ.items() if not key.startswith("OUTREACH_")}
        environ |= {
            "OUTREACH_HOME": str(self.home),
            "OUTREACH_PASSPHRASE_FILE": str(self.secret),
            "PYTHONUTF8": "1",
        }
        if today:
            environ["OUTREACH_TODAY"] = today
        environ |= env or {}
        if not more and not any(name.startswith("PYTHON") for name in env or {}):
            code, out, err = warm.call(words, environ, stdin.encode())
            return Result(code, out.decode(), err.decode())
        done = subprocess.run(
            [sys.executable, "-m", "outreach_tui", *words],
            input=stdin.encode(),
            capture_output=True,
            env=environ,
            timeout=60,
            check=False,
            **more,
        )
        return Result(done.returncode, done.stdout.decode(), done.stderr.decode())


def secret_file(folder: Path, text: str, name: str = "secret") -> Path:
    path = folder / name
    path.write_text(text + "\n")
    path.chmod(0o600)
    return path


def week(child: str, school: str, monday: date, marks: str) -> AttendanceWeek:
    return AttendanceWeek(id=new_id(), child=child, school=school, week=monday, marks=marks)


def fill(home: Home, agency: str = "early-help") -> dict[str, str]:
    """Build the caseload; ids by word."""
    vault, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    team = Team(id=new_id(), name="Swale", district="Swale")
    worker = Worker.model_validate({"id": new_id(), "name": "Ana Bell", "agency": agency, "team": team.id})
    today = date.fromisoformat(TODAY)
    store = Store.set_up(home.database, key, worker=worker, team=team, now=lambda: NOW, today=today)
    school = School(id=new_id(), urn="999001", name="Oakhanger Primary", team=team.id)
    other = School(id=new_id(), urn="999002", name="Harbour View", team=team.id)
    terms = [
        Calendar(id=new_id(), school=s.id, kind="term", name=name, start=start, end=end)
        for s in (school, other)
        for name, start, end in (
            ("Term 1", date(2026, 9, 1), date(2026, 10, 16)),
            ("Term 2", date(2026, 11, 2), date(2026, 12, 18)),
        )
    ]
    home_ = Household(id=new_id(), name="Marsh", address="3 Quay Lane", address_protected=False)
    children = {
        "tilly": Child(
            id=new_id(),
            surname="Marsh",
            forename="Tilly",
            upn="U886009924001",
            dob=date(2017, 3, 2),
            school=school.id,
            household=home_.id,
            year_group="4",
        ),
        "ben": Child(id=new_id(), surname="Marsh", forename="Ben", school=school.id, household=home_.id),
        "sam1": Child(id=new_id(), surname="Orr", forename="Sam", dob=date(2016, 1, 5), school=school.id),
        "sam2": Child(id=new_id(), surname="Orr", forename="Sam", dob=date(2015, 6, 7), school=other.id),
        "eve": Child(id=new_id(), surname=HOSTILE, forename="=cmd|calc", school=other.id),
        "zoe": Child(id=new_id(), surname="Łukasik", forename="Zoë", known_as="Zo", school=other.id),
    }
    present = "/ \\ / \\ / \\ / \\ / \\"
    weeks: list[Record] = []
    for child in children.values():
        for monday in (date(2026, 11, 2), date(2026, 11, 9)):
            weeks.append(week(child.id, child.school or "", monday, present))
    monday = date(2026, 11, 16)
    weeks.append(week(children["tilly"].id, school.id, monday, "/ \\ / \\ N N N N N -"))
    weeks.append(week(children["ben"].id, school.id, monday, "/ \\ / \\ / \\ / \\ N -"))
    weeks.append(week(children["eve"].id, other.id, monday, "/ \\ / \\ / \\ / \\ N -"))
    weeks.append(week(children["sam1"].id, school.id, monday, "/ \\ / \\ / \\ / \\ I -"))
    mother = Person(
        id=new_id(),
        surname="Marsh",
        forename="Jo",
        phones=("07700 900001",),
        address="9 Secret Row",
        address_protected=True,
    )
    tie = Relationship(
        id=new_id(), child=children["tilly"].id, person=mother.id, kind="mother", responsibility="yes"
    )
    flag = Flag(id=new_id(), child=children["tilly"].id, kind="child-in-need", since=date(2026, 9, 1))
    hidden = Flag(id=new_id(), child=children["tilly"].id, kind="youth-justice", since=date(2026, 9, 1))
    view = SavedView(id=new_id(), name="Harbour", screen="today", filter="school:harbour", digit=1)
    records: list[Record] = [
        school,
        other,
        *terms,
        home_,
        *children.values(),
        *weeks,
        mother,
        tie,
        flag,
        hidden,
        view,
    ]
    store.journal.commit(Edit("Bring in", tuple(create(r) for r in records)), kind="setup")
    ids = {name: child.id for name, child in children.items()}
    ids |= {
        "school": school.id,
        "mother": mother.id,
        "flag": flag.id,
        "hidden": hidden.id,
        "week": weeks[-4].id,
        "worker": worker.id,
        "household": home_.id,
    }
    store.close()
    del vault
    return ids


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    """The folder of a caseload that nobody changes."""
    folder = tmp_path_factory.mktemp("filled")
    return folder, fill(Home(folder / "home"))


@pytest.fixture
def line(filled: tuple[Path, dict[str, str]], tmp_path: Path) -> Line:
    """The command line on a copy of the invented caseload."""
    folder, ids = filled
    shutil.copytree(folder / "home", tmp_path / "home")
    return Line(tmp_path / "home", secret_file(tmp_path, PASSPHRASE), ids)


@pytest.fixture
def bare(tmp_path: Path) -> Line:
    """The command line on a data folder that is not there yet."""
    return Line(tmp_path / "home", secret_file(tmp_path, PASSPHRASE))
