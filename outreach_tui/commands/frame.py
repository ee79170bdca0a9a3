"""What every command shares: the call's options, lazy groups, and printing. Imports click and little else."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from types import FrameType

    from storage.home import Home

F = TypeVar("F", bound=Callable[..., Any])

TODAY_VARIABLE = "OUTREACH_TODAY"


@dataclass
class Call:
    """The options of one call, as far as they were given, and what follows from them."""

    home_given: str | None = None
    today_given: date | None = None
    plain: bool = False
    passphrase_fd: int | None = None
    json: bool = False
    so_far: Callable[[], dict[str, Any]] | None = None
    """What the command has done until now, for the document of one that ends before its time."""
    not_moved: str = ""
    """Why --today moves nothing of this call; "" where it does."""
    _is_shown: bool = field(default=False, init=False)

    @property
    def home(self) -> Home:
        """The data folder; not made, not touched."""
        from storage.home import Home

        return Home.resolve(self.home_given, os.environ)

    @property
    def today_set(self) -> date | None:
        """The date that --today or OUTREACH_TODAY sets, or None. Raises UsageProblem for what is no date."""
        if self.today_given is not None:
            return self.today_given
        text = os.environ.get(TODAY_VARIABLE, "").strip()
        return _iso_day(text, TODAY_VARIABLE) if text else None

    @property
    def today(self) -> date:
        """The date that rules use: the one set, else today's in London."""
        return self.today_set or london(self.now()).date()

    def now(self) -> datetime:
        """The present instant, aware, in UTC; never moved by --today."""
        return datetime.now(UTC)

    def moment(self) -> datetime:
        """When something that is recorded now happened: with --today, this time of day on that date."""
        now, chosen = self.now(), self.today_set
        if chosen is None:
            return now
        return datetime.combine(chosen, london(now).time().replace(microsecond=0), london_zone()).astimezone(
            UTC
        )

    def latest(self) -> datetime:
        """The last instant that may have been: now; with --today on another date, the end of that date.

        --today sets a date and no time of day, so what is logged for that date does not depend on the hour at
        which the command runs.
        """
        now, chosen = self.now(), self.today_set
        if chosen is None or chosen == london(now).date():
            return now
        return datetime.combine(chosen, time.max.replace(microsecond=0), london_zone()).astimezone(UTC)

    @property
    def fancy(self) -> bool:
        """Whether output may be dressed up for a terminal."""
        from outreach_tui import output

        return output.is_fancy(plain=self.plain)

    def _said_day(self, chosen: date) -> str:
        from casework.wording import say_day

        return f"{say_day(chosen)} (set by --today or {TODAY_VARIABLE})"

    def warn_today_is_as_it_is(self) -> None:
        """Say so where --today is set for what it does not move."""
        from outreach_tui import output

        if self.not_moved and (chosen := self.today_set) is not None:
            output.warn(f"Today is not taken to be {self._said_day(chosen)}: {self.not_moved}.")

    def show(self, value: Any, text: Callable[[], None]) -> None:
        """Print the result: `value` as JSON with --json, else by `text`. Says so when --today is set.

        An object then has `today` and `today_set` too, where --today moved anything; a key of its own that is
        called so stays.
        """
        from outreach_tui import output

        chosen = self.today_set
        self.warn_today_is_as_it_is()
        if chosen is not None and not self.not_moved:
            sentence = f"Today is taken to be {self._said_day(chosen)}."
            if self.json:
                output.warn(sentence)
            else:
                output.emit_lines([sentence])
        if self.json:
            self._emit(value)
        else:
            text()

    def show_end(self, error: dict[str, Any]) -> None:
        """Print the one JSON document of a command that ends before its time: why, and what it did by then.

        Nothing where its document is there already.
        """
        from outreach_tui import output

        if self._is_shown:
            return
        if self.so_far is None:
            output.emit_json({"error": error})
        else:
            self._emit(self.so_far() | {"error": error})

    def _emit(self, value: Any) -> None:
        from outreach_tui import output

        chosen = self.today_set
        if chosen is not None and not self.not_moved and isinstance(value, dict):
            value = {"today": chosen, "today_set": True} | value
        self._is_shown = True
        output.emit_json(value)


def london_zone() -> Any:
    """The zone in which schools keep their days."""
    from zoneinfo import ZoneInfo

    return ZoneInfo("Europe/London")


def london(moment: datetime) -> datetime:
    """An instant as clocks in England show it."""
    return moment.astimezone(london_zone())


def clock_text(moment: datetime) -> str:
    """An instant as a person in England reads it: `20 Nov 2026 08:41`."""
    local = london(moment)
    from casework.wording import say_day

    return f"{say_day(local.date())} {local:%H:%M}"


def stamp_text(moment: datetime | str) -> str:
    """An instant for a column, by the clocks of England: `2026-11-20 08:41`; a date alone stays one.

    What somebody else's laptop said of a time is perhaps none: `not known`.
    """
    try:
        if isinstance(moment, str) and len(moment) == len("2026-11-20"):
            return date.fromisoformat(moment).isoformat()
        known = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return f"{london(known):%Y-%m-%d %H:%M}"
    except (ValueError, OverflowError):
        return "not known"


def the_call() -> Call:
    """The options of the call that is being run."""
    return click.get_current_context().ensure_object(Call)


def _iso_day(text: str, option: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        from casework.errors import UsageProblem

        sentence = f"{option} must be a date as YYYY-MM-DD, such as 2026-11-23."
        raise UsageProblem("bad-date", sentence, option) from None


def _keep(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def callback(context: click.Context, _: click.Parameter, value: Any) -> None:
        if value is not None and value is not False:
            setattr(context.ensure_object(Call), name, value)

    return callback


def _keep_today(context: click.Context, _: click.Parameter, value: str | None) -> None:
    if value is not None:
        context.ensure_object(Call).today_given = _iso_day(value.strip(), "--today")


def _shared(*, hidden: bool) -> list[click.Option]:
    return [
        click.Option(
            ["--home"],
            metavar="DIR",
            callback=_keep("home_given"),
            expose_value=False,
            hidden=hidden,
            help="The data folder (or OUTREACH_HOME); else the platform's user data folder.",
        ),
        click.Option(
            ["--today"],
            metavar="YYYY-MM-DD",
            callback=_keep_today,
            expose_value=False,
            hidden=hidden,
            help="The date that rules use (or OUTREACH_TODAY); every output then says so.",
        ),
        click.Option(
            ["--plain"],
            is_flag=True,
            callback=_keep("plain"),
            expose_value=False,
            hidden=hidden,
            help="Plain lines, no colour, also on a terminal.",
        ),
        click.Option(
            ["--passphrase-fd"],
            type=int,
            metavar="N",
            callback=_keep("passphrase_fd"),
            expose_value=False,
            hidden=hidden,
            help="Read the passphrase from this open file descriptor; or set OUTREACH_PASSPHRASE_FILE.",
        ),
    ]


def global_options(command: F) -> F:
    """Give the top command the options that hold everywhere."""
    held = command.__dict__.setdefault("__click_params__", [])
    held.extend(reversed(_shared(hidden=False)))
    return command


def json_option(command: F) -> F:
    """Let a command print one JSON document."""
    decorate = click.option(
        "--json",
        is_flag=True,
        callback=_keep("json"),
        expose_value=False,
        is_eager=True,
        help="Print one JSON document.",
    )
    return decorate(command)


class LineCommand(click.Command):
    """A command that also takes the options of the whole line after its own name."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_shared(hidden=True)]


class LineGroup(click.Group):
    """A group whose commands are `LineCommand`s."""

    command_class = LineCommand


class ActingGroup(LineGroup):
    """A group that does something by itself too, and then takes the options of the whole line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"invoke_without_command": True, "no_args_is_help": False} | kwargs)
        self.params = [*self.params, *_shared(hidden=True)]


class LazyGroup(LineGroup):
    """A group that imports a command's module only to run it or to show its own help."""

    def __init__(self, *args: Any, table: dict[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.table = table

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the table's order."""
        del ctx
        return list(self.table)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, its module imported now."""
        del ctx
        if cmd_name not in self.table:
            return None
        from importlib import import_module

        module, _, name = self.table[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands with the table's help; no module is imported."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_) for name, (_, help_) in self.table.items()])


@contextmanager
def signals_to(handler: Callable[[int, FrameType | None], Any], *numbers: int) -> Iterator[None]:
    """Let signals do this meanwhile, but for those that whoever started the process had it ignore."""
    import signal

    heard = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = [(number, signal.signal(number, handler)) for number in heard]
    try:
        yield
    finally:
        for number, held in before:
            signal.signal(number, held)


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Let SIGTERM, by which a service ends what it started, stop the call as Ctrl-C does."""
    import signal

    with signals_to(signal.default_int_handler, signal.SIGTERM):
        yield


@contextmanager
def interrupted_as_stop() -> Iterator[None]:
    """Let Ctrl-C at a prompt end the call as anywhere else."""
    try:
        yield
    except (EOFError, KeyboardInterrupt):
        raise click.Abort from None
