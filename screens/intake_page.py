"""The page of a preview or of a report, over all chosen files."""

from __future__ import annotations

from collections.abc import Sequence

from screens.intake_chosen import Chosen
from screens.intake_lines import failure_lines, preview_lines, report_lines, waiting_lines
from screens.widgets.text import Cell, Piece, Tone


def page_lines(files: Sequence[Chosen], width: int, *, preview: bool, waiting: bool) -> list[Cell]:
    """Every line, folded to `width` cells. `waiting`: questions about children are still open."""
    lines: list[Cell] = []
    if preview and sum(one.preview is not None and one.report is None for one in files) > 1:
        words = "Counts of a later file are as if the earlier ones were not taken in."
        lines += [Piece(words, Tone.QUIET), ""]
    if waiting and not preview:
        lines.append(Piece("Some children wait for your answer: y asks again and takes them in.", Tone.WARN))
    for one in files:
        if one.waits:
            lines += waiting_lines(one.name, width)
        elif one.problem is not None:
            lines += failure_lines(one.name, one.problem, width)
        elif one.report is not None:
            lines += report_lines(one.report, width)
        elif one.preview is not None:
            lines += preview_lines(one.preview, width)
    return lines
