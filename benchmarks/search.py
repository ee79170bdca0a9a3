"""Search as you type over 100,000 names in the encrypted caseload, beside a plain LIKE scan in the same run.

Run: python benchmarks/search.py [CHILDREN]
Each query is typed letter by letter; every letter is one search. All names are put together at random.
"""

from __future__ import annotations

import random
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import sqlcipher3.dbapi2 as sqlcipher

from storage import search
from storage.cipher import open_database

T = TypeVar("T")
GOAL_MS = 30.0
COMMON_FORENAMES = """
Mohammed Muhammad Olivia Noah Amelia Oliver Isla George Ava Arthur Lily Leo Freya Harry Siobhan Aoife
Kayleigh Niamh Sean Zoë Łukasz Catherine Philip Sophia Jack Charlie Emily Grace Thomas Jessica Aisha Fatima
Yusuf Bo Li
"""
COMMON_SURNAMES = """
Smith Jones Taylor Brown Williams Wilson Johnson Davies Patel Wright Thompson O'Brien Nguyen Khan Begum
Kowalski Smith-Jones McDonald Murphy Singh Li Ali Nowak Okafor Adeyemi
"""
STARTS = [*"bcdfghjklmnprstvwyz", "br", "ch", "cl", "dr", "gr", "kr", "sh", "st", "th", "tr"]
VOWELS = [*"aeiou", "ai", "ee", "ou", "ia"]
MIDDLES = [*"bdklmnrstv", "ll", "mm", "nn", "rr", "ss", "th", "rd", "nd", "st"]
ENDS = ["", *"nrsl", "ne", "ton", "ley", "son", "ra", "na", "lyn", "den", "wood", "ski", "ham"]
MISSPELT = """
shivaun, caley, eefa, mohamid, muhamed, neve, zoe, lukash, katherin, filip, sofia, shivaun obrien,
mohamed kahn, caley smyth, jessika tailor, thomsa write, nguyne li, khan fatma, smithjones, mc donald sean,
olivai wiliams, kowalsky lucas, adeyeme yusef, okafour grase, bo li
"""


def main(children: int) -> None:
    """Build, index and search; print one table and exit 1 when the goal is missed."""
    draw = random.Random(7)
    entries = list(invented(draw, children))
    with tempfile.TemporaryDirectory() as folder:
        conn = open_database(Path(folder) / "names.db", bytearray(secrets.token_bytes(32)), create=True)
        conn.execute("create table plain (id text primary key, name text, known_as text, upn text)")
        search.create(conn)
        conn.execute("begin")
        conn.executemany(
            "insert into plain values (?, ?, ?, ?)",
            [(e.child, f"{e.forename} {e.surname}", e.known_as, e.upn) for e in entries],
        )
        _, indexing = timed(lambda: search.index_many(conn, entries))
        conn.execute("commit")
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        finder, unlocking = timed(lambda: search.NameSearch(conn))
        finder.search("warm up")
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - resident

        meant = draw.sample(entries, 100)
        drawn = [misspelt(draw, entry) for entry in meant]
        surname = {entry.child: entry.surname for entry in entries}
        found = sum(
            any(surname[hit.id] == entry.surname for hit in finder.search(query))
            for entry, query in zip(meant, drawn, strict=True)
        )
        rows = {
            "chosen misspellings": side_by_side(conn, finder, draw, " ".join(MISSPELT.split()).split(", ")),
            "drawn misspellings": side_by_side(conn, finder, draw, drawn),
        }
        without, also = single_edits(conn, draw.sample(entries, 600))
        conn.close()

    parts = len({part for entry in entries for part in search.name_parts(entry.forename, entry.surname)})
    print(
        f"{children:,} children, {parts:,} distinct name words, SQLCipher, SQLite {sqlcipher.sqlite_version}"
    )
    heads = ("searches", "p50 ms", "p95 ms", "max ms", "LIKE p50", "LIKE p95", "ratio p95")
    print(f"{'typed letter by letter':<24}" + "".join(f"{head:>10}" for head in heads))
    for label, (ours, plain) in rows.items():
        cells = (at(ours, 0.5), at(ours, 0.95), max(ours), at(plain, 0.5), at(plain, 0.95))
        ratio = at(ours, 0.95) / at(plain, 0.95)
        print(
            f"{label:<24}{len(ours):>10,}" + "".join(f"{cell:>10.1f}" for cell in cells) + f"{ratio:>10.2f}"
        )
    print(f"surname that was meant is among the 20 shown, drawn misspellings: {found} of {len(drawn)}")
    print(
        f"index of all {indexing:,.0f} ms; words read at unlock {unlocking:,.0f} ms, {grown / 1024:,.0f} MB"
    )
    print(
        f"one child edit with its commit: p50 {at(without, 0.5):.2f} ms without the index, "
        f"{at(also, 0.5):.2f} ms with it (p95 {at(without, 0.95):.2f} and {at(also, 0.95):.2f})"
    )
    worst = max(at(ours, 0.95) for ours, _ in rows.values())
    verdict = "met" if worst <= GOAL_MS else f"missed by {worst - GOAL_MS:.1f} ms"
    print(f"goal p95 <= {GOAL_MS:.0f} ms: {verdict}")
    sys.exit(worst > GOAL_MS)


def side_by_side(
    conn: search.Connection, finder: search.NameSearch, draw: random.Random, queries: list[str]
) -> tuple[list[float], list[float]]:
    """Milliseconds of each search while `queries` are typed, and of a plain LIKE scan for some of the same
    texts.
    """
    like = "select id from plain where name like ? or known_as like ? or upn like ? limit 20"
    typed = [query[: n + 1] for query in queries for n in range(len(query))]
    ours = [timed(lambda text=text: finder.search(text))[1] for text in typed]
    plain = [
        timed(lambda text=text: conn.execute(like, (f"%{text}%",) * 3).fetchall())[1]
        for text in draw.sample(typed, min(len(typed), 200))
    ]
    return ours, plain


def single_edits(conn: search.Connection, entries: list[search.Entry]) -> tuple[list[float], list[float]]:
    """Milliseconds of transactions that change one child, commit included: without the index, and with it."""
    without, also = [], []
    for n, entry in enumerate(entries):
        start = time.perf_counter()
        conn.execute("begin immediate")
        conn.execute("update plain set known_as = ? where id = ?", (f"Sunny{n}", entry.child))
        if n % 2:
            search.index_many(conn, [replace(entry, known_as=f"Sunny{n}")])
        conn.execute("commit")
        (also if n % 2 else without).append((time.perf_counter() - start) * 1_000)
    return without, also


def invented(draw: random.Random, count: int) -> Iterator[search.Entry]:
    """Children with names from 3,000 forenames and 8,000 surnames, common ones often, rare ones seldom."""
    forenames = [*COMMON_FORENAMES.split(), *sorted(words(draw, 2_965, 2))]
    surnames = [*COMMON_SURNAMES.split(), *sorted(words(draw, 7_975, 3))]
    first = draw.choices(forenames, [1 / (n + 8) for n in range(len(forenames))], k=count)
    last = draw.choices(surnames, [1 / (n + 8) for n in range(len(surnames))], k=count)
    for n in range(count):
        yield search.Entry(
            child=f"00000000-0000-7000-8000-{n:012d}",
            forename=first[n],
            surname=last[n],
            known_as=draw.choice(forenames) if n % 12 == 0 else "",
            upn=f"A820{n:08d}",
            address=f"{n % 190 + 1} {surnames[n % 700]} Road, Herne Bay CT{n % 9 + 1} {n % 9 + 1}QA",
            school=f"{surnames[n % 40]} Primary School",
        )


def words(draw: random.Random, count: int, syllables: int) -> set[str]:
    """`count` invented words."""
    found: set[str] = set()
    while len(found) < count:
        word = draw.choice(STARTS) + draw.choice(VOWELS)
        for _ in range(draw.randrange(syllables)):
            word += draw.choice(MIDDLES) + draw.choice(VOWELS)
        found.add((word + draw.choice(ENDS)).capitalize())
    return found


def misspelt(draw: random.Random, entry: search.Entry) -> str:
    """A child's name with one slip in it: a letter left out, doubled, changed, or two swapped."""
    name = f"{entry.forename} {entry.surname}" if draw.random() < 0.5 else entry.surname
    at = draw.randrange(1, len(name) - 1) if len(name) > 2 else 0
    return draw.choice(
        (
            name[:at] + name[at + 1 :],
            name[:at] + name[at] + name[at:],
            name[:at] + draw.choice("aeiourstn") + name[at + 1 :],
            name[:at] + name[at + 1 : at + 2] + name[at : at + 1] + name[at + 2 :],
        )
    )


def timed(work: Callable[[], T]) -> tuple[T, float]:
    """The result of `work` and the milliseconds it took."""
    start = time.perf_counter()
    result = work()
    return result, (time.perf_counter() - start) * 1_000


def at(values: list[float], share: float) -> float:
    """The value below which `share` of `values` lie."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)]


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
