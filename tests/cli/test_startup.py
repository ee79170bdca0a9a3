"""What a command imports: start-up time is a goal, and the proof of it does not depend on a clock."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.cli.conftest import Line

HEAVY = {
    "textual",
    "rich",
    "sqlite_utils",
    "keyring",
    "dateparser",
    "holidays",
    "clevercsv",
    "icalendar",
    "python_calamine",
    "stdnum",
    "jellyfish",
    "rapidfuzz",
    "httpx2",
    "asyncio",
}
_PROGRAM = (
    "import atexit, sys\n"
    "from outreach_tui.cli import run\n"
    "code = run({words!r})\n"
    "print('\\n'.join(['MODULES', *sorted(sys.modules)]))\n"
    "sys.exit(code)\n"
)


def modules(words: list[str], environ: dict[str, str] | None = None) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM.format(words=words)],
        capture_output=True,
        text=True,
        env=os.environ | (environ or {}),
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.partition("MODULES\n")[2].split())


def test_version_and_help_import_click_and_little_else() -> None:
    for words in (["--version"], ["--help"]):
        loaded = modules(words)
        assert not loaded & (HEAVY | {"pydantic", "orjson", "sqlcipher3", "cryptography", "json", "zoneinfo"})
        assert not {
            name for name in loaded if name.split(".")[0] in {"casework", "storage", "screens", "sync"}
        }


def test_today_imports_what_it_needs(line: Line) -> None:
    environ = {"OUTREACH_HOME": str(line.home), "OUTREACH_PASSPHRASE_FILE": str(line.secret)}
    loaded = modules(["today", "--plain"], environ)
    assert "sqlcipher3" in loaded
    assert not loaded & HEAVY
