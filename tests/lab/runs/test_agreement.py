"""Two kinds of worlds are set side by side, task by task."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.lab.recorded_episodes import START, calm, claims, make, tallies

from telic.lab.runs.agreement import agreements
from telic.lab.runs.graded import Graded, graded
from telic.lab.session import Episode
from telic.lab.session.record import WorldKind


def played(world: WorldKind, *records: Episode) -> list[Graded]:
    return graded([replace(each, world=world, repeat=number) for number, each in enumerate(records)])


WRONG = make(claims=claims(entity="search"))


def test_what_is_judged_alike_is_counted_and_what_is_not_is_named() -> None:
    other = calm(scenario_hash="sha256:2")
    (found,) = agreements(played("simulated", make(), other) + played("local", WRONG, other))
    assert (found.worlds, found.cells) == (("local", "simulated"), 2)
    assert {task: (each.hits, each.trials) for task, each in found.tasks.items()} == {
        "detect": (2, 2),
        "localise": (0, 1),
        "explain": (0, 1),
        "mitigate": (1, 1),
    }
    assert (found.all.hits, found.all.trials) == (3, 5)
    assert [(each.scenario, each.task, each.passed_in, each.failed_in) for each in found.differing] == [
        ("hotel-hang", "explain", "simulated", "local"),
        ("hotel-hang", "localise", "simulated", "local"),
    ]


def test_of_several_runs_the_most_frequent_outcome_counts_and_of_equally_many_the_worse() -> None:
    (found,) = agreements(played("simulated", make()) + played("local", make(), make(), WRONG))
    assert found.tasks["localise"].hits == 1
    (found,) = agreements(played("simulated", make()) + played("local", make(), WRONG))
    assert found.tasks["localise"].hits == 0


def test_times_are_compared_where_both_passed() -> None:
    (found,) = agreements(played("simulated", make(), replace(make(), seed=2)) + played("local", make()))
    assert found.times == pytest.approx({"to detect": 1.0, "to mitigate": 1.0})
    slow = replace(make(), users=tallies(range(21, 30)), claims=claims(times=dict.fromkeys(("healthy",), START + 31)))
    (found,) = agreements(played("simulated", make()) + played("local", slow))
    assert found.times["to detect"] == pytest.approx(2.0)


def test_nothing_in_common_is_nothing_to_compare() -> None:
    assert agreements(played("local", make())) == []
    assert agreements(played("local", make()) + played("simulated", replace(make(), seed=2))) == []
    assert agreements(played("local", make()) + played("simulated", replace(make(), actor="noop"))) == []
