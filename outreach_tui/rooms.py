"""Going about: the rooms of the app, the child and the form over them, and the way back after a lock."""

from __future__ import annotations

import asyncio
import gc
import importlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from textual.screen import Screen

from casework.errors import Locked, OutreachError
from casework.text import clean
from casework.wording import say_day
from outreach_tui.guarded import GuardedApp
from outreach_tui.relock import Resume
from screens.base import OutreachScreen, Shell
from screens.palette import PersonHit
from screens.reopening import FORMS, LeftOpen, PageOpen, form_again, page_again, words_of
from screens.widgets.fitting import short
from storage.store import Store

ScreenFactory = Callable[..., Screen[Any]]

ROOMS: Mapping[str, str] = {
    "today": "screens.today:TodayScreen",
    "caseload": "screens.caseload:CaseloadScreen",
    "clocks": "screens.clocks:ClocksScreen",
    "supervision": "screens.supervision:SupervisionScreen",
    "import": "screens.intake:ImportScreen",
    "notifications": "screens.notifications:NotificationsScreen",
    "schools": "screens.schools:SchoolsScreen",
    "conflicts": "screens.conflicts:ConflictsScreen",
    "sync": "screens.sync:SyncScreen",
    "search": "screens.search:SearchScreen",
    "child": "screens.child:ChildScreen",
}
"""Rooms by their word, as module and class: a room is imported when it is first entered."""

FIRST_ROOM = "today"


def room_factory(target: str) -> ScreenFactory:
    """The class that `module:Class` names."""
    module, _, name = target.partition(":")
    factory: ScreenFactory = getattr(importlib.import_module(module), name)
    return factory


def _collect_again() -> None:
    """Starting is over: leave what it made out of every later collection."""
    gc.freeze()
    gc.enable()


def find_people(store: Store, text: str) -> Sequence[PersonHit]:
    """The caseload's own search, imported when it is first used."""
    from screens.search import find_people as find

    return find(store, text)


class RoomsApp(GuardedApp):
    """An app of rooms. `resume` says where a locked process was."""

    def __init__(
        self, home: Path, rooms: Mapping[str, str | ScreenFactory] | None, resume: Resume | None
    ) -> None:
        super().__init__(home)
        self._rooms = dict(ROOMS if rooms is None else rooms)
        self._room = resume.room if resume else FIRST_ROOM
        self._pages: Sequence[PageOpen] = resume.pages if resume else ()
        """The pages that a lock closed, the lowest first."""
        self._form = LeftOpen(resume.form, resume.about, resume.field) if resume else LeftOpen()
        """The form that a lock closed."""
        self._taking_away = asyncio.Lock()

    @property
    def room(self) -> str:
        """The word of the room that is shown, or "" before the caseload is open."""
        return self._room if self.desk.is_open else ""

    def has_room(self, room: str) -> bool:
        """Whether there is such a room."""
        return room in self._rooms

    def go_to(self, room: str) -> None:
        """Show a room instead of what is shown."""
        if self.has_room(room) and self.desk.is_open:
            self.call_later(self._show_only, room)

    def open_school(self, school_id: str) -> None:
        """Show the caseload of one school instead of what is shown."""
        if self.desk.is_open:
            self.call_later(self._show_only, "caseload", school_id)

    def open_child(self, child_id: str) -> None:
        """Show one child over the room."""
        if self.desk.is_open:
            self.call_later(self._push_child, child_id)

    def go_on(self, left: LeftOpen) -> None:
        """Show a half-filled form again."""
        if self.desk.is_open:
            self.call_later(self._go_on, left)

    def go_back(self) -> None:
        """One screen back; from any other room to the first."""
        if len(self.screen_stack) > 2:
            self.pop_screen()
        elif self.room not in {"", FIRST_ROOM}:
            self.go_to(FIRST_ROOM)

    def _make(self, room: str, *arguments: str) -> Screen[Any]:
        target = self._rooms[room]
        factory = room_factory(target) if isinstance(target, str) else target
        return factory(*arguments)

    async def _show_only(self, room: str, *about: str) -> None:
        screen = self._make(room, *about)
        if not gc.isenabled():
            self.call_after_refresh(_collect_again)
        with self.batch_update():
            await self._clear_screens()
            await self.push_screen(screen)
        self._room = room

    async def _show_again(self) -> None:
        """The room, the pages over it and the form that a lock closed."""
        pages, self._pages = self._pages, ()
        left, self._form = self._form, LeftOpen()
        await self._show_only(self._room)
        for page in pages:
            if not self.desk.is_open or not await self._show_page(page):
                break
        if left.form and self.desk.is_open:
            await self._go_on(left)

    async def _show_page(self, page: PageOpen) -> bool:
        """A page as a lock found it; whether it is shown."""
        if page.page in self._rooms:
            return await self._push_child(page.subject)
        try:
            screen = await page_again(cast("Shell", self), page)
        except Locked:
            return False
        except OutreachError as problem:
            self._say(problem.message)
            return False
        if screen is None:
            return False
        await self.push_screen(screen)
        return True

    async def _go_on(self, left: LeftOpen) -> None:
        """The form of a draft: the screen shown asks for it, else its own screen, its room or its child."""
        with suppress(Locked):
            try:
                subject = await self.desk.run(lambda store: store.drafts.take_up(left.form, left.subject))
                left = replace(left, subject=subject)
                shown = await self._ask_here(left) or await self._show_form(left)
                shown = shown or await self._ask_elsewhere(left)
            except OutreachError as problem:
                self._say(problem.message)
                return
            if not shown:
                self._say(f"The {words_of(left.form)} stays a draft: what it is about is not shown here.")

    async def _ask_here(self, left: LeftOpen) -> bool:
        screen = self.screen
        return isinstance(screen, OutreachScreen) and await screen.reopen(left)

    async def _show_form(self, left: LeftOpen) -> bool:
        from screens.kept_form import KeptForm

        form = await form_again(cast("Shell", self), left)
        if form is None:
            return False
        await self.push_screen(form)
        return True if isinstance(form, KeptForm) else await self._ask_here(left)

    async def _ask_elsewhere(self, left: LeftOpen) -> bool:
        """In the room of the form, else on the page of its child."""
        from storage.queries.sight import child_of_draft

        kind = FORMS.get(left.form)
        if kind is not None and kind.room in self._rooms:
            await self._show_only(kind.room)
            return await self._ask_here(left)
        if kind is None:
            return await self._show_words(left, f"Kept by another version of Outreach: {words_of(left.form)}")
        if kind.of_case:
            return await self._show_words(left, f"A draft of the {kind.words} stays, to be read")
        child = await self.desk.run(lambda store: child_of_draft(store, left.subject))
        if child is None:
            return False
        return await self._push_child(child.id) and await self._ask_here(left)

    async def _show_words(self, left: LeftOpen, title: str) -> bool:
        """A draft whose form cannot be shown: its words can be read and taken over by hand."""
        from screens.kept_form import FOCUS
        from screens.left_over import as_text
        from screens.reader import TextScreen
        from screens.unfinished import case_closed
        from storage.queries.sight import draft_of

        draft = await self.desk.run(lambda store: draft_of(store, *left.key))
        if draft is None:
            return False
        closed = await self.desk.run(lambda store: case_closed(store, left))
        words = {name: value for name, value in draft.fields.items() if value.strip() and name != FOCUS}
        told = f"The case was closed on {say_day(closed)}.\n\n" if closed else ""
        text = clean(told + as_text(words), limit=100_000, newlines=True)
        await self.push_screen(TextScreen(short(title, 76), text))
        return True

    async def _push_child(self, child_id: str) -> bool:
        """The page of a child; whether it is shown, for where it stays closed it is said why."""
        page = self._make("child", child_id)
        look = getattr(page, "look", None)
        if look is not None:
            try:
                await look(self.desk)
            except Locked:
                return False
            except OutreachError as problem:
                self._say(f"The page stays closed: {problem.message}")
                return False
        await self.push_screen(page)
        return True

    def _say(self, sentence: str) -> None:
        """Say on the screen that is shown why something was not done."""
        if isinstance(self.screen, OutreachScreen):
            self.screen.say(sentence, wrong=True)
        else:
            self.notify(sentence, severity="error")

    async def close_withheld(self) -> None:
        """Close what was open and may not be shown any more, and say why."""
        from screens.withheld import close_withheld

        async with self._taking_away:
            with suppress(OutreachError):  # after a lock nothing is open; else the next change asks again
                notice = await close_withheld(self.desk, self.screen_stack)
                if notice is not None:
                    await self.push_screen(notice)

    async def _clear_screens(self) -> None:
        while len(self.screen_stack) > 1:
            await self.pop_screen()
