"""What hurts a system in a cluster: what a colleague may do over the API, and objects of Chaos Mesh."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NoReturn, Unpack

import msgspec

from telic.errors import TelicError, UsageError, WorldError
from telic.model import Change, Design, Scalar, State, Topology
from telic.model.weather import Weather, WeatherGiven
from telic.registry import near_names
from telic.runtime.wiring import EdgePolicy, NodePolicy
from telic.worlds.kubernetes import chaos, names
from telic.worlds.kubernetes.manifests import release
from telic.worlds.kubernetes.observed import configurations, of_config, releases
from telic.worlds.kubernetes.pods import Manifest, Options
from telic.worlds.kubernetes.rollout import Said
from telic.worlds.kubernetes.world import KubernetesWorld
from telic.worlds.load.beside import Beside
from telic.worlds.load.order import extra
from telic.worlds.local.change_log import files_diff, settings_diff

WHY = "a cluster has no means for it that the API or Chaos Mesh gives"
WITHIN, LOOK = 20.0, 0.2  # for Chaos Mesh to begin or end what it does, and between two looks [s]
TROUBLES = ("NetworkChaos", "PodChaos", "StressChaos", "TimeChaos")


class ClusterHarm:
    """The part of `telic.model.Harm` that the API and Chaos Mesh have; everything else is refused.

    Parameters
    ----------
    world
        What is hurt; `url` in its `about` says where users enter.
    design
        What runs there.
    """

    def __init__(self, world: KubernetesWorld, design: Design) -> None:
        self.world, self.design, self._api = world, design, world.api
        self._rollouts, self._system = world.rollouts, world.system
        self._beside = Beside(world.state_folder)
        self._troubled = False  # whether Chaos Mesh was asked for anything

    def deploy(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Deploy a version that differs by `edits` as a colleague would, and wait until it is rolled out."""
        change = self._deploy(service, edits, Said(author, summary), at_once=False)
        self._rollouts.settled(service)
        return change

    def roll_out(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Deploy as `deploy` does, but the old pods end first (``Recreate``), and nobody waits."""
        return self._deploy(service, edits, Said(author, summary), at_once=True)

    def push_config(self, service: str, changes: Mapping[str, Scalar], *, author: str, summary: str) -> Change:
        """Push a configuration revision as a colleague would, and wait until it is rolled out."""
        config = self._config(service)
        return self._push(service, {**config, "settings": {**config["settings"], **changes}}, Said(author, summary))

    def push_policy(self, target: str, changes: Mapping[str, object], *, author: str, summary: str) -> Change:
        """Push other fields of the policy of an edge or a service as a colleague would."""
        service, on_edge = target.partition("->")[0], "->" in target
        config = self._config(service)
        wiring: Mapping[str, Any] = config["wiring"]
        if on_edge and target not in wiring["edges"]:
            raise UsageError(f"no edge {target!r}", hint=near_names(target, wiring["edges"]))
        kind: type[EdgePolicy | NodePolicy] = EdgePolicy if on_edge else NodePolicy
        try:
            policy = msgspec.convert({**(wiring["edges"][target] if on_edge else wiring["node"]), **changes}, type=kind)
        except msgspec.ValidationError as error:
            raise UsageError(f"not a policy of {target}: {error}", hint="see its state") from error
        plain = msgspec.to_builtins(policy)
        changed = {**wiring, "edges": {**wiring["edges"], target: plain}} if on_edge else {**wiring, "node": plain}
        return self._push(service, {**config, "wiring": changed}, Said(author, summary))

    def scale(self, service: str, replicas: int, *, author: str, summary: str) -> Change | None:
        """Let `service` run with 0 or 1 pods as a colleague would; None where it does so already."""
        before = self._state(service).replicas
        if before == replicas:
            return None
        name = self._rollouts.scale(service, replicas, Said(author, summary))
        self._rollouts.settled(service)
        diff = settings_diff({"replicas": before}, {"replicas": replicas})
        return Change(name, self._at(name), "scale", service, summary, author, diff)

    def restore(self, service: str, change: Change) -> None:
        """Take back what `push_config` or `deploy` did, if it is still in force."""
        now, said = self._state(service), Said(change.author, f"take back: {change.summary}")
        if change.kind == "deploy" and now.version == change.after:
            self._rollouts.switch(service, change.before, now.revision, said)
            self._rollouts.settled(service)
        elif change.kind in ("config", "policy") and f"{now.revision}" == change.after:
            before = configurations(self._api, self._system, service)[int(change.before)]
            self._push(service, before, said)

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return the source files of the version of `service` that runs now."""
        return self.world.release_files(service)

    def load(self, name: str, **order: str | float) -> None:
        """Send the load called `name` besides the usual one, from the lab's machine; without an order it ends."""
        self._beside.end(name)
        if order:
            url = str(self.world.about()["url"])
            self._beside.send(name, extra(self.design.folder, url, self.design.workloads[0].id, order))

    def signal(self, service: str, name: str) -> None:
        """End the containers of a service or store (``KILL``): the kubelet starts them again in their pods.

        ``CONT`` does nothing, as nothing can stand still: a container's first process cannot be stopped.
        """
        if name == "CONT":
            return
        if name != "KILL":
            raise UsageError(f"{name} of {service}: {WHY}", hint="KILL")
        self._known(service)
        made = chaos.ended(self._system, self._api.namespace, service)
        self._delete(made["kind"], made["metadata"]["name"])
        self._create(made)

    def throttle(self, service: str, share: float) -> str:
        """Let a service have a `share` [1] of its one CPU; 1.0 heals. Returns ``cgroup``: others want the rest."""
        if not 0 < share <= 1:
            raise UsageError(f"a share of {share} CPU", hint="above 0, at most 1")
        self._known(service)
        self._delete("StressChaos", f"busy-{service}")
        if share < 1:
            self._create(chaos.busy(self._system, self._api.namespace, service, share))
        return "cgroup"

    def skew(self, service: str, seconds: float) -> None:
        """Let the wall clock of a service be `seconds` [s] ahead; 0 heals."""
        self._known(service)
        self._delete("TimeChaos", f"skew-{service}")
        if seconds:
            self._create(chaos.skewed(self._system, self._api.namespace, service, seconds))

    def link(self, edge: str, **weather: Unpack[WeatherGiven]) -> None:
        """Give an edge a `Weather`; no arguments heal it."""
        edges = [f"{each.caller}->{each.callee}" for each in self.topology().edges]
        if edge not in edges:
            raise UsageError(f"no edge {edge!r}", hint=near_names(edge, edges))
        made = chaos.link(self._system, self._api.namespace, edge, Weather(**weather)) if weather else None
        self._delete("NetworkChaos", chaos.link_name(edge))
        if made is not None:
            self._create(made)

    def state(self) -> State:
        """Return the world's state, for choosing a place."""
        return self.world.state()

    def topology(self) -> Topology:
        """Return the world's topology, for choosing a place."""
        return self.world.topology()

    def left(self) -> list[str]:
        """Return what is still there of Chaos Mesh's objects, as ``Kind/name``."""
        return [f"{each['kind']}/{each['metadata']['name']}" for each in self._objects()]

    def close(self) -> None:
        """End loads that this harm sends, and what objects of Chaos Mesh are left."""
        self._beside.close()
        with suppress(TelicError):  # a cluster that is gone, or goes: what was played stays told
            for each in self._objects() if self._troubled else ():
                self._delete(each["kind"], each["metadata"]["name"])

    def __getattr__(self, name: str) -> Callable[..., NoReturn]:
        """Refuse every other harm by name."""
        if name.startswith("_"):
            raise AttributeError(name)

        def refuse(*args: object, **given: object) -> NoReturn:
            raise UsageError(f"{name}: {WHY}", hint="play this fault with --world local or simulated")

        return refuse

    def _deploy(self, service: str, edits: Mapping[str, str], said: Said, *, at_once: bool) -> Change:
        now, known = self._state(service), releases(self._api, self._system, service)
        version = str(max(int(each) for each in known if each.isdigit()) + 1)
        prefix = f"services/{service}/"
        if wrong := [each for each in edits if not each.startswith(prefix) or "/" in each.removeprefix(prefix)]:
            raise UsageError(f"{wrong[0]!r} is no source file of {service}", hint=f"a path such as {prefix}app.py")
        files = {**known[now.version], **edits}
        options = Options(namespace=self._api.namespace)
        flat = {path.removeprefix(prefix): text for path, text in files.items()}
        self._api.create(release(self.design, self.design.service(service), options, flat, version))
        name = self._rollouts.switch(service, version, now.revision, said, at_once=at_once)
        diff = files_diff(known[now.version], files)
        return Change(name, self._at(name), "deploy", service, said.summary, said.author, diff, now.version, version)

    def _push(self, service: str, config: Mapping[str, Any], said: Said) -> Change:
        before = self._config(service)
        name = self._rollouts.push(service, config, said)
        after = self._config(service)
        self._rollouts.settled(service)
        return of_config(name, self._at(name), service, before, after, said.author, said.summary)

    def _config(self, service: str) -> Mapping[str, Any]:
        return configurations(self._api, self._system, service)[self._state(service).revision]

    def _state(self, service: str) -> Any:
        known = self.state().services
        if service not in known:
            raise UsageError(f"no service {service!r}", hint=near_names(service, known))
        return known[service]

    def _known(self, name: str) -> None:
        state = self.state()
        if name not in (known := [*state.services, *state.stores]):
            raise UsageError(f"no service {name!r}", hint=near_names(name, known))

    def _at(self, change: str) -> float:
        return int(change.rpartition("-")[2]) / 1000

    def _objects(self) -> list[Manifest]:
        wanted = {**names.selector(self._system), names.COMPONENT: chaos.COMPONENT}
        return [each for kind in TROUBLES for each in self._api.list(kind, wanted)]

    def _create(self, made: Manifest) -> None:
        """Hurt, and wait until Chaos Mesh says that it does."""
        kind, name = str(made["kind"]), str(made["metadata"]["name"])
        self._troubled = True
        self._api.create(made)
        if not self._until(lambda: _injected(self._api.get(kind, name))):
            self._api.delete(kind, name)
            raise WorldError(
                f"Chaos Mesh did not inject {kind} {name} within {WITHIN:g} s",
                hint=f"kubectl -n {self._api.namespace} describe {kind.lower()}",
            )

    def _delete(self, kind: str, name: str) -> None:
        """Heal, and wait until it is done: an object stays until Chaos Mesh has taken its harm back."""
        self._api.delete(kind, name)
        if not self._until(lambda: self._api.get(kind, name) is None):
            raise WorldError(
                f"Chaos Mesh did not take {kind} {name} back within {WITHIN:g} s",
                hint=f"kubectl -n {self._api.namespace} describe {kind.lower()}",
            )

    @staticmethod
    def _until(holds: Callable[[], bool]) -> bool:
        end = time.monotonic() + WITHIN
        while not (found := holds()) and time.monotonic() < end:
            time.sleep(LOOK)
        return found


def _injected(made: Manifest | None) -> bool:
    conditions: list[Mapping[str, Any]] = ((made or {}).get("status") or {}).get("conditions") or []
    return any(each.get("type") == "AllInjected" and each.get("status") == "True" for each in conditions)
