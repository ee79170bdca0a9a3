"""What only a person can say of a file: its school, what a column holds, which child is whom."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from casework.errors import OutreachError
from casework.wording import say_born
from screens.dialogs import AskLine, Choice, Confirm, Dialog, PickOne
from screens.small_windows import SmallSign
from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece, Tone, show_lines
from storage.intake.report import LATER, Answer, Question

if TYPE_CHECKING:
    from casework.records import School
    from screens.base import OutreachScreen
    from screens.intake_chosen import Chosen
    from storage.intake.importer import ImportPreview
    from storage.intake.mapping import Mapping as Layout
    from storage.intake.whose import LikelySchool
    from storage.store import Store

_NAME = 40
_NO_FIELD = "-"


class AskSame(Dialog[Answer]):
    """`y` the same child, `n` another one; `esc` leaves it for later, and the row is set aside."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "same", show=False),
        Binding("n", "other", show=False),
        Binding("escape", "later", show=False),
    ]

    def __init__(self, question: Question, where: str = "") -> None:
        super().__init__()
        self._question, self._where = question, where
        self._at = 0

    def compose(self) -> ComposeResult:
        """Both children, side by side."""
        yield SmallSign()
        with Vertical(classes="box"):
            yield Static(id="asked", classes="question", markup=False)
            with VerticalScroll(classes="details", can_focus=False):
                yield Static(id="same", markup=False)
            keys = (
                Piece("y", Tone.KEY), Piece(" same child   "), Piece("n", Tone.KEY),
                Piece(" another child   "), Piece("esc", Tone.KEY), Piece(" later"),
            )  # fmt: skip
            yield Static(show_lines([keys]), classes="answers", markup=False)

    def on_mount(self) -> None:
        """Show the first candidate."""
        self._draw()

    def _draw(self) -> None:
        asked = self._question
        other = asked.candidates[self._at]
        many = f" (candidate {self._at + 1} of {len(asked.candidates)})" if len(asked.candidates) > 1 else ""
        rows: list[tuple[str, str, str]] = [
            ("name", asked.name, other.name),
            ("born", _born(asked.dob), _born(other.dob)),
            ("UPN", asked.upn, other.upn),
            ("school", "", other.school),
        ]
        question = f"Is this the same child?{many}  {self._where}"
        self.query_one("#asked", Static).update(show_lines([Piece(question, Tone.STRONG)]))
        lines: list[Cell] = [Piece(f"Line {asked.line}: {asked.reason}.", Tone.QUIET), ""]
        for label, new, held in rows:
            same = "same" if new and new == held else "differs" if new and held else ""
            lines.append(
                (Piece(f"{label:<7} ", Tone.QUIET), Piece("file     "), Piece(short(new, _NAME) or "-"))
            )
            lines.append(
                (
                    Piece("        "),
                    Piece("caseload "),
                    Piece(short(held, _NAME) or "-"),
                    Piece(f"  {same}", Tone.WARN),
                )
            )
        self.query_one("#same", Static).update(show_lines(lines))

    def action_same(self) -> None:
        """The same child."""
        self.dismiss(Answer("same", self._question.candidates[self._at].id))

    def action_other(self) -> None:
        """Not this one: the next candidate, after the last a new child."""
        if self._at + 1 < len(self._question.candidates):
            self._at += 1
            self._draw()
        else:
            self.dismiss(Answer("new"))

    def action_later(self) -> None:
        """Nobody says; the row is set aside and asked about again next time."""
        self.dismiss(LATER)


_NEW_SCHOOL = "+"


async def ask_school(screen: OutreachScreen, chosen: Chosen) -> tuple[str, int | None]:
    """The URN of the school that a worker says a file is from, and the step that added it if it is new.

    The URN is "" when none is picked or none is missing. A school on whose roll the file's children are
    stands first.
    """
    if not chosen.needs_school:
        return "", None
    likely, schools = await screen.ask(lambda store: _schools(store, chosen))
    first = likely.school.urn if likely else ""
    choices = [
        Choice(
            school.urn,
            short(school.name, 34),
            f"{likely.on_roll} of {likely.upns} are on its roll" if likely and school.urn == first else "",
        )
        for school in sorted(schools, key=lambda s: (s.urn != first, s.name))
    ]
    choices.append(Choice(_NEW_SCHOOL, "a school that is not in this list: add it"))
    question = f"Which school is {short(chosen.name, 36)} from?"
    picked = await screen.app.push_screen_wait(PickOne(question, choices))
    return await _add_school(screen, chosen) if picked == _NEW_SCHOOL else (picked or "", None)


def _schools(store: Store, chosen: Chosen) -> tuple[LikelySchool | None, list[School]]:
    from casework.records import School
    from storage.intake.whose import likely_school

    return likely_school(store, chosen.path, chosen.layout), store.find(School, "urn <> ''")


async def _add_school(screen: OutreachScreen, chosen: Chosen) -> tuple[str, int | None]:
    """Ask for a new school's number and name, and add it with Kent's terms.

    Each is checked when it is given; esc goes from the name back to the number, which stays.
    """
    from storage.intake.whose import add_school, check_new_school

    steps: list[int] = []
    urn = ""

    async def number(line: str) -> str:
        return await _problem(screen, lambda store: check_new_school(store, line))

    async def named(line: str) -> str:
        return await _problem(screen, lambda store: steps.append(add_school(store, urn, line)))

    while not steps:
        asked = f"The school of {short(chosen.name, 30)}: its URN, 6 digits"
        given = await screen.app.push_screen_wait(AskLine(asked, urn, check=number))
        if not given:
            return "", None
        urn = given
        asked = f"The name of school {short(urn, 12)} (Kent's terms to start)"
        await screen.app.push_screen_wait(AskLine(asked, check=named))
    return urn, steps[0]


async def _problem(screen: OutreachScreen, fn: Callable[[Store], None]) -> str:
    """What the caseload has against something, or ""."""
    try:
        await screen.ask(fn)
    except OutreachError as problem:
        return problem.message
    return ""


async def ask_moved(screen: OutreachScreen, chosen: Chosen) -> bool:
    """Whether most of a file's children have moved to its school, as a worker says."""
    told = chosen.problem.message if chosen.problem else ""
    question = f"Have these children moved?  {told}"
    return await screen.app.push_screen_wait(Confirm(question))


async def ask_column(screen: OutreachScreen, name: str, preview: ImportPreview) -> Layout | None:
    """The file's layout with one column read otherwise, as a worker says; None when the question is left."""
    from storage.intake.mapping import FIELDS

    table, layout = preview.table, preview.mapping
    columns = [
        Choice(str(at + 1), short(head, 30) or "(no title)", field or "not read")
        for at, (head, field) in enumerate(zip(table.header, table.fields, strict=True))
    ]
    column = await screen.app.push_screen_wait(PickOne(f"Which column of {short(name, 36)}?", columns))
    if column is None:
        return None
    fields = [Choice(_NO_FIELD, "do not read it"), *(Choice(str(n), f) for n, f in enumerate(FIELDS, 1))]
    picked = await screen.app.push_screen_wait(PickOne("What does it hold?", fields))
    if picked is None:
        return None
    heading = table.header[int(column) - 1]
    held = {field: head for field, head in layout.columns.items() if head != heading}
    if picked != _NO_FIELD:
        held[FIELDS[int(picked) - 1]] = heading
    return replace(layout.to_save(), columns=held, format="", school="")


def _born(dob: str) -> str:
    return say_born(dob) if dob else ""
