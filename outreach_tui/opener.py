"""The way into the caseload of a data folder: vault, then store. Every call runs on the desk's thread."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from casework.errors import BadInput
from casework.ids import new_id
from casework.records import Team, Worker
from casework.text import clean
from screens.doorway import FirstRun
from storage.cipher import wipe
from storage.home import Home
from storage.store import Store
from storage.vault import Vault

_GENERATION = "vault-generation"


class VaultOpener:
    """Opens the caseload in `home`. `now` gives aware UTC instants; `today` is the date that rules use."""

    def __init__(self, home: Home, *, now: Callable[[], datetime], today: date) -> None:
        self._home, self._now, self._today = home, now, today

    @property
    def has_caseload(self) -> bool:
        """Whether set-up was finished here."""
        return self._home.has_caseload

    def wait_left(self) -> float:
        """Seconds until the next passphrase is taken."""
        return Vault.load(self._home).wait_left(self._now())

    def unlock(self, passphrase: bytearray) -> Store:
        """Open with the passphrase, which is wiped. Raises `Locked`, or `BadInput` for an altered file."""
        try:
            vault = Vault.load(self._home)
            key = vault.unlock(passphrase, now=self._now())
        finally:
            wipe(passphrase)
        return self._open(vault, key)

    def recover(self, code: str, passphrase: bytearray) -> tuple[Store, str]:
        """Open with the recovery code and set a new passphrase; the store and the next recovery code."""
        try:
            vault = Vault.load(self._home)
            key, fresh = vault.recover(clean(code), passphrase)
        finally:
            wipe(passphrase)
        return self._open(vault, key), fresh

    def create(self, first: FirstRun) -> tuple[Store, str]:
        """Make the caseload; the open store and the recovery code."""
        worker, team = clean(first.worker).strip(), clean(first.team).strip()
        if not worker or not team:
            raise BadInput("empty", "Your name and your team must not be empty.")
        try:
            vault, key, code = Vault.create(self._home, first.passphrase)
        finally:
            wipe(first.passphrase)
        try:
            of_team = Team(id=new_id(), name=team)
            person = Worker.model_validate(
                {"id": new_id(), "name": worker, "agency": first.agency, "team": of_team.id}
            )
            database = self._home.database
            store = Store.set_up(database, key, worker=person, team=of_team, now=self._now, today=self._today)
        finally:
            wipe(key)
        store.save_setting(_GENERATION, str(vault.generation))
        return store, code

    def _open(self, vault: Vault, key: bytearray) -> Store:
        try:
            store = Store.open(self._home.database, key, now=self._now, today=self._today)
        finally:
            wipe(key)
        if vault.generation > int(store.setting(_GENERATION, "0")):
            store.save_setting(_GENERATION, str(vault.generation))
        return store
