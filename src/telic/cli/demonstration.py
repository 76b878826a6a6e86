"""What ``telic demo`` does and shows: a course of one fault on a live screen or in lines, and its report."""

from __future__ import annotations

import shlex
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path

from rich.live import Live

from telic import report
from telic.cli.output import console, require_writable, show
from telic.cli.trials import world_name
from telic.cli.view import View, second_of
from telic.lab import chronicle, faults, journey, virtual
from telic.lab.course import Course, Hurt, Told
from telic.model import Design
from telic.settings import Settings
from telic.worlds.local.world import AskedWorld

STATE_EVERY = 1.0  # how often the screen asks the world for its state [s]


def demonstrate(
    fault: str, seed: int, system: str, world: str, report_file: Path, *, plain: bool, as_json: bool
) -> bool:
    """Run one demo and write its report; return whether users were well again."""
    faults.cards(fault)
    start, zero = _courses(world)
    require_writable(report_file, "--report")
    began = time.time()
    again = repeated(fault, seed, system, world)
    with tempfile.TemporaryDirectory(prefix="telic-demo-") as home:
        settings = replace(Settings.read(), home=Path(home), port=0, otlp_port=0)
        hurt = Hurt(fault, seed)
        with (
            _screen(fault, seed, zero, live=not (plain or as_json) and console.is_terminal, quiet=as_json) as screen,
            start(system, settings, screen.tell, seed=seed, observe=screen.observe) as running,
        ):
            screen.design(running.design)
            episode = running.hurt(hurt)
            run = chronicle.chronicle(running, (episode,), screen.moments())
            run = replace(run, command=again)
        run = replace(run, timings={**run.timings, **running.timings, "whole": time.time() - began})
        report.write(report_file, run)
    if as_json:
        show(run, as_json=True)
    else:
        console.print(report.table(run), highlight=False, markup=False)
        console.print(f"\nreport  {report_file.resolve()}\nagain   {again}", highlight=False)
    return episode.score.recovered is not None


def repeated(fault: str, seed: int, system: str, world: str) -> str:
    """Return the command that plays the same demo again."""
    where = "" if system == "hotel" else f" --system {shlex.quote(system)}"
    return f"telic demo --fault {fault} --seed {seed}{where}" + ("" if world == "local" else f" --world {world}")


def _courses(world: str) -> tuple[Callable[..., AbstractContextManager[Course]], float]:
    """Return what starts a course in a world, and the moment that its times count from [s since the Unix epoch]."""
    if world_name(world) == "local":
        return journey.start, time.time()
    return virtual.start, virtual.START


class _Screen:
    """Turns what a journey tells into lines or into a live view."""

    def __init__(self, view: View, draw: Callable[[], None], line: Callable[[str], None]) -> None:
        self._view, self._draw, self._line, self._asked = view, draw, line, 0.0

    def design(self, made: Design) -> None:
        bound = next((each for each in made.objectives if each.sli == "latency"), None)
        if bound is not None:
            self._view.latency_bound = bound.below
            self._view.objective = (
                f"{bound.id}: {bound.target:.0%} of requests right and within {bound.below * 1000:.0f} ms"
            )

    def tell(self, told: Told) -> None:
        view = self._view
        view.now = max(view.now, told.time)
        if told.who == "load":
            view.seconds.append(second_of(told.detail))
        else:
            view.phase = told.text
            view.tell(told.time, told.who, told.text)
            self._line(f"{told.time - view.started:6.1f} s  {told.who:8}  {told.text}")
        blamed = told.detail.get("blamed")
        if told.who == "operator" and isinstance(blamed, str):
            view.blamed = blamed
        self._draw()

    def moments(self) -> tuple[report.Moment, ...]:
        """Return the story so far, for the report."""
        return tuple(report.Moment(when, who, text) for when, who, text in self._view.story)

    def observe(self, world: AskedWorld) -> None:
        view = self._view
        view.now = world.clock.time()
        if view.now - self._asked >= STATE_EVERY:
            self._asked = view.now
            view.topology = view.topology or world.topology()
            view.state = world.state()
        self._draw()


@contextmanager
def _screen(fault: str, seed: int, began: float, *, live: bool, quiet: bool) -> Iterator[_Screen]:
    view = View(title=f"telic demo · {fault} · seed {seed}", objective="", latency_bound=0.1, started=began)
    if not live:
        yield _Screen(view, lambda: None, (lambda text: None) if quiet else _print_line)
        return
    with Live(view, console=console, screen=True, auto_refresh=False) as drawn:
        yield _Screen(view, lambda: drawn.refresh(), lambda text: None)
    for when, who, text in view.story:
        _print_line(f"{when - began:6.1f} s  {who:8}  {text}")


def _print_line(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
