"""How an assessment stands, in words, without an app."""

from __future__ import annotations

from datetime import date

from casework.records import Child
from casework.records_case import Assessment, Episode
from screens.assessment_lines import state_words, summary_lines
from screens.widgets.text import cell_text
from storage.queries.assessments import AssessmentPage
from storage.queries.plans import ShownAssessment

TODAY = date(2026, 11, 20)


def test_nobody_waits_for_an_assessment_whose_case_was_closed() -> None:
    case = Episode(id="e1", child="c1", number=1, opened=date(2026, 11, 2), worker="w1")
    held = Assessment(id="a1", child="c1", episode="e1", started=date(2026, 11, 3), by="w1")
    for open_case, expected in ((case, "IN WORK"), (None, "NOT COMPLETED when its case was closed")):
        page = AssessmentPage(
            child=Child(id="c1", surname="Marsh", forename="Tilly"),
            name="Tilly Marsh",
            place="",
            today=TODAY,
            assessments=[ShownAssessment(held, {})],
            episode=open_case,
            episodes={"e1": case},
        )
        said = " ".join(map(cell_text, summary_lines(page, 78)))
        assert expected in said
        assert ("due" in said) == (open_case is not None)
        assert state_words(page, page.assessments[0]).startswith(expected)


def test_what_a_closed_case_left_is_not_in_work_in_the_next() -> None:
    """Else nobody could start the assessment of a case that came back before completing the old one."""
    cases = [Episode(id=f"e{n}", child="c1", number=n, opened=date(2026, 11, n), worker="w1") for n in (1, 2)]
    left = Assessment(id="a1", child="c1", episode="e1", started=date(2026, 11, 1), by="w1")
    made = left.model_copy(update={"id": "a2", "episode": "e2", "completed": date(2026, 11, 9)})
    for held, current in (([left], "a1"), ([made, left], "a2")):
        page = AssessmentPage(
            child=Child(id="c1", surname="Marsh", forename="Tilly"),
            name="Tilly Marsh",
            place="",
            today=TODAY,
            assessments=[ShownAssessment(one, {}) for one in held],
            episode=cases[1],
            episodes={one.id: one for one in cases},
        )
        assert page.in_work is None
        assert [page.current.assessment.id if page.current else ""] == [current]
