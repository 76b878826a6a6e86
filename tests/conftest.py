"""What every test shares; and how long the tests on virtual time take, said at the end."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("day", derandomize=True, deadline=None, max_examples=60)  # the same ones: to be repeated
settings.register_profile("night", deadline=None, max_examples=200)  # fresh ones: `make nightly`
settings.load_profile("day")

HERE = Path(__file__).parent
VIRTUAL = [
    HERE / each for each in ("worlds/simulated", "worlds/load/test_simulated.py", "lab/test_virtual.py", "lab/trials")
]
"""The simulated world, and trials on it; much else plays on it too."""


LIVE = "mark.live"  # stands in every file that has such a test, or `pytest_collection_modifyitems` says so


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave files without a live test unread where live tests alone are asked for: it saves what a journey takes."""
    alone = config.option.markexpr.startswith("live ")
    test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    return True if alone and test and LIVE not in collection_path.read_text() else None


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name cases of bytes by their argument: packed bytes hold the time, and workers have to agree on names."""
    return argname if isinstance(val, bytes) else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of the simulated world ``virtual``; refuse live ones in files that do not name their mark."""
    paths = {each.path for each in items if each.get_closest_marker("live")}
    if hidden := [str(each) for each in paths if LIVE not in each.read_text()]:
        raise pytest.UsageError(f"live tests that a run of live tests alone would not find: {', '.join(hidden)}")
    for each in items:
        if any(each.path.is_relative_to(part) for part in VIRTUAL) and each.get_closest_marker("live") is None:
            each.add_marker("virtual")


@pytest.hookimpl(tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what the tests on virtual time took together."""
    reports = [each for found in terminalreporter.stats.values() for each in found if hasattr(each, "duration")]
    took = [each.duration for each in reports if "virtual" in each.keywords]
    if took:
        workers = getattr(config.option, "numprocesses", None) or 1
        count = len({each.nodeid for each in reports if "virtual" in each.keywords})
        terminalreporter.write_line(
            f"virtual time: {count} tests, {sum(took):.0f} s on {workers} worker{'s' if workers > 1 else ''}: "
            f"{sum(took) / workers:.0f} s"
        )
