"""Agreements as output has them: as JSON, and as lines for a person at the command line."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from outreach_tui import output

if TYPE_CHECKING:
    from storage.queries.agreements import ShownAgreement

_WAITS = {"": "", "unread": "limits not settled", "unsure": "not known if they may decide"}


def as_json(entry: ShownAgreement) -> dict[str, Any]:
    """An agreement as output has it; the family's own words are null where they are withheld."""
    from casework.limits import is_unsettled
    from casework.sharing_grid import LAWFUL_BASIS

    held = entry.agreement
    own = {
        "given_by": held.given_by,
        "relationship": held.relationship,
        "responsibility": held.responsibility,
        "how_known": held.how_known,
        "gillick": held.gillick,
        "interpreter": held.interpreter,
        "exclude": held.exclude,
        "withdrawn_why": held.withdrawn_why,
    }
    return {
        "id": held.id,
        "status": held.status,
        "state": entry.state,
        "waits": entry.waits,
        "on": held.given_on,
        **(dict.fromkeys(own) if entry.withheld else own),
        "agencies": list(held.agencies),
        "categories": [c.value for c in held.categories],
        "purposes": list(held.purposes),
        "exclude_agencies": list(held.exclude_agencies),
        "exclude_categories": [c.value for c in held.exclude_categories],
        "exclude_pairs": list(held.exclude_pairs),
        "exclude_settled": not is_unsettled(held),
        "method": held.method,
        "leaflet": held.leaflet,
        "review": held.review,
        "expires": held.expires,
        "withdrawn_on": held.withdrawn_on,
        "withheld": entry.withheld or None,
        "lawful_basis": {purpose: LAWFUL_BASIS[purpose].name for purpose in held.purposes},
    }


def agreements_table(value: Sequence[dict[str, Any]], *, fancy: bool) -> None:
    """Print what `as_json` made of a child's agreements, a line each."""
    if not value:
        output.emit_lines(["Nobody has been asked yet."])
        return
    output.emit_table(
        ("ON", "STATE", "BY", "AGENCIES", "CATEGORIES", "PURPOSES", "LIMITS", "ID"),
        [
            (
                entry["on"],
                ", ".join(filter(None, (entry["state"], _WAITS[entry["waits"]]))),
                _who(entry),
                ", ".join(entry["agencies"]) or "all",
                ", ".join(entry["categories"]) or "all",
                ", ".join(entry["purposes"]) or "all",
                entry["exclude"] or "",
                entry["id"],
            )
            for entry in value
        ],
        fancy=fancy,
    )


def agreement_pairs(value: dict[str, Any]) -> Iterable[tuple[str, object]]:
    """One agreement as labels and what they hold."""
    return (
        (key.replace("_", " ").capitalize(), ", ".join(held) if isinstance(held, list) else held or "")
        for key, held in value.items()
        if not isinstance(held, dict)
    )


def _who(entry: dict[str, Any]) -> str:
    if entry["withheld"]:
        return "withheld"
    tie = f"({entry['relationship']})" if entry["relationship"] else ""
    return " ".join(filter(None, (entry["given_by"], tie)))
