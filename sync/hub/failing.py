"""Which failure is a step's own doing, so that it is kept aside and holds up nobody."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as SQLAlchemyTimeout

from casework.errors import OutreachError
from storage.faults import DATABASE_ERRORS, from_database, from_os
from sync.hub.rights import Refusal

FAILED = Refusal(
    "fault", "The central record failed at this step; it is kept there for a supervisor to look at."
)


_DISK_FULL = "53100"
"""PostgreSQL's code for a disk without room."""


def has_no_room(error: Exception) -> bool:
    """Whether the disk of the database is full."""
    cause = getattr(error, "orig", None) or error
    if getattr(cause, "sqlstate", None) == _DISK_FULL:
        return True
    where = Path("hub.db")
    if isinstance(cause, DATABASE_ERRORS):
        return from_database(cause, where).code == "disk-full"
    return isinstance(cause, OSError) and from_os(cause, where).code == "disk-full"


def is_of_edits(error: Exception) -> bool:
    """Whether what went wrong can be an edit's doing, and not that of a database that has no room, is away
    or was met by another transaction: then it may go better another time.
    """
    if isinstance(error, SQLAlchemyError):
        return isinstance(error, DataError | IntegrityError) or not isinstance(
            error, DBAPIError | SQLAlchemyTimeout
        )
    return not isinstance(error, (OutreachError, MemoryError, OSError, *DATABASE_ERRORS))
