"""Whom a notification is about: a child found while typing, or a new one held against those on record."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.widgets import Input, Static

from casework.errors import Locked, OutreachError
from screens.notification_child import (
    NEW,
    SHOWN,
    Candidate,
    Known,
    doubles_of_known,
    doubles_while_typing,
    found_by,
    heading_of,
    known,
    waiting_of,
)
from screens.notification_fields import NotificationFields
from screens.notification_keep import contact_of, elsewhere_of
from screens.widgets.fitting import plain, short
from screens.widgets.text import Cell, Piece, Tone, show_lines
from storage.queries.still_seen import FormSeen, form_seen

if TYPE_CHECKING:
    from storage.store import Store


WHO_SENT = "who sent it"
"""The hint of an empty notifier where nobody is offered."""


GONE = "The child whom this draft was about is not on this laptop any more. Choose whom it is about again."


class WhoForm(NotificationFields):
    """The half that says whom it is about."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "toggle_new", show=False, priority=True),
        Binding("f3", "take_candidate", show=False, priority=True),
        Binding("f7", "take_contact", show=False, priority=True),
        Binding("up", "choose(-1)", show=False),
        Binding("down", "choose(1)", show=False),
    ]

    def __init__(self, notification: str = "") -> None:
        super().__init__(notification)
        self._candidates: Sequence[Candidate] = ()
        self._at_candidate = 0
        self._waits = ""
        self._asked = 0
        self._logged = False

    @on(Input.Changed)
    def _look(self, event: Input.Changed) -> None:
        names = ("child", *NEW)
        if self._ready and not self._about and event.input.id in names:
            if event.input.id == "child" and self._child:
                self._about_nobody()
            self._look_for()

    @on(Input.Changed, "#school")
    def offer_contact(self) -> None:
        """Offer the school's point of contact as who sent it, in the hint of the field."""
        if not self._about:
            offer: Callable[[], Awaitable[None]] = self._offer_contact  # not yet called: as in `_look_for`
            self.run_worker(offer, group="contact", exclusive=True)

    async def _offer_contact(self) -> None:
        school, child = self._value("school"), self._child

        def read(store: Store) -> tuple[str, str]:
            return contact_of(store, school)[1], elsewhere_of(store, child, school)

        try:
            words, self._elsewhere = await self.ask(read)
        except Locked:
            return
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return
        for field in self.query("#notifier").results(Input):
            field.placeholder = f"F7: {short(words, 100)}" if words else WHO_SENT
        self._lint()

    async def action_take_contact(self) -> None:
        """The school's point of contact sent it; what stands in the field already is never written over."""
        if self._about:
            return
        school = self._value("school")
        answer = await self.attempt(lambda store: contact_of(store, school))
        if answer is None:
            return
        name, words = answer
        if not name:
            self.say("No point of contact is named for this school; g o names one.", wrong=True)
        elif self._value("notifier").strip():
            self.say("Somebody stands in From already, and stays; empty it first.", wrong=True)
        else:
            self.query_one("#notifier", Input).value = name
            self.query_one("#notifier").focus()
            self.say(f"From the school's point of contact: {short(words, 100)}")

    def _look_for(self) -> None:
        self._asked += 1
        # Not the coroutine itself: of those that a quicker letter replaces, none was started.
        search: Callable[[], Awaitable[None]] = partial(self._search, self._asked)
        self.run_worker(search, group="child", exclusive=True)

    async def _search(self, turn: int) -> None:
        first, fields, today = not self._logged, self.fields(), self.shell.today
        is_new, chosen = self.has_class("-new"), self._child

        def work(store: Store) -> list[Candidate]:
            if chosen:
                return doubles_of_known(store, chosen)
            if is_new:
                return doubles_while_typing(store, fields, today, first=first)
            return found_by(store, fields["child"], first=first)

        try:
            found = await self.ask(work)
        except Locked:
            return
        except OutreachError as problem:
            self.say(problem.message, wrong=True)
            return
        self._logged = self._logged or bool(found)
        if turn == self._asked and self.is_attached:
            self._candidates, self._at_candidate = found, 0
            self._draw_candidates()

    def _draw_candidates(self) -> None:
        if not self.is_attached or not self.query("#candidates"):
            return  # the form was left while it was asked who it may be
        box = self.query_one("#candidates", Static)
        box.set_class(bool(self._candidates) or bool(self._child), "-shown")
        width = max(30, self.size.width - 4)
        lines: list[Cell] = []
        if self._child:
            lines.append((Piece("= ", Tone.GOOD), Piece(self._label, Tone.STRONG)))
            lines += plain(self._waits, width, tone=Tone.WARN) if self._waits else []
        if self._candidates and (self._child or self.has_class("-new")):
            lines.append(Piece(f"  {heading_of(self._candidates)}", Tone.QUIET))
        elif self._candidates:
            lines.append(Piece("  enter takes the child marked ›, up and down choose:", Tone.QUIET))
        top = max(0, self._at_candidate - SHOWN + 1)
        for number, one in enumerate(self._candidates[top : top + SHOWN], top):
            lines += one.cells(width, here=number == self._at_candidate)
        more = len(self._candidates) - SHOWN
        if more > 0:
            lines.append(Piece(f"  and {more} more, with up and down; more letters find fewer", Tone.QUIET))
        box.update(show_lines(lines))

    def action_choose(self, by: int) -> None:
        """Another child of the list; where there is none, the next or the previous field."""
        if self._candidates:
            self._at_candidate = (self._at_candidate + by) % len(self._candidates)
            self._draw_candidates()
        elif by > 0:
            self.focus_next()
        else:
            self.focus_previous()

    @on(Input.Submitted)
    async def entered(self, event: Input.Submitted) -> None:
        """Enter takes the child under the cursor; elsewhere it goes on."""
        event.stop()
        if event.input.id == "child" and self._candidates and not self._child:
            await self.action_take_candidate()
        else:
            self.focus_next()

    async def action_take_candidate(self) -> None:
        """It is this child."""
        if not self._candidates:
            return
        self.remove_class("-new")
        await self._choose(self._candidates[self._at_candidate].child)
        self.query_one("#notifier").focus()
        self.touched("child")

    async def _choose(self, child: str, *, again: bool = False) -> None:
        form, subject = self.draft_key

        def read(store: Store) -> tuple[Known, str, FormSeen]:
            waits = "" if subject else waiting_of(store, child)
            return known(store, child), waits, form_seen(store, form, subject, child)

        try:
            answer, waits, seen = await self.ask(read)
        except Locked:
            return
        except OutreachError as problem:
            self.say(GONE if again else problem.message, wrong=True)
            return
        self._child, self.seen_as = child, seen
        self._label, school, self._born = answer
        self._waits = waits
        if not self._value("school"):
            self._put(self.query_one("#school", Input), school)
        self.offer_contact()
        self._candidates = ()
        self.tell("")
        self._draw_candidates()
        self._look_for()

    def _about_nobody(self) -> None:
        self._child, self._label, self._born, self._elsewhere = "", "", None, ""
        self.seen_as = FormSeen(*self.draft_key)

    def action_toggle_new(self) -> None:
        """A child who is not on record yet; the same key goes back to finding one."""
        if self._about:
            return
        self.toggle_class("-new")
        self._about_nobody()
        self._candidates = ()
        if self.has_class("-new"):
            *given, last = self._value("child").split() or [""]
            if last and not self._value("forename") and not self._value("surname"):
                self.query_one("#forename", Input).value = " ".join(given) or last
                self.query_one("#surname", Input).value = last if given else ""
            self.query_one("#forename").focus()
        else:
            self.query_one("#child").focus()
        self._draw_candidates()
        self._look_for()
        self.touched("child")
