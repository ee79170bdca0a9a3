"""The one table of verbs. Keys, footer, Help, the palette and docs/keys.md all derive from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from textual.binding import Binding, BindingType

EVERYWHERE = "everywhere"
LISTS = "lists"
APP = "app"

Keymap = Mapping[str, str]
"""Verb id to keys, as the worker remapped them."""


@dataclass(frozen=True, slots=True)
class Verb:
    """One thing a worker can do.

    `keys` are Textual key names; several are parted by commas, and a second key after a space follows
    the first (`g t`). `places` names the screens where it holds, `footer` those that list it below.
    """

    id: str
    keys: str
    label: str
    help: str
    group: str
    places: tuple[str, ...] = (EVERYWHERE,)
    footer: tuple[str, ...] = ()
    action: str = ""
    priority: bool = False

    @property
    def leader(self) -> str:
        """The first key of a sequence such as `g t`, else nothing."""
        first, _, second = self.keys.partition(" ")
        return first if second else ""


_ROUND = ("today", "caseload", "child")
_NOTIFICATIONS = ("notifications", "notification")
_LISTS = ("today", "caseload", "clocks")

VERBS: tuple[Verb, ...] = (
    Verb("no-answer", "n", "No answer", "Called, nobody answered.", "Follow-up", _ROUND, ("today", "child")),
    Verb("left-message", "m", "Message", "Left a message.", "Follow-up", _ROUND, ("today",)),
    Verb("wrong-number", "w", "Wrong number", "The number is not theirs.", "Follow-up", _ROUND),
    Verb(
        "spoke",
        "s",
        "Spoke",
        "Spoke to a parent, the child or another adult.",
        "Follow-up",
        _ROUND,
        ("today", "child"),
    ),
    Verb(
        "reason",
        "r",
        "Reason",
        "A reason was given: pick the code to pass to the school.",
        "Follow-up",
        _ROUND,
        ("today", "child"),
    ),
    Verb(
        "visit-planned",
        "v",
        "Visit",
        "A home visit is planned.",
        "Follow-up",
        _ROUND,
    ),
    Verb("seen", "e", "Seen", "The child was seen.", "Follow-up", _ROUND, ("today",)),
    Verb("not-seen", "x", "Not seen", "Visited, the child was not seen.", "Follow-up", _ROUND),
    Verb(
        "safeguarding",
        "!",
        "Safeguarding",
        "A safeguarding concern: asks first, then shows what to do now.",
        "Follow-up",
        _ROUND,
    ),
    Verb("closed", "c", "Close", "Close the follow-up, with a reason.", "Follow-up", _ROUND),
    Verb("note", "t", "Note", "Write a note (text).", "Records", _ROUND, ("child",)),
    Verb(
        "contact",
        "l",
        "Contact",
        "Log a contact: kind, outcome, child seen, note, next step.",
        "Records",
        ("child", "clocks"),
        ("child", "clocks"),
    ),
    Verb(
        "snooze",
        "z",
        "Snooze",
        "Hide the row until a day, with a reason; its clock runs on.",
        "Clocks",
        ("clocks",),
        ("clocks",),
    ),
    Verb(
        "pause",
        "Z",
        "Pause",
        "As snooze, for work that has to wait.",
        "Clocks",
        ("clocks",),
        ("clocks",),
    ),
    Verb("wake", "B", "Wake", "List a paused or snoozed row again.", "Clocks", ("clocks",)),
    Verb(
        "note-last",
        "N",
        "Words",
        "Words for the step logged last, or go on with a draft.",
        "Records",
        ("today", "caseload"),
    ),
    Verb("people", "p", "People", "People and how to reach them.", "Records", _ROUND),
    Verb("sibling", "i", "Sibling", "The next child of the same home.", "Records", ("child",)),
    Verb("history", "h", "History", "Who changed what, when, from what to what.", "Records", _ROUND),
    Verb("consent", "C", "Consent", "What the family agreed to; what may be shared.", "Agreement", _ROUND),
    Verb(
        "consent-ask",
        "Q",
        "Ask",
        "May this agency see it? Yes, no or ask, with the reason.",
        "Agreement",
        ("consent",),
        ("consent",),
    ),
    Verb(
        "consent-record",
        "R",
        "Record",
        "Record an agreement or a refusal.",
        "Agreement",
        ("consent",),
        ("consent",),
    ),
    Verb(
        "consent-withdraw",
        "W",
        "Withdraw",
        "The family takes an agreement back: says what disappears, and is final.",
        "Agreement",
        ("consent",),
        ("consent",),
    ),
    Verb(
        "consent-settle",
        "L",
        "Limits",
        "Settle what the family's own words rule out.",
        "Agreement",
        ("consent",),
        ("consent",),
    ),
    Verb(
        "disclose",
        "D",
        "Without",
        "Share without agreement, or decide not to: with the reason.",
        "Agreement",
        ("consent",),
        ("consent",),
    ),
    Verb(
        "preview",
        "V",
        "Preview",
        "The child's page as another agency or worker may see it.",
        "Agreement",
        ("consent", "child"),
        ("consent",),
    ),
    Verb(
        "open",
        "enter",
        "Open",
        "Open the row under the cursor.",
        "Lists",
        (LISTS,),
        ("caseload", "clocks", "import", "notifications"),
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
        ("today", "caseload", "clocks"),
    ),
    Verb(
        "more-up",
        "[",
        "Less",
        "Read back in the reasons below the list.",
        "Lists",
        ("today", "caseload", "clocks"),
    ),
    Verb(
        "order",
        "o",
        "Order",
        "Next sort order; Clocks: by due day, family or school visit.",
        "Lists",
        ("caseload", "clocks"),
        ("caseload", "clocks"),
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
    Verb(
        "new-notification",
        "+",
        "New",
        "Take in a school's notification.",
        "Notifications",
        ("notifications",),
        ("notifications",),
    ),
    Verb(
        "allocate",
        "A",
        "Allocate",
        "Give it to a worker, by what each carries; an episode opens.",
        "Notifications",
        _NOTIFICATIONS,
        _NOTIFICATIONS,
    ),
    Verb(
        "need-information",
        "M",
        "More needed",
        "Ask the school for more, with what is missing: the clock stops.",
        "Notifications",
        _NOTIFICATIONS,
        _NOTIFICATIONS,
    ),
    Verb(
        "information",
        "I",
        "Came",
        "The information came: fill in the parts; the clock starts anew when nothing is missing.",
        "Notifications",
        _NOTIFICATIONS,
        ("notification",),
    ),
    Verb(
        "contacted",
        "K",
        "Notifier",
        "You spoke with who sent it; shows what they may be told, and why.",
        "Notifications",
        _NOTIFICATIONS,
        _NOTIFICATIONS,
    ),
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
        ("today", "caseload", "child", "clocks", "import", "notification"),
    ),
    Verb("redo", "U,ctrl+r", "Redo", "Do the undone step again.", "Steps"),
    Verb("go-today", "g t", "Today", "The morning round.", "Go to"),
    Verb("go-caseload", "g c", "Caseload", "The ranked caseload.", "Go to"),
    Verb("go-clocks", "g k", "Clocks", "What is due, of your cases and visits.", "Go to"),
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

BY_ID: dict[str, Verb] = {verb.id: verb for verb in VERBS}

LEADER = "g"
"""The key that waits for a second one."""

SCREEN_TITLES = {
    "today": "Today",
    "caseload": "Caseload",
    "child": "Child",
    "clocks": "Clocks",
    "import": "Import",
    "consent": "Agreement",
    "notifications": "Notifications",
    "notification": "Notification",
    LISTS: "Lists",
    EVERYWHERE: "Everywhere",
    APP: "Everywhere",
}

_SIGNS = {
    "escape": "esc", "pageup": "pgup", "pagedown": "pgdn", "question_mark": "?", "exclamation_mark": "!",
    "slash": "/", "full_stop": ".", "up": "↑", "down": "↓", "f1": "F1",
}  # fmt: skip


def verbs_for(place: str) -> tuple[Verb, ...]:
    """The verbs that hold on a screen (`today`), in lists (`LISTS`) or in the whole app (`APP`)."""
    return tuple(verb for verb in VERBS if place in verb.places)


def bindings_for(place: str, *, everywhere: bool = True) -> list[BindingType]:
    """Textual bindings of a place; a screen also gets the verbs that hold everywhere.

    A verb without an `action` of its own runs `do_<id>` of the screen, and `screens.base` waits for the
    second key of `g t`.
    """
    places = {place, EVERYWHERE} if everywhere and place not in (LISTS, APP) else {place}
    return [
        Binding(
            verb.keys,
            verb.action or f"screen.verb('{verb.id}')",
            verb.label,
            show=False,
            tooltip=verb.help,
            id=verb.id,
            priority=verb.priority,
        )
        for verb in VERBS
        if places.intersection(verb.places) and not verb.leader
    ]


def keys_of(verb: Verb, keymap: Keymap | None = None) -> str:
    """The verb's keys as a person reads them (`esc`, `g t`, `U or ctrl+r`)."""
    raw = (keymap or {}).get(verb.id, verb.keys)
    return " or ".join(" ".join(_SIGNS.get(part, part) for part in key.split()) for key in raw.split(","))


def footer_verbs(place: str) -> tuple[Verb, ...]:
    """At most six verbs for the line below a screen, in the table's order."""
    return tuple(verb for verb in VERBS if place in verb.footer)


def grouped(verbs: Iterable[Verb]) -> dict[str, list[Verb]]:
    """Verbs by group, both in the table's order."""
    groups: dict[str, list[Verb]] = {}
    for verb in verbs:
        groups.setdefault(verb.group, []).append(verb)
    return groups


def keys_markdown() -> str:
    """The text of docs/keys.md."""
    lines = [
        "# Keys",
        "",
        "Made from `screens/verbs.py`; a test holds this page equal to that table.",
        "One letter is one verb on every screen. Verbs act on the marked rows, else on the row",
        "under the cursor.",
        "Every id can be given other keys in `settings.toml` in the data folder:",
        "",
        "```toml",
        "[keys]",
        'no-answer = "n,f2"',
        "```",
        "",
    ]
    for group, verbs in grouped(VERBS).items():
        lines += [f"## {group}", "", "| key | verb | where | id |", "|---|---|---|---|"]
        for verb in verbs:
            where = ", ".join(dict.fromkeys(SCREEN_TITLES[place] for place in verb.places))
            keys = f"`{keys_of(verb)}`"
            lines.append(f"| {keys} | {verb.label}: {verb.help} | {where} | `{verb.id}` |")
        lines.append("")
    return "\n".join(lines).rstrip() + "\n"
