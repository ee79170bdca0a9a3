"""A list of any length: only the rows in sight are read and painted, in pages of 64."""

from __future__ import annotations

from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.binding import BindingType
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.style import Style

from screens.verb_tables.verb import LISTS
from screens.verbs import bindings_for
from screens.widgets.rows import GAP, GUTTER, Column, Row, Rows, RowSource, layout_columns
from screens.widgets.text import show, show_cell

PAGE = 64


class RowList(ScrollView, can_focus=True):
    """A virtual list with a cursor row, marks and columns that drop on narrow terminals."""

    DEFAULT_CSS = """
    RowList {
        height: 1fr;
        background: $background;
        color: $foreground;
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        & > .row-list--header { color: $tone-quiet; text-style: bold; background: $surface; }
        & > .row-list--cursor {
            background: $block-cursor-background; color: $block-cursor-foreground; text-style: bold;
        }
        & > .row-list--blurred { background: $panel; text-style: bold; }
        & > .row-list--marked { text-style: bold; }
        & > .row-list--quiet { color: $tone-quiet; }
        & > .row-list--empty { color: $tone-quiet; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "row-list--header",
        "row-list--cursor",
        "row-list--blurred",
        "row-list--marked",
        "row-list--quiet",
        "row-list--empty",
    }
    BINDINGS: ClassVar[list[BindingType]] = bindings_for(LISTS)

    cursor: reactive[int] = reactive(0, repaint=False)

    @dataclass
    class Highlighted(Message):
        """The cursor came to rest on a record; `row` is None while the list is empty."""

        list: RowList
        row: Row | None
        index: int

        def can_replace(self, message: Message) -> bool:
            """Holding an arrow key down leaves only the last one to answer."""
            return isinstance(message, RowList.Highlighted) and message.list is self.list

    @dataclass
    class Opened(Message):
        """Enter was pressed on a record."""

        list: RowList
        row: Row

    @dataclass
    class Marked(Message):
        """The set of marked records changed."""

        list: RowList
        ids: frozenset[str]

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "Nothing here.",
        marks: bool = True,
        id: str | None = None,  # noqa: A002 (Textual's own name)
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.columns = tuple(columns)
        self.empty = empty
        self._marks = marks
        """Whether rows can be marked: not where no verb acts on marked ones."""
        self._source: RowSource = Rows()
        self._pages: dict[int, Sequence[Row]] = {}
        self._awaited: set[int] = set()
        self._marked: set[str] = set()
        self._generation = 0
        self._lines: dict[tuple[int, int, bool], Strip] = {}

    @property
    def count(self) -> int:
        """How many rows the list has."""
        return self._source.count()

    @property
    def marked(self) -> frozenset[str]:
        """Ids of the marked records."""
        return frozenset(self._marked)

    @property
    def current(self) -> Row | None:
        """The record under the cursor, when its page has been read."""
        return self._row(self.cursor) if self.count else None

    @property
    def targets(self) -> tuple[str, ...]:
        """What a verb acts on: the marked records in list order, else the one under the cursor."""
        if self._marked:
            return tuple(row_id for row_id in self._source.ids() if row_id in self._marked)
        row = self.current
        return (row.id,) if row else ()

    def set_source(self, source: RowSource, *, keep: bool = True) -> None:
        """Show other rows. The cursor stays on its record; if that left, it goes to the next that stayed.

        Marks on records that left are dropped; `keep=False` starts afresh at the top.
        """
        place = self._kept_place(source) if keep else 0
        marks = len(self._marked)
        self._source = source
        self._generation += 1
        self._pages.clear()
        self._awaited.clear()
        self._lines.clear()
        if not keep:
            self._marked.clear()
        elif self._marked:
            self._marked = {row_id for row_id in self._marked if source.index_of(row_id) is not None}
        self._resize()
        self.set_reactive(RowList.cursor, max(0, min(place, source.count() - 1)))
        self._show_cursor()
        self.refresh()
        self._tell_highlighted()
        if len(self._marked) != marks:
            self.post_message(self.Marked(self, self.marked))

    def _kept_place(self, source: RowSource) -> int:
        """Where the cursor goes in `source`: its record, else the next one that was read and stayed."""
        for index in range(self.cursor, min(self.cursor + PAGE, self.count)):
            page = self._pages.get(index // PAGE)
            if page is not None and index % PAGE < len(page):
                place = source.index_of(page[index % PAGE].id)
                if place is not None:
                    return place
        return self.cursor

    def move_to(self, row_id: str) -> bool:
        """Put the cursor on a record; False when it is not in the list."""
        index = self._source.index_of(row_id)
        if index is None:
            return False
        self.cursor = index
        return True

    def mark(self, row_ids: Iterable[str]) -> None:
        """Mark these records and no others."""
        self._marked = {row_id for row_id in row_ids if self._source.index_of(row_id) is not None}
        self._repaint_marks()

    def clear_marks(self) -> None:
        """Unmark every record."""
        if self._marked:
            self._marked.clear()
            self._repaint_marks()

    # Pages

    def _row(self, index: int) -> Row | None:
        number, offset = divmod(index, PAGE)
        page = self._pages.get(number)
        if page is None:
            page = self._read(number)
        return page[offset] if page is not None and offset < len(page) else None

    def _read(self, number: int) -> Sequence[Row] | None:
        if number in self._awaited:
            return None
        result = self._source.page(number * PAGE, PAGE)
        if isinstance(result, Sequence):
            self._pages[number] = result
            return result
        self._awaited.add(number)
        self.run_worker(self._await_page(number, result, self._generation), group="pages")
        return None

    async def _await_page(self, number: int, coming: Awaitable[Sequence[Row]], generation: int) -> None:
        rows = await coming
        if generation != self._generation:
            return  # another source came meanwhile
        self._awaited.discard(number)
        self._pages[number] = rows
        self.refresh()
        if self.cursor // PAGE == number:
            self._tell_highlighted()

    # Painting

    def _resize(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, self.count + 1)

    def on_resize(self, _event: events.Resize) -> None:
        """Columns are laid out anew."""
        self._lines.clear()
        self._resize()
        self._show_cursor()

    def on_focus(self) -> None:
        """The cursor row is bright while keys go here."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor row is subdued while keys go elsewhere."""
        self.refresh()

    def notify_style_update(self) -> None:
        """Another theme: paint all again."""
        super().notify_style_update()
        self._lines.clear()

    def render_line(self, y: int) -> Strip:
        """One painted line: the titles at the top, then the rows in sight."""
        width = self.scrollable_content_region.width
        base = self.visual_style
        if y == 0:
            return self._header(width)
        if not self.count:
            text = show(self.empty if y == 2 else "").truncate(width - GUTTER, ellipsis=True)
            return self._strip(Content(" " * GUTTER) + text, self.get_visual_style("row-list--empty"), width)
        index = round(self.scroll_y) + y - 1
        if index >= self.count:
            return self._strip(Content(""), base, width)
        focused = index == self.cursor and self.has_focus
        key = (index, width, focused)
        if index != self.cursor and key in self._lines:
            return self._lines[key]
        row = self._row(index)
        strip = self._paint(row, index, width)
        if row is not None and index != self.cursor:
            if len(self._lines) > 1024:
                self._lines.clear()
            self._lines[key] = strip
        return strip

    def _header(self, width: int) -> Strip:
        cells = [
            self._fit(show(column.title), size, column)
            for _, column, size in layout_columns(self.columns, width)
        ]
        text = Content(" " * GUTTER) + Content(" " * GAP).join(cells)
        return self._strip(text, self.get_visual_style("row-list--header"), width)

    def _paint(self, row: Row | None, index: int, width: int) -> Strip:
        if row is None:
            return self._strip(Content("   …"), self.get_visual_style("row-list--empty"), width)
        at_cursor, marked = index == self.cursor, row.id in self._marked
        looks = ["row-list--quiet"] * row.quiet + ["row-list--marked"] * marked
        if at_cursor:
            looks.append("row-list--cursor" if self.has_focus else "row-list--blurred")
        style = self.get_visual_style(*looks)
        cells = [
            self._fit(show_cell(row.cells[place]), size, column)
            for place, column, size in layout_columns(self.columns, width)
        ]
        text = Content(" " * GAP).join(cells)
        if at_cursor and self.has_focus:
            text = text.without_spans  # a tone's colour may not stand out on the cursor bar
        gutter = f"{'›' if at_cursor else ' '}{'*' if marked else ' '} "
        return self._strip(Content(gutter) + text, style, width)

    @staticmethod
    def _fit(text: Content, size: int, column: Column) -> Content:
        text = text.truncate(size, ellipsis=True)
        spare = size - text.cell_length
        return text.pad_left(spare) if column.right else text.pad_right(spare)

    def _strip(self, text: Content, style: Style, width: int) -> Strip:
        parts = text.render(style, end="", parse_style=self.app.stylesheet.parse_style)
        strip = Strip([Segment(words, look.rich_style) for words, look in parts])
        return strip.adjust_cell_length(width, style.rich_style)

    # Cursor and marks

    def validate_cursor(self, cursor: int) -> int:
        """Keep the cursor on a row."""
        return max(0, min(cursor, self.count - 1))

    def watch_cursor(self, _old: int, _new: int) -> None:
        """Scroll so that the cursor row is in sight, and say which record it is."""
        self._show_cursor()
        self.refresh()
        self._tell_highlighted()

    @property
    def _sight(self) -> int:
        return max(1, self.scrollable_content_region.height - 1)

    def _show_cursor(self) -> None:
        top = round(self.scroll_y)
        if self.cursor < top:
            top = self.cursor
        elif self.cursor >= top + self._sight:
            top = self.cursor - self._sight + 1
        else:
            return
        self.scroll_to(y=top, animate=False, immediate=True, force=True)

    def _tell_highlighted(self) -> None:
        row = self.current
        if row is not None or not self.count:
            self.post_message(self.Highlighted(self, row, self.cursor))

    def _repaint_marks(self) -> None:
        self._lines.clear()
        self.refresh()
        self.post_message(self.Marked(self, self.marked))

    def action_move(self, by: int) -> None:
        """Move the cursor by rows, past empty lines."""
        to = self.cursor + by
        while 0 <= to < self.count and self._is_empty(to):
            to += by
        if 0 <= to < self.count:
            self.cursor = to

    def _is_empty(self, index: int) -> bool:
        row = self._row(index)
        return row is not None and not any(show_cell(cell).plain.strip() for cell in row.cells)

    def action_page(self, by: int) -> None:
        """Move the cursor by a screenful."""
        self.cursor += by * self._sight

    def action_first(self) -> None:
        """To the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """To the last row."""
        self.cursor = self.count - 1

    def action_open(self) -> None:
        """Open the record under the cursor."""
        if row := self.current:
            self.post_message(self.Opened(self, row))

    def action_mark(self) -> None:
        """Mark or unmark the record under the cursor, and go on to the next."""
        if self._marks and (row := self.current):
            self._marked.symmetric_difference_update({row.id})
            self.cursor += 1
            self._repaint_marks()

    def action_mark_all(self) -> None:
        """Mark every record, or none when all are marked."""
        if not self._marks:
            return
        ids = set(self._source.ids())
        self._marked = set() if ids == self._marked else ids
        self._repaint_marks()

    async def _on_click(self, event: events.Click) -> None:
        index = round(self.scroll_y) + event.y - 1
        if event.y > 0 and 0 <= index < self.count:
            again = index == self.cursor
            self.cursor = index
            if again:
                self.action_open()
