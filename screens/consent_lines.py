"""The lines about agreement, of its own screen and of a child's page: data for a list, built for a width."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from casework.agreements import holds_responsibility
from casework.consent import closed_since, said_closed
from casework.limits import is_beyond, is_unsettled, said_pairs
from casework.policies import PURPOSES, Category
from casework.sharing import last_day
from casework.sharing_grid import LAWFUL_BASIS
from casework.withdrawing import Loss, lost_words
from casework.wording import (
    AGREEMENT_METHODS,
    AGREEMENT_STATES,
    CATEGORIES,
    RESPONSIBILITY,
    join_words,
    say_day,
)
from screens.widgets.fitting import brief_day, labelled, plain, ruled, short
from screens.widgets.text import Cell, Piece, Tone

if TYPE_CHECKING:
    from casework.agreements import State
    from casework.records import Child
    from casework.records_sharing import Agreement, Disclosure
    from casework.withdrawing import Lost
    from storage.queries.agreements import ShownAgreement, ShownDisclosure
    from storage.store import Store

Names = Mapping[str, str]
"""Agencies by their word, with the labels of this place."""

AGREEMENT, DISCLOSURE, WITHDRAWAL, SETTLING = "agreement", "disclosure", "withdrawal", "settling"
"""The forms of this screen, by which their drafts are kept."""

NOT_ASKED = "NOT ASKED"
IN_FORCE = frozenset({"given", "limited"})
_TONES: Mapping[State, Tone] = {
    "given": Tone.GOOD,
    "limited": Tone.GOOD,
    "refused": Tone.ALERT,
    "withdrawn": Tone.ALERT,
    "expired": Tone.WARN,
}
_MOST_LINES = 8
_MOST_TOLD = 3


@dataclass(frozen=True, slots=True)
class ConsentView:
    """What the family agreed to, what was shared without, and which forms were left half filled."""

    child: Child
    name: str
    place: str
    agreements: Sequence[ShownAgreement]
    disclosures: Sequence[ShownDisclosure]
    may_see_disclosures: bool
    drafts: frozenset[tuple[str, str]]
    today: date


@dataclass(frozen=True, slots=True)
class ConsentLine:
    """One line, with the id of the agreement it belongs to."""

    cell: Cell
    agreement: str = ""


def read_consent(store: Store, child_id: str) -> ConsentView:
    """Everything that the screen shows. Raises BadInput when there is no such child."""
    from casework.records import Child
    from storage.queries.agreements import read_agreements, read_disclosures
    from storage.queries.lookup import display_name
    from storage.queries.sight import place_of, shown_child

    child = store.get(Child, child_id)
    seen = shown_child(store, child)
    agreements = read_agreements(store, child)
    return ConsentView(
        child=child,
        name=display_name(seen),
        place=place_of(store, seen),
        agreements=agreements,
        disclosures=read_disclosures(store, child),
        may_see_disclosures=bool(store.may_see(child, Category.SAFEGUARDING, "safeguarding")),
        drafts=frozenset(
            (form, subject)
            for form, subject in (
                *((form, child_id) for form in (AGREEMENT, DISCLOSURE)),
                *((form, shown.agreement.id) for form in (WITHDRAWAL, SETTLING) for shown in agreements),
            )
            if store.drafts.load(form, subject) is not None
        ),
        today=store.today,
    )


_WAITS = {"": "", "unread": ", LIMITS NOT SETTLED", "unsure": ", NOT KNOWN IF THEY MAY DECIDE"}


def said_state(entry: ShownAgreement) -> str:
    """A state in capitals: it is told by its words, whatever the colours."""
    return AGREEMENT_STATES[entry.state].upper() + _WAITS[entry.waits]


def state_lines(
    shown: Sequence[ShownAgreement], names: Names, width: int, *, keys: bool = True
) -> list[Cell]:
    """The agreements of a child in a line or two, for the child's own page; `keys` says where they lead."""
    if not shown:
        hint = " C records what the family says." if keys else ""
        return plain(f"Agreement: {NOT_ASKED}.{hint}", width)
    told = []
    for entry in shown[:_MOST_TOLD]:
        held = entry.agreement
        who = join_words([_agency(agency, names) for agency in held.agencies])
        day = held.withdrawn_on if entry.state == "withdrawn" else held.given_on
        day = held.expires if entry.state == "expired" else day
        told.append(f"{said_state(entry)} {brief_day(day or held.given_on)}" + (f" ({who})" if who else ""))
    more = len(shown) - len(told)
    told += [f"{more} more"] if more else []
    closed = all(entry.state not in IN_FORCE or entry.waits for entry in shown)
    tone = Tone.WARN if closed else Tone.PLAIN
    hint = " C shows them." if keys else ""
    return plain(f"Agreement: {' · '.join(told)}.{hint}", width, tone=tone)


def consent_lines(view: ConsentView, names: Names, width: int) -> list[ConsentLine]:
    """Every line of the screen for a list that is `width` cells wide."""
    lines = [ConsentLine(cell) for cell in _head(view)]
    for entry in view.agreements:
        here = entry.agreement.id
        lines += [ConsentLine(cell, here) for cell in agreement_cells(entry, names, view.today, width)]
        if (WITHDRAWAL, here) in view.drafts:
            lines.append(
                ConsentLine(Piece("  A draft of a withdrawal waits: W goes on with it.", Tone.WARN), here)
            )
        if (SETTLING, here) in view.drafts:
            lines.append(
                ConsentLine(Piece("  Settling waits half done: L goes on with it.", Tone.WARN), here)
            )
    if view.agreements:
        lines.append(ConsentLine(""))
    lines.append(ConsentLine(ruled("Without agreement", width)))
    lines += [ConsentLine(cell) for cell in _decisions(view, names, width)]
    lines.append(ConsentLine(""))
    lines.append(ConsentLine(ruled("Lawful basis, which is the service's and no agreement", width)))
    lines += [ConsentLine(cell) for cell in _bases(width)]
    return lines


def _head(view: ConsentView) -> Iterator[Cell]:
    if (AGREEMENT, view.child.id) in view.drafts:
        yield Piece("A draft of an agreement waits: R goes on with it.", Tone.WARN)
    if (DISCLOSURE, view.child.id) in view.drafts:
        yield Piece("A draft of a decision waits: D goes on with it.", Tone.WARN)
    if not view.agreements:
        yield (Piece(NOT_ASKED, Tone.WARN), Piece("  Nobody has been asked, so nothing rests on agreement."))
        yield Piece("R records what the family says. Q tells what may be shared as it stands.", Tone.QUIET)
        yield ""
        return
    counts = Counter(entry.state for entry in view.agreements)
    told = [f"{number} {AGREEMENT_STATES[state]}" for state, number in counts.items()]
    if counts.keys() & IN_FORCE:
        yield Piece(f"Agreements: {', '.join(told)}", Tone.STRONG)
    else:
        yield (Piece("NO AGREEMENT IN FORCE", Tone.WARN), Piece(f": {', '.join(told)}"))


def agreement_cells(entry: ShownAgreement, names: Names, today: date, width: int) -> Iterator[Cell]:
    """One agreement in full: its state in words, who, with whom, what for, what, the limits, the dates."""
    held = entry.agreement
    yield ""
    state = said_state(entry)
    room = max(20, width - len(state) - 2)
    yield (
        Piece(state, Tone.WARN if entry.waits else _TONES[entry.state]),
        Piece(short(f"  {say_day(held.given_on)}{_giver(entry)}", room), Tone.STRONG),
    )
    if entry.withheld:
        yield from labelled("withheld", f"the family's own words and names: {entry.withheld}", width)
    elif held.responsibility != "unknown" or held.how_known:
        known = f" ({short(held.how_known, 60)})" if held.how_known else ""
        yield from labelled("", RESPONSIBILITY[held.responsibility] + known, width)
    elif holds_responsibility(held):
        yield from labelled("", f"{RESPONSIBILITY['yes']}: a mother always has it", width)
    elif not held.gillick:
        yield from labelled("", RESPONSIBILITY["unknown"], width)
    if entry.waits == "unsure":
        words = "every answer from it is “ask” until it is known that they may decide: record it again then"
        yield from labelled("", words, width, Tone.WARN)
    if held.gillick:
        yield from labelled("able", held.gillick, width)
    every = "all" if held.status == "refused" else "none that you may see"
    yield from labelled("with", _listed([_agency(a, names) for a in held.agencies], every), width)
    yield from labelled("for", _listed(held.purposes, every), width)
    yield from labelled("what", _listed([CATEGORIES[c.value] for c in held.categories], every), width)
    yield from _limits(held, names, width)
    yield from _how(held, width)
    yield from _dates(entry, today, width)


def _giver(entry: ShownAgreement) -> str:
    if entry.withheld:
        return ", by somebody (withheld)"
    held = entry.agreement
    tie = f"({held.relationship})" if held.relationship else ""
    who = " ".join(filter(None, (held.given_by, tie)))
    return f", by {who}" if who else ""


def _limits(held: Agreement, names: Names, width: int) -> Iterator[Cell]:
    if held.exclude.strip():
        yield from labelled("but", f"“{held.exclude.strip()}”", width, Tone.STRONG)
    out = [_agency(a, names) for a in held.exclude_agencies]
    out += [CATEGORIES[c.value] for c in held.exclude_categories]
    if out:
        yield from labelled("ruled out", join_words(out), width, Tone.STRONG)
    apart = said_pairs(held.exclude_pairs, {agency: short(name, 40) for agency, name in names.items()})
    for number, words in enumerate(apart):
        yield from labelled("" if number else "kept from", words, width, Tone.STRONG)
    if held.status in ("refused", "withdrawn"):
        return
    if is_beyond(held):
        words = "a later version of Outreach settled its limits: update this one; until then it is “ask”"
        yield from labelled("", words, width, Tone.WARN)
    elif is_unsettled(held):
        words = "nobody has settled what these words cover, so every answer is “ask”: L settles them"
        yield from labelled("", words, width, Tone.WARN)
    elif held.exclude.strip() and not out and not apart:
        yield from labelled("", "settled: these words rule out no agency and no category", width)


def _how(held: Agreement, width: int) -> Iterator[Cell]:
    how = [AGREEMENT_METHODS.get(held.method, "")]
    how += [f"interpreter: {held.interpreter}"] if held.interpreter else []
    how += [f"leaflet {held.leaflet}"] if held.leaflet else []
    words = ", ".join(filter(None, how))
    if words:
        yield from labelled("how", words, width, Tone.QUIET)


def _dates(entry: ShownAgreement, today: date, width: int) -> Iterator[Cell]:
    held = entry.agreement
    if entry.state == "withdrawn":
        day = f"withdrawn {say_day(held.withdrawn_on)}" if held.withdrawn_on else "withdrawn"
        why = f": {held.withdrawn_why}" if held.withdrawn_why else ""
        yield from labelled("end", f"{day}{why}", width)
        return
    dates = []
    if held.review:
        past = " (past: ask again)" if held.review < today else ""
        dates.append(f"review by {say_day(held.review)}{past}")
    if held.expires:
        dates.append(f"{'ended' if entry.state == 'expired' else 'ends'} {say_day(held.expires)}")
    if dates:
        late = held.review is not None and held.review < today
        yield from labelled("dates", ", ".join(dates), width, Tone.WARN if late else Tone.PLAIN)
    elif entry.state in IN_FORCE:
        yield from labelled("dates", "no review and no end", width, Tone.WARN)


_OTHERS_DECISIONS = "only who may see safeguarding sees what others decided, but for what is shared with them"
_NO_WHY = "who decided it and why is withheld"


def _decisions(view: ConsentView, names: Names, width: int) -> Iterator[Cell]:
    if not view.may_see_disclosures:
        yield from plain(f"withheld: {_OTHERS_DECISIONS}", width, tone=Tone.QUIET)
    for entry in view.disclosures:
        made = entry.disclosure
        what = join_words([CATEGORIES[c.value] for c in made.categories])
        share = made.decision == "share"
        act = "SHARED WITHOUT AGREEMENT" if share else "DECIDED NOT TO SHARE"
        head = f"  {act} {say_day(made.decided_on)}: {what} with {_agency(made.agency, names)}"
        yield from plain(f"{head.strip()}, for {made.purpose}", width, tone=Tone.STRONG)
        if share:
            yield from plain(_how_long(made, view), width, tone=Tone.QUIET, indent=4)
        if entry.withheld:
            yield from plain(f"{_NO_WHY}: {entry.withheld}", width, tone=Tone.QUIET, indent=4)
            continue
        told = {"yes": "the family was told", "no": "the family was not told"}.get(made.family_told, "")
        told += f" ({made.told_why})" if told and made.told_why else ""
        consulted = f"consulted {made.consulted}" if made.consulted else ""
        people = "; ".join(filter(None, (f"decided by {made.decided_by}", consulted, told)))
        yield from plain(f"because: {made.reason}", width, indent=4)[:_MOST_LINES]
        yield from plain(people, width, tone=Tone.QUIET, indent=4)[:_MOST_LINES]
    if not view.disclosures:
        none = "no decision is on record" if view.may_see_disclosures else "you recorded none"
        yield Piece(f"  {none}: D records one, either way", Tone.QUIET)


def _how_long(made: Disclosure, view: ConsentView) -> str:
    """Until when a decision to share opens what it names, and what of that it does not."""
    end = last_day(made)
    if end < view.today:
        return f"its time is over since {say_day(end)}"
    closed = closed_since(made, [entry.disclosure for entry in view.disclosures], view.today)
    opens = f"open until {say_day(end)}" if {*made.categories} > closed.keys() else ""
    return ". ".join(filter(None, (opens, said_closed(closed).rstrip("."))))


def _bases(width: int) -> Iterator[Cell]:
    purposes: dict[str, list[str]] = {}
    for purpose in PURPOSES:
        basis = LAWFUL_BASIS[purpose]
        purposes.setdefault(f"{basis.name} ({basis.source})", []).append(purpose)
    for basis_words, held in purposes.items():
        yield from plain(f"{join_words(held)}: {basis_words}", width, tone=Tone.QUIET)


def _listed(words: Iterable[str], empty: str) -> str:
    return ", ".join(words) or empty


def _agency(agency: str, names: Names) -> str:
    return short(names.get(agency, agency), 40)


_LOST_TONES: Mapping[Loss, Tone] = {"gone": Tone.ALERT, "partly": Tone.WARN, "others": Tone.PLAIN}


def lost_lines(lost: Sequence[Lost], own: Sequence[Lost], names: Names, width: int) -> list[Cell]:
    """What a withdrawal takes away, by agency, and what of it from this worker's own sight."""
    lines: list[Cell] = []
    for loss, words in lost_words(lost, own, {agency: short(name, 40) for agency, name in names.items()}):
        lines += plain(words, width, tone=_LOST_TONES[loss], indent=0)
    return lines
