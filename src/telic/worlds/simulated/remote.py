"""Hurting a simulated world that runs in another process: the same harm, asked for over its socket."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from telic.model.weather import WeatherGiven
from telic.worlds.local import control
from telic.worlds.local.colleague import Colleague
from telic.worlds.local.layout import Layout
from telic.worlds.local.world import LocalWorld

METHODS = ("signal", "throttle", "link", "limit", "skew", "expire", "store", "load", "pause", "revoke", "grant")
_WITHIN = 10.0  # an answer [s]


class AttachedHarm(Colleague):
    """A `model.Harm` for a simulated world that ``telic up`` started."""

    def __init__(self, world: LocalWorld, layout: Layout) -> None:
        super().__init__(world)
        self._socket = layout.harm

    @classmethod
    def attach(cls, state_folder: Path) -> AttachedHarm:
        """Return the harm of the running world whose state folder this is; raise WorldUnavailable where none runs."""
        return cls(LocalWorld.attach(state_folder), Layout.of(state_folder))

    def signal(self, service: str, name: str) -> None:
        """Send ``STOP``, ``CONT``, ``KILL`` or ``TERM`` to the process of `service`."""
        self._ask("signal", service=service, name=name)

    def throttle(self, service: str, share: float) -> str:
        """Let today's process of `service` have `share` [1] of one CPU; 1.0 heals."""
        return str(self._ask("throttle", service=service, share=share))

    def link(self, edge: str, **weather: Unpack[WeatherGiven]) -> None:
        """Give an edge's primary link a `Weather`; no arguments heal it."""
        self._ask("link", edge=edge, **weather)

    def limit(
        self, service: str, *, files: int = 0, memory: float = 0.0, life: float = 0.0, stall: float = 0.0
    ) -> None:
        """Let the processes of `service` have fewer files [1], less memory [bytes] or a shorter life [s]."""
        self._ask("limit", service=service, files=files, memory=memory, life=life, stall=stall)

    def skew(self, service: str, seconds: float) -> None:
        """Let the wall clock of today's process of `service` be `seconds` ahead; 0 heals."""
        self._ask("skew", service=service, seconds=seconds)

    def expire(self, service: str, ago: float) -> None:
        """Let the certificate that `service` presents have run out `ago` [s]; 0 heals."""
        self._ask("expire", service=service, ago=ago)

    def store(self, name: str, trouble: str, *, on: str = "", size: float = 1.0) -> None:
        """Bring about a trouble of a store, or take it back where `size` is 0."""
        self._ask("store", name=name, trouble=trouble, on=on, size=size)

    def load(self, name: str, **order: str | float) -> None:
        """Send the load called `name` besides the usual one; without an order it ends."""
        self._ask("load", name=name, **order)

    def pause(self, service: str, share: float, *, every: float = 1.0) -> None:
        """Let today's process of `service` stand still for a `share` [1] of every `every` [s]; 0 heals."""
        self._ask("pause", service=service, share=share, every=every)

    def revoke(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Take `privileges` on ``schema.table`` from the role of `service`."""
        self._ask("revoke", service=service, table=table, privileges=privileges)

    def grant(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Give them back; ``ALL`` gives what the design grants."""
        self._ask("grant", service=service, table=table, privileges=privileges)

    def close(self) -> None:
        """Let go; what was done stays."""

    def _ask(self, method: str, **params: object) -> object:
        return control.ask(self._socket, method, params, timeout=_WITHIN)
