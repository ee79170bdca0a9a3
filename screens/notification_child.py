"""The child of a notification while it is typed: who is found by name, and who may be the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple

from casework.days_given import require_come
from casework.duplicates import Description
from casework.errors import BadInput, misfit
from casework.identifiers import check_upn, tidy_upn
from casework.ids import new_id
from casework.records import Child, Household
from casework.wording import join_words, say_born, say_day
from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece, Tone

if TYPE_CHECKING:
    from casework.edits import Change
    from storage.store import Store

SHOWN = 4
"""Children told at once; up and down bring the others."""

NEW = ("forename", "surname", "dob", "upn", "address")
"""The fields of a child who is not on record yet."""

SAME_HOME = "same home"
"""Why a child is told who only lives at the typed address."""

_SHORTEST = 2


@dataclass(frozen=True, slots=True)
class Candidate:
    """A child on record who is meant, or may be the one typed in: with the band, and why."""

    child: str
    label: str
    band: str
    why: str

    def cells(self, width: int, *, here: bool) -> list[Cell]:
        """Its lines in the list: one, and for a band one more with the reasons."""
        head = Piece(f"{'›' if here else ' '} ", Tone.KEY)
        if not self.band:
            label = short(self.label, max(20, (width - 2) * 3 // 4))
            return [(head, Piece(label), Piece(short(f"  {self.why}", width - 2 - len(label)), Tone.QUIET))]
        word = f"{self.band}: "
        tone = {"match": Tone.ALERT, "looked at": Tone.QUIET}.get(self.band, Tone.WARN)
        first = (head, Piece(word, tone), Piece(short(self.label, width - 2 - len(word))))
        return [first, Piece(f"    {short(self.why, width - 4)}", Tone.QUIET)]


def found_by(store: Store, text: str, *, first: bool) -> list[Candidate]:
    """The children whom a typed name, number or address finds; looking is on record once."""
    from screens.search import find

    if len(text.strip()) < _SHORTEST:
        return []
    hits = find(store, text, first=first)
    return [Candidate(h.child, _label(h.name, h.born, h.school), "", h.why) for h in hits]


def doubles_of(store: Store, described: Description, *, but: str = "", first: bool) -> list[Candidate]:
    """The children who match or may match what was typed; looking is on record once."""
    from storage.queries.duplicates import find_duplicates

    found = find_duplicates(store, described, but=but)
    if first and found:
        store.log("searched", f"duplicates while typing, {len(found)} shown at first")
    return [
        Candidate(
            one.child.id,
            _label_of(store, one.child),
            "looked at" if one.decided else one.likeness.band,
            one.decided.removeprefix("looked at: ") or ", ".join(one.likeness.reasons),
        )
        for one in found
    ]


def doubles_while_typing(
    store: Store, fields: Mapping[str, str], today: date, *, first: bool
) -> list[Candidate]:
    """The children who may be the new one, and below them those of the same home. While nothing but a name is
    typed, those whose name is alike, too: without a day of birth or a number a name that only sounds alike is
    no double yet.
    """
    of = described(fields, today)
    found = doubles_of(store, of, first=first)
    found += _same_home(store, of.address, found, first=first and not found)
    if of.dob is not None or of.upns or not (of.forename and of.surname):
        return found
    from storage.queries.duplicates import MOST

    held = {one.child for one in found}
    alike = found_by(store, f"{of.forename} {of.surname}", first=first and not found)
    return [*found, *(one for one in alike if one.child not in held)][:MOST]


def _same_home(store: Store, address: str, told: Sequence[Candidate], *, first: bool) -> list[Candidate]:
    from storage.queries.duplicates import find_same_home

    living = find_same_home(store, address, leaving={one.child for one in told})
    if first and living:
        store.log("searched", f"same home while typing, {len(living)} shown at first")
    return [Candidate(child.id, _label_of(store, child), "", SAME_HOME) for child in living]


def heading_of(candidates: Sequence[Candidate]) -> str:
    """What the list beside a new or a chosen child is a list of, and the key that takes one."""
    at_home = candidates[0].why == SAME_HOME
    what = "Perhaps a sibling, or a like name" if at_home else "May be the same child"
    return f"{what} (F3: it is this one, with up and down):"


def doubles_of_known(store: Store, child: str) -> list[Candidate]:
    """Other records that may be of the child who was chosen."""
    from storage.queries.duplicates import describe

    described = describe(store, store.get(Child, child))
    return doubles_of(store, described, but=child, first=False)


class Known(NamedTuple):
    """A child on record as a form names them, with the name of their school and their day of birth."""

    label: str
    school: str
    born: date | None


def known(store: Store, child: str) -> Known:
    """The child on record. Raises BadInput when there is none."""
    from storage.queries.lookup import display_name

    held = store.get(Child, child)
    school = store.schools.name(held.school)
    return Known(_label(display_name(held), say_born(held.dob), school), school, held.dob)


def waiting_of(store: Store, child: str) -> str:
    """That notifications of the child wait for a worker already, in a sentence; "" where none does."""
    from storage.queries.notifications import others_waiting

    days = [say_day(held.received) for held in others_waiting(store, child)]
    if not days:
        return ""
    return f"A notification of this child waits already: that of {join_words(days)}."


def _label_of(store: Store, child: Child) -> str:
    from storage.queries.lookup import display_name
    from storage.queries.sight import shown_child

    shown = shown_child(store, child)
    return _label(display_name(shown), say_born(shown.dob), store.schools.name(shown.school))


def _label(name: str, born: str, school: str) -> str:
    return ", ".join(filter(None, (name, f"born {born}", school)))


def described(fields: Mapping[str, str], today: date) -> Description:
    """What was typed of a new child, as far as it is understood."""
    return Description(
        forename=fields["forename"].strip(),
        surname=fields["surname"].strip(),
        dob=_born(fields["dob"], today),
        upns=(tidy_upn(fields["upn"]),) if fields["upn"].strip() else (),
        address=fields["address"],
        siblings=(fields["siblings"],),
    )


def _born(text: str, today: date) -> date | None:
    with suppress(BadInput):
        return take_day(text, today, "dob") if text.strip() else None
    return None


def take_day(text: str, today: date, field: str) -> date | None:
    """A typed day that has come; None for an empty field. Raises BadInput that names the field.

    A day without its year that soon comes is refused, but for a day of birth.
    """
    from casework.dates import parse_date
    from casework.days_given import require_year

    if not text.strip():
        return None
    try:
        day = parse_date(text, today, prefer="past")
        if field != "dob":
            require_year(text, today)
    except BadInput as problem:
        raise BadInput(problem.code, problem.message, field) from None
    require_come(day, today, "That day has not come yet.", field)
    return day


def warnings(fields: Mapping[str, str]) -> Sequence[str]:
    """What is odd in a new child's numbers; it never blocks."""
    if not fields["upn"].strip():
        return ()
    check = check_upn(fields["upn"])
    return tuple(filter(None, (check.error or check.warning,)))


def new_child(
    store: Store, fields: Mapping[str, str], school: str | None
) -> tuple[Child, tuple[Change, ...]]:
    """A child who is not on record yet, and what brings them into being. Raises BadInput with the field."""
    from pydantic import ValidationError

    from casework.edits import create
    from casework.text import clean

    for name in ("forename", "surname"):
        if not fields[name].strip():
            raise BadInput("empty", f"Say the child's {name}.", name)
    home = (
        Household(id=new_id(), address=clean(fields["address"]).strip())
        if fields["address"].strip()
        else None
    )
    try:
        child = Child(
            id=new_id(),
            forename=clean(fields["forename"]).strip(),
            surname=clean(fields["surname"]).strip(),
            dob=take_day(fields["dob"], store.today, "dob"),
            upn=tidy_upn(clean(fields["upn"])),
            household=home.id if home else None,
            school=school,
            team=store.worker.team,
        )
    except ValidationError as error:
        where, why = misfit(error)
        raise BadInput("bad-value", f"That {why}", where) from None
    return child, (*((create(home),) if home else ()), create(child))
