"""Consent: what the family agreed to, what was shared without, and whether something may be shared now."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, ClassVar

from textual.binding import BindingType

from casework.limits import is_beyond, is_unsettled
from screens.case_page import CasePage
from screens.consent_check import CheckDialog, Wanted
from screens.consent_lines import IN_FORCE, ConsentLine, ConsentView, Names, consent_lines, read_consent
from screens.verbs import bindings_for
from screens.widgets.text import Cell

if TYPE_CHECKING:
    from storage.queries.agreements import ShownAgreement
    from storage.store import Store

_GUTTER = 4
_SHOWN_TYPES = frozenset({"agreement", "disclosure", "child", "episode", "notification"})


class ConsentScreen(CasePage[ConsentView]):
    """A child's agreements, newest first. A verb acts on the agreement under the cursor."""

    place = "consent"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("consent")

    TITLE_WORDS = "Agreement"
    HEAD = "What the family agreed to, newest first"
    TYPES = _SHOWN_TYPES

    def __init__(self, child_id: str) -> None:
        super().__init__(child_id)
        self._lines: Sequence[ConsentLine] = ()

    def read(self, store: Store) -> ConsentView:
        """Everything that the screen shows."""
        return read_consent(store, self.child_id)

    def looked(self, view: ConsentView) -> str:
        """What it was, and how much."""
        return f"agreements ({len(view.agreements)})"

    def lines(self, view: ConsentView, width: int) -> Iterable[tuple[str, Cell]]:
        """The page."""
        self._lines = consent_lines(view, self._names, width)
        return ((line.agreement, line.cell) for line in self._lines)

    @property
    def _names(self) -> Names:
        return self.shell.agencies

    # The agreement that a verb acts on

    def _pick(self, fits: Callable[[ShownAgreement], bool], none: str) -> ShownAgreement | None:
        """The agreement under the cursor where it fits, else the only one that does; says so otherwise."""
        if self.view is None:
            return None
        at = self.page.cursor
        here = self._lines[at].agreement if at < len(self._lines) else ""
        fitting = [entry for entry in self.view.agreements if fits(entry)]
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
        if self.view is None:
            return

        async def answered(wanted: Wanted | None) -> None:
            if wanted is not None:
                self._open_disclosure(wanted)

        await self.question(CheckDialog(self.child_id, self.who, self._names), answered)

    def do_consent_record(self) -> None:
        """Record what somebody agreed to, or refused."""
        from screens.consent_forms import AgreementForm

        if self.view is not None:
            self.app.push_screen(AgreementForm(self.view.child, self.who, self._names))

    def do_consent_withdraw(self) -> None:
        """The family takes an agreement back."""
        from screens.consent_forms import WithdrawForm

        none = "Only an agreement that was given can be withdrawn; none is under the cursor."
        entry = self._pick(lambda shown: shown.agreement.status in IN_FORCE, none)
        if entry is not None and self.view is not None:
            form = WithdrawForm(entry.agreement, self.view.child, self.who, self._names)
            self.app.push_screen(form)

    def do_consent_settle(self) -> None:
        """Say what the family's own words rule out."""
        from screens.consent_settling import SettleForm

        def waits(shown: ShownAgreement) -> bool:
            return is_unsettled(shown.agreement) and not is_beyond(shown.agreement)

        entry = self._pick(waits, "No words of the family wait to be settled here.")
        if entry is not None:
            self.app.push_screen(SettleForm(entry.agreement, self.who, self._names))

    def do_disclose(self) -> None:
        """Record a decision to share without agreement, or not to."""
        self._open_disclosure(None)

    def _open_disclosure(self, wanted: Wanted | None) -> None:
        from screens.consent_forms import DisclosureForm

        if self.view is None:
            return
        start = {}
        if wanted is not None:
            start = {
                "decision": "share",
                "agency": wanted.agency,
                "categories": wanted.category.value,
                "purpose": wanted.purpose,
            }
        self.app.push_screen(DisclosureForm(self.view.child, self.who, self._names, start=start))

    async def do_preview(self) -> None:
        """The child's page as somebody else may see it."""
        from screens.consent_preview import preview_as

        await preview_as(self, self.child_id)
