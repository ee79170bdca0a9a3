"""Names and notes are never markup and never terminal control: in no output, on no screen, from no way in."""

from __future__ import annotations

import json
import os
import re
import unicodedata
from datetime import date

import pytest

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records import Child, Person, Relationship, School
from casework.records_attendance import AttendanceWeek, FollowUp
from storage.store import Store
from storage.vault import Vault
from tests.safety.world import NOW, UPN, URN, Computer, Said, line, register

MARKUP = {
    "closing tag": "Anne [/] x",
    "click action": "[@click=app.quit]Eve[/]",
    "style": "[bold red on blue]Rik[/bold red on blue]",
    "link": "[link=https://invented.example]Lin[/link]",
    "bracket": "Una [",
    "backslash": "Max \\[b]",
}
CONTROL = {
    "colour": "Ina\x1b[31m",
    "clipboard": "Osk\x1b]52;c;aGVsbG8=\x07",
    "clipboard in C1": "Cia\x9d52;c;aGVsbG8=\x9c",
    "C1 CSI": "Jay\x9b2J",
    "title": "Tia\x1b]0;owned\x1b\\",
    "bell": "Bel\x07\x08\x7f",
    "null": "Nul\x00l",
    "bidi": "Bid\u202ei \u2066evil\u2069",
    "zero width": "Zer\u200bo\ufeff\u2060",
    "tag": "Tag\U000e0041\U000e007f",
    "private": "Pri\ue000v\ufdd0",
    "separators": "Sep\u2028ara\u2029tor\x0b\x0c\x85",
    "overlong": "L" * 5000,
    "marks upon marks": "Zal" + "\u0301" * 300,
}
FORMULA = {"formula": "=cmd|' /C calc'!A0", "plus": "+1+cmd|x", "at": "@SUM(A1)", "minus": "-2+3"}
HOSTILE = MARKUP | CONTROL | FORMULA

Planted = tuple[Computer, dict[str, str]]

POINTER = b"\x1b]22;default\x07"
"""Textual sets the shape of the mouse pointer."""

SHY = {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}
JOINERS = "\u200c\u200d"


def steering(data: bytes) -> list[str]:
    """Every character that could steer a terminal; newlines alone are allowed."""
    text = data.decode("utf-8")
    return sorted(
        {
            f"U+{ord(sign):04X}"
            for sign in text
            if (unicodedata.category(sign) in SHY and sign != "\n")
            or (unicodedata.category(sign) == "Cf" and sign not in JOINERS)
        }
    )


def check(said: Said, *codes: int) -> Said:
    assert said.code in (codes or (0,)), said
    assert steering(said.out) == []
    assert steering(said.err) == []
    assert max((len(row) for row in said.out.decode().splitlines()), default=0) < 6000
    return said


def names_register(names: dict[str, str], first: int = 0) -> str:
    return register(
        *(
            line(f"X{first + n:012}", name, f"Given{n} {name}", "N", f"because {name}")
            for n, name in enumerate(names.values())
        )
    )


def plant(computer: Computer) -> dict[str, str]:
    """Hostile values put straight into the records, as if a way in forgot to clean them; ids by word."""
    key = Vault.load(computer.home).unlock_recovery((computer.root / "code").read_text().strip())
    store = Store.open(computer.home.database, key, now=lambda: NOW, today=date(2026, 11, 20))
    try:
        school = store.find(School)[0].id
        ids = {}
        for word, name in HOSTILE.items():
            short = name[:90]
            child = Child(
                id=new_id(), surname=short, forename="Planted", known_as=short, reg=name[:20], school=school
            )
            person = Person(
                id=new_id(), surname=short, forename="Jo", note=name, address=name[:290], phones=(name[:30],)
            )
            tie = Relationship(id=new_id(), child=child.id, person=person.id, kind="mother")
            week = AttendanceWeek(
                id=new_id(),
                child=child.id,
                school=school,
                week=date(2026, 11, 16),
                marks="- - - - - - - - N -",
            )
            call = FollowUp(
                id=new_id(), child=child.id, by=store.actor.worker, at=NOW, session_date=date(2026, 11, 20),
                outcome="no-answer", note=name,
            )  # fmt: skip
            store.journal.commit(
                Edit(f"Add {name}", tuple(create(record) for record in (child, person, tie, week, call)))
            )
            ids[word] = child.id
            ids[f"{word}: person"] = person.id
        return ids
    finally:
        store.close()


@pytest.fixture(scope="module")
def planted_made(school_made: Computer, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    computer = school_made.copy(tmp_path_factory.mktemp("planted"))
    return computer, plant(computer)


def test_hostile_names_of_a_file_are_set_aside_or_literal(computer: Computer) -> None:
    file = computer.given(f"{URN}-register.csv", names_register(HOSTILE))
    said = check(computer("import", str(file), "--school", URN, "--json"), 1)
    report = said.json["files"][0]
    columns = {(row["line"], row["column"]) for row in report["rejected"]}
    assert len(columns) >= len(CONTROL) - 3
    assert all(len(row["value"]) <= 80 for row in report["rejected"])
    text = check(computer("import", str(file), "--school", URN), 0, 1).out.decode()
    assert "holds control or hidden characters" in text
    assert "looks like a formula" in text
    shown = check(computer("today")).out.decode()
    as_json = check(computer("today", "--json")).json
    listed = [row["child"]["name"] for row in as_json["rows"]]
    for name in ("Anne [/] x", "[@click=app.quit]Eve[/]", "[bold red on blue]Rik[/bold red on blue]"):
        assert any(name in one for one in listed), name
        assert name in shown
    assert not any(name.startswith(("=", "+", "@", "-")) for name in listed)


def test_a_ctf_with_markup_and_entities(computer: Computer) -> None:
    from xml.sax.saxutils import escape

    from tests.safety.world import ctf

    good = ctf(escape("Anne [/] x"), escape("[@click=app.quit]Eve[/]"), escape("[b]"), escape("=cmd|x"))
    file = computer.given("8860091_CTF_886LLLL_001.xml", good)
    check(computer("import", str(file), "--school", URN, "--json"), 0, 1)
    page = check(computer("child", UPN, "--json"))
    assert "Anne [/] x" in page.json["name"]
    check(computer("child", UPN))
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>'
    file = computer.given(
        "8860091_CTF_886LLLL_002.xml", good.replace('<?xml version="1.0" encoding="utf-8"?>', bomb)
    )
    check(computer("import", str(file), "--school", URN), 4)
    check(computer("import", str(file), "--school", URN, "--json"), 4)


READERS = (
    ("today",), ("today", "--all"), ("triage",), ("search", "orr"), ("search", "given"), ("log",),
    ("undo", "--list"), ("school", "list"), ("verify",), ("doctor",),
)  # fmt: skip


@pytest.mark.parametrize("words", READERS, ids=" ".join)
def test_planted_values_steer_no_list(planted_made: Planted, words: tuple[str, ...]) -> None:
    computer, _ = planted_made
    check(computer(*words), 0, 1)
    json.loads(check(computer(*words, "--json"), 0, 1).out)


@pytest.mark.parametrize(
    "word", ["closing tag", "clipboard", "clipboard in C1", "bidi", "overlong", "formula"]
)
def test_planted_values_steer_no_page(planted_made: Planted, word: str) -> None:
    computer, ids = planted_made
    for words in (("child", ids[word]), ("show", ids[f"{word}: person"]), ("history", ids[word])):
        check(computer(*words))
        json.loads(check(computer(*words, "--json")).out)


@pytest.mark.skipif(os.name == "nt", reason="Windows takes no such arguments")
@pytest.mark.parametrize("word", [word for word in HOSTILE if word != "null"])
def test_hostile_arguments_come_back_safe(family_made: Computer, word: str) -> None:
    text = HOSTILE[word]
    check(family_made("search", "--", text), 0)
    check(family_made("child", "--", text), 2, 4)
    check(family_made("child", "--json", "--", text), 2, 4)


@pytest.mark.long
@pytest.mark.skipif(os.name == "nt", reason="Windows takes no such arguments")
def test_hostile_notes_and_fields_come_back_safe(family: Computer) -> None:
    for word in ("closing tag", "click action", "clipboard", "C1 CSI", "bidi", "zero width", "formula"):
        text = HOSTILE[word]
        check(family("follow-up", UPN, "--outcome", "no-answer", "--note", "-", stdin=text))
        check(
            family("contact", "add", UPN, "--kind", "call", "--note", "-", "--next", text, stdin=text), 0, 4
        )
        check(family("today", "--filter", text), 0, 2, 4)
    check(family("no such command \x1b]52;c;aGk=\x07"), 2)
    check(family("today", "--\x1b[31m"), 2)
    check(family("import", "/nowhere/\x1b]52;c;aGk=\x07.csv"), 4)
    check(family("edit", UPN, "known_as=Evil\x1b[2J\u202e"), 0, 2, 4, 5)
    child = check(family("child", UPN, "--json")).json
    check(family("edit", child["id"], "known_as=[/] x", "--json"))
    check(family("history", child["id"]))
    page = check(family("child", UPN)).out.decode()
    assert "[@click=app.quit]Eve[/]" in check(family("contact", "list", UPN, "--json")).out.decode()
    assert "Quetzalinda ([/] x)" in page


@pytest.mark.skipif(os.name != "posix", reason="needs a terminal of POSIX")
def test_no_screen_takes_a_name_for_markup_or_control(planted_made: Planted) -> None:
    """Through Today, Caseload, every child's page and Search, in a real terminal."""
    from tests.safety.terminal import Terminal

    computer, _ = planted_made
    with Terminal(computer) as terminal:
        terminal.unlock("Planted", "Anne [/] x")
        for step in range(len(HOSTILE)):
            terminal.send("\r")
            terminal.shows("1 Who", "known as")
            terminal.send("\x1b")
            terminal.shows("Today  Fri 20 Nov 2026", f"{len(HOSTILE)} not in")
            if step < len(HOSTILE) - 1:
                terminal.send("j")
        terminal.send("gc")
        terminal.shows("Caseload  Fri 20 Nov 2026", "with a reason to act")
        terminal.send("G")
        terminal.send("gs")
        terminal.shows("Search")
        terminal.send("planted")
        terminal.shows("Planted")
        terminal.send("\x11")
        assert terminal.ended() == 0
    written = terminal.bytes.replace(POINTER, b"")
    assert re.findall(rb"\x1b\].{0,24}", written) == [], "no title, no clipboard, no link"
    for sign in ("\u202e", "\u2066", "\u200b", "\ufeff", "\u2028", "\x9b", "\x9d", "\U000e0041", "\x85"):
        assert sign.encode() not in written, repr(sign)
    assert b"\x07" not in written
    assert b"Planted" not in terminal.left_behind
