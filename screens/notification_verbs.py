"""What is done with a notification: ask for more, take what came, allocate, speak with who sent it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from casework.records import Worker
from casework.wording import FEEDBACK, count_of, join_words, say_day
from screens.dialogs import Choice, Confirm, PickOne
from screens.kept_dialog import AskWords, kept_as
from screens.listening import ListeningScreen
from screens.notification_lines import Entry
from screens.spoken_form import Spoken, SpokenForm
from screens.widgets.fitting import brief_day, short
from screens.widgets.text import Piece, Tone

if TYPE_CHECKING:
    from casework.edits import Edit
    from casework.records_case import Feedback, Notification
    from casework.sharing import Decision
    from screens.follow_up import DraftKey
    from screens.reopening import LeftOpen
    from storage.journal import Receipt
    from storage.queries.workload import Load
    from storage.store import Store

MISSING, NOTIFIER = "missing-parts", "notifier"
"""The words asked for with `need-information` and `contacted`, by which their drafts are kept."""

_NAME = 28
_CONTACT = 120


class NotificationVerbs(ListeningScreen):
    """A screen on which one notification is chosen."""

    TYPES = frozenset({"notification", "pause", "episode", "child", "school", "worker", "agreement"})

    @property
    @abstractmethod
    def entry(self) -> Entry | None:
        """The notification that a verb acts on."""

    @abstractmethod
    def choose(self, notification: str) -> bool:
        """Make a notification the chosen one; whether it is shown here."""

    async def reopen(self, left: LeftOpen) -> bool:
        """Ask again what was half answered about a notification."""
        again = {MISSING: self.do_need_information, NOTIFIER: self.do_contacted}.get(left.form)
        if again is None or not self.choose(left.subject):
            return False
        await again()
        return True

    async def _commit(self, make: Callable[[Store], Edit], draft: DraftKey | None = None) -> Receipt | None:
        receipt = await self.attempt(lambda store: store.journal.commit(make(store), draft=draft))
        if receipt is not None:
            await self.renew()
        return receipt

    def _chosen(self) -> Entry | None:
        if self.entry is None:
            self.say("No notification is listed here.")
        return self.entry

    async def do_need_information(self) -> None:
        """Say what is missing; the clock stops until it comes."""
        entry = self._chosen()
        kept = await kept_as(self, MISSING, entry.id) if entry is not None else None
        if entry is None or kept is None:
            return

        async def asked(reason: str | None) -> None:
            if not reason:
                return

            def make(store: Store) -> Edit:
                from casework.notifications import need_information
                from storage.queries.notifications import pauses_of

                held = _held(store, entry)
                return need_information(
                    held, pauses_of(store, held), store.worker.id, reason, store.today, store.today
                )

            if await self._commit(make, kept.key) is not None:
                self.say("Asked for more: the clock stands until it comes (I). u undoes.")

        question = f"What is missing about {short(entry.name, _NAME)}? The allocation clock stops."
        await self.question(AskWords(question, kept), asked)

    def do_information(self) -> None:
        """Fill in what came, in the form."""
        entry = self._chosen()
        if entry is not None:
            from screens.notification_form import NotificationForm

            self.app.push_screen(NotificationForm(entry.id))

    def do_consent(self) -> None:
        """What the family of the child agreed to."""
        entry = self._chosen()
        if entry is not None:
            from screens.consent import ConsentScreen

            self.app.push_screen(ConsentScreen(entry.shown.child.id))

    async def do_allocate(self) -> None:
        """Pick a worker by what each carries; an episode opens and they lead the work."""
        entry = self._chosen()
        if entry is None:
            return

        def read(store: Store) -> tuple[list[Load], str, list[Notification], str | None]:
            from storage.queries.notifications import episodes_of, others_waiting
            from storage.queries.workload import read_workload

            child = entry.shown.child.id
            case = next((e for e in episodes_of(store, child) if e.closed is None), None)
            having = [w.name for w in store.find(Worker) if case is not None and w.id == case.worker]
            others = others_waiting(store, child, entry.id)
            return read_workload(store), store.actor.worker, others, " ".join(having) if case else None

        answer = await self.attempt(read)
        if answer is None:
            return
        loads, me, others, case = answer
        if case is not None and entry.waits:
            await self._join(entry, case)
            return
        wide = max(len(short(load.worker.name, _NAME)) for load in loads)
        choices = [
            Choice(str(n), short(load.worker.name, _NAME).ljust(wide), _carries(load))
            for n, load in enumerate(loads, 1)
        ]

        async def picked(number: str | None) -> None:
            if not number:
                return
            worker = loads[int(number) - 1].worker

            def make(store: Store) -> Edit:
                from casework.notifications import allocate
                from storage.queries.notifications import episodes_of, others_waiting

                held, today = _held(store, entry), store.today
                rest = others_waiting(store, held.child, held.id)
                episodes = episodes_of(store, held.child)
                return allocate(held, entry.shown.child, worker.id, today, episodes, today, rest)[0]

            if await self._commit(make) is not None:
                took = f" {_along(others)} became new information in it." if others else ""
                said = f"Allocated to {short(worker.name, _NAME)}.{took}"
                duty = "" if entry.shown.notification.contacted_on else " K: speak with the notifier."
                self.say(f"{said}{duty} u undoes.")

        missing = entry.shown.standing.missing
        lacks = f" Still missing: {join_words(list(missing))}." if missing else ""
        each = "Each worker's open cases, actions overdue and allocations due:"
        rest = f" {_along(others)} becomes new information in the case." if others else ""
        question = f"Who takes {short(entry.name, _NAME)}?{lacks}{rest} {each}"
        own = next((n for n, load in enumerate(loads) if load.worker.id == me), 0)
        await self.question(PickOne(question, choices, start=own), picked)

    async def _join(self, entry: Entry, having: str) -> None:
        """A case is open already: this one can become new information in it."""

        async def answered(yes: bool | None) -> None:
            def make(store: Store) -> Edit:
                from casework.notifications import join_case
                from storage.queries.notifications import episodes_of

                held = _held(store, entry)
                return join_case(held, episodes_of(store, held.child))[0]

            if yes and await self._commit(make) is not None:
                self.say("New information in the open case now; its allocation clock has ended. u undoes.")

        whose = f" with {short(having, _NAME)}" if having else ""
        asks = f"A case is open for {short(entry.name, _NAME)}{whose}. Make this new information in it?"
        await self.question(Confirm(asks, [Piece("Its allocation clock ends.", Tone.QUIET)]), answered)

    async def do_contacted(self) -> None:
        """Say with whom and when; what they may be told, and why, stands in the question."""
        entry = self._chosen()
        if entry is None:
            return

        def read(store: Store) -> tuple[Feedback, Decision, str, str]:
            from storage.queries.notifications import feedback_for

            school = entry.shown.notification.school
            sent_by = _held(store, entry).notifier if entry.shown.notification.notifier else ""
            return (*feedback_for(store, entry.shown.child), store.schools.contact(school), sent_by)

        answer = await self.attempt(read)
        kept = await kept_as(self, NOTIFIER, entry.id)
        if answer is None or kept is None:
            return
        allowed, decision, contact, sent_by = answer

        async def told_of(spoken: Spoken | None) -> None:
            if spoken is None:
                return

            def make(store: Store) -> Edit:
                from casework.notifications import contact_notifier
                from storage.queries.notifications import feedback_for

                feedback, _ = feedback_for(store, entry.shown.child)
                return contact_notifier(_held(store, entry), spoken.whom, spoken.on, feedback, store.today)

            if await self._commit(make, kept.key) is not None:
                self.say(f"Kept. They may be {FEEDBACK[allowed]}: {decision.reason}")

        told = f"They may be {FEEDBACK[allowed]}. Why: {decision.reason}"
        if before := entry.shown.notification.contacted_on:
            told = f"They were spoken to on {say_day(before)}; the history keeps that. {told}"
        reached = f" Point of contact: {short(contact, _CONTACT)}." if contact else ""
        question = f"{told}{reached} With whom did you speak at the school?"
        await self.question(SpokenForm(question, self.shell.today, kept, sent_by), told_of)

    def do_people(self) -> None:
        """The child's page."""
        if self.entry is not None:
            self.shell.open_child(self.entry.shown.child.id)


def _along(others: Sequence[Notification]) -> str:
    """The others of the child that still wait, by the days they came."""
    return f"That of {join_words([brief_day(other.received) for other in others])}"


def _carries(load: Load) -> str:
    cases = count_of(load.cases, "case")
    return f"{cases}, {load.overdue} overdue, {load.due} due"


def _held(store: Store, entry: Entry) -> Notification:
    from casework.records_case import Notification as Kind

    return store.get(Kind, entry.id)
