"""The caseload as one table for supervision: a worker's own cases, or for a manager those of the team.

Every column is asked of `may_see` for its own purpose. What is withheld is told as withheld, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Literal

from casework.episodes import EpisodeStanding, episode_standing
from casework.errors import BadInput, Refused
from casework.policies import PURPOSE_OF, Category
from casework.records import Child, Worker
from casework.records_case import Episode
from casework.supervision import CaseFacts, Point, order_of, points
from casework.text import fold
from casework.wording import count_of
from storage.queries.agreements import read_agreements
from storage.queries.facts import among, children_of, read_facts
from storage.queries.lookup import display_name

if TYPE_CHECKING:
    from storage.store import Store

Column = Literal["seen", "plan", "agreement", "case"]


@dataclass(frozen=True, slots=True)
class SupervisionRow:
    """One case. `worker` is who works it, "" for nobody; `points` are what to talk about.

    `standing` is None where no case is open, or where that may not be seen. `withheld` gives the reason for
    each column that may not be seen.
    """

    child: Child
    name: str
    school: str
    worker: str
    facts: CaseFacts
    standing: EpisodeStanding | None
    points: Sequence[Point]
    withheld: Mapping[Column, str]

    @property
    def days_open(self) -> int | None:
        """Calendar days since the episode was opened; None where none is open."""
        return self.standing.days if self.standing else None


@dataclass(frozen=True, slots=True)
class Supervision:
    """The cases in the order in which they are to be talked about; `whose` names them in words."""

    day: date
    whose: str
    rows: Sequence[SupervisionRow]


def read_supervision(store: Store, worker: str = "") -> Supervision:
    """The open cases and led children of this worker, or for a manager of the active workers of the team.

    `worker` names one of them. Raises BadInput for a name that fits nobody or several, Refused for somebody
    else's cases unless this worker is a manager.
    """
    workers = _workers(store, worker)
    names = {one.id: one.name for one in workers}
    held = _cases(store, list(names))
    children = children_of(store, held)
    listed = list(children.values())
    facts = read_facts(store, listed, store.today, year=False, purpose="support")
    episodes = _episodes(store, listed)
    plans = _plans(store, listed)
    rows = [
        _row(store, child, names[held[child.id]], facts[child.id].last_seen, episodes, plans)
        for child in listed
    ]
    rows.sort(key=lambda row: (*order_of(row.facts, list(row.points)), row.child.surname, row.name))
    whose = workers[0].name if len(workers) == 1 else f"the team, {count_of(len(workers), 'worker')}"
    return Supervision(store.today, whose, rows)


def _workers(store: Store, name: str) -> list[Worker]:
    me = store.worker
    manages = me.agency == "management"
    team = store.find(Worker, "active = 1 AND team IS ?", (me.team,)) if manages else [me]
    if not name.strip():
        return team
    fitting = [one for one in team if fold(name) in fold(one.name)]
    exact = [one for one in fitting if fold(one.name) == fold(name)]
    if len(exact or fitting) == 1:
        return exact or fitting
    if not manages:
        raise Refused("not-yours", "Only a manager sees the cases of others; leave out --worker.", "--worker")
    problem = "several workers of your team" if fitting else "no worker of your team"
    raise BadInput("which-worker", f"That name fits {problem}; see `outreach worker list`.", "--worker")


def _cases(store: Store, workers: Sequence[str]) -> dict[str, str]:
    """The worker of each child: who works the open episode, else who leads."""
    works, given = among(workers, "worker")
    leads, _ = among(workers, "lead_worker")
    found: dict[str, str] = {}
    for worker, child in store.conn.execute(
        "SELECT lead_worker AS worker, id FROM child WHERE void = 0 AND lead_worker IS NOT NULL"
        f" AND {leads}"
        " AND NOT EXISTS (SELECT 1 FROM episode e WHERE e.child = child.id AND e.void = 0"
        " AND e.closed IS NULL AND e.worker IS NOT NULL)"
        f" UNION ALL SELECT worker, child FROM episode WHERE void = 0 AND closed IS NULL AND {works}",
        [*given, *given],
    ):
        found[child] = worker
    return found


def _episodes(store: Store, children: Sequence[Child]) -> dict[str, list[Episode]]:
    condition, given = among([child.id for child in children])
    found: defaultdict[str, list[Episode]] = defaultdict(list)
    for episode in store.find(Episode, condition, given):
        found[episode.child].append(episode)
    return found


_Plans = Mapping[str, tuple[date | None, date | None]]


def _plans(store: Store, children: Sequence[Child]) -> _Plans:
    """The last review and the next one of each child's plan that goes on."""
    condition, given = among([child.id for child in children], "p.child")
    rows = store.conn.execute(
        "SELECT p.child, p.next_review,"
        " (SELECT max(r.held_on) FROM review r WHERE r.plan = p.id AND r.void = 0)"
        f" FROM plan p WHERE p.void = 0 AND p.ended IS NULL AND {condition} ORDER BY p.started, p.id",
        given,
    )
    return {child: (_day(reviewed), _day(due)) for child, due, reviewed in rows}


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _row(
    store: Store,
    child: Child,
    worker: str,
    seen: date | None,
    episodes: Mapping[str, Sequence[Episode]],
    plans: _Plans,
) -> SupervisionRow:
    withheld: dict[Column, str] = {}

    def sees(column: Column, record_type: str, category: Category) -> bool:
        decision = store.may_see(child, category, PURPOSE_OF.get(record_type, "support"))
        if not decision:
            withheld.setdefault(column, decision.reason)
        return bool(decision)

    sees_case = sees("case", "episode", Category.IDENTITY)
    marked = sees("seen", "follow_up", Category.ATTENDANCE)
    sees_contacts = sees("seen", "contact", Category.FAMILY) and marked
    sees_plan = sees("plan", "plan", Category.FAMILY)
    sees_agreements = sees("agreement", "agreement", Category.IDENTITY)
    standing = _standing(store, episodes.get(child.id, ())) if sees_case else None
    reviewed, due = plans.get(child.id, (None, None)) if sees_plan else (None, None)
    until, lapsed = _agreed(store, child) if sees_agreements else (None, False)
    facts = CaseFacts(
        opened=standing[0].opened if standing else None,
        seen=seen if sees_contacts else None,
        sees_contacts=sees_contacts,
        planned=sees_plan and child.id in plans,
        reviewed=reviewed,
        review_due=due,
        sees_plan=sees_plan,
        agreement_until=until,
        lapsed=lapsed,
        sees_agreements=sees_agreements,
        again=_again(standing[1]) if standing else None,
    )
    education = store.may_see(child, Category.EDUCATION, "support")
    return SupervisionRow(
        child=child,
        name=display_name(child),
        school=store.schools.name(child.school) if education else "",
        worker=worker,
        facts=facts,
        standing=standing[1] if standing else None,
        points=points(facts, store.today),
        withheld=withheld,
    )


def _standing(store: Store, episodes: Sequence[Episode]) -> tuple[Episode, EpisodeStanding] | None:
    held = max((e for e in episodes if e.closed is None), key=lambda e: (e.number, e.id), default=None)
    return (held, episode_standing(held, episodes, store.today)) if held else None


def _again(standing: EpisodeStanding) -> bool | None:
    """Whether the case came back in either sense, None where neither is known."""
    if standing.again is None:
        return None
    counted = (standing.again.from_referral, standing.again.from_closure)
    return True if True in counted else False if False in counted else None


def _agreed(store: Store, child: Child) -> tuple[date | None, bool]:
    """The first day on which an agreement in force ends or is to be asked again; whether none holds now."""
    shown = read_agreements(store, child)
    in_force = [one.agreement for one in shown if one.state in ("given", "limited")]
    days = [day for one in in_force for day in (one.expires, one.review) if day is not None]
    return min(days, default=None), not in_force and any(
        one.state in ("expired", "withdrawn") for one in shown
    )
