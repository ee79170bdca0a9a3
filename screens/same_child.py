"""Same child? Records that may be of one child, two of them side by side, and a merge taken apart again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casework.errors import BadInput, Locked, OutreachError
from screens.dialogs import Confirm
from screens.kept_dialog import AskWords, kept_as
from screens.reopening import LeftOpen, PageOpen
from screens.same_child_ask import LINK_FORM, ask_again, both, child_here, say_apart
from screens.same_child_lines import SheetLine, list_lines, pair_lines, split_lines
from screens.same_child_sheet import Sheet
from screens.step_back import StepScreen
from screens.widgets.fitting import short
from screens.widgets.lines import TitleLine
from screens.widgets.row_list import RowList
from screens.widgets.text import Piece, Tone
from storage.queries.sight import shown_child

if TYPE_CHECKING:
    from casework.duplicates import Likeness
    from casework.edits import Edit
    from casework.records import Child
    from screens.base import Shell
    from storage.journal import Receipt
    from storage.queries.child import MergedPart
    from storage.queries.duplicates import Duplicate
    from storage.queries.shown_merge import ShownMerge, ShownSplit
    from storage.store import Store

MERGE_FORM = "merge-reason"
"""The form of a draft of why two records are one child."""


@dataclass(frozen=True, slots=True)
class _Held:
    """The child, those who may be the same, and the records that are part of this one."""

    child: Child
    found: Sequence[Duplicate]
    parts: Sequence[MergedPart]
    shown: dict[str, Child]


class SameChildScreen(Sheet):
    """Who may be the same child. Enter or `=` compares, `-` takes a merge apart or says: not the same."""

    def __init__(self, child_id: str) -> None:
        super().__init__()
        self.child_id = child_id
        self._held: _Held | None = None

    @property
    def page_open(self) -> PageOpen:
        """This list."""
        return PageOpen(self.place, self.child_id)

    @classmethod
    async def page_again(cls, shell: Shell, subject: str) -> SameChildScreen | None:
        """The list about a child."""
        del shell
        return cls(subject)

    async def reopen(self, left: LeftOpen) -> bool:
        """Ask again what a pair was said to be, where it was asked here."""
        kept, _, other = left.subject.partition(" ")
        if left.form != LINK_FORM or kept != self.child_id or not other:
            return False
        await ask_again(self, kept, other, left)
        return True

    def looked(self) -> tuple[str, str]:
        """Looking for duplicates."""
        return "records that may be the same child", self.child_id

    def read(self, store: Store) -> None:
        """The candidates, and what was merged."""
        from storage.queries.child import merged_parts
        from storage.queries.duplicates import describe, find_duplicates

        child = child_here(store, self.child_id)
        found = find_duplicates(store, describe(store, child), but=child.id)
        shown = {one.child.id: shown_child(store, one.child) for one in found}
        self._held = _Held(shown_child(store, child), found, merged_parts(store, child), shown)

    def lines(self, width: int) -> Sequence[SheetLine]:
        """One or two lines for each."""
        held = self._held
        if held is None:
            return ()
        name = short(f"{held.child.forename} {held.child.surname}", 50)
        self.query_one(TitleLine).set_title(f"Same child?  {name}", f"{len(held.found)} found")
        return list(list_lines(held.found, held.parts, held.shown, width))

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Compare the two, or look at what a split would do."""
        event.stop()
        if self.line.does == "part":
            self.app.push_screen(SplitScreen(self.line.what))
        else:
            self.do_same()

    def do_same(self) -> None:
        """The two side by side."""
        if self.line.does != "other":
            self.say("Put the cursor on a record that may be the same child.", wrong=True)
            return
        self.app.push_screen(PairScreen(self.child_id, self.line.what))

    async def do_apart(self) -> None:
        """Take a merge apart, or say that the two are not one child."""
        if self.line.does == "part":
            self.app.push_screen(SplitScreen(self.line.what))
        elif self.line.does == "other":
            await say_apart(self, self.child_id, self.line.what)
        else:
            self.say("Put the cursor on another record.", wrong=True)


class PairScreen(Sheet):
    """Two records side by side. Enter takes the other's value of a field, `=` makes them one."""

    def __init__(self, kept: str, other: str) -> None:
        super().__init__()
        self.kept_id, self.other_id = kept, other
        self.picked: dict[str, bool] = {}
        self._pair: tuple[Child, Child] | None = None
        self._shown: ShownMerge | None = None
        self._likeness: Likeness | None = None

    @property
    def page_open(self) -> PageOpen:
        """These two."""
        return PageOpen("pair", f"{self.kept_id},{self.other_id}")

    @classmethod
    async def page_again(cls, shell: Shell, subject: str) -> PairScreen | None:
        """The two side by side."""
        del shell
        kept, _, other = subject.partition(",")
        return cls(kept, other)

    @classmethod
    async def again(cls, shell: Shell, left: LeftOpen) -> PairScreen | None:
        """The two that half a reason is about; None where the draft names one only."""
        del shell
        kept, _, other = left.subject.partition(" ")
        return cls(kept, other) if other else None

    async def reopen(self, left: LeftOpen) -> bool:
        """Ask again for the reason that was half given."""
        if left.subject != both(self.kept_id, self.other_id):
            return False
        if left.form == LINK_FORM:
            await ask_again(self, self.kept_id, self.other_id, left)
            return True
        if left.form != MERGE_FORM:
            return False
        if self._pair is None:
            await self.ask(self.read)
        await self.do_same()
        return True

    def looked(self) -> tuple[str, str]:
        """Two records compared."""
        return "two records side by side", self.kept_id

    def _choices(self) -> tuple[list[str], list[str]]:
        take = [name for name, taken in self.picked.items() if taken]
        return take, [name for name, taken in self.picked.items() if not taken]

    def read(self, store: Store) -> None:
        """What a merge would do. Raises OutreachError where it would show what is withheld."""
        from casework.duplicates import compare
        from storage.queries.duplicates import describe
        from storage.queries.same_child import plan_merge
        from storage.queries.shown_merge import shown_merge

        kept, other = child_here(store, self.kept_id), child_here(store, self.other_id)
        take, leave = self._choices()
        plan = plan_merge(store, kept, other, take=take, leave=leave, reason="?")
        self._shown = shown_merge(store, kept, other, plan, leave=leave)
        self._likeness = compare(describe(store, kept), describe(store, other))
        self._pair = shown_child(store, kept), shown_child(store, other)

    def lines(self, width: int) -> Sequence[SheetLine]:
        """Doubts, what differs, what moves."""
        if self._pair is None or self._shown is None or self._likeness is None:
            return ()
        self.query_one(TitleLine).set_title("Same child?", "two records side by side")
        return list(pair_lines(*self._pair, self._likeness, self._shown, width))

    async def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter on a field: the other value stands."""
        event.stop()
        if self.line.does != "field" or self._shown is None:
            return
        pick = next(one for one in self._shown.picks if one.name == self.line.what)
        self.picked[pick.name] = not pick.taken
        await self.renew()

    async def do_same(self) -> None:
        """Make them one, after one question: why?"""
        if self._pair is None or self._shown is None:
            return
        kept, other = self._pair
        draft = await kept_as(self, MERGE_FORM, both(self.kept_id, self.other_id))
        if draft is None:
            return
        shown = self._shown

        async def asked(reason: str | None) -> None:
            if reason is None:
                return
            take, leave = self._choices()

            def commit(store: Store) -> Receipt:
                from storage.queries.same_child import plan_merge, require_no_draft

                one, two = child_here(store, self.kept_id), child_here(store, self.other_id)
                plan = plan_merge(store, one, two, take=take, leave=leave, reason=reason)
                if plan.doubts != shown.doubts:
                    raise BadInput("changed-meanwhile", "Something was changed meanwhile; look again.")
                require_no_draft(store, two)
                return store.journal.commit(plan.edit, draft=draft.key)

            if await self.attempt(commit) is not None:
                self.app.pop_screen()
                self._tell_below(f"{short(other.forename, 20)}'s record is part of this one now. u undoes.")

        doubts = f"{shown.doubts[0]} " if shown.doubts else ""
        name = short(f"{kept.forename} {kept.surname}", 40)
        question = f"{doubts}Make both one record, kept as {name}? Say why they are one child:"
        await self.question(AskWords(question, draft), asked)

    def _tell_below(self, sentence: str) -> None:
        below = self.app.screen
        if isinstance(below, StepScreen):
            below.say(sentence)

    async def do_apart(self) -> None:
        """Say that the two are not one child."""
        await say_apart(self, self.kept_id, self.other_id)


class SplitScreen(Sheet):
    """What a split would do: enter says whose a record made meanwhile is, `-` splits."""

    def __init__(self, merge: str) -> None:
        super().__init__()
        self.merge_id = merge
        self.picked: dict[str, bool] = {}
        self._pair: tuple[Child, Child] | None = None
        self._shown: ShownSplit | None = None

    def looked(self) -> tuple[str, str]:
        """A merge looked at."""
        return "what a split would give back", self._pair[0].id if self._pair else ""

    def _plan(self, store: Store) -> tuple[Edit, Child, Child, ShownSplit]:
        from casework.records import Child
        from casework.records_links import Link
        from storage.queries.same_child import plan_split
        from storage.queries.shown_merge import shown_split

        link = store.get(Link, self.merge_id)
        kept, other = child_here(store, link.child), store.get(Child, link.other)
        move = [record for record, goes in self.picked.items() if goes]
        stay = [record for record, goes in self.picked.items() if not goes]
        plan = plan_split(store, link, move=move, stay=stay)
        return plan.edit, kept, other, shown_split(store, kept, plan)

    def read(self, store: Store) -> None:
        """What goes where. Raises OutreachError where there is no such merge any more."""

        _, kept, other, self._shown = self._plan(store)
        self._pair = shown_child(store, kept), shown_child(store, other)

    def lines(self, width: int) -> Sequence[SheetLine]:
        """What goes back, and what was made meanwhile."""
        if self._pair is None or self._shown is None:
            return ()
        self.query_one(TitleLine).set_title("Take a merge apart", "- splits")
        return list(split_lines(*self._pair, self._shown, width))

    async def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter on a record made meanwhile: to the other side."""
        event.stop()
        if self.line.does != "newer" or self._shown is None:
            return
        one = next(one for one in self._shown.newer if one.id == self.line.what)
        before = dict(self.picked)
        self.picked[one.id] = not one.goes
        try:
            await self.ask(self.read)
        except Locked:
            return
        except OutreachError as problem:
            self.picked = before
            self.say(problem.message, wrong=True)
            return
        self.draw()

    async def do_apart(self) -> None:
        """Two records again, after one question."""
        if self._pair is None or self._shown is None:
            return
        kept, other = self._pair

        async def answered(yes: bool | None) -> None:
            if not yes:
                return
            if await self.attempt(lambda store: store.journal.commit(self._plan(store)[0])) is not None:
                self.app.pop_screen()
                below = self.app.screen
                if isinstance(below, StepScreen):
                    below.say("Two records again. u undoes.")

        names = f"{short(kept.forename, 20)} and {short(other.forename, 20)} {short(other.surname, 20)}"
        details = [Piece("What goes back and what stays is listed behind this question.", Tone.QUIET)]
        await self.question(Confirm(f"Make {names} two records again?", details), answered)
