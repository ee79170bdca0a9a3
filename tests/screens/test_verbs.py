from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tui.keymap import find_clash, is_key, read_keymap
from screens.verbs import BY_ID, LEADER, VERBS, footer_verbs, keys_markdown, keys_of, verbs_for

PLACES = (
    *(
        "today",
        "caseload",
        "child",
        "clocks",
        "supervision",
        "import",
        "notifications",
        "notification",
        "consent",
    ),
    *("plan", "disagreements", "review", "case", "schools", "conflicts", "settled", "sync"),
)


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(VERBS)


def test_no_two_verbs_share_a_key() -> None:
    assert find_clash({}) is None


def test_one_letter_is_one_verb_on_every_screen() -> None:
    keys = [key for verb in VERBS for key in verb.keys.split(",")]
    assert len(keys) == len(set(keys))
    assert LEADER not in keys


@pytest.mark.parametrize("place", PLACES)
def test_footer_holds_six_verbs_in_eighty_columns(place: str) -> None:
    verbs = footer_verbs(place)
    assert 1 <= len(verbs) <= 6
    line = "  ".join(f"{keys_of(verb).split(' or ')[0]} {verb.label}" for verb in verbs) + "  ? Help"
    assert len(line) <= 78


@pytest.mark.parametrize(
    "outcome",
    [
        *("spoke", "no-answer", "left-message", "wrong-number", "reason"),
        *("visit-planned", "seen", "not-seen", "safeguarding", "closed", "told-social-worker"),
    ],
)
def test_every_outcome_of_the_command_line_is_one_key(outcome: str) -> None:
    verb = BY_ID[outcome]
    assert len(keys_of(verb)) == 1
    assert verb in verbs_for("today")


def test_keys_page_is_equal_to_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "keys.md"
    assert page.read_text("utf-8") == keys_markdown(), "write keys_markdown() to docs/keys.md"


def test_a_good_remap_holds() -> None:
    kept, problems = read_keymap({"no-answer": "f2", "go-today": "g 1", "spoke": "ctrl+s, S"}, str)
    assert problems == ["spoke: S already does save-view there, so spoke stays on s."]
    assert kept == {"no-answer": "f2", "go-today": "g 1"}


@pytest.mark.parametrize(("verb", "key", "winner"), [("accept", "j", "down"), ("note-last", "enter", "open")])
def test_any_screen_may_hold_a_list_so_its_keys_are_taken(verb: str, key: str, winner: str) -> None:
    kept, problems = read_keymap({verb: key}, str)
    assert kept == {}
    assert problems == [f"{verb}: {key} already does {winner} there, so {verb} stays on {BY_ID[verb].keys}."]


def test_two_verbs_may_change_places() -> None:
    kept, problems = read_keymap({"no-answer": "m", "left-message": "n"}, str)
    assert not problems
    assert kept == {"no-answer": "m", "left-message": "n"}


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ({"nope": "n"}, "no verb is called 'nope'"),
        ({"undo": "hyper+u"}, "'hyper+u' is not a key"),
        ({"undo": "ab"}, "'ab' is not a key"),
        ({"undo": ""}, "must be text"),
        ({"undo": 3}, "must be text"),
        ({"undo": "g"}, "g has a fixed meaning"),
        ({"undo": "ctrl+c"}, "fixed meaning"),
        ({"undo": "n"}, "n already does no-answer"),
        ({"undo": "j"}, "j already does down"),
        ({"go-today": "t"}, "needs g and one sign"),
        ({"go-today": "g tt"}, "needs g and one sign"),
        ({"go-today": "g enter"}, "needs g and one sign"),
        ({"go-today": "g \x1b"}, "needs g and one sign"),
        ({"go-today": "g c"}, "g c already does go-caseload"),
    ],
)
def test_a_bad_remap_is_one_sentence_and_the_default_stays(entries: dict[str, object], words: str) -> None:
    kept, problems = read_keymap(entries, lambda verb: f"settings.toml line 7 ({verb})")
    assert len(problems) == 1
    assert words in problems[0]
    assert problems[0].startswith("settings.toml line 7")
    assert problems[0].endswith(".")
    assert kept == {}


@given(
    st.dictionaries(st.sampled_from([*BY_ID, "x"]), st.sampled_from([*"nmuU,/g", "space", "f2", "ctrl+l"]))
)
def test_any_keymap_ends_without_a_clash(entries: dict[str, object]) -> None:
    kept, problems = read_keymap(entries, str)
    assert find_clash(kept) is None
    assert len(kept) + len(problems) == len(entries)


@pytest.mark.parametrize("key", ["n", "U", "?", "+", "ctrl++", "f12", "ctrl+n", "alt+shift+up", "é", ","])
def test_keys(key: str) -> None:
    assert is_key(key)


@pytest.mark.parametrize("key", ["", " ", "nn", "ctrl", "ctrl+", "ctrl+ctrl+a", "f25", "\x1b", "shift+"])
def test_not_keys(key: str) -> None:
    assert not is_key(key)


@pytest.mark.parametrize("width", [13, 33, 55, 56, 73, 103])
def test_help_fits_its_width_and_breaks_no_word(width: int) -> None:
    from screens.help import help_lines
    from screens.widgets.text import cell_text

    lines = [cell_text(line) for line in help_lines("today", {}, width)]
    assert all(len(line.rstrip()) <= max(width, 28) for line in lines)
    assert "Called, nobody" in " ".join(" ".join(lines).split())
