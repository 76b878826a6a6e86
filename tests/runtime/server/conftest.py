"""A service for tests of the server."""

from __future__ import annotations

from typing import Any

import pytest
from tests.runtime.server.desks import Desk


@pytest.fixture
def desk(recorder: Any) -> Desk:
    return Desk(recorder)
