"""A trial on the simulated world, from its intent to its evidence."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from telic import apps
from telic.lab.course import Told
from telic.lab.trials import Timing, files, plan, run
from telic.lab.trials.cells import lasting
from telic.settings import Settings

SHORT = Timing(warm=1.0, baseline=3.0, recovery=6.0)


def test_brakes_together_survive_a_loss_of_capacity(tmp_path: Path) -> None:
    told: list[Told] = []
    settings = replace(Settings.read({}), home=tmp_path)
    planned = lasting(plan("hotel", "T1", rate=150.0, timing=SHORT), 2.0)
    wiring = apps.find_wiring("hotel", "combination")
    found = run(planned, settings, told.append, system="hotel", wiring=wiring, seed=1)
    assert found.verdict.passed
    assert found.verdict.during < 0.9 < found.verdict.tail
    assert found.bottleneck == found.full[0].service == "hotel"
    assert 0.5 < found.calm < found.amplification + 0.2 < 1.2
    assert found.hashes["design"]
    assert not found.actions
    assert files.read(files.write(tmp_path / "evidence.json", found)) == found
    assert any("25 %" in each.text for each in told)
