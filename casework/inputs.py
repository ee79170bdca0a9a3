"""Reading a rule's input: JSON-like fields checked one by one, every fault naming its field.

The values themselves never appear in a message, since they may describe a child.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import date

from casework.calendars import SchoolCalendar
from casework.errors import BadInput

_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_FIRST_YEAR, _LAST_YEAR = 1990, 2100
_MOST_ITEMS = 20_000
_MOST_TERM_DAYS = 400


def _fault(field: str, must: str) -> BadInput:
    return BadInput("bad-field", f"The field {field} must be {must}: correct it.", where=field)


class Fields:
    """The fields of one JSON object; ``path`` names where it lies in the whole input.

    Every reader raises BadInput naming the field when it is missing or of another type or range.
    """

    def __init__(self, data: object, path: str = "") -> None:
        if not isinstance(data, Mapping):
            raise _fault(path or "input", "a JSON object")
        self._data: Mapping[str, object] = data
        self._path = path
        self._read: set[str] = set()

    def _name(self, field: str) -> str:
        return f"{self._path}.{field}" if self._path else field

    def _get(self, field: str, must: str) -> object:
        self._read.add(field)
        if field not in self._data:
            name = self._name(field)
            raise BadInput("missing-field", f"The field {name} is missing: give {must}.", where=name)
        return self._data[field]

    def unread(self) -> int:
        """How many fields were given that the rule never read."""
        return len(set(self._data) - self._read)

    def has(self, field: str) -> bool:
        """Whether a field was given, for those that a rule can do without."""
        self._read.add(field)
        return field in self._data

    def text(self, field: str) -> str:
        """A string."""
        value = self._get(field, "text")
        if not isinstance(value, str):
            raise _fault(self._name(field), "text")
        return value

    def flag(self, field: str, default: bool | None = None) -> bool:
        """True or false; ``default`` stands for a missing field."""
        if default is not None and field not in self._data:
            self._read.add(field)
            return default
        value = self._get(field, "true or false")
        if not isinstance(value, bool):
            raise _fault(self._name(field), "true or false")
        return value

    def whole(self, field: str, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        must = f"a whole number from {low} to {high}"
        value = self._get(field, must)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise _fault(self._name(field), must)
        return value

    def number(self, field: str, low: float, high: float) -> float:
        """A number from ``low`` to ``high``."""
        must = f"a number from {low:g} to {high:g}"
        value = self._get(field, must)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise _fault(self._name(field), must)
        if not math.isfinite(value) or not low <= value <= high:
            raise _fault(self._name(field), must)
        return float(value)

    def day(self, field: str) -> date:
        """A date written YYYY-MM-DD."""
        return as_day(self._get(field, "a date as YYYY-MM-DD"), self._name(field))

    def day_or_none(self, field: str) -> date | None:
        """A date written YYYY-MM-DD, or null."""
        value = self._get(field, "a date as YYYY-MM-DD, or null")
        return None if value is None else as_day(value, self._name(field))

    def items(self, field: str) -> Iterator[tuple[str, object]]:
        """A list, as (name, value) pairs such as ``("marks[3]", ...)``."""
        value = self._get(field, "a list")
        name = self._name(field)
        if not isinstance(value, list | tuple) or len(value) > _MOST_ITEMS:
            raise _fault(name, f"a list of at most {_MOST_ITEMS} items")
        return ((f"{name}[{at}]", item) for at, item in enumerate(value))

    def mapping(self, field: str) -> object:
        """Whatever stands in a field, to be read as fields of its own."""
        return self._get(field, "a JSON object")

    def calendar(self) -> SchoolCalendar:
        """The school calendar of the fields ``terms`` ([[first, last], ...]) and ``closed`` ([day, ...])."""
        terms = []
        for name, item in self.items("terms"):
            if not isinstance(item, list | tuple) or len(item) != 2:
                raise _fault(name, "a pair of dates")
            first, last = as_day(item[0], name), as_day(item[1], name)
            if last < first or (last - first).days > _MOST_TERM_DAYS:
                raise _fault(name, f"a first day and a last day within {_MOST_TERM_DAYS} days of it")
            terms.append((first, last))
        return SchoolCalendar.of(terms, (as_day(item, name) for name, item in self.items("closed")))


def as_day(value: object, name: str) -> date:
    """A date from YYYY-MM-DD text. Raises BadInput naming the field otherwise."""
    must = f"a date as YYYY-MM-DD from {_FIRST_YEAR} to {_LAST_YEAR}"
    if not isinstance(value, str) or not _ISO_DAY.fullmatch(value):
        raise _fault(name, must)
    try:
        day = date.fromisoformat(value)
    except ValueError:
        raise _fault(name, must) from None
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise _fault(name, must)
    return day


def bad_field(field: str, must: str) -> BadInput:
    """The fault of a field whose value breaks a rule: to be raised by the reader of that rule."""
    return _fault(field, must)
