"""The operating system's key store as a convenience, never as the only way in.

A store counts only when it is one we know to encrypt and to keep what it is given: on a bare Linux machine
`keyring` falls back to `fail` or `null`, which keep nothing, and third-party ones may keep plain text.
"""

from __future__ import annotations

import threading
from base64 import b64decode, b64encode
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from typing import Any, Protocol, TypeVar

from casework.errors import OutreachError, Refused
from storage.cipher import wipe

T = TypeVar("T")

SERVICE = "outreach-caseload"
_PATIENCE_SECONDS = 10.0
_KNOWN = {
    ("keyring.backends.Windows", "WinVaultKeyring"): "Windows Credential Manager",
    ("keyring.backends.macOS", "Keyring"): "macOS Keychain",
    ("keyring.backends.SecretService", "Keyring"): "Secret Service",
    ("keyring.backends.libsecret", "Keyring"): "Secret Service",
    ("keyring.backends.kwallet", "DBusKeyring"): "KWallet",
}


class Backend(Protocol):
    """What a keyring backend offers; `keyring.get_keyring()` returns one."""

    def get_password(self, service: str, username: str) -> str | None: ...  # noqa: D102
    def set_password(self, service: str, username: str, password: str) -> None: ...  # noqa: D102
    def delete_password(self, service: str, username: str) -> None: ...  # noqa: D102


def apart(work: Callable[[], T]) -> Future[T]:
    """Run `work` on a thread of its own that no exit waits for; cancelling the future drops its answer.

    A store may show a dialog and never return.
    """
    answer: Future[T] = Future()

    def run() -> None:
        try:
            given = work()
        except Exception as error:  # noqa: BLE001  # every backend has error classes of its own
            with suppress(InvalidStateError):
                answer.set_exception(error)
            return
        try:
            answer.set_result(given)
        except InvalidStateError:
            if isinstance(given, bytearray):
                wipe(given)  # nobody waits for this key any more

    threading.Thread(target=run, name="keyring", daemon=True).start()
    return answer


def _no_store() -> OutreachError:
    return Refused(
        "no-keyring",
        "This computer has no key store that Outreach trusts; go on using the passphrase.",
    )


def _trusted(backend: Any) -> bool:
    kind = (type(backend).__module__, type(backend).__name__)
    if kind == ("keyring.backends.chainer", "ChainerBackend"):
        return bool(backend.backends) and all(_trusted(member) for member in backend.backends)
    return kind in _KNOWN


class Ring:
    """The key store of this account; `backend` stands in for the system's in tests and counts as trusted."""

    def __init__(self, backend: Backend | None = None, *, patience: float = _PATIENCE_SECONDS) -> None:
        self._given = backend
        self._patience = patience

    def describe(self) -> str | None:
        """The store's name, or None when there is none that counts."""
        backend = self._given or _system()
        if self._given is None and not _trusted(backend):
            return None
        return f"{type(backend).__module__}.{type(backend).__name__}"

    def name(self) -> str:
        """The store as a person knows it, "" when there is none that counts."""
        backend = self._given or _system()
        if self._given is None and not _trusted(backend):
            return ""
        members = getattr(backend, "backends", None) or [backend]  # a chain asks its first member first
        kind = (type(members[0]).__module__, type(members[0]).__name__)
        return _KNOWN.get(kind, "key store")

    def keep(self, account: str, secret: bytearray) -> None:
        """Store a key and read it back; `Refused` unless the same value comes back."""
        text = b64encode(secret).decode()
        self._ask("set_password", SERVICE, account, text)
        if self._ask("get_password", SERVICE, account) != text:
            self.forget(account)
            raise Refused(
                "keyring-unreliable",
                "This computer's key store did not give back what it was given; go on using the passphrase.",
            )

    def fetch(self, account: str) -> bytearray | None:
        """The stored key, or None when there is none or it is not a key."""
        text = self._ask("get_password", SERVICE, account)
        if not isinstance(text, str):
            return None
        try:
            return bytearray(b64decode(text, validate=True))
        except ValueError:
            return None

    def forget(self, account: str) -> bool:
        """Delete the stored key; False when the store had none or would not."""
        try:
            self._ask("delete_password", SERVICE, account)
        except OutreachError:
            return False
        return True

    def _ask(self, method: str, *words: str) -> Any:
        """Call the store on a thread of its own: a locked store may show a dialog and never return."""
        backend = self._given or _system()
        if self._given is None and not _trusted(backend):
            raise _no_store()
        answer = apart(lambda: getattr(backend, method)(*words))
        try:
            return answer.result(self._patience)
        except TimeoutError:
            answer.cancel()
            reason = "did not answer in time"
        except Exception:  # noqa: BLE001  # every backend has error classes of its own
            reason = "refused"
        raise Refused("keyring-locked", f"This computer's key store {reason}; use the passphrase instead.")


def _system() -> Any:
    import keyring

    return keyring.get_keyring()
