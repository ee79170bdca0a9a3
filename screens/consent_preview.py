"""Preview as: a child's page as far as the worker of this laptop and another may both see it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.widgets import Static

from casework.errors import Locked, OutreachError
from casework.policies import PURPOSES, Purpose
from casework.records import Worker
from casework.withdrawing import somebody_of
from screens.base import OutreachScreen
from screens.child_page import page_lines
from screens.child_view import ChildView, read_view
from screens.dialogs import Choice, PickOne
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows
from screens.widgets.text import Piece, Tone, show_lines

if TYPE_CHECKING:
    from casework.vocabulary import Agency
    from screens.consent_lines import Names
    from storage.store import Store

_GUTTER = 4


async def preview_as(screen: OutreachScreen, child_id: str) -> None:
    """Ask whose eyes, then what for, and show the page so."""
    names = screen.shell.agencies

    def colleagues(store: Store) -> list[Worker]:
        found = store.find(Worker, "active = 1 AND id <> ?", (store.actor.worker,))
        return sorted(found, key=lambda worker: (worker.name.casefold(), worker.id))

    known = await screen.attempt(colleagues)
    if known is None:
        return
    others: list[tuple[Worker, str]] = [
        (somebody_of(cast("Agency", word)), short(label, 40)) for word, label in names.items()
    ]
    others += [(one, f"{short(one.name, 40)} ({names.get(one.agency, one.agency)})") for one in known]

    async def whose(number: str | None) -> None:
        if number is None:
            return
        other, label = others[int(number) - 1]
        choices = [Choice(str(n), purpose) for n, purpose in enumerate(PURPOSES, 1)]

        async def what_for(picked: str | None) -> None:
            if picked is not None:
                purpose = PURPOSES[int(picked) - 1]
                await screen.app.push_screen(PreviewScreen(child_id, other, label, purpose))

        screen.call_later(screen.question, PickOne(f"As {label}: what for?", choices), what_for)

    choices = [Choice(str(n), label) for n, (_, label) in enumerate(others, 1)]
    await screen.question(PickOne("Preview as whom?", choices), whose)


class PreviewScreen(OutreachScreen):
    """The page as both may see it. Nothing can be done here, and nothing is recorded as theirs."""

    place = "reader"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("reader")
    DEFAULT_CSS = """
    PreviewScreen > .banner { height: 2; padding: 0 1; background: $surface; }
    """

    def __init__(self, child_id: str, other: Worker, label: str, purpose: Purpose) -> None:
        super().__init__()
        self._child, self._other, self._label, self._purpose = child_id, other, label, purpose
        self._view: ChildView | None = None

    def compose(self) -> ComposeResult:
        """What this is, the page, and how to leave."""
        yield TitleLine("PREVIEW")
        yield Static(classes="banner", markup=False)
        yield RowList(
            [Column("What you and they may both see")], empty="This page cannot be shown.", marks=False
        )
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read it; that this worker looked is on the record, as themself."""
        self.query_one(RowList).focus()
        self._draw_banner(self.size.width)
        await self._read(look=True)

    async def _read(self, *, look: bool = False) -> None:
        agencies: Names = self.shell.agencies
        seen_as = f"worker {self._other.id}" if self._other.id else self._other.agency

        def read(store: Store) -> ChildView:
            if look:
                detail = f"child's page, previewed as {seen_as} for {self._purpose}"
                store.log("looked", detail, child=self._child)
            return read_view(store, self._child, agencies, other=self._other, purpose=self._purpose)

        try:
            self._view = await self.ask(read)
        except Locked:
            return
        except OutreachError as problem:
            self._blank(problem.message)
            return
        self._draw(self.size.width)

    def _blank(self, why: str) -> None:
        """Show nothing of the child: what was read before may be withheld now."""
        self._view = None
        if self.is_bare:
            return
        self.query_one(TitleLine).set_title("PREVIEW")
        self.query_one(RowList).set_source(Rows([]))
        self.say(f"The page was taken away: {why}", wrong=True)

    def hear(self) -> None:
        """Something was written elsewhere: what they may see may be less now."""
        self.run_worker(self._read(), group="read", exclusive=True)

    def on_resize(self, event: Resize) -> None:
        """Lines are folded to the new width."""
        self._draw_banner(event.size.width)
        self._draw(event.size.width)

    def _draw_banner(self, width: int) -> None:
        lines: Sequence[Piece] = (
            Piece(short(f"As {self._label} for {self._purpose}: only what you may both see.", width - 2),
                  Tone.WARN),
            Piece(short("Nothing is recorded as theirs. esc goes back to your own view.", width - 2)),
        )  # fmt: skip
        self.query_one(".banner", Static).update(show_lines(lines))

    def _draw(self, width: int) -> None:
        view = self._view
        if view is None or self.is_bare:
            return
        self.query_one(TitleLine).set_title(f"PREVIEW  {short(view.name, width - 12)}")
        lines = page_lines(view, width - _GUTTER)
        rows = [Row(str(number), (line.cell,)) for number, line in enumerate(lines)]
        self.query_one(RowList).set_source(Rows(rows))
