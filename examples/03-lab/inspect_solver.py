"""A solver of Inspect without a model: it calls the tools that the task gives it.

    inspect eval examples/03-lab/inspect_task.py --solver examples/03-lab/inspect_solver.py --model mockllm/model
"""

from __future__ import annotations

from inspect_ai.model import ChatMessageAssistant, execute_tools
from inspect_ai.solver import Generate, Solver, TaskState, solver
from inspect_ai.tool import ToolCall

PLAN = [("get_services", {}), ("wait", {"seconds": 20}), ("alerts", {}), ("submit", {"healthy": True, "final": True})]


@solver
def watches() -> Solver:
    """Look, wait, and say that all is well."""

    async def solve(state: TaskState, generate: Generate) -> TaskState:
        for number, (name, arguments) in enumerate(PLAN):
            call = ToolCall(id=str(number), function=name, arguments=arguments)
            state.messages.append(ChatMessageAssistant(content="", tool_calls=[call]))
            state.messages.extend((await execute_tools(state.messages, state.tools)).messages)
        return state

    return solve
