"""A receiver for each test that asks one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.telemetry.receiving import Make, Receiver


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[Receiver] = []

    def one(*options: str, name: str = "r", **more: Any) -> Receiver:
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        made.append(Receiver(folder, *options, **more))
        return made[-1]

    yield one
    for each in made:
        each.close()
