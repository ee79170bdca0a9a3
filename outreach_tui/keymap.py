"""The worker's own keys, checked here: Textual ignores unknown ids and drops clashing keys silently."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from screens.verb_tables.verb import APP, EVERYWHERE, LISTS, Verb
from screens.verbs import BY_ID, LEADER, VERBS, keys_of

NAMED_KEYS = frozenset(
    "escape enter space backspace delete insert up down left right home end pageup pagedown".split()  # noqa: SIM905
) | frozenset(f"f{n}" for n in range(1, 25))
_MODIFIERS = ("ctrl", "alt", "shift")
_FIXED = frozenset({"ctrl+c", "tab", "shift+tab"})

Place = Callable[[str], str]
"""Where an entry of the table of keys stands (`settings.toml line 7`), by its id."""


def is_key(key: str) -> bool:
    """Whether Textual can send such a key: one printable sign, a named key, or either after a modifier."""
    last = "+" if key == "+" or key.endswith("++") else key.rpartition("+")[2]
    modifiers = key.removesuffix(last).split("+")[:-1]
    if any(modifier not in _MODIFIERS for modifier in modifiers) or len(set(modifiers)) < len(modifiers):
        return False
    return last in NAMED_KEYS or (len(last) == 1 and last.isprintable() and not last.isspace())


def _meet(one: Verb, other: Verb) -> bool:
    """Whether two verbs can hold at the same time."""
    wide = {EVERYWHERE, APP}
    if wide.intersection(one.places) or wide.intersection(other.places):
        return True
    if LISTS in one.places or LISTS in other.places:
        return True  # any screen may hold a list
    return bool(set(one.places).intersection(other.places))


def read_keymap(entries: Mapping[str, object], where: Place) -> tuple[dict[str, str], list[str]]:
    """The remaps that hold, and one sentence for each entry that does not (its default key stays).

    `entries` is the `[keys]` table of the settings; `where` says where an id stands in the file.
    """
    wanted: dict[str, str] = {}
    problems: list[str] = []
    for verb_id, value in entries.items():
        verb = BY_ID.get(verb_id)
        if verb is None:
            problems.append(f"{where(verb_id)}: no verb is called {verb_id!r}; docs/keys.md lists them all.")
        elif not isinstance(value, str) or not value.strip():
            problems.append(f'{where(verb_id)}: the keys of {verb_id} must be text, such as "n" or "n,f2".')
        elif verb.leader:
            first, _, second = value.partition(" ")
            if first == LEADER and is_key(second) and len(second) == 1:
                wanted[verb_id] = value
            else:
                problems.append(
                    f'{where(verb_id)}: {verb_id} needs {LEADER} and one sign, such as "{verb.keys}".'
                )
        else:
            keys = [key.strip() for key in value.split(",")] if value != "," else [value]
            bad = next((key for key in keys if not is_key(key)), None)
            taken = next((key for key in keys if key in _FIXED or key == LEADER), None)
            if bad is not None:
                problems.append(
                    f"{where(verb_id)}: {bad!r} is not a key, as in n, U, f5, ctrl+n, escape or space."
                )
            elif taken is not None:
                problems.append(
                    f"{where(verb_id)}: {taken} has a fixed meaning; choose another key for {verb_id}."
                )
            else:
                wanted[verb_id] = ",".join(keys)
    return _without_clashes(wanted, where, problems), problems


def _without_clashes(wanted: dict[str, str], where: Place, problems: list[str]) -> dict[str, str]:
    """Drop remaps until no two verbs that can meet share a key; the defaults never clash (tested)."""
    kept = dict(wanted)
    while clash := find_clash(kept):
        one, other, key = clash
        loser, winner = (one, other) if one.id in kept else (other, one)
        del kept[loser.id]
        default = keys_of(BY_ID[loser.id])
        problems.append(
            f"{where(loser.id)}: {key} already does {winner.id} there, so {loser.id} stays on {default}."
        )
    return kept


def find_clash(remaps: Mapping[str, str]) -> tuple[Verb, Verb, str] | None:
    """The first two verbs that share a key while both hold, and that key; the later one first."""
    seen: dict[str, list[Verb]] = {}
    for verb in VERBS:
        for key in remaps.get(verb.id, verb.keys).split(","):
            for other in seen.setdefault(key, []):
                if _meet(verb, other):
                    return (verb, other, key)
            seen[key].append(verb)
    return None
