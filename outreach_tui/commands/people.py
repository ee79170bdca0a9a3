"""What the caller may see of a record, and how output names a child. `may_see` decides; this only asks."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casework.policies import Category
from casework.records import FLAG_CATEGORY, Child, Flag, Household, Person, Record, Relationship, meta_of
from casework.sharing import Decision, Purpose, may_see
from storage.queries.lookup import display_name

if TYPE_CHECKING:
    from datetime import date, datetime

    from outreach_tui.commands.frame import Call
    from storage.store import Store

_TEAM_FACTS = frozenset({Category.EDUCATION, Category.WORKFORCE})
_NO_CHILD = Decision("no", "It is tied to no child on this laptop.")
_PROTECTED = Decision("no", "The address is protected.")


@dataclass(frozen=True)
class Eyes:
    """The worker's own view of the caseload for one purpose."""

    store: Store
    purpose: Purpose = "support"

    def decide(self, child: Child | None, category: Category) -> Decision:
        """Whether the worker may see a category of a child, or of a record that belongs to no child."""
        if child is None:
            return Decision("yes", "A fact of the team.") if category in _TEAM_FACTS else _NO_CHILD
        return may_see(self.store.worker, child, category, self.purpose, self.store.today)

    def sees(self, child: Child, category: Category) -> bool:
        """Whether a category of a child's record may be shown."""
        return bool(self.decide(child, category))

    def require(self, child: Child, category: Category) -> None:
        """Raise Refused with the reason unless the category may be seen."""
        decision = self.decide(child, category)
        if not decision:
            from casework.errors import Refused

            raise Refused("withheld", decision.reason, category.value)

    def field(self, record: Record, name: str, child: Child | None) -> Decision:
        """Whether one field of a record may be shown."""
        if isinstance(record, Person | Household) and name == "address" and record.address_protected:
            return _PROTECTED
        if isinstance(record, Flag):
            return self.decide(child, FLAG_CATEGORY[record.kind])
        meta = meta_of(record.type, name)
        return self.decide(child, meta.category) if meta else Decision("yes", "")

    def child(self, child: Child) -> dict[str, Any]:
        """A child as rows name them; what may not be seen is null."""
        education = self.sees(child, Category.EDUCATION)
        known = self.store.schools.schools.get(child.school or "") if education else None
        return {
            "id": child.id,
            "upn": child.upn if education else None,
            "name": display_name(child),
            "school": known.name if known else None,
            "urn": known.urn if known else None,
        }


def subject_of(store: Store, record: Record) -> Child | None:
    """The child a record is about, when it is about one: itself, the child it names, or one tied to it."""
    if isinstance(record, Child):
        return record
    child = getattr(record, "child", None)
    if isinstance(record, Household):
        found = store.find(Child, "household = ?", (record.id,))
        return found[0] if found else None
    if isinstance(record, Person):
        ties = store.find(Relationship, "person = ?", (record.id,))
        child = ties[0].child if ties else None
    return store.get(Child, child) if isinstance(child, str) else None


def take_note(text: str | None) -> str:
    """A note as given, or from stdin when it is `-`."""
    if text != "-":
        return text or ""
    from casework.errors import BadInput

    raw = sys.stdin.buffer.read(400_001)
    if len(raw) > 400_000:
        raise BadInput("too-large", "The note is longer than 400,000 bytes.", "stdin")
    try:
        return raw.decode("utf-8-sig").strip("\n")
    except UnicodeDecodeError:
        raise BadInput("not-text", "The note is not UTF-8 text; save it as UTF-8.", "stdin") from None


def take_day(text: str | None, today: date, option: str, *, past: bool = False) -> date | None:
    """The day that an option names; what was understood is echoed on stderr with its weekday."""
    if text is None:
        return None
    from casework.dates import parse_date
    from casework.wording import say_day
    from outreach_tui import output

    day = parse_date(text, today, prefer="past" if past else "near")
    output.warn(f"{option}: {say_day(day)}")
    return day


def take_when(text: str | None, call: Call) -> datetime:
    """The instant that --at names (echoed), or now; with --today, now on that date."""
    if text is None:
        return call.moment()
    from casework.dates import parse_when
    from outreach_tui import output
    from outreach_tui.commands.frame import clock_text

    at = parse_when(text, call.moment(), prefer="past")
    output.warn(f"--at: {clock_text(at)}")
    return at
