"""Everything that runs in one world, and the few primitives by which all of it is changed."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from telic.clock import Clock
from telic.errors import UsageError, WorldError
from telic.model import Change, Design, Scalar
from telic.registry import near_names
from telic.worlds.local import configuration
from telic.worlds.local.certificates import VALID, Authority
from telic.worlds.local.change_log import ChangeLog, settings_diff
from telic.worlds.local.desired import Desired, DesiredService
from telic.worlds.local.events import Events
from telic.worlds.local.layout import Layout
from telic.worlds.local.ports import Ports
from telic.worlds.local.supervised import Start, Supervised

READY_WITHIN = 10.0  # a new instance [s]
SETTLE_WITHIN = 1.5  # a pushed configuration being read [s]
PrivilegeVerb = Literal["GRANT", "REVOKE"]
ChangeKind = Literal["deploy", "config", "policy", "grant", "restart", "scale", "other"]


class System(ABC):
    """One running system; what differs between real and simulated processes is left to subclasses.

    Parameters
    ----------
    endpoint
        Where services send telemetry.
    telemetry
        Whether they do.

    Attributes
    ----------
    authority
        Of the certificates that its services present.
    """

    authority: Authority

    def __init__(
        self,
        design: Design,
        desired: Desired,
        layout: Layout,
        *,
        clock: Clock,
        events: Events,
        ports: Ports,
        endpoint: str,
        telemetry: bool,
    ) -> None:
        self.design, self.desired, self.layout, self.name = design, desired, layout, desired.system
        self.clock, self.events, self.ports = clock, events, ports
        self.changes = ChangeLog(layout.changes)
        self.parts: dict[str, Supervised] = {}  # stores, and whatever else has to run beside services
        self.services: dict[str, Supervised] = {}
        self.turn: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)  # one change of a service at a time
        self._endpoint, self._telemetry = endpoint, telemetry
        self._left: dict[str, float] = {}  # share of its declared capacity that a service has left [1]

    @abstractmethod
    def starter(self, service: DesiredService) -> Start:
        """Return what starts the instance of a service that `service` describes."""

    @abstractmethod
    async def said(self, service: DesiredService) -> Mapping[str, object] | None:
        """Return what the instance of `service` says when it is asked whether it is ready; None: nothing in time."""

    @abstractmethod
    async def lead_traffic(self, callee: str) -> None:
        """Lead every edge to `callee` (default: every edge) to where it listens now; later connections go there."""

    @abstractmethod
    def last_words(self, process: str, lines: int = 3) -> str:
        """Return the last `lines` [1] that a process printed."""

    @abstractmethod
    async def prepare_database(self, design: Design) -> None:
        """Make database, roles, tables, seed rows and grants of a design, where it has a database."""

    @abstractmethod
    async def held(self, service: str, table: str) -> tuple[str, ...]:
        """Return the privileges that a service has on a table now."""

    @abstractmethod
    async def change_privileges(self, verb: PrivilegeVerb, service: str, table: str, privileges: str) -> None:
        """Give or take privileges, a comma-separated list."""

    @abstractmethod
    async def repairs(self, store: str) -> list[str]:
        """Return the statements after which a database is as the design says; none where it is."""

    @abstractmethod
    async def repair(self, store: str, statements: Sequence[str]) -> None:
        """Execute what `repairs` returned."""

    @abstractmethod
    async def flush_cache(self) -> None:
        """Empty the cache."""

    @abstractmethod
    async def poison_queue(self, subject: str, count: int) -> None:
        """Let so many messages that nobody can read stand in the queue [1]; 0 takes back those that still do."""

    def service(self, name: str) -> DesiredService:
        """Return the desired state of a service.

        Raises
        ------
        UsageError
            There is no such service.
        """
        if name not in self.desired.services:
            raise UsageError(f"no service {name!r} in {self.name}", hint=near_names(name, self.desired.services))
        return self.desired.services[name]

    def save(self) -> None:
        """Put desired state on disk."""
        self.desired.save(self.layout.desired)

    def write_configuration(self, service: DesiredService) -> None:
        """Write a service's configuration file for its instance, as current and as a revision."""
        content = configuration.document(self.design, self.desired, service, self._endpoint, telemetry=self._telemetry)
        configuration.scale_capacity(content, self._left.get(service.name, 1.0))
        configuration.write_configuration(self.layout, content, service.instance)

    def set_capacity(self, service: str, share: float) -> None:
        """Give a service `share` [1] of its declared capacity from now on, as another machine would; no change."""
        now = self.service(service)
        self._left[service] = share
        self.write_configuration(now)

    def keep_running(self, service: DesiredService) -> Supervised:
        """Start supervising an instance of a service as `service` describes it."""
        instance = service.instance

        async def ready() -> bool:
            return await self.said(service) is not None

        kept = Supervised(
            instance,
            start=self.starter(service),
            probe=ready,
            clock=self.clock,
            alive_within=lambda: float(service.settings.get("probe.alive_within", 0.0)),
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
                how, words = instance.last_exit or "no answer in time", self.last_words(new.instance)
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
        await self.lead_traffic(name)
        await before.stop()
        self._discard(old)

    async def exchange_instance(self, name: str, *, version: str) -> None:
        """End the instance, then start one of another version in its place, and do not wait until it is ready."""
        old, before = self.service(name), self.services[name]
        new = replace(old, version=version, ordinal=old.ordinal + 1, port=self.ports.allocate())
        await before.stop()
        self.write_configuration(new)
        self.desired.services[name], self.services[name] = new, self.keep_running(new)
        self.save()
        await self.lead_traffic(name)
        self._discard(old)

    def renew(self, service: str) -> None:
        """Give a service a new certificate; it presents it from the next connection on."""
        self.authority.issue(service, self.clock.time() + VALID)

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
            said = await self.said(service)
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
        identity = f"change-{self.desired.changes}-{int(self.clock.time())}"
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
