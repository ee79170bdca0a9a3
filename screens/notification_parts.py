"""The parts of a notification: what is missing, a paste split by its headings, lines moved to their part."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static, TextArea

from casework.errors import BadInput
from casework.notification_text import OTHER, odd_headings, split_text, take_from
from casework.notifications import missing_parts
from casework.records import meta_of
from casework.records_case import Notification
from casework.wording import join_words
from screens.areas import PageField
from screens.dialogs import Choice, PickOne
from screens.fields import LineField
from screens.notification_child import take_day, warnings
from screens.notification_fields import NotificationFields
from screens.notification_lines import AREAS, PARTS, brief
from screens.widgets.fitting import short
from screens.widgets.text import Cell, Piece, Tone, show_lines

_HEADINGS_OF_A_WHOLE = 2
"""Known headings from which a pasted text is a whole notification."""


@dataclass
class WholePasted(Message):
    """A text with headings of its own was pasted into a field."""

    text: str


def _is_whole(text: str) -> bool:
    parts = split_text(text)
    return len(parts.keys() - {OTHER}) >= _HEADINGS_OF_A_WHOLE


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


def _label(name: str) -> str:
    """A part in a word or two."""
    meta = meta_of("notification", name)
    return (meta.label if meta else name).split(",")[0].lower()


class PartsForm(NotificationFields):
    """The half that holds the parts."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f4", "split", show=False, priority=True),
        Binding("f5", "move_lines", show=False, priority=True),
    ]

    def __init__(self, notification: str = "") -> None:
        super().__init__(notification)
        self._left_there: set[tuple[str, str]] = set()
        """Lines that look like a heading and stay where they are, by part."""

    def _lint(self) -> None:
        """What is missing, or that it is ready; odd numbers are told and block nothing."""
        values: dict[str, Any] = {name: self._value(name) for name in PARTS if name not in self._hidden}
        try:
            values["heard_on"] = take_day(self._value("heard_on"), self.shell.today, "heard_on")
        except BadInput:
            values["heard_on"] = None
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
        else:
            lines.append(Piece("ready to send", Tone.GOOD))
        if self.has_class("-new"):
            lines += [Piece(f"UPN: {words}", Tone.WARN) for words in warnings(self.fields())]
        odd = self._odd_heading()
        if odd is not None:
            name, heading = odd
            words = f"this line looks like a heading: '{short(heading, 30)}', in {_label(name)}; "
            lines.append((Piece(words, Tone.WARN), Piece("F5", Tone.KEY), Piece(" moves it")))
        self.query_one("#linter", Static).update(show_lines(lines))

    # A heading that is none of the known

    def _odd_heading(self) -> tuple[str, str] | None:
        """The first line that looks like an unknown heading: its part and the line."""
        for name in AREAS:
            if name not in self._hidden:
                for heading in odd_headings(self._value(name)):
                    if (name, heading) not in self._left_there:
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
        left, moved = take_from(area.text, heading)
        names = [part for part in AREAS if part not in self._hidden and part != name]
        choices = [Choice(str(n), _label(part)) for n, part in enumerate(names, 1)]
        choices.append(Choice("0", f"stay in {_label(name)}"))

        async def picked(number: str | None) -> None:
            if number is None:
                return
            if number == "0":
                self._left_there.add((name, heading))
                self._lint()
                return
            to = names[int(number) - 1]
            target = self.query_one(f"#{to}", TextArea)
            self._left_there.add((to, heading))
            area.text = left
            target.text = "\n".join(filter(None, (target.text.rstrip("\n"), moved)))
            self.say(f"Moved to {_label(to)}, word for word.")

        await self.question(
            PickOne(f"“{short(heading, 40)}” and what follows: to which part?", choices), picked
        )

    # A whole text

    def on_whole_pasted(self, event: WholePasted) -> None:
        """Split over the parts."""
        event.stop()
        self._take_parts(split_text(event.text))

    def action_split(self) -> None:
        """Split the text of the part that is typed in by its headings."""
        area = self.focused
        if not isinstance(area, PartArea) or not _is_whole(area.text):
            self.say(
                "F4 splits a text with headings such as Concern: and Child's voice: in the part it is in."
            )
            return
        text, area.text = area.text, ""
        self._take_parts(split_text(text))

    def _take_parts(self, parts: Mapping[str, str]) -> None:
        """Each part goes below what stands in it already; what has no heading goes to the concern."""
        named = {name: words for name, words in parts.items() if name != OTHER}
        if parts.get(OTHER):
            named["concern"] = "\n\n".join(filter(None, (parts[OTHER], named.get("concern", ""))))
        labels = []
        for name, words in named.items():
            if name in self._hidden:
                continue
            area = self.query_one(f"#{name}", TextArea)
            area.text = "\n".join(filter(None, (area.text.strip(), words)))
            area.move_cursor(area.document.end)
            meta = meta_of("notification", name)
            labels.append((meta.label if meta else name).split(",")[0].lower())
        self.say(f"Split into {join_words(labels)}. Read each part and correct it.")
