"""Two laptops and a central record from outside: three data folders, real processes, exit codes and JSON."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from casework.edits import Edit, update
from casework.errors import Unreachable
from casework.ids import new_id
from casework.records import Team, Worker
from outreach_tui.commands.sync import Watched, _said, keep_watch, pairs_words
from storage.central.state import keep, kept
from storage.home import Home
from storage.store import Store
from storage.vault import Vault
from sync.hub import tables
from sync.hub.counting import Counter
from sync.hub.devices import add_device
from sync.hub.enrolment import LIFE, draw_code, enter_worker
from sync.hub.home import HubHome, OpenHub, create_hub, open_hub
from tests.cli.conftest import Line, Result, secret_file
from tests.tools.vaults import FAST, NOW, PASSPHRASE

KEYS = {
    *("pushed", "pulled", "merged", "conflicts", "quarantined", "purged", "backfilled", "agreed", "cursor"),
    *("bytes_sent", "bytes_received", "requests", "seconds", "problems"),
}


@contextmanager
def serving(hub: Line, port: int = 0, *, more: tuple[str, ...] = ()) -> Iterator[str]:
    """`hub serve` in a process of its own; its address."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("OUTREACH_")}
    environ |= {"OUTREACH_HOME": str(hub.home), "OUTREACH_PASSPHRASE_FILE": str(hub.secret)}
    command = [sys.executable, "-m", "outreach_tui", "hub", "serve", "--port", str(port), *more]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, text=True
    ) as process:
        try:
            assert process.stdout is not None
            first = process.stdout.readline()
            found = re.search(r"https?://\S+:\d+", first)
            assert found, process.stderr.read() if process.stderr else first
            yield found.group()
        finally:
            process.terminate()
            _, errors = process.communicate(timeout=30)
            assert "Traceback" not in errors
            assert "Tilly" not in errors


@dataclass
class Desk:
    """A hub's folder and its address, and what makes laptops."""

    folder: Path
    hub: Line
    url: str
    port: int

    def code(self, name: str, agency: str = "early-help", *more: str) -> str:
        words = ("--worker", name, "--agency", agency, "--team", "Swale", *more, "--json")
        done = self.hub("hub", "code", *words, today=None)
        assert done.code == 0, done.err
        code: str = done.json["code"]
        return code

    def laptop(self, name: str, agency: str = "early-help") -> Line:
        line = self.bare(name)
        done = line("enrol", self.url, self.code(name, agency), "--json", today=None)
        assert done.code == 0, done.err
        return line

    def bare(self, name: str) -> Line:
        home = Home(self.folder / name.split(maxsplit=1)[0].lower())
        line = Line(home.path, self.hub.secret)
        _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
        team = Team(id=new_id(), name="Swale")
        worker = Worker(id=new_id(), name=name, agency="early-help", team=team.id)
        Store.set_up(home.database, key, worker=worker, team=team, now=lambda: NOW, today=NOW.date()).close()
        return line


def make_hub(folder: Path) -> Line:
    home = HubHome(folder / "hub")
    _, key, _ = Vault.create(home, PASSPHRASE, kdf=FAST)
    create_hub(home, key, database=None, approve=False, now=lambda: NOW).close()
    return Line(home.path, secret_file(folder, PASSPHRASE))


@contextmanager
def inside(hub: Line) -> Iterator[OpenHub]:
    """A central record, opened beside the one that serves it."""
    home = HubHome(hub.home)
    opened = open_hub(home, Vault.load(home).unlock(PASSPHRASE, now=NOW), now=lambda: NOW)
    yield opened
    opened.close()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    hub = make_hub(tmp_path)
    with serving(hub) as url:
        yield Desk(tmp_path, hub, url, int(url.rsplit(":", 1)[1]))


def sync(line: Line, *words: str) -> Result:
    return line("sync", *words, "--json", today=None)


def add_child(line: Line, folder: Path, forename: str = "Tilly") -> str:
    path = folder / f"{forename}.csv"
    path.write_text(
        "UPN,Legal Surname,Legal Forename,DOB,Date,Session,Mark\n"
        f"U886009924001,Marsh,{forename},02/03/2017,20/11/2026,AM,/\n"
    )
    if line("school", "list", "--json").json == []:
        assert line("school", "add", "999001", "Oakhanger").code == 0
    done = line("import", str(path), "--school", "999001", "--json")
    assert done.code == 0, done.err
    found: str = line("child", "U886009924001", "--json").json["id"]
    return found


def test_two_laptops_agree_and_then_truly_disagree(desk: Desk, tmp_path: Path) -> None:
    ana = desk.laptop("Ana Bell", "school")
    ben = desk.laptop("Ben Cole", "school")
    entitled = desk.hub("hub", "entitle", "ana bell", "--school", "999001", "--json", today=None)
    assert entitled.json["schools"] == ["999001"]
    assert entitled.json["holds"].startswith("the whole roll of these schools")
    assert desk.hub("hub", "entitle", "Ben Cole", "--school", "999001", today=None).code == 0
    tilly = add_child(ana, tmp_path)
    first = sync(ana)
    assert (first.code, first.json["agreed"], first.json["quarantined"]) == (0, True, 0), first.out
    assert first.json.keys() >= KEYS
    second = sync(ben)
    assert (second.code, second.json["agreed"]) == (0, True), second.out
    assert second.json["pulled"] > 0
    assert ben("child", tilly, "--json").json["name"].startswith("Tilly")
    nothing = sync(ben)
    assert (nothing.code, nothing.json["requests"]) == (0, 1)
    assert sync(ben, "--verify").json["requests"] > 1
    assert sync(ben, "--deep").json["problems"] == []

    assert ana("edit", tilly, "known_as=Til").code == 0
    assert ben("edit", tilly, "known_as=Lily").code == 0
    assert sync(ana).code == 0
    conflict = sync(ben)
    assert (conflict.code, conflict.json["conflicts"], conflict.json["agreed"]) == (7, 1, True)
    again = sync(ana)
    assert (again.code, again.json["to_settle"]) == (7, 1), "it waits for a person on both"
    [held] = ben("conflicts", "--json").json
    assert (held["field"], held["central"]["value"], held["yours"]["value"]) == ("known_as", "Til", "Lily")
    assert ben("resolve", held["id"], "--keep", "yours").code == 0
    assert sync(ben).code == 0
    assert sync(ana).code == 0
    assert ana("conflicts", "--json").json == []
    assert "Lily" in ana("child", tilly, "--json").json["name"]
    assert ben("verify").code == 0
    assert desk.hub("hub", "check", "--json", today=None).json["sound"] is True


def test_records_of_perhaps_one_child_are_told_where_to_look_at() -> None:
    assert pairs_words(2) == "2 pairs of records: outreach duplicates"
    assert pairs_words(0) == "no records"
    value: dict[str, Any] = dict.fromkeys(
        ("pushed", "pulled", "merged", "purged", "to_settle", "same_child"), 0
    )
    value |= {"agreed": True, "set_aside": (), "taken_late": (), "problems": ()}
    assert _said(value, "") == ["Both sides agree: 0 steps sent, 0 records received."]
    (_, last) = _said(value | {"same_child": 1}, "")
    assert last == "Perhaps one child: 1 pair of records: outreach duplicates"


def promote(line: Line) -> None:
    """What the commands refuse here, as another program would write it."""
    key = Vault.load(Home(line.home)).unlock(PASSPHRASE, now=NOW)
    store = Store.open(Home(line.home).database, key, now=lambda: NOW, today=NOW.date())
    store.journal.commit(Edit("Promote myself", update(store.worker, agency="management")))
    store.close()


def test_what_is_kept_aside_is_listed_once_with_exit_code_1(desk: Desk) -> None:
    ana = desk.laptop("Ana Bell")
    assert sync(ana).code == 0
    promote(ana)
    done = sync(ana)
    assert (done.code, done.json["quarantined"], done.json["agreed"]) == (1, 1, True)
    [step] = done.json["set_aside"]
    assert step["code"] == "central"
    assert sync(ana).code == 0
    status = ana("sync", "status", "--json", today=None).json
    assert [held["edit"] for held in status["quarantined"]] == [step["edit"]]
    [row] = desk.hub("hub", "devices", "--json", today=None).json
    assert (row["quarantined"], row["audits_acknowledged"]) == (1, [])
    nothing = desk.hub(
        "hub", "acknowledge", row["id"], "--by", "Jo Field", "--reason", "x", "--json", today=None
    )
    assert (nothing.code, nothing.json["error"]["code"]) == (5, "nothing-to-acknowledge")
    with inside(desk.hub) as opened, opened.engine.begin() as connection:
        connection.execute(tables.device.update().values(audit_lost=NOW.isoformat()))
    looked = ("--by", "Jo Field", "--reason", "An older copy was put back")
    assert desk.hub("hub", "acknowledge", row["id"], *looked, today=None).code == 0
    [known] = desk.hub("hub", "check", "--json", today=None).json["audits_acknowledged"]
    assert (known["worker"], known["found"], known["by"]) == ("Ana Bell", NOW.isoformat(), "Jo Field")
    kept = desk.hub("hub", "check", "--json", today=None).json["quarantined"]
    assert [held["edit"] for held in kept] == [step["edit"]]
    told = desk.hub("hub", "check", today=None).out
    assert f"Kept aside: {step['edit']} of Ana Bell's laptop {row['id']}, " in told
    assert ", about 1 worker: " in told
    assert f"The audit of Ana Bell's laptop {row['id']}, found" in told
    assert ": An older copy was put back\n" in told
    why = ("--by", "Jo Field", "--reason", "The council decided so", "--json")
    assert desk.hub("hub", "release", "no-such-step", *why, today=None).code == 4
    done = desk.hub("hub", "release", step["edit"], *why, today=None)
    assert (done.code, done.json) == (0, {"edit": step["edit"], "verdict": "applied"})
    assert desk.hub("hub", "check", "--json", today=None).json["quarantined"] == []
    assert sync(ana).json["agreed"]


def test_of_a_register_only_the_child_of_another_is_kept_aside(desk: Desk, tmp_path: Path) -> None:
    ben, kim = desk.laptop("Ben Cole", "school"), desk.laptop("Kim Orr")
    assert desk.hub("hub", "entitle", "Ben Cole", "--school", "999001", today=None).code == 0
    tilly = add_child(ben, tmp_path)
    assert sync(ben).code == 0
    mixed = tmp_path / "mixed.csv"
    mixed.write_text(
        "UPN,Legal Surname,Legal Forename,DOB,Date,Session,Mark\n"
        "U886009924001,Marsh,Tilly,02/03/2017,20/11/2026,PM,/\n"
        "Q886009120007,Lind,Oscar,05/06/2016,20/11/2026,PM,/\n"
    )
    assert kim("school", "add", "999001", "Oakhanger").code == 0
    assert kim("import", str(mixed), "--school", "999001", "--json").code == 0
    done = sync(kim)
    assert (done.code, done.json["agreed"], done.json["quarantined"]) == (1, True, 1), done.out
    [step] = done.json["set_aside"]
    assert step["reason"].startswith("Tilly Marsh is not among the children you work with")
    assert f"outreach hub release {step['edit'][:18]}" in step["advice"]
    assert sync(ben).code == 0
    assert ben("child", "Oscar Lind", "--json").code == 0, "the other child is there without anybody's doing"
    assert "Tilly Marsh is not among" in kim("sync", "status", today=None).out
    [kept] = desk.hub("hub", "check", "--json", today=None).json["quarantined"]
    assert (kept["edit"], kept["awaits"]) == (f"{step['edit']}/x0", [tilly])
    why = ("--by", "Jo Field", "--reason", "It is the school's roll", "--json")
    assert desk.hub("hub", "release", step["edit"][:18], *why, today=None).code == 0
    assert desk.hub("hub", "check", "--json", today=None).json["quarantined"] == []
    heard = sync(kim)
    assert (heard.code, heard.json["set_aside"]) == (0, [])
    [late] = heard.json["taken_late"]
    assert (late["edit"], late["reason"]) == (step["edit"], "Let in by Jo Field: It is the school's roll")
    status = kim("sync", "status", today=None).out
    assert "Taken after all: Import" in status
    assert "is not among" not in status


def let_pass(line: Line, days: int) -> None:
    """As if this laptop's last word from the central record had come so many days before."""
    home = Home(line.home)
    key = Vault.load(home).unlock(PASSPHRASE, now=NOW)
    store = Store.open(home.database, key, now=lambda: NOW, today=NOW.date())
    held = json.loads(kept(store.conn, "lease"))
    keep(store.conn, "lease", json.dumps(held | {"passed": held["passed"] + days * 86_400}))
    store.close()


def test_a_silent_laptop_opens_by_a_sync_or_the_recovery_code(desk: Desk, tmp_path: Path) -> None:
    ana = desk.laptop("Ana Bell")
    assert sync(ana).code == 0
    assert {entry["worker"] for entry in ana("log", "--json").json} == {"Ana Bell"}, "before enrolment, too"
    let_pass(ana, 11)
    warned = ana("today", today=None)
    assert (warned.code, "Warning: No word from the central record for 11 days" in warned.err) == (0, True)
    assert ana("sync", "status", "--json", today=None).json["silent_days"] == 11
    renewed = ana("passphrase", "recovery-code", "--json").json["recovery_code"]
    let_pass(ana, 4)
    for words in (("today",), ("sync", "status"), ("passphrase", "recovery-code"), ("backup", "x")):
        shut = ana(*words, "--json", today=None)
        assert (shut.code, shut.json["error"]["code"]) == (3, "silent"), words
    assert "for 15 days (14 are the most)" in shut.err
    assert "outreach sync" in shut.err
    assert ana("bundle", "write", str(tmp_path / "monday"), today=None).code == 0
    assert sync(ana).code == 0
    assert ana("today", today=None).code == 0
    let_pass(ana, 15)
    assert ana("today", today=None).code == 3
    code = {"OUTREACH_RECOVERY_CODE_FILE": str(secret_file(tmp_path, renewed, "code"))}
    assert ana("passphrase", "recover", today=None, env=code).code == 0
    assert ana("today", today=None).code == 0


def test_what_cannot_be_done_says_so_with_its_exit_code(desk: Desk) -> None:
    bare = desk.bare("Cy Dunn")
    not_yet = sync(bare)
    assert (not_yet.code, not_yet.json["error"]["code"]) == (5, "not-enrolled")
    wrong = bare("enrol", desk.url, "0000000000", "--json", today=None)
    assert (wrong.code, wrong.json["error"]["code"]) == (5, "wrong-code")
    plain = bare("enrol", "http://hub.example.org", "0000000000", "--json", today=None)
    assert (plain.code, plain.json["error"]["where"]) == (2, "URL")
    ana = desk.laptop("Ana Bell")
    assert "the first sync says until when" in ana("sync", "status", today=None).out
    assert sync(ana).code == 0
    device = ana("sync", "status", "--json", today=None).json["device"]
    assert desk.hub("hub", "revoke", device[:13], today=None).code == 0
    ended = sync(ana)
    assert (ended.code, ended.json["error"]["code"]) == (5, "revoked")
    ever_after = (("sync",), ("today",), ("sync", "status"), ("bundle", "write", "x"), ("backup", "x"))
    for words in (*ever_after, ("passphrase", "change"), ("passphrase", "recover")):
        after = ana(*words, "--json", today=None)
        assert (after.code, after.json["error"]["code"]) == (5, "access-ended"), words
    [held] = desk.hub("hub", "devices", "--json", today=None).json
    assert (held["id"], held["status"]) == (device, "revoked")
    assert "outreach_hub_laptops_revoked 1" in desk.hub("hub", "metrics", today=None).out
    assert desk.hub("hub", "serve", "--host", "0.0.0.0", today=None).code in (2, 5)


def test_a_code_that_is_too_old_or_used_enrols_no_laptop_and_costs_none_its_place(desk: Desk) -> None:
    with inside(desk.hub) as opened, opened.engine.begin() as connection:
        drawn = datetime.now(UTC) - LIFE - timedelta(seconds=1)
        worker = enter_worker(connection, "Cy Dunn", "early-help", "Swale", (), drawn)
        late = draw_code(connection, worker, drawn).text
    bare, used = desk.bare("Cy Dunn"), desk.code("Ana Bell")
    ana = desk.bare("Ana Bell")
    assert ana("enrol", desk.url, used, "--json", today=None).code == 0
    assert sync(ana).code == 0
    device = ana("sync", "status", "--json", today=None).json["device"]
    for_bare = "That code is wrong, used up or older than ten minutes; ask for another one."
    for_ana = "This laptop is already enrolled as Ana Bell's, and stays so: outreach sync works on without a"
    refusals = ((bare, late, for_bare), (bare, used, for_bare), (ana, used, for_ana), (ana, late, for_ana))
    for line, code, words in refusals:
        refused = line("enrol", desk.url, code, today=None)
        assert (refused.code, refused.out) == (5, "")
        assert words in refused.err
    assert sync(bare).json["error"]["code"] == "not-enrolled"
    assert ana("sync", "status", "--json", today=None).json["device"] == device
    assert (sync(ana).code, sync(ana).json["agreed"]) == (0, True)
    assert [row["id"] for row in desk.hub("hub", "devices", "--json", today=None).json] == [device]


def test_without_its_central_record_a_laptop_loses_nothing(tmp_path: Path) -> None:
    hub = make_hub(tmp_path)
    with serving(hub) as url:
        desk = Desk(tmp_path, hub, url, int(url.rsplit(":", 1)[1]))
        ana = desk.laptop("Ana Bell")
        assert sync(ana).code == 0
        backup = tmp_path / "hub.backup"
        made = hub("hub", "backup", str(backup), "--json", today=None)
        assert made.code == 0, made.err
        assert ana("team", "list").code == 0
        me = next(row["id"] for row in ana("worker", "list", "--json").json if row["you"])
        assert ana("edit", me, "name=Ana Bell-Orr").code == 0
        assert sync(ana).code == 0
    gone = sync(ana)
    assert (gone.code, gone.json["error"]["code"]) == (6, "unreachable")
    assert "nothing is lost" in gone.json["error"]["message"]
    assert hub("hub", "restore", str(backup), "--json", today=None).code == 5
    restored = hub("hub", "restore", str(backup), "--put-aside", "--json", today=None)
    assert restored.code == 0, restored.err
    assert restored.json["set_aside"]
    with serving(hub, desk.port, more=("--lease", "3")):
        done = sync(ana)
        assert (done.code, done.json["agreed"]) == (0, True), done.out + done.err
        until = datetime.fromisoformat(ana("sync", "status", "--json", today=None).json["opens_alone_until"])
        assert timedelta(days=2) < until - datetime.now(UTC) < timedelta(days=4)
        assert any("not the one last read" in problem for problem in done.json["problems"])
        assert hub("hub", "check", today=None).code == 0
        [held] = hub("hub", "devices", "--json", today=None).json
        assert held["worker"] == "Ana Bell-Orr", "what the backup lacked came back from the laptop"


def test_a_watch_rests_between_sessions_and_longer_while_nobody_answers() -> None:
    """Five minutes; then ten, twenty and forty while the central record is away."""

    class Over(Exception):
        pass

    said: list[str] = []
    ends = iter(["ok", "ok", "away", "away", "away", "away", "away", "ok", "away"])

    def session() -> None:
        assert said == [] or said[-1].startswith("rest"), "one session at a time"
        end = next(ends, None)
        if end is None:
            raise Over
        said.append(end)
        if end == "away":
            raise Unreachable("unreachable", "Nobody answers.")

    with pytest.raises(Over):
        keep_watch(session, 5, lambda seconds: said.append(f"rest {seconds / 60:g}"))
    rests = [word.removeprefix("rest ") for word in said if word.startswith("rest")]
    assert rests == ["5", "5", "5", "10", "20", "40", "40", "5", "5"]
    ends = iter(["away", "away"])
    said.clear()
    with pytest.raises(Over):
        keep_watch(session, 90, lambda seconds: said.append(f"rest {seconds / 60:g}"))
    assert said == ["away", "rest 90", "away", "rest 90"]


@pytest.mark.long
@pytest.mark.parametrize(
    ("as_json", "end"), [(False, signal.SIGINT), (True, signal.SIGTERM)], ids=["lines", "json"]
)
def test_a_watch_says_each_session_until_it_is_ended(
    desk: Desk, end: signal.Signals, *, as_json: bool
) -> None:
    """In lines on stdout; as JSON on stderr, with one document for all of them at the end."""
    ana = desk.laptop("Ana Bell")
    environ = {key: value for key, value in os.environ.items() if not key.startswith("OUTREACH_")}
    environ |= {"OUTREACH_HOME": str(ana.home), "OUTREACH_PASSPHRASE_FILE": str(ana.secret)}
    command = [sys.executable, "-m", "outreach_tui", "sync", "--watch", "0.001"]
    with subprocess.Popen(
        [*command, "--json"] if as_json else command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environ,
        text=True,
    ) as process:
        told = process.stderr if as_json else process.stdout
        assert told is not None
        said = [told.readline() for _ in range(3)]
        process.send_signal(end)
        out, errors = process.communicate(timeout=30)
    assert all(line.startswith("Both sides agree") for line in said)
    assert process.returncode == 130
    assert "Traceback" not in errors
    assert len(ana("sync", "status", "--json", today=None).json["agreed_at"]) == len("2026-11-20T08:41:07Z")
    if as_json:
        whole = json.loads(out)
        assert whole.keys() >= KEYS
        assert (whole["agreed"], whole["sessions"] >= 3) == (True, True)
        assert whole["requests"] >= whole["sessions"]


def test_a_watch_that_lost_its_way_does_not_say_that_both_agree() -> None:
    watched = Watched()
    one = {"pushed": 2, "agreed": True, "problems": ["Odd."], "pulled": 1, "merged": 0, "purged": 0}
    for _ in range(2):
        watched.note(one | {"set_aside": [], "taken_late": [], "to_settle": 0, "same_child": 0}, lambda: None)
    watched.begin().session.pushed = 5
    watched.break_off()
    running = watched.begin().session
    running.pushed, running.cursor = 7, 9
    said = watched.so_far()
    assert (said["pushed"], said["agreed"], said["problems"], said["sessions"]) == (16, False, ["Odd."], 2)
    assert (said["cursor"], watched.so_far()["pushed"]) == (9, 16), "nothing is counted twice"


def test_a_central_record_is_made_once_and_is_no_caseload(bare: Line) -> None:
    made = bare("hub", "init", "--lease", "3", "--json", today=None)
    assert made.code == 0, made.err
    assert len(made.json["words"].split()) == 6
    with inside(bare) as opened, opened.engine.begin() as connection:
        assert Counter(connection, lock=False).lease == 3
    again = bare("hub", "init", "--json", today=None)
    assert (again.code, again.json["error"]["code"]) == (5, "hub-exists")
    assert (bare.home / "hub.db").read_bytes()[:15] != b"SQLite format 3"
    assert bare("today").code in (4, 5)
    wrong = secret_file(bare.home.parent, "quite another thing", "wrong")
    locked = bare("hub", "devices", "--json", today=None, env={"OUTREACH_PASSPHRASE_FILE": str(wrong)})
    assert locked.code == 3


def test_a_folder_without_a_central_record_is_said_to_be_one(line: Line) -> None:
    for words in (
        ("hub", "devices"),
        ("hub", "serve"),
        ("hub", "code", "--worker", "A", "--agency", "school", "--team", "T"),
    ):
        done = line(*words, today=None)
        assert done.code == 4, done.out
        assert "outreach hub" in done.err


def test_a_set_day_moves_no_central_record_and_it_says_so(tmp_path: Path) -> None:
    hub = make_hub(tmp_path)
    words = ("hub", "serve", "--host", "0.0.0.0")
    told = hub(*words, today="2026-11-20").err
    assert "Today is not taken to be Fri 20 Nov 2026 (set by --today or OUTREACH_TODAY): a central" in told
    assert "taken to be" not in hub(*words, today=None).err
    for words in (("hub", "devices"), ("hub", "check"), ("hub", "metrics")):
        plain, document = hub(*words, today="2026-11-20"), hub(*words, "--json", today="2026-11-20")
        assert "Today is not taken to be Fri 20 Nov 2026" in plain.err
        assert "Today is not taken to be Fri 20 Nov 2026" in document.err
        assert (plain.out, document.out) == (
            hub(*words, today=None).out,
            hub(*words, "--json", today=None).out,
        )


def test_a_code_for_the_same_name_at_another_agency_names_the_laptop_that_goes_on(tmp_path: Path) -> None:
    hub = make_hub(tmp_path)
    words = ("hub", "code", "--worker", "Ana Bell", "--team", "Swale", "--agency")
    first = hub(*words, "early-help", "--json", today=None).json
    assert first["same_name"] == []
    with inside(hub) as opened, opened.engine.begin() as connection:
        add_device(connection, "laptop-1", first["worker"], bytes(32), NOW)
    asked = hub(*words, "school", "--json", today=None)
    assert asked.json["same_name"] == [
        {"worker": first["worker"], "agency": "early-help", "laptops": ["laptop-1"]}
    ]
    said = hub(*words, "school", today=None)
    assert (
        "Ana Bell of early-help is another worker on record, and their laptop goes on (laptop-1). Where both"
        " are one person, let it sync once more, then end its access: outreach hub revoke DEVICE."
    ) in " ".join(said.err.split())
    assert hub("hub", "revoke", "laptop-1", today=None).code == 0
    [other] = hub(*words, "school", "--json", today=None).json["same_name"]
    assert other["laptops"] == []
