"""Small, careful file operations: owner-only files, and replacing a file so that no crash halves it."""

from __future__ import annotations

import os
import stat
import threading
from contextlib import suppress
from pathlib import Path

from casework.errors import BadInput, Refused
from storage.faults import translated

OWNER_FILE = 0o600
OWNER_FOLDER = 0o700
_BINARY = getattr(os, "O_BINARY", 0)


def check_is_file(path: Path) -> None:
    """Raise BadInput for what is not there, or is a folder."""
    with translated(path):
        if path.is_dir():
            raise _folder(path)
        if not path.is_file():
            raise BadInput("not-found", f"{path.name} is not there; check the name of the file.", str(path))


def check_is_free(path: Path) -> None:
    """Raise BadInput where a new file has no folder to stand in, Refused where the name is taken."""
    with translated(path):
        if path.is_dir():
            raise _folder(path)
        if os.path.lexists(path):
            raise _taken(path)
        if not path.parent.is_dir():
            raise BadInput("not-found", f"There is no folder {path.parent.name}; choose another.", str(path))


def _folder(path: Path) -> BadInput:
    return BadInput("not-a-file", f"{path.name} is a folder: name a file in it.", str(path))


def _taken(path: Path) -> Refused:
    return Refused("file-exists", f"{path.name} is already there; choose another name.", str(path))


def create_owner_only(path: Path, data: bytes = b"") -> None:
    """Create a new file (0600) holding `data`, synced to disk; raises `FileExistsError` when it is there."""
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, OWNER_FILE)
    with os.fdopen(fd, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def make_folder(path: Path) -> None:
    """Create a folder (and its parents) that only its owner can enter; tighten it when it is looser."""
    with translated(path):
        path.mkdir(mode=OWNER_FOLDER, parents=True, exist_ok=True)
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            path.chmod(OWNER_FOLDER)


def sync_folder(path: Path) -> None:
    """Make a rename or a new name in `path` last through a power cut; Windows has no such call."""
    if os.name != "posix":
        return
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def fresh_name(path: Path) -> Path:
    """A free name beside `path` for what will become it, this process's own."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    fresh.unlink(missing_ok=True)
    return fresh


def sweep(path: Path, fresh: Path) -> None:
    """Remove what a process that died an hour ago or earlier left of the same file."""
    oldest = fresh.stat().st_mtime - 3600
    for left in path.parent.glob(f".{path.name}.*.new*"):
        with suppress(OSError):
            if left.stat().st_mtime < oldest:
                left.unlink()


def write_atomic(path: Path, data: bytes) -> None:
    """Replace `path` with `data`: after a crash at any point it holds all of the old or all of the new."""
    with translated(path):
        fresh = fresh_name(path)
        try:
            create_owner_only(fresh, data)
            sweep(path, fresh)
            fresh.replace(path)
        except BaseException:
            fresh.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_new(path: Path, data: bytes) -> None:
    """Write a new file (0600) that appears whole or not at all; `Refused` when the name is taken."""
    with translated(path):
        fresh = fresh_name(path)
        try:
            create_owner_only(fresh, data)
            claim_name(fresh, path)
        finally:
            fresh.unlink(missing_ok=True)
        sync_folder(path.parent)


def claim_name(source: Path, target: Path) -> None:
    """Move `source` to `target` without ever overwriting; `Refused` when `target` is there."""
    if os.name == "posix":
        try:
            os.link(source, target)
        except FileExistsError:
            raise _taken(target) from None
        except OSError:
            # a disk without hard links (exFAT stick): a check and a rename is the best there is
            if target.exists():
                raise _taken(target) from None
            source.rename(target)
            return
        source.unlink()
        return
    try:
        source.rename(target)
    except FileExistsError:
        raise _taken(target) from None
