"""The lines of a preview and of a report: what a file is, what it changes, what was set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from casework.errors import OutreachError
from casework.text import clean
from casework.wording import count_of, say_born
from screens.widgets.fitting import plain, short
from screens.widgets.text import Cell, Piece, Tone
from storage.intake.importer import ImportPreview
from storage.intake.mapping import DELIMITERS
from storage.intake.report import FileReport, Question

SHAPES: Mapping[str, str] = {
    "register-long": "register, a row for each mark",
    "register-wide": "register, a column for each day",
    "register-summary": "totals only: no streaks, clocks or 10-week window from it",
    "ctf": "Common Transfer File (people and totals)",
}
_REJECTED_SHOWN = 200
_UNKNOWN_SHOWN = 30
_COLUMN = 13


def title(name: str, words: str, width: int) -> Cell:
    """A file's first line."""
    name = short(name, max(12, width - len(words) - 6))
    rule = "─" * max(0, width - len(name) - len(words) - 4)
    return (Piece(name, Tone.STRONG), Piece(f"  {words} ", Tone.QUIET), Piece(rule, Tone.QUIET))


def preview_lines(preview: ImportPreview, width: int) -> Iterator[Cell]:
    """A file before it is taken in."""
    report, mapping = preview.report, preview.mapping
    yield title(report.file, "preview: nothing is written yet", width)
    facts = [
        f"{SHAPES.get(report.format, report.format)}",
        f"{preview.school} {short(preview.school_name, 40)}",
    ]
    if mapping.delimiter:
        facts.append(f"{DELIMITERS.get(mapping.delimiter, 'unknown')} separated, {mapping.encoding}")
    if mapping.date_order:
        facts.append(
            {"dmy": "day first", "mdy": "MONTH FIRST", "ymd": "year first"}.get(mapping.date_order, "")
        )
    yield from plain("Read as: " + " · ".join(filter(None, facts)), width)
    yield from counts(report, width, would=True)
    yield from troubles(report, width)
    yield from table(preview, width)
    yield ""


def report_lines(report: FileReport, width: int) -> Iterator[Cell]:
    """A file after it was taken in."""
    words = "taken in" if report.applied is not None else "nothing new in it: nothing was written"
    yield title(report.file, words, width)
    yield from counts(report, width, would=False)
    yield from troubles(report, width)
    yield ""


def failure_lines(name: str, problem: OutreachError, width: int) -> Iterator[Cell]:
    """A file of which nothing could be taken in."""
    yield title(name, "not taken in", width)
    yield from plain(f"! {problem.message}", width, tone=Tone.ALERT)
    yield ""


def waiting_lines(name: str, width: int) -> Iterator[Cell]:
    """A file whose school the files before it may bring."""
    yield title(name, "waits", width)
    words = "It does not say which known school it is from; it is looked at again once the others are in."
    yield from plain(words, width)
    yield ""


def counts(report: FileReport, width: int, *, would: bool) -> Iterator[Cell]:
    """Children and marks: new, changed, unchanged."""
    children, marks, totals = report.children, report.marks, report.totals
    will = "would be " if would else ""
    yield from plain(
        f"Children: {children.new:,} {will}new, {children.matched:,} known, {children.changed:,} of them "
        f"{will}changed",
        width,
    )
    if marks.read:
        kept = f", {marks.kept:,} N left aside for a known reason" if marks.kept else ""
        yield from plain(
            f"Marks: {marks.new:,} {will}new, {marks.changed:,} {will}changed, "
            f"{marks.unchanged:,} unchanged, of {marks.read:,} read{kept}",
            width,
        )
    else:
        yield from plain("Marks: none in it", width)
    if totals.compared:
        tone = Tone.WARN if totals.differ else Tone.GOOD
        number = count_of(totals.compared, "child", "children")
        words = (
            f"The school's own totals: {totals.agree} of {number} agree with the marks, "
            f"{totals.differ} differ, {totals.incomplete} have marks missing"
        )
        yield from plain(words, width, tone=tone)


def troubles(report: FileReport, width: int) -> Iterator[Cell]:
    """Unknown codes, questions, what was set aside, warnings: each with what to do."""
    if report.unknown:
        shown = list(report.unknown.items())[:_UNKNOWN_SHOWN]
        words = ", ".join(f"{safe_code(code)} ({count_of(count, 'time')})" for code, count in shown)
        yield from plain(f"? Not register codes: {words}", width, tone=Tone.WARN)
    if report.questions:
        number = count_of(len(report.questions), "child", "children")
        yield from plain(f"? {number} may be known already: y asks about each", width, tone=Tone.WARN)
        for question in report.questions[:_UNKNOWN_SHOWN]:
            yield from plain(_asked(question), width, indent=4)
    for warning in report.warnings:
        yield from plain(f"! {warning}", width, tone=Tone.WARN)
    if report.rejected_total:
        number = count_of(report.rejected_total, "cell or row", "cells or rows")
        yield from plain(f"! {number} set aside; all else is taken", width, tone=Tone.ALERT)
        for entry in report.rejected[:_REJECTED_SHOWN]:
            value = f" {entry.value}" if entry.value else ""
            words = f"line {entry.line}, {entry.column}:{value}: {entry.reason}. Mend: {entry.mend}."
            yield from plain(words, width, indent=4)
        if report.rejected_total > _REJECTED_SHOWN:
            yield Piece(f"    and {report.rejected_total - _REJECTED_SHOWN:,} more", Tone.QUIET)


def safe_code(code: str) -> str:
    """A text that is no code, in quotation marks so that spaces show."""
    return f"“{short(code, 20)}”"


def _asked(question: Question) -> str:
    born = f", born {say_born(question.dob)}" if question.dob else ""
    return f"line {question.line}: {short(question.name, 60)}{born}: {question.reason}"


def table(preview: ImportPreview, width: int) -> Iterator[Cell]:
    """The first rows under their columns, as many columns as fit."""
    shown = preview.table
    if not shown.rows:
        return
    fields = [field or "(not read)" for field in shown.fields]
    widths = [
        min(
            _COLUMN,
            max(map(len, (clean(head), fields[at], *(row[at] for row in shown.rows if at < len(row))))),
        )
        for at, head in enumerate(shown.header)
    ]
    fit = _fitting(shown.fields, widths, width - 8)
    more = len(widths) - len(fit)
    note = f"first {len(shown.rows)} rows" + (f"; {more} more columns are not shown here" if more else "")
    yield Piece(f"  {note}", Tone.QUIET)
    yield Piece("  line  " + _row(shown.header, fit, widths), Tone.STRONG)
    yield Piece("  read  " + _row(fields, fit, widths), Tone.KEY)
    for line, row in zip(shown.lines, shown.rows, strict=True):
        yield f"  {line:<5} {_row(row, fit, widths)}"


_TELLING = ("mark", "am", "pm", "date", "week", "session", "name", "surname", "forename", "upn")
"""Fields that a person looks for first, when not all columns fit."""


def _fitting(fields: Sequence[str], widths: Sequence[int], room: int) -> list[int]:
    """The columns to show, in the file's order: the telling ones first, half the room at most for marks."""
    rank = {name: at for at, name in enumerate(_TELLING)}
    names = [at for at, field in enumerate(fields) if field not in ("mark", "am", "pm")]
    names.sort(key=lambda at: (rank.get(fields[at], len(rank)), at))
    marks = [at for at, field in enumerate(fields) if field in ("mark", "am", "pm")]
    taken: list[int] = []
    for columns, limit in ((marks, room // 2), (names, room), (marks, room)):
        used = sum(widths[at] + 1 for at in taken)
        for at in columns:
            if at not in taken and used + widths[at] + 1 <= limit:
                taken.append(at)
                used += widths[at] + 1
    return sorted(taken)


def _row(cells: Sequence[str], fit: Sequence[int], widths: Sequence[int]) -> str:
    from rich.cells import set_cell_size

    texts = [(cells[at] if at < len(cells) else "", widths[at]) for at in fit]
    return " ".join(set_cell_size(short(text, size) if text else "", size) for text, size in texts)


def bar(part: float, width: int) -> str:
    """A progress bar of signs, for any terminal."""
    full = round(max(0.0, min(1.0, part)) * width)
    return "#" * full + "." * (width - full)
