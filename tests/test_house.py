"""The house holds: imports point down, only their rooms know Textual and the database; no network."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.tools.order import dealt

ROOT = Path(__file__).parents[1]
FLOORS = ("casework", "storage", "sync", "screens", "outreach_tui")
TEXTUAL_ROOMS = ("screens/", "outreach_tui/app.py", "outreach_tui/guarded.py", "outreach_tui/rooms.py")
READS_MARKUP = {"Static", "Label", "Button", "Digits", "Link", "Markdown", "Collapsible", "TabPane"}
NEVER = {"DataTable", "OptionList", "SelectionList", "RichLog", "Log"}
"""Widgets that read what they are given as markup, or write it raw, and cannot be told not to."""
DATABASE = {"sqlcipher3", "sqlite3", "sqlite_utils"}
NETWORK = {"httpx2", "requests", "urllib.request", "http.client", "socket"}
CASEWORK_MAY = {
    "pydantic",
    "pydantic_core",
    "orjson",
    "holidays",
    "stdnum",
    "rapidfuzz",
    "jellyfish",
    "dateparser",
    "uuid_utils",
}


def modules() -> list[Path]:
    return sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_every_import_points_down(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    floor = FLOORS.index(place.split("/")[0])
    for name in imports(path):
        top = name.split(".")[0]
        if top in FLOORS:
            assert FLOORS.index(top) <= floor, f"{place} imports {name} from a floor above"
        if top == "textual":
            assert place.startswith(TEXTUAL_ROOMS), f"{place} imports textual"
        if top in DATABASE:
            assert place.startswith("storage/"), f"{place} imports {name}"
        assert name not in NETWORK or place.startswith("sync/"), f"{place} imports {name}"
        if place.startswith("casework/"):
            assert top in {*CASEWORK_MAY, "casework", "__future__"} or top in sys.stdlib_module_names


@pytest.mark.parametrize("path", sorted((ROOT / "casework").glob("*.py")), ids=lambda path: path.name)
def test_casework_has_no_clock_and_touches_nothing_outside(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"today", "now", "utcnow"} or not _is_type(node.value)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in {"open", "print", "input"}


def _is_type(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in {"date", "datetime", "time"}


@pytest.mark.parametrize(
    ("module", "not_loaded"),
    [
        ("casework.records", {"textual", "click", "sqlcipher3", "holidays", "dateparser"}),
        ("storage.store", {"textual", "click", "sqlite_utils", "keyring", "rapidfuzz", "python_calamine"}),
        ("outreach_tui.cli", {"textual", "pydantic", "orjson", "sqlcipher3", "casework", "storage"}),
    ],
)
def test_a_module_alone_loads_no_more_than_it_needs(module: str, not_loaded: set[str]) -> None:
    code = f"import sys, {module}; print(*sorted({{name.split('.')[0] for name in sys.modules}}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not_loaded.isdisjoint(done.stdout.split())


def test_no_file_names_a_registry_or_this_machine() -> None:
    names = ("pypi" + ".org", "python" + "hosted.org", "registry." + "npmjs", "/ro" + "ot/", "/wo" + "rk/")
    for path in [*modules(), *ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*.lock")]:
        text = path.read_text("utf-8")
        assert not [name for name in names if name in text], path


@pytest.mark.parametrize("path", sorted((ROOT / "screens").rglob("*.py")), ids=lambda path: path.name)
def test_no_widget_reads_markup(path: Path) -> None:
    """A name such as `Anne [/] x` would style, act or crash where a widget reads it as markup."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            where = f"{path.name}:{node.lineno}"
            assert node.func.id not in NEVER, where
            if node.func.id in READS_MARKUP:
                given = {word.arg: word.value for word in node.keywords}.get("markup")
                assert isinstance(given, ast.Constant), where
                assert given.value is False, where


ASKS_MAY_SEE = {
    "storage/store.py": "Store.may_see, which everything else asks",
    "casework/sharing_table.py": "makes docs/sharing.md from it",
    "storage/queries/notifications.py": "what a notifying school may be told is decided for the school",
    "casework/opened.py": "what youth justice as somebody wrote it would open by itself",
    "casework/withdrawing.py": "what a withdrawal would take away is asked before it is made",
    "outreach_tui/commands/consent.py": "`consent check` answers for a worker of another agency",
    "sync/hub/entitlement.py": "what each laptop is sent is decided for its worker",
}
"""Who may call `casework.sharing.may_see` itself, and why."""

READS_AROUND = {
    "storage/journal.py": "writes records and takes steps back",
    "storage/reindex.py": "keeps the search index",
    "storage/integrity.py": "compares records with their history and says how many differ",
    "storage/rows.py": "reads rows for everybody",
    "storage/store.py": "reads rows for everybody",
    "storage/queries/grounds.py": "reads what may_see stands on",
    "storage/queries/sight.py": "asks may_see for others",
    "storage/queries/seek.py": "hands the search what is hidden",
    "storage/queries/guarded_words.py": "reads protected addresses to take them out of words",
}
"""Rooms that read records of children without asking, and why. Intake puts in what a file says."""

CHILD_RECORDS = {
    "Child",
    "Person",
    "Household",
    "Relationship",
    "AttendanceWeek",
    "FollowUp",
    "Contact",
    "Flag",
}
ASKING = {
    "may_see",
    "seen_tasks",
    "Sight",
    "Eyes",
    "seen_children",
    "seen_ids",
    "shown_child",
    "is_there",
    "children_of",
    "decision_of",
}


def names_in(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Name):
            found.add(node.id)
        elif isinstance(node, ast.Attribute):
            found.add(node.attr)
        elif isinstance(node, ast.ImportFrom):
            found |= {alias.name for alias in node.names}
    return found


def test_one_function_decides_who_may_see() -> None:
    for path in modules():
        place = path.relative_to(ROOT).as_posix()
        asks = any(
            isinstance(node, ast.ImportFrom)
            and node.module == "casework.sharing"
            and {alias.name for alias in node.names} & {"may_see", "sees_every"}
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
        )
        assert not asks or place in ASKS_MAY_SEE, f"{place} asks may_see itself; ask Store.may_see"
    for place in ASKS_MAY_SEE:
        assert (ROOT / place).exists(), place


@pytest.mark.parametrize(
    "path", sorted((ROOT / "storage" / "queries").glob("*.py")), ids=lambda path: path.name
)
def test_a_query_that_reads_records_of_children_asks_what_may_be_seen(path: Path) -> None:
    place = path.relative_to(ROOT).as_posix()
    if place in READS_AROUND:
        return
    names = names_in(path)
    reads = names & CHILD_RECORDS and names & {"find", "get", "execute", "load", "load_all"}
    assert not reads or names & ASKING, f"{place} reads records of children and asks nobody"


@pytest.mark.parametrize(
    "path",
    [p for floor in ("screens", "outreach_tui") for p in sorted((ROOT / floor).rglob("*.py"))],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_no_screen_or_command_searches_names_by_itself(path: Path) -> None:
    """A search of the index alone would find children by what is withheld."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr == "names":
            held = node.value
            assert not (isinstance(held, ast.Name) and held.id == "store"), f"{path.name}:{node.lineno}"


@given(st.lists(st.booleans(), max_size=60), st.integers(1, 7))
def test_each_worker_begins_with_its_share_of_the_long_tests(are_long: list[bool], workers: int) -> None:
    """Of a list that is divided as pytest-xdist does; where there are no more long ones than others."""
    tests = list(enumerate(are_long))
    order = dealt(tests, lambda test: test[1], workers)
    assert sorted(order) == tests
    counts = []
    for worker in range(workers):
        share, order = order[: (n := len(order) // (workers - worker))], order[n:]
        ours = [is_long for _, is_long in share]
        assert sum(are_long) * 2 > len(tests) or ours == sorted(ours, reverse=True)
        counts.append(sum(ours))
    assert sum(are_long) * 2 > len(tests) or max(counts) - min(counts) <= 1
