"""Builds the demo caseload: vault, schools, files through the importers, work through edits."""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from tempfile import TemporaryDirectory

from casework.calendars import SchoolCalendar
from casework.edits import Change, Edit, create, update
from casework.errors import Refused
from casework.followups import contact, follow_up
from casework.ids import new_id
from casework.records import Calendar, Child, Flag, SavedView, School, Team, Worker
from casework.records_attendance import FollowUpOutcome
from outreach_tui.demo import MARKER, NOTICE, PASSPHRASE
from outreach_tui.demo.assessments import write_assessments
from outreach_tui.demo.cases import end_cases, give_social_worker, see_children
from outreach_tui.demo.disagreements import disagree
from outreach_tui.demo.people import SCHOOLS, TEAMS, WORKERS, invent
from outreach_tui.demo.plans import make_plans
from outreach_tui.demo.registers import mark, write_files
from outreach_tui.demo.requests import send_notifications
from outreach_tui.demo.twice import bring_in_twice
from storage.files import write_atomic
from storage.home import Home
from storage.intake.importer import import_file
from storage.intake.kent_terms import kent_calendar
from storage.intake.school_calendar import calendar_of
from storage.queries.today import read_round
from storage.store import Store
from storage.vault import Vault

WEEKS = 12
_VIEWS = (
    ("today", 1, "Social worker", "flag:child-protection,child-in-need,looked-after"),
    ("today", 2, "Not tried yet", "attempts=0"),
    ("today", 3, "8 or more of 10", "unauth>=8"),
    ("caseload", 1, "Close to ten", "unauth>=6"),
    ("caseload", 2, "Severe", "severe:yes"),
    ("caseload", 3, "Mine", "lead:me"),
    ("caseload", 4, "N codes overdue", "n:overdue"),
)


_OUTCOMES: tuple[FollowUpOutcome, ...] = (
    "no-answer",
    "left-message",
    "spoke",
    "reason",
    "visit-planned",
    "seen",
)


@dataclass(frozen=True, slots=True)
class Demo:
    """A demo that is ready to open: its data folder, the date it plays on, and what is in it."""

    home: Home
    today: date
    registers: Path | None
    """The folder of the register files, where they were to be kept."""

    children: int
    marks: int
    not_explained: int
    seconds: float


def demo_day(actual: date) -> date:
    """The date the demo plays on: the last school day up to `actual` that the built-in terms know."""
    return calendar_of(kent_calendar()).last_school_day(actual) or actual


def replaces(folder: Path) -> datetime | None:
    """When the demo was made that a new one in `folder` would replace; None where there is none."""
    marker = folder / MARKER
    return datetime.fromtimestamp(marker.stat().st_mtime).astimezone() if marker.is_file() else None


def build_demo(
    folder: Path,
    *,
    seed: int,
    actual: date,
    now: Callable[[], datetime],
    say: Callable[[str], None],
    registers: Path | None = None,
) -> Demo:
    """Build the demo below `folder`, replacing an earlier demo there.

    The register files that it is made from are readable, so they are gone afterwards; `registers` names a
    folder that keeps them. Raises Refused when `folder` holds anything that is not a demo.
    """
    with TemporaryDirectory(prefix="outreach-demo-") as passing:
        return _build(
            folder, registers or Path(passing), registers, seed=seed, actual=actual, now=now, say=say
        )


def _build(
    folder: Path,
    files: Path,
    kept: Path | None,
    *,
    seed: int,
    actual: date,
    now: Callable[[], datetime],
    say: Callable[[str], None],
) -> Demo:
    started = time.perf_counter()
    _clear(folder)
    home = Home(folder)
    today = demo_day(actual)
    calendar = calendar_of(kent_calendar())
    home.prepare()
    _, key, _ = Vault.create(home, PASSPHRASE)
    teams = [Team(id=new_id(), name=name, district=district) for name, district in TEAMS]
    workers = [Worker(id=new_id(), name=n, agency=a, team=teams[t].id) for n, a, t in WORKERS]
    store = Store.set_up(home.database, key, worker=workers[0], team=teams[0], now=now, today=today)
    try:
        others = tuple(create(record) for record in [*teams[1:], *workers[1:]])
        store.journal.commit(Edit("Set up teams", others), kind="setup")
        _add_schools(store, teams)
        marks = _send_registers(store, files, calendar, seed, say)
        _do_some_work(store, workers, calendar, seed)
        open_rows = len(read_round(store).rows)
        count = len(store.find(Child))
    finally:
        store.close()
    return Demo(home, today, kept, count, marks, open_rows, time.perf_counter() - started)


def _clear(folder: Path) -> None:
    marker = folder / MARKER
    if folder.exists() and any(folder.iterdir()):
        if not marker.exists():
            raise Refused(
                "not-a-demo",
                "That folder holds something that is not a demo; name another with --home.",
                str(folder),
            )
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_atomic(marker, f"{NOTICE}\n".encode())


def _add_schools(store: Store, teams: list[Team]) -> None:
    changes: list[Change] = []
    for demo in SCHOOLS:
        school = School(
            id=new_id(),
            urn=demo.urn,
            name=demo.name,
            laestab=f"886/{demo.estab}",
            team=teams[demo.team].id,
            spoc=demo.spoc[0],
            spoc_reach=demo.spoc[1],
            liaison=demo.liaison[0],
            liaison_reach=demo.liaison[1],
        )
        changes.append(create(school))
        changes += [
            create(
                Calendar(id=new_id(), school=school.id, kind=r.kind, name=r.name, start=r.start, end=r.end)
            )
            for r in kent_calendar()
        ]
    store.journal.commit(Edit("Add the schools", tuple(changes)), kind="setup")


def _send_registers(
    store: Store, folder: Path, calendar: SchoolCalendar, seed: int, say: Callable[[str], None]
) -> int:
    first = store.today - timedelta(weeks=WEEKS + 2)
    days = calendar.school_days(first, store.today)[-5 * WEEKS :]
    marked = mark(invent(seed, store.today), days, seed)
    when = datetime.combine(store.today, clock(8, 5))
    marks = 0
    for path in write_files(folder, marked, when):
        report = import_file(store, path, kind="setup")
        marks += report.marks.read
        say(f"{path.name}: {report.children.new} new children, {report.marks.new} new marks")
    return marks


def _do_some_work(store: Store, workers: list[Worker], calendar: SchoolCalendar, seed: int) -> None:
    rng = random.Random(seed + 2)
    me = workers[0]
    children = sorted(store.find(Child), key=lambda child: child.upn)
    led = rng.sample(children, 40)
    changes = [c for n, child in enumerate(led) for c in update(child, lead_worker=workers[n % 4].id)]
    changes += [
        create(flag) for child in rng.sample(children, 14) for flag in [_flag(rng, child, store.today)]
    ]
    changes += [
        create(SavedView(id=new_id(), name=name, screen=screen, filter=text, digit=digit, worker=me.id))
        for screen, digit, name, text in _VIEWS
    ]
    store.journal.commit(Edit("Allocate the caseload", tuple(changes)), kind="setup")
    for day in calendar.school_days(store.today - timedelta(days=9), store.today - timedelta(days=1)):
        morning = datetime.combine(day, clock(9, 5), tzinfo=store.now().tzinfo)
        for place, row in enumerate(read_round(store, day=day).rows[:6]):
            outcome = rng.choice(_OUTCOMES)
            step = follow_up(
                row.child.id,
                by=rng.choice(workers[:4]).id,
                at=morning + timedelta(minutes=4 * place),
                session_date=day,
                outcome=outcome,
                reason_code="I" if outcome == "reason" else "",
                note="Mum says a cold; back tomorrow." if outcome == "reason" else "",
            )
            store.journal.commit(step, kind="setup")
    for child in led[:12]:
        at = datetime.combine(
            store.today - timedelta(days=rng.randint(2, 30)), clock(15, 30), tzinfo=store.now().tzinfo
        )
        visit = contact(
            child.id,
            by=me.id,
            at=at,
            kind="home-visit",
            outcome="parent",
            seen=rng.choice(("alone", "with-adult", "not-seen")),
            note="Visited at home. Mornings are hard since the move; the bus leaves before school breakfast.",
            next_step="Ask the school about breakfast club.",
        )
        store.journal.commit(visit, kind="setup")
    mine = sorted(
        (child for child in store.find(Child) if child.lead_worker == me.id), key=lambda child: child.upn
    )
    send_notifications(store, mine[:5], workers)
    make_plans(store, mine[5:], me)
    disagree(store, mine[5:], me)
    free = [child for child in children if child.id not in {one.id for one in led}]
    end_cases(store, free[:2], me)
    see_children(store, me)
    give_social_worker(store, read_round(store).rows[-1].child.id, me)
    bring_in_twice(store, mine[1], mine[5], workers)
    handed_over = sorted(
        (child for child in store.find(Child) if child.lead_worker == workers[3].id),
        key=lambda child: child.upn,
    )
    write_assessments(store, handed_over[:2], workers)


def _flag(rng: random.Random, child: Child, today: date) -> Flag:
    return Flag(
        id=new_id(),
        child=child.id,
        kind=rng.choice(
            ("child-in-need", "child-protection", "young-carer", "ehc-plan", "youth-justice", "eal")
        ),
        since=today - timedelta(days=rng.randint(20, 300)),
        review=today + timedelta(days=rng.randint(-10, 90)),
        source="Invented",
    )
