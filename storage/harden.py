"""Keeping memory out of reach: no core dumps, no debugger of this account. What fails is said, not fatal."""

from __future__ import annotations

import ctypes
import os
import sys

_PR_GET_DUMPABLE, _PR_SET_DUMPABLE = 3, 4
_PT_DENY_ATTACH = 31


def harden() -> list[str]:
    """Harden this process; one warning sentence for each thing that this system would not do."""
    warnings = [_no_core_files(), _no_attaching()]
    return [warning for warning in warnings if warning]


def core_dumps_off() -> bool:
    """Whether this process would leave no core file behind."""
    if sys.platform == "win32":
        return True
    import resource

    if sys.platform == "linux" and _prctl(_PR_GET_DUMPABLE) == 0:
        return True
    return resource.getrlimit(resource.RLIMIT_CORE)[0] == 0


def _no_core_files() -> str | None:
    if sys.platform == "win32":
        return None
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return "Core files could not be turned off; a crash may write memory to disk."
    return None


def _no_attaching() -> str | None:
    warning = "Other programs of this account may be able to read Outreach's memory."
    if sys.platform == "linux":
        return None if _prctl(_PR_SET_DUMPABLE) == 0 and _prctl(_PR_GET_DUMPABLE) == 0 else warning
    if sys.platform == "darwin":
        try:
            attached = ctypes.CDLL(None, use_errno=True).ptrace(_PT_DENY_ATTACH, 0, None, 0)
        except (OSError, AttributeError):
            return warning
        return None if attached == 0 else warning
    return None if os.name == "nt" else warning


def _prctl(option: int) -> int:
    """The system's answer, with a zero argument; -1 when it cannot be asked."""
    try:
        return int(ctypes.CDLL(None, use_errno=True).prctl(option, 0, 0, 0, 0))
    except (OSError, AttributeError):
        return -1
