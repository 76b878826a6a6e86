"""The services of a modelled world: their processes, versions, settings and policies, and what each of them does."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from telic.errors import UsageError
from telic.model import Design, InstanceState, Scalar, ServiceState
from telic.registry import near_names
from telic.worlds.local.backoff import Backoff
from telic.worlds.queueing.conditions import STORE, Conditions, Effect, set_edge, set_node
from telic.worlds.queueing.run import Run

STARTS = 0.4  # from the start of a process until it serves, as a small Python service needs [s]
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


class Services:
    """All services of a run.

    Parameters
    ----------
    run
        What they change.
    design
        Of what is modelled.
    epoch
        Wall clock at the start of the run [s since the Unix epoch].
    """

    def __init__(self, run: Run, design: Design, epoch: float) -> None:
        self.run, self._epoch = run, epoch
        self.conditions = Conditions(run)
        self.all = {each.name: _service(design, each.name, epoch) for each in design.services}
        self._pauses: dict[str, int] = {}

    def named(self, name: str) -> Service:
        """Return one by its name."""
        if name not in self.all:
            raise UsageError(f"no service {name!r}", hint=near_names(name, self.all))
        return self.all[name]

    def write(self) -> None:
        """Put everything into force."""
        held = self.conditions
        held.gone = {each.name for each in self.all.values() if each.phase != "ready"}
        held.still = {each.name for each in self.all.values() if each.still}
        poor = {each.name for each in self.all.values() if each.config.get(POOL) == 0}
        held.starved = poor | (held.starved & {STORE})
        held.effects = {each.name: each.effects for each in self.all.values()}
        held.write()

    def ends(self, name: str, said: str) -> None:
        """Let the process of a service end by itself; its supervisor starts it again after a back-off."""
        this = self.named(name)
        if this.phase not in ("starting", "ready"):
            raise UsageError(f"no process of {name} runs", hint="wait until it is started again")
        healthy = self.run.now + self._epoch - this.started if this.phase == "ready" else 0.0
        self._gone(this, "backoff", said)
        this.restarts += 1
        self._later(this, this.backoff.after(healthy=healthy), self._start)

    def restart(self, name: str) -> None:
        """End the process of a service and start it again at once."""
        this = self.named(name)
        this.backoff.reset()
        self._gone(this, "backoff", "signal 15")
        self._start(this)

    def scale(self, name: str, replicas: int) -> None:
        """Let a service have one process or none."""
        this = self.named(name)
        if replicas and this.phase == "stopped":
            self._start(this)
        elif not replicas:
            self._gone(this, "stopped", "signal 15")

    def stand(self, name: str, *, still: bool) -> None:
        """Let the process of a service stand still, or go on."""
        self.named(name).still = still
        self.write()

    def pause(self, name: str, share: float, every: float) -> None:
        """Let the processor of a service stand still for a `share` [1] of every `every` [s]; 0 ends that."""
        number = self._pauses[name] = self._pauses.get(name, 0) + 1
        life = self.named(name).life

        def again() -> None:
            if self._pauses[name] == number and self.named(name).life == life:
                self.run.stop(name, share * every)
                self.run.at(self.run.now + every, again)

        if share > 0:
            again()

    def deploy(self, name: str, version: str, files: Mapping[str, str], effect: Effect) -> None:
        """Let a new version run that does `effect`."""
        self.named(name).versions[version] = (files, effect)
        self.switch(name, version)

    def difference(self, name: str, files: Mapping[str, str]) -> str:
        """Return how other `files` differ from those that run, as a unified diff."""
        return _diff(self.named(name).files, files)

    def switch(self, name: str, version: str) -> None:
        """Let a version run that is known; it takes over without a gap where it serves at all."""
        this = self.named(name)
        if version not in this.versions:
            raise UsageError(f"{name} has no version {version!r}", hint=f"versions: {', '.join(this.versions)}")
        this.previous, this.version, this.files = this.version, version, this.versions[version][0]
        this.backoff.reset()
        this.restarts = 0
        self._take_over(this)

    def set(self, name: str, changes: Mapping[str, Scalar], effect: Effect) -> None:
        """Give settings other values, which do `effect`; a service that waits to be started is started."""
        this = self.named(name)
        this.config.update(changes)
        this.revision += 1
        if effect != Effect():
            this.settings.update(dict.fromkeys(changes.items(), effect))
        if this.phase == "backoff":
            this.backoff.reset()
            self._start(this)
        else:
            self._live(this)
        self.write()

    def take_link(self, edge: str, link: str) -> None:
        """Let an edge take its link ``a`` or ``b``."""
        self.conditions.links[edge] = link
        self.write()

    def reconcile(self) -> None:
        """Let the database take the statements of every service."""
        self.conditions.refused.clear()
        self.write()

    def set_policy(self, target: str, policy: Any) -> None:
        """Give an edge or a service another policy."""
        holder = self.named(target.partition("->")[0])
        (set_edge if "->" in target else set_node)(self.run, target, policy)
        holder.policies[target] = policy

    def _gone(self, this: Service, phase: Literal["backoff", "stopped"], said: str) -> None:
        this.phase, this.still, this.last_exit = phase, False, said
        this.life += 1
        self.conditions.shares.pop(this.name, None)  # a new process is held back by nothing
        self.run.renew(this.name)
        self.write()

    def _start(self, this: Service) -> None:
        this.phase, this.started = "starting", self.run.now + self._epoch
        this.life += 1
        self.write()
        if all(each.ready for each in this.effects):
            self._later(this, STARTS, self._ready)

    def _ready(self, this: Service) -> None:
        this.phase = "ready"
        self._live(this)
        self.write()

    def _take_over(self, this: Service) -> None:
        """A process of another version beside the one before: ready first, then alone."""
        if not all(each.ready for each in this.effects):
            self._start(this)
            return
        this.phase, this.still, this.started = "ready", False, self.run.now + self._epoch
        this.life += 1
        self.conditions.shares.pop(this.name, None)
        self.run.renew(this.name)
        self._live(this)
        self.write()

    def _live(self, this: Service) -> None:
        lives = [each.life for each in this.effects if each.life > 0]
        if lives and this.phase == "ready":
            self._later(this, min(lives), lambda service: self.ends(service.name, "exit 1"))

    def _later(self, this: Service, seconds: float, what: Any) -> None:
        life = this.life
        self.run.at(self.run.now + seconds, lambda: what(this) if this.life == life else None)


def _service(design: Design, name: str, epoch: float) -> Service:
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


def _diff(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    lines: list[str] = []
    for path in sorted({*before, *after}):
        old, new = before.get(path, "").splitlines(), after.get(path, "").splitlines()
        lines += difflib.unified_diff(old, new, f"a/{path}", f"b/{path}", lineterm="")
    return "\n".join(lines)
