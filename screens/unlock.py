"""The locked door: passphrase, growing wait after wrong ones, key store, recovery code."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Static

from casework.errors import OutreachError
from screens.base import DoorScreen
from screens.doorway import wipe
from screens.passphrase_form import PassphraseForm
from screens.recovery_code import RecoveryOfferScreen
from screens.widgets.text import Tone, show
from storage.desk import Closable
from storage.ring import apart

_STORE = "key-store"
_OFFER_SECONDS = 60.0
"""How long the door keeps the key of a caseload that only a session opens."""


class UnlockScreen(DoorScreen):
    """Asks for the passphrase; nothing of the caseload is on it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f2", "recover", "Recovery code", show=False),
        Binding("f3", "key_store", "Key store", show=False),
        Binding("f4", "demo", "Open the demo", show=False),
        Binding("f5", "sync", "Sync", show=False),
        Binding("escape", "clear", "Clear", show=False),
    ]

    def __init__(self, note: str = "", *, demo: str = "") -> None:
        """`demo` is the passphrase of a demo, which everybody may know."""
        super().__init__()
        self._note, self._demo = note, demo
        self._until = 0.0
        self._was_wrong = False
        self._store = ""
        self._asking = False
        self._offer: Timer | None = None

    def compose(self) -> ComposeResult:
        """The passphrase and what to do without it."""
        with Vertical(classes="box"):
            yield Static("Outreach", classes="title", markup=False)
            if self._note:
                yield Static(show(self._note, Tone.QUIET), markup=False)
            if self._demo:
                yield Static(show("This is the demo: f4 opens it.", Tone.STRONG), markup=False)
            yield Static("Passphrase", classes="label", markup=False)
            yield Input(password=True, id="passphrase")
            yield Static("", id="store", markup=False)
            yield Static("", id="problem", classes="problem", markup=False)
            yield Static(
                "enter unlocks · f2 passphrase forgotten: use the recovery code · ctrl+q leaves",
                classes="hint",
                markup=False,
            )

    async def on_mount(self) -> None:
        """Tell a wait that still runs from earlier wrong passphrases."""
        self.query_one("#store").display = False
        self.set_interval(1.0, self.tick)
        self.run_worker(self._refresh_wait(), exclusive=True)
        self.run_worker(self._find_store(), group=_STORE)

    async def _find_store(self) -> None:
        """Offer the key store that this caseload was given to, or say why it does not open it now."""
        line = self.query_one("#store", Static)
        try:
            self._store = await asyncio.wrap_future(apart(self.shell.opener.key_store))
        except OutreachError as error:
            said = error.message
        else:
            said = f"f3 opens it with the key store of your account on this computer ({self._store})."
            if not self._store:
                return
        line.update(show(said, Tone.QUIET))
        line.display = True

    async def _refresh_wait(self) -> None:
        try:
            left = await self.shell.desk.call(self.shell.opener.wait_left)
        except OutreachError as error:  # the keys are gone, or their file cannot be read
            self.tell(error.message)
            return
        self._until = self.steady() + left
        self.tick()

    def tick(self) -> None:
        """Count the wait down, and open the field when it is over."""
        left = math.ceil(self._until - self.steady())
        field = self.query_one("#passphrase", Input)
        if left > 0:
            field.disabled = True
            unit = "second" if left == 1 else "seconds"
            why = "after the wrong passphrase" if self._was_wrong else "until a passphrase is taken"
            self.tell(f"Wait {left} {unit} {why}. f2 takes the recovery code at once.")
        elif field.disabled and not self.busy:
            field.disabled = False
            field.focus()
            said = "That passphrase was wrong. Type it again" if self._was_wrong else "Type the passphrase"
            self.tell(f"{said}; f2 takes the recovery code.")

    @on(Input.Changed, "#passphrase")
    def typing(self, event: Input.Changed) -> None:
        """What was said of the try before goes when the next one is typed."""
        event.stop()
        if event.value and not self.busy and not self._asking:
            self.tell("")

    @on(Input.Submitted, "#passphrase")
    def unlock(self, event: Input.Submitted) -> None:
        """Try the passphrase on the desk's thread."""
        event.stop()
        if self.busy or not event.value:
            return
        secret = bytearray(event.value.encode("utf-8", "surrogatepass"))
        event.input.clear()
        self.workers.cancel_group(self, _STORE)
        self.run_worker(self._unlock(secret, self.shell.opener.unlock), exclusive=True)

    async def _unlock(self, secret: bytearray, open_with: Callable[[bytearray], Closable]) -> None:
        try:
            await self._open("Opening …", self.shell.desk.open(lambda: open_with(secret)))
        finally:
            wipe(secret)

    async def _open(self, doing: str, opening: Coroutine[Any, Any, None]) -> None:
        field = self.query_one("#passphrase", Input)
        self.busy = field.disabled = True
        self.tell(doing, wrong=False)
        try:
            await opening
        except OutreachError as error:
            self.busy = field.disabled = False
            self._was_wrong = error.code == "wrong-passphrase"
            field.focus()
            self.tell(error.message)
            self._mind_offer()
            await self._refresh_wait()
        else:
            if self.shell.opener.owes_code:
                self.app.switch_screen(RecoveryOfferScreen())
            else:
                self.shell.entered()

    def _mind_offer(self) -> None:
        """Where only a session opens it, the key waits for one, but not for long."""
        if self._offer is not None:
            self._offer.stop()
        if self.shell.opener.is_silent:
            self._offer = self.set_timer(_OFFER_SECONDS, self._end_offer)

    async def _end_offer(self) -> None:
        if not self.busy:
            await self.shell.desk.call(self.shell.opener.forget)
            self.tell("Type the passphrase again; then f5 syncs.")

    def action_sync(self) -> None:
        """Sync, where that is what opens it."""
        if not self.busy and self.shell.opener.is_silent:
            session = self.shell.sync_at_door(lambda words: self.tell(words, wrong=False))
            self.run_worker(self._open("Asking the central record …", session), exclusive=True)

    def action_demo(self) -> None:
        """Open the demo, in which nobody exists."""
        if self._demo and not self.busy:
            secret = bytearray(self._demo.encode())
            self.run_worker(self._unlock(secret, self.shell.opener.unlock), exclusive=True)

    def action_key_store(self) -> None:
        """Ask the key store, while the passphrase can still be typed."""
        if self._store and not self.busy:
            self.run_worker(self._open_by_store(), group=_STORE, exclusive=True)

    async def _open_by_store(self) -> None:
        self.tell(f"Asking {self._store} … the passphrase opens it as well.", wrong=False)
        self._asking = True
        try:
            kept = await asyncio.wrap_future(apart(self.shell.opener.ask_key_store))
        except OutreachError as error:
            self.tell(error.message)
        else:
            await self._unlock(kept, self.shell.opener.unlock_kept)
        finally:
            self._asking = False

    def action_clear(self) -> None:
        """Empty the field."""
        self.query_one("#passphrase", Input).clear()

    def action_recover(self) -> None:
        """To the recovery code."""
        if not self.busy:
            self.app.push_screen(RecoverScreen())


class RecoverScreen(PassphraseForm):
    """Opens with the recovery code and sets a new passphrase."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "leave", "Back", show=False)]

    def compose(self) -> ComposeResult:
        """The code and the new passphrase, twice."""
        with Vertical(classes="box"):
            yield Static("Recovery", classes="title", markup=False)
            yield Static("Recovery code, as written down at set-up", classes="label", markup=False)
            yield Input(id="code")
            yield from self.passphrase_fields("New passphrase: three words do well")
            yield Static("", id="problem", classes="problem", markup=False)
            yield Static("enter goes on · esc goes back", classes="hint", markup=False)

    def fields(self) -> Sequence[Widget]:
        """The code and the passphrase, twice."""
        return [self.query_one(name) for name in ("#code", "#first", "#second")]

    async def complete(self) -> None:
        """Check the form, then open."""
        field = self.query_one("#code", Input)
        code = field.value
        if not code.strip():
            self.refuse("Type the recovery code.", field)
            return
        secret = self.take_passphrase()
        if secret is not None:
            opening = self.open_and_show_code(
                lambda: self.shell.opener.recover(code, secret), secret, doing="Opening …", again=True
            )
            self.run_worker(opening, exclusive=True)

    def not_opened(self, problem: OutreachError) -> None:
        """Go to the code; the passphrases stay."""
        self.refuse(problem.message, self.query_one("#code", Input))

    def action_leave(self) -> None:
        """Back to the passphrase."""
        if not self.busy:
            self.app.pop_screen()
