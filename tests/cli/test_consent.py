"""Consent and sharing without it, by the command line: what opens, what closes, what stays hidden."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, create
from casework.ids import new_id
from casework.records_sharing import Disclosure
from outreach_tui.commands.consent_text import agreements_table
from storage.home import Home
from tests.cli.conftest import Line, fill, secret_file
from tests.cli.test_plan import open_store
from tests.tools.vaults import PASSPHRASE

SCOPE = ("--agencies", "school-nursing", "--categories", "family,send", "--purposes", "support")
MOTHER = ("--by", "Jo Marsh", "--relationship", "mother", "--responsibility", "yes")


def record(line: Line, *more: str, status: str = "given", child: str = "tilly") -> Any:
    done = line("consent", "record", line.ids[child], *MOTHER, "--status", status, *SCOPE, *more, "--json")
    assert done.code == 0, done.err
    return done.json


def check(
    line: Line, category: str = "family", *more: str, agency: str = "school-nursing"
) -> tuple[int, Any]:
    words = ("--agency", agency, "--category", category, "--purpose", "support")
    done = line("consent", "check", line.ids["tilly"], *words, "--json")
    return done.code, done.json


def test_not_asked_then_given_then_withdrawn(line: Line) -> None:
    assert check(line)[0] == 1
    made = record(line)
    assert set(made) >= {"id", "status"}
    code, told = check(line)
    assert (code, told["answer"], told["agreement"]) == (0, "yes", made["id"])
    assert told["reasons"] == ["The family agreed on Fri 20 Nov 2026."]
    done = line("consent", "withdraw", made["id"], "--reason", "changed her mind", "--json")
    assert (done.code, done.json["status"]) == (0, "withdrawn")
    code, told = check(line)
    assert (code, told["answer"]) == (5, "no")
    assert line("consent", "withdraw", made["id"], "--reason", "again").code == 5


def test_the_list_says_who_gave_it_as_far_as_that_is_known(
    line: Line, capsys: pytest.CaptureFixture[str]
) -> None:
    record(line)
    (row,) = line("consent", "list", line.ids["tilly"], "--json").json
    agreements_table([row], fancy=False)
    assert "Jo Marsh (mother)" in capsys.readouterr().out
    for name in ("Jo Marsh", ""):
        agreements_table([row | {"given_by": name, "relationship": ""}], fancy=False)
        shown = capsys.readouterr().out
        assert name in shown
        assert "(" not in shown


def test_an_older_agreement_that_opens_more_is_named_beside_a_narrower_one(line: Line) -> None:
    wide = record(line)
    assert wide["beside"] == []
    again = ("consent", "record", line.ids["tilly"], *MOTHER, "--purposes", "support")
    narrow = ("--status", "limited", "--agencies", "school-nursing", "--categories", "family")
    told = "The agreement of Fri 20 Nov 2026 still stands beside it and opens more: withdraw it if this one"
    done = line(*again, *narrow, "--json")
    assert done.json["beside"] == [{"id": wide["id"], "given_on": "2026-11-20"}]
    assert f"{told} is to replace it." in done.err
    assert check(line, "send")[0] == 0
    other = ("--by", "Sam Marsh", "--relationship", "father", "--responsibility", "yes")
    assert line(*again, *other, *narrow, "--json").json["beside"] == []
    line("consent", "withdraw", wide["id"], "--reason", "The new one replaces it.")
    assert line(*again, *narrow, "--json").json["beside"] == []


def test_a_withdrawal_is_not_undone_but_a_slip_is(line: Line) -> None:
    made = record(line)
    line("consent", "withdraw", made["id"], "--reason", "changed her mind")
    done = line("undo", "--json")
    assert (done.code, done.json["error"]["code"]) == (5, "withdrawn")
    assert check(line)[0] == 5
    record(line, status="refused")
    assert line("undo").code == 0


def test_an_agreement_is_changed_by_its_own_verbs_only(line: Line) -> None:
    made = record(line)
    line("consent", "withdraw", made["id"], "--reason", "changed her mind")
    for change in ("status=given", "expires=+2w", "exclude_read=yes", "categories+=send"):
        done = line("edit", made["id"], change, "--json")
        assert (done.code, done.json["error"]["code"]) == (5, "own-command"), change
        assert "what a family agrees to anew is a new record" in done.json["error"]["message"]


def test_a_withdrawal_says_what_disappears_and_for_whom(line: Line) -> None:
    scope = ("--agencies", "early-help,school-nursing", "--categories", "family,health", "--purposes", "all")
    first, second = (
        line("consent", "record", line.ids["tilly"], *MOTHER, "--status", "given", *scope, "--json").json
        for _ in range(2)
    )
    told = line("consent", "withdraw", second["id"], "--reason", "no more").out
    assert "Disappears from your own sight: health." in told
    assert "School nursing no longer sees: family" in told
    again = line("consent", "withdraw", first["id"], "--reason", "no more", "--json").json
    assert again["withheld"] == ["Nothing is withheld by it that is open now."]


def test_limits_that_nobody_wrote_are_pointed_out(line: Line) -> None:
    assert "none is written" in record(line, status="limited")["opening"]
    assert "none is written" not in record(line, "--exclude-categories", "send", status="limited")["opening"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--by", "Uncle Jo", "--relationship", "uncle", "--status", "given"),
         "It opens nothing: it is not known whether who gave it holds parental responsibility. "
         "To open it: find out, and record it again with that."),
        (("--by", "Uncle Jo", "--relationship", "uncle", "--responsibility", "no", "--status", "given"),
         "who gave it holds no parental responsibility"),
        ((*MOTHER, "--status", "given", "--exclude", "not Gran"),
         "nobody has settled what the family's own words rule out"),
        ((*MOTHER, "--status", "given", "--on", "2026-10-01", "--expires", "2026-11-19"),
         "It opens nothing: it ended on Thu 19 Nov 2026. To open it: ask again and record the answer anew."),
        ((*MOTHER, "--status", "refused", "--exclude", "not Gran"),
         "It opens nothing: the family refused. To open it: record a new agreement if they come to agree."),
    ],
)  # fmt: skip
def test_what_opens_nothing_says_so_and_why(line: Line, words: tuple[str, ...], why: str) -> None:
    scope = ("--agencies", "school-nursing", "--categories", "all", "--purposes", "all")
    done = line("consent", "record", line.ids["tilly"], *words, *scope)
    assert done.code == 0, done.err
    assert why in done.out
    assert "opened to no agency" in done.out, "youth justice is told of with the rest"
    assert ("consent settle" in done.out) == ("own words" in why)
    assert check(line, "family")[0] != 0


def test_what_is_said_to_be_open_is_what_check_answers(line: Line) -> None:
    words = ("--agencies", "school,school-nursing", "--categories", "all", "--purposes", "support,planning")
    done = line("consent", "record", line.ids["tilly"], *MOTHER, "--status", "given", *words, "--json")
    said = {(one["agency"], one["category"], use) for one in done.json["opens"] for use in one["purposes"]}
    assert ("school-nursing", "family", "support") in said
    assert ("school", "health", "planning") in said
    assert ("school", "education", "support") not in said, "its own work is opened by nobody"
    assert all(one["purposes"] for one in done.json["opens"])
    for agency, category, use in sorted(said)[::4]:
        asked = ("--agency", agency, "--category", category, "--purpose", use)
        assert line("consent", "check", line.ids["tilly"], *asked).code == 0
    father = ("--by", "Sam Marsh", "--relationship", "father", "--responsibility", "yes")
    line("consent", "record", line.ids["tilly"], *father, "--status", "refused", "--agencies", "school")
    again = line("consent", "record", line.ids["tilly"], *MOTHER, "--status", "given", *words)
    assert "Not opened: " in again.out
    assert "do not agree" in again.out


def test_words_of_the_family_wait_for_a_person(line: Line) -> None:
    made = record(line, "--exclude", "not my ex-partner's school")
    code, told = check(line)
    assert (code, told["answer"]) == (1, "ask")
    assert "ex-partner" not in told["reasons"][0]
    for unsure in ((), ("--categories", ","), ("--nothing", "--agencies", "school")):
        assert line("consent", "settle", made["id"], *unsure).code == 2, unsure
    assert check(line)[0] == 1, "nothing is opened by what was not said"
    assert "limits not settled" in line("consent", "list", line.ids["tilly"]).out
    settled = line("consent", "settle", made["id"], "--categories", "send", "--json")
    assert (settled.code, settled.json["opens"]) == (
        0,
        [{"agency": "school-nursing", "category": "family", "purposes": ["support"]}],
    )
    assert "limits not settled" not in line("consent", "list", line.ids["tilly"]).out
    assert check(line)[0] == 0
    assert check(line, "send")[0] == 5
    assert line("consent", "settle", made["id"], "--nothing").code == 5


def test_not_the_school_about_health_leaves_health_to_the_others(line: Line) -> None:
    wide = ("--agencies", "school,voluntary", "--categories", "health,family", "--exclude", "not the school")
    made = record(line, *wide)
    for wrong in ("school", "school:", "school:gran", "police:health", "school=health"):
        done = line("consent", "settle", made["id"], "--pairs", wrong)
        assert done.code == 2, (wrong, done.err)
    done = line("consent", "settle", made["id"], "--pairs", "school:health", "--json")
    assert (done.code, done.json["opening"]) == (
        0,
        "It opens health (support) and family (support) to a voluntary organisation. "
        "Not opened: health to the school. The family ruled it out when it agreed on Fri 20 Nov 2026.",
    )
    asked = {agency: check(line, "health", agency=agency)[1]["answer"] for agency in ("school", "voluntary")}
    assert asked == {"school": "no", "voluntary": "yes"}
    (row,) = line("consent", "list", line.ids["tilly"], "--json").json
    assert (row["exclude_pairs"], row["exclude_categories"], row["exclude_settled"]) == (
        ["school:health"],
        [],
        True,
    )
    assert "school:health" in line("consent", "show", made["id"]).out
    assert line("consent", "settle", made["id"], "--nothing").code == 5
    at_once = record(line, *wide, "--exclude-pairs", "voluntary:family,school:health")
    assert {(one["agency"], one["category"]) for one in at_once["opens"]} == {("voluntary", "health")}
    bare = line("consent", "record", line.ids["tilly"], *MOTHER, "--status", "given", *SCOPE,
                "--exclude-pairs", "school:health")  # fmt: skip
    assert (bare.code, "family's own words" in bare.err) == (4, True)


def test_list_and_show_say_it_in_full(line: Line) -> None:
    made = record(line, "--method", "written", "--review", "+6w", "--exclude", "not Gran", "--leaflet", "v3")
    rows = line("consent", "list", line.ids["tilly"], "--json").json
    assert [row["id"] for row in rows] == [made["id"]]
    row = rows[0]
    assert row.items() <= line("consent", "show", made["id"], "--json").json.items()
    assert (row["state"], row["given_by"], row["exclude"], row["review"]) == (
        "given",
        "Jo Marsh",
        "not Gran",
        "2027-01-01",
    )
    assert row["lawful_basis"] == {"support": "public task"}
    text = line("consent", "list", line.ids["tilly"]).out
    assert "school-nursing" in text
    assert "not Gran" in text


def test_a_withdrawal_to_come_is_refused(line: Line) -> None:
    made = record(line)
    done = line("consent", "withdraw", made["id"], "--reason", "no more", "--on", "2026-12-01", "--json")
    error = done.json["error"]
    assert (done.code, error["code"], error["where"]) == (4, "in-the-future", "--on")
    assert check(line)[0] == 0


def test_an_agreement_ends(line: Line) -> None:
    record(line, "--expires", "2026-11-25")
    assert check(line)[0] == 0
    words = ("--agency", "school-nursing", "--category", "family", "--purpose", "support", "--json")
    done = line("consent", "check", line.ids["tilly"], *words, today="2026-11-26")
    assert (done.code, done.json["answer"]) == (1, "ask")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--status", "given"), 4),
        (("--status", "given", "--agencies", "nobody"), 2),
        (("--status", "perhaps"), 2),
        (("--status", "refused", "--on", "2026-11-21"), 4),
        (("--status", "refused", "--expires", "2026-11-01"), 4),
        (("--status", "refused", "--on", "25/11"), 4),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_kept(line: Line, words: tuple[str, ...], code: int) -> None:
    done = line("consent", "record", line.ids["tilly"], *MOTHER, *words)
    assert done.code == code
    assert done.err.strip().splitlines()[-1].startswith("Error: ")
    assert line("consent", "list", line.ids["tilly"], "--json").json == []


def test_disclosing_opens_what_it_names_and_is_logged(line: Line) -> None:
    words = ("--to", "school-nursing", "--categories", "family", "--purpose", "support")
    why = ("--reason", "at risk of harm", "--decided-by", "DSL", "--family-told", "no", "--why", "unsafe")
    made = line("disclose", line.ids["tilly"], *words, *why, "--json")
    assert made.code == 0, made.err
    assert check(line)[1]["answer"] == "yes"
    assert check(line, "send")[1]["answer"] == "ask"
    listed = line("disclose", line.ids["tilly"], "--list", "--json").json
    assert [(d["id"], d["to"], d["reason"], d["until"]) for d in listed] == [
        (made.json["id"], "school-nursing", "at risk of harm", "2026-12-18")
    ]
    entries = line("log", "--child", line.ids["tilly"], "--json").json
    assert any(entry["verb"] == "shared" for entry in entries)


def test_a_disclosure_needs_its_reason(line: Line) -> None:
    words = ("--to", "school-nursing", "--categories", "family", "--purpose", "support")
    assert line("disclose", line.ids["tilly"], *words, "--decided-by", "DSL").code == 4
    assert line("disclose", line.ids["tilly"], *words, "--reason", "risk").code == 4
    told = ("--reason", "risk", "--decided-by", "DSL", "--family-told", "no")
    assert line("disclose", line.ids["tilly"], *words, *told).code == 4
    assert line("disclose", line.ids["tilly"], *told).code == 2
    slip = line("disclose", line.ids["tilly"], *words, *told, "--why", "unsafe", "--on", "25/11", "--json")
    assert (slip.code, slip.json["error"]["code"], slip.json["error"]["where"]) == (4, "year-needed", "--on")


def test_a_decision_whose_time_is_over_is_recorded_and_said_to_open_nothing(line: Line) -> None:
    words = ("--to", "school-nursing", "--categories", "family", "--purpose", "support")
    why = ("--reason", "at risk of harm", "--decided-by", "DSL", "--family-told", "yes")
    days = ("--on", "2026-11-01", "--until", "2026-11-10")
    done = line("disclose", line.ids["tilly"], *words, *why, *days)
    assert done.code == 0
    assert done.err.splitlines()[-1] == "It opens nothing: its last day was Tue 10 Nov 2026."
    for day in ((), ("--until", "2026-11-20")):
        assert "opens nothing" not in line("disclose", line.ids["tilly"], *words, *why, *day).err


def test_a_decision_of_before_one_not_to_share_is_said_to_open_nothing_of_that(line: Line) -> None:
    words = ("--to", "school-nursing", "--purpose", "support", "--reason", "x", "--decided-by", "DSL")
    told = ("--family-told", "yes", "--on", "2026-11-18")
    tilly = line.ids["tilly"]
    assert line("disclose", tilly, *words, "--categories", "family", "--not-shared").code == 0
    done = line("disclose", tilly, *words, *told, "--categories", "family,attendance")
    assert done.err.splitlines()[-1] == (
        "It opens nothing of family: on Fri 20 Nov 2026 it was decided not to share that."
    )
    assert check(line)[1]["answer"] == "ask"
    for other in (("--categories", "attendance", *told), ("--categories", "family", *told[:2])):
        assert "opens nothing" not in line("disclose", tilly, *words, *other).err


def test_not_sharing_is_recorded_and_opens_nothing(line: Line) -> None:
    words = ("--to", "school-nursing", "--categories", "family", "--purpose", "support", "--not-shared")
    done = line("disclose", line.ids["tilly"], *words, "--reason", "no need", "--decided-by", "DSL", "--json")
    assert done.json["decision"] == "not-share"
    assert check(line)[1]["answer"] == "ask"


def test_not_sharing_needs_no_sight_of_it_and_tells_of_nothing(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    ids = fill(home, "voluntary")
    line = Line(home.path, secret_file(tmp_path, PASSPHRASE), ids)
    words = ("disclose", ids["tilly"], "--to", "school", "--purpose", "support", "--json")
    why = ("--reason", "not theirs to know", "--decided-by", "DSL")
    refused = line("disclose", ids["tilly"], "--list", "--json")
    assert (refused.code, refused.json["error"]["where"]) == (5, "safeguarding")
    for category in ("health", "youth_justice"):
        assert line(*words, *why, "--categories", category).code == 5
        kept = line(*words, *why, "--categories", category, "--not-shared")
        assert (kept.code, kept.json["decision"]) == (0, "not-share")
        assert "health" not in kept.err
        assert "youth" not in kept.err
    listed = line("disclose", ids["tilly"], "--list", "--json")
    assert [entry["categories"] for entry in listed.json] == [["youth_justice"], ["health"]]
    said = "Only what you recorded, and what is shared with you, is listed. Safeguarding is not part of"
    assert f"{said} voluntary's own work" in listed.err


def test_what_is_shared_with_an_organisation_is_listed_there_without_the_words(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    ids = fill(home, "voluntary")
    line = Line(home.path, secret_file(tmp_path, PASSPHRASE), ids)
    store = open_store(line)
    said = {"child": ids["tilly"], "agency": "voluntary", "categories": ("send",), "purpose": "support"}
    words = {"reason": "At risk", "decided_by": "Mo Lead", "family_told": "no", "told_why": "Unsafe"}
    who = {"id": new_id(), "by": new_id(), "decided_on": store.today}
    made = Disclosure.model_validate(said | words | who)
    store.journal.commit(Edit("Shared without agreement", (create(made),)))
    store.close()
    listed = line("disclose", ids["tilly"], "--list", "--json")
    (entry,) = listed.json
    assert (entry["decision"], entry["to"], entry["categories"]) == ("share", "voluntary", ["send"])
    assert {entry[name] for name in ("reason", "decided_by", "consulted", "family_told", "why")} == {None}
    assert entry["withheld"].startswith("Safeguarding is not part of voluntary's own work")
    told = line("disclose", ids["tilly"], "--list")
    assert "withheld" in told.out
    assert not [word for word in ("At risk", "Mo Lead", "Unsafe") if word in told.out]


def test_an_agreement_about_protected_work_tells_nothing(line: Line, tmp_path: Path) -> None:
    only = line(
        *("consent", "record", line.ids["tilly"], *MOTHER, "--status", "given"),
        *("--agencies", "school", "--categories", "youth_justice", "--purposes", "support", "--json"),
    ).json["id"]
    mixed = line(
        *("consent", "record", line.ids["tilly"], *MOTHER, "--status", "given"),
        *("--agencies", "school,youth-justice", "--categories", "family,youth_justice"),
        *("--purposes", "support", "--json"),
    ).json["id"]
    listed = line("consent", "list", line.ids["tilly"])
    assert "youth" not in listed.out
    rows = line("consent", "list", line.ids["tilly"], "--json").json
    assert [(row["id"], row["agencies"], row["categories"]) for row in rows] == [
        (mixed, ["school"], ["family"])
    ]
    assert line("consent", "show", only).code == 4
    for words in (("show", mixed), ("history", mixed), ("show", only)):
        assert "youth" not in line(*words).out, words
    code, told = check(line, "youth_justice", agency="school")
    assert (code, told["answer"], told["agreement"]) == (5, "no", None)
    home = tmp_path / "yj" / "home"
    home.parent.mkdir()
    ids = fill(Home(home), "youth-justice")
    other = Line(home, secret_file(home.parent, PASSPHRASE), ids)
    done = other(
        *("consent", "record", ids["tilly"], *MOTHER, "--status", "given"),
        *("--agencies", "school", "--categories", "youth_justice", "--purposes", "support"),
    )
    assert done.code == 0
    assert check(other, "youth_justice", agency="school")[0] == 0
    row = other("consent", "list", ids["tilly"], "--json").json[0]
    assert row["categories"] == ["youth_justice"]
    assert (row["given_by"], row["exclude"]) == (None, None), "a family's words are withheld there"


def test_a_value_that_does_not_fit_is_named_by_its_option(line: Line) -> None:
    words = ("consent", "record", line.ids["tilly"], "--relationship", "mother", "--status", "refused")
    done = line(*words, "--by", "J" * 400, "--json")
    assert (done.code, done.json["error"]["where"]) == (4, "--by")
    assert done.json["error"]["message"] == "The value of --by is longer than 300 characters; shorten it."
