"""A form that sets a passphrase, typed twice, opens the caseload with it and ends with a recovery code."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable

from textual.app import ComposeResult
from textual.widgets import Input, Static

from casework.errors import OutreachError
from screens.door_form import FormScreen
from screens.doorway import wipe
from screens.recovery_code import RecoveryCodeScreen
from screens.widgets.text import show
from storage.desk import Closable


class PassphraseForm(FormScreen):
    """What set-up and recovery share. A subclass puts `passphrase_fields` into its form."""

    def passphrase_fields(self, label: str) -> ComposeResult:
        """The passphrase, twice."""
        yield Static(show(label), classes="label", markup=False)
        yield Input(password=True, id="first")
        yield Static("The same again", classes="label", markup=False)
        yield Input(password=True, id="second")

    def take_passphrase(self) -> bytearray | None:
        """What was typed, which the caller wipes; None when it is asked for again."""
        first, second = self.query_one("#first", Input), self.query_one("#second", Input)
        if not first.value:
            self.refuse("Choose a passphrase; without it nobody can read this caseload.", first)
        elif first.value != second.value:
            self.clear_passphrase()
            self.refuse("The two passphrases are not the same; type both again.", first)
        else:
            return bytearray(first.value.encode("utf-8", "surrogatepass"))
        return None

    def clear_passphrase(self) -> None:
        """Empty both fields."""
        for field in ("#first", "#second"):
            self.query_one(field, Input).clear()

    @abstractmethod
    def not_opened(self, problem: OutreachError) -> None:
        """Say why the caseload did not open, and where to go on."""

    async def open_and_show_code(
        self,
        open_with: Callable[[], tuple[Closable, str]],
        secret: bytearray,
        *,
        doing: str,
        again: bool = False,
    ) -> None:
        """Open on the desk's thread, then show the recovery code. `secret` is wiped in any case."""
        self.busy = True
        self.tell(doing, wrong=False)
        codes: list[str] = []

        def opened() -> Closable:
            store, code = open_with()
            codes.append(code)
            return store

        try:
            await self.shell.desk.open(opened)
        except OutreachError as problem:
            self.not_opened(problem)
        else:
            for field in self.query(Input):
                field.clear()
            self.app.switch_screen(RecoveryCodeScreen(codes.pop(), again=again))
        finally:
            self.busy = False
            wipe(secret)
