"""What went wrong in simulated runs: how often each fault came, and how often it made a difference."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

FAULTS = (
    "request lost",
    "request cut off",
    "request late, after others",
    "request twice",
    "answer lost",
    "answer cut off",
    "laptop dies before a commit",
    "laptop dies after a commit",
    "central record dies before a commit",
    "central record dies after a commit",
    "central record restored",
    "read later than the backup",
    "withdrawn, and another laptop first",
    "laptop restored",
    "laptop cloned",
    "clock ten years wrong",
    "clock set meanwhile",
    "scope change in a session",
    "scope change mid-page",
    "another laptop meanwhile",
    "work meanwhile",
    "versions meet",
    "laptop upgraded",
    "central record upgraded",
    "laptop's disk full",
    "central record's disk full",
    "poison edit",
    "step in parts, and messages between",
)


@dataclass
class Tally:
    """Over as many runs as one likes."""

    came: Counter[str] = field(default_factory=Counter)
    mattered: Counter[str] = field(default_factory=Counter)
    died_in: Counter[str] = field(default_factory=Counter)

    def note(self, fault: str, *, mattered: bool = True) -> None:
        """A fault came; whether anything was otherwise for it."""
        if fault not in FAULTS:
            raise KeyError(fault)
        self.came[fault] += 1
        self.mattered[fault] += mattered

    def add(self, other: Tally) -> None:
        """Count what went wrong in other runs, too."""
        self.came.update(other.came)
        self.mattered.update(other.mattered)
        self.died_in.update(other.died_in)

    def lines(self) -> list[str]:
        """A table for a person."""
        rows = [f"{fault:<38}{self.came[fault]:>8,}{self.mattered[fault]:>10,}" for fault in FAULTS]
        died = ", ".join(f"{place} {count:,}" for place, count in sorted(self.died_in.items()))
        return [f"{'':<38}{'came':>8}{'mattered':>10}", *rows, f"died in: {died}"]
