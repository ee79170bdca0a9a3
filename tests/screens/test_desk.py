from __future__ import annotations

import asyncio
import threading

import pytest

from casework.errors import Locked
from storage.desk import Desk
from tests.screens.fakes import FakeStore


async def test_one_thread_opens_asks_and_closes() -> None:
    desk: Desk[FakeStore] = Desk()
    threads: set[int] = set()

    def here(_store: FakeStore | None = None) -> int:
        threads.add(threading.get_ident())
        return len(threads)

    store = FakeStore()
    await desk.open(lambda: here() and store)  # type: ignore[arg-type,return-value]
    assert desk.is_open
    await asyncio.gather(*(desk.run(here) for _ in range(20)))
    await desk.close()
    assert store.closed
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    desk.shut()


async def test_a_closed_desk_answers_nobody() -> None:
    desk: Desk[FakeStore] = Desk()
    with pytest.raises(Locked):
        await desk.run(lambda store: store.asked)
    await desk.open(FakeStore)
    await desk.close()
    with pytest.raises(Locked):
        await desk.run(lambda store: store.asked)
    desk.shut()


async def test_an_answer_never_comes_after_the_lock() -> None:
    desk: Desk[FakeStore] = Desk()
    await desk.open(FakeStore)
    started, go_on = threading.Event(), threading.Event()
    asked: list[str] = []

    def slow(_store: FakeStore) -> str:
        asked.append("slow")
        started.set()
        go_on.wait(10)
        return "Ada Pike"

    def waiting(_store: FakeStore) -> str:
        asked.append("waiting")
        return "Ben Sole"

    first, second = asyncio.ensure_future(desk.run(slow)), asyncio.ensure_future(desk.run(waiting))
    await asyncio.get_running_loop().run_in_executor(None, started.wait, 10)
    closing = asyncio.ensure_future(desk.close())
    await asyncio.sleep(0)
    go_on.set()
    await closing
    for answer in (first, second):
        with pytest.raises(Locked):
            await answer
    assert asked == ["slow"]
    desk.shut()


async def test_a_lock_while_it_opens_wins() -> None:
    desk: Desk[FakeStore] = Desk()
    store, started, go_on = FakeStore(), threading.Event(), threading.Event()

    def slow_open() -> FakeStore:
        started.set()
        go_on.wait(10)
        return store

    opening = asyncio.ensure_future(desk.open(slow_open))
    await asyncio.get_running_loop().run_in_executor(None, started.wait, 10)
    closing = asyncio.ensure_future(desk.close())
    await asyncio.sleep(0)
    go_on.set()
    with pytest.raises(Locked):
        await opening
    await closing
    assert store.closed
    assert not desk.is_open
    desk.shut()


async def test_faults_reach_the_asker_and_opening_anew_closes_the_old() -> None:
    desk: Desk[FakeStore] = Desk()
    old = FakeStore()
    await desk.open(lambda: old)
    with pytest.raises(ZeroDivisionError):
        await desk.run(lambda _store: 1 // 0)
    await desk.open(FakeStore)
    assert old.closed
    desk.shut()
    assert not desk.is_open
