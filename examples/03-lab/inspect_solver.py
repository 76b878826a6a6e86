"""A solver of Inspect without a model: it calls the tools that the task gives it.

inspect eval examples/03-lab/inspect_task.py --solver examples/03-lab/inspect_solver.py --model mockllm/model
"""

from __future__ import annotations

import json
import re

from inspect_ai.model import ChatMessageAssistant, execute_tools
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolCall


@solver
def takes_back() -> Solver:
    """Wait for an alert, take back the newest deploy, blame it; without an alert all is well."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        async def call(name: str, **arguments: object) -> list[dict[str, object]]:
            asked = ToolCall(id=str(len(state.messages)), function=name, arguments=arguments)
            state.messages.append(ChatMessageAssistant(content="", tool_calls=[asked]))
            state.messages.extend((await execute_tools(state.messages, state.tools)).messages)
            return [json.loads(each) for each in state.messages[-1].text.splitlines() if each.startswith("{")]

        prompt, alerts = state.user_prompt.text, list[dict[str, object]]()
        ((seconds, began),) = re.findall(r"([\d.]+) s of the system's time, which began at ([\d.]+)", prompt)
        for _ in range(int(float(seconds) / 4) - 1):  # a round takes 4 s
            if alerts := await call("alerts"):
                break
            await call("wait", seconds=3.0)
        changes = await call("get_changes", start=float(began), end=float(began) + float(seconds))
        deploys = [each for each in changes if each["kind"] == "deploy"]
        if alerts and deploys:
            await call("rollback", target=deploys[-1]["entity"], version=deploys[-1]["before"])
            await call("submit", entity=deploys[-1]["entity"], onset=deploys[-1]["time"])
        await call("submit", healthy=not alerts, final=True)
        return state

    return solve
