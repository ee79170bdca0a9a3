"""Agreeing by files that are carried: `bundle write` and `bundle read`, on a laptop and at the hub.

Which side it is follows from the data folder: a central record is no caseload.
"""

from __future__ import annotations

import time
from pathlib import Path

import click

from outreach_tui import output
from outreach_tui.commands.frame import Call, LineGroup, json_option, the_call
from outreach_tui.commands.opening import opened
from outreach_tui.commands.sync import end_of_session, steps_aside


@click.group(cls=LineGroup, no_args_is_help=False)
def bundle() -> None:
    """Agree with the central record by files that are carried, for a site with no network.

    The laptop writes a bundle, the central record reads it and writes an answer, the laptop reads that. Both
    use the same two commands, each with its own data folder. Only the receiver can open a bundle.
    """


@bundle.command("write")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--since-last", is_flag=True, help="Only what came after the last bundle, to be read after it.")
@click.option("--laptop", metavar="DEVICE", help="At the central record: which laptop the answer is for.")
@json_option
def write(file: Path, since_last: bool, laptop: str | None) -> None:
    """Write a sealed bundle to FILE, which must not be there yet.

    On a laptop it holds all that waits to be sent. At the central record it is the answer to the bundle that
    was read last: verdicts, and what the laptop may hold of what others did; it may be written again.
    """
    call = the_call()
    if _is_hub(call):
        if since_last:
            from casework.errors import UsageProblem

            raise UsageProblem(
                "laptop-only",
                "--since-last is for a laptop's bundle: an answer holds all that the bundle asked for.",
                "--since-last",
            )
        _write_answer(call, file, laptop)
        return
    if laptop is not None:
        from casework.errors import UsageProblem

        raise UsageProblem("hub-only", "--laptop is for the data folder of a central record.", "--laptop")
    with opened(call, after_silence=True) as store:
        from sync.carrying import write_bundle

        with output.working("Writing the bundle ..."):
            done = write_bundle(store, file, since_last=since_last)
    value = {
        "file": str(file.absolute()),
        "steps": done.steps,
        "since_last": done.follows,
        "bytes": done.size,
    }

    def text() -> None:
        output.emit_pairs([("Bundle", value["file"]), ("Steps in it", done.steps), ("Bytes", done.size)])
        if done.follows:
            output.emit_lines(["The bundle before it has to be read first."])

    call.show(value, text)


@bundle.command("read")
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def read(file: Path) -> int:
    """Read the sealed bundle FILE: on a laptop an answer, at the central record a laptop's.

    Exit code 0 when all is in place (on a laptop: and both sides agree), 1 when steps were kept aside (they
    are listed), 4 when the file is damaged, 5 when it is not for here or not in its turn; then nothing was
    changed. 7 when the two sides do not agree yet, or a conflict waits for a person.
    """
    call = the_call()
    if _is_hub(call):
        return _read_bundle(call, file)
    with opened(call, after_silence=True) as store:
        from sync.carrying import read_answer
        from sync.session import Session

        session = Session()
        call.so_far = session.as_json
        before = steps_aside(store)
        began = time.perf_counter()
        with output.working("Reading the bundle ...") as say:
            done = read_answer(store, file, progress=say, session=session)
        about = {
            "bytes_sent": 0,
            "bytes_received": done.size,
            "requests": 0,
            "seconds": round(time.perf_counter() - began, 3),
        }
        return end_of_session(call.show, store, done.session, about, before, again="write another bundle")


def _is_hub(call: Call) -> bool:
    """Whether the data folder is a central record's."""
    return (call.home.path / "hub.db").exists()


def _read_bundle(call: Call, file: Path) -> int:
    """Take a laptop's bundle."""
    from outreach_tui.commands.hub_opening import opened_hub

    with opened_hub(call) as (hub, _):
        from sync.hub.bundles import read_bundle

        with output.working("Reading the bundle ..."):
            taken = read_bundle(hub, file)
    owed = taken.owed
    aside = [
        {"edit": one.edit, "code": one.code, "reason": one.reason}
        for one in taken.verdicts
        if one.verdict == "quarantined"
    ]
    value = {
        "file": str(file.absolute()),
        "device": taken.device,
        "pushed": len(taken.verdicts),
        "again": taken.again,
        "merged": taken.count("merged"),
        "conflicts": taken.count("conflict"),
        "quarantined": len(aside),
        "set_aside": aside,
        "bytes": taken.size,
    }

    def text() -> None:
        new = len(taken.verdicts) - taken.again
        output.emit_pairs(
            [("Laptop", taken.device), ("New steps taken", new), ("Steps known already", taken.again)]
        )
        output.emit_lines(f"Kept aside: {one['edit']}: {one['reason']}" for one in aside)
        if owed.welcome.action == "reconcile":
            output.emit_lines(
                ["The laptop last read another state of this central record: it offers all anew."]
            )
        output.emit_lines(["Write the answer to a new file: outreach bundle write FILE."])

    call.show(value, text)
    return 1 if aside else 0


def _write_answer(call: Call, file: Path, laptop: str | None) -> None:
    """Answer a laptop's bundle."""
    from outreach_tui.commands.hub_opening import opened_hub

    with opened_hub(call) as (hub, _):
        from sync.hub.bundles import write_answer

        with output.working("Writing the answer ..."):
            done = write_answer(hub, file, laptop)
    value = {
        "file": str(file.absolute()),
        "device": done.device,
        "verdicts": done.verdicts,
        "records": done.records,
        "bytes": done.size,
    }
    call.show(
        value,
        lambda: output.emit_pairs(
            [
                ("Answer", value["file"]),
                ("For laptop", done.device),
                ("Verdicts", done.verdicts),
                ("Records", done.records),
                ("Bytes", done.size),
            ]
        ),
    )
