"""Every command and every screen, as a worker of each agency: what may not be seen is met nowhere."""

from __future__ import annotations

import gc
import io
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import click
import pytest
from textual._compositor import Compositor
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widgets import Input, TextArea

from casework.errors import OutreachError
from casework.policies import PURPOSES, Category, Purpose
from casework.records import Child
from casework.records_case import Action
from casework.vocabulary import AGENCIES
from outreach_tui.app import OutreachApp
from outreach_tui.cli import COMMANDS, cli, run
from outreach_tui.commands import care, opening
from outreach_tui.commands.frame import Call
from outreach_tui.rooms import ROOMS
from screens.child import ChildScreen
from screens.choosers import OneOf
from screens.disagreements import DisagreementsScreen
from screens.history import HistoryScreen, history_lines
from screens.plan import PlanScreen
from screens.same_child import PairScreen, SplitScreen
from screens.search import find_people
from screens.widgets.row_list import RowList
from screens.widgets.text import Cell, cell_text
from storage.queries.history import read_history
from storage.queries.same_child import plan_merge
from storage.store import Store
from tests.safety import planted
from tests.safety.planted import LEAD, ROLES, Canary, World, become, met, withheld
from tests.safety.recipes import NEVER_READS_CHILDREN, RECIPES
from tests.screens.fakes import Hands
from tests.screens.real import RealOpener, asked
from tests.screens.steps import settle, unlock
from tests.screens.textshot import screen_text

pytestmark = pytest.mark.long

SHORTEST = 8


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> World:
    return planted.build(tmp_path_factory.mktemp("planted") / "home")


@pytest.fixture
def world(made: World, tmp_path: Path) -> World:
    """A copy of the planted caseload."""
    shutil.copytree(made.folder, tmp_path / "home")
    return World(tmp_path / "home", made.ids, made.canaries, made.workers, made.records, made.homes)


def as_worker(world: World, role: str) -> Store:
    """The caseload opened as the worker of a role."""
    store = world.open()
    become(store, world.workers[role])
    store.close()
    return world.open()


def all_commands() -> Iterator[str]:
    """Every command and subcommand, by the words that call it."""
    context = click.Context(cli)
    for name in COMMANDS:
        command = cli.get_command(context, name)
        if isinstance(command, click.Group):
            yield from (f"{name} {part}" for part in command.list_commands(context))
        else:
            yield name


@dataclass
class Shell:
    """Runs commands in this process on one open caseload."""

    world: World
    store: Store
    monkeypatch: pytest.MonkeyPatch
    codes: dict[str, set[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        @contextmanager
        def open_already(call: Call, *, after_silence: bool = False) -> Iterator[tuple[Store, bytearray]]:
            del call, after_silence
            yield self.store, self.world.key()

        for room in (opening, care):
            self.monkeypatch.setattr(room, "opened_with_key", open_already)
        for name in [name for name in os.environ if name.startswith("OUTREACH_")]:
            self.monkeypatch.delenv(name)
        self.monkeypatch.setenv("OUTREACH_HOME", str(self.world.folder))
        self.monkeypatch.setenv("OUTREACH_TODAY", planted.TODAY.isoformat())
        self.monkeypatch.setattr(sys, "unraisablehook", sys.unraisablehook)

    def __call__(self, command: str, *words: str) -> str:
        """What one call wrote, on both streams."""
        out, err = io.StringIO(), io.StringIO()
        try:
            with redirect_stdout(out), redirect_stderr(err):
                code = run([*command.split(), *words])
        finally:
            gc.enable()
        self.codes.setdefault(command, set()).add(code)
        assert code != 70, (command, words, err.getvalue())
        return out.getvalue() + err.getvalue()


def calls_of(world: World, words: str, files: dict[str, str]) -> Iterator[list[str]]:
    """The calls that a line of a recipe stands for."""
    known = world.ids | files | values_of(world)
    loops: dict[str, list[str]] = {
        "record": [record for _, record, _ in world.records],
        "short": sorted({record[:SHORTEST] for _, record, _ in world.records}),
        "canary": sorted({one.text for one in searched_for(world)}),
        "child": [world.ids["here.child"], world.ids["there.child"]],
        "role": list(AGENCIES),
    }
    loop = next((name for name in loops if f"{{{name}}}" in words and name != "role"), None)
    for value in loops[loop] if loop else [""]:
        line = words
        if loop:
            line = line.replace(f"{{{loop}}}", value)
        for name, known_value in known.items():
            line = line.replace(f"{{{name}}}", known_value)
        for second in loops["role"] if "{role}" in line else [""]:
            whole = line.replace("{role}", second)
            assert "{" not in whole, f"no such word: {whole}"
            yield shlex.split(whole)


_SEARCHED = ("child", "household", "person")


def searched_for(world: World) -> list[Canary]:
    """Canaries that a search might find a child by."""
    return [one for one in world.canaries if one.type in _SEARCHED and not one.text[0].isdigit()]


def values_of(world: World) -> dict[str, str]:
    """The words under which a child's own canaries are named in a recipe."""
    return {
        f"{one.child}.{one.field}": one.text
        for one in world.canaries
        if one.type == "child" and one.current and one.field in ("upn", "forename", "surname")
    }


def files_of(folder: Path) -> dict[str, str]:
    """Files that commands take."""
    register = folder / "999001-register.csv"
    head = "UPN,Surname,Forename,Reg,Date,Session,Mark,Minutes Late,Comment"
    register.write_text(f"{head}\nU886009924001,Neu,Kind,4B,19/11/2026,AM,/,,\n", "utf-8")
    return {"file": str(register), "backup": str(folder / "caseload.backup")}


def test_every_command_has_a_recipe() -> None:
    known = {*RECIPES, *NEVER_READS_CHILDREN}
    missing = [name for name in all_commands() if name not in known]
    assert not missing, f"no recipe for {missing}: add a line to tests/safety/recipes.py"


def test_every_record_type_is_planted(world: World) -> None:
    here = {(kind, child) for kind, _, child in world.records}
    for name in planted.RECORD_TYPES:
        if name not in planted._TEAM_TYPES:
            assert {(name, "here"), (name, "there")} <= here, f"{name} is not planted"
    assert {one.category for one in world.canaries} == set(Category)


@pytest.mark.parametrize("role", ROLES)
def test_no_command_shows_what_is_withheld(
    role: str, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = as_worker(world, role)
    shell = Shell(world, store, monkeypatch)
    files = files_of(tmp_path)
    leaks: dict[str, set[str]] = {}
    seen: set[Category] = set()
    try:
        for command in [name for name in RECIPES if name in set(all_commands())]:
            for recipe in RECIPES[command]:
                refused = withheld(store, world, recipe.purpose)
                hidden = frozenset(refused)
                for words in calls_of(world, recipe.words, files):
                    said = _without_typed(shell(command, *words), words)
                    for one in met(said, world.canaries):
                        if one in hidden:
                            leaks.setdefault(f"{command} {recipe.words}", set()).add(one.name)
                        else:
                            seen.add(one.category)
                    if command == "search":
                        for one in _found_by(said, words[0], world, refused):
                            leaks.setdefault("search finds by", set()).add(one.name)
        refused = withheld(store, world, "support")
        allowed = {one.category for one in world.canaries if one not in refused}
    finally:
        store.close()
    assert not leaks, "\n".join(f"{where}: {sorted(what)}" for where, what in sorted(leaks.items()))
    assert allowed <= seen, f"never shown, so the crawl proves nothing about: {allowed - seen}"


def _without_typed(said: str, words: list[str]) -> str:
    """What was said, without the words of the call itself: to repeat them tells nothing."""
    for word in words:
        if not word.startswith("-") and len(word) > 3:
            said = said.replace(word, "")
    return said


def _found_by(said: str, typed: str, world: World, refused: list[Canary]) -> list[Canary]:
    """The withheld canaries by which a search has found their child."""
    return [one for one in refused if one.text == typed and world.ids[f"{one.child}.child"] in said]


class PlantedOpener(RealOpener):
    """Opens the planted caseload on the desk's thread."""

    def __init__(self, world: World) -> None:
        super().__init__(world.folder)
        self.world = world

    def unlock(self, passphrase: bytearray) -> Store:
        del passphrase
        return self.world.open()


class Eye:
    """Notes every withheld canary that stands on a screen, and the categories that are shown."""

    def __init__(self, app: OutreachApp, world: World, refused: Mapping[Purpose, list[Canary]]) -> None:
        self._app, self._world, self._refused = app, world, refused
        self._hidden = {purpose: frozenset(canaries) for purpose, canaries in refused.items()}
        self.leaks: dict[str, set[str]] = {}
        self.seen: set[Category] = set()
        self.opened: set[str] = set()
        """Children whose page opened."""

    def withheld(self, purpose: Purpose) -> list[Canary]:
        """What must not be met where things are shown for a purpose."""
        return self._refused[purpose]

    def look(self, where: str, purpose: Purpose = "support", *, typed: str = "") -> None:
        """Read the screen, and every row of its lists, also those below the edge."""
        screen = self._app.screen
        text = [without_fields(self._app), *(" ".join(one.choices.values()) for one in screen.query(OneOf))]
        for rows in screen.query(RowList):
            text += [cell_text(cell) for cells in _rows(rows) for cell in cells]
        self.read(where, "\n".join(text), purpose, typed=typed)
        self.read_fields(where, _held(screen), purpose, typed=typed)

    def read_fields(self, where: str, text: str, purpose: Purpose = "support", *, typed: str = "") -> None:
        """Judge what stands in the fields of a form: who changes words meets all that was written."""
        for home in self._world.homes.values():
            text = text.replace(home, "")
        self.read(where, text, purpose, typed=typed)

    def read(self, where: str, text: str, purpose: Purpose = "support", *, typed: str = "") -> None:
        """Judge a text, without what the worker has typed."""
        if typed:
            text = re.sub(re.escape(typed), "", text, flags=re.IGNORECASE)
        for one in met(text, self._world.canaries):
            if one in self._hidden[purpose]:
                self.leaks.setdefault(where, set()).add(one.name)
            else:
                self.seen.add(one.category)


def without_fields(app: OutreachApp) -> str:
    """What stands on the terminal, with the fields of forms left blank."""
    lines = screen_text(app).split("\n")
    for one in [*app.screen.query(Input), *app.screen.query(TextArea)]:
        place = one.region
        for y in range(max(0, place.y), min(len(lines), place.bottom)):
            line = lines[y].ljust(place.right)
            lines[y] = line[: place.x] + " " * place.width + line[place.right :]
    return "\n".join(lines)


async def back_to(pilot: Pilot[Any], room: Screen[Any]) -> None:
    """Close what lies above a screen."""
    while pilot.app.screen is not room:
        await pilot.press("escape")
        await settle(pilot)


async def see_rooms(pilot: Pilot[Any], eye: Eye) -> None:
    """The lists, with everything left out shown, what single keys open, and the history of a row."""
    for key, place in (("c", "caseload"), ("t", "today")):
        await pilot.press("g", key)
        await settle(pilot)
        room = pilot.app.screen
        eye.look(place, "attendance")
        for more in ("full_stop", "p", "t", "h", "number_sign", "ampersand", "at", "question_mark"):
            await pilot.press(more)
            await settle(pilot)
            eye.look(f"{place}, {more}", "support" if more == "h" else "attendance")
            await back_to(pilot, room)
    for key, place, more_keys in (
        ("n", "notifications", ("enter", "question_mark")),
        ("k", "clocks", ("full_stop", "o", "z", "question_mark")),
        ("v", "supervision", ("o", "l", "P", "H", "question_mark")),
        ("i", "import", ("f", "question_mark")),
        ("o", "schools", ("E", "h", "question_mark")),
        ("y", "sync", ("enter", "tilde", "question_mark")),
        ("x", "conflicts", ("enter", "quotation_mark", "h", "semicolon", "question_mark")),
    ):
        await pilot.press("g", key)
        await settle(pilot)
        room = pilot.app.screen
        eye.look(place, "support")
        for more in more_keys:
            await pilot.press(more)
            await settle(pilot)
            eye.look(f"{place}, {more}", "support")
            await back_to(pilot, room)


async def see_children(pilot: Pilot[Any], eye: Eye, world: World) -> None:
    """Each child's page and every text behind its lines; of the first that opens the forms and rooms, too."""
    app = cast("OutreachApp", pilot.app)
    walked = False
    for child in planted.CHILDREN:
        app.open_child(world.ids[f"{child}.child"])
        await settle(pilot)
        eye.look("child page")
        room = app.screen
        if not isinstance(room, ChildScreen):
            continue
        eye.opened.add(child)
        for line in room._lines:
            eye.read("child page, a line opened", line.target.text)
        if walked:
            continue
        walked = True
        for key in ("l", "h", "n", "G", "H", "equals_sign"):
            await pilot.press(key)
            await settle(pilot)
            purpose: Purpose = "planning" if key in "GH" else "support"
            eye.look(f"child page, {key}", purpose)
            if key in "GH":
                await pilot.press("+" if key == "G" else "X")
                await settle(pilot)
                eye.look(f"child page, {key}, its form", purpose)
            await back_to(pilot, room)
        for key in ("R", "W", "L", "D", "Q"):
            await pilot.press("C")
            await settle(pilot)
            eye.look("agreement of a child")
            for lists in app.screen.query(RowList):
                lists.cursor = next((n for n, row in enumerate(_rows(lists)) if "GIVEN" in str(row)), 0)
            await pilot.press(key)
            await settle(pilot)
            eye.look(f"agreement of a child, {key}")
            await back_to(pilot, room)
        for more in (("E",), ("plus", "1", "enter"), ("end", "enter")):
            for key in ("J", *more):
                await pilot.press(key)
                await settle(pilot)
                eye.look(f"assessment, {key}", "assessment")
            await back_to(pilot, room)
        await see_plan(pilot, eye)
        await back_to(pilot, room)
        await see_disagreements(pilot, eye)
        await back_to(pilot, room)


async def see_plan(pilot: Pilot[Any], eye: Eye) -> None:
    """The plan of the child whose page is shown, every line opened, and each form over its first task."""
    await pilot.press("P")
    await settle(pilot)
    eye.look("plan", "planning")
    plan = pilot.app.screen
    if not isinstance(plan, PlanScreen):
        return
    for line in plan._lines:
        eye.read("plan, a line opened", line.text, "planning")
    number = next((n for n, line in enumerate(plan._lines) if isinstance(line.record, Action)), 0)
    for key in ("O", "+", "E", "X", "F", "h", "question_mark"):
        plan.page.cursor = number
        await pilot.press(key)
        await settle(pilot)
        eye.look(f"plan, {key}", "planning" if key != "h" else "support")
        await back_to(pilot, plan)


async def see_disagreements(pilot: Pilot[Any], eye: Eye) -> None:
    """The log of a child, and what its keys open on every step."""
    await pilot.press("Y")
    await settle(pilot)
    room, where = pilot.app.screen, "disagreements"
    eye.look(where, "safeguarding")
    assert isinstance(room, DisagreementsScreen)
    steps = [line.step for line in room._lines]
    for at in sorted(steps.index(step) for step in {*steps} - {""}):
        room.query_one(RowList).cursor = at
        for key in ("enter", "h", "X", "greater_than_sign"):
            await pilot.press(key)
            await settle(pilot)
            eye.look(f"{where}, {key}", "safeguarding")
            await back_to(pilot, room)
    await pilot.press("plus")
    await settle(pilot)
    eye.look(f"{where}, +", "safeguarding")
    await back_to(pilot, room)


def _rows(lists: RowList) -> list[tuple[Cell, ...]]:
    return [row.cells for row in lists._source.page(0, lists._source.count())]


def _held(screen: Screen[Any]) -> str:
    """What stands in the fields of a form, and the words that its choices offer."""
    lines = [line.value for line in screen.query(Input)]
    return "\n".join([*lines, *(area.text for area in screen.query(TextArea))])


async def see_same_child(pilot: Pilot[Any], eye: Eye, world: World) -> None:
    """Both children side by side, and as one where the worker may merge them: what was withheld stays so."""
    room = pilot.app.screen
    here, there = (world.ids[f"{child}.child"] for child in planted.CHILDREN)
    for kept, other in ((here, there), (there, here)):
        await pilot.app.push_screen(PairScreen(kept, other))
        await settle(pilot)
        eye.look("two records side by side")
        await back_to(pilot, room)
    merge = await asked(pilot.app, lambda store: _merged(store, here, there))
    if merge is not None:
        await pilot.app.push_screen(SplitScreen(merge))
        await settle(pilot)
        eye.look("a merge taken apart")
        await back_to(pilot, room)
        cast("OutreachApp", pilot.app).open_child(here)
        await settle(pilot)
        eye.look("two records made one")
        of_room: dict[str, Purpose] = {"C": "support", "P": "planning", "J": "assessment"}
        for key, purpose in of_room.items():
            await pilot.press(key)
            await settle(pilot)
            eye.look(f"two records made one, {key}", purpose)
            await pilot.press("escape")
            await settle(pilot)


def _merged(store: Store, kept: str, other: str) -> str | None:
    try:
        plan = plan_merge(store, store.get(Child, kept), store.get(Child, other), reason="x")
    except OutreachError:
        return None
    store.journal.commit(plan.edit)
    return plan.link.id


async def see_histories(pilot: Pilot[Any], eye: Eye, world: World) -> None:
    """What the history of every planted record says, on its screen for one of each type."""
    room, shown = pilot.app.screen, set()
    for kind, record, child in world.records:
        where = f"history of a {kind}"
        lines = await asked(pilot.app, lambda store, k=kind, r=record: _history(store, k, r))
        eye.read(where, "\n".join(map(str, lines)))
        if child == planted.CHILDREN[0] and kind not in shown:
            shown.add(kind)
            await pilot.app.push_screen(HistoryScreen(kind, record, kind, world.ids[f"{child}.child"]))
            await settle(pilot)
            eye.look(where)
            await back_to(pilot, room)


def _history(store: Store, kind: str, record: str) -> list[object]:
    try:
        return list(history_lines(kind, read_history(store, kind, record), 400))
    except OutreachError as problem:
        return [problem.message]


async def see_search(pilot: Pilot[Any], eye: Eye, world: World) -> None:
    """Search and palette by words of every category."""
    await pilot.press("g", "s")
    await settle(pilot)
    words = {(one.child, one.type, one.field): one.text for one in searched_for(world) if one.current}
    for word in [*words.values(), "oakhanger", "harbour"]:
        pilot.app.screen.query_one(Input).value = word
        await settle(pilot)
        eye.look("search", typed=word)
        people = await asked(pilot.app, lambda store, w=word: find_people(store, w))
        eye.read("palette", "\n".join(person.label for person in people), typed=word)
        for one in eye.withheld("support"):
            found = [person.child_id for person in people]
            if one.text == word and world.ids[f"{one.child}.child"] in found:
                eye.leaks.setdefault("palette finds by", set()).add(one.name)


@pytest.fixture
def no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The frames for a terminal, which is not there, are not painted; the eye has the screen painted where it
    looks.
    """

    def forget(compositor: Compositor, *_: object, **__: object) -> None:
        compositor._dirty_regions.clear()

    monkeypatch.setattr(Compositor, "render_update", forget)


@pytest.mark.usefixtures("no_terminal")
@pytest.mark.timeout(300)  # some hundred screens, beside other tests
@pytest.mark.parametrize("role", [*ROLES, LEAD])
async def test_no_screen_shows_what_is_withheld(role: str, world: World, tmp_path: Path) -> None:
    store = as_worker(world, role)
    refused = {purpose: withheld(store, world, purpose) for purpose in PURPOSES}
    allowed = {one.category for one in world.canaries if one not in refused["support"]}
    store.close()
    app = OutreachApp(
        tmp_path / "data", opener=PlantedOpener(world), today=planted.TODAY, clocks=Hands().clocks
    )
    eye = Eye(app, world, refused)
    async with app.run_test(size=(200, 60)) as pilot:
        await unlock(pilot)
        await see_rooms(pilot, eye)
        await see_children(pilot, eye, world)
        await see_histories(pilot, eye, world)
        await see_search(pilot, eye, world)
        await see_same_child(pilot, eye, world)
        for name in set(ROOMS) - SEEN_ROOMS:
            pytest.fail(f"no steps for the room {name}: add them to see_rooms")
    assert not eye.leaks, "\n".join(f"{where}: {sorted(what)}" for where, what in sorted(eye.leaks.items()))
    assert eye.opened, "no child's page opened, so the crawl proves nothing about one"
    assert allowed & eye.seen, "nothing was shown, so the crawl proves nothing"


SEEN_ROOMS = {
    "today",
    "caseload",
    "notifications",
    "clocks",
    "supervision",
    "import",
    "schools",
    "sync",
    "conflicts",
    "search",
    "child",
}
"""Rooms that the steps above enter; import shows what a file says, before anything is known of a child."""
