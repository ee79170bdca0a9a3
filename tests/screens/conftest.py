from __future__ import annotations

import pytest

from tests.screens.fakes import Hands
from tests.tools.frames import paint_at_rest


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


@pytest.fixture(autouse=True)
def frames_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    paint_at_rest(monkeypatch)
