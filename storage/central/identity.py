"""Who this laptop is at the central record: its key, its worker, and what it knows of the other side.

The key stands in the encrypted caseload and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from casework.errors import Refused
from casework.records import Team, Worker
from casework.text import fold
from storage.central.renaming import rename
from storage.central.state import SyncState, keep, kept, read_state, write_state
from storage.cipher import Connection
from storage.journal import transaction
from storage.queries.schools import TOLD_SCHOOLS
from storage.rows import update_row
from storage.store import Store

PRIVATE_KEY, COMING_KEY, OFFSET = "private_key", "coming_key", "clock_offset"
HUB_KEY, HUB_SEAL = "hub_key", "hub_seal"
FORMER_WORKER = "former_worker"
"""The id that this laptop's worker had before enrolment: the audit, which is never rewritten, has it."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the central record said at enrolment: ids, its keys, and the worker and team as it has them.

    `schools` are the URNs of the worker's schools by their ids there.
    """

    url: str
    hub: str
    hub_key: str
    hub_seal: str
    device: str
    worker_id: str
    worker: Mapping[str, Any]
    team_id: str | None
    team: Mapping[str, Any]
    schools: Mapping[str, str] = field(default_factory=dict)


def adopt(store: Store, identity: Identity) -> None:
    """Become the laptop that the central record enrolled; in one transaction.

    At the first time nobody else has seen the ids of this laptop's worker and team, so they become the
    central record's, and agency, team and schools are as the council has them. A team of another name stays
    beside it, unless nothing was done here since set-up: then it was but a word on a form.
    Raises Refused where this caseload is another worker's, or belongs to another central record.
    """
    conn = store.conn
    with transaction(conn):
        state = read_state(conn)
        if state.is_enrolled:
            _check_same(store, state, identity)
        else:
            _rename_own(store, identity)
        write_state(conn, replace(state, hub=identity.hub, url=identity.url, device=identity.device))
        keep(conn, HUB_KEY, identity.hub_key)
        keep(conn, HUB_SEAL, identity.hub_seal)
        keep(conn, PRIVATE_KEY, kept(conn, COMING_KEY))
        keep(conn, COMING_KEY, "")
        told = (TOLD_SCHOOLS, json.dumps(dict(identity.schools)))
        conn.execute("INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)", told)
    store.read_who()


def _check_same(store: Store, state: SyncState, identity: Identity) -> None:
    if state.hub != identity.hub:
        raise Refused(
            "other-hub", "This caseload belongs to another central record; make a new one for this."
        )
    if identity.worker_id != store.actor.worker:
        raise Refused("other-worker", "This caseload is another worker's; the code was not for it.")


def _rename_own(store: Store, identity: Identity) -> None:
    conn, before = store.conn, store.actor.worker
    own_team = _own_team(store, identity)
    known = {before: identity.worker_id} if before != identity.worker_id else {}
    if own_team is not None and identity.team_id is not None:
        known[own_team] = identity.team_id
    rename(conn, known, store.now())
    conn.execute("UPDATE edit SET worker = ? WHERE worker = ?", (identity.worker_id, before))
    keep(conn, FORMER_WORKER, before)
    if own_team is not None and identity.team_id is not None:
        _become(conn, Team, identity.team_id, identity.team)
    _become(conn, Worker, identity.worker_id, identity.worker)


def _own_team(store: Store, identity: Identity) -> str | None:
    """The team made here at set-up that means the central record's team, if that has another id."""
    own = store.get(Worker, store.actor.worker).team
    if own is None or own == identity.team_id:
        return None
    untouched = store.conn.execute("SELECT count(*) FROM edit WHERE kind <> 'setup'").fetchone()[0] == 0
    named_alike = fold(store.get(Team, own).name) == fold(identity.team.get("name", ""))
    return own if untouched or named_alike else None


def _become(conn: Connection, cls: type[Worker | Team], record: str, fields: Mapping[str, Any]) -> None:
    """Give a record that only this laptop knows the fields of the central record, from its making on."""
    known = {name: value for name, value in fields.items() if name in cls.model_fields}
    held = conn.execute(
        "SELECT edit, n, new FROM change WHERE record = ? AND field = '' ORDER BY edit LIMIT 1", (record,)
    ).fetchone()
    if held is None:
        return
    edit, n, made = held
    whole = cls.model_validate({**json.loads(made), **known, "id": record}).model_dump(
        mode="json", exclude={"id", "void"}
    )
    conn.execute(
        "UPDATE change SET new = ? WHERE edit = ? AND n = ?",
        (json.dumps(whole, ensure_ascii=False, separators=(",", ":")), edit, n),
    )
    later = conn.execute(
        "SELECT DISTINCT field FROM change WHERE record = ? AND field <> ''", (record,)
    ).fetchall()
    changed = {name for (name,) in later}
    seq = conn.execute(f"SELECT seq FROM {cls.type} WHERE id = ?", (record,)).fetchone()[0]
    fields = {name: value for name, value in whole.items() if name not in changed}
    update_row(conn, cls.type, record, fields, seq)
