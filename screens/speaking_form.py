"""What a form says of what is wrong with it, and the field that takes the keys, which stays in sight."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from textual import events
from textual.containers import VerticalScroll
from textual.widget import Widget

from screens.base import OutreachScreen


@dataclass(frozen=True, slots=True)
class Wrong:
    """What keeps a form from being kept, the field that it names ("" for none), and what stood there then."""

    sentence: str
    field: str
    value: str


class SpeakingForm(OutreachScreen):
    """A form that says below its fields what keeps it from being kept, until that is right."""

    def __init__(self) -> None:
        super().__init__()
        self._place: object = None
        self._wrong: Wrong | None = None

    @abstractmethod
    def fields(self) -> dict[str, str]:
        """The form as it stands."""

    def refuse(self, sentence: str, field: str = "") -> None:
        """Say what keeps the form from being kept.

        It stays until `field` is changed, the field that it names; where it names none, until the form is
        kept or left.
        """
        fields = self.fields()
        field = field if field in fields else ""
        self._wrong = Wrong(sentence, field, fields.get(field, ""))
        super().say(sentence, wrong=True)
        self.call_after_refresh(self._keep_in_sight)

    def say(self, sentence: str, *, wrong: bool = False) -> None:
        """One sentence above the keys, behind what is wrong; the field that takes keys stays in sight."""
        if self._wrong is not None:
            sentence, wrong = f"{self._wrong.sentence} {sentence}".rstrip(), True
        super().say(sentence, wrong=wrong)
        self.call_after_refresh(self._keep_in_sight)

    def unsay(self) -> None:
        """What is wrong with the form stays on it, whatever is opened above."""

    def look_again(self, field: str) -> None:
        """Something was typed, into `field` where that is known: what was wrong with it is said no more."""
        wrong = self._wrong
        # By the value: the message of a letter that was typed before may only come now.
        if wrong and wrong.field and (wrong.field == field or self.fields()[wrong.field] != wrong.value):
            self.right_again()

    def right_again(self) -> None:
        """Nothing is wrong with the form any more."""
        if self._wrong is not None:
            self._wrong = None
            self.say("")

    # The field that takes the keys

    def keep_in_sight(self) -> None:
        """From here on the field that takes the keys is brought into sight whenever the form is laid out."""
        # What is said below may leave less room for the fields.
        self.screen_layout_refresh_signal.subscribe(self, self._on_laid_out)

    def on_descendant_focus(self, _event: events.DescendantFocus) -> None:
        """The field that takes the keys is in sight, also where what stands around it grows meanwhile."""
        self.call_after_refresh(self._keep_in_sight)

    def on_resize(self, _event: events.Resize) -> None:
        """The field that takes the keys is in sight in the new window, too."""
        self.call_after_refresh(self._keep_in_sight)

    def set_focus(
        self, widget: Widget | None, scroll_visible: bool = True, from_app_focus: bool = False
    ) -> None:
        """Give the keys to a field. It is brought into sight below, in one way and as little as is needed."""
        del scroll_visible
        super().set_focus(widget, scroll_visible=False, from_app_focus=from_app_focus)

    def _on_laid_out(self, _screen: object) -> None:
        focused = self.focused
        if focused is None:
            return
        within = next((one for one in focused.ancestors if isinstance(one, VerticalScroll)), None)
        if within is None:
            return
        # A person may scroll away to read: that moves no field within what is scrolled.
        place = (focused, within.size, focused.region.y + within.scroll_offset.y, focused.size)
        if place != self._place:
            self._place = place
            self.call_later(self._keep_in_sight)

    def _keep_in_sight(self) -> None:
        if self.is_attached and self.focused is not None:
            self.focused.scroll_visible(animate=False, immediate=True, force=True)
