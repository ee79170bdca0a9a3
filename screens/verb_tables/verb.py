"""What a verb is, and the places where one can hold."""

from __future__ import annotations

from dataclasses import dataclass

EVERYWHERE = "everywhere"
LISTS = "lists"
APP = "app"
ROUND = ("today", "caseload", "child")
"""Where the verbs of a child's day hold."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing a worker can do.

    `keys` are Textual key names; several are parted by commas, and a second key after a space follows
    the first (`g t`). `places` names the screens where it holds, `footer` those that list it below.
    """

    id: str
    keys: str
    label: str
    help: str
    group: str
    places: tuple[str, ...] = (EVERYWHERE,)
    footer: tuple[str, ...] = ()
    action: str = ""
    priority: bool = False

    @property
    def leader(self) -> str:
        """The first key of a sequence such as `g t`, else nothing."""
        first, _, second = self.keys.partition(" ")
        return first if second else ""
