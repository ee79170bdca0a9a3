"""Two holders of parental responsibility who disagree; a manager decides; later one of them sets limits."""

from __future__ import annotations

from tests.cases.steps import Case
from tests.cli.conftest import Line

ASKED = ("social-care", "family", "assessment")
SCOPE = ("--agencies", "social-care", "--categories", "family", "--purposes", "assessment,planning")
MOTHER = ("--by", "Jo Marsh", "--relationship", "mother", "--responsibility", "yes")
FATHER = (
    *("--by", "Lee Marsh", "--relationship", "father", "--responsibility", "yes"),
    *("--how-known", "birth certificate of 2017"),
)


def disagreed(case: Case) -> str:
    """The case of Thursday 3 September, with both answers; the id of the mother's."""
    one = case.notified("2026-09-03")
    # Working days after Thu 3 Sep: Fri 4, Mon 7, Tue 8, Wed 9.
    assert (one["allocate_by"], one["re_referral"]) == (
        "2026-09-09",
        {"from_referral": None, "from_closure": None},
    )
    taken = case("2026-09-07", "allocate", one["id"], "--to", "Ana Bell")
    assert taken["in_time"] is True
    assert case.clocks("2026-09-07") == {
        "notifier-contact": ("2026-09-09", 2, False),  # Tue 8, Wed 9
        "first-visit": ("2026-09-14", 5, False),  # Tue 8 to Fri 11, Mon 14
        "assessment": ("2026-09-17", 10, False),  # 14 days after Thu 3
    }
    spoken = case("2026-09-08", "notify", "contacted", one["id"], "--with", "Mr Orr")
    assert spoken["feedback"] == "in-touch", "nobody was asked about the school yet"
    assert case.check("2026-09-08", *ASKED)[0] == "ask"
    given = case(
        "2026-09-08",
        *("consent", "record", case.child, *MOTHER, "--status", "given", *SCOPE, "--expires", "2026-12-31"),
    )
    assert case.check("2026-09-08", *ASKED) == ("yes", "The family agreed on Tue 8 Sep 2026.")
    case("2026-09-09", "consent", "record", case.child, *FATHER, "--status", "refused")
    return str(given["id"])


def test_both_answers_are_kept_and_a_manager_decides(line: Line) -> None:
    case = Case(line, line.ids["tilly"])
    given = disagreed(case)
    answer, reason = case.check("2026-09-09", *ASKED)
    assert answer == "ask"
    assert reason.endswith("both are recorded and a manager decides.")
    kept = {(a["given_by"], a["state"]) for a in case("2026-09-09", "consent", "list", case.child)}
    assert kept == {("Jo Marsh", "given"), ("Lee Marsh", "refused")}
    step = ("--by", "Al Reed", "--relationship", "step-father", "--responsibility", "no")
    case("2026-09-09", "consent", "record", case.child, *step, "--status", "given", *SCOPE)
    assert case.check("2026-09-09", *ASKED)[0] == "ask", "who holds no responsibility settles nothing"
    bare = (
        "disclose",
        case.child,
        "--to",
        "social-care",
        "--categories",
        "family",
        "--purpose",
        "assessment",
    )
    told = ("--family-told", "yes", "--why", "both parents were rung")
    case("2026-09-10", *bare, "--reason", "marks on her arm", *told, code=4)
    decided = ("--decided-by", "Dana Price, team manager", "--consulted", "Mr Hill, safeguarding lead")
    case("2026-09-10", *bare, "--reason", "marks on her arm", *decided, "--family-told", "no", code=4)
    case("2026-09-10", *bare, "--reason", "marks on her arm", *decided, *told)
    (one,) = case("2026-09-10", "disclose", case.child, "--list")
    assert (one["decided_by"], one["consulted"]) == ("Dana Price, team manager", "Mr Hill, safeguarding lead")
    assert (one["family_told"], one["why"]) == ("yes", "both parents were rung")
    # 28 calendar days after Thu 10 Sep: 20 left in September, then 8 October.
    assert one["until"] == "2026-10-08"
    for day, answer in (("2026-09-10", "yes"), ("2026-10-08", "yes"), ("2026-10-09", "ask")):
        assert case.check(day, *ASKED)[0] == answer, day
    assert case.check("2026-09-10", "school", "family", "planning")[0] == "no", "it opens nothing else"
    states = {a["id"]: a["state"] for a in case("2026-09-10", "consent", "list", case.child)}
    assert states[given] == "given", "sharing without agreement changes no agreement"
    logged = case("2026-09-10", "log", "--child", case.child)
    assert "shared" in {entry["verb"] for entry in logged}


def test_a_limited_agreement_follows_and_runs_out(line: Line) -> None:
    case = Case(line, line.ids["tilly"])
    given = disagreed(case)
    limits = ("--exclude", "nothing about my mother's health")
    later = case(
        "2026-10-12", "consent", "record", case.child, *FATHER, "--status", "limited", *SCOPE, *limits
    )
    assert case.check("2026-10-12", *ASKED)[0] == "ask", "his words are not settled yet"
    case("2026-10-12", "consent", "settle", later["id"], "--categories", "health")
    assert case.check("2026-10-12", *ASKED)[0] == "yes"
    assert case.check("2026-10-12", "social-care", "health", "assessment")[0] != "yes"
    # The mother's agreement ends on Thu 31 Dec; its clock is listed from 28 days before, Thu 3 Dec.
    assert "agreement-expiry" not in case.clocks("2026-12-02")
    assert case.clocks("2026-12-03")["agreement-expiry"] == ("2026-12-31", 28, False)
    assert case.clocks("2026-12-31")["agreement-expiry"] == ("2026-12-31", 0, False)
    assert case.clocks("2027-01-01")["agreement-expiry"] == ("2026-12-31", -1, True)
    states = {a["id"]: a["state"] for a in case("2027-01-01", "consent", "list", case.child)}
    assert states == {given: "expired", later["id"]: "limited"} | {
        one: state for one, state in states.items() if state == "refused"
    }
    assert case.check("2026-12-31", *ASKED)[0] == "yes"
    assert case.check("2027-01-01", *ASKED)[0] == "yes", "the father's still holds"
    case("2027-01-04", "consent", "withdraw", later["id"], "--reason", "he moved away")
    assert case.check("2027-01-04", *ASKED)[0] == "no"
    plan = case("2027-01-04", "plan", "add", case.child)
    # 42 days after Mon 4 Jan: 27 left in January, then 15 February.
    assert plan["next_review"] == "2027-02-15"
    assert case.clocks("2027-02-16")["plan-review"] == ("2027-02-15", -1, True)
    closed = case(
        "2027-02-16",
        *("close", case.child, "--reason", "agreement-withdrawn", "--told", "Mr Orr; both parents"),
    )
    assert closed["plans_ended"] == [plan["id"]]
    assert case.clocks("2027-02-17") == {}
