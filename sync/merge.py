"""The three-way merge of one field, by its policy. Pure: it knows neither laptop nor central record.

The central record merges alone, for a laptop sends what it did before it reads (docs/decisions/0016). A
change names the value that it was based on. Where the central record still holds that value, the change
stands; where somebody else changed it meanwhile, the field's policy (casework.policies) decides. Nothing
here knows a clock: "last" is the order in which the central record took the edits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from casework.policies import Policy
from casework.records import meta_of
from casework.records_sharing import SAFEST_FIRST

Verdict = Literal["applied", "same", "merged", "conflict", "central"]
"""What became of a change: it stands; it said what stood already; both went into the value that stands; a
person has to choose; or the central value stands because the register or the council owns it.
"""

SLOTS = 10
"""Sessions of a school week, Monday AM to Friday PM."""
_SIGNS: Mapping[str, tuple[str, str]] = {"marks": (" ", "-"), "lines": (" ", "0")}
"""By field, what stands between two sessions, and for one without a mark."""
OF_SLOTS = frozenset(("attendance_week", name) for name in ("marks", "lines", "comments"))
"""Fields, with their record type, that say something of each session of a school week."""


@dataclass(frozen=True, slots=True)
class Merged:
    """What stands after a change, and `other`, the value that has to be kept beside it in a conflict."""

    verdict: Verdict
    value: Any
    other: Any = None


def merge(record_type: str, field: str, base: Any, central: Any, new: Any) -> Merged:
    """What stands when a change from `base` to `new` meets `central`; all JSON-safe values of one field.

    A change to what stands already is `same`. The safer status of an agreement stands even against a change
    that knew it: what was withdrawn stays so.
    """
    if new == central:
        return Merged("same", central)
    policy = policy_of(record_type, field)
    if policy is Policy.WITHDRAW_WINS and central in SAFEST_FIRST and new in SAFEST_FIRST:
        return _safer_status(base, central, new)
    if policy is Policy.WITHDRAW_WINS and isinstance(central, list) and isinstance(new, list):
        return _more_excluded(base, central, new)
    if base == central:
        return Merged("applied", new)
    if new == base:
        return Merged("same", central)
    return _CONCURRENT[policy](record_type, field, base, central, new)


def policy_of(record_type: str, field: str) -> Policy:
    """The policy of a field. One that this version does not know, and `void`, are settled by a person."""
    try:
        meta = meta_of(record_type, field)
    except KeyError:
        return Policy.ASK
    return meta.policy if meta else Policy.ASK


def _safer_status(base: str, central: str, new: str) -> Merged:
    safer = min(central, new, key=[*map(str, SAFEST_FIRST)].index)
    if safer == central:
        return Merged("merged", central)
    return Merged("applied" if base == central else "merged", safer)


def _more_excluded(base: Any, central: Any, new: Any) -> Merged:
    """What either excludes is excluded: to open it again is a new agreement."""
    both = sorted({*central, *new})
    if both == sorted(central):
        return Merged("merged", central)
    return Merged("applied" if base == central and both == new else "merged", both)


def _withdraw_wins(record_type: str, field: str, base: Any, central: Any, new: Any) -> Merged:
    """The value that opens less: yes for a protection, the words of both."""
    if isinstance(central, bool) and isinstance(new, bool):
        return Merged("merged", central or new)
    if record_type == "agreement" and isinstance(central, str) and isinstance(new, str):
        return Merged("merged", _both_words(central, new))
    return _ask(record_type, field, base, central, new)


def _both_words(central: str, new: str) -> str:
    """Both texts, each paragraph once, in an order that does not depend on who came first."""
    lines = dict.fromkeys(line for line in (*central.split("\n"), *new.split("\n")) if line.strip())
    return "\n".join(sorted(lines))


def _append_only(record_type: str, field: str, base: Any, central: Any, new: Any) -> Merged:
    """Nobody rewrites these but a later register file, slot by slot; the earlier mark stays in history."""
    if (record_type, field) in OF_SLOTS:
        return _by_slot(field, base, central, new)
    if record_type == "attendance_week":
        return Merged("merged", new)
    return _ask(record_type, field, base, central, new)


def _by_slot(field: str, base: Any, central: Any, new: Any) -> Merged:
    old, standing, coming = (slots_of(field, value) for value in (base, central, new))
    every = {*old, *standing, *coming}
    said = {slot: coming.get(slot) for slot in every if coming.get(slot) != old.get(slot)}
    after = {slot: text for slot, text in {**standing, **said}.items() if text is not None}
    return Merged("merged", of_slots(field, after))


def slots_of(field: str, value: Any) -> dict[str, str]:
    """What a field of a school week says of each session, by its number; nothing of those without a mark."""
    if field not in _SIGNS:
        return dict(value or {})
    sign, empty = _SIGNS[field]
    parts = str(value).split(sign)[:SLOTS] if value else []
    return {str(n): part for n, part in enumerate(parts) if part != empty}


def of_slots(field: str, said: Mapping[str, str]) -> Any:
    """The value of a field of a school week that says this of each session."""
    if field not in _SIGNS:
        return dict(sorted(said.items()))
    sign, empty = _SIGNS[field]
    return sign.join(said.get(str(n), empty) for n in range(SLOTS))


def _ask(record_type: str, field: str, base: Any, central: Any, new: Any) -> Merged:
    del record_type, field, base
    return Merged("conflict", central, new)


def _union(record_type: str, field: str, base: Any, central: Any, new: Any) -> Merged:
    """What either added, without what either took away."""
    del record_type, field
    old, standing, coming = (set(_listed(value)) for value in (base, central, new))
    return Merged("merged", sorted((standing - (old - coming)) | (coming - old)))


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else ()


def _least(record_type: str, field: str, base: Any, central: Any, new: Any) -> Merged:
    """The earlier of two dates; none is later than any."""
    del record_type, field, base
    return Merged("merged", min(value for value in (central, new) if value is not None))


def _most(record_type: str, field: str, base: Any, central: Any, new: Any) -> Merged:
    """The later of two dates; none is earlier than any."""
    del record_type, field, base
    return Merged("merged", max(value for value in (central, new) if value is not None))


def _central(record_type: str, field: str, base: Any, central: Any, new: Any) -> Merged:
    del record_type, field, base
    return Merged("central", central, new)


def _last_arrival(record_type: str, field: str, base: Any, central: Any, new: Any) -> Merged:
    del record_type, field, base
    return Merged("merged", new, central)


_CONCURRENT: Mapping[Policy, Callable[[str, str, Any, Any, Any], Merged]] = {
    Policy.WITHDRAW_WINS: _withdraw_wins,
    Policy.APPEND_ONLY: _append_only,
    Policy.ASK: _ask,
    Policy.UNION: _union,
    Policy.MIN: _least,
    Policy.MAX: _most,
    Policy.CENTRAL_WINS: _central,
    Policy.LAST_ARRIVAL: _last_arrival,
}
