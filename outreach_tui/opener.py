"""The way into the caseload of a data folder: vault, then store. Every call runs on the desk's thread."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime

from casework.errors import BadInput, Locked, OutreachError, Refused
from casework.ids import new_id
from casework.records import Team, Worker
from casework.text import clean
from screens.doorway import FirstRun
from storage.central.lease import SILENT, begin_anew, check_lease
from storage.cipher import wipe
from storage.faults import translated
from storage.home import Home
from storage.recovery_code import UNCONFIRMED
from storage.ring import Ring
from storage.store import Store
from storage.vault import Vault

_GENERATION = "vault-generation"
_AFTER_SILENCE = "f5 syncs now, f2 takes the recovery code"


class VaultOpener:
    """Opens the caseload in `home`. `now` gives aware UTC instants; `today` is the date that rules use.

    `moment` dates what a worker logs, where it is not `now`: with a date that was set.
    """

    def __init__(
        self,
        home: Home,
        *,
        now: Callable[[], datetime],
        today: date,
        moment: Callable[[], datetime] | None = None,
        ring: Ring | None = None,
    ) -> None:
        self._moment = moment
        self._home, self._now, self._today, self._ring = home, now, today, ring
        self._key: bytearray | None = None
        self._silent: bytearray | None = None

    @property
    def has_caseload(self) -> bool:
        """Whether set-up was finished here."""
        return self._home.has_caseload

    def wait_left(self) -> float:
        """Seconds until the next passphrase is taken."""
        return Vault.load(self._home, ring=self._ring).wait_left(self._now())

    @property
    def owes_code(self) -> bool:
        """Whether the recovery code of the caseload just opened was never proved."""
        return self._key is not None

    def renew_recovery(self) -> str:
        """Draw another recovery code; the one before it opens nothing. Raises `Locked` once forgotten."""
        if self._key is None:
            raise Locked("locked", "Unlock the caseload again for a new recovery code.")
        try:
            return Vault.load(self._home, ring=self._ring).renew_recovery(self._key)
        finally:
            self.forget()

    def forget(self) -> None:
        """Wipe the keys that were kept for another recovery code, or for a session."""
        for key in (self._key, self._silent):
            if key is not None:
                wipe(key)
        self._key = self._silent = None

    @property
    def is_silent(self) -> bool:
        """Whether the right passphrase opened nothing just now, for the central record was not heard."""
        return self._silent is not None

    def open_heard(self, session: Callable[[Store], object]) -> Store:
        """Open for a session what was silent for too long, and leave it open if it then may be."""
        if self._silent is None:
            raise Locked(SILENT, "Give the passphrase first; then f5 syncs.")
        store = self._store(self._silent)
        try:
            session(store)
            check_lease(store.conn, self._now(), _AFTER_SILENCE)
        except BaseException as problem:
            store.close()
            if isinstance(problem, Refused):  # such as an access that was ended
                self.forget()
            raise
        self.forget()
        return store

    def unlock(self, passphrase: bytearray) -> Store:
        """Open with the passphrase, which is wiped. Raises `Locked`, or `BadInput` for an altered file."""
        try:
            self._home.check_whole()
            vault = Vault.load(self._home, ring=self._ring)
            key = vault.unlock(passphrase, now=self._now())
        finally:
            wipe(passphrase)
        return self._open(vault, key, may_renew=True)

    def key_store(self) -> str:
        """The key store that opens this caseload now, or ""."""
        return Vault.load(self._home, ring=self._ring).find_key_store()

    def ask_key_store(self) -> bytearray:
        """What the key store keeps for this caseload."""
        self._home.check_whole()
        return Vault.load(self._home, ring=self._ring).fetch_kept()

    def unlock_kept(self, kept: bytearray) -> Store:
        """Open with what the key store kept, which is wiped."""
        vault = Vault.load(self._home, ring=self._ring)
        return self._open(vault, vault.unlock_kept(kept), may_renew=True)

    def locked(self) -> None:
        """Shut the key store until a person gave the passphrase."""
        Vault.load(self._home, ring=self._ring).pause_keyring()

    def recover(self, code: str, passphrase: bytearray) -> tuple[Store, str]:
        """Open with the recovery code and set a new passphrase; the store and the next recovery code."""
        try:
            self._home.check_whole()
            vault = Vault.load(self._home, ring=self._ring)
            key, fresh = vault.recover(clean(code), passphrase)
        finally:
            wipe(passphrase)
        store = self._open(vault, key, recovered=True)
        store.save_setting(UNCONFIRMED, "recovered")
        return store, fresh

    def create(self, first: FirstRun) -> tuple[Store, str]:
        """Make the caseload; the open store and the recovery code."""
        worker, team = clean(first.worker).strip(), clean(first.team).strip()
        if not worker or not team:
            raise BadInput("empty", "Your name and your team must not be empty.")
        try:
            vault, key, code = Vault.create(self._home, first.passphrase, ring=self._ring)
        finally:
            wipe(first.passphrase)
        try:
            of_team = Team(id=new_id(), name=team)
            person = Worker.model_validate(
                {"id": new_id(), "name": worker, "agency": first.agency, "team": of_team.id}
            )
            database = self._home.database
            store = Store.set_up(
                database,
                key,
                worker=person,
                team=of_team,
                now=self._now,
                today=self._today,
                moment=self._moment,
                check_same_thread=False,
            )
        finally:
            wipe(key)
        store.save_setting(_GENERATION, str(vault.generation))
        store.save_setting(UNCONFIRMED, "new")
        return store, code

    def _store(self, key: bytearray) -> Store:
        return Store.open(
            self._home.database,
            key,
            now=self._now,
            today=self._today,
            moment=self._moment,
            check_same_thread=False,  # a session with the central record borrows it (storage.lending)
        )

    def _mind_silence(self, store: Store, key: bytearray, *, recovered: bool) -> None:
        """Keep shut what was silent for too long; its key waits for a session, until `forget`."""
        if recovered:
            with suppress(OutreachError), translated(store.path):  # the next code has to be shown
                begin_anew(store.conn, self._now())
            return
        try:
            with translated(store.path):
                check_lease(store.conn, self._now(), _AFTER_SILENCE)
        except OutreachError as problem:
            store.close()
            if problem.code == SILENT:
                self._silent = bytearray(key)
            raise

    def _open(
        self, vault: Vault, key: bytearray, *, may_renew: bool = False, recovered: bool = False
    ) -> Store:
        self.forget()
        try:
            store = self._store(key)
            self._mind_silence(store, key, recovered=recovered)
            if may_renew and store.setting(UNCONFIRMED):
                self._key = bytearray(key)
        finally:
            wipe(key)
        if vault.generation > int(store.setting(_GENERATION, "0")):
            store.save_setting(_GENERATION, str(vault.generation))
        return store
