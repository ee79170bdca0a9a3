"""How a session ends, in words and in its exit code: agreement is never claimed where there is none."""

from __future__ import annotations

import pytest

from casework.errors import Locked, NotAgreed, OutreachError, Refused, Unreachable
from outreach_tui.central import end_words
from outreach_tui.commands.sync import exit_code
from storage.central import outbox
from sync import sending
from sync.session import Session
from tests.sync.world import World


@pytest.mark.parametrize(
    ("agreed", "to_settle", "aside", "code"),
    [
        (True, 0, 0, 0),
        (True, 0, 2, 1),
        (True, 1, 0, 7),
        (True, 1, 2, 7),
        (False, 0, 0, 7),
        (False, 0, 2, 7),
        (False, 1, 0, 7),
        (False, 1, 2, 7),
    ],
)
def test_every_end_has_its_code_and_its_words(agreed: bool, to_settle: int, aside: int, code: int) -> None:
    assert exit_code(agreed=agreed, to_settle=to_settle, aside=aside) == code
    words = end_words(Session(agreed=agreed, quarantined=aside), to_settle)
    assert ("Both sides agree" in words) is agreed
    assert ("set aside" in words) is bool(aside)
    assert ("to settle" in words) is bool(to_settle)


def test_the_app_says_how_many_records_were_given_up_and_why() -> None:
    words = end_words(Session(agreed=True, pushed=1, purged=3_000))
    assert words.startswith(
        "Both sides agree: 1 step sent, 0 records received. 3,000 records were given up: taken back"
    )
    assert "given up" not in end_words(Session(agreed=True))


@pytest.mark.parametrize(
    ("fault", "code"), [(Unreachable, 6), (Refused, 5), (Locked, 3), (NotAgreed, 7), (OutreachError, 70)]
)
def test_what_could_not_be_done_has_its_code(fault: type[OutreachError], code: int) -> None:
    assert fault("x", "y").exit_code == code


def test_as_many_steps_are_sent_as_waited_however_long_one_is(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = world.laptop("Ana")
    assert ana.sync().agreed
    monkeypatch.setattr(outbox, "_PART", 3)
    monkeypatch.setattr(sending, "MOST_EDITS", 2)
    ana.make(*(world.child(name) for name in "ABCDEFGHIJK"))
    ana.make(world.child("L"))
    waited = outbox.count_waiting(ana.store.conn)
    done = ana.sync()
    assert (done.agreed, done.pushed, waited) == (True, 2, 2)
