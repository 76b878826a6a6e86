"""The services of a modelled world: their processes, versions, settings and policies, and what each of them does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from telic.errors import UsageError
from telic.model import Design, Scalar
from telic.registry import near_names
from telic.worlds.queueing.conditions import STORE, Conditions, Effect, set_edge, set_node
from telic.worlds.queueing.run import Run
from telic.worlds.queueing.service import POOL, Service, difference, service_of

STARTS = 0.4  # from the start of a process until it serves, as a small Python service needs [s]


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
        self.all = {each.name: service_of(design, each.name, epoch) for each in design.services}
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
        return difference(self.named(name).files, files)

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
