"""A disk that is full: nothing is shown that is not on record, no word is called saved that is not."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest
from sqlcipher3 import dbapi2 as sqlcipher

from casework.errors import Refused
from screens.child import ChildScreen
from screens.contact_form import ContactForm
from screens.follow_up_forms import WordsForm
from screens.search import SearchScreen
from screens.today import TodayScreen
from screens.widgets.row_list import RowList
from storage import audit, drafts
from tests.screens.rounds_world import child, make_caseload, opened, round_of
from tests.screens.steps import settle, type_text
from tests.screens.textshot import screen_text


class Disk:
    """A disk that can be filled up: what is written to the audit or as a draft then fails as SQLite fails."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_full = False
        append = audit.append

        def appended(*given: object, **named: object) -> None:
            self.check()
            append(*given, **named)  # type: ignore[arg-type]

        monkeypatch.setattr(audit, "append", appended)
        stamp = drafts.stamp

        def stamped(moment: datetime) -> str:
            self.check()
            return stamp(moment)

        monkeypatch.setattr(drafts, "stamp", stamped)

    def check(self) -> None:
        if self.is_full:
            raise sqlcipher.OperationalError("database or disk is full")


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    return Disk(monkeypatch)


async def test_a_page_that_cannot_be_put_on_record_stays_closed(tmp_path: Path, disk: Disk) -> None:
    async with opened(make_caseload(tmp_path, round_of(3))) as pilot:
        before = screen_text(pilot.app)
        disk.is_full = True
        await pilot.press("enter")
        await settle(pilot)
        assert pilot.app.is_running
        assert isinstance(pilot.app.screen, TodayScreen)
        said = " ".join(screen_text(pilot.app).split())
        assert "The page stays closed: There is no room left" in said
        assert screen_text(pilot.app).splitlines()[:10] == before.splitlines()[:10]
        disk.is_full = False
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ChildScreen)


async def test_a_list_that_cannot_be_put_on_record_shows_nobody(tmp_path: Path, disk: Disk) -> None:
    async with opened(make_caseload(tmp_path, round_of(3))) as pilot:
        disk.is_full = True
        await pilot.press("g", "c")
        await settle(pilot)
        text = screen_text(pilot.app)
        assert "This list stays closed. g c tries again." in text
        assert child(0).surname not in text
        disk.is_full = False
        await pilot.press("g", "c")
        await settle(pilot)
        assert child(0).surname in screen_text(pilot.app)


async def test_a_search_that_cannot_be_put_on_record_finds_nobody(tmp_path: Path, disk: Disk) -> None:
    async with opened(make_caseload(tmp_path, round_of(3)), room="search") as pilot:
        assert isinstance(pilot.app.screen, SearchScreen)
        disk.is_full = True
        await type_text(pilot, "mars")
        await settle(pilot)
        assert pilot.app.screen.query_one(RowList).count == 0
        disk.is_full = False
        await type_text(pilot, "h")
        await settle(pilot)
        assert pilot.app.screen.query_one(RowList).count > 0


async def test_a_history_that_cannot_be_put_on_record_stays_closed(tmp_path: Path, disk: Disk) -> None:
    async with opened(make_caseload(tmp_path, round_of(3))) as pilot:
        await pilot.press("enter")
        await settle(pilot)
        disk.is_full = True
        await pilot.press("h")
        await settle(pilot)
        assert "This history stays closed" in screen_text(pilot.app)


async def test_words_that_could_not_be_kept_are_called_unsaved_and_are_not_left(
    tmp_path: Path, disk: Disk
) -> None:
    async with opened(make_caseload(tmp_path, round_of(3))) as pilot:
        await pilot.press("enter", "t")
        await settle(pilot)
        await type_text(pilot, "before ")
        await settle(pilot)
        assert "draft saved" in screen_text(pilot.app)
        disk.is_full = True
        await type_text(pilot, "and after")
        await settle(pilot)
        title, *_, foot = screen_text(pilot.app).rstrip().splitlines()
        assert title.rstrip().endswith("NOT saved: no room")
        assert "keeps the draft" not in foot
        await pilot.press("escape")
        await settle(pilot)
        assert "kept nowhere" in screen_text(pilot.app)
        await pilot.press("n")
        await settle(pilot)
        form = pilot.app.screen
        assert isinstance(form, ContactForm)
        assert form.fields()["note"] == "before and after"
        disk.is_full = False
        await type_text(pilot, "!")
        await settle(pilot)
        await settle(pilot)
        title, *_, foot = screen_text(pilot.app).rstrip().splitlines()
        assert title.rstrip().endswith("draft saved")
        assert "keeps the draft" in foot
        disk.is_full = True
        await type_text(pilot, "x")
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("y")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ChildScreen)
        await pilot.press("t")
        await settle(pilot)
        form = pilot.app.screen
        assert isinstance(form, ContactForm)
        assert form.fields()["note"] == "before and after!"


async def test_an_agreement_that_could_not_be_kept_is_called_unsaved(tmp_path: Path, disk: Disk) -> None:
    async with opened(make_caseload(tmp_path, round_of(3))) as pilot:
        await pilot.press("enter", "C", "R")
        await settle(pilot)
        pilot.app.screen.query_one("#given_by").focus()
        disk.is_full = True
        await type_text(pilot, "Jo Marsh")
        await settle(pilot)
        assert "NOT saved: no room" in screen_text(pilot.app)
        await pilot.press("escape")
        await settle(pilot)
        assert "kept nowhere" in screen_text(pilot.app)
        await pilot.press("n")
        disk.is_full = False
        await type_text(pilot, "!")
        await settle(pilot)
        assert "All of it is kept as a draft again." in screen_text(pilot.app)


async def test_words_of_a_follow_up_that_could_not_be_kept_are_not_left(tmp_path: Path, disk: Disk) -> None:
    async with opened(make_caseload(tmp_path, round_of(3))) as pilot:
        await pilot.press("r", "i")
        await settle(pilot)
        disk.is_full = True
        await type_text(pilot, "tummy ache")
        await settle(pilot)
        assert "NOT saved: There is no room left" in screen_text(pilot.app)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(pilot.app.screen, WordsForm)
        assert "esc again leaves without these words" in screen_text(pilot.app)
        disk.is_full = False
        await type_text(pilot, "!")
        await settle(pilot)
        assert "NOT saved" not in screen_text(pilot.app)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(pilot.app.screen, TodayScreen)
        assert "Kept as a draft" in screen_text(pilot.app)


async def test_a_draft_that_cannot_be_thrown_away_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise Refused("disk-full", "There is no room left.", "caseload.db")

    async with opened(make_caseload(tmp_path, round_of(3))) as pilot:
        await pilot.press("enter", "t")
        await settle(pilot)
        await type_text(pilot, "words")
        await settle(pilot)
        monkeypatch.setattr(drafts.Drafts, "discard", full)
        await pilot.press("ctrl+d", "y")
        await settle(pilot)
        assert isinstance(pilot.app.screen, ContactForm)
        assert "There is no room left." in screen_text(pilot.app)
