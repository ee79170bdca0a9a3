"""What the tour of sync is made of: steps that keep a promise, and two ways in which laptops meet the central
record.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple, Protocol

_SECRET = "lantern samphire oast tide"
_WAIT_SECONDS = 30
_MOST_SECONDS = 600
"""For which one command may take, on a computer that is busy with something else."""
_MOST_BUNDLES = 4


class Broken(Exception):
    """A step did not keep what it promised."""


class Ended(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str


Call = Callable[[Sequence[str], Mapping[str, str], Path], Ended]
"""Runs `outreach` with these words, in this environment and folder."""


def started(words: Sequence[str], environ: Mapping[str, str], folder: Path) -> Ended:
    """In a process of its own."""
    try:
        done = subprocess.run(
            [sys.executable, "-m", "outreach_tui", *words],
            capture_output=True,
            encoding="utf-8",
            env=dict(environ),
            cwd=folder,
            timeout=_MOST_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Broken(f"A command had not ended after {_MOST_SECONDS // 60} minutes.") from None
    return Ended(done.returncode, done.stdout, done.stderr)


class Tour:
    """A folder with three data folders in it, the commands that run on them, and what they printed."""

    def __init__(self, folder: Path, say: Callable[[str], None], call: Call = started) -> None:
        self.folder, self.say, self._call = folder, say, call
        secret = folder / "passphrase"
        secret.write_text(_SECRET + "\n")
        secret.chmod(0o600)
        self._environ = {name: held for name, held in os.environ.items() if not name.startswith("OUTREACH_")}
        self._environ |= {"OUTREACH_PASSPHRASE_FILE": str(secret), "PYTHONUTF8": "1"}

    def chapter(self, title: str, words: str) -> None:
        """The next part of the tour."""
        self.say(f"\n== {title} ==\n{words}\n")

    def run(
        self,
        home: str,
        *words: str,
        see: str,
        code: int | None = 0,
        shows: tuple[str, ...] = (),
        hides: tuple[str, ...] = (),
    ) -> str:
        """One step. Raises Broken unless it ends with `code`, prints all of `shows` and none of `hides`.

        Without `code` it may end as it likes.
        """
        done = self._outreach(home, *words)
        printed = (done.out + done.err).strip().replace(f"{self.folder}{os.sep}", "")
        self.say(f"$ outreach --home {home} {' '.join(map(_quoted, words))}")
        self.say("\n".join(f"    {line}" for line in printed.splitlines()))
        self.say(f"  -> {see}\n")
        wrong = [f"it ended with {done.code} and not with {code}"] if code not in (None, done.code) else []
        wrong += [f"it does not say {text!r}" for text in shows if text not in printed]
        wrong += [f"it says {text!r}" for text in hides if text in printed]
        if wrong:
            raise Broken(f"That is not what the tour promised: {'; '.join(wrong)}.")
        return printed

    def ask(self, home: str, *words: str) -> Any:
        """What a command says as JSON; not shown."""
        return json.loads(self._outreach(home, *words, "--json").out)

    def check(self, promise: str, kept: bool) -> None:
        """What was compared beside the steps. Raises Broken where it is not so."""
        self.say(f"  checked: {promise}\n")
        if not kept:
            raise Broken("That is not what the tour promised: what was checked is not so.")

    @contextmanager
    def served(self, port: int) -> Iterator[int]:
        """The central record is served meanwhile; its port."""
        words = ["--home", str(self.folder / "central"), "hub", "serve", "--port", str(port)]
        with (
            (self.folder / "requests.log").open("a", encoding="utf-8") as log,
            subprocess.Popen(
                [sys.executable, "-m", "outreach_tui", *words],
                stdout=subprocess.PIPE,
                stderr=log,
                env=self._environ,
                text=True,
            ) as process,
        ):
            try:
                first = process.stdout.readline() if process.stdout else ""
                found = re.search(r"http://127\.0\.0\.1:(\d+)", first)
                if found is None:
                    raise Broken("The central record is not served.")
                self.say(f"$ outreach --home central hub serve &\n    {first.strip()}\n")
                yield int(found.group(1))
            finally:
                process.terminate()
                process.wait(_WAIT_SECONDS)

    def _outreach(self, home: str, *words: str) -> Ended:
        return self._call(("--home", str(self.folder / home), *words), self._environ, self.folder)


class Way(Protocol):
    """How laptops and the central record meet."""

    offering: int
    """The exit code where a central record was set back: by files it takes another one to agree."""

    def open(self) -> None:
        """From now on they can."""

    def close(self) -> None:
        """From now on they cannot."""

    def sync(self, home: str, see: str, *shows: str, code: int = 0) -> None:
        """One laptop and the central record meet."""

    def agree(self, home: str, see: str) -> None:
        """They meet until both sides agree."""


class ByNetwork:
    """`hub serve` and `sync`."""

    offering = 0

    def __init__(self, tour: Tour) -> None:
        self._tour, self._serving, self.port = tour, ExitStack(), 0

    def open(self) -> None:
        """Serve, on the port of the first time."""
        self.port = self._serving.enter_context(self._tour.served(self.port))

    def close(self) -> None:
        """End the process that serves."""
        self._serving.close()

    def sync(self, home: str, see: str, *shows: str, code: int = 0) -> None:
        """`outreach sync` on a laptop."""
        self._tour.run(home, "sync", see=see, shows=shows, code=code)

    def agree(self, home: str, see: str) -> None:
        """Once is enough."""
        self.sync(home, see, "Both sides agree")


class ByBundles:
    """`bundle write` and `bundle read` on both sides; nobody serves the central record."""

    offering = 7

    def __init__(self, tour: Tour) -> None:
        self._tour, self._written = tour, 0

    def open(self) -> None:
        """Somebody goes to and fro with a stick."""
        self._tour.say("(A stick is carried to and fro.)\n")

    def close(self) -> None:
        """Nobody does."""

    def sync(self, home: str, see: str, *shows: str, code: int = 0) -> None:
        """There with what waits, back with the answer."""
        self._carry(home, see, *shows, code=code)

    def agree(self, home: str, see: str) -> None:
        """Each answer says what the next bundle has to bring."""
        for _ in range(_MOST_BUNDLES):
            if "Both sides agree" in self._carry(home, see, code=None):
                return
        raise Broken(f"After {_MOST_BUNDLES} bundles the two sides do not agree.")

    def _carry(self, home: str, see: str, *shows: str, code: int | None) -> str:
        self._written += 1
        there, back = (f"{home}-{self._written}.{kind}" for kind in ("bundle", "answer"))
        run = self._tour.run
        run(home, "bundle", "write", there, see="What waits is in it, sealed to the central record.")
        run("central", "bundle", "read", there, see="The stick is where the central record is kept.")
        run("central", "bundle", "write", back, see="The answer, sealed to this laptop.")
        return run(home, "bundle", "read", back, see=see, shows=shows, code=code)


def _quoted(word: str) -> str:
    return f'"{word}"' if not word or re.search(r"[^\w./:=+-]", word) else word
