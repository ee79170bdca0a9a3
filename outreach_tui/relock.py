"""A lock that leaves nothing in memory: the locked process is replaced by a fresh one that shows the door."""

from __future__ import annotations

import os
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NoReturn

from screens.reopening import PageOpen

CAN_REPLACE = os.name == "posix"
"""Whether this system can replace a process image; elsewhere the lock screen stays in the same process."""

_RESUME = "OUTREACH_RESUME"


@dataclass(frozen=True, slots=True)
class Resume:
    """Where the next process goes on after the door: what the door says, a room, and the pages over it.

    Pages and forms are named by words and opaque ids: `form` is the word of the form that was open ("" for
    none), `about` the subject of its draft, `field` the field that took the keys. What was typed stays in the
    caseload, as a draft.
    """

    note: str
    room: str
    pages: tuple[PageOpen, ...] = ()
    form: str = ""
    about: str = ""
    field: str = ""


def take_resume(environ: MutableMapping[str, str]) -> Resume | None:
    """What the locked process left for this one, if it did; it is removed."""
    note, _, place = environ.pop(_RESUME, "").partition("|")
    room, over, form, about, field = (*place.split("|"), "", "", "", "", "")[:5]
    pages = tuple(PageOpen(*one.split("=", 1)) for one in over.split() if "=" in one)
    return Resume(note, room, pages, form, about, field) if room else None


def replace_process(home: Path, today: date | None, resume: Resume) -> NoReturn:
    """Become a fresh process on the same caseload; every page of this one's memory is given back."""
    over = " ".join("=".join(page) for page in resume.pages)
    parts = (resume.note, resume.room, over, resume.form, resume.about, resume.field)
    os.environ[_RESUME] = "|".join(parts)
    arguments = ["--home", str(home), *(["--today", today.isoformat()] if today else [])]
    module = [] if getattr(sys, "frozen", False) else ["-P", "-m", "outreach_tui"]
    os.execv(sys.executable, [sys.executable, *module, *arguments])  # noqa: S606 - our own program again
