"""What every screen shares: verbs by name, the leader key, and calls to the open caseload."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, cast

from textual import events
from textual.screen import Screen
from textual.widgets import Static

from casework.errors import Locked, OutreachError
from screens.drawn_once import DrawnOnce
from screens.reopening import NO_PAGE, PageOpen
from screens.verb_tables.verb import EVERYWHERE, Verb
from screens.verbs import LEADER, VERBS, Keymap, keys_of
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.text import Tone, show

if TYPE_CHECKING:
    from screens.doorway import Opener
    from screens.palette import FindPeople
    from screens.reopening import LeftOpen
    from storage.desk import Desk
    from storage.store import Store

T = TypeVar("T")
R = TypeVar("R")


CALM_SECONDS = 1.5
"""How long after a lock no key logs an outcome: it may have been meant for what stood there before."""


class Shell(Protocol):
    """What screens need of the app."""

    desk: Desk[Any]
    opener: Opener[Any]
    remapped: Keymap
    agencies: Mapping[str, str]
    levels: Mapping[str, str]
    """The local levels of need, by their sign."""
    today: date
    steady: Callable[[], float]
    typed: Callable[[float], float]
    find_people: FindPeople | None
    central_note: str
    """What is said of a laptop that is not enrolled, where it is not the usual."""

    enrols_itself: bool
    """Whether a session enrols this laptop: in the demo."""

    calm_until: float
    """When, by `steady`, an outcome key counts again after a lock."""

    def entered(self) -> None:
        """The caseload is open: show the room the worker was in, or the first."""

    def go_to(self, room: str) -> None:
        """Show a room (`today`, `caseload`, `import`) instead of what is shown."""

    def open_school(self, school_id: str) -> None:
        """Show the caseload of one school instead of what is shown."""

    def open_child(self, child_id: str) -> None:
        """Show one child over the room."""

    def go_on(self, left: LeftOpen) -> None:
        """Show a half-filled form again."""

    def sync_now(self, say: Callable[[str], None]) -> None:
        """A session with the central record, beside the keys."""

    async def sync_at_door(self, say: Callable[[str], None]) -> None:
        """A session that opens a caseload which was silent for too long; raises what keeps it shut."""

    def go_back(self) -> None:
        """One screen back; from any other room to Today."""

    def show_help(self, place: str, keys: Sequence[tuple[str, str]] = ()) -> None:
        """Every key that holds in a place, with those of a form and what each does there."""

    def next_theme(self) -> str:
        """Next colours; says which."""


SHORT_LINES = 30
"""Below this many lines a form drops its frames."""


class DoorScreen(DrawnOnce[None]):
    """Base of the screens before the caseload is open: one box, one problem line, one task at a time."""

    busy: bool = False

    def __init__(self) -> None:
        super().__init__(classes="door")

    @property
    def shell(self) -> Shell:
        """The app."""
        return cast("Shell", self.app)

    def steady(self) -> float:
        """Seconds of the app's steady clock."""
        return self.shell.steady()

    def tell(self, sentence: str, *, wrong: bool = True) -> None:
        """Show one sentence in the problem line."""
        tone = Tone.ALERT if wrong else Tone.QUIET
        self.query_one("#problem", Static).update(show(sentence, tone))

    def on_resize(self, event: events.Resize) -> None:
        """A short terminal gets forms without frames."""
        self.set_class(event.size.height < SHORT_LINES, "-short")


class OutreachScreen(DrawnOnce[None]):
    """A screen whose verbs are methods: the verb `no-answer` runs `do_no_answer` when the screen has it.

    A subclass sets `place` (its word in the table of verbs) and `BINDINGS = bindings_for(place)`.
    """

    place: ClassVar[str] = ""
    ROOM_TITLE: ClassVar[str] = ""

    _waiting: bool = False
    _asking: bool = False
    said_of_next: bool = False
    """Whether what was said last belongs to the screen that opens next, and stays until after it."""

    @property
    def is_bare(self) -> bool:
        """Whether the screen was left and its widgets are gone: what was read for it is painted nowhere."""
        return not self.query(TitleLine)

    @property
    def keymap(self) -> Keymap:
        """The worker's own keys."""
        return self.shell.remapped

    @property
    def shell(self) -> Shell:
        """The app."""
        return cast("Shell", self.app)

    async def ask(self, fn: Callable[[Store], T]) -> T:
        """`fn(store)` on the thread that owns the database. Raises `Locked` once the caseload is locked."""
        return cast("T", await self.shell.desk.run(fn))

    async def attempt(self, fn: Callable[[Store], T]) -> T | None:
        """As `ask`; a refusal is said, and gives None, as a lock does."""
        try:
            return await self.ask(fn)
        except Locked:
            return None
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return None

    async def question(self, screen: Screen[R], answer: Callable[[R | None], Awaitable[None]]) -> None:
        """Show a question over this screen; `answer` gets what it was closed with."""

        async def taken(result: R | None) -> None:
            try:
                await answer(result)
            finally:
                self._asking = False

        self._asking = True
        try:
            await self.app.push_screen(screen, taken)
        except BaseException:
            self._asking = False
            raise

    @property
    def is_asking(self) -> bool:
        """Whether a question of this screen is open, or its answer is being taken in."""
        return self._asking

    def say(self, sentence: str, *, wrong: bool = False) -> None:
        """One sentence to the worker, above the keys; a screen that was left or locked away says nothing."""
        for line in self.query(SaidLine):
            line.tell(sentence, wrong=wrong)

    def on_screen_suspend(self) -> None:
        """Whatever is opened above comes next: what was said before it is not to be read after it."""
        self.unsay()

    def unsay(self) -> None:
        """What was said goes, but for what was said of the very screen that opens now."""
        stays, self.said_of_next = self.said_of_next, False
        for line in () if stays else self.query(SaidLine):
            line.clear()

    def came_in(self, record: str) -> None:
        """A form above made this record: a list that shows it puts its cursor there."""
        del record

    @property
    def page_open(self) -> PageOpen:
        """What a lock leaves of this screen, where it is a page that is shown again after the door."""
        return NO_PAGE

    @classmethod
    async def page_again(cls, shell: Shell, subject: str) -> OutreachScreen | None:
        """The page about a child, or another record, by its id; None where it is there no more.

        Raises OutreachError.
        """
        del shell, subject
        return None

    async def reopen(self, left: LeftOpen) -> bool:
        """Ask again in a dialog what was half answered here; whether it was this screen's to ask."""
        del left
        return False

    def method_of(self, verb_id: str) -> Callable[[], Any] | None:
        """What the screen does for a verb, or None."""
        method = getattr(self, "do_" + verb_id.replace("-", "_"), None)
        if method is None and verb_id.startswith("view-"):
            view = getattr(self, "do_view", None)
            return None if view is None else lambda: view(int(verb_id.removeprefix("view-")))
        return cast("Callable[[], Any] | None", method)

    def has_place(self, places: tuple[str, ...]) -> bool:
        """Whether a verb of these places holds on this screen."""
        return self.place in places or EVERYWHERE in places

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A verb holds when the screen has a method for it."""
        if action == "verb":
            return self.method_of(str(parameters[0])) is not None
        return True

    async def action_verb(self, verb_id: str) -> None:
        """Run a verb by its id, but none while a question is open or its answer is being taken in."""
        method = self.method_of(verb_id)
        if method is None or self._asking or self.app.screen is not self:
            return
        result = method()
        if hasattr(result, "__await__"):
            await result

    # The leader key. It is read here and not bound, so that a fast `g t` finds both keys in one queue.

    def on_key(self, event: events.Key) -> None:
        """Wait for a second key after `g`; any other key only ends the wait."""
        if self._waiting:
            self._waiting = False
            for line in self.query(VerbLine):
                line.show_verbs()
            verb = self._second_keys().get(event.character or event.key)
            if verb is not None:
                self.call_later(self.action_verb, verb.id)
        elif event.character == LEADER:
            self._waiting = True
            words = [(key, verb.label) for key, verb in self._second_keys().items()]
            for line in self.query(VerbLine):
                line.show_keys("go to", words)
        else:
            return
        event.stop()
        event.prevent_default()

    def _second_keys(self) -> dict[str, Verb]:
        leading = [verb for verb in VERBS if verb.leader]
        return {keys_of(verb, self.keymap).partition(" ")[2]: verb for verb in leading}

    # Verbs that hold everywhere

    def do_back(self) -> None:
        """One step back; the first screen stays."""
        self.shell.go_back()

    def do_quit(self) -> None:
        """Leave the app."""
        self.app.exit()

    def do_help(self) -> None:
        """Show every key that holds here."""
        self.shell.show_help(self.place)

    def do_go_help(self) -> None:
        """The same help."""
        self.do_help()

    def do_theme(self) -> None:
        """Next colours."""
        self.say(self.shell.next_theme())

    def do_go_today(self) -> None:
        """To the morning round."""
        self.shell.go_to("today")

    def do_go_caseload(self) -> None:
        """To the caseload."""
        self.shell.go_to("caseload")

    def do_go_supervision(self) -> None:
        """To the table for supervision."""
        self.shell.go_to("supervision")

    def do_go_clocks(self) -> None:
        """To the clocks."""
        self.shell.go_to("clocks")

    def do_go_schools(self) -> None:
        """To the schools."""
        self.shell.go_to("schools")

    def do_go_import(self) -> None:
        """To the intake of registers."""
        self.shell.go_to("import")

    def do_go_notifications(self) -> None:
        """To what schools asked for."""
        self.shell.go_to("notifications")

    def do_go_conflicts(self) -> None:
        """To the conflicts that wait."""
        self.shell.go_to("conflicts")

    def do_go_sync(self) -> None:
        """To the central record."""
        self.shell.go_to("sync")

    def do_go_search(self) -> None:
        """To people: by name, number or address."""
        self.shell.go_to("search")
