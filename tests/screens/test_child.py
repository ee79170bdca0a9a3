"""The child's page on a real encrypted caseload: what it says, where its keys lead, what it never shows."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import Input, TextArea

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.records import Calendar, Child, Contact, Household, Person, Relationship
from casework.records_attendance import AttendanceWeek, FollowUp
from casework.records_case import Notification
from casework.wording import say_day
from outreach_tui import app as app_module
from screens import child as child_module
from screens import kept_form
from screens.child import ChildScreen
from screens.child_page import SECTIONS, page_lines
from screens.child_view import ChildView, read_view
from screens.contact_form import HOME_VISIT, Chooser, ContactForm
from screens.fields import LineField
from screens.help import HelpScreen
from screens.history import HistoryScreen, history_lines
from screens.reader import ListScreen, TextScreen
from screens.unlock import UnlockScreen
from screens.widgets.fitting import fold, short
from screens.widgets.row_list import RowList
from screens.widgets.text import cell_text
from storage import audit
from storage.queries.history import FieldChange
from storage.queries.steps import days_present, was_present
from storage.queries.today import read_round
from storage.store import Store
from tests.screens.fakes import HOSTILE, Hands
from tests.screens.real import KEY, NOW, TODAY, Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle, type_text, unlock
from tests.screens.textshot import check_shot, screen_text

SIZES = [(80, 24), (120, 40)]


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path)
    yield Family(store)
    store.close()


def words(store: Store, child: str, width: int = 76) -> str:
    return "\n".join(cell_text(line.cell) for line in page_lines(read_view(store, child), width))


# What the page says


def test_every_percentage_stands_beside_its_counts(family: Family) -> None:
    text = words(family.store, family.tilly.id)
    assert "Attendance 79.4 % (77 of 97 sessions)" in text
    assert "Absent 20.6 % (20 of 97 sessions): 7 authorised, 13 unauthorised." in text
    for line in text.splitlines():
        if " % " in line:
            assert "sessions" in line


def test_the_page_says_who_must_not_be_reached_and_shows_no_protected_address(family: Family) -> None:
    text = words(family.store, family.tilly.id)
    assert "DO NOT CONTACT" in text
    assert "07700 900102" not in text
    assert "Hidden Mews" not in text
    assert "Address protected" in text
    note = Contact(
        id=new_id(),
        child=family.tilly.id,
        at=NOW,
        by=family.store.worker.id,
        kind="call",
        note="At 7 hidden MEWS.",
    )
    told_of = Notification(
        id=new_id(),
        child=family.tilly.id,
        by=family.store.worker.id,
        notifier="Ms Hale",
        received=TODAY,
        risks="Dog at 7 Hidden Mews",
    )
    commit(family.store, "Call", [note, told_of], subject=family.tilly.id)
    assert f"told by Ms Hale, {say_day(TODAY)}: Dog at (address" in words(family.store, note.child)
    other = family.store.worker.model_copy(update={"id": new_id()})
    for view in (read_view(family.store, note.child), read_view(family.store, note.child, other=other)):
        told = "\n".join(cell_text(line.cell) for line in page_lines(view, 76))
        assert "At (address not given)." in told
        assert "hidden mews" not in told.casefold()
    assert text.index("Anna Marsh") < text.index("Dean Orr") < text.index("Eva Holm")
    assert "has parental responsibility (birth certificate)" in text


def test_a_protected_home_is_named_so_and_its_address_nowhere(family: Family) -> None:
    home = family.store.get(Household, family.home.id)
    assert "1 Quarry Lane" in words(family.store, family.tilly.id)
    family.store.journal.commit(Edit("Protect", update(home, address_protected=True)))
    text = words(family.store, family.tilly.id)
    assert "Quarry" not in text
    assert "Home: address protected, not shown." in text


def test_every_reason_names_its_days_and_what_clears_it(family: Family) -> None:
    view = read_view(family.store, family.tilly.id)
    assert view.page.why
    text = " ".join(words(family.store, family.tilly.id).split())
    for reason in view.page.why:
        assert reason.clears_with in text
    assert "counts school days; since Fri 13 Nov; due Fri 20 Nov 2026" in text
    assert "13 unauthorised sessions (G, N, O, U; threshold 10) in the 10 school weeks" in text


def test_on_a_sunday_a_duty_stands_as_on_today(family: Family) -> None:
    """Friday's registers are what both work on: due on Friday is due, and not overdue since Friday."""
    family.store.today = date(2026, 11, 22)
    rows = {row.child.id: row for row in read_round(family.store).rows}
    (told,) = [why.text for why in rows[family.tilly.id].why if why.rule == "n-code"]
    assert "due today" in told
    text = " ".join(words(family.store, family.tilly.id).split())
    assert told in text
    assert "counts school days; since Fri 13 Nov; due Fri 20 Nov 2026" in text
    assert "overdue since Fri 20 Nov" not in text
    assert text.count("as of Fri 20 Nov, the last school day") == 2, "beside the reasons and the N codes"
    family.store.today = date(2026, 11, 20)
    assert "as of" not in words(family.store, family.tilly.id)
    family.store.today = date(2026, 11, 23)
    assert "overdue since Fri 20 Nov 2026" in words(family.store, family.tilly.id)


def test_a_corrected_mark_tells_what_it_was_and_where_from(family: Family) -> None:
    text = " ".join(words(family.store, family.tilly.id).split())
    assert "Tue 17 Nov AM: now I, was N. 999001-week-47.csv line 9, Kim Invented, Fri 20 Nov 2026" in text


def test_days_of_many_weeks_are_judged_as_each_alone(family: Family) -> None:
    weeks = family.store.find(AttendanceWeek, "child = ?", (family.tilly.id,))
    first = min(week.week for week in weeks)
    days = [first + timedelta(days=n) for n in range(-1, 91)]
    expected = {
        week.week + timedelta(days=n)
        for week in weeks
        for n in range(5)
        if "".join(week.marks.split()[2 * n : 2 * n + 2]) in ("/\\", "/-", "-\\", "LL", "L\\", "/L")
    }
    present = days_present(family.store, family.tilly, days)
    assert expected == present == {day for day in days if was_present(family.store, family.tilly, day)}
    assert 0 < len(present) < sum(day.weekday() < 5 for day in days)


def test_below_the_threshold_it_says_x_of_10_and_when_the_oldest_drops_out(family: Family) -> None:
    week = AttendanceWeek(
        id=new_id(),
        child=family.ben.id,
        school=family.school.id,
        week=date(2026, 11, 9),
        marks=r"O O / \ / \ / \ / \ "[:-1],
    )
    commit(family.store, "Import", [week])
    text = " ".join(words(family.store, family.ben.id).split())
    assert "2 of 10 unauthorised sessions (G, N, O, U) in the 10 school weeks" in text
    family.store.journal.commit(
        Edit(
            "Terms",
            (
                create(
                    Calendar(
                        id=new_id(),
                        school=family.school.id,
                        kind="term",
                        start=date(2027, 1, 4),
                        end=date(2027, 7, 22),
                    )
                ),
            ),
        )
    )
    text = " ".join(words(family.store, family.ben.id).split())
    assert "the oldest drops out in the week of Mon 1 Feb 2027" in text


def test_what_is_withheld_is_said_with_the_reason(tmp_path: Path) -> None:
    store = new_store(tmp_path, agency="voluntary")
    family = Family(store)
    text = words(store, family.tilly.id)
    assert "attendance: Attendance is not part of voluntary's own work" in text
    assert "Anna" not in text
    assert "79.4" not in text
    assert "youth justice" not in text
    store.close()


@pytest.mark.parametrize("width", [60, 76, 116])
def test_no_line_is_wider_than_the_list(family: Family, width: int) -> None:
    from rich.cells import cell_len

    child = family.store.get(Child, family.tilly.id)
    long = update(child, surname="Wolfeschlegelsteinhausen" * 12, known_as="漢字" * 100)
    family.store.journal.commit(Edit("Name", long))
    for line in page_lines(read_view(family.store, child.id), width):
        if SECTIONS[line.section] not in ("Marks", "Year"):  # a week is never broken in two
            assert cell_len(cell_text(line.cell)) <= width, cell_text(line.cell)


@pytest.mark.parametrize("text", HOSTILE)
def test_folding_keeps_to_the_width_and_loses_no_letter(text: str) -> None:
    from rich.cells import cell_len

    from casework.text import clean

    lines = fold(text, 30)
    assert all(cell_len(line) <= 30 or len(line) == 1 for line in lines)
    kept = clean(text, limit=100_000, newlines=True)
    assert "".join("".join(lines).split()) == "".join(kept.split())
    assert cell_len(short(text, 20)) <= 20


# On the screen


@pytest.mark.parametrize("size", SIZES)
def test_child_view_as_a_picture(
    family: Family, tmp_path: Path, snap_compare: Any, size: tuple[int, int]
) -> None:
    app = make_real_app(tmp_path, family.store)

    async def before(pilot: Any) -> None:
        await enter(pilot, family.tilly.id)

    assert snap_compare(app, terminal_size=size, run_before=before)


@pytest.mark.parametrize("section", range(1, len(SECTIONS) + 1))
async def test_a_digit_jumps_to_its_section(family: Family, tmp_path: Path, section: int) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press(str(section))
        await settle(pilot)
        row = app.screen.query_one(RowList).current
        assert row is not None
        assert row.words.startswith(f"{section} {SECTIONS[section - 1]}")
        check_shot(app, f"child-{section}")


async def test_looking_is_in_the_audit_once_and_reads_again_only_after_a_write(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []

    def counted(store: Store, child: str, *rest: Any) -> ChildView:
        reads.append(child)
        return read_view(store, child, *rest)

    monkeypatch.setattr(child_module, "read_view", counted)
    app = make_real_app(tmp_path, family.store)
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        await settle(pilot)
        found = await asked(app, lambda s: audit.entries(s.conn, child=family.tilly.id))
        assert reads == [family.tilly.id]
        for known_as in ("", "Till"):
            app.push_screen(TextScreen("Above", "words"))
            await settle(pilot)
            if known_as:
                other = Store.open(tmp_path / "caseload.db", bytearray(KEY), now=lambda: NOW, today=TODAY)
                other.journal.commit(Edit("Name", update(family.tilly, known_as=known_as)))
                other.close()
            await pilot.press("escape")
            await settle(pilot)
            assert len(reads) > 1 if known_as else len(reads) == 1
        assert "Matilda (Till) Marsh" in screen_text(app)
    looked = [entry for entry in found if entry.verb == "looked"]
    assert [entry.detail for entry in looked] == ["child's page"]


@pytest.mark.parametrize(
    ("keys", "outcome", "code"),
    [
        ("n", "no-answer", ""),
        ("m", "left-message", ""),
        ("w", "wrong-number", ""),
        ("s", "spoke", ""),
        ("v", "visit-planned", ""),
        ("e", "seen", ""),
        ("x", "not-seen", ""),
        ("r M enter", "reason", "M"),
        ("exclamation_mark y", "safeguarding", ""),
        ("c o k enter", "closed", ""),
    ],
)
async def test_a_key_records_its_outcome_and_u_takes_it_back(
    family: Family, tmp_path: Path, keys: str, outcome: str, code: str
) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        before = await asked(app, lambda s: {f.id for f in s.find(FollowUp)})
        for key in keys.split():
            await pilot.press(key)
            await settle(pilot)
        made = [f for f in await asked(app, lambda s: s.find(FollowUp)) if f.id not in before]
        assert [(f.outcome, f.reason_code, f.session_date) for f in made] == [(outcome, code, TODAY)]
        await pilot.press("u")
        await settle(pilot)
        assert await asked(app, lambda s: {f.id for f in s.find(FollowUp)}) == before
        await pilot.press("U")
        await settle(pilot)
        assert len(await asked(app, lambda s: s.find(FollowUp))) == len(before) + 1


@pytest.mark.parametrize(
    "keys", ["r escape", "exclamation_mark n", "exclamation_mark escape", "c enter escape", "c escape"]
)
async def test_a_question_left_without_an_answer_records_nothing(
    family: Family, tmp_path: Path, keys: str
) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        before = await asked(app, lambda s: len(s.find(FollowUp)))
        for key in keys.split():
            await pilot.press(key)
            await settle(pilot)
        assert await asked(app, lambda s: len(s.find(FollowUp))) == before
        assert isinstance(app.screen, ChildScreen)


async def test_enter_shows_every_mark_with_its_file_and_line(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("5", "down", "enter")
        await settle(pilot)
        assert isinstance(app.screen, ListScreen)
        check_shot(app, "child-marks")
        assert "999001-week-47.csv line 9" in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)


async def test_enter_shows_a_whole_note_and_a_sibling(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("8", "down", "down", "enter")
        await settle(pilot)
        assert isinstance(app.screen, TextScreen)
        assert "Ask school about a bus buddy." in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("i")
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)
        assert app.screen.child_id == family.ben.id
        assert "no number" not in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)
        assert app.screen.child_id == family.tilly.id


async def test_history_tells_old_and_new_of_a_field(family: Family, tmp_path: Path) -> None:
    child = family.store.get(Child, family.tilly.id)
    family.store.journal.commit(Edit("Known as", update(child, known_as="Till"), reason="she asked for it"))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("h")
        await settle(pilot)
        assert isinstance(app.screen, HistoryScreen)
        check_shot(app, "child-history")
        text = screen_text(app)
        assert "Known as: Tilly → Till" in text
        assert "because: she asked for it" in text
        assert "School: Oakhanger Primary" in text


def test_a_history_tells_the_time_on_the_wall() -> None:
    made = FieldChange(
        seq=1, at="2026-07-01T09:00:00Z", by="Ana", step="Contact", reason="", kind="do",
        field="at", label="When", old="2026-07-01T08:02:01.278593Z", new="2026-07-01T08:30:00Z",
    )  # fmt: skip
    lines = history_lines("contact", [made], 78)
    assert "  When: Wed 1 Jul 2026 09:02 → Wed 1 Jul 2026 09:30" in lines


async def test_history_of_the_person_under_the_cursor(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("p", "down", "h")
        await settle(pilot)
        assert "Surname: Marsh" in screen_text(app)
        assert "Title: Ms" in screen_text(app)


@pytest.mark.parametrize("name", HOSTILE)
async def test_hostile_names_and_notes_are_only_words(family: Family, tmp_path: Path, name: str) -> None:
    store = family.store
    # A record holds at most 300 characters in a line, so longer ones are cut as an import would.
    line = name[:290] or "x"
    child = Child(id=new_id(), surname=line, forename=line, known_as=line, household=family.home.id, reg=line)
    person = Person(id=new_id(), surname=line, phones=(line,), note=name)
    tie = Relationship(id=new_id(), child=child.id, person=person.id, kind=line, how_known=line)
    note = Contact(id=new_id(), child=child.id, at=NOW, by="x", kind="call", note=name, next_step=name)
    commit(store, line, [child, person, tie, note])
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, child.id)
        for key in ("2", "8", "h"):
            await pilot.press(key)
            await settle(pilot)
            text = screen_text(app)
            assert all(sign == "\n" or sign.isprintable() for sign in text)
            assert len(text.splitlines()) <= 24
        assert app.fault is None


async def test_no_color_keeps_every_word(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("7")
        await settle(pilot)
        assert "DUE TODAY" in screen_text(app)


# The contact form


async def test_a_contact_is_logged_by_keys_alone(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("l")
        await settle(pilot)
        assert isinstance(app.screen, ContactForm)
        await pilot.press("right", "right", "right", "right", "down", "right", "right", "down", "right")
        await pilot.press("tab")
        await settle(pilot)
        check_shot(app, "contact-form")
        await type_text(pilot, "in the kitchen")
        await pilot.press("tab")
        await type_text(pilot, "call the school")
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)
        newest = await asked(app, lambda s: max(s.find(Contact), key=lambda c: c.at))
        assert (newest.kind, newest.outcome, newest.seen) == ("home-visit", "child", "alone")
        assert newest.note.startswith("Child seen? (where, how they looked): in the kitchen\n")
        assert newest.next_step == "call the school"
        assert newest.by == await asked(app, lambda s: s.actor.worker)
        assert await asked(app, lambda s: s.drafts.waiting()) == []
        await pilot.press("8")
        assert "call the school" in screen_text(app)
        await pilot.press("u")
        await settle(pilot)
        assert len(await asked(app, lambda s: s.find(Contact))) == 1


async def test_esc_keeps_the_draft_and_the_page_says_so(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("t")
        await settle(pilot)
        await type_text(pilot, "ab")
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("8")
        assert "a draft waits" in screen_text(app)
        await pilot.press("t")
        await settle(pilot)
        assert app.screen.query_one(TextArea).text == "ab"
        await pilot.press("ctrl+d", "y")
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)
        assert await asked(app, lambda s: s.drafts.waiting()) == []


async def test_a_draft_goes_on_in_the_field_that_had_the_keys(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("l", "tab", "tab", "tab")
        await settle(pilot)
        await type_text(pilot, "one")
        await pilot.press("escape")
        await settle(pilot)
        await pilot.press("l")
        await settle(pilot)
        await type_text(pilot, " two")
        await settle(pilot)
        assert app.screen.query_one(TextArea).text == "one two"


async def test_a_lock_brings_the_open_form_back_as_it_was(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("l", "right", "tab", "tab", "tab")
        await settle(pilot)
        await type_text(pilot, "one")
        await pilot.press("ctrl+l")
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        await unlock(pilot)
        form = app.screen
        assert isinstance(form, ContactForm)
        await type_text(pilot, " x and")
        await settle(pilot)
        assert form.fields()["note"] == "one x and"
        assert form.fields()["kind"] == "call"
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, ChildScreen)
        assert len(await asked(app, lambda s: s.find(FollowUp))) == 1


async def test_a_form_without_a_word_comes_back_after_a_lock_too(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("t", "ctrl+l")
        await settle(pilot)
        await unlock(pilot)
        assert isinstance(app.screen, ContactForm)
        assert app.screen.query_one(TextArea).has_focus
        await pilot.press("escape", "escape")
        await settle(pilot)
        await pilot.press("ctrl+l")
        await settle(pilot)
        await unlock(pilot)
        assert not isinstance(app.screen, ContactForm)


async def test_keys_just_after_an_unlock_log_nothing(family: Family, tmp_path: Path) -> None:
    hands = Hands()
    app = make_real_app(tmp_path, family.store, hands=hands)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("ctrl+l")
        await settle(pilot)
        await unlock(pilot)
        assert isinstance(app.screen, ChildScreen)
        for key in "nxr!":
            await pilot.press(key)
            await settle(pilot)
            assert isinstance(app.screen, ChildScreen)
            hands.on(1.0)
        assert len(await asked(app, lambda s: s.find(FollowUp))) == 1
        assert "Just unlocked" in screen_text(app)
        hands.on(2.0)
        await pilot.press("n")
        await settle(pilot)
        assert len(await asked(app, lambda s: s.find(FollowUp))) == 2


async def test_a_form_that_was_only_looked_at_leaves_no_draft(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("l")
        await settle(pilot)
        await pilot.press("escape")
        await settle(pilot)
        assert await asked(app, lambda s: s.drafts.waiting()) == []


async def test_what_was_typed_is_on_the_disk_before_any_farewell(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A copy of the files, as a kill would leave them, holds the draft after a few keystrokes."""
    monkeypatch.setattr(kept_form, "_PAUSE", 3600.0)  # so that only the keystrokes save
    app = make_real_app(tmp_path, family.store)
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("t")
        await settle(pilot)
        await type_text(pilot, "half a s")
        await settle(pilot)
        left = tmp_path / "left"
        left.mkdir()
        for file in tmp_path.glob("caseload.db*"):
            shutil.copy(file, left)
        store = Store.open(left / "caseload.db", bytearray(KEY), now=lambda: NOW, today=TODAY)
        draft = store.drafts.load("contact", family.tilly.id)
        store.close()
    assert draft is not None
    assert draft.fields["note"] == "half a s"


async def test_the_lock_keeps_the_last_letters(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_form, "_PAUSE", 3600.0)  # so that only the lock can save them
    monkeypatch.setattr(app_module, "_LAST_WORDS_SECONDS", 60.0)  # however slow the disk is
    app = make_real_app(tmp_path, family.store)
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("t")
        await settle(pilot)
        await type_text(pilot, "xyz")
        await pilot.press("ctrl+l")
        await settle(pilot)
        assert isinstance(app.screen, UnlockScreen)
        assert "xyz" not in screen_text(app)
        await unlock(pilot)
        assert isinstance(app.screen, ContactForm)
        assert app.screen.query_one(TextArea).text == "xyz"


async def test_after_a_lock_the_next_key_adds_to_the_line_that_had_the_keys(
    family: Family, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app_module, "_LAST_WORDS_SECONDS", 60.0)  # however slow the disk is
    app = make_real_app(tmp_path, family.store)
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("t")
        await settle(pilot)
        app.screen.query_one("#next_step", LineField).focus()
        await type_text(pilot, "ring Monday")
        await pilot.press("ctrl+l")
        await settle(pilot)
        await unlock(pilot)
        await pilot.press("Z")
        await settle(pilot)
        assert app.screen.query_one("#next_step", LineField).value == "ring MondayZ"


async def test_a_lock_may_come_while_a_draft_is_being_saved(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    free = threading.Event()
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("t")
        await settle(pilot)
        form = app.screen
        assert isinstance(form, ContactForm)
        form.query_one(TextArea).text = "xyz"
        busy = asyncio.create_task(app.desk.run(lambda _store: free.wait(30)))
        form.run_worker(form.save_draft(), group="draft")
        settled = asyncio.create_task(settle(pilot))
        locked = asyncio.create_task(app.lock("Locked."))
        await asyncio.wait({locked}, timeout=0)
        free.set()
        await asyncio.gather(busy, locked, settled)
        assert isinstance(app.screen, UnlockScreen)
        await unlock(pilot)
        assert isinstance(app.screen, ContactForm)
        assert app.screen.query_one(TextArea).text == "xyz"


async def test_help_lists_the_arrow_keys_but_no_marking(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(120, 80)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("question_mark")
        await settle(pilot)
        text = screen_text(app)
    assert "Row above." in text
    assert "A page down." in text
    assert "Mark every row" not in text


async def test_a_contact_without_a_kind_is_not_saved(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("t")
        await settle(pilot)
        await type_text(pilot, "hello")
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert isinstance(app.screen, ContactForm)
        assert app.screen.query_one("#kind", Chooser).has_focus
        assert len(await asked(app, lambda s: s.find(Contact))) == 1


async def test_the_template_never_overwrites_words(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("l")
        await settle(pilot)
        form = app.screen
        note = form.query_one(TextArea)
        kind = form.query_one("#kind", Chooser)
        kind.set_value("home-visit")
        assert note.text == HOME_VISIT
        kind.set_value("call")
        assert note.text == ""
        note.text = "my words"
        kind.set_value("home-visit")
        assert note.text == "my words"


def test_a_record_made_by_hand_has_no_source(family: Family) -> None:
    from storage.queries.history import read_corrections, read_origins

    ben = family.store.get(Child, family.ben.id)
    assert read_corrections(family.store, ben) == []
    assert read_origins(family.store, ben) == {}
    family.store.journal.commit(Edit("x", (create(Child(id=new_id(), surname="Q", forename="R")),)))


async def test_a_paste_brings_no_control_signs(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test() as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("t")
        await settle(pilot)
        for _ in range(2):
            app.screen.post_message(events.Paste("a\x1b[2J\u202eb\nc"))
            await settle(pilot)
            await pilot.press("tab")
        assert app.screen.query_one(TextArea).text == "ab\nc"
        assert app.screen.query_one("#next_step", Input).value == "ab"


async def test_results_stand_in_the_line_above_the_keys_and_in_no_corner(
    family: Family, tmp_path: Path
) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await enter(pilot, family.tilly.id)
        for keys, words in (
            (("n",), "Matilda (Tilly) Marsh: no answer. u undoes, t adds words."),
            (("u",), "Undone: Follow-up: no answer (Matilda (Tilly) Marsh)."),
            (("T",), "Colours: light. To keep them:"),
            (("l", "right", "ctrl+s"), "Contact: call. u takes it back."),
        ):
            for key in keys:
                await pilot.press(key)
                await settle(pilot)
            assert words in screen_text(app).splitlines()[-2]
            assert not app.screen.query("Toast")
        for key in ("question_mark", "escape"):
            await pilot.press(key)
            await settle(pilot)
        assert "takes it back" not in screen_text(app)
        for key in ("l", "f1"):
            await pilot.press(key)
            await settle(pilot)
        assert isinstance(app.screen, HelpScreen)
        assert "leave, keeps the draft" in screen_text(app)
        assert "No answer" not in screen_text(app)
        await pilot.press("escape")
        await settle(pilot)
        assert isinstance(app.screen, ContactForm)


async def test_keys_that_mark_do_nothing_where_nothing_acts_on_marks(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        before = screen_text(app)
        await pilot.press("a", "space")
        await settle(pilot)
        assert screen_text(app) == before
        await pilot.press("h")
        await settle(pilot)
        before = screen_text(app)
        await pilot.press("a", "space")
        await settle(pilot)
        assert screen_text(app) == before


async def test_a_key_writes_no_follow_up_for_who_may_not_see_the_register(tmp_path: Path) -> None:
    store = new_store(tmp_path, "school-nursing")
    family = Family(store)
    before = len(store.find(FollowUp))
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        await pilot.press("n")
        await settle(pilot)
        assert "Attendance is not part of school-nursing's own work" in " ".join(screen_text(app).split())
        assert await asked(app, lambda held: len(held.find(FollowUp))) == before
    store.close()
