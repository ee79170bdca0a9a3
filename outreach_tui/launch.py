"""Start the app safely: what must be settled before Textual is imported."""

from __future__ import annotations

import gc
import os
import sys
import warnings
from collections.abc import Callable, Mapping, MutableMapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from casework.errors import OutreachError, UsageProblem
from outreach_tui.crash import EXIT_FAULT, fault_code, fault_sentence
from outreach_tui.demo import NOTICE, PASSPHRASE, is_demo
from outreach_tui.hushed import end_hush
from outreach_tui.relock import CAN_REPLACE, replace_process, take_resume

if TYPE_CHECKING:
    from outreach_tui.app import OutreachApp
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
    home: Home,
    *,
    now: Callable[[], datetime],
    today: date,
    today_set: bool = False,
    moment: Callable[[], datetime] | None = None,
) -> int:
    """Open the screens on the caseload in `home`; the exit code. `today_set` says that `today` was chosen.

    `moment` then dates what is logged; without it that is `now`.

    A lock replaces this process by a fresh one that shows the door (docs/decisions/0003-memory-and-lock.md).
    Raises `UsageProblem` where there is no terminal, and `Refused` when another app has this caseload.
    """
    resume = take_resume(os.environ)

    def make_app() -> OutreachApp:
        from outreach_tui.app import OutreachApp
        from outreach_tui.opener import VaultOpener
        from outreach_tui.settings import load

        loaded = load(home.config_file)
        warning = home.check_clock(now())
        if warning:
            loaded = replace(loaded, problems=(*loaded.problems, warning))
        more = demo_parts(home, now=now, today=today, at_end=ends.callback) if is_demo(home.path) else {}
        opener = VaultOpener(home, now=now, today=today, moment=moment)
        made.append(
            OutreachApp(
                home.path,
                opener=opener,
                today=today,
                today_set=today_set,
                loaded=loaded,
                resume=resume,
                fresh_process=CAN_REPLACE,
                why_lock=lambda: why_lock(home),
                **more,
            )
        )
        return made[0]

    made: list[OutreachApp] = []
    with ExitStack() as at_end:
        if resume is not None:
            at_end.callback(end_hush)
        drop_hooks(os.environ)
        check_terminal(os.environ, is_tty=sys.stdin.isatty() and sys.stdout.isatty())
        home.check_whole()
        with home.claim_app(), ExitStack() as ends:
            code = run(make_app)
        if made and made[0].resume is not None:
            at_end.callback(end_hush)
            replace_process(home.path, today if today_set else None, made[0].resume)
    return code


def demo_parts(
    home: Home, *, now: Callable[[], datetime], today: date, at_end: Callable[[Callable[[], None]], object]
) -> dict[str, Any]:
    """What the app is given more in a demo: its door, its notice, and its own central record, which is made
    at the first session and ended by what `at_end` is told.
    """
    from outreach_tui.app import Demo
    from outreach_tui.demo import central as demo_central

    if not demo_central.is_installed():
        return {"demo": Demo(PASSPHRASE, NOTICE, demo_central.NOT_HERE)}
    central = demo_central.DemoCentral(home, now=now, today=today)
    at_end(central.stop)
    demo = Demo(PASSPHRASE, NOTICE, demo_central.COMES, has_central=True)
    return {"demo": demo, "reconcile": central.reconcile}


def why_lock(home: Home) -> str:
    """Why an app that is open has to lock now, for what a command did in another terminal; "" for nothing."""
    with suppress(OSError):
        home.lock_request.unlink()
        return "Locked from the command line."
    try:
        home.check_whole()
    except OutreachError as fault:
        return fault.message if fault.code == "access-ended" else ""
    return ""


def run(make_app: Callable[[], OutreachApp]) -> int:
    """Run the app that `make_app` builds, and return the exit code. `make_app` imports Textual, not before.

    Raises `UsageProblem` where there is no terminal. A fault prints its code and nothing else.
    """
    drop_hooks(os.environ)
    check_terminal(os.environ, is_tty=sys.stdin.isatty() and sys.stdout.isatty())
    gc.disable()  # until the first room is shown: nearly all that starting makes is there to stay
    sys.unraisablehook = lambda _: None  # its report quotes the object, which may hold a record
    try:
        app = make_app()
        app.run(inline=False)
    except Exception as error:  # noqa: BLE001 (the last door: nothing may be printed but a code)
        print(fault_sentence(fault_code(error)), file=sys.stderr)
        return EXIT_FAULT
    finally:
        warnings.simplefilter("ignore")  # what Python reports while it ends may quote an object
    return app.return_code or 0
