"""The command palette: verbs as "group: verb", and people.

Textual reads the `help` of a hit as markup, and `Matcher.highlight` too: data goes into the display only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from casework.errors import Locked
from screens.base import OutreachScreen
from screens.verbs import VERBS, keys_of
from screens.widgets.text import show

if TYPE_CHECKING:
    from screens.base import Shell

_SHORTEST = 2
_ABOVE_VERBS = 10_000.0


class PersonHit(NamedTuple):
    """A child found by name, number or address: their id and one line that tells them apart."""

    child_id: str
    label: str


FindPeople = Callable[[Any, str], Sequence[PersonHit]]
"""Searches an open caseload (`Store`) for what was typed."""


class VerbProvider(Provider):
    """The verbs that hold on the screen below the palette."""

    def _verbs(self) -> list[tuple[str, str, Callable[[], object]]]:
        screen = self.screen
        if not isinstance(screen, OutreachScreen):
            return []
        found: list[tuple[str, str, Callable[[], object]]] = []
        for verb in VERBS:
            if verb.action or screen.method_of(verb.id) is None or not screen.has_place(verb.places):
                continue
            name = f"{verb.group}: {verb.label} ({keys_of(verb, screen.keymap)})"
            found.append((name, verb.help, partial(screen.call_later, screen.action_verb, verb.id)))
        return found

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for name, words, run in self._verbs():
            yield DiscoveryHit(show(name), run, help=words)

    async def search(self, query: str) -> Hits:
        """Those that match what was typed."""
        matcher = self.matcher(query)
        for name, words, run in self._verbs():
            if (score := matcher.match(name)) > 0:
                yield Hit(score, show(name), run, help=words)


class PeopleProvider(Provider):
    """People, by whatever is typed; the search itself is the caseload's."""

    async def search(self, query: str) -> Hits:
        """The children found, best first, above all verbs."""
        shell = cast("Shell", self.app)
        find = shell.find_people
        if find is None or len(query.strip()) < _SHORTEST:
            return
        try:
            found = await shell.desk.run(lambda store: find(store, query))
        except Locked:
            return
        for rank, person in enumerate(found):
            label = show(f"Person: {person.label}")
            yield Hit(_ABOVE_VERBS - rank, label, partial(shell.open_child, person.child_id))
