"""Start the app safely: what must be settled before Textual is imported."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING

from casework.errors import UsageProblem
from outreach_tui.crash import EXIT_FAULT, fault_code, fault_sentence

if TYPE_CHECKING:
    from outreach_tui.app import CrashHook, OutreachApp
    from storage.home import Home

HARMLESS = frozenset({"TEXTUAL_ANIMATIONS", "TEXTUAL_SMOOTH_SCROLL", "TEXTUAL_DISABLE_KITTY_KEY"})
"""Hooks of Textual that change how it moves, not what it writes or runs."""


def drop_hooks(environ: MutableMapping[str, str]) -> list[str]:
    """Delete Textual's environment hooks (log files, screenshots, drivers, keys to press, developer tools).

    They are read when Textual is imported. Returns the names that were deleted.
    """
    hooks = [
        name
        for name in environ
        if (name == "TEXTUAL" or name.startswith("TEXTUAL_")) and name not in HARMLESS
    ]
    for name in hooks:
        del environ[name]
    return hooks


def check_terminal(environ: Mapping[str, str], *, is_tty: bool) -> None:
    """Raise `UsageProblem` where the screens cannot work, pointing to the plain commands."""
    hint = "use the plain commands instead, such as: outreach today --plain (outreach --help lists them)."
    if not is_tty:
        raise UsageProblem("no-terminal", f"The screens need a terminal; {hint}")
    if environ.get("TERM", "").lower() in {"dumb", "unknown"}:
        raise UsageProblem("plain-terminal", f"This terminal cannot draw screens (TERM is dumb); {hint}")


def open_app(
    home: Home, *, now: Callable[[], datetime], today: date, crash_hook: CrashHook | None = None
) -> int:
    """Open the screens on the caseload in `home`; the exit code.

    Raises `UsageProblem` where there is no terminal, and `Refused` when another app has this caseload.
    """
    drop_hooks(os.environ)
    check_terminal(os.environ, is_tty=sys.stdin.isatty() and sys.stdout.isatty())

    def make_app() -> OutreachApp:
        from outreach_tui.app import OutreachApp
        from outreach_tui.opener import VaultOpener
        from outreach_tui.settings import load

        loaded = load(home.config_file)
        warning = home.check_clock(now())
        if warning:
            loaded = replace(loaded, problems=(*loaded.problems, warning))
        opener = VaultOpener(home, now=now, today=today)
        return OutreachApp(home.path, opener=opener, today=today, loaded=loaded, crash_hook=crash_hook)

    with home.claim_app():
        return run(make_app)


def run(make_app: Callable[[], OutreachApp]) -> int:
    """Run the app that `make_app` builds, and return the exit code. `make_app` imports Textual, not before.

    Raises `UsageProblem` where there is no terminal. A fault prints its code and nothing else.
    """
    drop_hooks(os.environ)
    check_terminal(os.environ, is_tty=sys.stdin.isatty() and sys.stdout.isatty())
    sys.unraisablehook = lambda _: None  # its report quotes the object, which may hold a record
    try:
        app = make_app()
        app.run(inline=False)
    except Exception as error:  # noqa: BLE001 (the last door: nothing may be printed but a code)
        print(fault_sentence(fault_code(error)), file=sys.stderr)
        return EXIT_FAULT
    return app.return_code or 0
