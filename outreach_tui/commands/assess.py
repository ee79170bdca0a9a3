"""`outreach assess`: the whole-family assessment, part by part, and scores of outcome tools."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.assessments import Travelled
    from casework.records import Child
    from casework.records_case import Score
    from storage.queries.plans import ShownAssessment
    from storage.store import Store

F = TypeVar("F", bound=Callable[..., Any])

_PARTS = {
    "development": "Development and needs of each child.",
    "strengths": "What goes well.",
    "parenting": "Parenting.",
    "environment": "Family and environment.",
    "health": "Health; only for those who may see it.",
    "history": "History.",
    "views": "What child and family say.",
    "analysis": "What it all means.",
}


def _part_options(command: F) -> F:
    for name, words in reversed(_PARTS.items()):
        command = click.option(f"--{name}", metavar="TEXT|-", help=words)(command)
    return command


@click.group(cls=LineGroup, no_args_is_help=False)
def assess() -> None:
    """The whole-family assessment, and scores of outcome tools."""


@assess.command("add")
@click.argument("child")
@_part_options
@click.option("--on", metavar="DATE", help="The day it was started; else today.")
@json_option
def add(child: str, on: str | None, **parts: str | None) -> None:
    """Start an assessment in CHILD's open case, with as many parts as there are by now."""
    from casework.assessments import start_assessment
    from casework.ids import new_id
    from casework.records_case import Assessment
    from outreach_tui.commands.cases import fitting, require_health, take_case
    from outreach_tui.commands.people import take_day
    from storage.queries.plans import open_episode

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    words = _words(parts)
    with opened(call) as store:
        found = take_case(store, child, "assessment")
        if "health" in words:
            require_health(store, found)
        with fitting({}):
            made = Assessment.model_validate(
                {"id": new_id(), "child": found.id, "started": day, "by": store.worker.id, **words}
            )
        held = store.find(Assessment, "child = ?", (found.id,))
        edit = start_assessment(made, open_episode(store, found), call.today, held)
        receipt = store.journal.commit(edit)
        missing = _missing(store, found, made.id)
    value = {"id": made.id, "child": found.id, "started": day, "missing": missing, "edit": receipt.edit}
    call.show(
        value,
        lambda: output.emit_lines([f"Assessment started. Its id is {made.id}.", *_say_missing(missing)]),
    )


@assess.command("set")
@click.argument("assessment")
@_part_options
@json_option
def set_(assessment: str, **parts: str | None) -> None:
    """Write parts of ASSESSMENT; a part that is given takes the place of what was there."""
    from casework.assessments import set_parts
    from casework.records_case import Assessment
    from outreach_tui.commands.cases import fitting, require_health, take_own

    call = the_call()
    words = _words(parts)
    if not words:
        raise click.UsageError("Give at least one part, such as --strengths TEXT")
    with opened(call) as store:
        held, child = take_own(store, assessment, Assessment, "ASSESSMENT", "assess list CHILD")
        if "health" in words:
            require_health(store, child)
        with fitting({}):
            edit = set_parts(held, **words)
        receipt = store.journal.commit(edit)
        missing = _missing(store, child, held.id)
    value = {"id": held.id, "written": sorted(words), "missing": missing, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines(["Assessment written.", *_say_missing(missing)]))


@assess.command("complete")
@click.argument("assessment")
@click.option("--on", metavar="DATE", help="The day on which it was complete; else today.")
@json_option
def complete(assessment: str, on: str | None) -> None:
    """Say that ASSESSMENT is complete. Parts that are empty are named; they hold nothing up."""
    from casework.assessments import complete_assessment
    from casework.records_case import Assessment
    from outreach_tui.commands.cases import take_own
    from outreach_tui.commands.people import take_day

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held, child = take_own(store, assessment, Assessment, "ASSESSMENT", "assess list CHILD")
        receipt = store.journal.commit(complete_assessment(held, day, call.today, store.worker.id))
        missing = _missing(store, child, held.id)
    value = {"id": held.id, "completed": day, "missing": missing, "edit": receipt.edit}
    call.show(value, lambda: output.emit_lines(["Assessment complete.", *_say_missing(missing)]))


@assess.command("score")
@click.argument("child")
@click.option("--tool", required=True, metavar="NAME", help="The tool's name.")
@click.option("--area", metavar="AREA", help="The area of it that was scored.")
@click.option("--score", "number", type=int, metavar="N", help="The number given.")
@click.option("--scores", "lines", metavar="TEXT|-", help="Several areas, a line each: Home 4.")
@click.option("--on", metavar="DATE", help="The day on which it was scored; else today.")
@click.option("--with", "with_whom", default="", metavar="WHO", help="With whom it was scored.")
@json_option
def score(child: str, tool: str, on: str | None, with_whom: str, **given: Any) -> None:
    """Record scores of CHILD: a tool's name, areas and numbers; none of the tool's wording.

    One by --area and --score, or several in one step by --scores.
    """
    from casework.assessments import record_scores
    from casework.ids import new_id
    from casework.records_case import Score
    from outreach_tui.commands.cases import fitting, take_case, text_of
    from outreach_tui.commands.people import take_day
    from storage.queries.guarded_words import guarded
    from storage.queries.plans import read_scores

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    readings = _readings(**given)
    values = {"tool": text_of(tool, "--tool"), "with_whom": text_of(with_whom, "--with"), "scored_on": day}
    with opened(call) as store:
        found = take_case(store, child, "score")
        values |= {"child": found.id, "by": store.worker.id}
        with fitting({"with_whom": "--with", "area": "--area" if given["area"] else "--scores"}):
            made = [
                Score.model_validate({"id": new_id(), "area": area, "score": number, **values})
                for area, number in readings
            ]
        receipt = store.journal.commit(record_scores(made, call.today))
        travelled = [one for one in read_scores(store, found)[1] if _is_of(one, made[0])]
        value = {
            **(score_json(store, made[0]) if len(made) == 1 else {}),
            "scores": [score_json(store, one) for one in made],
            "travelled": [travelled_json(one) for one in travelled],
            "edit": receipt.edit,
        }
        value = guarded(store, found, value)
    ids = [f"Score recorded. Its id is {one.id}." for one in made]
    call.show(value, lambda: output.emit_lines(ids))


def _readings(area: str | None, number: int | None, lines: str | None) -> list[tuple[str, int]]:
    """The areas with their scores. Raises UsageError unless they come by one way, BadInput for a bad line."""
    from casework.assessments import read_readings
    from outreach_tui.commands.cases import text_of

    if lines is not None and area is None and number is None:
        return read_readings(text_of(lines, "--scores"))
    if lines is not None or area is None or number is None:
        raise click.UsageError("Give --area and --score, or --scores with a line for each area")
    return [(text_of(area, "--area"), number)]


@assess.command("list")
@click.argument("child")
@json_option
def list_(child: str) -> None:
    """List CHILD's assessments and scores, the newest first, with the distance travelled per area."""
    from casework.wording import say_day
    from outreach_tui.commands.cases import take_case
    from storage.queries.guarded_words import guarded
    from storage.queries.plans import read_assessments, read_scores

    call = the_call()
    with opened(call) as store:
        found = take_case(store, child, "assessment")
        held = [assessment_json(store, one) for one in read_assessments(store, found)]
        scores, travelled = read_scores(store, found)
        value: dict[str, list[dict[str, Any]]] = {
            "assessments": held,
            "scores": [score_json(store, entry) for entry in scores],
            "travelled": [travelled_json(one) for one in travelled],
        }
        value = guarded(store, found, value)
        store.log("looked", f"assessments ({len(held)})", found.id)

    def table() -> None:
        if value["assessments"]:
            output.emit_table(
                ("STARTED", "COMPLETED", "ID"),
                [
                    (
                        say_day(a["started"]),
                        say_day(a["completed"]) if a["completed"] else "not yet",
                        a["id"],
                    )
                    for a in value["assessments"]
                ],
                fancy=call.fancy,
                notes=["".join(_say_missing(a["missing"])) for a in value["assessments"]],
            )
        else:
            output.emit_lines(["There is no assessment."])
        for one in value["travelled"]:
            _travelled_lines(one, fancy=call.fancy)

    call.show(value, table)


@assess.command("show")
@click.argument("assessment")
@json_option
def show(assessment: str) -> None:
    """Show one ASSESSMENT in full."""
    from casework.records_case import Assessment
    from outreach_tui.commands.cases import take_own
    from storage.queries.guarded_words import guarded
    from storage.queries.plans import read_assessments

    call = the_call()
    with opened(call) as store:
        held, child = take_own(store, assessment, Assessment, "ASSESSMENT", "assess list CHILD")
        entry = next(e for e in read_assessments(store, child) if e.assessment.id == held.id)
        value = guarded(store, child, assessment_json(store, entry))
        store.log("looked", f"assessment {held.id}", child.id)

    def lines() -> None:
        from casework.wording import say_day

        output.emit_pairs(
            [
                ("Assessment", value["id"]),
                ("Started", say_day(value["started"])),
                ("Completed", say_day(value["completed"]) if value["completed"] else "not yet"),
                *([("Completed by", value["completed_by"])] if value["completed_by"] else []),
                *((name.capitalize(), value[name]) for name in _PARTS if value[name]),
            ]
        )
        output.emit_lines(_say_missing(value["missing"]))
        for part in value["withheld"]:
            output.emit_lines([f"{part['part'].capitalize()}: withheld. {part['reason']}"])

    call.show(value, lines)


def assessment_json(store: Store, entry: ShownAssessment) -> dict[str, Any]:
    """An assessment as output has it; a part that is withheld is null and its reason in `withheld`."""
    from casework.assessments import PARTS, assessment_clock, missing_of
    from casework.records_case import Episode

    held = entry.assessment
    episode = store.get(Episode, held.episode) if held.episode else None
    clock = assessment_clock(held, episode, store.today)
    return {
        "id": held.id,
        "episode": held.episode,
        "started": held.started,
        "completed": held.completed,
        "by": _worker(store, held.by),
        "completed_by": _worker(store, held.completed_by),
        "due": clock.due if clock else None,
        "overdue": bool(clock and clock.overdue),
        **{name: None if name in entry.withheld else getattr(held, name) for name in PARTS},
        "missing": missing_of(held, entry.withheld),
        "withheld": [{"part": name, "reason": reason} for name, reason in entry.withheld.items()],
    }


def score_json(store: Store, held: Score) -> dict[str, Any]:
    """A score as output has it."""
    return {
        "id": held.id,
        "tool": held.tool,
        "area": held.area,
        "score": held.score,
        "on": held.scored_on,
        "with": held.with_whom,
        "by": _worker(store, held.by),
    }


def _worker(store: Store, worker: str | None) -> str | None:
    """The name of a worker, None for none."""
    return dict(store.conn.execute("SELECT id, name FROM worker").fetchall()).get(worker)


def travelled_json(one: Travelled) -> dict[str, Any]:
    """The distance travelled in one tool as output has it; `change` is null for one reading."""
    return {
        "tool": one.tool,
        "areas": [
            {
                "area": a.area,
                "first": a.first.score,
                "first_on": a.first.scored_on,
                "last": a.last.score,
                "last_on": a.last.scored_on,
                "readings": a.readings,
                "change": a.change,
            }
            for a in one.areas
        ],
        "up": one.up,
        "same": one.same,
        "down": one.down,
        "once": one.once,
    }


def _travelled_lines(one: dict[str, Any], *, fancy: bool) -> None:
    from casework.wording import count_of, say_day

    once = f"; {count_of(one['once'], 'area')} read once" if one["once"] else ""
    output.emit_lines(["", f"{one['tool']}: {one['up']} up, {one['same']} same, {one['down']} down{once}"])
    output.emit_table(
        ("AREA", "FIRST", "LAST", "CHANGE"),
        [
            (
                a["area"],
                f"{a['first']} on {say_day(a['first_on'])}",
                f"{a['last']} on {say_day(a['last_on'])}" if a["readings"] > 1 else "",
                "one reading" if a["change"] is None else f"{a['change']:+d}" if a["change"] else "0",
            )
            for a in one["areas"]
        ],
        fancy=fancy,
    )


def _is_of(one: Travelled, made: Score) -> bool:
    return one.tool.casefold() == made.tool.casefold()


def _words(parts: dict[str, str | None]) -> dict[str, str]:
    """The parts that were given, as texts. Raises UsageError when more than one comes by stdin."""
    from outreach_tui.commands.cases import text_of

    if sum(text == "-" for text in parts.values()) > 1:
        raise click.UsageError("Only one part can come by stdin")
    return {name: text_of(text, f"--{name}") for name, text in parts.items() if text is not None}


def _missing(store: Store, child: Child, assessment: str) -> list[str]:
    """The parts that are still empty, as far as the worker may see them."""
    from casework.assessments import missing_of
    from storage.queries.plans import read_assessments

    entry = next(one for one in read_assessments(store, child) if one.assessment.id == assessment)
    return missing_of(entry.assessment, entry.withheld)


def _say_missing(missing: list[str]) -> list[str]:
    return [f"Still empty: {', '.join(missing)}."] if missing else []
