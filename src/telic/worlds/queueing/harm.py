"""What can go wrong in a run of the model: links, processes, processors, slots, versions, settings, policies, load."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NoReturn, Unpack

import msgspec

from telic.errors import UsageError
from telic.model import OPERATOR, Change, Scalar, State, Topology
from telic.model.weather import Weather, WeatherGiven
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.worlds.load.shapes import read_shape
from telic.worlds.queueing.conditions import STORE, Effect
from telic.worlds.queueing.verbs import Done, policy_change
from telic.worlds.queueing.world import WHY, ModelWorld

REFUSALS = ("login", "role", "connections", "password")  # troubles of a role in which the database refuses it
ALIKE = 0.01  # shares of two mixes that are the same differ by less [1]


class ModelHarm:
    """The part of `telic.model.Harm` that queues, slots, times and policies have; everything else is refused.

    A version or a setting does what `expect` said last: the model runs no code that would show it.

    Parameters
    ----------
    world
        What is hurt.
    """

    def __init__(self, world: ModelWorld) -> None:
        self._world, self._services = world, world.services
        self._expected = Effect()

    def expect(self, effect: Effect) -> None:
        """Be told what the next version or setting does, in the model's terms."""
        self._expected = effect

    def signal(self, service: str, name: str) -> None:
        """Let a process stand still (``STOP``), go on (``CONT``) or end (``KILL``); the database only the first two."""
        self._world.catch_up()
        if service == STORE and name in ("STOP", "CONT"):
            held = self._services.conditions
            (held.starved.add if name == "STOP" else held.starved.discard)(STORE)
            self._services.write()
        elif service != STORE and name in ("STOP", "CONT"):
            self._services.stand(service, still=name == "STOP")
        elif service != STORE and name == "KILL":
            self._services.ends(service, "signal 9")
        else:
            raise UsageError(f"{name} of {service}: {WHY}", hint="play it in the simulated or the local world")

    def throttle(self, service: str, share: float) -> str:
        """Let a service or the database have a `share` [1] of one processor; 1.0 heals."""
        if not 0 < share <= 1:
            raise UsageError(f"a share of {share} CPU", hint="above 0, at most 1")
        self._world.catch_up()
        shares = self._services.conditions.shares
        shares.pop(service, None)
        if share < 1:
            shares[service] = share
        self._services.write()
        return "model"

    def pause(self, service: str, share: float, *, every: float = 1.0) -> None:
        """Let the processor of a service stand still for a `share` [1] of every `every` [s]; 0 heals."""
        if not 0 <= share < 1 or every <= 0:
            raise UsageError(f"pauses of {share} of every {every} s", hint="from 0 to below 1 of a time above 0")
        self._world.catch_up()
        self._services.pause(service, share, every)

    def link(self, edge: str, **weather: Unpack[WeatherGiven]) -> None:
        """Delay, cut or break an edge."""
        given = Weather(**weather)
        if given != Weather(delay=given.delay, drop=given.drop, fail=given.fail):
            raise UsageError(
                f"{edge}: the model knows no such weather", hint="delay, drop or fail, both ways, all the time"
            )
        self._world.catch_up()
        self._world.run.plan.edge(edge)
        self._services.conditions.weather[edge] = given
        self._services.write()

    def capacity(self, service: str, share: float) -> None:
        """Give a service a share [1] of its slots."""
        self._world.catch_up()
        self._world.run.capacity(service, share)

    def flush(self, store: str) -> None:
        """Empty every cache."""
        self._world.catch_up()
        self._world.run.flush()

    def store(self, name: str, trouble: str, *, on: str = "", size: float = 1.0) -> None:
        """Let the database refuse the role of one service, or take it again where `size` is 0."""
        if name != STORE or trouble not in REFUSALS:
            raise UsageError(
                f"{trouble} of {name}: {WHY}", hint=f"of {STORE} the model knows {', '.join(REFUSALS)}, and hangs"
            )
        self._world.catch_up()
        self._services.named(on)
        (self._services.conditions.refused.add if size else self._services.conditions.refused.discard)(on)
        self._services.write()

    def load(self, name: str, **order: str | float) -> None:
        """Send a load of the run's own mix besides the usual one; without an order it ends."""
        self._world.catch_up()
        if not order:
            self._world.loads.end(name)
            return
        if "keys" in order or not self._usual(str(order.get("mix", ""))):
            raise UsageError(f"{name}: the model sends only the mix of its workload", hint="leave mix and keys out")
        self._world.loads.begin(name, float(order["rate"]), read_shape(str(order.get("shape", "constant")), 3600.0))

    def push_config(self, service: str, changes: Mapping[str, Scalar], *, author: str, summary: str) -> Change:
        """Push settings; what they do was said by `expect`, and those that do nothing are only told."""
        this, effect = self._services.named(service), self._taken()
        diff = "\n".join(f"{key}: {this.config.get(key)} -> {value}" for key, value in changes.items())
        done = Done("config", service, f"{this.revision}", f"{this.revision + 1}",
                    lambda: self._services.set(service, changes, effect), diff)  # fmt: skip
        return self._world.tell(done, author=author, summary=summary)

    def push_policy(self, target: str, changes: Mapping[str, object], *, author: str, summary: str) -> Change:
        """Push another policy of an edge or a service."""
        policies = self._services.named(target.partition("->")[0]).policies
        if target not in policies:
            raise UsageError(f"no edge or service {target!r}", hint=f"one of {', '.join(policies)}")
        kind: type[EdgePolicy | NodePolicy] = EdgePolicy if "->" in target else NodePolicy
        policy = msgspec.convert({**msgspec.to_builtins(policies[target]), **changes}, type=kind)
        return self._world.tell(policy_change(self._services, target, policy), author=author, summary=summary)

    def deploy(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Deploy a version that differs by `edits`; what it does was said by `expect`."""
        this, effect = self._services.named(service), self._taken()
        version = str(max([0, *(int(each) for each in this.versions if each.isdigit())]) + 1)
        files = {**this.files, **edits}
        diff = self._services.difference(service, files)
        done = Done("deploy", service, this.version, version,
                    lambda: self._services.deploy(service, version, files, effect), diff)  # fmt: skip
        return self._world.tell(done, author=author, summary=summary)

    roll_out = deploy

    def scale(self, service: str, replicas: int, *, author: str, summary: str) -> Change | None:
        """Let a service have 0 or 1 processes; None where it does so already."""
        before = self._services.named(service).state().replicas
        if before == replicas:
            return None
        done = Done("scale", service, f"{before}", f"{replicas}", lambda: self._services.scale(service, replicas))
        return self._world.tell(done, author=author, summary=summary)

    def restore(self, service: str, change: Change) -> None:
        """Go back to the version before a deploy, where the one that it brought still runs."""
        if change.kind == "deploy" and self._services.named(service).version == change.after:
            done = Done("deploy", service, change.after, change.before,
                        lambda: self._services.switch(service, change.before))  # fmt: skip
            self._world.tell(done, author=OPERATOR, summary=f"back to version {change.before}")

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return the sources of the version of a service."""
        return self._world.release_files(service)

    def state(self) -> State:
        """Return the world's state."""
        return self._world.state()

    def topology(self) -> Topology:
        """Return the world's topology."""
        return self._world.topology()

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        """Refuse every other harm by name."""
        if name.startswith("_"):
            raise AttributeError(name)

        def refuse(*args: object, **given: object) -> NoReturn:
            raise UsageError(f"{name}: {WHY}", hint="use the simulated or the local world for this fault")

        return refuse

    def _taken(self) -> Effect:
        self._world.catch_up()
        effect, self._expected = self._expected, Effect()
        return effect

    def _usual(self, mix: str) -> bool:
        """Whether a mix such as ``F1=3,F5=1`` is that of the run's workload."""
        if not mix:
            return True
        weights = {name: float(weight or 1) for name, _, weight in (each.partition("=") for each in mix.split(","))}
        total, plan = sum(weights.values()), self._world.run.plan
        shares: dict[str, float] = {}
        for name, share in zip(plan.entries, plan.shares, strict=True):
            shares[name] = shares.get(name, 0.0) + share
        return all(abs(weights.get(each, 0.0) / total - shares.get(each, 0.0)) < ALIKE for each in {*weights, *shares})
