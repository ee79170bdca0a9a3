"""What the commands of a case share: finding its records as far as they may be seen, making new ones."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from casework.errors import BadInput, Refused, misfit
from casework.policies import PURPOSE_OF, Category
from casework.records import Child, Record

if TYPE_CHECKING:
    from storage.store import Store

R = TypeVar("R", bound=Record)
_ARTICLE = {"outcome": "an", "action": "an", "assessment": "an"}


def take_own(store: Store, text: str, cls: type[R], where: str, see: str) -> tuple[R, Child]:
    """The record of a type that an argument means, with its child; `see` is the command that lists them.

    Raises BadInput when it is another record or was taken back, Refused with the reason when the family's
    words in it are withheld from this worker.
    """
    from outreach_tui.commands.people import take_record

    found = take_record(store, text, where)
    if not isinstance(found, cls) or found.void:
        article = _ARTICLE.get(cls.type, "a")
        raise BadInput(f"not-{article}-{cls.type}", f"That id is no {cls.type}; see `{see}`.", where)
    child = store.get(Child, getattr(found, "child", ""))
    require_family(store, child, cls.type)
    return found, child


def take_case(store: Store, text: str, record_type: str, *, or_leads: bool = False) -> Child:
    """The child that an argument means. Raises Refused unless this worker sees the family's words in records
    of this type, or with `or_leads` leads the work: who opened a case can end it whatever was withdrawn.
    """
    from outreach_tui.commands.people import Eyes, take_child

    child = take_child(store, text)
    Eyes(store, PURPOSE_OF[record_type]).require(child, Category.IDENTITY)
    if not (or_leads and child.lead_worker == store.worker.id):
        require_family(store, child, record_type)
    return child


def require_family(store: Store, child: Child, record_type: str) -> None:
    """Raise Refused with the reason unless this worker sees the family's words in records of this type."""
    from storage.queries import plans

    plans.require_family(store, child, record_type)


def require_health(store: Store, child: Child) -> None:
    """Raise Refused with the reason unless this worker sees the health part of an assessment."""
    decision = store.may_see(child, Category.HEALTH, PURPOSE_OF["assessment"])
    if not decision:
        raise Refused("withheld", decision.reason, "--health")


@contextmanager
def fitting(options: Mapping[str, str]) -> Iterator[None]:
    """Say of a value that a record cannot hold by which option it came; `options` names those of fields that
    are called otherwise. Raises BadInput, without the value.
    """
    from pydantic import ValidationError

    try:
        yield
    except ValidationError as error:
        field, why = misfit(error)
        option = options.get(field, f"--{field.replace('_', '-')}")
        raise BadInput("bad-value", f"The value of {option} {why}", option) from None


def text_of(text: str | None, option: str) -> str:
    """A text as given or, with `-`, from stdin; it is said when characters of it are left out."""
    from outreach_tui.commands.people import take_note

    return take_note(text, option)


def names_of(text: str) -> tuple[str, ...]:
    """The comma-separated names of an option, each once."""
    return tuple(dict.fromkeys(name.strip() for name in text.split(",") if name.strip()))
