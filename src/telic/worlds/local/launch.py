"""Starts a local world; nothing is left behind when a start fails or is interrupted."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
from collections.abc import Callable
from pathlib import Path

from telic.model import Design
from telic.settings import Settings
from telic.worlds.local import checks
from telic.worlds.local.ending import alive, down, sweep, wait_gone
from telic.worlds.local.first_process import Start, begin
from telic.worlds.local.layout import Layout
from telic.worlds.local.spec import KEEP, SIMULATED, SUPERVISOR, Isolation, Spec
from telic.worlds.local.world import LocalWorld

__all__ = ["alive", "discard", "down", "up"]
_KEPT_BY_FRESH = ("lock", "design")


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
        start = Start(spec, ours)
        try:
            begin(spec)
            theirs.close()
            on_begun()
            start.wait(on_step)
        except BaseException:
            start.abandon()
            raise
        return ours


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


def _url(listener: socket.socket) -> str:
    return f"http://127.0.0.1:{listener.getsockname()[1]}"
