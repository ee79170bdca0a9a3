"""Two records of one child by the command line: found, looked at, merged, and parted again."""

from __future__ import annotations

from typing import Any

from tests.cli.conftest import Line

WHY = ("--reason", "one family, one child")


def twins(line: Line) -> tuple[str, str]:
    """Two records of Sam Orr that look like one child."""
    one, two = line.ids["sam1"], line.ids["sam2"]
    done = line("edit", two, f"dob={line('child', one, '--json').json['dob']}")
    assert done.code == 0, done.err
    return one, two


def pairs(line: Line, *words: str) -> Any:
    done = line("duplicates", *words, "--json")
    assert done.code == 0, done.err
    return done.json


def test_a_pair_is_found_looked_at_and_not_offered_again(line: Line) -> None:
    one, two = twins(line)
    (pair,) = pairs(line)["pairs"]
    assert {pair["child"]["id"], pair["other"]["id"]} == {one, two}
    assert (pair["band"], pair["reasons"][:2]) == ("match", ["same name", "same date of birth"])
    assert pairs(line, one)["pairs"][0]["other"]["id"] == two
    linked = line("link", one, two, "--as", "different", *WHY, "--json")
    assert (linked.code, linked.json["as"]) == (0, "different")
    assert pairs(line) == {"today": "2026-11-20", "today_set": True, "pairs": [], "looked_at": 1, "total": 1}
    (shown,) = pairs(line, two, "--all")["pairs"]
    assert "not the same child, by" in shown["decided"]
    again = line("link", one, two, "--as", "different", *WHY)
    assert (again.code, "already" in again.err) == (5, True)
    assert line("link", one, two, "--end", *WHY).code == 0
    (ended,) = [row for row in line("history", linked.json["id"]).out.splitlines() if "ended_by" in row]
    assert "Ana Bell" in ended
    assert line.ids["worker"] not in ended
    assert pairs(line)["looked_at"] == 0


def test_siblings_stand_on_each_others_page(line: Line) -> None:
    one, other = line.ids["sam1"], line.ids["tilly"]
    assert line("link", one, other, "--as", "sibling", *WHY).code == 0
    for child, sibling in ((one, other), (other, one)):
        page = line("child", child, "--json").json
        assert sibling in [found["id"] for found in page["siblings"]]


def test_a_merge_is_tried_made_and_taken_back_by_undo_or_split(line: Line) -> None:
    one, two = twins(line)
    note = line("contact", "add", two, "--kind", "call", "--note", "from two", "--json").json["id"]
    dry = line("merge", one, two, *WHY, "--dry-run", "--json")
    assert (dry.code, dry.json["id"], dry.json["edit"]) == (0, None, None)
    assert dry.json["moved"]["contact"] == 1
    (moved,) = [one for one in dry.json["moved_records"] if one["type"] == "contact"]
    assert moved == {"id": note, "type": "contact", "about": "contact, Fri 20 Nov 2026"}
    said = line("merge", one, two, *WHY, "--dry-run").out
    assert "would move to Sam Orr: 1 contact: Fri 20 Nov 2026" in said
    assert line("show", two).code == 0
    made = line("merge", one, two, *WHY, "--json")
    assert made.code == 0, made.err
    page = line("child", two, "--json").json
    assert page["id"] == one
    assert "from two" in str(page["story"])
    reached = line("edit", two, "tags+=extra", "--json")
    assert (reached.code, reached.json["id"]) == (0, one)
    assert f"That record was merged; this changes Sam Orr ({one})." in reached.err
    assert line("undo").code == 0
    (part,) = page["merged"]
    merge = part["id"]
    assert (merge, part["name"], part["on"]) == (made.json["id"], "Sam Orr", "2026-11-20")
    assert line("undo").code == 0
    assert line("child", two, "--json").json["id"] == two
    assert line("undo", "--redo").code == 0
    tried = line("split", one, "--dry-run", "--json").json
    assert (tried["id"], tried["back"]["contact"]) == (merge, 1)
    assert note in [kept["id"] for kept in tried["back_records"]]
    said = line("split", one, "--dry-run").out
    assert "goes back to Sam Orr: 1 contact: Fri 20 Nov 2026" in said
    back = line("split", merge, "--reason", "cousins", "--json")
    assert back.code == 0, back.err
    assert line("contact", "list", two, "--json").json[0]["id"] == note
    assert line("split", one, "--json").json["error"]["code"] == "not-merged"
    assert line("verify").code == 0


def test_what_speaks_for_twins_asks_for_a_word_more(line: Line) -> None:
    one, two = line.ids["sam1"], line.ids["sam2"]
    refused = line("merge", one, two, *WHY, "--json")
    assert (refused.code, refused.json["error"]["code"]) == (5, "perhaps-two")
    assert "born on different days" in refused.json["error"]["message"]
    done = line("merge", one, two, *WHY, "--sure", "--json")
    assert (done.code, bool(done.json["doubts"])) == (0, True)
    again = line("merge", one, two, *WHY, "--json")
    assert (again.code, again.json["error"]["code"]) == (5, "already-one")


def test_a_field_is_taken_by_name_and_a_wrong_name_is_said(line: Line) -> None:
    one, two = twins(line)
    wrong = line("merge", one, two, *WHY, "--take", "shoe", "--json")
    assert (wrong.code, wrong.json["error"]["where"]) == (4, "--take")
    assert line("edit", two, "language=Polish").code == 0
    assert line("edit", one, "language=Welsh").code == 0
    done = line("merge", one, two, *WHY, "--take", "language", "--sure", "--json").json
    assert {"field": "language", "kept": "Welsh", "other": "Polish", "taken": True} in done["fields"]
    plain = line("split", one)
    assert (plain.code, "two records again" in plain.out) == (0, True)


def test_bad_input_is_one_sentence(line: Line) -> None:
    one = line.ids["sam1"]
    assert line("link", one, one, "--as", "sibling", *WHY).code == 4
    assert line("link", one, line.ids["tilly"], *WHY).code == 2
    assert line("merge", one, one, *WHY).code == 5
    assert line("merge", one, "nobody here", *WHY).code == 4
    assert line("split", one).code == 5
    assert line("merge", one, line.ids["tilly"], "--reason", " ", "--dry-run").code == 4


def test_what_was_taken_back_by_an_undo_is_edited_no_more(line: Line) -> None:
    note = line("contact", "add", line.ids["sam1"], "--kind", "call", "--note", "rang", "--json").json["id"]
    assert line("undo").code == 0
    refused = line("edit", note, "note=rang twice", "--json")
    assert (refused.code, refused.json["error"]["code"]) == (5, "void")
