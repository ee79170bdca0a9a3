"""Whose a record is: the scope in which it is sent, counted and given up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

EVERYBODY = ""
"""The scope of what belongs to all teams: schools, calendars, workers."""

TIED = "-"
"""Stands where a record's ties say whose it is: an adult is every child's whom a relationship names, a home
is every child's who lives there.
"""

TIED_TYPES = frozenset({"person", "household"})


def own_scope(record_type: str, record: str, fields: Mapping[str, Any]) -> str:
    """The scope that a record's own fields name: a child's id, `worker:ID`, `EVERYBODY` or `TIED`."""
    if record_type == "child":
        return record
    if record_type in TIED_TYPES:
        return TIED
    if record_type == "saved_view":
        return f"worker:{fields.get('worker') or ''}"
    return str(fields.get("child") or EVERYBODY)
