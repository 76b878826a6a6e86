"""A system of somebody's own programs: started in their folder, told where to send OTLP, ended with their families."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
import shutil
import signal
from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from pathlib import Path

from telic.errors import WorldError
from telic.model import Design, Scalar
from telic.model.redaction import redact_value
from telic.worlds.brought.app import App, Service
from telic.worlds.local import http, proc
from telic.worlds.local.desired import Desired, DesiredService
from telic.worlds.local.host_pids import HostPids
from telic.worlds.local.live import LocalSystem
from telic.worlds.local.namespace import wrap
from telic.worlds.local.ports import Ports
from telic.worlds.local.processes import Child, environment
from telic.worlds.local.reconcile import USER
from telic.worlds.local.spec import Spec
from telic.worlds.local.supervised import Start

OFTEN: Mapping[str, str] = {  # the SDKs' own variables: telemetry that is seconds old tells an operator too late [ms]
    "OTEL_BSP_SCHEDULE_DELAY": "500",
    "OTEL_BLRP_SCHEDULE_DELAY": "500",
    "OTEL_METRIC_EXPORT_INTERVAL": "1000",
}
LOOK_WITHIN = 1.0  # a readiness probe [s]


@dataclass(frozen=True)
class Family(Child):
    """A process and whatever it started: signals go to all of its process group."""

    def send(self, number: int) -> None:
        """Send a signal to the group; one that has gone is no error."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, number)


class BroughtSystem(LocalSystem):
    """The programs of one folder, each kept running.

    Parameters
    ----------
    app
        What its file says.
    programs
        The folder.
    """

    def __init__(
        self,
        spec: Spec,
        design: Design,
        app: App,
        programs: Path,
        pids: HostPids,
        outside: Executor,
        *,
        otlp_port: int,
    ) -> None:
        self.app, self.programs = app, programs
        super().__init__(spec, design, desired_of(design, app), pids, outside, otlp_port=otlp_port)

    def starter(self, service: DesiredService) -> Start:
        """Return what starts the program of a service."""
        program, log = self.app.service(service.name), self.layout.log(service.instance)

        async def start() -> Child:
            command = wrap(self.command(program))
            child = await self.children.start(command, log=log, environ=self._environ(service), folder=self.programs)
            family = Family(child.pid, child.host_pid, child.exited)
            family.exited.add_done_callback(lambda _: family.send(signal.SIGKILL))  # what it left behind
            return family

        return start

    async def said(self, service: DesiredService) -> Mapping[str, object] | None:
        """Ask for readiness as the file says: a path, a port that somebody listens at, or a process that runs."""
        program = self.app.service(service.name)
        kept = self.services.get(service.name)
        child = kept.child if kept is not None else None
        if child is not None and (found := proc.stat(child.pid)) is not None and found.state in "Tt":
            return None
        if program.ready:
            status = await http.status(program.port, program.ready, within=LOOK_WITHIN)
            return {"revision": service.revision} if 200 <= status < 300 else None
        if program.port and not await http.listens(program.port, within=LOOK_WITHIN):
            return None
        return {"revision": service.revision}

    async def replace_instance(self, name: str, *, version: str = "") -> None:
        """End the program, start it again, and wait until it is ready: it has one address, so there is one at a time.

        Raises
        ------
        WorldError
            It did not get ready; it is started again and again.
        """
        before, old = self.services[name], self.service(name)
        await before.stop()
        new = replace(old, version=version or old.version, ordinal=old.ordinal + 1)
        self.write_configuration(new)
        self.desired.services[name] = new
        kept = self.services[name] = self.keep_running(new)
        self.save()
        if not await kept.wait_ready(self.app.ready_within, first_exit=False):
            raise not_ready(self, name)

    async def publish(self, service: DesiredService) -> None:
        """Give a service a new configuration: it is its environment, so it is started again."""
        service.revision += 1
        self.events.record(
            "config.pushed", service=service.name, entity=service.instance, reason=f"revision {service.revision}"
        )
        await self.replace_instance(service.name)

    def peers(self) -> Mapping[int, str]:
        """Return the services by every port that leads to them."""
        own = {each.port: each.name for each in self.app.services if each.port}
        links = {port: edge.partition("->")[2] for edge, two in self.desired.links.items() for port in two.values()}
        return own | links

    def command(self, program: Service) -> list[str]:
        """Return a program's command line; raise `WorldError` where its first word names none."""
        word, *rest = shlex.split(program.start)
        if "/" in word:
            path = self.programs / word  # not resolved: a virtual environment's python is a link, and knows by it
            found = str(path) if os.access(path, os.X_OK) and path.is_file() else None
        else:
            found = shutil.which(word, path=environment().get("PATH"))
        if found is None:
            raise WorldError(
                f"{program.name}: no program {word!r}", hint=f"start = {program.start!r} in {self.programs}"
            )
        return [found, *rest]

    def _environ(self, service: DesiredService) -> dict[str, str]:
        program = self.app.service(service.name)
        own = {**program.env, **{key: str(value) for key, value in service.settings.items() if key in program.env}}
        for callee, variable in program.calls_by.items():
            own[variable] = f"http://127.0.0.1:{service.settings[f'upstream.{callee}.port']}"
        folder = self.layout.state / "data" / service.name
        folder.mkdir(parents=True, exist_ok=True)
        return {
            **OFTEN,
            **own,
            "OTEL_EXPORTER_OTLP_ENDPOINT": self._endpoint,
            "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
            "OTEL_SERVICE_NAME": service.name,
            "OTEL_RESOURCE_ATTRIBUTES": f"service.instance.id={service.instance},service.version={service.version}",
            "TELIC_SCRATCH": str(folder),
        }


def desired_of(design: Design, app: App) -> Desired:
    """Return what shall run: one version of every program, and a link for every edge whose address the file gives."""
    ports = Ports([each.port for each in app.services])
    edges = [f"{each.name}->{callee}" for each in app.services for callee in each.calls_by]
    links = {edge: {"a": ports.allocate(), "b": ports.allocate()} for edge in (f"{USER}->{app.entry}", *edges)}
    made = Desired(design.system, design.hash, str(design.folder), links)
    for each in app.services:
        settings: dict[str, Scalar] = {key: text for key, text in each.env.items() if redact_value(text, key) == text}
        settings |= {f"upstream.{callee}.port": links[f"{each.name}->{callee}"]["a"] for callee in each.calls_by}
        made.services[each.name] = DesiredService(each.name, each.port, settings=settings)
    return made


def not_ready(system: BroughtSystem, name: str) -> WorldError:
    """Return the error of a program that did not get ready, with what it printed last."""
    kept, program = system.services[name], system.app.service(name)
    words = system.last_words(kept.name, 12) or "it printed nothing"
    if kept.last_exit:
        return WorldError(
            f"{name} ended ({kept.last_exit}) before it was ready: {words}",
            hint=f"does `{program.start}` run in {system.programs}?",
        )
    waited = (
        f"{program.url}{program.ready} did not answer with 2xx" if program.ready else f"nobody listens at {program.url}"
    )
    return WorldError(
        f"{name} is not ready after {system.app.ready_within:g} s: {waited}; it printed: {words}",
        hint="correct url or ready, or give it longer: ready_within = SECONDS",
    )


async def start_programs(system: BroughtSystem) -> None:
    """Start every program, each after those that it calls, and wait until it is ready.

    Raises
    ------
    WorldError
        One ended or did not get ready; the message has what it printed last.
    """
    for each in system.app.callees_first():
        service = system.service(each.name)
        system.command(each)  # a program that is not there is an error now, not a reason to try again
        system.write_configuration(service)
        kept = system.services[each.name] = system.keep_running(service)
        if not await kept.wait_ready(system.app.ready_within):
            raise not_ready(system, each.name)
    system.save()
    await asyncio.sleep(0)
