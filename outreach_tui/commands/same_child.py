"""`outreach duplicates`, `link`, `merge` and `split`: records that may be of one child."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from collections.abc import Sequence

    from casework.records import Child
    from casework.records_links import Link
    from storage.queries.shown_merge import ShownMerge, ShownRecord, ShownSplit
    from storage.store import Store


@click.command(cls=LineCommand)
@click.argument("child", required=False)
@click.option("--all", "every", is_flag=True, help="Also pairs that somebody has looked at and decided.")
@click.option("--limit", default=50, type=click.IntRange(1, 1000), help="At most so many pairs.")
@json_option
def duplicates(child: str | None, every: bool, limit: int) -> None:
    """Pairs of records that may be of one child, in bands with reasons; of CHILD alone when given.

    A match is likely, a possible one is for you to look at. Nothing is merged by itself.
    """
    from casework.policies import Category
    from outreach_tui.commands.people import Eyes, take_child
    from storage.queries.duplicates import Pair, describe, find_duplicates, find_pairs

    call = the_call()
    with opened(call) as store:
        eyes = Eyes(store)
        if child is None:
            pairs, total = find_pairs(store, limit)
        else:
            found = take_child(store, child)
            eyes.require(found, Category.IDENTITY)
            held = find_duplicates(store, describe(store, found), but=found.id)
            pairs = [Pair(found, one.child, one.likeness, one.decided) for one in held[:limit]]
            total = len(held)
        store.log("searched", f"duplicates, {total} found", found.id if child else None)
        shown = [pair for pair in pairs if every or not pair.decided]
        rows: list[dict[str, Any]] = [
            {
                "child": eyes.child(pair.one),
                "other": eyes.child(pair.other),
                "band": pair.likeness.band,
                "reasons": list(pair.likeness.reasons),
                "decided": pair.decided or None,
            }
            for pair in shown
        ]
        born = {c.id: c.dob for pair in shown for c in (pair.one, pair.other)}
    value = {"pairs": rows, "looked_at": sum(bool(pair.decided) for pair in pairs), "total": total}

    def text() -> None:
        from casework.wording import say_born

        for row in rows:
            output.emit_lines([f"{row['band']}: {', '.join(row['reasons'])}"])
            for who in (row["child"], row["other"]):
                place = ", ".join(filter(None, (who["name"], who["school"], who["upn"])))
                output.emit_lines([f"  {who['id']}  {place}, born {say_born(born[who['id']])}"])
            if row["decided"]:
                output.emit_lines([f"  {row['decided']}"])
        if not rows:
            output.emit_lines(["Nothing looks like a second record of a child."])
        if not every and value["looked_at"]:
            output.emit_lines([f"{value['looked_at']} more were looked at and decided; see --all."])

    call.show(value, text)


@click.command(cls=LineCommand)
@click.argument("child")
@click.argument("other")
@click.option("--as", "kind", type=click.Choice(["sibling", "different"]), help="What they are.")
@click.option("--end", is_flag=True, help="End the link that there is between them.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in a few words.")
@json_option
def link(child: str, other: str, kind: str | None, end: bool, reason: str) -> None:
    """Record what CHILD and OTHER are to one another: two different children, or siblings.

    A pair that is different is not offered as a duplicate again; siblings are told on each other's page.
    """
    from casework.errors import Refused, UsageProblem
    from casework.same_child import end_link, link_children
    from outreach_tui.commands.cases import fitting, text_of
    from storage.queries.same_child import links_of

    call = the_call()
    if end is (kind is not None):
        raise UsageProblem("usage", "Give --as with what they are, or --end.", "--as")
    why = text_of(reason, "--reason")
    with opened(call) as store:
        one, two = _both(store, child, other)
        held = [kept for kept, found in links_of(store, one) if found.id == two.id]
        with fitting({"why": "--reason", "ended_why": "--reason"}):
            if end:
                if not held:
                    raise Refused("not-linked", "There is no link between them.")
                edit = end_link(held[0], why, call.today, store.worker.id)
            elif any(kept.kind == kind for kept in held):
                raise Refused("already-linked", "That is on record already.")
            else:
                edit = link_children(one, two, kind, why, call.today, store.worker.id)  # type: ignore[arg-type]
        receipt = store.journal.commit(edit)
        value = {
            "id": edit.changes[0].record,
            "child": one.id,
            "other": two.id,
            "as": None if end else kind,
            "edit": receipt.edit,
        }
    call.show(value, lambda: output.emit_lines([f"{edit.name}."]))


@click.command(cls=LineCommand)
@click.argument("keep")
@click.argument("other")
@click.option("--reason", required=True, metavar="TEXT", help="Why they are one child, in a few words.")
@click.option("--take", default="", metavar="F,G", help="Fields where OTHER's value is to stand.")
@click.option("--leave", default="", metavar="F,G", help="Empty fields that are not to be filled.")
@click.option("--sure", is_flag=True, help="Merge in spite of what speaks for twins or namesakes.")
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@json_option
def merge(keep: str, other: str, reason: str, take: str, leave: str, sure: bool, dry_run: bool) -> None:
    """Make OTHER's record part of KEEP's, as one step that `undo` or a later `split` takes back.

    Whatever is on record about OTHER is then on record about KEEP, whose empty fields are filled; where the
    two differ, KEEP's value stands unless --take names the field. Nothing is lost.
    """
    from casework.errors import Refused
    from outreach_tui.commands.cases import fitting, names_of, text_of
    from outreach_tui.commands.people import Eyes
    from storage.queries.same_child import plan_merge, require_no_draft
    from storage.queries.shown_merge import shown_merge

    call = the_call()
    why = text_of(reason, "--reason")
    with opened(call) as store:
        kept, away = _both(store, keep, other)
        with fitting({"why": "--reason"}):
            plan = plan_merge(store, kept, away, take=names_of(take), leave=names_of(leave), reason=why)
        shown = shown_merge(store, kept, away, plan, names_of(leave))
        if shown.doubts and not (sure or dry_run):
            raise Refused(
                "perhaps-two",
                f"{' '.join(shown.doubts)} If they are one child all the same, give --sure.",
            )
        if not dry_run:
            require_no_draft(store, away)
        receipt = None if dry_run else store.journal.commit(plan.edit)
        eyes = Eyes(store)
        value = {
            "id": None if dry_run else plan.link.id,
            "kept": eyes.child(plan.child),
            "other": eyes.child(away),
            **_merge_json(shown),
            "dry_run": dry_run,
            "edit": receipt.edit if receipt else None,
        }
    call.show(value, lambda: _merge_text(value, shown))


@click.command(cls=LineCommand)
@click.argument("merge")
@click.option("--reason", default="", metavar="TEXT", help="Why they are two children after all.")
@click.option("--move", default="", metavar="ID,...", help="Records made since that are OTHER's too.")
@click.option(
    "--stay", default="", metavar="ID,...", help="Records made since that stay with the kept child."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@json_option
def split(merge: str, reason: str, move: str, stay: str, dry_run: bool) -> None:
    """Take MERGE back: its id, or the child whose newest merge is meant.

    What was moved goes back with what was changed in it meanwhile. What was made since stays with the kept
    child, but for what was made on a record that goes back and what came from a school where only the other
    child was; --move and --stay say otherwise.
    """
    from outreach_tui.commands.cases import fitting, names_of, text_of
    from outreach_tui.commands.people import Eyes
    from storage.queries.same_child import plan_split
    from storage.queries.shown_merge import shown_split

    call = the_call()
    why = text_of(reason, "--reason")
    with opened(call) as store:
        held = _merge(store, merge)
        kept, away = _sides(store, held)
        with fitting({"ended_why": "--reason"}):
            plan = plan_split(store, held, move=names_of(move), stay=names_of(stay), reason=why)
        shown = shown_split(store, kept, plan)
        receipt = None if dry_run else store.journal.commit(plan.edit)
        eyes = Eyes(store)
        value = {
            "id": held.id,
            "kept": eyes.child(kept),
            "other": eyes.child(away),
            **_split_json(shown),
            "dry_run": dry_run,
            "edit": receipt.edit if receipt else None,
        }
    call.show(value, lambda: _split_text(value, shown))


def _both(store: Store, child: str, other: str) -> tuple[Child, Child]:
    from casework.policies import Category
    from outreach_tui.commands.people import Eyes, take_child

    one, two = take_child(store, child), take_child(store, other, "OTHER")
    for found in (one, two):
        Eyes(store).require(found, Category.IDENTITY)
    return one, two


def _merge(store: Store, text: str) -> Link:
    """The merge that an argument means: by its own id, or the newest one of a child."""
    from casework.errors import BadInput, Refused
    from casework.records_links import Link
    from outreach_tui.commands.people import take_child, take_record
    from storage.queries.same_child import parts_of

    try:
        found = take_record(store, text, "MERGE")
    except BadInput:
        found = None
    if isinstance(found, Link):
        return found
    parts = parts_of(store, take_child(store, text, "MERGE").id)
    if not parts:
        raise Refused("not-merged", "No record was merged into that child; there is nothing to split.")
    return parts[0].link


def _sides(store: Store, held: Link) -> tuple[Child, Child]:
    from casework.records import Child

    return store.get(Child, held.child), store.get(Child, held.other)


def _merge_json(shown: ShownMerge) -> dict[str, Any]:
    return {
        "fields": [
            {"field": p.name, "kept": p.kept or None, "other": p.other or None, "taken": p.taken}
            for p in shown.picks
        ],
        "moved": shown.moved,
        "moved_records": _records_json(shown.moved_records),
        "set_aside": shown.set_aside,
        "set_aside_records": _records_json(shown.set_aside_records),
        "clashes": [
            {"date": c.day, "session": c.session, "school": c.school, "kept": c.kept, "other": c.other}
            for c in shown.clashes
        ],
        "doubts": list(shown.doubts),
    }


def _records_json(records: Sequence[ShownRecord]) -> list[dict[str, str]]:
    return [{"id": one.id, "type": one.type, "about": one.about} for one in records]


def _merge_text(value: dict[str, Any], shown: ShownMerge) -> None:
    from casework.wording import say_day
    from storage.queries.shown_merge import say_records

    who = f"{value['other']['name']} ({value['other']['id']})"
    into = f"{value['kept']['name']} ({value['kept']['id']})"
    dry = value["dry_run"]
    output.emit_lines([f"{who} {'would be' if dry else 'is now'} part of {into}."])
    for doubt in shown.doubts:
        output.warn(f"Look again: {doubt}")
    for pick in shown.picks:
        stands = pick.other if pick.taken else pick.kept
        gives_way = pick.kept if pick.taken else pick.other
        why = f", not {gives_way}" if gives_way else ""
        output.emit_lines([f"  {pick.label}: {stands}{why}"])
    going = "would move" if dry else "moved"
    to = value["kept"]["name"]
    output.emit_lines(f"  {going} to {to}: {words}" for words in say_records(shown.moved_records))
    if shown.set_aside:
        output.emit_lines(
            f"  kept with the record that is set aside: {words}"
            for words in say_records(shown.set_aside_records)
        )
    for clash in shown.clashes:
        day = f"{say_day(clash.day)} {clash.session}"
        output.emit_lines(
            [f"  {day}, {clash.school}: {clash.kept} stands, the other record has {clash.other}"]
        )
    if not dry:
        output.emit_lines(
            [f"Take it back with `outreach undo` now, or `outreach split {value['id']}` later."]
        )


def _split_json(shown: ShownSplit) -> dict[str, Any]:
    return {
        "back": shown.back,
        "back_records": _records_json(shown.back_records),
        "meanwhile": [
            {"id": n.id, "type": n.type, "goes": n.goes, "why": n.why, "fixed": n.is_fixed}
            for n in shown.newer
        ],
        "stays": list(shown.stays),
    }


def _split_text(value: dict[str, Any], shown: ShownSplit) -> None:
    from storage.queries.shown_merge import say_records

    dry = "would be" if value["dry_run"] else "are"
    output.emit_lines([f"{value['kept']['name']} and {value['other']['name']} {dry} two records again."])
    to, from_ = value["other"]["name"], value["kept"]["name"]
    output.emit_lines(f"  goes back to {to}: {words}" for words in say_records(shown.back_records))
    for one in shown.newer:
        side = f"goes to {to}, too" if one.goes else f"stays with {from_}"
        output.emit_lines([f"  {side}: {one.about} ({one.why})  {one.id}"])
    if shown.stays:
        output.emit_lines([f"  stays as changed since: {', '.join(shown.stays)}"])
