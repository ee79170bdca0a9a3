"""Consent: what the family agreed to, what was shared without, and whether something may be shared now."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize, ScreenResume

from casework.errors import Locked, OutreachError
from screens.consent_check import CheckDialog, Wanted
from screens.consent_lines import IN_FORCE, ConsentLine, ConsentView, Names, consent_lines, read_consent
from screens.step_back import StepBack, StepScreen
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows

if TYPE_CHECKING:
    from storage.journal import Receipt
    from storage.queries.agreements import ShownAgreement
    from storage.store import Store

_GUTTER = 4
_SHOWN_TYPES = frozenset({"agreement", "disclosure", "child", "episode", "notification"})


class ConsentScreen(StepScreen):
    """A child's agreements, newest first. A verb acts on the agreement under the cursor."""

    place = "consent"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("consent")

    def __init__(self, child_id: str) -> None:
        super().__init__()
        self.child_id = child_id
        self._view: ConsentView | None = None
        self._lines: Sequence[ConsentLine] = ()
        self._stop_listening: Callable[[], None] | None = None

    def compose(self) -> ComposeResult:
        """The title, the lines and the keys."""
        yield TitleLine("Agreement")
        yield RowList([Column("What the family agreed to, newest first")], empty="", marks=False, id="page")
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Read it, looking being on record first, and hear of every change of an agreement."""
        self.query_one(RowList).focus()
        loop = asyncio.get_running_loop()

        def heard(receipt: Receipt) -> None:
            if receipt.touched & _SHOWN_TYPES and not loop.is_closed():
                loop.call_soon_threadsafe(self.hear)

        def read(store: Store) -> tuple[ConsentView, Callable[[], None]]:
            view = read_consent(store, self.child_id)
            store.log("looked", f"agreements ({len(view.agreements)})", child=self.child_id)
            return view, store.journal.subscribe(heard)

        try:
            self._view, self._stop_listening = await self.ask(read)
        except Locked:
            return
        except OutreachError as problem:
            self.query_one(RowList).empty = "This page stays closed: see below."
            self.say(problem.message, wrong=True)
        self._draw(self.size.width)

    def on_unmount(self) -> None:
        """Hear no more."""
        if self._stop_listening is not None:
            self._stop_listening()

    def hear(self) -> None:
        """An agreement changed, here or elsewhere."""
        if self._view is not None and self.is_attached:
            self.run_worker(self.reload(), group="read", exclusive=True)

    def on_screen_resume(self, _event: ScreenResume) -> None:
        """A form above may have left a draft."""
        self.hear()

    async def reload(self) -> None:
        """Read again and keep the cursor on its agreement."""
        try:
            self._view = await self.ask(lambda store: read_consent(store, self.child_id))
        except Locked:
            return
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return
        self._draw(self.size.width)

    def on_resize(self, event: Resize) -> None:
        """Lines are folded to the new width."""
        self._draw(event.size.width)

    def _draw(self, width: int) -> None:
        view = self._view
        if view is None or self.is_bare:
            return
        title = f"Agreement: {view.name}"
        self.query_one(TitleLine).set_title(short(title, width - len(view.place) - 4), view.place)
        self._lines = consent_lines(view, self._names, width - _GUTTER)
        # A row keeps its id while its agreement does, so that the cursor stays on it.
        counts: dict[str, int] = {}
        rows = []
        for line in self._lines:
            number = counts[line.agreement] = counts.get(line.agreement, 0) + 1
            rows.append(Row(f"{line.agreement}/{number}", (line.cell,)))
        self.query_one(RowList).set_source(Rows(rows))

    @property
    def _names(self) -> Names:
        return self.shell.agencies

    @property
    def _who(self) -> str:
        return short(self._view.name, 40) if self._view else ""

    # The agreement that a verb acts on

    def _pick(self, fits: Callable[[ShownAgreement], bool], none: str) -> ShownAgreement | None:
        """The agreement under the cursor where it fits, else the only one that does; says so otherwise."""
        if self._view is None:
            return None
        at = self.query_one(RowList).cursor
        here = self._lines[at].agreement if at < len(self._lines) else ""
        fitting = [entry for entry in self._view.agreements if fits(entry)]
        under = next((entry for entry in fitting if entry.agreement.id == here), None)
        if under is not None:
            return under
        if len(fitting) == 1 and not here:
            return fitting[0]
        if fitting and not here:
            self.say("Put the cursor on the agreement first.", wrong=True)
        else:
            self.say(none, wrong=True)
        return None

    # Verbs

    async def do_consent_ask(self) -> None:
        """May this agency see it?"""
        if self._view is None:
            return

        async def answered(wanted: Wanted | None) -> None:
            if wanted is not None:
                self._open_disclosure(wanted)

        await self.question(CheckDialog(self.child_id, self._who, self._names), answered)

    def do_consent_record(self) -> None:
        """Record what somebody agreed to, or refused."""
        from screens.consent_forms import AgreementForm

        if self._view is not None:
            self.app.push_screen(AgreementForm(self._view.child, self._who, self._names))

    def do_consent_withdraw(self) -> None:
        """The family takes an agreement back."""
        from screens.consent_forms import WithdrawForm

        none = "Only an agreement that was given can be withdrawn; none is under the cursor."
        entry = self._pick(lambda shown: shown.agreement.status in IN_FORCE, none)
        if entry is not None and self._view is not None:
            form = WithdrawForm(entry.agreement, self._view.child, self._who, self._names)
            self.app.push_screen(form)

    def do_consent_settle(self) -> None:
        """Say what the family's own words rule out."""
        from screens.consent_forms import SettleForm

        def waits(shown: ShownAgreement) -> bool:
            return bool(shown.agreement.exclude.strip()) and not shown.agreement.exclude_read

        entry = self._pick(waits, "No words of the family wait to be settled here.")
        if entry is not None:
            self.app.push_screen(SettleForm(entry.agreement, self._who, self._names))

    def do_disclose(self) -> None:
        """Record a decision to share without agreement, or not to."""
        self._open_disclosure(None)

    def _open_disclosure(self, wanted: Wanted | None) -> None:
        from screens.consent_forms import DisclosureForm

        if self._view is None:
            return
        if not self._view.may_see_disclosures:
            self.say("Only who may see safeguarding records such a decision.", wrong=True)
            return
        start = {}
        if wanted is not None:
            start = {
                "decision": "share",
                "agency": wanted.agency,
                "categories": wanted.category.value,
                "purpose": wanted.purpose,
            }
        self.app.push_screen(DisclosureForm(self._view.child, self._who, self._names, start=start))

    async def do_preview(self) -> None:
        """The child's page as somebody else may see it."""
        from screens.consent_preview import preview_as

        await preview_as(self, self.child_id)

    async def step_back(self, work: StepBack, word: str) -> None:
        """Show what is left, and say which step it was; a withdrawal stays."""
        answer = await self.attempt(work)
        if answer is not None:
            await self.reload()
            self.say(f"{word}: {answer[0].name.removeprefix('Undo: ').removeprefix('Redo: ')}.")
