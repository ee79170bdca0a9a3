"""One agreement in lines, without an app."""

from __future__ import annotations

from datetime import date
from typing import Any

from casework.records_sharing import Agreement
from screens.consent_lines import agreement_cells
from screens.widgets.text import cell_text
from storage.queries.agreements import ShownAgreement

TODAY = date(2026, 11, 20)


def said(state: Any, **fields: Any) -> str:
    held = Agreement.model_validate(
        {"id": "a1", "child": "c1", "given_by": "Anna", "relationship": "mother", "status": "given",
         "agencies": ["school"], "categories": ["family"], "purposes": ["support"], "given_on": TODAY,
         "by": "w1", **fields}
    )  # fmt: skip
    return "\n".join(cell_text(cell) for cell in agreement_cells(ShownAgreement(held, state), {}, TODAY, 78))


def test_a_mother_has_parental_responsibility_without_being_asked() -> None:
    assert "has parental responsibility: a mother always has it" in said("given")
    assert "parental responsibility not known" in said("given", relationship="aunt")


def test_nobody_is_sent_to_settle_what_was_withdrawn() -> None:
    limited = {"exclude": "not mum's health", "withdrawn_on": TODAY}
    assert "L settles them" in said("given", exclude="not mum's health")
    assert "L settles them" not in said("withdrawn", status="withdrawn", **limited)
