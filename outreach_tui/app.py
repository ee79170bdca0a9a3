"""The app: the door, rooms to go to, and the lock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.screen import Screen
from textual.worker import WorkerCancelled

import screens
from casework.errors import Locked, OutreachError
from casework.wording import say_day
from outreach_tui.central import Reconcile, Sessions, over_network
from outreach_tui.guarded import COVER
from outreach_tui.hushed import hush, show_again
from outreach_tui.idle import Clocks, IdleWatch, Verdict
from outreach_tui.relock import Resume
from outreach_tui.rooms import RoomsApp, ScreenFactory, room_factory
from outreach_tui.rooms import find_people as find_in_caseload
from outreach_tui.settings import Loaded
from screens.base import CALM_SECONDS, DoorScreen
from screens.door_form import FormScreen
from screens.doorway import AGENCIES, Opener
from screens.palette import FindPeople, PeopleProvider, VerbProvider
from screens.pasting import clean_paste
from screens.reopening import left_open, pages_open
from screens.themes import THEMES, TONE_DEFAULTS
from screens.type_ahead import TypeAhead, Typed
from screens.unlock import UnlockScreen
from screens.verb_tables.verb import APP
from screens.verbs import BY_ID, bindings_for
from screens.widgets.lines import SaidLine
from storage.central.state import read_state
from storage.ring import apart

_IDLE_CHECK_SECONDS = 5.0
_OTHERS_CHECK_SECONDS = 2.0
_DEMO_CENTRAL_SECONDS = 1.5
"""After the demo opened: its first room is drawn by then."""
_LAST_WORDS_SECONDS = 1.0
"""How long a lock waits for what was typed to be saved, and for the step in hand."""
_UNHEARD_SECONDS = 0.25
"""How long a key that locks waits for those before it: Textual handles one key at a time."""
_CUT_SHORT = "Another program was writing to the caseload, so the last step may not be saved: look at it."


@dataclass(frozen=True, slots=True)
class Demo:
    """What the app knows of a demo: how it opens, and that nobody in it exists."""

    passphrase: str
    notice: str
    central: str = ""
    """What the Sync screen says while the demo's laptop is not enrolled, in one line."""

    has_central: bool = False
    """Whether sessions enrol the demo's laptop by themselves, at a central record of the demo's own."""


class OutreachApp(RoomsApp):
    """Outreach in a terminal.

    `opener` is the way into the caseload in `home`, `today` the date that rules use
    (`today_set`: somebody chose it), `clocks` time the lock.
    With `fresh_process` a lock ends the app and leaves `resume` for the process that takes its place.
    """

    TITLE = "Outreach"
    CSS_PATH = Path(screens.__file__).with_name("outreach.tcss")
    ENABLE_COMMAND_PALETTE = True
    COMMANDS: ClassVar[set[Any]] = {VerbProvider, PeopleProvider}
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(APP)

    def __init__(
        self,
        home: Path,
        *,
        opener: Opener[Any],
        today: date,
        today_set: bool = False,
        loaded: Loaded | None = None,
        clocks: Clocks | None = None,
        rooms: Mapping[str, str | ScreenFactory] | None = None,
        find_people: FindPeople | None = None,
        resume: Resume | None = None,
        fresh_process: bool = False,
        why_lock: Callable[[], str] | None = None,
        demo: Demo | None = None,
        reconcile: Reconcile = over_network,
    ) -> None:
        self.loaded = loaded or Loaded()
        settings = self.loaded.settings
        super().__init__(home, rooms, resume)
        # Rows that slide are read late, and a key pressed meanwhile meets another row than the eye does.
        self.animation_level = "none"
        self.opener = opener
        self.today = today
        self.date_set = say_day(today) if today_set else ""
        """The day that rules use, in words, where somebody set it: every title line says so."""
        self.remapped = settings.keys
        self._lock_keys, leave_keys = (
            frozenset(settings.keys.get(verb, BY_ID[verb].keys).split(",")) for verb in ("lock", "quit-now")
        )
        self._ending_keys = self._lock_keys | leave_keys
        self.agencies = {**AGENCIES, **settings.labels}
        self.levels = settings.levels
        self.find_people = find_in_caseload if find_people is None and rooms is None else find_people
        clocks = clocks or Clocks()
        self.steady = clocks.steady
        self.typed = clocks.typed
        self._idle = IdleWatch(settings.idle_minutes, clocks)
        self._door_note = resume.note if resume else ""
        self._was_locked = resume is not None
        self.calm_until = 0.0
        self._fresh_process = fresh_process
        self._demo = demo
        self.central_note = demo.central if demo else ""
        self.enrols_itself = demo is not None and demo.has_central
        self._why_lock = why_lock
        self.resume: Resume | None = None
        """Where a fresh process is to go on, when a lock ended this one."""
        self._locking = False
        self._unheard: asyncio.Task[None] | None = None
        self._sessions = Sessions(self.desk, reconcile, self._end_access, self._tell_screens)
        self._ending: asyncio.Task[None] | None = None
        self._sync_seconds = settings.sync_minutes * 60
        self.type_ahead = TypeAhead(self, self._take_in)
        for theme in THEMES.values():
            self.register_theme(theme)
        self.theme = THEMES[settings.theme].name
        self.set_keymap(dict(settings.keys))

    # Start

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Tones under any theme."""
        return dict(TONE_DEFAULTS)

    async def on_mount(self) -> None:
        """Show the door: first run or unlock."""
        asyncio.get_running_loop().set_exception_handler(self._stray_fault)
        if self._was_locked:
            show_again(self._driver)
        self.set_interval(_IDLE_CHECK_SECONDS, self.mind_idle)
        self.set_interval(_OTHERS_CHECK_SECONDS, self.mind_others)
        if self._sync_seconds:
            self.set_interval(self._sync_seconds, self.mind_central)
        if self._demo is not None:
            await self._enter_demo(self._demo)
        elif await self.desk.call(lambda: self.opener.has_caseload):
            await self.push_screen(self._door(self._door_note))
            self.call_after_refresh(self._prepare_room)
        else:
            from screens.setup import SetupScreen

            await self.push_screen(SetupScreen(self.agencies))
        if self.loaded.problems and not self._door_note:  # after a lock they were said already
            self.notify(" ".join(self.loaded.problems), severity="warning")

    def _prepare_room(self) -> None:
        """Import the room behind the door while the passphrase is typed."""
        target = self._rooms.get(self._room)
        if isinstance(target, str):
            self.run_worker(asyncio.to_thread(room_factory, target), group="prepare", exit_on_error=False)

    async def on_unmount(self) -> None:
        """Close the caseload and end its thread; after a fault nothing is waited for long."""
        await self.desk.close(within=_LAST_WORDS_SECONDS if self.fault else None)
        self.desk.shut()

    async def _enter_demo(self, demo: Demo) -> None:
        """A demo opens by itself once; at its door a key opens it."""
        if self._door_note:
            await self.push_screen(self._door(self._door_note))
            return
        passphrase = bytearray(demo.passphrase.encode())
        await self.desk.open(lambda: self.opener.unlock(passphrase))
        self.entered()
        # Once the room is there its own line says it; before that it would stand on rows, in a corner.
        self.call_later(self._say_of_demo, demo.notice)

    def _say_of_demo(self, notice: str) -> None:
        """What a demo is; where words wait that were left half written, these are told of instead."""
        if not any(line.says for line in self.screen.query(SaidLine)):
            self.notify(notice)

    def _door(self, note: str) -> UnlockScreen:
        """The locked door; that of a demo has a key which opens it."""
        return UnlockScreen(note, demo=self._demo.passphrase if self._demo is not None else "")

    # Rooms

    def entered(self) -> None:
        """The caseload is open: show the room the worker was in, or the first."""
        self._idle.touch()
        self.clear_notifications()  # what the door said, it has said
        if self.enrols_itself:
            self.set_timer(_DEMO_CENTRAL_SECONDS, self.mind_central)
        if self._was_locked:
            self.calm_until = self.steady() + CALM_SECONDS
        self._was_locked = False
        self.call_later(self._show_again)

    def show_help(self, place: str, keys: Sequence[tuple[str, str]] = ()) -> None:
        """Every key that holds in a place, with those of a form and what each does there."""
        from screens.help import HelpScreen

        self.push_screen(HelpScreen(place, self.remapped, keys))

    def next_theme(self) -> str:
        """Next colours, for this run; says which, and how `settings.toml` keeps them."""
        words = list(THEMES)
        now = next((word for word, theme in THEMES.items() if theme.name == self.theme), words[-1])
        word = words[(words.index(now) + 1) % len(words)]
        self.theme = THEMES[word].name
        return f'Colours: {word}. To keep them: theme = "{word}" in settings.toml.'

    # Lock

    def post_message(self, message: Message) -> bool:
        """Textual's own; a key that locks is heard also while the key before it waits for the caseload."""
        if isinstance(message, events.Key) and message.key in self._lock_keys and self.desk.is_open:
            with self._context():  # a driver posts keys from outside of it
                self._unheard = asyncio.create_task(self._lock_unheard())
        return super().post_message(message)

    async def _lock_unheard(self) -> None:
        await asyncio.sleep(_UNHEARD_SECONDS)
        await self.lock("Locked.")

    async def on_event(self, event: events.Event) -> None:
        """Any key, paste or mouse event means that somebody is there."""
        if isinstance(event, (events.Key, events.MouseEvent, events.Paste)):
            self._idle.touch()
        if isinstance(event, (events.Key, events.Paste)) and self._is_deaf_to(event):
            return
        if isinstance(event, events.Paste) and not event.is_forwarded:
            event.text, said = clean_paste(event.text)
            if said:
                self.notify(said, severity="warning")
        if isinstance(event, Typed) and self._goes_in_turn(event):
            await self.type_ahead.take(event)
        else:
            await super().on_event(event)

    def _goes_in_turn(self, event: Typed) -> bool:
        """Whether an event waits for those typed before it.

        A key that locks or leaves waits for none and drops those that wait; a door minds its keys itself.
        """
        if event.is_forwarded:
            return False
        if isinstance(event, events.Key) and event.key in self._ending_keys:
            self.type_ahead.forget()
            return False
        return bool(self.screen_stack) and not isinstance(self.screen, DoorScreen)

    async def _take_in(self, event: Typed) -> None:
        await super().on_event(event)

    def _is_deaf_to(self, event: events.Key | events.Paste) -> bool:
        """Whether a form was typed ahead of a question that is no longer there."""
        deaf = bool(self.screen_stack) and isinstance(self.screen, FormScreen) and self.screen.is_deaf
        return deaf and not (isinstance(event, events.Key) and event.key == "ctrl+q")

    async def mind_idle(self) -> None:
        """Lock or leave when nobody is there. Time at the door counts towards leaving only."""
        verdict = self._idle.verdict()
        if verdict is Verdict.EXIT:
            await self.lock("")
            self.resume = None
            show_again(self._driver)
            self.exit()
        elif verdict is Verdict.LOCK and self.desk.is_open:
            await self.lock("Locked while nobody was here.")
        elif self._why_lock is not None and (why := self._why_lock()):
            await self.lock(why)

    async def mind_others(self) -> None:
        """While the app is in front, show what a command in another terminal wrote, and a session goes on."""
        if not self.desk.is_open or not self.app_focus or self._locking:
            return
        try:
            changed = await self.desk.run(lambda store: store.changed_elsewhere())
        except Locked:
            return
        if changed:
            self._tell_screens()
        elif self._sessions.is_under_way:
            hear = getattr(self.screen, "hear_session", None)
            if hear is not None:
                hear()

    def _tell_screens(self) -> None:
        """What screens show may have changed."""
        if not self.desk.is_open:
            return
        self.run_worker(self.close_withheld(), group="withheld")
        for screen in self.screen_stack:
            hear = getattr(screen, "hear", None)
            if hear is not None:
                hear()

    def sync_now(self, say: Callable[[str], None]) -> None:
        """A session with the central record; `say` gets its progress and its end. Keys go on meanwhile."""
        self.run_worker(self._sessions.run(say), group="central")

    async def sync_at_door(self, say: Callable[[str], None]) -> None:
        """A session before anything is shown, after which the caseload is open. Raises what keeps it shut."""
        store = await self._sessions.at_door(self.opener.open_heard, say)
        await self.desk.open(lambda: store)

    def _end_access(self, sentence: str) -> None:
        """Lock for good. Not awaited: locking ends all workers, and the session is one."""
        self._ending = asyncio.create_task(self.lock(sentence))

    async def mind_central(self) -> None:
        """Sync in the background where this laptop is enrolled; only what a person has to know is said."""
        if not self.desk.is_open or self._locking:
            return
        try:
            enrolled = await self.desk.run(lambda store: read_state(store.conn).is_enrolled)
        except Locked:
            return
        if enrolled or self.enrols_itself:
            self.run_worker(self._sessions.run(self.notify_plain, quiet=True), group="central")

    def notify_plain(self, sentence: str) -> None:
        """Say something in a corner for a while."""
        self.notify(sentence, markup=False)

    async def action_lock(self) -> None:
        """Lock now."""
        if self._unheard is not None and not self._locking:
            self._unheard.cancel()
        await self.lock("Locked.")

    async def lock(self, note: str) -> None:
        """Cover the screen, let screens keep their drafts, close the caseload, remove them, show the door.

        What takes longer than `_LAST_WORDS_SECONDS` in all is broken off: the key must not wait for others.
        """
        if self._locking or not self.desk.is_open:
            return
        self._locking = True
        self.type_ahead.forget()
        try:
            below = list(self.screen_stack)
            self._pages, self._form = pages_open(below), left_open(below)
            self._was_locked = True
            self.clear_notifications()
            await self.push_screen(Screen(id=COVER))
            if await self._close_caseload(below):
                note = f"{note} {_CUT_SHORT}".lstrip()
            with suppress(OutreachError):
                await asyncio.wrap_future(apart(self.opener.locked))
            with suppress(TimeoutError):
                await asyncio.wait_for(self.desk.call(self.opener.forget), _LAST_WORDS_SECONDS)
            self.workers.cancel_all()
            await self._clear_screens()
            self._clipboard = ""
            if self._fresh_process:
                self.resume = Resume(note, self._room, self._pages, *astuple(self._form))
                hush(self._driver)
                self.exit()
            else:
                await self.push_screen(self._door(note))
        finally:
            self._locking = False

    async def _close_caseload(self, screens_below: Sequence[Screen[Any]]) -> bool:
        """Let screens keep their drafts, then close; whether a step was cut short that waited for others."""
        end = asyncio.get_running_loop().time() + _LAST_WORDS_SECONDS
        with suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                for screen in screens_below:
                    keep = getattr(screen, "before_lock", None)
                    if keep is not None:
                        with suppress(WorkerCancelled, OutreachError):
                            await keep()
        return await self.desk.close(within=max(0.0, end - asyncio.get_running_loop().time()))
