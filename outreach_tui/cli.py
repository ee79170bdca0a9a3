"""The command line: `outreach COMMAND`, and the app when no command is given.

A command's module is imported only when it runs, so that `--version` and `--help` cost no more than click.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from typing import Any

import click

from outreach_tui import __version__, streams
from outreach_tui.commands.frame import (
    Call,
    LazyGroup,
    LineCommand,
    global_options,
    signals_to,
    stopped_by_sigterm,
)
from outreach_tui.entry import STOPPED

COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("outreach_tui.commands.demo:demo", "Build a throwaway caseload of invented people and open it."),
    "init": ("outreach_tui.commands.keys:init", "Make an encrypted caseload; print its recovery code once."),
    "school": ("outreach_tui.commands.school:school", "Schools with their terms, INSET days and closures."),
    "passphrase": (
        "outreach_tui.commands.keys:passphrase",
        "Change the passphrase, or set it by recovery code.",
    ),
    "lock": ("outreach_tui.commands.keys:lock", "Close every way in but the passphrase."),
    "doctor": ("outreach_tui.commands.care:doctor", "Check this computer and the caseload's health."),
    "backup": ("outreach_tui.commands.care:backup", "Write an encrypted backup and prove it by opening it."),
    "restore": ("outreach_tui.commands.care:restore", "Put a backup's caseload into the data folder."),
    "verify": ("outreach_tui.commands.care:verify", "Check the file, the history, the audit and the index."),
    "import": ("outreach_tui.commands.intake:import_", "Import register exports and CTF files."),
    "today": ("outreach_tui.commands.morning:today", "Who is not in, and why each row is there."),
    "triage": ("outreach_tui.commands.morning:triage", "The caseload, ranked, with the reasons."),
    "follow-up": ("outreach_tui.commands.followup:follow_up", "Log what came of following up an absence."),
    "child": ("outreach_tui.commands.child:child", "One child's page."),
    "search": ("outreach_tui.commands.child:search", "Find children by name, UPN, address or school."),
    "show": ("outreach_tui.commands.records:show", "One record, field by field."),
    "team": ("outreach_tui.commands.team:team", "The teams of this caseload."),
    "worker": ("outreach_tui.commands.team:worker", "The workers of this caseload."),
    "history": ("outreach_tui.commands.records:history", "Who changed a record, when, from what to what."),
    "edit": ("outreach_tui.commands.editing:edit", "Change fields of a record."),
    "undo": ("outreach_tui.commands.steps:undo", "Take back your last step, or bring it back."),
    "log": ("outreach_tui.commands.steps:log", "Who looked, searched, changed, exported and shared."),
    "contact": ("outreach_tui.commands.contact:contact", "The chronology: calls, visits, meetings, letters."),
    "notify": ("outreach_tui.commands.notify:notify", "Notifications from schools, and what is missing."),
    "allocate": ("outreach_tui.commands.allocate:allocate", "Allocate a notification to a worker."),
    "sheet": ("outreach_tui.commands.sheet:sheet", "Lists to pass on: N marks, the day's visits."),
    "clocks": ("outreach_tui.commands.clocks:clocks", "Your clocks: what is due, why, and what clears it."),
    "supervision": (
        "outreach_tui.commands.supervision:supervision",
        "Your cases as one table for supervision, or the team's.",
    ),
    "consent": ("outreach_tui.commands.consent:consent", "What the family agreed to, with whom, for what."),
    "disclose": (
        "outreach_tui.commands.disclose:disclose",
        "Record sharing without agreement, or not sharing.",
    ),
    "disagree": (
        "outreach_tui.commands.disagree:disagree",
        "Disagreements between professionals, up to the District Manager.",
    ),
    "flag": ("outreach_tui.commands.flag:flag", "Flags of a child: recorded, reviewed, ended."),
    "assess": ("outreach_tui.commands.assess:assess", "The whole-family assessment; scores of tools."),
    "plan": ("outreach_tui.commands.plan:plan", "The family's plan: outcomes, actions, how it stands."),
    "review": ("outreach_tui.commands.review:review", "Record a review of a plan."),
    "close": ("outreach_tui.commands.review:close", "Close a case with its reason."),
    "duplicates": (
        "outreach_tui.commands.same_child:duplicates",
        "Records that may be of one child, and why.",
    ),
    "link": ("outreach_tui.commands.same_child:link", "Two children looked at: different, or siblings."),
    "merge": ("outreach_tui.commands.same_child:merge", "Make two records of one child one."),
    "split": ("outreach_tui.commands.same_child:split", "Take a merge back, at any later time."),
    "hub": ("outreach_tui.commands.hub:hub", "Keep a central record that laptops sync with."),
    "enrol": ("outreach_tui.commands.sync:enrol", "Join this laptop to a central record, with a code."),
    "bundle": ("outreach_tui.commands.bundle:bundle", "The same by files that are carried, with no network."),
    "sync": ("outreach_tui.commands.sync:sync", "Agree with the central record; what waits, what came."),
    "conflicts": (
        "outreach_tui.commands.conflicts:conflicts",
        "Fields to which two people gave two values.",
    ),
    "resolve": ("outreach_tui.commands.conflicts:resolve", "Settle a conflict."),
    "explain": ("outreach_tui.commands.explain:explain", "Run one rule on given input, with its reasons."),
}
"""Each command's place and its one-line help."""


@click.group(
    cls=LazyGroup,
    table=COMMANDS,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="outreach", message="%(prog)s %(version)s")
@global_options
@click.pass_context
def cli(context: click.Context) -> int | None:
    """Outreach: the morning round on an encrypted caseload. Without a command it opens the app.

    Every command works without the screens, with lines for people and `--json` for scripts.
    """
    if context.invoked_subcommand is not None:
        return None
    from outreach_tui.commands.opening import open_app

    code: int = open_app(context.ensure_object(Call))
    return code


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    sys.exit(run(words))


def run(words: Sequence[str]) -> int:
    """Run one call; the exit code. Nothing that goes wrong shows more than one sentence."""
    if not streams.set_streams():
        return _lost("Standard output is closed, so nothing was done; send it to a file or to /dev/null.", 2)
    try:
        return _run(words)
    except streams.OutputLost as lost:
        return _lost(
            f"The output could not be written ({lost.reason}); what the command did stands: make room, or"
            " send it somewhere else.",
            5,
        )
    finally:
        streams.flush()


def _lost(sentence: str, code: int) -> int:
    """Say it on stderr: stdout takes nothing."""
    streams.write(sys.stderr, f"Error: {sentence}\n")
    return code


def _run(words: Sequence[str]) -> int:
    # Nothing that an import makes is garbage; `opening.settle` turns collecting on again for the work itself.
    gc.disable()
    sys.unraisablehook = lambda _: None  # its report quotes the object, which may hold a record
    # Plug-ins of other packages have no business in a process that holds a caseload.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    as_json = "--json" in words
    call = Call()
    try:
        with stopped_by_sigterm() if as_json else nullcontext():
            answer: Any = cli.main(args=list(words), prog_name="outreach", standalone_mode=False, obj=call)
    except click.ClickException as error:
        return _usage(error, as_json=as_json)
    except (click.Abort, KeyboardInterrupt):
        return _stopped(call, as_json=as_json)
    except BrokenPipeError:
        return 0
    except BaseException as error:
        if isinstance(error, SystemExit | GeneratorExit | streams.OutputLost):
            raise
        if isinstance(error, OSError):
            streams.check_written()  # click prints help by itself
        return _fault(error, call, as_json=as_json)
    return answer if isinstance(answer, int) else 0


def _stopped(call: Call, *, as_json: bool) -> int:
    """Say that the call was stopped; one who presses Ctrl-C again stops nothing more."""
    import signal

    from outreach_tui import output

    with signals_to(lambda *_: None, signal.SIGINT, signal.SIGTERM):
        output.warn(STOPPED)
        if as_json:
            call.show_end({"code": "stopped", "message": STOPPED, "where": ""})
    return 130


def _usage(error: click.ClickException, *, as_json: bool) -> int:
    from outreach_tui import output

    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "outreach"
    where = _named(error) or path.removeprefix("outreach").strip()
    said = " ".join(error.format_message().split())
    sentence = f"{said} See `{path} --help`." if said[-1:] in ".?!" else f"{said}; see `{path} --help`."
    output.warn(f"Error: {sentence}")
    if as_json:
        output.emit_json({"error": {"code": "usage", "message": sentence, "where": where}})
    return 2


def _named(error: click.ClickException) -> str:
    """The option or argument that a usage error is about, as the command's help writes it; else empty."""
    given = getattr(error, "param", None)
    if isinstance(given, click.Option):
        return max(given.opts, key=len)
    if isinstance(given, click.Argument):
        return (given.metavar or given.name or "").upper().removesuffix("...")
    return str(getattr(error, "option_name", None) or "")


def _fault(error: BaseException, call: Call, *, as_json: bool) -> int:
    """Say what went wrong: a person's own sentence for a known fault, an opaque code for any other."""
    from casework.errors import Ambiguous, OutreachError
    from outreach_tui import output

    if isinstance(error, OutreachError):
        code, message, where, exit_code = error.code, error.message, error.where, error.exit_code
        if exit_code == OutreachError.exit_code:
            from outreach_tui.crash import fault_code

            message = f"{message} Tell your support: {fault_code(error.__cause__ or error)}."
    else:
        from outreach_tui.crash import EXIT_FAULT, fault_code, fault_sentence

        code, where, exit_code = fault_code(error), "", EXIT_FAULT
        message = fault_sentence(code)
    place = f" [{where}]" if where and where not in message else ""
    output.warn(f"Error: {message}{place}")
    details: dict[str, Any] = {"code": code, "message": message, "where": where}
    if isinstance(error, Ambiguous):
        details["candidates"] = [{"id": record, "label": label} for record, label in error.candidates]
        for record, label in error.candidates:
            output.warn(f"  {record}  {label}")
        more = getattr(error, "more", 0)
        if more:
            details["more"] = more
            output.warn(f"  and {more} more")
    caret = getattr(error, "caret", None)
    if caret is not None:
        for line in caret().split("\n"):
            output.warn(line)
    if as_json:
        call.show_end(details)
    return exit_code


__all__ = ["COMMANDS", "LineCommand", "cli", "main", "run"]
