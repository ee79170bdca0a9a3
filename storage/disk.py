"""Whether the disk under a folder is encrypted, as far as the system tells an ordinary account.

Our own file is encrypted either way; swap, hibernation and other programs' temporary files are not, and only
full-disk encryption covers them.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

Run = Callable[[Sequence[str]], str]
"""Runs a command and returns what it printed; raises OSError or subprocess.SubprocessError."""

_SECONDS = 10
_BITLOCKER_ON = {"1", "3", "5"}  # on; encrypting; suspended: the data is encrypted in each


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_SECONDS, check=True)  # noqa: S603
    return done.stdout


def disk_encrypted(folder: Path, *, run: Run = _run) -> bool | None:
    """True, False, or None when this system does not say."""
    try:
        if sys.platform == "linux":
            return linux_encrypted(folder)
        if sys.platform == "win32":
            return windows_encrypted(folder, run)
        if sys.platform == "darwin":
            return macos_encrypted(run)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return None


def windows_encrypted(folder: Path, run: Run) -> bool | None:
    """BitLocker as Explorer knows it, which needs no administrator."""
    drive = folder.drive or "C:"
    if len(drive) != 2 or not drive[0].isalpha():
        return None
    root = os.environ.get("SYSTEMROOT", r"C:\Windows")
    shell = rf"{root}\System32\WindowsPowerShell\v1.0\powershell.exe"
    ask = (
        f"(New-Object -ComObject Shell.Application).NameSpace('{drive}')"
        ".Self.ExtendedProperty('System.Volume.BitLockerProtection')"
    )
    said = run([shell, "-NoProfile", "-NonInteractive", "-Command", ask]).strip()
    return said in _BITLOCKER_ON if said else None


def macos_encrypted(run: Run) -> bool | None:
    """FileVault, by the system's own tool."""
    said = run(["/usr/bin/fdesetup", "status"])
    if "FileVault is On" in said:
        return True
    return False if "FileVault is Off" in said else None


def linux_encrypted(
    folder: Path, *, sys_block: Path = Path("/sys/dev/block"), mounts: Path = Path("/proc/self/mountinfo")
) -> bool | None:
    """Whether a dm-crypt (LUKS) layer lies anywhere under the folder's file system."""
    there = folder if folder.exists() else folder.parent
    number = os.stat(there).st_dev  # noqa: PTH116  # Path.stat would do the same
    device = sys_block / f"{os.major(number)}:{os.minor(number)}"
    if not device.exists():
        # btrfs and others show a number of their own; the mount table names the device
        source = _mount_source(f"{os.major(number)}:{os.minor(number)}", mounts)
        if source is None or not source.startswith("/dev/"):
            return None
        number = os.stat(source).st_rdev  # noqa: PTH116
        device = sys_block / f"{os.major(number)}:{os.minor(number)}"
        if not device.exists():
            return None
    return _crypt_below(device, depth=0)


def _mount_source(number: str, mounts: Path) -> str | None:
    for line in mounts.read_text("utf-8", errors="replace").splitlines():
        before, _, after = line.partition(" - ")
        fields, tail = before.split(), after.split()
        if len(fields) > 2 and fields[2] == number and len(tail) > 1:
            return tail[1]
    return None


def _crypt_below(device: Path, depth: int) -> bool:
    try:
        if (device / "dm" / "uuid").read_text("ascii").startswith("CRYPT-"):
            return True
    except OSError:
        pass  # not a mapped device: its parts, if any, decide
    below = device / "slaves"
    if depth > 8 or not below.is_dir():
        return False
    parts = list(below.iterdir())
    return bool(parts) and all(_crypt_below(part, depth + 1) for part in parts)
