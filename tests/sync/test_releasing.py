"""A step that was kept aside is let in by a person: nothing of it is lost, and it stands under its author."""

from __future__ import annotations

import pytest

from casework.errors import BadInput, OutreachError
from sync.hub import care, tables
from sync.hub.releasing import release
from tests.sync.world import World


def test_what_a_revoked_laptop_handed_in_is_let_in_once(world: World) -> None:
    ana, ben = world.laptop("Ana"), world.laptop("Ben")
    tilly = world.child("Tilly")
    ana.make(tilly)
    world.settle()
    ana.change(tilly, known_as="Til")
    with world.hub.engine.begin() as connection:
        connection.execute(
            tables.device.update().where(tables.device.c.id == ana.way.device).values(status="revoked")
        )
    with pytest.raises(OutreachError):
        ana.sync()
    with world.hub.engine.begin() as connection:
        (held,) = care.aside(connection)
        with pytest.raises(BadInput, match="Say --reason"):
            release(connection, held["edit"], "Dana Cedar", " ", world.now)
    with world.hub.engine.begin() as connection:
        release(connection, held["edit"], "Dana Cedar", "She left; her work stands", world.now)
    with world.hub.engine.begin() as connection, pytest.raises(BadInput, match="is kept aside"):
        release(connection, held["edit"], "Dana Cedar", "Again", world.now)
    assert ben.sync().agreed
    assert ben.get(tilly).known_as == "Til"
