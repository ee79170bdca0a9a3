"""A step of which a laptop may write one part and not another: what is taken, and what is kept aside of whom.

An import of a school's roll, or a round of calls, is one step about many children who have nothing to do with
each other. Whoever may not write of one of them loses no word about the rest. Changes that say something of
two children at once - a merge of two records, a link - stay together, taken or kept aside.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from casework.scopes import EVERYBODY, TIED, own_scope
from sync.hub.central import Central
from sync.hub.entries import PORTION, verdicts_on
from sync.hub.rights import NOT_ENTITLED, Refusal, ties_to
from sync.messages.steps import Changed, SentEdit

_LONGEST_ID = 64
PART_NOT_THEIRS = (
    "A part of it is about a child with whom the worker does not work, as the central record has it:"
    " that part was kept aside, the rest was taken."
)


@dataclass(frozen=True, slots=True)
class Portion:
    """What a step says of a child, or of several whom it ties together, as a step of its own; and why it is
    kept aside.
    """

    edit: SentEdit
    refusal: Refusal


class Division:
    """One step, whose changes are taken apart by whom they are about."""

    def __init__(self, edit: SentEdit, central: Central) -> None:
        self._edit = edit
        made = {one.record: one.new for one in edit.changes if one.field == ""}
        self._about = [frozenset(_about(change, central, made)) for change in edit.changes]
        tied_records = {one for change in edit.changes for one in ties_to(change)}
        every = set[str]().union(*self._about)
        self._joined = {one: one for one in every | tied_records}
        for change, about in zip(edit.changes, self._about, strict=True):
            self._join((*about, *_named_in(change, central, every, tied_records)))
        self._tiers: defaultdict[str, set[str]] = defaultdict(set)
        """The children to whom the step ties an adult or a home of its own that nobody else is tied to."""
        for change, about in zip(edit.changes, self._about, strict=True):
            for tied in ties_to(change):
                if tied in made and not central.get(tied).scopes:
                    self._tiers[tied] |= about
        self._refused: dict[str, list[Refusal]] = {}

    def set_aside(self, refused: Mapping[int, Refusal]) -> bool:
        """These changes of what is left may not be written, by their place in it; False where one of them is
        about nobody, so that the step cannot be taken apart.
        """
        left = self._left()
        for place, refusal in refused.items():
            if not self._about[left[place]]:
                return False
            for whom in self._about[left[place]]:
                self._refused.setdefault(whom, []).append(refusal)
        for tied, tiers in self._tiers.items():
            out = self._out()
            if all(self._root(one) in out for one in tiers):
                self._join((tied, *tiers))
        return True

    def kept(self) -> SentEdit | None:
        """The step with what is left of it; None where nothing is left that is about anybody."""
        left = self._left()
        if not any(self._about[place] for place in left):
            return None
        return _of(self._edit, self._edit.id, [self._edit.changes[place] for place in left])

    def portions(self) -> list[Portion]:
        """What is kept aside, by the children whom the step ties together."""
        groups: defaultdict[str, list[Changed]] = defaultdict(list)
        refusals: defaultdict[str, list[Refusal]] = defaultdict(list)
        for whom, found in self._refused.items():
            refusals[self._root(whom)] += found
        for change, about in zip(self._edit.changes, self._about, strict=True):
            if about and (root := self._root(next(iter(about)))) in refusals:
                groups[root].append(change)
        return [
            Portion(_of(self._edit, f"{self._edit.id}{PORTION}{n}", changes), _joined(refusals[root]))
            for n, (root, changes) in enumerate(groups.items())
        ]

    def _left(self) -> list[int]:
        """The places of the changes that are not kept aside."""
        out = self._out()
        return [
            place
            for place, about in enumerate(self._about)
            if not (about and self._root(next(iter(about))) in out)
        ]

    def _out(self) -> set[str]:
        return {self._root(one) for one in self._refused}

    def _join(self, together: Iterable[str]) -> None:
        roots = sorted({self._root(one) for one in together})
        for one in roots[1:]:
            self._joined[one] = roots[0]

    def _root(self, about: str) -> str:
        while self._joined[about] != about:
            about = self._joined[about]
        return about


def divided(
    edit: SentEdit, central: Central, refusals: Callable[[SentEdit], Mapping[int, Refusal]]
) -> tuple[SentEdit, list[Portion]]:
    """What of an edit its laptop may write, and the rest. Raises Refusal where it stays one.

    `refusals` says which changes of what is left may not be written, by their place in it.
    """
    division, kept = Division(edit, central), edit
    every: list[Refusal] = []
    while refused := refusals(kept):
        every += refused.values()
        other = next((one for one in every if one.code != NOT_ENTITLED), None)
        if other is not None:
            raise other
        left = division.kept() if division.set_aside(refused) else None
        if left is None or not _may_divide(edit):
            raise _joined(every)
        kept = left
    portions = division.portions()
    if verdicts_on(central.connection, [one.edit.id for one in portions]):
        raise _joined(every)  # somebody gave a step of theirs such an id
    return kept, portions


def _may_divide(edit: SentEdit) -> bool:
    """Whether portions of a step can have ids of their own."""
    return len(f"{edit.id}{PORTION}{len(edit.changes)}") <= _LONGEST_ID


def _joined(refusals: Sequence[Refusal]) -> Refusal:
    """Several refusals as one, with all that they wait for."""
    awaits = dict.fromkeys(scope for one in refusals for scope in one.awaits)
    return Refusal(refusals[0].code, refusals[0].reason, tuple(awaits))


def told_of(edit: SentEdit, awaits: Iterable[str]) -> list[str]:
    """Those whom a step waits for and itself names: its laptop is told of no others."""
    said = {one.record for one in edit.changes} | {text for one in edit.changes for text in _texts(one)}
    return [scope for scope in dict.fromkeys(awaits) if scope in said]


def _of(edit: SentEdit, name: str, changes: Sequence[Changed]) -> SentEdit:
    """A part of a step; it has the step's child where it says something of that child."""
    about = {one.record for one in changes} | {text for one in changes for text in _texts(one)}
    subject = edit.subject if edit.subject in about else None
    return edit.model_copy(update={"id": name, "changes": list(changes), "subject": subject})


def _about(change: Changed, central: Central, made: Mapping[str, Any]) -> Iterator[str]:
    """Whom a change is about: children, the owner of a view, an adult or a home; nobody for what all have."""
    held = central.get(change.record).fields or made.get(change.record)
    fields = held if isinstance(held, dict) else {}
    for one in (fields, {**fields, change.field: change.new} if change.field else fields):
        scope = own_scope(change.type, change.record, one)
        if scope != EVERYBODY:
            yield change.record if scope == TIED else scope


def _named_in(
    change: Changed, central: Central, every: Collection[str], tied: Collection[str]
) -> Iterator[str]:
    """Who else of the step is named: the other child of a link, the adult about whom a conflict is.

    That an adult or a home is shared ties nobody together.
    """
    yield from (text for text in _texts(change) if text in every and text not in tied)
    if change.type == "conflict":
        about = central.get(change.record).fields.get("record")
        if about in every:
            yield str(about)


def _texts(change: Changed) -> Iterator[str]:
    new = change.new
    for value in new.values() if isinstance(new, dict) else (new,):
        yield from (one for one in (value if isinstance(value, list) else (value,)) if isinstance(one, str))
