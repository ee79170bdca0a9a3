"""Engines of a test that remember how statements read: each one of a process would read them all anew."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, create_engine, event

_known: dict[str, tuple[Any, Any]] = {}
"""By kind of database: the dialect of the first engine that reached one, and the statements as it reads them.

The dialect goes with the statements, for they are kept by it.
"""


def remembering(address: str, **how: Any) -> Engine:
    """As `create_engine`, with what engines before it have read."""
    engine = create_engine(address, **how)
    kind = engine.dialect.name
    if kind in _known:
        engine.dialect, engine._compiled_cache = _known[kind]
        return engine

    @event.listens_for(engine, "connect", once=True)
    def keep(*_: object) -> None:
        _known.setdefault(kind, (engine.dialect, engine._compiled_cache))

    return engine
