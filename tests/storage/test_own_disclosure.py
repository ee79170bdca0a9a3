"""What was shared with youth justice: for whoever recorded it, protected from others; who may follow up."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from casework.edits import Edit, create
from casework.errors import Refused
from casework.ids import new_id
from casework.records import Child, Team, Worker
from casework.records_sharing import Disclosure
from screens.consent_lines import consent_lines, read_consent
from storage.disclosing import commit_disclosure
from storage.following_up import require_register
from storage.queries.agreements import read_disclosures
from storage.store import Store
from tests.tools.caseloads import set_up

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)


def opened(folder: Path, agency: str) -> tuple[Store, Child, Worker]:
    team = Team(id=new_id(), name="Swale")
    me = Worker.model_validate({"id": new_id(), "name": "Ann", "agency": agency, "team": team.id})
    other = Worker(id=new_id(), name="Bob", agency="early-help", team=team.id)
    store = set_up(folder / "caseload.db", bytearray(32), worker=me, team=team, now=lambda: NOW, today=TODAY)
    child = Child(id=new_id(), surname="Marsh", forename="Tilly")
    store.journal.commit(Edit("Bring in", (create(other), create(child))))
    return store, child, other


def decision(child: Child, by: str, category: str = "attendance", **given: str) -> Disclosure:
    return Disclosure.model_validate(
        {"id": new_id(), "child": child.id, "agency": "youth-justice", "categories": (category,),
         "purpose": "safeguarding", "reason": "x", "decided_by": "y", "decided_on": TODAY, "by": by} | given
    )  # fmt: skip


def shared(store: Store, child: Child, by: str) -> None:
    store.journal.commit(Edit("Shared", (create(decision(child, by)),)))


def test_the_recorder_sees_it_and_nobody_else_does(tmp_path: Path) -> None:
    store, child, other = opened(tmp_path, "early-help")
    shared(store, child, other.id)
    assert read_disclosures(store, child) == [], "somebody else recorded it"
    shared(store, child, store.worker.id)
    assert [one.disclosure.by for one in read_disclosures(store, child)] == [store.worker.id]
    assert read_disclosures(store.seen_with(other), child) == [], "a preview shows what both may see"
    store.close()


@pytest.mark.parametrize("agency", ["early-help", "voluntary"])
@pytest.mark.parametrize("category", ["health", "youth_justice"])
def test_not_sharing_is_recorded_by_who_may_not_see_it_and_sharing_is_not(
    tmp_path: Path, agency: str, category: str
) -> None:
    store, child, other = opened(tmp_path, agency)
    with pytest.raises(Refused, match="You do not see it for safeguarding yourself"):
        commit_disclosure(store, child, decision(child, store.worker.id, category))
    kept = decision(child, store.worker.id, category, decision="not-share")
    commit_disclosure(store, child, kept)
    commit_disclosure(
        store, child, decision(child, other.id, category, decision="not-share", agency="school")
    )
    others = [] if agency == "voluntary" or category == "youth_justice" else ["school"]
    assert [one.disclosure.agency for one in read_disclosures(store, child)] == [*others, "youth-justice"]
    words = " ".join(str(line.cell) for line in consent_lines(read_consent(store, child.id), {}, 76))
    assert ("what others decided" in words) is (agency == "voluntary")
    assert "DECIDED NOT TO SHARE" in words
    store.close()


def test_only_who_sees_the_register_follows_up(tmp_path: Path) -> None:
    store, child, _ = opened(tmp_path, "school-nursing")
    with pytest.raises(Refused, match="Attendance is not part of school-nursing's own work"):
        require_register(store, [child.id])
    store.close()
