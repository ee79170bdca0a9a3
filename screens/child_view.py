"""What a child's page shows, read as one, and what each of its lines stands for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from casework.errors import BadInput, Refused
from casework.policies import Category, Purpose
from casework.wording import count_of

if TYPE_CHECKING:
    from casework.records import Child, Worker
    from storage.queries.agreements import ShownAgreement
    from storage.queries.assessments import AssessmentPage
    from storage.queries.child import ChildPage
    from storage.queries.history import Correction, Origin
    from storage.queries.notifications import ShownNotification
    from storage.queries.plans import ShownPlan
    from storage.store import Store


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

    With `other` only what they may see, too (`Store.seen_with`). Raises BadInput where the child
    is not on this laptop any more, saying why that may be.
    """
    from casework.records import Child
    from casework.records_attendance import RegisterFile
    from storage.queries.agreements import read_agreements
    from storage.queries.child import read_child
    from storage.queries.conflicts import count_conflicts
    from storage.queries.guarded_words import guarded
    from storage.queries.history import read_corrections, read_origins
    from storage.queries.lookup import display_name
    from storage.queries.plans import read_plan
    from storage.queries.registers import register_day
    from storage.queries.still_seen import GONE

    seen_by = store if other is None else store.seen_with(other)
    try:
        child = store.get(Child, child_id)
    except BadInput as problem:
        raise BadInput(problem.code, GONE, child_id) from None
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


def years_old(born: date, on: date) -> int:
    """Age in whole years."""
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def counted(part: int, whole: int, share: float | None) -> str:
    """A percentage that never stands without its counts."""
    if share is None:
        return "no possible sessions, so no percentage"
    return f"{share} % ({part} of {count_of(whole, 'session')})"
