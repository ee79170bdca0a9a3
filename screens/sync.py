"""The central record: what waits to be sent, what came, when both sides agreed, and a key to sync now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import BindingType

from casework.errors import Locked, OutreachError
from casework.wording import count_of, join_words
from screens.base import OutreachScreen
from screens.child_story import local_time
from screens.verbs import bindings_for
from screens.widgets.fitting import plain, short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.sync_view import SyncView, read_child_records, read_sync_view

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.store import Store

NOT_ENROLLED = "This laptop is not enrolled with a central record, so nothing is sent and nothing comes."
_NO_NETWORK = "carry files: outreach bundle write FILE"
_MANY = {"child": "children", "person": "people"}
"""Kinds of which several are not called so by an s."""
_HOW = "Ask your manager for a code, then: outreach enrol URL CODE"


def sync_lines(view: SyncView, width: int, note: str = "") -> Iterator[tuple[str, Cell]]:
    """The lines of the screen, each with what it is about: the step that was set aside, and the child, as
    `STEP/CHILD` as far as there is one.

    `note` takes the place of how a laptop is enrolled.
    """
    state = view.state
    if not state.is_enrolled and note:
        yield from (("", cell) for cell in plain(note, width, tone=Tone.WARN, indent=0))
    elif not state.is_enrolled:
        yield from (("", cell) for cell in plain(NOT_ENROLLED, width, tone=Tone.WARN, indent=0))
        yield "", Piece(_HOW, Tone.QUIET)
    else:
        agreed = local_time(state.agreed_at) if state.agreed_at else "never yet"
        yield "", (Piece("Both sides last agreed  ", Tone.QUIET), Piece(agreed, Tone.STRONG))
        if view.lease is not None:
            until = local_time(view.lease.ends_at.isoformat())
            soon, days = view.lease.ends_soon, view.lease.silent_days
            why = "the clock was turned back" if days is None else f"{count_of(days, 'day')} without a word"
            words = f"{until}, {why}" if soon else until
            yield (
                "",
                (
                    Piece("Opens alone until       ", Tone.QUIET),
                    Piece(words, Tone.WARN if soon else Tone.PLAIN),
                ),
            )
        yield "", (Piece("Central record          ", Tone.QUIET), Piece(short(state.url, width - 26)))
        yield "", (Piece("Without a network       ", Tone.QUIET), Piece(_NO_NETWORK, Tone.QUIET))
    if view.problems:
        yield "", ""
        yield "", Piece("What a session found wrong", Tone.WARN)
    for at, sentence in view.problems:
        words = f"{local_time(at)}  {sentence}"
        yield from (("", cell) for cell in plain(words, width, tone=Tone.WARN, indent=2))
    yield "", ""
    since = f", the oldest of {local_time(view.oldest)}" if view.oldest else ""
    yield "", Piece(f"{_waiting_words(view)}{since}", Tone.STRONG)
    if view.kinds:
        verb = "It brings or changes" if view.waiting == 1 else "They bring or change"
        words = f"{verb} {join_words([_records(*kind) for kind in view.kinds.items()])}."
        yield from (("", cell) for cell in plain(words, width, tone=Tone.QUIET, indent=2))
    for one in view.children:
        words = f"  {short(one.name, 40)}: {count_of(one.waiting, 'step')} waiting, {one.sent:,} sent"
        yield f"/{one.child}", (Piece(words), Piece("  enter shows which", Tone.QUIET))
    yield from _to_settle_lines(view)
    yield from _aside_lines(view, width)
    yield "", ""
    yield "", Piece("What came last", Tone.STRONG)
    for at, words in view.came:
        yield "", f"  {local_time(at)}  {words.removesuffix(', 0 given up')}"
    if not view.came:
        yield "", Piece("  Nothing yet.", Tone.QUIET)


def _waiting_words(view: SyncView) -> str:
    return f"{count_of(view.waiting, 'step')} to be sent" if view.waiting else "Nothing waits to be sent"


def _records(kind: str, number: int) -> str:
    """So many records of a kind."""
    return count_of(number, kind.replace("_", " "), _MANY.get(kind, ""))


def _to_settle_lines(view: SyncView) -> Iterator[tuple[str, Cell]]:
    """What waits for a person: conflicts, and records that may be of one child."""
    if view.conflicts or view.pairs:
        yield "", ""
    if view.conflicts:
        yield "", Piece(f"{count_of(view.conflicts, 'conflict')} to settle: g x", Tone.WARN)
    if view.pairs:
        many = count_of(view.pairs, "pair")
        yield "", Piece(f"{many} of records may be of one child: = on the child", Tone.WARN)
        for one, other in view.alike:
            yield "", f"  {short(one, 30)} and {short(other, 30)}"


def _aside_lines(view: SyncView, width: int) -> Iterator[tuple[str, Cell]]:
    """Steps that the central record did not take, and those that it took later."""
    yield "", ""
    aside = count_of(len(view.aside), "step") if view.aside else "Nothing"
    yield "", Piece(f"{aside} set aside by the central record", Tone.STRONG)
    for step in view.aside:
        who = f" ({short(step.who, 30)})" if step.who else ""
        about = f": {', '.join(step.fields)}" if step.fields else ""
        head = f"  {short(step.name, 50)}{who}, {local_time(step.at)}{about}"
        about_it = f"{step.edit}/{step.child or ''}"
        yield from ((about_it, cell) for cell in plain(head, width, tone=Tone.WARN, indent=0))
        yield from ((about_it, cell) for cell in plain(f"why: {step.reason}", width, indent=4))
        yield from ((about_it, cell) for cell in plain(f"do: {step.advice}", width, indent=4))
    for late in view.late:
        words = f"  Taken after all: {short(late.name, 50)}, {local_time(late.at)}: {late.reason}"
        yield from (("", cell) for cell in plain(words, width, indent=0))


class SyncScreen(OutreachScreen):
    """What stands between this laptop and the central record."""

    place = "sync"
    ROOM_TITLE = "Sync"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("sync")

    def __init__(self) -> None:
        super().__init__()
        self._view: SyncView | None = None
        self._stop_listening: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        """The title, the lines and the keys."""
        yield TitleLine("Sync")
        yield RowList([Column("This laptop and the central record")], empty="", marks=False, id="page")
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read, looking being on record first, and hear of every change."""
        page = self.query_one(RowList)
        page.focus()
        loop = asyncio.get_running_loop()

        def heard(receipt: Receipt) -> None:
            del receipt  # every step waits to be sent
            if not loop.is_closed():
                loop.call_soon_threadsafe(self.hear)

        def look(store: Store) -> tuple[SyncView, Callable[[], None]]:
            view = read_sync_view(store)
            store.log("looked", f"sync: {count_of(view.waiting, 'step')} to be sent")
            return view, store.journal.subscribe(heard)

        try:
            self._view, self._stop_listening = await self.ask(look)
        except Locked:
            return
        except OutreachError as problem:
            page.empty = "This page stays closed: see below."
            self.say(problem.message, wrong=True)
        self._draw(self.size.width)

    def on_unmount(self) -> None:
        """Hear no more."""
        if self._stop_listening is not None:
            self._stop_listening()

    def hear(self) -> None:
        """Something was written or came."""
        if self._stop_listening is not None and self.is_attached:
            self.run_worker(self.reload(), group="read", exclusive=True)

    def hear_session(self) -> None:
        """A session goes on, whose steps no commit of a worker tells of."""
        self.hear()

    async def reload(self) -> None:
        """Read again."""
        found = await self.attempt(read_sync_view)
        if found is not None:
            self._view = found
            self._draw(self.size.width)

    def on_resize(self, event: events.Resize) -> None:
        """Lines are folded to the new width."""
        self._draw(event.size.width)

    def _draw(self, width: int) -> None:
        if self._view is None or self.is_bare:
            return
        self.query_one(TitleLine).set_title("Sync", _waiting_words(self._view))
        lines = sync_lines(self._view, width - 6, self.shell.central_note)
        rows: list[Row] = []
        seen: Counter[str] = Counter()
        for (
            about,
            cell,
        ) in lines:  # not by its place: the cursor stays where it is when lines above come or go
            rows.append(Row(f"{seen[about]}/{about}", (cell,)))
            seen[about] += 1
        self.query_one(RowList).set_source(Rows(rows))

    async def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Of each record that was written about the child under the cursor, whether it waits or was sent."""
        event.stop()
        child = event.row.id.rpartition("/")[2]
        records = await self.attempt(lambda store: read_child_records(store, child)) if child else None
        if not records:
            return
        from screens.child_story import local_time
        from screens.reader import TextScreen

        words = [
            " · ".join(
                ("waits" if one.waits else "sent", one.kind.replace("_", " "), local_time(one.at), one.step)
            )
            for one in records
        ]
        name = next((one.name for one in self._view.children if one.child == child), "") if self._view else ""
        title = f"What waits and what was sent: {short(name, 40)}" if name else "What waits and what was sent"
        self.app.push_screen(TextScreen(title, "\n".join(words), child))

    async def do_sync_now(self) -> None:
        """Begin a session; keys go on meanwhile, and its end is said."""
        if self._view is None:
            return
        if not self._view.state.is_enrolled and not self.shell.enrols_itself:
            self.say(self.shell.central_note or f"{NOT_ENROLLED} {_HOW}.", wrong=True)
            return
        self.shell.sync_now(self.say)
