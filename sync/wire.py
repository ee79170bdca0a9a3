"""A message as it travels: JSON, compressed. What comes from outside is bounded before it is looked at."""

from __future__ import annotations

import zlib
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import from_json, to_json

from casework.errors import BadInput

M = TypeVar("M", bound=BaseModel)

MOST_BODY = 8 * 1024 * 1024
"""Bytes of one message as it travels."""
MOST_TEXT = 50_000_000
"""Bytes of one message unpacked."""
_MOST_RATIO = 100
_ALWAYS = 1024 * 1024  # as much may come out of any message, however small
_FAST, _SMALL, _LARGE = 2, 6, 256 * 1024
"""Levels of zlib, and from how many bytes on the fast one is taken: 0.4 of the time, a sixth more bytes."""
_GZIP = 31  # the window, with gzip's head and checksum


def packed(message: BaseModel) -> bytes:
    """A message ready to travel."""
    text = to_json(message)
    squeezer = zlib.compressobj(_FAST if len(text) > _LARGE else _SMALL, zlib.DEFLATED, _GZIP)
    return squeezer.compress(text) + squeezer.flush()


def unpacked(body: bytes) -> bytes:
    """The JSON of a message.

    Raises BadInput: `too-large` for a body, or what comes out of it, beyond the limits (50 MB, or 100 times
    its own size), `bad-message` for what is not one whole compressed text.
    """
    if len(body) > MOST_BODY:
        raise too_large()
    most = min(MOST_TEXT, max(_ALWAYS, _MOST_RATIO * len(body)))
    opener = zlib.decompressobj(_GZIP)
    try:
        text = opener.decompress(body, most + 1)
    except zlib.error:
        raise bad_message("it is not compressed as it says") from None
    if len(text) > most:
        raise too_large()
    if not opener.eof or opener.unused_data:
        raise bad_message("it is cut off, or something follows it")
    return text


def read(shape: type[M], body: bytes) -> M:
    """A message of this shape. Raises BadInput as `unpacked` does, and for members that do not fit.

    In two steps, for a model that reads the text itself makes a tree of all of it first: half as much again.
    """
    try:
        said = from_json(unpacked(body), cache_strings="keys")
    except (ValueError, RecursionError):
        raise bad_message("it is not JSON") from None
    return fitted(shape, said)


def fitted(shape: type[M], said: Any) -> M:
    """What was said as a message of this shape. Raises BadInput for members that do not fit."""
    try:
        return shape.model_validate(said)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors(include_input=False)[0]["loc"])[:80]
        raise bad_message(f"its part {place or 'at the top'} is not as agreed") from None


def too_large() -> BadInput:
    """The fault of a message beyond the limits."""
    return BadInput("too-large", "The message is larger than any that laptop and central record exchange.")


def bad_message(why: str) -> BadInput:
    """The fault of a message that cannot be read; `why` holds nothing of what was in it."""
    return BadInput("bad-message", f"The message cannot be read: {why}.")
