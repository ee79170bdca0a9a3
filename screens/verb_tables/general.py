"""The verbs of import, steps and the whole app."""

from __future__ import annotations

from screens.verb_tables.verb import APP, EVERYWHERE, Verb

VERBS: tuple[Verb, ...] = (
    Verb("accept", "y", "Accept", "Take the files as previewed.", "Import", ("import",), ("import",)),
    Verb("add-file", "f", "File", "Choose a register file.", "Import", ("import",), ("import",)),
    Verb("mapping", "d", "Columns", "Say which column is which.", "Import", ("import",), ("import",)),
    Verb(
        "undo",
        "u",
        "Undo",
        "Undo the last step, also after a restart.",
        "Steps",
        (EVERYWHERE,),
        (
            *("today", "caseload", "child", "clocks", "import", "notification", "plan", "supervision"),
            *("disagreements", "review", "case", "assessment"),
        ),
    ),
    Verb("redo", "U,ctrl+r", "Redo", "Do the undone step again.", "Steps"),
    Verb("go-today", "g t", "Today", "The morning round.", "Go to"),
    Verb("go-caseload", "g c", "Caseload", "The ranked caseload.", "Go to"),
    Verb("go-clocks", "g k", "Clocks", "What is due, of your cases and visits.", "Go to"),
    Verb("go-supervision", "g v", "Supervision", "Your cases as a table, or the team's.", "Go to"),
    Verb("go-import", "g i", "Import", "Take in registers.", "Go to"),
    Verb("go-notifications", "g n", "Notifications", "What schools asked for, and its clocks.", "Go to"),
    Verb("go-search", "g s", "Search", "Find a child by name, number or address.", "Go to"),
    Verb("go-help", "g h", "Help", "Keys and words.", "Go to"),
    Verb("back", "escape", "Back", "One step back.", "Everywhere", footer=("reader", "history")),
    Verb("theme", "T", "Theme", "Next colours: dark, light, contrast, terminal.", "Everywhere"),
    Verb("help", "?,f1", "Help", "Every key that holds here.", "Everywhere"),
    Verb(
        "palette",
        "ctrl+p",
        "Palette",
        "Find a verb or a person by name.",
        "Everywhere",
        (APP,),
        (),
        "command_palette",
        True,
    ),
    Verb(
        "lock",
        "ctrl+l",
        "Lock",
        "Lock now: the caseload is closed and the screen cleared.",
        "Everywhere",
        (APP,),
        (),
        "lock",
        True,
    ),
    Verb("quit", "q", "Quit", "Leave. Everything is saved already.", "Everywhere"),
    Verb(
        "quit-now",
        "ctrl+q",
        "Quit",
        "Leave from anywhere, also out of a text field.",
        "Everywhere",
        (APP,),
        (),
        "quit",
        True,
    ),
)
