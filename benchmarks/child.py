"""Opening a child's page with a long story: in the store, as lines, and until the terminal has it.

    python -m benchmarks.child [CHILDREN]

The child leads the round; half of the story is contacts with notes, half follow-ups. Around it stands a case:
a notification, an agreement, a plan with reviews, a half-written assessment, readings of a tool.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from benchmarks.invented import TODAY, caseload, now
from benchmarks.painted import CURSOR, Watched
from benchmarks.startup import environ_of, home_of, keys_of
from benchmarks.table import Measure, median_seconds, show
from casework.edits import Edit, create, update
from casework.followups import contact, follow_up
from casework.ids import new_id
from casework.policies import PURPOSES, Category
from casework.records import Child, Record
from casework.records_case import Action, Assessment, Episode, Notification, Outcome, Plan, Review, Score
from casework.records_sharing import Agreement
from outreach_tui.demo import MARKER
from screens.child_page import page_lines
from screens.child_view import read_view
from storage.queries.child import read_child
from storage.queries.today import read_round
from storage.store import Store

ENTRIES = 500
TIMES = 9
_IN_EARNEST = 1_000
"""Below so many children only whether it runs is of interest."""
_LOOK_SECONDS = 0.5
"""How long a worker looks at what was painted before a key."""
_NOTE = "Visited at home. Mornings are hard since the move; the bus leaves before school breakfast. " * 3
_WIDTH = 76
_PAGE = b"1 Who"
"""The head of a child's page, which no other screen has."""

_ROUND = b"Today"


def write_story(store: Store, child: Child) -> None:
    """Give a child a story of `ENTRIES` entries and a case."""
    by = store.worker.id
    changes = [*update(child, lead_worker=by)]
    for number in range(ENTRIES // 2):
        at = now() - timedelta(days=10 + number % 180, minutes=number)
        changes += contact(
            child.id, by=by, at=at, kind="home-visit", outcome="parent", seen="alone", note=_NOTE
        ).changes
        changes += follow_up(
            child.id, by=by, at=at, session_date=at.date(), outcome="spoke", note="A cold; back tomorrow."
        ).changes
    store.journal.commit(Edit("Story", (*changes, *(create(record) for record in _case(child, by)))))


def _case(child: Child, by: str) -> list[Record]:
    begun = TODAY - timedelta(days=60)
    request = Notification(
        id=new_id(), child=child.id, received=begun, notifier="Ms Invented", concern=_NOTE, by=by
    )
    case = Episode(
        id=new_id(), child=child.id, notification=request.id, referred=begun, opened=begun, worker=by
    )
    agreed = Agreement(
        id=new_id(), child=child.id, given_by="Anna", relationship="mother", responsibility="yes",
        status="given", agencies=("inclusion-attendance",),
        categories=tuple(Category), purposes=PURPOSES, given_on=begun, by=by,
    )  # fmt: skip
    plan = Plan(id=new_id(), child=child.id, episode=case.id, started=begun, by=by)
    outcomes = [Outcome(id=new_id(), plan=plan.id, child=child.id, text="Sleep well") for _ in range(3)]
    actions = [
        Action(id=new_id(), outcome=one.id, child=child.id, text="Lamp", owner="Mum", due=TODAY)
        for one in outcomes
        for _ in range(3)
    ]
    reviews = [
        Review(id=new_id(), plan=plan.id, child=child.id, held_on=begun, progress=_NOTE, by=by)
        for _ in range(3)
    ]
    written = Assessment(
        id=new_id(), child=child.id, episode=case.id, started=begun, strengths=_NOTE, views=_NOTE, by=by
    )
    scores = [
        Score(id=new_id(), child=child.id, tool="Star", area=area, score=n, scored_on=begun, by=by)
        for area in "ABCDE"
        for n in (3, 5)
    ]
    return [request, case, agreed, plan, *outcomes, *actions, *reviews, written, *scores]


def measure(folder: Path, children: int) -> list[Measure]:
    """All measurements of this file."""
    home = home_of(folder)
    store, _ = caseload(home.path, children, key=keys_of(folder, home))
    child = read_round(store).rows[0].child
    write_story(store, child)
    if read_round(store).rows[0].child.id != child.id:
        raise RuntimeError("the child with the story does not lead the round")
    held = len(read_child(store, child).story)
    in_store = median_seconds(lambda: read_child(store, child), TIMES) * 1000
    view = read_view(store, child.id)
    lines = median_seconds(lambda: page_lines(view, _WIDTH), TIMES) * 1000
    store.close()
    (home.path / MARKER).touch()
    starts, openings = (5, TIMES) if children >= _IN_EARNEST else (1, 2)
    rested, at_once = ([_first(folder, pause) for _ in range(starts)] for pause in (_LOOK_SECONDS, 0.0))
    head = "enter to the painted page"
    return [
        Measure(f"a child with {held} entries: in the store", in_store, "ms", 60),
        Measure("its lines", lines, "ms", 60),
        Measure(f"{head}, median", _again(folder, openings), "ms", 200),
        Measure(f"{head}, first time in a run", statistics.median(wall for wall, _ in rested), "ms", 200),
        Measure("the same, processor time", statistics.median(taken for _, taken in rested), "ms", 150),
        Measure(
            f"{head}, first time, typed as soon as the round is painted",
            statistics.median(wall for wall, _ in at_once),
            "ms",
            200,
        ),
    ]


def _opened(folder: Path) -> Watched:
    seen = Watched(
        [sys.executable, "-m", "benchmarks.painted", "outreach", str(folder)],
        environ_of(OUTREACH_TODAY=TODAY.isoformat()),
    )
    seen.wait_for(CURSOR)
    return seen


def _first(folder: Path, pause: float) -> tuple[float, float]:
    """Milliseconds from the key to the page, and of the processor: the first page of a run.

    The key is typed `pause` seconds after the round was painted.
    """
    seen = _opened(folder)
    time.sleep(pause)
    had = seen.processor()
    typed = seen.type("\r")
    wall = (seen.wait_for(_PAGE) - typed) * 1000
    taken = seen.processor() - had
    seen.leave()
    return wall, taken


def _again(folder: Path, times: int) -> float:
    """The median of milliseconds from the key to the page, so many times after the first one of a run."""
    seen = _opened(folder)
    taken = []
    for _ in range(times + 1):
        time.sleep(_LOOK_SECONDS)
        typed = seen.type("\r")
        taken.append((seen.wait_for(_PAGE) - typed) * 1000)
        time.sleep(_LOOK_SECONDS)
        seen.type("\x1b")
        seen.wait_for(_ROUND)
    seen.leave()
    return statistics.median(taken[1:])


def main(children: int) -> None:
    """Measure and print the table; exit 1 when a goal is missed."""
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(Path(folder), children)
    show(rows)
    sys.exit(0 if all(row.met for row in rows) else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2_000)
