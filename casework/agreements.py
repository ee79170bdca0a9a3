"""What a family's agreements say of one question: may this agency have this category for this purpose?

Each person who may speak is heard by their newest record that covers the question. A child who is competent
to decide is followed alone; otherwise holders of parental responsibility are, and where they disagree the
answer is a person's to give (source: HM Government, Information sharing advice for practitioners, 2024;
Gillick v West Norfolk AHA [1985]; Children Act 1989 s.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal

from casework.clocks import add_months
from casework.limits import is_beyond, is_unsettled, rules_out
from casework.policies import Category, Purpose
from casework.records import Child
from casework.records_sharing import Agreement, Capacity
from casework.sharing_grid import Answer
from casework.text import fold
from casework.vocabulary import Agency
from casework.wording import say_day

State = Literal["given", "limited", "refused", "withdrawn", "expired"]

PRESUMED_ABLE_AT = 16
"""Age in years from which a young person is presumed able to decide (Family Law Reform Act 1969 s.8)."""

_THEMSELVES = frozenset({"self", "child", "young person", "pupil"})
_ALWAYS_RESPONSIBLE = frozenset({"mother"})
_ABLE = "the child, able to decide"
_UNSURE = "Whoever agreed is not known to hold parental responsibility, or the child to be competent; ask."
_DISAGREE = "Those who hold parental responsibility do not agree; both are recorded and a manager decides."


@dataclass(frozen=True, slots=True)
class Voice:
    """What one person's newest agreement says of a question, with the reason in words that name nobody.

    `unread` tells that words of the family stand in it which nobody has settled yet, `ended` that
    it was given for a time which is over.
    """

    answer: Answer
    reason: str
    agreement: Agreement
    unread: bool = False
    ended: bool = False


def state_of(agreement: Agreement, on: date) -> State:
    """The agreement's state on a day: one given or limited has expired after its last day."""
    if agreement.status in ("given", "limited") and agreement.expires is not None and agreement.expires < on:
        return "expired"
    return agreement.status


def by_the_child(agreement: Agreement) -> bool:
    """Whether the child gave it. Where the relationship is withheld, what was recorded of it says so."""
    return is_child_word(agreement.relationship) or (
        not agreement.relationship and agreement.capacity == "child"
    )


@lru_cache(maxsize=256)
def is_child_word(relationship: str) -> bool:
    """Whether a relationship to the child says that it is the child."""
    return fold(relationship) in _THEMSELVES


def is_competent(agreement: Agreement, child: Child) -> bool:
    """Whether the child gave it and was able to: judged competent for it, or 16 or older on the day."""
    if not by_the_child(agreement):
        return False
    return presumed_able(child.dob, agreement.given_on) or bool(agreement.gillick.strip())


def presumed_able(dob: date | None, on: date) -> bool:
    """Whether somebody born then is presumed able to decide on a day; False where it is not known."""
    return dob is not None and add_months(dob, 12 * PRESUMED_ABLE_AT) <= on


def holds_responsibility(agreement: Agreement) -> bool:
    """Whether the giver is known to hold parental responsibility; a mother always does."""
    if by_the_child(agreement):
        return False
    if agreement.responsibility == "yes" or _is_always_responsible(agreement.relationship):
        return True
    return not agreement.relationship and agreement.capacity == "responsible"


def capacity_of(agreement: Agreement) -> Capacity:
    """As what whoever gave it decides, for those from whom the relationship is withheld."""
    if by_the_child(agreement):
        return "child"
    return "responsible" if holds_responsibility(agreement) else ""


def givers(agreements: Iterable[Agreement]) -> Mapping[str, str]:
    """Who gave each agreement for one child, by its id: equal words are one person, and name nobody else.

    It is the name. Where that is withheld it is the name under the same `giver` if another agreement has
    one, else `giver`, else the agreement stands alone.
    """
    held = [(one.id, one.giver, fold(one.given_by)) for one in agreements]
    named = {giver: name for _, giver, name in held if giver and name}
    return {one: name or named.get(giver) or f"={giver or one}" for one, giver, name in held}


@lru_cache(maxsize=256)
def _is_always_responsible(relationship: str) -> bool:
    return fold(relationship) in _ALWAYS_RESPONSIBLE


def covers(agreement: Agreement, agency: Agency, category: Category, purpose: Purpose) -> bool:
    """Whether the agreement speaks to the question at all. What a refusal leaves empty, it refuses."""
    if agreement.status != "refused":
        return (
            category in agreement.categories
            and agency in agreement.agencies
            and purpose in agreement.purposes
        )
    return (
        (not agreement.categories or category in agreement.categories)
        and (not agreement.agencies or agency in agreement.agencies)
        and (not agreement.purposes or purpose in agreement.purposes)
    )


def answer_of(
    agreements: Iterable[Agreement],
    child: Child,
    agency: Agency,
    category: Category,
    purpose: Purpose,
    on: date,
) -> Voice | None:
    """What the family's standing agreements answer on a day; None when nobody was asked this."""
    said = [a for a in agreements if covers(a, agency, category, purpose) and a.given_on <= on and not a.void]
    if not said:
        return None
    giver = givers(said)
    heard: dict[str, list[Agreement]] = {}
    unsure: list[Agreement] = []
    for agreement in sorted(said, key=lambda a: (a.given_on, a.id)):
        if is_competent(agreement, child):
            heard.setdefault(_ABLE, []).append(agreement)
        elif _speaks(agreement):
            heard.setdefault(giver[agreement.id], []).append(agreement)
        elif agreement.status in ("given", "limited"):
            unsure.append(agreement)
    voices = {giver: _newest(held, agency, category, on) for giver, held in heard.items()}
    if _ABLE in voices:
        return voices[_ABLE]
    if voices:
        return _together(list(voices.values()))
    return Voice("ask", _UNSURE, unsure[-1]) if unsure else None


def opened_by(
    agreement: Agreement, child: Child, agency: Agency, on: date
) -> Iterator[tuple[Category, Purpose]]:
    """Every question to which `answer_of` this one agreement alone says yes. The purpose changes nothing but
    whether the agreement speaks to it at all.
    """
    if agreement.void or agreement.given_on > on or not _may_open(agreement, on):
        return
    if agency in agreement.agencies and (is_competent(agreement, child) or _speaks(agreement)):
        for category in agreement.categories:
            if not rules_out(agreement, agency, category):
                yield from [(category, purpose) for purpose in agreement.purposes]


def _may_open(agreement: Agreement, on: date) -> bool:
    """Whether `_voice` says yes of all that no limit rules out."""
    return state_of(agreement, on) in ("given", "limited") and not is_unsettled(agreement)


def _speaks(agreement: Agreement) -> bool:
    """A holder speaks; so does a refusal of somebody of whom it is not known whether they hold it."""
    if holds_responsibility(agreement):
        return True
    no = agreement.status in ("refused", "withdrawn")
    return no and (agreement.responsibility == "unknown" or by_the_child(agreement))


def _newest(held: list[Agreement], agency: Agency, category: Category, on: date) -> Voice:
    """What a person says now. When what they agreed to has ended, an earlier no or limit stands again."""
    voices = [_voice(agreement, agency, category, on) for agreement in reversed(held)]
    if not voices[0].ended:
        return voices[0]
    return next((v for v in voices if v.answer == "no"), next((v for v in voices if v.unread), voices[0]))


def _together(voices: list[Voice]) -> Voice:
    no = max((v for v in voices if v.answer == "no"), key=_said_on, default=None)
    yes = next((v for v in voices if v.answer == "yes"), None)
    unread = next((v for v in voices if v.unread), None)
    if no and yes:
        return Voice("ask", _DISAGREE, no.agreement)
    return no or unread or yes or voices[0]


def _said_on(voice: Voice) -> tuple[date, str]:
    """When a no was said: of several the newest is the one that is told."""
    held = voice.agreement
    return held.withdrawn_on or held.given_on, held.id


def _voice(agreement: Agreement, agency: Agency, category: Category, on: date) -> Voice:
    state = state_of(agreement, on)
    since = say_day(agreement.given_on)
    if state == "refused":
        return Voice("no", f"The family refused it on {since}.", agreement)
    if state == "withdrawn":
        day = say_day(agreement.withdrawn_on or agreement.given_on)
        return Voice("no", f"The family withdrew its agreement on {day}.", agreement)
    if rules_out(agreement, agency, category):
        return Voice("no", f"The family ruled it out when it agreed on {since}.", agreement)
    if agreement.expires is not None and state == "expired":
        return Voice(
            "ask", f"The agreement ended on {say_day(agreement.expires)}; ask again.", agreement, ended=True
        )
    if is_unsettled(agreement):
        reason = f"The agreement of {since} has a limit in the family's own words; read it and settle it."
        if is_beyond(agreement):
            reason = f"The agreement of {since} has a limit that only a later version reads; update Outreach."
        return Voice("ask", reason, agreement, unread=True)
    return Voice("yes", f"The family agreed on {since}.", agreement)
