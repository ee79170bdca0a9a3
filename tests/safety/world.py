"""A caseload made from outside: `outreach` in processes of their own, on a person's own invented computer.

tests/tools/warm.py forks the process of a call; one that is broken or limited from its beginning is started.
"""

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

from casework.ids import new_id
from casework.records import Team, Worker
from storage.drafts import Draft
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from tests.safety import canaries as c
from tests.tools import warm
from tests.tools.vaults import FAST, PASSPHRASE

TODAY = "2026-11-20"
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
INJECT = Path(__file__).with_name("inject")
ROOT = Path(__file__).parents[2]
URN = "999001"
UPN = "U886009924001"
OF_ITS_BEGINNING = ("PYTHON", "SAFETY_")
"""How the variables begin that a process hears of only where it starts anew."""
HEAD = "UPN,Surname,Forename,Reg,Date,Session,Mark,Minutes Late,Comment"


@dataclass(frozen=True)
class Said:
    """What one call gave: exit code, stdout and stderr as bytes."""

    code: int
    out: bytes
    err: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """The error, which is one sentence on one line of stderr."""
        lines = self.err.decode().splitlines()
        errors = [line for line in lines if line.startswith("Error: ")]
        assert len(errors) == 1, self.err
        return errors[0].removeprefix("Error: ")


@dataclass
class Computer:
    """A person's computer below one folder: data, HOME, temp and working folders, passphrase file."""

    root: Path
    said: list[Said] = field(default_factory=list)

    @property
    def home(self) -> Home:
        return Home(self.root / "data")

    @property
    def places(self) -> list[Path]:
        """Every folder that a process of ours may write to."""
        return [self.root / name for name in ("data", "person", "temp", "work")]

    def prepare(self) -> Computer:
        for name in ("person", "temp", "work", "given"):
            (self.root / name).mkdir(parents=True)
        secret(self.root / "secret", PASSPHRASE)
        return self

    def copy(self, to: Path) -> Computer:
        shutil.copytree(self.root, to, dirs_exist_ok=True)
        return Computer(to)

    def environment(self, **more: str | None) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"PATH", "LANG", "SYSTEMROOT"}}
        changed: dict[str, str | None] = {
            **kept,
            "HOME": str(self.root / "person"),
            "TMPDIR": str(self.root / "temp"),
            "PYTHONPATH": f"{INJECT}{os.pathsep}{ROOT}",  # this source, whichever is installed
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUTF8": "1",
            "OUTREACH_PASSPHRASE_FILE": str(self.root / "secret"),
            "OUTREACH_TODAY": TODAY,
            **more,
        }
        return {name: value for name, value in changed.items() if value is not None}

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-P", "-m", "outreach_tui", "--home", str(self.home.path), *words]

    def __call__(self, *words: str, stdin: str = "", preexec: Any = None, **environ: str | None) -> Said:
        if preexec is None and not any(name.startswith(OF_ITS_BEGINNING) for name in environ):
            home = ["--home", str(self.home.path)]
            folder = self.root / "work"
            said = Said(*warm.call([*home, *words], self.environment(**environ), stdin.encode(), cwd=folder))
        else:
            said = self._anew(words, stdin, preexec, self.environment(**environ))
        self.said.append(said)
        assert b"Traceback" not in said.err
        return said

    def _anew(self, words: tuple[str, ...], stdin: str, preexec: Any, environ: dict[str, str]) -> Said:
        """A call by an interpreter that is started for it."""
        done = subprocess.run(
            self.command(*words),
            input=stdin.encode(),
            capture_output=True,
            env=environ,
            cwd=self.root / "work",
            preexec_fn=preexec,
            timeout=60,
            check=False,
        )
        return Said(done.returncode, done.stdout, done.stderr)

    def well(self, *words: str, **more: Any) -> Said:
        """A call that must succeed."""
        said = self(*words, **more)
        assert said.code == 0, said
        return said

    def is_sound(self, **environ: str) -> bool:
        """Whether the caseload opens and every page, the history, the audit and the search hold."""
        said = self("verify", "--deep", "--json", **environ)
        return said.code == 0 and bool(said.json["sound"])

    def drafts(self) -> list[Draft]:
        """What is half written, as the caseload on the disk holds it now: also while the app is open."""
        key = Vault.load(self.home).unlock(bytearray(PASSPHRASE.encode()), now=NOW)
        store = Store.open(self.home.database, key, now=lambda: NOW, today=date(2026, 11, 20))
        try:
            return store.drafts.waiting()
        finally:
            store.close()

    def given(self, name: str, text: str) -> Path:
        """A file that the school gave; it is not among the places that are searched."""
        path = self.root / "given" / name
        path.write_text(text, encoding="utf-8")
        return path


def secret(path: Path, text: str, mode: int = 0o600) -> Path:
    path.write_text(text + "\n", encoding="utf-8")
    path.chmod(mode)
    return path


def set_up(computer: Computer) -> None:
    """Vault, worker and team by the functions that `init` calls, but with fast keys."""
    _, key, code = Vault.create(computer.home, PASSPHRASE, kdf=FAST)
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Ana Bell", agency="early-help", team=team.id)
    Store.set_up(
        computer.home.database, key, worker=worker, team=team, now=lambda: NOW, today=date(2026, 11, 20)
    ).close()
    secret(computer.root / "code", code)


def register(*rows: str) -> str:
    return "\n".join([HEAD, *rows]) + "\n"


def line(upn: str, surname: str, forename: str, mark: str, comment: str = "", session: str = "AM") -> str:
    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"'

    return ",".join(
        [upn, quoted(surname), quoted(forename), "4B", "20/11/2026", session, mark, "", quoted(comment)]
    )


def ctf(surname: str, forename: str, known_as: str, parent: str) -> str:
    return (
        '<?xml version="1.0" encoding="utf-8"?><CTfile><Header>'
        "<CTFversion>25.0</CTFversion><DateTime>2026-11-20T16:05:00</DateTime>"
        "<DocumentQualifier>partial</DocumentQualifier><SourceSchool><LEA>886</LEA><Estab>0091</Estab>"
        f"<URN>{URN}</URN><SchoolName>Oakhanger Primary</SchoolName></SourceSchool></Header><CTFpupilData>"
        f"<Pupil><UPN>{UPN}</UPN><Surname>{surname}</Surname><Forename>{forename}</Forename>"
        f"<DOB>2018-08-16</DOB><Sex>F</Sex><BasicDetails><PreferredForename>{known_as}</PreferredForename>"
        "<NCyearActual>3</NCyearActual></BasicDetails><Address><BS7666Address>"
        f"<PAON>7</PAON><Street>{c.STREET}</Street><Town>Sheerness</Town></BS7666Address>"
        "<PostCode>ME12 1ZZ</PostCode></Address><Contacts><Contact><Order>1</Order><Title>Ms</Title>"
        f"<Surname>{parent}</Surname><Forename>Jo</Forename><Relationship>MOT</Relationship>"
        "<Responsibility>true</Responsibility><Phones><Phone><TelephoneType>M</TelephoneType>"
        f"<PhoneNo>{c.PHONE}</PhoneNo></Phone></Phones></Contact></Contacts></Pupil></CTFpupilData></CTfile>"
    )


def with_school(computer: Computer) -> Computer:
    set_up(computer)
    computer.well("school", "add", URN, "Oakhanger Primary")
    return computer


def with_family(computer: Computer) -> Computer:
    """One canary of a child, from a register and a CTF."""
    first = computer.given(f"{URN}-register.csv", register(line(UPN, c.SURNAME, c.FORENAME, "N", c.COMMENT)))
    second = computer.given("8860091_CTF_886LLLL_001.xml", ctf(c.SURNAME, c.FORENAME, c.KNOWN_AS, c.PARENT))
    said = computer("import", str(first), str(second), "--school", URN)
    assert said.code in {0, 1}, said
    return computer
