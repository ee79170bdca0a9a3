"""What a laptop reads: the pages of a pull, each put in place in one transaction.

While it puts a page in place it asks for the next one, from the place to which this page leads. What came
ahead counts only once this page is in place; where that fails it is dropped, and asked for again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from casework.errors import Unreachable
from storage.central import outbox
from storage.central.beforehand import Beforehand
from storage.central.delivery import Delivery, Row
from storage.central.delivery import Told as LocalTold
from storage.central.receiving import Receiver
from storage.central.state import SyncState, read_state
from storage.central.weighing import weighed
from storage.store import Store
from sync.messages import MOST_ROWS, Cursor, Page, Pull
from sync.session import Central, Session

Weighed = tuple[Page, list[Row]]
_EMPTY = 25
"""Pages in a row that bring nothing: one does where what may be held changes between two."""


class Reading:
    """One laptop's way through what the central record has for it."""

    def __init__(
        self, store: Store, central: Central, beforehand: Beforehand, *, progress: Callable[[str], None]
    ) -> None:
        self._store = store
        self._conn = store.conn
        self._central = central
        self._beforehand = beforehand
        self._progress = progress
        self._done: dict[str, int] = {}

    def pull_all(self, session: Session) -> bool:
        """Read until there is no more; False when a step of this laptop's came in between.

        Raises Refused("reconcile") where the central record is not the one that was last read, and
        Unreachable where there is always more and nothing of it comes.
        """
        empty = 0
        receiver = Receiver(self._store, beforehand=self._beforehand)
        page, rows = self._ask(session)
        while True:
            ahead = self._ask_ahead(session, page) if page.more else None
            received = receiver.receive(delivery_of(page, rows, read_state(self._conn)))
            if received.waiting:
                if ahead is not None:
                    ahead()
                return False
            self._done |= {scope.scope: scope.mask for scope in page.scopes}
            session.pulled += received.written
            session.purged += received.purged
            session.backfilled += sum(len(scope.rows) for scope in page.scopes)
            self._progress(f"{session.pulled} received")
            empty = 0 if page.scopes or page.rows or page.gone else empty + 1
            if page.more and empty > _EMPTY:
                raise Unreachable(
                    "bad-answer",
                    "The central record said again and again that there was more, and sent nothing; what came"
                    " before is kept. Tell your support.",
                )
            if ahead is not None:
                page, rows = ahead()
            elif page.more or self._done or outbox.wants(self._conn, 1):
                page, rows = self._ask(session)
            else:
                return True

    def _ask(self, session: Session) -> Weighed:
        """The next page, from where this laptop is."""
        session.requests += 1
        state = read_state(self._conn)
        wants = outbox.wants(self._conn, MOST_ROWS)
        told, self._done = self._done, {}
        cursor = Cursor(seq=state.seq, chain=state.chain)
        return weighed_page(self._central.pull(Pull(cursor=cursor, done=told, want=wants)))

    def _ask_ahead(self, session: Session, page: Page) -> Callable[[], Weighed]:
        """The page after this one, which is not in place yet; its rows are weighed as soon as it is there."""
        session.requests += 1
        told, self._done = self._done, {}
        coming = {scope.scope: scope.mask for scope in page.scopes}
        return self._central.pull_ahead(Pull(cursor=page.cursor, done=told, coming=coming), weighed_page)

    def settle_own(self, session: Session) -> bool:
        """Count what stands as this laptop made it; False when another step came meanwhile."""
        settled = Receiver(self._store, beforehand=self._beforehand).settle_own()
        session.purged += settled.purged
        return not settled.waiting


def weighed_page(page: Page) -> Weighed:
    """A page with its rows as the caseload takes them."""
    found = (*page.rows, *(row for scope in page.scopes for row in scope.rows))
    rows = {row.id: row for row in found}.values()
    return page, weighed(Row(row.type, row.id, row.seq, row.parts, row.steps) for row in rows)


def delivery_of(page: Page, rows: Sequence[Row], state: SyncState) -> Delivery:
    """A page as the caseload takes it, with its weighed rows and the state after it."""
    by_seq: Mapping[int, LocalTold] = {
        told.seq: LocalTold(told.id, told.worker, told.name, told.at) for told in page.edits
    }
    return Delivery(
        masks={scope.scope: scope.mask for scope in page.scopes},
        rows=rows,
        gone=page.gone,
        steps=by_seq,
        state=replace(state, seq=page.cursor.seq, chain=page.cursor.chain),
        lacking=page.beside.lacking,
    )
