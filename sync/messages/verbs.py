"""What an enrolled laptop may say over the network."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel

from sync.messages.greeting import Hello
from sync.messages.pages import Pull
from sync.messages.steps import Push
from sync.messages.sums import Have, Verify

VERBS: Mapping[str, type[BaseModel]] = {
    "hello": Hello,
    "push": Push,
    "pull": Pull,
    "verify": Verify,
    "have": Have,
}
"""Each message, by the word at the end of the address to which it goes."""
VERB_OF: Mapping[type[BaseModel], str] = {message: verb for verb, message in VERBS.items()}
