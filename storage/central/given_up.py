"""What this laptop gave up because it may not hold it any more: how many records, and the sum of their names.

Both only grow, so that it does not matter how often a statement is heard: the central record keeps the last
one. The sum is over types and ids, and tells nothing of what a record said.
"""

from __future__ import annotations

from collections.abc import Iterable

from casework.canonical import MODULUS, Digest, fingerprint, sum_of
from storage.cipher import Connection

_NAME = "given_up"


def read_given_up(conn: Connection) -> Digest:
    """All that was given up since this laptop enrolled."""
    row = conn.execute("SELECT value FROM sync_state WHERE name = ?", (_NAME,)).fetchone()
    if row is None:
        return Digest()
    count, _, total = str(row[0]).partition(":")
    return Digest(int(count), int(total, 16))


def add_given_up(conn: Connection, records: Iterable[tuple[str, str]]) -> None:
    """Add records (type, id), in the transaction that takes them out."""
    sums = (int.from_bytes(fingerprint(kind, record)) for kind, record in records)
    more = sum_of(Digest(1, number % MODULUS) for number in sums)
    if more.count:
        after = read_given_up(conn) + more
        conn.execute("INSERT OR REPLACE INTO sync_state (name, value) VALUES (?, ?)", (_NAME, after.text))
