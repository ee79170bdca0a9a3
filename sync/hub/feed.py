"""What a laptop is sent: what changed since it last read, as far as it may hold it, and what it gives up."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Integer,
    and_,
    bindparam,
    func,
    literal_column,
    or_,
    select,
    update,
)

from casework.facets import OPENED_BY_OF_KEY
from casework.scopes import TIED
from sync.hub import tables
from sync.hub.comparing import Comparing
from sync.hub.entitlement import SEND_ANEW
from sync.hub.formerly import stood_at
from sync.hub.lacking import lacking_since
from sync.hub.portions import among, batched
from sync.hub.standing import Sums
from sync.hub.telling import said_of
from sync.messages.pages import MOST_ROWS, BesidePage, Page, Pull, Scope, Sent, Stood, Told
from sync.messages.said import Cursor

_record, _tie, _held, _head, _log = tables.record, tables.tie, tables.entitlement, tables.head, tables.log
_left = tables.left

_READ_TOGETHER = 50
"""Scopes that are read at a time for a page, at most: all go into it, so that none is read for nothing."""
_FIRST_ROWS, _SECOND_ROWS = 8, 2
"""The first page of scopes has an eighth of the rows of a page, the next one half: a laptop has nothing to do
until the first one is there, and little until the next one is.
"""
_ALL = 2**31 - 1

# Each is made once, for to make one takes as long as to run it.
_of_laptop = _held.c.device == bindparam("laptop")
_MASKS = select(_held.c.scope, _held.c.mask, _held.c.lost).where(_of_laptop)
_MASKS_OF = select(_held.c.scope, _held.c.mask).where(
    _of_laptop, _held.c.scope.in_(bindparam("scopes", expanding=True))
)
_OWED = (
    select(_held.c.scope, _held.c.mask)
    .where(_of_laptop, _held.c.mask != _held.c.sent)
    .order_by(_held.c.scope)
    .limit(bindparam("most"))
)
_SIZES = (
    select(tables.digest.c.scope, func.sum(tables.digest.c.facets))
    .where(tables.digest.c.scope.in_(bindparam("scopes", expanding=True)))
    .where(tables.digest.c.lead == tables.digest.c.facet)
    .group_by(tables.digest.c.scope)
)
"""How many records there are of each scope: each has one leading facet."""
_MOST: BindParameter[Any] = bindparam("most", type_=Integer, literal_execute=True)
"""In the text, for SQLite plans a statement anew each time that a limit is given beside it."""
_is_touched = and_(
    *(_of_laptop, _held.c.sent != 0, _held.c.mask != 0, _head.c.seq > bindparam("since")),
    *(_record.c.seq >= bindparam("first"), _record.c.seq <= bindparam("last")),
    # As a sum, else SQLite begins where the scope was sent whole and looks through all that came since.
    *(_record.c.seq + literal_column("0") > _held.c.whole, _record.c.device != bindparam("laptop")),
)
_TOUCHED = (
    select(_record, _held.c.mask)
    .join(_head, _head.c.scope == _record.c.scope)
    .join(_held, _held.c.scope == _record.c.scope)
    .where(_is_touched)
    .order_by(_record.c.seq)
    .limit(_MOST)
)
_TOUCHED_TIED = (
    select(_record)
    .distinct()
    .join(_tie, _tie.c.record == _record.c.id)
    .join(_head, _head.c.scope == _tie.c.scope)
    .join(_held, _held.c.scope == _tie.c.scope)
    .where(_is_touched, _record.c.scope == TIED)
    .order_by(_record.c.seq)
    .limit(_MOST)
)
_LEFT_BEHIND = (
    select(_left.c.record, _left.c.facet, _held.c.mask)
    .join(_held, _held.c.scope == _left.c.scope)
    .where(_of_laptop, _left.c.seq > bindparam("since"), _left.c.seq <= bindparam("through"))
)
_IS_NEWS = or_(_record.c.device != bindparam("laptop"), _held.c.sent != 0, _held.c.lost != 0)
"""Whether the laptop does not hold a record as it stands.

What it wrote itself it holds in a scope that it is sent for the first time. Of one that it was sent before it
may have written what it had to give up then, and may hold now.
"""
_OWN = (
    select(_record)
    .join(_held, and_(_held.c.scope == _record.c.scope, _of_laptop))
    .where(_record.c.scope.in_(bindparam("scopes", expanding=True)), _IS_NEWS)
)
_TIED_TO = (
    select(_record, _tie.c.scope.label("of"))
    .join(_tie, _tie.c.record == _record.c.id)
    .join(_held, and_(_held.c.scope == _tie.c.scope, _of_laptop))
    .where(_tie.c.scope.in_(bindparam("scopes", expanding=True)), _record.c.scope == TIED, _IS_NEWS)
    .distinct()
)
_put = update(_held).where(_of_laptop, _held.c.scope == bindparam("put"))
_DONE = _put.values(sent=bindparam("bits"))
_SENT_WHOLE = _put.values(sent=SEND_ANEW, whole=bindparam("head"))
_CARRIED = _put.values(whole=bindparam("head"))
_TOLD = select(_log.c.seq, _log.c.edit, _log.c.worker, _log.c.name, _log.c.at).where(
    _log.c.seq.in_(bindparam("numbers", expanding=True))
)


def most_rows(asked: Pull) -> int:
    """How many records the scopes of a page have, about: few of one for which the laptop waits idly."""
    if asked.done:
        return MOST_ROWS
    return MOST_ROWS // (_SECOND_ROWS if asked.coming else _FIRST_ROWS) or 1


class Feed:
    """One laptop's reading of the central record."""

    def __init__(
        self, connection: Connection, device: str, sums: Sums | None = None, *, put_back: int | None = None
    ) -> None:
        """`sums` are those that this process keeps. `put_back` is the lowest number at which a backup was put
        back: what was made since then may have been brought back in part.
        """
        self._put_back = put_back
        self._connection = connection
        self._device = device
        self._compared = Comparing(connection, device, sums)
        self._masks: dict[str, int] = {}
        self._lacking: dict[str, list[str]] = {}
        self._stood: list[Stood] = []

    def masks(self) -> dict[str, tuple[int, int]]:
        """The bits that the laptop may hold of each scope, and when it lost some."""
        rows = self._connection.execute(_MASKS, {"laptop": self._device}).all()
        return {scope: (mask, lost) for scope, mask, lost in rows}

    def settle_done(self, done: Mapping[str, int]) -> None:
        """The laptop put these scopes in place, each with these bits."""
        if done:
            self._connection.execute(
                _DONE,
                [
                    {"laptop": self._device, "put": scope, "bits": mask}
                    for scope, mask in sorted(done.items())
                ],
            )

    def _sent_whole(self, scopes: Sequence[str], head: int) -> None:
        """Until the laptop says that it put these scopes in place, what it holds of them is not known."""
        if scopes:
            self._connection.execute(
                _SENT_WHOLE,
                [{"laptop": self._device, "put": scope, "head": head} for scope in sorted(scopes)],
            )

    def settle_carried(self, done: Mapping[str, int], seq: int) -> None:
        """`settle_done` for a laptop that read an answer as far as `seq` and not those that came after it."""
        self.settle_done(done)
        if done:
            self._connection.execute(
                _CARRIED,
                [{"laptop": self._device, "put": scope, "head": seq} for scope in sorted(done)],
            )

    def pages(
        self, since: Cursor, want: Sequence[str], head: int, chain_at: Callable[[int], str]
    ) -> Iterator[Page]:
        """Every page from `since` on, as if the laptop put each in place at once.

        It counts as put in place when the laptop says so: until then it is sent whole again.
        """
        offered: list[str] = []
        rest, cursor, more = list(want), since, True
        while more or rest:
            page = self.page(Pull(cursor=cursor, want=rest[:MOST_ROWS]), head, chain_at)
            self.settle_done({scope.scope: scope.mask for scope in page.scopes})
            offered += [scope.scope for scope in page.scopes]
            if not (page.more and page.cursor == cursor):
                rest = rest[MOST_ROWS:]
            cursor, more = page.cursor, page.more
            yield page
        self._sent_whole(offered, head)

    def page(self, asked: Pull, head: int, chain_at: Callable[[int], str], most: int | None = None) -> Page:
        """The next page. Scopes to be sent anew come first, each whole, up to `most` records (MOST_ROWS) or a
        little beyond; then what changed, in its order.

        It says nothing yet where what may be held of scopes that are on their way has changed: once they are
        in place they are weighed anew, and until then the page could pass by what they lack.
        """
        if not self._stand(asked.coming):
            return Page(cursor=asked.cursor, more=True)
        most = most or MOST_ROWS
        end = Cursor(seq=head, chain=chain_at(head))
        scopes, more = self._scopes(asked.coming, most)
        self._sent_whole([scope.scope for scope in scopes], head)
        if more or len(scopes) >= MOST_ROWS:
            return Page(
                scopes=scopes,
                edits=self._told(self._named_in(scopes)),
                cursor=asked.cursor,
                more=True,
                beside=self._beside(asked.cursor, end),
            )
        sent, through, more = self._changed(asked.cursor.seq, head)
        gone = self._gone(asked.cursor.seq, through)
        rows = {row.id: row for row in (*self._wanted(asked.want), *sent)}
        wanted_gone = [record for record in asked.want if record not in rows]
        # What left and came again since then is sent: it is not to be given up, nor what a page before this
        # one brought with the whole of its scope.
        here = rows.keys() | {row.id for scope in scopes for row in scope.rows}
        here |= {row.id for row in self._wanted([record for record in gone if record not in here])}
        cursor = Cursor(seq=through, chain=chain_at(through))
        return Page(
            scopes=scopes,
            rows=list(rows.values()),
            gone=[record for record in dict.fromkeys([*gone, *wanted_gone]) if record not in here],
            edits=self._told(
                [
                    *self._named_in(scopes),
                    *(seq for row in rows.values() for seq in (row.seq, *row.steps.values())),
                ]
            ),
            cursor=cursor,
            more=more,
            beside=self._beside(
                cursor, end, digest=None if more or not asked.beside.sum else self._compared.total_at(through)
            ),
        )

    def _beside(self, cursor: Cursor, end: Cursor, digest: str | None = None) -> BesidePage:
        """What the page up to `cursor`, just made of a log that ends at `end`, says beside its rows."""
        found, self._lacking = self._lacking, {}
        stood, self._stood = self._stood, []
        return BesidePage(
            stood=stood, lacking=found, digest=digest, head=end if end.seq > cursor.seq else None
        )

    def _stand(self, coming: Mapping[str, int]) -> bool:
        """Whether the laptop may still hold these scopes with these bits."""
        for some in batched(coming):
            rows = self._connection.execute(_MASKS_OF, {"laptop": self._device, "scopes": among(some)})
            if dict(rows.all()) != {scope: coming[scope] for scope in some}:
                return False
        return True

    def _scopes(self, coming: Collection[str], most: int) -> tuple[list[Scope], bool]:
        """Scopes whose bits changed, but for those `coming`: each with all that it may hold, up to a page."""
        changed = self._connection.execute(_OWED, {"laptop": self._device, "most": MOST_ROWS + len(coming)})
        owed = [row for row in changed if row.scope not in coming]
        found: list[Scope] = []
        count = 0
        while owed:
            masks = self._together(owed, most - count)
            owed = owed[len(masks) :]
            rows = self._of_scopes([scope for scope, mask in masks.items() if mask])
            every = {row.id: row for held in rows.values() for row in held}
            told = {row.id: row for row in self._sent(every.values())}
            for scope, mask in masks.items():
                own = [told[row.id] for row in rows.get(scope, ()) if row.id in told]
                found.append(Scope(scope=scope, mask=mask, rows=own))
                count += len(own)
            if count >= most:
                return found, True
        return found, False

    def _together(self, owed: Sequence[Any], most: int) -> dict[str, int]:
        """The first of these scopes, each with its bits, as far as their records fill a page of so many."""
        some = owed[:_READ_TOGETHER]
        sizes = dict(self._connection.execute(_SIZES, {"scopes": among([row.scope for row in some])}).all())
        found: dict[str, int] = {}
        for row in some:
            found[row.scope] = row.mask
            most -= sizes.get(row.scope, 0) if row.mask else 0
            if most <= 0:
                break
        return found

    def _of_scopes(self, scopes: Sequence[str]) -> dict[str, list[Any]]:
        found: dict[str, list[Any]] = {}
        asked = {"laptop": self._device, "scopes": among(scopes)}
        for row in self._connection.execute(_OWN, asked).all():
            found.setdefault(row.scope, []).append(row)
        for row in self._connection.execute(_TIED_TO, asked):
            found.setdefault(row.of, []).append(row)
        return found

    def _changed(self, since: int, head: int) -> tuple[list[Sent], int, bool]:
        """Records touched after `since`, in their order; how far they go, and whether there are more."""
        rows = self._touched(since, since + 1, head, MOST_ROWS + 1)
        if len(rows) <= MOST_ROWS:
            return self._sent(rows, since), head, False
        # A page ends between two numbers: what one edit touched comes together, however much it is.
        through = rows[MOST_ROWS].seq - 1
        kept = [row for row in rows if row.seq <= through]
        if not kept:
            through += 1
            kept = self._touched(since, through, through, _ALL)
        return self._sent(kept, since), through, True

    def _touched(self, since: int, first: int, last: int, most: int) -> list[Any]:
        """The records of these numbers, in order, that the laptop may hold and does not as they stand."""
        asked = {"laptop": self._device, "since": since, "first": first, "last": last, "most": most}
        own = self._connection.execute(_TOUCHED, asked).all()
        self._masks |= {row.scope: row.mask for row in own}
        return sorted((*own, *self._connection.execute(_TOUCHED_TIED, asked).all()), key=attrgetter("seq"))

    def _gone(self, since: int, through: int) -> list[str]:
        """Records that left a scope of the laptop's, under a facet that it holds."""
        asked = {"laptop": self._device, "since": since, "through": through}
        rows = self._connection.execute(_LEFT_BEHIND, asked).all()
        found = [record for record, facet, mask in rows if mask & OPENED_BY_OF_KEY[facet]]
        return [*dict.fromkeys(found)]

    def _wanted(self, ids: Sequence[str]) -> list[Sent]:
        """Records that the laptop asks for by id, as far as it may hold them."""
        found: list[Any] = []
        for some in batched(ids):
            found += self._connection.execute(select(_record).where(_record.c.id.in_(some)))
        return self._sent(found, 0)

    def _sent(self, rows: Collection[Any], since: int | None = None) -> list[Sent]:
        """Each record with the facets that any of its scopes opens; nothing of one that has none.

        With `since` each says which steps after it changed what is sent of it.
        """
        scopes = self._ties_of(rows)
        masks = self._masks
        for some in batched({row.scope for row in rows}.union(*scopes.values()) - masks.keys()):
            mine = self._connection.execute(_MASKS_OF, {"laptop": self._device, "scopes": among(some)})
            masks |= dict.fromkeys(some, 0) | dict(mine.all())
        answer = []
        for row in rows:
            mask = masks.get(row.scope, 0)
            for scope in scopes.get(row.id, ()):
                mask |= masks.get(scope, 0)
            told = said_of(row, mask, 0 if since is None and self._names_steps(row) else since)
            if told is not None:
                answer.append(told)
                self._note_lacking(row, mask)
        return answer

    def _names_steps(self, row: Any) -> bool:
        """Whether a record that is sent with the whole of its scope comes with whose steps it is: what was
        brought back or made since a backup was put back, for the laptop may have held it as it was before
        that; and a conflict, with who settled it.
        """
        return row.type == "conflict" or (self._put_back is not None and row.seq > self._put_back)

    def _named_in(self, scopes: Iterable[Scope]) -> Iterator[int]:
        """The numbers of the steps that whole scopes name."""
        since = self._put_back
        for row in (row for scope in scopes for row in scope.rows):
            is_settled = row.type == "conflict" and row.steps
            if is_settled or since is not None:
                yield from (n for n in (row.seq, *row.steps.values()) if is_settled or n > (since or 0))

    def _note_lacking(self, row: Any, mask: int) -> None:
        if found := lacking_since(row, self._put_back, mask):
            self._lacking[row.id] = found

    def _ties_of(self, rows: Collection[Any]) -> dict[str, set[str]]:
        """The scopes of each adult and home among these records."""
        scopes: dict[str, set[str]] = {}
        for some in batched(row.id for row in rows if row.scope == TIED):
            ties = select(_tie.c.record, _tie.c.scope).where(_tie.c.record.in_(some))
            for record, scope in self._connection.execute(ties):
                scopes.setdefault(record, set()).add(scope)
        return scopes

    def _told(self, seqs: Iterable[int]) -> list[Told]:
        numbers = sorted(set(seqs))
        found = []
        for some in batched(numbers):
            rows = self._connection.execute(_TOLD, {"numbers": among(some)}).all()
            found += [Told(seq=n, id=edit, worker=who, name=name, at=at) for n, edit, who, name, at in rows]
        if self._put_back is not None:
            said_again = stood_at(self._connection, numbers)
            self._stood = [Stood(seq=n, epoch=epoch, number=number) for n, epoch, number in said_again]
        return found
