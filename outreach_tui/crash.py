"""An opaque code for a fault: the same fault has the same code, and no data is in it."""

from __future__ import annotations

import hashlib
import traceback
from pathlib import Path

from casework.errors import OutreachError

_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
EXIT_FAULT = 70


def fault_code(error: BaseException) -> str:
    """Eight signs drawn from the error's type and the places it passed, never from its words or values."""
    number = int.from_bytes(hashlib.sha256("|".join(_places(error)).encode()).digest()[:8])
    signs = []
    for _ in range(8):
        number, place = divmod(number, len(_ALPHABET))
        signs.append(_ALPHABET[place])
    return "".join(signs[:4]) + "-" + "".join(signs[4:])


def fault_record(error: BaseException) -> str:
    """What the audit keeps of a fault: the code, the error's type and the places, never words or values."""
    return f"fault {fault_code(error)}: {' < '.join(reversed(_places(error)))}"


def _places(error: BaseException) -> list[str]:
    return [type(error).__name__] + [
        f"{Path(frame.filename).name}:{frame.name}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__, limit=-8)
    ]


def fault_sentence(code: str) -> str:
    """What the worker is told."""
    return f"Outreach met a fault; what was saved is kept. Tell your support: {code}."


def known_trouble(error: BaseException, database: Path) -> OutreachError | None:
    """The sentence for a fault that is none of ours (a full disk, a damaged file), or None for any other.

    `error` may be wrapped, as Textual's workers do it; `database` is the open caseload's file.
    """
    from storage.faults import DATABASE_ERRORS, from_database

    for seen in (error, getattr(error, "error", None), error.__cause__):
        trouble = from_database(seen, database) if isinstance(seen, DATABASE_ERRORS) else seen
        if isinstance(trouble, OutreachError) and trouble.exit_code != EXIT_FAULT:
            return trouble
    return None
