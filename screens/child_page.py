"""The lines of a child's page, from who they are to what is withheld: data for a list, built for a width."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from casework.errors import Refused
from casework.policies import Category, Purpose
from casework.wording import count_of
from screens.widgets.fitting import plain
from screens.widgets.text import Cell, Piece, Tone

if TYPE_CHECKING:
    from casework.records import Child, Worker
    from storage.queries.agreements import ShownAgreement
    from storage.queries.assessments import AssessmentPage
    from storage.queries.child import ChildPage
    from storage.queries.history import Correction, Origin
    from storage.queries.notifications import ShownNotification
    from storage.queries.plans import ShownPlan
    from storage.store import Store

SECTIONS = ("Who", "People", "Why", "Counts", "Marks", "Year", "N codes", "Story", "Withheld")
"""The sections in order; a digit jumps to each."""

_NEEDS: Mapping[str, Category] = {
    "People": Category.FAMILY,
    **dict.fromkeys(("Counts", "Marks", "Year", "N codes"), Category.ATTENDANCE),
}
"""What a section is made of; where that is withheld, the section says so and nothing else."""

NAME_CELLS = 60
"""Longest name drawn in full on one line."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a line stands for: `open` opens it, its record has a history.

    `does` is "child" (open that child), "text" (show it whole), "marks" (every mark with its source), "plan",
    "assessment", "notification" (that page) or "" (nothing to open). `type` and `record` name the record
    whose history `h` shows.
    """

    does: str = ""
    type: str = ""
    record: str = ""
    text: str = ""


NOTHING = Target()


@dataclass(frozen=True, slots=True)
class PageLine:
    """One line of the page, its section (an index of `SECTIONS`) and what it stands for."""

    cell: Cell
    section: int
    target: Target = NOTHING
    heading: bool = False


@dataclass(frozen=True, slots=True)
class ChildView:
    """A child's page with what its marks were before and where each came from."""

    page: ChildPage
    name: str
    corrections: Sequence[Correction]
    origins: Mapping[tuple[date, str], Origin]
    files: Mapping[str, str]
    today: date
    session_date: date
    draft: bool
    agreements: Sequence[ShownAgreement] = ()
    agencies: Mapping[str, str] = field(default_factory=dict)
    plan: ShownPlan | None = None
    previewed: bool = False
    assessment: AssessmentPage | None = None
    """Assessments and scores; None where the child has no case, no assessment and no score."""
    request: ShownNotification | None = None
    """The newest notification."""
    conflicts: int = 0
    """Open conflicts about the child, or about an adult or a home that the child shares."""


def read_view(
    store: Store,
    child_id: str,
    agencies: Mapping[str, str] | None = None,
    *,
    other: Worker | None = None,
    purpose: Purpose = "support",
) -> ChildView:
    """Everything the screen shows of one child, with the labels of agencies.

    With `other` only what they may see, too (`Store.seen_with`). Raises BadInput when there is no such child.
    """
    from casework.records import Child, RegisterFile
    from storage.queries.agreements import read_agreements
    from storage.queries.child import read_child
    from storage.queries.conflicts import count_conflicts
    from storage.queries.guarded_words import guarded
    from storage.queries.history import read_corrections, read_origins
    from storage.queries.lookup import display_name
    from storage.queries.plans import read_plan
    from storage.queries.registers import register_day

    seen_by = store if other is None else store.seen_with(other)
    child = store.get(Child, child_id)
    known = seen_by.may_see(child, Category.IDENTITY, purpose)
    if other is not None and not known:
        raise Refused("withheld", f"They see nothing of this child. {known.reason}")
    page = read_child(seen_by, child, purpose=purpose)
    seen = bool(page.marks)
    assessment, request = guarded(seen_by, child, _case(seen_by, child))
    return ChildView(
        page=page,
        name=display_name(child),
        corrections=read_corrections(seen_by, child) if seen else (),
        origins=read_origins(seen_by, child) if seen else {},
        files={file.id: file.name for file in store.find(RegisterFile)},
        today=store.today,
        session_date=register_day(store, store.today),
        draft=other is None and store.drafts.load("contact", child_id) is not None,
        agreements=guarded(seen_by, child, read_agreements(seen_by, child)),
        agencies=agencies or {},
        plan=guarded(seen_by, child, read_plan(seen_by, child, attendance=False)),
        previewed=other is not None,
        assessment=assessment,
        request=request,
        conflicts=count_conflicts(store, child_id) if other is None else 0,
    )


_HELD = (
    "SELECT EXISTS(SELECT 1 FROM episode WHERE child = :child AND void = 0)"
    " OR EXISTS(SELECT 1 FROM assessment WHERE child = :child AND void = 0)"
    " OR EXISTS(SELECT 1 FROM score WHERE child = :child AND void = 0),"
    " EXISTS(SELECT 1 FROM notification WHERE child = :child AND void = 0)"
)


def _case(store: Store, child: Child) -> tuple[AssessmentPage | None, ShownNotification | None]:
    """Assessments and the newest notification. Most children have neither, and load nothing for it."""
    worked, asked = store.conn.execute(_HELD, {"child": child.id}).fetchone()
    assessment = request = None
    if worked:
        from storage.queries.assessments import read_assessment_page

        assessment = read_assessment_page(store, child, drafts=False)
    if asked:
        from storage.queries.notifications import read_notifications

        found = read_notifications(store, child.id)
        request = max(found, key=lambda s: (s.notification.received, s.notification.id), default=None)
    return assessment, request


def page_lines(view: ChildView, width: int) -> list[PageLine]:
    """Every line of the page for a list that is `width` cells wide."""
    from screens.child_marks import attendance, marks, n_codes, year
    from screens.child_people import people, who, withheld
    from screens.child_story import story, why

    builders: tuple[Callable[[ChildView, int], Iterable[tuple[Cell, Target]]], ...] = (
        who, people, why, attendance, marks, year, n_codes, story, withheld,
    )  # fmt: skip
    lines: list[PageLine] = []
    reasons = {item.category: item.reason for item in view.page.withheld if not item.purposes}
    for section, (title, build) in enumerate(zip(SECTIONS, builders, strict=True)):
        lines.append(PageLine(heading(section, title, width), section, heading=True))
        if (hidden := _NEEDS.get(title)) in reasons:
            # A zero or an empty list would say that there is nothing.
            lines += [PageLine(cell, section) for cell in plain(f"Withheld: {reasons[hidden]}", width)]
            continue
        lines += [PageLine(cell, section, target) for cell, target in build(view, width)]
    return lines


def heading(section: int, title: str, width: int) -> Cell:
    """A section's first line: its key, its name and a rule."""
    words = f" {title} "
    rule = "─" * max(0, width - len(words) - 2)
    return (Piece(str(section + 1), Tone.KEY), Piece(words, Tone.STRONG), Piece(rule, Tone.QUIET))


def years_old(born: date, on: date) -> int:
    """Age in whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def counted(part: int, whole: int, share: float | None) -> str:
    """A percentage that never stands without its counts."""
    if share is None:
        return "no possible sessions, so no percentage"
    return f"{share} % ({part} of {count_of(whole, 'session')})"
