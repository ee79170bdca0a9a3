"""A vault that opens in a millisecond, for tests that are not about its cost."""

from __future__ import annotations

from datetime import UTC, datetime

from storage.slots import Kdf

FAST = Kdf(memory_kib=64, iterations=1, lanes=1)
NOW = datetime(2026, 11, 20, 8, 41, 7, tzinfo=UTC)
PASSPHRASE = "harbour violet ladder"
