"""The morning round by keys alone, on a real encrypted caseload."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from textual.pilot import Pilot

from casework.edits import Edit, create
from casework.followups import contact, follow_up
from casework.records import Child, Flag, SavedView, School
from casework.records_attendance import FollowUp
from screens.filter_bar import FilterBar, pointer
from screens.follow_up_forms import WordsBox, WordsForm
from screens.today import TodayScreen
from screens.widgets.row_list import RowList
from screens.widgets.text import cell_text
from storage.store import Store
from tests.screens.fakes import HOSTILE
from tests.screens.rounds_world import (
    NOW,
    TODAY,
    asked,
    bystanders,
    child,
    enter,
    ident,
    make_caseload,
    make_round_app,
    opened,
    round_of,
    schools,
    steps_of,
    this_week,
    weeks,
)
from tests.screens.steps import settle, type_text
from tests.screens.textshot import check_shot, screen_text

WEEK = date(2026, 11, 16)


def morning(folder: Path, count: int = 12, **more: Any) -> Path:
    """A morning with so many unexplained, three explained and five children in."""
    return make_caseload(
        folder,
        [*round_of(count), *bystanders(100, 3, "I I"), *bystanders(140, 5, "/ \\")],
        **more,
    )


def rows(pilot: Pilot[None]) -> RowList:
    return pilot.app.screen.query_one(RowList)


def names(pilot: Pilot[None]) -> list[str]:
    screen = pilot.app.screen
    assert isinstance(screen, TodayScreen)
    return [entry.name for entry in screen.sheet.entries]


def here(pilot: Pilot[None]) -> str:
    screen = pilot.app.screen
    assert isinstance(screen, TodayScreen)
    assert screen.entry is not None
    return screen.entry.name


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await settle(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_round_looks_like_this(snap_compare: Any, tmp_path: Path, size: tuple[int, int]) -> None:
    path = morning(tmp_path)

    async def ready(pilot: Pilot[None]) -> None:
        await enter(pilot, path)
        await press(pilot, "n", "down", "down", "down", "down", "down")

    assert snap_compare(make_round_app(path), terminal_size=size, run_before=ready)


@pytest.mark.long
async def test_thirty_children_in_at_most_75_keys(tmp_path: Path) -> None:
    pressed: list[str] = []
    async with opened(morning(tmp_path, 30)) as pilot:

        async def key(*keys: str) -> None:
            for one in keys:
                pressed.append(one)
                await pilot.press(one)
                await settle(pilot)

        assert len(names(pilot)) == 30
        for _ in range(10):
            await key("n")
        for _ in range(6):
            await key("s")
        for _ in range(4):
            await key("m")
        for code in "IIMIRO":
            await key("r", code.lower(), "enter")
        await key("v", "e", "w", "x")
        steps = await steps_of(pilot)
        assert len({step.child for step in steps}) == 30
        assert [step.reason_code for step in steps if step.outcome == "reason"] == list("IIMIRO")
        counts = screen_text(pilot.app).splitlines()[1]
        assert "14 acted on" in counts
        assert "16 unexplained" in counts
    assert len(pressed) <= 75
    assert len(pressed) == 42


async def test_every_reason_alone_still_takes_no_more_than_three_keys_a_child(tmp_path: Path) -> None:
    async with opened(morning(tmp_path, 5)) as pilot:
        for _ in range(5):
            await press(pilot, "r", "i", "enter")
        assert [step.reason_code for step in await steps_of(pilot)] == ["I"] * 5
        assert names(pilot) == []
        assert "Everyone is explained or acted on" in screen_text(pilot.app)


async def test_keys_typed_ahead_each_act_on_the_next_row(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await pilot.press("n", "s", "m", "n")
        await settle(pilot)
        steps = await steps_of(pilot)
        assert len({step.child for step in steps}) == 4
        assert [step.outcome for step in steps] == ["no-answer", "spoke", "left-message", "no-answer"]


async def test_undo_says_what_and_brings_the_row_back_under_the_cursor(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "down", "down")
        slip = here(pilot)
        await press(pilot, "e")
        assert slip not in names(pilot)
        assert here(pilot) != slip
        await press(pilot, "down", "u")
        assert here(pilot) == slip
        assert f"Undone: Follow-up: child seen ({slip})." in screen_text(pilot.app)
        assert await steps_of(pilot) == []
        await press(pilot, "U")
        assert slip not in names(pilot)
        assert "Done again: Follow-up: child seen" in screen_text(pilot.app)
        await press(pilot, "u", "u")
        assert "! There is no step of yours to undo." in screen_text(pilot.app)


async def test_marked_rows_are_followed_up_together_after_a_question(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "space", "space", "space", "m")
        check_shot(pilot.app, "today-bulk-80")
        assert "3 marked" not in screen_text(pilot.app)
        await press(pilot, "n")
        assert await steps_of(pilot) == []
        assert len(rows(pilot).marked) == 3
        assert "3 marked: verbs act on all of them" in screen_text(pilot.app)
        await press(pilot, "m", "y")
        assert [step.outcome for step in await steps_of(pilot)] == ["left-message"] * 3
        assert rows(pilot).marked == frozenset()
        await press(pilot, "u")
        assert await steps_of(pilot) == []
        assert "Follow-up of 3 children" in screen_text(pilot.app)


async def test_a_reason_for_marked_rows_asks_once(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "space", "space", "r", "y", "2", "enter")
        assert [step.reason_code for step in await steps_of(pilot)] == ["Y2", "Y2"]


async def test_two_letter_codes_and_words_of_a_reason(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "r")
        check_shot(pilot.app, "today-reason-80")
        await press(pilot, "c")
        assert "enter takes C" in screen_text(pilot.app)
        await press(pilot, "backspace", "c", "2")
        await type_text(pilot, "mornings only")
        await press(pilot, "enter", "r", "c", "enter", "enter", "r", "q", "escape")
        steps = await steps_of(pilot)
        assert [(step.reason_code, step.note) for step in steps] == [("C2", "mornings only"), ("C", "")]
        assert steps[0].outcome == "reason"


async def test_words_are_added_to_the_step_logged_last(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        who = here(pilot)
        await press(pilot, "n", "N")
        assert f"Words for: no answer, {who}" in screen_text(pilot.app)
        await type_text(pilot, "rang twice")
        await press(pilot, "enter")
        (step,) = await steps_of(pilot)
        assert (step.outcome, step.note) == ("no-answer", "rang twice")
        assert await asked(pilot, lambda store: len(store.find(FollowUp, "1"))) == 1
        assert here(pilot) != who
        row = next(line for line in screen_text(pilot.app).splitlines() if who in line)
        assert "called, no answer · " in row
        await press(pilot, "u")
        assert [step.note for step in await steps_of(pilot)] == [""]


async def test_words_about_an_untouched_row_take_an_outcome_after_them(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        who = here(pilot)
        await press(pilot, "t")
        await press(pilot, "enter")
        assert "A few words are needed" in screen_text(pilot.app)
        await type_text(pilot, "gran says asleep")
        await press(pilot, "enter", "s", "enter")
        (step,) = await steps_of(pilot)
        assert (step.outcome, step.note) == ("spoke", "gran says asleep")
        assert who not in names(pilot)
        assert await asked(pilot, lambda store: store.drafts.waiting()) == []


async def test_closing_takes_words(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "c")
        await type_text(pilot, "moved school")
        await press(pilot, "enter")
        (step,) = await steps_of(pilot)
        assert (step.outcome, step.note) == ("closed", "moved school")


async def test_safeguarding_asks_first_and_says_what_to_do(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "!")
        check_shot(pilot.app, "today-safeguarding-80")
        await press(pilot, "enter", "escape")
        assert await steps_of(pilot) == []
        await press(pilot, "!", "y")
        assert [step.outcome for step in await steps_of(pilot)] == ["safeguarding"]


async def test_safeguarding_and_closing_are_one_child_at_a_time(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "space", "space")
        for key, words in (
            ("!", "Safeguarding is one child at a time"),
            ("c", "Closing takes words about one"),
        ):
            await press(pilot, key)
            assert isinstance(pilot.app.screen, TodayScreen)
            assert words in screen_text(pilot.app)
        assert await steps_of(pilot) == []


async def test_no_verb_runs_behind_a_question(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        today = pilot.app.screen
        assert isinstance(today, TodayScreen)
        await press(pilot, "space", "space", "m")
        assert today.is_asking
        shown = list(pilot.app.screen_stack)
        await today.action_verb("no-answer")
        assert pilot.app.screen_stack == shown
        await press(pilot, "n")
        assert not today.is_asking
        assert await steps_of(pilot) == []


async def test_what_was_acted_on_is_left_out_and_can_be_shown(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        who = here(pilot)
        await press(pilot, "s")
        assert who not in names(pilot)
        await press(pilot, "full_stop")
        assert names(pilot)[-1] == who
        assert "1 acted on (shown)" in screen_text(pilot.app)
        await press(pilot, "end")
        assert "spoken to" in screen_text(pilot.app)
        await press(pilot, "escape")
        assert who not in names(pilot)


async def test_a_later_try_reopens_nobody_and_row_and_pane_agree(tmp_path: Path) -> None:
    async with opened(morning(tmp_path), size=(80, 30)) as pilot:
        who = here(pilot)
        await press(pilot, "r", "i", "enter", ".")
        rows(pilot).move_to((await steps_of(pilot))[0].child)
        await settle(pilot)
        assert here(pilot) == who
        await press(pilot, "n")
        rows(pilot).move_to((await steps_of(pilot))[0].child)
        await settle(pilot)
        text = screen_text(pilot.app)
        assert "11 unexplained · 1 acted on (shown)" in text
        assert text.count("reason given (passed to school)") >= 2  # the row, and the pane
        assert "2 steps logged: reason given (passed to school)" in text
        assert "No reason yet" not in text[text.index("2 steps logged") :]


async def test_a_bulk_try_leaves_out_who_is_acted_on_and_counts_them(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "s", "s", ".", "a", "n")
        text = screen_text(pilot.app)
        assert "No answer: log it for 10 children?" in text
        assert "2 acted on already: left out." in text
        await press(pilot, "y")
        assert len(await steps_of(pilot)) == 12
        assert "10 children: no answer. u undoes all of them. 2 acted on already: left out." in " ".join(
            screen_text(pilot.app).split()
        )
        assert "2 acted on" in screen_text(pilot.app)


async def test_a_bulk_try_for_nobody_open_logs_nothing(tmp_path: Path) -> None:
    async with opened(morning(tmp_path, 2)) as pilot:
        await press(pilot, "s", "s", ".", "a", "n")
        assert len(await steps_of(pilot)) == 2
        assert "All 2 are acted on already, so nothing was logged." in screen_text(pilot.app)


async def test_a_filter_counts_as_it_is_typed_and_points_at_a_bad_word(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "school:harbour")
        await settle(pilot)
        assert "6 of 12" in screen_text(pilot.app)
        await type_text(pilot, " shcool:x")
        await settle(pilot)
        check_shot(pilot.app, "today-filter-trouble-80")
        lines = screen_text(pilot.app).splitlines()
        typed = next(at for at, line in enumerate(lines) if "shcool:x" in line)
        assert lines[typed + 1].index("^") == lines[typed].index("shcool")
        assert lines[typed + 1].count("^") == len("shcool")
        await press(pilot, *["backspace"] * 9)
        assert len(names(pilot)) == 6
        await press(pilot, "escape")
        assert len(names(pilot)) == 12
        assert rows(pilot).has_focus
        assert not pilot.app.screen.query_one(FilterBar).is_open


async def test_a_filter_that_fits_nobody_says_so_and_esc_ends_it(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "nobodyhere")
        await press(pilot, "enter")
        assert "No child fits this filter. esc clears it." in screen_text(pilot.app)
        await press(pilot, "n")
        assert await steps_of(pilot) == []
        await press(pilot, "escape")
        assert len(names(pilot)) == 12


async def test_outcomes_under_a_filter_go_on_to_the_next_row_that_fits(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "school:parkside")
        await press(pilot, "enter", "n", "s")
        steps = await steps_of(pilot)
        assert len({step.child for step in steps}) == 2
        assert all(int(step.child[-8:], 16) % 2 == 1 for step in steps)


async def test_views_are_kept_on_digits_with_live_counts_and_removed_again(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "S")
        assert "Type a filter first" in screen_text(pilot.app)
        await press(pilot, "slash")
        await type_text(pilot, "school:harbour")
        await press(pilot, "enter", "S")
        await type_text(pilot, "Harbour")
        await press(pilot, "enter")
        assert "1 [Harbour 6]" in screen_text(pilot.app)
        check_shot(pilot.app, "today-view-80")
        await press(pilot, "s")
        assert "1 [Harbour 5]" in screen_text(pilot.app)
        await press(pilot, "1")
        assert len(names(pilot)) == 11
        await press(pilot, "1")
        assert len(names(pilot)) == 5
        await press(pilot, "2")
        assert "No view is kept on 2 yet" in screen_text(pilot.app)
        await press(pilot, "S", "y")
        assert await asked(pilot, lambda store: store.find(SavedView)) == []
        assert len(names(pilot)) == 11
        await press(pilot, "u")
        assert "1 Harbour 5" in screen_text(pilot.app)


async def test_siblings_stand_together_and_are_tied(tmp_path: Path) -> None:
    async with opened(morning(tmp_path), size=(120, 40)) as pilot:
        text = screen_text(pilot.app)
        assert "╭ Tilly Marsh" in text
        assert "╰ Ben Orr" in text
        assert names(pilot).index("Ben Orr") == names(pilot).index("Tilly Marsh") + 1
        rows(pilot).move_to(ident(3, 0))
        await settle(pilot)
        text = screen_text(pilot.app)
        assert "Sibling: Ben Orr 2B, also on this list" in text
        assert "a) Ms Jo Marsh (mother)  07700 900123" in text
        assert "b) Ravi Orr (father)  DO NOT CONTACT" in text
        assert "07700 900456" not in text


async def test_every_reason_can_be_read(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        assert here(pilot) == "Zoë Łukasik"
        seen = screen_text(pilot.app)
        assert "more below: ]" in seen
        for _ in range(4):
            await press(pilot, "]")
            seen += screen_text(pilot.app)
        screen = pilot.app.screen
        assert isinstance(screen, TodayScreen)
        assert screen.entry is not None
        for why in screen.entry.why:
            assert why.text[:40] in seen
            assert why.clears_with.split()[0] in seen
        assert "more below" not in screen_text(pilot.app)
        await press(pilot, "[")


async def test_what_a_worker_may_not_see_stays_out(tmp_path: Path) -> None:
    path = morning(tmp_path, agency="management")
    async with opened(path, size=(120, 40)) as pilot:
        rows(pilot).move_to(ident(3, 0))
        await settle(pilot)
        text = screen_text(pilot.app)
        assert "People withheld" in text
        assert "07700" not in text
        assert "╭" not in text
        assert "EHC" not in text
        assert "MISS" not in text


async def test_flags_of_social_care_show_to_social_care_alone(tmp_path: Path) -> None:
    flag = Flag(id=ident(8, 9), child=ident(3, 5), kind="child-protection")
    for agency, shown in (("early-help", False), ("social-care", True)):
        folder = tmp_path / agency
        folder.mkdir()
        path = make_caseload(folder, [*round_of(8), flag], agency=agency)
        async with opened(path) as pilot:
            assert (" CP " in screen_text(pilot.app)) is shown
            assert ("tell the social worker" in screen_text(pilot.app)) is shown


async def test_on_a_saturday_the_header_says_whose_registers(tmp_path: Path) -> None:
    async with opened(morning(tmp_path), today=date(2026, 11, 21)) as pilot:
        title = screen_text(pilot.app).splitlines()[0]
        assert "registers of Fri 20 Nov 2026 (today is Sat 21 Nov)" in title
        await press(pilot, "n")
        assert [step.session_date for step in await steps_of(pilot)] == [TODAY]


async def test_nothing_imported_yet_says_how_to_begin(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, [])) as pilot:
        check_shot(pilot.app, "today-empty-80")
        await press(pilot, "n", "r", "t", "u", "space", "enter", "full_stop", "o")
        assert pilot.app.screen.query_one(RowList).count == 0


async def test_no_marks_yet_and_everyone_in_are_told_apart(tmp_path: Path) -> None:
    for name, friday, words in (
        ("a", "- -", "No register for Fri 20 Nov yet from Harbour Primary (2 children) and"),
        ("b", "/ \\", "Everyone is in"),
        ("c", "I I", "Every absence has a reason"),
    ):
        folder = tmp_path / name
        folder.mkdir()
        async with opened(make_caseload(folder, [*schools(), *bystanders(0, 4, friday)])) as pilot:
            assert words in screen_text(pilot.app)


async def test_a_register_that_is_awaited_is_never_an_all_clear(tmp_path: Path) -> None:
    in_school = [child(0), *weeks(child(0), {})]
    missing = [child(1), *weeks(child(1), {WEEK: this_week("- -")})]
    async with opened(make_caseload(tmp_path, [*schools(), *in_school, *missing])) as pilot:
        text = screen_text(pilot.app)
        assert "no register: Parkside Academy (1)" in text.splitlines()[1]
        assert "No register for Fri 20 Nov yet from Parkside Academy (1 child)" in text
        assert "Everyone is in" not in text


async def test_an_awaited_register_is_told_beside_open_rows(tmp_path: Path) -> None:
    open_row = [child(0), *weeks(child(0), {WEEK: this_week("N N")})]
    missing = [child(1), *weeks(child(1), {WEEK: this_week("- -")})]
    async with opened(make_caseload(tmp_path, [*schools(), *open_row, *missing])) as pilot:
        assert len(names(pilot)) == 1
        assert "no register: Parkside Academy (1)" in screen_text(pilot.app).splitlines()[1]


async def test_one_school_or_all(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "b", "2", "enter")
        assert len(names(pilot)) == 6
        assert "Parkside Academy" in screen_text(pilot.app).splitlines()[0]
        assert "6 unexplained" in screen_text(pilot.app).splitlines()[1]
        await press(pilot, "b", "0", "enter")
        assert len(names(pilot)) == 12


async def test_hostile_names_do_no_harm(tmp_path: Path) -> None:
    made: list[Any] = [*schools()]
    for number, name in enumerate(HOSTILE):
        clean_name = name[:300]
        one = child(
            number, forename=clean_name, surname=clean_name, known_as=clean_name, reg=clean_name[:300]
        )
        made += [one, *weeks(one, {WEEK: this_week("N N")})]
    async with opened(make_caseload(tmp_path, made)) as pilot:
        for _ in HOSTILE:
            text = screen_text(pilot.app)
            for sign in "\x1b\x9b\x07\u202e\u2066\u200b\U000e0041":
                assert sign not in text
            assert len(text.splitlines()) <= 24
            await press(pilot, "n")
        await press(pilot, "a", "m", "escape", "escape", "t", "escape", "!", "escape", "r", "escape")
        assert len({step.child for step in await steps_of(pilot)}) == len(HOSTILE)
        assert pilot.app.screen.query_one(RowList).has_focus
        assert pilot.app.return_code is None


async def test_a_half_written_note_comes_back_after_the_lock(tmp_path: Path) -> None:
    path = morning(tmp_path)
    async with opened(path) as pilot:
        who = here(pilot)
        await press(pilot, "n", "N")
        await type_text(pilot, "she said")
        await pilot.press("ctrl+l")
        await settle(pilot)
        assert "she said" not in screen_text(pilot.app)
        await enter(pilot, path)
        assert isinstance(pilot.app.screen, WordsForm)
        assert who in screen_text(pilot.app)
        assert pilot.app.screen.query_one(WordsBox).text == "she said"
        await type_text(pilot, " no")
        await press(pilot, "enter")
        assert [step.note for step in await steps_of(pilot)] == ["she said no"]
        assert await asked(pilot, lambda store: store.drafts.waiting()) == []


async def test_a_half_written_note_survives_a_kill(tmp_path: Path) -> None:
    path = morning(tmp_path)
    async with opened(path) as pilot:
        await press(pilot, "r", "i")
        await type_text(pilot, "tummy ache")
        await settle(pilot)
        kept = await asked(pilot, lambda store: dict(store.drafts.waiting()[0].fields))
        assert kept["code"] == "I"
        assert "tummy ache".startswith(kept["words"])
        assert len(kept["words"]) > len("tummy ache") - 7


async def test_leaving_a_form_keeps_the_draft(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "r", "m")
        await type_text(pilot, "dentist")
        await press(pilot, "escape")
        assert "Kept as a draft" in screen_text(pilot.app)
        who = here(pilot)
        await press(pilot, "down", "N")
        assert f"Go on with the reason about {who}?" in screen_text(pilot.app)
        await press(pilot, "y")
        assert isinstance(pilot.app.screen, WordsForm)
        assert pilot.app.screen.query_one(WordsBox).text == "dentist"
        await press(pilot, "enter")
        (step,) = await steps_of(pilot)
        assert (step.reason_code, step.note) == ("M", "dentist")


async def test_a_change_made_elsewhere_shows_up(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        who = here(pilot)

        def elsewhere(store: Store) -> None:
            found = store.find(Child, "surname = ?", (who.split()[-1],))
            edit = follow_up(found[0].id, by=store.actor.worker, at=NOW, session_date=TODAY, outcome="seen")
            store.journal.commit(edit)

        await asked(pilot, elsewhere)
        await settle(pilot)
        assert who not in names(pilot)
        assert len(names(pilot)) == 11


async def test_a_change_that_is_not_shown_here_reads_nothing_again(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, TodayScreen)
        before = screen.sheet
        from casework.records import Household

        await asked(
            pilot, lambda store: store.journal.commit(Edit("Home", (create(Household(id=ident(5, 77))),)))
        )
        await settle(pilot)
        assert screen.sheet is before


async def test_enter_opens_the_child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with opened(morning(tmp_path)) as pilot:
        asked_for: list[str] = []
        monkeypatch.setattr(pilot.app, "open_child", asked_for.append)
        await press(pilot, "enter", "p", "h")
        assert asked_for == [ident(3, 3)] * 3


async def test_without_colour_the_round_still_says_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "n", "s")
        check_shot(pilot.app, "today-no-color-80")


async def test_reading_the_round_is_on_the_audit_trail(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        rows_ = await asked(
            pilot, lambda store: store.conn.execute("SELECT verb, detail FROM audit ORDER BY seq").fetchall()
        )
        assert [row for row in rows_ if row[0] == "looked"] == [("looked", "today: 12 children")]


def test_the_pointer_stands_under_the_word_also_in_a_long_filter() -> None:
    from casework.filter_text import FilterError, parse

    text = "漢字 " + "a" * 200 + " shcool:x"
    with pytest.raises(FilterError) as caught:
        parse(text)
    above, carets, _ = [cell_text(line) for line in pointer(caught.value, 70)]
    assert above[carets.index("^") :].startswith("shcool")
    short = error_of("漢字 shcool:x")
    carets = cell_text(pointer(short, 70)[0])
    assert carets == " " * 5 + "^" * 6


def error_of(text: str) -> Any:
    """The error of a filter."""
    from casework.filter_text import FilterError, parse

    try:
        parse(text)
    except FilterError as error:
        return error
    raise AssertionError(text)


async def test_a_filter_that_is_not_understood_says_its_error_alone(tmp_path: Path) -> None:
    async with opened(morning(tmp_path)) as pilot:
        await press(pilot, "slash")
        await type_text(pilot, "zz")
        await settle(pilot)
        assert "No child fits this filter" in screen_text(pilot.app)
        await type_text(pilot, " code:QQ")
        await settle(pilot)
        text = screen_text(pilot.app)
        assert "is no register code" in text
        assert "No child fits" not in text
        await pilot.press(*["backspace"] * 8)
        await settle(pilot)
        assert "No child fits this filter" in screen_text(pilot.app)


async def test_a_contact_of_the_day_stands_in_the_pane(tmp_path: Path) -> None:
    async with opened(morning(tmp_path), size=(80, 30)) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, TodayScreen)
        assert screen.entry is not None
        who = screen.entry.child.id

        def call(store: Store) -> None:
            edit = contact(who, by=store.actor.worker, at=NOW, kind="call", outcome="parent")
            store.journal.commit(edit)

        await asked(pilot, call)
        await settle(pilot)
        assert "spoke to a parent, 08:41 (contact)" in screen_text(pilot.app)


async def test_no_count_is_cut_off_at_80_columns(tmp_path: Path) -> None:
    records = [*round_of(12), *bystanders(100, 3, "I I")]
    far = [School(id=ident(1, 9), urn="999009", name="A School With A Long Name of Its Own")]
    away = [Child(id=ident(3, 300), forename="No", surname="Mark", school=ident(1, 9))]
    async with opened(make_caseload(tmp_path, [*records, *far, *away])) as pilot:
        await press(pilot, "s", ".")
        text = " ".join(screen_text(pilot.app).split())
        assert "no register: A School With A L… (1)" in text
        assert "1 acted on (shown) · 3 explained" in text


async def test_a_key_logs_on_the_date_that_was_set(tmp_path: Path) -> None:
    from datetime import UTC, datetime

    chosen = datetime(2026, 11, 20, 2, 46, tzinfo=UTC)

    def set_date(store: Store) -> None:
        store.moment = lambda: chosen

    async with opened(morning(tmp_path, 3)) as pilot:
        await asked(pilot, set_date)
        await pilot.press("n")
        await settle(pilot)
        assert [step.at for step in await steps_of(pilot)] == [chosen]
