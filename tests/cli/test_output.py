"""Printing: widths of letters, cleaning, and what is cut on a terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tui import output
from outreach_tui.commands.frame import stamp_text
from screens.child_story import local_time


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_json_round_trips_and_holds_no_control(value: object) -> None:
    text = output.to_json(value)
    assert json.loads(text) == value
    assert not [
        c for c in text if c != "\n" and unicodedata.category(c) in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"}
    ]


def test_columns_stay_aligned_under_wide_and_combining_letters(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [("李小龍", "x"), ("Zoë", "y"), ("e\u0323\u0301", "z")]
    output.emit_table(("NAME", "MARK"), rows)
    lines = capsys.readouterr().out.splitlines()
    places = {
        output.display_width(line[: line.index(mark)])
        for line, (_, mark) in zip(lines[1:], rows, strict=True)
    }
    assert len(places) == 1


def test_a_value_of_several_lines_is_indented_and_cannot_forge_a_label(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.emit_pairs([("Note", "one\nName: two\x1b[2J"), ("Name", "three")])
    assert capsys.readouterr().out == "Note: one\n      Name: two\nName: three\n"


def test_a_cell_never_breaks_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    output.emit_table(("A", "B"), [("one\ntwo\u2028three", None)])
    assert capsys.readouterr().out == "A              B\none two three\n"


@pytest.mark.parametrize("way", ["lines", "pairs", "table", "warn"])
def test_no_way_of_printing_lets_a_value_steer_the_terminal(
    way: str, capsys: pytest.CaptureFixture[str]
) -> None:
    value = "Anne [/] \x1b[31m\x1b]52;c;aGk=\x07\u202e\x9b2J x"
    {
        "lines": lambda: output.emit_lines([value]),
        "pairs": lambda: output.emit_pairs([(value, value)]),
        "table": lambda: output.emit_table(["A", "B"], [[value, value]]),
        "warn": lambda: output.warn(value),
    }[way]()
    said = "".join(capsys.readouterr())
    assert "Anne [/]  x" in said
    assert not set("\x1b\x07\x9b\u202e") & set(said)


def test_a_time_that_is_none_is_said_to_be_not_known() -> None:
    assert [stamp_text(said) for said in ("2026-11-20T08:41:07Z", "2026-11-20")] == [
        "2026-11-20 08:41",
        "2026-11-20",
    ]
    nones = ("", "soon", "some day..", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00")
    assert {stamp_text(said) for said in nones} == {"not known"}
    assert [local_time(said) for said in nones] == ["", "soon", "some day..", "0001-01-01", "9999-12-31"]
