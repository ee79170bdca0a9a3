"""The search index inside the encrypted file: its tables, and how children are put in and taken out.

`search_doc` holds one row of folded text per child, `search_fts` (FTS5, external content) indexes it,
`search_words` (fts5vocab) lists its words, and `search_news` tells which name words came since. Every write
runs in the caller's transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol

from casework.names import name_parts
from casework.text import fold

SCHEMA = (
    """CREATE TABLE search_doc (
        doc INTEGER PRIMARY KEY,
        child TEXT NOT NULL UNIQUE,
        name TEXT NOT NULL, known_as TEXT NOT NULL, former TEXT NOT NULL,
        address TEXT NOT NULL, school TEXT NOT NULL, upn TEXT NOT NULL)""",
    "CREATE INDEX search_doc_upn ON search_doc (upn)",
    """CREATE VIRTUAL TABLE search_fts USING fts5 (
        name, known_as, former, address, school,
        content='search_doc', content_rowid='doc', columnsize=0,
        tokenize='unicode61 remove_diacritics 2', prefix='1')""",
    # Half as many merges as by default: an edit then rarely waits for one, and a search reads as fast.
    "INSERT INTO search_fts (search_fts, rank) VALUES ('automerge', 8)",
    "CREATE VIRTUAL TABLE search_words USING fts5vocab (search_fts, 'col')",
    # NULL words say: more came than is worth telling, read them all again.
    "CREATE TABLE search_news (n INTEGER PRIMARY KEY, words TEXT)",
)

_COLUMNS = ("child", "name", "known_as", "former", "address", "school", "upn")
_INSERT = f"INSERT INTO search_doc ({', '.join(_COLUMNS)}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_INDEX = """INSERT INTO search_fts (rowid, name, known_as, former, address, school)
    SELECT doc, name, known_as, former, address, school FROM search_doc WHERE doc = ?"""
_INDEX_FROM = """INSERT INTO search_fts (rowid, name, known_as, former, address, school)
    SELECT doc, name, known_as, former, address, school FROM search_doc WHERE doc > ?"""
_UNINDEX = """INSERT INTO search_fts (search_fts, rowid, name, known_as, former, address, school)
    SELECT 'delete', doc, name, known_as, former, address, school FROM search_doc WHERE doc = ?"""
READ = "SELECT doc, child, name, known_as, former, address, school, upn FROM search_doc"
_POSTCODE = re.compile(r"\b([a-z]{1,2}[0-9][a-z0-9]?) ([0-9][a-z]{2})\b")
_WORTH_TELLING = 500  # new words of one batch; reading all again is then as quick


class Connection(Protocol):
    """What is used of an SQLCipher or sqlite3 connection in autocommit mode."""

    def execute(self, sql: str, parameters: Sequence[Any] = ..., /) -> Any:
        """Run one statement and return its cursor."""

    def executemany(self, sql: str, parameters: Iterable[Sequence[Any]], /) -> Any:
        """Run one statement for each row of parameters."""


@dataclass(frozen=True, slots=True)
class Entry:
    """What the index knows of one child; texts as a person wrote them.

    `former` may hold several names, and `upn` former numbers after the present one, with spaces between.
    """

    child: str
    forename: str = ""
    surname: str = ""
    known_as: str = ""
    former: str = ""
    upn: str = ""
    address: str = ""
    school: str = ""


def create(conn: Connection) -> None:
    """Make the tables of the index; run once, by a migration."""
    for statement in SCHEMA:
        conn.execute(statement)


def index_child(conn: Connection, entry: Entry) -> bool:
    """Put one child into the index, or renew it, in the caller's transaction; False when nothing changed."""
    row = _folded(entry)
    old = conn.execute(f"{READ} WHERE child = ?", (entry.child,)).fetchone()
    if old is None:
        doc = conn.execute(_INSERT, row).lastrowid
        conn.execute(_INDEX, (doc,))
    elif tuple(old[1:]) == row:
        return False
    else:
        _renew(conn, old[0], old[1:], row)
    if news := _name_words(row) - (_name_words(old[1:]) if old else set()):
        conn.execute("INSERT INTO search_news (words) VALUES (?)", (" ".join(sorted(news)),))
    return True


def index_many(conn: Connection, entries: Iterable[Entry], *, batch: int = 5_000) -> int:
    """Put many children into the index, each at most once; the number renewed or added.

    Runs in the caller's transaction; holds one batch in memory.
    """
    total = 0
    source = iter(entries)
    while rows := {row[0]: row for row in map(_folded, islice(source, batch))}:
        news: set[str] = set()
        children = list(rows)
        for start in range(0, len(children), 500):
            some = children[start : start + 500]
            marks = ",".join("?" * len(some))
            for doc, *old in conn.execute(f"{READ} WHERE child IN ({marks})", some).fetchall():
                row = rows.pop(old[0])
                if tuple(old) != row:
                    _renew(conn, doc, old, row)
                    news |= _name_words(row) - _name_words(old)
                    total += 1
        if rows:
            last = conn.execute("SELECT coalesce(max(doc), 0) FROM search_doc").fetchone()[0]
            conn.executemany(_INSERT, rows.values())
            conn.execute(_INDEX_FROM, (last,))
            news.update(*map(_name_words, rows.values()))
            total += len(rows)
        if news:
            told = " ".join(sorted(news)) if len(news) <= _WORTH_TELLING else None
            conn.execute("INSERT INTO search_news (words) VALUES (?)", (told,))
    return total


def remove(conn: Connection, child: str) -> bool:
    """Take a child out of the index; False when it was not there. Runs in the caller's transaction."""
    found = conn.execute("SELECT doc FROM search_doc WHERE child = ?", (child,)).fetchone()
    if found is None:
        return False
    conn.execute(_UNINDEX, found)
    conn.execute("DELETE FROM search_doc WHERE doc = ?", found)
    return True


def rebuild(conn: Connection) -> None:
    """Make the full text anew from its rows, so that no word is left in it that none of them has; in the
    caller's transaction. Until then the full text keeps what was taken out, marked as gone.

    It takes some 15 ms of processor time for 5,000 children: for what may not be held any more, not for an
    edit.
    """
    conn.execute("INSERT INTO search_fts (search_fts) VALUES ('rebuild')")
    told = conn.execute("INSERT INTO search_news (words) VALUES (NULL)").lastrowid
    conn.execute("DELETE FROM search_news WHERE n < ?", (told,))


def _renew(conn: Connection, doc: int, old: Sequence[str], row: tuple[str, ...]) -> None:
    # In place, and only what differs: SQLite writes the index of every column that is set, changed or not.
    changed = {name: new for name, was, new in zip(_COLUMNS, old, row, strict=True) if was != new}
    conn.execute(_UNINDEX, (doc,))
    sets = ", ".join(f"{name} = ?" for name in changed)
    conn.execute(f"UPDATE search_doc SET {sets} WHERE doc = ?", (*changed.values(), doc))
    conn.execute(_INDEX, (doc,))


def _name_words(row: Sequence[str]) -> set[str]:
    return {word for names in row[1:4] for word in names.split()}


def _folded(entry: Entry) -> tuple[str, ...]:
    address = fold(entry.address)
    joined = "".join(f" {out}{inward}" for out, inward in _POSTCODE.findall(address))
    upn, *former_upns = fold(entry.upn).split() or [""]
    return (
        entry.child,
        " ".join(name_parts(entry.forename, entry.surname)),
        " ".join(name_parts(entry.known_as)),
        " ".join((*name_parts(entry.former), *former_upns)),
        address + joined,
        fold(entry.school),
        upn,
    )
