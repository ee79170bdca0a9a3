"""Who is who at a school: named with the school or later, listed, changed one by one, taken back."""

from __future__ import annotations

from tests.cli.conftest import Line


def test_a_school_says_whom_to_reach(line: Line) -> None:
    words = ("--spoc", "Ms Webb", "--spoc-reach", "01632 960001", "--liaison", "Mr Dean", "--json")
    added = line("school", "add", "999003", "Third Primary", *words)
    assert added.code == 0, added.err
    assert (added.json["spoc"], added.json["liaison"]) == ("Ms Webb", "Mr Dean")
    changed = line("school", "contact", "999003", "--liaison-reach", "dean@school.invalid", "--json")
    assert (
        changed.json.items()
        >= {
            "urn": "999003",
            "name": "Third Primary",
            "spoc": "Ms Webb",
            "spoc_reach": "01632 960001",
            "liaison": "Mr Dean",
            "liaison_reach": "dean@school.invalid",
        }.items()
    )
    (listed,) = [one for one in line("school", "list", "--json").json if one["urn"] == "999003"]
    assert listed["liaison_reach"] == "dean@school.invalid"
    assert line("school", "contact", "999003", "--spoc", "", "--json").json["spoc"] == ""
    assert line("undo").code == 0
    assert "Ms Webb · 01632 960001" in line("school", "contact", "999003").out


def test_a_name_too_long_and_a_school_unknown_are_refused(line: Line) -> None:
    long = line("school", "contact", "999001", "--spoc", "x" * 301)
    assert (long.code, "--spoc" in long.err) == (4, True)
    assert line("school", "contact", "999009").code == 4
