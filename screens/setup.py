"""First run: who works here, then a passphrase, then the recovery code, shown once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from casework.errors import OutreachError
from casework.text import clean
from screens.base import DoorScreen
from screens.door_form import FormScreen, PickLine
from screens.doorway import FirstRun, wipe
from screens.widgets.text import Tone, show
from storage.desk import Closable
from storage.recovery_code import UNCONFIRMED

_LONGEST_NAME = 120
_PROVED_SIGNS = 4


class SetupScreen(FormScreen):
    """Two steps: who works here, then the passphrase alone, so that no slip of a key can show it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "complete", "Go on", show=False, priority=True),
        Binding("escape", "leave", "Back", show=False),
    ]

    def __init__(self, agencies: Mapping[str, str]) -> None:
        super().__init__()
        self._agencies = agencies

    def compose(self) -> ComposeResult:
        """Both steps; one is shown."""
        with VerticalScroll(classes="box", can_focus=False):
            yield Static("Welcome to Outreach", classes="title", markup=False)
            with Vertical(id="who", classes="step"):
                yield Static(
                    "This makes an encrypted caseload on this computer. It leaves it only by a sync or an "
                    "export that you start.",
                    markup=False,
                )
                yield Static("Your name", classes="label", markup=False)
                yield Input(id="worker", max_length=_LONGEST_NAME)
                yield Static("Your agency: up and down, or its first letter", classes="label", markup=False)
                yield PickLine(self._agencies, id="agency")
                yield Static("Your team", classes="label", markup=False)
                yield Input(id="team", max_length=_LONGEST_NAME)
            with Vertical(id="secret", classes="step"):
                yield Static(
                    "Passphrase: 8 characters or more, three words do well", classes="label", markup=False
                )
                yield Input(password=True, id="first")
                yield Static("The same again", classes="label", markup=False)
                yield Input(password=True, id="second")
            yield Static("", id="problem", classes="problem", markup=False)
            yield Static("", id="keys", markup=False)

    def on_mount(self) -> None:
        """Begin with the name."""
        self._show_step(secret=False)

    def _show_step(self, *, secret: bool) -> None:
        self.query_one("#secret").display = secret
        self.query_one("#who").display = not secret
        self._is_secret = secret
        keys = (
            "tab and enter go on, enter at the end makes the caseload · esc goes back"
            if secret
            else "tab and enter go on, enter at the end to the passphrase · ctrl+q leaves"
        )
        self.query_one("#keys", Static).update(show(keys, Tone.QUIET))
        self.set_focus(self.fields()[0])

    _is_secret: bool = False

    def fields(self) -> Sequence[Widget]:
        """The fields of the step that is shown."""
        names = ("#first", "#second") if self._is_secret else ("#worker", "#agency", "#team")
        return [self.query_one(name) for name in names]

    def _value(self, field: str) -> str:
        return clean(self.query_one(f"#{field}", Input).value, limit=_LONGEST_NAME).strip()

    async def action_complete(self) -> None:
        """As enter in the last field."""
        if not self.busy:
            self.set_focus(self.fields()[-1])
            await self.action_enter()

    async def complete(self) -> None:
        """From who works here to the passphrase; from there make the caseload on the desk's thread."""
        if not self._is_secret:
            if self._is_known():
                self.tell("")
                self._show_step(secret=True)
            return
        first, second = self.query_one("#first", Input), self.query_one("#second", Input)
        if not first.value:
            self.refuse("Choose a passphrase; without it nobody can read this caseload.", first)
        elif first.value != second.value:
            first.clear()
            second.clear()
            self.refuse("The two passphrases are not the same; type both again.", first)
        else:
            secret = bytearray(first.value.encode("utf-8", "surrogatepass"))
            agency = self.query_one("#agency", PickLine).picked
            made = FirstRun(self._value("worker"), agency, self._value("team"), secret)
            self.run_worker(self._create(made), exclusive=True)

    def _is_known(self) -> bool:
        """Whether it is said who works here; what is missing is asked for."""
        worker, agency, team = self.fields()
        if not self._value("worker"):
            self.refuse("Type your name; colleagues see it beside what you record.", worker)
        elif isinstance(agency, PickLine) and not agency.picked:
            self.refuse("Choose your agency; it decides what you may see.", agency)
        elif not self._value("team"):
            self.refuse("Type the name of your team.", team)
        else:
            return True
        return False

    def action_leave(self) -> None:
        """From the passphrase back to who works here; what was typed of it is gone."""
        if self._is_secret and not self.busy:
            self._clear_secret()
            self.tell("")
            self._show_step(secret=False)

    def _clear_secret(self) -> None:
        for field in ("#first", "#second"):
            self.query_one(field, Input).clear()

    async def _create(self, made: FirstRun) -> None:
        self.busy = True
        self.tell("Making the caseload …", wrong=False)
        codes: list[str] = []

        def create() -> Closable:
            made_store: tuple[Closable, str] = self.shell.opener.create(made)
            codes.append(made_store[1])
            return made_store[0]

        try:
            await self.shell.desk.open(create)
        except OutreachError as error:
            self._clear_secret()
            self.refuse(error.message, self.fields()[0])
        else:
            self._clear_secret()
            self.app.switch_screen(RecoveryCodeScreen(codes.pop()))
        finally:
            self.busy = False
            wipe(made.passphrase)


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
