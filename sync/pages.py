"""The pages of a pull on their way: while one is put in place the next one is asked for, read and weighed.

It is asked for as soon as the one before it was read, so the central record makes it while the rows of that
are checked and weighed. What came ahead counts only once it is in place: until then the central record is
told that it is coming, and where putting a page in place fails those after it are dropped, and asked for
again.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from threading import RLock

from casework.errors import BadInput, Unreachable
from storage.central.delivery import Row
from storage.central.weighing import weighed
from sync import wire
from sync.messages.pages import BesidePull, Coming, Page, Pull
from sync.messages.said import Cursor
from sync.session import Session
from sync.transport import Answering

Weighed = tuple[Page, list[Row]]
_MOST_AHEAD = 1
"""Pages beyond the one that is put in place. With two, two processors were done no sooner: the central record
was ready earlier, and this laptop later."""


class _Asked:
    """A page that was asked for."""

    wait: Callable[[], Weighed]


class Pages:
    """What was asked for and is not in place yet.

    A page arrives on the thread that asked for it; everything else is done by the one that puts pages in
    place. There is never more than one question on its way.
    """

    def __init__(self, way: Answering, session: Session, done: dict[str, int], pushed: Cursor) -> None:
        """`done` are scopes that are in place, of which the central record is told with the next question;
        `pushed` is the place of the last push.
        """
        self._beside = BesidePull(sum=True, pushed=pushed)
        self._way = way
        self._session = session
        self._done = done
        self._lock = RLock()
        self._ahead: deque[_Asked] = deque()
        self._coming: dict[str, int] = {}
        self._leads_on: Cursor | None = None
        self._is_over = False

    def ask(self, said: Pull) -> None:
        """Ask for a page while none is on its way; those after it are asked for by themselves."""
        with self._lock:
            self._session.requests += 1
            beside = {"done": {**self._done}, "coming": {**self._coming}, "beside": self._beside}
            told = said.model_copy(update=beside)
            self._done.clear()
            asked = _Asked()
            self._ahead.append(asked)  # first, for it may arrive before the next line ends
            asked.wait = self._way.send(told, Coming, self._arrived)

    def came(self, page: Page) -> None:
        """This is the first page, which came without being asked for by itself."""
        with self._lock:
            asked = _Asked()
            self._ahead.append(asked)
            self._heard(page)
            found = weighed_page(page)
            asked.wait = lambda: found

    def take(self) -> Weighed | None:
        """The next page, once it is there; None where none was asked for. Raises what asking raises."""
        with self._lock:
            asked = self._ahead.popleft() if self._ahead else None
            self._go_on()
        return asked.wait() if asked is not None else None

    def put(self, page: Page) -> None:
        """This page is in place."""
        with self._lock:
            for scope in page.scopes:
                self._coming.pop(scope.scope, None)
                self._done[scope.scope] = scope.mask

    def end(self) -> None:
        """Ask for no more of them."""
        self._is_over = True

    def drop(self) -> None:
        """Wait for what is on its way, and leave it. Raises what asking raises."""
        self.end()
        while self.take() is not None:
            pass

    def _arrived(self, coming: Coming) -> Weighed:
        self._heard(coming)
        page = page_of(coming)
        coming.forget_rows()
        return weighed_page(page)

    def _heard(self, page: Page | Coming) -> None:
        with self._lock:
            self._coming |= {scope.scope: scope.mask for scope in page.scopes}
            # After one that says nothing, those before it have to be in place first.
            if page.more and (page.scopes or page.rows or page.gone):
                self._leads_on = page.cursor
            self._go_on()

    def _go_on(self) -> None:
        """Ask for the page after the one that came last, if there is room for it."""
        if self._leads_on is not None and not self._is_over and len(self._ahead) < _MOST_AHEAD:
            cursor, self._leads_on = self._leads_on, None
            self.ask(Pull(cursor=cursor))


def page_of(coming: Coming) -> Page:
    """All of a page. Raises Unreachable where it does not fit."""
    try:
        return wire.fitted(Page, coming.said())
    except BadInput:
        raise Unreachable(
            "bad-answer",
            "The central record sent a page that this laptop cannot read; what came before is kept. Tell your"
            " support.",
        ) from None


def weighed_page(page: Page) -> Weighed:
    """A page with its rows as the caseload takes them."""
    found = (*page.rows, *(row for scope in page.scopes for row in scope.rows))
    rows = {row.id: row for row in found}.values()
    return page, weighed(Row(row.type, row.id, row.seq, row.parts, row.steps) for row in rows)
