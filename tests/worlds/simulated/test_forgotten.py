"""What is left of a simulated world once it was closed; no other world lives beside it here."""

from __future__ import annotations

import gc
import weakref
from dataclasses import replace
from pathlib import Path

from telic import loop as main_path
from telic.runtime.server.messages import Request
from telic.settings import Settings
from telic.worlds.simulated import start

REVIEWS = Request("POST", "/read_reviews", "", {}, b'{"hotel":"hotel-000014"}')


def test_a_process_does_not_keep_the_worlds_that_it_ran(tmp_path: Path) -> None:
    made = main_path.design("hotel", replace(Settings.read({}), home=tmp_path))
    world = start.up(made, tmp_path / "state", seed=3)
    assert world.loop.run_until_complete(world.system.enter(REVIEWS)).status == 200
    loop = weakref.ref(world.loop)
    world.close()
    del world
    gc.collect()
    assert loop() is None
