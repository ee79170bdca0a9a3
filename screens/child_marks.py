"""The sections of a child's page about attendance: counts, the strip of marks, the year, N codes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from casework.attendance import is_persistent, is_severe, percent, say_closed_day_marks
from casework.codes import NO_MARK, lookup
from casework.local_days import local_day
from casework.ncodes import NClock
from casework.shown_marks import note_of_mark
from casework.wording import count_of, join_words, say_day
from screens.child_story import as_of
from screens.child_view import NOTHING, ChildView, Target, counted
from screens.widgets.fitting import brief_day, plain, short
from screens.widgets.heat_map import LEGEND, heat_lines
from screens.widgets.marks_strip import strip_lines, tone_of
from screens.widgets.text import Cell, Piece, Tone

Line = tuple[Cell, Target]

_BLOCKS = 2
_ALL_MARKS = Target("marks")


def attendance(view: ChildView, width: int) -> Iterator[Line]:
    """Percentage with its counts, lateness apart, persistent and severe absence, the legal window."""
    page, tally = view.page, view.page.tally
    shares = counted(tally.attended, tally.possible, tally.attendance_pct)
    period = f"{brief_day(page.start)} to {say_day(page.end)}"
    head = (Piece("  Attendance "), Piece(shares, Tone.STRONG))
    if sum(len(piece.text) for piece in head) + 2 + len(period) <= width:
        yield (*head, Piece(f", {period}", Tone.QUIET)), _ALL_MARKS
    else:
        yield head, _ALL_MARKS
        yield Piece(f"  {period}", Tone.QUIET), _ALL_MARKS
    if tally.possible:
        words = (
            f"Absent {counted(tally.absent, tally.possible, tally.absence_pct)}: "
            f"{tally.authorised_absence} authorised, {tally.unauthorised_absence} unauthorised."
        )
        for cell in plain(words, width):
            yield cell, _ALL_MARKS
        for cell, tone in _absence(tally.absent, tally.possible, page.end):
            for line in plain(cell, width, tone=tone):
                yield line, NOTHING
    late = (
        f"Late {count_of(tally.late, 'time')}: {tally.late_before_close} before the register closed "
        f"(L, present), {tally.late_after_close} after (U, absent)."
    )
    for line in plain(late, width):
        yield line, NOTHING
    for number, words in (
        (tally.not_possible, "not possible, left out of the total"),
        (tally.missing, "without a mark, not counted as absence"),
        (tally.unknown, "with a text that is no code, counted nowhere"),
    ):
        if number:
            yield Piece(f"  {count_of(number, 'session')} {words}", Tone.QUIET), NOTHING
    if page.closed_day_marks:
        for line in plain(say_closed_day_marks(page.closed_day_marks) + ".", width, tone=Tone.WARN):
            yield line, _ALL_MARKS
    yield from _legal(view, width)
    yield from _totals(view, width)


def _absence(absent: int, possible: int, on: date) -> Iterator[tuple[str, Tone]]:
    if is_severe(absent, possible, on):
        yield "SEVERELY ABSENT: half of the possible sessions or more were missed.", Tone.ALERT
    elif is_persistent(absent, possible, on):
        yield "PERSISTENTLY ABSENT: a tenth of the possible sessions or more were missed.", Tone.WARN
    else:
        yield f"Not persistently absent (line: a tenth of {possible}).", Tone.QUIET


def _legal(view: ChildView, width: int) -> Iterator[Line]:
    stand = view.page.legal
    count = f"{stand.unauthorised_in_window} of {stand.limit} unauthorised sessions (G, N, O, U)"
    if stand.unauthorised_in_window > stand.limit:
        count = f"{stand.unauthorised_in_window} unauthorised sessions (G, N, O, U; threshold {stand.limit})"
    words = count
    if stand.window_from and stand.window_to:
        words += f" in the 10 school weeks {brief_day(stand.window_from)} to {brief_day(stand.window_to)}"
    if stand.drops_out:
        words += f"; the oldest drops out in the week of {say_day(stand.drops_out)}"
    if stand.met_now:
        words += ". At the threshold: the school must consider a notice, case by case; support comes first"
    for cell in plain(words + ".", width, tone=Tone.ALERT if stand.met_now else Tone.PLAIN):
        yield cell, NOTHING


def _totals(view: ChildView, width: int) -> Iterator[Line]:
    for total in view.page.totals:
        share = counted(total.attended, total.possible, percent(total.attended, total.possible))
        source = view.files.get(total.source, "")
        told = f" by {short(source, 40)}" if source else ""
        words = f"The school's own total for {total.year}-{(total.year + 1) % 100:02d}{told}: {share}."
        for cell in plain(words, width, tone=Tone.QUIET):
            yield cell, Target(type=total.type, record=total.id)


def marks(view: ChildView, width: int) -> Iterator[Line]:
    """The newest weeks as letters, what each letter means, and every mark that was corrected."""
    weeks = list(view.page.weeks)
    if not weeks:
        yield Piece("  no marks yet: import a register (g i)", Tone.QUIET), NOTHING
        return
    end = len(weeks)
    shown: list[tuple[date, str]] = []
    for _ in range(_BLOCKS):
        if not end:
            break
        head, *sessions = strip_lines(weeks[:end], width - 2, today=view.today)
        taken = len(head) - 1  # a piece for each week after the margin
        shown += weeks[end - taken : end]
        for line in (head, *sessions):
            yield _indented(line), _ALL_MARKS
        end -= taken
    yield from _meanings(shown, width)
    if end > 0:
        yield Piece(f"  {count_of(end, 'earlier week')}: enter shows every mark", Tone.QUIET), _ALL_MARKS
    for fix in view.corrections[:_FIXES]:
        source = _source(fix.file, fix.line)
        by = f" {fix.by}," if fix.by else ""
        words = f"{brief_day(fix.date)} {fix.session}: now {fix.new}, was {fix.old}. {source},{by}"
        words += f" {say_day(local_day(fix.at))}"
        for cell in plain(words, width, tone=Tone.WARN):
            yield cell, _ALL_MARKS
    if len(view.corrections) > _FIXES:
        more = len(view.corrections) - _FIXES
        yield Piece(f"  {more} more corrected: enter shows every mark", Tone.QUIET), _ALL_MARKS


_FIXES = 6


def _source(file: str, line: int) -> str:
    if not file:
        return "Source not recorded"
    return f"{short(file, 40)} line {line}" if line else short(file, 40)


def _indented(line: Cell) -> Cell:
    if isinstance(line, tuple) and not isinstance(line, Piece):
        return (Piece("  "), *line)
    return (Piece("  "), line if isinstance(line, Piece) else Piece(line))


def _meanings(weeks: list[tuple[date, str]], width: int) -> Iterator[Line]:
    """What the letters of the strip mean, those of absence first; the two of presence need few words."""
    seen: dict[str, date] = {}
    for monday, week in weeks:
        seen.update({code: monday for code in week.split() if code != NO_MARK})
    words = [r"/ \ in"] if seen.keys() & {"/", "\\"} else []
    words += [f"{code} {_meaning(code, seen[code])}" for code in sorted(seen.keys() - {"/", "\\"})]
    if any(NO_MARK in week.split() for _, week in weeks):
        words.append("- no mark")
    for cell in plain(" · ".join(words), width, tone=Tone.QUIET):
        yield cell, NOTHING


def _meaning(code: str, on: date) -> str:
    if note := note_of_mark(code):
        return note.partition(": ")[2]
    known = lookup(code, on)
    return _brief(known.meaning) if known else "not a code"


def _brief(meaning: str) -> str:
    head = meaning.replace(";", ",").split(",")[0].split("(")[0].strip()
    return short(head[:1].lower() + head[1:], 44)


def year(view: ChildView, width: int) -> Iterator[Line]:
    """A sign for each day of the school year."""
    del width
    page = view.page
    if not page.weeks:
        return
    end = date(page.start.year + 1, 7, 24)
    closed = page.calendar.closed
    lines = heat_lines(page.weeks, start=page.start, end=end, today=view.today, closed=closed)
    for line in [*lines[:-1], LEGEND[1:]]:  # without its margin the legend fits 80 columns
        yield line, _ALL_MARKS


def n_codes(view: ChildView, width: int) -> Iterator[Line]:
    """Every N that still stands, with its clock in school days."""
    days: dict[date, list[NClock]] = {}
    for clock in view.page.n_codes:
        days.setdefault(clock.session_date, []).append(clock)
    if days:
        yield from as_of(view)
    for day, clocks in days.items():
        first = clocks[0]
        both = join_words([clock.session for clock in clocks])
        if first.last_day is None:
            words = f"{brief_day(day)} {both}: N; {first.clock.text}"
        else:
            words = (
                f"{brief_day(day)} {both}: N, to be replaced by {say_day(first.last_day)}, {_state(first)}"
            )
        tone = Tone.ALERT if first.overdue else Tone.WARN if first.due_today else Tone.PLAIN
        for cell in plain(words, width, tone=tone):
            yield cell, _ALL_MARKS
    if days:
        words = "counts school days; cleared by: a reason code from the school, or O when none is found"
        for cell in plain(words, width, tone=Tone.QUIET):
            yield cell, NOTHING
    else:
        yield Piece("  no N stands", Tone.QUIET), NOTHING


def _state(clock: NClock) -> str:
    """Where the clock stands, in school days."""
    left = clock.clock.left or 0
    if clock.overdue:
        return f"OVERDUE by {count_of(-left, 'school day')}"
    return "DUE TODAY" if clock.due_today else f"{count_of(left, 'school day')} left"


def mark_rows(view: ChildView) -> list[tuple[str, tuple[Cell, ...]]]:
    """Every recorded mark, newest first: session, mark with its meaning, what it was, where it stands."""
    fixes: dict[tuple[date, str], list[str]] = {}
    for fix in reversed(view.corrections):
        fixes.setdefault((fix.date, fix.session), []).append(fix.old)
    rows: list[tuple[str, tuple[Cell, ...]]] = []
    for mark in reversed(view.page.marks):
        meaning = _meaning(mark.code, mark.date)
        was = fixes.get((mark.date, mark.session), [])
        origin = view.origins.get((mark.date, mark.session))
        comment = f" · {short(mark.comment, 60)}" if mark.comment else ""
        rows.append(
            (
                f"{mark.date} {mark.session}",
                (
                    f"{brief_day(mark.date)} {mark.session}",
                    Piece(mark.code, tone_of(mark.code, mark.date)),
                    ", ".join(was),
                    f"{meaning}{comment}",
                    _source(origin.file, origin.line) if origin else "",
                ),
            )
        )
    return rows
