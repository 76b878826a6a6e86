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
    "social": ROOT / "src" / "telic" / "apps" / "social" / "intent.yaml",
    "shop": ROOT / "src" / "telic" / "apps" / "shop" / "intent.yaml",
    "genai": ROOT / "src" / "telic" / "apps" / "genai" / "intent.yaml",
    "notes": ROOT / "examples" / "01-notes" / "intent.yaml",
    "rental": Path(__file__).parent / "rental.yaml",
}


@pytest.fixture(scope="session")
def intents() -> dict[str, Intent]:
    return {name: read(place) for name, place in PLACES.items()}


class Designs(dict[str, Design]):
    """Designs by name, each generated when it is first asked for."""

    def __init__(self, intents: dict[str, Intent], folder: Path) -> None:
        self._intents, self._folder = intents, folder

    def __missing__(self, name: str) -> Design:
        self[name] = design.generate(self._intents[name], self._folder / name)
        return self[name]


@pytest.fixture(scope="session")
def designs(intents: dict[str, Intent], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Design]:
    return Designs(intents, tmp_path_factory.mktemp("designs"))


@pytest.fixture(scope="session")
def hotel(designs: dict[str, Design]) -> Design:
    return designs["hotel"]


@pytest.fixture(scope="session")
def social(designs: dict[str, Design]) -> Design:
    return designs["social"]


@pytest.fixture(scope="session")
def shop(designs: dict[str, Design]) -> Design:
    return designs["shop"]
