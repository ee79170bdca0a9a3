"""An address that is protected stands in no answer of a command, wherever somebody wrote it."""

from __future__ import annotations

from casework.edits import Edit, update
from casework.records import Child
from storage.queries.child import read_child
from tests.cli.conftest import Line
from tests.cli.test_plan import ok, open_case, open_store

WROTE = "went to 3 QUAY Ln."


def test_words_that_name_a_protected_address_are_given_out_without_it(line: Line) -> None:
    child = line.ids["tilly"]
    open_case(line)
    told = ok(
        line,
        *("notify", "add", child, "--from", "Ms Sample", "--school", "999001"),
        *("--received", "2026-11-18", "--concern", WROTE, "--risks", WROTE),
    )
    entry = ok(line, "contact", "add", child, "--kind", "call", "--note", WROTE)
    plan = ok(line, "plan", "add", child, "--on", "2026-11-16")
    outcome = ok(line, "plan", "outcome", plan["id"], "--text", WROTE, "--measure", WROTE)
    assessment = ok(line, "assess", "add", child, "--strengths", WROTE)
    ok(line, "assess", "score", child, "--tool", WROTE, "--area", WROTE, "--score", "4", "--with", WROTE)
    ok(line, "flag", "add", child, "--kind", "eal", "--source", WROTE)
    agreement = ok(
        line,
        *("consent", "record", child, "--by", "Jo Marsh", "--relationship", "mother", "--status", "refused"),
        *("--agencies", "school", "--categories", "send", "--purposes", "support", "--exclude", WROTE),
    )
    calls = [
        ("child", child),
        ("flag", "list", child),
        ("contact", "list", child),
        ("contact", "show", entry["id"]),
        ("notify", "list"),
        ("notify", "show", told["id"]),
        ("plan", "show", child),
        ("plan", "print", child),
        ("assess", "list", child),
        ("assess", "show", assessment["id"]),
        ("consent", "list", child),
        ("consent", "show", agreement["id"]),
        *(("show", one["id"]) for one in (told, entry, outcome, assessment, agreement)),
        *(("history", one["id"]) for one in (told, entry, outcome, assessment, agreement)),
    ]
    before = [call for call in calls if "quay ln" in line(*call).out.casefold()]
    assert len(before) > len(calls) // 2, "the words are there until the address is protected"
    assert line("edit", line.ids["household"], "address_protected=true").code == 0
    for call in calls:
        for words in (call, (*call, "--json")):
            given = line(*words)
            assert given.code == 0, given.err
            assert "quay" not in given.out.casefold(), words
    rated = ("assess", "score", child, "--tool", WROTE, "--area", WROTE, "--score", "5", "--with", WROTE)
    assert "quay" not in line(*rated, "--json").out.casefold()
    ended = ("close", child, "--reason", "stepped-up", "--to", WROTE, "--told", WROTE)
    for words in (ended, ("undo",), (*ended, "--json")):
        given = line(*words)
        assert given.code == 0, given.err
        assert "quay" not in given.out.casefold(), words


def test_an_edit_warns_of_an_address_typed_about_a_family_that_has_a_protected_one(line: Line) -> None:
    child, home = line.ids["tilly"], line.ids["household"]
    warning = "leave addresses out of these words"
    assert any(person["address_protected"] for person in line("child", child, "--json").json["people"])
    for words in (
        ("edit", child, "known_as=Til of 9 Oak Road"),
        ("edit", child, "tags+=9 Oak Road"),
        ("edit", child, "known_as=Til", "--reason", "moved from 9 Oak Road"),
    ):
        told = line(*words)
        assert (told.code, warning in told.err) == (0, True), (words, told.err)
    for words in (
        ("edit", child, "known_as=Tilly"),
        ("edit", home, "address=9 Oak Road"),
        ("edit", line.ids["zoe"], "known_as=Zo of 9 Oak Road"),
    ):
        told = line(*words)
        assert (told.code, warning in told.err) == (0, False), (words, told.err)


def test_a_childs_page_has_no_protected_address_for_a_class_a_year_or_a_language(line: Line) -> None:
    child = line.ids["tilly"]
    assert line("edit", line.ids["household"], "address_protected=true").code == 0
    store = open_store(line)
    held = store.get(Child, child)
    changes = update(held, reg=WROTE, year_group=WROTE, language=WROTE)
    store.journal.commit(Edit("Edit child", changes, subject=child))
    shown = read_child(store, store.get(Child, child)).child
    store.close()
    assert "quay" not in f"{shown.reg} {shown.year_group} {shown.language}".casefold()
    assert "quay" not in line("child", child).out.casefold()
