"""Checks of the numbers people carry: UPN, NHS number, URN, LAESTAB. They warn; they never block saving.

The check letter and digit come from python-stdnum, loaded only when a number is checked. Its list of local
authorities ends in 2011, so an authority it does not know is a warning, a wrong check letter an error.
Messages never hold the number itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from casework.errors import BadInput

_LETTER = "A-HJ-NP-RT-Z"
_BODY = re.compile(rf"[0-9]{{11}}[0-9{_LETTER}]")
_FULL = re.compile(rf"[{_LETTER}][0-9]{{11}}[0-9{_LETTER}]")
_SPACES = re.compile(r"[ \t]+")
_SEPARATORS = re.compile(r"[ \t-]+")
_UPN_LENGTH = 13
_NHS_LENGTH = 10


@dataclass(frozen=True, slots=True)
class UpnCheck:
    """The verdict on a unique pupil number; ``upn`` is its tidy form. ``error`` is empty when valid."""

    valid: bool
    temporary: bool
    warning: str
    error: str
    upn: str


@dataclass(frozen=True, slots=True)
class NumberCheck:
    """The verdict on another number; ``number`` is its tidy form. ``error`` is empty when valid."""

    valid: bool
    warning: str
    error: str
    number: str


def tidy_upn(text: str) -> str:
    """A UPN in capitals without spaces; for comparing, not a check."""
    return _SPACES.sub("", text).upper()


def upn_check_letter(body: str) -> str:
    """The check letter of the 12 characters after it. Raises BadInput when they are not a UPN's body."""
    body = tidy_upn(body)
    if not _BODY.fullmatch(body):
        raise BadInput(
            "bad-upn-body",
            "A UPN's body is 11 digits and a digit or a letter other than I, O and S: correct it.",
            where="body",
        )
    from stdnum.gb.upn import calc_check_digit

    return str(calc_check_digit(body))


def is_temporary_upn(upn: str) -> bool:
    """Whether a tidy UPN (or its body) is a temporary one, which ends in a letter."""
    return upn[-1:].isalpha()


def check_upn(text: str) -> UpnCheck:
    """Check shape and check letter of a UPN; an unknown local authority only warns."""
    upn = tidy_upn(text)
    if len(upn) != _UPN_LENGTH:
        error = f"A UPN has {_UPN_LENGTH} characters; this has {len(upn)}."
        return UpnCheck(False, False, "", error, upn)
    if not _FULL.fullmatch(upn):
        error = "A UPN is a letter, 11 digits and a digit or letter; the letters I, O and S are never used."
        return UpnCheck(False, False, "", error, upn)
    temporary = is_temporary_upn(upn)
    letter = upn_check_letter(upn[1:])
    if letter != upn[0]:
        error = f"The check letter should be {letter}, not {upn[0]}: a character is wrong or two are swapped."
        return UpnCheck(False, temporary, "", error, upn)
    warnings = []
    if not _known_authority(upn):
        warnings.append("The local authority number is not in the list of 2011; newer ones are not in it.")
    if temporary:
        warnings.append("This is a temporary UPN: ask the school for the permanent one.")
    return UpnCheck(True, temporary, " ".join(warnings), "", upn)


def _known_authority(upn: str) -> bool:
    from stdnum.exceptions import InvalidComponent
    from stdnum.gb.upn import validate

    try:
        validate(upn)
    except InvalidComponent:
        return False
    return True


def check_nhs_number(text: str) -> NumberCheck:
    """Check length and check digit of an NHS number; spaces and hyphens are allowed."""
    number = _SEPARATORS.sub("", text)
    if not (number.isascii() and number.isdigit()):
        return NumberCheck(False, "", "An NHS number has digits only.", number)
    if len(number) != _NHS_LENGTH:
        return NumberCheck(False, "", f"An NHS number has 10 digits; this has {len(number)}.", number)
    from stdnum.gb.nhs import is_valid

    if not is_valid(number):
        return NumberCheck(
            False, "", "The check digit is wrong: a digit is wrong or two are swapped.", number
        )
    warning = "Numbers that begin with 999 are for tests and are never issued." if number[:3] == "999" else ""
    return NumberCheck(True, warning, "", number)


def format_nhs_number(number: str) -> str:
    """An NHS number as people read it: three digits, three, four."""
    number = _SEPARATORS.sub("", number)
    return f"{number[:3]} {number[3:6]} {number[6:]}"


def check_urn(text: str) -> NumberCheck:
    """Check the shape of a school's URN: 6 digits. There is no check digit."""
    number = text.strip()
    if not re.fullmatch(r"[0-9]{6}", number):
        return NumberCheck(False, "", "A URN has 6 digits.", number)
    return NumberCheck(True, "", "", number)


def check_laestab(text: str) -> NumberCheck:
    """Check the shape of a LAESTAB: local authority (3 digits), establishment (4), with or without a slash.

    ``number`` is in the form ``886/0099``.
    """
    match = re.fullmatch(r"([0-9]{3})[/ -]?([0-9]{4})", text.strip())
    if match is None:
        return NumberCheck(False, "", "A LAESTAB is 3 digits, a slash and 4 digits.", text.strip())
    return NumberCheck(True, "", "", f"{match[1]}/{match[2]}")
