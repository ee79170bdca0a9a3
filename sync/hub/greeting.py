"""What a greeting is answered and leaves here: whether a laptop was set back, copied, or is well."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, update

from casework.local_days import day_of
from casework.shape import kinds, shape
from sync.hub import tables
from sync.hub.alarms import looked_into
from sync.hub.anchoring import anchor
from sync.hub.comparing import Comparing
from sync.hub.counting import Counter
from sync.hub.devices import keep_statement
from sync.hub.entitlement import SEND_ANEW, Entitlement
from sync.hub.entries import here
from sync.hub.last_bundle import outdate
from sync.hub.opening import known_device
from sync.hub.standing import Sums
from sync.hub.waiting import take_waiting_of, taken_since
from sync.messages.greeting import Action, BesideWelcome, Hello, Welcome
from sync.messages.said import PROTOCOL, Cursor
from sync.messages.sums import Verify

_WORDS = 16
"""Words of sessions that are kept: more than a laptop has in the minutes for which a request is taken."""
_SEEN = (
    update(tables.device)
    .where(tables.device.c.id == bindparam("laptop"))
    .values(last_seen=bindparam("last_seen"), incarnation=bindparam("incarnation"))
)


class Greeting:
    """One greeting, in the caller's transaction."""

    def __init__(
        self, connection: Connection, device: str, said: Hello, now: Callable[[], datetime], sums: Sums
    ) -> None:
        self._connection = connection
        self._device = device
        self._said = said
        self._now = now
        self._sums = sums

    def answer(self) -> tuple[Welcome, bool]:
        """The answer, and whether the greeting is late. Raises Refused for a stranger.

        One that comes after later ones, delayed on the way, leaves nothing here and accuses nobody: its word
        had its turn, or a later one named it among those without an answer.
        """
        connection, said = self._connection, self._said
        counter = Counter(connection, lock=False)
        known = known_device(connection, self._device)
        action = self._action(counter, known)
        is_late = self._is_late(known)
        if action in ("reconcile", "forked") and not is_late:
            counter = Counter(connection)
            _forget_known(connection, self._device)
        lost, seen = known.audit_lost or None, None
        if lost:
            seen = looked_into(connection, self._device, lost)
        agreed, kept = (False, Cursor()) if is_late else self._leave(known, action)
        taken = taken_since(connection, known.worker, said.beside.aside)
        at = _newest(connection) if taken else Cursor()
        welcome = Welcome(
            action=action,
            hub=counter.hub,
            epoch=counter.epoch,
            head=counter.head,
            now=self._now().isoformat(),
            agreed=agreed,
            kinds={kind: [*fields] for kind, fields in kinds().items()} if said.shape != shape() else {},
            audit=kept,
            lease=counter.lease,
            looked_into=seen,
            common=_common(counter, said) if action == "reconcile" else 0,
            beside=BesideWelcome(
                taken=taken,
                at=at,
                ahead=True,
                audit_lost=None if seen else lost,
            ),
        )
        return welcome, is_late

    def _is_late(self, known: Row[Any]) -> bool:
        return self._said.coming in known.incarnation.split()[1:]

    def _action(self, counter: Counter, known: Row[Any]) -> Action:
        """What the laptop's state asks for; a late greeting tells nothing of whether there are two of it."""
        said = self._said
        if known.status == "revoked":
            return "revoked"
        if said.protocol > PROTOCOL:
            return "upgrade"
        other = (said.hub and said.hub != counter.hub) or (said.epoch and said.epoch != counter.epoch)
        for place in (said.cursor, said.pushed, said.beside.head):
            if other or counter.chain_at(place.seq) != place.chain:
                return "reconcile"
        if said.aside is not None and not here(self._connection, [said.aside]):
            return "reconcile"
        word = known.incarnation.partition(" ")[0]
        is_known = word in ("", said.incarnation, said.coming, *said.unanswered) or self._is_late(known)
        return "ok" if is_known else "forked"

    def _leave(self, known: Row[Any], action: Action) -> tuple[bool, Cursor]:
        """What a greeting leaves here; whether both sides hold the same, and the head kept of the audit."""
        connection, device, said = self._connection, self._device, self._said
        if action not in ("revoked", "upgrade"):
            self._new_day(known)
        agreed = action == "ok" and self._agrees()
        self._seen(known, [said.coming, *reversed(said.unanswered)])
        keep_statement(connection, device, said.given_up, self._now())
        kept = anchor(connection, known, said, self._now())
        if said.bundle:
            outdate(connection, device, said.bundle)
        return agreed, kept

    def _agrees(self) -> bool:
        said = self._said
        if said.waiting or said.digest is None:
            return False
        compared = Comparing(self._connection, self._device, self._sums)
        return compared.verified(Verify(cursor=said.cursor, digest=said.digest)).agreed

    def _new_day(self, known: Row[Any]) -> None:
        """Agreements expire and decisions end with the day in England.

        Pushes wait meanwhile, for what they change in the ground of decisions must not be missed.
        """
        today = day_of(self._now())
        if known.entitled_on != today.isoformat():
            counter = Counter(self._connection)
            Entitlement(self._connection, today).settle_device(self._device, counter.head)
            take_waiting_of(self._connection, counter, self._device, self._now())

    def _seen(self, known: Row[Any], said_now: Sequence[str]) -> None:
        words = [*dict.fromkeys([*said_now, *known.incarnation.split()])]
        said = {"last_seen": self._now().isoformat(), "incarnation": " ".join(words[:_WORDS])}
        self._connection.execute(_SEEN, said | {"laptop": self._device})


def _newest(connection: Connection) -> Cursor:
    """Where the log stands now: a greeting may have taken steps itself."""
    counter = Counter(connection, lock=False)
    return Cursor(seq=counter.head, chain=counter.chain_at(counter.head))


def _forget_known(connection: Connection, device: str) -> None:
    """What a laptop holds is not known any more: it is sent everything anew."""
    connection.execute(
        update(tables.entitlement).where(tables.entitlement.c.device == device).values(sent=SEND_ANEW)
    )
    connection.execute(update(tables.record).where(tables.record.c.device == device).values(device=""))


def _common(counter: Counter, said: Hello) -> int:
    """Up to which number this log is the one that a laptop read before backups were put back; 0 where that is
    not known.
    """
    if said.epoch == counter.epoch:
        return 0  # files were put back, so the same numbers stand for other steps
    epochs, earlier = [epoch for epoch, _ in counter.ended], said.beside.earlier
    return max(
        (
            min(said.cursor.seq, seq, *(head for _, head in counter.ended[epochs.index(epoch) :]))
            for epoch, seq in [(said.epoch, said.cursor.seq), *((one.epoch, one.seq) for one in earlier)]
            if epoch in epochs
        ),
        default=0,
    )
