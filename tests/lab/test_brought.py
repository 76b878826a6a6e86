"""Brought systems where they cannot play, and faults that mean nothing to them: refused by name, with a next step."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from telic.errors import UsageError
from telic.lab import brought, faults
from telic.lab import scenario as scenarios
from telic.lab.runs.playable import require_playable
from telic.lab.scenario import Noise, Placed, digest
from telic.lab.session import loading
from telic.telemetry.columns import TABLES
from telic.telemetry.otlp.calls import ATTRIBUTES, ERROR, KIND, PEER, Peers, read_peers

EXAMPLE = Path(__file__).parents[2] / "examples" / "04-bring-your-system"


@pytest.fixture(autouse=True)
def _home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TELIC_HOME", str(tmp_path / "home"))


def test_a_scenario_names_its_system_from_its_own_folder_and_is_the_same_wherever_that_lies() -> None:
    hang = scenarios.read(EXAMPLE / "scenarios" / "hang.toml")
    assert hang.app == str(EXAMPLE)
    assert digest(hang) != digest(replace(hang, app="hotel"))
    text = (EXAMPLE / "scenarios" / "hang.toml").read_text().replace('".."', f'"{EXAMPLE}"')
    assert digest(scenarios.parse(text, Path("/elsewhere/hang.toml"))) == digest(hang)


@pytest.mark.parametrize("world", ["simulated", "queueing"])
def test_other_worlds_refuse_it_by_name(world: str) -> None:
    hang = scenarios.read(EXAMPLE / "scenarios" / "hang.toml")
    with pytest.raises(UsageError, match=f"which the {world} world cannot run") as caught:
        require_playable([hang], [world])  # type: ignore[list-item]
    assert "--world local" in caught.value.hint
    with pytest.raises(UsageError, match="its own programs"), loading.loaded(hang, world=world):  # type: ignore[arg-type]
        pass
    require_playable([hang], ["local"])


def test_what_means_nothing_to_programs_is_refused() -> None:
    hang = scenarios.read(EXAMPLE / "scenarios" / "hang.toml")
    with pytest.raises(UsageError, match="slow-store does not play on a brought system"):
        require_playable([replace(hang, faults=(Placed("slow-store"),))], ["local"])
    with pytest.raises(UsageError, match="has no service 'stok'") as caught:
        require_playable([replace(hang, faults=(Placed("hang", {"service": "stok"}),))], ["local"])
    assert "stock" in caught.value.hint
    with pytest.raises(UsageError, match="a decoy is a deploy or a setting"):
        require_playable([replace(hang, noise=(Noise("decoy"),))], ["local"])
    with pytest.raises(UsageError, match="no workload 'rush'"):
        require_playable([replace(hang, workload=replace(hang.workload, name="rush"))], ["local"])
    assert set(brought.PLAYS) <= set(faults.fault)


def test_calls_that_name_an_address_alone_are_led_to_who_listens_there() -> None:
    row: list[object] = [""] * len(TABLES["spans"])
    row[KIND], row[ERROR], row[ATTRIBUTES] = "client", "ReadTimeoutError", b'{"server.port": 8124}'
    peers = read_peers("8124=stock,8125=mail")
    assert peers is not None
    assert [(each[PEER], each[ERROR]) for each in peers.named([tuple(row)])] == [("stock", "timeout")]
    row[KIND] = "server"
    assert [each[PEER] for each in peers.named([tuple(row)])] == [""]


@pytest.mark.parametrize(
    ("attributes", "callee"),
    [
        ({"server.address": "mail"}, "mail"),
        ({"net.peer.port": "8125"}, "mail"),
        ({"url.full": "http://127.0.0.1:8124/copies?x=1"}, "stock"),
        ({"http.url": "http://[::1"}, ""),
        ({"server.port": 443, "server.address": "example.org"}, ""),
        ({}, ""),
    ],
)
def test_an_address_is_read_as_the_conventions_write_it(attributes: dict[str, object], callee: str) -> None:
    assert Peers({8124: "stock", 8125: "mail"}).of(attributes) == callee


def test_peers_that_are_none_are_refused() -> None:
    assert read_peers("") is None
    with pytest.raises(UsageError, match="--peers"):
        read_peers("stock=8124")
