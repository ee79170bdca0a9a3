"""The one table of verbs. Keys, footer, Help, the palette and docs/keys.md all derive from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.binding import Binding, BindingType

from screens.verb_tables import (
    agreement,
    assessments,
    central,
    daily,
    disagreements,
    general,
    lists,
    notifications,
    plans,
    reviews,
    same_child,
    sheets,
    work,
)
from screens.verb_tables.verb import APP, EVERYWHERE, LISTS, Verb

Keymap = Mapping[str, str]
"""Verb id to keys, as the worker remapped them."""

VERBS: tuple[Verb, ...] = (
    *daily.VERBS,
    *agreement.VERBS,
    *assessments.VERBS,
    *lists.VERBS,
    *work.VERBS,
    *reviews.VERBS,
    *notifications.VERBS,
    *plans.VERBS,
    *disagreements.VERBS,
    *sheets.VERBS,
    *same_child.VERBS,
    *central.VERBS,
    *general.VERBS,
)
"""Every verb; where a line has room for a few, the order is this one."""

BY_ID: dict[str, Verb] = {verb.id: verb for verb in VERBS}

LEADER = "g"
"""The key that waits for a second one."""

SCREEN_TITLES = {
    "today": "Today",
    "caseload": "Caseload",
    "child": "Child",
    "clocks": "Clocks",
    "supervision": "Supervision",
    "import": "Import",
    "consent": "Agreement",
    "assessment": "Assessment",
    "disagreements": "Disagreements",
    "review": "Review",
    "case": "Case",
    "notifications": "Notifications",
    "notification": "Notification",
    "plan": "Plan",
    "same-child": "Same child?",
    "schools": "Schools",
    "conflicts": "Conflicts",
    "settled": "Settled conflicts",
    "sync": "Sync",
    LISTS: "Lists",
    EVERYWHERE: "Everywhere",
    APP: "Everywhere",
}

_SIGNS = {
    "escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "question_mark": "?", "exclamation_mark": "!",
    "slash": "/", "number_sign": "#", "ampersand": "&", "at": "@", "full_stop": ".", "equals_sign": "=",
    "minus": "-",
    "quotation_mark": '"', "up": "↑", "down": "↓", "f1": "F1",
}  # fmt: skip


def verbs_for(place: str) -> tuple[Verb, ...]:
    """The verbs that hold on a screen (`today`), in lists (`LISTS`) or in the whole app (`APP`)."""
    return tuple(verb for verb in VERBS if place in verb.places)


def bindings_for(place: str, *, everywhere: bool = True) -> list[BindingType]:
    """Textual bindings of a place; a screen also gets the verbs that hold everywhere.

    A verb without an `action` of its own runs `do_<id>` of the screen, and `screens.base` waits for the
    second key of `g t`.
    """
    places = {place, EVERYWHERE} if everywhere and place not in (LISTS, APP) else {place}
    return [
        Binding(
            verb.keys,
            verb.action or f"screen.verb('{verb.id}')",
            verb.label,
            show=False,
            tooltip=verb.help,
            id=verb.id,
            priority=verb.priority,
        )
        for verb in VERBS
        if places.intersection(verb.places) and not verb.leader
    ]


def keys_of(verb: Verb, keymap: Keymap | None = None) -> str:
    """The verb's keys as a person reads them (`esc`, `g t`, `U or ctrl+r`)."""
    raw = (keymap or {}).get(verb.id, verb.keys)
    return " or ".join(" ".join(_SIGNS.get(part, part) for part in key.split()) for key in raw.split(","))


def held_elsewhere(key: str, place: str, keymap: Keymap | None = None) -> Verb | None:
    """The verb of a key that holds on other screens and not in this place."""
    here = {place, EVERYWHERE, LISTS, APP}
    of_key = [verb for verb in VERBS if key in (keymap or {}).get(verb.id, verb.keys).split(",")]
    return None if any(here.intersection(verb.places) for verb in of_key) else next(iter(of_key), None)


def footer_verbs(place: str) -> tuple[Verb, ...]:
    """At most six verbs for the line below a screen, in the table's order."""
    return tuple(verb for verb in VERBS if place in verb.footer)


def grouped(verbs: Iterable[Verb]) -> dict[str, list[Verb]]:
    """Verbs by group, both in the table's order."""
    groups: dict[str, list[Verb]] = {}
    for verb in verbs:
        groups.setdefault(verb.group, []).append(verb)
    return groups


def keys_markdown() -> str:
    """The text of docs/keys.md."""
    lines = [
        "# Keys",
        "",
        "Made from `screens/verbs.py`; a test holds this page equal to that table.",
        "One letter is one verb on every screen. Verbs act on the marked rows, else on the row",
        "under the cursor.",
        "Every id can be given other keys in `settings.toml` in the data folder:",
        "",
        "```toml",
        "[keys]",
        'no-answer = "n,f2"',
        "```",
        "",
    ]
    for group, verbs in grouped(VERBS).items():
        lines += [f"## {group}", "", "| key | verb | where | id |", "|---|---|---|---|"]
        for verb in verbs:
            where = ", ".join(dict.fromkeys(SCREEN_TITLES[place] for place in verb.places))
            keys = f"`{keys_of(verb)}`"
            lines.append(f"| {keys} | {verb.label}: {verb.help} | {where} | `{verb.id}` |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
