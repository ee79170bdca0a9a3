"""The sections of a child's page about people: who the child is, who to reach and how, what is withheld."""

from __future__ import annotations

from collections.abc import Iterator

from rich.cells import cell_len

from casework.records import Child, Flag, Person
from casework.relationships import say_relationship
from casework.wording import FLAGS, RESPONSIBILITY, SEN, count_of, say_born, say_day
from screens.callers import letter
from screens.case_lines import case_state
from screens.child_view import NOTHING, ChildView, Target, years_old
from screens.consent_lines import state_lines
from screens.plan_lines import standing_lines
from screens.widgets.fitting import plain, short
from screens.widgets.text import Cell, Piece, Tone
from storage.queries.child import ContactPerson
from storage.queries.lookup import display_name

Line = tuple[Cell, Target]

_GRAVE = frozenset({"child-protection", "child-in-need", "looked-after", "missing-exploitation",
                    "address-protection", "risk-to-visitors"})  # fmt: skip
_MOST_LINES = 4
_MOST_RISKS = 3
_DUTIES = {
    "address-protection": ": never give it to anyone",
    "risk-to-visitors": ": ask your manager before a home visit",
}
"""What a flag asks of whoever reads it."""


def who(view: ChildView, width: int) -> Iterator[Line]:
    """Name, age, school, numbers, flags and siblings."""
    page = view.page
    child = page.child
    here = Target(type=child.type, record=child.id)
    name = f"{child.forename} {child.surname}".strip()
    known = f", known as {child.known_as}" if child.known_as and child.known_as != child.forename else ""
    if cell_len(name + known) <= width - 2:
        yield (Piece(f"  {name}", Tone.STRONG), Piece(known)), here
    else:
        for cell in plain(name + known, width, tone=Tone.STRONG)[:_MOST_LINES]:
            yield cell, here
    born = "date of birth not known"
    if child.dob:
        born = f"{years_old(child.dob, view.today)} years old, born {say_born(child.dob)}"
    place = [short(page.school, 40) or "no school on record"]
    place += [f"Year {short(child.year_group, 8)}"] if child.year_group else []
    place += [short(child.reg, 12)] if child.reg else []
    yield from _lines([born, ", ".join(place), f"UPN {child.upn}" if child.upn else "no UPN"], width, here)
    more = []
    if child.language or child.interpreter:
        need = "an interpreter is needed" if child.interpreter else "no interpreter needed"
        more.append(f"speaks {short(child.language, 30) or 'a language not recorded'}, {need}")
    if child.sen:
        more.append(SEN[child.sen])
    if child.former_names:
        more.append("formerly " + ", ".join(short(n, 30) for n in child.former_names))
    if more:
        yield from _lines(more, width, here)
    yield from _merged(view, width)
    if view.conflicts:
        wait = "waits" if view.conflicts == 1 else "wait"
        words = f"  {count_of(view.conflicts, 'conflict')} {wait} to be settled: g x"
        yield (Piece(words, Tone.WARN), NOTHING)
    for flag in sorted(page.flags, key=lambda flag: flag.kind not in _GRAVE):
        yield from _flag(flag, view, width)
    if not page.flags:
        yield Piece("  no flags that you may see", Tone.QUIET), NOTHING
    yield from _risks(view, width)
    yield from _agreed_and_planned(view, width)
    yield from _case(view, width)
    yield from _siblings(view, width)


def _risks(view: ChildView, width: int) -> Iterator[Line]:
    """What notifications told of risks to visitors; enter opens the notification."""
    for risk in view.page.risks[:_MOST_RISKS]:
        words = f"! Risk to visitors told by {short(risk.by, 40)}, {say_day(risk.on)}: {risk.text}"
        target = NOTHING if view.previewed else Target("notification", "notification", risk.notification)
        for cell in plain(words, width, tone=Tone.ALERT):
            yield cell, target


def _merged(view: ChildView, width: int) -> Iterator[Line]:
    """The records that are part of this one."""
    for part in view.page.merged:
        number = f", UPN {part.upn}" if part.upn else ""
        what = f"the record of {short(part.name, 40)}{number} is part of this one since {say_day(part.on)}"
        yield from _lines([what], width, Target(type="link", record=part.merge))


def _siblings(view: ChildView, width: int) -> Iterator[Line]:
    for sibling in view.page.siblings:
        age = f", {years_old(sibling.dob, view.today)}" if sibling.dob else ""
        year = f", Year {short(sibling.year_group, 8)}" if sibling.year_group else ""
        words = f"{short(display_name(sibling), max(10, width - 45))}{age}{year}"
        tie = Piece(_tie(view.page.child, sibling), Tone.QUIET)
        cell = (tie, Piece(words), Piece("  enter opens", Tone.QUIET))
        yield cell, Target("child", sibling.type, sibling.id)


def _agreed_and_planned(view: ChildView, width: int) -> Iterator[Line]:
    """What the family agreed to, its case, how its plan stands and what comes next."""
    for cell in state_lines(view.agreements, view.agencies, width, keys=not view.previewed):
        yield cell, NOTHING
    for cell in case_state(view.page.case, width, keys=not view.previewed):
        yield cell, NOTHING
    if view.plan is not None:
        for cell in standing_lines(view.plan, view.today, width, view.agencies, keys=not view.previewed):
            yield cell, NOTHING if view.previewed else Target("plan")


def _case(view: ChildView, width: int) -> Iterator[Line]:
    """The newest notification, the assessment and the scores, each in a line; enter opens it."""
    keys = not view.previewed
    if view.request is not None:
        from screens.notification_lines import summary_words

        held = view.request.notification
        hint = " Enter opens it." if keys else ""
        for cell in plain(f"{summary_words(view.request, view.today)}{hint}", width):
            yield cell, Target("notification" if keys else "", held.type, held.id)
    if view.assessment is not None:
        from screens.assessment_lines import summary_lines

        for cell in summary_lines(view.assessment, width, keys=keys):
            yield cell, Target("assessment" if keys else "")


def _lines(parts: list[str], width: int, target: Target) -> Iterator[Line]:
    """Facts one after another with a dot between, folded."""
    for cell in plain(" · ".join(parts), width):
        yield cell, target


def _flag(flag: Flag, view: ChildView, width: int) -> Iterator[Line]:
    words = FLAGS[flag.kind] + _DUTIES.get(flag.kind, "")
    since = f", since {say_day(flag.since)}" if flag.since else ""
    review = f", review by {say_day(flag.review)}" if flag.review else ""
    if flag.review and flag.review < view.today:
        review += " (past)"
    source = f", from {short(flag.source, 40)}" if flag.source else ""
    grave = flag.kind in _GRAVE
    text = f"{'!' if grave else '·'} {words}{since}{review}{source}"
    for cell in plain(text, width, tone=Tone.ALERT if grave else Tone.PLAIN):
        yield cell, Target(type=flag.type, record=flag.id)


def _tie(child: Child, sibling: Child) -> str:
    """How a child is a sibling: by the home they share, or because a person said so."""
    return "  same home: " if child.household and child.household == sibling.household else "  sibling: "


def people(view: ChildView, width: int) -> Iterator[Line]:
    """The adults in contact order and how to reach them, then the home."""
    page = view.page
    hidden = any(flag.kind == "address-protection" for flag in page.flags)
    for number, entry in enumerate(page.people):
        yield from _person(letter(number), entry, width, hidden=hidden)
    if not page.people:
        yield Piece("  nobody on record that you may see: ask the school who to call", Tone.WARN), NOTHING
    home = page.household
    if home is None:
        return
    here = Target(type=home.type, record=home.id)
    if home.address_protected or hidden:
        words = "Home: address protected, not shown. Give it to nobody; ask the safeguarding lead."
        for cell in plain(words, width, tone=Tone.ALERT):
            yield cell, here
    elif home.address:
        for cell in plain(f"Home: {home.address}", width):
            yield cell, here


def _person(sign: str, entry: ContactPerson, width: int, *, hidden: bool) -> Iterator[Line]:
    person, tie = entry.person, entry.relationship
    here = Target(type=person.type, record=person.id)
    tied = Target(type=tie.type, record=tie.id)
    name = short(" ".join(filter(None, (person.title, person.forename, person.surname))), max(10, width - 30))
    yield (
        (
            Piece(f"  {sign} ", Tone.QUIET),
            Piece(name, Tone.STRONG),
            Piece(f", {short(say_relationship(tie.kind), 24) or 'relationship not known'}"),
        ),
        here,
    )
    known = f" ({short(tie.how_known, 40)})" if tie.how_known else ""
    facts = [RESPONSIBILITY[tie.responsibility] + known]
    if tie.lives_with is not None:
        facts.append("lives with the child" if tie.lives_with else "lives elsewhere")
    for cell in plain(" · ".join(facts), width, tone=Tone.QUIET, indent=4):
        yield cell, tied
    for words, tone in _reach(person, hidden=hidden):
        for cell in plain(words, width, tone=tone, indent=4)[:_MOST_LINES]:
            yield cell, here


def _reach(person: Person, *, hidden: bool) -> Iterator[tuple[str, Tone]]:
    """How to reach a person, in plain words, and what must not be done."""
    if person.do_not_contact:
        yield "DO NOT CONTACT: numbers left out here.", Tone.ALERT
        return
    ways = [short(phone, 30) for phone in person.phones]
    ways += [short(person.email, 60)] if person.email else []
    yield (" · ".join(ways), Tone.PLAIN) if ways else ("no number or email on record", Tone.WARN)
    if person.language or person.interpreter:
        need = ", an interpreter is needed" if person.interpreter else ""
        yield f"speaks {person.language or 'a language not recorded'}{need}", Tone.PLAIN
    if person.note:
        yield person.note, Tone.PLAIN
    if person.address_protected:
        yield "Address protected: not shown. Give it to nobody.", Tone.ALERT
    elif person.address and not hidden:
        yield person.address, Tone.PLAIN


def withheld(view: ChildView, width: int) -> Iterator[Line]:
    """What this worker may not see, each with the reason."""
    for item in view.page.withheld:
        for cell in plain(f"{item.name}: {item.reason}", width):
            yield cell, NOTHING
    if not view.page.withheld:
        yield Piece("  nothing that may be told", Tone.QUIET), NOTHING
