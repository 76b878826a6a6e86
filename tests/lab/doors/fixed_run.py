"""An episode of a fixed session: what a test hands to doors that start their episodes themselves."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, cast

from tests.lab.doors.fixed import BRIEF, NOW, FixedSession

from telic.lab.scenario import Placed, Scenario
from telic.lab.session.record import Claims, Cost, Episode
from telic.lab.session.session import ToolResult
from telic.model import Design, Tally, Truth, Window

DESIGN = cast(
    "Design",
    SimpleNamespace(
        system="hotel",
        services=tuple(SimpleNamespace(name=each) for each in ("gateway", "search", "rate")),
        stores=("postgres", "valkey"),
        edges=(("gateway", "search"), ("search", "rate"), ("rate", "postgres")),
    ),
)
SCENARIOS = (
    Scenario("one", faults=(Placed("crash_loop", {"service": "rate"}),)),
    Scenario("other", faults=(Placed("hang", {"service": "search"}),)),
)


@dataclass
class Seeded(FixedSession):
    """Answers queries with figures that depend on the seed and on time alone."""

    seed: int = 0

    def call(self, tool: str, arguments: Mapping[str, object]) -> ToolResult:
        result = super().call(tool, arguments)
        chance = random.Random(f"{self.seed}/{self.time}")
        row = {"service": "rate", "requests": chance.randint(1, 99), "errors": 1, "mean": chance.random(), "slow": 0.5}
        return replace(result, rows=(row,)) if tool == "query" and not (result.error or self.quiet) else result


def run(
    scenario: Scenario,
    play: Callable[[Any, Any], None],
    *,
    actor: str,
    seed: int,
    design: Design | None = None,
    sessions: list[FixedSession] | None = None,
    quiet: bool = False,
) -> Episode:
    session = Seeded(replace(BRIEF, calls=200) if quiet else BRIEF, seed=seed, quiet=quiet)
    if sessions is not None:
        sessions.append(session)

    def tallies() -> Sequence[Tally]:
        well = [Tally(at, "F1", 10, 0) for at in range(int(NOW) - 9, int(NOW))]
        return well + [Tally(at, "F1", 8, 2) for at in range(int(NOW), int(session.time))]

    play(session, SimpleNamespace(course=SimpleNamespace(record=lambda: SimpleNamespace(tallies=tallies))))
    end = session.time
    kept = {name: session.claims[name] for name in ("healthy", "entity", "mechanism") if name in session.claims}
    return Episode(
        scenario=scenario,
        scenario_hash="",
        seed=seed,
        world="simulated",
        actor=actor,
        telic="",
        hashes={},
        phases={
            "warm": Window(NOW - 19, NOW - 9),
            "baseline": Window(NOW - 9, NOW),
            "hold": Window(NOW, end),
            "recovery": Window(end, end + 9),
        },
        brief=BRIEF,
        truth=(Truth("crash_loop", "rate", "crash-loop", injected=NOW),),
        claims=Claims(submitted=end, times=dict.fromkeys(kept, end), **kept),  # type: ignore[arg-type]
        users=tuple(tallies()),
        cost=Cost(len(session.calls), end - NOW),
        ended="submitted" if session.claims.get("final") else "time",
    )
