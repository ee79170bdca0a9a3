"""What Textual would print, write or hand to other programs, and a caseload must not.

Faults end the app with a code; messages are literal; the clipboard, screenshots and suspending stay shut.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from rich.console import RenderableType
from textual.actions import ActionParseResult
from textual.app import App
from textual.dom import DOMNode
from textual.driver import Driver
from textual.notifications import SeverityLevel

from casework.errors import Locked, OutreachError
from casework.text import clean
from outreach_tui.crash import EXIT_FAULT, fault_code, fault_record, fault_sentence, known_trouble
from screens.base import DoorScreen, OutreachScreen
from screens.dialogs import Dialog
from screens.pasting import guard_pastes
from storage.desk import Desk

COVER = "cover"
"""The screen that hides everything while the caseload is being locked."""


class GuardedApp(App[None]):
    """An app over the desk of the caseload in `home` that gives nothing of it away."""

    def __init__(self, home: Path) -> None:
        super().__init__()
        self.home = home
        self.desk: Desk[Any] = Desk()
        self.fault: str | None = None
        """The code of the fault that ended the app."""
        self.trouble: OutreachError | None = None
        """What ended the app where it was no fault of ours: a full disk, a damaged file."""

    def get_driver_class(self) -> type[Driver]:
        """Textual's own driver, with pastes made harmless first; one that was stopped by force begins anew.

        Told to go on without having been told to stop, Textual's would read the terminal by one more thread
        each time, and no end, not even a lock, would come by those that it forgot.
        """
        guard_pastes()
        base = super().get_driver_class()

        class Steady(base):  # type: ignore[valid-type, misc]
            def resume_application_mode(self) -> None:
                # The signal may come while this thread holds what writing to the terminal waits for.
                self._loop.call_soon_threadsafe(self._begin_anew)

            def _begin_anew(self) -> None:
                reader = getattr(self, "_key_thread", None)
                if reader is not None and reader.is_alive():
                    self.suspend_application_mode()
                super().resume_application_mode()

        return Steady

    # Faults: a code, never locals, a traceback or a value

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        *more: Any,
        **named: Any,
    ) -> bool:
        """Textual's own; a verb that the lock overtook ends without a word."""
        try:
            return await super().run_action(action, default_namespace, *more, **named)
        except Locked:
            if self.desk.is_open:
                raise
            return True

    def _handle_exception(self, error: Exception) -> None:
        if self._was_locked_out(error):
            return
        if self._exception is None:
            self._exception = error
            self._exception_event.set()
            self.fault = fault_code(error)
            self.trouble = known_trouble(error, self.home / "caseload.db")
            self._keep_fault(error)
        self._fatal_error()

    def _was_locked_out(self, error: Exception) -> bool:
        """Whether a screen that is going away only learned that the caseload is locked."""
        seen = getattr(error, "error", error)
        return isinstance(seen, Locked) and not self.desk.is_open

    def _fatal_error(self) -> None:
        self._return_code = self.trouble.exit_code if self.trouble else EXIT_FAULT
        self._exit_renderables.clear()
        self._close_messages_no_wait()

    def panic(self, *_renderables: RenderableType) -> None:
        """Close with a code; what was to be printed may hold data."""
        self.fault = self.fault or fault_code(sys.exc_info()[1] or RuntimeError("panic"))
        self._fatal_error()

    def _print_error_renderables(self) -> None:
        self._exit_renderables.clear()
        if self.fault is not None and not self.is_headless:
            said = clean(self.trouble.message) if self.trouble else fault_sentence(self.fault)
            print(said, file=sys.stderr)

    def _stray_fault(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """A task failed that nobody awaited: keep its record, print nothing."""
        error = context.get("exception")
        if isinstance(error, Exception):
            self._keep_fault(error)

    def _keep_fault(self, error: Exception) -> None:
        """A record of the fault in the encrypted audit: its code and places, no values."""
        self.desk.last_word(lambda store: store.log("care", fault_record(error)))

    # What Textual offers and a caseload must not

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,  # noqa: ARG002 (Textual's own name)
    ) -> None:
        """A short message; always literal, whatever `markup` says.

        It stands in the line of the uppermost screen that has one, and covers nothing. While the caseload is
        being locked nothing is said, for the words may be of a record.
        """
        words, wrong = clean(message, limit=400), severity != "information"
        for screen in reversed(self.screen_stack):
            if screen.id == COVER:
                return
            if isinstance(screen, OutreachScreen):
                screen.say(words, wrong=wrong)
                return
            if isinstance(screen, Dialog | DoorScreen):
                screen.tell(words, wrong=wrong)
                return
        super().notify(
            clean(message, limit=400), title=clean(title), severity=severity, timeout=timeout, markup=False
        )

    def copy_to_clipboard(self, text: str) -> None:
        """Keep text for pasting inside the app: the computer's clipboard has a history and may sync."""
        self._clipboard = text

    def action_command_palette(self) -> None:
        """Open the palette, behind the door only."""
        if self.desk.is_open:
            super().action_command_palette()

    def action_help_quit(self) -> None:
        """Ctrl+c does not leave; say what does."""
        words = "q or ctrl+q leaves; all that you did is saved." if self.desk.is_open else "ctrl+q leaves."
        self.notify(getattr(self.screen, "quit_words", words))

    def action_suspend_process(self) -> None:
        """Ctrl+z would leave the open caseload in the background: do nothing."""

    def deliver_screenshot(self, *_: Any, **__: Any) -> str | None:
        """No pictures of records on the disk."""
        return None

    def save_screenshot(self, *_: Any, **__: Any) -> str:
        """No pictures of records on the disk."""
        return ""
