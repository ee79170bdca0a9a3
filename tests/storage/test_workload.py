from __future__ import annotations

from datetime import date
from pathlib import Path

from casework.edits import Edit, update
from casework.ids import new_id
from casework.records import Worker
from casework.records_case import Action, Episode, Notification, Outcome, Plan
from storage.queries.workload import read_workload
from tests.screens.real import Family, commit, new_store


def test_each_worker_with_cases_overdue_actions_and_allocations_due(tmp_path: Path) -> None:
    family = Family(new_store(tmp_path, "early-help"))
    store, me = family.store, family.store.worker
    amara = Worker(id=new_id(), name="Amara", agency="early-help", team=me.team, schools=(family.school.id,))
    left = Worker(id=new_id(), name="Left", agency="early-help", team=me.team, active=False)
    case = Episode(id=new_id(), child=family.ben.id, opened=date(2026, 11, 2), worker=me.id)
    plans = [
        Plan(id=f"p{n}", child=family.ben.id, started=date(2026, 3, 2), ended=ended, by=me.id)
        for n, ended in enumerate((None, date(2026, 6, 1)))
    ]
    outcomes = [Outcome(id=f"o{n}", plan=f"p{n}", child=family.ben.id, text="x") for n in range(2)]
    actions = [
        Action(id=new_id(), outcome=of, child=family.ben.id, text="x", owner="Mum", due=due, status=status)
        for of, due, status in (
            ("o0", date(2026, 11, 19), "to-do"),
            ("o0", date(2026, 11, 19), "done"),
            ("o0", date(2026, 11, 20), "to-do"),
            ("o1", date(2026, 5, 1), "to-do"),  # left undone when its plan ended
        )
    ]
    waiting = Notification(
        id=new_id(),
        child=family.tilly.id,
        received=date(2026, 11, 18),
        school=family.school.id,
        notifier="Mr Orr",
        by=me.id,
    )
    commit(store, "Team", [amara, left, case, *plans, *outcomes, *actions, waiting])
    store.journal.commit(Edit("Lead", update(family.tilly, lead_worker=me.id)))
    told = [(one.worker.name, one.cases, one.overdue, one.due) for one in read_workload(store)]
    assert told == [("Amara", 0, 0, 1), (me.name, 1, 1, 1)]
