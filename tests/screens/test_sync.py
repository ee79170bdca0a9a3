"""The screen of the central record: what waits, what was set aside, and a session that no key waits for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from casework.edits import Edit, create, update
from casework.errors import Refused, Unreachable
from casework.ids import new_id
from casework.records import Child
from casework.records_sync import Conflict
from outreach_tui.central import Sessions
from screens.child import ChildScreen
from screens.sync import SyncScreen, sync_lines
from screens.unlock import UnlockScreen
from screens.widgets.row_list import RowList
from screens.widgets.text import show_cell
from storage.central.problems import note_problems
from storage.central.state import read_state, write_state
from storage.desk import Desk
from storage.journal import transaction
from storage.queries.sync_view import read_child_records, read_sync_view
from storage.store import Store
from tests.screens.fakes import FakeStore
from tests.screens.real import KEY, NOW, TODAY, Family, asked, commit, enter, make_real_app, new_store
from tests.screens.steps import settle
from tests.screens.test_consent import flat, keys
from tests.screens.textshot import check_shot


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    store = new_store(tmp_path)
    yield Family(store)
    store.close()


def enrol(store: Store) -> None:
    with transaction(store.conn):
        state = replace(read_state(store.conn), hub="hub", device="device", url="https://hub.example")
        write_state(store.conn, state)


class Slow:
    """A transport whose answer comes when the test says so."""

    def __init__(self) -> None:
        self.asked, self.answer = threading.Event(), threading.Event()

    def send(self, said: Any) -> Callable[[], Any]:
        def wait() -> Any:
            self.asked.set()
            assert self.answer.wait(30)
            return said

        return wait


def session(**more: Any) -> Any:
    counts = {"pushed": 3, "pulled": 2, "conflicts": 0, "quarantined": 0, "purged": 0}
    return SimpleNamespace(**(counts | {"agreed": True, "problems": []} | more))


def flat_words(cell: Any) -> str:
    pieces = cell if isinstance(cell, tuple) else (cell,)
    return "".join(getattr(piece, "text", piece) for piece in pieces)


async def test_what_waits_is_told_and_who_is_not_enrolled_is_told_how(family: Family, tmp_path: Path) -> None:
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        assert isinstance(app.screen, SyncScreen)
        text = flat(app)
        assert "This laptop is not enrolled with a central record" in text
        assert "to be sent, the oldest of" in text
        check_shot(app, "sync-not-enrolled-80")
        await keys(pilot, "tilde")
        assert "outreach enrol URL CODE" in flat(app)


async def test_each_record_of_a_child_is_listed_with_whether_it_waits(family: Family, tmp_path: Path) -> None:
    store, child = family.store, family.tilly.id
    before = read_child_records(store, child)
    assert before
    assert all(one.waits for one in before)
    with transaction(store.conn):
        store.conn.execute(
            "INSERT INTO sync_edit (edit, verdict, seq, code, reason)"
            " SELECT seq, 'applied', 1, '', '' FROM edit"
        )
    held = store.get(Child, child)
    store.journal.commit(Edit("Called otherwise", update(held, known_as="Till"), subject=child))
    first, *rest = read_child_records(store, child)
    assert (first.kind, first.step, first.waits) == ("child", "Called otherwise", True)
    assert len(rest) == len(before)  # the child itself came with a step about no child
    assert not any(one.waits for one in rest)
    app = make_real_app(tmp_path, store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        rows = app.screen.query_one(RowList)
        while rows.current is None or "enter shows which" not in flat_words(rows.current.cells[0]):
            await keys(pilot, "j")
        await keys(pilot, "enter")
        text = flat(app)
        assert "waits · child · Fri 20 Nov 2026 08:41 · Called otherwise" in text
        check_shot(app, "sync-records-80")


def test_of_what_waits_the_records_are_counted_and_not_the_steps(family: Family) -> None:
    """Three steps about one child are one child to whoever reads it."""
    store, tilly = family.store, family.tilly.id
    commit(store, "Roll", [Child(id=new_id(), surname="Orr", forename=name) for name in ("Mo", "Ivy")])
    for name in ("Till", "Lily", "Tilda"):
        held = store.get(Child, tilly)
        store.journal.commit(Edit("Called otherwise", update(held, known_as=name), subject=tilly))
    view = read_sync_view(store)
    assert (view.kinds["child"], view.kinds["attendance_week"]) == (4, 10)
    text = " ".join(" ".join(show_cell(cell).plain for _, cell in sync_lines(view, 80)).split())
    assert "They bring or change 10 attendance weeks, " in text
    assert " 4 children, 3 people, 3 relationships, " in text
    assert " 1 contact, " in text
    alone = replace(view, waiting=1, kinds={"child": 1_204})
    assert "It brings or changes 1,204 children." in str([cell for _, cell in sync_lines(alone, 80)])


def test_who_may_stand_twice_is_named(family: Family) -> None:
    view = replace(read_sync_view(family.store), pairs=2, alike=[("Tilly Marsh", "Matilda Marsh")])
    words = "".join(flat_words(cell) for _, cell in sync_lines(view, 80))
    assert "2 pairs of records may be of one child: = on the child" in words
    assert "Tilly Marsh and Matilda Marsh" in words


def test_where_nothing_waits_no_noughts_are_told(family: Family) -> None:
    came = [
        ("2026-11-20T08:41:00Z", "4 records, 0 given up"),
        ("2026-11-20T08:40:00Z", "1 record, 2 given up"),
    ]
    quiet = replace(read_sync_view(family.store), waiting=0, oldest="", kinds={}, children=[], came=came)
    text = " ".join(" ".join(show_cell(cell).plain for _, cell in sync_lines(quiet, 80)).split())
    assert "Nothing waits to be sent" in text
    assert "Nothing set aside by the central record" in text
    assert "08:41 4 records Fri 20 Nov 2026 08:40 1 record, 2 given up" in text


async def test_a_session_blocks_no_key_and_its_end_is_said(family: Family, tmp_path: Path) -> None:
    enrol(family.store)
    way = Slow()

    def reconcile(store: Store, say: Callable[[str], None], around: Callable[[Any], Any]) -> Any:
        del store
        say("3 sent")
        assert around(way).send("x")() == "x"
        return session()

    app = make_real_app(tmp_path, family.store, reconcile=reconcile)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        await pilot.press("tilde")
        while not way.asked.is_set():
            await pilot.pause()
        app.open_child(family.tilly.id)
        while not isinstance(app.screen, ChildScreen):
            await pilot.pause()
        await pilot.press("escape")
        way.answer.set()
        await settle(pilot)
        assert "Both sides agree: 3 steps sent, 2 records received." in flat(app)


def settle_steps(store: Store, at: str = "") -> None:
    """As verdicts settle all that waits, and at some instant both sides agree; no receipt tells of it."""
    with transaction(store.conn):
        store.conn.execute(
            "INSERT OR IGNORE INTO sync_edit (edit, verdict, seq, code, reason)"
            " SELECT seq, 'applied', 1, '', '' FROM edit"
        )
        write_state(store.conn, replace(read_state(store.conn), agreed_at=at))


async def test_what_waits_is_told_as_it_is_while_a_session_goes_on(family: Family, tmp_path: Path) -> None:
    enrol(family.store)
    way = Slow()

    def reconcile(store: Store, say: Callable[[str], None], around: Callable[[Any], Any]) -> Any:
        del store, say
        around(way).send("x")()
        return session()

    app = make_real_app(tmp_path, family.store, reconcile=reconcile)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        assert "8 steps to be sent" in flat(app)
        await pilot.press("tilde")
        while not way.asked.is_set():
            await pilot.pause()
        await asked(app, settle_steps)  # on the app's own connection, as a session does
        await app.mind_others()
        for _ in range(100):
            if "Nothing waits to be sent" in flat(app):
                break
            await pilot.pause()
        way.answer.set()
        text = flat(app)
        assert "Nothing waits to be sent" in text
        assert "steps to be sent" not in text, "nor in the title"
        await settle(pilot)


async def test_what_another_process_agreed_on_is_told_and_the_cursor_stays_on_its_child(
    family: Family, tmp_path: Path
) -> None:
    enrol(family.store)
    path = family.store.path
    with transaction(family.store.conn):
        seq = family.store.conn.execute("SELECT max(seq) FROM edit WHERE subject IS NOT NULL").fetchone()[0]
        family.store.conn.execute(
            "INSERT INTO sync_edit (edit, verdict, seq, code, reason)"
            " VALUES (?, 'quarantined', 0, 'not-entitled', 'Not this one.')",
            (seq,),
        )
    app = make_real_app(tmp_path, family.store)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        assert "Both sides last agreed never yet" in flat(app)
        rows = app.screen.query_one(RowList)
        while rows.current is None or "Follow-up" not in flat_words(rows.current.cells[0]):
            await keys(pilot, "j")
        other = Store.open(path, bytearray(KEY), now=lambda: NOW, today=TODAY)
        settle_steps(other, NOW.isoformat())
        other.close()
        await app.mind_others()
        await settle(pilot)
        text = flat(app)
        assert "Both sides last agreed Fri 20 Nov 2026 08:41" in text
        assert "Nothing waits to be sent" in text
        assert rows.current is not None
        assert "Follow-up" in flat_words(rows.current.cells[0])
        await keys(pilot, "enter")
        assert "What waits and what was sent" in flat(app), "it is still about its child"


async def test_a_laptop_whose_access_was_ended_shows_nothing_more(family: Family, tmp_path: Path) -> None:
    enrol(family.store)

    def reconcile(*_: Any) -> Any:
        raise Refused("revoked", "This laptop's access was ended; speak to your manager.")

    app = make_real_app(tmp_path, family.store, reconcile=reconcile)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot, family.tilly.id)
        assert family.tilly.surname in flat(app)
        await keys(pilot, "g", "y", "tilde")
        for _ in range(100):
            if isinstance(app.screen, UnlockScreen):
                break
            await pilot.pause()
        assert isinstance(app.screen, UnlockScreen)
        text = flat(app)
        assert "access was ended" in text
        assert family.tilly.surname not in text


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (session(agreed=False), "The two sides do not agree yet; sync again"),
        (session(conflicts=1, quarantined=2), "2 records received, 2 set aside (g y)"),
        (
            session(problems=["Odd."]),
            "Something was found wrong (g y says what): 3 steps sent, 2 records received.",
        ),
        (session(agreed=False, problems=["Odd."]), "Something was found wrong (g y says what); sync again:"),
        (Unreachable("unreachable", "The central record cannot be reached."), "reached. Nothing is lost."),
        (Unreachable("unreachable", "Nobody answers; nothing is lost."), "Nobody answers; nothing is lost."),
    ],
)
async def test_no_end_is_said_that_was_not(family: Family, tmp_path: Path, outcome: Any, words: str) -> None:
    enrol(family.store)

    def reconcile(*_: Any) -> Any:
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    app = make_real_app(tmp_path, family.store, reconcile=reconcile)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y", "tilde")
        assert words in flat(app)
        assert flat(app).lower().count("nothing is lost") == isinstance(outcome, Unreachable)
        assert "Both sides agree:" not in flat(app) or not getattr(outcome, "problems", ["Odd."])


def differ(store: Store, child: str) -> None:
    """A conflict about a child, as a session leaves it."""
    made = Conflict(
        id="conflict-1", child=child, record=child, record_type="child", field="known_as",
        base='""', central='"Til"', other='"Lily"', facet="identity",
    )  # fmt: skip
    store.journal.commit(Edit("Differ", (create(made),)), kind="setup")


@pytest.mark.parametrize("settled", [False, True])
async def test_of_conflicts_it_is_said_what_there_is_to_settle(
    family: Family, tmp_path: Path, settled: bool
) -> None:
    """After a backup was put back a step is in conflict again that a person has settled long since."""
    enrol(family.store)
    if not settled:
        differ(family.store, family.tilly.id)
    app = make_real_app(tmp_path, family.store, reconcile=lambda *_: session(conflicts=1))
    async with app.run_test(size=(120, 40)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        await app.mind_central()
        await settle(pilot)
        text = flat(app)
        assert ("received, 1 conflict to settle (g x)." in text) is not settled
        assert ("Both sides agree:" in text) is not settled
        assert "in conflict" not in text


async def test_a_background_sync_that_only_gave_up_records_says_so_in_a_line(
    family: Family, tmp_path: Path
) -> None:
    enrol(family.store)
    app = make_real_app(tmp_path, family.store, reconcile=lambda *_: session(purged=12))
    async with app.run_test(size=(120, 40)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        await app.mind_central()
        await settle(pilot)
        told = "12 records were given up: taken back or merged, or not covered by your work or by what the"
        told += " family agreed."
        assert told in flat(app)


async def test_a_background_sync_of_which_nobody_has_to_know_says_nothing(
    family: Family, tmp_path: Path
) -> None:
    enrol(family.store)
    app = make_real_app(tmp_path, family.store, reconcile=lambda *_: session())
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        await app.mind_central()
        await settle(pilot)
        assert "given up" not in flat(app)
        assert "Both sides agree:" not in flat(app)


async def test_what_a_session_found_wrong_stands_there_in_plain_words(family: Family, tmp_path: Path) -> None:
    """Also where nobody asked for the session."""
    enrol(family.store)
    odd = "Sums of this laptop did not fit its records; they were counted anew."

    def note(store: Store) -> None:
        with transaction(store.conn):
            note_problems(store.conn, store.now(), [odd])

    app = make_real_app(tmp_path, family.store, reconcile=lambda *_: session(problems=[odd]))
    async with app.run_test(size=(120, 40)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        assert odd not in flat(app)
        await asked(app, note)
        await app.mind_central()
        await settle(pilot)
        text = flat(app)
        assert f"What a session found wrong Fri 20 Nov 2026 08:41 {odd}" in text
        assert "Something was found wrong" in text


async def test_a_step_that_was_set_aside_stands_with_its_reason_and_what_to_do(
    family: Family, tmp_path: Path
) -> None:
    enrol(family.store)
    app = make_real_app(tmp_path, family.store)

    def set_one_aside(store: Store) -> None:
        seq = store.conn.execute("SELECT max(seq) FROM edit WHERE subject IS NOT NULL").fetchone()[0]
        store.conn.execute(
            "UPDATE edit SET id = ? WHERE seq = ?", ("019a9f00-1e5f-7abc-8000-000000000001", seq)
        )
        store.conn.execute(
            "INSERT INTO sync_edit (edit, verdict, seq, code, reason)"
            " VALUES (?, 'quarantined', 0, 'not-entitled', 'The worker may not write this any more.')",
            (seq,),
        )
        seq = store.conn.execute("SELECT min(seq) FROM edit WHERE subject IS NOT NULL").fetchone()[0]
        store.conn.execute(
            "INSERT INTO sync_edit (edit, verdict, seq, code, reason)"
            " VALUES (?, 'applied', 9, 'let-in', 'Let in by Dana Cedar: It is the roll')",
            (seq,),
        )

    async with app.run_test(size=(120, 40)) as pilot:
        await enter(pilot)
        await asked(app, set_one_aside)
        await keys(pilot, "g", "y")
        text = flat(app)
        assert "1 step set aside by the central record" in text
        assert "why: The worker may not write this any more." in text
        assert "do: Ask your manager to put you or your team on the case" in text
        check_shot(app, "sync-120")


async def test_a_lock_ends_a_session_without_a_word(family: Family, tmp_path: Path) -> None:
    enrol(family.store)
    way = Slow()

    def reconcile(_store: Store, _say: Callable[[str], None], around: Callable[[Any], Any]) -> Any:
        around(way).send("x")()
        return session()

    app = make_real_app(tmp_path, family.store, reconcile=reconcile)
    async with app.run_test(size=(80, 24)) as pilot:
        await enter(pilot)
        await keys(pilot, "g", "y")
        await pilot.press("tilde")
        while not way.asked.is_set():
            await pilot.pause()
        await pilot.press("ctrl+l")
        while app.desk.is_open:
            await pilot.pause()
        way.answer.set()
        await settle(pilot)
        assert "Both sides agree" not in flat(app)


def test_no_exit_waits_for_a_central_record_that_does_not_answer() -> None:
    answer, ended, desk = threading.Event(), threading.Event(), Desk[FakeStore]()

    def reconcile(_store: Any, _progress: Any, around: Callable[[Any], Any]) -> Any:
        begun.set()
        with around(None)._loan.given_back():
            answer.wait(10)
            ended.set()

    async def leave_meanwhile() -> None:
        await desk.open(FakeStore)
        running = asyncio.create_task(Sessions(desk, reconcile).run(lambda _: None))
        await asyncio.to_thread(begun.wait, 30)
        await desk.close()
        running.cancel()

    begun = threading.Event()
    asyncio.run(leave_meanwhile())
    assert not ended.is_set()
    answer.set()
    assert ended.wait(30)
    desk.shut()
