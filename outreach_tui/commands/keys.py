"""Set-up and keys: `init`, `passphrase`, `lock`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from outreach_tui import output
from outreach_tui.commands.frame import Call, LineCommand, LineGroup, json_option, the_call
from outreach_tui.commands.opening import (
    CODE_FILE_VARIABLE,
    NEW_FILE_VARIABLE,
    opened_with_key,
    protect,
    take_new_passphrase,
    take_passphrase,
    take_secret,
)

if TYPE_CHECKING:
    from storage.vault import Vault

new_fd_option = click.option(
    "--new-passphrase-fd",
    "new_fd",
    type=int,
    metavar="N",
    help=f"Read the new passphrase from this descriptor; or set {NEW_FILE_VARIABLE}.",
)
code_fd_option = click.option(
    "--code-fd",
    type=int,
    metavar="N",
    help=f"Read the recovery code from this descriptor; or set {CODE_FILE_VARIABLE}.",
)


@click.command(cls=LineCommand)
@click.option("--worker", required=True, metavar="NAME", help="Your name, as colleagues know it.")
@click.option("--agency", required=True, metavar="AGENCY", help="The agency you work for; see below.")
@click.option("--team", required=True, metavar="TEAM", help="Your team.")
@click.option("--district", default="", metavar="NAME", help="The district of the team.")
@json_option
def init(worker: str, agency: str, team: str, district: str) -> None:
    """Make an encrypted caseload in the data folder and print its recovery code.

    AGENCY is one of early-help, social-care, school, inclusion-attendance, school-nursing, youth-justice,
    voluntary, management.

    The recovery code is shown once and kept nowhere: write it down and keep it away from this computer. The
    passphrase is asked for twice, or comes from --passphrase-fd or the file that OUTREACH_PASSPHRASE_FILE
    names.
    """
    from casework.errors import BadInput, UsageProblem
    from casework.ids import new_id
    from casework.records import Team, Worker
    from casework.text import clean
    from casework.vocabulary import Agency
    from storage.cipher import wipe
    from storage.store import Store
    from storage.vault import Vault

    call = the_call()
    if agency not in get_args(Agency):
        choices = ", ".join(get_args(Agency))
        raise UsageProblem("no-such-agency", f"There is no such agency; choose one of {choices}.", "--agency")
    for option, value in (("--worker", worker), ("--team", team)):
        if not clean(value).strip():
            raise BadInput("empty", f"{option} must not be empty.", option)
    protect()
    home = call.home
    home.check_free()
    passphrase = take_new_passphrase(call, None, NEW_FILE_VARIABLE, shared=True)
    try:
        vault, key, code = Vault.create(home, passphrase)
    finally:
        wipe(passphrase)
    try:
        of_team = Team(id=new_id(), name=clean(team).strip(), district=clean(district).strip())
        person = Worker.model_validate(
            {"id": new_id(), "name": clean(worker).strip(), "agency": agency, "team": of_team.id}
        )
        store = Store.set_up(home.database, key, worker=person, team=of_team, now=call.now, today=call.today)
        store.save_setting("vault-generation", str(vault.generation))
        store.close()
    finally:
        wipe(key)

    if vault.put_aside:
        output.warn(
            "An earlier set-up here never ended; the keys it had made open nothing and are kept as "
            f"{' and '.join(vault.put_aside)}."
        )

    def text() -> None:
        output.emit_pairs([("Data folder", home.path), ("Recovery code", code)])
        output.warn(
            "Write the recovery code down now and keep it away from this computer: it is not shown again."
        )

    call.show({"recovery_code": code, "home": str(home.path)}, text)


@click.group(cls=LineGroup, no_args_is_help=False)
def passphrase() -> None:
    """Change the passphrase, set a new one by recovery code, or draw another code."""


@passphrase.command("change")
@new_fd_option
@json_option
def change(new_fd: int | None) -> None:
    """Replace the passphrase. The caseload itself is not encrypted anew, so this takes a moment only."""
    from storage.cipher import wipe
    from storage.vault import Vault

    call = the_call()
    protect()
    call.home.check_whole()
    vault = Vault.load(call.home)
    old = take_passphrase(call, "Present passphrase: ")
    try:
        new = take_new_passphrase(call, new_fd, NEW_FILE_VARIABLE, shared=False)
        try:
            vault.change_passphrase(old, new, now=call.now())
        finally:
            wipe(new)
    finally:
        wipe(old)
    call.show(
        {"changed": True},
        lambda: output.emit_lines(["The passphrase is changed; the old one opens nothing any more."]),
    )


def _open_alone_again(call: Call, key: bytearray, way: str) -> None:
    """What opened it stands in for the central record's word and is put on record; the new code is shown
    whatever fails.
    """
    from casework.errors import OutreachError
    from storage.central.lease import begin_anew
    from storage.faults import translated
    from storage.store import Store

    try:
        with translated(call.home.database):
            store = Store.open(call.home.database, key, now=call.now, today=call.today)
            try:
                begin_anew(store.conn, call.now())
                store.log("care", f"new passphrase set by {way}")
            finally:
                store.close()
    except OutreachError as error:
        output.warn(error.message)


@passphrase.command("recover")
@code_fd_option
@new_fd_option
@click.option(
    "--escrow",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The service's private key, in a file that only you can read, in place of the code.",
)
@json_option
def recover(code_fd: int | None, new_fd: int | None, escrow: Path | None) -> None:
    """Set a new passphrase by the recovery code, and print the next recovery code.

    With --escrow by the service's key, where the caseload was opened to it. The used code, the old passphrase
    and the key store open nothing afterwards. The new passphrase may also come by --passphrase-fd or
    OUTREACH_PASSPHRASE_FILE. A laptop that had no word from the central record for too long opens again.
    """
    from storage.cipher import wipe
    from storage.vault import Vault

    call = the_call()
    protect()
    call.home.check_whole()
    vault = Vault.load(call.home)
    if escrow is not None:
        from storage.escrow_key import read_private

        given, way = read_private(escrow), "the service's key"
    else:
        given, way = take_secret(code_fd, CODE_FILE_VARIABLE, "Recovery code: "), "the recovery code"
    try:
        new = take_new_passphrase(call, new_fd, NEW_FILE_VARIABLE, shared=True)
        try:
            if escrow is not None:
                key, fresh = vault.recover_escrow(given, new)
            else:
                key, fresh = vault.recover(given.decode("utf-8", "replace"), new)
        finally:
            wipe(new)
    finally:
        wipe(given)
    try:
        _open_alone_again(call, key, way)
    finally:
        wipe(key)

    def text() -> None:
        output.emit_pairs([("Recovery code", fresh)])
        output.warn("The passphrase is set. Write the new recovery code down: the old one no longer works.")

    call.show({"recovery_code": fresh, "home": str(call.home.path)}, text)


@passphrase.command("recovery-code")
@json_option
def recovery_code() -> None:
    """Draw another recovery code and print it once. The code before it opens nothing afterwards.

    For a code that was lost or never written down. The passphrase stays as it is.
    """
    from storage.recovery_code import UNCONFIRMED
    from storage.vault import Vault

    call = the_call()
    with opened_with_key(call) as (store, key):
        vault = Vault.load(call.home)
        fresh = vault.renew_recovery(key)
        store.save_setting("vault-generation", str(vault.generation))
        store.save_setting(UNCONFIRMED, "")
        store.log("care", "recovery code renewed")

    def text() -> None:
        output.emit_pairs([("Recovery code", fresh)])
        output.warn("Write the new recovery code down: it is not shown again, and the old one opens nothing.")

    call.show({"recovery_code": fresh, "home": str(call.home.path)}, text)


@passphrase.command("keyring")
@click.argument("state", type=click.Choice(["on", "off"]))
@json_option
def keyring(state: str) -> None:
    """Let this account's key store open the caseload (on), or not (off)."""
    from storage.vault import Vault

    call = the_call()
    with opened_with_key(call) as (store, key):
        vault = Vault.load(call.home)
        if state == "on":
            vault.enable_keyring(key)
        else:
            vault.disable_keyring(key)
        store.log("care", f"key store {state}")
    call.show({"keyring": state}, lambda: output.emit_lines([f"The key store is {state} for this caseload."]))


@passphrase.command("escrow")
@click.argument("file", required=False, type=click.Path(path_type=Path))
@click.option("--off", is_flag=True, help="No service's key opens this caseload any more.")
@json_option
def escrow(file: Path | None, off: bool) -> None:
    """Let the service's public key in FILE wrap the caseload's key, so that the service can recover it.

    FILE is an X25519 key in PEM (openssl genpkey -algorithm X25519; openssl pkey -pubout). Whoever holds the
    private key opens this caseload without you: `passphrase recover --escrow`, which the log keeps.
    """
    from storage.escrow_key import read_public
    from storage.vault import Vault

    if (file is None) != off:
        raise click.UsageError("Say FILE, or --off")
    call = the_call()
    public = read_public(file) if file is not None else None
    with opened_with_key(call) as (store, key):
        Vault.load(call.home).set_escrow(key, public)
        store.log("care", "escrow off" if off else "escrow on")
    said = "The service's key opens this caseload." if public else "No service's key opens this caseload."
    call.show({"escrow": public is not None}, lambda: output.emit_lines([said]))


@click.command(cls=LineCommand)
@json_option
def lock() -> None:
    """Close every way in but the passphrase and the recovery code.

    Plain commands keep nothing open between calls. Where the key store of this account may open the caseload,
    its key is deleted there. An open app is asked to lock, which takes five seconds at the most.
    """
    from storage.ring import Ring
    from storage.vault import Vault

    call = the_call()
    call.home.check_whole()
    vault = Vault.load(call.home)
    forgotten = Ring().forget(_key_store_account(vault)) if vault.has_keyring else False
    asked = _app_is_open()
    if asked:
        from storage.files import write_atomic

        write_atomic(call.home.lock_request, b"")
    call.show(
        {"locked": True, "key_store_forgotten": forgotten, "app_open": asked},
        lambda: output.emit_lines(
            ["The open app locks within five seconds." if asked else "Locked: the passphrase is needed."]
        ),
    )


def _key_store_account(vault: Vault) -> str:
    """The name under which the key store holds its key; vault.json says it in the clear."""
    import json

    slots = json.loads(vault.text())["slots"]
    return str(slots["keyring"]["account"])


def _app_is_open() -> bool:
    from casework.errors import Refused

    try:
        the_call().home.claim_app().release()
    except Refused as error:
        return error.code == "already-open"
    return False
