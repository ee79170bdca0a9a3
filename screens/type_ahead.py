"""Keys typed faster than the screen changes: each waits until what the one before it did has been done.

Textual sends a key to the widget that is in focus when the key arrives. A chunk of many keys would so go to
the list whole, though its first key opens a dialog. Here the second key waits until the first has passed
every queue from the widget up to the app, a dialog that it opened can take keys, and an answer that it gave
was taken in.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.app import App
from textual.dom import DOMNode

Typed = events.Key | events.Paste

_ROUNDS = 3
"""A key may post a message (1), whose handler asks for a focus (2), which the app sets in its turn (3)."""

_LOOK_AGAIN = 0.2
_PAUSE = 0.002
MOST_HELD = 20_000
"""Keys that wait at most; a cat asleep on the keyboard fills no memory."""


class TypeAhead:
    """Holds keys and pastes of an app; `admit` takes one in, in the app's own loop."""

    def __init__(self, app: App[Any], admit: Callable[[Typed], Awaitable[None]]) -> None:
        self._app, self._admit = app, admit
        self._held: deque[Typed] = deque(maxlen=MOST_HELD)
        self._task: asyncio.Task[None] | None = None

    @property
    def is_idle(self) -> bool:
        """Whether all that was typed has been taken in."""
        return self._task is None

    async def take(self, event: Typed) -> None:
        """Take a key in now, or after those before it."""
        if self._task is not None:
            self._held.append(event)
            return
        done = asyncio.Event()
        self._task = asyncio.create_task(self._follow(done))
        try:
            await self._admit(event)
        finally:
            done.set()

    def forget(self) -> None:
        """Drop what waits: a lock came, and keys meant for a list are no part of a passphrase."""
        self._held.clear()

    async def _follow(self, admitted: asyncio.Event) -> None:
        """Wait until the key has done its work, then let the next one in, until none is left."""
        try:
            await admitted.wait()
            await self._settle()
            while self._held and self._app.is_running:
                self._app.call_later(self._admit, self._held.popleft())
                await _passed(self._app)
                await self._settle()
        finally:
            self._task = None

    async def _settle(self) -> None:
        for _ in range(_ROUNDS):
            await self._round()
        while self._app.is_running and getattr(self._app.screen, "is_asking", False):
            await asyncio.sleep(_PAUSE)  # a question is about to be shown, or its answer is being kept
            await self._round()

    async def _round(self) -> None:
        """Let what is queued now pass, from the widget in focus up to the app, as a key does."""
        if not self._app.is_running or not self._app.screen_stack:
            return
        screen = self._app.screen
        for node in (screen.focused or screen).ancestors_with_self:
            await _passed(node)


async def _passed(node: DOMNode) -> None:
    """Wait until a node has handled what is in its queue, or is gone."""
    done = asyncio.Event()
    if not node.call_later(done.set):
        return
    while not done.is_set():
        try:
            await asyncio.wait_for(done.wait(), _LOOK_AGAIN)
        except TimeoutError:
            if not node.is_running or not (isinstance(node, App) or node.is_attached):
                return
