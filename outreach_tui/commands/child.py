"""`outreach child` and `outreach search`: one child's page, and finding a child."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.records import Child
    from outreach_tui.commands.people import Eyes
    from storage.queries.agreements import ShownAgreement
    from storage.queries.cases import ShownCase
    from storage.queries.child import ChildPage
    from storage.queries.plans import ShownPlan
    from storage.search import Hit
    from storage.store import Store


@click.command(cls=LineCommand)
@click.argument("child")
@click.option("--from", "start", metavar="DATE", help="First day of the marks; else 1 September.")
@click.option("--to", "end", metavar="DATE", help="Last day of the marks; else today.")
@json_option
def child(child: str, start: str | None, end: str | None) -> None:
    """One child's page: attendance, marks with what they were before, clocks, people, story.

    CHILD is an id, a UPN, or a name that fits one child. Reading a page is written to the log. What you may
    not see is listed as withheld, with the reason.
    """
    from casework.errors import BadInput
    from outreach_tui.commands.child_text import page_text
    from outreach_tui.commands.people import Eyes, take_child, take_day
    from storage.queries.child import read_child
    from storage.queries.guarded_words import guarded

    call = the_call()
    first = take_day(start, call.today, "--from", past=True, period=True)
    last = take_day(end, call.today, "--to", past=True, since=first, period=True)
    if first and last and last < first:
        raise BadInput("bad-period", "--to lies before --from; swap them.", "--to")
    if first and not last and first > call.today:
        raise BadInput("bad-period", "--from lies after today; give --to too, or an earlier day.", "--from")
    with opened(call) as store:
        found = take_child(store, child)
        page = read_child(store, found, start=first, end=last)
        value = page_json(page, Eyes(store), guarded(store, found, _read_agreements(store, found)))
        store.log("looked", "child page", found.id)
    call.show(value, lambda: page_text(value, today=call.today, fancy=call.fancy))


@click.command(cls=LineCommand)
@click.argument("text")
@click.option("--limit", default=20, type=click.IntRange(1, 200), help="At most so many children.")
@json_option
def search(text: str, limit: int) -> None:
    """Find children by name (misspelt, by sound, known-as, without accents), UPN, address or school.

    The log keeps that you searched and how many were found, not what you typed.
    """
    from outreach_tui.commands.people import Eyes
    from storage.queries.seek import search_children

    call = the_call()
    with opened(call) as store:
        eyes = Eyes(store)
        rows = [_hit_json(store, eyes, hit) for hit in search_children(store, text, limit=limit)]
        store.log("searched", f"{len(rows)} children found")
    value = {"rows": rows}

    def lines() -> None:
        if not rows:
            output.emit_lines(["No child fits."])
            return
        output.emit_table(
            ("CHILD", "UPN", "SCHOOL", "FOUND BY", "ID"),
            [
                (r["child"]["name"], r["child"]["upn"], r["child"]["school"], r["why"], r["child"]["id"])
                for r in rows
            ],
            fancy=call.fancy,
        )

    call.show(value, lines)


def _hit_json(store: Store, eyes: Eyes, hit: Hit) -> dict[str, Any]:
    """A child found, and why."""
    from casework.records import Child

    return {"child": eyes.child(store.get(Child, hit.id)), "score": hit.score, "why": hit.why}


def _read_agreements(store: Store, found: Child) -> Sequence[ShownAgreement]:
    """The agreements as `consent list` gives them. Most children have none: nothing is loaded for them."""
    from casework.policies import Category

    if not store.grounds.of(found.id).agreements or not store.may_see(found, Category.IDENTITY, "support"):
        return ()
    from storage.queries.agreements import read_agreements

    return read_agreements(store, found)


def page_json(page: ChildPage, eyes: Eyes, agreements: Sequence[ShownAgreement] = ()) -> dict[str, Any]:
    """The page in the words of the contract; a part that is withheld is null or empty."""
    from casework.policies import Category
    from casework.shown_marks import note_of_mark
    from outreach_tui.commands.morning import why_json

    named = eyes.child(page.child)
    visible = eyes.sees(page.child, Category.ATTENDANCE)
    education = eyes.sees(page.child, Category.EDUCATION)
    return {
        "id": page.child.id,
        "upn": named["upn"],
        "name": named["name"],
        "dob": page.child.dob,
        "school": named["school"],
        "urn": named["urn"],
        "known_as": page.child.known_as,
        "year_group": page.child.year_group if education else None,
        "reg": page.child.reg if education else None,
        "attendance": _attendance(page) if visible else None,
        "marks": [
            {
                "date": m.date,
                "session": m.session,
                "code": m.code,
                "was": list(m.was),
                "comment": m.comment,
                "note": note_of_mark(m.code),
            }
            for m in page.marks
        ],
        "closed_day_marks": page.closed_day_marks,
        "as_of": page.day,
        "n_codes": [
            {"date": n.session_date, "session": n.session, "last_day": n.last_day, "overdue": n.overdue}
            for n in page.n_codes
        ],
        "legal": _legal(page) if visible else None,
        "clocks": [
            {
                "rule": c.rule,
                "text": c.text,
                "start": c.start,
                "due": c.due,
                "kind": c.kind.value,
                "overdue": c.overdue,
                "left": c.left,
            }
            for c in page.clocks
        ],
        "why": why_json(page.why),
        "flags": [
            {"kind": f.kind, "since": f.since, "review": f.review, "source": f.source} for f in page.flags
        ],
        "risks": [
            {"notification": r.notification, "by": r.by, "on": r.on, "text": r.text} for r in page.risks
        ],
        "people": [_person(entry) for entry in page.people],
        "siblings": [eyes.child(sibling) for sibling in page.siblings],
        "merged": [
            {
                "id": m.merge,
                "name": m.name,
                "upn": m.upn or None,
                "on": m.on,
                "by": m.by,
                "why": m.why or None,
            }
            for m in page.merged
        ],
        "household": _household(page),
        "agreements": _agreements(agreements),
        "withheld": [
            {
                "category": w.category.value,
                "reason": f"For {' and '.join(w.purposes)}: {w.reason}" if w.purposes else w.reason,
            }
            for w in page.withheld
        ],
        "story": [
            {
                "record": s.record,
                "kind": s.kind,
                "at": s.at,
                "by": s.by,
                "title": s.title,
                "text": s.text,
                "seen": s.seen,
            }
            for s in page.story
        ],
        "case": _case(page.case),
        "plan": _plan(page.plan),
    }


def _agreements(held: Sequence[ShownAgreement]) -> list[dict[str, Any]]:
    if not held:
        return []
    from outreach_tui.commands.consent_text import as_json

    return [as_json(entry) for entry in held]


def _case(held: ShownCase | None) -> dict[str, Any]:
    if held is None:
        return {"unit": "child", "episodes": []}
    from outreach_tui.commands.plan_text import case_json

    return case_json(held)


def _plan(held: ShownPlan | None) -> dict[str, Any]:
    if held is None:
        return {}
    from outreach_tui.commands.plan import plan_json

    return plan_json(held)


def _attendance(page: ChildPage) -> dict[str, Any]:
    from casework.attendance import figures, is_persistent, is_severe

    counted = page.tally
    return {
        "from": page.start,
        "to": page.end,
        **figures(counted),
        "persistent": is_persistent(counted.absent, counted.possible, page.end),
        "severe": is_severe(counted.absent, counted.possible, page.end),
        "late": counted.late,
    }


def _legal(page: ChildPage) -> dict[str, Any]:
    stand = page.legal
    return {
        "unauthorised_in_window": stand.unauthorised_in_window,
        "window_from": stand.window_from,
        "window_to": stand.window_to,
        "threshold_met": stand.met_now,
        "limit": stand.limit,
        "drops_out": stand.drops_out,
    }


def _household(page: ChildPage) -> dict[str, Any] | None:
    home = page.household
    if home is None:
        return None
    return {
        "id": home.id,
        "name": home.name,
        "address": None if home.address_protected else home.address,
        "address_protected": home.address_protected,
    }


def _person(entry: Any) -> dict[str, Any]:
    from casework.relationships import say_relationship

    person, tie = entry.person, entry.relationship
    return {
        "id": person.id,
        "name": " ".join(part for part in (person.title, person.forename, person.surname) if part),
        "relationship": say_relationship(tie.kind),
        "responsibility": tie.responsibility,
        "how_known": tie.how_known,
        "phones": list(person.phones),
        "email": person.email,
        "address": None if person.address_protected else person.address,
        "address_protected": person.address_protected,
        "do_not_contact": person.do_not_contact,
        "language": person.language,
        "interpreter": person.interpreter,
        "note": person.note,
    }
