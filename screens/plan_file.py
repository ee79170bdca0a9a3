"""Plan and story as a file for the family: what goes in, and where it goes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from casework.errors import Locked, OutreachError
from screens.dialogs import AskLine, Choice, PickOne

if TYPE_CHECKING:
    from screens.base import OutreachScreen
    from storage.queries.family_sheet import Part
    from storage.store import Store

_CHOICES = (
    Choice("1", "plan and story"),
    Choice("2", "plan", "what they want, who does what by when"),
    Choice("3", "story", "who was in touch and when, without notes"),
)
_PARTS: dict[str, tuple[Part, ...]] = {"1": ("plan", "story"), "2": ("plan",), "3": ("story",)}
_WHERE = "A new file, .txt or .pdf. It is not encrypted: whoever has it can read it."


async def file_for_family(screen: OutreachScreen, child_id: str) -> None:
    """Ask what goes in and where it goes; a name that is taken is never written over."""
    name = f"~/plan-{screen.shell.today.isoformat()}.txt"

    async def picked(answer: str | None) -> None:
        if answer is None:
            return
        parts = _PARTS[answer]
        told: list[str] = []

        async def write(line: str) -> str:
            try:
                told[:] = [await screen.ask(lambda store: _write(store, child_id, line, parts))]
            except Locked:
                return "It is locked."
            except OutreachError as problem:
                return problem.message
            return ""

        async def done(line: str | None) -> None:
            if line and told:
                screen.say(told[0])

        screen.call_later(screen.question, AskLine(_WHERE, name, check=write), done)

    await screen.question(PickOne("For the family, in plain words:", _CHOICES), picked)


def _write(store: Store, child_id: str, line: str, parts: tuple[Part, ...]) -> str:
    """Write the file and say where it is. Raises OutreachError."""
    from casework.records import Child
    from storage.queries.family_sheet import read_sheet
    from storage.queries.plans import require_family
    from storage.sheet_files import format_of, save_sheet

    child = store.get(Child, child_id)
    require_family(store, child, "plan")
    at = store.moment()
    sheet = read_sheet(store, child, at, parts)
    target = Path(line)
    made = save_sheet(store, child, sheet, target, format_of(target), at)
    note = " Their address is protected and left out: check who will read it." if sheet.protected else ""
    return f"Written: {made}.{note}"
