"""The parts of a notification: what is missing, a paste split by its headings, lines moved to their part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input, Static, TextArea

from casework.errors import BadInput
from casework.notification_text import (
    ONE_LINE,
    OTHER,
    birthday_words,
    likely_part,
    odd_headings,
    other_birthday,
    split_text,
    take_from,
    words_after,
)
from casework.notifications import missing_parts
from casework.records import meta_of
from casework.records_case import Notification
from casework.wording import join_words, say_day
from screens.areas import PageField
from screens.dialogs import Choice, PickOne
from screens.fields import LineField
from screens.kept_form import Keys, keys_line
from screens.notification_child import take_day, warnings
from screens.notification_fields import NotificationFields
from screens.notification_lines import AREAS, PARTS, brief
from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece, Tone, show_cell, show_lines

_HEADINGS_OF_A_WHOLE = 2
"""Known headings from which a pasted text is a whole notification."""


@dataclass
class WholePasted(Message):
    """A text with headings of its own was pasted into a field."""

    text: str


def _is_whole(text: str) -> bool:
    parts = split_text(text, date(2026, 1, 1))
    return len(parts.keys() - {OTHER, "heard_on"}) >= _HEADINGS_OF_A_WHOLE


class PartArea(PageField):
    """One part; a pasted whole notification is split over all of them."""

    async def _on_paste(self, event: events.Paste) -> None:
        if _is_whole(event.text):
            event.stop()
            event.prevent_default()
            self.post_message(WholePasted(event.text))
        else:
            await super()._on_paste(event)


class PartLine(LineField):
    """One line; a whole notification may be pasted into it as well."""

    def _on_paste(self, event: events.Paste) -> None:
        if _is_whole(event.text):
            event.stop()
            event.prevent_default()
            self.post_message(WholePasted(event.text))
        else:
            super()._on_paste(event)


DAYS = ("received", "heard_on")
"""The fields that take a day; what was understood stands beside them."""

_TOLD_AT_ONCE = frozenset({"in-the-future", "year-needed"})
"""What is wrong with a day that can be read; another is half typed."""

_IN_A_WORD = {"notifier": "who sent it", "heard_by": "who listened", "heard_on": "when they listened"}


def label_of_part(name: str) -> str:
    """A part in a word or two."""
    if name in _IN_A_WORD:
        return _IN_A_WORD[name]
    meta = meta_of("notification", name)
    return (meta.label if meta else name).split(",")[0].lower()


class PartsForm(NotificationFields):
    """The half that holds the parts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "split", show=False, priority=True),
        Binding("f5", "move_lines", show=False, priority=True),
    ]

    KEYS_TO_MOVE: ClassVar[Keys] = (
        ("ctrl+s", "keep"),
        ("ctrl+n", "new child"),
        ("F4", "split"),
        ("F5", "move"),
        ("esc", "leave"),
        ("ctrl+d", "drop"),
    )

    def __init__(self, notification: str = "") -> None:
        super().__init__(notification)
        self._left_there: set[tuple[str, str]] = set()
        """Lines that look like a heading and stay where they are, by part."""

    def _lint(self) -> None:
        """What is missing, or that it is ready; odd numbers are told and block nothing."""
        values: dict[str, Any] = {name: self._value(name) for name in PARTS if name not in self._hidden}
        wrong_days = []
        for name in DAYS:
            values[name] = None
            try:
                values[name] = take_day(self._value(name), self.shell.today, name)
            except BadInput as problem:
                words = problem.message if problem.code in _TOLD_AT_ONCE else "not a date yet"
                wrong_days.append(f"{label_of_part(name)}: {words}")
            for echo in self.query(f"#echo-{name}").results(Static):
                day = values[name]
                echo.update(show_cell(Piece(say_day(day) if day else "", Tone.STRONG)))
        draft = Notification.model_construct(**values)
        first = (
            []
            if self._about
            else [
                words
                for words, said in (
                    ("which child", self._child or (self._value("forename") and self._value("surname"))),
                    ("who sent it", self._value("notifier").strip()),
                )
                if not said
            ]
        )
        lacking = [*first, *missing_parts(draft)]
        lines: list[Cell] = []
        if self._hidden:
            lines.append(Piece("Some parts are withheld here; they stay as they are.", Tone.QUIET))
        elif lacking:
            lines.append((Piece("missing: ", Tone.WARN), Piece("; ".join(brief(lacking)))))
        elif not wrong_days:
            lines.append(Piece("ready to send", Tone.GOOD))
        lines += [Piece(words, Tone.WARN) for words in wrong_days]
        if self.has_class("-new"):
            lines += [Piece(f"UPN: {words}", Tone.WARN) for words in warnings(self.fields())]
        if self._elsewhere:
            lines.append(Piece(f"look again: {self._elsewhere}", Tone.WARN))
        texts = [self._value(name) for name in AREAS if name != "siblings" and name not in self._hidden]
        said = other_birthday("\n".join(texts), self._born, self.shell.today)
        if said is not None and self._born is not None:
            lines.append(Piece(birthday_words(said, self._born), Tone.WARN))
        odd = self._odd_heading()
        if odd is not None:  # first, so that it stands whole in a low window too
            name, heading = odd
            words = f"this line looks like a heading: '{short(heading, 30)}', in {label_of_part(name)}; "
            lines.insert(0, (Piece(words, Tone.WARN), Piece("F5", Tone.KEY), Piece(" moves it")))
        if not self._unsaved:
            keys = self.KEYS if odd is None else self.KEYS_TO_MOVE
            self.query_one("#keys", Static).update(show_cell(keys_line(keys)))
        self.query_one("#linter", Static).update(show_lines(lines))

    # A heading that is none of the known

    def _odd_heading(self) -> tuple[str, str] | None:
        """The first line that looks like an unknown heading: its part and the line."""
        for name in AREAS:
            if name not in self._hidden:
                for heading in odd_headings(self._value(name)):
                    if (name, heading) not in self._left_there and likely_part(heading) != name:
                        return name, heading
        return None

    async def action_move_lines(self) -> None:
        """Ask to which part the line and what follows it go; none leaves them where they are."""
        odd = self._odd_heading()
        if odd is None:
            self.say("No line here looks like a heading that is not known.")
            return
        name, heading = odd
        area = self.query_one(f"#{name}", TextArea)
        names = [part for part in AREAS if part not in self._hidden and part != name]
        names += [part for part in ("notifier", "heard_by") if self._takes_line(part)]
        likely = likely_part(heading)
        choices = [Choice(str(n), label_of_part(part)) for n, part in enumerate(names, 1)]
        choices.append(Choice("0", f"stay in {label_of_part(name)}"))

        async def picked(number: str | None) -> None:
            if number is None:
                return
            if number == "0":
                self._left_there.add((name, heading))
                self._lint()
                return
            to = names[int(number) - 1]
            if to in ONE_LINE:
                self._move_line(area, heading, to)
                return
            left, moved = take_from(area.text, heading)
            target = self.query_one(f"#{to}", TextArea)
            self._left_there.add((to, heading))
            area.text = left
            target.text = "\n".join(filter(None, (target.text.rstrip("\n"), moved)))
            self.say(f"Moved to {label_of_part(to)}, word for word.")

        await self.question(
            PickOne(
                f"“{short(heading, 40)}” and what follows: to which part?",
                choices,
                start=names.index(likely) if likely in names else 0,
            ),
            picked,
        )

    def _takes_line(self, name: str) -> bool:
        """Whether the form has a field of one line for this part."""
        return name not in self._hidden and bool(self.query(f"#{name}"))

    def _move_line(self, area: TextArea, heading: str, to: str) -> None:
        """The words after a heading go into a field of one line; the lines that follow it stay."""
        lines = area.text.split("\n")
        at = next(n for n, line in enumerate(lines) if line.strip() == heading)
        if self._fill_line(to, words_after(heading)):
            area.text = "\n".join(lines[:at] + lines[at + 1 :]).strip("\n")
            self.say(f"Moved to {label_of_part(to)}.")
        else:
            self.say(f"The field “{label_of_part(to)}” holds other words; empty it first.", wrong=True)

    def _fill_line(self, name: str, words: str) -> bool:
        """Fill a field of one line, unless other words stand in it or they do not go in."""
        field = self.query_one(f"#{name}", Input)
        if field.value.strip() not in {"", words} or len(words) > (field.max_length or len(words)):
            return False
        self._put(field, words)
        return True

    # A whole text

    def on_whole_pasted(self, event: WholePasted) -> None:
        """Split over the parts."""
        event.stop()
        self._take_parts(split_text(event.text, self.shell.today))

    def action_split(self) -> None:
        """Split the text of the part that is typed in by its headings."""
        area = self.focused
        if not isinstance(area, PartArea) or not _is_whole(area.text):
            self.say(
                "F4 splits a text with headings such as Concern: and Child's voice: in the part it is in."
            )
            return
        text, area.text = area.text, ""
        self._take_parts(split_text(text, self.shell.today))

    def _take_parts(self, parts: Mapping[str, str]) -> None:
        """Each part goes below what stands in it already; what has no heading goes to the concern."""
        named = {name: words for name, words in parts.items() if name != OTHER}
        labels, above = [], []
        for name in sorted(ONE_LINE & named.keys()):
            words = named.pop(name)
            if self._takes_line(name) and self._fill_line(name, words):
                labels.append(label_of_part(name))
            else:
                above.append(f"{label_of_part(name).capitalize()}: {words}")
        above += [words for words in (parts.get(OTHER), named.get("concern")) if words]
        if above:
            named["concern"] = "\n\n".join(above)
        for name, words in named.items():
            if name in self._hidden:
                continue
            area = self.query_one(f"#{name}", TextArea)
            area.text = "\n".join(filter(None, (area.text.strip(), words)))
            area.move_cursor(area.document.end)
            labels.append(label_of_part(name))
        self.say(f"Split into {join_words(labels)}. Read each part and correct it.")
