"""Untrusted XML read safely: the parts of a Common Transfer File one by one, and what an element holds.

Element names are compared without case or namespace; unknown ones are passed over. A document type, an
entity, a depth or a number of elements that no Common Transfer File has is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from casework.errors import BadInput
from storage.intake import cells, limits
from storage.intake.limits import shown

_DEPTH = 40
_ELEMENTS_PER_PUPIL = 20_000
_ELEMENTS_ELSEWHERE = 500_000
_TRUE = frozenset({"true", "1", "y", "yes"})
_FALSE = frozenset({"false", "0", "n", "no"})


class _Element(Element):
    """An element that knows the line on which it begins."""

    line: int = 0


def line_of(element: Element) -> int:
    """The line on which an element begins; 0 where that is not known."""
    return element.line if isinstance(element, _Element) else 0


def local_name(tag: object) -> str:
    """The name of an element without its namespace, in small letters."""
    return tag.rpartition("}")[2].lower() if isinstance(tag, str) else ""


def parts_of(path: Path) -> Iterator[tuple[str, Element]]:
    """The header and each pupil as they end, so that only one pupil is in memory."""
    from defusedxml.common import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, iterparse

    def numbered(tag: str, attributes: dict[str, str]) -> _Element:
        element = _Element(tag, attributes)
        element.line = parser.parser.CurrentLineNumber
        return element

    parser: Any = DefusedXMLParser(target=TreeBuilder(element_factory=numbered), forbid_dtd=True)
    depth = inside = 0
    in_pupil = False
    try:
        with path.open("rb") as stream:
            events: Any = iterparse(stream, events=("start", "end"), parser=parser)
            for event, element in events:
                tag = local_name(element.tag)
                if event == "start":
                    if depth == 0 and tag != "ctfile":
                        raise _not_ctf(path)
                    depth += 1
                    if tag == "pupil" and not in_pupil and depth <= 3:
                        in_pupil, inside = True, 0
                    inside += 1
                    if depth > _DEPTH or inside > (_ELEMENTS_PER_PUPIL if in_pupil else _ELEMENTS_ELSEWHERE):
                        raise _unreadable(path)
                    continue
                depth -= 1
                if tag == "pupil" and in_pupil and depth <= 2:
                    yield "pupil", element
                    in_pupil, inside = False, 0
                    element.clear()
                elif not in_pupil:
                    if tag == "header" and depth == 1:
                        yield "header", element
                        inside = 0
                    if depth == 1:
                        element.clear()
    except DefusedXmlException as fault:
        raise BadInput(
            "xml-unsafe",
            f"{shown(path)} declares a document type or entities, which a Common Transfer File never does: "
            "ask the school for a fresh export.",
            shown(path),
        ) from fault
    except (ParseError, LookupError, ValueError, OSError) as fault:
        raise _unreadable(path) from fault


def _not_ctf(path: Path) -> BadInput:
    return BadInput(
        "not-a-ctf", f"{shown(path)} is XML but no Common Transfer File: export it again as CTF.", shown(path)
    )


def _unreadable(path: Path) -> BadInput:
    return BadInput(
        "xml-unreadable",
        f"{shown(path)} is damaged and cannot be read as XML: ask the school for a fresh export.",
        shown(path),
    )


def child_of(element: Element | None, *path: str) -> Element | None:
    """The element at the end of a path of names in small letters, or None."""
    for name in path:
        if element is None:
            return None
        element = next((child for child in element if local_name(child.tag) == name), None)
    return element


def first_of(*elements: Element | None) -> Element | None:
    """The first element that is there; an element without children counts, though Python calls it false."""
    return next((element for element in elements if element is not None), None)


def children_of(element: Element | None, name: str) -> list[Element]:
    """The elements of one name directly inside another."""
    return [] if element is None else [child for child in element if local_name(child.tag) == name]


def text_of(element: Element | None, *path: str) -> str:
    """What an element holds, raw and without space around it; "" where it is not there."""
    found = child_of(element, *path)
    return (found.text or "").strip() if found is not None else ""


def name_of(element: Element | None, *path: str) -> str:
    """What an element holds when it is a short clean text, else ""."""
    value, reason, _ = cells.read_name(text_of(element, *path), limits.NAME)
    return "" if reason else value


def truth_of(text: str) -> bool | None:
    """Yes, no, or None for what is neither."""
    word = text.strip().lower()
    return True if word in _TRUE else False if word in _FALSE else None
