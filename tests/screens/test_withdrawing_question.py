"""What the question before a withdrawal says disappears is what the page then says is withheld."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from casework.consent import withdraw_agreement
from casework.policies import PURPOSES
from casework.sharing_grid import HIDDEN_EXISTENCE
from casework.vocabulary import AGENCIES
from casework.wording import CATEGORIES, join_words
from screens.consent_lines import lost_lines
from screens.widgets.text import Piece
from storage.queries.agreements import read_lost
from storage.queries.child import read_child
from tests.screens.test_hidden_in_agreements import TODAY, agreed, opened


@pytest.mark.parametrize("agency", AGENCIES)
def test_the_question_and_what_is_withheld_after_it_agree(agency: str, tmp_path: Path) -> None:
    store = opened(tmp_path, agency)

    @settings(max_examples=15, deadline=None)
    @given(st.sets(st.sampled_from(PURPOSES), min_size=1))
    def agree(purposes: set[str]) -> None:
        child, held = agreed(store, {agency}, purposes)
        lost, own = read_lost(store, child, held.id)
        before = {item.category for item in read_child(store, child).withheld}
        store.journal.commit(withdraw_agreement(held, "changed her mind", TODAY, TODAY))
        after = {item.category for item in read_child(store, child).withheld}
        gone = [
            c
            for c in (one.category for one in own)
            if not any(store.may_see(child, c, purpose) for purpose in PURPOSES)
        ]
        cells = lost_lines(lost, own, {}, 2000)
        lines = [cell.text for cell in cells if isinstance(cell, Piece)]
        said = [line for line in lines if line.startswith("Disappears")]
        words = join_words([CATEGORIES[c.value] for c in gone])
        assert said == ([f"Disappears from your own sight: {words}."] if gone else [])
        family = {p for one in own if one.category.value == "family" for p in one.purposes}
        work = [line for line in lines if line.startswith("With it go from your sight")]
        assert bool(work) == bool(family & {"assessment", "planning"})
        assert any("the plan, its outcomes, actions and reviews" in line for line in work) == (
            "planning" in family
        )
        assert set(gone) - HIDDEN_EXISTENCE <= after
        told = {one.category for one in own if "support" in one.purposes}
        assert after - before == told - HIDDEN_EXISTENCE
        for one in own:
            if one.category not in gone:
                part = f"{CATEGORIES[one.category.value]} for {join_words(one.purposes)}"
                assert any(line.startswith("You no longer see") and part in line for line in lines)

    agree()
    store.close()
