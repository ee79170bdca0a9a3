"""The command palette: verbs as "group: verb", and people.

Textual reads the `help` of a hit as markup, and `Matcher.highlight` too: data goes into the display only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider

from casework.errors import Locked, OutreachError
from screens.base import OutreachScreen
from screens.verb_tables.verb import Verb
from screens.verbs import VERBS, keys_of
from screens.widgets.text import show

if TYPE_CHECKING:
    from screens.base import Shell

_SHORTEST = 2
_ABOVE_VERBS = 10_000.0
_ABOVE_PEOPLE = 20_000.0
_OF_THE_APP = frozenset({"lock"})
"""Verbs that the app itself does and that are worth a word in the palette."""


class PersonHit(NamedTuple):
    """A child found by name, number or address: their id and one line that tells them apart."""

    child_id: str
    label: str


FindPeople = Callable[[Any, str], Sequence[PersonHit]]
"""Searches an open caseload (`Store`) for what was typed."""


class _Offered(NamedTuple):
    """A verb as the palette offers it."""

    name: str
    label: str
    help: str
    run: Callable[[], object]


class VerbProvider(Provider):
    """The verbs that hold on the screen below the palette."""

    def _verbs(self) -> list[_Offered]:
        screen = self.screen
        if not isinstance(screen, OutreachScreen):
            return []
        found: list[_Offered] = []
        for verb in VERBS:
            run = self._run(screen, verb)
            if run is not None and not any(verb.label == other.label for other in found):
                name = f"{verb.group}: {verb.label} ({keys_of(verb, screen.keymap)})"
                found.append(_Offered(name, verb.label, verb.help, run))
        return found

    def _run(self, screen: OutreachScreen, verb: Verb) -> Callable[[], object] | None:
        """What the palette does for a verb; None where it does not hold, or only moves in a list."""
        if verb.id in _OF_THE_APP:
            return partial(self.app.call_later, self.app.run_action, verb.action)
        if verb.action or screen.method_of(verb.id) is None or not screen.has_place(verb.places):
            return None
        return partial(screen.call_later, screen.action_verb, verb.id)

    async def discover(self) -> Hits:
        """All of them, before anything is typed."""
        for verb in self._verbs():
            yield DiscoveryHit(show(verb.name), verb.run, help=verb.help)

    async def search(self, query: str) -> Hits:
        """Those that match what was typed; above all people where the words begin those of a label."""
        matcher = self.matcher(query)
        typed = query.casefold().split()
        for verb in self._verbs():
            if _begins(typed, verb.label):
                yield Hit(_ABOVE_PEOPLE - len(verb.label), show(verb.name), verb.run, help=verb.help)
            elif (score := matcher.match(verb.name)) > 0:
                yield Hit(score, show(verb.name), verb.run, help=verb.help)


def _begins(typed: Sequence[str], label: str) -> bool:
    """Whether each typed word begins the next word of a label: `no ans` does for "No answer"."""
    words = label.casefold().split()
    return 0 < len(typed) <= len(words) and all(
        word.startswith(part) for part, word in zip(typed, words, strict=False)
    )


class PeopleProvider(Provider):
    """People, by whatever is typed; the search itself is the caseload's."""

    async def search(self, query: str) -> Hits:
        """The children found, best first, above verbs whose words only look alike."""
        shell = cast("Shell", self.app)
        find = shell.find_people
        if find is None or len(query.strip()) < _SHORTEST:
            return
        try:
            found = await shell.desk.run(lambda store: find(store, query))
        except Locked:
            return
        except OutreachError as problem:
            self.app.notify(problem.message, severity="error")
            return
        for rank, person in enumerate(found):
            label = show(f"Person: {person.label}")
            yield Hit(_ABOVE_VERBS - rank, label, partial(shell.open_child, person.child_id))
