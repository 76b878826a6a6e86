"""Everything that runs in one world, and the few primitives by which all of it is changed."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import replace
from typing import Literal

from telic.clock import SystemClock
from telic.errors import UsageError, WorldError
from telic.model import Change, Design, Scalar
from telic.registry import near_names
from telic.worlds.local import configuration, http
from telic.worlds.local.change_log import ChangeLog, settings_diff
from telic.worlds.local.desired import Desired, DesiredService
from telic.worlds.local.events import Events
from telic.worlds.local.fork_process import ForkOrder, ForkProcess
from telic.worlds.local.host_pids import HostPids
from telic.worlds.local.layout import log_tail
from telic.worlds.local.ports import Ports
from telic.worlds.local.processes import Child, Children
from telic.worlds.local.proxy.links import RouteOrder
from telic.worlds.local.proxy_process import ProxyProcess
from telic.worlds.local.reconcile import USER
from telic.worlds.local.spec import Spec
from telic.worlds.local.supervised import Supervised

SERVE = "telic.runtime.serve"  # preload() and run(service, instance, release, config_file)
READY_WITHIN = 10.0  # a new instance [s]
SETTLE_WITHIN = 1.5  # a pushed configuration being read [s]
ChangeKind = Literal["deploy", "config", "policy", "grant", "restart", "other"]


class System:
    """One running system.

    Parameters
    ----------
    otlp_port
        Where services and the supervisor send telemetry, inside the namespace.
    """

    def __init__(
        self, spec: Spec, design: Design, desired: Desired, pids: HostPids, outside: Executor, *, otlp_port: int
    ) -> None:
        self.spec, self.design, self.desired, self.layout = spec, design, desired, spec.layout
        self.clock = SystemClock()
        self.changes = ChangeLog(self.layout.changes)
        self.events = Events(spec.system, otlp_port, self.clock)
        self.children = Children(pids, outside)
        self.ports = Ports(_taken(desired))
        self.forks = ForkProcess(self.children, self.layout, SERVE)
        self.proxy = ProxyProcess(self.children, self.layout, spec.gateway_fd)
        self.parts: dict[str, Supervised] = {}  # receiver, proxy, forkserver and the stores
        self.services: dict[str, Supervised] = {}
        self.turn: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one change of a service at a time
        self._otlp_port = otlp_port

    def service(self, name: str) -> DesiredService:
        """Return the desired state of a service.

        Raises
        ------
        UsageError
            There is no such service.
        """
        if name not in self.desired.services:
            raise UsageError(f"no service {name!r} in {self.spec.system}", hint=near_names(name, self.desired.services))
        return self.desired.services[name]

    def save(self) -> None:
        """Put desired state on disk."""
        self.desired.save(self.layout.desired)

    def write_configuration(self, service: DesiredService) -> None:
        """Write a service's configuration file for its instance, as current and as a revision."""
        endpoint = f"http://127.0.0.1:{self._otlp_port}"
        content = configuration.document(self.design, self.desired, service, endpoint, telemetry=self.spec.telemetry)
        configuration.write_configuration(self.layout, content, service.instance)

    def routes(self, callee: str = "") -> list[RouteOrder]:
        """Return the routes of every edge, or of those that lead to `callee`."""
        orders = []
        for edge, ports in self.desired.links.items():
            caller, _, target = edge.partition("->")
            if callee in ("", target):
                stored = target in self.desired.stores
                port = self.desired.stores[target] if stored else self.desired.services[target].port
                fd = self.spec.gateway_fd if caller == USER else -1
                orders.append(RouteOrder(edge, ports, port, rehome=not stored, fd=fd))
        return orders

    def keep_running(self, service: DesiredService) -> Supervised:
        """Start supervising an instance of a service as `service` describes it."""
        instance = service.instance
        order = ForkOrder(
            service=service.name,
            instance=instance,
            release=self.layout.release(service.name, service.version),
            config=self.layout.config(service.name, instance),
            log=self.layout.log(instance),
        )

        async def start() -> Child:
            return await self.forks.fork(order)

        async def ready() -> bool:
            return await http.ready(service.port) is not None

        kept = Supervised(
            instance,
            start=start,
            probe=ready,
            clock=self.clock,
            on_event=lambda name, reason: self.events.record(
                name, service=service.name, entity=instance, reason=reason
            ),
        )
        kept.run()
        return kept

    async def replace_instance(self, name: str, *, version: str = "") -> None:
        """Start an instance beside the running one, wait until it is ready, lead traffic to it, end the old one.

        Raises
        ------
        WorldError
            The new one did not get ready; the old one runs on as if nothing had happened.
        """
        old, before = self.service(name), self.services[name]
        new = replace(old, version=version or old.version, ordinal=old.ordinal + 1, port=self.ports.allocate())
        self.write_configuration(new)
        instance = self.keep_running(new)
        try:
            if not await instance.wait_ready(READY_WITHIN):
                how, words = instance.last_exit or "no answer in time", log_tail(self.layout.log(new.instance), 3)
                raise WorldError(
                    f"{new.instance} (version {new.version}) did not get ready ({how}): {words}",
                    hint=f"{old.instance} runs on; see {self.layout.log(new.instance)}",
                )
        except BaseException:
            await instance.stop()
            self.write_configuration(old)
            self._discard(new)
            raise
        self.desired.services[name], self.services[name] = new, instance
        self.save()
        await self.proxy.follow(self.routes(name))
        await before.stop()
        self._discard(old)

    async def push(self, service: DesiredService, settings: Mapping[str, Scalar]) -> tuple[str, str]:
        """Put settings in force as a new revision; return the revisions before and after."""
        before = str(service.revision)
        service.settings = dict(settings)
        await self.publish(service)
        return before, str(service.revision)

    async def publish(self, service: DesiredService) -> None:
        """Give a service's configuration a new revision and wait, shortly, until its instance has read it."""
        service.revision += 1
        self.write_configuration(service)
        self.save()
        self.events.record(
            "config.pushed", service=service.name, entity=service.instance, reason=f"revision {service.revision}"
        )
        instance = self.services.get(service.name)
        if instance is None:
            return
        instance.hurry()
        deadline = self.clock.monotonic() + SETTLE_WITHIN
        while self.clock.monotonic() < deadline:
            said = await http.ready(service.port)
            if said is not None and said.get("revision") == service.revision:
                return
            await self.clock.sleep(0.05)

    def record(
        self,
        kind: ChangeKind,
        entity: str,
        summary: str,
        *,
        author: str,
        diff: str = "",
        before: str = "",
        after: str = "",
    ) -> Change:
        """Write a change to the log."""
        self.desired.changes += 1
        identity = f"change-{self.desired.changes}-{int(time.time())}"
        self.save()
        change = Change(identity, self.clock.time(), kind, entity, summary, author, diff, before, after)
        return self.changes.append(change)

    def record_settings(
        self, service: str, old: Mapping[str, Scalar], *, author: str, summary: str, before: str
    ) -> Change:
        """Write a change of settings to the log."""
        now = self.service(service)
        diff = settings_diff(old, now.settings)
        return self.record("config", service, summary, author=author, diff=diff, before=before, after=str(now.revision))

    def _discard(self, service: DesiredService) -> None:
        self.layout.config(service.name, service.instance).unlink(missing_ok=True)
        self.ports.release(service.port)


def _taken(desired: Desired) -> list[int]:
    links = [port for ports in desired.links.values() for port in ports.values()]
    return links + list(desired.stores.values()) + [each.port for each in desired.services.values()]
