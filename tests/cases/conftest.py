"""The invented caseload of the command line, for whole cases."""

from __future__ import annotations

from tests.cli.conftest import filled, line

__all__ = ["filled", "line"]
