"""What may be logged by the command line: no future, days with sessions, reasons with their code."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Line


@pytest.mark.parametrize(
    "words",
    [
        ("follow-up", "tilly", "--outcome", "no-answer"),
        ("contact", "add", "tilly", "--kind", "call"),
    ],
    ids=lambda words: words[0],
)
def test_a_moment_in_the_future_is_refused_by_name(line: Line, words: tuple[str, ...]) -> None:
    done = line(*words, "--at", "2026-11-23 09:00", "--json")
    assert done.code == 4, done.out
    assert (done.json["error"]["code"], done.json["error"]["where"]) == ("in-the-future", "--at")
    assert line("undo", "--list", "--json").json == []


@pytest.mark.parametrize(
    ("day", "code"), [("2026-11-19", 0), ("2026-11-21", 4), ("2026-10-28", 4), ("2025-11-19", 4)]
)
def test_the_day_of_an_absence_has_sessions(line: Line, day: str, code: int) -> None:
    done = line("follow-up", "tilly", "--outcome", "no-answer", "--on", day, "--json")
    assert done.code == code, done.err
    if code:
        error = done.json["error"]
        assert (error["code"], error["where"]) == ("no-session", "--on")
        assert "outreach school calendar 999001 FILE" in error["message"]
    else:
        assert done.json["session_date"] == day


def test_a_reason_needs_its_code(line: Line) -> None:
    done = line("follow-up", "tilly", "--outcome", "reason", "--note", "a cold", "--json")
    error = done.json["error"]
    assert (done.code, error["code"], error["where"]) == (4, "reason-needed", "--reason")
    assert "I illness" in error["message"]
    assert "M medical" in error["message"]


@pytest.mark.parametrize("code", ["/", "V", "N", "#", "Z"])
def test_a_code_that_is_no_reason_is_refused(line: Line, code: str) -> None:
    done = line("follow-up", "tilly", "--outcome", "reason", "--reason", code, "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "not-a-reason")
    assert done.json["error"]["where"] == "--reason"
    assert line("undo", "--list", "--json").json == []


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("--outcome no-answer --alone", "--alone"),
        ("--outcome spoke --with parent --alone", "--alone"),
        ("--outcome spoke --reason I", "--reason"),
    ],
)
def test_what_does_not_go_together_is_refused_by_its_option(line: Line, words: str, where: str) -> None:
    done = line("follow-up", "tilly", *words.split(), "--json")
    assert (done.code, done.json["error"]["where"]) == (4, where)
    assert line("undo", "--list", "--json").json == []
    assert line("follow-up", "tilly", "--outcome", "spoke", "--with", "child", "--alone").code == 0


def test_an_empty_note_alone_is_no_entry(line: Line) -> None:
    done = line("contact", "add", "tilly", "--kind", "call", "--note", "-", "--json", stdin=" \n")
    assert (done.code, done.json["error"]["where"]) == (4, "--note")
    assert line("contact", "list", "tilly", "--json").json == []
    tried = line("contact", "add", "tilly", "--kind", "call", "--note", "-", "--outcome", "no-reply")
    assert tried.code == 0


def test_the_list_says_what_an_entry_corrects(line: Line) -> None:
    first = line("contact", "add", "tilly", "--kind", "call", "--note", "Spoke", "--json").json["id"]
    line("contact", "add", "tilly", "--kind", "call", "--note", "Left word", "--corrects", first)
    table = line("contact", "list", "tilly").out
    assert "(corrects Fri 20 Nov 2026" in table
    assert f"{first}) Left word" in table


def test_hidden_characters_of_a_note_are_said(line: Line) -> None:
    done = line("contact", "add", "tilly", "--kind", "call", "--note", "a\u202eb")
    assert "Warning: --note: hidden or control characters were left out." in done.err


def test_undo_and_redo_say_whose_step_it_was(line: Line) -> None:
    made = line("follow-up", "tilly", "--outcome", "no-answer", "--json")
    name = made.json["child"]["name"]
    undone = line("undo", "--json")
    assert undone.json["about"] == name
    assert line("undo", "--redo").out.rstrip().endswith(f"({name}).")
    assert line("undo").out.rstrip().endswith(f"Undo: Follow-up: no answer ({name}).")


def test_a_text_that_is_too_long_is_refused_with_its_limit(line: Line) -> None:
    long = "x" * 100_001
    for words in (
        ("contact", "add", "tilly", "--kind", "call"),
        ("follow-up", "tilly", "--outcome", "spoke"),
    ):
        done = line(*words, "--note", "-", "--json", stdin=long)
        assert (done.code, done.json["error"]["code"]) == (4, "too-long")
        assert "The note has 100,001 characters and may have 100,000; shorten it." in done.err
    done = line("contact", "add", "tilly", "--kind", "call", "--next", "y" * 301)
    assert "The next step has 301 characters and may have 300; shorten it." in done.err


def test_a_follow_up_of_a_child_who_was_in_is_kept_with_a_warning(line: Line) -> None:
    there = line("follow-up", "ben", "--outcome", "spoke", "--on", "2026-11-19", "--json")
    sentence = "The register has the child present on Thu 19 Nov 2026"
    assert there.code == 0, there.err
    assert sentence in there.err
    assert [text.partition(";")[0] for text in there.json["warnings"]] == [sentence]
    away = line("follow-up", "ben", "--outcome", "no-answer", "--on", "2026-11-20", "--json")
    assert (away.err.count("present on"), away.json["warnings"]) == (0, [])
    titles = [entry["title"] for entry in line("child", "ben", "--json").json["story"]]
    assert "Follow-up 19/11: spoke to somebody" in titles
    assert "Absence 20/11: no answer" in titles


@pytest.mark.parametrize(
    "words",
    [("follow-up", "tilly", "--outcome", "no-answer"), ("contact", "add", "tilly", "--kind", "call")],
    ids=["follow-up", "contact"],
)
def test_a_day_that_soon_comes_is_not_taken_for_last_years(line: Line, words: tuple[str, ...]) -> None:
    done = line(*words, "--at", "23/11", "--json")
    assert (done.code, done.json["error"]["code"]) == (4, "year-needed")
    assert done.json["error"]["where"] == "--at"
    assert done.json["error"]["message"] == (
        "Mon 23 Nov 2026 is still to come; if you mean the year before, give it too: 23/11/2025."
    )
    assert line(*words, "--at", "23/11/2025", "--json").code == 0
    assert line(*words, "--at", "19/11", "--json").code == 0
