"""Every page of a case: what may be seen no more is taken from the screen, and comes back when it may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from casework.errors import Refused
from screens.assessment import AssessmentScreen
from screens.case import CaseScreen
from screens.case_page import CasePage
from screens.consent import ConsentScreen
from screens.disagreements import DisagreementsScreen
from screens.plan import PlanScreen
from screens.review import ReviewScreen
from tests.screens.case_world import plan_case
from tests.screens.real import Family, enter, make_real_app, new_store
from tests.screens.steps import settle
from tests.screens.test_reviews import flat, keys

PAGES: tuple[type[CasePage[Any]], ...] = (
    *(ConsentScreen, PlanScreen, DisagreementsScreen, AssessmentScreen, ReviewScreen, CaseScreen),
)


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path, "early-help")
    yield Family(store)
    store.close()


@pytest.mark.parametrize("key", ["C", "P", "J", "Y", "G", "H"])
async def test_a_page_that_is_refused_when_it_is_read_again_is_taken_away(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str
) -> None:
    def refused(*_: object) -> None:
        raise Refused("withheld", "Nothing of this child may be seen.")

    plan_case(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await keys(pilot, key)
        page = app.screen
        assert isinstance(page, CasePage)
        assert "Marsh" in flat(app)
        with monkeypatch.context() as patch:
            patch.setattr(type(page), "read", refused)
            page.hear()
            await settle(pilot)
            assert "Marsh" not in flat(app)
            assert page.page.count == 0
            assert "Nothing of this child may be seen." in flat(app)
        page.hear()
        await settle(pilot)
        assert "Marsh" in flat(app)


def test_no_title_tells_the_class_or_school_that_is_withheld(tmp_path: Path) -> None:
    for agency, told in (("early-help", "4B · Oakhanger Primary"), ("voluntary", "")):
        (tmp_path / agency).mkdir()
        store = new_store(tmp_path / agency, agency)
        child = Family(store).tilly.id
        for page in PAGES:
            view = page(child).read(store)
            assert view.place == told, page.__name__
            assert view.name == "Matilda (Tilly) Marsh"
        store.close()
