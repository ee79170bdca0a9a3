"""Where the program begins, by its name or as a module: whoever stops it while it is loaded is answered, too.

Imports next to nothing before it listens.
"""

from __future__ import annotations

import sys

STOPPED = "Stopped; what was saved before is kept."


def main() -> None:
    """Run the command line and leave with its exit code."""
    loaded = False
    try:
        from outreach_tui.cli import main as run

        loaded = True
        run()
    except KeyboardInterrupt:
        # A call that has begun prints its document by itself: there is never a second one.
        _say_stopped(as_json=not loaded and "--json" in sys.argv[1:])
        sys.exit(130)


def _say_stopped(*, as_json: bool) -> None:
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from outreach_tui import output, streams

    streams.set_streams()
    output.warn(STOPPED)
    if as_json:
        output.emit_json({"error": {"code": "stopped", "message": STOPPED, "where": ""}})
