"""Import: choose files, see what they would change, take them in. `u` takes the whole import back."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.events import Resize
from textual.widgets import Input, Static

from casework.errors import OutreachError, Refused
from casework.text import clean
from casework.wording import count_of
from screens.intake_ask import AskSame, ask_column
from screens.intake_chosen import Chosen
from screens.intake_files import Entry, first_folder, list_folder, resolve
from screens.intake_list import FileList
from screens.intake_look import look_into
from screens.intake_path import PathInput
from screens.intake_steps import ImportSteps
from screens.verbs import bindings_for
from screens.widgets.fitting import short
from screens.widgets.lines import SaidLine, TitleLine, VerbLine
from screens.widgets.row_list import RowList
from screens.widgets.rows import Column, Row, Rows
from screens.widgets.text import Piece, Tone, show_cell
from storage.intake.report import LATER, Answer, FileReport, Question

if TYPE_CHECKING:
    from storage.store import Store

Phase = Literal["choose", "preview", "working", "report"]
FOLDER_SETTING = "import-folder"
_LOOK_SECONDS = 0.2


class ImportScreen(ImportSteps):
    """Three steps: choose, preview, accept."""

    place = "import"
    BINDINGS: ClassVar[list[BindingType]] = bindings_for("import")
    DEFAULT_CSS = """
    ImportScreen {
        #progress { height: auto; padding: 0 1; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.phase: Phase = "choose"
        self._folder = Path("/")
        self._entries: Sequence[Entry] = ()
        self._files: Sequence[Chosen] = ()
        self._answers: dict[str, Answer] = {}
        self._stop = threading.Event()
        self._far = (0.0, 0)

    def compose(self) -> ComposeResult:
        """A path to type, the folder's files, and the page of the preview and the report."""
        yield TitleLine("Import", "")
        yield PathInput(
            placeholder="a path; tab completes", max_length=4096, select_on_focus=False, id="path"
        )
        yield Static(id="progress", markup=False)
        yield FileList(
            [
                Column("File"),
                Column("Kind", 6),
                Column("Size", 8, right=True, drop=2),
                Column("Changed", 12, drop=1),
            ],
            empty="No CSV, XLSX, XML or TXT file here. f takes a path.",
            id="files",
        )
        yield RowList([Column("File by file")], empty="Nothing to show.", marks=False, id="page")
        yield SaidLine()
        yield VerbLine(self.place, self.keymap)

    async def on_mount(self) -> None:
        """Start in the folder used last."""
        self.set_interval(_LOOK_SECONDS, self._show_progress)
        try:
            remembered = await self.ask(lambda store: store.setting(FOLDER_SETTING))
        except OutreachError:
            return
        self._enter("choose")
        await self._open_folder(first_folder(remembered))

    def _enter(self, phase: Phase) -> None:
        """Show what belongs to a step."""
        self.phase = phase
        choosing = phase == "choose"
        self.query_one("#path").display = choosing
        self.query_one("#files").display = choosing
        self.query_one("#page").display = not choosing
        self.query_one("#progress").display = phase == "working"
        self._show_step()
        self.query_one("#files" if choosing else "#page").focus()

    def _show_step(self) -> None:
        marked = len(self.query_one(FileList).chosen)
        taken = sum(one.report is not None for one in self._files)
        choose = (
            f"{count_of(marked, 'file')} marked; enter looks into"
            if marked
            else "space marks; enter looks into"
        )
        it = "all its files" if taken > 1 else "its file"
        step = {
            "choose": f"1 of 3: {choose}, / finds",
            "preview": "2 of 3: preview; y takes it in, esc goes back",
            "working": "3 of 3: esc stops, and nothing of that file stays",
            "report": f"done; u takes this import back, {it}; esc chooses more",
        }[self.phase]
        self.query_one(TitleLine).set_title("Import", step)

    # Choosing

    async def _open_folder(self, folder: Path, name: str = "") -> None:
        try:
            self._entries = await asyncio.to_thread(list_folder, folder)
        except OSError:
            self.say("That folder cannot be read; choose another.", wrong=True)
            return
        self._folder = folder
        files = self.query_one(FileList)
        files.show_entries(self._entries)
        names = [entry.path.name for entry in self._entries]
        first = next((n for n, entry in enumerate(self._entries) if not entry.is_folder), 0)
        files.cursor = names.index(name) if name in names else first
        path = self.query_one("#path", PathInput)
        path.base = folder
        path.value = clean(f"{folder}/".replace("//", "/"), limit=4_000)

    def do_add_file(self) -> None:
        """To the path, to type it; in the preview back to choosing."""
        if self.phase == "working":
            return
        if self.phase != "choose":
            self._enter("choose")
        field = self.query_one("#path", PathInput)
        field.focus()
        field.cursor_position = len(field.value)

    def do_filter(self) -> None:
        """To the path: what is typed after the folder narrows the list."""
        if self.phase == "choose":
            self.do_add_file()

    @on(Input.Changed, "#path")
    def narrow(self, event: Input.Changed) -> None:
        """Show the files whose names hold what stands after the folder."""
        event.stop()
        self.query_one(FileList).narrow(self.query_one(PathInput).typed_name)

    def on_row_list_marked(self, _event: RowList.Marked) -> None:
        """Say how many files would be looked into."""
        self._show_step()

    def action_to_list(self) -> None:
        """From the path to the list."""
        self.query_one("#files").focus()

    @on(Input.Submitted, "#path")
    async def typed(self, event: Input.Submitted) -> None:
        """A folder is entered, a file looked into."""
        event.stop()
        path = resolve(event.value, self._folder)
        if await asyncio.to_thread(path.is_dir):
            came_from = self._folder.name if path == self._folder.parent else ""
            await self._open_folder(path, came_from)
            self.query_one("#files").focus()
            return
        files = self.query_one(FileList)
        found = [entry.path for entry in files.shown if not entry.is_folder] if files.is_narrowed else []
        if await asyncio.to_thread(path.exists) or not found:
            self._look_into([path])
        elif len(found) == 1:
            self._look_into(found)
        else:
            files.focus()

    def on_row_list_opened(self, event: RowList.Opened) -> None:
        """Enter in the list: go into a folder, or look into the marked files, else into this one."""
        event.stop()
        if self.phase != "choose":
            return
        entry = next(entry for entry in self._entries if str(entry.path) == event.row.id)
        if entry.is_folder:
            came_from = self._folder.name if entry.kind == "above" else ""
            self.run_worker(self._open_folder(entry.path, came_from), group="folder", exclusive=True)
        else:
            self._look_into(self._targets())

    def _targets(self) -> list[Path]:
        files = self.query_one(FileList)
        row = files.current
        chosen = files.chosen or ({row.id} if row is not None and not row.quiet else set())
        return sorted(Path(path) for path in chosen)

    def _look_into(self, paths: Sequence[Path]) -> None:
        if not paths:
            self.say("Mark one or more files first.", wrong=True)
            return
        self._answers = {}
        # CTFs bring schools and children that the registers beside them speak of.
        self._files = [Chosen(path) for path in sorted(paths, key=lambda p: p.suffix.lower() != ".xml")]
        self.run_worker(self._preview(), group="import", exclusive=True)

    # Preview

    async def _preview(self) -> None:
        """Look into every file that has no preview yet; ask for a school where a file does not say."""
        self._enter("working")
        done: list[Chosen] = []
        for number, chosen in enumerate(self._files, 1):
            self._tell(f"Looking into {short(chosen.name, 50)} ({number} of {len(self._files)})")
            after_others = any(one.is_ready for one in done)
            done.append(await look_into(self, chosen, after_others=after_others))
        self._files = done
        self._enter("preview")
        self._draw()
        if any(one.preview for one in done):
            folder = str(self._files[0].path.parent)
            await self.attempt(lambda store: store.save_setting(FOLDER_SETTING, folder))

    def do_mapping(self) -> None:
        """Say what a column is: pick the column, then what it holds; the preview is made anew."""
        if self.phase != "preview":
            self.say("Choose a file first; its columns are shown in the preview.", wrong=True)
            return
        self.run_worker(self._map_column(), group="import", exclusive=True)

    async def _map_column(self) -> None:
        chosen = next(
            (one for one in self._files if one.preview and one.preview.table.header and not one.report), None
        )
        if chosen is None or chosen.preview is None or chosen.preview.report.format == "ctf":
            self.say("This file has no columns to choose.", wrong=True)
            return
        layout = await ask_column(self, chosen.name, chosen.preview)
        if layout is not None:
            self._files = [
                replace(one, layout=layout, preview=None) if one is chosen else one for one in self._files
            ]
            await self._preview()

    # Taking in

    def do_accept(self) -> None:
        """Look into the marked files; in the preview ask what is open, then take them in."""
        if self.phase == "choose":
            self._look_into(self._targets())
        elif self.phase == "preview":
            self._take([one for one in self._files if one.preview is not None and one.report is None])
        elif self.phase == "report":
            waiting = [one for one in self._files if self._open_questions(one)]
            if waiting:
                self._take(waiting)
            else:
                self.say("All of it is taken in. esc chooses more files.")

    def _take(self, files: Sequence[Chosen]) -> None:
        if not files:
            self.say("None of these files can be taken in; esc chooses others.", wrong=True)
            return
        self.query_one(FileList).forget_marks()
        self.run_worker(self._ask_and_take(files), group="import", exclusive=True)

    def _open_questions(self, chosen: Chosen) -> list[Question]:
        answered = {key for key, answer in self._answers.items() if answer is not LATER}
        return [question for question in chosen.questions if question.key not in answered]

    async def _ask_and_take(self, files: Sequence[Chosen]) -> None:
        questions = {q.key: q for one in files for q in self._open_questions(one)}
        for number, question in enumerate(questions.values(), 1):
            where = f"{number} of {len(questions)}"
            self._answers[question.key] = await self.app.push_screen_wait(AskSame(question, where))
        self._stop.clear()
        self._enter("working")
        for number, chosen in enumerate(files, 1):
            self._far = (0.0, 0)
            self._tell(f"Taking in {short(chosen.name, 50)} ({number} of {len(files)})")
            taken = await self._take_one(chosen)
            self._files = [taken if one.path == chosen.path else one for one in self._files]
            if self._stop.is_set():
                break
        if not self._stop.is_set() and any(one.waits for one in self._files):
            await self._preview()
            return
        self._enter("report")
        self._draw()

    async def _take_one(self, chosen: Chosen) -> Chosen:
        from storage.intake.importer import import_file

        answers = dict(self._answers)

        def progress(part: float, marks: int) -> None:
            self._far = (part, marks)
            if self._stop.is_set():
                raise Refused("stopped", "Stopped: nothing of this file was taken in.")

        def take(store: Store) -> FileReport:
            progress(0.0, 0)
            return import_file(
                store,
                chosen.path,
                school=chosen.school,
                mapping=chosen.layout,
                confirm=lambda question: answers.get(question.key, LATER),
                progress=progress,
                moved=chosen.moved,
            )

        try:
            report = await self.ask(take)
        except OutreachError as problem:
            return replace(chosen, report=None, problem=problem)
        if report.applied is not None:
            self.took(report.applied)
        return replace(chosen, report=report, problem=None)

    async def before_lock(self) -> None:
        """An import that runs is stopped; its file leaves nothing."""
        self._stop.set()

    # Undo

    @property
    def is_working(self) -> bool:
        """Whether files are looked into or taken in."""
        return self.phase == "working"

    def look_again(self) -> None:
        """Nothing of the import stands any more: its files are looked into anew."""
        self._files = [Chosen(one.path, one.school, one.layout) for one in self._files]
        self.run_worker(self._preview(), group="import", exclusive=True)

    def do_back(self) -> None:
        """One step back: stop, choose again, leave."""
        if self.phase == "working":
            self._stop.set()
            self.say("Stopping. Files that were taken in before stay; u takes them back.")
        elif self.phase == "choose":
            files = self.query_one(FileList)
            if files.is_narrowed:
                path = self.query_one(PathInput)
                path.value = path.value.removesuffix(path.typed_name)
            elif files.chosen:
                files.forget_marks()
            else:
                self.shell.go_back()
        else:
            self.forget_steps()
            self._enter("choose")
            self.run_worker(self._open_folder(self._folder), group="folder", exclusive=True)

    # Drawing

    def on_resize(self, _event: Resize) -> None:
        """Fold to the new width."""
        if self.phase in ("preview", "report"):
            self._draw()

    def _draw(self) -> None:
        from screens.intake_page import page_lines

        width = max(40, self.size.width - 5)
        waiting = any(self._open_questions(one) for one in self._files)
        lines = page_lines(self._files, width, preview=self.phase == "preview", waiting=waiting)
        rows = [Row(str(number), (line,)) for number, line in enumerate(lines)]
        self.query_one("#page", RowList).set_source(Rows(rows), keep=False)

    def _tell(self, words: str) -> None:
        self.query_one("#page", RowList).set_source(Rows([Row("0", (words,))]), keep=False)

    def _show_progress(self) -> None:
        if self.phase != "working":
            return
        from screens.intake_lines import bar

        part, marks = self._far
        words = f" {round(part * 100):3} %  {marks:,} marks"
        room = max(10, min(40, self.size.width - len(words) - 4))
        self.query_one("#progress", Static).update(
            show_cell((Piece(f"[{bar(part, room)}]", Tone.KEY), Piece(words)))
        )
