"""A system in a namespace as an episode has it: its design and its entry are known, and what may be done to it."""

from __future__ import annotations

from pathlib import Path

from telic.clock import SystemClock
from telic.lab.cluster import plays
from telic.lab.fault import Fault
from telic.model import Design
from telic.telemetry.client import TelemetryClient
from telic.worlds.kubernetes.api import Api
from telic.worlds.kubernetes.harm import ClusterHarm
from telic.worlds.kubernetes.world import KubernetesWorld

ASK = "ask.sock"  # in the state folder: questions to the receiver


class PlayedWorld(KubernetesWorld):
    """A system in a namespace whose design is known, and which users reach from here."""

    def __init__(self, api: Api, design: Design, url: str, folder: Path) -> None:
        self._telemetry = TelemetryClient(folder / ASK)
        super().__init__(api, design.system, SystemClock(), folder, store=self._telemetry, entry=design.entry)
        self._design, self._url = design, url

    def about(self) -> dict[str, object]:
        """Return what is up, where, and where users enter."""
        return {**super().about(), "url": self._url, "design": self._design.hash}

    def design_folder(self) -> Path:
        """Return the folder of the design that runs."""
        return self._design.folder

    def close(self) -> None:
        """Let go of the telemetry."""
        self._telemetry.close()


class PlayingHarm(ClusterHarm):
    """A harm that knows which kinds of faults play in a cluster."""

    def require(self, kind: str) -> None:
        """Refuse a kind that does not play here, with the reason."""
        plays.require(kind)

    def prepare(self, culprit: Fault) -> None:
        """Refuse one that does not play as it was planned."""
        plays.require(culprit.name, vars(culprit))
