"""Record ids: UUIDv7 text, so that ids sort by the time they were drawn."""

from __future__ import annotations


def new_id() -> str:
    """A fresh UUIDv7 as 36 characters."""
    from uuid_utils import uuid7

    return str(uuid7())
