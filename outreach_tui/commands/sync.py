"""A laptop's dealings with the central record: `enrol`, `sync`, `sync status`."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn

import click

from casework.errors import Unreachable
from outreach_tui import output
from outreach_tui.commands.frame import (
    ActingGroup,
    LineCommand,
    json_option,
    stamp_text,
    stopped_by_sigterm,
    the_call,
)
from outreach_tui.commands.opening import opened

if TYPE_CHECKING:
    from storage.central.asides import SetAside
    from storage.store import Store
    from sync.joining import Reconciled
    from sync.session import Session

_MINUTE = 60.0
_DOUBLED, _HOUR = 3, 60.0
_LATE = 5
"""Steps that were taken later of which the status tells."""
_TAKEN = ("edit", "name", "at", "code", "reason")
_ASIDE = (*_TAKEN, "advice")
_AGAIN = "sync again"
_LAST = ("agreed", "cursor", "to_settle", "same_child")
"""How it stands at the end of a session: of several ones the last one's word counts."""

Show = Callable[[dict[str, Any], Callable[[], None]], None]
"""Prints a result: the value as JSON, or by the function."""


@click.command(cls=LineCommand)
@click.argument("url")
@click.argument("code")
@json_option
def enrol(url: str, code: str) -> None:
    """Join this laptop to the central record at URL with the one-time CODE of `outreach hub code`.

    URL is https://..., or http://127.0.0.1:PORT on one machine. Compare the six words with those that your
    manager sees. Your agency, team and schools are from then on as the council has them.
    """
    call = the_call()
    with opened(call) as store:
        from sync.joining import join

        with output.working("Enrolling ..."):
            joined = join(store, url, code)
    value = {
        "device": joined.device,
        "hub": joined.hub,
        "url": joined.url,
        "worker": joined.worker,
        "agency": joined.agency,
        "words": joined.words,
        "waiting": joined.waiting,
    }
    from casework.holding import ROLL_AGENCIES

    def text() -> None:
        output.emit_pairs(
            [
                ("Enrolled as", f"{joined.worker} ({joined.agency})"),
                ("Laptop", joined.device),
                ("Six words", joined.words),
            ]
        )
        if joined.waiting:
            output.emit_lines(["A manager has to approve this laptop before it can sync."])
        output.warn("Compare the six words with those that your manager sees before you sync.")
        if joined.agency not in ROLL_AGENCIES:
            output.warn(
                f"A sync leaves on this laptop the children whom you or your team work with, or who wait for"
                f" allocation. A school's whole roll is for who does its attendance work"
                f" ({', '.join(sorted(ROLL_AGENCIES))}): a register imported here goes to the central record."
            )

    call.show(value, text)


@click.group(cls=ActingGroup)
@click.option("--verify", is_flag=True, help="Compare both sides although there is nothing to say.")
@click.option("--deep", is_flag=True, help="Count what is held here anew from the records, then compare.")
@click.option(
    "--watch", type=click.FloatRange(min=0, min_open=True), metavar="MINUTES", help="Again and again."
)
@json_option
@click.pass_context
def sync(context: click.Context, verify: bool, deep: bool, watch: float | None) -> int | None:
    """Send what waits, fetch what is new, and compare both sides.

    Exit code 0 when both agree, 1 when steps of yours were kept aside (they are listed), 6 when the central
    record cannot be reached (nothing is lost), 7 when the two sides do not agree yet or a conflict waits for
    a person.
    """
    if context.invoked_subcommand is not None:
        return None
    call = the_call()
    with opened(call, after_silence=True) as store:
        watched = Watched() if call.json and watch is not None else None

        def session() -> int:
            store.changed_elsewhere()
            done = watched.begin() if watched else _none_yet()
            call.so_far = watched.so_far if watched else lambda: _counts(done)
            try:
                return _once(store, watched.note if watched else call.show, done, verify=verify, deep=deep)
            except Unreachable:
                if watched is not None:
                    watched.break_off()
                raise

        if watch is None:
            return session()
        with stopped_by_sigterm():
            return keep_watch(session, watch)


class Watched:
    """The sessions of a watch as one JSON document, for when Ctrl-C or SIGTERM ends it.

    Counts are added up, also of a session that broke off, and the cursor goes on with it; `agreed` and what
    waits are as the last one that ended left them, and it has not agreed where the central record could not
    be reached.
    """

    def __init__(self) -> None:
        self._running = _none_yet()
        self._value = _counts(self._running)
        self._value |= {"set_aside": [], "taken_late": [], "to_settle": 0, "same_child": 0, "sessions": 0}

    def begin(self) -> Reconciled:
        """What the next session counts in."""
        self._running = _none_yet()
        return self._running

    def so_far(self) -> dict[str, Any]:
        """The document, the session that is under way counted as far as it came."""
        found = _added(self._value, _counts(self._running))
        return found | {"cursor": self._running.session.cursor or found["cursor"]}

    def note(self, value: dict[str, Any], text: Callable[[], None]) -> None:
        """Add a session that ended, and say on stderr how."""
        del text
        self._value = _added(self._value, value) | {name: value[name] for name in _LAST if name in value}
        self._value["sessions"] += 1
        self._running = _none_yet()
        for line in _said(value, _AGAIN):
            output.warn(line)

    def break_off(self) -> None:
        """Add a session that could not go on."""
        self._value = self.so_far() | {"agreed": False}
        self._running = _none_yet()


def _none_yet() -> Reconciled:
    from sync.joining import Reconciled

    return Reconciled()


def _added(held: dict[str, Any], more: dict[str, Any]) -> dict[str, Any]:
    """The counts of both; how it stands now is as `held` says."""
    found = dict(held)
    for name, value in more.items():
        if name == "problems":
            found[name] = held[name] + [problem for problem in value if problem not in held[name]]
        elif name not in _LAST:
            found[name] = held[name] + value
    found["seconds"] = round(found["seconds"], 3)
    return found


def keep_watch(
    session: Callable[[], object], minutes: float, sleep: Callable[[float], None] = time.sleep
) -> NoReturn:
    """One session after another, each begun so many minutes after the one before has ended.

    While the central record cannot be reached the pauses double, up to eight times as long, but not beyond an
    hour.
    """
    failed = 0
    while True:
        try:
            session()
            failed = 0
        except Unreachable as error:
            failed += 1
            pause = min(minutes * 2 ** min(failed - 1, _DOUBLED), max(minutes, _HOUR))
            output.warn(f"{error.message} Trying again in {pause:g} minutes.")
        else:
            pause = minutes
        sleep(pause * _MINUTE)


@sync.command("status")
@json_option
def status() -> None:
    """Say what waits, when both sides last agreed, and what was kept aside. Asks nobody.

    It also says until when this laptop opens alone: after too many days without a word from the central
    record only `outreach sync` and the recovery code open it.
    """
    call = the_call()
    with opened(call) as store:
        from datetime import datetime

        from storage.audit import stamp
        from storage.central.asides import set_aside, taken_late
        from storage.central.lease import read_lease
        from storage.central.outbox import count_waiting
        from storage.central.state import read_state
        from storage.queries.conflicts import count_conflicts
        from storage.queries.duplicates import find_open_pairs

        state = read_state(store.conn)
        waiting = count_waiting(store.conn)
        conflicts = count_conflicts(store)
        pairs = find_open_pairs(store, 0)[1]
        aside = [_shown(step) for step in set_aside(store.conn)]
        late = [_shown(step, _TAKEN) for step in taken_late(store.conn, _LATE)]
        lease = read_lease(store.conn, store.now())
    value = {
        "enrolled": state.is_enrolled,
        "url": state.url or None,
        "hub": state.hub or None,
        "device": state.device or None,
        "waiting": waiting,
        "conflicts": conflicts,
        "same_child": pairs,
        "quarantined": aside,
        "taken_late": late,
        "cursor": state.seq,
        "agreed_at": stamp(datetime.fromisoformat(state.agreed_at)) if state.agreed_at else None,
        "opens_alone_until": lease.ends_at if lease else None,
        "silent_days": lease.silent_days if lease else None,
    }

    def text() -> None:
        if not state.is_enrolled:
            output.emit_lines([f"This laptop is not enrolled with a central record; {waiting} steps wait."])
            return
        agreed = stamp_text(state.agreed_at) if state.agreed_at else "never"
        endless = "always" if state.agreed_at else "not set yet: the first sync says until when"
        output.emit_pairs(
            [
                ("Central record", state.url),
                ("Last agreed", agreed),
                ("Opens alone until", stamp_text(lease.ends_at) if lease else endless),
                ("Steps that wait", waiting),
                ("Conflicts to settle", conflicts),
                ("Perhaps one child", pairs_words(pairs)),
                ("Kept aside", len(aside)),
            ]
        )
        output.emit_lines(line for step in aside for line in _aside_lines("  ", step))
        output.emit_lines(f"  {_late_line(step)}" for step in late)

    call.show(value, text)


def _counts(done: Reconciled) -> dict[str, Any]:
    """What a session did, in the words of the command line's contract."""
    traffic = done.traffic
    return done.session.as_json() | {
        "bytes_sent": traffic.bytes_sent,
        "bytes_received": traffic.bytes_received,
        "requests": traffic.requests,
        "seconds": round(done.seconds, 3),
    }


def _once(store: Store, show: Show, done: Reconciled, *, verify: bool, deep: bool) -> int:
    """One session, which counts in `done`; its exit code."""
    from sync.joining import reconcile

    before = steps_aside(store)
    with output.working("Syncing ...") as say:
        reconcile(store, full=verify, deep=deep, progress=say, done=done)
    return end_of_session(show, store, done.session, _counts(done), before, again=_AGAIN)


def steps_aside(store: Store) -> set[str]:
    """The ids of the steps that the central record kept aside."""
    from storage.central.asides import set_aside

    return {step.edit for step in set_aside(store.conn)}


def end_of_session(
    show: Show, store: Store, session: Session, about: dict[str, Any], before: set[str], *, again: str
) -> int:
    """`show` what a session did; its exit code. `before` are the steps that had been kept aside before it,
    `again` says what to do where the sides do not agree yet.
    """
    from storage.central.asides import set_aside, taken_late
    from storage.queries.conflicts import count_conflicts
    from storage.queries.duplicates import find_open_pairs

    aside = [_shown(step) for step in set_aside(store.conn) if step.edit not in before]
    late = [_shown(step, _TAKEN) for step in taken_late(store.conn) if step.edit in before]
    conflicts = count_conflicts(store)
    pairs = find_open_pairs(store, 0)[1]
    value = session.as_json() | about
    value |= {"set_aside": aside, "taken_late": late, "to_settle": conflicts, "same_child": pairs}

    def text() -> None:
        output.emit_lines(_said(value, again))

    show(value, text)
    return exit_code(agreed=session.agreed, to_settle=conflicts, aside=len(aside))


def exit_code(*, agreed: bool, to_settle: int, aside: int) -> int:
    """How a session ended: 0 both sides agree, 1 steps were kept aside in it, 7 they do not agree yet or
    something waits for a person. What could not be done at all has its own code (casework.errors).
    """
    if not agreed or to_settle:
        return 7
    return 1 if aside else 0


def _said(value: dict[str, Any], again: str) -> list[str]:
    from casework.wording import count_of, exchanged_words, given_up_words

    counted = [exchanged_words(value["pushed"], value["pulled"])]
    counted += [f"{value['merged']} merged"] if value["merged"] else []
    end = "Both sides agree" if value["agreed"] else f"The two sides do not agree yet; {again}"
    lines = [f"{end}: {', '.join(counted)}."]
    if value["purged"]:
        lines.append(given_up_words(value["purged"]))
    if value["to_settle"]:
        waits = "waits" if value["to_settle"] == 1 else "wait"
        lines.append(f"{count_of(value['to_settle'], 'conflict')} {waits} for a person: outreach conflicts")
    if value["same_child"]:
        lines.append(f"Perhaps one child: {pairs_words(value['same_child'])}")
    lines += [line for step in value["set_aside"] for line in _aside_lines("Kept aside: ", step)]
    lines += map(_late_line, value["taken_late"])
    return [*lines, *value["problems"]]


def pairs_words(pairs: int) -> str:
    """How many pairs of records may be of one child, and where they are looked at."""
    from casework.wording import count_of

    return f"{count_of(pairs, 'pair')} of records: outreach duplicates" if pairs else "no records"


def _aside_lines(before: str, step: dict[str, str]) -> list[str]:
    """A step that was kept aside: what and when, why, and what to do."""
    head = f"{before}{step['name']}, {stamp_text(step['at'])}: {step['reason']}"
    return [head, f"  do: {step['advice']}"]


def _late_line(step: dict[str, str]) -> str:
    """A step that was kept aside and taken later."""
    return f"Taken after all: {step['name']}, {stamp_text(step['at'])}: {step['reason']}"


def _shown(step: SetAside, names: Sequence[str] = _ASIDE) -> dict[str, str]:
    return {name: getattr(step, name) for name in names}
