"""Which rows a list of children shows: the typed filter, saved views on digits, one school or all."""

from __future__ import annotations

from casework.errors import Locked
from casework.filters import Filter
from screens.dialogs import AskLine, Choice, Confirm, PickOne
from screens.filter_bar import FilterBar
from screens.roster import RosterScreen
from screens.views import remove_view, save_view


class FilteredRoster(RosterScreen):
    """A list of children with its filter keys."""

    def do_filter(self) -> None:
        """Type a filter."""
        self.bar.open()

    async def on_filter_bar_changed(self, event: FilterBar.Changed) -> None:
        """Another filter holds."""
        self.view_digit = 0
        await self._take_filter(event.chosen)

    def on_filter_bar_not_understood(self, _event: FilterBar.NotUnderstood) -> None:
        """The error alone is said: an empty list says nothing of a filter that does not hold yet."""
        if not self.rows.count:
            self.rows.empty = ""
            self.rows.refresh()

    async def _take_filter(self, chosen: Filter) -> None:
        self.chosen = chosen
        try:
            await self.refilter()
        except Locked:
            return

    def on_filter_bar_left(self, _event: FilterBar.Left) -> None:
        """On to the list."""
        self.rows.focus()

    async def clear_filter(self) -> None:
        """Show every row again."""
        self.view_digit = 0
        self.bar.clear()
        self.rows.focus()
        await self._take_filter(Filter())

    def do_back(self) -> None:
        """Unmark, then clear the filter, then go back."""
        if self.rows.marked and not self.bar.query_one("Input").has_focus:
            self.rows.clear_marks()
            self.say("Nothing is marked now.")
        elif self.bar.is_open or self.chosen:
            self.call_later(self.clear_filter)
        else:
            super().do_back()

    async def do_view(self, digit: int) -> None:
        """Open a saved view; the same digit again closes it."""
        view = next((entry.view for entry in self.sheet.views if entry.view.digit == digit), None)
        if digit == self.view_digit:
            await self.clear_filter()
        elif view is None:
            self.say(f"No view is kept on {digit} yet: / types a filter, S keeps it.")
        elif view.chosen is None:
            self.bar.set_text(view.record.filter)
            self.bar.open()
            self.say(f"The filter of view {digit} is no longer understood; mend it above.", wrong=True)
        else:
            self.view_digit = digit
            self.bar.set_text(view.record.filter)
            await self._take_filter(view.chosen)

    async def do_save_view(self) -> None:
        """Keep the filter as a view; on an open, unchanged view, ask to remove it."""
        if not self.bar.is_understood:
            self.bar.open()
            self.say("This filter is not understood, so it is not kept: mend the word above.", wrong=True)
            return
        text = str(self.chosen)
        view = next((v.view for v in self.sheet.views if v.view.digit == self.view_digit), None)
        if view is not None:

            async def removed(yes: bool | None) -> None:
                if yes and await self.write(lambda _store: (remove_view(view), None)):
                    self.show_sheet(self.written)
                    await self.clear_filter()
                    self.say(f"View removed: {view.record.name}. u brings it back.")

            await self.question(Confirm(f"Remove the saved view {view.record.name}?"), removed)
        elif not text:
            self.say("Type a filter first: / opens it, then S keeps it as a view.")
        else:

            async def named(name: str | None) -> None:
                if not name:
                    return
                if await self.write(lambda store: (save_view(store, self.ROOM, name, text), None)):
                    digits = {v.view.record.name.casefold(): v.view.digit for v in self.written.views}
                    self.view_digit = digits.get(name.casefold(), 0)
                    self.show_sheet(self.written)
                    self.say(f"Kept: {name} on {self.view_digit}. u undoes.")

            await self.question(AskLine("Keep this filter as a view. Its name:"), named)

    async def do_school(self) -> None:
        """One school or all."""
        schools = sorted(self.sheet.whole.schools.items(), key=lambda item: item[1].casefold())
        choices = [Choice("0", "all schools")]
        choices += [Choice(str(at), name) for at, (_, name) in enumerate(schools, start=1)]

        async def picked(value: str | None) -> None:
            if value is not None:
                self.school = None if value == "0" else schools[int(value) - 1][0]
                await self.renew(keep=False)

        await self.question(PickOne("Which school?", choices), picked)
