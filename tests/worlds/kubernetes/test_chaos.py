"""Faults as objects of Chaos Mesh."""

from __future__ import annotations

import pytest
from tests.worlds.kubernetes.chaos_mesh import of_chaos

from telic.errors import UsageError
from telic.model.weather import Weather
from telic.worlds.kubernetes import chaos, names


@pytest.mark.parametrize(
    ("weather", "action"),
    [
        (Weather(delay=0.2, jitter=0.05), "delay"), (Weather(loss=0.25), "loss"), (Weather(drop=True), "partition"),
        (Weather(corrupt=0.1), "corrupt"), (Weather(rate=20_000.0), "bandwidth"),
    ],
)  # fmt: skip
def test_the_weather_of_an_edge_is_network_chaos(weather: Weather, action: str) -> None:
    spec = of_chaos(chaos.link("shop", "shop", "gateway->cart", weather))
    assert (spec["action"], spec["direction"]) == (action, "both")
    assert spec["selector"]["labelSelectors"] == names.selector("shop", "gateway")
    assert spec["target"]["selector"]["labelSelectors"] == names.selector("shop", "cart")


def test_faults_of_a_service() -> None:
    assert of_chaos(chaos.killed("shop", "shop", "cart"))["action"] == "pod-kill"
    assert of_chaos(chaos.stopped("shop", "shop", "cart"))["action"] == "pod-failure"
    assert of_chaos(chaos.busy("shop", "shop", "cart", 0.25))["stressors"]["cpu"] == {"workers": 3, "load": 100}
    assert of_chaos(chaos.filled("shop", "shop", "cart", 64e6))["stressors"]["memory"]["size"] == "61MB"
    assert of_chaos(chaos.skewed("shop", "shop", "cart", -30.0))["timeOffset"] == "-30s"
    assert of_chaos(chaos.ended("shop", "shop", "cart"))["containerNames"] == ["cart"]


@pytest.mark.parametrize(
    ("weather", "direction"),
    [
        (Weather(drop=True, way="there"), "from"), (Weather(drop=True, way="back"), "to"),
        (Weather(delay=0.1, way="there"), "to"),
    ],
)  # fmt: skip
def test_one_way_is_done_where_the_callee_is(weather: Weather, direction: str) -> None:
    spec = of_chaos(chaos.link("shop", "shop", "gateway->cart", weather))
    assert spec["selector"]["labelSelectors"] == names.selector("shop", "cart")
    assert spec["target"]["selector"]["labelSelectors"] == names.selector("shop", "gateway")
    assert spec["direction"] == direction


@pytest.mark.parametrize(
    ("edge", "weather"),
    [("cart", Weather(delay=1.0)), ("gateway->cart", Weather()), ("gateway->cart", Weather(fail=0.5))],
)
def test_what_chaos_mesh_cannot_do_says_so(edge: str, weather: Weather) -> None:
    with pytest.raises(UsageError):
        chaos.link("shop", "shop", edge, weather)
