"""`outreach allocate`: a notification finds its worker, and a case opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.records import Worker
    from casework.records_case import Episode
    from storage.store import Store


@click.command(cls=LineCommand)
@click.argument("notification")
@click.option("--to", "to", required=True, metavar="WORKER", help="The worker's name or id; me is yourself.")
@click.option("--on", metavar="DATE", help="The day; else today.")
@json_option
def allocate(notification: str, to: str, on: str | None) -> None:
    """Allocate NOTIFICATION to a worker: an episode opens, and they lead the work.

    Others of the child that wait become new information in the case. Where a case is open already,
    NOTIFICATION does, for the worker who has it.
    """
    from casework.notifications import allocate as build
    from casework.notifications import join_case, still_waits
    from outreach_tui.commands.notify import take_notification
    from outreach_tui.commands.people import take_day
    from storage.queries.notifications import episodes_of, others_waiting

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held, shown = take_notification(store, notification)
        worker = _worker(store, to)
        episodes = episodes_of(store, held.child)
        joins = still_waits(held) and any(e.closed is None for e in episodes)
        along = [] if joins else others_waiting(store, held.child, held.id)
        if joins:
            edit, episode = join_case(held, episodes)
            worker = _case_worker(store, episode, worker)
        else:
            edit, episode = build(held, shown.child, worker.id, day, episodes, call.today, along)
        due = None if joins else shown.standing.allocate_by
        receipt = store.journal.commit(edit)
        value: dict[str, Any] = {
            "id": held.id,
            "episode": episode.id,
            "number": episode.number,
            "worker": {"id": worker.id, "name": worker.name},
            "on": day,
            "allocate_by": due,
            "in_time": None if due is None else day <= due,
            "missing": list(shown.standing.missing),
            "new_information": joins,
            "taken_along": [other.id for other in along],
            "edit": receipt.edit,
        }

    def text() -> None:
        from casework.wording import say_day

        if joins:
            said = f"New information in the open case of {worker.name}, episode {episode.number}"
            output.emit_lines([f"{said}. Its allocation clock has ended."])
        else:
            output.emit_lines([f"Allocated to {worker.name}; episode {episode.number} is open."])
        for other in along:
            of = f"The notification of {say_day(other.received)} ({other.id})"
            output.emit_lines([f"{of} is new information in it now; its allocation clock has ended."])
        for item in value["missing"]:
            output.warn(f"Still missing: {item}.")

    call.show(value, text)


def _case_worker(store: Store, episode: Episode, meant: Worker) -> Worker:
    """Who has the open case; whoever is meant where nobody has it who still works here.

    Raises Refused when another one is meant.
    """
    from casework.errors import Refused
    from casework.records import Worker
    from casework.text import safe

    having = [w for w in store.find(Worker) if w.active and w.id == episode.worker]
    if not having or having[0].id == meant.id:
        return meant
    name = safe(having[0].name)
    raise Refused(
        "open-case",
        f"A case is open for this child with {name}; `--to` with that name makes this new information in it.",
        episode.child,
    )


def _worker(store: Store, text: str) -> Worker:
    from casework.errors import BadInput
    from casework.records import Worker
    from casework.text import fold, safe

    if text.strip().casefold() == "me":
        return store.worker
    active = [worker for worker in store.find(Worker) if worker.active]
    found = [w for w in active if text.strip().lower() == w.id] or [
        w for w in active if fold(w.name) == fold(text)
    ]
    if len(found) != 1:
        what = "No worker is" if not found else f"{len(found)} workers are"
        sentence = f"{what} called {safe(text)}; give an id from `outreach worker list`."
        raise BadInput("no-such-worker", sentence, "--to")
    return found[0]
