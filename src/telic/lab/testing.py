"""A world in memory that can be hurt: for tests of faults, also of those that others write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

from telic.errors import UnknownName, UsageError
from telic.model import Change, Scalar, State, Topology, Window
from telic.model.weather import Weather, WeatherGiven

STORE_TOO = ("signal", "throttle", "pause")  # what may be done to a store's processes as well


class RecordingHarm:
    """Implements `model.Harm` on values: what was done shows in `snapshot`, and every call in `calls`.

    Parameters
    ----------
    state
        The world before.
    topology
        Its services and edges.
    releases
        Service to the files of the version that runs.
    """

    def __init__(self, state: State, topology: Topology, releases: Mapping[str, Mapping[str, str]]) -> None:
        self._state, self._topology = state, topology
        self._releases = {(name, state.services[name].version): dict(files) for name, files in releases.items()}
        self._stopped: set[str] = set()
        self._shares: dict[str, float] = {}
        self._links: dict[str, Weather] = {}
        self._limits: dict[str, tuple[int, float, float, float]] = {}
        self._ahead: dict[str, float] = {}
        self._expired: dict[str, float] = {}
        self._troubles: dict[tuple[str, str, str], float] = {}
        self._loads: dict[str, Mapping[str, str | float]] = {}
        self._left: dict[str, float] = {}
        self._pauses: dict[str, tuple[float, float]] = {}
        self._missing: set[tuple[str, str, str]] = set()
        self.calls: list[str] = []
        self.log: list[Change] = []

    def snapshot(self) -> Mapping[str, object]:
        """Return everything in which a hurt world differs from a healthy one; revisions and history do not count."""
        services = self._state.services.values()
        return {
            "stopped": sorted(self._stopped),
            "shares": dict(self._shares),
            "links": dict(self._links),
            "limits": dict(self._limits),
            "ahead": dict(self._ahead),
            "expired": dict(self._expired),
            "troubles": dict(self._troubles),
            "loads": dict(self._loads),
            "policies": {each.name: dict(each.policies) for each in services},
            "replicas": {each.name: each.replicas for each in services},
            "left": dict(self._left),
            "pauses": dict(self._pauses),
            "missing": sorted(self._missing),
            "versions": {each.name: each.version for each in services},
            "files": {each.name: dict(self.release_files(each.name)) for each in services},
            "config": {each.name: dict(each.config) for each in services},
        }

    def signal(self, service: str, name: str) -> None:
        """Note who is stopped."""
        self._known(service, "signal", name)
        if name not in ("STOP", "CONT", "KILL"):
            raise UsageError(f"signal {name}", hint="one of STOP, CONT, KILL")
        (self._stopped.add if name == "STOP" else self._stopped.discard)(service)

    def throttle(self, service: str, share: float) -> str:
        """Note the share."""
        self._known(service, "throttle", share)
        self._shares.pop(service, None)
        if share < 1.0:
            self._shares[service] = share
        return "cgroup"

    def link(self, edge: str, **weather: Unpack[WeatherGiven]) -> None:
        """Note the state of the primary link."""
        now = Weather(**weather)
        self.calls.append(f"link {edge} {now.delay} {now.drop}" + (f" {now.fail}" if now.fail else ""))
        if edge not in {each.name for each in self._topology.edges}:
            raise UnknownName(f"no edge {edge!r}", hint="an edge is written caller->callee")
        self._links.pop(edge, None)
        if not now.fair:
            self._links[edge] = now

    def limit(
        self, service: str, *, files: int = 0, memory: float = 0.0, life: float = 0.0, stall: float = 0.0
    ) -> None:
        """Note the limits."""
        self._known(service, "limit", f"{files} {memory} {life}")
        self._limits.pop(service, None)
        if files or memory or life:
            self._limits[service] = (files, memory, life, stall)

    def skew(self, service: str, seconds: float) -> None:
        """Note by how much its clock is ahead."""
        self._known(service, "skew", seconds)
        self._ahead.pop(service, None)
        if seconds:
            self._ahead[service] = seconds

    def expire(self, service: str, ago: float) -> None:
        """Note that its certificate ran out."""
        self._known(service, "expire", ago)
        self._expired.pop(service, None)
        if ago:
            self._expired[service] = ago

    def store(self, name: str, trouble: str, *, on: str = "", size: float = 1.0) -> None:
        """Note the trouble."""
        self.calls.append(f"store {name} {trouble} {on} {size}")
        if name not in self._state.stores:
            raise UnknownName(f"no store {name!r}", hint=f"known: {', '.join(self._state.stores)}")
        self._troubles.pop((name, trouble, on), None)
        if size:
            self._troubles[name, trouble, on] = size

    def capacity(self, service: str, share: float) -> None:
        """Note what is left."""
        self._known(service, "capacity", share)
        self._left.pop(service, None)
        if share < 1.0:
            self._left[service] = share

    def flush(self, store: str) -> None:
        """Note it."""
        self.calls.append(f"flush {store}")
        if store not in self._state.stores:
            raise UnknownName(f"no store {store!r}", hint=f"known: {', '.join(self._state.stores)}")

    def pause(self, service: str, share: float, *, every: float = 1.0) -> None:
        """Note the pauses."""
        self._known(service, "pause", f"{share} {every}")
        self._pauses.pop(service, None)
        if share > 0:
            self._pauses[service] = (share, every)

    def revoke(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Note what is missing."""
        self._known(service, "revoke", f"{table} {privileges}")
        self._missing |= {(service, table, each.strip()) for each in privileges.split(",")}

    def grant(self, service: str, table: str, privileges: str = "ALL") -> None:
        """Note what is there again."""
        self._known(service, "grant", f"{table} {privileges}")
        self._missing -= {(service, table, each.strip()) for each in privileges.split(",")}

    def push_config(self, service: str, changes: Mapping[str, Scalar], *, author: str, summary: str) -> Change:
        """Put `changes` into the configuration."""
        self._known(service, "push_config", dict(changes))
        old = self._state.services[service]
        diff = "\n".join(f"{key}: {old.config.get(key)} -> {value}" for key, value in changes.items())
        new = replace(old, config={**old.config, **changes}, revision=old.revision + 1)
        self._set(service, new)
        return self._note("config", service, summary, author, diff, str(old.revision), str(new.revision))

    def push_policy(self, target: str, changes: Mapping[str, object], *, author: str, summary: str) -> Change:
        """Put `changes` into a policy."""
        service = target.partition("->")[0]
        self._known(service, "push_policy", dict(changes))
        old = self._state.services[service]
        known = old.policies.get(target)
        if not isinstance(known, Mapping):
            raise UnknownName(f"no policy of {target!r}", hint=f"known: {', '.join(old.policies)}")
        self._set(service, replace(old, policies={**old.policies, target: {**known, **changes}}))
        diff = "\n".join(f"{key}: {known.get(key)} -> {value}" for key, value in changes.items())
        return replace(self._note("config", target, summary, author, diff, "", ""), kind="policy")

    def scale(self, service: str, replicas: int, *, author: str, summary: str) -> Change | None:
        """Note how many there are."""
        self._known(service, "scale", replicas)
        old = self._state.services[service]
        if old.replicas == replicas:
            return None
        self._set(service, replace(old, replicas=replicas))
        diff = f"replicas: {old.replicas} -> {replicas}"
        return replace(self._note("config", service, summary, author, diff, "", ""), kind="scale")

    def load(self, name: str, **order: str | float) -> None:
        """Note what is sent."""
        self.calls.append(f"load {name} {order}")
        self._loads.pop(name, None)
        if order:
            self._loads[name] = order

    def deploy(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Let a new version run whose files differ by `edits`."""
        self._known(service, "deploy", sorted(edits))
        old = self._state.services[service]
        version = str(max(int(version) for name, version in self._releases if name == service) + 1)
        self._releases[service, version] = {**self.release_files(service), **edits}
        self._set(service, replace(old, version=version, previous_version=old.version))
        return self._note("deploy", service, summary, author, "", old.version, version)

    def roll_out(self, service: str, edits: Mapping[str, str], *, author: str, summary: str) -> Change:
        """Let a new version run, as `deploy` does."""
        return self.deploy(service, edits, author=author, summary=summary)

    def release_files(self, service: str) -> Mapping[str, str]:
        """Return the files of the version that runs."""
        return self._releases[service, self._state.services[service].version]

    def restore(self, service: str, change: Change) -> None:
        """Return to what was before `change`, if it is still in force."""
        self._known(service, "restore", change.before)
        now, known = self._state.services[service], {each.id for each in self.log}
        if change.id not in known:
            raise UsageError(f"no change {change.id!r}", hint="restore what push_config or deploy returned")
        if change.kind == "deploy" and now.version == change.after:
            self._set(service, replace(now, version=change.before, previous_version=now.version))

    def changes(self, window: Window) -> list[Change]:
        """Return what was changed in `window`."""
        return [each for each in self.log if window.start <= each.time < window.end]

    def state(self) -> State:
        """Return the state."""
        return self._state

    def topology(self) -> Topology:
        """Return the topology."""
        return self._topology

    def _known(self, service: str, verb: str, what: object) -> None:
        self.calls.append(f"{verb} {service} {what}")
        known = [*self._state.services, *(self._state.stores if verb in STORE_TOO else ())]
        if service not in known:
            raise UnknownName(f"no service {service!r}", hint=f"known: {', '.join(known)}")

    def _set(self, service: str, new: object) -> None:
        self._state = replace(self._state, services={**self._state.services, service: new})  # type: ignore[dict-item]

    def _note(self, kind: str, service: str, summary: str, author: str, diff: str, before: str, after: str) -> Change:
        change = Change(
            id=f"c{len(self.log) + 1}",
            time=self._state.time,
            kind="deploy" if kind == "deploy" else "config",
            entity=service,
            summary=summary,
            author=author,
            diff=diff,
            before=before,
            after=after,
        )
        self.log.append(change)
        return change
