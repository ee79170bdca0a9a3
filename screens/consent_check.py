"""May I share this? Pick agency, category and purpose; the answer is yes, no or ask, with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from casework.errors import Locked, OutreachError
from casework.policies import Category, Purpose
from casework.sharing_grid import LAWFUL_BASIS
from casework.wording import CATEGORIES, PURPOSES
from screens.choosers import Chooser, OneOf
from screens.consent_lines import Names, agreement_cells
from screens.dialogs import Dialog
from screens.small_windows import SmallSign
from screens.widgets.fitting import fold, plain
from screens.widgets.text import Cell, Piece, Tone, show, show_lines

if TYPE_CHECKING:
    from datetime import date

    from casework.sharing import Decision
    from casework.vocabulary import Agency
    from screens.base import Shell
    from storage.queries.agreements import ShownAgreement
    from storage.store import Store

_FIELDS = ("agency", "category", "purpose")
_WORDS = {"yes": "YES", "no": "NO", "ask": "ASK FIRST"}
_TONES = {"yes": Tone.GOOD, "no": Tone.ALERT, "ask": Tone.WARN}
_HINT = "letters go to a word, enter goes on, esc leaves"


@dataclass(frozen=True, slots=True)
class Wanted:
    """A question that was not answered with yes: it is to be shared without agreement."""

    agency: Agency
    category: Category
    purpose: Purpose


@dataclass(frozen=True, slots=True)
class Told:
    """An answer with the agreement it rests on, as far as that may be shown."""

    decision: Decision
    rests_on: ShownAgreement | None


def read_answer(store: Store, child_id: str, wanted: Wanted) -> Told:
    """The answer today; that somebody asked is on the record first. Raises OutreachError."""
    from casework.records import Child
    from casework.withdrawing import somebody_of
    from storage.queries.agreements import read_agreements

    child = store.get(Child, child_id)
    store.log("looked", f"whether {wanted.agency} may see {wanted.category} for {wanted.purpose}", child_id)
    decision = store.decide_for(somebody_of(wanted.agency), child, wanted.category, wanted.purpose)
    shown = read_agreements(store, child) if decision.agreement else []
    rests_on = next((entry for entry in shown if entry.agreement.id == decision.agreement), None)
    return Told(decision, rests_on)


def answer_lines(told: Told, purpose: Purpose, names: Names, today: date, width: int) -> list[Cell]:
    """The answer with its reason, the agreement it rests on, and the lawful basis apart."""
    answer = told.decision.answer
    head, *rest = fold(f"{_WORDS[answer]}  {told.decision.reason}", width)
    said = len(_WORDS[answer])
    lines: list[Cell] = [(Piece(head[:said], _TONES[answer]), Piece(" " + head[said:], Tone.STRONG))]
    lines += [Piece(line, Tone.STRONG) for line in rest]
    basis = LAWFUL_BASIS[purpose]
    words = f"Lawful basis of {purpose}, apart from any agreement: {basis.name} ({basis.source})."
    lines += plain(words, width, indent=0, tone=Tone.QUIET)
    if told.rests_on is not None:
        return [*lines, *agreement_cells(told.rests_on, names, today, width)]
    return [*lines, Piece("No agreement speaks to this.", Tone.QUIET)]


class CheckDialog(Dialog[Wanted | None]):
    """The three fields and the answer; closes with what is to be shared without agreement, else None."""

    AROUND: ClassVar[int] = 10
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False),
        Binding("enter", "go_on", "Go on", show=False),
        Binding("tab", "go(1)", show=False, priority=True),
        Binding("shift+tab", "go(-1)", show=False, priority=True),
        Binding("D", "without", "Without agreement", show=False),
        Binding("Q", "anew", "Ask again", show=False),
    ]
    DEFAULT_CSS = """
    CheckDialog.dialog {
        .row { height: 1; }
        .row > .label { width: 12; }
        .row > OneOf { width: 1fr; height: 1; }
        .question { margin-bottom: 1; }
    }
    """

    def __init__(self, child_id: str, who: str, names: Names) -> None:
        super().__init__()
        self._child, self._who, self._names = child_id, who, names
        self._told: Told | None = None

    def compose(self) -> ComposeResult:
        """The question, three fields, the answer and the keys."""
        yield SmallSign()
        choices: dict[str, tuple[str, Names]] = {
            "agency": ("May", self._names),
            "category": ("see", CATEGORIES),
            "purpose": ("for", PURPOSES),
        }
        with Vertical(classes="box"):
            yield Static(show(f"May I share? {self._who}", Tone.STRONG), classes="question", markup=False)
            for name, (label, words) in choices.items():
                with Horizontal(classes="row"):
                    yield Static(show(label), classes="label", markup=False)
                    first = "support" if name == "purpose" else ""
                    yield OneOf(words, id=name, value=first, optional=not first)
            with VerticalScroll(classes="details", can_focus=False):
                yield Static("", id="answer", markup=False)
            yield Static(show(_HINT, Tone.QUIET), classes="hint", id="hint", markup=False)

    def on_mount(self) -> None:
        """Begin with the agency."""
        self.query_one("#agency").focus()

    def _value(self, name: str) -> str:
        return self.query_one(f"#{name}", OneOf).value

    def action_go(self, by: int) -> None:
        """To the next field or the one before; the ends stay."""
        at = next((n for n, name in enumerate(_FIELDS) if self.query_one(f"#{name}").has_focus), -by)
        self.query_one(f"#{_FIELDS[max(0, min(at + by, len(_FIELDS) - 1))]}").focus()

    async def action_go_on(self) -> None:
        """To the next field; after the last one comes the answer."""
        at = next((n for n, name in enumerate(_FIELDS) if self.query_one(f"#{name}").has_focus), None)
        if at is None:
            self.dismiss(None)
        elif not self._value(_FIELDS[at]):
            self._hint("Pick one first: type how it begins, or press the right arrow.", Tone.WARN)
        elif at + 1 < len(_FIELDS):
            self._hint(_HINT)
            self.action_go(1)
        else:
            await self._answer()

    def _hint(self, words: str, tone: Tone = Tone.QUIET) -> None:
        self.query_one("#hint", Static).update(show(words, tone))

    def _wanted(self) -> Wanted:
        agency, purpose = cast("Agency", self._value("agency")), cast("Purpose", self._value("purpose"))
        return Wanted(agency, Category(self._value("category")), purpose)

    async def _answer(self) -> None:
        missing = next((name for name in _FIELDS if not self._value(name)), None)
        if missing is not None:
            self.query_one(f"#{missing}").focus()
            return
        wanted = self._wanted()
        shell = cast("Shell", self.app)
        try:
            self._told = await shell.desk.run(lambda store: read_answer(store, self._child, wanted))
        except Locked:
            return
        except OutreachError as problem:
            self._hint(problem.message, Tone.WARN)
            return
        width = max(20, self.query_one("#answer").size.width)
        lines: Sequence[Cell] = answer_lines(self._told, wanted.purpose, self._names, shell.today, width)
        self.query_one("#answer", Static).update(show_lines(lines))
        self.set_focus(None)
        yes = self._told.decision.answer == "yes"
        without = "" if yes else "D shares without agreement, with a reason · "
        self._hint(f"{without}Q asks again · esc leaves")

    @on(Chooser.Changed)
    def another(self) -> None:
        """Another question: the old answer goes."""
        if self._told is not None:
            self._told = None
            self.query_one("#answer", Static).update(show_lines([]))

    def action_without(self) -> None:
        """Go on to the form for sharing without agreement."""
        if self._told is not None and self._told.decision.answer != "yes":
            self.dismiss(self._wanted())

    def action_anew(self) -> None:
        """Ask about something else."""
        self.query_one("#agency").focus()
        self._hint(_HINT)

    def action_leave(self) -> None:
        """Back."""
        self.dismiss(None)
