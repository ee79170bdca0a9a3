"""First run: who works here, then a passphrase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widget import Widget
from textual.widgets import Input, Static

from casework.errors import OutreachError
from casework.text import clean
from screens.door_form import PickLine
from screens.doorway import FirstRun
from screens.passphrase_form import PassphraseForm
from screens.widgets.text import Tone, show

_LONGEST_NAME = 120


class SetupScreen(PassphraseForm):
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
                yield from self.passphrase_fields("Passphrase: 8 characters or more, three words do well")
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
        secret = self.take_passphrase()
        if secret is not None:
            agency = self.query_one("#agency", PickLine).picked
            made = FirstRun(self._value("worker"), agency, self._value("team"), secret)
            opening = self.open_and_show_code(
                lambda: self.shell.opener.create(made), secret, doing="Making the caseload …"
            )
            self.run_worker(opening, exclusive=True)

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
            self.clear_passphrase()
            self.tell("")
            self._show_step(secret=False)

    def not_opened(self, problem: OutreachError) -> None:
        """Ask for the passphrase again."""
        self.clear_passphrase()
        self.refuse(problem.message, self.fields()[0])
