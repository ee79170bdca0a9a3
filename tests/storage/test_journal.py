"""The one write path: what an edit leaves behind, what undo takes back, and that a fault leaves nothing."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from casework.edits import Edit, bundle, create, update
from casework.errors import Refused
from casework.followups import contact, follow_up
from casework.ids import new_id
from casework.records import Calendar, Child, Flag, Household, Person, Relationship, School, Team, Worker
from casework.records_attendance import AttendanceWeek
from storage import audit
from storage.cipher import close_database, open_database
from storage.drafts import Drafts
from storage.journal import Actor
from storage.migrations import HEAD
from storage.queries.caseload import read_caseload
from storage.queries.child import read_child
from storage.queries.today import read_round
from storage.rows import current_values
from storage.store import Store
from tests.tools.caseloads import set_up

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 8, 30, tzinfo=UTC)
KEY = bytearray(range(32))


def fresh_store(folder: Path) -> Store:
    team = Team(id=new_id(), name="Swale")
    worker = Worker(id=new_id(), name="Kim Invented", agency="inclusion-attendance", team=team.id)
    path = folder / "caseload.db"
    return set_up(path, bytearray(KEY), worker=worker, team=team, now=lambda: NOW, today=TODAY)


def reopened(store: Store) -> Store:
    store.close()
    return Store.open(store.path, bytearray(KEY), now=lambda: NOW, today=TODAY)


@pytest.fixture
def store(tmp_path: Path) -> Any:
    opened = fresh_store(tmp_path)
    yield opened
    opened.close()


def a_child(**fields: Any) -> Child:
    return Child.model_validate({"id": new_id(), "surname": "Marsh", "forename": "Tilly", **fields})


def test_one_edit_leaves_row_history_index_and_audit(store: Store) -> None:
    child = a_child(upn="U886009924001")
    receipt = store.journal.commit(Edit("Add child", (create(child),), subject=child.id))
    assert store.get(Child, child.id) == child
    row = store.conn.execute("SELECT new FROM change WHERE edit = ?", (receipt.seq,)).fetchone()
    assert json.loads(row[0])["surname"] == "Marsh"
    assert [hit.id for hit in store.names.search("tily marsh")] == [child.id]
    newest = audit.entries(store.conn, child=child.id)[0]
    assert newest.verb == "changed"
    assert "Marsh" not in newest.detail
    assert receipt.touched == {"child"}


def test_a_fault_in_the_middle_leaves_nothing(store: Store) -> None:
    child = a_child()
    with pytest.raises(ZeroDivisionError), store.journal.step(Edit("Add child", (create(child),))):
        raise ZeroDivisionError
    assert store.find(Child) == []
    assert store.conn.execute("SELECT count(*) FROM edit").fetchone()[0] == 1
    assert audit.verify(store.conn) is None
    store.journal.commit(Edit("Add child", (create(child),)))
    assert store.find(Child) == [child]


def test_an_edit_based_on_an_old_value_is_refused_and_changes_nothing(store: Store) -> None:
    child = a_child()
    store.journal.commit(Edit("Add child", (create(child),)))
    first = Edit("Known as", update(child, known_as="Till"))
    second = Edit("Known as", update(child, known_as="Tils", language="Polish"))
    store.journal.commit(first)
    with pytest.raises(Refused, match="Somebody changed “Known as” meanwhile") as refusal:
        store.journal.commit(second)
    assert refusal.value.code == "changed-meanwhile"
    assert store.get(Child, child.id).known_as == "Till"
    assert store.get(Child, child.id).language == ""


def as_another_worker(store: Store, child: Child, **fields: Any) -> None:
    store.journal.act_as(Actor(new_id(), new_id()))
    store.journal.commit(Edit("Known as", update(child, **fields)))
    store.journal.act_as(store.actor)


@pytest.mark.parametrize("again", [False, True])
def test_a_step_whose_field_somebody_changed_since_is_not_taken_back_or_done_again(
    store: Store, again: bool
) -> None:
    child = a_child()
    store.journal.commit(Edit("Add child", (create(child),)))
    store.journal.commit(Edit("Known as", update(child, known_as="Till")))
    if again:
        store.journal.undo()
    as_another_worker(store, store.get(Child, child.id), known_as="Tils")
    with pytest.raises(Refused) as refusal:
        store.journal.redo() if again else store.journal.undo()
    assert (refusal.value.code, refusal.value.message) == (
        "changed-meanwhile",
        "Somebody changed “Known as” since, so this step can no longer be "
        + ("done again" if again else "taken back")
        + "; change it as it should be now.",
    )
    assert store.get(Child, child.id).known_as == "Tils"


def test_an_edit_without_changes_is_refused(store: Store) -> None:
    child = a_child()
    store.journal.commit(Edit("Add child", (create(child),)))
    with pytest.raises(Refused, match="Nothing would change"):
        store.journal.commit(Edit("Known as", update(child, known_as="")))


def test_setting_up_cannot_be_undone(store: Store) -> None:
    with pytest.raises(Refused, match="no step of yours"):
        store.journal.undo()


def test_undo_and_redo_survive_a_restart_and_erase_nothing(store: Store) -> None:
    child = a_child()
    store.journal.commit(Edit("Add child", (create(child),)))
    store.journal.commit(Edit("Known as", update(child, known_as="Till")))
    store = reopened(store)
    assert store.journal.undo().name == "Undo: Known as"
    assert store.get(Child, child.id).known_as == ""
    store = reopened(store)
    assert store.journal.redo().name == "Redo: Known as"
    assert store.get(Child, child.id).known_as == "Till"
    steps = store.conn.execute("SELECT kind FROM edit ORDER BY seq").fetchall()
    assert [kind for (kind,) in steps] == ["setup", "do", "do", "undo", "redo"]
    store.close()


def test_a_bulk_step_is_one_undo(store: Store) -> None:
    children = [a_child(forename=name) for name in ("Ana", "Ben", "Cal")]
    store.journal.commit(Edit("Add children", tuple(create(c) for c in children)))
    steps = [
        follow_up(c.id, by=store.actor.worker, at=NOW, session_date=TODAY, outcome="no-answer")
        for c in children
    ]
    store.journal.commit(bundle("Follow-up of 3 children: no answer", steps))
    count = "SELECT count(*) FROM follow_up WHERE void = 0"
    assert store.conn.execute(count).fetchone()[0] == 3
    store.journal.undo()
    assert store.conn.execute(count).fetchone()[0] == 0
    assert store.conn.execute("SELECT count(*) FROM follow_up").fetchone()[0] == 3


def test_undoing_an_arrival_with_later_work_is_refused(store: Store) -> None:
    child = a_child()
    store.journal.commit(Edit("Import", (create(child),)))
    step = follow_up(child.id, by="someone-else", at=NOW, session_date=TODAY, outcome="seen")
    store.journal.commit(step)
    store.conn.execute("UPDATE edit SET worker = 'someone-else' WHERE seq = (SELECT max(seq) FROM edit)")
    with pytest.raises(Refused, match="later entries"):
        store.journal.undo()
    assert not store.get(Child, child.id).void


@pytest.mark.parametrize("kind", ["contact", "flag"])
def test_undoing_an_arrival_with_a_later_entry_of_any_kind_is_refused(store: Store, kind: str) -> None:
    child = a_child()
    store.journal.commit(Edit("Import", (create(child),)))
    entry = (
        contact(child.id, by="someone-else", at=NOW, kind="call")
        if kind == "contact"
        else Edit("Flag", (create(Flag(id=new_id(), child=child.id, kind="child-in-need")),))
    )
    store.journal.commit(entry)
    store.conn.execute("UPDATE edit SET worker = 'someone-else' WHERE seq = (SELECT max(seq) FROM edit)")
    with pytest.raises(Refused, match="later entries"):
        store.journal.undo()


def test_an_arrival_whose_later_entries_were_taken_back_is_undone(store: Store) -> None:
    child = a_child()
    store.journal.commit(Edit("Import", (create(child),)))
    step = follow_up(child.id, by=store.actor.worker, at=NOW, session_date=TODAY, outcome="seen")
    store.journal.commit(step)
    store.journal.undo()
    store.journal.undo()
    assert store.find(Child) == []


def test_a_new_step_ends_what_redo_could_bring_back(store: Store) -> None:
    child = a_child()
    store.journal.commit(Edit("Add child", (create(child),)))
    store.journal.commit(Edit("Known as", update(child, known_as="Till")))
    store.journal.undo()
    store.journal.commit(Edit("Language", update(child, language="Polish")))
    with pytest.raises(Refused, match="no undone step"):
        store.journal.redo()
    assert store.get(Child, child.id).known_as == ""


def test_a_step_that_changed_a_field_twice_is_taken_back_to_its_start(store: Store) -> None:
    child = a_child()
    store.journal.commit(Edit("Add child", (create(child),)))
    store.journal.commit(Edit("Known as", update(child, known_as="Till")))
    now = child.model_copy(update={"known_as": "Till"})
    then = child.model_copy(update={"known_as": "Tils"})
    store.journal.commit(Edit("Twice", (*update(now, known_as="Tils"), *update(then, known_as="Tilda"))))
    store.journal.undo()
    assert store.get(Child, child.id).known_as == "Till"
    store.journal.redo()
    assert store.get(Child, child.id).known_as == "Tilda"


def test_a_listener_hears_until_it_unsubscribes(store: Store) -> None:
    heard: list[str] = []
    stop = store.journal.subscribe(lambda receipt: heard.append(receipt.name))
    store.journal.commit(Edit("One", (create(a_child()),)))
    stop()
    stop()
    store.journal.commit(Edit("Two", (create(a_child()),)))
    assert heard == ["One"]


def test_a_draft_ends_with_the_edit_it_became(store: Store) -> None:
    child = a_child()
    store.journal.commit(Edit("Add child", (create(child),)))
    store.drafts.save("contact", child.id, {"note": "half a sent"})
    store = reopened(store)
    draft = store.drafts.load("contact", child.id)
    assert draft is not None
    assert draft.fields == {"note": "half a sent"}
    edit = Edit("Known as", update(child, known_as="Till"))
    store.journal.commit(edit, draft=("contact", child.id))
    assert store.drafts.waiting() == []
    store.close()


def test_drafts_that_wait_are_told_newest_first_until_thrown_away(tmp_path: Path) -> None:
    store = fresh_store(tmp_path)
    minutes = iter(range(60))
    drafts = Drafts(store.conn, store.path, lambda: NOW.replace(minute=next(minutes)))
    for subject in ("ana", "ben", "ana"):
        drafts.save("contact", subject, {"note": subject})
    assert [draft.subject for draft in drafts.waiting()] == ["ana", "ben"]
    drafts.discard("contact", "ana")
    assert [draft.subject for draft in drafts.waiting()] == ["ben"]
    store.close()


def test_renaming_a_household_or_a_school_renews_the_index_of_its_children(store: Store) -> None:
    home = Household(id=new_id(), address="1 Quarry Lane")
    school = School(id=new_id(), urn="999001", name="Oakhanger Primary")
    child = a_child(household=home.id, school=school.id)
    store.journal.commit(Edit("Add", (create(home), create(school), create(child))))
    store.journal.commit(Edit("Moved", update(home, address="7 Harbour Parade")))
    store.journal.commit(Edit("Renamed", update(school, name="Harbour View")))
    assert [hit.id for hit in store.names.search("harbour parade")] == [child.id]
    assert [hit.id for hit in store.names.search("harbour view")] == [child.id]
    assert store.names.search("quarry lane") == []


def test_a_protected_address_is_not_searchable(store: Store) -> None:
    home = Household(id=new_id(), address="9 Hidden Mews")
    child = a_child(household=home.id)
    store.journal.commit(Edit("Add", (create(home), create(child))))
    assert store.names.search("hidden mews")
    store.journal.commit(Edit("Protect", update(home, address_protected=True)))
    assert store.names.search("hidden mews") == []


def test_an_address_protection_flag_hides_the_address_of_the_whole_household(store: Store) -> None:
    home = Household(id=new_id(), address="9 Hidden Mews")
    child, sibling = a_child(household=home.id), a_child(forename="Ben", household=home.id)
    adult = Person(id=new_id(), surname="Marsh", address="9 Hidden Mews")
    tie = Relationship(id=new_id(), child=sibling.id, person=adult.id)
    store.journal.commit(Edit("Add", tuple(create(r) for r in (home, child, sibling, adult, tie))))
    assert len(store.names.search("hidden mews")) == 2
    flag = Flag(id=new_id(), child=child.id, kind="address-protection")
    store.journal.commit(Edit("Protect", (create(flag),)))
    page = read_child(store, sibling)
    assert page.household is not None
    assert (page.household.address, page.people[0].person.address) == ("", "")
    assert store.names.search("hidden mews") == []
    store.journal.commit(Edit("Ended", update(flag, ended=TODAY)))
    assert len(store.names.search("hidden mews")) == 2


def test_custody_is_not_told_by_a_mark(store: Store) -> None:
    school = School(id=new_id(), urn="999001", name="Oakhanger Primary")
    child = a_child(school=school.id)
    week = AttendanceWeek(
        id=new_id(),
        child=child.id,
        school=school.id,
        week=date(2026, 11, 16),
        marks="Y5 Y5 / \\ / \\ / \\ N N",
        comments={"0": "at court", "2": "bus", "3": "told by the court"},
    )
    store.journal.commit(Edit("Add", (create(school), create(child), create(week))))
    page = read_child(store, child)
    assert [mark.code for mark in page.marks][:3] == ["Y", "Y", "/"]
    assert page.weeks[0][1].startswith("Y Y /")
    assert (page.tally.not_possible, page.tally.possible) == (2, 8)
    assert [mark.comment for mark in page.marks][:4] == ["", "", "bus", "told by the court"]
    assert read_caseload(store)[0].weeks[0][1].startswith("Y Y /")
    store.journal.commit(Edit("Marks", update(week, marks="I Y5 / Y5 / \\ / \\ N N")))
    once = read_child(store, child).marks
    assert [(mark.code, list(mark.was), mark.comment) for mark in once[:4]] == [
        ("I", ["Y"], ""),
        ("Y", [], ""),
        ("/", [], "bus"),
        ("Y", ["\\"], ""),
    ]


def test_derived_columns_follow_the_marks(store: Store) -> None:
    week = AttendanceWeek(
        id=new_id(), child="c", school="s", week=date(2026, 11, 16), marks="N \\ / \\ I I / \\ - -"
    )
    store.journal.commit(Edit("Marks", (create(week),)))
    read = "SELECT possible, attended, authorised, unauthorised, unexplained FROM attendance_week"
    assert store.conn.execute(read).fetchone() == (8, 5, 2, 1, 1)
    store.journal.commit(Edit("Marks", update(week, marks="M \\ / \\ I I / \\ / \\")))
    assert store.conn.execute(read).fetchone() == (10, 7, 3, 0, 0)


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        ("UPDATE audit SET detail = 'edit 2: nothing' WHERE seq = 2", "altered"),
        ("DELETE FROM audit WHERE seq = 2", "missing"),
        ("UPDATE audit SET child = 'x' WHERE seq = 3", "altered"),
        ("UPDATE audit SET verb = 'looked' WHERE seq = 3", "altered"),
        ("UPDATE audit SET worker = 'x' WHERE seq = 3", "altered"),
        ("UPDATE audit SET at = '2026-11-20T09:30:00Z' WHERE seq = 3", "altered"),
    ],
)
def test_the_audit_chain_shows_tampering(store: Store, tamper: str, found: str) -> None:
    for name in ("Ana", "Ben", "Cal"):
        store.journal.commit(Edit("Add child", (create(a_child(forename=name)),)))
    assert audit.verify(store.conn) is None
    store.conn.execute(tamper)
    fault = audit.verify(store.conn)
    assert fault is not None
    assert found in fault.text


class JournalMachine(RuleBasedStateMachine):
    """Random edits, undos, redos and restarts against a plain model of what the rows should hold."""

    @initialize(folder=st.uuids())
    def start(self, folder: Any) -> None:
        import tempfile

        self.folder = tempfile.TemporaryDirectory(prefix=f"journal-{folder}")
        self.store = fresh_store(Path(self.folder.name))
        self.model: dict[str, dict[str, Any]] = {}
        self.done: list[dict[str, dict[str, Any]]] = []
        self.undone: list[dict[str, dict[str, Any]]] = []

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            self.folder.cleanup()

    def _remember(self) -> None:
        self.done.append({key: dict(value) for key, value in self.model.items()})
        self.undone.clear()

    @rule(forename=st.sampled_from(["Ana", "Zoë", "Łukasz", "O'Brien"]))
    def add(self, forename: str) -> None:
        self._remember()
        child = a_child(forename=forename)
        self.store.journal.commit(Edit("Add", (create(child),)))
        self.model[child.id] = child.model_dump(mode="json")

    @precondition(lambda self: self.model)
    @rule(pick=st.integers(0, 99), known_as=st.text("abc", min_size=1, max_size=5))
    def rename(self, pick: int, known_as: str) -> None:
        child = self.store.get(Child, sorted(self.model)[pick % len(self.model)])
        changes = update(child, known_as=known_as)
        if changes:
            self._remember()
            self.store.journal.commit(Edit("Rename", changes))
            self.model[child.id]["known_as"] = known_as

    @precondition(lambda self: self.done)
    @rule()
    def undo(self) -> None:
        self.store.journal.undo()
        self.undone.append(self.model)
        self.model = self.done.pop()

    @precondition(lambda self: self.undone)
    @rule()
    def redo(self) -> None:
        self.store.journal.redo()
        self.done.append(self.model)
        self.model = self.undone.pop()

    @rule()
    def restart(self) -> None:
        self.store = reopened(self.store)

    @invariant()
    def rows_are_the_model(self) -> None:
        if not hasattr(self, "store"):
            return
        standing = {child.id: child.model_dump(mode="json") for child in self.store.find(Child)}
        assert standing == self.model
        for child in standing:
            assert current_values(self.store.conn, "child", child) == self.model[child]
        assert audit.verify(self.store.conn) is None


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)


def test_a_caseload_of_a_newer_outreach_is_refused_and_left_alone(tmp_path: Path) -> None:
    store = fresh_store(tmp_path)
    store.conn.execute(f"PRAGMA user_version = {HEAD + 1}")
    with pytest.raises(Refused) as fault:
        reopened(store)
    assert fault.value.code == "newer-caseload"
    conn = open_database(store.path, bytearray(KEY))
    assert conn.execute("PRAGMA user_version").fetchone()[0] == HEAD + 1
    close_database(conn, store.path)


def test_undone_marks_no_longer_count(store: Store) -> None:
    school = School(id=new_id(), urn="999001", name="Oakhanger Primary")
    term = Calendar(
        id=new_id(), school=school.id, kind="term", start=date(2026, 9, 1), end=date(2026, 12, 18)
    )
    child = a_child(school=school.id)
    store.journal.commit(Edit("Add", (create(school), create(term), create(child))))
    week = AttendanceWeek(
        id=new_id(), child=child.id, school=school.id, week=date(2026, 11, 16), marks="N N / \\ O O / \\ N N"
    )
    store.journal.commit(Edit("Import", (create(week),)))
    assert len(read_round(store).rows) == 1
    assert read_child(store, child).legal.unauthorised_in_window == 6
    store.journal.undo()
    assert read_round(store).rows == []
    page = read_child(store, child)
    assert (page.legal.unauthorised_in_window, page.marks, page.weeks, page.n_codes) == (0, [], [], [])
