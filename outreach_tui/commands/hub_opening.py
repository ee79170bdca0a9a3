"""The way into a central record for every command that works on one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from outreach_tui.commands.frame import Call
from outreach_tui.commands.opening import protect, settle, unlock

if TYPE_CHECKING:
    from sync.hub.home import HubHome, OpenHub

_EXTRA = ("fastapi", "uvicorn", "sqlalchemy", "psycopg")


def hub_home(call: Call) -> HubHome:
    """The data folder as a central record's, which --today moves nothing of.

    Raises Refused where the central record's parts are missing.
    """
    from importlib.util import find_spec

    missing = [name for name in _EXTRA if find_spec(name) is None]
    if missing:
        from casework.errors import Refused

        raise Refused(
            "hub-extra", "A central record needs more than a laptop does: install outreach-tui[hub]."
        )
    from sync.hub.home import HubHome

    call.not_moved = "a central record goes by the day that it is, for all of its laptops"
    return HubHome(call.home.path)


@contextmanager
def opened_hub(call: Call) -> Iterator[tuple[OpenHub, bytearray]]:
    """The open central record and its data key; both are gone afterwards."""
    protect()
    home = hub_home(call)
    from storage.cipher import wipe
    from storage.faults import DATABASE_ERRORS, from_database
    from storage.vault import Vault
    from sync.hub.home import open_hub

    home.check_whole()
    vault = Vault.load(home)
    key = unlock(call, vault)
    try:
        opened: Any = open_hub(home, key, now=call.now)
        settle()
        try:
            yield opened, key
        finally:
            opened.close()
    except DATABASE_ERRORS as error:
        raise from_database(error, home.database) from error
    finally:
        wipe(key)
