"""`outreach demo`: a throwaway caseload of invented people."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import click

from outreach_tui import output
from outreach_tui.commands.frame import Call, LineCommand, json_option, the_call


@click.command(cls=LineCommand)
@click.option("--no-open", is_flag=True, help="Build it, and do not open the app.")
@click.option("--seed", default=1, type=click.IntRange(0, 2**31), metavar="N", help="Invent other people.")
@click.option(
    "--registers",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Keep the register files that it is made from, as examples.",
)
@json_option
def demo(no_open: bool, seed: int, registers: Path | None) -> int:
    """Build a throwaway encrypted caseload through the real importers and edits, and open it.

    Nobody in it exists. It lies in a folder of its own (or in the one that --home or OUTREACH_HOME names,
    which must be empty or hold a demo) and replaces the demo before it.
    """
    from outreach_tui.commands.opening import open_app, settle
    from outreach_tui.demo import NOTICE, PASSPHRASE
    from outreach_tui.demo.build import build_demo, replaces

    call = the_call()
    settle()
    output.warn(NOTICE)
    say = output.warn if sys.stderr.isatty() else _silent
    folder = _folder(call)
    before = replaces(folder)
    if before is not None:
        output.warn(f"This replaces the demo of {before:%d %B %Y %H:%M} and all that was done in it.")
    kept = registers.expanduser().absolute() if registers else None
    made = build_demo(folder, seed=seed, actual=call.today, now=call.now, say=say, registers=kept)
    value = {
        "home": str(made.home.path),
        "today": made.today,
        "passphrase": PASSPHRASE,
        "children": made.children,
        "marks": made.marks,
        "open": made.not_explained,
        "seconds": round(made.seconds, 2),
        "registers": str(made.registers) if made.registers else None,
        "notice": NOTICE,
    }
    call.show(
        value,
        lambda: output.emit_pairs(
            [
                ("Demo", NOTICE),
                ("Data folder", made.home.path),
                ("Passphrase", PASSPHRASE),
                ("It plays on", made.today),
                ("Children", made.children),
                ("Marks", made.marks),
                ("On the round", made.not_explained),
                ("Built in", f"{made.seconds:.1f} s"),
                ("Try", f'outreach --home "{made.home.path}" --today {made.today} today'),
            ]
        ),
    )
    if no_open or call.json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return 0
    return open_app(replace(call, home_given=str(made.home.path), today_given=made.today))


def _folder(call: Call) -> Path:
    """Where the demo lies: in --home or OUTREACH_HOME when one was given, else in a folder of its own."""
    if call.home_given or os.environ.get("OUTREACH_HOME"):
        return call.home.path
    from platformdirs import user_data_path

    return user_data_path("outreach-demo", appauthor=False)


def _silent(sentence: str) -> None:
    """Nobody watches the progress."""
    del sentence
