"""A morning of all laptops at one central record, as a queue: seeded, and fed with measured costs.

Laptops open around ten to nine, sync then and every so many minutes; one laptop of each team brings in the
registers of its schools, the others read them; everybody logs calls. A session is one request: what waits
goes with the greeting, what came with its answer. Requests are worked on by a number of processors, first
come, first served; pushes one at a time, as the count of the log asks.
"""

from __future__ import annotations

import heapq
from collections import Counter, deque
from dataclasses import dataclass, field
from itertools import count
from random import Random

TEAM = 5
"""Laptops of a team."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one session or a part of it: seconds of processor time, and bytes both ways."""

    seconds: float
    bytes: float

    def times(self, number: float) -> Cost:
        """So many of it."""
        return Cost(number * self.seconds, number * self.bytes)

    def and_(self, other: Cost, number: float) -> Cost:
        """This with so many of another."""
        return Cost(self.seconds + number * other.seconds, self.bytes + number * other.bytes)


@dataclass(frozen=True, slots=True)
class Costs:
    """What the sessions of a morning cost. A step is a call that was logged."""

    hello: Cost
    """A session in which nothing is said; the others are what comes on top of that."""
    push_registers: Cost
    pull_registers: Cost
    push_step: Cost
    pull_step: Cost
    commit: float
    """Seconds in which a push waits for the disk while no other can go on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the morning goes; times are seconds from eight o'clock."""

    laptops: int = 1_000
    opens: tuple[float, float] = (3_000, 600)
    """Mean and spread of the time at which a laptop first syncs."""
    registers: tuple[float, float] = (4_200, 600)
    """Mean and spread of the time at which a team's registers are there."""
    every: float = 900
    steps: int = 15
    """Calls that a worker logs from nine o'clock to the end."""
    until: float = 9_000
    processors: int = 2


@dataclass
class Outcome:
    """What came of it: seconds from asking to the answer of each session, which is one request."""

    sessions: list[float] = field(default_factory=list)
    bytes: float = 0.0
    busy: float = 0.0
    """Seconds of processor time."""
    minutes: Counter[int] = field(default_factory=Counter)
    """The same by the minute in which it was begun."""
    most_waiting: int = 0


@dataclass
class _Laptop:
    team: int
    unread: int = 0
    registers_unread: bool = False
    registers_to_send: bool = False
    to_send: int = 0
    busy: bool = False


class Morning:
    """One run."""

    def __init__(self, plan: Plan, costs: Costs, seed: int) -> None:
        self._plan, self._costs, self._random = plan, costs, Random(seed)
        self._laptops = [_Laptop(n // TEAM) for n in range(plan.laptops)]
        self._events: list[tuple[float, int, str, int]] = []
        self._order = count()
        self._waiting: deque[tuple[float, int, bool, Cost]] = deque()
        self._free = plan.processors
        self._locked = False
        self.outcome = Outcome()

    def run(self) -> Outcome:
        """The whole morning."""
        plan, dice = self._plan, self._random
        for number in range(plan.laptops):
            at = max(0.0, dice.gauss(*plan.opens))
            while at < plan.until:
                self._at(at, "session", number)
                at += plan.every
            for _ in range(plan.steps):
                self._at(dice.uniform(3_600, plan.until), "step", number)
            if number % TEAM == 0:
                self._at(max(0.0, dice.gauss(*plan.registers)), "registers", number)
        while self._events:
            now, _, what, number = heapq.heappop(self._events)
            getattr(self, f"_{what}")(now, number)
        return self.outcome

    def _at(self, time: float, what: str, number: int) -> None:
        heapq.heappush(self._events, (time, next(self._order), what, number))

    def _step(self, _: float, number: int) -> None:
        self._laptops[number].to_send += 1

    def _registers(self, _: float, number: int) -> None:
        self._laptops[number].registers_to_send = True

    def _session(self, now: float, number: int) -> None:
        laptop, costs = self._laptops[number], self._costs
        if laptop.busy:
            return
        laptop.busy = True
        cost = costs.hello.and_(costs.push_step, laptop.to_send).and_(costs.pull_step, laptop.unread)
        cost = cost.and_(costs.push_registers, laptop.registers_to_send)
        cost = cost.and_(costs.pull_registers, laptop.registers_unread)
        pushes = laptop.registers_to_send or laptop.to_send > 0
        for other in self._laptops[laptop.team * TEAM : laptop.team * TEAM + TEAM]:
            if other is not laptop:
                other.unread += laptop.to_send
                other.registers_unread |= laptop.registers_to_send
        laptop.unread = laptop.to_send = 0
        laptop.registers_unread = laptop.registers_to_send = False
        self._waiting.append((now, number, pushes, cost))
        self.outcome.most_waiting = max(self.outcome.most_waiting, len(self._waiting))
        self._start(now)

    def _start(self, now: float) -> None:
        """Give free processors the first requests that may go on."""
        held: list[tuple[float, int, bool, Cost]] = []
        while self._free and self._waiting:
            asked, number, push, cost = request = self._waiting.popleft()
            if push and self._locked:
                held.append(request)
                continue
            self._free -= 1
            self._locked |= push
            took = cost.seconds + (self._costs.commit if push else 0.0)
            self.outcome.busy += cost.seconds
            self.outcome.minutes[int(now // 60)] += cost.seconds
            self.outcome.bytes += cost.bytes
            self.outcome.sessions.append(now + took - asked)
            self._at(now + took, "pushed" if push else "answered", number)
        self._waiting.extendleft(reversed(held))

    def _pushed(self, now: float, number: int) -> None:
        self._locked = False
        self._answered(now, number)

    def _answered(self, now: float, number: int) -> None:
        self._free += 1
        self._laptops[number].busy = False
        self._start(now)
