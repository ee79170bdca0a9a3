"""One agreement in lines, without an app."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from casework.records import Child
from casework.records_sharing import Agreement
from screens.consent_lines import ConsentView, agreement_cells, consent_lines, state_lines
from screens.widgets.text import Piece, Tone, cell_text
from storage.queries.agreements import ShownAgreement

TODAY = date(2026, 11, 20)


def entry(state: Any, **fields: Any) -> ShownAgreement:
    held = Agreement.model_validate(
        {"id": "a1", "child": "c1", "given_by": "Anna", "relationship": "mother", "status": "given",
         "agencies": ["school"], "categories": ["family"], "purposes": ["support"], "given_on": TODAY,
         "by": "w1", **fields}
    )  # fmt: skip
    return ShownAgreement(held, state)


def said(state: Any, **fields: Any) -> str:
    shown = entry(state, **fields)
    return "\n".join(cell_text(cell) for cell in agreement_cells(shown, {}, TODAY, 78))


def test_a_mother_has_parental_responsibility_without_being_asked() -> None:
    assert "has parental responsibility: a mother always has it" in said("given")
    assert "parental responsibility not known" in said("given", relationship="aunt")


@pytest.mark.parametrize(
    ("given_by", "relationship", "by"),
    [("Anna", "mother", ", by Anna (mother)"), ("Anna", "", ", by Anna"),
     ("", "mother", ", by (mother)"), ("", "", "")],
)  # fmt: skip
def test_who_gave_it_is_said_as_far_as_it_is_known(given_by: str, relationship: str, by: str) -> None:
    head = said("given", given_by=given_by, relationship=relationship).split("\n")[1]
    assert head.endswith(f"Fri 20 Nov 2026{by}")


def test_nobody_is_sent_to_settle_what_was_withdrawn() -> None:
    limited = {"exclude": "not mum's health", "withdrawn_on": TODAY}
    assert "L settles them" in said("given", exclude="not mum's health")
    assert "L settles them" not in said("withdrawn", status="withdrawn", **limited)


BEFORE = date(2026, 11, 2)
REFUSED: dict[str, Any] = {"status": "refused", "given_on": BEFORE}
WITHDRAWN: dict[str, Any] = {
    "status": "withdrawn", "given_on": BEFORE, "withdrawn_on": date(2026, 11, 9),
    "withdrawn_why": "Told too much",
}  # fmt: skip
EXPIRED: dict[str, Any] = {"given_on": BEFORE, "expires": date(2026, 11, 19)}


@pytest.mark.parametrize(
    ("state", "fields", "page", "line"),
    [
        ("refused", REFUSED, "", "REFUSED Mon 2 Nov"),
        ("withdrawn", WITHDRAWN, "withdrawn Mon 9 Nov 2026: Told too much", "WITHDRAWN Mon 9 Nov"),
        ("expired", EXPIRED, "ended Thu 19 Nov 2026", "EXPIRED Thu 19 Nov"),
    ],
)
def test_what_is_not_in_force_says_so_with_when_and_why(
    state: Any, fields: dict[str, Any], page: str, line: str
) -> None:
    """On the screen of agreement and, with the day from which it is so, on the child's page."""
    told = said(state, **fields)
    assert f"{state.upper()}  Mon 2 Nov 2026, by Anna (mother)" in told
    assert page in told
    assert "no review and no end" not in told
    (cell,) = state_lines([entry(state, **fields)], {"school": "the school"}, 78)
    assert cell_text(cell).strip() == f"Agreement: {line} (the school). C shows them."
    assert isinstance(cell, Piece)
    assert cell.tone is Tone.WARN
    (given,) = state_lines([entry("given")], {}, 78)
    assert isinstance(given, Piece)
    assert given.tone is Tone.PLAIN


def test_a_refusal_of_everything_says_all() -> None:
    told = said("refused", status="refused", agencies=[], categories=[], purposes=[])
    assert [line.split() for line in told.splitlines()[3:6]] == [
        ["with", "all"],
        ["for", "all"],
        ["what", "all"],
    ]


def test_the_page_says_at_its_head_that_nothing_is_in_force() -> None:
    def head(*shown: ShownAgreement) -> str:
        child = Child(id="c1", surname="Marsh", forename="Tilly")
        view = ConsentView(child, "Tilly Marsh", "", shown, (), True, frozenset(), TODAY)
        return cell_text(consent_lines(view, {}, 78)[0].cell)

    ended = (entry("refused", **REFUSED), entry("withdrawn", **WITHDRAWN), entry("expired", **EXPIRED))
    assert head(*ended) == "NO AGREEMENT IN FORCE: 1 refused, 1 withdrawn, 1 expired"
    assert head(*ended, entry("given")) == "Agreements: 1 refused, 1 withdrawn, 1 expired, 1 given"
