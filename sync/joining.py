"""A laptop's way to its central record: enrolling once, then one session after another."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from casework.errors import Refused
from storage.central.identity import COMING_KEY, HUB_KEY, OFFSET, PRIVATE_KEY, Identity, adopt
from storage.central.state import keep, kept, read_state
from storage.faults import translated
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from sync import signing
from sync.device import Device
from sync.http import HttpTransport, Line, Peer, Traffic
from sync.http import enrol as say_enrol
from sync.session import Session
from sync.transport import Answering


@dataclass(frozen=True, slots=True)
class Joined:
    """What this laptop is from now on, and six words for the central record's key."""

    device: str
    hub: str
    url: str
    worker: str
    agency: str
    words: str
    waiting: bool


@dataclass(slots=True)
class Reconciled:
    """A session, what went over the wire for it, and how long it took."""

    session: Session = field(default_factory=Session)
    traffic: Traffic = field(default_factory=Traffic)
    seconds: float = 0.0


def join(store: Store, url: str, code: str) -> Joined:
    """Enrol with a one-time code. Raises UsageProblem, Unreachable or Refused; then nothing was changed.

    The key is kept before it is sent: when the answer is lost, the same code works once more with it.
    """
    with translated(store.path):
        text = kept(store.conn, COMING_KEY)
        if not text:
            text = signing.key_text(signing.new_key())
            keep(store.conn, COMING_KEY, text)
    line = Line(url, now=store.now)
    try:
        was = store.worker if read_state(store.conn).is_enrolled else None
        answer = say_enrol(line, code, signing.key_of(text), was)
    except Refused as refusal:
        if was is None or refusal.code != "wrong-code":
            raise
        raise Refused(
            "wrong-code",
            f"This laptop is already enrolled as {was.name}'s, and stays so: outreach sync works on without a"
            " code. This one is used up, wrong or older than ten minutes; to enrol anew it needs another.",
        ) from None
    finally:
        line.close()
    identity = Identity(
        url=line.url,
        hub=answer.hub,
        hub_key=answer.key,
        hub_seal=answer.seal,
        device=answer.device,
        worker_id=answer.worker_id,
        worker=answer.worker,
        team_id=answer.team_id,
        team=answer.team,
        schools=answer.beside.schools,
    )
    with translated(store.path):
        adopt(store, identity)
        keep(store.conn, OFFSET, str(line.offset.total_seconds()))
    store.log("care", f"enrolled at the central record as laptop {answer.device}")
    return Joined(
        device=answer.device,
        hub=answer.hub,
        url=line.url,
        worker=store.worker.name,
        agency=store.worker.agency,
        words=signing.fingerprint_words(answer.key),
        waiting=answer.waiting,
    )


def reconcile(
    store: Store,
    *,
    full: bool = False,
    deep: bool = False,
    progress: Callable[[str], None] = lambda _: None,
    sleep: Callable[[float], None] = time.sleep,
    around: Callable[[Answering], Answering] = lambda way: way,
    done: Reconciled | None = None,
) -> Reconciled:
    """One session with the central record; `around` is put around the way there. What it does is counted in
    `done` while it runs, so that it is known of one that was broken off, too.

    Raises Refused where this laptop is not enrolled, Unreachable where the way is closed; what was done until
    then stands. Raises Refused("revoked") where its access was ended: what waited was handed in then, and the
    keys of the caseload are destroyed.
    """
    state = read_state(store.conn)
    if not state.is_enrolled or not state.url:
        raise Refused(
            "not-enrolled",
            "This laptop is not enrolled with a central record: get a code, then outreach enrol URL CODE.",
        )
    done = done or Reconciled()
    began = time.perf_counter()
    conn = store.conn
    offset = timedelta(seconds=float(kept(conn, OFFSET) or 0))
    line = Line(state.url, now=store.now, offset=offset, sleep=sleep)
    done.traffic = line.traffic
    peer = Peer(
        url=state.url,
        device=state.device,
        key=signing.key_of(kept(conn, PRIVATE_KEY)),
        hub_key=signing.public_of(kept(conn, HUB_KEY)),
    )
    try:
        device = Device(store, around(HttpTransport(line, peer)), now=store.now, progress=progress)
        with translated(store.path):
            device.sync(full=full, deep=deep, session=done.session)
    except Refused as refusal:
        if refusal.code != "revoked":
            raise
        destroy_keys(store)
        raise Refused(
            "revoked",
            "This laptop's access was ended: what waited was handed in to the central record, and the keys of"
            " this caseload were destroyed. Speak to your manager.",
        ) from None
    finally:
        done.seconds = time.perf_counter() - began
        line.close()
        if line.offset != offset:
            with translated(store.path):
                keep(conn, OFFSET, str(line.offset.total_seconds()))
    return done


def destroy_keys(store: Store) -> None:
    """Nobody opens this caseload again: the central record, whose key signs it, ended its access."""
    home = Home(store.path.parent)
    if home.has_keys:
        store.log("care", "the central record ended this laptop's access: the keys are destroyed")
        Vault.load(home).erase_slots()
