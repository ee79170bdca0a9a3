from __future__ import annotations

import ast
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

import screens
from screens.widgets.text import Piece, Tone, show, show_cell, show_lines
from tests.screens.fakes import HOSTILE
from tests.screens.textshot import screen_text

FILES = [
    *Path(screens.__file__).parent.rglob("*.py"),
    Path(screens.__file__).parents[1] / "outreach_tui/app.py",
    Path(screens.__file__).parents[1] / "outreach_tui/rooms.py",
]
SINKS = {
    "Static", "Label", "Button", "Checkbox", "RadioButton", "Collapsible", "Option", "Toast", "Link",
    "update", "set_options", "add_option", "Tooltip", "Digits", "Pretty", "TabPane", "Tab", "ListItem",
}  # fmt: skip
MAKERS = {"show", "show_cell", "show_lines", "Content"}
FORBIDDEN_NAMES = {"from_markup", "Markdown", "MarkdownViewer", "RichLog", "DataTable", "OptionList"}
TITLES = {"border_title", "border_subtitle", "tooltip"}


def _is_content(node: ast.expr, known: set[str]) -> bool:
    """A literal without brackets, or something built by `show` and its kin."""
    if isinstance(node, ast.Constant):
        return node.value is None or (isinstance(node.value, str) and "[" not in node.value)
    if isinstance(node, ast.IfExp):
        return _is_content(node.body, known) and _is_content(node.orelse, known)
    if isinstance(node, ast.BinOp):
        return _is_content(node.left, known) and _is_content(node.right, known)
    if isinstance(node, ast.Name):
        return node.id in known
    if isinstance(node, ast.Call):
        name = node.func
        if isinstance(name, ast.Name):
            return name.id in MAKERS and (name.id != "Content" or _plain_content(node))
        if isinstance(name, ast.Attribute):
            return _is_content(name.value, known)  # a method of content, such as truncate
    return False


def _plain_content(node: ast.Call) -> bool:
    return all(isinstance(argument, ast.Constant) for argument in node.args)


def _is_false(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is False


def _is_widget(node: ast.expr | None, widgets: set[str]) -> bool:
    """A widget itself (`self`), one just asked for (`self.query_one(...)`), or a name that holds one."""
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", "") in {"query_one", "get_child_by_id"}
    return isinstance(node, ast.Name) and (node.id == "self" or node.id in widgets)


def _faults(tree: ast.Module, file: str) -> list[str]:
    faults = []
    constants = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and _is_content(node.value, set())
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for function in ast.walk(tree):
        if isinstance(function, ast.Attribute) and function.attr in FORBIDDEN_NAMES:
            faults.append(f"{file}:{function.lineno} {function.attr}")
        if isinstance(function, ast.Name) and function.id in FORBIDDEN_NAMES:
            faults.append(f"{file}:{function.lineno} {function.id}")
        if isinstance(function, ast.keyword) and function.arg == "markup" and not _is_false(function.value):
            faults.append(f"{file}:{function.value.lineno} markup is on")
        if not isinstance(function, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        known, widgets = set(constants), set()
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and _is_widget(node.value, widgets):
                widgets |= {target.id for target in node.targets if isinstance(target, ast.Name)}
            if isinstance(node, ast.Assign) and _is_content(node.value, known):
                known |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        for node in ast.walk(function):
            if isinstance(node, ast.Assign):
                for target in node.targets:
                    titled = isinstance(target, ast.Attribute) and target.attr in TITLES
                    if titled and not _is_content(node.value, known):
                        faults.append(f"{file}:{node.lineno} {ast.unparse(target)}")
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in SINKS and node.args and not _is_content(node.args[0], known):
                if name == "update" and not _is_widget(getattr(node.func, "value", None), widgets):
                    continue  # a dict, a set, or an edit
                faults.append(f"{file}:{node.lineno} {name}({ast.unparse(node.args[0])})")
            if name == "Static" and not any(keyword.arg == "markup" for keyword in node.keywords):
                faults.append(f"{file}:{node.lineno} Static without markup=False")
    return faults


def test_only_show_brings_data_to_widgets() -> None:
    faults: list[str] = []
    for path in FILES:
        faults += _faults(ast.parse(path.read_text("utf-8")), path.name)
    assert not faults


@pytest.mark.parametrize(
    "line",
    [
        "Static(name, markup=False)",
        "Static(f'{name}', markup=False)",
        "Static('[b]x', markup=False)",
        "Static(show(name))",
        "Label(name.title())",
        "self.query_one(Static).update(child.name)",
        "pane = self.query_one(Static)\n    pane.update(child.name)",
        "self.border_title = name",
        "Content.from_markup(name)",
        "Static(show(name), markup=True)",
        "Content(name)\n    x = Content(name)\n    Static(x, markup=False)",
    ],
)
def test_the_lint_sees_a_fault(line: str) -> None:
    assert _faults(ast.parse(f"def f(self, name, child):\n    {line}\n"), "x")


@pytest.mark.parametrize(
    "line", ["Static(show(name), markup=False)", "x = show(name)\n    Static(x + show('a'), markup=False)"]
)
def test_the_lint_passes_show(line: str) -> None:
    assert not _faults(ast.parse(f"def f(self, name):\n    {line}\n"), "x")


@pytest.mark.parametrize("value", HOSTILE)
def test_show_keeps_words_and_drops_control(value: str) -> None:
    text = show(value).plain
    assert text.isprintable() or not text.strip()
    assert "\x1b" not in text
    assert "\u202e" not in text
    if "[" in value and value.isprintable():
        assert text == value


def test_pieces_carry_tones() -> None:
    content = show_cell((Piece("N", Tone.UNAUTHORISED), Piece(" [/] "), Piece("I", Tone.AUTHORISED)))
    assert content.plain == "N [/] I"
    assert len(content.spans) == 2
    assert show_lines(["a\nb", Piece("c")]).plain == "a b\nc"


async def test_every_tone_draws_under_every_theme() -> None:
    from outreach_tui.app import OutreachApp  # noqa: F401 (proves that the themes register)
    from screens.themes import THEMES, TONE_DEFAULTS

    class Bare(App[None]):
        def get_theme_variable_defaults(self) -> dict[str, str]:
            return TONE_DEFAULTS

        def compose(self) -> ComposeResult:
            for tone in Tone:
                yield Static(show(tone.value, tone), markup=False)

    app = Bare()
    for theme in THEMES.values():
        app.register_theme(theme)
    async with app.run_test() as pilot:
        for theme in THEMES.values():
            app.theme = theme.name
            await pilot.pause()
            assert screen_text(app).split() == [tone.value for tone in Tone]
