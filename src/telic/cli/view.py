"""The live terminal view: topology, objective, and the story of what was found and done."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.layout import Layout
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from telic.model import State, Topology
from telic.model.design import REPLICA

BLOCKS = "▁▂▃▄▅▆▇█"
STYLES = {"load": "cyan", "lab": "magenta", "operator": "bold", "harm": "red", "well": "green", "step": "dim"}


@dataclass(frozen=True)
class Second:
    """What users got in one second of intended sends."""

    second: int  # [s since the Unix epoch]
    good: int
    bad: int
    p99: float  # [s]


@dataclass
class View:
    """Everything that the screen shows; the journey fills it, `rich` draws it."""

    title: str
    objective: str
    latency_bound: float  # [s]
    started: float  # [s since the Unix epoch]
    now: float = 0.0
    phase: str = "starting"
    topology: Topology | None = None
    state: State | None = None
    blamed: str = ""
    seconds: deque[Second] = field(default_factory=lambda: deque(maxlen=60))
    story: deque[tuple[float, str, str]] = field(default_factory=lambda: deque(maxlen=200))

    def tell(self, when: float, who: str, text: str) -> None:
        """Add a line to the story."""
        self.story.append((when, who, text))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw one frame."""
        height = min(options.max_height, 40)
        screen = Layout(size=height)
        screen.split_column(
            Layout(self._head(), size=1), Layout(name="middle", size=17), Layout(self._story(height - 18), name="story")
        )
        screen["middle"].split_row(Layout(self._topology(), ratio=2), Layout(self._objective(), ratio=3))
        yield screen

    def _head(self) -> Text:
        clock = f"{max(0.0, self.now - self.started):5.1f} s"
        return Text.assemble((f" {self.title} ", "bold reverse"), "  ", (clock, "dim"), "  ", (self.phase, "bold"))

    def _topology(self) -> Panel:
        if self.topology is None:
            return Panel(Text("starting …", "dim"), title="topology", title_align="left")
        tree = Tree(self._node(self.topology.entry))
        self._grow(tree, self.topology.entry, seen={self.topology.entry})
        return Panel(tree, title="topology", title_align="left")

    def _grow(self, tree: Tree, name: str, seen: set[str]) -> None:
        assert self.topology is not None
        stores = [each for each in self.topology.callees(name) if each in self.topology.of_kind("store")]
        for callee in self.topology.callees(name):
            if callee in stores or callee in seen:
                continue
            seen.add(callee)
            edge = f"{name}->{callee}"
            label = self._node(callee)
            if edge == self.blamed:
                label = Text.assemble(("✂ ", "bold red"), label)
            self._grow(tree.add(label), callee, seen)

    def _node(self, name: str) -> Text:
        service = self.state.services.get(name) if self.state else None
        ready = service is not None and any(each.phase == "ready" for each in service.instances)
        dot = ("● ", "green" if ready else "red") if service else ("○ ", "dim")
        style = "bold white on red" if name == self.blamed else ""
        label = Text.assemble(dot, (name, style))
        if service:
            label.append(f" v{service.version}", "dim")
        callees = self.topology.callees(name) if self.topology else ()
        uses = [each for each in callees if each in ("postgres", REPLICA, "valkey", "nats")]
        if uses:
            label.append(
                "  ⛁ " + " ".join(f"{each}{' ✂' if f'{name}->{each}' == self.blamed else ''}" for each in uses),
                "dim blue",
            )
        return label

    def _objective(self) -> Panel:
        grid = Table.grid(padding=(0, 1))
        last = self.seconds[-1] if self.seconds else None
        total = (last.good + last.bad) if last else 0
        share = last.good / total if last and total else 1.0
        grid.add_row(
            "good",
            Text(f"{share:7.2%}", "green" if share >= 0.95 else "bold red"),
            self._bars([self._good(each) for each in self.seconds], low_is_bad=True),
        )
        slow = last is not None and last.p99 > self.latency_bound
        p99 = f"{last.p99 * 1000:4.0f} ms" if last else ""
        grid.add_row(
            "p99",
            Text(p99, "bold red" if slow else "green"),
            self._bars([min(1.0, each.p99 / (3 * self.latency_bound)) for each in self.seconds], low_is_bad=False),
        )
        grid.add_row(
            "load",
            Text(f"{total:4d} /s"),
            self._bars(
                [(each.good + each.bad) / max(1, max(x.good + x.bad for x in self.seconds)) for each in self.seconds],
                low_is_bad=None,
            ),
        )
        harmed = [
            f"{int(each.second - self.started)} s"
            for each in self.seconds
            if each.bad >= 2 and each.bad >= 0.05 * (each.good + each.bad)
        ]
        note = Text(f"users harmed in {len(harmed)} of the last {len(self.seconds)} s", "red" if harmed else "dim")
        return Panel(
            Group(Text(self.objective, "dim"), Text(), grid, Text(), note), title="objective", title_align="left"
        )

    def _good(self, each: Second) -> float:
        total = each.good + each.bad
        return each.good / total if total else 0.0

    def _bars(self, values: Sequence[float], *, low_is_bad: bool | None) -> Text:
        text = Text()
        for value in values:
            height = BLOCKS[max(0, min(len(BLOCKS) - 1, int(value * len(BLOCKS))))]
            hurts = low_is_bad is not None and ((value < 0.95) if low_is_bad else (value > 1 / 3))
            text.append(height, "red" if hurts else "cyan" if low_is_bad is None else "green")
        return text

    def _story(self, height: int) -> Panel:
        lines = list(self.story)[-max(3, height - 2) :]
        grid = Table.grid(padding=(0, 1))
        grid.add_column(justify="right", style="dim", no_wrap=True)
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for when, who, text in lines:
            grid.add_row(
                f"{when - self.started:5.1f} s",
                Text(who, STYLES.get(who, "")),
                Text(text, STYLES.get(who, "") if who in ("harm", "well", "step") else ""),
            )
        return Panel(grid, title="what it found, what it does and why", title_align="left")


def second_of(line: Mapping[str, object]) -> Second:
    """Read one line of the load generator's record."""
    operations = line["operations"]
    assert isinstance(operations, Mapping)
    latencies = sorted(value for each in operations.values() for value in each["latency"])
    return Second(
        second=int(str(line["second"])),
        good=sum(int(each["good"]) for each in operations.values()),
        bad=sum(int(each["bad"]) for each in operations.values()),
        p99=latencies[min(len(latencies) - 1, int(0.99 * len(latencies)))] if latencies else 0.0,
    )
