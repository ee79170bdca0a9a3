"""Relationship codes of registers are shown in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from casework.relationships import RELATIONSHIPS, say_relationship
from screens.callers import first_callers
from screens.widgets.text import cell_text
from storage.intake import family
from storage.queries.reach import Caller, Reach


@pytest.mark.parametrize(
    ("kind", "words"),
    [("MOT", "mother"), ("gpr", "grandparent"), ("Aunt", "Aunt"), ("", ""), ("XYZ", "XYZ")],
)
def test_codes_become_words_and_words_stay(kind: str, words: str) -> None:
    assert say_relationship(kind) == words


def test_intake_and_screens_share_one_table() -> None:
    assert family.RELATIONSHIPS is RELATIONSHIPS


def test_people_are_lettered_for_digits_open_views() -> None:
    people = [Caller(f"Jo {n}", "GPR", ("07700 900123",), False, "yes", "", "") for n in range(3)]
    lines = [cell_text(line) for line in first_callers(Reach(people), 70)]
    assert lines[0] == "a) Jo 0 (grandparent)  07700 900123"
    assert [line[:2] for line in lines] == ["a)", "b)", "c)"]


def test_no_other_table_is_left(request: pytest.FixtureRequest) -> None:
    root = Path(request.config.rootpath)
    texts = [path.read_text(encoding="utf-8") for folder in ("casework", "storage", "screens")
             for path in (root / folder).rglob("*.py")]  # fmt: skip
    assert sum('"grandparent"' in text for text in texts) == 1
