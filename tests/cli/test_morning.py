"""The morning's commands: today, triage, follow-up, child, search, log; their JSON keys and exit codes."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Line


def test_today_has_the_keys_of_the_contract(line: Line) -> None:
    done = line("today", "--json")
    assert done.code == 0
    answer = done.json
    assert answer["date"] == "2026-11-20"
    assert {row["child"]["id"] for row in answer["rows"]} == {
        line.ids["tilly"],
        line.ids["ben"],
        line.ids["eve"],
    }
    row = next(row for row in answer["rows"] if row["child"]["id"] == line.ids["tilly"])
    assert {"child", "sessions", "why", "attempts", "last_contact", "status", "rank"} <= row.keys()
    assert row["child"].keys() >= {"id", "upn", "name", "school"}
    assert row["child"]["name"] == "Tilly Marsh"
    assert row["child"]["school"] == "Oakhanger Primary"
    assert row["sessions"] == {"AM": "N", "PM": "-"}
    assert row["attempts"] == 0
    assert row["status"] == "open"
    assert row["why"]
    assert all(why.keys() >= {"rule", "text", "since", "due", "clears_with"} for why in row["why"])
    assert sorted(r["rank"] for r in answer["rows"]) == [1, 2, 3]
    assert answer["counts"]["explained"] == 1


def test_the_round_goes_on_as_follow_ups_are_logged(line: Line) -> None:
    tried = line("follow-up", "U886009924001", "--outcome", "no-answer", "--json")
    assert (tried.code, tried.json["status"]) == (0, "called, no answer")
    row = next(r for r in line("today", "--json").json["rows"] if r["child"]["name"] == "Tilly Marsh")
    assert (row["attempts"], row["status"]) == (1, "called, no answer")

    given = line(
        "follow-up", "tilly marsh", "--outcome", "reason", "--reason", "i", "--with", "parent", "--note", "-",
        "--json", stdin="Cold since Wednesday.\nBack on Monday.\n",
    )  # fmt: skip
    assert given.code == 0
    assert given.json["session_date"] == "2026-11-20"
    names = [r["child"]["name"] for r in line("today", "--json").json["rows"]]
    assert "Tilly Marsh" not in names
    everyone = line("today", "--all", "--json").json
    assert "Tilly Marsh" in [r["child"]["name"] for r in everyone["rows"]]
    assert everyone["counts"]["acted-on"] == 1

    kept = line("show", given.json["id"], "--json").json["fields"]
    assert kept["note"] == "Cold since Wednesday.\nBack on Monday."
    assert (kept["reason_code"], kept["with_whom"]) == ("I", "parent")


def test_a_reason_must_be_a_register_code(line: Line) -> None:
    done = line("follow-up", line.ids["tilly"], "--outcome", "reason", "--reason", "QQ", "--json")
    assert done.code == 4
    assert done.json["error"]["code"] == "not-a-code"
    assert line("undo", "--list", "--json").json == []


def test_a_time_is_echoed_with_its_weekday(line: Line) -> None:
    done = line("follow-up", line.ids["tilly"], "--outcome", "spoke", "--at", "yesterday 15:10", "--json")
    assert "Thu 19 Nov 2026 15:10" in done.err
    assert done.json["at"] == "2026-11-19T15:10:00Z"
    assert done.json["session_date"] == "2026-11-20", "a call of yesterday about the absence of the round"


def test_with_today_set_a_follow_up_happens_on_that_date(line: Line) -> None:
    done = line("follow-up", line.ids["tilly"], "--outcome", "spoke", "--json")
    assert done.json["at"].startswith("2026-11-20T")


def test_a_name_of_two_children_lists_them_and_exits_4(line: Line) -> None:
    done = line("child", "sam orr", "--json")
    assert done.code == 4
    error = done.json["error"]
    assert error["code"] == "several-match"
    assert {c["id"] for c in error["candidates"]} == {line.ids["sam1"], line.ids["sam2"]}
    assert line.ids["sam1"] in done.err
    assert line.ids["sam2"] in done.err


def test_nobody_of_that_name_exits_4(line: Line) -> None:
    assert line("child", "Nobody Here").code == 4


def test_child_has_the_keys_of_the_contract(line: Line) -> None:
    done = line("child", "U886009924001", "--json")
    assert done.code == 0
    page = done.json
    assert page.keys() >= {"id", "upn", "name", "dob", "school", "attendance", "marks", "n_codes", "legal"}
    assert page.keys() >= {"clocks", "agreements", "withheld", "story", "plan"}
    counted = page["attendance"]
    assert counted == {
        "from": "2026-09-01",
        "to": "2026-11-20",
        "present": 24,
        "approved_educational_activity": 0,
        "authorised_absence": 0,
        "unauthorised_absence": 5,
        "not_possible": 0,
        "possible": 29,
        "attended": 24,
        "absent": 5,
        "attendance_pct_1dp": 82.8,
        "absence_pct_1dp": 17.2,
        "persistent": True,
        "severe": False,
        "late": 0,
    }
    assert page["marks"][-1].keys() >= {"date", "session", "code", "was"}
    assert len(page["n_codes"]) == 5
    assert page["n_codes"][0].keys() == {"date", "session", "last_day", "overdue"}
    assert page["legal"]["unauthorised_in_window"] == 5
    assert page["legal"]["threshold_met"] is False
    assert page["legal"].keys() >= {"window_from", "window_to"}
    assert all(
        c.keys() == {"rule", "text", "start", "due", "kind", "overdue", "left"} for c in page["clocks"]
    )
    assert {held["category"] for held in page["withheld"]} >= {"health", "social_care"}


def test_a_period_without_a_possible_session_has_no_percentage(line: Line) -> None:
    counted = line("child", "tilly", "--from", "2026-10-17", "--to", "2026-10-30", "--json").json[
        "attendance"
    ]
    assert (counted["possible"], counted["attendance_pct_1dp"], counted["absence_pct_1dp"]) == (0, None, None)


def test_a_period_the_wrong_way_round_is_refused(line: Line) -> None:
    assert line("child", "tilly", "--from", "2026-11-10", "--to", "2026-11-01").code == 4


def test_what_is_protected_is_not_shown(line: Line) -> None:
    page = line("child", "tilly", "--json")
    assert "Secret Row" not in page.out
    assert "youth" not in page.out
    assert page.json["people"][0]["address"] is None
    assert page.json["people"][0]["phones"] == ["07700 900001"]


def test_search_forgives_spelling_sound_and_accents(line: Line) -> None:
    for typed, wanted in (("marsch", "tilly"), ("zoe lukasik", "zoe"), ("zo", "zoe"), ("U88600992", "tilly")):
        rows = line("search", typed, "--json").json["rows"]
        assert line.ids[wanted] in [row["child"]["id"] for row in rows], typed
        assert rows[0].keys() == {"child", "score", "why"}


def test_what_was_looked_at_is_in_the_log(line: Line) -> None:
    line("today")
    line("search", "marsh")
    line("child", "tilly")
    entries = line("log", "--json").json
    assert [(e["verb"], e["child"]) for e in entries[:3]] == [
        ("looked", line.ids["tilly"]),
        ("searched", None),
        ("looked", None),
    ]
    assert entries[0]["worker"] == "Ana Bell"
    assert "marsh" not in str(entries[1]["detail"])
    only = line("log", "--child", "tilly", "--json").json
    assert {e["child"] for e in only} == {line.ids["tilly"]}


def test_triage_ranks_with_reasons(line: Line) -> None:
    answer = line("triage", "--json").json
    assert answer["rows"][0]["child"]["name"] == "Tilly Marsh"
    assert [row["rank"] for row in answer["rows"]] == [1, 2, 3, 4, 5, 6]
    only = line("triage", "--filter", "persistent:yes", "--json").json["rows"]
    assert [row["child"]["name"] for row in only] == ["Tilly Marsh"]


def test_a_saved_view_by_name_and_by_digit(line: Line) -> None:
    for word in ("harbour", "1"):
        rows = line("today", "--view", word, "--json").json["rows"]
        assert [row["child"]["id"] for row in rows] == [line.ids["eve"]]
    assert line("today", "--view", "nothing").code == 4


def test_a_filter_that_fails_points_at_the_word(line: Line) -> None:
    done = line("today", "--filter", "unauth>=8 colour:red", "--json")
    assert done.code == 4
    assert done.json["error"]["where"] == "column 11"
    assert "\n          ^" in done.err


def test_one_school_only(line: Line) -> None:
    rows = line("today", "--school", "999002", "--json").json["rows"]
    assert [row["child"]["id"] for row in rows] == [line.ids["eve"]]
    assert line("today", "--school", "123456").code == 4


def test_a_register_that_is_awaited_is_no_all_clear(line: Line) -> None:
    monday = "2026-11-23"
    answer = line("today", "--json", today=monday).json
    assert answer["awaiting"] == [
        {"school": "Harbour View", "urn": "999002", "children": 3, "calendar_ended": None},
        {"school": "Oakhanger Primary", "urn": "999001", "children": 3, "calendar_ended": None},
    ]
    assert (answer["rows"], answer["counts"]["no-register"]) == ([], 6)
    text = line("today", today=monday).out
    assert "No register for Mon 23 Nov yet from Harbour View (3 children)" in text
    assert "Nobody is waiting" not in text
    only = line("today", "--school", "999002", today=monday)
    assert "Oakhanger" not in only.out
    assert "Nobody is waiting" not in only.out
    assert line("today", "--json").json["awaiting"] == []


def test_a_calendar_that_has_run_out_is_said_in_words(line: Line) -> None:
    later = "2028-09-11"
    waits = line("today", "--json", today=later).json["awaiting"]
    assert {one["children"] for one in waits} == {3}
    assert all(one["calendar_ended"] for one in waits)
    text = line("today", today=later).out
    assert "Harbour View (3 children): its calendar ends on" in text
    assert "no register can be expected" in text
    assert "Nobody is waiting" not in text


def test_a_filter_that_leaves_nothing_is_no_all_clear(line: Line) -> None:
    assert "Nobody is waiting" not in line("today", "--filter", "name:nobody").out


def test_triage_prints_what_clears_every_reason(line: Line) -> None:
    row = line("triage", "--json").json["rows"][0]
    assert len(row["why"]) > 1
    (told,) = [text for text in line("triage").out.splitlines() if "Tilly Marsh" in text]
    assert all(why["clears_with"] in told for why in row["why"])


def test_the_page_says_year(line: Line) -> None:
    assert "Oakhanger Primary, Year 4" in line("child", "tilly").out
    assert {mark["note"] for mark in line("child", "tilly", "--json").json["marks"]} == {""}


def test_marks_on_closed_days_are_told(line: Line, tmp_path: Path) -> None:
    path = tmp_path / "half-term.csv"
    path.write_text(
        "UPN,Legal Surname,Legal Forename,Reg,Date,Session,Mark\n"
        "U886009924001,Marsh,Tilly,4B,27/10/2026,AM,N\n"
        "U886009924001,Marsh,Tilly,4B,27/10/2026,PM,N\n"
        "U886009924001,Marsh,Tilly,4B,03/11/2026,AM,Y5\n"
    )
    line("import", str(path), "--school", "999001", "--json")
    page = line("child", "tilly", "--json").json
    assert page["closed_day_marks"] == 2
    assert page["attendance"]["unauthorised_absence"] == 7
    assert page["n_codes"][0]["date"] == "2026-11-18"
    text = line("child", "tilly").out
    assert "2 marks on days when the school is closed by its calendar" in text
    (hidden,) = [mark for mark in page["marks"] if mark["note"]]
    assert (hidden["code"], hidden["note"]) == ("Y", "Y: unable to attend")
    assert "Y: unable to attend" in text
    assert "Y5" not in text
    assert "youth" not in text


def test_a_contact_made_after_the_last_school_day_counts_at_once(line: Line) -> None:
    sunday = "2026-11-22"
    before = line("triage", "--json", today=sunday).json["rows"]
    row = next(row for row in before if row["last_contact"] is None)
    child = row["child"]["id"]
    made = line("contact", "add", child, "--kind", "call", "--outcome", "parent", today=sunday)
    assert made.code == 0, made.err
    after = {row["child"]["id"]: row for row in line("triage", "--json", today=sunday).json["rows"]}
    assert after[child]["last_contact"] == sunday
    assert "no-contact" not in {why["rule"] for why in after[child]["why"]}
    for found in line("today", "--json", today=sunday).json["rows"]:
        if found["child"]["id"] == child:
            assert found["last_contact"] == sunday


def test_a_childs_page_on_a_sunday_is_as_of_friday_as_today_is(line: Line) -> None:
    sunday = "2026-11-22"
    page = line("child", line.ids["tilly"], "--json", today=sunday).json
    assert page["as_of"] == line("today", "--json", today=sunday).json["date"] == "2026-11-20"
    assert "As of Fri 20 Nov 2026, the last school day." in line("child", line.ids["tilly"], today=sunday).out
    assert "As of" not in line("child", line.ids["tilly"]).out


def test_an_empty_laptop_is_no_all_clear(bare: Line) -> None:
    assert bare("init", "--worker", "Ana", "--agency", "early-help", "--team", "Swale").code == 0
    assert "No child is on this laptop yet" in bare("today").out
