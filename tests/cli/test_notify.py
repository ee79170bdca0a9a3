"""From a school's notification to an allocated worker, by the command line, each step against its clock."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from storage.home import Home
from tests.cli.conftest import Line, fill, secret_file
from tests.tools.vaults import PASSPHRASE

FROM = ("--from", "Mr Orr", "--school", "999001", "--received")
PARTS = {
    "--concern": "Away most Mondays",
    "--offered": "Breakfast club, no change",
    "--outcome": "In school every day",
    "--voice": "I worry about Mum",
    "--heard-by": "Mr Orr",
    "--heard-on": "2026-11-06",
}


def words(*without: str) -> list[str]:
    return [word for pair in PARTS.items() if pair[0] not in without for word in pair]


def add(line: Line, *more: str, received: str = "2026-11-18", without: tuple[str, ...] = ()) -> Any:
    done = line("notify", "add", line.ids["tilly"], *FROM, received, *words(*without), *more, "--json")
    assert done.code == 0, done.err
    return done.json


def test_a_whole_notification_runs_its_clock(line: Line) -> None:
    made = add(line)
    assert (made["ready"], made["missing"], made["allocate_by"]) == (True, [], "2026-11-24")
    shown = line("notify", "show", made["id"], "--json").json
    assert (shown["voice"], shown["status"], shown["from"]) == ("I worry about Mum", "in triage", "Mr Orr")
    assert "4 working days" in shown["clock"]


def test_another_school_than_the_childs_is_told(line: Line) -> None:
    words = ("notify", "add", line.ids["tilly"], "--from", "Mr Orr", "--received", "2026-11-18", "--school")
    told = "Warning: the child is on the roll of Oakhanger Primary, not of Harbour View."
    assert told in line(*words, "999002").err
    assert "on the roll" not in line(*words, "999001").err


def test_children_who_may_be_the_same_are_told(line: Line) -> None:
    assert add(line)["duplicates"] == []
    twice = line("notify", "add", line.ids["sam1"], *FROM, "2026-11-18", "--json").json
    assert twice["duplicates"] == []  # the same name, born in another year
    edited = line("edit", line.ids["sam2"], "dob=2016-01-06")
    assert edited.code == 0, edited.err
    done = line("notify", "add", line.ids["sam1"], *FROM, "2026-11-18", "--json")
    (double,) = done.json["duplicates"]
    assert (double["child"]["id"], double["band"]) == (line.ids["sam2"], "possible")
    assert double["reasons"] == ["same name", "date of birth one slip away"]
    said = line("notify", "add", line.ids["sam1"], *FROM, "2026-11-18")
    assert "Possible duplicate: Sam Orr" in said.err


def test_what_is_missing_is_listed_and_nothing_is_lost(line: Line) -> None:
    made = add(line, without=("--voice", "--heard-by", "--heard-on"))
    assert (made["ready"], made["allocate_by"]) == (False, None)
    assert made["missing"] == ["the child's voice, in their own words"]
    told = line(
        *("notify", "information", made["id"], "--voice", "I worry", "--heard-by", "Mr Orr"),
        *("--heard-on", "2026-11-19", "--json"),
    ).json
    assert (told["ready"], told["allocate_by"]) == (True, "2026-11-26")


def test_asking_for_more_stops_the_clock(line: Line) -> None:
    made = add(line)
    asked = line("notify", "need-information", made["id"], "--reason", "which siblings?", "--json")
    assert asked.code == 0, asked.err
    assert asked.json["allocate_by"] is None
    assert asked.json["missing"] == ["the information asked for on Fri 20 Nov 2026"]
    assert line("notify", "need-information", made["id"], "--reason", "again").code == 5
    page = " ".join(line("child", line.ids["tilly"]).out.split())
    assert "Allocation the clock stands until it has the information asked for" in page
    told = line(
        "notify", "information", made["id"], "--siblings", "one brother", "--json", today="2026-11-23"
    )
    assert told.json["allocate_by"] == "2026-11-27"


def test_a_worker_takes_the_case_and_speaks_to_the_notifier(line: Line) -> None:
    made = add(line)
    taken = line("allocate", made["id"], "--to", "Ana Bell", "--json")
    assert taken.code == 0, taken.err
    assert (taken.json["number"], taken.json["in_time"]) == (1, True)
    assert line("allocate", made["id"], "--to", "Ana Bell").code == 5
    assert line("notify", "list", "--waiting", "--json").json == []
    spoken = line("notify", "contacted", made["id"], "--with", "Mr Orr", "--json").json
    assert (spoken["feedback"], spoken["before"]) == ("in-touch", None)
    second = line("notify", "contacted", made["id"], "--with", "Ms Webb")
    assert "Warning: Mr Orr was spoken to on Fri 20 Nov 2026; the history keeps that." in second.err
    again = add(line, received="2026-11-20")
    assert (again["new_information"], again["status"]) == (True, "new information")
    line(
        *("consent", "record", line.ids["tilly"], "--by", "Jo Marsh", "--relationship", "mother"),
        *("--status", "given", "--agencies", "school", "--categories", "family", "--purposes", "planning"),
    )
    spoken = line("notify", "contacted", again["id"], "--with", "Mr Orr", "--json").json
    assert spoken["feedback"] == "full"


def test_a_second_one_that_waits_goes_into_the_case_with_the_first(line: Line) -> None:
    first = add(line)
    assert first["waiting"] == []
    said = line("notify", "add", line.ids["tilly"], *FROM, "2026-11-19", *words())
    assert f"waits already, that of Wed 18 Nov 2026 ({first['id']})" in said.err
    second = next(n["id"] for n in line("notify", "list", "--json").json if n["id"] != first["id"])
    taken = line("allocate", second, "--to", "me", "--json").json
    assert (taken["taken_along"], taken["new_information"]) == ([first["id"]], False)
    assert line("notify", "show", first["id"], "--json").json["status"] == "new information"
    rules = [row["rule"] for row in line("clocks", "--json").json["rows"]]
    assert "allocation" not in rules
    assert line("undo").code == 0
    assert len(line("notify", "list", "--waiting", "--json").json) == 2
    said = line("allocate", second, "--to", "Ana Bell")
    assert f"Wed 18 Nov 2026 ({first['id']}) is new information in it now; its allocation clock" in said.out


def test_one_that_waits_beside_an_open_case_becomes_new_information_in_it(line: Line) -> None:
    left, taken = add(line), add(line)
    assert taken["waiting"] == [left["id"]]
    line("allocate", taken["id"], "--to", "Ana Bell")
    # Data of before allocation took the others along, or of another laptop.
    assert line("edit", left["id"], "new_information=false").code == 0
    assert line("worker", "add", "Lee Pike", "--agency", "early-help").code == 0
    other = line("allocate", left["id"], "--to", "Lee Pike", "--json")
    assert (other.code, other.json["error"]["code"]) == (5, "open-case")
    assert "open for this child with Ana Bell; `--to` with that name" in other.err
    done = line("allocate", left["id"], "--to", "Ana Bell", "--json")
    assert (done.code, done.json["new_information"], done.json["number"]) == (0, True, 1)
    assert line("notify", "list", "--waiting", "--json").json == []
    assert line("allocate", left["id"], "--to", "Ana Bell").code == 5


def test_days_are_said_with_their_weekday_and_the_worker_by_name(line: Line) -> None:
    made = add(line)
    row = line("notify", "list").out
    assert "Wed 18 Nov 2026" in row
    assert "Tue 24 Nov 2026" in row
    assert line("allocate", made["id"], "--to", "Ana Bell").code == 0
    shown = line("notify", "show", made["id"]).out
    assert "Ana Bell, on Fri 20 Nov 2026" in " ".join(shown.split())
    said = line("show", made["id"]).out
    for day in ("Fri 6 Nov 2026", "Wed 18 Nov 2026"):
        assert day in shown
        assert day in said
    assert "2026-11" not in row + shown + said
    assert "2 Mar 2017" in line("show", line.ids["tilly"]).out


def test_a_day_that_is_likely_a_slip_is_refused_or_told(line: Line) -> None:
    words = ("notify", "add", line.ids["tilly"], "--from", "Mr Orr", "--school", "999001", "--received")
    for slip, where in ((("20/12",), "--received"), (("2026-11-18", "--heard-on", "20/12"), "--heard-on")):
        done = line(*words, *slip, "--json")
        assert (done.code, done.json["error"]["code"], done.json["error"]["where"]) == (
            4,
            "year-needed",
            where,
        )
    done = line(*words, "2019-03-01")
    assert (done.code, "Fri 1 Mar 2019 is more than a year ago" in done.err) == (0, True)
    assert "year ago" not in line(*words, "2026-11-18").err


def test_one_undo_takes_an_allocation_back_whole(line: Line) -> None:
    made = add(line)
    line("allocate", made["id"], "--to", line.ids["worker"])
    assert line("undo").code == 0
    assert line("notify", "show", made["id"], "--json").json["status"] == "in triage"
    assert line("allocate", made["id"], "--to", "Ana Bell", "--json").json["number"] == 1


def test_a_pasted_text_is_split_and_an_option_stands_above_it(line: Line) -> None:
    pasted = "From: Mrs Tinker\nHeard by: Ms Webb on 17/11/2026\n"
    pasted += "Concern: away on Mondays\nDOB 12/3/17\nTried so far:\nclub\n"
    pasted += "Child's voice: worried\nOutcome: in school\n"
    done = line(
        *("notify", "add", line.ids["tilly"], *FROM, "2026-11-18", "--paste", "--outcome", "in daily"),
        *("--heard-by", "Mr Orr", "--json"),
        stdin=pasted,
    )
    assert done.code == 0, done.err
    assert "The line that says who sent it is left out: --from says it." in done.err
    assert "born 12 Mar 2017, this child was born" in done.err
    shown = line("notify", "show", done.json["id"], "--json").json
    assert [shown[name] for name in ("concern", "offered", "outcome", "voice")] == [
        "away on Mondays\nDOB 12/3/17",
        "club",
        "in daily",
        "worried",
    ]
    assert (shown["heard_by"], shown["heard_on"]) == ("Mr Orr", "2026-11-17")


def test_hidden_characters_name_the_option_that_held_them(line: Line) -> None:
    words = ("--from", "Mr \x1b[31mRed", "--concern", "wor\u200bried")
    done = line("notify", "add", line.ids["tilly"], *FROM, "2026-11-18", *words)
    for option in ("--from", "--concern"):
        assert f"Warning: {option}: hidden or control characters were left out." in done.err


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (("--from", "X", "--school", "123456", "--received", "2026-11-18"), 4),
        (("--from", " ", "--school", "999001", "--received", "2026-11-18"), 4),
        (("--from", "X", "--school", "999001", "--received", "2026-11-21"), 4),
        (("--from", "X", "--school", "999001"), 2),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_kept(line: Line, given: tuple[str, ...], code: int) -> None:
    done = line("notify", "add", line.ids["tilly"], *given)
    assert done.code == code
    assert done.err.strip().splitlines()[-1].startswith("Error: ")
    assert line("notify", "list", "--json").json == []


def test_what_is_withheld_is_named_and_not_shown(tmp_path: Path) -> None:
    ids = fill(Home(tmp_path / "home"), "school-nursing")
    nurse = Line(tmp_path / "home", secret_file(tmp_path, PASSPHRASE), ids)
    made = add(nurse, "--risks", "canary-dog")
    for done in (nurse("notify", "show", made["id"]), nurse("notify", "list"), nurse("show", made["id"])):
        said = done.out.replace("Mr Orr", "")
        assert not [text for text in (*PARTS.values(), "canary-dog") if text in said]
    shown = nurse("notify", "show", made["id"], "--json").json
    assert {entry["category"] for entry in shown["withheld"]} == {"family", "safeguarding"}


def test_the_level_of_need_is_one_of_this_places_scheme_and_an_older_one_stays(line: Line) -> None:
    made = add(line, "--level", "intens")
    assert line("notify", "show", made["id"], "--json").json["level"] == "3 Intensive"
    Home(line.home).config_file.write_text("[levels]\nA = 'Everyone'\nB = 'Early help'\n")
    refused = line("notify", "information", made["id"], "--level", "3", "--json")
    assert refused.code == 4
    assert "No level of need is called so; there are A Everyone, B Early help." in refused.err
    assert line("notify", "information", made["id"], "--siblings", "One brother").code == 0
    assert line("notify", "show", made["id"], "--json").json["level"] == "3 Intensive"
    assert line("notify", "information", made["id"], "--level", "b").code == 0
    assert line("notify", "show", made["id"], "--json").json["level"] == "B Early help"
