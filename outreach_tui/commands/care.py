"""The caseload's health: `doctor`, `backup`, `restore`, `verify`."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from outreach_tui import output
from outreach_tui.commands.frame import Call, LineCommand, json_option, the_call
from outreach_tui.commands.keys import code_fd_option
from outreach_tui.commands.opening import (
    CODE_FILE_VARIABLE,
    opened,
    opened_with_key,
    protect,
    take_passphrase,
    take_secret,
)

if TYPE_CHECKING:
    from storage.backup import Check, Secret
    from storage.cipher import Connection
    from storage.doctor import Finding
    from storage.home import Home

_MARKS = {"ok": "ok", "warn": "WARN", "fail": "FAIL"}


@click.command(cls=LineCommand)
@click.option("--deep", is_flag=True, help="Read every page of the caseload.")
@json_option
def doctor(deep: bool) -> int:
    """Check disk encryption, key store, core dumps, versions, clock, keys, file, history and audit.

    Without a passphrase the inside of the caseload is left out. Exit code 1 when something failed.
    """
    from casework.errors import BadInput, Locked, OutreachError, Refused
    from storage.doctor import examine

    call = the_call()
    protect()
    home = call.home
    findings: list[Finding] | None = None
    fault: OutreachError | None = None
    if _is_there(home) and _can_ask(call):
        try:
            with opened(call) as store, _checking() as checks:
                findings = examine(home, store.conn, now=call.now(), deep=deep, checks=checks)
        except Locked as error:
            output.warn(f"The caseload stays locked: {error.message}")
        except (BadInput, Refused) as error:
            fault = error
    if findings is None:
        findings = examine(home, None, now=call.now(), deep=deep, fault=fault)
    failed = any(finding.state == "fail" for finding in findings)
    listed = [{"name": f.name, "state": f.state, "text": f.text} for f in findings]
    call.show(
        {"ok": not failed, "findings": listed},
        lambda: output.emit_table(
            ("CHECK", "STATE", "FOUND"), [(f.name, _MARKS[f.state], f.text) for f in findings], fancy=False
        ),
    )
    return 1 if failed else 0


def _is_there(home: Home) -> bool:
    """Whether there is a caseload to ask the passphrase for; the findings tell of a folder that bars us."""
    from casework.errors import OutreachError

    try:
        return home.has_caseload
    except OutreachError:
        return False


def _can_ask(call: Call) -> bool:
    from storage.secrets_input import FILE_VARIABLE

    return call.passphrase_fd is not None or bool(os.environ.get(FILE_VARIABLE)) or sys.stdin.isatty()


@click.command(cls=LineCommand)
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(file: Path) -> None:
    """Write an encrypted backup to FILE and prove it by opening it. FILE must not be there yet.

    It opens with the passphrase, or the recovery code, of the day it was made.
    """
    from storage.backup import backup as make

    call = the_call()
    with opened_with_key(call) as (store, key):
        with _checking() as checks:
            made = make(store.conn, key, call.home, file, checks=checks)
        store.log("care", f"backup of {made.size} bytes, sha256 {made.sha256[:16]}")
    value = {"file": str(made.path), "bytes": made.size, "sha256": made.sha256}
    call.show(
        value,
        lambda: output.emit_pairs([("Backup", made.path), ("Bytes", made.size), ("SHA-256", made.sha256)]),
    )


@click.command(cls=LineCommand)
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--put-aside", is_flag=True, help="Move a caseload that is there into a folder of its own first."
)
@click.option("--recovery-code", "by_code", is_flag=True, help="Open the backup by its recovery code.")
@code_fd_option
@json_option
def restore(file: Path, put_aside: bool, by_code: bool, code_fd: int | None) -> None:
    """Put the caseload of a backup FILE into the data folder. Nothing is deleted.

    Opens with the passphrase, or the recovery code, of the day the backup was made.
    """
    from storage.backup import restore as put_back
    from storage.cipher import wipe

    call = the_call()
    protect()
    check_is_there(file)
    secret = secret_of_backup(call, by_code=by_code, code_fd=code_fd)
    with output.working("Opening the backup and checking it ..."):
        restored = put_back(file, call.home, secret, now=call.now(), put_aside=put_aside)
    wipe(restored.key)
    value = {
        "home": str(call.home.path),
        "set_aside": str(restored.aside) if restored.aside else None,
    }

    def text() -> None:
        output.emit_pairs([("Restored into", call.home.path)])
        if restored.aside:
            output.emit_pairs([("The one before", restored.aside)])

    call.show(value, text)


@click.command(cls=LineCommand)
@click.option("--deep", is_flag=True, help="Read and authenticate every page.")
@click.option(
    "--backup", "file", type=click.Path(path_type=Path), metavar="FILE", help="Check a backup instead."
)
@click.option("--recovery-code", "by_code", is_flag=True, help="Open the backup by its recovery code.")
@code_fd_option
@json_option
def verify(deep: bool, file: Path | None, by_code: bool, code_fd: int | None) -> int:
    """Check that the file is whole, that the history gives the rows, the audit holds, the search is complete.

    Exit code 1 when something is wrong; each problem is one sentence.
    """
    from casework.errors import OutreachError
    from storage.backup import examine_backup, says_damage
    from storage.backup import verify as examine

    call = the_call()
    try:
        if file is not None:
            protect()
            check_is_there(file)
            secret = secret_of_backup(call, by_code=by_code, code_fd=code_fd)
            with output.working("Opening the backup and checking it ..."):
                problems = examine_backup(file, secret, home=call.home, now=call.now())
        else:
            with opened(call) as store, _checking() as checks:
                problems = examine(store.conn, call.home.database, deep=deep, checks=checks)
    except OutreachError as error:
        if not says_damage(error):
            raise
        problems = [error.message]
    call.show(
        {"sound": not problems, "deep": deep, "problems": problems},
        lambda: output.emit_lines(problems or ["The caseload is sound."]),
    )
    return 1 if problems else 0


@contextmanager
def _checking() -> Iterator[tuple[Check, ...]]:
    """The checks of a caseload; on a terminal each says, when its turn comes, which of how many it is."""
    from storage.integrity import CHECKS

    with output.working("Reading the caseload ...") as say:

        def watched(number: int, check: Check) -> Check:
            def run(conn: Connection) -> Iterable[str]:
                say(f"Checking the caseload, {number} of {len(CHECKS)} ...")
                return check(conn)

            return run

        yield tuple(watched(number, check) for number, check in enumerate(CHECKS, start=1))


def check_is_there(file: Path) -> None:
    """Raise BadInput for a backup that is not there, before a secret is asked for."""
    from casework.errors import BadInput

    if not os.path.lexists(file):
        raise BadInput("not-found", f"{file.name} is not there; check the name of the backup.", str(file))


def secret_of_backup(call: Call, *, by_code: bool, code_fd: int | None) -> Secret:
    """What opens a backup: the passphrase, or the recovery code where that was given or asked for."""
    from storage.backup import Secret

    if by_code or code_fd is not None or os.environ.get(CODE_FILE_VARIABLE):
        typed = take_secret(code_fd, CODE_FILE_VARIABLE, "Recovery code: ")
        return Secret(code=typed.decode("utf-8", "replace"))
    return Secret(passphrase=take_passphrase(call))
