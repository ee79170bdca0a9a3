"""The faults that a person can act on, each with its exit code of the command line.

A message is one sentence: what is wrong, where, and what to do. It never holds a child's data or a secret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError


class OutreachError(Exception):
    """A fault with a stable `code` word, one sentence, and the place (file, line, field) where it lies."""

    exit_code = 70

    def __init__(self, code: str, message: str, where: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.where = where


class UsageProblem(OutreachError):
    """The words of the call do not fit."""

    exit_code = 2


class Locked(OutreachError):
    """The caseload is locked, or the passphrase is wrong."""

    exit_code = 3


class BadInput(OutreachError):
    """The input cannot be taken; nothing was changed."""

    exit_code = 4


class Ambiguous(BadInput):
    """A name fits several records; `candidates` lists them as (id, label)."""

    def __init__(self, message: str, candidates: list[tuple[str, str]]) -> None:
        super().__init__("several-match", message)
        self.candidates = candidates


class Refused(OutreachError):
    """No permission, no agreement, or a policy forbids it."""

    exit_code = 5


class Unreachable(OutreachError):
    """The central record cannot be reached; nothing is lost."""

    exit_code = 6


class NotAgreed(OutreachError):
    """Sync ended but the two sides do not agree, or something waits for a person."""

    exit_code = 7


def misfit(error: ValidationError) -> tuple[str, str]:
    """The first field of a record that did not take its value, and the end of the sentence that says so:
    `is longer than 200 characters; shorten it.` The value is not in it.
    """
    first = error.errors(include_url=False, include_input=False)[0]
    field = str(first["loc"][0])
    if first["type"] == "string_too_long":
        return field, f"is longer than {first['ctx']['max_length']:,} characters; shorten it."
    return field, "does not fit; correct it."
