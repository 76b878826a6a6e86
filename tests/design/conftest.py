"""Designs that many tests look at, generated once."""

from __future__ import annotations

from pathlib import Path

import pytest

from telic import design
from telic.intent import read
from telic.model import Design, Intent

ROOT = Path(__file__).resolve().parents[2]
PLACES = {
    "hotel": ROOT / "src" / "telic" / "apps" / "hotel" / "intent.yaml",
    "notes": ROOT / "examples" / "01-notes" / "intent.yaml",
    "rental": Path(__file__).parent / "rental.yaml",
}


@pytest.fixture(scope="session")
def intents() -> dict[str, Intent]:
    return {name: read(place) for name, place in PLACES.items()}


@pytest.fixture(scope="session")
def designs(intents: dict[str, Intent], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Design]:
    folder = tmp_path_factory.mktemp("designs")
    return {name: design.generate(intent, folder / name) for name, intent in intents.items()}


@pytest.fixture(scope="session")
def hotel(designs: dict[str, Design]) -> Design:
    return designs["hotel"]
