"""The recovery code: shown once and proved, and offered anew while nobody proved it."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input, Static

from casework.errors import OutreachError
from screens.base import DoorScreen
from screens.widgets.text import Tone, show
from storage.recovery_code import UNCONFIRMED

_PROVED_SIGNS = 4


class RecoveryCodeScreen(DoorScreen):
    """Shows the recovery code once; its last signs, typed back, prove that it was written down."""

    def __init__(self, code: str, *, again: bool = False) -> None:
        super().__init__()
        self._code, self._again = code, again

    def compose(self) -> ComposeResult:
        """The code and the field that proves it."""
        with Vertical(classes="box"):
            yield Static("Write this recovery code down now", classes="title", markup=False)
            if self._again:
                yield Static("The code you just used is void; this one takes its place.", markup=False)
            yield Static(
                "It is shown this once and kept nowhere. With it you can open the caseload when the "
                "passphrase is forgotten. Keep it on paper, away from this computer.",
                classes="hint",
                markup=False,
            )
            yield Static(show(self._code, Tone.STRONG), classes="code", markup=False)
            yield Static("Type its last four signs to go on", classes="label", markup=False)
            yield Input(id="proof", max_length=40)
            yield Static("", id="problem", classes="problem", markup=False)

    quit_words: ClassVar[str] = "ctrl+q leaves. The caseload is made; the next unlock offers a new code."
    """What ctrl+c says here."""

    @on(Input.Submitted)
    async def prove(self, event: Input.Submitted) -> None:
        """Go on when the last signs match, however they are spaced or cased."""
        event.stop()
        typed = "".join(sign for sign in event.value.upper() if sign.isalnum())
        code = "".join(sign for sign in self._code.upper() if sign.isalnum())
        if len(typed) >= _PROVED_SIGNS and code.endswith(typed):
            self._code = ""
            await self.shell.desk.run(lambda store: store.save_setting(UNCONFIRMED, ""))
            self.shell.entered()
        else:
            event.input.clear()
            self.tell("That is not how the code ends; look at what you wrote down.")


class RecoveryOfferScreen(DoorScreen):
    """Shown after an unlock while no recovery code was ever proved: a new one now, or the next time."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f3", "renew", "New code", show=False),
        Binding("enter", "later", "Later", show=False),
    ]

    def compose(self) -> ComposeResult:
        """What is missing, and the two ways on."""
        with Vertical(classes="box"):
            yield Static("The recovery code was never confirmed", classes="title", markup=False)
            yield Static(
                "Without a code on paper, a forgotten passphrase means that this caseload is lost. A new "
                "code takes the place of the one before it.",
                markup=False,
            )
            yield Static("", id="problem", classes="problem", markup=False)
            yield Static("f3 shows a new one · enter goes on without", classes="hint", markup=False)

    async def action_renew(self) -> None:
        """Draw another code and show it."""
        if not self.busy:
            self.busy = True
            self.run_worker(self._renew(), exclusive=True)

    async def _renew(self) -> None:
        try:
            code: str = await self.shell.desk.call(self.shell.opener.renew_recovery)
        except OutreachError as error:
            self.tell(error.message)
        else:
            self.app.switch_screen(RecoveryCodeScreen(code))
        finally:
            self.busy = False

    async def action_later(self) -> None:
        """Go on; the next unlock asks again."""
        if not self.busy:
            await self.shell.desk.call(self.shell.opener.forget)
            self.shell.entered()
