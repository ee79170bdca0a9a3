"""The times of working with a child: how long each was or is so far, how soon it was allocated, and whether
it came back, counted both ways.

Source: DfE, Characteristics of children in need (re-referral within 12 months of a referral); the length of
an open case is not known yet and is never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from casework.clocks import next_working_day, working_days_between
from casework.early_help import ReReferral, re_referral
from casework.edits import Edit, update
from casework.errors import Refused
from casework.records_case import Episode
from casework.wording import count_of, say_day

FROM_REFERRAL = "from the previous referral (DfE)"
FROM_CLOSURE = "from the previous closure (many early help teams)"


@dataclass(frozen=True, slots=True)
class EpisodeStanding:
    """How an episode stands on a day.

    `days` are calendar days from allocation to closure, or so far where it is open; `days_to_allocate` are
    working days from its referral, None where that is not known, `again` None where it has no referral.
    """

    days: int
    is_open: bool
    days_to_allocate: int | None
    again: ReReferral | None

    @property
    def length(self) -> str:
        """Its length in words: an open case has no length yet."""
        return f"{count_of(self.days, 'day')}{' so far' if self.is_open else ''}"


def re_referral_on(referred: date, episodes: Sequence[Episode]) -> ReReferral:
    """Whether a referral is a re-referral, from the last referral and from the last closure before it.

    A referral of the same day counts as earlier where its case was closed by then. An episode that ended as
    opened in error counts as neither: a slip is no episode of help.
    """
    helped = [e for e in episodes if e.reason != "opened-in-error"]
    earlier = [
        e.referred
        for e in helped
        if e.referred and (e.referred < referred or (e.referred == referred == e.closed))
    ]
    closed = [e.closed for e in helped if e.closed and e.closed <= referred]
    return re_referral(referred, max(earlier, default=None), max(closed, default=None))


def episode_standing(episode: Episode, episodes: Sequence[Episode], today: date) -> EpisodeStanding:
    """How one of a child's `episodes` stands."""
    before = [e for e in episodes if e.number < episode.number]
    to_allocate = None
    if episode.referred is not None:
        to_allocate = max(0, working_days_between(next_working_day(episode.referred), episode.opened))
    return EpisodeStanding(
        days=max(0, ((episode.closed or today) - episode.opened).days),
        is_open=episode.closed is None,
        days_to_allocate=to_allocate,
        again=re_referral_on(episode.referred, before) if episode.referred is not None else None,
    )


def say_again(counted: bool | None) -> str:
    """A count of re-referral in one word."""
    return {True: "yes", False: "no", None: "not known"}[counted]


def open_cases(episodes: Iterable[Episode]) -> list[Episode]:
    """The open episodes by the day they opened, on every laptop in the same order."""
    return sorted((e for e in episodes if e.closed is None), key=lambda e: (e.opened, e.id))


def join_cases(episodes: Iterable[Episode], on: date) -> Edit:
    """Several open episodes of a child become one, as when two laptops each allocated a notification.

    The one that was opened first goes on, with who leads the work and every plan and assessment; the others
    end on this day as opened in error. Two who join at once write the same. Raises Refused where there are
    not several.
    """
    kept, *others = open_cases(episodes) or (None,)
    if kept is None or not others:
        raise Refused("one-case", "No second case of this child is open, so there is nothing to join.")
    note = f"Joined with the case that was opened on {say_day(kept.opened)}."
    changes = [
        change
        for one in others
        for change in update(one, closed=max(on, one.opened), reason="opened-in-error", note=note)
    ]
    return Edit("Cases joined", tuple(changes), subject=kept.child)
