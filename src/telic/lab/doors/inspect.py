"""Episodes as samples of an Inspect task (https://inspect.aisi.org.uk): any solver operates, graded as all are.

Inspect is installed beside Telic by whoever wants it (``pip install inspect-ai``); Telic does not ask for it. The task
itself is a file for ``inspect eval``: ``examples/03-lab/inspect_task.py``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from telic.lab.doors.extra import need
from telic.lab.doors.gate import Gate
from telic.lab.doors.gym.episodes import Playing, Run
from telic.lab.doors.kit.words import describe, parameters, required, told
from telic.lab.grading import grade
from telic.lab.scenario import Scenario
from telic.lab.session import running
from telic.lab.session.session import ToolCard

PACKAGE: Final = "inspect-ai"


def build(scenarios: Sequence[Scenario], seeds: Sequence[int], *, run: Run = running.run) -> Any:
    """Return an Inspect task with one sample for each scenario and seed.

    The setup opens the sample's episode: its brief becomes the prompt, its tools those of the solver. The scorer lets
    the episode pass to its end and grades the record. Names of scenarios are nowhere in what a model sees.

    Raises
    ------
    UsageError
        Inspect is not installed.
    """
    inspect, dataset = need("inspect_ai", extra=PACKAGE), need("inspect_ai.dataset", extra=PACKAGE)
    solvers, scorers = need("inspect_ai.solver", extra=PACKAGE), need("inspect_ai.scorer", extra=PACKAGE)
    played = [(scenario, seed) for scenario in scenarios for seed in seeds]
    samples = [dataset.Sample(input="The brief follows.", id=number) for number in range(1, len(played) + 1)]
    episodes: dict[str, Playing] = {}

    async def opened(state: Any, generate: Any) -> Any:
        scenario, seed = played[int(state.sample_id) - 1]
        playing = episodes[state.uuid] = await asyncio.to_thread(Playing, run, scenario, seed)
        if playing.desk.closed:
            await asyncio.to_thread(playing.end)  # raises what is wrong with the world
        gate = Gate(playing.desk)
        state.user_prompt.text = describe(playing.desk.brief)
        state.tools.extend(_tool(gate, each) for each in playing.desk.brief.tools)
        return state

    async def scored(state: Any, target: Any) -> Any:
        grades = grade(await asyncio.to_thread(episodes.pop(state.uuid).end))
        tasks = {name: {"passed": each.passed, "why": each.why} for name, each in grades.tasks.items()}
        lines = [f"{name}: {each['passed']} ({each['why']})" for name, each in tasks.items()]
        more = {"tasks": tasks, "void": grades.void, "false_alarms": list(grades.false_alarms)}
        return scorers.Score(value=int(bool(grades.solved)), explanation="\n".join(lines), metadata=more)

    async def abandoned(state: Any) -> None:
        playing = episodes.pop(state.uuid, None)
        if playing is not None:
            await asyncio.to_thread(playing.abandon)

    return inspect.Task(
        dataset=dataset.MemoryDataset(samples),
        setup=solvers.solver(name="opened")(lambda: opened)(),
        solver=solvers.generate(tool_calls="loop"),
        scorer=scorers.scorer(metrics=[scorers.accuracy(), scorers.stderr()], name="graded")(lambda: scored)(),
        cleanup=abandoned,
        name="telic_lab",
    )


def _tool(gate: Gate, card: ToolCard) -> Any:
    tools, util = need("inspect_ai.tool", extra=PACKAGE), need("inspect_ai.util", extra=PACKAGE)

    async def execute(**given: Any) -> str:
        result = await asyncio.to_thread(gate.call, card.name, given)
        if result.error:
            raise tools.ToolError(told(result))
        return told(result)

    schemas = {name: {"description": name, **dict(each)} for name, each in parameters(card).items()}  # type: ignore[call-overload]
    properties = {name: util.JSONSchema.model_validate(each) for name, each in schemas.items()}
    taken = tools.ToolParams(properties=properties, required=list(required(card)))
    return tools.ToolDef(execute, name=card.name, description=card.doc, parameters=taken, parallel=False).as_tool()
