"""`outreach allocate`: a notification finds its worker, and a case opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import LineCommand, json_option, the_call
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from casework.records import Worker
    from storage.store import Store


@click.command(cls=LineCommand)
@click.argument("notification")
@click.option("--to", "to", required=True, metavar="WORKER", help="The worker's name or id.")
@click.option("--on", metavar="DATE", help="The day; else today.")
@json_option
def allocate(notification: str, to: str, on: str | None) -> None:
    """Allocate NOTIFICATION to a worker: an episode opens, and they lead the work."""
    from casework.notifications import allocate as build
    from outreach_tui.commands.notify import take_notification
    from outreach_tui.commands.people import take_day
    from storage.queries.notifications import episodes_of

    call = the_call()
    day = take_day(on, call.today, "--on", past=True) or call.today
    with opened(call) as store:
        held, shown = take_notification(store, notification)
        worker = _worker(store, to)
        edit, episode = build(held, shown.child, worker.id, day, episodes_of(store, held.child), call.today)
        due = shown.standing.allocate_by
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
            "edit": receipt.edit,
        }

    def text() -> None:
        output.emit_lines([f"Allocated to {worker.name}; episode {episode.number} is open."])
        for item in value["missing"]:
            output.warn(f"Still missing: {item}.")

    call.show(value, text)


def _worker(store: Store, text: str) -> Worker:
    from casework.errors import BadInput
    from casework.records import Worker
    from casework.text import fold, safe

    active = [worker for worker in store.find(Worker) if worker.active]
    found = [w for w in active if text.strip().lower() == w.id] or [
        w for w in active if fold(w.name) == fold(text)
    ]
    if len(found) != 1:
        what = "No worker is" if not found else f"{len(found)} workers are"
        sentence = f"{what} called {safe(text)}; give an id from `outreach worker list`."
        raise BadInput("no-such-worker", sentence, "--to")
    return found[0]
