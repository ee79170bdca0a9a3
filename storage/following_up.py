"""Who may write a follow-up of an absence: those who may see the register. One rule for commands and keys."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from casework.errors import Refused
from casework.policies import Category
from casework.records import Child

if TYPE_CHECKING:
    from datetime import date

    from storage.store import Store


def require_register(store: Store, children: Iterable[str]) -> None:
    """Raise Refused with the reason unless this worker sees the attendance of each child, given by id."""
    if store.sees_every(Category.ATTENDANCE, "attendance"):
        return
    for child in children:
        decision = store.may_see(store.get(Child, child), Category.ATTENDANCE, "attendance")
        if not decision:
            raise Refused("withheld", decision.reason, Category.ATTENDANCE.value)


def message_to_social_worker(store: Store, child: Child, day: date) -> str:
    """The text that tells a child's social worker of the absence on `day`.

    Raises Refused where this worker sees no register, or no flag that says that there is a social worker: in
    the same words whether there is none or it is withheld.
    """
    from casework.social_worker import words_for_social_worker
    from casework.triage import SOCIAL_WORKER_FLAGS, day_codes
    from casework.weeks import UNEXPLAINED_CODE
    from casework.wording import AGENCIES
    from storage.queries.facts import read_facts
    from storage.queries.sight import shown_child

    require_register(store, [child.id])
    facts = read_facts(store, [child], day, year=False)[child.id]
    if not facts.flags & SOCIAL_WORKER_FLAGS:
        raise Refused(
            "no-social-worker",
            "No flag that you may see says that this child has a social worker, so nothing was logged.",
            "--outcome",
        )
    known = shown_child(store, child, "attendance")
    codes = zip(("AM", "PM"), day_codes(facts.weeks, day), strict=True)
    return words_for_social_worker(
        known,
        store.schools.name(known.school),
        day,
        [session for session, code in codes if code == UNEXPLAINED_CODE],
        facts.outcomes,
        f"{store.worker.name}, {AGENCIES.get(store.worker.agency, store.worker.agency)}",
    )
