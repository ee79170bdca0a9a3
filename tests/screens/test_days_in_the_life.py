"""The tasks of a working day, done by keys alone and counted; `docs/keys-in-the-life.md` is the table."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.pilot import Pilot

from casework.consent import record_agreement
from casework.ids import new_id
from casework.policies import Category
from casework.records import Contact, Flag, Household
from casework.records_case import Action, Episode, Notification
from casework.records_sharing import Agreement
from screens.intake import FOLDER_SETTING, ImportScreen
from screens.notifications import NotificationsScreen
from storage.queries.sheets import office_sheet
from tests.screens.real import TODAY, Family, asked, enter, make_real_app, new_store
from tests.screens.rounds_world import ident, make_caseload, opened, round_of, steps_of
from tests.screens.steps import settle, type_text
from tests.screens.test_plan import at as line_of
from tests.screens.test_plan import make_plan
from tests.screens.test_today import here, names
from tests.screens.textshot import screen_text

PAGE = Path(__file__).parents[2] / "docs" / "keys-in-the-life.md"


@dataclass(frozen=True)
class Task:
    """A task as the table has it: the fewest steps a good tool needs, and how they are counted here.

    `unit` is what is held against `most`: "keys" pressed, with words typed left apart, or "screens" entered.
    """

    number: int
    what: str
    allowed: str
    unit: str
    most: int


@dataclass
class Count:
    """What doing a task took. Words that are typed are no keys; a screen or dialog entered is a screen."""

    pilot: Pilot[None]
    keys: list[str] = field(default_factory=list)
    words: int = 0
    screens: int = 0

    async def press(self, *keys: str) -> None:
        """Press keys, each counted."""
        for key in keys:
            before = set(map(id, self.pilot.app.screen_stack))
            await self.pilot.press(key)
            await settle(self.pilot)
            self.keys.append(key)
            self.screens += self.pilot.app.screen is not None and id(self.pilot.app.screen) not in before

    async def say(self, text: str) -> None:
        """Type words into a field."""
        await type_text(self.pilot, text)
        await settle(self.pilot)
        self.words += 1

    async def paste(self, text: str) -> None:
        """Paste a text into the field that takes keys."""
        focused = self.pilot.app.screen.focused
        assert focused is not None
        focused.post_message(events.Paste(text))
        await settle(self.pilot)
        self.words += 1


TASKS = {
    task.number: task
    for task in (
        Task(1, "See who is not in", "1 step", "keys", 1),
        Task(
            2, "Log a first-day call with its reason; the next row is selected", "4 keys + words", "keys", 4
        ),
        Task(3, "No answer on a child with a social worker", "2 steps", "keys", 2),
        Task(4, "N marks due or overdue and reasons given, as a list for the office", "2 steps", "keys", 2),
        Task(5, "Today's visits with address, risks and what is not told", "2 steps", "keys", 2),
        Task(6, "Take in a notification that was sent as a text", "1 screen", "screens", 1),
        Task(7, "Record a home visit", "1 screen", "screens", 1),
        Task(8, "“May I share this with the nurse?”", "2 steps", "screens", 2),
        Task(9, "Add an action to a plan: outcome, what, who, by when", "1 line", "screens", 1),
        Task(11, "Team meeting: on to the next child with its reasons", "1 key per case", "keys", 1),
        Task(14, "Supervision: the caseload as one table", "1 step", "screens", 1),
        Task(13, "Import a school's attendance file", "3 steps", "keys", 3),
    )
}
"""What the app can do by now, with the fewest steps a good tool needs (the field's own list of them)."""

NOT_YET = {
    10: ("Suspension phoned in", "1 screen", "comes with suspensions"),
    12: ("Part-time timetables by review day", "2 steps", "comes with part-time timetables"),
    15: ("Evaluation pack", "3 steps", "comes with the reports"),
}
"""What it cannot do by now, and why."""

HEAD = """# Keys in the life of a worker

Made by `tests/screens/test_days_in_the_life.py`, which does each task by keys alone in the real app and
counts; a test fails when a figure here is not true, or above what a good tool needs. Words that are typed are
no keys. A screen is a screen, a form or a question that is entered. What is held against the third column
stands in bold: a key for a step, or a screen where a step is a form to fill in or a “line”. Neither the door
nor the way to the room is counted.

| task | what | a good tool needs | keys here | screens here |
|---|---|---|---|---|
"""


def row_of(task: Task, count: Count) -> str:
    """A task's line of the table."""
    keys, screens = str(len(count.keys)), str(count.screens)
    keys += f" ({' '.join(shown(count.keys))})" if count.keys else ""
    keys += " + words" if count.words else ""
    held = [f"**{keys}**" if task.unit == "keys" else keys]
    held.append(f"**{screens}**" if task.unit == "screens" else screens)
    return f"| {task.number} | {task.what} | {task.allowed} | {' | '.join(held)} |"


def shown(keys: list[str]) -> list[str]:
    """Keys as the page writes them; one pressed again and again once, with how often."""
    found: list[str] = []
    for at, key in enumerate(keys):
        if at and keys[at - 1] == key:
            continue
        often = next((n for n, other in enumerate(keys[at:]) if other != key), len(keys) - at)
        found.append(f"`{key}`" + (f" x{often}" if often > 1 else ""))
    return found


def rows_kept() -> dict[int, str]:
    """The lines of the page by task."""
    lines = PAGE.read_text("utf-8").splitlines() if PAGE.exists() else []
    return {int(line.split("|")[1]): line for line in lines if line[:3] == "| 1" or line[2:3].isdigit()}


def page_of(rows: dict[int, str]) -> str:
    """The whole page."""
    later = {
        number: f"| {number} | {what} | {allowed} | {why} | |"
        for number, (what, allowed, why) in NOT_YET.items()
    }
    every = rows | later
    return HEAD + "".join(f"{every[number]}\n" for number in sorted(every))


def hold(number: int, count: Count) -> None:
    """The count is at or under what a good tool needs, and the page says it; writing rewrites its line."""
    task = TASKS[number]
    done = len(count.keys) if task.unit == "keys" else count.screens
    assert done <= task.most, (task.what, count.keys, count.screens)
    row = row_of(task, count)
    if os.environ.get("OUTREACH_SHOTS") == "write":
        PAGE.write_text(
            page_of({n: r for n, r in rows_kept().items() if n in TASKS} | {number: row}), "utf-8"
        )
    assert rows_kept().get(number) == row


def test_the_page_has_every_task_once() -> None:
    assert set(TASKS) | set(NOT_YET) == set(range(1, 16))
    assert not set(TASKS) & set(NOT_YET)
    kept = rows_kept()
    assert set(kept) == set(range(1, 16))
    assert PAGE.read_text("utf-8") == page_of({n: kept[n] for n in TASKS}), (
        "write it anew: OUTREACH_SHOTS=write"
    )


@pytest.fixture
def family(tmp_path: Path) -> Family:
    return Family(new_store(tmp_path, "early-help"))


def sees_social_care(number: int) -> Agreement:
    """What lets an early help worker see for attendance that a child has a social worker."""
    return Agreement(
        id=ident(8, 90 + number),
        child=ident(3, number),
        given_by="Jo Marsh",
        relationship="mother",
        status="given",
        agencies=("early-help",),
        categories=(Category.SOCIAL_CARE,),
        purposes=("attendance", "support"),
        given_on=date(2026, 9, 14),
        by=ident(0, 2),
    )


@asynccontextmanager
async def at_child(family: Family, folder: Path) -> AsyncIterator[Pilot[None]]:
    """The app on Tilly's page."""
    child = family.tilly.id
    app = make_real_app(folder, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, child)
        yield pilot


async def test_1_who_is_not_in(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:
        count = Count(pilot)
        assert names(pilot)[0] == here(pilot)
        assert "N" in screen_text(pilot.app)
        hold(1, count)


async def test_2_a_first_day_call(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:
        count, first = Count(pilot), here(pilot)
        await count.press("r", "I")
        await count.say("has a cold")
        await count.press("enter")
        (step,) = await steps_of(pilot)
        assert (step.outcome, step.reason_code, step.note) == ("reason", "I", "has a cold")
        assert here(pilot) != first, "on to the next row"
        hold(2, count)


async def test_3_tell_the_social_worker(tmp_path: Path) -> None:
    flag = Flag(id=ident(8, 60), child=ident(3, 0), kind="child-in-need")
    async with opened(make_caseload(tmp_path, [*round_of(6), flag, sees_social_care(0)])) as pilot:
        count, first = Count(pilot), here(pilot)
        assert first == "Tilly Marsh", "who has a social worker stands first"
        await count.press("n", "@")
        said = " ".join(screen_text(pilot.app).split())
        assert "T.M. (Year 1), Harbour Primary, was absent from school on Fri 20 Nov 2026 (AM)" in said
        assert "The family was tried (1 time) and not reached." in said
        steps = await steps_of(pilot)
        assert [(one.child, one.outcome) for one in steps] == [
            (ident(3, 0), "no-answer"),
            (ident(3, 0), "told-social-worker"),
        ]
        hold(3, count)


async def test_4_n_marks_for_the_office(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6))) as pilot:
        given = here(pilot)
        for key in ("r", "I", "enter"):
            await pilot.press(key)
            await settle(pilot)
        count = Count(pilot)
        await count.press("#")
        said = screen_text(pilot.app)
        assert "N codes and reasons for the office, Fri 20 Nov 2026" in said
        lines = await asked_lines(pilot, office_sheet)
        (passed,) = [line for line in lines if "the family gave I" in line]
        assert passed.startswith(f"{given} (")
        # Ling's N marks began on Mon 9 Nov with PM of Tue 10: five school days later is Tue 17.
        assert any("overdue since Tue 17 Nov 2026" in line for line in lines)
        assert not [line for line in lines if "no reason known; due Fri 27" in line], "not due yet"
        hold(4, count)


async def test_5_visits(tmp_path: Path) -> None:
    flags = [
        Flag(id=ident(8, 50), child=ident(3, 0), kind="risk-to-visitors", since=date(2026, 9, 14)),
        Flag(id=ident(8, 51), child=ident(3, 1), kind="address-protection"),
    ]
    home = Household(id=ident(5, 9), name="Pike", address="7 Hidden Row")
    moved = [
        one.model_copy(update={"household": home.id}) if one.id == ident(3, 1) else one for one in round_of(6)
    ]
    async with opened(make_caseload(tmp_path, [home, *moved, *flags])) as pilot:
        screen: Any = pilot.app.screen
        for number in (0, 1):
            screen.rows.move_to(ident(3, number))
            await settle(pilot)
            await pilot.press("v")
            await settle(pilot)
        count = Count(pilot)
        await count.press("&")
        said = screen_text(pilot.app)
        assert "2 visits, Fri 20 Nov 2026" in said
        assert "Address: 1 Invented Road" in said
        assert "! RISK TO VISITORS, since Mon 14 Sep 2026" in said
        assert "! Ravi Orr (father): DO NOT CONTACT" in said
        assert "! ADDRESS PROTECTED" in said
        assert "Hidden Row" not in said
        hold(5, count)


async def asked_lines(pilot: Pilot[None], make: Any) -> list[str]:
    """What a sheet says."""
    app: Any = pilot.app
    lines: list[str] = await app.desk.run(make)
    return lines


SENT = "Concern: away on Mondays\nTried so far:\nclub\nChild's voice: worried\nOutcome: in daily\n"


async def test_6_a_notification(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await pilot.press("g", "n")
        await settle(pilot)
        count = Count(pilot)
        await count.press("+")
        form: Any = app.screen
        await count.say("tilly mar")
        assert "Marsh" in screen_text(app), "who it may be, while it is typed"
        await count.press("enter")
        await count.say("Ms Webb")
        await count.press("tab", "tab")
        await count.paste(SENT)
        assert "missing: who listened" in screen_text(app)
        while form.at != "heard_by":
            await count.press("tab")
        await count.say("Ms Webb")
        await count.press("tab")
        await count.say("wed")
        await count.press("ctrl+s")
        assert isinstance(app.screen, NotificationsScreen)
        assert "Allocate by Thu 26 Nov 2026." in " ".join(screen_text(app).split()), "its clock"
        (held,) = await asked(app, lambda store: store.find(Notification))
        assert (held.child, held.voice, held.heard_by) == (family.tilly.id, "worried", "Ms Webb")
        hold(6, count)


async def test_7_a_home_visit(family: Family, tmp_path: Path) -> None:
    async with at_child(family, tmp_path) as pilot:
        count = Count(pilot)
        await count.press("l", *["right"] * 4, "down", "right", "right", "down", "right", "tab")
        await count.say("in the kitchen")
        await count.press("tab")
        await count.say("call the school")
        await count.press("ctrl+s")
        held = await asked(pilot.app, lambda s: max(s.find(Contact), key=lambda c: c.at))  # type: ignore[arg-type]
        assert (held.kind, held.outcome, held.seen) == ("home-visit", "child", "alone")
        assert held.next_step == "call the school"
        hold(7, count)


async def test_8_may_i_share_this(family: Family, tmp_path: Path) -> None:
    agreed = Agreement(
        id=new_id(),
        child=family.tilly.id,
        given_by="Anna Marsh",
        relationship="mother",
        status="given",
        agencies=("school-nursing",),
        categories=(Category.FAMILY,),
        purposes=("support",),
        given_on=TODAY,
        expires=date(2027, 1, 29),
        by=family.store.worker.id,
    )
    family.store.journal.commit(record_agreement(agreed, TODAY))
    async with at_child(family, tmp_path) as pilot:
        count = Count(pilot)
        await count.press("C", "Q")
        await count.say("nur")
        await count.press("enter")
        await count.say("fam")
        await count.press("enter", "enter")
        said = " ".join(screen_text(pilot.app).split())
        assert "YES" in said
        assert "29 Jan 2027" in said, "the answer stands with the agreement's end"
        hold(8, count)


async def test_9_an_action_of_a_plan(family: Family, tmp_path: Path) -> None:
    made = make_plan(family)
    async with at_child(family, tmp_path) as pilot:
        await pilot.press("P")
        await settle(pilot)
        await line_of(pilot, "Somebody to sit")
        count = Count(pilot)
        await count.press("+")
        await count.say("Lunch club")
        await count.press("tab", "m", "tab", "tab", "tab")
        await count.say("fri")
        await count.press("ctrl+s")
        app: Any = pilot.app
        (held,) = await asked(app, lambda store: store.find(Action, "text = 'Lunch club'"))
        assert (held.outcome, held.owner, held.due) == (made["friends"].id, "Kim Invented", TODAY)
        hold(9, count)


async def test_11_on_to_the_next_case(tmp_path: Path) -> None:
    async with opened(make_caseload(tmp_path, round_of(6)), room="caseload") as pilot:
        count = Count(pilot)
        screen: Any = pilot.app.screen
        first = screen.entry.name
        await count.press("down")
        assert screen.entry.name != first
        assert screen.entry.name in screen_text(pilot.app).split("───")[-1], "why they are there"
        hold(11, count)


async def test_13_a_register(family: Family, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "999001-today.csv").write_text(
        "UPN,Legal Surname,Legal Forename,DOB,Reg,Date,Session,Mark\n"
        "U886009924001,Marsh,Matilda,03/03/2018,4B,18/11/2026,AM,M\n"
    )
    family.store.save_setting(FOLDER_SETTING, str(folder))
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        count = Count(pilot)
        await pilot.press("g", "i")
        await settle(pilot)
        screen = app.screen
        assert isinstance(screen, ImportScreen)
        await count.press("enter")
        assert screen.phase == "preview"
        await count.press("y")
        assert screen.phase == "report"
        hold(13, count)


async def test_14_supervision(tmp_path: Path) -> None:
    case = Episode(id=ident(8, 70), child=ident(3, 2), opened=date(2026, 9, 14), worker=ident(0, 2))
    async with opened(make_caseload(tmp_path, [*round_of(6), case])) as pilot:
        count = Count(pilot)
        await count.press("g", "v")
        said = screen_text(pilot.app)
        for column in ("Days", "Seen", "Reviewed", "Agreed to", "Again"):
            assert column in said
        assert "Ada Pike" in said
        assert "67" in said, "days open, 14 Sep to 20 Nov"
        assert "never" in said
        hold(14, count)
