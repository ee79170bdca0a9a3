"""What the forms of a flag write: each field as it was given, and nothing that was not touched."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records import Child, Flag
from screens.child import ChildScreen
from screens.flag_form import FlagForm, FlagReviewForm
from tests.screens.real import TODAY, new_store


def test_a_flag_is_recorded_reviewed_and_ended_by_its_forms(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    tilly = Child(id=new_id(), surname="Marsh", forename="Tilly")
    store.journal.commit(Edit("Bring in", (create(tilly),)))
    given = {
        "kind": "eal",
        "source": "The school",
        "since": date(2026, 11, 2),
        "review": date(2026, 12, 4),
        "note": "Speaks Polish at home\nwith Gran",
    }
    FlagForm(tilly, "Tilly", ["eal"]).commit(store, given)
    (made,) = store.find(Flag, "kind = 'eal'")
    assert {name: getattr(made, name) for name in given} == given

    assert FlagReviewForm(made, "Tilly").now(store)["note"] == given["note"], "a line is a line"

    def answer(**values: Any) -> tuple[str, Flag]:
        held = store.get(Flag, made.id)
        kept = {"review": held.review, "ended": None, "source": held.source, "note": held.note}
        receipt = FlagReviewForm(held, "Tilly").commit(store, kept | values)
        return receipt.name, store.get(Flag, made.id)

    again = made.model_copy(update={"review": date(2027, 1, 8)})
    assert answer(review=again.review) == ("Flag reviewed", again)
    ended = again.model_copy(update={"note": "Gran helps", "ended": TODAY})
    assert answer(note=ended.note, ended=TODAY) == ("Flag ended", ended)
    store.close()


async def test_the_words_of_a_flag_are_reviewed_as_they_were_written(tmp_path: Path) -> None:
    """The page has them without a protected address; kept from there the address would be gone for good."""
    store = new_store(tmp_path)
    tilly = Child(id=new_id(), surname="Marsh", forename="Tilly")
    flag = Flag(id=new_id(), child=tilly.id, kind="eal", source="Told at 3 Quay Lane")
    store.journal.commit(Edit("Bring in", (create(tilly), create(flag))))
    opened: list[Any] = []

    async def attempt(work: Any) -> Any:
        return work(store)

    async def push(form: Any) -> None:
        opened.append(form)

    shown = flag.model_copy(update={"source": "Told at (address not given)"})
    page: Any = SimpleNamespace(
        _view=SimpleNamespace(page=SimpleNamespace(flags=[shown])),
        _who="Tilly",
        target=SimpleNamespace(record=flag.id),
        attempt=attempt,
        app=SimpleNamespace(push_screen=push),
    )
    await ChildScreen.do_edit(page)
    assert [form._start["source"] for form in opened] == [flag.source]
    store.close()
