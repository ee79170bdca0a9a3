"""The demo: invented people only, brought in through the real importers and edits."""

from __future__ import annotations

from pathlib import Path

NOTICE = "Nobody in this demo exists: every child, family, school and worker is invented."
PASSPHRASE = "lantern samphire oast tide"  # noqa: S105 - opens invented data only, and is shown to everybody
MARKER = "outreach-demo"
"""A file of this name in the data folder tells a demo from a caseload."""


def is_demo(home: Path) -> bool:
    """Whether a data folder is a demo's."""
    return (home / MARKER).is_file()
