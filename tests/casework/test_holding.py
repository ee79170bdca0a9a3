"""Which children a laptop holds, and the sentence that says so."""

from __future__ import annotations

import pytest

from casework.holding import Place, held_words, holds
from casework.records import Worker
from casework.vocabulary import Agency


@pytest.mark.parametrize(
    ("agency", "schools", "held", "words"),
    [
        ("school", ("oak",), "roll own", "the whole roll of these schools, and the children of others with"),
        (
            "school",
            (),
            "team else own",
            "the children of any school with whom they or their team work, and no",
        ),
        ("early-help", ("oak",), "team own", "the children of these schools with whom they or their team"),
        ("early-help", (), "team else own", "the children of any school with whom they or their team work"),
    ],
)
def test_what_is_said_of_schools_is_what_a_laptop_holds(
    agency: Agency, schools: tuple[str, ...], held: str, words: str
) -> None:
    kim = Worker(id="kim", name="Kim Orr", agency=agency, team="swale", schools=schools)
    places = {
        "roll": Place("oak", "medway"),
        "team": Place("oak", "medway", lead="lee"),
        "else": Place("elm", "swale", lead="lee"),
        "own": Place("elm", "medway", members=frozenset({"kim"})),
    }
    found = {name for name, place in places.items() if holds(kim, place, {"kim", "lee"})}
    assert found >= set(held.split())
    assert found - set(held.split()) <= {"team"}, "a roll has those with whom the team works, too"
    assert held_words(kim).startswith(words)


def test_who_works_here_no_more_holds_nobody() -> None:
    gone = Worker(id="kim", name="Kim Orr", agency="school", team="swale", schools=("oak",), active=False)
    assert not holds(gone, Place("oak", "swale"), {"kim"})
    assert held_words(gone).startswith("nobody")
