"""Whatever goes wrong after a world was started, the journey that started it ends it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from telic.lab import journey
from telic.settings import Settings


class World:
    """What a journey asks of a world before its load begins."""

    def __init__(self, state: Path) -> None:
        self.state_folder, self.closed = state, False

    def about(self) -> dict[str, object]:
        raise ConnectionResetError("gone")

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("fails", ["course", "about"])
def test_a_journey_that_does_not_begin_leaves_no_world(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, fails: str
) -> None:
    world, down = World(tmp_path / "state"), list[Path]()
    made = SimpleNamespace(system="hotel", services=(), folder=tmp_path)
    monkeypatch.setattr("telic.loop.design", lambda *given, **named: made)
    monkeypatch.setattr("telic.loop.deploy", lambda *given, **named: world)
    monkeypatch.setattr("telic.worlds.local.launch.down", down.append)
    if fails == "course":
        monkeypatch.setattr(journey, "Journey", lambda *given: 1 / 0)
    with (
        pytest.raises((ConnectionResetError, ZeroDivisionError)),
        journey.start("hotel", Settings.read({}), lambda told: None),
    ):
        pass
    assert world.closed
    assert [each.name for each in down] == ["hotel"]
