"""`outreach conflicts` and `outreach resolve` from outside."""

from __future__ import annotations

import json
from typing import Any

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records import School
from casework.records_sync import Conflict
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from tests.cli.conftest import Line
from tests.tools.vaults import PASSPHRASE

BEN = {"central_at": "2026-11-20T08:00:00Z", "other_at": "2026-11-20T09:00:00Z"}


def opened(line: Line) -> Store:
    from datetime import UTC, date, datetime

    home = Home(line.home)
    key = Vault.load(home).unlock(bytearray(PASSPHRASE.encode()), now=datetime(2026, 11, 20, tzinfo=UTC))
    return Store.open(
        home.database, key, now=lambda: datetime(2026, 11, 20, 9, tzinfo=UTC), today=date(2026, 11, 20)
    )


def planted(
    line: Line, field: str, central: Any, other: Any, base: Any = "", *, of_school: bool = False
) -> str:
    store = opened(line)
    child = None if of_school else line.ids["tilly"]
    about = child or store.find(School)[0].id
    made = Conflict(
        id=new_id(), child=child, record=about, record_type="school" if of_school else "child", field=field,
        base=json.dumps(base), central=json.dumps(central), other=json.dumps(other),
        central_by=store.actor.worker, other_by=store.actor.worker, **BEN,
    )  # fmt: skip
    store.journal.commit(Edit("Central record", (create(made),)), kind="setup")
    store.close()
    return made.id


def test_a_conflict_is_listed_and_settled(line: Line) -> None:
    assert "No conflict waits.\n" in line("conflicts").out
    one = planted(line, "known_as", "", "Lily")
    (row,) = line("conflicts", "--json").json
    assert set(row) == {"id", "record", "child", "about", "field", "base", "central", "yours"}
    assert (row["id"], row["record"], row["child"], row["field"]) == (
        one,
        line.ids["tilly"],
        line.ids["tilly"],
        "known_as",
    )
    assert row["yours"] == {"value": "Lily", "by": "Ana Bell", "at": "2026-11-20T09:00:00Z"}
    assert "Lily (Ana Bell" in line("conflicts").out
    shown = line("show", one).out
    assert "About (record):" in shown
    assert '"Lily"' not in shown
    assert "Ana Bell (" in shown
    both = line("resolve", one, "--keep", "yours", "--text", "x")
    assert both.code == 2
    done = line("resolve", one, "--keep", "yours", "--json")
    assert (done.code, done.json["value"], done.json["left"]) == (0, "Lily", 0)
    assert line("conflicts", "--json").json == []
    told = line("history", line.ids["tilly"], "--field", "known_as", "--json").json
    assert [(row["new"], row["conflict"]) for row in told][-2:] == [("Lily", one), ("Lily", None)]
    assert [row["step"] for row in told][-2:] == ["Chosen: Known as", "Settle a conflict: Known as"]
    (row,) = line("conflicts", "--settled", "--json").json
    assert (row["id"], row["central"]["value"], row["yours"]["value"]) == (one, "", "Lily")
    assert (row["settled"]["value"], row["settled"]["by"]) == ("Lily", "Ana Bell")
    assert "Settled:   Lily (Ana Bell" in line("conflicts", "--settled").out
    again = line("resolve", one, "--keep", "central")
    assert (again.code, "settled already" in again.err) == (4, True)
    assert line("undo").code == 0
    assert [row["id"] for row in line("conflicts", "--json").json] == [one]


def test_both_of_a_date_and_a_bad_text_are_refused_in_a_sentence(line: Line) -> None:
    one = planted(line, "dob", "2016-05-04", "2016-04-05", base=None)
    both = line("resolve", one, "--keep", "both")
    assert (both.code, "Only one value fits here" in both.err) == (5, True)
    bad = line("resolve", one, "--text", "not a day at all")
    assert bad.code == 4
    good = line("resolve", one, "--text", "4 May 2016", "--json")
    assert (good.code, good.json["value"]) == (0, "2016-05-04")


def test_tags_of_both_are_joined_and_another_id_is_no_conflict(line: Line) -> None:
    one = planted(line, "tags", [], ["bus", "twin"], base=[])
    assert line("resolve", one, "--keep", "both", "--json").json["value"] == ["bus", "twin"]
    wrong = line("resolve", line.ids["tilly"], "--keep", "central")
    assert (wrong.code, "That conflict is not here" in wrong.err) == (4, True)
    assert line("edit", one, "settled=no").code == 5


def test_one_about_a_school_names_the_school(line: Line) -> None:
    one = planted(line, "spoc", "", "Ms Hale", of_school=True)
    (row,) = line("conflicts", "--json").json
    told = line("conflicts").out
    assert row["child"] is None
    assert row["about"].endswith(")")
    assert f"About:     {row['about']}\n" in told
    assert f"of {row['about']} is now: Ms Hale" in line("resolve", one, "--keep", "yours").out
