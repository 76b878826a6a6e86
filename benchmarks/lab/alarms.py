"""How often the operator cries wolf in worlds in which nothing has to be done."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence

from telic.lab.grading import grade
from telic.lab.runs.graded import Graded
from telic.lab.runs.summary import false_alarm
from telic.lab.scenario import Load, Noise, Placed, Scenario
from telic.lab.scenario.usual import PHASES, RATE
from telic.lab.session import loading, playing, running
from telic.model.estimate import Estimate

BUSY = (Noise("decoy", before=4.0), Noise("red-herring", before=1.0), Noise("decoy", before=-4.0))
HEALTHY = (
    Scenario("calm", workload=Load(rate=RATE), phases=PHASES),
    Scenario("busy-day", workload=Load(rate=RATE), phases=PHASES, noise=BUSY),
    Scenario("restless", workload=Load(rate=RATE, shape="swing:0.3@20"), phases=PHASES, noise=BUSY[:1]),
    Scenario("passing", workload=Load(rate=RATE), phases=PHASES, faults=(Placed("network", lasts=6.0),)),
)
"""What stands in for the healthy half of a suite where no suite is certified."""


def measure(
    scenarios: Sequence[Scenario], seeds: Iterable[int], *, seconds: float = float("inf"), actor: str = "telic"
) -> Estimate:
    """Return the false-alarm rate of `actor` in healthy scenarios on the simulated world.

    Parameters
    ----------
    seconds
        After which no other episode is begun [s of wall clock].
    """
    found: list[Graded] = []
    begun = time.monotonic()
    for seed in seeds:
        for each in scenarios:
            if found and time.monotonic() - begun >= seconds:
                return false_alarm(found)
            design = loading.prepared(each)
            one = running.run(each, playing.built_in(actor), actor=actor, seed=seed, design=design)
            found.append(Graded(one, grade(one)))
    return false_alarm(found)
