"""Single cells: which are taken, which are set aside, and why."""

from __future__ import annotations

import re
import unicodedata

from casework.text import clean, looks_like_formula, unguard_formula

Verdict = tuple[str, str, str]
"""``(value, reason, mend)``: the reason is empty when the value may be taken."""

_HIDDEN = frozenset({"Cc", "Cs", "Co", "Cn", "Cf"})
_HARMLESS = frozenset("\u200c\u200d\u00ad\t\r\n\u0085")
_COMMAND = re.compile(r"[=＝]|[+\-@＋－＠]\s*\w+\s*[(|!]|[\t\r]")
_UPN = re.compile(r"[A-Z][0-9]{11}[0-9A-Z]")
_SPACES = re.compile(r"\s+")
_WORDS_FOR_NO_UPN = frozenset({"", "-", "N/A", "NA", "NONE", "TBC", "UNKNOWN", "PENDING"})
_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE]\+?[0-9]+)?")

HIDDEN = "holds control or hidden characters"
HIDDEN_MEND = "type the value again in the school's system and export once more"
UNREADABLE = "holds a character that the file's encoding does not have"
UNREADABLE_MEND = "export again as UTF-8"
FORMULA = "looks like a formula"
FORMULA_MEND = "take away the sign at its start in the school's system and export once more"
LONG_MEND = "shorten it in the school's system and export once more"


def has_hidden(text: str) -> bool:
    """Whether a text holds a control, bidirectional, invisible or unassigned character.

    Joiners, soft hyphens, tabs and line breaks are not counted: honest text has them.
    """
    if text.isprintable():
        return False
    category = unicodedata.category
    return any(category(c) in _HIDDEN and c not in _HARMLESS for c in text)


def _unfit(text: str, limit: int) -> tuple[str, str] | None:
    """Why no text of any kind may look so, with the mend; both empty for a text that is not there."""
    if not text:
        return "", ""
    if len(text) > limit:
        return f"longer than {limit} characters", LONG_MEND
    if has_hidden(text):
        return HIDDEN, HIDDEN_MEND
    return (UNREADABLE, UNREADABLE_MEND) if "\ufffd" in text else None


def read_name(raw: str, limit: int) -> Verdict:
    """A name or other short text: at most ``limit`` characters, nothing hidden, no formula.

    An apostrophe that one of our own exports set before a formula sign is taken off again.
    """
    text = raw.strip()
    if fault := _unfit(text, limit):
        return "", *fault
    if "\n" in text or "\r" in text:
        return "", "holds a line break", "look for a quotation mark that is not closed"
    plain = unguard_formula(text)
    if plain is text and looks_like_formula(text):
        return "", FORMULA, FORMULA_MEND
    return _SPACES.sub(" ", clean(plain, limit=limit)).strip(), "", ""


def read_comment(raw: str, limit: int) -> Verdict:
    """A comment: free text, so a dash may begin it, but not what a spreadsheet would run."""
    text = raw.strip()
    if fault := _unfit(text, limit):
        return "", *fault
    plain = unguard_formula(text)
    if plain is text and _COMMAND.match(text):
        return "", FORMULA, FORMULA_MEND
    return clean(plain, limit=limit).strip(), "", ""


def read_upn(raw: str) -> Verdict:
    """A UPN by its shape: a letter, eleven digits, a digit or letter. The check letter is judged later.

    Words that mean "none yet" give an empty value. Source of the shape: DfE, UPN guide.
    """
    text = raw.strip().upper()
    if text in _WORDS_FOR_NO_UPN:
        return "", "", ""
    if _UPN.fullmatch(text) and text.isascii():
        return text, "", ""
    if len(text) <= 24 and _NUMBER.fullmatch(text):
        return "", "a number where a UPN should be: a spreadsheet has changed it", "export again as CSV"
    return "", "not a UPN", "a UPN is a letter, eleven digits, then a digit or a letter"


_MINUTES = re.compile(r"([0-9]{1,3})(?:\.0+)?\s*(?:m|min|mins|minute|minutes)?", re.IGNORECASE)


def read_minutes(raw: str) -> tuple[int | None, str]:
    """Minutes late (0 to 600) and an empty reason, or None and why not."""
    text = raw.strip()
    if not text or text == "-":
        return None, ""
    found = _MINUTES.fullmatch(text)
    if found and text.isascii() and int(found[1]) <= 600:
        return int(found[1]), ""
    return None, "not a number of minutes"


_COUNT = re.compile(r"([0-9]{1,5})(?:\.0+)?")


def read_count(raw: str) -> tuple[int | None, str]:
    """A count of sessions (0 to 99,999) and an empty reason, or None and why not."""
    text = raw.strip().replace(",", "")
    if not text or text == "-":
        return None, ""
    found = _COUNT.fullmatch(text)
    return (int(found[1]), "") if found and text.isascii() else (None, "not a count of sessions")


def read_percent(raw: str) -> tuple[float | None, str]:
    """A percentage (0 to 100) and an empty reason, or None and why not."""
    text = raw.strip().rstrip("%").strip()
    if not text or text == "-":
        return None, ""
    if re.fullmatch(r"[0-9]{1,3}(?:\.[0-9]{1,6})?", text) and text.isascii() and float(text) <= 100:
        return float(text), ""
    return None, "not a percentage"


_YEAR = re.compile(r"(?:year|yr|y)?\s*0?(n1|n2|r|[0-9]{1,2})", re.IGNORECASE)


def read_year(raw: str) -> str:
    """The curriculum year (``N1``, ``N2``, ``R``, ``1`` to ``14``), or empty text when it is not one."""
    text = raw.strip()
    if text.lower() in {"reception", "rec", "yr r", "year r", "0", "00"}:
        return "R"
    if text.lower() in {"nursery 1", "nursery 2"}:
        return f"N{text[-1]}"
    found = _YEAR.fullmatch(text.removesuffix(".0"))
    if not found or not text.isascii():
        return ""
    year = found[1].upper()
    return year if not year.isdigit() or 1 <= int(year) <= 14 else ""


_KNOWN_AS = re.compile(r"(.*\S)\s*[(\"“]([^()\"“”]+)[)\"”]\s*")


def split_name(text: str, order: str) -> tuple[str, str, str, bool]:
    """A full name as ``(surname, forename, known_as, split)``.

    ``Marsh, Matilda (Tilly)`` is split at its comma. Without a comma only a mapping's order
    (``surname-first`` or ``forename-first``) can tell; else all of it is given as the surname and ``split``
    is False.
    """
    known_as = ""
    found = _KNOWN_AS.fullmatch(text)
    if found:
        text, known_as = found[1], found[2].strip()
    if "," in text:
        surname, _, forename = text.partition(",")
        return surname.strip(), forename.strip(), known_as, True
    if " " in text and order == "surname-first":
        surname, _, forename = text.partition(" ")
        return surname, forename.strip(), known_as, True
    if " " in text and order == "forename-first":
        forename, _, surname = text.rpartition(" ")
        return surname, forename.strip(), known_as, True
    return text, "", known_as, False
