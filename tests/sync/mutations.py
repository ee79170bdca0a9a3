"""Faults put into the program on purpose, each of which the simulation must find.

`python -m tests.sync.mutations --seeds 100` says for each after how many seeds it was found. What the checks
of a run would miss if they were weaker shows here, and not in a county.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from storage.central.holdings import Holdings
from storage.central.outbox import count_waiting
from storage.central.receiving import Receiver
from storage.central.state import read_state, write_state
from storage.journal import transaction
from sync import sending
from sync.hub import hub as hub_of
from sync.hub import taking
from sync.hub.greeting import Greeting
from sync.hub.hub import Hub
from tests.sync.beginning import Start
from tests.sync.simulation import simulate

Mutation = tuple[Any, str, Callable[[Any], Any]]
"""Where a function is, its name, and what is made of it."""


def _no_fork(action: Any) -> Any:
    def never_forked(*given: Any) -> Any:
        said = action(*given)
        return "ok" if said == "forked" else said

    return never_forked


def _cursor_first(receive: Any) -> Any:
    def early(self: Receiver, delivery: Any) -> Any:
        if delivery.state is not None and not count_waiting(self._conn):
            with transaction(self._conn):
                now = replace(read_state(self._conn), seq=delivery.state.seq, chain=delivery.state.chain)
                write_state(self._conn, now)
        return receive(self, delivery)

    return early


def _laptop_passes_over(answers_of: Any) -> Any:
    def all_but_one(answer: Any) -> Any:
        verdicts = answers_of(answer)
        if len(verdicts) > 1:
            verdicts.pop(next(iter(verdicts)))
        return verdicts

    return all_but_one


def _hub_passes_over(push: Any) -> Any:
    def all_but_one(self: Hub, connection: Any, device: str, said: Any, digests: Any) -> Any:
        answer = push(self, connection, device, said, digests)
        return answer.model_copy(update={"verdicts": answer.verdicts[1:]})

    return all_but_one


def _hub_takes_nothing(push: Any) -> Any:
    def unlike(self: Hub, connection: Any, device: str, said: Any, digests: Any) -> Any:
        """The last step of several is answered like the one before it, and is nowhere."""
        if len(said.edits) < 2:
            return push(self, connection, device, said, digests)
        answer = push(self, connection, device, said.model_copy(update={"edits": said.edits[:-1]}), digests)
        if answer.known:
            return answer
        like = answer.verdicts[-1].model_copy(update={"edit": said.edits[-1].id})
        return answer.model_copy(update={"verdicts": [*answer.verdicts, like]})

    return unlike


def _keeps_what_was_withdrawn(allow: Any) -> Any:
    def loses_nothing(self: Holdings, masks: Any) -> Any:
        return (), allow(self, masks)[1]

    return loses_nothing


def _drops(_: Any) -> Any:
    return lambda *_: None


MUTATIONS: dict[str, tuple[Mutation, ...]] = {
    "a copy of a caseload is not noticed": ((Greeting, "_action", _no_fork),),
    "the cursor is kept before its page": ((Receiver, "receive", _cursor_first),),
    "the laptop passes over a verdict": ((sending, "answers_of", _laptop_passes_over),),
    "the central record passes over a verdict": ((Hub, "_push", _hub_passes_over),),
    "the central record answers for a step that it did not take": ((Hub, "_push", _hub_takes_nothing),),
    "what was withdrawn is not given up": ((Holdings, "allow", _keeps_what_was_withdrawn),),
    "what is kept aside is dropped": ((hub_of, "keep_aside", _drops), (taking, "keep_aside", _drops)),
}


@contextmanager
def mutated(name: str) -> Iterator[None]:
    """The program with this fault."""
    held = [(place, what, getattr(place, what)) for place, what, _ in MUTATIONS[name]]
    for place, what, fault in MUTATIONS[name]:
        setattr(place, what, fault(getattr(place, what)))
    try:
        yield
    finally:
        for place, what, was in held:
            setattr(place, what, was)


def found_after(name: str, seeds: int, start: Start, first: int = 0) -> int | None:
    """The number of seeds after which this fault was found; None where it was not."""
    with mutated(name):
        for count, seed in enumerate(range(first, first + seeds), 1):
            try:
                simulate(seed, start)
            except Exception:  # noqa: BLE001 - however it shows
                return count
    return None


def main() -> None:
    """Try each fault, and say which was not found."""
    parser = argparse.ArgumentParser(description="Faults that the simulation must find.")
    parser.add_argument("--seeds", type=int, default=100, help="at the most, for each")
    asked = parser.parse_args()
    logging.disable()
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        start = Start(Path(folder))
        for name in MUTATIONS:
            after = found_after(name, asked.seeds, start)
            missed += after is None
            print(f"{name}: " + (f"found after {after} seeds" if after else "NOT FOUND"), flush=True)
    raise SystemExit(missed > 0)


if __name__ == "__main__":
    main()
