"""One service of a modelled world: its process, version, settings and policies, and its files."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from telic.model import Design, InstanceState, Scalar, ServiceState
from telic.worlds.local.backoff import Backoff
from telic.worlds.queueing.conditions import Effect

POOL = "store.postgres.pool"
POOL_SIZE = 3  # connections of a service [1], as `Costs.connections`


@dataclass
class Service:
    """One service and its only process."""

    name: str
    version: str
    files: Mapping[str, str]
    config: dict[str, Scalar]
    policies: dict[str, Any]
    started: float
    phase: Literal["starting", "ready", "backoff", "stopped"] = "ready"
    still: bool = False
    previous: str = ""
    revision: int = 1
    restarts: int = 0
    life: int = 0  # the number of its process, so that what was meant for one does not reach the next
    last_exit: str = ""
    backoff: Backoff = field(default_factory=Backoff)
    versions: dict[str, tuple[Mapping[str, str], Effect]] = field(default_factory=dict)
    settings: dict[tuple[str, Scalar], Effect] = field(default_factory=dict)  # that do something with this value

    @property
    def effects(self) -> list[Effect]:
        """What its version and its settings do now."""
        pushed = [effect for (key, value), effect in self.settings.items() if self.config.get(key) == value]
        return [self.versions[self.version][1], *pushed]

    def state(self) -> ServiceState:
        """Return how it is."""
        runs = self.phase in ("starting", "ready")
        letter = "T" if self.still else "S" if runs else ""
        pid = 1000 + self.life if runs else 0
        known = InstanceState(f"{self.name}-1", pid, self.phase, self.version, self.started, self.restarts,
                              self.last_exit, process_state=letter)  # fmt: skip
        policies = {name: msgspec.to_builtins(each) for name, each in self.policies.items()}
        replicas = 0 if self.phase == "stopped" else 1
        config = dict(self.config)
        return ServiceState(self.name, self.version, self.previous, self.revision, config, policies, (known,), replicas)


def service_of(design: Design, name: str, epoch: float) -> Service:
    """Return a service of a design as it is at the start of a run, at `epoch` [s since the Unix epoch]."""
    that, wiring = design.service(name), design.wiring
    files = _sources(design.folder / "services" / name)
    config: dict[str, Scalar] = {"log.level": "INFO", **({POOL: POOL_SIZE} if "postgres" in that.stores else {})}
    edges = {f"{name}->{callee}": wiring.of_edge(f"{name}->{callee}") for callee in that.callees}
    policies = {name: wiring.of_node(name), **edges}
    made = Service(name, that.version, files, config, policies, epoch)
    made.versions[that.version] = (files, Effect())
    return made


@cache
def _sources(folder: Path) -> Mapping[str, str]:
    """Return the files of a service by their path in its release; none where the system was made up."""
    if not folder.is_absolute() or not folder.is_dir():
        return {}
    return {path.relative_to(folder).as_posix(): path.read_text("utf-8") for path in sorted(folder.rglob("*.py"))}


def difference(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    """Return how files differ from those before, as a unified diff."""
    lines: list[str] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path, "").splitlines(), after.get(path, "").splitlines()
        lines += difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(lines)
