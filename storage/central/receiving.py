"""Putting in place what the central record sent: rows, history, search index and sums in one transaction.

It is the journal's second entrance. What comes through it is somebody else's step, so it is written to the
history with their name and is nobody's to undo here. In a session over the network it opens only while
nothing of this laptop's own waits to be sent: then every row stands as the central record last gave it, and a
row that comes replaces it.

An answer that was carried comes days after it was asked for, and work went on meanwhile (`over_waiting`).
Then a field that a waiting step wrote stays as this laptop has it, no record that a waiting step touched is
given up, and every such record is asked for anew once its step has a verdict.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import attrgetter, itemgetter
from typing import Any

from casework.edits import CREATED, Change
from casework.facets import OPENED_BY_OF_KEY, joined
from casework.records import RECORD_TYPES
from casework.scopes import TIED_TYPES, own_scope
from casework.wording import count_of
from storage import audit, reindex
from storage.central.beforehand import Beforehand
from storage.central.delivery import Delivery, Received, Row, Share
from storage.central.forgetting import types_of, withheld_fields
from storage.central.holdings import Entry, Holdings, Values
from storage.central.lacking import Lacking
from storage.central.narrowing import Narrowing, changed_by
from storage.central.others_steps import merged_step, note_steps, own_steps
from storage.central.outbox import (
    count_waiting,
    forget_to_recount,
    forget_wants,
    look_again,
    note_settled,
    to_recount,
    waiting_fields,
    want,
    wanted,
)
from storage.central.state import read_state, write_state
from storage.central.weighing import TIED_BY
from storage.journal import Made, Receipt, apply_steps, transaction
from storage.store import Store

_PORTION, _UNREAD = 10_000, 2_000
"""Own records that are counted in one transaction, and those of them that have to be read for it, so that
memory does not grow with them.
"""


def _after(before: Values, changes: Sequence[Change]) -> Values:
    """The fields of a record after changes to it; None where there is none."""
    after = before
    for change in changes:
        made = {**change.new, "void": False} if change.field == CREATED else {change.field: change.new}
        after = {**(after or {}), **made}
    return after


def _tied_rows(delivery: Delivery) -> list[Entry]:
    """The adults and homes of a page. One may come before what ties it, and that may not come any more."""
    return [(row.type, row.id) for row in delivery.rows if row.type in TIED_TYPES]


def _let_go(before: Mapping[Entry, Values], delivery: Delivery) -> list[Entry]:
    """The adults and homes that rows of a page tied until now. Where one does so no more, what says that the
    other one is gone may come on a later page, and not at all where the child is given up before that.
    """
    found: list[Entry] = []
    for (record_type, _), values in before.items():
        if record_type in TIED_BY and values is not None:
            kind, name = TIED_BY[record_type]
            if (tied := values[name]) and tied not in delivery.gone:
                found.append((kind, tied))
    return found


def _beyond(rows: Iterable[Row], shares: Collection[Entry], masks: Mapping[str, int]) -> list[Entry]:
    """The rows of which more came than may be held by these masks: another copy of this caseload was told of
    that. What ties an adult or a home may come later.
    """
    found: list[Entry] = []
    for row in rows:
        entry = (row.type, row.id)
        if entry in shares or row.type in TIED_TYPES:
            continue
        scope = row.share.scope if row.share else own_scope(*entry, joined(row.parts.values()))
        mask = masks.get(scope, 0)
        if any(not mask & OPENED_BY_OF_KEY[key] for key in row.parts if key in OPENED_BY_OF_KEY):
            found.append(entry)
    return found


class Receiver:
    """The entrance for what the central record sends."""

    def __init__(
        self, store: Store, *, over_waiting: bool = False, beforehand: Beforehand | None = None
    ) -> None:
        self._store = store
        self._beforehand = beforehand or Beforehand(store.conn)
        self._conn = store.conn
        self._holdings = Holdings(store.conn)
        self._extras = self._holdings.extras
        self._over_waiting = over_waiting
        self._busy: Mapping[str, Collection[str]] = {}
        self._let_go: list[Entry] = []
        self._beyond: list[Entry] = []

    def receive(self, delivery: Delivery) -> Received:
        """Put a page in place; nothing is changed where a step of this laptop's waits (`waiting`)."""
        answer = Received()
        touched: set[str] = set()
        with transaction(self._conn):
            if not self._may_begin():
                answer.waiting = True
                return answer
            known: dict[Entry, Values] = {}
            narrowing = self._narrowing(answer, touched)
            recount, shares = self._put(delivery, answer, touched, known, narrowing)
            self._beforehand.forget(recount)
            self._holdings.recount(recount - shares.keys(), known, shares)
            came = (*(row.id for row in delivery.rows), *delivery.gone)
            forget_wants(self._conn, (record for record in came if record not in self._busy))
            look_again(self._conn, self._holdings.uncounted([*_tied_rows(delivery), *self._let_go]))
            look_again(self._conn, [*self._beyond, *narrowing.let_go()])
            note_settled(self._conn)
            if delivery.state is not None:
                write_state(self._conn, delivery.state)
            narrowing.finish()
            if answer.written or answer.purged:
                what = count_of(answer.written, "record")
                audit.append(
                    self._conn,
                    at=audit.stamp(self._store.now()),
                    worker=self._store.actor.worker,
                    verb="changed",
                    child=None,
                    detail=f"central record: {what}, {answer.purged:,} given up",
                )
        self._tell(touched)
        return answer

    def settle_own(self) -> Received:
        """Count the records that stand as this laptop made them, and give up what it may not hold.

        While a central record is read anew that lost something, adults and homes that came with a tie which
        is lost now are given up, too: nobody would say so.
        """
        answer = Received()
        touched: set[str] = set()
        after, first, more = "", True, True
        while more:
            with transaction(self._conn):
                if not self._may_begin():
                    answer.waiting = True
                    break
                portion, shares, last, more = self._to_count(after)
                own = [one for one in portion if one[1] not in self._busy] if self._busy else portion
                rest = [entry for entry in own if entry not in shares]
                lost = self._holdings.untied() if first and read_state(self._conn).anew else []
                asked = (wanted(self._conn) if first else []) if self._over_waiting else rest
                known = self._holdings.read([*asked, *lost])
                children = [record for kind, record in known if kind == "child"]
                narrowing = self._narrowing(answer, touched)
                changed = narrowing.narrow([*known], known)
                given_up = (child for child in children if ("child", child) not in known)
                for child in given_up:  # with what the central record does not know yet
                    changed |= narrowing.narrow(self._holdings.of_scope(child))
                shares = {entry: share for entry, share in shares.items() if entry not in changed}
                self._holdings.recount([*rest, *changed], known, shares)
                if self._busy:
                    forget_wants(self._conn, (record for _, record in own))
                else:
                    forget_to_recount(self._conn, after, last)
                narrowing.finish()
            first, after = False, last
        self._tell(touched)
        return answer

    def _to_count(self, after: str) -> tuple[list[Entry], dict[Entry, Share], str, bool]:
        """Own records to be counted in one transaction: those of the next ids that are not counted yet, what
        those add that need not be read, the last id, and whether there are more.
        """
        masks = self._holdings.masks()
        counted = self._beforehand.counted(masks)
        most = _PORTION + len(counted)
        found = to_recount(self._conn, most, after)
        left = [entry for entry in found if entry[1] not in counted] if counted else found
        shares = self._beforehand.whole(left, masks)
        unread = [place for place, entry in enumerate(left) if entry not in shares]
        if len(unread) <= _UNREAD:
            return left, shares, found[-1][1] if found else after, len(found) == most
        portion = left[: unread[_UNREAD]]
        return portion, {entry: shares[entry] for entry in portion if entry in shares}, portion[-1][1], True

    def _may_begin(self) -> bool:
        """Whether this is the time; which records and fields waiting steps hold is then known."""
        if not self._over_waiting:
            return not count_waiting(self._conn)
        self._busy = waiting_fields(self._conn)
        return True

    def _narrowing(self, answer: Received, touched: set[str]) -> Narrowing:
        return Narrowing(self._conn, self._holdings, self._busy, answer, touched, self._store.now())

    def _tell(self, touched: set[str]) -> None:
        if touched:
            self._store.journal.announce(Receipt("", 0, "Central record", frozenset(touched)))

    def _put(
        self,
        delivery: Delivery,
        answer: Received,
        touched: set[str],
        known: dict[Entry, Values],
        narrowing: Narrowing,
    ) -> tuple[set[Entry], dict[Entry, Share]]:
        """Write a page; what is to be counted, and what those of them add that stand as they were sent. Puts
        into `known` what it leaves of the fields it wrote.

        A record that comes whole and is not here yet is written with what it adds, and counts at once.
        """
        lacking = Lacking(self._conn, self._holdings, delivery)
        lose, gain = self._holdings.allow(delivery.masks)
        recount = {*self._holdings.counted([*gain])}
        changes: defaultdict[int, list[Change]] = defaultdict(list)
        fresh: list[tuple[int, Made, bytes | None]] = []
        before = self._holdings.read((row.type, row.id) for row in delivery.rows if row.type in RECORD_TYPES)
        self._let_go = _let_go(before, delivery)
        own = own_steps(self._conn, delivery.steps)
        for row in delivery.rows:
            lacking.look_at(row, before.get((row.type, row.id)))
        lacking.look_at_unsent(recount - before.keys(), gain)
        masks = self._holdings.masks()
        shares = self._shares(delivery.rows, masks)
        self._beyond = _beyond(delivery.rows, shares, masks)
        apart = self._holdings.apart([record for _, record in shares])
        counted: list[Share] = []
        withheld: dict[str, set[str]] = {}
        for row in delivery.rows:
            entry = (row.type, row.id)
            was = before.get(entry)
            if was is None and row.made is not None and not self._busy.get(row.id):
                known[entry] = row.values
                if entry in shares and row.id not in apart:
                    counted.append(share := shares.pop(entry))
                    fresh.append((row.seq, row.made, share.in_column))
                else:
                    recount.add(entry)
                    fresh.append((row.seq, row.made, None))
                continue
            recount.add(entry)
            made = self._changes(row, was)
            known[entry] = _after(was, made)
            withheld[row.id] = withheld_fields(row, was, made)
            for seq, change in row.by_step(made):
                # What this laptop wrote it holds: a change to what it holds is not of its own step, but for
                # a conflict, which a step may settle that does not name it.
                changes[0 if was and seq in own and row.type != "conflict" else seq].append(change)
            answer.written += bool(made)
        seqs = sorted({*changes, *map(itemgetter(0), fresh)})
        told = [delivery.steps.get(seq) if seq else merged_step(self._store.now()) for seq in seqs]
        places = dict(zip(seqs, note_steps(self._conn, told, self._store.now()), strict=True))
        stale = apply_steps(
            self._conn,
            [(places[seq], changes[seq]) for seq in seqs if seq in changes],
            [(places[seq], made, adds) for seq, made, adds in fresh],
        )
        self._holdings.count_fresh(counted)
        self._forget_withheld(delivery.rows, withheld, narrowing)
        answer.written += len(fresh)
        lacking.note(delivery.gone)
        touched |= {change.type for made in changes.values() for change in made}
        touched |= {made.type for _, made, _ in fresh}
        recount |= self._tied(delivery.rows)
        # What has a share is known wholly.
        self._extras.put(
            ((row.type, row.id, row.parts) for row in delivery.rows if row.share is None),
            (row.id for row in delivery.rows if row.share is not None),
        )
        reindex.refresh(self._conn, stale)
        anew = self._give_up(delivery, lose, narrowing)
        for entry in anew:
            known.pop(entry, None)
            shares.pop(entry, None)
        return recount | anew, shares

    def _give_up(self, delivery: Delivery, lose: Iterable[str], narrowing: Narrowing) -> set[Entry]:
        """What a page takes away: facets of the scopes that `lose` some, and whole records; what is to be
        counted.
        """
        anew = narrowing.narrow(entry for scope in lose for entry in self._holdings.of_scope(scope))
        for record in delivery.gone:
            if record in self._busy:
                want(self._conn, ((kind, record) for kind in types_of(self._conn, self._extras, record)))
                continue
            kept = {(kind, record) for kind in TIED_TYPES if self._holdings.left_by(kind, record)}
            purged = kept or narrowing.purge(record)
            anew |= purged
            if ("child", record) in purged:  # with what the central record does not know yet
                anew |= narrowing.narrow(self._holdings.of_scope(record))
        return anew

    def _shares(self, rows: Sequence[Row], masks: Mapping[str, int]) -> dict[Entry, Share]:
        """What those of these rows add that may be held whole as they were sent, in the order of ids."""
        left_out = read_state(self._conn).lacks()
        return {
            (row.type, row.id): share
            for row in sorted(rows, key=attrgetter("id"))
            if (share := row.share) is not None
            and row.id not in self._busy
            and row.type not in left_out
            and not share.bits & ~masks.get(share.scope, 0)
        }

    def _changes(self, row: Row, before: Mapping[str, Any] | None) -> list[Change]:
        """What a row changes of what is held; a field that is withheld now is emptied."""
        if row.type not in RECORD_TYPES:
            return []
        own = self._busy.get(row.id, ())
        if own:
            want(self._conn, [(row.type, row.id)])
            if before is None or CREATED in own:
                return []
        if row.values is None:
            return []
        if before is None:
            values = dict(row.values)
            void = values.pop("void")
            made = [Change(row.type, row.id, CREATED, None, values)]
            return [*made, Change(row.type, row.id, "void", False, True)] if void else made
        return changed_by(row, before, own)

    def _tied(self, rows: Iterable[Row]) -> set[Entry]:
        """Adults and homes whose ties these rows may have changed."""
        found: set[Entry] = set()
        for row in rows:
            if row.type not in TIED_BY:
                continue
            kind, name = TIED_BY[row.type]
            tied = joined(row.parts.values()).get(name)
            if tied:
                found.add((kind, tied))
        return found

    def _forget_withheld(
        self, rows: Iterable[Row], withheld: Mapping[str, Collection[str]], narrowing: Narrowing
    ) -> None:
        """What these rows said in fields that are withheld now, by record, is gone from the history, too."""
        for row in rows:
            if names := withheld.get(row.id):
                narrowing.forget((row.type, row.id), names, joined(row.parts.values()))
