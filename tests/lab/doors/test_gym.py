"""The Gymnasium door, by Gymnasium's own checks."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest
from tests.lab.doors.fixed import FixedSession
from tests.lab.doors.fixed_run import DESIGN, SCENARIOS, run

from telic.errors import UsageError, WorldError
from telic.lab.doors.gym import register

gymnasium = pytest.importorskip("gymnasium", reason="the extra `lab` is not installed")
from gymnasium.utils.env_checker import check_env  # noqa: E402
from gymnasium.vector import AsyncVectorEnv  # noqa: E402

from telic.lab.doors.gym.env import LabEnv, action  # noqa: E402


@pytest.fixture
def env() -> Iterator[LabEnv]:
    made = LabEnv(SCENARIOS, run=run, design=DESIGN)
    yield made
    made.close()


def item(env: LabEnv, words: str) -> int:
    return [str(each) for each in env.menu_items].index(words)


@pytest.mark.parametrize("actions", ["menu", "text"])
def test_gymnasium_finds_nothing_wrong(actions: str) -> None:
    made = gymnasium.make(register(), scenarios=SCENARIOS, run=run, design=DESIGN, actions=actions, render_mode="ansi")
    check_env(made.unwrapped)
    made.close()
    assert not [each for each in threading.enumerate() if each.name == "episode"]


def test_an_episode_ends_with_final_claims_and_the_oracles_reward(env: LabEnv) -> None:
    env.reset(seed=3)
    rewards, passed = [], {}
    for words in ("wait seconds=2.0", "submit healthy=False", "submit entity=rate", "submit final=True"):
        _, reward, terminated, truncated, info = env.step(item(env, words))
        rewards.append(reward)
        passed = info.get("passed", {})
    assert (terminated, truncated) == (True, False)
    assert all(-0.05 < each < 0 for each in rewards[:3])  # a fifth of users' requests went wrong all the time
    assert passed["detect"] is True
    assert passed["localise"] is True
    assert passed["explain"] is False
    assert rewards[3] > 0.4
    with pytest.raises(UsageError, match="no episode"):
        env.step(0)


def test_an_episode_whose_time_is_spent_is_truncated(env: LabEnv) -> None:
    env.reset(seed=3)
    ends: list[tuple[bool, bool]] = []
    while not ends or not any(ends[-1]):
        ends.append(env.step(item(env, "wait seconds=5.0"))[2:4])
    assert ends[-1] == (False, True)
    assert len(ends) < 12


def test_a_rollback_names_the_version_before(env: LabEnv) -> None:
    sessions: list[FixedSession] = []
    made = LabEnv(SCENARIOS, run=partial(run, sessions=sessions), design=DESIGN)
    made.reset(seed=1)
    made.step(item(made, "rollback target=rate"))
    made.close()
    assert [each for each in sessions[0].calls if each[0] == "rollback"] == [
        ("rollback", {"target": "rate", "version": ""})
    ]
    assert "get_services" in sessions[0].tools


def test_any_tool_can_be_called_as_text_and_garbage_is_on_record() -> None:
    sessions: list[FixedSession] = []
    made = LabEnv(SCENARIOS, run=partial(run, sessions=sessions), design=DESIGN, actions="text")
    made.reset(seed=1)
    _, _, _, _, info = made.step(action("get_config", service="rate"))
    assert "pool.size" in info["answer"]
    for wrong in ({"tool": "wait", "arguments": "[["}, {"tool": "query", "arguments": "x" * 10_000_000}):
        assert made.step(wrong)[4]["error"]
    made.close()
    own = [tool for tool in sessions[0].tools if tool not in ("query", "alerts")]
    assert own == ["get_config", "unreadable", "unreadable"]


def test_many_run_side_by_side_in_processes() -> None:
    many = AsyncVectorEnv([partial(LabEnv, SCENARIOS, run=run, design=DESIGN)] * 2)
    try:
        seen, _ = many.reset(seed=[1, 2])
        assert seen["services"].shape == (2, 3, 4)
        assert not np.array_equal(seen["services"][0], seen["services"][1])
        _, rewards, *_ = many.step(np.array([0, 1]))
        assert rewards.shape == (2,)
    finally:
        many.close()


def test_a_world_that_fails_says_so_at_reset() -> None:
    def broken(*given: Any, **named: Any) -> Any:
        raise WorldError("no world today", hint="wait")

    made = LabEnv(SCENARIOS, run=broken, design=DESIGN)
    with pytest.raises(WorldError, match="no world today"):
        made.reset(seed=1)
    made.close()


def test_of_a_suite_of_several_apps_one_is_chosen() -> None:
    others = (*SCENARIOS, replace(SCENARIOS[0], name="third", app="shop"))
    assert {each.app for each in LabEnv(others, design=DESIGN)._scenarios} == {"hotel"}
    assert [each.name for each in LabEnv(others, app="shop", design=DESIGN)._scenarios] == ["third"]
    with pytest.raises(UsageError, match="no scenario of the app 'genai'") as wrong:
        LabEnv(others, app="genai", design=DESIGN)
    assert wrong.value.hint == "app: one of hotel, shop"


@pytest.mark.parametrize("number", [-1, 10_000])
def test_a_number_that_is_not_of_the_menu_is_refused(env: LabEnv, number: int) -> None:
    env.reset(seed=1)
    with pytest.raises(UsageError, match=f"action {number} is not of the menu"):
        env.step(number)


def test_a_scenario_can_be_chosen_by_name(env: LabEnv) -> None:
    env.reset(seed=1, options={"scenario": "other"})
    with pytest.raises(UsageError, match="no scenario 'third'"):
        env.reset(options={"scenario": "third"})


@pytest.mark.parametrize("wrong", ["wait", 0, None, {"tool": "wait"}, [("tool", "wait")]])
def test_a_call_that_names_no_tool_or_no_arguments_is_refused_with_an_example(wrong: object) -> None:
    made = LabEnv(SCENARIOS, run=run, design=DESIGN, actions="text")
    made.reset(seed=1)
    with pytest.raises(UsageError, match="is no call") as refused:
        made.step(wrong)
    made.close()
    assert refused.value.hint == '{"tool": "wait", "arguments": \'{"seconds": 2}\'}'
