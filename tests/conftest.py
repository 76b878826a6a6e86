"""What every test shares."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("day", derandomize=True, deadline=None, max_examples=60)  # the same ones: to be repeated
settings.register_profile("night", deadline=None, max_examples=200)  # fresh ones: `make nightly`
settings.load_profile("day")


def pytest_make_parametrize_id(config: pytest.Config, val: object, argname: str) -> str | None:
    """Name cases of bytes by their argument: packed bytes hold the time, and workers have to agree on names."""
    return argname if isinstance(val, bytes) else None
