"""The parts of a notification on the command line: given by options, or in a text that is split."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from outreach_tui import output
from outreach_tui.commands.frame import the_call

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from casework.records import Child

PARTS = (
    ("concern", "--concern", "The nature of the concern."),
    ("offered", "--offered", "Support already offered, and its result."),
    ("outcome", "--outcome", "The intended outcome."),
    ("voice", "--voice", "The child's voice, in their own words."),
    ("heard_by", "--heard-by", "Who listened to the child."),
    ("siblings", "--siblings", "Siblings and household."),
    ("risks", "--risks", "Risks to visiting staff."),
    ("other_agencies", "--other-agencies", "Other agencies that work with the family."),
    ("agreement_note", "--agreement", "The family's agreement, or why there is none."),
    ("level", "--level", "The level of need, by its number or name."),
)


def parts(command: Callable[..., None]) -> Callable[..., None]:
    """The options that give the parts, one by one or as a text to be split."""
    for name, option, help_ in reversed(PARTS):
        command = click.option(option, name, default=None, metavar="TEXT", help=help_)(command)
    heard = click.option("--heard-on", metavar="DATE", help="When the child was heard.")
    paste = click.option(
        "--paste", is_flag=True, help="Read a text from stdin and split it into the parts by its headings."
    )
    return paste(heard(command))


def given_fields(given: dict[str, Any]) -> dict[str, Any]:
    """The parts that were given, those of a pasted text first; what an option says stands above it."""
    from outreach_tui.commands.people import take_day, take_note

    call = the_call()
    fields: dict[str, Any] = {}
    if given["paste"]:
        from casework.notification_text import OTHER, odd_headings, split_text
        from casework.text import safe

        fields = dict(split_text(take_note("-", "--paste"), call.today))
        if fields.pop("notifier", None):
            output.warn("The line that says who sent it is left out: --from says it.")
        if day := fields.pop("heard_on", ""):
            fields["heard_on"] = take_day(day, call.today, "--heard-on", past=True)
        rest = fields.pop(OTHER, "")
        if rest:
            fields["concern"] = "\n\n".join(part for part in (rest, fields.get("concern", "")) if part)
        for name, words in fields.items():
            if name == "heard_on":
                continue
            for line in odd_headings(words):
                heading = safe(line.partition(":")[0])
                output.warn(
                    f"This line looks like a heading: '{heading}'. It stays in --{name}, word for word."
                )
    fields |= {name: take_note(given[name], option) for name, option, _ in PARTS if given[name] is not None}
    if fields.get("level"):
        from casework.levels import take_level
        from outreach_tui.settings import load

        fields["level"] = take_level(fields["level"], load(call.home.config_file).settings.levels, "--level")
    heard = take_day(given["heard_on"], call.today, "--heard-on", past=True)
    return fields | ({"heard_on": heard} if heard else {})


def warn_of_birthday(child: Child, fields: Mapping[str, Any], today: date) -> None:
    """A day of birth in the parts that is not the child's is pointed out."""
    from casework.notification_text import birthday_words, other_birthday

    texts = [words for name, words in fields.items() if name != "siblings" and isinstance(words, str)]
    said = other_birthday("\n".join(texts), child.dob, today)
    if said is not None and child.dob is not None:
        output.warn(f"Look again: {birthday_words(said, child.dob)}")
