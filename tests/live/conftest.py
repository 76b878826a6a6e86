"""Live worlds: real processes, real stores, real faults; wide bounds, one retry with another seed."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from telic.lab import journey
from telic.lab.episode import Score
from telic.settings import Settings

BUSY = 0.15  # others took so much of the processors: how a journey ended says nothing of the system [1]
_BEGAN = pytest.StashKey[tuple[float, float]]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Remember what others had taken of the processors before a test and its fixtures began."""
    item.stash[_BEGAN] = _processors()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Skip, with the reason, a journey that failed while others took the processors away; its output stays."""
    report = yield
    if report.failed and item.get_closest_marker("journey") is not None:
        (taken, all_), (taken_before, before) = _processors(), item.stash[_BEGAN]
        share = (taken - taken_before) / max(all_ - before, 1e-9)
        report.sections.append(("machine", f"others took {share:.0%} of the processors"))
        if share > BUSY:
            sys.stderr.write(f"{report.longreprtext}\n")
            report.outcome = "skipped"
            report.longrepr = (str(item.path), 0, f"Skipped: others took {share:.0%} of the processors meanwhile")
    return report


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


def _processors() -> tuple[float, float]:
    """Return how long others had the processors that this machine asked for, and all time there was [s].

    Source: steal time of virtual machines, proc_stat(5).
    """
    times = psutil.cpu_times()
    return getattr(times, "steal", 0.0), sum(times) - getattr(times, "guest", 0.0) - getattr(times, "guest_nice", 0.0)


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
