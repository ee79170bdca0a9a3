from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach_tui.settings import IDLE_MOST, Settings, load, parse


def test_no_file_means_the_defaults(tmp_path: Path) -> None:
    loaded = load(tmp_path / "settings.toml")
    assert loaded.settings == Settings()
    assert loaded.settings.idle_minutes == 5
    assert not loaded.problems


def test_a_full_file() -> None:
    text = (
        'theme = "contrast"\nidle_minutes = 15\n[labels]\nearly-help = "Family Help"\n[keys]\nundo = "f4"\n'
    )
    loaded = parse(text)
    assert not loaded.problems
    assert loaded.settings.theme == "contrast"
    assert loaded.settings.idle_minutes == 15
    assert loaded.settings.labels == {"early-help": "Family Help"}
    assert loaded.settings.keys == {"undo": "f4"}


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('theme = "pink"', "settings.toml line 1: theme must be one of"),
        ("\nidle_minutes = 16", "settings.toml line 2: idle_minutes must be"),
        ("idle_minutes = 0", "settings.toml line 1: idle_minutes"),
        ("idle_minutes = true", "settings.toml line 1: idle_minutes"),
        ('idle_minutes = "5"', "settings.toml line 1: idle_minutes"),
        ("colour = 1", "settings.toml line 1: there is no setting 'colour'"),
        ("\n\n[keys]\n\nnope = 'n'", "settings.toml line 5: no verb is called 'nope'"),
        ("[keys]\nundo = 'n'", "settings.toml line 2: n already does no-answer"),
        ("[labels]\npolice = 'x'", "settings.toml line 2: no agency is called 'police'"),
        ("[labels]\nschool = 4", "settings.toml line 2: the label of school must be text"),
        ("[labels]\nschool = ' \u200b '", "settings.toml line 2: the label of school must be text"),
        ("[levels]\n1 = 'Low'\n2 = 3", "settings.toml line 3: the name of level 2 must be text"),
        ("levels = 3", "settings.toml line 1: levels must be a table"),
        ("keys = 3", "settings.toml line 1: keys must be a table"),
        ("a = \n", "settings.toml line 1: this is not TOML"),
        ("[a", "settings.toml near its end: this is not TOML"),
    ],
)
def test_a_slip_is_one_sentence_and_the_default_holds(text: str, place: str) -> None:
    loaded = parse(text)
    assert loaded.settings == Settings()
    assert len(loaded.problems) == 1
    assert loaded.problems[0].startswith(place)
    assert loaded.problems[0].endswith(".")


def test_one_slip_leaves_the_other_settings() -> None:
    loaded = parse('theme = "light"\nidle_minutes = 99\n')
    assert loaded.settings.theme == "light"
    assert loaded.settings.idle_minutes == 5


@pytest.mark.parametrize(
    "raw", [b"\xff\xfe\x00", b"a" * 200_000, b"\x00", b'theme = "light"\n' + b"#" * 100_000]
)
def test_bytes_that_are_no_settings(tmp_path: Path, raw: bytes) -> None:
    path = tmp_path / "settings.toml"
    path.write_bytes(raw)
    loaded = load(path)
    assert loaded.settings == Settings()
    assert len(loaded.problems) == 1


def test_tables_within_tables_without_end() -> None:
    loaded = parse("a = " + "[" * 50_000)
    assert loaded.settings == Settings()
    assert len(loaded.problems) == 1


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    (tmp_path / "settings.toml").mkdir()
    assert "cannot be read" in load(tmp_path / "settings.toml").problems[0]


@given(st.text(max_size=200))
def test_any_text_gives_settings(text: str) -> None:
    settings = parse(text).settings
    assert 1 <= settings.idle_minutes <= IDLE_MOST
