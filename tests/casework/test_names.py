from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casework.names import (
    likeness,
    look_alike,
    mixes_scripts,
    name_likeness,
    name_parts,
    phonetic_keys,
    scripts,
)

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=30)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("siobhan", "shivaun"),
        ("kayleigh", "caley"),
        ("aoife", "eefa"),
        ("mohammed", "muhammad"),
        ("niamh", "neve"),
        ("caoimhe", "keeva"),
        ("lukasz", "lukash"),
        ("sean", "shaun"),
        ("catherine", "katharine"),
        ("philip", "filip"),
        ("wright", "rite"),
        ("geoffrey", "jeffrey"),
        ("xavier", "zavier"),
        ("sofia", "sophia"),
    ],
)
def test_names_that_sound_alike_share_a_key(one: str, other: str) -> None:
    assert phonetic_keys(one) & phonetic_keys(other)


@pytest.mark.parametrize(("one", "other"), [("brown", "green"), ("smith", "patel"), ("zoe", "mark")])
def test_names_that_do_not_sound_alike_share_none(one: str, other: str) -> None:
    assert not phonetic_keys(one) & phonetic_keys(other)
    assert likeness(one, other) < 0.75


def test_likeness_ranks_the_near_name_first() -> None:
    assert likeness("siobhan", "siobhan") == 1.0
    near = [likeness("mohammed", other) for other in ("muhammad", "mahmoud", "matilda")]
    assert near == sorted(near, reverse=True)
    assert likeness("siobhan", "soibhan") > likeness("siobhan", "shivaun") > likeness("siobhan", "simon")


def test_parts_stand_alone_and_together() -> None:
    assert name_parts("Mary-Kate", "O'Brien") == ("mary", "kate", "marykate", "obrien")
    assert name_parts("María", "de la Cruz") == ("maria", "de", "la", "cruz", "delacruz")
    assert name_parts("", "  ") == ()
    assert name_parts("Bo", "Bo") == ("bo",)


def test_whole_names_in_either_order() -> None:
    assert name_likeness("O'Brien, Siobhan", "Shivaun OBrien") > 0.8
    assert name_likeness("Zoë Smith", "ZOE SMITH") == 1.0
    assert name_likeness("Zoë Smith", "Zoë") < name_likeness("Zoë Smith", "Zoë Smyth")
    assert name_likeness("Amir Khan", "Beth Jones") < 0.6
    assert name_likeness("", "Zoë") == 0.0


@pytest.mark.parametrize("name", ["Аnna", "Ann\u0430", "Pаul Smith", "Οlivia"])
def test_a_word_of_mixed_scripts_is_seen(name: str) -> None:
    assert mixes_scripts(name)


@pytest.mark.parametrize(
    "name", ["Anna", "Zoë Weiß", "Иван Smith", "김민준", "さくら子", "O'Brien-Łuk", "Nº 5", ""]
)
def test_honest_names_are_not_warned_about(name: str) -> None:
    assert not mixes_scripts(name)


def test_look_alikes() -> None:
    assert look_alike("Аnna", "Anna")
    assert look_alike("РАUL", "Paul")
    assert not look_alike("Anna", "Anna")
    assert not look_alike("Anna", "anna")
    assert not look_alike("Anna", "Hanna")
    assert scripts("Zoë Иван") == ("CYRILLIC", "LATIN")
    assert scripts("12") == ()


@given(ANY_TEXT, ANY_TEXT)
def test_any_text_has_a_likeness_both_ways(one: str, other: str) -> None:
    assert 0.0 <= name_likeness(one, other) <= 1.0
    assert name_likeness(one, one) in {0.0, 1.0}
    for part in name_parts(one, other):
        assert part.isalnum()
        assert likeness(part, part) == 1.0
    assert mixes_scripts(one) in {True, False}


@given(st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=30))
def test_keys_are_kinds_with_codes(part: str) -> None:
    assert all(key[0] in "msr" and len(key) > 1 for key in phonetic_keys(part))
    assert likeness(part, part[::-1]) == likeness(part[::-1], part)


def test_importing_loads_neither_phonetics_nor_fuzzy_matching() -> None:
    code = "import sys, casework.names; sys.exit(bool({'jellyfish', 'rapidfuzz'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
