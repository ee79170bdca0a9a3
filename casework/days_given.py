"""The days that a worker gives for what was done: they have come."""

from __future__ import annotations

from datetime import date

from casework.errors import BadInput


def require_come(day: date, today: date, sentence: str, where: str = "--on") -> None:
    """Raise BadInput with a sentence unless a day has come: what lies ahead was not done, said or received.

    `where` names the option or field for the person who typed it.
    """
    if day > today:
        raise BadInput("in-the-future", sentence, where)
