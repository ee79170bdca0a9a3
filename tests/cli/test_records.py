"""Records: show, history, edit, undo, contact; policies, categories and what undo does."""

from __future__ import annotations

from pathlib import Path

import pytest

from storage.home import Home
from tests.cli.conftest import Line, fill, secret_file
from tests.cli.test_plan import ok, open_case
from tests.tools.vaults import PASSPHRASE


def test_edit_changes_and_history_tells(line: Line) -> None:
    done = line(
        "edit", line.ids["tilly"], "known_as=Sunny", "tags+=breakfast; bus", "--reason", "asked", "--json"
    )
    assert done.code == 0
    assert {c["field"]: (c["old"], c["new"]) for c in done.json["changed"]} == {
        "known_as": ("", "Sunny"),
        "tags": ([], ["breakfast", "bus"]),
    }
    shown = line("show", line.ids["tilly"], "--json").json
    assert shown["type"] == "child"
    assert shown["fields"]["known_as"] == "Sunny"
    told = line("history", line.ids["tilly"], "--field", "known_as", "--json").json
    assert [(e["old"], e["new"], e["by"], e["reason"]) for e in told] == [("", "Sunny", "Ana Bell", "asked")]
    assert line("edit", line.ids["tilly"], "lead_worker=me").code == 0
    told = line("history", line.ids["tilly"])
    assert "Ana Bell" in told.out
    assert line.ids["worker"] not in told.out, "names, where JSON has the ids"
    assert line.ids["school"] not in told.out
    (last,) = line("history", line.ids["tilly"], "--field", "lead_worker", "--json").json[-1:]
    assert last["new"] == line.ids["worker"]
    assert line("search", "sunny", "--json").json["rows"][0]["child"]["id"] == line.ids["tilly"]


def test_a_child_is_edited_by_name_and_whoever_leads_is_named(line: Line) -> None:
    done = line("edit", "tilly marsh", "lead_worker=me")
    assert done.code == 0, done.err
    assert f"Ana Bell ({line.ids['worker']})" in done.out
    assert line("show", "U886009924001", "--json").json["fields"]["lead_worker"] == line.ids["worker"]
    nobody = line("edit", "nobody at all", "known_as=Sunny", "--json")
    assert (nobody.code, nobody.json["error"]["code"]) == (4, "no-such-child")
    short = line("edit", "01a2", "known_as=Sunny", "--json")
    assert (short.code, short.json["error"]["code"]) == (4, "id-too-short")


def test_undo_takes_the_whole_step_back_and_redo_brings_it_again(line: Line) -> None:
    line("edit", line.ids["tilly"], "known_as=Sunny", "language=Polish")
    steps = line("undo", "--list", "--json").json
    assert [(s["name"], s["changes"], s["child"]) for s in steps] == [
        ("Edit child: Known as, First language", 2, line.ids["tilly"])
    ]
    undone = line("undo", "--json")
    assert undone.code == 0
    assert undone.json["touched"] == ["child"]
    assert line("show", line.ids["tilly"], "--json").json["fields"]["language"] == ""
    assert line("undo", "--redo").code == 0
    assert line("show", line.ids["tilly"], "--json").json["fields"]["known_as"] == "Sunny"


def test_the_same_value_changes_nothing(line: Line) -> None:
    done = line("edit", line.ids["tilly"], "forename=Tilly", "--json")
    assert (done.code, done.json["changed"], done.json["edit"]) == (0, [], None)


@pytest.mark.parametrize(
    ("who", "change", "code"),
    [
        ("tilly", "school=x", 5),
        ("tilly", "year_group=5", 5),
        ("week", "marks=x", 5),
        ("tilly", "nhs_number=9990000018", 5),
        ("mother", "address=Elsewhere", 5),
        ("tilly", "nothing=1", 4),
        ("tilly", "dob=the other day", 4),
        ("tilly", "dob=2030-01-01", 4),
        ("tilly", "interpreter=maybe", 4),
        ("tilly", "lead_worker=01a20000-0000", 4),
        ("tilly", "household=01", 4),
        ("hidden", "note=x", 4),
    ],
)
def test_what_a_policy_forbids_or_a_type_refuses(line: Line, who: str, change: str, code: int) -> None:
    done = line("edit", line.ids[who], change, "--json")
    assert done.code == code, done.err
    assert set(done.json) == {"error"}
    assert line("undo", "--list", "--json").json == []


def test_a_rejected_value_is_not_repeated(line: Line) -> None:
    done = line("edit", line.ids["mother"], "known_as=" + "canary" * 80)
    assert done.code == 4
    assert "canary" not in done.err


def test_dates_and_workers_as_people_write_them(line: Line) -> None:
    done = line("edit", line.ids["tilly"], "dob=3 march 2017", "lead_worker=me", "interpreter=yes", "--json")
    assert done.code == 0, done.err
    assert "dob: Fri 3 Mar 2017" in done.err
    new = {c["field"]: c["new"] for c in done.json["changed"]}
    assert new == {"dob": "2017-03-03", "lead_worker": line.ids["worker"], "interpreter": True}


def test_a_doubtful_upn_is_said_and_saved(line: Line) -> None:
    done = line("edit", line.ids["ben"], "upn=U886009924002", "--json")
    assert done.code == 0
    assert "Warning: upn:" in done.err


def test_an_edit_is_cleaned_at_the_edge(line: Line) -> None:
    done = line("edit", line.ids["tilly"], "language=P\x1b[31mol\u202e", "tags+=a\u200bb")
    assert done.code == 0
    assert done.err.count("hidden or control characters were left out") == 2
    shown = line("show", line.ids["tilly"], "--json").json["fields"]
    assert (shown["language"], shown["tags"]) == ("Pol", ["ab"])
    plain = line("edit", line.ids["tilly"], "language=Polish")
    assert "left out" not in plain.err


def test_withheld_fields_are_said_and_protected_ones_are_not_there(line: Line) -> None:
    shown = line("show", line.ids["tilly"], "--json").json
    assert "nhs_number" not in shown["fields"]
    assert [(h["field"], h["category"]) for h in shown["withheld"]] == [("nhs_number", "health")]
    person = line("show", line.ids["mother"], "--json")
    assert "Secret Row" not in person.out
    assert [h["field"] for h in person.json["withheld"]] == ["address"]
    assert line("show", line.ids["hidden"]).code == 4
    assert line("history", line.ids["hidden"]).code == 4
    assert "Secret Row" not in line("history", line.ids["mother"], "--json").out


def test_an_agency_without_attendance_sees_no_round(tmp_path: Path) -> None:
    ids = fill(Home(tmp_path / "home"), agency="school-nursing")
    line = Line(tmp_path / "home", secret_file(tmp_path, PASSPHRASE), ids)
    done = line("today", "--json")
    assert (done.json["rows"], done.json["withheld"]) == ([], 6), "all children, whatever their marks"
    assert set(done.json["counts"].values()) == {0}
    assert line("follow-up", ids["tilly"], "--outcome", "spoke").code == 5
    page = line("child", ids["tilly"], "--json").json
    assert (page["attendance"], page["legal"], page["marks"], page["people"]) == (None, None, [], [])
    assert "nhs_number" in line("show", ids["tilly"], "--json").json["fields"]


def test_contacts_are_added_listed_shown_and_corrected(line: Line) -> None:
    made = line(
        "contact", "add", "tilly", "--kind", "home-visit", "--outcome", "parent", "--seen", "alone", "--at",
        "thu 16:05", "--note", "-", "--next", "Ring on Monday", "--json", stdin="She likes the new class.\n",
    )  # fmt: skip
    assert made.code == 0, made.err
    assert "Thu 19 Nov 2026 16:05" in made.err
    again = line(
        "contact", "add", "tilly", "--kind", "home-visit", "--note", "Her brother was there", "--corrects",
        made.json["id"], "--json",
    )  # fmt: skip
    assert again.code == 0, again.err
    entries = line("contact", "list", "tilly", "--json").json
    assert {e["id"] for e in entries} == {made.json["id"], again.json["id"]}
    shown = line("contact", "show", made.json["id"], "--json").json
    assert shown["note"] == "She likes the new class."
    assert (shown["seen"], shown["by"], shown["next_step"]) == ("alone", "Ana Bell", "Ring on Monday")
    assert line("contact", "show", line.ids["tilly"]).code == 4
    assert "home visit" in line("child", "tilly").out.casefold()


def test_a_unique_prefix_names_a_record_and_a_shared_one_lists_them(line: Line) -> None:
    whole = line.ids["tilly"]
    assert line("show", whole[:-1], "--json").json["id"] == whole
    shared = line("show", whole[:8], "--json")
    assert shared.code == 4
    assert len(shared.json["error"]["candidates"]) > 1


def test_an_edit_asks_for_the_year_as_the_forms_do(line: Line) -> None:
    open_case(line)
    records = {
        "received": ok(line, "notify", "list", "tilly")[0]["id"],
        "next_review": ok(line, "plan", "add", "tilly", "--on", "2026-11-16")["id"],
    }
    for field, typed, asks in (
        ("received", "23/11", "23/11/2025"),
        ("received", "19/11", ""),
        ("next_review", "19/11", "19/11/2027"),
        ("next_review", "4/12", ""),
        ("next_review", "19/11/2026", ""),
    ):
        done = line("edit", records[field], f"{field}={typed}", "--json")
        assert done.code == (4 if asks else 0), (field, typed, done.err)
        if asks:
            assert (done.json["error"]["code"], done.json["error"]["where"]) == ("year-needed", field)
            assert asks in done.json["error"]["message"]
