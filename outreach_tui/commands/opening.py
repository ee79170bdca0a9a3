"""The way into the caseload for every command: harden the process, take the passphrase, open the store."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from outreach_tui import output
from outreach_tui.commands.frame import Call, interrupted_as_stop

if TYPE_CHECKING:
    from storage.store import Store
    from storage.vault import Vault

NEW_FILE_VARIABLE = "OUTREACH_NEW_PASSPHRASE_FILE"
CODE_FILE_VARIABLE = "OUTREACH_RECOVERY_CODE_FILE"
_GENERATION = "vault-generation"
_AFTER_SILENCE = "run outreach sync, or use the recovery code: outreach passphrase recover"


def protect() -> None:
    """Harden the process; what the system would not do is said on stderr."""
    from storage.harden import harden

    for warning in harden():
        output.warn(f"Warning: {warning}")


def settle() -> None:
    """Imports are done: what they made stays, and garbage is collected from here on."""
    gc.freeze()
    gc.enable()


def take_passphrase(call: Call, prompt: str = "Passphrase: ") -> bytearray:
    """The passphrase that opens the caseload; whoever asks wipes it."""
    from storage.secrets_input import read_passphrase

    with interrupted_as_stop():
        return read_passphrase(call.passphrase_fd, os.environ, prompt)


def take_secret(fd: int | None, variable: str, prompt: str, *, fallback: Call | None = None) -> bytearray:
    """A second secret: from `fd`, the owner-only file that `variable` names, or the terminal.

    With `fallback`, the ways that the passphrase itself may come are tried before the terminal.
    """
    from storage.secrets_input import FILE_VARIABLE, read_passphrase

    named = os.environ.get(variable)
    if fd is None and not named and fallback is not None:
        fd, named = fallback.passphrase_fd, os.environ.get(FILE_VARIABLE)
    environ = {FILE_VARIABLE: named} if named else {}
    with interrupted_as_stop():
        return read_passphrase(fd, environ, prompt)


def take_new_passphrase(call: Call, fd: int | None, variable: str, *, shared: bool) -> bytearray:
    """A passphrase to be set. Typed, it is asked for twice. Raises UsageProblem when they differ.

    `shared` lets it come by `--passphrase-fd` and OUTREACH_PASSPHRASE_FILE too (where no old one is needed).
    """
    from casework.errors import UsageProblem
    from storage.cipher import wipe
    from storage.secrets_input import FILE_VARIABLE

    typed = fd is None and not os.environ.get(variable)
    if shared:
        typed = typed and call.passphrase_fd is None and not os.environ.get(FILE_VARIABLE)
    first = take_secret(fd, variable, "New passphrase: ", fallback=call if shared else None)
    if not typed:
        return first
    second = take_secret(None, variable, "The same again: ")
    same = first == second
    wipe(second)
    if not same:
        wipe(first)
        raise UsageProblem(
            "passphrases-differ", "The two passphrases differ; nothing was changed, try again."
        )
    return first


def unlock(call: Call, vault: Vault) -> bytearray:
    """The data key, which the caller wipes: by the key store where it is set up, else by the passphrase."""
    from casework.errors import OutreachError
    from storage.cipher import wipe
    from storage.secrets_input import FILE_VARIABLE

    given = call.passphrase_fd is not None or os.environ.get(FILE_VARIABLE)
    if vault.has_keyring and not given:
        try:
            return vault.unlock_keyring()
        except OutreachError as error:
            output.warn(error.message)
    if not given:
        vault.check_wait(call.now())
    passphrase = take_passphrase(call)
    try:
        return vault.unlock(passphrase, now=call.now())
    finally:
        wipe(passphrase)


@contextmanager
def opened_with_key(call: Call, *, after_silence: bool = False) -> Iterator[tuple[Store, bytearray]]:
    """The open caseload and its data key; both are gone afterwards.

    Raises Locked("silent") where the central record has not heard of this laptop for too long, unless the
    command is one `after_silence`: by which it is heard of again, and which shows no child.
    """
    protect()
    from storage.cipher import wipe
    from storage.faults import DATABASE_ERRORS, from_database
    from storage.store import Store
    from storage.vault import Vault

    home = call.home
    today = call.today
    home.check_whole()
    vault = Vault.load(home)
    key = unlock(call, vault)
    try:
        warning = home.check_clock(call.now())
        if warning:
            output.warn(f"Warning: {warning}")
        store = Store.open(home.database, key, now=call.now, today=today, moment=call.moment)
        try:
            _note_generation(store, vault)
            _mind_lease(store, after_silence=after_silence)
            settle()
            yield store, key
        finally:
            store.close()
    except DATABASE_ERRORS as error:
        raise from_database(error, home.database) from error
    finally:
        wipe(key)


@contextmanager
def opened(call: Call, *, after_silence: bool = False) -> Iterator[Store]:
    """The open caseload: the one way in for every command. `after_silence` as in `opened_with_key`."""
    with opened_with_key(call, after_silence=after_silence) as (store, _):
        yield store


def open_app(call: Call) -> int:
    """Open the app on this data folder; its exit code. Raises UsageProblem where there is no terminal."""
    from outreach_tui import launch

    protect()
    settle()
    return launch.open_app(
        call.home,
        now=call.now,
        today=call.today,
        today_set=call.today_set is not None,
        moment=call.moment,
    )


def _mind_lease(store: Store, *, after_silence: bool) -> None:
    """Warn before this laptop does not open alone any more. Raises Locked("silent") then."""
    from storage.central.lease import check_lease, look_at_clock

    if after_silence:
        look_at_clock(store.conn, store.now())
        return
    lease = check_lease(store.conn, store.now(), _AFTER_SILENCE)
    if lease is not None and lease.ends_soon:
        output.warn(f"Warning: {lease.warning}")


def _note_generation(store: Store, vault: Vault) -> None:
    """Warn when the key file is older than one that opened this caseload before."""
    known = int(store.setting(_GENERATION, "0"))
    if vault.generation < known:
        output.warn(
            "Warning: vault.json is an older one than this caseload has seen, so an old passphrase opens it"
            " again; change the passphrase."
        )
    elif vault.generation > known:
        store.save_setting(_GENERATION, str(vault.generation))
