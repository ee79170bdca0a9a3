"""`outreach import`: register exports and CTF files into the caseload, file by file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import Call, LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.errors import BadInput, OutreachError
    from storage.intake.mapping import Mapping
    from storage.intake.report import Answer, Confirm, FileReport, Progress, Question
    from storage.store import Store


@click.command(cls=LineCommand, name="import")
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option(
    "--school", "urn", default="", metavar="URN", help="The school, where the file does not say it."
)
@click.option(
    "--mapping", "mapping_file", metavar="FILE", type=click.Path(path_type=Path), help="A layout as JSON."
)
@click.option("--dry-run", is_flag=True, help="Say what would happen; change nothing.")
@click.option("--moved", is_flag=True, help="Most children have come from another school: an academy, say.")
@click.option("--no-ask", is_flag=True, help="Set doubtful matches aside also on a terminal.")
@json_option
def import_(
    files: tuple[Path, ...], urn: str, mapping_file: Path | None, dry_run: bool, moved: bool, no_ask: bool
) -> int:
    """Import register exports (CSV, XLSX; long, wide, summary) and CTF XML.

    The layout is found by looking, or comes from the school's saved mapping or --mapping: a JSON file whose
    fields are in docs/cli.md, as `school mapping URN` prints it. The same file twice changes nothing; a later
    file corrects earlier marks, and both stay in history. A cell that cannot be read is set aside with its
    line and column, and the good rows land. Each file is one step for `undo`.

    Children match on UPN, else on surname, forename and date of birth once a person says yes: on a terminal
    you are asked, otherwise they are set aside. A register most of whose children are at one other school is
    refused, unless --moved says that they have moved. Exit code 1 when something was set aside, 4 when a file
    could not be read at all or was refused (then nothing of that file is applied).
    """
    from casework.errors import BadInput
    from storage.intake.mapping import Mapping

    call = the_call()
    mapping = Mapping.load(mapping_file) if mapping_file else None
    confirm = None if no_ask or call.json or not sys.stdin.isatty() else _ask
    entries: list[dict[str, Any]] = []
    reports: list[FileReport] = []
    faults: list[BadInput] = []
    with opened(call) as store:
        call.so_far = lambda: {"files": entries, "dry_run": dry_run}
        for path in files:
            try:
                report = _take(store, path, urn, mapping, dry_run=dry_run, confirm=confirm, moved=moved)
            except BadInput as error:
                faults.append(error)
                entries.append(_failed(path, urn, error))
                output.warn(f"Error: {error.message}" + (f" [{error.where}]" if error.where else ""))
                continue
            reports.append(report)
            entries.append({**report.to_json(), "questions": [_question_json(q) for q in report.questions]})
    value: dict[str, Any] = {"files": entries, "dry_run": dry_run}
    if faults:
        value["error"] = _error(faults[0])
    call.show(value, lambda: _text(reports, call, dry_run=dry_run))
    if faults:
        return BadInput.exit_code
    return 1 if any(report.set_aside for report in reports) else 0


def _take(
    store: Store,
    path: Path,
    urn: str,
    mapping: Mapping | None,
    *,
    dry_run: bool,
    confirm: Confirm | None,
    moved: bool,
) -> FileReport:
    from casework.errors import BadInput
    from storage.intake.importer import import_file
    from storage.intake.whose import likely_school

    progress = _progress(path.name) if sys.stderr.isatty() else None

    def take(school: str) -> FileReport:
        return import_file(
            store,
            path,
            school=school,
            mapping=mapping,
            dry_run=dry_run,
            confirm=confirm,
            progress=progress,
            moved=moved,
        )

    try:
        return take(urn)
    except BadInput as error:
        likely = likely_school(store, path, mapping) if error.code == "school-needed" and not urn else None
        if likely is None:
            raise _with_options(error) from None
        report = take(likely.school.urn)
        report.warnings.insert(0, likely.sentence)
        return report
    finally:
        if progress is not None:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


def _with_options(error: BadInput) -> BadInput:
    """The same refusal with what to type on this command line."""
    ways = {
        "school-needed": " Give --school URN; `outreach school add URN NAME` adds one.",
        "no-such-school": " `outreach school add URN NAME` adds one.",
        "another-school": " Leave out --school.",
        "another-roll": " Give the right one by --school, or --moved if the children have moved.",
    }
    more = ways.get(error.code, "")
    return type(error)(error.code, error.message + more, error.where) if more else error


def _progress(name: str) -> Progress:
    """A line on the terminal that says how far a file is."""
    from casework.text import safe

    shown = safe(name)

    def show(part: float, marks: int) -> None:
        sys.stderr.write(f"\r{shown}: {part:4.0%}, {marks:,} marks")
        sys.stderr.flush()

    return show


def _ask(question: Question) -> Answer:
    """Ask the person at the terminal whether a child of the file is one of the caseload."""
    from casework.wording import say_born
    from storage.intake.report import LATER, Answer

    output.warn(f"Line {question.line}: {question.name}, born {say_born(question.dob)}: {question.reason}.")
    for number, held in enumerate(question.candidates, start=1):
        output.warn(f"  {number}  {held.name}, born {say_born(held.dob)}, {held.school or 'no school'}")
    choices = "/".join(str(number) for number in range(1, len(question.candidates) + 1))
    typed = click.prompt(f"The same child? {choices}, n for a new child, Enter to decide later", "", err=True)
    typed = typed.strip().lower()
    if typed == "n":
        return Answer("new")
    if typed.isascii() and typed.isdigit() and 1 <= int(typed) <= len(question.candidates):
        return Answer("same", question.candidates[int(typed) - 1].id)
    return LATER


def _error(error: OutreachError) -> dict[str, str]:
    return {"code": error.code, "message": error.message, "where": error.where}


def _failed(path: Path, urn: str, error: OutreachError) -> dict[str, Any]:
    """The entry of a file of which nothing was applied."""
    from storage.intake.report import FileReport

    report = FileReport(file=path.name or str(path), school=urn)
    return {**report.to_json(), "questions": [], "error": _error(error)}


def _question_json(question: Question) -> dict[str, Any]:
    return {
        "key": question.key,
        "line": question.line,
        "reason": question.reason,
        "candidates": [held.id for held in question.candidates],
    }


def _text(reports: list[FileReport], call: Call, *, dry_run: bool) -> None:
    for report in reports:
        children, marks = report.children, report.marks
        output.emit_pairs(
            [
                ("File", report.file + (" (dry run: nothing was changed)" if dry_run else "")),
                ("Read as", f"{report.format}, school {report.school or 'unknown'}"),
                (
                    "Children",
                    f"{children.new} new, {children.matched} matched, {children.changed} of them changed",
                ),
                (
                    "Marks",
                    f"{marks.read} read: {marks.new} new, {marks.changed} changed, "
                    f"{marks.unchanged + marks.kept} unchanged",
                ),
            ]
        )
        if report.unknown:
            told = ", ".join(f"{code} ({count})" for code, count in report.unknown.items())
            output.emit_pairs([("Unknown codes", told)])
        for sentence in report.warnings:
            output.warn(f"Warning: {report.file}: {sentence}")
        if report.rejected:
            output.emit_lines([f"Set aside: {report.rejected_total}"])
            output.emit_table(
                ("LINE", "COLUMN", "VALUE", "WHY", "WHAT TO DO"),
                [(r.line, r.column, r.value, r.reason, r.mend) for r in report.rejected],
                fancy=call.fancy,
            )
