"""kill -9 of the app in a real terminal with a form half filled: the next start names it, a key goes on."""

from __future__ import annotations

import os
import signal

import pytest

from tests.safety import canaries as c
from tests.safety.world import Computer

KEPT = "half a sentence"
MORE = " of words"
"""What is typed in the moment before the end, which may be kept or not."""

CASES = {
    "contact": ("\r", "1 Who", "t", "Note"),
    "notification": ("gn", "Notifications", "+", "Nature of concern"),
    "agreement": ("C", "NOT ASKED", "R", "Given by", "\t\t", "› Given by"),
    "words": ("t", "Words about"),
    "reason": ("r", "type the code", "i", "words if you like"),
}


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of POSIX")
@pytest.mark.parametrize("case", CASES)
def test_a_half_filled_form_survives_a_kill(family: Computer, case: str) -> None:
    from tests.safety.terminal import Terminal

    steps = CASES[case]
    with Terminal(family) as terminal:
        terminal.unlock(c.FORENAME)
        for keys, shown in zip(steps[::2], steps[1::2], strict=True):
            terminal.send(keys)
            terminal.shows(shown)
        terminal.send(KEPT)
        terminal.keeps(KEPT, family)
        terminal.send(MORE)
        terminal.shows(KEPT + MORE)
        os.kill(terminal.pid, signal.SIGKILL)
    with Terminal(family) as terminal:
        terminal.unlock(c.FORENAME, "1 unfinished: ", case)
        terminal.send("N")
        terminal.shows(KEPT if case != "notification" else "Go on with")
        if case == "notification":
            terminal.send("y")
            terminal.shows(KEPT)
        terminal.send("\x11")
        assert terminal.ended() == 0
