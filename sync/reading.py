"""What a laptop reads: the pages of a pull, each put in place in one transaction.

While it puts a page in place the next ones are on their way (sync.pages).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from casework.errors import Unreachable
from casework.wording import count_of
from storage.central import outbox
from storage.central.beforehand import Beforehand
from storage.central.delivery import Delivery, Row
from storage.central.delivery import Told as LocalTold
from storage.central.holdings import Holdings
from storage.central.receiving import Receiver
from storage.central.state import SyncState, read_state
from storage.store import Store
from sync.ahead import in_short_turns
from sync.messages.pages import MOST_ROWS, Page, Pull
from sync.messages.said import Cursor
from sync.pages import Pages, Weighed
from sync.session import Session
from sync.transport import Answering

_EMPTY = 25
"""Pages in a row that bring nothing: one does where what may be held changes between two."""


class Reading:
    """One laptop's way through what the central record has for it."""

    def __init__(
        self, store: Store, way: Answering, beforehand: Beforehand, *, progress: Callable[[str], None]
    ) -> None:
        self._store = store
        self._conn = store.conn
        self._way = way
        self._beforehand = beforehand
        self._progress = progress
        self._done: dict[str, int] = {}
        self._told: tuple[Cursor, str] | None = None
        self._losing: list[str] = []
        self._brought_back: set[str] = set()

    def told(self, state: SyncState) -> str | None:
        """The sum that the central record said this laptop should hold where it is now; None where it did not
        or something was sent since.
        """
        at = Cursor(seq=state.seq, chain=state.chain)
        return self._told[1] if self._told is not None and self._told[0] == at else None

    def forget_told(self) -> None:
        """Something is sent that changes what this laptop should hold."""
        self._told = None

    def losing(self) -> list[str]:
        """The scopes of which less may be held once the next page is in place, and of which has to be brought
        back before what a central record lost of them; each is named once.
        """
        found, self._losing = self._losing, []
        self._brought_back.update(found)
        return found

    def pull_all(self, session: Session, first: Page | None = None) -> bool:
        """Read until there is no more; False when a step of this laptop's came in between, or it is `losing`
        what the central record may have lost.

        `first` is the page after the one that is in place, where it came already.

        Raises Refused("reconcile") where the central record is not the one that was last read, and
        Unreachable where there is always more and nothing of it comes.
        """
        state = read_state(self._conn)
        pages = Pages(self._way, session, self._done, Cursor(seq=state.pushed_seq, chain=state.pushed_chain))
        with in_short_turns():
            try:
                return self._put_all(pages, session, first)
            finally:
                pages.end()

    def _put_all(self, pages: Pages, session: Session, first: Page | None) -> bool:
        empty = 0
        receiver = Receiver(self._store, beforehand=self._beforehand)
        if first is not None:
            pages.came(first)
            came = pages.take()
        else:
            came = self._ask(pages)
        while came is not None:
            page, rows = came
            self._losing = self._still_held(page)
            if self._losing:
                pages.drop()
                return False
            received = receiver.receive(delivery_of(page, rows, read_state(self._conn)))
            if received.waiting:
                pages.drop()
                return False
            pages.put(page)
            session.note_page(page, received.written, received.purged)
            self._progress(f"{count_of(session.pulled, 'record')} received")
            empty = 0 if page.scopes or page.rows or page.gone else empty + 1
            if page.more and empty > _EMPTY:
                raise Unreachable(
                    "bad-answer",
                    "The central record said again and again that there was more, and sent nothing; what came"
                    " before is kept. Tell your support.",
                )
            came = pages.take()
            wants = outbox.wants(self._conn, 1)
            if came is None and (page.more or self._done or wants):
                is_all = not (page.more or wants or read_state(self._conn).anew)
                came = self._ask(pages, session if is_all else None)
            if came is None:
                digest = page.beside.digest
                self._told = (page.cursor, digest) if digest is not None else None
        return True

    def _still_held(self, page: Page) -> list[str]:
        """The scopes of which a page takes away what perhaps nobody else holds: the central record lost
        something, and whoever wrote it may have had to give it up.
        """
        if not read_state(self._conn).anew:
            return []
        holdings = Holdings(self._conn)
        held = holdings.masks()
        losing = [
            scope.scope
            for scope in page.scopes
            if scope.scope not in self._brought_back and held.get(scope.scope, 0) & ~scope.mask
        ]
        return [scope for scope, digest in holdings.by_scope(losing).items() if digest.count]

    def _ask(self, pages: Pages, session: Session | None = None) -> Weighed | None:
        """The next page, from where this laptop is; what it sent last is counted while that is awaited, and
        with a session, where everything has come, settled.
        """
        state = read_state(self._conn)
        wants = outbox.wants(self._conn, MOST_ROWS)
        pages.ask(Pull(cursor=Cursor(seq=state.seq, chain=state.chain), want=wants))
        self._beforehand.count(all_of_them=True)
        if session is not None:
            self.settle_own(session)
        return pages.take()

    def settle_own(self, session: Session) -> bool:
        """Count what stands as this laptop made it; False when another step came meanwhile."""
        settled = Receiver(self._store, beforehand=self._beforehand).settle_own()
        session.purged += settled.purged
        return not settled.waiting


def delivery_of(page: Page, rows: Sequence[Row], state: SyncState) -> Delivery:
    """A page as the caseload takes it, with its weighed rows and the state after it."""
    by_seq: Mapping[int, LocalTold] = {
        told.seq: LocalTold(told.id, told.worker, told.name, told.at) for told in page.edits
    }
    head = page.beside.head
    if head is not None and head.seq >= state.head_seq:  # else it was set back since then
        state = replace(state, head_seq=head.seq, head_chain=head.chain)
    return Delivery(
        masks={scope.scope: scope.mask for scope in page.scopes},
        rows=rows,
        gone=page.gone,
        steps=by_seq,
        state=replace(state, seq=page.cursor.seq, chain=page.cursor.chain),
        lacking=page.beside.lacking,
        stood={one.seq: (one.epoch, one.number) for one in page.beside.stood},
    )
