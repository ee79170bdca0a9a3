"""A stand-in for the vault, a clock that is set by hand, and a room with a list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from casework.errors import BadInput, Locked
from outreach_tui.app import OutreachApp
from outreach_tui.idle import Clocks
from outreach_tui.settings import Loaded
from screens.base import OutreachScreen
from screens.doorway import FirstRun
from screens.palette import PersonHit
from screens.reopening import PageOpen
from screens.verbs import bindings_for
from screens.widgets.lines import Count, CountsLine, TitleLine, VerbLine, Why, WhyPane
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows
from screens.widgets.text import show

TODAY = date(2026, 11, 20)
PASSPHRASE = "harbour wall lantern"
NEW_CODE = "2345-6789-JKMN-PQRS-TVWX-9876"
CODE = "ABCD-EFGH-JKMN-PQRS-TVWX-YZ01"


class FakeStore:
    """Counts what is asked of it."""

    def __init__(self) -> None:
        self.closed = False
        self.asked = 0
        self.settings: dict[str, str] = {}

    def setting(self, name: str, default: str = "") -> str:
        return self.settings.get(name, default)

    def save_setting(self, name: str, value: str) -> None:
        self.settings[name] = value

    def changed_elsewhere(self) -> bool:
        return False

    def hurry(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


class NoKeyStore:
    """The part of an opener that asks a key store, where there is none."""

    def key_store(self) -> str:
        return ""

    def ask_key_store(self) -> bytearray:
        raise NotImplementedError

    def unlock_kept(self, kept: bytearray) -> Any:
        raise NotImplementedError

    def locked(self) -> None:
        pass

    is_silent = False

    def open_heard(self, session: Any) -> Any:
        raise NotImplementedError


class FakeOpener(NoKeyStore):
    """The passphrase above opens; wrong ones wait 1, 2, 4 ... seconds of the clock by hand."""

    def __init__(self, hands: Hands, *, first_run: bool = False) -> None:
        self.hands = hands
        self.has_caseload = not first_run
        self.stores: list[FakeStore] = []
        self.made: list[tuple[str, str, str]] = []
        self.wrong = 0
        self.until = 0.0
        self.seen: list[bytearray] = []
        self.owes_code = False

    def wait_left(self) -> float:
        return max(0.0, self.until - self.hands.now)

    def renew_recovery(self) -> str:
        self.owes_code = False
        return NEW_CODE

    def forget(self) -> None:
        self.owes_code = False

    def _store(self) -> FakeStore:
        self.stores.append(FakeStore())
        return self.stores[-1]

    def unlock(self, passphrase: bytearray) -> FakeStore:
        self.seen.append(passphrase)
        if passphrase.decode() != PASSPHRASE:
            self.wrong += 1
            self.until = self.hands.now + 2 ** (self.wrong - 1)
            raise Locked("wrong-passphrase", "That passphrase is wrong.")
        return self._store()

    def recover(self, code: str, passphrase: bytearray) -> tuple[FakeStore, str]:
        if code != CODE:
            raise Locked("wrong-code", "That recovery code is wrong.")
        if len(passphrase) < 8:
            raise BadInput("weak-passphrase", "The passphrase needs 8 characters or more.")
        return self._store(), NEW_CODE

    def create(self, first: FirstRun) -> tuple[FakeStore, str]:
        if len(first.passphrase) < 8:
            raise BadInput("weak-passphrase", "The passphrase needs 8 characters or more.")
        self.made.append((first.worker, first.agency, first.team))
        return self._store(), CODE


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0
        self.wall = 5_000.0
        self.pace = 0.2
        """Seconds from one key to the next: a worker's five a second, or those of a key held down."""
        self.keyed = 0.0

    def on(self, seconds: float) -> None:
        """Let time pass, awake."""
        self.now += seconds
        self.wall += seconds

    def typed(self, _came: float) -> float:
        """When the next key comes."""
        self.keyed += self.pace
        return self.keyed

    @property
    def clocks(self) -> Clocks:
        return Clocks(steady=lambda: self.now, wall=lambda: self.wall, typed=self.typed)


HOSTILE = (
    "Anne [/] x",
    "[@click=app.quit]Eve[/]",
    "[bold red]Mallory",
    "\x1b[2J\x1b]52;c;aGk=\x07Osc",
    "\x9b31mC1\x00nul",
    "a\u202ebidi\u2066x\u200bzero",
    "tag\U000e0041\U000e0042",
    "=HYPERLINK(1)",
    "x" * 5_000,
    "é" * 5_000,
    "漢字" * 2_500,
    "a" + "\u0301" * 5_000,
    "line\nbreak\r\ttab",
    "",
)


class RoundRoom(OutreachScreen):
    """Today in small: a list, why, and three verbs."""

    place = "today"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("today")

    def __init__(self, names: Sequence[str] = ("Ada Pike", "Ben Sole", "Cleo Dab", "Dev Carp")) -> None:
        super().__init__()
        self.names = list(names)
        self.done: list[tuple[str, tuple[str, ...]]] = []

    def compose(self) -> ComposeResult:
        yield TitleLine("Today: Fri 20 November 2026", "Swale team")
        yield CountsLine(id="counts")
        yield RowList(
            [
                Column("Child"),
                Column("Marks", 7),
                Column("School", 16, drop=1),
                Column("Tried", 5, drop=2, right=True),
            ],
            empty="Nobody is missing without a reason.",
        )
        yield WhyPane(id="why")
        yield VerbLine(self.place, self.keymap)

    def on_mount(self) -> None:
        self.query_one(CountsLine).set_counts(
            [Count("Unexplained", len(self.names), "1", active=True), Count("Left out", 3, "2")]
        )
        self.fill()
        self.query_one(RowList).focus()

    def fill(self) -> None:
        rows = [Row(f"id-{n}", (name, "N  -", "Harbour Primary", "2")) for n, name in enumerate(self.names)]
        self.query_one(RowList).set_source(Rows(rows))

    def on_row_list_highlighted(self, event: RowList.Highlighted) -> None:
        pane = self.query_one(WhyPane)
        if event.row is None:
            pane.clear()
        else:
            why = Why("N since this morning, no reason yet", "20 Nov", "27 Nov", "a reason from home")
            pane.set_why(event.row.cells[0], [why])

    def do_no_answer(self) -> None:
        self.done.append(("no-answer", self.query_one(RowList).targets))

    def do_spoke(self) -> None:
        self.done.append(("spoke", self.query_one(RowList).targets))

    def do_undo(self) -> None:
        self.done.append(("undo", ()))


class PlainRoom(OutreachScreen):
    """Another room."""

    place = "caseload"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("caseload")

    def __init__(self, child_id: str = "") -> None:
        super().__init__()
        self.child_id = child_id

    def compose(self) -> ComposeResult:
        yield TitleLine("Caseload")
        yield Static(show(f"child {self.child_id}"), markup=False)
        yield VerbLine(self.place, self.keymap)


class ChildRoom(PlainRoom):
    """One child."""

    place = "child"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("child")

    @property
    def page_open(self) -> PageOpen:
        """This child's page."""
        return PageOpen("child", self.child_id)


def make_app(
    home: Path,
    hands: Hands,
    *,
    opener: FakeOpener | None = None,
    loaded: Loaded | None = None,
    first_run: bool = False,
    **more: object,
) -> OutreachApp:
    """An app over the fakes."""
    return OutreachApp(
        home,
        opener=opener or FakeOpener(hands, first_run=first_run),
        today=TODAY,
        loaded=loaded,
        clocks=hands.clocks,
        rooms={"today": RoundRoom, "caseload": PlainRoom, "import": PlainRoom, "child": ChildRoom},
        find_people=lambda _store, text: [PersonHit("id-7", f"Anne [/] {text}")],
        **more,  # type: ignore[arg-type]
    )
