"""A system in a cluster as a world: what it shows, and the actions that the guard alone applies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from telic.clock import Clock
from telic.errors import StoreFailed, UsageError, WorldUnavailable
from telic.model import Action, Change, Design, Row, Scalar, State, Store, Topology, Undo, Window
from telic.worlds.kubernetes import names, observed, verbs
from telic.worlds.kubernetes.api import Api
from telic.worlds.kubernetes.observed import annotation, configurations, label, releases, rollouts
from telic.worlds.kubernetes.pods import Manifest
from telic.worlds.kubernetes.rollout import Rollouts
from telic.worlds.kubernetes.settings import STORES
from telic.worlds.local.world import AskedWorld


class _Elsewhere:
    """The telemetry of a system of which nobody said where it goes."""

    def query(self, sql: str, params: Sequence[Scalar] = (), *, limit: int = 10_000, timeout: float = 5.0) -> list[Row]:
        """Refuse."""
        raise StoreFailed(
            "nothing says where this system's telemetry is", hint="deploy with --telemetry, and run `telic serve` there"
        )


class KubernetesWorld(AskedWorld):
    """One system in one namespace.

    Parameters
    ----------
    api
        The namespace.
    system
        What the system is called there.
    state_folder
        Where whoever operates keeps a journal.
    store
        Its telemetry: whatever its services send to; without one queries are refused.
    entry
        Where users enter.
    """

    def __init__(
        self,
        api: Api,
        system: str,
        clock: Clock,
        state_folder: Path,
        *,
        store: Store | None = None,
        entry: str = "gateway",
    ) -> None:
        super().__init__(clock, store or _Elsewhere(), state_folder)
        self.api, self.system, self.entry = api, system, entry
        self.rollouts = Rollouts(api, system, clock)

    def about(self) -> dict[str, object]:
        """Return what is up, and where."""
        return {"system": self.system, "isolation": "kubernetes", "namespace": self.api.namespace}

    def design_folder(self) -> Path:
        """Return the empty path: the cluster keeps versions, not designs."""
        return Path()

    def ask(self, method: str, **params: object) -> object:
        """Refuse: a cluster has no control socket."""
        raise UsageError(f"{method}: a system in a cluster has no supervisor of ours", hint="use its API")

    def topology(self) -> Topology:
        """Return services, stores and who calls whom."""
        return observed.topology(self.system, self.entry, self._deployments(), self._stores())

    def state(self) -> State:
        """Return desired and observed state of every service and store."""
        pods: dict[str, list[Manifest]] = {}
        for pod in self.api.list("Pod", names.selector(self.system)):
            pods.setdefault(label(pod, names.NAME), []).append(pod)
        services = {}
        for each in self._deployments():
            name = label(each, names.NAME)
            revision = int(annotation(each["spec"]["template"], names.REVISION) or 0)
            config = configurations(self.api, self.system, name).get(revision, {})
            services[name] = observed.service_state(each, config, pods.get(name, ()), self.version_before(name))
        stores = {name: observed.store_state(name, pods.get(name, ())) for name in self._stores()}
        return State(self.system, self.clock.time(), services, stores=stores)

    def changes(self, window: Window) -> list[Change]:
        """Return what was rolled out in `window`, oldest first."""
        found: list[Change] = []
        for each in self._deployments():
            name = label(each, names.NAME)
            sets = self.api.list("ReplicaSet", names.selector(self.system, name))
            configs = configurations(self.api, self.system, name)
            kept = releases(self.api, self.system, name)
            found += [*observed.changes(name, sets, configs, kept), *observed.scales(each)]
        return observed.inside(found, window)

    def version_before(self, service: str) -> str:
        """Return the version that ran before the one that runs; "" for the first."""
        sets = rollouts(self.api.list("ReplicaSet", names.selector(self.system, service)))
        versions = list(dict.fromkeys(label(each["spec"]["template"], names.VERSION) for each in reversed(sets)))
        return versions[1] if len(versions) > 1 else ""

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return the source files of the version of `service` that runs now."""
        version = label(verbs.deployment(self, service)["spec"]["template"], names.VERSION)
        return releases(self.api, self.system, service).get(version, {})

    def deploy(self, design: Design) -> None:
        """Refuse: what starts a system makes its secrets too (`telic.worlds.kubernetes.starting`)."""
        raise UsageError(f"{design.system}: deploy from manifests", hint="telic kubernetes up")

    def dry_run(self, action: Action) -> str:
        """Say what `action` would change; raise ActionRefused where its precondition does not hold."""
        return verbs.plan(self, action).words

    def apply(self, action: Action) -> Undo:
        """Carry out one action and wait until it is rolled out; called by the guard alone."""
        planned = verbs.plan(self, action)
        planned.run()
        service = action.target.partition("->")[0]
        self.rollouts.settled(service, verbs.kind_of(service))
        return planned.undo

    def close(self) -> None:
        """Let go of the cluster; what runs there runs on."""

    def _deployments(self) -> list[Manifest]:
        chosen = {**names.selector(self.system), names.COMPONENT: "service"}
        found = self.api.list("Deployment", chosen)
        if not found:
            raise WorldUnavailable(
                f"no {self.system} in namespace {self.api.namespace}", hint=f"telic kubernetes up {self.system}"
            )
        return found

    def _stores(self) -> list[str]:
        chosen = {**names.selector(self.system), names.COMPONENT: "store"}
        found = {label(each, names.NAME) for each in self.api.list("Service", chosen)}
        return [each for each in STORES if each in found]
