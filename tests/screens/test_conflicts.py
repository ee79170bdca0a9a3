"""Conflicts on a real encrypted caseload: seen in plain words, settled by keys, with a kept draft."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.records import Child, Person, School, Worker
from casework.records_sync import Conflict
from screens.child_page import page_lines
from screens.child_view import read_view
from screens.conflict_form import ConflictTextForm
from screens.conflict_lines import (
    row,
    settled_lines,
    settled_row,
    settled_text,
    side_lines,
    whole_text,
)
from screens.conflicts import ConflictsScreen
from screens.conflicts_settled import SettledScreen
from screens.help import HelpScreen
from screens.history import HistoryScreen
from screens.reader import TextScreen
from screens.unfinished import read_unfinished
from screens.widgets.text import Piece, show_cell
from storage.queries.conflicts import find_conflict, read_conflicts, read_settled
from storage.queries.history import read_history
from storage.settling import commit_settlement
from storage.store import Store
from tests.screens.fakes import HOSTILE
from tests.screens.real import Family, asked, enter, make_real_app, new_store
from tests.screens.steps import settle, unlock
from tests.screens.test_consent import flat, keys
from tests.screens.textshot import check_shot, screen_text


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path)
    yield Family(store)
    store.close()


def at_odds(family: Family, field: str = "known_as", other: Any = "Tils", **more: Any) -> Conflict:
    store = family.store
    ben = Worker.model_validate(
        {"id": new_id(), "name": "Ben Orr", "agency": "school", "schools": [family.school.id]}
    )
    stands = store.get(Child, family.tilly.id).model_dump(mode="json").get(field, "")
    values = {
        "id": new_id(), "child": family.tilly.id, "record": family.tilly.id, "record_type": "child",
        "field": field, "base": json.dumps(""), "central": json.dumps(stands), "other": json.dumps(other),
        "central_by": store.worker.id, "central_at": "2026-11-18T08:30:00Z",
        "other_by": ben.id, "other_at": "2026-11-19T15:10:00Z",
    }  # fmt: skip
    made = Conflict.model_validate(values | more)
    store.journal.commit(Edit("Central record", (create(ben), create(made))), kind="setup")
    return made


def known_as(store: Store, child: str) -> str:
    return store.get(Child, child).known_as


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_both_sides_stand_side_by_side_and_a_key_settles_them(
    family: Family, tmp_path: Path, size: tuple[int, int]
) -> None:
    at_odds(family)
    before = known_as(family.store, family.tilly.id)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=size) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x")
        assert isinstance(app.screen, ConflictsScreen)
        text = flat(app)
        assert "1 conflict to settle" in text
        assert "also said Tils" in text
        assert "Ben Orr, Oakhanger" in text
        check_shot(app, f"conflicts-{size[0]}")
        await keys(pilot, "right_parenthesis")
        assert await asked(app, lambda store: known_as(store, family.tilly.id)) == "Tils"
        assert "Known as: “Tils” holds now. u takes it back." in flat(app)
        assert "No conflict waits" in flat(app)
        await keys(pilot, "u")
        assert await asked(app, lambda store: known_as(store, family.tilly.id)) == before
        assert "1 conflict to settle" in flat(app)
        await keys(pilot, "left_parenthesis")
        assert await asked(app, lambda store: known_as(store, family.tilly.id)) == before
        assert "No conflict waits" in flat(app)
        await keys(pilot, "question_mark")
        assert isinstance(app.screen, HelpScreen)
        assert "Take what was also said" in flat(app)


def test_the_childs_page_says_how_many_wait_and_nothing_where_none_does(family: Family) -> None:
    def waits() -> list[str]:
        page = page_lines(read_view(family.store, family.tilly.id), 78)
        words = (line.cell.text for line in page if isinstance(line.cell, Piece))
        return [text.strip() for text in words if "settled: g x" in text]

    assert waits() == []
    at_odds(family)
    assert waits() == ["1 conflict waits to be settled: g x"]
    at_odds(family, "tags", ["bus"], base="[]")
    assert waits() == ["2 conflicts wait to be settled: g x"]


def test_who_said_it_and_when_stand_whole_in_two_lines(family: Family) -> None:
    at_odds(family)
    (one,) = read_conflicts(family.store)
    schools = "Lantern Hill Primary, Tidewater Free School, Oast Park School"
    many = replace(one, other=replace(one.other, where=schools))
    for told, who in ((one, "Oakhanger Primary"), (many, "Lantern Hill Primary, Tidewat…")):
        lines = [show_cell(line).plain for line in side_lines(told, 50, 20)]
        assert " ".join(" ".join(lines[-2:]).split()) == f"Ben Orr, {who}, Thu 19 Nov 2026 15:10"


@pytest.mark.parametrize("settled", [False, True])
@pytest.mark.parametrize(("size", "whole"), [((80, 24), False), ((120, 40), True)])
async def test_a_long_value_takes_the_room_there_is_and_shows_where_it_is_cut(
    family: Family, tmp_path: Path, size: tuple[int, int], whole: bool, settled: bool
) -> None:
    words = " ".join(f"word{n}" for n in range(1, 121))
    chosen = {"settled": True, "chosen": json.dumps("Tils")} if settled else {}
    at_odds(family, other=words, **chosen)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=size) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x", *(["semicolon"] if settled else []))
        text = flat(app)
        assert "word60 " in text
        assert ("word120" in text) == whole
        assert "Ben Orr, Oakhanger Primary, Thu 19 Nov 2026 15:10" in text
        assert ("…" in text[text.index("word60 ") :]) != whole
        assert settled or "enter Open" in text
        await keys(pilot, "enter")
        assert isinstance(app.screen, TextScreen)


def test_values_are_cut_to_as_many_lines_each_and_never_without_a_sign(family: Family) -> None:
    at_odds(family)
    (one,) = read_conflicts(family.store)
    long, longer = (" ".join(["word"] * n) for n in (40, 80))
    stands = replace(one.stands, words=long, value=long)
    told = replace(one, stands=stands, other=replace(one.other, words=longer, value=longer))
    whole = len(list(side_lines(told, 60, 60)))
    for most, cut in ((whole, 0), (whole - 1, 1), (whole - 6, 2), (1, 2)):
        lines = [show_cell(line).plain for line in side_lines(told, 60, most)]
        assert len(lines) <= max(most, 8)
        assert sum(line.endswith("…") for line in lines) == cut
    assert all(len(line) <= 60 for line in lines)


def test_one_about_a_school_names_the_school(family: Family) -> None:
    school = family.school
    at_odds(family, "spoc", "Ms Hale", child=None, record=school.id, record_type="school", central='""')
    (one,) = read_conflicts(family.store)
    named = f"{school.name} ({school.urn})"
    assert row(one).cells[0] == named
    assert show_cell(next(iter(side_lines(one, 78, 20)))).plain.startswith(named)
    assert whole_text(one).startswith(named)


async def test_both_tags_are_kept_and_a_day_cannot_be_two(family: Family, tmp_path: Path) -> None:
    at_odds(family, "tags", ["bus"], base="[]")
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x", "asterisk")
        tags = await asked(app, lambda store: store.get(Child, family.tilly.id).tags)
        assert "bus" in tags
        assert "Tags: both are kept now. u takes it back." in flat(app)
        await keys(pilot, "u", "enter")
        assert isinstance(app.screen, TextScreen)
        await keys(pilot, "escape", "h")
        assert isinstance(app.screen, HistoryScreen)


async def test_a_new_text_is_a_draft_until_it_is_kept(family: Family, tmp_path: Path) -> None:
    at_odds(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x", "quotation_mark")
        assert isinstance(app.screen, ConflictTextForm)
        await keys(pilot, "=st", "enter", "=er", "ctrl+l")
        await unlock(pilot)
        assert isinstance(app.screen, ConflictTextForm)
        assert "ster" in screen_text(app)
        check_shot(app, "conflict-text-80")
        await keys(pilot, "escape")
        if not isinstance(app.screen, ConflictsScreen):
            await keys(pilot, "g", "x")
        assert "A draft of a new text waits" in screen_text(app)
        await keys(pilot, "quotation_mark", "ctrl+s")
        assert isinstance(app.screen, ConflictsScreen)
        assert await asked(app, lambda store: known_as(store, family.tilly.id)) == "Tillyster"
        assert await asked(app, lambda store: store.drafts.waiting()) == []


@pytest.mark.parametrize(("field", "other"), [("known_as", "Tils"), ("tags", ["bus"])])
def test_that_items_are_parted_is_said_of_lists_alone(family: Family, field: str, other: Any) -> None:
    one = at_odds(family, field, other, base=json.dumps(type(other)()))
    (text,) = (
        part
        for part in ConflictTextForm(find_conflict(family.store, one.id)).form_fields()
        if part.name == "text"
    )
    assert ("parted by ;" in text.hint) == (field == "tags")


async def test_a_new_text_about_a_school_is_a_draft_too(family: Family, tmp_path: Path) -> None:
    school = family.school
    at_odds(family, "spoc", "Ms Hale", child=None, record=school.id, record_type="school", central='""')
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x", "quotation_mark", "=Mr Reed", "escape", "quotation_mark")
        assert "Mr Reed" in screen_text(app)
        assert "cannot be shown" not in flat(app)
        (waiting,) = await asked(app, read_unfinished)
        assert waiting.words.startswith(school.name)
        await keys(pilot, "ctrl+s")
        assert await asked(app, lambda store: store.get(School, school.id).spoc) == "Mr Reed"
        assert await asked(app, lambda store: store.drafts.waiting()) == []


async def test_a_text_of_several_lines_is_gone_on_with_at_its_end(family: Family, tmp_path: Path) -> None:
    jo = Person(id=new_id(), surname="Marsh", forename="Jo", note="Rings back.")
    family.store.journal.commit(Edit("Adult", (create(jo),)))
    said = {"record": jo.id, "record_type": "person", "central": json.dumps(jo.note)}
    at_odds(family, "note", "Never rings.", **said)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x", "quotation_mark", "enter", "=Or texts.", "ctrl+s")
        assert await asked(app, lambda store: store.get(Person, jo.id).note) == "Rings back.\nOr texts."


async def test_the_lists_tell_that_one_waits(family: Family, tmp_path: Path) -> None:
    at_odds(family)
    app = make_real_app(tmp_path, family.store)
    app._rooms["today"] = "screens.today:TodayScreen"
    app._rooms["caseload"] = "screens.caseload:CaseloadScreen"
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        assert "1 conflict: g x" in screen_text(app)
        await keys(pilot, "g", "c")
        assert "1 conflict: g x" in screen_text(app)
        assert "all schools" not in screen_text(app)
        await keys(pilot, "g", "x", "right_parenthesis", "g", "c")
        assert "conflict" not in screen_text(app)


async def test_one_about_a_withheld_field_is_not_there(tmp_path: Path) -> None:
    store = new_store(tmp_path, "voluntary")
    family = Family(store)
    at_odds(family, "nhs_number", "9434765919", facet="health")
    at_odds(family, "upn", "A886009900001", facet="youth_justice")
    told = read_history(store, "child", family.tilly.id)
    assert [one.kind for one in told if one.kind == "conflict"] == []
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x")
        assert "No conflict waits" in flat(app)
        for key in ("left_parenthesis", "right_parenthesis", "asterisk", "quotation_mark", "h", "enter"):
            await keys(pilot, key)
            assert isinstance(app.screen, ConflictsScreen)
        assert "9434765919" not in screen_text(app)
    store.close()


async def test_what_comes_meanwhile_shows_and_hostile_words_steer_nothing(
    family: Family, tmp_path: Path
) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x")
        assert "No conflict waits" in flat(app)

        def come(store: Store) -> None:
            family.store = store
            at_odds(family, other=" ".join(HOSTILE)[:290])

        await asked(app, come)
        await settle(pilot)
        assert "1 conflict to settle" in flat(app)
        await keys(pilot, "enter")
        assert "\x1b" not in screen_text(app)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_key_shows_what_was_settled_and_goes_back(
    family: Family, tmp_path: Path, size: tuple[int, int]
) -> None:
    at_odds(family)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=size) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x", "semicolon")
        assert isinstance(app.screen, SettledScreen)
        assert "No conflict that you may see was settled yet." in flat(app)
        await keys(pilot, "semicolon")
        assert isinstance(app.screen, ConflictsScreen)
        assert "; Settled" in flat(app)
        await keys(pilot, "right_parenthesis", "semicolon")
        text = flat(app)
        assert "chosen Tils settled by Kim Invented, Swale, Fri 20 Nov 2026" in text
        assert "not chosen Tilly Kim Invented, Swale, Wed 18 Nov 2026 08:30" in text
        assert "said Tils Ben Orr, Oakhanger Primary" in text
        check_shot(app, f"conflicts-settled-{size[0]}")
        await keys(pilot, "enter")
        assert "Not chosen (Kim Invented, Swale, Wed 18 Nov 2026 08:30): Tilly" in flat(app)
        await keys(pilot, "escape", "question_mark")
        assert "what was chosen, by whom, when" in flat(app)
        assert "Row above." in flat(app)
        await keys(pilot, "escape", "h")
        assert isinstance(app.screen, HistoryScreen)
        await keys(pilot, "escape", "right_parenthesis", "u")
        assert isinstance(app.screen, SettledScreen)
        assert "No conflict that you may see was settled yet." in flat(app)
        await keys(pilot, "semicolon")
        assert "1 conflict to settle" in flat(app)


@pytest.mark.parametrize(
    ("keep", "text", "told"),
    [
        ("central", "", [("not chosen", "bus"), ("said", "breakfast")]),
        ("both", "", [("said", "breakfast"), ("said", "bus")]),
        ("text", "choir", [("not chosen", "breakfast"), ("not chosen", "bus")]),
    ],
)
def test_what_became_of_each_value_is_told(family: Family, keep: Any, text: str, told: Any) -> None:
    store = family.store
    store.journal.commit(Edit("Tag", update(family.tilly, tags=("breakfast",))))
    one = at_odds(family, "tags", ["bus"], base="[]")
    commit_settlement(store, one.id, keep, text=text)
    ((shown, chosen),) = read_settled(store)
    lines = [show_cell(line).plain for line in settled_lines(shown, chosen, 78, 20)]
    heads = [(line[:11].strip(), line[11:].strip()) for line in lines[1:] if line[:11].strip()]
    assert heads[1:] == told
    left = " or ".join(words for label, words in told if label == "not chosen")
    assert settled_row(shown, chosen).cells[3] == (left or "(both are kept)")


def test_what_was_settled_before_it_came_says_so(family: Family) -> None:
    at_odds(family, settled=True, chosen=json.dumps("Tils"))
    ((shown, chosen),) = read_settled(family.store)
    assert "settled before it came to this laptop" in settled_text(shown, chosen)
    assert (settled_row(shown, chosen).cells[4:]) == ("", "")


async def test_a_settled_one_about_a_withheld_field_is_not_there(tmp_path: Path) -> None:
    store = new_store(tmp_path, "voluntary")
    family = Family(store)
    at_odds(family, "nhs_number", "9434765919", facet="health", settled=True, chosen='"9434765919"')
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "x", "semicolon")
        assert "No conflict that you may see was settled yet." in flat(app)
        assert "9434765919" not in screen_text(app)
    store.close()
