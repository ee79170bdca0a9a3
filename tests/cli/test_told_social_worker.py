"""`follow-up --outcome told-social-worker`: the words to send, who may log it, and who sees that it was."""

from __future__ import annotations

from pathlib import Path

from storage.home import Home
from tests.cli.conftest import Line, fill, secret_file
from tests.cli.test_plan import open_store
from tests.safety.planted import become
from tests.tools.vaults import PASSPHRASE

TELL = ("--outcome", "told-social-worker")


def social_care(tmp_path: Path) -> Line:
    ids = fill(Home(tmp_path / "care"), "social-care")
    return Line(tmp_path / "care", secret_file(tmp_path, PASSPHRASE), ids)


def rules(line: Line) -> dict[str, list[str]]:
    rows = line("today", "--json").json["rows"]
    return {row["child"]["id"]: [why["rule"] for why in row["why"]] for row in rows}


def test_the_words_are_printed_kept_and_clear_the_reason(tmp_path: Path) -> None:
    line = social_care(tmp_path)
    tilly = line.ids["tilly"]
    assert rules(line)[tilly][0] == "social-worker"
    assert line("follow-up", tilly, "--outcome", "no-answer").code == 0
    made = line("follow-up", tilly, *TELL, "--note", "Rang the duty line", "--json")
    assert made.code == 0, made.err
    assert made.json["status"] == "social worker told"
    words = made.json["message"]
    assert words.startswith("T.M. (Year 4), Oakhanger Primary, was absent from school on Fri 20 Nov 2026")
    assert "The family was tried (1 time) and not reached." in words
    assert not [secret for secret in ("Tilly", "Marsh", "need", "justice") if secret in words]
    (row,) = [row for row in line("today", "--json").json["rows"] if row["child"]["id"] == tilly]
    assert "social-worker" not in [why["rule"] for why in row["why"]]
    assert (row["attempts"], row["status"]) == (1, "called, no answer")
    assert line("show", made.json["id"], "--json").json["fields"]["note"] == f"{words}\nRang the duty line"
    assert "T.M. (Year 4)" in line("follow-up", tilly, *TELL).out
    for _ in range(2):
        assert line("undo").code == 0
    assert rules(line)[tilly][0] == "social-worker"


def test_it_is_refused_in_the_same_words_whether_there_is_none_or_it_is_withheld(
    line: Line, tmp_path: Path
) -> None:
    withheld = line("follow-up", line.ids["tilly"], *TELL)
    none = line("follow-up", line.ids["ben"], *TELL)
    really_none = social_care(tmp_path)("follow-up", "ben", *TELL)
    assert (withheld.code, none.code, really_none.code) == (5, 5, 5)
    assert withheld.err == none.err == really_none.err
    assert "No flag that you may see" in none.err


def test_who_may_not_see_social_care_does_not_see_that_it_was_told(tmp_path: Path) -> None:
    line = social_care(tmp_path)
    made = line("follow-up", line.ids["tilly"], *TELL, "--json").json
    line("worker", "add", "Newcomer", "--agency", "school")
    story = line("child", line.ids["tilly"], "--json").json["story"]
    assert "social worker told" in str(story)
    newcomer = next(one for one in line("worker", "list", "--json").json if one["name"] == "Newcomer")
    store = open_store(line)
    become(store, newcomer["id"])
    store.close()
    for words in (("child", line.ids["tilly"]), ("show", made["id"]), ("history", made["id"]), ("log",)):
        seen = line(*words, "--json").out
        assert "social-worker" not in seen, words
        assert "T.M." not in seen, words
        assert "social worker told" not in seen, words


def test_it_reaches_nobody_of_the_family(line: Line) -> None:
    refused = line("follow-up", line.ids["tilly"], *TELL, "--alone")
    assert refused.code in (4, 5)
