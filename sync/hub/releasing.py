"""Letting in a step that was kept aside, once a person looked into it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection, select

from casework.errors import BadInput, Refused
from casework.local_days import day_of
from sync.hub import tables
from sync.hub.counting import Counter
from sync.hub.deciding import decided
from sync.hub.devices import HUB
from sync.hub.entitlement import Entitlement
from sync.hub.taking import Taking
from sync.hub.waiting import take_late, take_waiting
from sync.messages.steps import Verdict

_WORST = ("applied", "merged", "conflict")


def release(connection: Connection, start: str, by: str, reason: str, now: datetime) -> Verdict:
    """Take a step that was kept aside, named by its id or the beginning of it, as if the council had sent it.

    Of a step that was taken but for some children, all that was kept aside is taken, or with the id of a
    portion that alone. It keeps its worker and its time, is merged as every step, and goes to whoever may
    hold what it says; who let it in and why stays in the log. Raises BadInput for an empty name or reason or
    another id, Refused where it cannot be taken even so; then it stays aside.
    """
    said = decided(by, reason)
    table = tables.quarantine
    found = connection.execute(
        select(table.c.edit, table.c.device, table.c.edit_text)
        .where(table.c.edit.startswith(start, autoescape=True))
        .order_by(table.c.number, table.c.edit)
    ).all()
    if len({row.edit.partition("/")[0] for row in found}) != 1:
        many = "Several steps that are kept aside begin so; give more of the id."
        none = "No step with that id is kept aside; see `hub check`."
        raise BadInput("no-such-step", many if found else none, "EDIT")
    let_in = f"Let in by {said['by']}: {said['reason']}"
    verdicts = [_let_in(connection, row, let_in, now) for row in found]
    return max(verdicts, key=lambda verdict: _WORST.index(verdict.verdict))


def _let_in(connection: Connection, row: Any, let_in: str, now: datetime) -> Verdict:
    counter = Counter(connection)
    taking = Taking(connection, HUB, None, let_in=let_in)
    try:
        verdict, known = take_late(connection, taking, row, counter, now)
    except ValidationError:
        raise Refused(
            "not-understood", "That step is not understood by this version; it stays aside.", "EDIT"
        ) from None
    if verdict.verdict == "quarantined":
        raise Refused(verdict.code, verdict.reason, "EDIT")
    counter.save()
    Entitlement(connection, day_of(now)).settle(taking.central.unsettled, counter.head)
    take_waiting(connection, counter, taking.arrived | known.keys(), now)
    return verdict
