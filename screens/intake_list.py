"""The files of a folder as a list: folders are never marked, marks outlast a filter and another folder."""

from __future__ import annotations

from collections.abc import Sequence

from screens.intake_files import Entry
from screens.widgets.row_list import RowList
from screens.widgets.rows import Row, Rows


class FileList(RowList):
    """Entries of one folder, narrowed by what their names hold."""

    entries: Sequence[Entry] = ()
    _narrow: str = ""
    _kept: frozenset[str] = frozenset()

    @property
    def shown(self) -> list[Entry]:
        """The entries whose names hold what was typed."""
        return [entry for entry in self.entries if self._narrow in entry.name.casefold()]

    @property
    def is_narrowed(self) -> bool:
        """Whether a filter holds."""
        return bool(self._narrow)

    @property
    def chosen(self) -> frozenset[str]:
        """Paths of all marked files, of other folders too."""
        return self._kept.difference(self._source.ids()) | self.marked

    def show_entries(self, entries: Sequence[Entry]) -> None:
        """Show a folder, unfiltered."""
        self.entries = entries
        self._show("", keep=False)

    def narrow(self, typed: str) -> None:
        """Show the entries whose names hold `typed`."""
        if typed.casefold() != self._narrow:
            self._show(typed.casefold(), keep=True)

    def _show(self, narrow: str, *, keep: bool) -> None:
        self._kept = self.chosen
        self._narrow = narrow
        rows = [
            Row(str(entry.path), (entry.name, entry.kind, entry.size, entry.changed), quiet=entry.is_folder)
            for entry in self.shown
        ]
        self.set_source(Rows(rows), keep=keep)
        self._marked = {row.id for row in rows if row.id in self._kept}
        self._repaint_marks()

    def forget_marks(self) -> None:
        """Unmark every file, of other folders too."""
        self._kept = frozenset()
        self._marked.clear()
        self._repaint_marks()

    def action_mark(self) -> None:
        """Mark or unmark the file under the cursor; a folder is passed over."""
        if self.current is not None and self.current.quiet:
            self.cursor += 1
        else:
            super().action_mark()

    def action_mark_all(self) -> None:
        """Mark every file shown, or none when all are marked."""
        files = {str(entry.path) for entry in self.shown if not entry.is_folder}
        self._marked = set() if files == self._marked else files
        self._repaint_marks()
