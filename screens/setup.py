"""First run: who works here, a passphrase, and the recovery code, shown once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input, Select, Static

from casework.errors import OutreachError
from casework.text import clean
from screens.base import DoorScreen
from screens.doorway import FirstRun, wipe
from screens.widgets.text import Tone, show
from storage.desk import Closable

_LONGEST_NAME = 120
_PROVED_SIGNS = 4


class SetupScreen(DoorScreen):
    """One page of five fields; enter goes from field to field and creates after the last."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "create", "Create", show=False, priority=True),
    ]

    def __init__(self, agencies: Mapping[str, str]) -> None:
        super().__init__()
        self._agencies = agencies

    def compose(self) -> ComposeResult:
        """The form."""
        with VerticalScroll(classes="box", can_focus=False):
            yield Static("Welcome to Outreach", classes="title", markup=False)
            yield Static(
                "This makes an encrypted caseload on this computer. It leaves this computer only by a sync "
                "or an export that you start.",
                classes="hint",
                markup=False,
            )
            yield Static("Your name", classes="label", markup=False)
            yield Input(id="worker", max_length=_LONGEST_NAME)
            yield Static("Your agency", classes="label", markup=False)
            options = [(show(label), word) for word, label in self._agencies.items()]
            yield Select(options, prompt="enter opens the list", id="agency", compact=True)
            yield Static("Your team", classes="label", markup=False)
            yield Input(id="team", max_length=_LONGEST_NAME)
            yield Static(
                "Passphrase: 8 characters or more, three words do well", classes="label", markup=False
            )
            yield Input(password=True, id="first")
            yield Static("The same again", classes="label", markup=False)
            yield Input(password=True, id="second")
            yield Static("", id="problem", classes="problem", markup=False)
            yield Static("tab and enter go on · ctrl+s creates · ctrl+q leaves", classes="hint", markup=False)

    @on(Input.Submitted)
    def step(self, event: Input.Submitted) -> None:
        """To the next field; after the last one, create."""
        event.stop()
        if event.input.id == "second":
            self.action_create()
        else:
            self.focus_next()

    @on(Select.Changed)
    def chosen(self, event: Select.Changed) -> None:
        """From the agency to the team."""
        if event.value is not Select.NULL:
            self.query_one("#team", Input).focus()

    def _value(self, field: str) -> str:
        return clean(self.query_one(f"#{field}", Input).value, limit=_LONGEST_NAME).strip()

    def action_create(self) -> None:
        """Check the form, then make the caseload on the desk's thread."""
        if self.busy:
            return
        first, second = self.query_one("#first", Input), self.query_one("#second", Input)
        agency = self.query_one("#agency", Select)
        if not self._value("worker"):
            self._refuse("Type your name; colleagues see it beside what you record.", "worker")
        elif agency.value is Select.NULL:
            self._refuse("Choose your agency; it decides what you may see.", "agency")
        elif not self._value("team"):
            self._refuse("Type the name of your team.", "team")
        elif not first.value:
            self._refuse("Choose a passphrase; without it nobody can read this caseload.", "first")
        elif first.value != second.value:
            first.clear()
            second.clear()
            self._refuse("The two passphrases are not the same; type both again.", "first")
        else:
            secret = bytearray(first.value.encode("utf-8", "surrogatepass"))
            made = FirstRun(self._value("worker"), str(agency.value), self._value("team"), secret)
            self.run_worker(self._create(made), exclusive=True)

    def _refuse(self, sentence: str, field: str) -> None:
        self.tell(sentence)
        self.query_one(f"#{field}").focus()

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
            self._refuse(error.message, "first" if error.code == "weak-passphrase" else "worker")
        else:
            for field in ("#first", "#second"):
                self.query_one(field, Input).clear()
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

    @on(Input.Submitted)
    def prove(self, event: Input.Submitted) -> None:
        """Go on when the last signs match, however they are spaced or cased."""
        event.stop()
        typed = "".join(sign for sign in event.value.upper() if sign.isalnum())
        code = "".join(sign for sign in self._code.upper() if sign.isalnum())
        if len(typed) >= _PROVED_SIGNS and code.endswith(typed):
            self._code = ""
            self.shell.entered()
        else:
            event.input.clear()
            self.tell("That is not how the code ends; look at what you wrote down.")
