"""Starts a local world; nothing is left behind when a start fails or is interrupted."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from telic.errors import TelicError, WorldError
from telic.model import Design
from telic.settings import Settings
from telic.worlds.local import checks, control
from telic.worlds.local.ending import alive, down, sweep, wait_gone
from telic.worlds.local.layout import Layout, log_tail
from telic.worlds.local.processes import python
from telic.worlds.local.spec import KEEP, SIMULATED, SUPERVISOR, Isolation, Spec
from telic.worlds.local.world import LocalWorld

READY_WITHIN = 60.0  # [s]; 2-3 s measured on 2 cores
__all__ = ["alive", "discard", "down", "up"]
_KEPT_BY_FRESH = ("lock", "design")
_BOOTS: Mapping[str, str] = {
    SIMULATED: "telic.worlds.simulated.boot"
}  # modules that become the first process of a world


Leash = socket.socket
"""The channel to a world that ends when it is closed."""


def up(
    design: Design,
    settings: Settings,
    *,
    fresh: bool = False,
    on_step: Callable[[str], None] = lambda text: None,
    simulated: bool = False,
    databases: Path | None = None,
    on_begun: Callable[[], None] = lambda: None,
    on_leash: Callable[[Leash], None] | None = None,
    supervisor: str = SUPERVISOR,
) -> LocalWorld:
    """Start a system and wait until every part of it is ready.

    Parameters
    ----------
    design
        What to run; its folder is copied into the state folder unless it lies there.
    fresh
        Discard data, journal, telemetry, versions and configuration of earlier runs.
    on_step
        Told each step of progress, in words.
    simulated
        Run it as one process on simulated machines, at the pace of the machine's clock.
    databases
        Folder that keeps what is in the database of a first start, for who starts many worlds of one design.
    on_begun
        Called once when the world's first process runs, and this thread has nothing to do but to wait.
    on_leash
        Is given the channel to the world once it is ready: the world ends in good order when that is closed, as it is
        when this process ends in whatever way. Without it the world stays when this process ends.

    Raises
    ------
    UsageError
        The system is up already, or the kernel refuses what settings demand.
    PortInUse
        A published port belongs to another process.
    WorldError
        Something did not get ready; everything was taken down again.
    """
    layout = Layout.of(settings.system(design.system))
    layout.make()
    lock = checks.take_lock(layout)
    try:
        if fresh:
            discard(layout)
        layout.make()  # again: an earlier world's end may have taken its folders away
        checks.require_disk(layout.state)
        leash = _launch(
            layout,
            lock,
            design,
            settings,
            on_step,
            on_begun,
            simulated=simulated,
            databases=databases,
            supervisor=supervisor,
        )
    except BaseException:
        os.close(lock)
        wait_gone(layout)
        sweep(layout)
        raise
    os.close(lock)
    if on_leash is None:
        leash.sendall(KEEP)
        leash.close()
    else:
        on_leash(leash)
    return LocalWorld.attach(layout.state)


def _launch(
    layout: Layout,
    lock: int,
    design: Design,
    settings: Settings,
    on_step: Callable[[str], None],
    on_begun: Callable[[], None],
    *,
    simulated: bool,
    databases: Path | None,
    supervisor: str,
) -> socket.socket:
    """Start a world, wait until it is ready, and return the channel to it."""
    isolation: Isolation = SIMULATED
    lost = ""
    if not simulated:
        isolation, lost = checks.choose_isolation(settings)
    if lost:
        on_step(lost)
    with contextlib.ExitStack() as opened:
        gateway = opened.enter_context(checks.published(settings.port, "the gateway", "TELIC_PORT"))
        otlp = opened.enter_context(
            checks.published(0 if simulated else settings.otlp_port, "telemetry", "TELIC_OTLP_PORT")
        )
        ours, theirs = socket.socketpair()
        opened.enter_context(theirs)
        spec = Spec(
            system=design.system,
            design_folder=str(_inside(layout, design)),
            state=str(layout.state),
            run=str(layout.run),
            isolation=isolation,
            url=_url(gateway),
            otlp="" if simulated else _url(otlp),
            gateway_fd=gateway.fileno(),
            otlp_fd=otlp.fileno(),
            lock_fd=lock,
            talk_fd=theirs.fileno(),
            telemetry_bytes=settings.telemetry_bytes,
            telemetry=settings.telemetry == "on",
            forward=settings.forward,
            databases=str(databases.resolve()) if databases else "",
            supervisor=supervisor,
        )
        start = _Start(spec, ours)
        try:
            _boot(spec)
            theirs.close()
            on_begun()
            start.wait(on_step)
        except BaseException:
            start.abandon()
            raise
        return ours


@dataclass
class _Start:
    """One start under way, as seen from the command that waits for it."""

    spec: Spec
    talk: socket.socket
    keeper: int = 0

    def wait(self, on_step: Callable[[str], None]) -> None:
        """Pass progress on until the world is ready; raise what made it fail."""
        deadline = time.monotonic() + READY_WITHIN
        for message in self._messages(deadline):
            if "keeper" in message:
                self.keeper = int(str(message["keeper"]))
            elif "step" in message:
                on_step(str(message["step"]))
            elif "failed" in message:
                raise _failure(message["failed"])
            elif "ready" in message:
                self.talk.settimeout(None)
                return
        log = self.spec.layout.log("supervisor")
        raise WorldError(f"the supervisor ended while it started: {log_tail(log, 6)}", hint=f"see {log}")

    def abandon(self) -> None:
        """Kill whatever was started; the kernel ends the whole namespace with its first process."""
        if self.keeper:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.keeper, signal.SIGKILL)
        self.talk.close()

    def _messages(self, deadline: float) -> Iterator[Mapping[str, object]]:
        rest = b""
        while True:
            self.talk.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                data = self.talk.recv(65_536)
            except TimeoutError as error:
                raise WorldError(
                    f"{self.spec.system} is not ready after {READY_WITHIN:g} s",
                    hint=f"see {self.spec.layout.state / 'log'}",
                ) from error
            except ConnectionError:
                return
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            yield from (json.loads(line) for line in lines)


def _boot(spec: Spec) -> None:
    log = spec.layout.log("supervisor")
    previous = log.parent.with_name("log.previous")
    shutil.rmtree(previous, ignore_errors=True)
    log.parent.rename(previous)
    log.parent.mkdir()
    fds = (spec.gateway_fd, spec.otlp_fd, spec.lock_fd, spec.talk_fd)
    with log.open("ab") as output:
        subprocess.run(
            python(_BOOTS.get(spec.isolation, "telic.worlds.local.boot"), spec.dump()),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            pass_fds=fds,
            start_new_session=True,
            check=False,
        )


def _inside(layout: Layout, design: Design) -> Path:
    if design.folder.resolve().is_relative_to(layout.state):
        return design.folder.resolve()
    target = layout.state / "design" / (design.hash.removeprefix("sha256:")[:12] or "current")
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(design.folder, target, ignore=shutil.ignore_patterns("__pycache__"))
    return target


def discard(layout: Layout) -> None:
    """Remove everything of earlier runs but the design."""
    for each in layout.state.iterdir():
        if each.name in _KEPT_BY_FRESH:
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def _failure(found: object) -> TelicError:
    return control.rebuilt(found) if isinstance(found, dict) else WorldError(str(found))


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"
