"""Errors, registry, settings and clock: what everything stands on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from telic.clock import SystemClock, VirtualClock
from telic.errors import ActionRefused, PortInUse, TelicError, UnknownName, UsageError
from telic.registry import Registry
from telic.settings import Settings, run_folder


def test_errors_carry_a_hint_a_context_and_an_exit_code() -> None:
    error = PortInUse("port 8080 belongs to pid 7", hint="choose --port 0", port=8080)
    assert (str(error), error.hint, error.context, error.exit_code) == (
        "port 8080 belongs to pid 7",
        "choose --port 0",
        {"port": 8080},
        3,
    )
    assert [UsageError("x").exit_code, ActionRefused("x").exit_code, TelicError("x").exit_code] == [2, 4, 1]


def test_a_registry_makes_what_was_registered_and_names_near_names() -> None:
    shapes: Registry[object] = Registry("shape")
    shapes("square", example={"side": 1})(lambda side: ("square", side))
    assert shapes.create("square", side=2) == ("square", 2)
    assert list(shapes) == ["square"]
    with pytest.raises(UnknownName, match="no shape 'sqare'") as caught:
        shapes.create("sqare")
    assert caught.value.hint == "did you mean square?"
    with pytest.raises(UsageError, match="shape 'square' is registered twice"):
        shapes("square", example={})(lambda: None)


def test_settings_come_from_the_environment_once() -> None:
    settings = Settings.read({"TELIC_HOME": "/srv/telic", "TELIC_PORT": "0", "HOME": "/home/me"})
    assert (settings.home, settings.port, settings.otlp_port) == (Path("/srv/telic"), 0, 4318)
    assert Settings.read({"HOME": "/home/me"}).home == Path("/home/me/.local/state/telic")
    assert Settings.read({"XDG_STATE_HOME": "/s"}).system("hotel") == Path("/s/telic/hotel")


@pytest.mark.parametrize(
    ("environ", "message", "hint"),
    [
        ({"TELIC_PROT": "1"}, "unknown setting TELIC_PROT", "did you mean TELIC_PORT"),
        ({"TELIC_PORT": "many"}, "TELIC_PORT='many' is not a int", "whole number"),
        ({"TELIC_ISOLATION": "docker"}, "TELIC_ISOLATION='docker'", "auto, namespace, processes"),
    ],
)
def test_wrong_settings_are_named(environ: dict[str, str], message: str, hint: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        Settings.read(environ)
    assert hint in caught.value.hint


def test_socket_folders_stay_short_whatever_the_state_folder() -> None:
    deep = Path("/home") / ("x" * 200) / "telic" / "hotel"
    assert len(str(run_folder(deep) / "telemetry.sock")) < 100
    assert run_folder(deep) != run_folder(deep.parent)


async def test_virtual_time_wakes_sleepers_in_order_without_waiting() -> None:
    clock, woken = VirtualClock(start=10.0), []

    async def sleeper(delay: float) -> None:
        await clock.sleep(delay)
        woken.append(clock.time())

    async def everybody() -> None:
        await asyncio.gather(sleeper(3600), sleeper(1), sleeper(60), sleeper(0))

    await clock.run(everybody())
    assert woken == [10.0, 11.0, 70.0, 3610.0]


def test_the_system_clock_never_goes_back() -> None:
    clock = SystemClock()
    assert clock.monotonic() <= clock.monotonic()
    assert clock.time() > 1.7e9
