"""The verbs of lists: moving, marking, filtering, saved views."""

from __future__ import annotations

from screens.verb_tables.verb import LISTS, Verb

VERBS: tuple[Verb, ...] = (
    Verb(
        "open",
        "enter",
        "Open",
        "Open the row under the cursor.",
        "Lists",
        (LISTS,),
        (
            *("caseload", "clocks", "supervision", "import", "notifications", "disagreements", "assessment"),
            *("schools", "notification", "conflicts", "settled"),
        ),
        "open",
    ),
    Verb(
        "mark",
        "space",
        "Mark",
        "Mark or unmark the row; verbs act on marked rows.",
        "Lists",
        (LISTS,),
        ("caseload",),
        "mark",
    ),
    Verb(
        "mark-all", "a", "Mark all", "Mark every row shown, or unmark all.", "Lists", (LISTS,), (), "mark_all"
    ),
    Verb("up", "up,k", "Up", "Row above.", "Lists", (LISTS,), (), "move(-1)"),
    Verb("down", "down,j", "Down", "Row below.", "Lists", (LISTS,), (), "move(1)"),
    Verb("page-up", "pageup", "Page up", "A page up.", "Lists", (LISTS,), (), "page(-1)"),
    Verb("page-down", "pagedown", "Page down", "A page down.", "Lists", (LISTS,), (), "page(1)"),
    Verb("first", "home", "First", "First row.", "Lists", (LISTS,), (), "first"),
    Verb("last", "end", "Last", "Last row.", "Lists", (LISTS,), (), "last"),
    Verb(
        "filter",
        "/",
        "Filter",
        "Type a filter, for example unauth>=8 no-contact:5d.",
        "Lists",
        ("today", "caseload", "import", "notifications"),
        ("caseload", "notifications"),
    ),
    Verb(
        "left-out",
        ".",
        "Left out",
        "Show or hide rows that are explained, acted on or asleep.",
        "Lists",
        ("today", "clocks"),
    ),
    Verb("school", "b", "School", "One school, or all.", "Lists", ("today", "caseload")),
    Verb(
        "more-down",
        "]",
        "More",
        "Read on in the reasons below the list.",
        "Lists",
        ("today", "caseload", "clocks", "supervision", "schools"),
    ),
    Verb(
        "more-up",
        "[",
        "Less",
        "Read back in the reasons below the list.",
        "Lists",
        ("today", "caseload", "clocks", "supervision", "schools"),
    ),
    Verb(
        "order",
        "o",
        "Order",
        "Next sort order; Clocks: by due day, family or school visit.",
        "Lists",
        ("caseload", "clocks", "supervision"),
        ("caseload", "clocks", "supervision"),
    ),
    Verb(
        "save-view",
        "S",
        "Save view",
        "Keep this filter as a saved view on a digit.",
        "Lists",
        ("today", "caseload"),
        ("caseload",),
    ),
    *(
        Verb(
            f"view-{n}",
            str(n),
            f"View {n}",
            f"Saved view {n}; on a child's page its section {n}.",
            "Lists",
            ("today", "caseload", "child"),
        )
        for n in range(1, 10)
    ),
)
