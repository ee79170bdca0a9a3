"""`outreach supervision`: the cases as one table, for their worker and for a manager."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from casework.edits import Edit, create, update
from casework.ids import new_id
from casework.policies import Category
from casework.records import Child, Contact, Worker
from casework.records_case import Episode, Plan, Review
from casework.records_sharing import Agreement
from storage.home import Home
from tests.cli.conftest import NOW, Line, fill, secret_file
from tests.cli.test_plan import open_store
from tests.safety.planted import become
from tests.tools.vaults import PASSPHRASE


def fill_cases(line: Line) -> dict[str, str]:
    """Tilly's case came back, was reviewed late and her agreement ends soon; Zoë is another worker's."""
    store = open_store(line)
    me, tilly, zoe = store.worker, line.ids["tilly"], line.ids["zoe"]
    other = Worker(id=new_id(), name="Bo Calm", agency="early-help", team=me.team)
    boss = Worker(id=new_id(), name="Cy Manager", agency="management", team=me.team)
    plan = Plan(id=new_id(), child=tilly, started=date(2026, 9, 21), next_review=date(2026, 11, 16), by=me.id)
    store.journal.commit(
        Edit(
            "Cases",
            (
                *map(
                    create,
                    [
                        other,
                        boss,
                        Episode(
                            id=new_id(), child=tilly, referred=date(2026, 1, 5), opened=date(2026, 1, 9),
                            closed=date(2026, 6, 1), reason="outcomes-achieved", worker=me.id,
                        ),
                        Episode(
                            id=new_id(), child=tilly, number=2, referred=date(2026, 9, 10),
                            opened=date(2026, 9, 14), worker=me.id,
                        ),
                        Episode(id=new_id(), child=zoe, opened=date(2026, 11, 9), worker=other.id),
                        plan,
                        Review(
                            id=new_id(), plan=plan.id, child=tilly, held_on=date(2026, 10, 5), progress="Ok",
                            by=me.id,
                        ),
                        Contact(
                            id=new_id(), child=tilly, at=NOW.replace(day=2), by=me.id, kind="home-visit",
                            seen="alone",
                        ),
                        Agreement(
                            id=new_id(), child=tilly, given_by="Jo", relationship="mother", status="given",
                            agencies=("early-help",), categories=(Category.FAMILY,), purposes=("planning",),
                            given_on=date(2026, 9, 14), expires=date(2026, 12, 4), by=me.id,
                        ),
                    ],
                ),
                *update(store.get(Child, tilly), lead_worker=me.id),
                *update(store.get(Child, line.ids["ben"]), lead_worker=me.id),
            ),
        )
    )  # fmt: skip
    store.close()
    return {"me": me.id, "other": other.id, "boss": boss.id}


def as_worker(line: Line, worker: str) -> Line:
    store = open_store(line)
    become(store, worker)
    store.close()
    return line


def test_a_worker_sees_their_own_with_what_to_talk_about_first(line: Line) -> None:
    fill_cases(line)
    done = line("supervision", "--json")
    assert done.code == 0, done.err
    tilly, ben = done.json["rows"]
    assert tilly["child"]["id"] == line.ids["tilly"]
    assert (tilly["days_open"], tilly["opened"], tilly["last_seen"]) == (67, "2026-09-14", "2026-11-02")
    assert tilly["plan"] == {"open": True, "last_review": "2026-10-05", "next_review": "2026-11-16"}
    assert tilly["agreement_until"] == "2026-12-04"
    assert tilly["re_referral"] == {"from_referral": True, "from_closure": True}
    assert tilly["talk_about"] == [
        "Child last seen 18 days ago, Mon 2 Nov 2026",
        "Plan review overdue since Mon 16 Nov 2026",
        "Agreement to be asked again by Fri 4 Dec 2026",
        "Came back within 12 months",
    ]
    assert tilly["withheld"] == {}
    assert (ben["child"]["id"], ben["days_open"], ben["talk_about"]) == (line.ids["ben"], None, [])
    told = line("supervision").out
    assert "TALK ABOUT" in told
    assert "2026-11-02" in told
    assert any("supervision (2 cases)" in str(entry) for entry in line("log", "--json").json)


def test_a_manager_sees_the_team_and_what_is_withheld(line: Line) -> None:
    ids = fill_cases(line)
    boss = as_worker(line, ids["boss"])
    done = boss("supervision", "--json")
    assert done.code == 0, done.err
    assert {row["worker"] for row in done.json["rows"]} == {"Ana Bell", "Bo Calm"}
    tilly = next(row for row in done.json["rows"] if row["child"]["id"] == line.ids["tilly"])
    assert tilly["days_open"] == 67
    assert (tilly["last_seen"], tilly["plan"]["last_review"]) == (None, None)
    assert set(tilly["withheld"]) == {"seen", "plan"}
    assert tilly["talk_about"] == [
        "Agreement to be asked again by Fri 4 Dec 2026",
        "Came back within 12 months",
    ]
    assert "withheld" in boss("supervision").out
    one = boss("supervision", "--worker", "bo", "--json").json
    assert [row["child"]["id"] for row in one["rows"]] == [line.ids["zoe"]]
    assert boss("supervision", "--worker", "nobody").code == 4


def test_nobody_else_sees_the_cases_of_others(line: Line) -> None:
    ids = fill_cases(line)
    assert line("supervision", "--worker", "Bo Calm").code == 5
    assert line("supervision", "--worker", "Ana", "--json").json["whose"] == "Ana Bell"
    other = as_worker(line, ids["other"])
    assert [row["child"]["id"] for row in other("supervision", "--json").json["rows"]] == [line.ids["zoe"]]


@pytest.mark.parametrize("agency", ["school-nursing", "youth-justice"])
def test_nothing_to_show_is_said(tmp_path: Path, agency: str) -> None:
    ids = fill(Home(tmp_path / "home"), agency)
    nurse = Line(tmp_path / "home", secret_file(tmp_path, PASSPHRASE), ids)
    assert "No case is open and no child is led: Ana Bell." in nurse("supervision").out
