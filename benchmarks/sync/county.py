"""A county on paper: `python -m benchmarks.sync.county [--children N] [--seed N]`.

Measures what one team of N children costs the central record on PostgreSQL (unit_costs), works out from that
a county of 150,000 children and 1,000 laptops, and lets a morning of it run as a queue (morning).
docs/scale.md says what is measured and what is worked out.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from dataclasses import replace
from statistics import median

from benchmarks.sync.morning import Cost, Costs, Morning, Outcome, Plan
from benchmarks.sync.unit_costs import CALLS, LAPTOPS, WEEKS, Asked, UnitCosts, measure
from benchmarks.table import percentile

CHILDREN, DEVICES, TEAM_CHILDREN = 150_000, 1_000, 750
SCHOOL_WEEKS, SCHOOL_DAYS = 39, 190
STEPS_A_DAY = 15
_OF_A_WEEK = ("record", "log", "natural")
_OF_A_STEP = ("record", "log")


def costs_of(measured: UnitCosts) -> Costs:
    """The morning's sessions, from the team's; registers as large as a team of 750 makes them."""
    larger = TEAM_CHILDREN / measured.children
    hello = _whole(measured, "nothing is to be said")
    sent = _beyond(hello, _whole(measured, "a team's registers are sent"))
    read = _beyond(hello, _whole(measured, "a team's registers are read"))
    return Costs(
        hello=hello,
        push_registers=sent.times(larger),
        pull_registers=read.times(larger),
        push_step=_beyond(hello, _whole(measured, f"{CALLS} calls are sent")).times(1 / CALLS),
        pull_step=_beyond(hello, _whole(measured, "what others did is read")).times(
            1 / (CALLS * LAPTOPS // 2)
        ),
        commit=measured.commit,
    )


def grown(measured: UnitCosts, before: str, after: str, tables: Iterable[str] = ()) -> int:
    """Bytes by which the tables grew between two phases."""
    first, then = measured.sizes[before], measured.sizes[after]
    return sum(then[name] - first[name] for name in tables or then)


def show_units(measured: UnitCosts) -> None:
    """What was measured."""
    print(f"\nMeasured: one team, {measured.children} children, {LAPTOPS} laptops")
    print(f"{'session':32} {'request':8} {'count':>5} {'processor':>12} {'bytes':>9}")
    for phase, sessions in measured.phases.items():
        verbs = dict.fromkeys(asked.verb for session in sessions for asked in session)
        for verb in verbs:
            asked = [one for session in sessions for one in session if one.verb == verb]
            took, size = median(one.seconds for one in asked), median(one.bytes for one in asked)
            print(f"{phase:32} {verb:8} {len(asked):>5} {1000 * took:>9.1f} ms {size:>9.0f}")
    print(f"a commit waits for the disk {1000 * measured.commit:.1f} ms")
    whole = _whole(measured, "a new laptop reads all", "pull")
    rows, year = (
        measured.rows_of_new,
        TEAM_CHILDREN * (1 + SCHOOL_WEEKS) + LAPTOPS * SCHOOL_DAYS * STEPS_A_DAY,
    )
    took, size, more = whole.seconds, whole.bytes / 1e6, year / rows
    print(f"a new laptop reads {rows:,} records in {took:.1f} s of processor, {size:.2f} MB;")
    print(f"    worked out for a year's {year:,}: {more * took:.0f} s, {more * size:.1f} MB")


def show_disk(measured: UnitCosts) -> float:
    """Bytes of PostgreSQL by unit, and of a county after a year; their sum."""
    children, weeks = measured.children, f"week {WEEKS - 1}"
    shared = [name for name in measured.sizes[weeks] if name != "entitlement"]
    once = grown(measured, "an empty central record", "children", shared)
    first = grown(measured, "children", "week 0") - grown(measured, "children", "week 0", _OF_A_WEEK)
    held = grown(measured, "an empty central record", "children", ["entitlement"])
    rows = (
        ("a child", (once + first) / children, CHILDREN),
        ("a child on a laptop", held / (children * LAPTOPS), DEVICES * TEAM_CHILDREN),
        (
            "a child's week of marks",
            grown(measured, f"week {WEEKS - 2}", weeks, _OF_A_WEEK) / children,
            CHILDREN * SCHOOL_WEEKS,
        ),
        (
            "a logged step",
            grown(measured, weeks, "calls", _OF_A_STEP) / (CALLS * LAPTOPS),
            DEVICES * SCHOOL_DAYS * STEPS_A_DAY,
        ),
    )
    print("\nPostgreSQL, with indexes, after VACUUM: measured bytes, and a county's year worked out")
    total = 0.0
    for what, size, number in rows:
        total += size * number
        print(f"{what:28} {size:>8.0f} B x {number:>10,} = {size * number / 1e9:>7.2f} GB")
    print(f"{'all':28} {'':>23} = {total / 1e9:>7.2f} GB a year")
    return total


def show_morning(name: str, plan: Plan, costs: Costs, seed: int) -> Outcome:
    """One morning as a queue."""
    done = Morning(plan, costs, seed).run()
    busiest = max(done.minutes.values()) / (60 * plan.processors)
    waits = [1000 * percentile(done.sessions, share) for share in (0.5, 0.95, 0.99)]
    print(
        f"{name:44} {len(done.sessions):>8} {done.bytes / 1e6:>7.0f} MB"
        f" {done.busy:>6.0f} s {100 * busiest:>4.0f} % {waits[0]:>7.0f} {waits[1]:>7.0f} {waits[2]:>7.0f} ms"
        f" {done.most_waiting:>5}"
    )
    return done


def main() -> None:
    """Measure, work out, simulate."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--children", type=int, default=TEAM_CHILDREN)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    measured = measure(given.children)
    show_units(measured)
    show_disk(measured)
    costs, plan = costs_of(measured), Plan(laptops=DEVICES, steps=STEPS_A_DAY)
    print(f"\nA morning of {DEVICES:,} laptops, simulated with those costs, seed {given.seed}")
    print(
        f"{'':44} {'sessions':>8} {'bytes':>10} {'work':>8} {'busiest':>6}"
        f" {'p50':>5} {'p95':>7} {'p99':>7}    queue"
    )
    once = replace(plan, opens=(3_600, 1), registers=(3_000, 300))
    for name, morning in (
        ("two processors", plan),
        ("one processor", replace(plan, processors=1)),
        ("two, every laptop within seconds of nine", once),
        ("four, every laptop within seconds of nine", replace(once, processors=4)),
        ("two, three times as many laptops", replace(plan, laptops=3 * DEVICES)),
    ):
        show_morning(name, morning, costs, given.seed)


def _whole(measured: UnitCosts, phase: str, verb: str = "") -> Cost:
    """All requests of the median session of a phase, or those of one kind."""
    sums = [_sum(one for one in session if verb in ("", one.verb)) for session in measured.phases[phase]]
    return Cost(median(one.seconds for one in sums), median(one.bytes for one in sums))


def _sum(asked: Iterable[Asked]) -> Cost:
    several = list(asked)
    return Cost(sum(one.seconds for one in several), sum(one.bytes for one in several))


def _beyond(least: Cost, cost: Cost) -> Cost:
    """What a session costs beyond one in which nothing is said."""
    return Cost(max(0.0, cost.seconds - least.seconds), max(0.0, cost.bytes - least.bytes))


if __name__ == "__main__":
    main()
