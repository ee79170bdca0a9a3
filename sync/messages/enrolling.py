"""How a laptop becomes one of the central record's."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from sync.messages.said import Beside, Id, Name, Said

Key = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
"""An Ed25519 public key in hex."""


class Enrol(Said):
    """A one-time code, and the key with which this laptop will sign; it signs this message, too.

    A laptop that was enrolled here before says whose it is: `worker` is the id, `name` and `agency` are as it
    has them.
    """

    code: Annotated[str, Field(max_length=40)]
    key: Key
    worker: Id | None = None
    name: Name = ""
    agency: Annotated[str, Field(max_length=60)] = ""


class BesideEnrolled(Beside):
    """`schools`: the URNs of the worker's schools by their ids, so that what is imported before the first
    session is of those schools.
    """

    schools: dict[Id, Name] = {}


class Enrolled(Said):
    """Who this laptop is from now on: its id, its worker as the council has it, and the central record's key.

    `worker` and `team` are the fields of those records. `waiting`: a manager has to approve the laptop first.
    Bundles for the central record are sealed to `seal` (X25519).
    """

    beside: BesideEnrolled = BesideEnrolled()
    hub: Annotated[str, Field(max_length=64)]
    key: Key
    seal: Key
    device: Id
    worker_id: Id
    worker: dict[str, Any]
    team_id: Id | None = None
    team: dict[str, Any] = {}
    waiting: bool = False
