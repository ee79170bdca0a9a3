"""What a page and a list of clocks say of what is withheld: whose ending it is, and each reason once."""

from __future__ import annotations

from typing import Any

import pytest

from casework.policies import Category
from outreach_tui.commands.plan_text import _episode
from storage.queries.tasks import WithheldClocks

HELD: dict[str, Any] = {
    "number": 1,
    "opened": "2026-11-09",
    "reason": None,
    "length": "11 days so far",
    "re_referral": None,
    "withheld": "Family is not part of inclusion-attendance's own work, and no agreement covers it.",
}


def test_only_a_closed_case_has_an_ending_to_withhold(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach_tui.commands.plan_text.say_day", str)
    _episode({**HELD, "closed": None})
    assert "withheld" not in capsys.readouterr().out
    _episode({**HELD, "closed": "2026-11-19"})
    assert "Why the case was closed is withheld: Family is not part" in capsys.readouterr().out


def test_two_reasons_of_one_category_are_told_apart() -> None:
    one = WithheldClocks(Category.SOCIAL_CARE, "The family withdrew its agreement on Fri 20 Nov 2026.", 1)
    assert one.words == "social care (1 child): The family withdrew its agreement on Fri 20 Nov 2026."
