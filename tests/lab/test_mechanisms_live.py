"""Every mechanism that a suite has a certified scenario of: real users feel it until it is healed, in a real world."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from telic.lab.course import Course
from telic.lab.fault import Scene
from telic.lab.ledger import Ledger
from telic.lab.scenario import Scenario, suite
from telic.lab.scenario.director import Director
from telic.lab.session import loading
from telic.model import user_harm

pytestmark = [pytest.mark.live, pytest.mark.nightly]

WARM = 4.0  # [s]
FELT_WITHIN = 45.0  # of the injection [s]
WELL_WITHIN = 30.0  # of the healing [s]
CALM = 5.0  # without harm [s]
SURER = {"deadlock": {"settle": 0.09}}  # two requests of a rare operation have to meet


def lone() -> Iterator[Scenario]:
    """Give one scenario for each mechanism, its first fault alone, there to stay."""
    seen: set[str] = set()
    for scenario in suite("wide") + suite("core"):
        for fault in scenario.faults[:1]:
            if fault.kind not in seen and fault.shape == "step" and not fault.lasts:
                seen.add(fault.kind)
                sure = replace(fault, params={**fault.params, **SURER.get(fault.kind, {})})
                yield replace(scenario, faults=(sure,), noise=())


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep designs and databases of the module in a folder of its own."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("TELIC_HOME", str(tmp_path_factory.mktemp("home")))
        yield


@pytest.mark.parametrize("scenario", [pytest.param(each, id=each.faults[0].kind) for each in lone()])
def test_users_feel_it_until_it_is_healed(scenario: Scenario) -> None:
    with loading.loaded(scenario, world="local") as course:
        course.pause(WARM)
        clock, ledger = course.world.clock, Ledger(course.world.state_folder / "harm")
        scene = Scene(course.harm, course.design, course.world.changes, scenario.workload.rate)
        director = Director(scene, ledger, clock, seed=1, due=clock.monotonic())
        begun = course.now()
        injected = course.beside("director", director.run(scenario))
        try:
            until(course, FELT_WITHIN, lambda: injected() and felt(course, begun))
        finally:
            director.stop()
            director.heal()
        until(course, WELL_WITHIN, lambda: not felt(course, course.now() - CALM))


def felt(course: Course, since: float) -> bool:
    """Whether users were harmed since then."""
    return user_harm(course.record().tallies(), since=since) is not None


def until(course: Course, seconds: float, holds: Callable[[], bool]) -> None:
    """Let the world run until something holds; fail where it does not within `seconds`."""
    end = course.now() + seconds
    while not holds():
        assert course.now() < end, f"not within {seconds:g} s"
        course.pause(0.5)
