"""The shop, made as a design and started in a cluster in memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.worlds.kubernetes.cluster import Cluster
from tests.worlds.kubernetes.shop import NOW, OPTIONS, shop

from telic.clock import VirtualClock
from telic.model import Design
from telic.worlds.kubernetes import starting


@pytest.fixture
def design(tmp_path: Path) -> Design:
    return shop(tmp_path)


@pytest.fixture
def cluster(design: Design) -> Cluster:
    made = Cluster(VirtualClock(NOW))
    starting.start(made, design, OPTIONS)
    return made
