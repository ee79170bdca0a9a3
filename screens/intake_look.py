"""Looking into one file before it is taken in, and asking a person what it does not say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from casework.errors import OutreachError
from screens.intake_ask import ask_moved, ask_school

if TYPE_CHECKING:
    from screens.intake_chosen import Chosen
    from screens.intake_steps import ImportSteps
    from storage.intake.importer import ImportPreview
    from storage.store import Store


async def look_into(screen: ImportSteps, chosen: Chosen, *, after_others: bool) -> Chosen:
    """The file with its preview, or with its problem where a person leaves a question.

    Where its school is not known and files `after_others` are ready, it waits: they may bring the school. A
    school that is added is a step of the import.
    """
    looked = replace(chosen, waits=False)
    while looked.preview is None and looked.report is None:
        asked = looked
        try:
            return replace(asked, preview=await _preview(screen, asked), problem=None)
        except OutreachError as problem:
            looked = replace(asked, problem=problem)
        if looked.needs_school and after_others:
            return replace(looked, problem=None, waits=True)
        if looked.may_have_moved:
            if not await ask_moved(screen, looked):
                return looked
            looked = replace(asked, moved=True, problem=None)
            continue
        school, added = await ask_school(screen, looked)
        if added is not None:
            screen.took(added)
        if not school or school == asked.school:
            return looked
        looked = replace(asked, school=school, problem=None)
    return looked


async def _preview(screen: ImportSteps, chosen: Chosen) -> ImportPreview:
    from storage.intake.importer import preview_file

    def look(store: Store) -> ImportPreview:
        return preview_file(
            store, chosen.path, school=chosen.school, mapping=chosen.layout, moved=chosen.moved
        )

    return await screen.ask(look)
