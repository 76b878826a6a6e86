"""The environment: an episode a reset, a call a step, users' experience and the derived oracle as reward."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gymnasium
from gymnasium import spaces

from telic import loop
from telic.errors import UsageError
from telic.lab import scenario as scenarios
from telic.lab.doors.gate import Gate, Unreadable, arguments
from telic.lab.doors.gym.episodes import Playing, Run
from telic.lab.doors.gym.menu import Item, menu
from telic.lab.doors.gym.signals import Observation, observe, space
from telic.lab.doors.kit.words import told
from telic.lab.grading import grade
from telic.lab.scenario import Scenario
from telic.lab.session import running
from telic.lab.session.session import ToolResult
from telic.model import Design
from telic.settings import Settings

PRINTABLE = "".join(map(chr, range(32, 127)))
SEEDS = 2**31
USUAL = "hotel"  # the app of an environment whose scenarios are of several


class LabEnv(gymnasium.Env[Observation, Any]):
    """Operate an app while something may be wrong with it.

    | | |
    |---|---|
    | Actions | ``menu``: Discrete, an item of `menu_items` (wait, mend something, blame something, say that it is done). ``text``: Dict of ``tool`` and ``arguments`` (JSON), both Text: every tool of the session |
    | Observation | Dict: ``services`` (n, 4) requests [1/s], share of errors [1], mean and p90 latency [s]; ``symptoms`` (n,) alerts [1]; ``time`` (1,) since the start [s] |
    | Reward | each step: minus the share of users' requests that went wrong since the last one, times the share of the session's time that passed; at the end plus the share of the asked tasks that the derived oracles call passed. All in all within [-1, 1] |
    | Ends | terminated with final claims; truncated when time or calls are spent |
    | Cost | a step is two calls more than its action: its observation is asked for with the session's own tools |

    Parameters
    ----------
    scenarios
        A suite by name, a folder, a file, or scenarios. Each reset draws one by its seed, of those of `app`.
    app
        An environment is of one app, for its spaces are; "" takes the scenarios' own, and of several ``hotel``.
    actions
        ``menu`` or ``text``.
    run
        What plays an episode.
    design
        Of the app; made once where it is not given.
    """  # noqa: E501 - a table

    metadata: dict[str, Any] = {"render_modes": ["ansi"], "render_fps": 1}  # noqa: RUF012 - as its base has it

    def __init__(
        self,
        scenarios: str | Sequence[Scenario] = "core",
        *,
        app: str = "",
        actions: str = "menu",
        run: Run = running.run,
        design: Design | None = None,
        render_mode: str | None = None,
    ) -> None:
        self._scenarios = _found(scenarios, app)
        self._run, self.render_mode = run, render_mode
        self._home = TemporaryDirectory(prefix="telic-gym-") if design is None else None
        self._design = design or _designed(self._scenarios[0].app, Path(self._home.name) if self._home else Path())
        self.services = tuple(each.name for each in self._design.services)
        self.menu_items = menu(self._design)
        self.observation_space = space(self.services)
        self.action_space = _space(actions, len(self.menu_items))
        self._playing: Playing | None = None
        self._gate: Gate
        self._last = ToolResult()
        self._counted = (0, 0)
        self._time = 0.0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Begin an episode; `seed` is that of everything in it, ``options={"scenario": NAME}`` chooses the scenario."""
        super().reset(seed=seed)
        drawn = int(self.np_random.integers(SEEDS))
        scenario = self._scenario((options or {}).get("scenario"), int(self.np_random.integers(len(self._scenarios))))
        self._abandon()
        self._playing = Playing(self._run, scenario, drawn if seed is None else seed, design=self._design)
        desk = self._playing.desk
        if desk.closed:
            self._playing.end()  # raises what was wrong
        self._gate = Gate(desk)
        self._last, self._counted, self._time = ToolResult(), (0, 0), self._playing.time
        seen = observe(desk, self.services, self._time)
        self._felt()  # what users got before the first step is nobody's doing
        return seen, {"answer": "", "error": "", "tasks": ", ".join(desk.brief.tasks), "seconds": desk.brief.seconds}

    def step(self, action: Any) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Make one call, look, and say how users fared."""
        if self._playing is None:
            raise UsageError("no episode is open", hint="call reset first")
        desk = self._playing.desk
        self._last = self._act(action)
        final = desk.closed
        seen = observe(desk, self.services, self._playing.time)
        reward = self._felt()
        info: dict[str, Any] = {"answer": told(self._last), "error": self._last.error}
        if not (final or desk.closed):
            return seen, reward, False, False, info
        episode = self._playing.end()
        self._playing = None
        tasks = {name: each.passed for name, each in grade(episode).tasks.items()}
        judged = [passed for passed in tasks.values() if passed is not None]
        info["passed"] = {name: passed for name, passed in tasks.items() if passed is not None}
        reward += sum(judged) / len(judged) if judged else 0.0
        submitted = episode.ended == "submitted"
        return seen, reward, submitted, not submitted, info

    def render(self) -> str | None:
        """Return what came of the last step."""
        return told(self._last) if self.render_mode == "ansi" else None

    def close(self) -> None:
        """Give up the open episode and everything that was made for it."""
        self._abandon()
        if self._home is not None:
            self._home.cleanup()

    def _act(self, action: Any) -> ToolResult:
        if isinstance(self.action_space, spaces.Discrete):
            if not self.action_space.contains(action):
                raise UsageError(f"action {action!r} is not of the menu", hint=f"0 to {len(self.menu_items) - 1}")
            return self._chosen(self.menu_items[int(action)])
        if not isinstance(action, Mapping) or not {"tool", "arguments"} <= action.keys():
            raise UsageError(
                f"action {str(action)[:80]!r} is no call", hint='{"tool": "wait", "arguments": \'{"seconds": 2}\'}'
            )
        try:
            given = arguments(str(action["arguments"]).encode(), self._gate.limits)
        except Unreadable as error:
            return self._gate.unreadable(str(error))
        return self._gate.call(str(action["tool"]), given)

    def _chosen(self, item: Item) -> ToolResult:
        given = dict(item.arguments)
        if item.version:
            rows = self._gate.call("get_services", {}).rows
            given["version"] = next(
                (str(each.get("previous") or "") for each in rows if each.get("service") == given["target"]), ""
            )
        return self._gate.call(item.tool, given)

    def _felt(self) -> float:
        """Return minus the share of bad requests since the last step, weighted by the time that passed."""
        assert self._playing is not None
        bad = sum(each.bad for each in self._playing.tallies)
        whole = bad + sum(each.good for each in self._playing.tallies)
        new_bad, new = bad - self._counted[0], whole - self._counted[1]
        desk = self._playing.desk
        now = self._playing.time
        passed, self._counted, self._time = now - self._time, (bad, whole), now
        return -(new_bad / new) * min(1.0, passed / desk.brief.seconds) if new > 0 else 0.0

    def _scenario(self, name: str | None, drawn: int) -> Scenario:
        if name is None:
            return self._scenarios[drawn]
        found = [each for each in self._scenarios if each.name == name]
        if not found:
            raise UsageError(f"no scenario {name!r} here", hint=", ".join(each.name for each in self._scenarios[:10]))
        return found[0]

    def _abandon(self) -> None:
        if self._playing is not None:
            self._playing.abandon()
            self._playing = None


def _found(given: str | Sequence[Scenario], app: str) -> tuple[Scenario, ...]:
    found = tuple(scenarios.suite(given)) if isinstance(given, str) else tuple(given)
    apps = sorted({each.app for each in found})
    wanted = app or (apps[0] if len(apps) == 1 else USUAL)
    own = tuple(each for each in found if each.app == wanted)
    if not own:
        raise UsageError(f"no scenario of the app {wanted!r}", hint=f"app: one of {', '.join(apps)}" if apps else "")
    return own


def _designed(app: str, home: Path) -> Design:
    return loop.design(app, replace(Settings.read({}), home=home))


def _space(actions: str, items: int) -> spaces.Space[Any]:
    if actions == "menu":
        return spaces.Discrete(items)
    if actions == "text":
        tool = spaces.Text(40, charset="abcdefghijklmnopqrstuvwxyz_")
        return spaces.Dict({"tool": tool, "arguments": spaces.Text(4000, min_length=0, charset=PRINTABLE)})
    raise UsageError(f"actions {actions!r}", hint="menu or text")


def action(tool: str, **given: object) -> dict[str, str]:
    """Return an action of the text kind.

    Examples
    --------
    >>> action("wait", seconds=2)
    {'tool': 'wait', 'arguments': '{"seconds": 2}'}
    """
    return {"tool": tool, "arguments": json.dumps(given)}
