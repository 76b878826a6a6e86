"""A service that listens with TLS, as a real process: whoever verifies it calls it while its certificate is valid."""

from __future__ import annotations

import time
import urllib.error
from collections.abc import Callable
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from telic import cli
from telic.model import Action, Design, dump
from telic.worlds.local import launch
from telic.worlds.local.harm import LocalHarm
from telic.worlds.local.world import LocalWorld

pytestmark = pytest.mark.live
Get = Callable[..., dict[str, object]]
Start = Callable[..., LocalWorld]
FINE = {"text": "hello test", "rooms": 10}


@pytest.fixture
def secured(small_design: Design) -> Design:
    """The hotel is asked over TLS."""
    services = [
        replace(each, settings={"listen.tls": True}) if each.name == "hotel" else each for each in small_design.services
    ]
    made = replace(small_design, services=tuple(services))
    (made.folder / "design.json").write_bytes(dump(made, schema="telic/design/v1", indent=1))
    return made


def fails(world: LocalWorld, get: Get) -> bool:
    try:
        get(world)
    except urllib.error.HTTPError as error:
        return error.code >= 500
    return False


def test_nobody_calls_it_past_its_time_until_it_is_renewed(secured: Design, started: Start, get: Get) -> None:
    world = started(secured)
    assert get(world) == FINE
    until = world.state().certificates["hotel"]
    assert until > time.time() + 80 * 86_400
    asked = CliRunner(env={"TELIC_HOME": str(world.state_folder.parent)}).invoke(
        cli.face(["status"]), ["status", "tiny"]
    )
    assert "certificate of hotel: 90.0 days left" in asked.output
    harm = LocalHarm.attach(world.state_folder)
    try:
        harm.expire("hotel", 60.0)
        assert fails(world, get)
        assert world.state().certificates["hotel"] < time.time()
        assert world.state().services["hotel"].instances[0].phase == "ready", "probes do not verify"
        world.apply(Action("restart", "hotel"))
        assert fails(world, get), "it presents the same certificate again"
        world.apply(Action("renew_certificate", "hotel"))
        assert get(world) == FINE
        harm.expire("hotel", 60.0)
        harm.expire("hotel", 0.0)
        assert get(world) == FINE
    finally:
        harm.close()


def test_a_certificate_that_is_nearly_past_is_renewed_at_the_next_start(
    secured: Design, started: Start, get: Get
) -> None:
    world = started(secured)
    harm = LocalHarm.attach(world.state_folder)
    harm.expire("hotel", 60.0)
    harm.close()
    launch.down(world.state_folder)
    again = started(secured)
    assert get(again) == FINE
    assert again.state().certificates["hotel"] > time.time() + 80 * 86_400
