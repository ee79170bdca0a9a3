"""Steps that whole cases share: a command on a day, and the clocks of a child on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from casework.edits import Edit, create
from casework.records import Record
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from tests.cli.conftest import Line
from tests.tools.vaults import PASSPHRASE

WHOLE = (
    *("--concern", "Away most Mondays", "--offered", "Breakfast club, no change"),
    *("--outcome", "In school every day", "--voice", "I worry about Mum"),
)
"""The four parts of a notification without who listened and when."""


@dataclass
class Case:
    """The case of one child; every command runs in a process of its own, on the day that it is given."""

    line: Line
    child: str

    def __call__(self, day: str, *words: str, code: int = 0) -> Any:
        """What a command gives as JSON on a day."""
        given = self.line(*words, "--json", today=day)
        assert given.code == code, (words, given.code, given.err)
        return given.json

    def text(self, day: str, *words: str, code: int = 0) -> str:
        """What a command says in lines on a day, errors with it."""
        given = self.line(*words, today=day)
        assert given.code == code, (words, given.code, given.err)
        return given.out + given.err

    def notified(self, day: str, urn: str = "999001") -> Any:
        """A whole notification from the school, received on a day."""
        return self(
            day,
            *("notify", "add", self.child, "--from", "Mr Orr", "--school", urn, "--received", day, *WHOLE),
            *("--heard-by", "Mr Orr", "--heard-on", day),
        )

    def check(self, day: str, agency: str, category: str, purpose: str) -> tuple[str, str]:
        """Answer and reason of `consent check` on a day; the exit code goes with the answer."""
        given = self.line(
            *("consent", "check", self.child, "--agency", agency, "--category", category),
            *("--purpose", purpose, "--json"),
            today=day,
        )
        answer = given.json["answer"]
        assert given.code == {"yes": 0, "no": 5, "ask": 1}[answer]
        return answer, given.json["reasons"][0]

    def clocks(self, day: str, *more: str) -> dict[str, tuple[Any, ...]]:
        """Each clock of the worker's list on a day: its due day, its days left, whether it is overdue.

        A list with two clocks of one name keeps both, the second with its number.
        """
        found: dict[str, tuple[Any, ...]] = {}
        for row in self(day, "clocks", *more)["rows"]:
            if row["child"]["id"] == self.child:
                name, number = row["rule"], 1
                while name in found:
                    number += 1
                    name = f"{row['rule']} {number}"
                found[name] = (row["due"], row["left"], row["overdue"])
        return found

    def about(self, day: str, rule: str) -> str:
        """The record whose clock runs, by the clock's name."""
        rows = self(day, "clocks", "--all")["rows"]
        return next(str(r["about"]) for r in rows if r["rule"] == rule and r["child"]["id"] == self.child)


def opened(line: Line) -> Store:
    """The caseload as the test itself opens it, to bring in what no command makes."""
    home, now = Home(line.home), datetime.now(tz=UTC)
    return Store.open(
        home.database,
        Vault.load(home).unlock(PASSPHRASE, now=now),
        now=lambda: now,
        today=date(2026, 11, 20),
    )


def bring_in(line: Line, *records: Record) -> None:
    """Records that come from registers and from the council, as one step."""
    store = opened(line)
    try:
        store.journal.commit(Edit("Bring in", tuple(create(record) for record in records)), kind="setup")
    finally:
        store.close()


def work_as(line: Line, worker: str) -> None:
    """The same caseload on another worker's laptop."""
    store = opened(line)
    try:
        store.save_setting("worker", worker)
    finally:
        store.close()
