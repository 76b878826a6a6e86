"""Live worlds: real processes, real stores, real faults; wide bounds, one retry with another seed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from telic.lab import journey
from telic.lab.episode import Score
from telic.settings import Settings


@contextmanager
def loaded(home: Path, *, operate: bool) -> Iterator[journey.Journey]:
    """Yield a loaded hotel with a state folder of its own."""
    settings = replace(Settings.read(), home=home, port=0, otlp_port=0)
    with journey.start("hotel", settings, _tell, seed=1, operate=operate) as running:
        running.pause(6.0)  # connections, caches, first executions of statements
        yield running


@pytest.fixture(scope="module")
def operated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[journey.Journey]:
    """Yield a loaded hotel that an operator watches."""
    with loaded(tmp_path_factory.mktemp("operated"), operate=True) as running:
        yield running


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[journey.Journey]:
    """Yield a loaded hotel that nobody watches."""
    with loaded(tmp_path_factory.mktemp("alone"), operate=False) as running:
        yield running


def story(score: Score) -> str:
    """Say in a line what became of an episode; shown when a test fails."""
    said = f"{score.verdict.entity}/{score.verdict.mechanism}" if score.verdict else "nothing"
    return (
        f"{score.truth.fault} seed {score.seed}: true {score.truth.entity}/{score.truth.mechanism}, said {said}, "
        f"detected after {score.to_detect} s, recovered after {score.to_recover} s, "
        f"did {', '.join(map(str, score.actions)) or 'nothing'}, left {score.wrong_actions_left}, "
        f"{score.bad} of {score.total} requests bad, decoy at {score.decoy or 'none'}"
    )


def _tell(told: journey.Told) -> None:
    if told.who != "load":
        sys.stderr.write(f"{told.who:8} {told.text}\n")
