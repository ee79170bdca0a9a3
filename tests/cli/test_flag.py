"""`outreach flag`: what it clears, what it opens and what it keeps to itself."""

from __future__ import annotations

from tests.cli.conftest import Line
from tests.cli.test_plan import ok, open_case


def test_a_flag_is_recorded_reviewed_and_ended(line: Line) -> None:
    open_case(line)
    child = line.ids["tilly"]
    made = ok(
        line,
        *("flag", "add", child, "--kind", "risk-to-visitors", "--source", "Ms Sample", "--note", "Large dog"),
        *("--since", "2026-11-02", "--review", "2026-11-27"),
    )
    assert line("follow-up", child, "--outcome", "visit-planned").code == 0
    assert any("RISK TO VISITORS" in said for said in ok(line, "sheet", "visits")["lines"])
    rows = ok(line, "clocks", "--all", today="2026-11-30")["rows"]
    assert [row["rule"] for row in rows if row["about"] == made["id"]] == ["flag-review"]
    assert line("flag", "review", made["id"], "--next", "2026-12-18").code == 0
    rows = ok(line, "clocks", "--all", today="2026-11-30")["rows"]
    assert not [row for row in rows if row["about"] == made["id"]]
    again = line("flag", "add", child, "--kind", "risk-to-visitors", "--source", "x")
    assert (again.code, "stands already" in again.err) == (5, True)
    assert line("flag", "end", made["id"]).code == 0
    (held,) = [one for one in ok(line, "flag", "list", child) if one["id"] == made["id"]]
    assert (held["ended"], held["review"], held["source"]) == ("2026-11-20", "2026-12-18", "Ms Sample")
    assert not any("RISK TO VISITORS" in said for said in ok(line, "sheet", "visits")["lines"])
    assert line("flag", "end", made["id"]).code == 5


def test_an_address_is_protected_at_once(line: Line) -> None:
    open_case(line)
    assert "Quay Lane" in line("show", line.ids["household"]).out
    ok(line, "flag", "add", line.ids["tilly"], "--kind", "address-protection", "--source", "Police")
    for words in (("child", line.ids["tilly"], "--json"), ("show", line.ids["household"])):
        assert "Quay Lane" not in line(*words).out


def test_who_may_not_see_a_kind_neither_records_nor_learns_of_it(line: Line) -> None:
    child = line.ids["tilly"]
    refused = line("flag", "add", child, "--kind", "youth-justice", "--source", "x", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (5, "withheld"), "not that it stands already"
    assert "youth-justice" not in [one["kind"] for one in ok(line, "flag", "list", child)]
    assert line("flag", "end", line.ids["hidden"]).code == 4
    assert line("flag", "add", child, "--kind", "pigeon", "--source", "x").code == 2
    assert line("flag", "end", line.ids["household"]).code == 4
