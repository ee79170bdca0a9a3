"""The three-way merge of one field, by its policy. The laptop and the central record use this one file.

A change names the value that it was based on. Where the central record still holds that value, the change
stands; where somebody else changed it meanwhile, the field's policy (casework.policies) decides. Nothing here
knows a clock: "last" is the order in which the central record took the edits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
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
    if record_type == "attendance_week" and field in _OF_SLOTS:
        return Merged("merged", _OF_SLOTS[field](base, central, new))
    if record_type == "attendance_week":
        return Merged("merged", new)
    return _ask(record_type, field, base, central, new)


def _slots(sign: str, empty: str) -> Callable[[Any, Any, Any], str]:
    def merged(base: Any, central: Any, new: Any) -> str:
        parts = [_padded(value, sign, empty) for value in (base, central, new)]
        return sign.join(n if n != b else c for b, c, n in zip(*parts, strict=True))

    return merged


def _padded(value: Any, sign: str, empty: str) -> list[str]:
    parts = str(value).split(sign) if value else []
    return [*parts[:SLOTS], *[empty] * (SLOTS - len(parts))]


def _comments(base: Any, central: Any, new: Any) -> dict[str, Any]:
    old, standing, coming = (dict(value or {}) for value in (base, central, new))
    for slot in {*old, *coming}:
        if coming.get(slot) != old.get(slot):
            standing.pop(slot, None)
            if slot in coming:
                standing[slot] = coming[slot]
    return dict(sorted(standing.items()))


_OF_SLOTS: Mapping[str, Callable[[Any, Any, Any], Any]] = {
    "marks": _slots(" ", "-"),
    "lines": _slots(" ", "0"),
    "comments": _comments,
}


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


def kept(merged: Merged) -> tuple[Any, ...]:
    """Every value that is still there after a merge: the one that stands, and the one beside it."""
    return tuple(chain((merged.value,), (merged.other,) if merged.verdict == "conflict" else ()))
