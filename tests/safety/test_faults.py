"""A fault in Outreach: exit 70 and an opaque code, no traceback, no data, and what was saved stands."""

from __future__ import annotations

import os
import re

import pytest

from tests.safety import canaries as c
from tests.safety.world import UPN, Computer

CODE = re.compile(
    r"Outreach met a fault; what was saved is kept\. Tell your support: [0-9A-Z]{4}-[0-9A-Z]{4}\."
)
TAKEN = "Today is taken to be Fri 20 Nov 2026 (set by --today or OUTREACH_TODAY).\n"
WORDS = ("Wyvernhilda", "Oblomovsky", "07700 900977", c.SURNAME, c.FORENAME, c.PARENT)

PLACES = {
    "reading": ("storage.store:Store.get", ("child", UPN)),
    "a page": ("outreach_tui.commands.people:Eyes.child", ("search", c.SURNAME)),
    "saving": ("storage.journal:Step.apply", ("follow-up", UPN, "--outcome", "no-answer")),
    "auditing": ("storage.audit:append", ("child", UPN)),
    "opening": ("storage.store:Store.open", ("today",)),
    "unlocking": ("storage.vault:Vault.unlock", ("today",)),
    "loading the vault": ("storage.vault:Vault.load", ("lock",)),
    "printing": ("outreach_tui.output:emit_table", ("search", c.SURNAME)),
    "backing up": ("storage.container:pack", ("backup", "caseload.backup")),
}


@pytest.mark.parametrize("name", PLACES)
def test_a_fault_shows_a_code_and_nothing_else(family: Computer, name: str) -> None:
    place, words = PLACES[name]
    family.well("follow-up", UPN, "--outcome", "left-message", "--note", "kept")
    said = family(*words, SAFETY_AT=place, SAFETY_DO="raise")
    assert said.code == 70, said
    assert CODE.fullmatch(said.sentence)
    assert said.err.count(b"\n") == 1
    assert said.out.decode() in {"", TAKEN}
    assert c.found_in(said.out + said.err, WORDS) == []
    assert c.scan(family.places, WORDS)[1] == []
    again = family(*words, "--json", SAFETY_AT=place, SAFETY_DO="raise")
    if name != "printing":
        assert again.code == 70
        assert CODE.fullmatch(again.json["error"]["message"])
        assert again.json["error"]["code"] in again.sentence
        assert c.found_in(again.out + again.err, WORDS) == []
    assert family.is_sound()
    assert b"kept" in family.well("child", UPN, "--json").out


def test_the_same_fault_has_the_same_code(family: Computer) -> None:
    place = {"SAFETY_AT": "storage.store:Store.open", "SAFETY_DO": "raise"}
    assert family("today", **place).sentence == family("today", **place).sentence


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of POSIX")
def test_a_fault_in_the_app_leaves_a_code(family: Computer) -> None:
    from tests.safety.terminal import Terminal

    with Terminal(
        family,
        SAFETY_AT="screens.child:ChildScreen.compose",
        SAFETY_DO="raise",
        TEXTUAL_LOG=str(family.root / "work" / "textual.log"),
        TEXTUAL="debug,devtools",
    ) as terminal:
        terminal.unlock(c.FORENAME)
        terminal.send("n")
        terminal.shows("called, no answer")
        terminal.send("\r")
        code = terminal.ended()
    assert code == 70
    text = re.sub(rb"\x1b\[[0-9;?<>=]*[A-Za-z]", b"", terminal.left_behind).decode().strip()
    assert CODE.fullmatch(text), text
    assert c.found_in(terminal.left_behind, WORDS) == []
    assert b"Traceback" not in terminal.bytes
    assert c.scan(family.places)[1] == []
    assert family.is_sound()
    assert b"no answer" in family.well("child", UPN, "--json").out
